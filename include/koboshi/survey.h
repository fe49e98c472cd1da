/* SPDX-License-Identifier: Apache-2.0 */
/* media: looking round a folder of which no plan knows yet: which medium it is, and what lies on it. */
#pragma once

#include "koboshi/job.h"

struct kb_arena;
struct kb_err;

/*
 * kb_media_identify(path, arena, ret_state, err): which medium a folder is. root: its real path. A path that is
 * no folder is a fault. fs_uuid is set (with label,
 * serial, device, and luks_uuid and container of an opened encrypted one) only if the folder is the root of a disk's
 * own file system, one that the agent would find again by that UUID and that does not belong to the running system (/,
 * /usr, /var …). source is set only on a network mount.
 */
int kb_media_identify(const char *path, struct kb_arena *arena, struct kb_medium_state *ret_state, struct kb_err *err);

struct kb_survey;

/* kb_survey_open(root, ret_survey, err): opens the folder so that nothing read through it changes an access time where
 * this process may ask for that. Before the process is confined. */
int kb_survey_open(const char *root, struct kb_survey **ret_survey, struct kb_err *err);

/*
 * kb_survey_run(survey, seen, owner, arena, ret_end): tells what lies below, folder by folder, upper levels first, so
 * that a limit (KB_SCAN_*) cuts off what lies deepest. No link is followed, no other file system entered. What systems
 * and people leave lying around (kb_survey_is_litter) is not told. Of the files in one folder whose names differ in
 * digits only, the newest is looked into, and the first part of each split file.
 */
void kb_survey_run(struct kb_survey *survey, void (*seen)(void *owner, const struct kb_seen *seen), void *owner,
                   struct kb_arena *arena, struct kb_scan_end *ret_end);
void kb_survey_free(struct kb_survey *survey);

/* kb_survey_is_litter(name): Thumbs.db, .DS_Store, System Volume Information, ~$x, lost+found … */
bool kb_survey_is_litter(const char *name);
