/* SPDX-License-Identifier: Apache-2.0 */
/* What the kinds of media differ in: how one is found, and what the plan says that it is. */
#pragma once

#include "koboshi/media.h"

struct kb_mount;

struct kb_media_kind {
    /* as kb_media_locate; *state holds the medium's id and nothing else yet */
    int (*locate)(const struct kb_job_medium *medium, struct kb_arena *arena, struct kb_medium_state *state,
                  struct kb_err *err);
    struct kb_text (*describe)(const struct kb_job_medium *medium, struct kb_arena *arena);
    enum kb_rule_id writable; /* what it means if it can be written to */
    struct kb_text wrong;     /* what to do where another one is in its place; empty: as the rule says */
};

/* kb_media_kind(kind): enum kb_medium_kind; never NULL. */
const struct kb_media_kind *kb_media_kind(int kind);

int kb_disk_locate(const struct kb_job_medium *medium, struct kb_arena *arena, struct kb_medium_state *state,
                   struct kb_err *err);
struct kb_text kb_disk_describe(const struct kb_job_medium *medium, struct kb_arena *arena);
int kb_folder_locate(const struct kb_job_medium *medium, struct kb_arena *arena, struct kb_medium_state *state,
                     struct kb_err *err);
/* kb_folder_look: the same, and what it is mounted by, NULL if not known; ret_mount is set only where state->root is.
 */
int kb_folder_look(const struct kb_job_medium *medium, struct kb_arena *arena, struct kb_medium_state *state,
                   const struct kb_mount **ret_mount, struct kb_err *err);
struct kb_text kb_folder_describe(const struct kb_job_medium *medium, struct kb_arena *arena);

int kb_share_locate(const struct kb_job_medium *medium, struct kb_arena *arena, struct kb_medium_state *state,
                    struct kb_err *err);
struct kb_text kb_share_describe(const struct kb_job_medium *medium, struct kb_arena *arena);

/* kb_state_fill_mount(state, arena, mount): root, options, driver, source and size of what is mounted already. */
void kb_state_fill_mount(struct kb_medium_state *state, struct kb_arena *arena, const struct kb_mount *mount);
/* kb_shown(arena, text): a name of a medium or device made safe to show; NULL stays NULL. */
const char *kb_shown(struct kb_arena *arena, const char *text);
