/* SPDX-License-Identifier: Apache-2.0 */
/* evidence: a folder to carry away, which a stranger checks with stock tools. */
#pragma once

#include <stdint.h>

struct kb_err;

struct kb_pack_params {
    const char *ledger; /* folder of the ledger */
    int64_t drill;      /* one drill; KB_ABSENT: all */
    const char *out;    /* folder to make; must not exist */
};
/*
 * kb_pack_export(params, err): the whole ledger.jsonl with checkpoint, signature and public key, the record folders
 * asked for with their objects and reports, with all drills the lists of the verifications too, drills.txt (which
 * drills it carries), verify.sh and README.txt. Built beside `out`, then renamed: it is whole or not there. The whole
 * ledger is checked first: if it is not what was signed, in whatever way, nothing is exported (KB_ELEDGER, naming the
 * first flaw).
 */
int kb_pack_export(const struct kb_pack_params *params, struct kb_err *err);
