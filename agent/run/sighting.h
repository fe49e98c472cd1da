/* SPDX-License-Identifier: Apache-2.0 */
/* When the coming and going of one disk is worth a line: the debouncing of a loose cable, as a pure function. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "koboshi/run.h"

/* Times are seconds on a clock that never jumps. */
struct kb_sighting {
    bool told;                       /* what the ledger was told last: it is here */
    bool here;                       /* what was seen last */
    int64_t since;                   /* of which `here` has held */
    int64_t flips;                   /* changes since the last line */
    int64_t n_told;                  /* lines since the start */
    int64_t told_at[KB_WATCH_LINES]; /* of the last ones, as a ring */
};

/* kb_sighting_see(sighting, here, now): it was looked for. */
void kb_sighting_see(struct kb_sighting *sighting, bool here, int64_t now);
/* kb_sighting_due(sighting, now): seconds until a line is due: 0 now, negative: nothing to tell. */
int64_t kb_sighting_due(const struct kb_sighting *sighting, int64_t now);
/* kb_sighting_told(sighting, now): the line is in the ledger. Returns how often it came and went unsaid before that. */
int64_t kb_sighting_told(struct kb_sighting *sighting, int64_t now);
