/* SPDX-License-Identifier: Apache-2.0 */
/* Several descriptors as one file. */
#include "koboshi/extents.h"

#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

size_t kb_extents_at(const struct kb_extents *extents, int64_t offset)
{
    size_t low = 0, high = extents->n - 1;
    while (low < high) {
        size_t middle = low + (high - low + 1) / 2;
        if (extents->v[middle].start <= offset)
            low = middle;
        else
            high = middle - 1;
    }
    return low; /* behind empty extents, which begin here too */
}

static ssize_t read_one(const struct kb_extent *extent, char *bytes, size_t n, int64_t offset)
{
    ssize_t got;
    do
        got = pread(extent->fd, bytes, n, offset);
    while (got < 0 && errno == EINTR);
    return got;
}

ssize_t kb_extents_read(const struct kb_extents *extents, void *bytes, size_t n, int64_t offset)
{
    size_t have = 0;
    for (size_t i = kb_extents_at(extents, offset); i < extents->n && have < n; i++) {
        const struct kb_extent *extent = &extents->v[i];
        int64_t at = offset + (int64_t)have - extent->start, left = extent->size - at;
        bool last = i + 1 == extents->n;
        size_t want = !last && (int64_t)(n - have) > left ? (size_t)left : n - have;
        ssize_t got = want ? read_one(extent, (char *)bytes + have, want, at) : 0;
        if (got < 0)
            return have ? (ssize_t)have : -1;
        have += (size_t)got;
        if ((size_t)got < want)
            break; /* short for now (a pipe of FUSE) or for good: the next call tells which */
    }
    return (ssize_t)have;
}
