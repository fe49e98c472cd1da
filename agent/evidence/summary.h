/* SPDX-License-Identifier: Apache-2.0 */
/* The lines that end a drill or verification, made from its record. */
#pragma once

#include "koboshi/ledger.h"

/* kb_line_of_record(kind, record, arena, ret_entry): with verdict and one summary per system, cut to what fits into a
 * line. */
void kb_line_of_record(enum kb_line_kind kind, const struct kb_record *record, struct kb_arena *arena,
                       struct kb_line *ret_entry);
