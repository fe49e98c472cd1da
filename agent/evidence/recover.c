/* SPDX-License-Identifier: Apache-2.0 */
/* What a ledger is found to be when it is opened, and what a crash leaves put right. */
#include "handle.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"

static bool is_kind(const struct kb_line_head *head, enum kb_line_kind kind)
{
    const char *name = kb_line_kind_names[kind];
    return head->kind_n == strlen(name) && !memcmp(head->kind, name, head->kind_n);
}

/* Everything that speaks against signing another line. */
static int refuse(const struct kb_ledger *ledger, const struct kb_chain *chain, const struct kb_trust *trust,
                  struct kb_err *err)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    if (trust->state == KB_TRUST_NO_CHECKPOINT)
        return kb_fail(
            err, KB_ELEDGER, "its checkpoint is missing or damaged; nothing was signed. Run `koboshi evidence verify`",
            "チェックポイントがないか、壊れています。何も署名していません。koboshi evidence verify で確認してください");
    if (trust->state == KB_TRUST_NO_SIGNATURE)
        return kb_fail(
            err, KB_ELEDGER,
            "its signature does not fit the checkpoint; nothing was signed. Run `koboshi evidence verify`",
            "署名がチェックポイントと合いません。何も署名していません。koboshi evidence verify で確認してください");
    if (memcmp(trust->signer.bytes, ledger->public_half.bytes, sizeof trust->signer.bytes) != 0)
        return kb_fail(err, KB_ELEDGER, "it is signed by the key %s, but the key given is %s",
                       "台帳の署名者の鍵は %s ですが、指定された鍵は %s です",
                       kb_pubkey_fingerprint(arena, trust->signer), kb_pubkey_fingerprint(arena, ledger->public_half));
    size_t size = (size_t)trust->checkpoint.size;
    if (!size || size > chain->n_lines)
        return kb_fail(err, KB_ELEDGER, "%zu lines are signed, but only %zu are there; nothing was signed",
                       "署名済みの行は %zu 行ですが、%zu 行しかありません。何も署名していません", size, chain->n_lines);
    struct kb_break bad = kb_chain_break(chain, size, &trust->checkpoint.head);
    if (!bad.first && size < chain->n_lines)
        bad = kb_chain_break(chain, chain->n_lines, NULL);
    if (bad.first)
        return kb_fail(
            err, KB_ELEDGER, "line %zu is not as it was written; nothing was signed. Run `koboshi evidence verify`",
            "%zu 行目が書き込み時と違います。何も署名していません。koboshi evidence verify で確認してください",
            bad.first);
    return 0;
}

/* The last line is a `recovered` that was written for the line before it and not signed any more. */
static bool is_unsigned_recovery(const struct kb_chain *chain, size_t line)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_line_head head;
    struct kb_line entry;
    char hex[KB_SHA256_HEX_SIZE];
    kb_sha256_hex(chain->hash[line - 1], hex);
    return kb_line_head(chain, line, &head) && is_kind(&head, KB_LINE_RECOVERED) &&
           !kb_line_entry(chain, line, arena, &entry, NULL) && entry.adopted == (int64_t)line - 1 &&
           entry.adopted_sha256 && !strcmp(entry.adopted_sha256, hex);
}

static int cut(struct kb_ledger *ledger, size_t bytes, struct kb_err *err)
{
    if (ftruncate(ledger->fd, (off_t)bytes) || fdatasync(ledger->fd))
        return kb_fail(err, KB_ELEDGER, "the torn end of the ledger could not be cut off durably: %s",
                       "台帳の末尾の書きかけの行を確実に取り除けませんでした: %s", strerror(errno));
    return 0;
}

/* One unsigned line at most becomes part of the ledger, and what was not a whole line goes; both are said in the
 * ledger. */
static int put_right(struct kb_ledger *ledger, const struct kb_chain *chain, struct kb_err *err)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    size_t kept = (size_t)ledger->checkpoint.size, n = chain->n_lines, all = chain->end[n] + chain->torn;
    if (n == kept + 2 && is_unsigned_recovery(chain, n))
        n--; /* its adoption was cut off by another crash: said anew */
    if (n > kept + 1)
        return kb_fail(
            err, KB_ELEDGER,
            "%zu lines after line %zu were never signed, a crash leaves one at most; nothing was signed",
            "署名されていない行が %zu 行あります（署名済みは %zu 行まで。中断で残るのは最大1行）。何も署名していません",
            n - kept, kept);
    if (n == kept && all == ledger->bytes)
        return 0;
    struct kb_line entry;
    kb_line_init(&entry, KB_LINE_RECOVERED);
    char adopted[KB_SHA256_HEX_SIZE], lost[KB_SHA256_HEX_SIZE];
    if (all > chain->end[n]) {
        kb_sha256_hex(kb_sha256_of(chain->bytes + chain->end[n], all - chain->end[n]), lost);
        entry.cut_bytes = (int64_t)(all - chain->end[n]);
        entry.cut_sha256 = lost;
        int code = cut(ledger, chain->end[n], err);
        if (code)
            return code;
    }
    if (n > kept) {
        kb_sha256_hex(chain->hash[n], adopted);
        entry.adopted = (int64_t)n;
        entry.adopted_sha256 = adopted;
        ledger->checkpoint.size = (int64_t)n;
        ledger->checkpoint.head = chain->hash[n];
        ledger->bytes = chain->end[n];
    }
    entry.reason = kb_text_new(arena, "The agent or the machine stopped in the middle of an append.",
                               "追記の途中でプログラムまたは機器が停止しました。");
    return kb_ledger_append_locked(ledger, &entry, err);
}

static int read_first_line(struct kb_ledger *ledger, const struct kb_chain *chain, struct kb_err *err)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_line first;
    int code = kb_line_entry(chain, 1, arena, &first, err);
    if (code)
        return code;
    if (strcmp(first.kind, kb_line_kind_names[KB_LINE_LEDGER_CREATED]) != 0 || !first.ledger || !first.signer ||
        strcmp(first.ledger, ledger->checkpoint.ledger) != 0)
        return kb_fail(err, KB_ELEDGER, "its first line does not belong to the ledger %s of the checkpoint",
                       "最初の行がチェックポイントの台帳 %s のものではありません", ledger->checkpoint.ledger);
    if (!ledger->signer)
        ledger->signer = kb_strdup(ledger->arena, first.signer);
    return 0;
}

static int read_last_drill(struct kb_ledger *ledger, const struct kb_chain *chain, struct kb_err *err)
{
    for (size_t line = chain->n_lines; line; line--) {
        KB_SCOPED_ARENA arena = kb_arena_new();
        struct kb_line_head head;
        struct kb_line entry;
        if (!kb_line_head(chain, line, &head) || !is_kind(&head, KB_LINE_DRILL_STARTED))
            continue;
        int code = kb_line_entry(chain, line, arena, &entry, err);
        if (code)
            return code;
        ledger->last_drill = entry.drill > 0 ? entry.drill : 0;
        return 0;
    }
    ledger->last_drill = 0;
    return 0;
}

int kb_ledger_settle(struct kb_ledger *ledger, struct kb_err *err)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_chain chain;
    struct kb_trust trust;
    int code = kb_chain_read(ledger->dirfd, arena, &chain, err);
    if (code)
        return code;
    kb_trust_read(ledger->dirfd, &chain, arena, &trust);
    if ((code = refuse(ledger, &chain, &trust, err)))
        return code;
    ledger->checkpoint = trust.checkpoint;
    ledger->bytes = chain.end[trust.checkpoint.size];
    if ((code = read_first_line(ledger, &chain, err)) || (code = read_last_drill(ledger, &chain, err)))
        return code;
    if (trust.state == KB_TRUST_AHEAD &&
        (code = kb_checkpoint_publish(ledger->dirfd, &trust.checkpoint, ledger->key, err)))
        return code;
    return put_right(ledger, &chain, err);
}
