/* SPDX-License-Identifier: Apache-2.0 */
/* SipHash and an open-addressed set of fingerprints. */
#include "keyed.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct print {
    uint64_t a, b; /* both 0: free */
};

struct kb_seen {
    struct kb_key128 key_a, key_b;
    size_t n, room; /* room is a power of two */
    struct print *slots;
};

struct kb_key128 kb_key128_random(void)
{
    struct kb_key128 key;
    if (getrandom(&key, sizeof key, 0) != sizeof key)
        abort();
    return key;
}

static inline uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static inline void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static inline void take(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_round(v);
    sip_round(v);
    v[0] ^= word;
}

uint64_t kb_siphash(const struct kb_key128 *key, const void *bytes, size_t n)
{
    const uint8_t *s = bytes;
    uint64_t v[4] = {UINT64_C(0x736f6d6570736575) ^ key->k[0], UINT64_C(0x646f72616e646f6d) ^ key->k[1],
                     UINT64_C(0x6c7967656e657261) ^ key->k[0], UINT64_C(0x7465646279746573) ^ key->k[1]};
    size_t i = 0;
    for (; n - i >= 8; i += 8) {
        uint64_t word;
        memcpy(&word, s + i, 8);
        take(v, word);
    }
    uint64_t last = (uint64_t)n << 56;
    for (size_t k = 0; i + k < n; k++)
        last |= (uint64_t)s[i + k] << (8 * k);
    take(v, last);
    v[2] ^= 0xff;
    for (int r = 0; r < 4; r++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static struct print *slots_new(size_t room)
{
    struct print *slots = calloc(room, sizeof *slots);
    if (!slots)
        abort();
    return slots;
}

struct kb_seen *kb_seen_new(void)
{
    struct kb_seen *seen = calloc(1, sizeof *seen);
    if (!seen)
        abort();
    seen->key_a = kb_key128_random();
    seen->key_b = kb_key128_random();
    seen->room = 1024;
    seen->slots = slots_new(seen->room);
    return seen;
}

void kb_seen_free(struct kb_seen *seen)
{
    if (seen)
        free(seen->slots);
    free(seen);
}

static struct print *slot_of(struct print *slots, size_t room, struct print print)
{
    size_t at = (size_t)print.a & (room - 1);
    while ((slots[at].a || slots[at].b) && (slots[at].a != print.a || slots[at].b != print.b))
        at = (at + 1) & (room - 1);
    return &slots[at];
}

static struct print print_of(const struct kb_seen *seen, const void *bytes, size_t n)
{
    return (struct print){kb_siphash(&seen->key_a, bytes, n), kb_siphash(&seen->key_b, bytes, n) | 1};
}

static void grow(struct kb_seen *seen)
{
    size_t room = seen->room * 2;
    struct print *slots = slots_new(room);
    for (size_t i = 0; i < seen->room; i++) {
        if (seen->slots[i].a || seen->slots[i].b)
            *slot_of(slots, room, seen->slots[i]) = seen->slots[i];
    }
    free(seen->slots);
    seen->slots = slots;
    seen->room = room;
}

bool kb_seen_add(struct kb_seen *seen, const void *bytes, size_t n)
{
    struct print print = print_of(seen, bytes, n), *slot = slot_of(seen->slots, seen->room, print);
    if (slot->b)
        return false;
    *slot = print;
    if (++seen->n * 4 > seen->room * 3)
        grow(seen);
    return true;
}

bool kb_seen_has(const struct kb_seen *seen, const void *bytes, size_t n)
{
    return slot_of(seen->slots, seen->room, print_of(seen, bytes, n))->b != 0;
}
