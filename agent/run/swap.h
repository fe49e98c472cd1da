/* SPDX-License-Identifier: Apache-2.0 */
/* The disk that is to leave, as its worker listed it, and the judging of that. */
#pragma once

#include "koboshi/run.h"

/* What was listed. */
struct kb_swap_listing {
    KB_LIST_OF(struct kb_generation) generations, manifests;
};

/* kb_swap_judge(params, listing, lines, now, arena, swap): fills sets, findings and good from the rest of swap, which
 * is known. Pure. */
void kb_swap_judge(const struct kb_swap_params *params, const struct kb_swap_listing *listing,
                   const struct kb_lines *lines, int64_t now, struct kb_arena *arena, struct kb_swap *swap);

/* kb_swap_finding(swap, arena, finding): takes one more. */
void kb_swap_finding(struct kb_swap *swap, struct kb_arena *arena, const struct kb_finding *finding);
