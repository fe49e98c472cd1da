/* SPDX-License-Identifier: Apache-2.0 */
/* restore: writes a generation into a fresh scratch folder, and reads it back. */
#pragma once

#include "koboshi/job.h"
#include "koboshi/verify.h"

struct kb_arena;
struct kb_err;

/* One scratch folder being filled. Findings handed to its reporter are valid during that call only. */
struct kb_scratch;

/*
 * kb_scratch_new(set, owner_uid, owner_gid, …): makes set->scratch (which must not exist; its parent must), mode 0700,
 * owned by the account that will write, and opens it. Before confinement. needed_bytes (KB_ABSENT: not known) is
 * checked against the free space and free inodes, less a reserve of 5 % (at most 64 MiB, 1,000 inodes): too little is
 * finding `space`, and *ret_scratch is NULL while 0 is returned. set and reporter must outlive the scratch.
 */
int kb_scratch_new(const struct kb_job_set *set, uint32_t uid, uint32_t gid, int64_t needed_bytes,
                   const struct kb_reporter *reporter, struct kb_arena *arena, struct kb_scratch **ret_scratch,
                   struct kb_err *err);
void kb_scratch_free(struct kb_scratch *scratch);

/*
 * A job with a sample (sample.h) restores only that: the sink takes everything and hands the writer what was drawn.
 * What is needed for it cannot be known before the generation is read: of needed_bytes the share asked for is looked
 * for (of `format: file`, which is one file, all); a sample that turns out larger than the room is finding `space`
 * later.
 *
 * kb_scratch_sink(scratch): the consumer to hand to kb_pass_run. Files and folders are written as they come (openat2
 * with RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS, O_CREAT | O_EXCL), small files of a restore of
 * everything by threads that end with kb_scratch_finish or kb_scratch_free; links are kept for kb_scratch_finish. Files
 * keep their permission bits, never setuid, setgid or sticky; the owner may always read and write, so that the restore
 * can be read back and removed. A file that could not be read whole is removed again. Within one archive the first of
 * two entries with one name (on a target of Windows: also when they differ in case alone) is kept. What is not restored
 * is counted.
 */
struct kb_sink kb_scratch_sink(struct kb_scratch *scratch);

/*
 * kb_scratch_finish(scratch, err): hard links to restored files; then symbolic links that stay inside: not absolute,
 * `..` only at their start and not above the scratch folder (a `..` behind a name could climb through another link);
 * then modes and times of folders; then all is flushed to the disk. After the pass.
 */
int kb_scratch_finish(struct kb_scratch *scratch, struct kb_err *err);

/*
 * kb_scratch_reread(scratch, arena, result, err): walks the scratch folder, reads every file again (page cache dropped
 * where possible) and compares size and SHA-256 with what the pass saw and the manifest says; looks for what nobody
 * wrote and for what is gone. Adds files_restored, bytes_restored, files_reread, bytes_reread (those read to their
 * end), reread_ns, coverage, sample and proof.restored to the result of the pass. Restored is reached only if at least
 * one file was restored, every one read back equal, not one entry was skipped, every file of the pass is accounted for
 * (restored, replaced by a later part of a chain, or left out of the sample), and the pass itself found nothing unread,
 * broken or unlike the manifest. With KB_COVERAGE_SAMPLE it speaks of the sample alone.
 */
int kb_scratch_reread(struct kb_scratch *scratch, struct kb_arena *arena, struct kb_set_result *result,
                      struct kb_err *err);

/* kb_scratch_remove(path, err): removes a scratch folder (absolute path) and all below it; missing is success. */
int kb_scratch_remove(const char *path, struct kb_err *err);
