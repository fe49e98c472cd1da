/* SPDX-License-Identifier: Apache-2.0 */
/* Reading with a second try. */
#include "reading.h"

#include <errno.h>
#include <unistd.h>

static ssize_t read_at(const struct kb_reading *r, void *bytes, size_t n, int64_t offset)
{
    if (r->extents)
        return kb_extents_read(r->extents, bytes, n, offset);
    ssize_t got;
    do {
        got = pread(r->fd, bytes, n, offset);
    } while (got < 0 && errno == EINTR);
    return got;
}

/* The place that was lost is always kept: it is the last one, and the reason that there is no more. */
static void note(struct kb_reading *r, int64_t from, int64_t to, bool recovered, int cause)
{
    struct kb_bad_range *last = r->n_bad ? &r->bad[(r->n_bad < KB_BAD_RANGES_KEPT ? r->n_bad : KB_BAD_RANGES_KEPT) - 1]
                                         : NULL;
    if (last && last->to == from && last->recovered == recovered) {
        last->to = to;
        return;
    }
    if (r->n_bad < KB_BAD_RANGES_KEPT)
        r->bad[r->n_bad] = (struct kb_bad_range){from, to, recovered, cause};
    else if (!recovered)
        *last = (struct kb_bad_range){from, to, recovered, cause};
    r->n_bad++;
}

/* A disk fails a whole request for one bad sector: page by page the good ones around it come out. */
static ssize_t again(struct kb_reading *r, uint8_t *bytes, size_t n, int cause)
{
    size_t have = 0;
    while (have < n) {
        size_t piece = n - have < KB_REREAD_BYTES ? n - have : KB_REREAD_BYTES;
        ssize_t got = read_at(r, bytes + have, piece, r->offset + (int64_t)have);
        if (got < 0)
            got = read_at(r, bytes + have, piece, r->offset + (int64_t)have);
        if (got < 0) {
            if (have) { /* hand on what is good; the bad place fails by itself in the next call */
                note(r, r->offset, r->offset + (int64_t)have, true, cause);
                return (ssize_t)have;
            }
            note(r, r->offset, r->offset + (int64_t)piece, false, errno);
            return -1;
        }
        if (got == 0)
            break;
        have += (size_t)got;
    }
    note(r, r->offset, r->offset + (int64_t)have, true, cause);
    return (ssize_t)have;
}

ssize_t kb_reading_next(struct kb_reading *reading, void *bytes, size_t n)
{
    ssize_t got = -1;
    const struct kb_bad_range *failed = &reading->failed;
    bool before = failed->from < reading->offset + (int64_t)n && failed->to > reading->offset;
    if (before)
        errno = failed->cause;
    else
        got = read_at(reading, bytes, n, reading->offset);
    if (got < 0)
        got = again(reading, bytes, n, errno);
    if (got > 0)
        reading->offset += got;
    return got;
}
