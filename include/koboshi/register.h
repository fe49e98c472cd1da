/* SPDX-License-Identifier: Apache-2.0 */
/* assess: the register of media: what the ledger knows of each disk, and when disks are to be exchanged. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "koboshi/ledger.h"
#include "koboshi/plan.h"

/* Lines of another plan in the same ledger do not count; what is not known is KB_ABSENT or NULL. Times UTC seconds. */

/* What the ledger knows of one medium. */
struct kb_medium_history {
    bool here;        /* the last line that saw it saw it attached */
    int64_t since;    /* of which it has been so, unbroken */
    int64_t last;     /* the last line that says so */
    int64_t verified; /* the last pass over it that found nothing bad */
    const char *verified_file;
    int64_t n_reads;              /* passes that took at least a second: shorter ones measure the cache */
    int64_t last_rate, best_rate; /* of those; bytes per second */
    const struct kb_line *left;   /* the last exchange in which it left; NULL: none */
};

/* kb_register_history(lines, plan, medium, ret_history): plan and medium are ids. */
void kb_register_history(const struct kb_lines *lines, const char *plan, const char *medium,
                         struct kb_medium_history *ret_history);

/* kb_register_verified(lines, plan, medium, set, file): when this generation on this medium was last read to its end
 * with nothing bad found, in one run or when the last of several had completed it; file as in kb_line_read; KB_ABSENT:
 * never. */
int64_t kb_register_verified(const struct kb_lines *lines, const char *plan, const char *medium, const char *set,
                             const char *file);

/* kb_register_approved(lines, plan): a line of the ledger notes the approval that stands in the plan: the same role,
 * name and material parts. False also where the plan has none. */
bool kb_register_approved(const struct kb_lines *lines, const struct kb_plan *plan);

/* Whose turn it is in a rotation. */
struct kb_turn {
    const struct kb_rotation *rotation;
    const char *out, *in; /* medium ids: in use now, and next in turn; out NULL: the ledger does not know */
    int64_t swapped;      /* the last exchange */
    int64_t due;          /* local midnight that begins the day of the next one */
    int64_t days;         /* until that day: 0 today, negative overdue */
};

/*
 * kb_register_turn(plan, rotation, lines, now, ret_turn): due on the first swap day at least KB_SWAP_EARLY_DAYS after
 * the last exchange, so that one made a day early counts for its week; without any exchange, on the next swap day from
 * now on. In the process' zone.
 */
enum { KB_SWAP_EARLY_DAYS = 4 };
void kb_register_turn(const struct kb_plan *plan, const struct kb_rotation *rotation, const struct kb_lines *lines,
                      int64_t now, struct kb_turn *ret_turn);

/* kb_rotation_next(rotation, medium): the disk whose turn comes after this one; NULL if it is the only one or none of
 * them. */
const char *kb_rotation_next(const struct kb_rotation *rotation, const char *medium);

/*
 * kb_fresh_until(point_in_time, interval): the last second in which a generation of that time is still fresh: its time
 * plus the interval; for KB_BUSINESS_DAY the end of the next day from Monday to Friday, so that Friday's is fresh until
 * Monday night. KB_ABSENT without an interval. In the process' zone.
 */
int64_t kb_fresh_until(int64_t point_in_time, int64_t interval);
