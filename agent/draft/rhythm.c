/* SPDX-License-Identifier: Apache-2.0 */
/* Medians of distances, and what days of the week are left out. */
#include "rhythm.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "koboshi/arena.h"

enum { HOUR = 3600, DAY = 24 * HOUR };
/* Fewer generations than this show no pattern of weekdays. */
enum { WEEKDAYS_FROM = 5 };

static int by_time(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static const char *day_text(struct kb_arena *arena, int64_t time)
{
    time_t t = (time_t)time;
    struct tm tm = {0};
    char text[32] = "";
    if (!localtime_r(&t, &tm) || !strftime(text, sizeof text, "%Y-%m-%d", &tm))
        return "?";
    return kb_strdup(arena, text);
}

/* None on a Saturday or Sunday. ret_weekend: at least one whole weekend lies between them. */
static bool only_workdays(const int64_t *times, size_t n, bool *ret_weekend)
{
    bool only = n >= WEEKDAYS_FROM, weekend = false;
    int before = 0;
    for (size_t i = 0; only && i < n; i++) {
        time_t t = (time_t)times[i];
        struct tm tm = {0};
        only = localtime_r(&t, &tm) && tm.tm_wday >= 1 && tm.tm_wday <= 5;
        weekend |= i && (tm.tm_wday < before || times[i] - times[i - 1] > 5 * DAY);
        before = tm.tm_wday;
    }
    *ret_weekend = weekend;
    return only;
}

/* As people would write it: whole days from 20 hours on, a month as its longest, else hours, else minutes. */
static int64_t rounded(int64_t s)
{
    int64_t days = (s + DAY / 2) / DAY;
    if (s >= 20 * HOUR)
        return days >= 28 && days <= 31 ? 31 * DAY : days * DAY;
    if (s >= HOUR)
        return (s + HOUR / 2) / HOUR * HOUR;
    return s < 60 ? 60 : s / 60 * 60;
}

static struct kb_text counted(struct kb_arena *arena, int64_t n, const char *en, const char *ja)
{
    return (struct kb_text){.en = kb_sprintf(arena, "%" PRId64 " %s%s", n, en, n == 1 ? "" : "s"),
                            .ja = kb_sprintf(arena, "%" PRId64 "%s", n, ja)};
}

static struct kb_text length_text(struct kb_arena *arena, int64_t s)
{
    if (s >= 20 * HOUR)
        return counted(arena, (s + DAY / 2) / DAY, "day", "日");
    if (s >= HOUR)
        return counted(arena, (s + HOUR / 2) / HOUR, "hour", "時間");
    return counted(arena, s / 60, "minute", "分");
}

static void keep_count(struct kb_retention *retention, int64_t interval, int64_t n)
{
    int64_t s = interval == KB_BUSINESS_DAY ? DAY : interval;
    if (s <= 36 * HOUR)
        retention->daily = n;
    else if (s >= 5 * DAY && s <= 10 * DAY)
        retention->weekly = n;
    else if (s >= 25 * DAY && s <= 35 * DAY)
        retention->monthly = n;
    else if (s >= 300 * DAY)
        retention->yearly = n;
}

static void tell(struct kb_rhythm *r, int64_t median, int64_t longest, bool weekdays, struct kb_arena *arena)
{
    const char *first = day_text(arena, r->first), *last = day_text(arena, r->last);
    struct kb_text middle = length_text(arena, median), gap = length_text(arena, longest);
    r->why = kb_text_new(arena, "%d generations from %s to %s, median interval %s%.0s",
                         "%2$s〜%3$sの%1$d世代、間隔の中央値%4$.0s%5$s", (int)r->n, first, last, middle.en, middle.ja);
    if (r->interval == KB_BUSINESS_DAY)
        r->why =
            weekdays
                ? kb_text_new(arena, "%s%.0s, Monday to Friday in turn", "%.0s%s、月〜金で一巡", r->why.en, r->why.ja)
                : kb_text_new(arena, "%s%.0s, none on Saturday or Sunday", "%.0s%s、土日なし", r->why.en, r->why.ja);
    int64_t usual = r->interval == KB_BUSINESS_DAY ? 3 * DAY : 3 * median;
    if (longest > usual + DAY / 2)
        r->why = kb_text_new(arena, "%s%.0s, longest gap %s%.0s", "%.0s%s、最も長い空きは%.0s%s", r->why.en, r->why.ja,
                             gap.en, gap.ja);
}

struct kb_rhythm kb_rhythm_of(const int64_t *times, size_t n, int64_t now, bool weekdays, struct kb_arena *arena)
{
    struct kb_rhythm r = {.interval = KB_ABSENT, .retention = {KB_ABSENT, KB_ABSENT, KB_ABSENT, KB_ABSENT}};
    int64_t *sorted = kb_alloc(arena, n + 1, sizeof *sorted), *steps = kb_alloc(arena, n + 1, sizeof *steps);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (times[i] <= now + DAY) /* clocks differ a little; a day ahead is a mistake */
            sorted[kept++] = times[i];
    r.n = (int64_t)kept;
    r.n_future = (int64_t)(n - kept);
    if (kept)
        qsort(sorted, kept, sizeof *sorted, by_time);
    size_t n_steps = 0;
    int64_t longest = 0;
    for (size_t i = 1; i < kept; i++) {
        int64_t step = sorted[i] - sorted[i - 1];
        longest = step > longest ? step : longest;
        if (step > 0)
            steps[n_steps++] = step;
    }
    r.first = kept ? sorted[0] : KB_ABSENT;
    r.last = kept ? sorted[kept - 1] : KB_ABSENT;
    if (!n_steps) {
        r.why = kept ? kb_text_new(arena, "one point in time only (%s); how often a new one comes cannot be told",
                                   "%sの1時点だけです。作成の間隔はわかりません", day_text(arena, r.first))
                     : kb_text_new(arena, "all of them lie in the future", "どれも未来の日付です");
        return r;
    }
    qsort(steps, n_steps, sizeof *steps, by_time);
    int64_t median = steps[(n_steps - 1) / 2];
    bool daily = rounded(median) == DAY;
    bool weekend = false;
    r.workdays = daily && only_workdays(sorted, kept, &weekend);
    if (daily && ((r.workdays && weekend) || (weekdays && kept == 5)))
        r.interval = KB_BUSINESS_DAY;
    else if (n_steps >= 2 || weekdays)
        r.interval = rounded(median);
    if (r.interval != KB_ABSENT)
        keep_count(&r.retention, r.interval, r.n);
    tell(&r, median, longest, weekdays, arena);
    return r;
}
