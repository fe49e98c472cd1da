/* SPDX-License-Identifier: Apache-2.0 */
/* Files read in the order in which they lie on the disk, whatever the order of their pieces. */
#pragma once

#include "placement.h"

enum {
    KB_SWEEP_BYTES = 32 << 20, /* of pieces that were read before their turn */
    KB_SWEEP_OPEN = 2048,      /* files of several pieces that are begun: each has a digest open */
};

/* What a sweep asks of whoever has the files; files are numbers below `files`. */
struct kb_sweep_ops {
    void *owner;
    /* read(file, offset, bytes, n): n bytes, or fewer: the file cannot be read so, and is asked for no more */
    size_t (*read)(void *owner, uint32_t file, int64_t offset, uint8_t *bytes, size_t n);
    /* take(file, offset, bytes, n): the next bytes of its content. end(file): that was all. drop(file): read fails; or
     * the time was over before its end. */
    void (*take)(void *owner, uint32_t file, int64_t offset, const uint8_t *bytes, size_t n);
    void (*end)(void *owner, uint32_t file);
    void (*drop)(void *owner, uint32_t file, bool failed);
    bool (*over)(void *owner); /* asked between pieces; NULL: never */
};

struct kb_sweep_stats {
    int64_t sweeps, buffered, left; /* pieces read before their turn; pieces left to a later sweep, each time */
};

/*
 * kb_sweep_run(placement, files, ops, ret_stats): over all pieces by their address, again and again until all files are
 * through: the piece that is next in its file is taken at once, another one is kept (KB_SWEEP_BYTES together; those
 * stay that are small and needed soon), or left to the next sweep. Every sweep brings every file that was begun
 * forward. ret_stats may be NULL.
 */
void kb_sweep_run(struct kb_placement *placement, uint32_t files, const struct kb_sweep_ops *ops,
                  struct kb_sweep_stats *ret_stats);
