/* SPDX-License-Identifier: Apache-2.0 */
/* The time that a name tells, and whether what it tells can be. */
#include <time.h>

#include "koboshi/clock.h"
#include "koboshi/job.h"

#include "elements.h"

enum { DAYS_PER_WEEK = 7 };

const struct kb_era kb_eras[KB_ERA_COUNT] = {
    {'H', "平成", 1989, 1, 8, 31}, {'R', "令和", 2019, 5, 1, 99}, /* as many as two digits can say */
};

/* This month and, where known, day lie in the calendar year after that in which their fiscal year began. A month that
 * holds both ends of it counts as the first: the worst case. */
static bool is_late_in_fy(const struct kb_match *match)
{
    int month = match->date[KB_PART_MONTH], day = match->date[KB_PART_DAY];
    return month < match->fy_month || (month == match->fy_month && day >= 0 && day < match->fy_day);
}

int kb_match_year(const struct kb_match *match)
{
    int year = match->date[KB_PART_YEAR], month = match->date[KB_PART_MONTH];
    return year < 0 && match->fy >= 0 && month >= 0 ? match->fy + is_late_in_fy(match) : year;
}

static bool is_in_fy(const struct kb_match *match, int year)
{
    bool both = match->date[KB_PART_MONTH] < 0 ||
                (match->date[KB_PART_MONTH] == match->fy_month && match->date[KB_PART_DAY] < 0 && match->fy_day > 1);
    return both ? year == match->fy || year == match->fy + 1 : year - is_late_in_fy(match) == match->fy;
}

/* a month and, where known, a day against the first day of an era: negative before it */
static int against(int year, int month, int day, const struct kb_era *era)
{
    if (year != era->year)
        return year - era->year;
    if (month != era->month)
        return month - era->month;
    return day < 0 ? 0 : day - era->day;
}

static bool is_in_era(const struct kb_match *match)
{
    int year = match->date[KB_PART_YEAR], month = match->date[KB_PART_MONTH], day = match->date[KB_PART_DAY];
    if (match->era < 0 || month < 0)
        return true;
    const struct kb_era *era = &kb_eras[match->era];
    bool later = match->era + 1 == KB_ERA_COUNT || against(year, month, day < 0 ? 1 : day, era + 1) < 0;
    return later && against(year, month, day, era) >= 0;
}

static int weekday_of(int year, int month, int day)
{
    struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = 12};
    (void)timegm(&tm);
    return (tm.tm_wday + DAYS_PER_WEEK - 1) % DAYS_PER_WEEK; /* tm_wday counts from Sunday */
}

bool kb_match_exists(const struct kb_match *match)
{
    int year = kb_match_year(match), month = match->date[KB_PART_MONTH], day = match->date[KB_PART_DAY];
    int64_t unused;
    if (year >= 0 && match->fy >= 0 && !is_in_fy(match, year))
        return false;
    if (!is_in_era(match))
        return false;
    if (month < 0 || day < 0)
        return true;
    /* without a year 29 February may be right: 2000 was a leap year */
    if (!kb_time_local(year < 0 ? 2000 : year, month, day, 0, 0, 0, &unused))
        return false;
    return year < 0 || match->weekday < 0 || weekday_of(year, month, day) == match->weekday;
}

/* The whole of a fiscal year of which no month is known. */
static int64_t time_of_fy(const struct kb_match *match, int64_t mtime_s, int *ret_source)
{
    int64_t start = mtime_s, end = mtime_s;
    bool within = kb_time_local(match->fy, match->fy_month, match->fy_day, 0, 0, 0, &start) &&
                  kb_time_local(match->fy + 1, match->fy_month, match->fy_day, 0, 0, 0, &end) && mtime_s >= start &&
                  mtime_s < end;
    *ret_source = within ? KB_PIT_NAME_AND_MTIME : KB_PIT_NAME_DAY_START;
    return within ? mtime_s : start;
}

int64_t kb_match_time(const struct kb_match *match, int64_t mtime_s, int *ret_source)
{
    const int *date = match->date;
    int year = kb_match_year(match), known = year >= 0;
    while (known && known < KB_PART_DATES && date[known] >= 0)
        known++;
    int64_t start = mtime_s;
    if (match->fy >= 0 && known < 2)
        return time_of_fy(match, mtime_s, ret_source);
    *ret_source = KB_PIT_MTIME;
    if (!known || !kb_time_local(year, known > 1 ? date[1] : 1, known > 2 ? date[2] : 1, known > 3 ? date[3] : 0,
                                 known > 4 ? date[4] : 0, known > 5 ? date[5] : 0, &start))
        return mtime_s;
    *ret_source = KB_PIT_NAME;
    if (known > KB_PART_MINUTE)
        return start;
    time_t t = (time_t)mtime_s;
    struct tm tm = {0};
    bool within = localtime_r(&t, &tm) != NULL;
    const int of_mtime[] = {tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour};
    const int of_name[] = {year, date[1], date[2], date[3]};
    for (int i = 0; within && i < known; i++)
        within = of_mtime[i] == of_name[i];
    *ret_source = within ? KB_PIT_NAME_AND_MTIME : KB_PIT_NAME_DAY_START;
    return within ? mtime_s : start;
}

static bool is_on_day(const struct kb_match *match, int64_t s)
{
    time_t t = (time_t)s;
    struct tm tm;
    if (!localtime_r(&t, &tm))
        return false;
    const struct {
        int wanted, is;
    } rows[] = {
        {match->weekday, (tm.tm_wday + DAYS_PER_WEEK - 1) % DAYS_PER_WEEK},
        {match->date[KB_PART_MONTH], tm.tm_mon + 1},
        {match->date[KB_PART_DAY], tm.tm_mday},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].wanted >= 0 && rows[i].wanted != rows[i].is)
            return false;
    return true;
}

bool kb_match_agrees(const struct kb_match *match, int64_t mtime_s)
{
    enum { HALF_A_DAY = 12 * 3600 };
    if (kb_match_year(match) >= 0 || match->fy >= 0)
        return true;
    return is_on_day(match, mtime_s) || (mtime_s >= INT64_MIN + HALF_A_DAY && is_on_day(match, mtime_s - HALF_A_DAY));
}
