/* SPDX-License-Identifier: Apache-2.0 */
/* archive: several open files read as one: the segments of a split file, at any place. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct kb_extent {
    int fd;
    int64_t start; /* of its first byte in the whole */
    int64_t size;
};

/* At least one, in order, each beginning where the one before it ends; the descriptors are the caller's. */
struct kb_extents {
    size_t n;
    const struct kb_extent *v;
    int64_t size; /* of all */
};

/* kb_extents_at(extents, offset): index of the extent that holds this byte; past the end the last one. */
size_t kb_extents_at(const struct kb_extents *extents, int64_t offset);

/*
 * kb_extents_read(extents, bytes, n, offset): as pread(2) on the whole, across borders, EINTR excepted: less than n
 * only at the end or before a place that fails, -1 with errno when the first byte fails. A extent that ends before its
 * size ends the whole there: what lies behind would stand at the wrong place. The last one is read as far as it goes.
 */
ssize_t kb_extents_read(const struct kb_extents *extents, void *bytes, size_t n, int64_t offset);
