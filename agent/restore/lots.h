/* SPDX-License-Identifier: Apache-2.0 */
/* The lots of paths, and of a chain what was decided of each. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct kb_lots;

struct kb_lot {
    uint64_t key;
    bool used, decided, taken;
};

struct kb_lots *kb_lots_new(int64_t seed);
void kb_lots_free(struct kb_lots *lots);
/* kb_lots_draw(lots, path): kb_sample_lot with the seed. */
uint64_t kb_lots_draw(struct kb_lots *lots, const char *path);
/* kb_lots_draw_once(lots, path, ret_lot): the same; ret_lot is what is remembered of this path, for the caller to fill,
 * until the next call. 24 bytes and up to as many again for each path; two paths are taken for one at odds of 2^-64. */
uint64_t kb_lots_draw_once(struct kb_lots *lots, const char *path, struct kb_lot **ret_lot);
