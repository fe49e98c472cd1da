/* SPDX-License-Identifier: Apache-2.0 */
/* Is this ledger what was signed? Lines, checkpoint, signature, key. */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"

#define FLAW(field, kind, ...) KB_KEY(struct kb_flaw, field, kind, __VA_ARGS__)
static const struct kb_key flaw_keys[] = {
    FLAW(name, KB_STR), FLAW(bad, KB_BOOL),  FLAW(line, KB_INT),      FLAW(drill, KB_INT),
    FLAW(file, KB_STR), FLAW(what, KB_TEXT), FLAW(expected, KB_TEXT), FLAW(found, KB_TEXT),
};
static const struct kb_shape flaw_shape = KB_SHAPE(struct kb_flaw, "flaw", flaw_keys);

#define CHECK(field, kind, ...) KB_KEY(struct kb_ledger_check, field, kind, __VA_ARGS__)
static const struct kb_key check_keys[] = {
    CHECK(ledger, KB_STR),
    CHECK(signer, KB_STR),
    CHECK(key, KB_STR),
    CHECK(established, KB_BOOL),
    CHECK(lines, KB_INT),
    CHECK(signed_lines, KB_INT),
    CHECK(head, KB_STR),
    CHECK(drills, KB_INT),
    CHECK(drills_checked, KB_INT),
    CHECK(drills_not_carried, KB_INT),
    CHECK(files_checked, KB_INT),
    CHECK(bad, KB_INT),
    CHECK(flaws, KB_LIST, .of = &flaw_shape),
};
const struct kb_shape kb_ledger_check_shape = KB_SHAPE(struct kb_ledger_check, "check", check_keys);

struct kb_flaw *kb_flaw_add(struct kb_checking *checking, enum kb_flaw_id id)
{
#define ROW(id, name, bad, en, ja) {name, bad, KB_ABSENT, KB_ABSENT, NULL, {ja, en}, {NULL, NULL}, {NULL, NULL}},
    static const struct kb_flaw rows[] = {KB_FLAWS(ROW)};
    struct kb_ledger_check *check = checking->check;
    check->flaws.v = kb_grow(checking->arena, check->flaws.v, check->flaws.n, sizeof *check->flaws.v);
    check->flaws.v[check->flaws.n] = rows[id];
    check->bad += rows[id].bad;
    return &check->flaws.v[check->flaws.n++];
}

static const char *hex_of(struct kb_checking *c, struct kb_sha256 digest)
{
    return kb_hex(c->arena, digest.bytes, sizeof digest.bytes);
}

static void add_break(struct kb_checking *c, const struct kb_break *bad)
{
    struct kb_flaw *flaw = kb_flaw_add(c, bad->flaw);
    flaw->line = (int64_t)bad->first;
    if (bad->flaw == KB_FLAW_LINE_NUMBER) {
        flaw->expected = kb_text_new(c->arena, "seq %zu", "seq は %zu", bad->first);
        flaw->found = kb_text_new(c->arena, "seq %" PRId64, "seq は %" PRId64, bad->seq);
    } else if (bad->flaw == KB_FLAW_LINE_CHANGED) {
        const char *hash = hex_of(c, c->chain.hash[bad->first]);
        flaw->expected = kb_text_new(c->arena, "the hash that the next line or the checkpoint names",
                                     "次の行またはチェックポイントに記載されたハッシュ");
        flaw->found = bad->last > bad->first
                          ? kb_text_new(c->arena, "%s; lines %zu to %zu are not as signed",
                                        "%s（%zu〜%zu 行目が署名時と違います）", hash, bad->first, bad->last)
                          : kb_text_new(c->arena, "%s", "%s", hash);
    }
}

static bool check_json(struct kb_checking *c, size_t line)
{
    KB_SCOPED_ARENA scratch = kb_arena_new();
    struct kb_line entry;
    struct kb_err err = {0};
    if (!kb_line_entry(&c->chain, line, scratch, &entry, &err))
        return true;
    struct kb_flaw *flaw = kb_flaw_add(c, KB_FLAW_LINE_UNREADABLE);
    flaw->line = (int64_t)line;
    flaw->found = kb_text_new(c->arena, "%s%.0s", "%.0s%s", err.frame[0].en, err.frame[0].ja);
    return false;
}

/* Lines up to what is signed, then what follows. */
static void check_lines(struct kb_checking *c)
{
    bool known = c->trust.state != KB_TRUST_NO_CHECKPOINT;
    int64_t size = known ? c->trust.checkpoint.size : (int64_t)c->chain.n_lines;
    size_t upto = size < (int64_t)c->chain.n_lines ? (size_t)size : c->chain.n_lines;
    bool whole = known && upto == (size_t)size;
    struct kb_break bad = kb_chain_break(&c->chain, upto, whole ? &c->trust.checkpoint.head : NULL);
    if (bad.first)
        add_break(c, &bad);
    for (size_t line = 1; !bad.first && line <= upto; line++)
        if (!check_json(c, line))
            break;
    if ((known && upto < (size_t)size) || !c->chain.n_lines) {
        struct kb_flaw *flaw = kb_flaw_add(c, KB_FLAW_TRUNCATED);
        flaw->line = (int64_t)c->chain.n_lines + 1;
        flaw->expected = kb_text_new(c->arena, "%" PRId64 " lines", "%" PRId64 " 行", size ? size : 1);
        flaw->found = kb_text_new(c->arena, "%zu lines", "%zu 行", c->chain.n_lines);
    }
    if (upto < c->chain.n_lines || (c->chain.torn && whole)) {
        struct kb_flaw *flaw = kb_flaw_add(c, KB_FLAW_UNSIGNED_TAIL);
        flaw->line = (int64_t)upto + 1;
        flaw->found = kb_text_new(c->arena, "%zu whole lines and %zu bytes after line %zu",
                                  "%3$zu 行目の後に %1$zu 行と %2$zu バイト", c->chain.n_lines - upto, c->chain.torn,
                                  upto);
    }
}

static bool is_file(struct kb_checking *c, const char *name, const char *expected)
{
    char *text;
    size_t n;
    return !kb_file_read(c->dirfd, name, KB_KEY_FILE_MAX, c->arena, &text, &n, NULL) && n == strlen(expected) &&
           !memcmp(text, expected, n);
}

/* The stock commands use these two files: they must lead to the key that really signed. */
static void check_signer_files(struct kb_checking *c)
{
    struct kb_flaw *flaw;
    if (!is_file(c, "agent.pub.pem", kb_pubkey_pem(c->arena, c->trust.signer))) {
        flaw = kb_flaw_add(c, KB_FLAW_SIGNER_FILES);
        flaw->file = "agent.pub.pem";
    }
    if (!c->check->signer ||
        !is_file(c, "allowed_signers", kb_allowed_signers(c->arena, c->check->signer, c->trust.signer))) {
        flaw = kb_flaw_add(c, KB_FLAW_SIGNER_FILES);
        flaw->file = "allowed_signers";
    }
}

static void check_signature(struct kb_checking *c)
{
    struct kb_ledger_check *check = c->check;
    if (c->trust.state == KB_TRUST_NO_CHECKPOINT) {
        kb_flaw_add(c, KB_FLAW_CHECKPOINT_BAD)->file = "checkpoint";
        return;
    }
    check->signed_lines = c->trust.checkpoint.size;
    check->head = hex_of(c, c->trust.checkpoint.head);
    if (c->trust.state == KB_TRUST_NO_SIGNATURE) {
        kb_flaw_add(c, KB_FLAW_SIGNATURE_BAD)->file = "checkpoint.sig";
        return;
    }
    if (c->trust.state == KB_TRUST_AHEAD)
        kb_flaw_add(c, KB_FLAW_UNSETTLED)->file = "checkpoint";
    check->key = kb_pubkey_fingerprint(c->arena, c->trust.signer);
    check_signer_files(c);
    if (!c->params->key)
        return;
    check->established = !strcmp(c->params->key, check->key);
    if (!check->established) {
        struct kb_flaw *flaw = kb_flaw_add(c, KB_FLAW_SIGNER_OTHER);
        flaw->file = "checkpoint.sig";
        flaw->expected = kb_text_new(c->arena, "%s", "%s", kb_escape(c->arena, c->params->key, strlen(c->params->key)));
        flaw->found = kb_text_new(c->arena, "%s", "%s", check->key);
    }
}

static int check_since(struct kb_checking *c, struct kb_err *err)
{
    char *text;
    size_t n;
    struct kb_checkpoint old;
    if (!c->params->since)
        return 0;
    int code = kb_file_read(AT_FDCWD, c->params->since, KB_KEY_FILE_MAX, c->arena, &text, &n, err);
    if (code)
        return code;
    if (!kb_checkpoint_parse(text, n, &old))
        return kb_fail(err, KB_EUSAGE, "%s is not a checkpoint (three lines: koboshi <uuid>, number, hash)",
                       "%s はチェックポイントではありません（koboshi <uuid>、行数、ハッシュの3行）", c->params->since);
    struct kb_text found = {NULL, NULL};
    if (!c->check->ledger || strcmp(old.ledger, c->check->ledger) != 0)
        found = kb_text_new(c->arena, "ledger %s", "台帳 %s", c->check->ledger ? c->check->ledger : "–");
    else if (old.size > (int64_t)c->chain.n_lines)
        found = kb_text_new(c->arena, "%zu lines", "%zu 行", c->chain.n_lines);
    else if (!kb_same(&old.head, &c->chain.hash[old.size]))
        found = kb_text_new(c->arena, "line %" PRId64 " has the hash %s", "%" PRId64 " 行目のハッシュは %s", old.size,
                            hex_of(c, c->chain.hash[old.size]));
    if (!found.en)
        return 0;
    struct kb_flaw *flaw = kb_flaw_add(c, KB_FLAW_ROLLED_BACK);
    flaw->line = old.size;
    flaw->found = found;
    flaw->expected = kb_text_new(c->arena, "ledger %s, line %" PRId64 " with the hash %s",
                                 "台帳 %s、%" PRId64 " 行目のハッシュは %s", old.ledger, old.size, hex_of(c, old.head));
    return 0;
}

/* Who the ledger says it is, by its first line. */
static void read_identity(struct kb_checking *c)
{
    struct kb_line first;
    if (!c->chain.n_lines || kb_line_entry(&c->chain, 1, c->arena, &first, NULL))
        return;
    c->check->ledger = first.ledger ? kb_escape(c->arena, first.ledger, strlen(first.ledger)) : NULL;
    c->check->signer = first.signer ? kb_escape(c->arena, first.signer, strlen(first.signer)) : NULL;
    if (c->trust.state != KB_TRUST_NO_CHECKPOINT &&
        (!first.ledger || strcmp(first.ledger, c->trust.checkpoint.ledger) != 0 ||
         strcmp(first.kind, kb_line_kind_names[KB_LINE_LEDGER_CREATED]) != 0)) {
        struct kb_flaw *flaw = kb_flaw_add(c, KB_FLAW_CHECKPOINT_BAD);
        flaw->file = "checkpoint";
        flaw->expected = kb_text_new(c->arena, "ledger %s", "台帳 %s", c->check->ledger ? c->check->ledger : "–");
        flaw->found = kb_text_new(c->arena, "ledger %s", "台帳 %s", c->trust.checkpoint.ledger);
    }
}

/* The bad ones first, each group in order of checking. */
static void put_bad_first(struct kb_checking *c)
{
    struct kb_ledger_check *check = c->check;
    struct kb_flaw *sorted = kb_alloc(c->arena, check->flaws.n, sizeof *sorted);
    size_t n = 0;
    for (int bad = 1; bad >= 0; bad--)
        for (size_t i = 0; i < check->flaws.n; i++)
            if (check->flaws.v[i].bad == bad)
                sorted[n++] = check->flaws.v[i];
    check->flaws.v = sorted;
}

int kb_ledger_verify(const struct kb_ledger_check_params *params, struct kb_arena *arena,
                     const struct kb_ledger_check **ret_check, struct kb_err *err)
{
    KB_SCOPED_FD dirfd = -1;
    struct kb_checking c = {.params = params, .arena = arena, .check = kb_alloc(arena, 1, sizeof *c.check)};
    {
        KB_SCOPED_FD locked = -1; /* lines, checkpoint and signature of one moment; record folders never change */
        int code = kb_ledger_open_shared(params->dir, &dirfd, &locked, err);
        if (code || (code = kb_chain_read(dirfd, arena, &c.chain, err)))
            return code;
        c.dirfd = dirfd;
        kb_trust_read(dirfd, &c.chain, arena, &c.trust);
        read_identity(&c);
        check_signature(&c);
    }
    c.check->lines = (int64_t)c.chain.n_lines;
    check_lines(&c);
    int code = check_since(&c, err);
    if (!code)
        code = kb_check_drills(&c, err);
    if (code)
        return code;
    put_bad_first(&c);
    *ret_check = c.check;
    return 0;
}
