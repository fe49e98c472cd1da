/* SPDX-License-Identifier: Apache-2.0 */
/* A manifest's bytes made into lines of UTF-8, each given to the dialect that the first one decided. */
#include "manifest_lines.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/limits.h"

/* As many are told one by one as a list of findings holds; composing more would take longer than the read. */
enum { FLAWS_TOLD = 1000, SHOWN_BYTES = 80 };

/* In the order in which a first line is tried; no line is the first of two of them. */
static const struct kb_dialect *const dialects[] = {
    &kb_dialect_gnu,      &kb_dialect_reversed, &kb_dialect_bsd,          &kb_dialect_hashdeep, &kb_dialect_mtree,
    &kb_dialect_certutil, &kb_dialect_fciv,     &kb_dialect_get_filehash, &kb_dialect_csv,
};
enum { DIALECTS = sizeof dialects / sizeof *dialects };

static const struct kb_text any_expected = {
    .en = "lines of a checksum list (sha256sum, sha256sum --tag, hashdeep, mtree, certutil, FCIV, Get-FileHash)",
    .ja = "ハッシュ一覧の行（sha256sum、sha256sum --tag、hashdeep、mtree、certutil、FCIV、Get-FileHash のいずれか）"};

static struct kb_text expected_now(const struct kb_manifest *m)
{
    return m->dialect ? m->dialect->expected : any_expected;
}

void kb_manifest_flaw(struct kb_manifest *m, struct kb_text expected, const char *en, const char *ja)
{
    m->broken = true;
    if (m->flaws++ >= FLAWS_TOLD)
        return;
    KB_SCOPED_ARENA arena = kb_arena_new();
    m->params.flaw(m->params.owner, expected,
                   (struct kb_text){.en = kb_sprintf(arena, "line %u: %s", m->number, en),
                                    .ja = kb_sprintf(arena, "%u行目: %s", m->number, ja)});
}

void kb_manifest_flaw_of(struct kb_manifest *m, const char *en, const char *ja, const char *s, size_t n)
{
    if (m->flaws >= FLAWS_TOLD) {
        m->flaws++;
        m->broken = true;
        return;
    }
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *shown = kb_escape(arena, s, n < SHOWN_BYTES ? n : SHOWN_BYTES);
    kb_manifest_flaw(m, expected_now(m), kb_sprintf(arena, "%s: %s", en, shown),
                     kb_sprintf(arena, "%s: %s", ja, shown));
}

static void tell_conflict(struct kb_manifest *m, const struct kb_sum *sum, uint32_t first)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    kb_manifest_flaw_of(m, kb_sprintf(arena, "stands twice with different hashes (first in line %u)", first),
                        kb_sprintf(arena, "別のハッシュで2回書かれています（最初は%u行目）", first), sum->path,
                        sum->path_n);
}

/* Kinds that cannot be computed here must not be asked for. false: the line says nothing that can be compared. */
static bool keep_known(struct kb_manifest *m, struct kb_sum *sum)
{
    if (!(sum->kinds & ~m->known))
        return true;
    sum->kinds &= m->known;
    if (!sum->kinds)
        kb_manifest_flaw(m, expected_now(m), "libcrypto on this machine does not compute this kind of digest",
                         "この機器の OpenSSL では計算できない種類のハッシュです");
    return sum->kinds != 0;
}

enum kb_taken kb_manifest_take(struct kb_manifest *m)
{
    struct kb_sum *own = &m->held.sum;
    if (!own->kinds) {
        kb_manifest_flaw_of(m, "no digest that can be compared stands beside it", "比べられるハッシュがありません",
                            own->path, own->path_n);
        return KB_TOLD;
    }
    if (!keep_known(m, own))
        return KB_TOLD;
    struct kb_listed *listed;
    size_t before = m->n;
    enum kb_put put = kb_manifest_put(m, own, m->number, 0, &listed);
    if (put == KB_PUT_CONFLICT)
        tell_conflict(m, own, listed->line);
    if (put == KB_PUT_BAD_PATH)
        kb_manifest_flaw_of(m, "not a path", "パスとして読めません", own->path, own->path_n);
    if (put == KB_PUT_FULL && before == KB_ENTRIES_MAX && !m->broken)
        kb_manifest_flaw(m, expected_now(m), "more lines than can be taken (30 million)",
                         "行数が上限（3,000万）を超えています");
    return put == KB_PUT_NEW || put == KB_PUT_MERGED || put == KB_PUT_TWICE ? KB_TAKEN : KB_TOLD;
}

bool kb_piece_add(struct kb_piece *piece, const char *s, size_t n)
{
    if (piece->n + n > KB_MANIFEST_LINE_MAX)
        return false;
    if (piece->n + n > piece->room || !piece->s) {
        piece->room = 2 * (piece->n + n) + 64;
        if (!(piece->s = realloc(piece->s, piece->room)))
            abort();
    }
    memcpy(piece->s + piece->n, s, n);
    piece->n += n;
    return true;
}

static void tell_mixed(struct kb_manifest *m, const char *s, size_t n)
{
    for (size_t i = 0; m->dialect->begins && i < DIALECTS; i++) {
        if (dialects[i] == m->dialect || !dialects[i]->begins(m, s, n))
            continue;
        KB_SCOPED_ARENA arena = kb_arena_new();
        const char *other = dialects[i]->name, *own = m->dialect->name;
        kb_manifest_flaw(
            m, m->dialect->expected,
            kb_sprintf(arena, "a line as in %s lists; from line %u on this is a %s list", other, m->dialect_line, own),
            kb_sprintf(arena, "%s 形式の行です（この一覧は%u行目から %s 形式です）", other, m->dialect_line, own));
        return;
    }
    kb_manifest_flaw_of(m, "not such a line", "形式が違います", s, n);
}

/* What no dialect begins with; if digits of a digest stand there, how many. */
static void tell_unknown(struct kb_manifest *m, const char *s, size_t n)
{
    uint8_t bytes[2 * KB_DIGEST_SIZE_MAX];
    size_t digits = kb_hex_run(s, n, bytes, sizeof bytes);
    if (digits >= 16 && kb_kind_of_digits(m, digits) < 0) {
        KB_SCOPED_ARENA arena = kb_arena_new();
        kb_manifest_flaw(m, any_expected, kb_sprintf(arena, "a hash of %zu digits, which no known kind has", digits),
                         kb_sprintf(arena, "%zu桁のハッシュです。対応する種類がありません", digits));
        return;
    }
    kb_manifest_flaw_of(m, "not such a line", "形式が違います", s, n);
}

bool kb_line_starts(const char *s, size_t n, const char *with)
{
    size_t k = strlen(with);
    return n >= k && !memcmp(s, with, k);
}

bool kb_line_is_blank(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (s[i] != ' ' && s[i] != '\t')
            return false;
    return true;
}

bool kb_line_number(const char *s, size_t n, int64_t *ret_number)
{
    int64_t number = 0;
    for (size_t i = 0; i < n; i++)
        if (s[i] < '0' || s[i] > '9' || __builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, s[i] - '0', &number))
            return false;
    *ret_number = number;
    return n > 0;
}

static void take_line(struct kb_manifest *m, const char *s, size_t n)
{
    if (n && s[n - 1] == '\r')
        n--;
    if (memchr(s, 0, n)) {
        kb_manifest_flaw_of(m, "it holds a NUL byte", "NUL バイトが含まれています", s, n);
        return;
    }
    for (size_t i = 0; !m->dialect && n && i < DIALECTS; i++)
        if (dialects[i]->begins(m, s, n)) {
            m->dialect = dialects[i];
            m->dialect_line = m->number;
        }
    if (m->dialect) {
        if (m->dialect->take(m, s, n) == KB_NOT_ITS_OWN)
            tell_mixed(m, s, n);
    } else if (!kb_line_is_blank(s, n) && *s != '#') {
        tell_unknown(m, s, n);
    }
}

static void end_line(struct kb_manifest *m, const char *s, size_t n)
{
    if (m->too_long)
        kb_manifest_flaw(m, expected_now(m), "longer than any path can be", "行が長すぎます");
    else
        take_line(m, s, n);
    m->n_line = 0;
    m->too_long = false;
    m->number++;
}

static void add_lines(struct kb_manifest *m, const char *s, size_t n)
{
    while (n) {
        const char *newline = memchr(s, '\n', n);
        size_t part = newline ? (size_t)(newline - s) : n;
        m->too_long |= m->n_line + part > KB_MANIFEST_LINE_MAX;
        if (newline && !m->n_line && !m->too_long) { /* most lines lie in one piece */
            end_line(m, s, part);
        } else {
            if (!m->too_long) {
                memcpy(m->line + m->n_line, s, part);
                m->n_line += part;
            }
            if (!newline)
                return;
            end_line(m, m->line, m->n_line);
        }
        s += part + 1;
        n -= part + 1;
    }
}

/* CR and CR LF become LF. */
static void add_cr_lines(struct kb_manifest *m, const char *s, size_t n)
{
    char text[4096];
    size_t to = 0;
    for (size_t i = 0; i < n; i++) {
        if (s[i] != '\n' || !m->after_cr)
            text[to++] = s[i] == '\r' ? '\n' : s[i];
        m->after_cr = s[i] == '\r';
        if (to == sizeof text) {
            add_lines(m, text, to);
            to = 0;
        }
    }
    add_lines(m, text, to);
}

static void end_token(struct kb_manifest *m)
{
    const uint32_t number = m->number;
    if (!m->n_line && !m->too_long)
        return;
    end_line(m, m->line, m->n_line);
    m->number -= m->number > number; /* only whole entries count */
}

/* `<…>` and what stands between; breaks of lines are blanks. */
static void add_tokens(struct kb_manifest *m, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '<')
            end_token(m);
        m->too_long |= m->n_line == KB_MANIFEST_LINE_MAX;
        if (!m->too_long)
            m->line[m->n_line++] = s[i] == '\n' || s[i] == '\r' ? ' ' : s[i];
        if (s[i] == '>')
            end_token(m);
    }
}

static void add_text(struct kb_manifest *m, const char *s, size_t n)
{
    /* no other list begins so; a database may be one line of any length */
    if (!m->dialect && m->number == 1 && !m->n_line && n && *s == '<')
        m->dialect = &kb_dialect_fciv_xml;
    const enum kb_lines lines = m->dialect ? m->dialect->lines : KB_LINES_LF;
    if (lines == KB_LINES_TAGS)
        add_tokens(m, s, n);
    else if (lines == KB_LINES_CR)
        add_cr_lines(m, s, n);
    else
        add_lines(m, s, n);
}

static size_t put_utf8(char *to, uint32_t c)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xc0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (char)(0xe0 | c >> 12);
        to[1] = (char)(0x80 | (c >> 6 & 0x3f));
        to[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    to[0] = (char)(0xf0 | c >> 18);
    to[1] = (char)(0x80 | (c >> 12 & 0x3f));
    to[2] = (char)(0x80 | (c >> 6 & 0x3f));
    to[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

/* Half a pair becomes U+FFFD, which names no file. */
static size_t put_unit(struct kb_manifest *m, char *to, uint16_t unit)
{
    uint16_t high = m->high;
    m->high = 0;
    if (high && unit >= 0xdc00 && unit < 0xe000)
        return put_utf8(to, 0x10000 + ((uint32_t)(high - 0xd800) << 10) + (unit - 0xdc00));
    size_t n = high ? put_utf8(to, 0xfffd) : 0;
    if (unit >= 0xd800 && unit < 0xdc00) {
        m->high = unit;
        return n;
    }
    return n + put_utf8(to + n, unit >= 0xdc00 && unit < 0xe000 ? 0xfffd : unit);
}

static void add_utf16(struct kb_manifest *m, const uint8_t *s, size_t n)
{
    char text[4096];
    size_t to = 0;
    for (size_t i = 0; i < n; i++) {
        if (!m->has_odd) {
            m->odd = s[i];
            m->has_odd = true;
            continue;
        }
        m->has_odd = false;
        uint16_t unit = m->encoding == KB_ENCODING_UTF16LE ? (uint16_t)(m->odd | s[i] << 8)
                                                           : (uint16_t)(m->odd << 8 | s[i]);
        to += put_unit(m, text + to, unit);
        if (to > sizeof text - 8) {
            add_text(m, text, to);
            to = 0;
        }
    }
    add_text(m, text, to);
}

static void add_latin1(struct kb_manifest *m, const uint8_t *s, size_t n)
{
    char text[4096];
    size_t to = 0;
    for (size_t i = 0; i < n; i++) {
        to += put_utf8(text + to, s[i]);
        if (to > sizeof text - 8) {
            add_text(m, text, to);
            to = 0;
        }
    }
    add_text(m, text, to);
}

static void add_decoded(struct kb_manifest *m, const uint8_t *s, size_t n)
{
    if (m->encoding == KB_ENCODING_BYTES)
        add_text(m, (const char *)s, n);
    else if (m->encoding == KB_ENCODING_LATIN1)
        add_latin1(m, s, n);
    else
        add_utf16(m, s, n);
}

/* By the byte order mark, which is dropped. */
static void begin(struct kb_manifest *m)
{
    const uint8_t *head = m->head;
    size_t mark = 0;
    m->encoding = m->declared ? m->declared : KB_ENCODING_BYTES;
    if (m->n_head >= 2 && head[0] == 0xff && head[1] == 0xfe)
        m->encoding = KB_ENCODING_UTF16LE, mark = 2;
    else if (m->n_head >= 2 && head[0] == 0xfe && head[1] == 0xff)
        m->encoding = KB_ENCODING_UTF16BE, mark = 2;
    else if (m->n_head == 3 && !memcmp(head, "\xef\xbb\xbf", 3))
        mark = 3;
    add_decoded(m, head + mark, m->n_head - mark);
}

void kb_manifest_add(struct kb_manifest *manifest, const void *bytes, size_t n)
{
    const uint8_t *s = bytes;
    while (manifest->encoding == KB_ENCODING_UNKNOWN && n) {
        manifest->head[manifest->n_head++] = *s++;
        n--;
        if (manifest->n_head == sizeof manifest->head)
            begin(manifest);
    }
    if (n)
        add_decoded(manifest, s, n);
}

static void tell_rest(struct kb_manifest *m)
{
    if (m->flaws <= FLAWS_TOLD)
        return;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *more = kb_show_count(arena, (int64_t)(m->flaws - FLAWS_TOLD));
    m->params.flaw(m->params.owner, expected_now(m),
                   kb_text_new(arena, "%s more lines that are not", "ほかに %s 行も違います", more));
}

void kb_manifest_begin_file(struct kb_manifest *m, const struct kb_dialect *dialect, enum kb_encoding encoding)
{
    m->dialect = dialect;
    m->dialect_line = m->number = 1;
    m->declared = (int)encoding;
    m->encoding = KB_ENCODING_UNKNOWN;
    m->n_head = m->n_line = 0;
    m->has_odd = m->too_long = m->after_cr = false;
    m->high = 0;
}

void kb_manifest_end_file(struct kb_manifest *m)
{
    if (m->encoding == KB_ENCODING_UNKNOWN)
        begin(m);
    if (m->n_line || m->too_long)
        end_line(m, m->line, m->n_line);
    if (m->dialect && m->dialect->end)
        m->dialect->end(m);
}

bool kb_manifest_end(struct kb_manifest *manifest)
{
    struct kb_manifest *m = manifest;
    kb_manifest_end_file(m);
    tell_rest(m);
    if (!m->n && !m->broken) {
        m->broken = true;
        m->params.flaw(m->params.owner, (struct kb_text){.en = "at least one line", .ja = "1行以上あること"},
                       (struct kb_text){.en = "no line at all", .ja = "1行もありません"});
    }
    return !m->broken;
}

const char *kb_manifest_dialect(const struct kb_manifest *manifest)
{
    return manifest->dialect ? manifest->dialect->name : NULL;
}

bool kb_manifest_are_entries(struct kb_manifest *manifest)
{
    static const struct kb_text expected = {
        .en = "paths from the top of the backup (as `cd FOLDER && sha256sum …` writes them)",
        .ja = "バックアップの最上位からの相対パス（`cd フォルダ && sha256sum …` で書き出されるもの）"};
    bool good = true;
    for (size_t i = 0; i < manifest->n; i++) {
        struct kb_listed *item = &manifest->items[i];
        if (!item->absolute)
            continue;
        good = false;
        item->state = KB_LISTED_UNREAD; /* told here, not as missing too */
        manifest->number = item->line;
        KB_SCOPED_ARENA arena = kb_arena_new();
        const char *shown = kb_escape(arena, kb_manifest_path(manifest, item), item->path_n);
        kb_manifest_flaw(manifest, expected, kb_sprintf(arena, "an absolute path: %s", shown),
                         kb_sprintf(arena, "絶対パスです: %s", shown));
    }
    return good;
}
