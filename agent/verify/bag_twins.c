/* SPDX-License-Identifier: Apache-2.0 */
/* Names that differ only in case or in how their characters are composed: one file for two names on some systems. */
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "bag_tags.h"

/* 0: the name is no text. */
static uint64_t folded_hash(const struct kb_bag *bag, const char *path, size_t n)
{
    uint8_t *folded = NULL;
    ssize_t folded_n = utf8proc_map((const uint8_t *)path, (ssize_t)n, &folded,
                                    UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
    uint64_t hash = folded_n > 0 ? kb_siphash(&bag->twin_key, folded, (size_t)folded_n) | 1 : 0;
    free(folded);
    return hash;
}

static int by_hash(const void *a, const void *b)
{
    uint64_t x = ((const struct kb_twin *)a)->folded, y = ((const struct kb_twin *)b)->folded;
    return x < y ? -1 : x > y;
}

/* Of all that is there and equal; made once, when something is missing. */
static void collect(struct kb_bag *bag)
{
    struct kb_manifest *m = bag->manifest;
    size_t n = kb_manifest_count(m);
    bag->twin_key = kb_key128_random();
    bag->twins = reallocarray(NULL, n + 1, sizeof *bag->twins);
    if (!bag->twins)
        abort();
    for (size_t i = 0; i < n; i++) {
        const struct kb_listed *listed = kb_manifest_at(m, i);
        if (listed->state == KB_LISTED_MATCHES)
            bag->twins[bag->n_twins++] = (struct kb_twin){folded_hash(bag, kb_manifest_path(m, listed), listed->path_n),
                                                          i};
    }
    if (bag->n_twins)
        qsort(bag->twins, bag->n_twins, sizeof *bag->twins, by_hash);
}

const char *kb_bag_twin(struct kb_bag *bag, const struct kb_listed *listed)
{
    struct kb_manifest *m = bag->manifest;
    if (!bag->twins)
        collect(bag);
    uint64_t hash = folded_hash(bag, kb_manifest_path(m, listed), listed->path_n);
    size_t low = 0, high = bag->n_twins;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (bag->twins[middle].folded < hash)
            low = middle + 1;
        else
            high = middle;
    }
    for (; hash && low < bag->n_twins && bag->twins[low].folded == hash; low++) {
        const struct kb_listed *twin = kb_manifest_at(m, bag->twins[low].at);
        if (twin->state == KB_LISTED_MATCHES && kb_listed_agree(m, twin, m, listed))
            return kb_manifest_path(m, twin);
    }
    return NULL;
}
