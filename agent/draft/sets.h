/* SPDX-License-Identifier: Apache-2.0 */
/* The backup sets of one place. */
#pragma once

#include "koboshi/draft.h"

/* kb_sets_of(scanned, medium, now, arena, draft): adds to draft->sets, each with its one copy on that medium, and to
 * draft->unknown. Ids are not given yet. */
void kb_sets_of(const struct kb_scanned *scanned, size_t medium, int64_t now, struct kb_arena *arena,
                struct kb_draft *draft);

/* kb_unknown_add(draft, place, path, n, why, arena): n things, path (raw) one of them; counted with others of the same
 * place and reason. */
void kb_unknown_add(struct kb_draft *draft, const char *place, const char *path, int64_t n, struct kb_text why,
                    struct kb_arena *arena);
