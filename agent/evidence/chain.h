/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of a ledger in memory, each with its hash, and where the chain breaks. */
#pragma once

#include <stdbool.h>

#include "koboshi/digest.h"
#include "koboshi/ledger.h"

/* Lines are counted from 1, as in messages. In arena memory. */
struct kb_chain {
    const char *bytes;
    size_t n_lines;         /* whole ones */
    size_t torn;            /* bytes after the last newline */
    size_t *end;            /* end[i]: offset after the newline of line i; end[0] = 0 */
    struct kb_sha256 *hash; /* hash[i]: of line i with its newline; hash[0] = zeros */
};

int kb_chain_read(int dirfd, struct kb_arena *arena, struct kb_chain *ret_chain, struct kb_err *err);

/* The fixed beginning of every line, read without a JSON parser. */
struct kb_line_head {
    int64_t seq;
    struct kb_sha256 prev;
    const char *kind; /* not NUL-terminated */
    size_t kind_n;
};
/* kb_line_head(chain, line, ret_head): false if line does not begin as a ledger line does. */
bool kb_line_head(const struct kb_chain *chain, size_t line, struct kb_line_head *ret_head);
/* kb_line_entry(chain, line, arena, ret_entry, err): the whole line. */
int kb_line_entry(const struct kb_chain *chain, size_t line, struct kb_arena *arena, struct kb_line *ret_entry,
                  struct kb_err *err);

/* kb_line_bytes(entry, arena, ret_n): the line with its newline. */
char *kb_line_bytes(const struct kb_line *entry, struct kb_arena *arena, size_t *ret_n);

/* first = 0: none. What is between first and last cannot be told apart: each is either changed itself or named wrongly
 * by the next. */
struct kb_break {
    size_t first, last;
    enum kb_flaw_id flaw; /* LINE_UNREADABLE, LINE_NUMBER, LINE_CHANGED */
    int64_t seq;          /* LINE_NUMBER: what the line says */
};
/* kb_chain_break(chain, upto, head): the first break in the lines 1 … upto, of which head (NULL: not known) is the last
 * hash. */
struct kb_break kb_chain_break(const struct kb_chain *chain, size_t upto, const struct kb_sha256 *head);
bool kb_same(const struct kb_sha256 *a, const struct kb_sha256 *b);
