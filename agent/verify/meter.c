/* SPDX-License-Identifier: Apache-2.0 */
/* Entries and bytes against the limits. */
#include "meter.h"

#include "koboshi/limits.h"

enum kb_excess kb_meter_entry(struct kb_meter *meter)
{
    meter->position = 0;
    return ++meter->entries > meter->budgets->entries ? KB_EXCESS_ENTRIES : KB_EXCESS_NONE;
}

enum kb_excess kb_meter_data(struct kb_meter *meter, int64_t offset, size_t n)
{
    if (offset < meter->position || n > INT64_MAX / 2 || offset > INT64_MAX / 2)
        return KB_EXCESS_ORDER;
    int64_t more = offset - meter->position + (int64_t)n;
    if (more > meter->budgets->bytes - meter->bytes)
        return KB_EXCESS_SIZE;
    meter->bytes += more;
    if (meter->packed > 0 && meter->bytes > KB_RATIO_FLOOR && meter->bytes / meter->budgets->ratio > meter->packed)
        return KB_EXCESS_RATIO;
    meter->position = offset + (int64_t)n;
    return KB_EXCESS_NONE;
}
