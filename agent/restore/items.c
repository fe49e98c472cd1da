/* SPDX-License-Identifier: Apache-2.0 */
/* A hash table of names that finds equal and look-alike ones. */
#include "items.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "koboshi/arena.h"

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static uint64_t hash_byte(uint64_t h, unsigned char byte)
{
    h = (h ^ byte) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 29;
}

/* Seeded, so that an archive cannot be made of names that all fall into one bucket. */
static uint64_t seed_of(const struct kb_items *items)
{
    return items->seed ^ UINT64_C(0xcbf29ce484222325);
}

static uint32_t hash_of(const struct kb_items *items, const char *key)
{
    uint64_t h = seed_of(items);
    for (const unsigned char *at = (const unsigned char *)key; *at; at++)
        h = hash_byte(h, *at);
    return (uint32_t)(h >> 32);
}

/* Kana and kanji, U+3000 to U+9FFF: they have no case, and NFC leaves them as they are but for the marks among them. */
static bool is_plain_japanese(const unsigned char *at)
{
    if (at[0] < 0xe3 || at[0] > 0xe9 || (at[1] & 0xc0) != 0x80 || (at[2] & 0xc0) != 0x80)
        return false;
    unsigned point = (at[0] & 0xfu) << 12 | (at[1] & 0x3fu) << 6 | (at[2] & 0x3fu);
    return (point < 0x302a || point > 0x302f) && point != 0x3099 && point != 0x309a;
}

/* Names alike in any way share this key; which way it is, is compared among those few. */
static uint32_t hash_path(const struct kb_items *items, const char *path)
{
    uint64_t h = seed_of(items);
    const unsigned char *at = (const unsigned char *)path;
    while (*at && (*at < 0x80 || is_plain_japanese(at))) { /* composed already */
        size_t n = *at < 0x80 ? 1 : 3;
        h = hash_byte(h, *at >= 'a' && *at <= 'z' ? *at - ('a' - 'A') : *at);
        for (size_t i = 1; i < n; i++)
            h = hash_byte(h, at[i]);
        at += n;
    }
    if (!*at)
        return (uint32_t)(h >> 32);
    char *key = kb_name_key(path, true, true);
    uint32_t hash = hash_of(items, key);
    free(key);
    return hash;
}

void kb_items_init(struct kb_items *items, struct kb_arena *arena)
{
    *items = (struct kb_items){.arena = arena, .n_buckets = 1024};
    items->buckets = must(calloc(items->n_buckets, sizeof *items->buckets));
    if (getrandom(&items->seed, sizeof items->seed, 0) != sizeof items->seed)
        abort();
}

void kb_items_done(struct kb_items *items)
{
    free(items->buckets);
    free(items->chunks);
    items->buckets = NULL;
    items->chunks = NULL;
}

struct kb_item *kb_items_at(const struct kb_items *items, size_t i)
{
    return &items->chunks[i / KB_ITEMS_CHUNK][i % KB_ITEMS_CHUNK];
}

static void link_item(struct kb_items *items, size_t i)
{
    struct kb_item *item = kb_items_at(items, i);
    uint32_t *bucket = &items->buckets[item->hash & (items->n_buckets - 1)];
    item->next = *bucket;
    *bucket = (uint32_t)i + 1;
}

static void widen(struct kb_items *items)
{
    free(items->buckets);
    items->n_buckets *= 2;
    items->buckets = must(calloc(items->n_buckets, sizeof *items->buckets));
    for (size_t i = 0; i < items->n; i++)
        link_item(items, i);
}

struct kb_item *kb_items_add(struct kb_items *items, const char *path, const char *kept)
{
    if (items->n == items->n_buckets)
        widen(items);
    if (items->n % KB_ITEMS_CHUNK == 0) {
        size_t chunk = items->n / KB_ITEMS_CHUNK;
        items->chunks = must(reallocarray(items->chunks, chunk + 1, sizeof *items->chunks));
        items->chunks[chunk] = kb_alloc(items->arena, KB_ITEMS_CHUNK, sizeof(struct kb_item));
    }
    struct kb_item *item = kb_items_at(items, items->n);
    item->path = kept ? kept : kb_strdup(items->arena, path);
    item->hash = hash_path(items, path);
    link_item(items, items->n++);
    return item;
}

/* The item after `item` (NULL: the first) with this hash that is not dropped. */
static struct kb_item *following(const struct kb_items *items, uint32_t hash, const struct kb_item *item)
{
    uint32_t next = item ? item->next : items->buckets[hash & (items->n_buckets - 1)];
    for (; next; next = kb_items_at(items, next - 1)->next) {
        struct kb_item *found = kb_items_at(items, next - 1);
        if (found->hash == hash && !(found->flags & KB_ITEM_DROPPED))
            return found;
    }
    return NULL;
}

struct kb_item *kb_items_find(const struct kb_items *items, const char *path)
{
    uint32_t hash = hash_path(items, path);
    struct kb_item *item = NULL;
    while ((item = following(items, hash, item)))
        if (!strcmp(item->path, path))
            return item;
    return NULL;
}

static bool same_key(const char *a, const char *b, bool compose, bool fold)
{
    char *key_a = kb_name_key(a, compose, fold), *key_b = kb_name_key(b, compose, fold);
    bool same = !strcmp(key_a, key_b);
    free(key_a);
    free(key_b);
    return same;
}

static enum kb_likeness likeness(const char *a, const char *b)
{
    if (!strcmp(a, b))
        return KB_SAME;
    if (same_key(a, b, false, true))
        return KB_SAME_ON_WINDOWS;
    return same_key(a, b, true, false) ? KB_LOOKS_ALIKE : KB_UNLIKE;
}

enum kb_likeness kb_items_twin(const struct kb_items *items, const char *path, const struct kb_item **ret_other)
{
    uint32_t hash = hash_path(items, path);
    enum kb_likeness best = KB_UNLIKE;
    for (const struct kb_item *item = NULL; best != KB_SAME && (item = following(items, hash, item));) {
        enum kb_likeness now = likeness(item->path, path);
        if (now <= best)
            continue;
        best = now;
        *ret_other = item;
    }
    return best;
}
