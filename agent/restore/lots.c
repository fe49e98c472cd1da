/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 of seed and path, and a table by its further bytes. */
#include "lots.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "koboshi/digest.h"
#include "koboshi/sample.h"

enum { SEED_ROOM = 24 };

struct kb_lots {
    struct kb_hasher *hasher;
    char seed[SEED_ROOM]; /* with its line feed */
    size_t seed_n;
    struct kb_lot *slots;
    size_t n, n_slots; /* a power of two */
};

struct kb_lots *kb_lots_new(int64_t seed)
{
    struct kb_lots *lots = calloc(1, sizeof *lots);
    if (!lots)
        abort();
    lots->seed_n = (size_t)snprintf(lots->seed, sizeof lots->seed, "%" PRId64 "\n", seed);
    lots->hasher = kb_hasher_new();
    return lots;
}

void kb_lots_free(struct kb_lots *lots)
{
    if (!lots)
        return;
    kb_hasher_free(lots->hasher);
    free(lots->slots);
    free(lots);
}

static uint64_t big_endian(const uint8_t *bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 8 | bytes[i];
    return value;
}

static struct kb_sha256 hash(struct kb_lots *lots, const char *path)
{
    kb_hasher_begin(lots->hasher);
    kb_hasher_add(lots->hasher, lots->seed, lots->seed_n);
    kb_hasher_add(lots->hasher, path, strlen(path));
    return kb_hasher_end(lots->hasher);
}

uint64_t kb_lots_draw(struct kb_lots *lots, const char *path)
{
    struct kb_sha256 digest = hash(lots, path);
    return big_endian(digest.bytes);
}

static struct kb_lot *slot_of(const struct kb_lots *lots, uint64_t key)
{
    size_t at = key & (lots->n_slots - 1);
    while (lots->slots[at].used && lots->slots[at].key != key)
        at = (at + 1) & (lots->n_slots - 1);
    return &lots->slots[at];
}

static void widen(struct kb_lots *lots)
{
    enum { FIRST = 1024 };
    struct kb_lot *old = lots->slots;
    size_t n_old = lots->n_slots;
    lots->n_slots = n_old ? n_old * 2 : FIRST;
    lots->slots = calloc(lots->n_slots, sizeof *lots->slots);
    if (!lots->slots)
        abort();
    for (size_t i = 0; i < n_old; i++)
        if (old[i].used)
            *slot_of(lots, old[i].key) = old[i];
    free(old);
}

uint64_t kb_lots_draw_once(struct kb_lots *lots, const char *path, struct kb_lot **ret_lot)
{
    struct kb_sha256 digest = hash(lots, path);
    uint64_t key = big_endian(digest.bytes + 8);
    if (lots->n * 2 >= lots->n_slots)
        widen(lots);
    struct kb_lot *lot = slot_of(lots, key);
    if (!lot->used) {
        *lot = (struct kb_lot){.key = key, .used = true};
        lots->n++;
    }
    *ret_lot = lot;
    return big_endian(digest.bytes);
}

uint64_t kb_sample_lot(int64_t seed, const char *path)
{
    struct kb_lots *lots = kb_lots_new(seed);
    uint64_t lot = kb_lots_draw(lots, path);
    kb_lots_free(lots);
    return lot;
}
