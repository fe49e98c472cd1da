/* SPDX-License-Identifier: Apache-2.0 */
/* Extents made into pieces. */
#include "placement.h"

#include <stdlib.h>
#include <string.h>

/* What the sweep knows of each piece beside: its place in the order, when it is needed, what it costs. */
enum { SWEPT = 28 };

void kb_placement_free(struct kb_placement *placement)
{
    for (size_t i = 0; i < placement->n; i++)
        free(placement->v[i].bytes);
    free(placement->v);
    *placement = (struct kb_placement){0};
}

size_t kb_placement_room(size_t n)
{
    return n * (sizeof(struct kb_piece_placed) + SWEPT);
}

static void add(struct kb_placement *placement, struct kb_piece_placed piece)
{
    if (placement->n == placement->room) {
        placement->room = placement->room ? placement->room * 2 : 1024;
        placement->v = reallocarray(placement->v, placement->room, sizeof *placement->v);
        if (!placement->v)
            abort();
    }
    placement->v[placement->n++] = piece;
}

static int by_logical(const void *a, const void *b)
{
    const struct kb_placed *x = a, *y = b;
    return x->logical < y->logical ? -1 : x->logical > y->logical;
}

void kb_placement_add(struct kb_placement *placement, uint32_t file, int64_t size, const struct kb_placed *extents,
                      size_t n)
{
    struct kb_placed *sorted = malloc((n + 1) * sizeof *sorted);
    if (!sorted)
        abort();
    if (n) {
        memcpy(sorted, extents, n * sizeof *sorted);
        qsort(sorted, n, sizeof *sorted, by_logical);
    }
    bool first = true;
    struct kb_piece_placed piece = {.file = file, .end = size};
    uint64_t follows = 0; /* physical address that would go on where the last extent ended */
    for (size_t i = 0; i < n; i++) {
        const struct kb_placed *e = &sorted[i];
        if (e->no_data || !e->length || e->logical >= (uint64_t)size)
            continue;
        bool joined = !first && e->physical == follows;
        if (first)
            piece.at = e->physical; /* a hole before it costs no read */
        else if (!joined && (int64_t)e->logical > piece.offset) {
            piece.end = (int64_t)e->logical;
            add(placement, piece);
            piece = (struct kb_piece_placed){.file = file, .at = e->physical, .offset = piece.end, .end = size};
        }
        first = false;
        follows = e->physical + e->length;
    }
    free(sorted);
    add(placement, piece);
}
