/* SPDX-License-Identifier: Apache-2.0 */
/* Slice i goes to lane i mod n: the judge takes the lanes by turns, so that all is told in the order of the file. */
#include "slices.h"

#include <pthread.h>
#include <stdlib.h>

struct slices;

struct side {
    struct slices *slices;
    size_t at;
    struct kb_lane *lane;
    struct kb_reader *reader;
    pthread_t thread;
    int64_t place; /* of the file, up to which it has read; INT64_MAX: it is done */
    bool all;
};

struct slices {
    const struct kb_slices_params *params;
    size_t n_slices;
    pthread_mutex_t lock;
    size_t n; /* sides; known once the lock was free */
    struct side sides[KB_SLICES_LANES_MAX];
    int64_t taken; /* from the ring */
    bool ended;    /* the ring gives no more */
};

static void read_content(struct kb_lane *lane, struct kb_reader *reader, void (*went)(void *owner), void *owner)
{
    const void *bytes;
    size_t n;
    int64_t offset;
    int more = -1;
    bool wanted = true;
    while (wanted && (more = kb_reader_block(reader, &bytes, &n, &offset)) > 0) {
        if (n)
            wanted = kb_lane_data(lane, offset, bytes, n, kb_reader_lies_in(reader, bytes, n));
        if (went)
            went(owner);
    }
    kb_lane_end(lane, wanted && more == 0);
}

bool kb_lane_read(struct kb_lane *lane, struct kb_reader *reader, void (*went)(void *owner), void *owner)
{
    const struct kb_entry *entry;
    int r, wanted = 0;
    while ((r = kb_reader_next(reader, &entry)) > 0 && (wanted = kb_lane_entry(lane, entry)) >= 0) {
        if (wanted)
            read_content(lane, reader, went, owner);
        else if (went)
            went(owner);
    }
    return r == 0;
}

/* The read in sequence may go as far as the hindmost reader, and what the ring holds. Whoever is hindmost waits for it:
 * then what it wants next is in memory. */
static void follow(struct side *side, int64_t place)
{
    struct slices *z = side->slices;
    (void)pthread_mutex_lock(&z->lock);
    side->place = place;
    for (size_t i = 0; i < z->n; i++)
        place = z->sides[i].place < place ? z->sides[i].place : place;
    while (!z->ended && z->taken < place) {
        struct kb_block *block;
        ssize_t n = kb_ring_take(z->params->ring, z->params->consumer, &block);
        z->ended = n <= 0;
        z->taken += n > 0 ? n : 0;
    }
    (void)pthread_mutex_unlock(&z->lock);
}

static void went(void *owner)
{
    struct side *side = owner;
    const int64_t place = kb_reader_place(side->reader);
    if (place - side->place >= KB_RING_SLOT_BYTES / 4)
        follow(side, place);
}

static void read_slices(struct side *side)
{
    const struct slices *z = side->slices;
    side->all = true;
    for (size_t at = side->at; at < z->n_slices && side->all; at += z->n) {
        kb_reader_turn(side->reader, at);
        went(side);
        side->all = kb_lane_read(side->lane, side->reader, went, side);
        if (side->all)
            kb_lane_turn(side->lane);
    }
    if (!side->all) /* what the others have read of the slices behind this place is not judged */
        kb_lane_give_up(side->lane);
    kb_lane_finish(side->lane);
    follow(side, INT64_MAX);
}

static void take_flaw(void *owner, const struct kb_reader_flaw *flaw)
{
    const struct side *side = owner;
    kb_lane_flaw(side->lane, flaw);
}

static void *read_beside(void *owner)
{
    struct side *side = owner;
    struct slices *z = side->slices;
    (void)pthread_mutex_lock(&z->lock); /* until it is known how many there are */
    (void)pthread_mutex_unlock(&z->lock);
    read_slices(side);
    return NULL;
}

/* Whatever number of threads there is to be had. */
static void start(struct slices *z)
{
    (void)pthread_mutex_lock(&z->lock);
    const size_t most = z->params->n < z->n_slices ? z->params->n : z->n_slices;
    for (z->n = 1; z->n < most; z->n++) {
        struct side *side = &z->sides[z->n];
        *side = (struct side){.slices = z, .at = z->n, .lane = kb_lanes_at(z->params->lanes, z->n)};
        side->reader = kb_reader_open_beside(z->params->first, side, take_flaw);
        if (!pthread_create(&side->thread, NULL, read_beside, side))
            continue;
        kb_reader_close(side->reader);
        break;
    }
    kb_lanes_divide(z->params->lanes, z->n);
    for (size_t i = z->n; i < z->params->n; i++)
        kb_lane_finish(kb_lanes_at(z->params->lanes, i));
    (void)pthread_mutex_unlock(&z->lock);
}

bool kb_slices_run(const struct kb_slices_params *params, bool *ret_whole)
{
    struct slices z = {.params = params, .n_slices = kb_reader_slices(params->first)};
    bool all = true, whole = true;
    if (pthread_mutex_init(&z.lock, NULL))
        abort();
    z.sides[0] = (struct side){.slices = &z, .lane = kb_lanes_at(params->lanes, 0), .reader = params->first};
    start(&z);
    read_slices(&z.sides[0]);
    for (size_t i = 1; i < z.n; i++) {
        (void)pthread_join(z.sides[i].thread, NULL);
        whole = whole && kb_reader_facts(z.sides[i].reader).whole;
        kb_reader_close(z.sides[i].reader);
    }
    for (size_t i = 0; i < z.n; i++)
        all = all && z.sides[i].all;
    (void)pthread_mutex_destroy(&z.lock);
    *ret_whole = whole;
    return all;
}
