/* SPDX-License-Identifier: Apache-2.0 */
/* Recurrence rules of RFC 5545 section 3.3.10, by whole days: are they written right, and do they ever fire? */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "koboshi/text.h"

enum kb_freq { KB_FREQ_NONE, KB_DAILY, KB_WEEKLY, KB_MONTHLY, KB_YEARLY };

/* Values of a BY part; bounds of each are those of the RFC. At [value + half] of those that may be negative. */
struct kb_rrule {
    int freq; /* enum kb_freq */
    int64_t interval;
    int64_t count, until; /* until: days since 1970-01-01; both INT64_MAX if not written */
    int week_start;       /* 0 = Monday */
    unsigned parts;       /* which BY parts are written, bits of enum in rrule.c */
    int times;            /* instants per day: hours x minutes x seconds */
    bool month[13];
    bool month_day[63];   /* half 31 */
    bool year_day[733];   /* half 366 */
    bool week[107];       /* half 53 */
    bool position[733];   /* half 366 */
    bool weekday[7][107]; /* half 53; [53]: each one */
};

/* kb_rrule_parse(text, ret_rule): NULL, or what is wrong with it (static, no arguments). FREQ below DAILY is refused.
 */
const struct kb_text *kb_rrule_parse(const char *text, struct kb_rrule *ret_rule);

/* kb_rrule_fires(rule, start): whether there is one day from start (days since 1970-01-01) on, within a hundred years,
 * on which it fires. A rule that leaves the day open takes it from start. */
bool kb_rrule_fires(const struct kb_rrule *rule, int64_t start);
