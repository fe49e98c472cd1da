/* SPDX-License-Identifier: Apache-2.0 */
/* Digits and names of digests; the lines of coreutils, BSD and OpenSSL. */
#include <string.h>
#include <strings.h>

#include "koboshi/arena.h"
#include "koboshi/finding.h"
#include "manifest_lines.h"

int kb_kind_of_digits(const struct kb_manifest *m, size_t digits)
{
    if (digits == 2 * kb_digest_names[KB_DIGEST_SHA512].size)
        return m ? m->digits_128 : KB_DIGEST_EITHER;
    for (int kind = 0; kind < KB_DIGEST_KINDS; kind++)
        if (2 * kb_digest_names[kind].size == digits)
            return kind;
    return -1;
}

int kb_kind_named(const char *name, size_t n)
{
    static const struct {
        const char *name;
        int kind;
    } names[] = {
        {"sha256", KB_DIGEST_SHA256}, {"sha2256", KB_DIGEST_SHA256},  {"sha256digest", KB_DIGEST_SHA256},
        {"sha512", KB_DIGEST_SHA512}, {"sha2512", KB_DIGEST_SHA512},  {"sha512digest", KB_DIGEST_SHA512},
        {"sha384", KB_DIGEST_SHA384}, {"sha2384", KB_DIGEST_SHA384},  {"sha384digest", KB_DIGEST_SHA384},
        {"sha224", KB_DIGEST_SHA224}, {"sha2224", KB_DIGEST_SHA224},  {"blake2b", KB_DIGEST_BLAKE2B},
        {"sha1", KB_DIGEST_SHA1},     {"sha1digest", KB_DIGEST_SHA1}, {"blake2b512", KB_DIGEST_BLAKE2B},
        {"md5", KB_DIGEST_MD5},       {"md5digest", KB_DIGEST_MD5},
    };
    char bare[16];
    size_t to = 0;
    for (size_t i = 0; i < n; i++) {
        if (name[i] == '-' || name[i] == '_') /* "SHA2-256", "SHA-1" */
            continue;
        if (to == sizeof bare)
            return -1;
        bare[to++] = name[i];
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i].name) == to && !strncasecmp(names[i].name, bare, to))
            return names[i].kind;
    return -1;
}

/* Digits of a known number and what follows them; 0: no such line. */
static size_t digits_of(const struct kb_manifest *m, const char *s, size_t n, struct kb_sum *sum)
{
    uint8_t bytes[KB_DIGEST_SIZE_MAX];
    size_t digits = kb_hex_run(s, n, bytes, sizeof bytes);
    int kind = kb_kind_of_digits(m, digits);
    if (kind < 0 || n < digits + 2)
        return 0;
    memcpy(sum->digest[kind], bytes, digits / 2);
    sum->kinds = 1u << kind;
    sum->size = KB_ABSENT;
    return digits;
}

/* GNU coreutils undoes \n, \r and \\ in lines that begin with a backslash. false: another escape. */
static bool unescape(struct kb_manifest *m, const char *s, size_t n)
{
    struct kb_piece *to = &m->held.path;
    to->n = 0;
    for (size_t i = 0; i < n; i++) {
        char c = s[i];
        if (c == '\\') {
            if (++i == n)
                return false;
            c = s[i] == 'n' ? '\n' : s[i] == 'r' ? '\r' : s[i] == '\\' ? '\\' : '\0';
        }
        if (!c || !kb_piece_add(to, &c, 1))
            return false;
    }
    return true;
}

/* The path of a line that may be escaped, into the sum. */
static enum kb_taken take_path(struct kb_manifest *m, const char *s, size_t n, bool escaped)
{
    struct kb_sum *sum = &m->held.sum;
    if (escaped && !unescape(m, s, n)) {
        kb_manifest_flaw_of(m, "an escape that is none of \\n, \\r, \\\\", "\\n・\\r・\\\\ 以外のエスケープがあります",
                            s, n);
        return KB_TOLD;
    }
    sum->path = escaped ? m->held.path.s : s;
    sum->path_n = escaped ? m->held.path.n : n;
    sum->windows = !escaped;
    return kb_manifest_take(m);
}

static bool is_left_out(const char *s, size_t n)
{
    while (n && (*s == ' ' || *s == '\t'))
        s++, n--;
    return !n || *s == '#';
}

static bool gnu_begins(const struct kb_manifest *m, const char *s, size_t n)
{
    (void)m;
    struct kb_sum sum;
    bool escaped = *s == '\\';
    size_t digits = digits_of(NULL, s + escaped, n - escaped, &sum);
    s += escaped + digits;
    n -= escaped + digits;
    return digits && n > 2 && s[0] == ' ' && (s[1] == ' ' || s[1] == '*');
}

static enum kb_taken gnu_take(struct kb_manifest *m, const char *s, size_t n)
{
    if (is_left_out(s, n))
        return KB_TAKEN;
    bool escaped = *s == '\\';
    const char *at = s + escaped;
    size_t left = n - escaped, digits = digits_of(m, at, left, &m->held.sum);
    at += digits;
    left -= digits;
    if (!digits || left < 3 || at[0] != ' ' || (at[1] != ' ' && at[1] != '*'))
        return KB_NOT_ITS_OWN;
    return take_path(m, at + 2, left - 2, escaped);
}

static bool reversed_begins(const struct kb_manifest *m, const char *s, size_t n)
{
    (void)m;
    struct kb_sum sum;
    size_t digits = digits_of(NULL, s, n, &sum);
    return digits && n > digits + 1 && s[digits] == ' ' && s[digits + 1] != ' ' && s[digits + 1] != '*';
}

static enum kb_taken reversed_take(struct kb_manifest *m, const char *s, size_t n)
{
    if (is_left_out(s, n))
        return KB_TAKEN;
    if (!reversed_begins(m, s, n))
        return KB_NOT_ITS_OWN;
    size_t digits = digits_of(m, s, n, &m->held.sum);
    return take_path(m, s + digits + 1, n - digits - 1, false);
}

/* ALGORITHM, perhaps a space, `(`, path, `)`, perhaps a space, `=`, a space, digits. */
struct bsd_line {
    int kind; /* -1: not a known one */
    const char *name, *path;
    size_t name_n, path_n;
    const char *hex;
    size_t hex_n;
};

static bool bsd_split(const char *s, size_t n, struct bsd_line *ret_line)
{
    const char *open = memchr(s, '(', n < 24 ? n : 24);
    if (!open || open == s)
        return false;
    size_t name_n = (size_t)(open - s) - (open[-1] == ' ');
    const char *end = s + n, *close = NULL;
    for (const char *at = end - 1; at > open && !close; at--)
        if (*at == ')')
            close = at;
    if (!close || !name_n)
        return false;
    const char *at = close + 1;
    if (at < end && *at == ' ')
        at++;
    if (at >= end || *at++ != '=' || at >= end || *at++ != ' ')
        return false;
    for (size_t i = 0; i < name_n; i++)
        if (s[i] == ' ' || (uint8_t)s[i] >= 0x80)
            return false;
    *ret_line = (struct bsd_line){.kind = kb_kind_named(s, name_n),
                                  .name = s,
                                  .name_n = name_n,
                                  .path = open + 1,
                                  .path_n = (size_t)(close - open - 1),
                                  .hex = at,
                                  .hex_n = (size_t)(end - at)};
    return true;
}

static bool bsd_begins(const struct kb_manifest *m, const char *s, size_t n)
{
    (void)m;
    struct bsd_line line;
    bool escaped = *s == '\\';
    return bsd_split(s + escaped, n - escaped, &line);
}

static enum kb_taken bsd_take(struct kb_manifest *m, const char *s, size_t n)
{
    struct bsd_line line;
    if (is_left_out(s, n))
        return KB_TAKEN;
    bool escaped = *s == '\\';
    if (!bsd_split(s + escaped, n - escaped, &line))
        return KB_NOT_ITS_OWN;
    if (line.kind < 0) {
        kb_manifest_flaw_of(m, "a kind of digest that is not compared", "対応していない種類のハッシュです", line.name,
                            line.name_n);
        return KB_TOLD;
    }
    struct kb_sum *sum = &m->held.sum;
    if (line.hex_n != 2 * kb_kind_size(line.kind) ||
        kb_hex_run(line.hex, line.hex_n, sum->digest[line.kind], kb_kind_size(line.kind)) != line.hex_n) {
        kb_manifest_flaw_of(m, "not the digits of this kind of digest", "この種類のハッシュの桁数・文字ではありません",
                            line.hex, line.hex_n);
        return KB_TOLD;
    }
    sum->kinds = 1u << line.kind;
    sum->size = KB_ABSENT;
    return take_path(m, line.path, line.path_n, escaped);
}

const char *kb_checksum_line(struct kb_arena *arena, const char *path, const struct kb_sha256 *digest, size_t *ret_n)
{
    char hex[KB_SHA256_HEX_SIZE];
    kb_sha256_hex(*digest, hex);
    size_t n = strlen(path);
    char *line = kb_alloc(arena, 2 * n + 70, 1), *at = line;
    bool escape = strpbrk(path, "\n\r\\") != NULL;
    if (escape)
        *at++ = '\\';
    memcpy(at, hex, 64);
    at += 64;
    *at++ = ' ';
    *at++ = ' ';
    for (const char *s = path; *s; s++) {
        if (*s == '\n' || *s == '\r' || *s == '\\') {
            *at++ = '\\';
            *at++ = *s == '\n' ? 'n' : *s == '\r' ? 'r' : '\\';
        } else {
            *at++ = *s;
        }
    }
    *at++ = '\n';
    *ret_n = (size_t)(at - line);
    return line;
}

const struct kb_dialect kb_dialect_gnu = {
    .name = "GNU",
    .expected = {.en = "lines of a hash, two spaces (or a space and *) and a path, as sha256sum writes them",
                 .ja = "sha256sum の形式（ハッシュ・空白2つ（または空白と *）・パス）の行"},
    .begins = gnu_begins,
    .take = gnu_take,
};
const struct kb_dialect kb_dialect_reversed = {
    .name = "one-space",
    .expected = {.en = "lines of a hash, one space and a path, as md5 -r writes them",
                 .ja = "md5 -r の形式（ハッシュ・空白1つ・パス）の行"},
    .begins = reversed_begins,
    .take = reversed_take,
};
const struct kb_dialect kb_dialect_bsd = {
    .name = "BSD",
    .expected = {.en = "lines like `SHA256 (path) = hash`, as sha256sum --tag writes them",
                 .ja = "sha256sum --tag の形式「SHA256 (パス) = ハッシュ」の行"},
    .begins = bsd_begins,
    .take = bsd_take,
};
