/* SPDX-License-Identifier: Apache-2.0 */
/* Lines, hashes and breaks of a ledger. */
#include "chain.h"

#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"

bool kb_same(const struct kb_sha256 *a, const struct kb_sha256 *b)
{
    return !memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

int kb_chain_read(int dirfd, struct kb_arena *arena, struct kb_chain *ret_chain, struct kb_err *err)
{
    struct kb_chain chain = {.n_lines = 0};
    char *bytes;
    size_t n;
    int code = kb_file_read(dirfd, "ledger.jsonl", KB_LEDGER_BYTES_MAX, arena, &bytes, &n, err);
    if (code)
        return code;
    size_t lines = 0;
    for (const char *at = bytes; (at = memchr(at, '\n', (size_t)(bytes + n - at))); at++)
        lines++;
    chain.bytes = bytes;
    chain.end = kb_alloc(arena, lines + 1, sizeof *chain.end);
    chain.hash = kb_alloc(arena, lines + 1, sizeof *chain.hash);
    for (const char *at = bytes, *newline; (newline = memchr(at, '\n', (size_t)(bytes + n - at))); at = newline + 1) {
        chain.n_lines++;
        chain.end[chain.n_lines] = (size_t)(newline + 1 - bytes);
        chain.hash[chain.n_lines] = kb_sha256_of(at, (size_t)(newline + 1 - at));
    }
    chain.torn = n - chain.end[chain.n_lines];
    *ret_chain = chain;
    return 0;
}

/* The rest of the text after a fixed part, NULL if it is not there. */
static const char *after(const char *at, const char *end, const char *fixed)
{
    size_t n = strlen(fixed);
    return at && (size_t)(end - at) >= n && !memcmp(at, fixed, n) ? at + n : NULL;
}

static const char *take_number(const char *at, const char *end, int64_t *ret_number)
{
    int64_t number = 0;
    const char *first = at;
    while (at && at < end && *at >= '0' && *at <= '9') {
        if (at - first == 18)
            return NULL;
        number = number * 10 + (*at++ - '0');
    }
    if (!at || at == first || *first == '0')
        return NULL;
    *ret_number = number;
    return at;
}

bool kb_line_head(const struct kb_chain *chain, size_t line, struct kb_line_head *ret_head)
{
    const char *at = chain->bytes + chain->end[line - 1], *end = chain->bytes + chain->end[line] - 1;
    struct kb_line_head head;
    if (end - at >= KB_LEDGER_LINE_MAX)
        return false;
    at = after(take_number(after(at, end, "{\"seq\":"), end, &head.seq), end, ",\"prev\":\"");
    if (!at || end - at < 64 || kb_sha256_parse(at, 64, &head.prev))
        return false;
    at = after(at + 64, end, "\",\"format\":1,\"kind\":\"");
    if (!at)
        return false;
    head.kind = at;
    while (at < end && ((*at >= 'a' && *at <= 'z') || *at == '_'))
        at++;
    head.kind_n = (size_t)(at - head.kind);
    if (!head.kind_n || !after(at, end, "\",\"time\":\"") || end[-1] != '}')
        return false;
    *ret_head = head;
    return true;
}

/* Of a changed line: the run of lines up to the last that its successor, or the signed head, does not name. */
static size_t end_of_run(const struct kb_chain *chain, size_t line, size_t upto, const struct kb_sha256 *head)
{
    struct kb_line_head next;
    for (; line < upto; line++)
        if (!kb_line_head(chain, line + 1, &next) || kb_same(&next.prev, &chain->hash[line]))
            return line - 1;
    return head && !kb_same(head, &chain->hash[upto]) ? upto : upto - 1;
}

struct kb_break kb_chain_break(const struct kb_chain *chain, size_t upto, const struct kb_sha256 *head)
{
    for (size_t i = 1; i <= upto; i++) {
        struct kb_line_head line;
        if (!kb_line_head(chain, i, &line))
            return (struct kb_break){i, i, KB_FLAW_LINE_UNREADABLE, 0};
        if (line.seq != (int64_t)i)
            return (struct kb_break){i, i, KB_FLAW_LINE_NUMBER, line.seq};
        if (i == 1 && !kb_same(&line.prev, &chain->hash[0]))
            return (struct kb_break){1, 1, KB_FLAW_LINE_CHANGED, 0};
        if (!kb_same(&line.prev, &chain->hash[i - 1]))
            return (struct kb_break){i - 1, end_of_run(chain, i, upto, head), KB_FLAW_LINE_CHANGED, 0};
    }
    if (upto && head && !kb_same(head, &chain->hash[upto]))
        return (struct kb_break){upto, upto, KB_FLAW_LINE_CHANGED, 0};
    return (struct kb_break){0, 0, KB_FLAW_COUNT, 0};
}
