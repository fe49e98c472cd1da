/* SPDX-License-Identifier: Apache-2.0 */
/* Values of a record spelt for people, and made harmless on the way. */
#include "view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <utf8proc.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/err.h"

int kb_view_begin(const struct kb_report *report, struct kb_arena *arena, struct kb_view *ret_view, struct kb_err *err)
{
    static const struct kb_report_seal no_seal = {.size = KB_ABSENT, .state = KB_SEAL_NONE};
    const char *zone = report->record->zone;
    int code = zone && *zone ? kb_zone_use(zone, err) : 0;
    if (code) {
        (void)kb_wrap(err, "making the report of record %" PRId64, "記録 %" PRId64 " の報告書の作成中",
                      report->record->id);
        return code;
    }
    *ret_view = (struct kb_view){
        .arena = arena,
        .record = report->record,
        .seal = report->seal ? report->seal : &no_seal,
        .lang = report->lang == KB_EN ? KB_EN : KB_JA,
        .color = report->color,
        .columns = report->columns && report->columns < KB_VIEW_COLUMNS ? report->columns : KB_VIEW_COLUMNS,
        .table_columns = report->columns ? report->columns : SIZE_MAX,
    };
    return 0;
}

bool kb_view_is_broken(const struct kb_view *view)
{
    return view->seal->state < 0 || view->seal->state >= KB_SEAL_BROKEN;
}

/* Also what HTML calls a parse error: noncharacters. */
static bool is_unfit(utf8proc_int32_t c)
{
    return (kb_is_deceptive(c) && c != '\n') || (c >= 0xfdd0 && c <= 0xfdef) || (c & 0xfffe) == 0xfffe;
}

/* Bytes of the fit code point at s, 0 if it is unfit; *ret_step is how far to go on in any case. */
static size_t fit_at(const char *s, size_t n, size_t *ret_step)
{
    utf8proc_int32_t c = -1;
    utf8proc_ssize_t len = utf8proc_iterate((const unsigned char *)s, n > 4 ? 4 : (utf8proc_ssize_t)n, &c);
    *ret_step = len <= 0 ? 1 : (size_t)len;
    return len <= 0 || is_unfit(c) ? 0 : (size_t)len;
}

const char *kb_harmless(struct kb_arena *arena, const char *text)
{
    static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */
    size_t n = strlen(text), step, clean = 0;
    while (clean < n && fit_at(text + clean, n - clean, &step))
        clean += step;
    if (clean == n)
        return text;
    char *out = kb_alloc(arena, 3 * n + 1, 1), *at = out;
    for (size_t i = 0; i < n; i += step) {
        size_t fit = fit_at(text + i, n - i, &step);
        const char *from = fit ? text + i : text[i] == '\t' ? " " : replacement;
        size_t len = fit ? fit : strlen(from);
        memcpy(at, from, len);
        at += len;
    }
    return out;
}

const char *kb_view_word(const struct kb_view *view, enum kb_word word)
{
    return kb_pick(kb_word(word), view->lang);
}

const char *kb_view_name(const struct kb_view *view, enum kb_name_table table, int value)
{
    return kb_pick(kb_name(table, value), view->lang);
}

const char *kb_view_string(const struct kb_view *view, const char *text)
{
    return text && *text ? kb_harmless(view->arena, text) : kb_view_word(view, KB_W_MISSING);
}

const char *kb_view_text(const struct kb_view *view, struct kb_text text)
{
    return kb_view_string(view, kb_pick(text, view->lang));
}

bool kb_text_is_empty(struct kb_text text)
{
    return !*kb_pick(text, KB_JA) && !*kb_pick(text, KB_EN);
}

const char *kb_view_count(const struct kb_view *view, int64_t count)
{
    return count < 0 ? kb_view_word(view, KB_W_MISSING) : kb_show_count(view->arena, count);
}

const char *kb_view_bytes(const struct kb_view *view, int64_t bytes)
{
    return bytes < 0 ? kb_view_word(view, KB_W_MISSING) : kb_show_bytes(view->arena, bytes);
}

const char *kb_view_ns(const struct kb_view *view, int64_t ns)
{
    bool sane = ns < INT64_MAX - KB_NS_PER_S && ns > -(INT64_MAX - KB_NS_PER_S); /* rounding adds to it */
    return sane ? kb_show_ns(view->arena, ns, view->lang) : kb_view_word(view, KB_W_MISSING);
}

const char *kb_view_seconds(const struct kb_view *view, int64_t seconds)
{
    if (seconds == KB_ABSENT || seconds > INT64_MAX / KB_NS_PER_S || seconds < -(INT64_MAX / KB_NS_PER_S))
        return kb_view_word(view, KB_W_MISSING);
    if (seconds > -60 && seconds < 60) /* whole seconds claim no tenths */
        return kb_sprintf(view->arena, view->lang == KB_JA ? "%" PRId64 "秒" : "%" PRId64 " s", seconds);
    return kb_show_ns(view->arena, seconds * KB_NS_PER_S, view->lang);
}

const char *kb_view_time(const struct kb_view *view, int64_t utc_s)
{
    return kb_time_show(view->arena, utc_s);
}

static bool civil(int64_t utc_s, struct tm *ret_tm)
{
    time_t t = (time_t)utc_s;
    return utc_s != KB_ABSENT && localtime_r(&t, ret_tm);
}

const char *kb_view_clock(const struct kb_view *view, int64_t utc_s)
{
    struct tm tm, first;
    char text[64];
    if (!civil(utc_s, &tm))
        return kb_view_word(view, KB_W_MISSING);
    bool same_day = civil(view->record->started, &first) && first.tm_year == tm.tm_year && first.tm_yday == tm.tm_yday;
    size_t n = strftime(text, sizeof text, same_day ? "%H:%M:%S" : "%m-%d %H:%M:%S", &tm);
    return kb_strndup(view->arena, text, n);
}

static const char *era_year(const struct kb_view *view, int year)
{
    return year == 2019 ? "令和元年" : kb_sprintf(view->arena, "令和%d年", year - 2018);
}

static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                     "July",    "August",   "September", "October", "November", "December"};
enum { MONTHS = sizeof months / sizeof *months };

const char *kb_view_date(const struct kb_view *view, int64_t utc_s)
{
    static const char *const days_ja[] = {"日", "月", "火", "水", "木", "金", "土"};
    static const char *const days_en[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
    struct tm tm;
    if (!civil(utc_s, &tm))
        return kb_view_word(view, KB_W_MISSING);
    int year = tm.tm_year + 1900;
    if (view->lang == KB_EN)
        return kb_sprintf(view->arena, "%d %s %d (%s)", tm.tm_mday, months[tm.tm_mon], year, days_en[tm.tm_wday]);
    bool reiwa = year > 2019 || (year == 2019 && tm.tm_mon >= 4); /* from 2019-05-01 */
    const char *year_text = reiwa ? kb_sprintf(view->arena, "%s（%d年）", era_year(view, year), year)
                                  : kb_sprintf(view->arena, "%d年", year);
    return kb_sprintf(view->arena, "%s%d月%d日（%s）", year_text, tm.tm_mon + 1, tm.tm_mday, days_ja[tm.tm_wday]);
}

const char *kb_view_fiscal_year(const struct kb_view *view, int64_t utc_s, const char *start)
{
    struct tm tm;
    int month = 4, day = 1;
    if (!civil(utc_s, &tm))
        return kb_view_word(view, KB_W_MISSING);
    if (!start || sscanf(start, "%2d-%2d", &month, &day) != 2 || month < 1 || month > MONTHS)
        month = 4, day = 1;
    bool before = tm.tm_mon + 1 < month || (tm.tm_mon + 1 == month && tm.tm_mday < day);
    int year = tm.tm_year + 1900 - before;
    if (view->lang == KB_EN)
        return day == 1 ? kb_sprintf(view->arena, "fiscal year %d (from %s)", year, months[month - 1])
                        : kb_sprintf(view->arena, "fiscal year %d (from %d %s)", year, day, months[month - 1]);
    return year >= 2019 ? kb_sprintf(view->arena, "%s度", era_year(view, year))
                        : kb_sprintf(view->arena, "%d年度", year);
}

const char *kb_view_mark(const struct kb_view *view, enum kb_tone tone)
{
    static const char *const paper_ja[] = {"–", "○", "△", "×", "–"};
    static const char *const paper_en[] = {"–", "✓", "△", "✗", "–"};
    static const char *const terminal[] = {"-", "✓", "!", "✗", "-"}; /* ○△× are two columns on some terminals */
    return (view->out ? terminal : view->lang == KB_JA ? paper_ja : paper_en)[tone];
}
