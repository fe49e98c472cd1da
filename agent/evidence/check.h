/* SPDX-License-Identifier: Apache-2.0 */
/* A check of a ledger as it is being made. */
#pragma once

#include "checkpoint.h"

struct kb_checking {
    const struct kb_ledger_check_params *params;
    int dirfd;
    struct kb_arena *arena;
    struct kb_chain chain;
    struct kb_trust trust;
    struct kb_ledger_check *check;
};

/* kb_flaw_add(checking, id): a new flaw with line, drill and file absent; valid until the next one is added. */
struct kb_flaw *kb_flaw_add(struct kb_checking *checking, enum kb_flaw_id id);

/* kb_check_drills(checking, err): all record folders against the lines of the ledger. */
int kb_check_drills(struct kb_checking *checking, struct kb_err *err);
/* kb_check_lists(checking, all): the lists that lines of verifications name; all: none may be absent. */
void kb_check_lists(struct kb_checking *checking, bool all);
