/* SPDX-License-Identifier: Apache-2.0 */
/* Readers fill lanes: one alone, or several side by side, each with its slices of a zip. */
#pragma once

#include "lanes.h"

/* More readers than this wait for the one that judges, and each holds parcels (lanes.c). */
enum { KB_SLICES_LANES_MAX = 4 };

/* kb_lane_read(lane, reader, went, owner): entries with their contents until it gives no more; whether it gave all.
 * went: called after each block and entry; NULL: not wanted. */
bool kb_lane_read(struct kb_lane *lane, struct kb_reader *reader, void (*went)(void *owner), void *owner);

struct kb_slices_params {
    struct kb_reader
        *first; /* has slices; this thread reads with it into lane 0, threads of their own into the others */
    struct kb_lanes *lanes;
    size_t n; /* of lanes */
    /* The read in sequence that goes to the whole-file digest: it is held near to the readers, so that each place of
     * the medium is read once and its head need not go far. */
    struct kb_ring *ring;
    size_t consumer;
};

/* kb_slices_run(params, ret_whole): lane i takes slices i mod n; ends once all are read or no more is wanted. Whether
 * all entries were seen. ret_whole: nothing told by the other readers makes the zip bad. The lanes are finished, the
 * ring is left to be left. */
bool kb_slices_run(const struct kb_slices_params *params, bool *ret_whole);
