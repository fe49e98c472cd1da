/* SPDX-License-Identifier: Apache-2.0 */
/* Warnings about a plan that is valid. */
#pragma once

#include "koboshi/plan.h"

/* kb_check_notes(plan, arena, ret_notes): how many; sentences without full stop. */
size_t kb_check_notes(const struct kb_plan *plan, struct kb_arena *arena, const struct kb_text **ret_notes);
