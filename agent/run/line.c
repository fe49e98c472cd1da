/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of the ledger that name a plan and a medium. */
#include "line.h"

#include "koboshi/arena.h"

void kb_line_of_plan(const struct kb_plan *plan, enum kb_line_kind kind, struct kb_arena *arena,
                     struct kb_line *ret_line)
{
    char *hex = kb_alloc(arena, KB_SHA256_HEX_SIZE, 1);
    kb_sha256_hex(plan->sha256, hex);
    kb_line_init(ret_line, kind);
    ret_line->plan = plan->plan.id;
    ret_line->plan_version = plan->plan.version;
    ret_line->plan_sha256 = hex;
    ret_line->operator_ = kb_operator_name(arena);
    ret_line->agent_version = kb_version();
}

void kb_line_name_medium(struct kb_line *line, const struct kb_medium *medium, const struct kb_medium_state *state)
{
    line->medium = medium->id;
    line->fs_uuid = state->fs_uuid ? state->fs_uuid : medium->fs_uuid;
    line->serial = state->serial ? state->serial : medium->serial;
    line->label = state->label ? state->label : medium->label;
}
