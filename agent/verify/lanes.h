/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way of parcels: each lane is filled by one thread that reads entries; a few threads measure what is in the
 * parcels, in any order; one takes them in the order of the archive and judges.
 *
 * With several lanes the order is by turns: lane 0 until it ends its turn, lane 1, …, lane 0 again; a lane that is
 * finished has no turn any more.
 */
#pragma once

#include "parcel.h"

struct kb_lanes;
struct kb_lane;

struct kb_lanes_params {
    size_t lanes;
    size_t threads;               /* that measure */
    unsigned digests;             /* as kb_gauge_new */
    const struct kb_meter *meter; /* what was counted before these entries */
};

/* kb_lanes_new(params, ret_lanes, err): starts the first of its threads; KB_EIO if there is none to be had. */
int kb_lanes_new(const struct kb_lanes_params *params, struct kb_lanes **ret_lanes, struct kb_err *err);
/* kb_lanes_grow(lanes): starts the others, as many as are to be had: once those run without which nothing comes. */
void kb_lanes_grow(struct kb_lanes *lanes);
/* kb_lanes_free(lanes): ends its threads. Once no thread fills a lane any more. NULL is allowed. */
void kb_lanes_free(struct kb_lanes *lanes);
/* kb_lanes_stop(lanes): nobody takes anything any more: all that wait are let go, blocks are given back. By the thread
 * that takes. */
void kb_lanes_stop(struct kb_lanes *lanes);

/* kb_lanes_next(lanes): the next parcel in order, measured; valid until the next call. NULL: all lanes are finished, or
 * it was stopped. */
struct kb_parcel *kb_lanes_next(struct kb_lanes *lanes);

/* kb_lanes_divide(lanes, n): so many lanes are filled at once: each may have fewer parcels on their way, so that memory
 * does not grow with the threads. */
void kb_lanes_divide(struct kb_lanes *lanes, size_t n);

/* Those who fill. Each waits while too many of its parcels are on their way. kb_lane_entry: 1 its content is wanted, 0
 * not, -1 nothing more is wanted. */
struct kb_lane *kb_lanes_at(struct kb_lanes *lanes, size_t i);
int kb_lane_entry(struct kb_lane *lane, const struct kb_entry *entry);
/* kb_lane_data: content of an entry that is wanted; n = 0: a hole up to offset. block: as kb_parcel_add_data. false:
 * nothing more is wanted; its end is still to be said. */
bool kb_lane_data(struct kb_lane *lane, int64_t offset, const void *bytes, size_t n, struct kb_block *block);
/* kb_lane_end(lane, whole): of that content; the hole behind its last piece is added. */
void kb_lane_end(struct kb_lane *lane, bool whole);
void kb_lane_flaw(struct kb_lane *lane, const struct kb_reader_flaw *flaw);
/* kb_lane_turn(lane): the next entries in the order of the archive come from the next lane. Between entries. */
void kb_lane_turn(struct kb_lane *lane);
/* kb_lane_give_up(lane): what comes after this place cannot be read: no lane has anything more to be judged. */
void kb_lane_give_up(struct kb_lane *lane);
/* kb_lane_finish(lane): no more. */
void kb_lane_finish(struct kb_lane *lane);
