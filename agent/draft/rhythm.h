/* SPDX-License-Identifier: Apache-2.0 */
/* How often generations come, and how many are kept. */
#pragma once

#include "koboshi/plan.h"

struct kb_arena;

struct kb_rhythm {
    int64_t n, first, last; /* generations that do not lie in the future; points in time, UTC seconds */
    int64_t n_future;
    int64_t interval; /* seconds, KB_BUSINESS_DAY, KB_ABSENT: not to be told */
    bool workdays;    /* enough of them, and none on a Saturday or Sunday */
    struct kb_text why;
    struct kb_retention retention; /* KB_ABSENT but for one of them, or all */
};

/* kb_rhythm_of(times, n, now, arena): times in any order. weekdays: the names turn round within a week, so that what is
 * there says how many are kept. Dates are local in the process' zone. */
struct kb_rhythm kb_rhythm_of(const int64_t *times, size_t n, int64_t now, bool weekdays, struct kb_arena *arena);
