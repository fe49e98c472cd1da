/* SPDX-License-Identifier: Apache-2.0 */
/* A ledger open for appending. */
#pragma once

#include "checkpoint.h"

struct kb_ledger {
    int dirfd, fd; /* the folder; ledger.jsonl, which carries the lock */
    const char *dir;
    struct kb_arena *arena;
    struct kb_keypair *key;
    struct kb_pubkey public_half;
    const char *signer;
    struct kb_checkpoint checkpoint; /* of the last line that is signed */
    size_t bytes;                    /* up to the end of that line */
    int64_t last_drill;              /* highest number given so far */
    bool unusable;                   /* a write failed: what is on the disk is no longer known */
};

/* kb_ledger_lock(ledger, err): waits for the exclusive lock, then brings the handle up to date with what other
 * processes appended, or recovers what a crashed one left. kb_ledger_unlock releases it. */
int kb_ledger_lock(struct kb_ledger *ledger, struct kb_err *err);
void kb_ledger_unlock(struct kb_ledger *ledger);

/* kb_ledger_append_locked: kb_ledger_append while the lock is held. */
int kb_ledger_append_locked(struct kb_ledger *ledger, const struct kb_line *entry, struct kb_err *err);

/* kb_ledger_settle(ledger, err): under the lock; reads everything, refuses or recovers, fills checkpoint, bytes,
 * signer, last_drill. */
int kb_ledger_settle(struct kb_ledger *ledger, struct kb_err *err);
