/* SPDX-License-Identifier: Apache-2.0 */
/* hashdeep: a header that names the columns, then size, digests and path. */
#include <string.h>

#include "koboshi/finding.h"
#include "manifest_lines.h"

static bool begins(const struct kb_manifest *m, const char *s, size_t n)
{
    (void)m;
    return kb_line_starts(s, n, "%%%% HASHDEEP-1.0");
}

static enum kb_taken take_columns(struct kb_manifest *m, const char *s, size_t n)
{
    struct kb_held *held = &m->held;
    held->n_columns = 0;
    bool compared = false, last = false;
    for (const char *at = s, *end = s + n; at <= end && held->n_columns < KB_COLUMNS_MAX;) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        size_t name_n = (size_t)((comma ? comma : end) - at);
        int kind = kb_kind_named(at, name_n);
        bool size = name_n == 4 && !memcmp(at, "size", 4);
        last = name_n == 8 && !memcmp(at, "filename", 8);
        held->columns[held->n_columns].kind = (int8_t)kind;
        held->columns[held->n_columns++].what = size        ? KB_COLUMN_SIZE
                                                : last      ? KB_COLUMN_PATH
                                                : kind >= 0 ? KB_COLUMN_HASH
                                                            : KB_COLUMN_OTHER;
        compared |= kind >= 0;
        if (!comma)
            break;
        at = comma + 1;
    }
    if (compared && last)
        return KB_TAKEN;
    held->n_columns = 0;
    kb_manifest_flaw_of(m, "columns without md5, sha1 or sha256, or without filename at the end",
                        "md5・sha1・sha256 の列か、末尾の filename の列がありません", s, n);
    return KB_TOLD;
}

static enum kb_taken take_header(struct kb_manifest *m, const char *s, size_t n)
{
    static const char from[] = "## Invoked from: ";
    if (kb_line_starts(s, n, "%%%% ") && !begins(m, s, n))
        return take_columns(m, s + 5, n - 5);
    if (kb_line_starts(s, n, from)) {
        m->held.set.n = 0;
        (void)kb_piece_add(&m->held.set, s + sizeof from - 1, n - (sizeof from - 1));
    }
    return KB_TAKEN;
}

/* A path from the root is below the folder that it was made in, as the header says, or stays as it is. */
static void take_path(struct kb_manifest *m, const char *s, size_t n)
{
    struct kb_sum *sum = &m->held.sum;
    const struct kb_piece *from = &m->held.set;
    size_t k = from->n;
    sum->windows = kb_is_absolute(from->s, k, true) && *from->s != '/';
    while (k && (from->s[k - 1] == '/' || from->s[k - 1] == '\\'))
        k--;
    bool below = k < n && kb_is_absolute(s, n, sum->windows) && !memcmp(s, from->n ? from->s : s, k) && from->n &&
                 (s[k] == '/' || (sum->windows && s[k] == '\\'));
    sum->path = below ? s + k + 1 : s;
    sum->path_n = below ? n - k - 1 : n;
}

static enum kb_taken take(struct kb_manifest *m, const char *s, size_t n)
{
    struct kb_held *held = &m->held;
    struct kb_sum *sum = &held->sum;
    if (!n || kb_line_starts(s, n, "##") || kb_line_starts(s, n, "%%%%"))
        return take_header(m, s, n);
    const char *end = s + n;
    sum->kinds = 0;
    sum->size = KB_ABSENT;
    for (size_t i = 0; i < held->n_columns; i++) {
        bool last = held->columns[i].what == KB_COLUMN_PATH;
        const char *comma = last ? end : memchr(s, ',', (size_t)(end - s));
        if (!comma)
            return KB_NOT_ITS_OWN;
        size_t value_n = (size_t)(comma - s);
        int kind = held->columns[i].kind;
        if (held->columns[i].what == KB_COLUMN_SIZE && !kb_line_number(s, value_n, &sum->size))
            return KB_NOT_ITS_OWN;
        if (held->columns[i].what == KB_COLUMN_HASH) {
            if (value_n != 2 * kb_kind_size(kind) ||
                kb_hex_run(s, value_n, sum->digest[kind], kb_kind_size(kind)) != value_n)
                return KB_NOT_ITS_OWN;
            sum->kinds |= 1u << kind;
        }
        if (last)
            take_path(m, s, value_n);
        else
            s = comma + 1;
    }
    return held->n_columns ? kb_manifest_take(m) : KB_NOT_ITS_OWN;
}

const struct kb_dialect kb_dialect_hashdeep = {
    .name = "hashdeep",
    .expected = {.en = "lines of the columns that the header names: size, digests, path (hashdeep)",
                 .ja = "先頭行にある列（サイズ・ハッシュ・パス）の行（hashdeep の形式）"},
    .begins = begins,
    .take = take,
};
