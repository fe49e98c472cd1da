/* SPDX-License-Identifier: Apache-2.0 */
/* core: limits on what one backup set may unpack to, against archives that were made to do harm; in plan and job alike.
 */
#pragma once

#include <stdint.h>

#include "koboshi/shape.h"
#include "koboshi/text.h"

struct kb_arena;

/* Where the plan says nothing they are those that real backups never meet (limits.h). */
struct kb_budgets {
    int64_t bytes;   /* contents of one generation, holes included */
    int64_t ratio;   /* of these to the bytes of its files, once they are more than KB_RATIO_FLOOR */
    int64_t entries; /* of one generation */
    int64_t window;  /* bytes of memory that unpacking may ask for at a time; KB_ABSENT: as usual for the format */
    int64_t memory;  /* bytes of memory of one worker, as the agent measures it */
    int64_t cpu;     /* seconds of processor time of one worker, over all its threads */
    int64_t time;    /* seconds of the workers of one generation; the drill's max_duration may end them sooner */
};
extern const struct kb_shape kb_budgets_shape;
extern const struct kb_budgets kb_budgets_usual;

/* kb_budgets_window(budgets, usual): bytes; usual for a format of which the plan says nothing. */
int64_t kb_budgets_window(const struct kb_budgets *budgets, int64_t usual);
/* kb_budget_limit(arena, limit, key): what was allowed, and which key of the plan raises it ("bytes"). */
struct kb_text kb_budget_limit(struct kb_arena *arena, struct kb_text limit, const char *key);
