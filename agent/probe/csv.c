/* SPDX-License-Identifier: Apache-2.0 */
/* Is a restored table whole: readable in its encoding, the columns it should have, as many rows as it should? */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "koboshi/archive.h"
#include "koboshi/arena.h"
#include "koboshi/file.h"

#include "probes.h"

/* RFC 4180 with any line end. Every byte that means something is ASCII, and none is the second byte of a character in
 * UTF-8 or CP932 (those are 0x40 and up), so that rows can be told before the encoding is. */
enum { BLOCK = 64 << 10, COLUMNS_MAX = 4096, HEADER_BYTES_MAX = 256 << 10, SHOWN_BYTES = 200 };
enum state { FIELD_START, IN_FIELD, IN_QUOTES, QUOTE_IN_QUOTES };

/* How much of a character has been seen, in both encodings at once. */
struct encoding {
    bool utf8, cp932;
    int utf8_left;
    bool lead; /* of CP932 */
};

struct table {
    enum state state;
    bool empty_row; /* nothing of this row has been seen */
    int64_t rows;   /* without the header */
    int64_t columns, header_columns;
    int64_t odd_row, odd_columns; /* the first row with another number of columns; 0: none */
    int64_t stray;                /* row of a quote that stands where none can; 0: none */
    char *header;                 /* its fields, each ended by NUL */
    size_t header_n;
    bool header_too_long;
    struct encoding encoding;
};

/* Structure alone: which bytes may follow which. UTF-8 as in Unicode's table 3-7 but for surrogates and overlong forms
 * of three and four bytes, CP932 as Windows code page 932 has its lead bytes. */
static void see_encoding(struct encoding *e, unsigned char c)
{
    if (e->utf8_left) {
        e->utf8 = e->utf8 && (c & 0xc0) == 0x80;
        e->utf8_left--;
    } else if (c >= 0x80) {
        e->utf8 = e->utf8 && c >= 0xc2 && c <= 0xf4;
        e->utf8_left = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc2 ? 1 : 0;
    }
    if (e->lead) {
        e->cp932 = e->cp932 && c >= 0x40 && c != 0x7f && c <= 0xfc;
        e->lead = false;
    } else if (c >= 0x80) {
        e->lead = (c >= 0x81 && c <= 0x9f) || (c >= 0xe0 && c <= 0xfc);
        e->cp932 = e->cp932 && (e->lead || (c >= 0xa1 && c <= 0xdf));
    }
    if (!c)
        e->utf8 = e->cp932 = false;
}

static void keep(struct table *t, char c)
{
    if (t->header_columns)
        return;
    if (t->header_n < HEADER_BYTES_MAX)
        t->header[t->header_n++] = c;
    else
        t->header_too_long = true;
}

static void end_field(struct table *t)
{
    keep(t, '\0');
    t->columns++;
    t->state = FIELD_START;
}

static void end_row(struct table *t)
{
    if (t->empty_row && t->state == FIELD_START && !t->columns)
        return; /* a blank line is no row */
    end_field(t);
    if (!t->header_columns) {
        t->header_columns = t->columns;
    } else {
        t->rows++;
        if (t->columns != t->header_columns && !t->odd_row) {
            t->odd_row = t->rows;
            t->odd_columns = t->columns;
        }
    }
    t->columns = 0;
    t->empty_row = true;
}

static void note_stray(struct table *t)
{
    if (!t->stray)
        t->stray = t->rows + 1;
}

static void see(struct table *t, char c)
{
    see_encoding(&t->encoding, (unsigned char)c);
    if (t->state == IN_QUOTES) {
        if (c == '"')
            t->state = QUOTE_IN_QUOTES;
        else
            keep(t, c);
        return;
    }
    if (c == ',') {
        end_field(t);
        t->empty_row = false;
    } else if (c == '\n') {
        end_row(t);
    } else if (c == '\r') {
        return; /* of the line end; alone in a field it is nothing that a table needs */
    } else if (c == '"' && t->state != IN_FIELD) {
        if (t->state == QUOTE_IN_QUOTES)
            keep(t, c);
        t->state = IN_QUOTES;
        t->empty_row = false;
    } else {
        if (t->state == QUOTE_IN_QUOTES)
            note_stray(t);
        keep(t, c);
        t->state = IN_FIELD;
        t->empty_row = false;
    }
}

static bool read_table(int fd, struct kb_arena *arena, struct table *t, struct kb_text *ret_why)
{
    char *block = kb_alloc(arena, BLOCK, 1);
    ssize_t n;
    bool first = true;
    while ((n = kb_read_full(fd, block, BLOCK)) > 0) {
        ssize_t i = first && n >= 3 && !memcmp(block, "\xef\xbb\xbf", 3) ? 3 : 0;
        t->encoding.cp932 = t->encoding.cp932 && !i; /* a BOM says UTF-8 */
        first = false;
        for (; i < n; i++)
            see(t, block[i]);
    }
    if (n < 0) {
        *ret_why = kb_text_new(arena, "it cannot be read: %s", "読めません: %s", strerror(errno));
        return false;
    }
    if (t->state == IN_QUOTES) {
        *ret_why = kb_text_new(arena, "the last row ends within quotes: cut off",
                               "最後の行が引用符の途中で終わっています（途中で切れています）");
        return false;
    }
    end_row(t);
    t->encoding.utf8 = t->encoding.utf8 && !t->encoding.utf8_left;
    t->encoding.cp932 = t->encoding.cp932 && !t->encoding.lead;
    return true;
}

static bool has_encoding(const struct table *t, int wanted, struct kb_arena *arena, struct kb_text *ret_why)
{
    const struct encoding *e = &t->encoding;
    if (wanted == KB_NAMES_AUTO ? e->utf8 || e->cp932 : wanted == KB_NAMES_UTF8 ? e->utf8 : e->cp932)
        return true;
    *ret_why = e->utf8    ? kb_text_new(arena, "it is UTF-8", "文字コードは UTF-8 です")
               : e->cp932 ? kb_text_new(arena, "it is CP932 (Shift_JIS)", "文字コードは CP932（Shift_JIS）です")
                          : kb_text_new(arena, "it is no text in UTF-8 or CP932",
                                        "UTF-8 でも CP932 でもない内容です（壊れているか、別の形式です）");
    return false;
}

static bool is_whole(const struct table *t, struct kb_arena *arena, struct kb_text *ret_why)
{
    if (t->stray)
        *ret_why = kb_text_new(arena, "row %lld: text behind a closing quote",
                               "%lld 行目: 閉じた引用符の後に文字があります", (long long)t->stray);
    else if (t->odd_row)
        *ret_why = kb_text_new(arena, "row %lld has %lld columns, the header has %lld",
                               "%lld 行目の列数は %lld ですが、見出しは %lld 列です", (long long)t->odd_row,
                               (long long)t->odd_columns, (long long)t->header_columns);
    else if (t->header_too_long || t->header_columns > COLUMNS_MAX)
        *ret_why = kb_text_new(arena, "its first row is too long for a header",
                               "1行目が長すぎて見出しとして読めません");
    else
        return true;
    return false;
}

/* Each name of the plan is a column of the first row. */
static bool has_columns(struct kb_probes *p, const struct kb_probe *probe, const struct table *t,
                        struct kb_arena *arena, struct kb_text *ret_why)
{
    const char *all = "";
    bool *seen = kb_alloc(arena, probe->header.n + 1, sizeof *seen);
    for (size_t at = 0; at < t->header_n; at += strlen(t->header + at) + 1) {
        const char *name = kb_names_decode(p->names, t->header + at, strlen(t->header + at), false, arena);
        for (size_t i = 0; i < probe->header.n; i++)
            seen[i] = seen[i] || !strcmp(name, probe->header.v[i]);
        if (strlen(all) < SHOWN_BYTES)
            all = kb_sprintf(arena, "%s%s%s", all, *all ? ", " : "",
                             kb_escape(arena, name, strnlen(name, SHOWN_BYTES)));
    }
    for (size_t i = 0; i < probe->header.n; i++) {
        if (seen[i])
            continue;
        *ret_why = kb_text_new(arena, "no column %s; its columns: %s", "「%s」の列がありません（列: %s）",
                               kb_escape(arena, probe->header.v[i], strlen(probe->header.v[i])), all);
        return false;
    }
    return true;
}

int kb_probe_csv(struct kb_probes *p, size_t i, struct kb_arena *arena, struct kb_answer *ret_answer,
                 struct kb_err *err)
{
    (void)err;
    const struct kb_probe *probe = &p->set->probes.v[i];
    const char *rows = probe->rows ? probe->rows : "> 0"; /* a table without rows proves nothing */
    struct kb_answer bad = {.rule = KB_RULE_PROBE_CSV, .entry = probe->csv};
    bad.expected = kb_text_new(arena, "a CSV table, rows %s", "CSV の表（行数 %s）", rows);
    KB_SCOPED_FD fd = kb_probe_open_file(p, probe->csv, arena, &bad.found);
    struct table t = {.empty_row = true, .encoding = {.utf8 = true, .cp932 = true}};
    t.header = kb_alloc(arena, HEADER_BYTES_MAX + 1, 1);
    bool good = fd >= 0 && read_table(fd, arena, &t, &bad.found) &&
                has_encoding(&t, probe->encoding, arena, &bad.found) && is_whole(&t, arena, &bad.found) &&
                has_columns(p, probe, &t, arena, &bad.found);
    if (good && !kb_expect_holds(rows, kb_sprintf(arena, "%lld", (long long)t.rows), kb_wall_s())) {
        bad.found = kb_text_new(arena, "%lld rows below the header", "見出しの下に %lld 行", (long long)t.rows);
        good = false;
    }
    if (!good)
        *ret_answer = bad;
    return 0;
}
