/* SPDX-License-Identifier: Apache-2.0 */
/* Which copy survives which threat, as koboshi check shows it. */
#pragma once

#include "cli.h"
#include "koboshi/survival.h"

/* One copy of one set, as one system's data. */
struct kb_matrix_row {
    const struct kb_system *system; /* NULL: no system names the set */
    const struct kb_set *set;
    size_t copy;
    const struct kb_survival *cells; /* one per threat of the plan */
};
struct kb_matrix {
    const struct kb_plan *plan;
    bool log; /* a ledger was there to say what is attached */
    KB_LIST_OF(struct kb_matrix_row) rows;
};

/* kb_matrix_of(cli, plan): as of now, by the ledger if there is one that can be read. */
struct kb_matrix kb_matrix_of(struct kb_cli *cli, const struct kb_plan *plan);
void kb_matrix_show(const struct kb_cli *cli, const struct kb_matrix *matrix);
/* kb_matrix_json(matrix): a list of objects, one per cell. Caller owns. */
json_t *kb_matrix_json(const struct kb_matrix *matrix);
