/* SPDX-License-Identifier: Apache-2.0 */
/* The three lines that are signed, and how far the signature in a ledger reaches. */
#pragma once

#include "chain.h"

struct kb_checkpoint {
    char ledger[37]; /* uuid */
    int64_t size;    /* lines */
    struct kb_sha256 head;
};

const char *kb_checkpoint_text(struct kb_arena *arena, const struct kb_checkpoint *checkpoint);
/* kb_checkpoint_parse(text, n, ret_checkpoint): exactly what kb_checkpoint_text writes, else false. */
bool kb_checkpoint_parse(const char *text, size_t n, struct kb_checkpoint *ret_checkpoint);
/* kb_checkpoint_publish(dirfd, checkpoint, pair, err): signature, then checkpoint, each durable. */
int kb_checkpoint_publish(int dirfd, const struct kb_checkpoint *checkpoint, const struct kb_keypair *pair,
                          struct kb_err *err);
/* kb_allowed_signers(arena, signer, key): the file for ssh-keygen -Y verify. */
const char *kb_allowed_signers(struct kb_arena *arena, const char *signer, struct kb_pubkey key);

enum kb_trust_state {
    KB_TRUST_SETTLED,       /* checkpoint and signature fit */
    KB_TRUST_AHEAD,         /* the signature fits all lines there are, the checkpoint is one append behind */
    KB_TRUST_NO_CHECKPOINT, /* missing or not a checkpoint */
    KB_TRUST_NO_SIGNATURE,  /* missing, malformed, or of something else */
};
struct kb_trust {
    enum kb_trust_state state;
    struct kb_checkpoint checkpoint; /* what is signed; as found when NO_SIGNATURE */
    struct kb_pubkey signer;         /* SETTLED and AHEAD */
};
void kb_trust_read(int dirfd, const struct kb_chain *chain, struct kb_arena *arena, struct kb_trust *ret_trust);

/* kb_ledger_open_shared(dir, ret_dirfd, ret_fd, err): the folder and its ledger.jsonl, locked against appends until
 * ret_fd is closed. */
int kb_ledger_open_shared(const char *dir, int *ret_dirfd, int *ret_fd, struct kb_err *err);
