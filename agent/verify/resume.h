/* SPDX-License-Identifier: Apache-2.0 */
/* What earlier runs verified of a folder, and what this one adds: the oldest first, as long as there is time. */
#pragma once

#include "koboshi/verified.h"
#include "tally.h"
#include "walk.h"

struct kb_resume;

/* kb_resume_new(path, out, seconds): opens what earlier runs left (koboshi/verified.h; a path that is not there: none).
 * out: takes this run's records; stays the caller's. seconds: how long it may take, KB_ABSENT: as long as it takes. */
struct kb_resume *kb_resume_new(const char *path, int out, int64_t seconds);
void kb_resume_free(struct kb_resume *resume);
/* kb_resume_begin(resume, manifest): reads them. manifest: digest of what is compared with; NULL: nothing is. What was
 * compared with another one counts as never verified, and so does what cannot be understood. */
void kb_resume_begin(struct kb_resume *resume, const struct kb_sha256 *manifest);
/* kb_resume_until(resume): CLOCK_BOOTTIME in ns after which nothing more is begun; 0: none. */
int64_t kb_resume_until(const struct kb_resume *resume);
/* kb_resume_when(resume, walked): when this very file (size, time, inode) was verified; 0: never. */
int64_t kb_resume_when(struct kb_resume *resume, const struct kb_walked *walked);
/* kb_resume_note(resume, walked): it is verified now. */
void kb_resume_note(struct kb_resume *resume, const struct kb_walked *walked);
/* kb_resume_carry(resume, walked, when): it was at that time, and still counts (0: it does not). For each file that is
 * not noted. Both count for the freshness. */
void kb_resume_carry(struct kb_resume *resume, const struct kb_walked *walked, int64_t when);
/* kb_resume_end(resume, all, arena): how much was verified how recently. all: each file was noted or carried; what else
 * earlier runs left is of files that are gone. */
const struct kb_freshness *kb_resume_end(struct kb_resume *resume, bool all, struct kb_arena *arena);
