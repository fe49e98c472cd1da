/* SPDX-License-Identifier: Apache-2.0 */
/* What `koboshi init` is made of: questions, scans, and files that appear all or not at all. */
#pragma once

#include "cli.h"
#include "koboshi/draft.h"

/* kb_init_ask(cli, answers, err): asks on stderr, reads standard input. What is left empty stays unsaid. KB_ECANCELED
 * at the end of the input. */
int kb_init_ask(struct kb_cli *cli, struct kb_draft_answers *answers, struct kb_err *err);
/* kb_init_offers(cli): somebody sits at the terminal and wants to be asked. */
bool kb_init_offers(struct kb_cli *cli);

/* kb_init_scan(cli, ret_draft, err): scans the places of --scan one after the other, infers, and reads the newest
 * generation of each set whole (KB_SCAN_COUNT_BYTES_MAX) to know what a good one holds. */
int kb_init_scan(struct kb_cli *cli, struct kb_draft **ret_draft, struct kb_err *err);

/* kb_init_sample(cli, name, ret_text, ret_n, err): a plan that comes with the product. KB_EUSAGE for another name, with
 * a list of those there are. */
int kb_init_sample(struct kb_cli *cli, const char *name, const char **ret_text, size_t *ret_n, struct kb_err *err);

/* What is to be made. */
struct kb_init_files {
    const char *dir, *plan; /* absolute folder, and the plan in it */
    const char *text;
    size_t n;
    const struct kb_keypair *pair; /* NULL: there is a key already */
};
/* kb_init_is_free(files, err): KB_EUSAGE if the plan is there already. */
int kb_init_is_free(const struct kb_init_files *files, struct kb_err *err);
/* kb_init_write(cli, files, err): the plan, then the key. Nothing that exists is replaced; if one of them cannot be
 * made, neither stays, nor any folder made for it. */
int kb_init_write(struct kb_cli *cli, const struct kb_init_files *files, struct kb_err *err);
