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

struct sweep {
    struct kb_piece_placed *pieces;
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

static void keep(struct sweep *s, struct kb_piece_placed *piece)
{
    size_t n = (size_t)(piece->end - piece->offset);
    if (n > KB_SWEEP_BYTES - s->kept) {
        s->stats.left++;
        return;
    }
    piece->bytes = room(n, 1);
    s->kept += n;
    s->stats.buffered++;
    if (s->ops->read(s->ops->owner, piece->file, piece->offset, piece->bytes, n) != n)
        drop(s, piece->file, true);
    else
        piece->done = true;
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
        keep(s, piece);
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
        file->end = i + 1;
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
    uint32_t *order = room(placement->n, sizeof *order);
    size_t n = placement->n;
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    find_files(&s, placement);
    qsort_r(order, n, sizeof *order, by_address, placement->v);
    bool over = false;
    while (n && !over) {
        s.stats.sweeps++;
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
    free(s.step);
    free(s.files);
}
