/* SPDX-License-Identifier: Apache-2.0 */
/* Names as backup jobs and people write them. */
#include "name.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/text.h"

/* Years that a backup can be of; other runs of digits are numbers. */
enum { YEAR_MIN = 1990, YEAR_MAX = 2099, REIWA = 2018 };

static const char part_letters[] = "YmdHMS";

/* Weekdays with Monday first; longer spellings come first. */
static const struct {
    const char *days[7];
    const char *tail; /* follows each of them */
    const char *glue; /* between them in %{weekday:…} */
} weekdays[] = {
    {{"月", "火", "水", "木", "金", "土", "日"}, "曜日", ""},
    {{"月", "火", "水", "木", "金", "土", "日"}, "曜", ""},
    {{"月", "火", "水", "木", "金", "土", "日"}, "", ""},
    {{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}, "", ","},
    {{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}, "", ","},
    {{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}, "", ","},
    {{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, "", ","},
    {{"MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"}, "", ","},
};

struct reader {
    struct kb_arena *arena;
    const char *name, *at;
    char *out, *day_out; /* pattern, and the pattern with the weekday taken out */
    char *stem;
    struct kb_name got;
    bool folder;
};

static void put(struct reader *r, const char *text, size_t n)
{
    memcpy(r->out, text, n);
    r->out += n;
    if (r->day_out) {
        memcpy(r->day_out, text, n);
        r->day_out += n;
    }
}

/* Bytes of the UTF-8 character at s. */
static size_t character(const char *s)
{
    unsigned char lead = (unsigned char)*s;
    size_t n = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    return strnlen(s, n);
}

/* A character that no plan may hold. */
static bool is_hidden(const char *s, size_t n)
{
    static const char *const never[] = {"\xef\xbb\xbf", "\xef\xbf\xbe", "\xef\xbf\xbf"}; /* U+FEFF, noncharacters */
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        if (n == 3 && !memcmp(s, never[i], 3))
            return true;
    KB_SCOPED_ARENA arena = kb_arena_new();
    return *s != '%' && strlen(kb_escape(arena, s, n)) != n;
}

static void put_character(struct reader *r)
{
    size_t n = character(r->at);
    bool hidden = is_hidden(r->at, n);
    if (*r->at == '%')
        put(r, "%%", 2);
    else if (hidden || strchr("*?\\", *r->at))
        put(r, "?", 1);
    else
        put(r, r->at, n);
    r->stem = hidden ? stpcpy(r->stem, "?") : mempcpy(r->stem, r->at, n);
    r->at += n;
}

static int number(const char *s, size_t n)
{
    int value = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isdigit((unsigned char)s[i]))
            return -1;
        value = value * 10 + (s[i] - '0');
    }
    return value;
}

static bool is_day(int year, int month, int day)
{
    int64_t unused;
    return year >= YEAR_MIN && year <= YEAR_MAX && kb_time_local(year, month, day, 0, 0, 0, &unused);
}

static bool is_clock(int hour, int minute, int second)
{
    return hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60;
}

/* Takes `n` digits for date part `part` and puts its letter, unless the name has said another value for it. */
static void take_part(struct reader *r, int part, size_t digits)
{
    int value = number(r->at, digits);
    if (r->got.date[part] >= 0 && r->got.date[part] != value) {
        put(r, "????", digits);
        r->got.varies = true;
    } else {
        r->got.date[part] = value;
        put(r, (char[]){'%', part_letters[part]}, 2);
        r->got.dated = true;
    }
    r->at += digits;
}

static void take_text(struct reader *r, size_t n)
{
    for (const char *end = r->at + n; r->at < end;) {
        size_t step = character(r->at);
        put(r, r->at, step);
        r->at += step;
    }
}

/* Bytes of one separator within a date or time, 0 if there is none. */
static size_t separator(const char *s, const char *const *allowed)
{
    for (; *allowed; allowed++)
        if (!strncmp(s, *allowed, strlen(*allowed)))
            return strlen(*allowed);
    return 0;
}
static const char *const day_separators[] = {"-", "_", ".", "年", "月", NULL};
static const char *const clock_separators[] = {"-", "_", ".", ":", "時", "分", "：", NULL};
static const char *const gap_separators[] = {"_", "-", "T", "t", " ", ".", NULL};

static size_t digits_at(const char *s)
{
    size_t n = 0;
    while (isdigit((unsigned char)s[n]))
        n++;
    return n;
}

/* A time of day right behind a date: 2230, 223015, 22-30, 22:30:15, 22時30分. */
static void take_clock(struct reader *r)
{
    size_t gap = separator(r->at, gap_separators);
    const char *s = r->at + gap;
    size_t n = digits_at(s);
    if (r->got.date[KB_PART_HOUR] >= 0 || !gap)
        return;
    if ((n == 4 && is_clock(number(s, 2), number(s + 2, 2), 0)) ||
        (n == 6 && is_clock(number(s, 2), number(s + 2, 2), number(s + 4, 2)))) {
        take_text(r, gap);
        for (int part = KB_PART_HOUR; part < KB_PART_HOUR + (int)n / 2; part++)
            take_part(r, part, 2);
        return;
    }
    size_t first = n == 2 ? separator(s + 2, clock_separators) : 0;
    const char *minute = s + 2 + first;
    if (!first || digits_at(minute) != 2 || !is_clock(number(s, 2), number(minute, 2), 0))
        return;
    size_t second = separator(minute + 2, clock_separators);
    bool seconds = second && digits_at(minute + 2 + second) == 2 && number(minute + 2 + second, 2) < 60;
    take_text(r, gap);
    take_part(r, KB_PART_HOUR, 2);
    take_text(r, first);
    take_part(r, KB_PART_MINUTE, 2);
    if (seconds) {
        take_text(r, second);
        take_part(r, KB_PART_SECOND, 2);
    }
}

/* 20261120, 2026112022, 202611202230, 20261120223015 */
static bool take_run(struct reader *r, size_t n)
{
    const char *s = r->at;
    if (n != 8 && n != 10 && n != 12 && n != 14)
        return false;
    if (!is_day(number(s, 4), number(s + 4, 2), number(s + 6, 2)) ||
        !is_clock(n > 8 ? number(s + 8, 2) : 0, n > 10 ? number(s + 10, 2) : 0, n > 12 ? number(s + 12, 2) : 0))
        return false;
    take_part(r, KB_PART_YEAR, 4);
    for (int part = KB_PART_MONTH; part < 1 + (int)(n - 4) / 2; part++)
        take_part(r, part, 2);
    return true;
}

/* 2026-11-20, 2026_11_20, 2026年11月20日; and as far as folders go 2026-11 */
static bool take_separated(struct reader *r)
{
    const char *s = r->at;
    size_t first = separator(s + 4, day_separators);
    const char *month = s + 4 + first;
    if (!first || digits_at(month) != 2)
        return false;
    size_t second = separator(month + 2, day_separators);
    const char *day = month + 2 + second;
    bool whole = second && digits_at(day) == 2 && is_day(number(s, 4), number(month, 2), number(day, 2));
    if (!whole && !(r->folder && is_day(number(s, 4), number(month, 2), 1) && !month[2]))
        return false;
    take_part(r, KB_PART_YEAR, 4);
    take_text(r, first);
    take_part(r, KB_PART_MONTH, 2);
    if (whole) {
        take_text(r, second);
        take_part(r, KB_PART_DAY, 2);
    }
    return true;
}

/* Folders: 2026 / 11 / 20, and 202611 */
static bool take_folder_part(struct reader *r, size_t n, const int above[KB_PART_DATES])
{
    if (!r->folder || r->at != r->name || r->at[n])
        return false;
    int value = number(r->at, n < 6 ? n : 6);
    if (n == 4 && value >= YEAR_MIN && value <= YEAR_MAX) {
        take_part(r, KB_PART_YEAR, 4);
    } else if (n == 6 && is_day(value / 100, value % 100, 1)) {
        take_part(r, KB_PART_YEAR, 4);
        take_part(r, KB_PART_MONTH, 2);
    } else if (n == 2 && above[KB_PART_YEAR] >= 0 && above[KB_PART_MONTH] < 0 && value >= 1 && value <= 12) {
        take_part(r, KB_PART_MONTH, 2);
    } else if (n == 2 && above[KB_PART_MONTH] >= 0 && above[KB_PART_DAY] < 0 &&
               is_day(above[KB_PART_YEAR], above[KB_PART_MONTH], value)) {
        take_part(r, KB_PART_DAY, 2);
    } else {
        return false;
    }
    return true;
}

/* R081120, R08.11.20, 令和8年11月20日: the era and its year are one part of a pattern. */
static bool take_era(struct reader *r)
{
    const char *s = r->at;
    size_t sign = !strncmp(s, "令和", 6) ? 6 : 1;
    bool inside = s > r->name && isalnum((unsigned char)s[-1]);
    if ((sign == 1 && *s != 'R') || inside)
        return false;
    const char *year = s + sign;
    size_t n = !strncmp(year, "元", 3) ? 3 : digits_at(year);
    bool joined = n == 6; /* R081120 */
    n = joined ? 2 : n;
    int value = n == 3 && !isdigit((unsigned char)*year) ? 1 : n == 1 || n == 2 ? number(year, n) : -1;
    size_t first = joined ? 0 : separator(year + n, day_separators);
    const char *month = year + n + first;
    size_t second = joined ? 0 : separator(month + 2, day_separators);
    const char *day = month + 2 + second;
    if (value < 1 || (!joined && (!first || !second)) || (!joined && digits_at(month) != 2) || digits_at(day) != 2 ||
        !is_day(REIWA + value, number(month, 2), number(day, 2)))
        return false;
    put(r, "%{era}", 6);
    r->got.date[KB_PART_YEAR] = REIWA + value;
    r->got.dated = true;
    r->at = year + n;
    if (strncmp(r->at, "年", strlen("年")) != 0) /* is part of %{era} */
        take_text(r, first);
    else
        r->at += first;
    take_part(r, KB_PART_MONTH, 2);
    take_text(r, second);
    take_part(r, KB_PART_DAY, 2);
    return true;
}

static bool take_digits(struct reader *r, const int above[KB_PART_DATES])
{
    size_t n = digits_at(r->at);
    if (take_run(r, n) || (n == 4 && take_separated(r))) {
        if (!strncmp(r->at, "日", strlen("日")))
            take_text(r, strlen("日"));
        take_clock(r);
        return true;
    }
    if (take_folder_part(r, n, above))
        return true;
    int head = n == 6 ? number(r->at, 4) : 0, tail = n == 6 ? number(r->at + 4, 2) : 0;
    if (n == 6 && is_day(head, tail, 1)) { /* 202611: it changes, but does not tell a day */
        put(r, "??????", 6);
        r->got.varies = true;
        r->at += n;
        return true;
    }
    if (n != 6 || head < 1000 || !is_day(2000 + head / 100, head % 100, tail) || r->got.date[KB_PART_YEAR] >= 0)
        return false;
    put(r, "%y", 2); /* 261120 */
    r->got.date[KB_PART_YEAR] = 2000 + head / 100;
    r->at += 2;
    take_part(r, KB_PART_MONTH, 2);
    take_part(r, KB_PART_DAY, 2);
    take_clock(r);
    return true;
}

static bool is_border(const char *s)
{
    static const char *const borders[] = {"-", "_", " ", ".", "(", ")", "[", "]", "（", "）", "【", "】", "　", NULL};
    return !*s || separator(s, borders);
}

static bool border_before(const struct reader *r)
{
    if (r->at == r->name)
        return true;
    const char *s = r->at - 1;
    while (s > r->name && ((unsigned char)*s & 0xc0) == 0x80)
        s--;
    return is_border(s);
}

static bool take_weekday(struct reader *r)
{
    if (r->got.by_weekday || !border_before(r))
        return false;
    for (size_t i = 0; i < sizeof weekdays / sizeof *weekdays; i++)
        for (int day = 0; day < 7; day++) {
            size_t n = strlen(weekdays[i].days[day]), tail = strlen(weekdays[i].tail);
            if (strncmp(r->at, weekdays[i].days[day], n) != 0 || strncmp(r->at + n, weekdays[i].tail, tail) != 0 ||
                !is_border(r->at + n + tail))
                continue;
            size_t so_far = r->got.pattern ? (size_t)(r->out - r->got.pattern) : 0;
            r->got.by_weekday = kb_alloc(r->arena, 4 * strlen(r->name) + 32, 1);
            r->got.weekday = day;
            r->got.spelling = (int)i;
            char *out = (char *)(uintptr_t)r->got.by_weekday;
            memcpy(out, r->got.pattern, so_far);
            out[so_far] = KB_NAME_WEEKDAY;
            r->day_out = NULL;
            put(r, r->at, n);
            r->day_out = out + so_far + 1;
            r->at += n;
            take_text(r, tail);
            return true;
        }
    return false;
}

static bool ends_with(const char *name, size_t n, const char *tail)
{
    size_t length = strlen(tail);
    return n > length && !strncasecmp(name + n - length, tail, length);
}

/* What file managers add when a name is taken: Windows, macOS, GNOME, in both languages. */
static bool is_stray(const char *name)
{
    static const char *const tails[] = {" - コピー", "のコピー", " - Copy", " copy", " (コピー)", NULL};
    size_t n = kb_name_stem_end(name);
    for (size_t i = 0; tails[i]; i++)
        if (ends_with(name, n, tails[i]))
            return true;
    if (!strncmp(name, "コピー ～ ", strlen("コピー ～ ")) || !strncmp(name, "Copy of ", 8))
        return true;
    /* " (1)", also behind " - コピー" */
    if (n < 4 || name[n - 1] != ')')
        return false;
    size_t at = n - 1;
    while (at > 0 && isdigit((unsigned char)name[at - 1]))
        at--;
    return at < n - 1 && n - 1 - at < 3 && at > 1 && name[at - 1] == '(' && name[at - 2] == ' ';
}

static const char *title_of(const struct reader *r, const char *stem)
{
    char *out = kb_strndup(r->arena, stem, kb_name_stem_end(stem));
    size_t n = strlen(out), from = 0;
    while (n > from && strchr("-_. ([", out[n - 1]))
        n--;
    while (from < n && strchr("-_. )]", out[from]))
        from++;
    return kb_strndup(r->arena, out + from, n - from);
}

static void see_part(struct reader *r)
{
    size_t n = strlen(r->name);
    if (r->folder || n < 5 || r->name[n - 4] != '.' || digits_at(r->name + n - 3) != 3)
        return;
    r->got.part = number(r->name + n - 3, 3);
    size_t length = strlen(r->got.pattern);
    if (r->got.part > 0 && length > 4 && !memcmp(r->got.pattern + length - 4, r->name + n - 4, 4))
        r->got.by_part = kb_strndup(r->arena, r->got.pattern, length - 4);
}

struct kb_name kb_name_read(const char *name, const int above[KB_PART_DATES], bool folder, struct kb_arena *arena)
{
    struct reader r = {
        .arena = arena, .name = name, .at = name, .folder = folder, .got = {.weekday = -1, .spelling = -1}};
    char *pattern = kb_alloc(arena, 4 * strlen(name) + 32, 1), *stem = kb_alloc(arena, strlen(name) + 1, 1);
    r.got.pattern = r.out = pattern;
    r.stem = stem;
    for (int part = 0; part < KB_PART_DATES; part++)
        r.got.date[part] = above[part];
    while (*r.at) {
        bool digit = isdigit((unsigned char)*r.at), before = r.at > name && isdigit((unsigned char)r.at[-1]);
        if (digit && !before && take_digits(&r, above))
            continue;
        if (!take_era(&r) && !take_weekday(&r))
            put_character(&r);
    }
    see_part(&r);
    r.got.stem = title_of(&r, stem);
    r.got.stray = !folder && is_stray(name);
    return r.got;
}

const char *kb_name_weekdays(const struct kb_name *name, unsigned seen, struct kb_arena *arena)
{
    int last = seen & 1u << 6 ? 7 : seen & 1u << 5 ? 6 : 5;
    const char *list = weekdays[name->spelling].days[0];
    for (int day = 1; day < last; day++)
        list = kb_sprintf(arena, "%s%s%s", list, weekdays[name->spelling].glue, weekdays[name->spelling].days[day]);
    const char *mark = strchr(name->by_weekday, KB_NAME_WEEKDAY);
    return kb_sprintf(arena, "%.*s%%{weekday:%s}%s", (int)(mark - name->by_weekday), name->by_weekday, list, mark + 1);
}

const char *kb_name_literal(const char *name, struct kb_arena *arena)
{
    struct reader r = {.arena = arena, .name = name, .at = name};
    char *pattern = kb_alloc(arena, 2 * strlen(name) + 1, 1), *stem = kb_alloc(arena, strlen(name) + 1, 1);
    r.out = pattern;
    r.stem = stem;
    while (*r.at)
        put_character(&r);
    return pattern;
}

const char *kb_name_undated(const char *pattern, struct kb_arena *arena)
{
    char *out = kb_alloc(arena, 2 * strlen(pattern) + 1, 1), *to = out;
    for (const char *at = pattern; *at; at++) {
        if (*at == '%' && at[1] && (strchr(part_letters, at[1]) || at[1] == 'y')) {
            to += sprintf(to, "%s", at[1] == 'Y' ? "????" : "??");
            at++;
        } else if (!strncmp(at, "%{era}", 6)) {
            *to++ = '*';
            at += 5;
        } else {
            *to++ = *at;
            if (*at == '%' && at[1] == '%')
                *to++ = *++at;
        }
    }
    return out;
}

size_t kb_name_stem_end(const char *name)
{
    size_t n = strlen(name);
    for (int i = 0; i < 3; i++) {
        const char *dot = memrchr(name, '.', n);
        size_t tail = dot ? n - (size_t)(dot - name) - 1 : 0;
        if (!dot || dot == name || !tail || tail > 9)
            break;
        bool word = false;
        for (const char *at = dot + 1; at < name + n; at++) {
            if (!isalnum((unsigned char)*at))
                return n;
            word |= isalpha((unsigned char)*at) != 0;
        }
        if (!word && tail != 3) /* "v1.2" is no suffix, ".001" is one */
            break;
        n = (size_t)(dot - name);
    }
    return n;
}

/* Digest of a list by a word of its name: "sha256", "SHA256SUMS", "md5sum". */
static int sums_word(const char *word, size_t n, bool alone)
{
    static const struct {
        const char *digest;
        bool weak, tool; /* tool: names the program, so nothing follows it */
    } known[] = {{"sha256", false, false}, {"sha512", false, false}, {"sha384", false, false},
                 {"sha224", false, false}, {"b2", false, false},     {"hashdeep", false, true},
                 {"mtree", false, true},   {"sha1", true, false},    {"md5", true, false}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t digest = strlen(known[i].digest);
        if (n < digest || strncasecmp(word, known[i].digest, digest))
            continue;
        const char *rest = word + digest;
        bool sum = !known[i].tool && ((n == digest + 3 && !strncasecmp(rest, "sum", 3)) ||
                                      (n == digest + 4 && !strncasecmp(rest, "sums", 4)));
        if (sum || (n == digest && !alone))
            return known[i].weak ? KB_SUMS_WEAK : KB_SUMS_STRONG;
    }
    return KB_SUMS_NONE;
}

int kb_name_sums(const char *name, bool *ret_of_folder)
{
    size_t n = strlen(name);
    bool text = ends_with(name, n, ".txt");
    n -= text ? 4 : 0;
    const char *dot = memrchr(name, '.', n);
    size_t from = dot ? (size_t)(dot - name) + 1 : 0;
    int sums = sums_word(name + from, n - from, !dot && !text);
    if (sums != KB_SUMS_NONE)
        *ret_of_folder = !dot;
    return sums;
}
