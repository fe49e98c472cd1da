/* SPDX-License-Identifier: Apache-2.0 */
/* Full backups and what hangs on them. */
#pragma once

#include "koboshi/draft.h"

/* kb_chains_join(draft, from, arena): among the sets from number `from` on, two whose names differ in `full` and `inc`
 * (フル, 増分, diff …) alone become one chain. */
void kb_chains_join(struct kb_draft *draft, size_t from, struct kb_arena *arena);
