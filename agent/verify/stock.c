/* SPDX-License-Identifier: Apache-2.0 */
/* What waits, and its way through the crew. */
#include "stock.h"

#include <stdlib.h>
#include <string.h>

#include "koboshi/arena.h"

enum { AT_ONCE = 16 }; /* files of a batch: what they came to is told soon */

void kb_stock_init(struct kb_stock *stock)
{
    *stock = (struct kb_stock){.arena = kb_arena_new()};
}

void kb_stock_done(struct kb_stock *stock)
{
    for (size_t i = 0; i < stock->n; i++)
        kb_measured_done(&stock->measured[i]);
    free(stock->walked);
    free(stock->measured);
    kb_arena_free(stock->arena);
    *stock = (struct kb_stock){0};
}

bool kb_stock_add(struct kb_stock *stock, struct kb_walk *walk)
{
    if (stock->n == stock->room) {
        stock->room = stock->room ? stock->room * 2 : 1024;
        stock->walked = reallocarray(stock->walked, stock->room, sizeof *stock->walked);
        stock->measured = reallocarray(stock->measured, stock->room, sizeof *stock->measured);
        if (!stock->walked || !stock->measured)
            abort();
    }
    struct kb_walked *walked = &stock->walked[stock->n];
    if (!kb_walk_next(walk, stock->arena, walked))
        return false;
    kb_folder_let_go(walked->folder);
    walked->folder = NULL;
    stock->measured[stock->n++] = (struct kb_measured){0};
    stock->bytes += sizeof *stock->walked + sizeof *stock->measured + walked->path_n + 16 +
                    (walked->target ? strlen(walked->target) : 0);
    return true;
}

static void take_back(const struct kb_stock_part *part, struct kb_batch *batch, const uint32_t *files)
{
    for (size_t i = 0; i < batch->n; i++) {
        part->stock->walked[files[i]] = batch->walked[i];
        part->stock->measured[files[i]] = batch->measured[i];
        batch->measured[i] = (struct kb_measured){0}; /* the stock's now */
        if (part->measured)
            part->measured(part->owner, files[i]);
    }
    kb_batch_free(batch);
}

void kb_stock_by_crew(const struct kb_stock_part *part, struct kb_crew *crew)
{
    size_t given = 0, taken = 0;
    bool over = false;
    while (taken < given || (given < part->n && !over)) {
        over = over || (part->over && part->over(part->owner));
        if (!over && given < part->n && kb_crew_has_room(crew)) {
            struct kb_batch *batch = kb_batch_new();
            for (; batch->n < AT_ONCE && given < part->n; given++)
                batch->walked[batch->n++] = part->stock->walked[part->files[given]];
            kb_crew_give(crew, batch);
            continue;
        }
        struct kb_batch *batch = kb_crew_take(crew, true);
        if (!batch)
            continue;
        size_t n = batch->n;
        take_back(part, batch, part->files + taken);
        taken += n;
    }
    for (size_t i = taken; i < part->n; i++)
        part->stock->measured[part->files[i]].state = KB_MEASURED_LATER;
}
