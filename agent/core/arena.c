/* SPDX-License-Identifier: Apache-2.0 */
/* An arena of chained blocks; large items get a block of their own. */
#include "koboshi/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Many an arena lives for one name, and what it takes is zeroed first. */
enum { FIRST_BYTES = 2 << 10, BLOCK_BYTES = 64 << 10 };

struct block {
    struct block *next;
    size_t used, size;
    alignas(max_align_t) unsigned char bytes[];
};

struct kb_arena {
    struct block *blocks;
};

static void *take(size_t n, size_t size)
{
    void *memory = calloc(n, size);
    if (!memory)
        abort();
    return memory;
}

struct kb_arena *kb_arena_new(void)
{
    return take(1, sizeof(struct kb_arena));
}

void kb_arena_free(struct kb_arena *arena)
{
    if (!arena)
        return;
    for (struct block *b = arena->blocks, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    free(arena);
}

void kb_arena_adopt(struct kb_arena *arena, struct kb_arena *other)
{
    struct block **end = &arena->blocks; /* behind the block in front, which is being filled */
    while (*end)
        end = &(*end)->next;
    if (other)
        *end = other->blocks;
    free(other);
}

static struct block *add_block(struct kb_arena *arena, size_t room)
{
    size_t usual = arena->blocks ? 2 * arena->blocks->size : FIRST_BYTES;
    if (usual > BLOCK_BYTES)
        usual = BLOCK_BYTES;
    size_t size = room > usual ? room : usual;
    struct block *b = take(1, sizeof *b + size);
    b->size = size;
    if (room > usual / 4 && arena->blocks) { /* keep filling the block in front */
        b->next = arena->blocks->next;
        arena->blocks->next = b;
    } else {
        b->next = arena->blocks;
        arena->blocks = b;
    }
    return b;
}

void *kb_alloc(struct kb_arena *arena, size_t n, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes) || bytes > SIZE_MAX / 2)
        abort();
    bytes = (bytes + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
    struct block *b = arena->blocks;
    if (!b || b->size - b->used < bytes)
        b = add_block(arena, bytes);
    void *memory = b->bytes + b->used;
    b->used += bytes;
    return memory;
}

char *kb_strndup(struct kb_arena *arena, const void *s, size_t n)
{
    char *copy = kb_alloc(arena, n + 1, 1);
    if (n)
        memcpy(copy, s, n);
    return copy;
}

char *kb_strdup(struct kb_arena *arena, const char *s)
{
    return kb_strndup(arena, s, strlen(s));
}

char *kb_sprintf(struct kb_arena *arena, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0)
        abort();
    char *text = kb_alloc(arena, (size_t)n + 1, 1);
    (void)vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    return text;
}

void *kb_grow(struct kb_arena *arena, void *items, size_t n, size_t size)
{
    if (n & (n - 1))
        return items; /* full only when n is 0, 1, 2, 4, 8 … */
    size_t room = n ? n * 2 : 1;
    void *grown = kb_alloc(arena, room, size);
    if (n)
        memcpy(grown, items, n * size);
    return grown;
}
