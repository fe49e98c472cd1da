/* SPDX-License-Identifier: Apache-2.0 */
/* restore: writes a generation into a fresh scratch folder, and reads it back. */
#pragma once

#include "koboshi/job.h"
#include "koboshi/verify.h"

struct kb_arena;
struct kb_err;

/* One scratch folder being filled. */
struct kb_scratch;

/*
 * kb_scratch_new(set, owner_uid, owner_gid, …): makes set->scratch (which must not exist; its parent must), mode 0700, owned
 * by the account that will write, and opens it. Before confinement. needed_bytes (KB_ABSENT: not known) is checked against
 * the free space and free inodes: too little is finding `space` and *ret_scratch is NULL.
 */
int kb_scratch_new(const struct kb_job_set *set, uint32_t uid, uint32_t gid, int64_t needed_bytes,
                   const struct kb_reporter *reporter, struct kb_arena *arena, struct kb_scratch **ret_scratch,
                   struct kb_err *err);
void kb_scratch_free(struct kb_scratch *scratch);

/* kb_scratch_sink(scratch): the consumer to hand to kb_pass_run. Files and folders are written at once (openat2 with
 * RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS, O_CREAT | O_EXCL), links are kept for kb_scratch_finish. */
struct kb_sink kb_scratch_sink(struct kb_scratch *scratch);

/* kb_scratch_finish(scratch, err): links whose target lies inside, folder modes and times, fsync. After the pass. */
int kb_scratch_finish(struct kb_scratch *scratch, struct kb_err *err);

/* kb_scratch_reread(scratch, arena, result, err): reads every restored file again (page cache dropped where possible) and
 * compares size and SHA-256 with what the pass saw and the manifest says; looks for files nobody wrote. Adds files_restored,
 * bytes_restored, files_reread, bytes_reread, reread_ns and proof.restored to result. */
int kb_scratch_reread(struct kb_scratch *scratch, struct kb_arena *arena, struct kb_set_result *result, struct kb_err *err);

/* kb_scratch_remove(path, err): removes a scratch folder and all below it; missing is success. */
int kb_scratch_remove(const char *path, struct kb_err *err);
