/* SPDX-License-Identifier: Apache-2.0 */
/* What programs of Windows print: certutil, FCIV, Get-FileHash. */
#include <string.h>
#include <strings.h>

#include "koboshi/archive.h"
#include "koboshi/arena.h"
#include "koboshi/finding.h"
#include "manifest_lines.h"

static bool ends(const char *s, size_t n, const char *with)
{
    size_t k = strlen(with);
    return n >= k && !memcmp(s + n - k, with, k);
}

/* The words of a console are in its code page: what is not UTF-8 is decoded before it is looked at. */
static const char *in_utf8(const struct kb_manifest *m, const char *s, size_t *n, struct kb_arena *arena)
{
    if (!m->params.names || kb_is_utf8(s, *n))
        return s;
    s = kb_names_decode(m->params.names, s, *n, false, arena);
    *n = strlen(s);
    return s;
}

static enum kb_taken take_held(struct kb_manifest *m)
{
    struct kb_held *held = &m->held;
    held->sum.path = held->path.s;
    held->sum.path_n = held->path.n;
    held->sum.windows = true;
    held->sum.size = KB_ABSENT;
    return kb_manifest_take(m);
}

/* "SHA256 hash of C:\x.zip:", of old versions "SHA1 hash of file C:\x.zip:"; in Japanese "SHA256 ハッシュ (対象
 * C:\x.zip):", of old versions "SHA1 ハッシュ (ファイル C:\x.zip):". The kind, -1: no such line. */
static int certutil_head(const char *s, size_t n, const char **ret_path, size_t *ret_n)
{
    static const struct {
        const char *before, *after;
    } words[] = {{"hash of file ", ":"},        {"hash of ", ":"},          {"ハッシュ (対象 ", "):"},
                 {"ハッシュ (ファイル ", "):"}, {"ハッシュ (対象: ", "):"}, {"ハッシュ: ", ":"}};
    const char *space = memchr(s, ' ', n < 16 ? n : 16);
    int kind = space ? kb_kind_named(s, (size_t)(space - s)) : -1;
    if (kind < 0)
        return -1;
    n -= (size_t)(space + 1 - s);
    s = space + 1;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t before = strlen(words[i].before), after = strlen(words[i].after);
        if (n <= before + after || !kb_line_starts(s, n, words[i].before) || !ends(s, n, words[i].after))
            continue;
        *ret_path = s + before;
        *ret_n = n - before - after;
        return kind;
    }
    return -1;
}

static bool certutil_begins(const struct kb_manifest *m, const char *s, size_t n)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *path;
    size_t path_n;
    s = in_utf8(m, s, &n, arena);
    return certutil_head(s, n, &path, &path_n) >= 0;
}

static enum kb_taken certutil_take(struct kb_manifest *m, const char *s, size_t n)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_held *held = &m->held;
    s = in_utf8(m, s, &n, arena);
    if (!held->has_path) {
        const char *path;
        size_t path_n;
        if (kb_line_is_blank(s, n) ||
            (kb_line_starts(s, n, "CertUtil: -hashfile") && !strstr(kb_strndup(arena, s, n), "0x")))
            return KB_TAKEN;
        held->kind = certutil_head(s, n, &path, &path_n);
        held->path.n = 0;
        if (held->kind < 0 || !kb_piece_add(&held->path, path, path_n))
            return KB_NOT_ITS_OWN;
        held->has_path = true;
        return KB_TAKEN;
    }
    held->has_path = false;
    size_t size = kb_kind_size(held->kind), to = 0;
    char *digits = kb_alloc(arena, n + 1, 1);
    for (size_t i = 0; i < n; i++) /* old versions part the bytes by spaces */
        if (s[i] != ' ')
            digits[to++] = s[i];
    held->sum.kinds = 1u << held->kind;
    if (to != 2 * size || kb_hex_run(digits, to, held->sum.digest[held->kind], size) != to)
        return KB_NOT_ITS_OWN;
    return take_held(m);
}

static void certutil_end(struct kb_manifest *m)
{
    if (m->held.has_path)
        kb_manifest_flaw_of(m, "the list ends before the hash of this file",
                            "このファイルのハッシュの前で一覧が終わっています", m->held.path.s, m->held.path.n);
}

static bool fciv_begins(const struct kb_manifest *m, const char *s, size_t n)
{
    (void)m;
    return kb_line_starts(s, n, "//");
}

/* One digest and its space; 0: none. */
static size_t fciv_digest(struct kb_sum *sum, const char *s, size_t n)
{
    uint8_t bytes[KB_DIGEST_SIZE_MAX];
    size_t digits = kb_hex_run(s, n, bytes, sizeof bytes);
    int kind = kb_kind_of_digits(NULL, digits);
    if ((kind != KB_DIGEST_MD5 && kind != KB_DIGEST_SHA1) || n < digits + 2 || s[digits] != ' ')
        return 0;
    memcpy(sum->digest[kind], bytes, digits / 2);
    sum->kinds |= 1u << kind;
    return digits + 1;
}

static enum kb_taken fciv_take(struct kb_manifest *m, const char *s, size_t n)
{
    struct kb_sum *sum = &m->held.sum;
    const char *word = s;
    while ((size_t)(word - s) < n && (*word == ' ' || *word == '\t'))
        word++;
    size_t left = n - (size_t)(word - s);
    if (!left || kb_line_starts(s, n, "//") || kb_line_starts(word, left, "---") ||
        kb_line_starts(word, left, "MD5\t")) /* -both has a head */
        return KB_TAKEN;
    sum->kinds = 0;
    sum->size = KB_ABSENT;
    size_t used = fciv_digest(sum, s, n);
    if (used && sum->kinds == 1u << KB_DIGEST_MD5) {
        size_t second = fciv_digest(sum, s + used, n - used);
        used += second;
    }
    if (!used)
        return KB_NOT_ITS_OWN;
    sum->path = s + used;
    sum->path_n = n - used;
    sum->windows = true;
    return kb_manifest_take(m);
}

/* Format-List: "Algorithm : SHA256", "Hash      : …", "Path      : …"; a long value goes on in the next line. */
enum { FIELD_NONE, FIELD_ALGORITHM, FIELD_HASH, FIELD_PATH };
static const char *const fields[] = {[FIELD_ALGORITHM] = "Algorithm", [FIELD_HASH] = "Hash", [FIELD_PATH] = "Path"};

static int field_of(const char *s, size_t n, const char **ret_value, size_t *ret_n)
{
    for (int field = FIELD_ALGORITHM; field <= FIELD_PATH; field++) {
        size_t at = strlen(fields[field]);
        if (!kb_line_starts(s, n, fields[field]))
            continue;
        while (at < n && s[at] == ' ')
            at++;
        if (at + 1 >= n || s[at] != ':' || s[at + 1] != ' ')
            continue;
        *ret_value = s + at + 2;
        *ret_n = n - at - 2;
        return field;
    }
    return FIELD_NONE;
}

static bool list_begins(const struct kb_manifest *m, const char *s, size_t n)
{
    (void)m;
    const char *value;
    size_t value_n;
    return field_of(s, n, &value, &value_n) == FIELD_ALGORITHM;
}

/* The hash and the name of its kind, which must be of its length. */
static bool set_hash(struct kb_held *held, int kind, const char *hex, size_t n)
{
    if (kind < 0)
        return false;
    held->sum.kinds = 1u << kind;
    return n == 2 * kb_kind_size(kind) && kb_hex_run(hex, n, held->sum.digest[kind], kb_kind_size(kind)) == n;
}

static enum kb_taken list_close(struct kb_manifest *m)
{
    struct kb_held *held = &m->held;
    bool whole = held->has_path && held->has_hash, any = held->field != FIELD_NONE;
    held->has_path = held->has_hash = false;
    held->field = FIELD_NONE;
    if (whole && set_hash(held, held->kind, held->line.s, held->line.n))
        return take_held(m);
    if (!any)
        return KB_TAKEN;
    kb_manifest_flaw(m, m->dialect->expected, "the item before it is not whole: Algorithm, Hash and Path",
                     "直前の項目に Algorithm・Hash・Path が揃っていません");
    return KB_TOLD;
}

static enum kb_taken list_take(struct kb_manifest *m, const char *s, size_t n)
{
    struct kb_held *held = &m->held;
    const char *value = s;
    size_t value_n = 0;
    int field = field_of(s, n, &value, &value_n);
    if (kb_line_is_blank(s, n))
        return held->has_path ? list_close(m) : KB_TAKEN;
    if (field == FIELD_NONE && *s == ' ' && (held->field == FIELD_HASH || held->field == FIELD_PATH)) {
        while (n && *s == ' ')
            s++, n--;
        return kb_piece_add(held->field == FIELD_HASH ? &held->line : &held->path, s, n) ? KB_TAKEN : KB_NOT_ITS_OWN;
    }
    if (field == FIELD_NONE)
        return KB_NOT_ITS_OWN;
    enum kb_taken taken = field == FIELD_ALGORITHM && held->field ? list_close(m) : KB_TAKEN;
    while (value_n && value[value_n - 1] == ' ') /* padded to the width of the console */
        value_n--;
    held->field = field;
    if (field == FIELD_ALGORITHM) {
        held->kind = kb_kind_named(value, value_n);
        return taken;
    }
    struct kb_piece *piece = field == FIELD_HASH ? &held->line : &held->path;
    piece->n = 0;
    *(field == FIELD_HASH ? &held->has_hash : &held->has_path) = true;
    return kb_piece_add(piece, value, value_n) ? taken : KB_NOT_ITS_OWN;
}

static void list_end(struct kb_manifest *m)
{
    (void)list_close(m);
}

/* One value of a line of CSV, its quotes undone, into `to`; where the next one begins. NULL: not so. */
static const char *csv_value(const char *s, const char *end, char *to, size_t *ret_n)
{
    size_t n = 0;
    bool quoted = s < end && *s == '"';
    for (s += quoted; s < end; s++) {
        if (quoted && *s == '"') {
            if (s + 1 >= end || s[1] != '"') {
                quoted = false;
                s++;
                break;
            }
            s++;
        } else if (!quoted && *s == ',') {
            break;
        }
        to[n++] = *s;
    }
    *ret_n = n;
    return quoted || (s < end && *s != ',') ? NULL : s;
}

static int csv_column(const char *s, size_t n)
{
    static const struct {
        const char *name;
        int what;
    } names[] = {{"Algorithm", KB_COLUMN_ALGORITHM}, {"Hash", KB_COLUMN_HASH}, {"Path", KB_COLUMN_PATH}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i].name) == n && !strncasecmp(names[i].name, s, n))
            return names[i].what;
    return KB_COLUMN_OTHER;
}

/* Calls for each value; how many there are, 0: not CSV. */
static size_t csv_split(const char *s, size_t n, struct kb_arena *arena, const char *values[KB_COLUMNS_MAX],
                        size_t sizes[KB_COLUMNS_MAX])
{
    size_t count = 0;
    for (const char *end = s + n; count < KB_COLUMNS_MAX;) {
        char *to = kb_alloc(arena, (size_t)(end - s) + 1, 1);
        if (!(s = csv_value(s, end, to, &sizes[count])))
            return 0;
        values[count++] = to;
        if (s == end)
            return count;
        s++;
    }
    return 0;
}

static bool csv_begins(const struct kb_manifest *m, const char *s, size_t n)
{
    (void)m;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *values[KB_COLUMNS_MAX];
    size_t sizes[KB_COLUMNS_MAX];
    bool seen[KB_COLUMN_PATH + 1] = {false};
    size_t count = n < 1024 ? csv_split(s, n, arena, values, sizes) : 0;
    for (size_t i = 0; i < count; i++)
        seen[csv_column(values[i], sizes[i])] = true;
    return seen[KB_COLUMN_HASH] && seen[KB_COLUMN_PATH];
}

static enum kb_taken csv_take(struct kb_manifest *m, const char *s, size_t n)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_held *held = &m->held;
    const char *values[KB_COLUMNS_MAX], *hex = NULL, *name = NULL;
    size_t sizes[KB_COLUMNS_MAX], hex_n = 0, name_n = 0;
    if (kb_line_is_blank(s, n) || *s == '#')
        return KB_TAKEN;
    size_t count = csv_split(s, n, arena, values, sizes);
    if (!held->n_columns) {
        for (size_t i = 0; i < count; i++)
            held->columns[i].what = (uint8_t)csv_column(values[i], sizes[i]);
        held->n_columns = count;
        return KB_TAKEN;
    }
    if (count != held->n_columns)
        return KB_NOT_ITS_OWN;
    for (size_t i = 0; i < count; i++) {
        int what = held->columns[i].what;
        if (what == KB_COLUMN_HASH)
            hex = values[i], hex_n = sizes[i];
        else if (what == KB_COLUMN_ALGORITHM)
            name = values[i], name_n = sizes[i];
        held->path.n = what == KB_COLUMN_PATH ? 0 : held->path.n;
        if (what == KB_COLUMN_PATH && !kb_piece_add(&held->path, values[i], sizes[i]))
            return KB_NOT_ITS_OWN;
    }
    int kind = name ? kb_kind_named(name, name_n) : kb_kind_of_digits(m, hex_n);
    if (!hex || kind == KB_DIGEST_EITHER || !set_hash(held, kind, hex, hex_n))
        return KB_NOT_ITS_OWN;
    return take_held(m);
}

const struct kb_dialect kb_dialect_certutil = {
    .name = "certutil",
    .expected = {.en = "what `certutil -hashfile FILE SHA256` prints: a line with the file's name, then its hash",
                 .ja = "certutil -hashfile ファイル SHA256 の出力（ファイル名の行と、ハッシュの行）"},
    .begins = certutil_begins,
    .take = certutil_take,
    .end = certutil_end,
};
const struct kb_dialect kb_dialect_fciv = {
    .name = "FCIV",
    .expected = {.en = "lines of MD5, SHA-1 or both, and a path, as FCIV prints them",
                 .ja = "FCIV の形式（MD5・SHA-1 またはその両方と、パス）の行"},
    .begins = fciv_begins,
    .take = fciv_take,
};
const struct kb_dialect kb_dialect_get_filehash = {
    .name = "Get-FileHash",
    .expected = {.en = "items of Algorithm, Hash and Path (Get-FileHash | Format-List)",
                 .ja = "Algorithm・Hash・Path の項目（Get-FileHash | Format-List の形式）"},
    .begins = list_begins,
    .take = list_take,
    .end = list_end,
};
const struct kb_dialect kb_dialect_csv = {
    .name = "Get-FileHash CSV",
    .expected = {.en = "rows with the columns Hash and Path (Get-FileHash | Export-Csv)",
                 .ja = "Hash と Path の列がある行（Get-FileHash | Export-Csv の形式）"},
    .begins = csv_begins,
    .take = csv_take,
};
