/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a file from a medium that may be failing: what cannot be read is tried again in small pieces. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "koboshi/extents.h"

enum { KB_BAD_RANGES_KEPT = 64, KB_REREAD_BYTES = 4096 };

/* Bytes [from, to) of a file that failed once. */
struct kb_bad_range {
    int64_t from, to;
    bool recovered; /* the second read gave them */
    int cause;      /* errno of the first failure */
};

struct kb_reading {
    int fd;
    const struct kb_extents *extents; /* instead of fd where several files are read as one; NULL: fd */
    int64_t offset;
    struct kb_bad_range failed; /* a place that failed when it was read before: it is told; to 0: none */
    size_t n_bad;               /* all of them; only the first KB_BAD_RANGES_KEPT are kept */
    struct kb_bad_range bad[KB_BAD_RANGES_KEPT];
};

/* kb_reading_next(reading, bytes, n): up to n bytes at the current offset: > 0 how many, 0 the end, -1 a place that
 * could not be read the second time either. */
ssize_t kb_reading_next(struct kb_reading *reading, void *bytes, size_t n);
