/* SPDX-License-Identifier: Apache-2.0 */
/* Days: when disks are exchanged, and until when a generation is fresh. */
#include "koboshi/register.h"

#include <string.h>
#include <time.h>

#include "presence.h"

enum { DAYS = 7 };

static struct tm local(int64_t utc_s)
{
    time_t at = (time_t)utc_s;
    struct tm tm = {0};
    (void)localtime_r(&at, &tm);
    return tm;
}

/* Local midnight, so many days after the one of this moment. */
static int64_t midnight(int64_t utc_s, int days)
{
    struct tm tm = local(utc_s);
    tm.tm_mday += days;
    tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
    tm.tm_isdst = -1;
    return (int64_t)mktime(&tm);
}

/* Monday is 0, as in enum kb_weekday. */
static int weekday(int64_t utc_s)
{
    return (local(utc_s).tm_wday + DAYS - 1) % DAYS;
}

/* Whole days between two local midnights; summer time makes some shorter. */
static int64_t days_between(int64_t from, int64_t to)
{
    int64_t s = to - from, half = 43200;
    return s >= 0 ? (s + half) / 86400 : -((-s + half) / 86400);
}

static bool is_in(const struct kb_rotation *rotation, const char *medium)
{
    for (size_t i = 0; medium && i < rotation->disks.n; i++)
        if (!strcmp(rotation->disks.v[i], medium))
            return true;
    return false;
}

const char *kb_rotation_next(const struct kb_rotation *rotation, const char *medium)
{
    for (size_t i = 0; medium && rotation->disks.n > 1 && i < rotation->disks.n; i++)
        if (!strcmp(rotation->disks.v[i], medium))
            return rotation->disks.v[(i + 1) % rotation->disks.n];
    return NULL;
}

static bool is_elsewhere(const struct kb_plan *plan, const char *id)
{
    const struct kb_medium *medium = kb_plan_medium(plan, id);
    return medium && kb_medium_is_elsewhere(plan, medium);
}

static void look_back(const struct kb_plan *plan, const struct kb_lines *lines, struct kb_turn *turn)
{
    for (size_t i = 0; i < lines->n; i++) {
        const struct kb_line *line = &lines->v[i];
        if ((line->plan && strcmp(line->plan, plan->plan.id) != 0) || !is_in(turn->rotation, line->medium))
            continue;
        if (!strcmp(line->kind, kb_line_kind_names[KB_LINE_MEDIUM_SWAPPED])) {
            turn->swapped = line->time;
            turn->out = is_in(turn->rotation, line->medium_in) ? line->medium_in : NULL;
        } else if (!strcmp(line->kind, kb_line_kind_names[KB_LINE_MEDIUM_SEEN]) && line->presence &&
                   strcmp(line->presence, "left") != 0 && !line->for_drill && !is_elsewhere(plan, line->medium)) {
            turn->out = line->medium;
        }
    }
}

void kb_register_turn(const struct kb_plan *plan, const struct kb_rotation *rotation, const struct kb_lines *lines,
                      int64_t now, struct kb_turn *ret_turn)
{
    struct kb_turn turn = {.rotation = rotation, .swapped = KB_ABSENT};
    look_back(plan, lines, &turn);
    for (size_t i = 0; turn.out && i < rotation->disks.n; i++)
        if (!strcmp(rotation->disks.v[i], turn.out))
            turn.out = rotation->disks.v[i];                /* the plan's own text: lines may be gone sooner */
    turn.swapped = turn.swapped > now ? now : turn.swapped; /* the clock has been set back since */
    turn.in = kb_rotation_next(rotation, turn.out);
    int64_t from = turn.swapped == KB_ABSENT ? midnight(now, 0) : midnight(turn.swapped, KB_SWAP_EARLY_DAYS);
    turn.due = midnight(from, (rotation->swap - weekday(from) + DAYS) % DAYS);
    turn.days = days_between(midnight(now, 0), turn.due);
    *ret_turn = turn;
}

int64_t kb_fresh_until(int64_t point_in_time, int64_t interval)
{
    if (interval == KB_ABSENT || point_in_time == KB_ABSENT)
        return KB_ABSENT;
    if (interval != KB_BUSINESS_DAY)
        return interval < 0 || point_in_time > INT64_MAX - interval ? KB_ABSENT : point_in_time + interval;
    int64_t day = midnight(point_in_time, 1);
    while (weekday(day) == KB_SAT || weekday(day) == KB_SUN)
        day = midnight(day, 1);
    return midnight(day, 1) - 1;
}
