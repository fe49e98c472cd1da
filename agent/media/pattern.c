/* SPDX-License-Identifier: Apache-2.0 */
/* Path patterns: parsing, matching of one name, filling in, and the time a name tells. */
#include "koboshi/pattern.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/err.h"
#include "koboshi/job.h"
#include "koboshi/text.h"

const struct kb_match kb_match_none = {.date = {-1, -1, -1, -1, -1, -1}};

static const struct date_part {
    char letter;
    int digits, min, max;
} date_parts[KB_PART_DATES] = {
    [KB_PART_YEAR] = {'Y', 4, 1970, 9999}, [KB_PART_MONTH] = {'m', 2, 1, 12},  [KB_PART_DAY] = {'d', 2, 1, 31},
    [KB_PART_HOUR] = {'H', 2, 0, 23},      [KB_PART_MINUTE] = {'M', 2, 0, 59}, [KB_PART_SECOND] = {'S', 2, 0, 59},
};

static struct kb_piece *add_piece(struct kb_component *component, struct kb_arena *arena, int part)
{
    component->pieces.v = kb_grow(arena, component->pieces.v, component->pieces.n, sizeof *component->pieces.v);
    struct kb_piece *piece = &component->pieces.v[component->pieces.n++];
    *piece = (struct kb_piece){.part = part};
    return piece;
}

static void add_text(struct kb_component *component, struct kb_arena *arena, const char *text, size_t n)
{
    struct kb_piece *last = component->pieces.n ? &component->pieces.v[component->pieces.n - 1] : NULL;
    if (!last || last->part != KB_PART_TEXT)
        last = add_piece(component, arena, KB_PART_TEXT);
    last->text = kb_sprintf(arena, "%.*s%.*s", (int)last->n, last->n ? last->text : "", (int)n, text);
    last->n += n;
}

static int add_date(struct kb_pattern *pattern, struct kb_component *component, struct kb_arena *arena, char letter,
                    struct kb_err *err)
{
    for (int part = 0; part < KB_PART_DATES; part++) {
        if (date_parts[part].letter != letter)
            continue;
        (void)add_piece(component, arena, part);
        pattern->has[part] = pattern->dated = true;
        return 0;
    }
    return kb_fail(err, KB_EPLAN, "`%%%s` is no date part of a path; %%Y %%m %%d %%H %%M %%S and %%%% are",
                   "`%%%s` は path で使えません。使えるのは %%Y %%m %%d %%H %%M %%S と %%%% です",
                   letter ? (char[]){letter, '\0'} : "");
}

static int parse_component(struct kb_pattern *pattern, struct kb_component *component, struct kb_arena *arena,
                           const char *text, size_t n, struct kb_err *err)
{
    size_t wildcards = pattern->n_wildcards;
    int failed = 0;
    for (size_t i = 0; i < n && !failed;) {
        size_t run = 0;
        while (i + run < n && !strchr("%*?", text[i + run]))
            run++;
        if (run) {
            add_text(component, arena, text + i, run);
        } else if (text[i] == '%') {
            char letter = i + 1 < n ? text[i + 1] : '\0';
            if (letter == '%')
                add_text(component, arena, "%", 1);
            else
                failed = add_date(pattern, component, arena, letter, err);
            run = 2;
        } else {
            (void)add_piece(component, arena, text[i] == '*' ? KB_PART_ANY : KB_PART_ONE);
            pattern->n_wildcards++;
            run = 1;
        }
        i += run;
    }
    if (failed)
        return failed;
    if (component->pieces.n == 1 && component->pieces.v[0].part == KB_PART_TEXT)
        component->literal = component->pieces.v[0].text;
    if (pattern->n_wildcards > KB_WILDCARDS_MAX)
        return kb_fail(err, KB_EPLAN, "more than %d wildcards in one path",
                       "1つの path にワイルドカードが %d 個を超えています", KB_WILDCARDS_MAX);
    bool dots = (n == 1 && text[0] == '.') || (n == 2 && text[0] == '.' && text[1] == '.');
    bool only_any = pattern->n_wildcards - wildcards == 2 && n == 2 && text[0] == '*' && text[1] == '*';
    if (!n || dots || only_any || n > KB_NAME_BYTES_MAX)
        return kb_fail(
            err, KB_EPLAN,
            "a path below the medium needs plain names between its slashes: `%s` is empty, `.`, `..`, `**` or too long",
            "path の「/」の間には通常の名前が必要です。`%s` は空・「.」・「..」・「**」・長すぎる名前のいずれかです",
            kb_escape(arena, text, n));
    return 0;
}

int kb_pattern_parse(const char *text, struct kb_arena *arena, const struct kb_pattern **ret_pattern,
                     struct kb_err *err)
{
    struct kb_pattern *pattern = kb_alloc(arena, 1, sizeof *pattern);
    const char *shown = kb_escape(arena, text, strlen(text));
    if (*text == '/' || strlen(text) >= KB_PATH_BYTES_MAX)
        return kb_fail(err, KB_EPLAN, "`%s` must be a path below the medium, without a leading slash",
                       "`%s` は媒体の中の相対パスで書いてください（先頭の「/」は不要です）", shown);
    for (const char *at = text;; at++) {
        size_t n = strcspn(at, "/");
        if (pattern->components.n == KB_PATH_DEPTH_MAX)
            return kb_fail(err, KB_EPLAN, "`%s` is more than %d folders deep",
                           "`%s` のフォルダの深さが %d を超えています", shown, KB_PATH_DEPTH_MAX);
        pattern->components.v = kb_grow(arena, pattern->components.v, pattern->components.n,
                                        sizeof *pattern->components.v);
        struct kb_component *component = &pattern->components.v[pattern->components.n++];
        *component = (struct kb_component){0};
        if (parse_component(pattern, component, arena, at, n, err))
            return kb_wrap(err, "in the path `%s`", "path `%s`", shown);
        at += n;
        if (!*at)
            break;
    }
    *ret_pattern = pattern;
    return 0;
}

/* The bytes of one character; a byte that is not UTF-8 stands for itself. */
static size_t character_bytes(const char *s)
{
    unsigned char lead = (unsigned char)*s;
    size_t n = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    return strnlen(s, n) == n && kb_is_utf8(s, n) ? n : 1;
}

static bool date_exists(const int date[KB_PART_DATES])
{
    int64_t unused;
    if (date[KB_PART_DAY] < 0 || date[KB_PART_MONTH] < 0)
        return true;
    /* without a year 29 February may be right: 2000 was a leap year */
    int year = date[KB_PART_YEAR] < 0 ? 2000 : date[KB_PART_YEAR];
    return kb_time_local(year, date[KB_PART_MONTH], date[KB_PART_DAY], 0, 0, 0, &unused);
}

static size_t take_date(int part, const char *name, struct kb_match *match)
{
    int value = 0;
    for (int i = 0; i < date_parts[part].digits; i++) {
        if (name[i] < '0' || name[i] > '9')
            return 0;
        value = value * 10 + (name[i] - '0');
    }
    if (value < date_parts[part].min || value > date_parts[part].max)
        return 0;
    if (match->date[part] >= 0 && match->date[part] != value)
        return 0;
    match->date[part] = value;
    return date_exists(match->date) ? (size_t)date_parts[part].digits : 0;
}

/* Bytes of name that this piece takes, 0 if it does not fit. */
static size_t take(const struct kb_piece *piece, const char *name, struct kb_match *match)
{
    if (piece->part < KB_PART_DATES)
        return take_date(piece->part, name, match);
    if (piece->part == KB_PART_TEXT)
        return strncmp(name, piece->text, piece->n) ? 0 : piece->n;
    if (!*name)
        return 0;
    size_t n = character_bytes(name);
    match->wildcards[match->n_wildcards].text = name;
    match->wildcards[match->n_wildcards++].n = n;
    return n;
}

bool kb_component_match(const struct kb_component *component, const char *name, struct kb_match *match)
{
    const struct kb_piece *pieces = component->pieces.v;
    if (*name == '.' && pieces[0].part != KB_PART_TEXT)
        return false;
    struct kb_match now = *match, at_star = now;
    const char *at = name, *star_end = NULL;
    size_t i = 0, star = 0;
    /* Between two stars every piece has one width at a given place, so going back to the last star is enough. */
    while (i < component->pieces.n || *at) {
        if (i < component->pieces.n && pieces[i].part == KB_PART_ANY) {
            now.wildcards[now.n_wildcards].text = at;
            now.wildcards[now.n_wildcards++].n = 0;
            at_star = now;
            star = ++i;
            star_end = at;
            continue;
        }
        size_t n = i < component->pieces.n ? take(&pieces[i], at, &now) : 0;
        if (n) {
            at += n;
            i++;
            continue;
        }
        if (!star_end || !*star_end)
            return false;
        star_end += character_bytes(star_end);
        at_star.wildcards[at_star.n_wildcards - 1].n = (size_t)(star_end -
                                                                at_star.wildcards[at_star.n_wildcards - 1].text);
        now = at_star;
        at = star_end;
        i = star;
    }
    *match = now;
    return true;
}

int kb_pattern_fills(const struct kb_pattern *manifest, const struct kb_pattern *path, struct kb_err *err)
{
    for (int part = 0; part < KB_PART_DATES; part++)
        if (manifest->has[part] && !path->has[part])
            return kb_fail(err, KB_EPLAN, "manifest uses %%%c, which path does not have",
                           "manifest の %%%c が path にありません", date_parts[part].letter);
    if (manifest->n_wildcards && manifest->n_wildcards != path->n_wildcards)
        return kb_fail(err, KB_EPLAN, "manifest has %zu wildcards and path has %zu; they must be as many, or none",
                       "manifest のワイルドカードは %zu 個、path は %zu 個です。同じ数にするか、使わないでください",
                       manifest->n_wildcards, path->n_wildcards);
    return 0;
}

const char *kb_pattern_fill(const struct kb_pattern *pattern, const struct kb_match *match, struct kb_arena *arena)
{
    const char *path = "";
    size_t wildcard = 0;
    for (size_t c = 0; c < pattern->components.n; c++) {
        const struct kb_component *component = &pattern->components.v[c];
        if (c)
            path = kb_sprintf(arena, "%s/", path);
        for (size_t i = 0; i < component->pieces.n; i++) {
            const struct kb_piece *piece = &component->pieces.v[i];
            if (piece->part < KB_PART_DATES) {
                path = kb_sprintf(arena, "%s%0*d", path, date_parts[piece->part].digits, match->date[piece->part]);
            } else if (piece->part == KB_PART_TEXT) {
                path = kb_sprintf(arena, "%s%s", path, piece->text);
            } else {
                path = kb_sprintf(arena, "%s%.*s", path, (int)match->wildcards[wildcard].n,
                                  match->wildcards[wildcard].text);
                wildcard++;
            }
        }
    }
    return path;
}

int64_t kb_match_time(const struct kb_match *match, int64_t mtime_s, int *ret_source)
{
    const int *date = match->date;
    int known = 0;
    while (known < KB_PART_DATES && date[known] >= 0)
        known++;
    int64_t start = mtime_s;
    *ret_source = KB_PIT_MTIME;
    if (!known || !kb_time_local(date[0], known > 1 ? date[1] : 1, known > 2 ? date[2] : 1, known > 3 ? date[3] : 0,
                                 known > 4 ? date[4] : 0, known > 5 ? date[5] : 0, &start))
        return mtime_s;
    *ret_source = KB_PIT_NAME;
    if (known > KB_PART_MINUTE)
        return start;
    time_t t = (time_t)mtime_s;
    struct tm tm = {0};
    bool within = localtime_r(&t, &tm) != NULL;
    const int of_mtime[] = {tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour};
    for (int i = 0; within && i < known; i++)
        within = of_mtime[i] == date[i];
    *ret_source = within ? KB_PIT_NAME_AND_MTIME : KB_PIT_NAME_DAY_START;
    return within ? mtime_s : start;
}
