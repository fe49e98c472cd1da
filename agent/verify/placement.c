/* SPDX-License-Identifier: Apache-2.0 */
/* Extents by FS_IOC_FIEMAP. */
#include "placement.h"

#include <linux/fiemap.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

enum {
    AT_ONCE = 256,
    SWEPT =
        28 /* of each piece, what the sweep knows beside: its place in the order, when it is needed, what it costs */
};

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

long kb_placement_ask(int fd, struct kb_placed **ret_extents)
{
    struct {
        struct fiemap map;
        struct fiemap_extent extents[AT_ONCE];
    } ask;
    struct kb_placed *extents = NULL;
    size_t n = 0;
    uint64_t from = 0;
    bool last = false;
    while (!last && n < KB_PLACED_MAX) {
        memset(&ask.map, 0, sizeof ask.map);
        ask.map.fm_start = from;
        ask.map.fm_length = FIEMAP_MAX_OFFSET - from;
        ask.map.fm_extent_count = AT_ONCE;
        if (ioctl(fd, FS_IOC_FIEMAP, &ask.map)) {
            free(extents);
            return -1;
        }
        uint32_t got = ask.map.fm_mapped_extents < AT_ONCE ? ask.map.fm_mapped_extents : AT_ONCE;
        last = got < AT_ONCE;
        extents = got ? reallocarray(extents, n + got, sizeof *extents) : extents;
        if (got && !extents)
            abort();
        for (uint32_t i = 0; i < got; i++) {
            const struct fiemap_extent *e = &ask.extents[i];
            extents[n++] = (struct kb_placed){.logical = e->fe_logical,
                                              .physical = e->fe_physical,
                                              .length = e->fe_length,
                                              .no_data = e->fe_flags & FIEMAP_EXTENT_UNWRITTEN};
            last |= e->fe_flags & FIEMAP_EXTENT_LAST;
        }
        uint64_t end = got ? extents[n - 1].logical + extents[n - 1].length : 0;
        last |= end <= from; /* a file system that goes in circles */
        from = end;
    }
    *ret_extents = extents;
    return (long)n;
}
