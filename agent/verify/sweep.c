/* SPDX-License-Identifier: Apache-2.0 */
/* The sweep over a placement. */
#include "sweep.h"

#include <stdlib.h>
#include <string.h>

enum { STEP = 1 << 20 };

struct file {
    uint32_t next; /* piece, in the placement */
    uint32_t end;  /* behind its last piece */
    bool begun, gone;
};

/* A piece that is kept, and what that costs: bytes times the way until it is needed. */
struct kept {
    double cost;
    uint32_t piece;
};

struct sweep {
    struct kb_piece_placed *pieces;
    uint64_t *needed;  /* of each piece: the address of the farthest one before it in its file */
    uint64_t highest;  /* of all addresses */
    struct kept *heap; /* of this sweep, the costliest first; also of pieces that are kept no more */
    size_t n_heap;
    struct file *files;
    const struct kb_sweep_ops *ops;
    uint8_t *step;
    size_t kept; /* bytes */
    size_t open; /* files that are begun */
    struct kb_sweep_stats stats;
};

static void *room(size_t n, size_t size)
{
    void *v = calloc(n ? n : 1, size);
    if (!v)
        abort();
    return v;
}

static void forget(struct sweep *s, struct kb_piece_placed *piece)
{
    if (piece->bytes)
        s->kept -= (size_t)(piece->end - piece->offset);
    free(piece->bytes);
    piece->bytes = NULL;
}

static void close_file(struct sweep *s, struct file *file)
{
    for (uint32_t i = file->next; i < file->end; i++)
        forget(s, &s->pieces[i]);
    s->open -= file->begun;
    file->begun = false;
    file->gone = true;
}

static void drop(struct sweep *s, uint32_t number, bool failed)
{
    close_file(s, &s->files[number]);
    s->ops->drop(s->ops->owner, number, failed);
}

/* The piece is next in its file. False: it cannot be read. */
static bool take_now(struct sweep *s, struct kb_piece_placed *piece)
{
    const struct kb_sweep_ops *ops = s->ops;
    if (piece->bytes) {
        ops->take(ops->owner, piece->file, piece->offset, piece->bytes, (size_t)(piece->end - piece->offset));
        forget(s, piece);
        return true;
    }
    for (int64_t at = piece->offset; at < piece->end;) {
        size_t n = piece->end - at < STEP ? (size_t)(piece->end - at) : STEP;
        if (ops->read(ops->owner, piece->file, at, s->step, n) != n)
            return false;
        ops->take(ops->owner, piece->file, at, s->step, n);
        at += (int64_t)n;
    }
    return true;
}

/* From the piece that is next on, as far as pieces are at hand. */
static void go_on(struct sweep *s, uint32_t number)
{
    struct file *file = &s->files[number];
    s->open += !file->begun;
    file->begun = true;
    do {
        struct kb_piece_placed *piece = &s->pieces[file->next];
        if (!take_now(s, piece)) {
            drop(s, number, true);
            return;
        }
        piece->done = true;
        file->next++;
    } while (file->next < file->end && s->pieces[file->next].bytes);
    if (file->next < file->end)
        return;
    close_file(s, file);
    s->ops->end(s->ops->owner, number);
}

static void push(struct sweep *s, struct kept kept)
{
    size_t at = s->n_heap++;
    for (; at && s->heap[(at - 1) / 2].cost < kept.cost; at = (at - 1) / 2)
        s->heap[at] = s->heap[(at - 1) / 2];
    s->heap[at] = kept;
}

static void pop(struct sweep *s)
{
    const struct kept last = s->heap[--s->n_heap];
    size_t at = 0;
    for (size_t child = 1; child < s->n_heap; child = 2 * at + 1) {
        child += child + 1 < s->n_heap && s->heap[child + 1].cost > s->heap[child].cost;
        if (s->heap[child].cost <= last.cost)
            break;
        s->heap[at] = s->heap[child];
        at = child;
    }
    s->heap[at] = last;
}

/* What is before it in its file may have been left: then it is needed in the next sweep. */
static double cost_of(const struct sweep *s, uint32_t number)
{
    const struct kb_piece_placed *piece = &s->pieces[number];
    double way = (double)s->needed[number] - (double)piece->at;
    if (way <= 0)
        way += (double)s->highest;
    return way * (double)(piece->end - piece->offset);
}

/* At the cost of those that would take more of the room for longer: reading one again is a way across the disk, like
 * leaving this one. False: there is none. */
static bool make_room(struct sweep *s, size_t n, double cost)
{
    if (n > KB_SWEEP_BYTES)
        return false;
    while (n > KB_SWEEP_BYTES - s->kept) {
        while (s->n_heap && !s->pieces[s->heap[0].piece].bytes)
            pop(s);
        if (!s->n_heap || s->heap[0].cost <= cost)
            return false;
        struct kb_piece_placed *other = &s->pieces[s->heap[0].piece];
        pop(s);
        forget(s, other);
        other->done = false;
        s->stats.left++;
    }
    return true;
}

static void keep(struct sweep *s, uint32_t number)
{
    struct kb_piece_placed *piece = &s->pieces[number];
    size_t n = (size_t)(piece->end - piece->offset);
    double cost = cost_of(s, number);
    if (!make_room(s, n, cost)) {
        s->stats.left++;
        return;
    }
    piece->bytes = room(n, 1);
    s->kept += n;
    s->stats.buffered++;
    if (s->ops->read(s->ops->owner, piece->file, piece->offset, piece->bytes, n) != n) {
        drop(s, piece->file, true);
        return;
    }
    piece->done = true;
    push(s, (struct kept){.cost = cost, .piece = number});
}

static void visit(struct sweep *s, uint32_t at)
{
    struct kb_piece_placed *piece = &s->pieces[at];
    struct file *file = &s->files[piece->file];
    bool several = file->end - file->next > 1;
    if (!file->begun && several && s->open >= KB_SWEEP_OPEN)
        s->stats.left++;
    else if (at == file->next)
        go_on(s, piece->file);
    else
        keep(s, at);
}

static int by_address(const void *a, const void *b, void *pieces)
{
    const struct kb_piece_placed *x = (struct kb_piece_placed *)pieces + *(const uint32_t *)a,
                                 *y = (struct kb_piece_placed *)pieces + *(const uint32_t *)b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return x < y ? -1 : x > y;
}

static void find_files(struct sweep *s, const struct kb_placement *placement)
{
    for (uint32_t i = 0; i < placement->n; i++) {
        struct file *file = &s->files[placement->v[i].file];
        if (!file->end)
            file->next = i;
        else
            s->needed[i] = placement->v[i - 1].at > s->needed[i - 1] ? placement->v[i - 1].at : s->needed[i - 1];
        file->end = i + 1;
        if (placement->v[i].at > s->highest)
            s->highest = placement->v[i].at;
    }
}

/* What a sweep did not do, in its order. */
static size_t what_is_left(const struct sweep *s, uint32_t *order, size_t n)
{
    size_t left = 0;
    for (size_t i = 0; i < n; i++) {
        const struct kb_piece_placed *piece = &s->pieces[order[i]];
        if (!piece->done && !s->files[piece->file].gone)
            order[left++] = order[i];
    }
    return left;
}

void kb_sweep_run(struct kb_placement *placement, uint32_t files, const struct kb_sweep_ops *ops,
                  struct kb_sweep_stats *ret_stats)
{
    struct sweep s = {.pieces = placement->v, .ops = ops, .files = room(files, sizeof *s.files), .step = room(STEP, 1)};
    s.needed = room(placement->n, sizeof *s.needed);
    s.heap = room(placement->n, sizeof *s.heap);
    uint32_t *order = room(placement->n, sizeof *order);
    size_t n = placement->n;
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    find_files(&s, placement);
    qsort_r(order, n, sizeof *order, by_address, placement->v);
    bool over = false;
    while (n && !over) {
        s.stats.sweeps++;
        s.n_heap = 0; /* what is kept from sweep to sweep stays */
        for (size_t i = 0; i < n && !over; i++) {
            const struct kb_piece_placed *piece = &s.pieces[order[i]];
            if (!s.files[piece->file].gone)
                visit(&s, order[i]);
            over = ops->over && ops->over(ops->owner);
        }
        n = what_is_left(&s, order, n);
    }
    for (uint32_t i = 0; over && i < files; i++)
        if (s.files[i].end && !s.files[i].gone)
            drop(&s, i, false);
    if (ret_stats)
        *ret_stats = s.stats;
    free(order);
    free(s.heap);
    free(s.needed);
    free(s.step);
    free(s.files);
}
