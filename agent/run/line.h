/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of the ledger, begun from a plan. */
#pragma once

#include "koboshi/ledger.h"
#include "koboshi/run.h"

/* kb_line_of_plan(plan, kind, arena, ret_line): a line with the plan and the operator in it. */
void kb_line_of_plan(const struct kb_plan *plan, enum kb_line_kind kind, struct kb_arena *arena,
                     struct kb_line *ret_line);
/* kb_line_name_medium(line, medium, state): which one is meant, as read from it; what it does not tell is the plan's.
 */
void kb_line_name_medium(struct kb_line *line, const struct kb_medium *medium, const struct kb_medium_state *state);
