/* SPDX-License-Identifier: Apache-2.0 */
/* What is gone and what came, in the order of digests: of equal content it is the same file elsewhere. */
#include "moves.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"

enum { DIGITS = 64, WRITE_BYTES = 64 << 10 };

/* The first few paths, by their order, of what is offered in any order. */
struct first {
    int64_t offered;
    size_t n;
    struct kept {
        char *path;
        size_t n, room;
        bool escaped;
    } v[KB_CHANGE_EXAMPLES];
};

/* Lines on their way to a temporary file, then from it in order. */
struct heap {
    int fd;
    int error; /* errno of what did not succeed */
    int64_t lines;
    size_t held;
    char buffer[WRITE_BYTES];
    struct kb_sorted *sorted;
    struct kb_sorted_line line;
    int have; /* as kb_sorted_next */
    struct first left;
};

struct kb_moves {
    struct heap gone, came;
    int64_t moved;
    struct first new_names;
};

struct kb_moves *kb_moves_new(void)
{
    struct kb_moves *moves = calloc(1, sizeof *moves);
    if (!moves)
        abort();
    moves->gone.fd = moves->came.fd = -1;
    return moves;
}

static void first_done(struct first *first)
{
    for (size_t i = 0; i < KB_CHANGE_EXAMPLES; i++)
        free(first->v[i].path);
}

static void heap_done(struct heap *heap)
{
    kb_sorted_free(heap->sorted);
    kb_close_p(&heap->fd);
    first_done(&heap->left);
}

void kb_moves_free(struct kb_moves *moves)
{
    if (!moves)
        return;
    heap_done(&moves->gone);
    heap_done(&moves->came);
    first_done(&moves->new_names);
    free(moves);
}

static void flush(struct heap *heap)
{
    if (!heap->error && heap->fd < 0 && (heap->fd = open("/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)) < 0)
        heap->error = errno;
    if (!heap->error && kb_write_all(heap->fd, heap->buffer, heap->held))
        heap->error = errno;
    heap->held = 0;
}

static void put(struct heap *heap, const void *data, size_t n)
{
    for (const char *at = data; n;) {
        size_t part = n < WRITE_BYTES - heap->held ? n : WRITE_BYTES - heap->held;
        memcpy(heap->buffer + heap->held, at, part);
        heap->held += part;
        at += part;
        n -= part;
        if (heap->held == WRITE_BYTES)
            flush(heap);
    }
}

static void add(struct heap *heap, const struct kb_sorted_line *line)
{
    heap->lines++;
    put(heap, "\\", line->escaped);
    put(heap, line->digest, DIGITS);
    put(heap, "  ", 2);
    put(heap, line->path, line->path_n);
    put(heap, "\n", 1);
}

void kb_moves_gone(struct kb_moves *moves, const struct kb_sorted_line *line)
{
    add(&moves->gone, line);
}

void kb_moves_came(struct kb_moves *moves, const struct kb_sorted_line *line)
{
    add(&moves->came, line);
}

static bool is_before(const struct kb_sorted_line *line, const struct kept *other)
{
    int order = memcmp(line->path, other->path, line->path_n < other->n ? line->path_n : other->n);
    return order ? order < 0 : line->path_n < other->n;
}

static void offer(struct first *first, const struct kb_sorted_line *line)
{
    first->offered++;
    size_t at = first->n;
    while (at && is_before(line, &first->v[at - 1]))
        at--;
    if (at == KB_CHANGE_EXAMPLES)
        return;
    size_t last = first->n < KB_CHANGE_EXAMPLES ? first->n++ : first->n - 1;
    struct kept kept = first->v[last]; /* its room serves again */
    memmove(&first->v[at + 1], &first->v[at], (last - at) * sizeof *first->v);
    if (kept.room < line->path_n) {
        kept.room = 2 * line->path_n;
        kept.path = realloc(kept.path, kept.room);
        if (!kept.path)
            abort();
    }
    memcpy(kept.path, line->path, line->path_n);
    kept.n = line->path_n;
    kept.escaped = line->escaped;
    first->v[at] = kept;
}

static const char *show(const struct first *first, struct kb_arena *arena)
{
    const char *text = NULL;
    for (size_t i = 0; i < first->n; i++) {
        const struct kb_sorted_line line = {
            .path = first->v[i].path, .path_n = first->v[i].n, .escaped = first->v[i].escaped};
        text = kb_sprintf(arena, "%s%s%s", text ? text : "", text ? ", " : "", kb_sorted_path(&line, arena));
    }
    return first->offered > KB_CHANGE_EXAMPLES ? kb_sprintf(arena, "%s, …", text) : text;
}

static int sort(struct heap *heap, struct kb_err *err)
{
    flush(heap);
    if (heap->error)
        return kb_fail(err, kb_code_of_errno(heap->error), "/var/tmp cannot be written: %s",
                       "/var/tmp に書き込めません: %s", strerror(heap->error));
    int code = kb_sorted_new(heap->fd, KB_BY_DIGEST, &heap->sorted, err);
    if (!code)
        heap->have = kb_sorted_next(heap->sorted, &heap->line, err);
    return code ? code : heap->have < 0 ? heap->have : 0;
}

static void step(struct heap *heap, struct kb_err *err)
{
    heap->have = kb_sorted_next(heap->sorted, &heap->line, err);
}

static int pair_up(struct kb_moves *moves, struct kb_err *err)
{
    struct heap *gone = &moves->gone, *came = &moves->came;
    while (gone->have > 0 || came->have > 0) {
        int order = !came->have ? -1 : !gone->have ? 1 : memcmp(gone->line.digest, came->line.digest, DIGITS);
        if (!order) {
            moves->moved++;
            offer(&moves->new_names, &came->line);
        } else {
            struct heap *left = order < 0 ? gone : came;
            offer(&left->left, &left->line);
        }
        if (order <= 0)
            step(gone, err);
        if (order >= 0 && gone->have >= 0)
            step(came, err);
        if (gone->have < 0 || came->have < 0)
            return gone->have < 0 ? gone->have : came->have;
    }
    return 0;
}

int kb_moves_settle(struct kb_moves *moves, struct kb_arena *arena, struct kb_change *change, struct kb_err *err)
{
    if (!moves->gone.lines || !moves->came.lines)
        return 0;
    int code = sort(&moves->gone, err);
    if (!code)
        code = sort(&moves->came, err);
    if (!code)
        code = pair_up(moves, err);
    if (code || !moves->moved)
        return code;
    change->moved = moves->moved;
    change->vanished -= moves->moved;
    change->added -= moves->moved;
    change->moved_list = show(&moves->new_names, arena);
    change->vanished_list = show(&moves->gone.left, arena);
    change->added_list = show(&moves->came.left, arena);
    return 0;
}
