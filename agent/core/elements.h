/* SPDX-License-Identifier: Apache-2.0 */
/* The elements of a pattern, one row each, for those who parse, match and fill them in. */
#pragma once

#include "koboshi/pattern.h"

struct kb_element {
    const char *name;     /* as written: "%Y", "%{era}", "%{weekday:" */
    int digits, min, max; /* of one with a fixed number of digits; digits 0: its width varies */
    int base;             /* added to the digits */
};
extern const struct kb_element kb_elements[KB_PART_ELEMENTS];

/* kb_match_year(match): the calendar year, also by fiscal year and month; -1 if the name does not tell it. */
int kb_match_year(const struct kb_match *match);
/* kb_match_exists(match): there was or will be such a day; what is known of it does not contradict itself. */
bool kb_match_exists(const struct kb_match *match);

/* In the order of time; the sources are in pattern.h. */
struct kb_era {
    int letter; /* ASCII capital */
    const char *name;
    int year, month, day; /* its first day; year is its year 1 */
    int years;            /* it has at most so many */
};
enum { KB_ERA_COUNT = 2 };
extern const struct kb_era kb_eras[KB_ERA_COUNT];
