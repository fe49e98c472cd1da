/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of encrypted backups: from key files, or asked for on the terminal; by id, and never shown. */
#pragma once

#include "cli.h"

struct kb_cli_secrets {
    struct kb_cli *cli;
    KB_LIST_OF(struct kb_cli_secret) list;
    struct kb_run_keys keys; /* for the run; points at this very struct */
};

/* kb_secrets_take(cli, plan, ret_secrets, err): what --key-file says. KB_EUSAGE for a key that the plan (NULL: none)
 * does not have or a file that cannot be opened. Call kb_secrets_done in every case. */
int kb_secrets_take(struct kb_cli *cli, const struct kb_plan *plan, struct kb_cli_secrets *ret_secrets,
                    struct kb_err *err);
/* kb_secrets_ask(secrets, plan, sets, n_sets, err): on a terminal, asks for each key that copies of these sets need and
 * that no file gives. Enter leaves it unknown. Elsewhere nobody is asked. */
int kb_secrets_ask(struct kb_cli_secrets *secrets, const struct kb_plan *plan, const struct kb_set *const *sets,
                   size_t n_sets, struct kb_err *err);
void kb_secrets_done(struct kb_cli_secrets *secrets);
