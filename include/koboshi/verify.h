/* SPDX-License-Identifier: Apache-2.0 */
/* verify: the pass: one sequential read of a generation that feeds hash, archive check, manifest and writer. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "koboshi/archive.h"
#include "koboshi/digest.h"
#include "koboshi/job.h"

struct kb_arena;
struct kb_err;

/*
 * A further consumer of the pass, called from one thread in the order of the stream: entry, data…, end per entry.
 * It is given files, folders, symbolic and hard links with a safe path, in the order of the archive (a name may come
 * twice); only files have data and end. Unsafe names, other kinds and encrypted entries are never handed on: the pass
 * reports them. Nothing it is given outlives the call, but entry->kept. A sink reports its own findings; a negative
 * return ends the pass as a fault.
 */
struct kb_sink {
    void *owner;
    int (*entry)(void *owner, const struct kb_entry *entry, struct kb_err *err);
    /* data: n bytes of a file's content at this offset; holes are skipped, never sent */
    int (*data)(void *owner, int64_t offset, const void *bytes, size_t n, struct kb_err *err);
    /* end: size and SHA-256 of the content (holes read as zeros); digest NULL when it could not be read whole.
     * expected: digest itself if all that the manifest lists of this path agrees, else another; NULL: nothing listed.
     */
    int (*end)(void *owner, int64_t size, const struct kb_sha256 *digest, const struct kb_sha256 *expected,
               struct kb_err *err);
    /* Of a chain; may be NULL. layer: a further archive begins, whose entries replace those of the same name. keep:
     * below this folder ("" is the top) there was what is listed and nothing else; renamings (R, T) come first. */
    int (*layer)(void *owner, struct kb_err *err);
    int (*keep)(void *owner, const char *folder, const struct kb_dumped *dumped, size_t n, struct kb_err *err);
    /* Of a folder that is read in another order than that of its names; all NULL: every content comes after its entry,
     * even if it has to be read twice. `file` is a number that stands for it until its end.
     * expects: a file (path, size, mode and time only) is about to be read: true, ahead is wanted. Asked in the order
     * of the names, of as many files as wait together. ahead: n bytes of its content at this offset, from its start on,
     * holes as zeros; pieces of files alternate. ahead_end: that was all; whole = false: it could not be read so, or
     * has had its turn: it is to be forgotten. has: after its entry: nothing more is needed, since all came ahead or
     * since it is not wanted; false: data…, as any other. */
    bool (*expects)(void *owner, uint32_t file, const struct kb_entry *entry);
    void (*ahead)(void *owner, uint32_t file, int64_t offset, const void *bytes, size_t n);
    void (*ahead_end)(void *owner, uint32_t file, bool whole);
    bool (*has)(void *owner, uint32_t file);
};

/*
 * What a generation consists of, by the job: `source` alone (a file or a folder); a split file, whose `segments` are
 * one stream (its SHA-256 is that of all bytes; the manifest may list entries, the whole under its name before it was
 * split, or the segments); or a chain, whose segments are archives, read in order: each name counts as it is last, a
 * break ends an incremental chain there. Of a chain hash and SHA-256 are those of its files.
 */

/* One generation made ready: descriptors are open, converters too; not one byte of it has been read. */
struct kb_pass;

/* kb_pass_open(set, arena, ret_pass, err): opens source and manifest by the job's absolute paths (O_NOFOLLOW on the
 * last component). What is missing or unreadable there becomes a finding of kb_pass_run, not a fault; but what this
 * account has no right to open (EACCES, EPERM) says nothing about the backup and is KB_EPERM. */
int kb_pass_open(const struct kb_job_set *set, struct kb_arena *arena, struct kb_pass **ret_pass, struct kb_err *err);
void kb_pass_close(struct kb_pass *pass);
/* kb_pass_resume(pass, out): of a tree: files that earlier runs verified (set->verified, koboshi/verified.h) come last,
 * and once set->seconds are over what was not begun is left for a later run: the result says how much was verified
 * when. out: takes the records of this run; stays the caller's. Before confinement. */
void kb_pass_resume(struct kb_pass *pass, int out);
/* kb_pass_runs_programs(pass): what it reads can only be opened by a program of the system (an encrypted 7z). */
bool kb_pass_runs_programs(const struct kb_pass *pass);
/* kb_pass_bytes(pass): size of the generation's files, KB_ABSENT for a tree or when one could not be opened. */
int64_t kb_pass_bytes(const struct kb_pass *pass);

/*
 * kb_pass_run(pass, sink, list_fd, reporter, arena, ret_result, err): reads it all, once. Threads: reader -> ring of
 * large blocks -> {whole-file digest | decoder -> ring -> parser -> parcels of entries -> entry digests -> judgement
 * and sink}; the last is the thread that calls, so that sink and reporter are called by it alone, in the order of the
 * stream, and what is told does not depend on set->threads. Memory does not grow with the archive: at
 * most 32 MiB for the whole worker, for each thread that decodes what its headers ask for (a window; of xz in blocks
 * also a block, packed and unpacked), and the path and 100 bytes for each line of the manifest. sink may be NULL.
 * list_fd >= 0 receives every file read as a GNU checksum line (`<sha256>  <path>`, escaped with a leading
 * `\` as sha256sum does), at most KB_LIST_BYTES_MAX; of a chain a name may come once per part, the last line counts.
 * ret_result: counts, sha256, proof L0-L3, caveats. Findings go to the reporter. Start it only after confinement.
 */
int kb_pass_run(struct kb_pass *pass, const struct kb_sink *sink, int list_fd, const struct kb_reporter *reporter,
                struct kb_arena *arena, struct kb_set_result *ret_result, struct kb_err *err);

/* kb_verify_prepare(err): everything the pass needs before confinement (locale, converters, digests). */
int kb_verify_prepare(struct kb_err *err);
