/* SPDX-License-Identifier: Apache-2.0 */
/* Records in their ledger: found, read, tied to the checkpoint, rendered. */
#pragma once

#include "cli.h"
#include "koboshi/report.h"

/* kb_seal_of(cli, ret_seal, err): the checkpoint of the ledger as it is now, checked. */
int kb_seal_of(struct kb_cli *cli, struct kb_report_seal *ret_seal, struct kb_err *err);

/* kb_record_of(cli, number, ret_record, err): the record of one drill; KB_ABSENT: of the last finished one. */
int kb_record_of(struct kb_cli *cli, int64_t number, const struct kb_record **ret_record, struct kb_err *err);

/* kb_render_report(cli, number, file, err): makes the HTML report in a process of its own (`koboshi report`). */
int kb_render_report(struct kb_cli *cli, int64_t number, const char *file, struct kb_err *err);
