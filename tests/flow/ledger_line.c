/* SPDX-License-Identifier: Apache-2.0 */
/* Writes one line about a medium into a ledger: ledger_line LEDGER KEY seen MEDIUM arrived|present|left [for-drill],
 * or ledger_line LEDGER KEY swapped MEDIUM MEDIUM. ledger_line LEDGER KEY sealed signs what somebody made of it. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "../../agent/evidence/checkpoint.h"
#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/key.h"
#include "koboshi/ledger.h"

/* The checkpoint over all lines as they are now. */
static int seal(const char *ledger, const char *key, struct kb_err *err)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    KB_SCOPED_FD dirfd = open(ledger, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct kb_keypair *pair = NULL;
    struct kb_chain chain;
    struct kb_trust trust;
    int code = kb_keypair_load(key, &pair, err);
    if (!code)
        code = kb_chain_read(dirfd, arena, &chain, err);
    if (!code) {
        kb_trust_read(dirfd, &chain, arena, &trust); /* for the name of the ledger */
        trust.checkpoint.size = (int64_t)chain.n_lines;
        trust.checkpoint.head = chain.hash[chain.n_lines];
        code = kb_checkpoint_publish(dirfd, &trust.checkpoint, pair, err);
    }
    kb_keypair_free(pair);
    if (code)
        (void)fprintf(stderr, "%s\n", err->frame[0].en);
    return code ? 1 : 0;
}

int main(int argc, char **argv)
{
    struct kb_err err = {0};
    if (argc == 4 && !strcmp(argv[3], "sealed"))
        return seal(argv[1], argv[2], &err);
    struct kb_ledger *ledger = NULL;
    struct kb_line line;
    if (argc < 6)
        return 2;
    bool swapped = !strcmp(argv[3], "swapped");
    kb_line_init(&line, swapped ? KB_LINE_MEDIUM_SWAPPED : KB_LINE_MEDIUM_SEEN);
    line.medium = argv[4];
    line.medium_in = swapped ? argv[5] : NULL;
    line.presence = swapped ? NULL : argv[5];
    line.for_drill = argc > 6;
    int code = kb_ledger_exists(argv[1]) ? 0 : kb_ledger_create(argv[1], argv[2], &err);
    if (!code)
        code = kb_ledger_open(argv[1], argv[2], &ledger, &err);
    if (!code)
        code = kb_ledger_append(ledger, &line, &err);
    kb_ledger_free(ledger);
    if (code)
        (void)fprintf(stderr, "%s\n", err.frame[0].en);
    return code ? 1 : 0;
}
