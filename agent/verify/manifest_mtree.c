/* SPDX-License-Identifier: Apache-2.0 */
/* mtree(5): folders one inside the other or full paths, keywords, continued lines, vis(3) escapes. */
#include <inttypes.h>
#include <string.h>

#include "koboshi/finding.h"
#include "manifest_lines.h"

enum type { TYPE_UNKNOWN, TYPE_FILE, TYPE_FOLDER, TYPE_OTHER };

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* The next word; false at the end. */
static bool next_word(const char **at, const char *end, const char **ret_word, size_t *ret_n)
{
    while (*at < end && is_space(**at))
        ++*at;
    *ret_word = *at;
    while (*at < end && !is_space(**at))
        ++*at;
    *ret_n = (size_t)(*at - *ret_word);
    return *ret_n > 0;
}

static int octal(const char *s, size_t n, size_t *ret_used)
{
    int value = 0;
    size_t i = 0;
    for (; i < 3 && i < n && s[i] >= '0' && s[i] <= '7'; i++)
        value = value * 8 + (s[i] - '0');
    *ret_used = i;
    return value & 0xff;
}

/* \M-c, \M^c and \^c: the high bit, a control character. */
static int meta(const char *s, size_t n, size_t *ret_used)
{
    bool high = *s == 'M';
    size_t at = high;
    if (at + 1 >= n || (high && s[at] != '-' && s[at] != '^'))
        return -1;
    bool control = s[at] == '^';
    int c = (uint8_t)s[at + 1];
    *ret_used = at + 2;
    if (control)
        c = c == '?' ? 0x7f : c & 0x1f;
    return high ? c | 0x80 : c;
}

/* One escape after its backslash; -1: none that is known. */
static int unvis(const char *s, size_t n, size_t *ret_used)
{
    static const char letters[] = "abfnrtvsE\\#\"'$", bytes[] = "\a\b\f\n\r\t\v \033\\#\"'$";
    if (!n)
        return -1;
    if (*s >= '0' && *s <= '7')
        return octal(s, n, ret_used);
    if (*s == 'M' || *s == '^')
        return meta(s, n, ret_used);
    if (*s == 'x') {
        uint8_t byte;
        *ret_used = 3;
        return kb_hex_run(s + 1, n - 1, &byte, 1) == 2 ? byte : -1;
    }
    const char *letter = memchr(letters, *s, sizeof letters - 1);
    *ret_used = 1;
    return letter ? (uint8_t)bytes[letter - letters] : -1;
}

static bool add_unescaped(struct kb_piece *to, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char c = s[i];
        if (c == '\\') {
            size_t used = 0;
            int byte = unvis(s + i + 1, n - i - 1, &used);
            if (byte < 0)
                return false;
            c = (char)byte;
            i += used;
        }
        if (!kb_piece_add(to, &c, 1))
            return false;
    }
    return true;
}

/* The folder one level up; at the top it stays. */
static void leave_folder(struct kb_piece *folder)
{
    while (folder->n && folder->s[folder->n - 1] != '/')
        folder->n--;
    if (folder->n)
        folder->n--;
}

static enum type type_of(const char *value, size_t n)
{
    return n == 4 && !memcmp(value, "file", 4)  ? TYPE_FILE
           : n == 3 && !memcmp(value, "dir", 3) ? TYPE_FOLDER
                                                : TYPE_OTHER;
}

/* One keyword. false: a value that is wrong. */
static bool take_keyword(struct kb_sum *sum, const char *word, size_t n, enum type *type)
{
    const char *equals = memchr(word, '=', n);
    if (!equals)
        return true; /* optional, nochange */
    size_t name_n = (size_t)(equals - word), value_n = n - name_n - 1;
    const char *value = equals + 1;
    if (name_n == 4 && !memcmp(word, "type", 4)) {
        *type = type_of(value, value_n);
        return true;
    }
    if (name_n == 4 && !memcmp(word, "size", 4))
        return kb_line_number(value, value_n, &sum->size);
    int kind = kb_kind_named(word, name_n);
    if (kind < 0)
        return true;
    sum->kinds |= 1u << kind;
    return value_n == 2 * kb_kind_size(kind) &&
           kb_hex_run(value, value_n, sum->digest[kind], kb_kind_size(kind)) == value_n;
}

static enum kb_taken take_set(struct kb_manifest *m, const char *s, size_t n)
{
    const char *at = s, *end = s + n, *word;
    size_t word_n;
    bool unset = kb_line_starts(s, n, "/unset");
    (void)next_word(&at, end, &word, &word_n);
    while (next_word(&at, end, &word, &word_n)) {
        if (unset && ((word_n == 4 && !memcmp(word, "type", 4)) || (word_n == 3 && !memcmp(word, "all", 3))))
            m->held.kind = TYPE_UNKNOWN;
        else if (!unset && kb_line_starts(word, word_n, "type="))
            m->held.kind = type_of(word + 5, word_n - 5);
    }
    return KB_TAKEN;
}

/* Where the name lies: below the current folder, unless it is a path of its own. */
static bool place(struct kb_manifest *m, const char *name, size_t n)
{
    struct kb_held *held = &m->held;
    bool own = memchr(name, '/', n) != NULL;
    held->set.n = 0;
    if (!own && held->path.n &&
        (!kb_piece_add(&held->set, held->path.s, held->path.n) || !kb_piece_add(&held->set, "/", 1)))
        return false;
    return add_unescaped(&held->set, name, n);
}

/* Also one of a kind that is not known here: what it stands beside was meant to be compared. */
static bool is_digest(const char *word, size_t n)
{
    static const char suffix[] = "digest";
    const char *equals = memchr(word, '=', n);
    size_t name_n = equals ? (size_t)(equals - word) : 0, k = sizeof suffix - 1;
    return name_n && (kb_kind_named(word, name_n) >= 0 || (name_n > k && !memcmp(equals - k, suffix, k)));
}

/* A folder of one name holds what comes next. */
static void enter_folder(struct kb_held *held, enum type type, const char *name, size_t n)
{
    if (type != TYPE_FOLDER || memchr(name, '/', n))
        return;
    held->path.n = 0;
    if (n != 1 || *name != '.')
        (void)kb_piece_add(&held->path, held->set.s, held->set.n);
}

static enum kb_taken take_entry(struct kb_manifest *m, const char *s, size_t n)
{
    struct kb_held *held = &m->held;
    struct kb_sum *sum = &held->sum;
    const char *at = s, *end = s + n, *name, *word;
    size_t name_n, word_n;
    if (!next_word(&at, end, &name, &name_n))
        return KB_TAKEN;
    sum->kinds = 0;
    sum->size = KB_ABSENT;
    enum type type = (enum type)held->kind;
    bool digest = false;
    while (next_word(&at, end, &word, &word_n)) {
        if (!take_keyword(sum, word, word_n, &type)) {
            kb_manifest_flaw_of(m, "a value that cannot be read", "値を読めません", word, word_n);
            return KB_TOLD;
        }
        digest |= is_digest(word, word_n);
    }
    bool up = name_n == 2 && !memcmp(name, "..", 2), top = name_n == 1 && *name == '.';
    if (digest && (up || top || type == TYPE_FOLDER || type == TYPE_OTHER)) {
        kb_manifest_flaw_of(m, "a digest beside what is no file", "ファイルではないものにハッシュがあります", s, n);
        return KB_TOLD;
    }
    if (up) {
        leave_folder(&held->path);
        return KB_TAKEN;
    }
    if (!place(m, name, name_n)) {
        kb_manifest_flaw_of(m, "an escape that is not known, or too long a path",
                            "未知のエスケープか、長すぎるパスです", name, name_n);
        return KB_TOLD;
    }
    enter_folder(held, type, name, name_n);
    bool nothing = type == TYPE_UNKNOWN && !digest && sum->size == KB_ABSENT; /* a folder or link, most likely */
    if (type == TYPE_FOLDER || type == TYPE_OTHER || top || nothing)
        return KB_TAKEN;
    sum->path = held->set.s;
    sum->path_n = held->set.n;
    sum->windows = false;
    return kb_manifest_take(m);
}

static enum kb_taken take_whole(struct kb_manifest *m, const char *s, size_t n)
{
    while (n && is_space(*s))
        s++, n--;
    if (!n || *s == '#')
        return KB_TAKEN;
    return kb_line_starts(s, n, "/set") || kb_line_starts(s, n, "/unset") ? take_set(m, s, n) : take_entry(m, s, n);
}

static bool begins(const struct kb_manifest *m, const char *s, size_t n)
{
    (void)m;
    const char *at = s, *end = s + n, *word;
    size_t word_n;
    if (kb_line_starts(s, n, "#mtree") || kb_line_starts(s, n, "/set ") || kb_line_starts(s, n, "/unset "))
        return true;
    if (*s == '#' || !next_word(&at, end, &word, &word_n))
        return false;
    while (next_word(&at, end, &word, &word_n)) {
        const char *equals = memchr(word, '=', word_n);
        size_t name_n = equals ? (size_t)(equals - word) : 0;
        if (name_n > 2 && (kb_line_starts(word, word_n, "type=") || kb_kind_named(word, name_n) >= 0))
            return true;
    }
    return false;
}

/* The rest of a line whose end is escaped comes with the next one. */
static enum kb_taken take(struct kb_manifest *m, const char *s, size_t n)
{
    struct kb_piece *line = &m->held.line;
    size_t slashes = 0;
    while (slashes < n && s[n - 1 - slashes] == '\\')
        slashes++;
    bool more = slashes % 2, held = line->n > 0;
    if ((more || held) && !kb_piece_add(line, s, n - more)) {
        line->n = 0;
        kb_manifest_flaw_of(m, "longer than any path can be", "行が長すぎます", s, n);
        return KB_TOLD;
    }
    if (more)
        return KB_TAKEN;
    if (held)
        s = line->s, n = line->n;
    enum kb_taken taken = take_whole(m, s, n);
    line->n = 0;
    return taken;
}

static void end(struct kb_manifest *m)
{
    if (m->held.line.n)
        kb_manifest_flaw_of(m, "the list ends within a continued line", "行の途中で一覧が終わっています",
                            m->held.line.s, m->held.line.n);
}

const struct kb_dialect kb_dialect_mtree = {
    .name = "mtree",
    .expected = {.en = "entries of mtree(5), each file with a digest (mtree -K sha256, bsdtar --options=sha256)",
                 .ja = "mtree(5) の形式。各ファイルにハッシュがあること（mtree -K sha256、bsdtar --options=sha256）"},
    .begins = begins,
    .take = take,
    .end = end,
};
