/* SPDX-License-Identifier: Apache-2.0 */
/* A ledger of a stranger: ledger.jsonl, checkpoint, checkpoint.sig, agent.pub.pem, allowed_signers and an older
 * checkpoint, parted by the byte 0x1e. A part that is not there is that of the good ledger. */
#include "fuzz.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "evidence/checkpoint.h"
#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/ledger.h"
#include "koboshi/limits.h"
#include "ledger_good.h"

enum { PARTS = 6 };
static const char *const names[PARTS] = {"ledger.jsonl",  "checkpoint",      "checkpoint.sig",
                                         "agent.pub.pem", "allowed_signers", "older"};

static int folder;

void fuzz_begin(void)
{
    REQUIRE(!kb_crypto_prepare(NULL));
    folder = open(fuzz_folder(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    REQUIRE(folder >= 0);
}

/* A checkpoint that is taken for one is written as it was read. */
static void read_checkpoint(const char *text, size_t n, struct kb_arena *arena)
{
    struct kb_checkpoint checkpoint;
    if (!kb_checkpoint_parse(text, n, &checkpoint))
        return;
    const char *again = kb_checkpoint_text(arena, &checkpoint);
    REQUIRE(strlen(again) == n && !memcmp(again, text, n) && checkpoint.size >= 0);
}

/* A line that is taken for one is, written, the same line once more. */
static void read_lines(struct kb_arena *arena)
{
    struct kb_err err = {0};
    struct kb_chain chain;
    if (kb_chain_read(folder, arena, &chain, &err))
        return;
    for (size_t i = 1; i <= chain.n_lines && i < 20; i++) {
        struct kb_line line;
        struct kb_line_head head;
        bool headed = kb_line_head(&chain, i, &head);
        if (kb_line_entry(&chain, i, arena, &line, &err))
            continue;
        REQUIRE(!headed || (head.seq == line.seq && !strncmp(head.kind, line.kind, head.kind_n)));
        size_t n;
        const char *bytes = kb_line_bytes(&line, arena, &n);
        REQUIRE(bytes[n - 1] == '\n' && !memchr(bytes, '\n', n - 1));
    }
}

static void require_told(const struct kb_ledger_check *check)
{
    int64_t bad = 0;
    for (size_t i = 0; i < check->flaws.n; i++) {
        const struct kb_flaw *flaw = &check->flaws.v[i];
        bad += flaw->bad;
        REQUIRE(flaw->name && flaw->what.en && flaw->what.ja);
        fuzz_require_safe(flaw->file);
        fuzz_require_safe(flaw->found.en);
        fuzz_require_safe(flaw->found.ja);
        fuzz_require_safe(flaw->expected.en);
    }
    REQUIRE(bad == check->bad);
}

enum fuzz_verdict fuzz_one(const uint8_t *bytes, size_t n)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    static const char *const good[PARTS] = {FUZZ_LEDGER, FUZZ_CHECKPOINT, FUZZ_SIGNATURE, FUZZ_PEM, FUZZ_SIGNERS, NULL};
    const char *at = (const char *)bytes, *end = at + n;
    struct kb_err err = {0};
    bool older = false;
    for (int i = 0; i < PARTS; i++) {
        size_t part_n = 0;
        const char *part = fuzz_part(&at, end, '\x1e', &part_n);
        if (part_n && (i == 1 || i == 5))
            read_checkpoint(part, part_n, arena);
        older |= i == 5 && part_n;
        if (!part_n && good[i]) {
            part = good[i];
            part_n = strlen(part);
        }
        fuzz_put(folder, names[i], part_n ? part : "", part_n);
    }
    read_lines(arena);
    struct kb_lines lines = {0};
    (void)kb_ledger_lines(fuzz_folder(), arena, &lines, &err);
    const struct kb_ledger_check *check = NULL;
    const struct kb_ledger_check_params params = {.dir = fuzz_folder(),
                                                  .since = older ? kb_sprintf(arena, "%s/older", fuzz_folder()) : NULL,
                                                  .key = FUZZ_FINGERPRINT};
    if (kb_ledger_verify(&params, arena, &check, &err))
        return FUZZ_REFUSED;
    require_told(check);
    if (check->bad)
        return FUZZ_REFUSED;
    /* nobody but who has the key makes another ledger of it */
    REQUIRE(check->established && check->lines == FUZZ_LINES && check->signed_lines == FUZZ_LINES);
    REQUIRE(!strcmp(check->head, FUZZ_HEAD));
    return FUZZ_SOUND;
}
