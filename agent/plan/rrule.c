/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of a rule by a table; firing by looking at each day of a hundred years. */
#include "rrule.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "koboshi/clock.h"

enum part { FREQ, INTERVAL, COUNT, UNTIL, WKST, MONTH, MONTH_DAY, YEAR_DAY, WEEK, DAY, HOUR, MINUTE, SECOND, POSITION };
#define HAS(rule, part) ((rule)->parts & (1u << (part)))

static const char weekdays[] = "MOTUWETHFRSASU";

static int weekday_at(const char *text)
{
    for (int i = 0; i < 7; i++)
        if (!strncasecmp(text, weekdays + 2L * i, 2))
            return i;
    return -1;
}

/* One number with its sign at *at, which moves behind it; 0 if there is none or it is longer than any may be. */
static int number_at(const char **at)
{
    int sign = **at == '-' ? -1 : 1;
    *at += **at == '-' || **at == '+';
    size_t n = strspn(*at, "0123456789");
    int value = n && n <= 4 ? atoi(*at) : 0;
    *at += n;
    return sign * value;
}

/* `1,15,-1`: marks each in set[value + half]. */
static bool read_numbers(const char *at, int min, int max, int half, bool *set)
{
    for (;; at++) {
        if (*at == '-' && !half)
            return false;
        const char *start = at;
        int value = number_at(&at);
        if (at == start || abs(value) < min || abs(value) > max)
            return false;
        set[value + half] = true;
        if (!*at)
            return true;
        if (*at != ',')
            return false;
    }
}

static bool read_weekdays(const char *at, struct kb_rrule *rule)
{
    for (;; at++) {
        bool numbered = *at == '-' || *at == '+' || (*at >= '0' && *at <= '9');
        int nth = numbered ? number_at(&at) : 0, day = weekday_at(at);
        if (day < 0 || (numbered && (!nth || abs(nth) > 53)))
            return false;
        rule->weekday[day][53 + nth] = true;
        at += 2;
        if (!*at)
            return true;
        if (*at != ',')
            return false;
    }
}

static bool read_times(const char *at, int max, struct kb_rrule *rule)
{
    bool set[61] = {false};
    int n = 0;
    if (!read_numbers(at, 0, max, 0, set))
        return false;
    for (int i = 0; i <= max; i++)
        n += set[i];
    rule->times *= n;
    return true;
}

static bool read_large(const char *at, int64_t *ret)
{
    size_t n = strspn(at, "0123456789");
    if (!n || n > 6 || at[n])
        return false;
    *ret = atoll(at);
    return *ret > 0;
}

/* YYYYMMDD, with or without THHMMSS and Z; the time of day is not looked at. */
static bool read_until(const char *at, int64_t *ret_day)
{
    char date[24];
    size_t n = strspn(at, "0123456789");
    bool bare = n == 8 && !at[8];
    bool timed = n == 8 && at[8] == 'T' && strspn(at + 9, "0123456789") == 6 && (!at[15] || !strcmp(at + 15, "Z"));
    if (!bare && !timed)
        return false;
    memcpy(date, at, 4);
    date[4] = date[7] = '-';
    memcpy(date + 5, at + 4, 2);
    memcpy(date + 8, at + 6, 2);
    memcpy(date + 10, "T12:00:00Z", sizeof "T12:00:00Z");
    if (!kb_time_parse(date, ret_day))
        return false;
    *ret_day /= 86400;
    return true;
}

static bool read_freq(const char *value, struct kb_rrule *rule)
{
    static const char *const names[] = {"", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"};
    for (int i = KB_DAILY; i <= KB_YEARLY; i++)
        if (!strcasecmp(value, names[i]))
            rule->freq = i;
    return rule->freq != KB_FREQ_NONE;
}

static bool read_part(enum part part, const char *value, struct kb_rrule *rule)
{
    switch (part) {
    case FREQ:
        return read_freq(value, rule);
    case INTERVAL:
        return read_large(value, &rule->interval);
    case COUNT:
        return read_large(value, &rule->count);
    case UNTIL:
        return read_until(value, &rule->until);
    case WKST:
        rule->week_start = weekday_at(value);
        return rule->week_start >= 0 && !value[2];
    case MONTH:
        return read_numbers(value, 1, 12, 0, rule->month);
    case MONTH_DAY:
        return read_numbers(value, 1, 31, 31, rule->month_day);
    case YEAR_DAY:
        return read_numbers(value, 1, 366, 366, rule->year_day);
    case WEEK:
        return read_numbers(value, 1, 53, 53, rule->week);
    case DAY:
        return read_weekdays(value, rule);
    case HOUR:
        return read_times(value, 23, rule);
    case MINUTE:
        return read_times(value, 59, rule);
    case SECOND:
        return read_times(value, 60, rule);
    case POSITION:
        return read_numbers(value, 1, 366, 366, rule->position);
    }
    return false;
}

/* The sentences of a wrong value, in the order of enum part. */
static const struct {
    const char *name;
    struct kb_text wants;
} parts[] = {
    {"FREQ",
     {"FREQ は DAILY・WEEKLY・MONTHLY・YEARLY のどれかです", "FREQ is one of DAILY, WEEKLY, MONTHLY and YEARLY"}},
    {"INTERVAL", {"INTERVAL は1以上の数です（例: INTERVAL=2）", "INTERVAL is a number from 1, as INTERVAL=2"}},
    {"COUNT", {"COUNT は1以上の数です", "COUNT is a number from 1"}},
    {"UNTIL", {"UNTIL は日付です（例: UNTIL=20271231）", "UNTIL is a date, as UNTIL=20271231"}},
    {"WKST", {"WKST は曜日です（MO〜SU）", "WKST is a weekday, MO to SU"}},
    {"BYMONTH", {"BYMONTH は1〜12です", "BYMONTH is 1 to 12"}},
    {"BYMONTHDAY",
     {"BYMONTHDAY は1〜31か、月末から数える -1〜-31 です",
      "BYMONTHDAY is 1 to 31, or -1 to -31 from the end of the month"}},
    {"BYYEARDAY", {"BYYEARDAY は1〜366か -1〜-366 です", "BYYEARDAY is 1 to 366, or -1 to -366"}},
    {"BYWEEKNO", {"BYWEEKNO は1〜53か -1〜-53 です", "BYWEEKNO is 1 to 53, or -1 to -53"}},
    {"BYDAY",
     {"BYDAY は曜日です（MO〜SU。第1土曜日は 1SA、最終金曜日は -1FR）",
      "BYDAY is a weekday, MO to SU; 1SA is the first Saturday, -1FR the last Friday"}},
    {"BYHOUR", {"BYHOUR は0〜23です", "BYHOUR is 0 to 23"}},
    {"BYMINUTE", {"BYMINUTE は0〜59です", "BYMINUTE is 0 to 59"}},
    {"BYSECOND", {"BYSECOND は0〜60です", "BYSECOND is 0 to 60"}},
    {"BYSETPOS", {"BYSETPOS は1〜366か -1〜-366 です", "BYSETPOS is 1 to 366, or -1 to -366"}},
};
enum { N_PARTS = sizeof parts / sizeof *parts, VALUE_MAX = 1024 };

static bool is_numbered(const struct kb_rrule *rule)
{
    for (int d = 0; d < 7; d++)
        for (int n = 0; n < 107; n++)
            if (n != 53 && rule->weekday[d][n])
                return true;
    return false;
}

/* Combinations that the RFC forbids. */
static const struct kb_text *forbidden(const struct kb_rrule *rule)
{
    static const struct kb_text no_freq = {"FREQ がありません（例: FREQ=MONTHLY;BYDAY=1SA）",
                                           "FREQ is missing, as in FREQ=MONTHLY;BYDAY=1SA"};
    static const struct kb_text two_ends = {"COUNT と UNTIL は同時に使えません",
                                            "COUNT and UNTIL cannot stand together"};
    static const struct kb_text nth = {"「1SA」のような番号付きの曜日は MONTHLY か YEARLY（BYWEEKNO なし）で使います",
                                       "a numbered weekday such as 1SA is for MONTHLY, or YEARLY without BYWEEKNO"};
    static const struct kb_text month_day = {"WEEKLY で BYMONTHDAY は使えません",
                                             "BYMONTHDAY cannot stand with WEEKLY"};
    static const struct kb_text year_day = {"BYYEARDAY は YEARLY で使います", "BYYEARDAY is for YEARLY"};
    static const struct kb_text week = {"BYWEEKNO は YEARLY で使います", "BYWEEKNO is for YEARLY"};
    static const struct kb_text position = {"BYSETPOS は BYDAY など他の BY… と一緒に使います",
                                            "BYSETPOS needs another BY… part such as BYDAY"};
    const unsigned others = ~((1u << FREQ) | (1u << INTERVAL) | (1u << COUNT) | (1u << UNTIL) | (1u << WKST) |
                              (1u << POSITION));
    if (!HAS(rule, FREQ))
        return &no_freq;
    if (HAS(rule, COUNT) && HAS(rule, UNTIL))
        return &two_ends;
    if (is_numbered(rule) && (rule->freq < KB_MONTHLY || (rule->freq == KB_YEARLY && HAS(rule, WEEK))))
        return &nth;
    if (HAS(rule, MONTH_DAY) && rule->freq == KB_WEEKLY)
        return &month_day;
    if (HAS(rule, YEAR_DAY) && rule->freq != KB_YEARLY)
        return &year_day;
    if (HAS(rule, WEEK) && rule->freq != KB_YEARLY)
        return &week;
    return HAS(rule, POSITION) && !(rule->parts & others) ? &position : NULL;
}

const struct kb_text *kb_rrule_parse(const char *text, struct kb_rrule *ret_rule)
{
    static const struct kb_text shape = {
        "「FREQ=MONTHLY;BYDAY=1SA;BYHOUR=9」のように 名前=値 を ; で区切って書きます",
        "it is written as NAME=VALUE with ; between, as FREQ=MONTHLY;BYDAY=1SA;BYHOUR=9"};
    static const struct kb_text twice = {"同じ名前が2回あります", "one name stands twice"};
    static const struct kb_text too_often = {"1日に1回より細かい予定（HOURLY など）は使えません",
                                             "nothing more frequent than DAILY can be scheduled"};
    *ret_rule = (struct kb_rrule){.interval = 1, .count = INT64_MAX, .until = INT64_MAX, .times = 1};
    for (const char *at = text;; at++) {
        size_t name = strcspn(at, "=;"), n = strcspn(at, ";");
        char value[VALUE_MAX];
        if (at[name] != '=' || n - name - 1 >= sizeof value)
            return &shape;
        memcpy(value, at + name + 1, n - name - 1);
        value[n - name - 1] = '\0';
        int part = 0;
        while (part < N_PARTS && (strlen(parts[part].name) != name || strncasecmp(at, parts[part].name, name) != 0))
            part++;
        if (part == N_PARTS)
            return &shape;
        if (HAS(ret_rule, part))
            return &twice;
        ret_rule->parts |= 1u << part;
        if (!read_part((enum part)part, value, ret_rule)) {
            size_t ends = strlen(value);
            bool below = part == FREQ && ends == 8 - (value[0] == 'h' || value[0] == 'H' ? 2 : 0) &&
                         !strcasecmp(value + ends - 2, "LY");
            return below ? &too_often : &parts[part].wants;
        }
        at += n;
        if (!*at)
            return forbidden(ret_rule);
    }
}

struct day {
    int64_t number; /* since 1970-01-01 */
    int64_t year;
    int month, day, year_day, month_length, year_length, weekday;
};

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int length_of(int64_t year, int month)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return lengths[month - 1] + (month == 2 && is_leap(year));
}

static void next_day(struct day *d)
{
    d->number++;
    d->weekday = (d->weekday + 1) % 7;
    d->year_day++;
    if (++d->day <= d->month_length)
        return;
    d->day = 1;
    if (++d->month > 12) {
        d->month = 1;
        d->year++;
        d->year_day = 1;
        d->year_length = is_leap(d->year) ? 366 : 365;
    }
    d->month_length = length_of(d->year, d->month);
}

static struct day day_of(int64_t number)
{
    struct day d = {
        .year = 1970, .month = 1, .day = 1, .year_day = 1, .month_length = 31, .year_length = 365, .weekday = 3};
    while (d.number < number)
        next_day(&d);
    return d;
}

/* Is it the n-th, or the last but n-th, of its weekday in a span of `length` days in which it is number `at`? */
static bool is_nth(const struct kb_rrule *rule, int weekday, int at, int length)
{
    int from_start = (at - 1) / 7 + 1, from_end = (length - at) / 7 + 1;
    const bool *set = rule->weekday[weekday];
    return set[53] || set[53 + from_start] || set[53 - from_end];
}

/* Weeks belong to the year that holds their fourth day. */
static bool is_week(const struct kb_rrule *rule, const struct day *d)
{
    int in_week = (d->weekday - rule->week_start + 7) % 7;
    int fourth = d->year_day - in_week + 3, length = d->year_length;
    if (fourth < 1) {
        length = is_leap(d->year - 1) ? 366 : 365;
        fourth += length;
    } else if (fourth > length) {
        fourth -= length;
        length = is_leap(d->year + 1) ? 366 : 365;
    }
    int week = (fourth - 1) / 7 + 1, from_end = (length - fourth) / 7 + 1;
    return rule->week[53 + week] || rule->week[53 - from_end];
}

static bool is_weekday(const struct kb_rrule *rule, const struct day *d)
{
    bool of_month = rule->freq == KB_MONTHLY || HAS(rule, MONTH);
    return of_month ? is_nth(rule, d->weekday, d->day, d->month_length)
                    : is_nth(rule, d->weekday, d->year_day, d->year_length);
}

static bool is_candidate(const struct kb_rrule *rule, const struct day *start, const struct day *d)
{
    bool says_day = HAS(rule, DAY) || HAS(rule, MONTH_DAY) || HAS(rule, YEAR_DAY) || HAS(rule, WEEK);
    if (HAS(rule, MONTH) && !rule->month[d->month])
        return false;
    if (HAS(rule, MONTH_DAY) && !rule->month_day[31 + d->day] && !rule->month_day[31 + d->day - d->month_length - 1])
        return false;
    if (HAS(rule, YEAR_DAY) && !rule->year_day[366 + d->year_day] &&
        !rule->year_day[366 + d->year_day - d->year_length - 1])
        return false;
    if (HAS(rule, WEEK) && !is_week(rule, d))
        return false;
    if (HAS(rule, DAY) && !is_weekday(rule, d))
        return false;
    bool weekday_open = rule->freq == KB_WEEKLY || (rule->freq == KB_YEARLY && HAS(rule, WEEK));
    if (weekday_open && !HAS(rule, DAY))
        return d->weekday == start->weekday;
    if (rule->freq < KB_MONTHLY || says_day)
        return true;
    bool month_open = rule->freq == KB_YEARLY && !HAS(rule, MONTH);
    return d->day == start->day && (!month_open || d->month == start->month);
}

static int64_t period_of(const struct kb_rrule *rule, const struct day *d)
{
    switch (rule->freq) {
    case KB_DAILY:
        return d->number;
    case KB_WEEKLY:
        return (d->number + 3 - rule->week_start + 7) / 7; /* 1970-01-01 was a Thursday */
    case KB_MONTHLY:
        return d->year * 12 + d->month;
    default:
        return d->year;
    }
}

bool kb_rrule_fires(const struct kb_rrule *rule, int64_t start)
{
    enum { HORIZON = 36525 };
    const struct day first = day_of(start);
    int64_t begin = period_of(rule, &first), at = begin;
    int64_t seen = 0; /* instants of this period */
    struct day d = first;
    for (int i = 0; i < HORIZON && d.number <= rule->until; i++, next_day(&d)) {
        int64_t period = period_of(rule, &d);
        if (period != at)
            seen = 0;
        at = period;
        if ((period - begin) % rule->interval || !is_candidate(rule, &first, &d))
            continue;
        seen += rule->times;
        if (!HAS(rule, POSITION))
            return true;
        for (int64_t k = 1; k <= 366 && k <= seen; k++)
            if (rule->position[366 + k] || rule->position[366 - k])
                return true;
    }
    return false;
}
