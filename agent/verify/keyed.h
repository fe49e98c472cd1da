/* SPDX-License-Identifier: Apache-2.0 */
/* Hashing of hostile names, and a set of names seen. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Two words from the kernel's random source; tables keyed by it cannot be made slow on purpose. */
struct kb_key128 {
    uint64_t k[2];
};
struct kb_key128 kb_key128_random(void);

/* kb_siphash(key, bytes, n): SipHash-2-4 (Aumasson, Bernstein 2012). */
uint64_t kb_siphash(const struct kb_key128 *key, const void *bytes, size_t n);

/* A set of names that keeps 128 bits of each: 16-32 bytes a name; a false "seen before" has odds of 2^-80 at the limit.
 */
struct kb_seen;
struct kb_seen *kb_seen_new(void);
void kb_seen_free(struct kb_seen *seen);
/* kb_seen_add(seen, bytes, n): false if it was there before. */
bool kb_seen_add(struct kb_seen *seen, const void *bytes, size_t n);
bool kb_seen_has(const struct kb_seen *seen, const void *bytes, size_t n);
