/* SPDX-License-Identifier: Apache-2.0 */
/* The limits on what one generation unpacks to, counted where the bytes come from: before they cost anything. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "koboshi/budgets.h"

enum kb_excess {
    KB_EXCESS_NONE,
    KB_EXCESS_ENTRIES,
    KB_EXCESS_ORDER, /* a piece before the end of the one before: the archive contradicts itself */
    KB_EXCESS_SIZE,
    KB_EXCESS_RATIO,
};

struct kb_meter {
    const struct kb_budgets *budgets;
    int64_t packed; /* bytes of the generation's files; KB_ABSENT: no ratio to keep */
    int64_t entries;
    int64_t bytes;    /* of contents, holes included */
    int64_t position; /* in the content of the current entry */
};

/* kb_meter_entry(meter): one more. */
enum kb_excess kb_meter_entry(struct kb_meter *meter);
/* kb_meter_data(meter, offset, n): n more bytes of its content at this offset; n = 0: a hole up to there. Counted as
 * far as it fits. */
enum kb_excess kb_meter_data(struct kb_meter *meter, int64_t offset, size_t n);
