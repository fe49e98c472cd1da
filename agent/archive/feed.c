/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes on their way to the format reader. */
#include "feed.h"

#include <stdlib.h>
#include <string.h>

ssize_t kb_feed_peek(struct kb_feed *feed, size_t want, const void **ret_bytes)
{
    size_t have = 0;
    const void *bytes = NULL;
    for (ssize_t n = 1; have < want;) {
        n = feed->source.next(feed->source.owner, &bytes);
        if (n < 0) {
            feed->failed = true;
            return -1;
        }
        if (n == 0)
            break;
        if (!have && (size_t)n >= want) { /* the usual case: nothing is copied */
            feed->pending = bytes;
            have = (size_t)n;
            break;
        }
        uint8_t *lead = realloc(feed->lead, have + (size_t)n);
        if (!lead)
            abort();
        memcpy(lead + have, bytes, (size_t)n);
        feed->pending = feed->lead = lead;
        have += (size_t)n;
    }
    feed->n_pending = have;
    *ret_bytes = feed->pending;
    return (ssize_t)have;
}

static void note_nonzero(struct kb_feed *feed, const uint8_t *bytes, size_t n)
{
    while (n && !bytes[n - 1]) /* from behind: nearly always one look */
        n--;
    if (n)
        feed->nonzero_end = feed->total + (int64_t)n;
}

ssize_t kb_feed_next(void *owner, const void **ret_bytes)
{
    struct kb_feed *feed = owner;
    if (feed->failed)
        return -1;
    if (feed->limit && feed->total >= feed->limit) {
        feed->over = true;
        return -1;
    }
    ssize_t n = 0;
    if (feed->n_pending) {
        *ret_bytes = feed->pending;
        n = (ssize_t)feed->n_pending;
        feed->n_pending = 0;
    } else if (!feed->ended) {
        n = feed->source.next(feed->source.owner, ret_bytes);
    }
    if (n < 0)
        feed->failed = true;
    if (n == 0)
        feed->ended = true;
    if (n > 0) {
        note_nonzero(feed, *ret_bytes, (size_t)n);
        feed->total += n;
    }
    return n;
}

void kb_feed_done(struct kb_feed *feed)
{
    free(feed->lead);
    feed->lead = NULL;
}
