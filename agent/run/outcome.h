/* SPDX-License-Identifier: Apache-2.0 */
/* What the agent itself finds about a worker: it was lost, or it checked nothing. */
#pragma once

#include "child.h"
#include "koboshi/budgets.h"
#include "koboshi/finding.h"

/* kb_outcome_err(outcome, ret_err): why a worker left without doing its work. */
void kb_outcome_err(const struct kb_child_outcome *outcome, struct kb_err *ret_err);
/* kb_outcome_lost(arena, outcome): the finding of a lost worker, with its first words. */
struct kb_finding *kb_outcome_lost(struct kb_arena *arena, const struct kb_child_outcome *outcome);
/* kb_outcome_over(arena, outcome, budgets, reached): the finding of one that was over a budget: which, where it stood
 * (reached: its last words of it), the plan's key. */
struct kb_finding *kb_outcome_over(struct kb_arena *arena, const struct kb_child_outcome *outcome,
                                   const struct kb_budgets *budgets, const struct kb_progress *reached);
/* kb_outcome_where(arena, reached): " after 3 entries and 1.2 MiB". */
struct kb_text kb_outcome_where(struct kb_arena *arena, const struct kb_progress *reached);
/* kb_outcome_nothing(arena, result): nothing is green that checked nothing, whatever the worker believes; NULL if it
 * checked something. */
struct kb_finding *kb_outcome_nothing(struct kb_arena *arena, const struct kb_set_result *result);
