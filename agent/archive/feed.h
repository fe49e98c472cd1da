/* SPDX-License-Identifier: Apache-2.0 */
/* A source with a look ahead, that remembers how far it was read and where its last non-zero byte stood. */
#pragma once

#include "koboshi/reader.h"

struct kb_feed {
    struct kb_source source;
    uint8_t *lead; /* blocks joined for the look ahead; NULL if the first was large enough */
    const void *pending;
    size_t n_pending;
    int64_t total;       /* bytes handed on */
    int64_t nonzero_end; /* position behind the last byte that is not zero */
    int64_t limit;       /* of total, beyond which nothing is handed on; 0: none */
    bool ended, failed;
    bool over; /* more than the limit was asked for */
};

/* kb_feed_peek(feed, want, ret_bytes): the first bytes without taking them: at least `want` unless the source is
 * shorter. Returns how many, -1 if the source failed. Before the first kb_feed_next. */
ssize_t kb_feed_peek(struct kb_feed *feed, size_t want, const void **ret_bytes);
/* kb_feed_next(feed, ret_bytes): as kb_source.next; feed is a struct kb_feed. */
ssize_t kb_feed_next(void *feed, const void **ret_bytes);
void kb_feed_done(struct kb_feed *feed);
