/* SPDX-License-Identifier: Apache-2.0 */
/* Parcels between threads, by one lock: one is half a megabyte, so that it is taken some thousand times a second. */
#include "lanes.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "koboshi/err.h"
#include "koboshi/threads.h"

/* All lanes that are filled hold some six megabytes together; one parcel is filled, one measured and one judged at
 * least. */
enum { PARCELS = 12, PARCELS_PER_LANE = 8, PARCELS_PER_LANE_MIN = 3 };

enum state { FREE, FILLING, WAITING, MEASURING, READY, JUDGING };

struct kb_lane {
    struct kb_lanes *lanes;
    struct kb_parcel *pool[PARCELS_PER_LANE];
    struct kb_parcel *first, *last; /* closed and not yet judged, in their order */
    struct kb_parcel *filling;      /* its thread's; NULL: none yet */
    struct kb_gauge *carried;       /* within the content that the last parcel left open */
    struct kb_meter meter;          /* its thread's, as the rest */
    int64_t size;                   /* of the current content as the header says */
    bool large, within, full;
    bool finished, given_up;
};

struct kb_lanes {
    pthread_mutex_t lock;
    pthread_cond_t to_measure, to_judge, to_fill; /* there is one, or it was stopped */
    size_t n_lanes, n_threads, n_wanted;
    size_t n_parcels; /* of each lane */
    size_t at;        /* whose turn it is */
    struct kb_lane *lane;
    struct kb_parcel *judging;
    pthread_t *threads;
    struct kb_gauge **gauges; /* idle ones */
    size_t n_gauges;
    unsigned digests;
    bool stopped;
};

/* Its blocks are wanted by those who read. */
static void let_go(struct kb_parcel *parcel)
{
    kb_parcel_clear(parcel);
    parcel->state = FREE;
}

/* --- those who measure --- */

/* A parcel that continues a content waits for the gauge of the one before. */
static struct kb_parcel *to_measure(struct kb_lanes *lanes, struct kb_lane **ret_lane)
{
    for (size_t i = 0; i < lanes->n_lanes; i++) {
        struct kb_lane *lane = &lanes->lane[(lanes->at + i) % lanes->n_lanes];
        for (struct kb_parcel *p = lane->first; p; p = p->next)
            if (p->state == WAITING && (!p->continues || p->gauge)) {
                *ret_lane = lane;
                return p;
            }
    }
    return NULL;
}

static struct kb_gauge *idle_gauge(struct kb_lanes *lanes)
{
    return lanes->n_gauges ? lanes->gauges[--lanes->n_gauges] : kb_gauge_new(lanes->digests);
}

static void measured(struct kb_lanes *lanes, struct kb_lane *lane, struct kb_parcel *parcel)
{
    struct kb_gauge *gauge = parcel->gauge;
    parcel->gauge = NULL;
    if (lanes->stopped)
        let_go(parcel);
    else
        parcel->state = READY;
    if (!parcel->open || lanes->stopped)
        lanes->gauges[lanes->n_gauges++] = gauge;
    else if (parcel->next)
        parcel->next->gauge = gauge;
    else
        lane->carried = gauge;
    if (parcel->open) /* the one after it may be measured now */
        (void)pthread_cond_signal(&lanes->to_measure);
    if (parcel == lane->first)
        (void)pthread_cond_signal(&lanes->to_judge);
}

static void *measure(void *owner)
{
    struct kb_lanes *lanes = owner;
    kb_thread_yields();
    (void)pthread_mutex_lock(&lanes->lock);
    while (!lanes->stopped) {
        struct kb_lane *lane;
        struct kb_parcel *parcel = to_measure(lanes, &lane);
        if (!parcel) {
            (void)pthread_cond_wait(&lanes->to_measure, &lanes->lock);
            continue;
        }
        if (!parcel->gauge)
            parcel->gauge = idle_gauge(lanes);
        parcel->state = MEASURING;
        (void)pthread_mutex_unlock(&lanes->lock);
        kb_parcel_measure(parcel, parcel->gauge);
        (void)pthread_mutex_lock(&lanes->lock);
        measured(lanes, lane, parcel);
    }
    (void)pthread_mutex_unlock(&lanes->lock);
    return NULL;
}

/* --- who judges --- */

static void give_back(struct kb_lanes *lanes)
{
    struct kb_parcel *parcel = lanes->judging;
    lanes->judging = NULL;
    if (!parcel)
        return;
    (void)pthread_mutex_unlock(&lanes->lock);
    kb_parcel_clear(parcel); /* its own lock is the ring's, and freeing takes time */
    (void)pthread_mutex_lock(&lanes->lock);
    parcel->state = FREE;
    (void)pthread_cond_broadcast(&lanes->to_fill);
}

/* What is being filled or measured is let go by who does it. */
void kb_lanes_stop(struct kb_lanes *lanes)
{
    (void)pthread_mutex_lock(&lanes->lock);
    give_back(lanes);
    lanes->stopped = true;
    for (size_t i = 0; i < lanes->n_lanes; i++) {
        struct kb_lane *lane = &lanes->lane[i];
        for (struct kb_parcel *p = lane->first; p; p = p->next)
            if (p->state != MEASURING)
                let_go(p);
        lane->first = lane->last = NULL;
    }
    (void)pthread_cond_broadcast(&lanes->to_measure);
    (void)pthread_cond_broadcast(&lanes->to_judge);
    (void)pthread_cond_broadcast(&lanes->to_fill);
    (void)pthread_mutex_unlock(&lanes->lock);
}

/* The lane whose turn it is, NULL: all are finished. */
static struct kb_lane *on_turn(struct kb_lanes *lanes)
{
    for (size_t i = 0; i < lanes->n_lanes; i++) {
        struct kb_lane *lane = &lanes->lane[lanes->at];
        if (lane->first || !lane->finished)
            return lane;
        if (lane->given_up)
            return NULL;
        lanes->at = (lanes->at + 1) % lanes->n_lanes;
    }
    return NULL;
}

struct kb_parcel *kb_lanes_next(struct kb_lanes *lanes)
{
    struct kb_lane *lane;
    (void)pthread_mutex_lock(&lanes->lock);
    give_back(lanes);
    while (!lanes->stopped && (lane = on_turn(lanes)) && (!lane->first || lane->first->state != READY))
        (void)pthread_cond_wait(&lanes->to_judge, &lanes->lock);
    if (!lanes->stopped && lane) {
        struct kb_parcel *parcel = lanes->judging = lane->first;
        parcel->state = JUDGING;
        lane->first = parcel->next;
        if (!lane->first)
            lane->last = NULL;
        if (parcel->turn_ends)
            lanes->at = (lanes->at + 1) % lanes->n_lanes;
    }
    struct kb_parcel *parcel = lanes->judging;
    (void)pthread_mutex_unlock(&lanes->lock);
    return parcel;
}

/* --- those who fill --- */

struct kb_lane *kb_lanes_at(struct kb_lanes *lanes, size_t i)
{
    return &lanes->lane[i];
}

static size_t parcels_per_lane(size_t lanes)
{
    size_t n = PARCELS / lanes;
    return n > PARCELS_PER_LANE ? PARCELS_PER_LANE : n < PARCELS_PER_LANE_MIN ? PARCELS_PER_LANE_MIN : n;
}

void kb_lanes_divide(struct kb_lanes *lanes, size_t n)
{
    (void)pthread_mutex_lock(&lanes->lock);
    lanes->n_parcels = parcels_per_lane(n);
    (void)pthread_mutex_unlock(&lanes->lock);
}

static struct kb_parcel *free_parcel(struct kb_lane *lane)
{
    for (size_t i = 0; i < lane->lanes->n_parcels; i++) {
        if (!lane->pool[i])
            lane->pool[i] = kb_parcel_new();
        if (lane->pool[i]->state == FREE)
            return lane->pool[i];
    }
    return NULL;
}

/* The parcel that is being filled; NULL: nothing more is wanted. */
static struct kb_parcel *filling(struct kb_lane *lane)
{
    struct kb_lanes *lanes = lane->lanes;
    if (lane->filling)
        return lane->filling;
    (void)pthread_mutex_lock(&lanes->lock);
    struct kb_parcel *parcel = NULL;
    while (!lanes->stopped && !(parcel = free_parcel(lane)))
        (void)pthread_cond_wait(&lanes->to_fill, &lanes->lock);
    if (parcel) {
        parcel->state = FILLING;
        parcel->continues = lane->within;
        parcel->next = NULL;
    }
    (void)pthread_mutex_unlock(&lanes->lock);
    return lane->filling = parcel;
}

static void append(struct kb_lane *lane, struct kb_parcel *parcel)
{
    parcel->state = WAITING;
    if (parcel->continues) {
        parcel->gauge = lane->carried;
        lane->carried = NULL;
    }
    if (lane->last)
        lane->last->next = parcel;
    else
        lane->first = parcel;
    lane->last = parcel;
    (void)pthread_cond_signal(&lane->lanes->to_measure);
}

static void close_parcel(struct kb_lane *lane)
{
    struct kb_lanes *lanes = lane->lanes;
    struct kb_parcel *parcel = lane->filling;
    if (!parcel)
        return;
    lane->filling = NULL;
    parcel->open = lane->within;
    (void)pthread_mutex_lock(&lanes->lock);
    if (lanes->stopped)
        let_go(parcel);
    else
        append(lane, parcel);
    (void)pthread_mutex_unlock(&lanes->lock);
}

int kb_lane_entry(struct kb_lane *lane, const struct kb_entry *entry)
{
    bool wanted = kb_tally_wants(entry);
    lane->large = wanted && (entry->size < 0 || entry->size > KB_PARCEL_LARGE);
    if (lane->filling && (lane->large || !kb_parcel_has_room(lane->filling)))
        close_parcel(lane);
    struct kb_parcel *parcel = filling(lane);
    if (!parcel || lane->full)
        return -1;
    kb_parcel_add_entry(parcel, entry);
    lane->full = kb_meter_entry(&lane->meter) != KB_EXCESS_NONE;
    lane->size = entry->size;
    return lane->full ? -1 : wanted;
}

static bool add_data(struct kb_lane *lane, struct kb_piece_data data, struct kb_block *block)
{
    bool beyond = lane->full;
    do {
        if (lane->filling && !kb_parcel_has_room_for(lane->filling, block))
            close_parcel(lane);
        struct kb_parcel *parcel = filling(lane);
        if (!parcel)
            return false;
        size_t n = kb_parcel_add_data(parcel, &data, block, beyond);
        lane->within = true;
        if (beyond) /* where it would end may not fit into an offset */
            return false;
        data.offset += (int64_t)n;
        data.bytes += n;
        data.n -= n;
        if (lane->large && parcel->bytes >= KB_PARCEL_BYTES)
            close_parcel(lane);
    } while (data.n);
    return true;
}

bool kb_lane_data(struct kb_lane *lane, int64_t offset, const void *bytes, size_t n, struct kb_block *block)
{
    if (lane->full)
        return false;
    lane->full = kb_meter_data(&lane->meter, offset, n) != KB_EXCESS_NONE;
    return add_data(lane, (struct kb_piece_data){.offset = offset, .bytes = bytes, .n = n}, block);
}

void kb_lane_end(struct kb_lane *lane, bool whole)
{
    if (whole && lane->size > lane->meter.position)
        (void)kb_lane_data(lane, lane->size, "", 0, NULL);
    struct kb_parcel *parcel = filling(lane);
    if (!parcel)
        return;
    kb_parcel_add_end(parcel, whole && !lane->full);
    lane->within = false;
    if (lane->large || parcel->bytes >= KB_PARCEL_BYTES || !kb_parcel_has_room(parcel))
        close_parcel(lane);
}

void kb_lane_flaw(struct kb_lane *lane, const struct kb_reader_flaw *flaw)
{
    if (lane->filling && !kb_parcel_has_room(lane->filling))
        close_parcel(lane);
    struct kb_parcel *parcel = filling(lane);
    if (parcel)
        kb_parcel_add_flaw(parcel, flaw);
}

void kb_lane_turn(struct kb_lane *lane)
{
    struct kb_parcel *parcel = filling(lane);
    if (!parcel)
        return;
    parcel->turn_ends = true;
    close_parcel(lane);
}

void kb_lane_give_up(struct kb_lane *lane)
{
    (void)pthread_mutex_lock(&lane->lanes->lock);
    lane->given_up = true;
    (void)pthread_mutex_unlock(&lane->lanes->lock);
}

void kb_lane_finish(struct kb_lane *lane)
{
    close_parcel(lane);
    (void)pthread_mutex_lock(&lane->lanes->lock);
    lane->finished = true;
    (void)pthread_cond_signal(&lane->lanes->to_judge);
    (void)pthread_mutex_unlock(&lane->lanes->lock);
}

/* --- all of it --- */

void kb_lanes_free(struct kb_lanes *lanes)
{
    if (!lanes)
        return;
    kb_lanes_stop(lanes);
    for (size_t i = 0; i < lanes->n_threads; i++)
        (void)pthread_join(lanes->threads[i], NULL);
    for (size_t i = 0; i < lanes->n_lanes; i++) {
        kb_gauge_free(lanes->lane[i].carried);
        for (size_t k = 0; k < PARCELS_PER_LANE; k++) {
            if (lanes->lane[i].pool[k])
                kb_gauge_free(lanes->lane[i].pool[k]->gauge);
            kb_parcel_free(lanes->lane[i].pool[k]);
        }
    }
    while (lanes->n_gauges)
        kb_gauge_free(lanes->gauges[--lanes->n_gauges]);
    (void)pthread_cond_destroy(&lanes->to_measure);
    (void)pthread_cond_destroy(&lanes->to_judge);
    (void)pthread_cond_destroy(&lanes->to_fill);
    (void)pthread_mutex_destroy(&lanes->lock);
    free(lanes->gauges);
    free(lanes->threads);
    free(lanes->lane);
    free(lanes);
}

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

/* 0 or why not, as errno. */
static int start(struct kb_lanes *lanes)
{
    int cause = pthread_create(&lanes->threads[lanes->n_threads], NULL, measure, lanes);
    lanes->n_threads += !cause;
    return cause;
}

int kb_lanes_new(const struct kb_lanes_params *params, struct kb_lanes **ret_lanes, struct kb_err *err)
{
    struct kb_lanes *lanes = must(calloc(1, sizeof *lanes));
    lanes->digests = params->digests;
    lanes->n_lanes = params->lanes;
    lanes->n_parcels = PARCELS_PER_LANE;
    lanes->lane = must(calloc(params->lanes, sizeof *lanes->lane));
    lanes->threads = must(calloc(params->threads, sizeof *lanes->threads));
    /* each of them measures with one, or lies in a parcel or lane that is within a content */
    lanes->gauges = must(calloc(params->threads + params->lanes * (PARCELS_PER_LANE + 1), sizeof *lanes->gauges));
    if (pthread_mutex_init(&lanes->lock, NULL) || pthread_cond_init(&lanes->to_measure, NULL) ||
        pthread_cond_init(&lanes->to_judge, NULL) || pthread_cond_init(&lanes->to_fill, NULL))
        abort();
    for (size_t i = 0; i < params->lanes; i++)
        lanes->lane[i] = (struct kb_lane){.lanes = lanes, .meter = *params->meter};
    lanes->n_wanted = params->threads;
    int cause = start(lanes);
    if (cause) {
        kb_lanes_free(lanes);
        return kb_fail(err, KB_EIO, "a thread could not be started: %s", "スレッドを開始できませんでした: %s",
                       strerror(cause));
    }
    *ret_lanes = lanes;
    return 0;
}

void kb_lanes_grow(struct kb_lanes *lanes)
{
    while (lanes->n_threads < lanes->n_wanted && !start(lanes))
        ; /* with fewer it takes longer, no more */
}
