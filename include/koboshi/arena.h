/* SPDX-License-Identifier: Apache-2.0 */
/* core: memory that lives as long as one job, plan or record and is released at once. */
#pragma once

#include <stddef.h>

/* An arena grows as needed; running out of memory aborts the process (a worker that aborts is a failed unit). */
struct kb_arena;

struct kb_arena *kb_arena_new(void);
/* kb_arena_free(arena): releases everything ever taken from it. NULL is allowed. */
void kb_arena_free(struct kb_arena *arena);
/* kb_arena_adopt(arena, other): what was taken from `other` lives on as part of arena; `other` is gone. NULL is
 * allowed for it. */
void kb_arena_adopt(struct kb_arena *arena, struct kb_arena *other);

/* kb_alloc(arena, n, size): zeroed memory for n items of size bytes, aligned for any type. Never NULL, also for n = 0.
 */
void *kb_alloc(struct kb_arena *arena, size_t n, size_t size);
char *kb_strdup(struct kb_arena *arena, const char *s);
/* kb_strndup(arena, s, n): exactly n bytes of s plus a NUL. */
char *kb_strndup(struct kb_arena *arena, const void *s, size_t n);
__attribute__((format(printf, 2, 3))) char *kb_sprintf(struct kb_arena *arena, const char *fmt, ...);

/* kb_grow(arena, items, n, size): room for item number n (0-based) in an array that doubles; returns the array, which
 * may have moved. Start with items = NULL, n = 0; call it before writing items[n]. */
void *kb_grow(struct kb_arena *arena, void *items, size_t n, size_t size);

static inline void kb_arena_free_p(struct kb_arena **arena)
{
    kb_arena_free(*arena);
}
#define KB_SCOPED_ARENA __attribute__((cleanup(kb_arena_free_p))) struct kb_arena *
