/* SPDX-License-Identifier: Apache-2.0 */
/* Path patterns: parsing, and filling one in with what another has matched. */
#include "koboshi/pattern.h"

#include <stdio.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/text.h"

#include "elements.h"

const struct kb_element kb_elements[KB_PART_ELEMENTS] = {
    [KB_PART_YEAR] = {"%Y", 4, 1970, 9999, 0},
    [KB_PART_MONTH] = {"%m", 2, 1, 12, 0},
    [KB_PART_DAY] = {"%d", 2, 1, 31, 0},
    [KB_PART_HOUR] = {"%H", 2, 0, 23, 0},
    [KB_PART_MINUTE] = {"%M", 2, 0, 59, 0},
    [KB_PART_SECOND] = {"%S", 2, 0, 59, 0},
    [KB_PART_SHORT_YEAR] = {"%y", 2, 2000, 2099, 2000},
    [KB_PART_ERA] = {.name = "%{era}"},
    [KB_PART_FY] = {.name = "%{fy}"},
    [KB_PART_WEEKDAY] = {.name = "%{weekday:"},
    [KB_PART_NUMBER] = {.name = "%{part}"},
    [KB_PART_FILE] = {.name = "%{file}"},
};

static const struct kb_text absolute = {"媒体のルートからの相対パスを書いてください（/ やドライブ名で始めない）",
                                        "write it relative to the medium's root, without a leading / or drive letter"};
static const struct kb_text backslash = {"区切りには \\ ではなく / を使ってください",
                                         "separate folders with /, not \\"};
static const struct kb_text dots = {"「.」「..」や空のフォルダ名は使えません",
                                    "it cannot hold `.`, `..` or an empty folder name"};
static const struct kb_text too_long = {"長すぎます（1つの名前は255バイトまで）",
                                        "it is too long (255 bytes for one name)"};
static const struct kb_text too_deep = {"フォルダの階層が深すぎます（256まで）", "it is too deep (256 folders)"};
static const struct kb_text control = {"改行やタブは使えません", "it cannot hold line breaks or tabs"};
static const struct kb_text element = {
    "使えるのは %Y %y %m %d %H %M %S・%{weekday:月火水木金}・%{era}・%{fy}・%{part} です（manifest では %{file} も。% "
    "そのものは %%）",
    "the parts that can stand in it are %Y %y %m %d %H %M %S, %{weekday:…}, %{era}, %{fy}, %{part}, in `manifest` also "
    "%{file} (and %% for a %)"};
static const struct kb_text weekdays = {
    "%{weekday:…} には月曜日から順に5〜7個の異なる文字か、カンマ区切りの語を書いてください（例: "
    "%{weekday:月火水木金}）",
    "%{weekday:…} takes 5 to 7 different characters, or words with commas, from Monday on, as "
    "%{weekday:Mon,Tue,Wed,Thu,Fri}"};
static const struct kb_text twice = {"%{era}・%{fy}・%{weekday:…}・%{part} は1つの名前に1回だけ書けます",
                                     "%{era}, %{fy}, %{weekday:…} and %{part} can each stand once in one name"};
static const struct kb_text not_last = {"%{part} は最後の名前（ファイル名）に1回だけ書けます",
                                        "%{part} can stand once, in the last name (that of the files)"};
_Static_assert(KB_WILDCARDS_MAX == 16 && KB_NAME_BYTES_MAX == 255 && KB_PATH_DEPTH_MAX == 256, "the texts say so");
static const struct kb_text file_once = {"%{file} は1回だけ書けます", "%{file} can stand once"};
static const struct kb_text too_many = {"* と ? は合わせて16個までです", "it can hold 16 of * and ? at most"};
static const struct kb_text any_depth = {"「**」だけの名前は使えません。フォルダごとに * を書いてください",
                                         "`**` cannot stand for folders of any depth; write one * per folder"};
static const struct kb_text no_month = {"日付は年・月 %m・日 %d を揃えて書いてください（年・月まで、年だけでも可）",
                                        "a date needs year, %m and %d (or year and %m, or the year alone)"};
static const struct kb_text no_day = {"時刻は年月日の後に、時 %H・分 %M・秒 %S の順に揃えて書いてください",
                                      "a time needs the whole date, then %H, %M, %S without leaving out a larger part"};

static int refuse(struct kb_err *err, const struct kb_text *why)
{
    return kb_fail(err, KB_EPLAN, "%s%.0s", "%.0s%s", why->en, why->ja);
}

struct parser {
    struct kb_arena *arena;
    struct kb_pattern *pattern;
    struct kb_component *component;
    bool here[KB_PART_ELEMENTS]; /* in this component */
};

static struct kb_piece *add_piece(struct parser *p, int part)
{
    struct kb_component *component = p->component;
    component->pieces.v = kb_grow(p->arena, component->pieces.v, component->pieces.n, sizeof *component->pieces.v);
    struct kb_piece *piece = &component->pieces.v[component->pieces.n++];
    *piece = (struct kb_piece){.part = part};
    return piece;
}

static void add_text(struct parser *p, const char *text, size_t n)
{
    struct kb_component *component = p->component;
    struct kb_piece *last = component->pieces.n ? &component->pieces.v[component->pieces.n - 1] : NULL;
    if (!last || last->part != KB_PART_TEXT)
        last = add_piece(p, KB_PART_TEXT);
    last->text = kb_sprintf(p->arena, "%.*s%.*s", (int)last->n, last->n ? last->text : "", (int)n, text);
    last->n += n;
}

/* The words between the colon and the brace: by commas if there are any, else by characters. */
static int add_weekdays(struct parser *p, const char *text, size_t n, struct kb_err *err)
{
    enum { FEWEST = 5, MOST = 7 };
    struct kb_piece *piece = add_piece(p, KB_PART_WEEKDAY);
    bool commas = memchr(text, ',', n) != NULL;
    piece->words.v = kb_alloc(p->arena, MOST, sizeof *piece->words.v);
    for (size_t i = 0; i < n;) {
        size_t word = 0;
        if (commas)
            word = strcspn(text + i, ",}");
        else
            while (word < n - i && (!word || ((unsigned char)text[i + word] & 0xc0) == 0x80))
                word++;
        if (!word || piece->words.n == MOST || memchr(text + i, '%', word) || memchr(text + i, '*', word) ||
            memchr(text + i, '?', word))
            return refuse(err, &weekdays);
        const char *copy = kb_strndup(p->arena, text + i, word);
        for (size_t k = 0; k < piece->words.n; k++)
            if (!strcmp(piece->words.v[k], copy))
                return refuse(err, &weekdays);
        piece->words.v[piece->words.n++] = copy;
        i += word + commas;
    }
    return piece->words.n < FEWEST ? refuse(err, &weekdays) : 0;
}

/* text stands at a percent sign. */
static int add_element(struct parser *p, const char *text, size_t n, size_t *ret_used, struct kb_err *err)
{
    int part = 0;
    size_t length = 0;
    for (; part < KB_PART_ELEMENTS; part++) {
        length = strlen(kb_elements[part].name);
        if (n >= length && !memcmp(text, kb_elements[part].name, length))
            break;
    }
    if (part == KB_PART_ELEMENTS)
        return refuse(err, &element);
    if (p->here[part] && !kb_elements[part].digits)
        return refuse(err, &twice);
    if (p->pattern->has[KB_PART_NUMBER] && part == KB_PART_NUMBER)
        return refuse(err, &not_last);
    if (p->pattern->has[KB_PART_FILE] && part == KB_PART_FILE)
        return refuse(err, &file_once);
    p->here[part] = p->pattern->has[part] = true;
    p->pattern->dated |= part != KB_PART_NUMBER && part != KB_PART_FILE;
    *ret_used = length;
    if (part != KB_PART_WEEKDAY) {
        (void)add_piece(p, part);
        return 0;
    }
    const char *brace = memchr(text, '}', n);
    if (!brace)
        return refuse(err, &weekdays);
    *ret_used = (size_t)(brace - text) + 1;
    return add_weekdays(p, text + length, (size_t)(brace - text) - length, err);
}

static int add_pieces(struct parser *p, const char *text, size_t n, struct kb_err *err)
{
    for (size_t i = 0; i < n;) {
        size_t run = 0;
        while (i + run < n && !strchr("%*?", text[i + run]))
            run++;
        if (run) {
            add_text(p, text + i, run);
        } else if (text[i] == '%' && i + 1 < n && text[i + 1] == '%') {
            add_text(p, "%", 1);
            run = 2;
        } else if (text[i] == '%') {
            int failed = add_element(p, text + i, n - i, &run, err);
            if (failed)
                return failed;
        } else {
            (void)add_piece(p, text[i] == '*' ? KB_PART_ANY : KB_PART_ONE);
            p->pattern->n_wildcards++;
            run = 1;
        }
        i += run;
    }
    return 0;
}

static int parse_component(struct parser *p, const char *text, size_t n, struct kb_err *err)
{
    if (!n || (n == 1 && text[0] == '.') || (n == 2 && text[0] == '.' && text[1] == '.'))
        return refuse(err, &dots);
    if (n == 2 && text[0] == '*' && text[1] == '*')
        return refuse(err, &any_depth);
    if (n > KB_NAME_BYTES_MAX)
        return refuse(err, &too_long);
    if (p->pattern->has[KB_PART_NUMBER])
        return refuse(err, &not_last);
    struct kb_name_form form;
    const char *raw = kb_strndup(p->arena, text, n), *composed = kb_name_composed(raw, &form);
    memset(p->here, 0, sizeof p->here);
    int failed = add_pieces(p, composed, strlen(composed), err);
    if (failed)
        return failed;
    const struct kb_piece *first = p->component->pieces.v;
    if (p->component->pieces.n == 1 && first->part == KB_PART_TEXT)
        p->component->literal = strchr(raw, '%') ? first->text : raw;
    return p->pattern->n_wildcards > KB_WILDCARDS_MAX ? refuse(err, &too_many) : 0;
}

static int parse(struct parser *p, const char *text, struct kb_err *err)
{
    if (*text == '/' || (*text && text[1] == ':'))
        return refuse(err, &absolute);
    if (strchr(text, '\\'))
        return refuse(err, &backslash);
    if (text[strcspn(text, "\n\t")])
        return refuse(err, &control);
    if (strlen(text) >= KB_PATH_BYTES_MAX)
        return refuse(err, &too_long);
    struct kb_pattern *pattern = p->pattern;
    for (const char *at = text;; at++) {
        size_t n = strcspn(at, "/");
        if (pattern->components.n == KB_PATH_DEPTH_MAX)
            return refuse(err, &too_deep);
        pattern->components.v = kb_grow(p->arena, pattern->components.v, pattern->components.n,
                                        sizeof *pattern->components.v);
        p->component = &pattern->components.v[pattern->components.n++];
        *p->component = (struct kb_component){0};
        int failed = parse_component(p, at, n, err);
        if (failed)
            return failed;
        at += n;
        if (!*at)
            return 0;
    }
}

int kb_pattern_parse(const char *text, struct kb_arena *arena, const struct kb_pattern **ret_pattern,
                     struct kb_err *err)
{
    struct parser p = {.arena = arena, .pattern = kb_alloc(arena, 1, sizeof *p.pattern)};
    if (parse(&p, text, err))
        return kb_wrap(err, "in the path `%s`", "path `%s`", kb_escape(arena, text, strlen(text)));
    *ret_pattern = p.pattern;
    return 0;
}

int kb_pattern_dates(const struct kb_pattern *pattern, struct kb_err *err)
{
    const bool *has = pattern->has;
    bool year = has[KB_PART_YEAR] || has[KB_PART_SHORT_YEAR] || has[KB_PART_ERA] || has[KB_PART_FY];
    bool whole = year && has[KB_PART_MONTH] && has[KB_PART_DAY];
    if (year && has[KB_PART_DAY] && !has[KB_PART_MONTH])
        return refuse(err, &no_month);
    if ((has[KB_PART_HOUR] && !whole) || (has[KB_PART_MINUTE] && !has[KB_PART_HOUR]) ||
        (has[KB_PART_SECOND] && !has[KB_PART_MINUTE]))
        return refuse(err, &no_day);
    return 0;
}

int kb_pattern_fills(const struct kb_pattern *manifest, const struct kb_pattern *path, struct kb_err *err)
{
    if (path->has[KB_PART_FILE])
        return kb_fail(err, KB_EPLAN, "%%{file} is the name of the backup itself: only `manifest` can hold it",
                       "%%{file} はバックアップ自身の名前です。`manifest` にだけ書けます");
    if (manifest->has[KB_PART_FILE] && path->has[KB_PART_NUMBER])
        return kb_fail(err, KB_EPLAN, "a split backup has no single name: `manifest` cannot hold %%{file} here",
                       "分割ファイルは名前が1つに決まらないため、`manifest` に %%{file} は書けません");
    if (manifest->has[KB_PART_NUMBER])
        return kb_fail(err, KB_EPLAN, "`manifest` is one file: it cannot hold %%{part}",
                       "`manifest` は1つのファイルです。%%{part} は書けません");
    for (int part = 0; part < KB_PART_ELEMENTS; part++)
        if (part != KB_PART_FILE && manifest->has[part] && !path->has[part])
            return kb_fail(err, KB_EPLAN,
                           "`manifest` holds %s%s, but `path` does not; it can only hold date parts of `path`",
                           "`manifest` に %s%s がありますが、`path` にはありません。path にある日付部分だけが使えます",
                           kb_elements[part].name, part == KB_PART_WEEKDAY ? "…}" : "");
    if (manifest->n_wildcards && manifest->n_wildcards != path->n_wildcards)
        return kb_fail(
            err, KB_EPLAN,
            "`manifest` holds %zu of * and ?, `path` holds %zu; each takes what the one in `path` stood for: write as "
            "many, or none",
            "`manifest` の * と ? は %zu 個、`path` は %zu 個です。path の * と ? に当てはまった文字が順に入ります。"
            "同じ数にするか、使わずに書いてください",
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
            struct kb_span span = {piece->text, piece->n};
            if (piece->part == KB_PART_FILE)
                span = match->file;
            else if (piece->part < KB_PART_ELEMENTS)
                span = match->spans[piece->part];
            else if (piece->part != KB_PART_TEXT)
                span = match->wildcards[wildcard++];
            path = kb_sprintf(arena, "%s%.*s", path, (int)span.n, span.text);
        }
    }
    return path;
}
