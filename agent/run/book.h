/* SPDX-License-Identifier: Apache-2.0 */
/* Keeping the books of a drill: its lines in the ledger and its record folder. */
#pragma once

#include "drill.h"

/* kb_book_start(drill, err): clears up after drills that never finished, then takes a number and writes drill_started.
 */
int kb_book_start(struct drill *drill, struct kb_err *err);
/* kb_book_lists(drill, err): the lists of entries of the units that are not at work, into the ledger's objects. */
int kb_book_lists(struct drill *drill, struct kb_err *err);
/* kb_book_finish(drill, err): lists of entries, record folder, drill_finished (or `verified`). */
int kb_book_finish(struct drill *drill, struct kb_err *err);
