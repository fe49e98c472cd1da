/* SPDX-License-Identifier: Apache-2.0 */
/* How durations, sizes and rates are spelt. */
#include "koboshi/plan.h"

#include <string.h>

struct unit {
    const char *name;
    int64_t worth;
};

/* At most 18 digits, so that the number itself cannot overflow. */
static size_t digits_at(const char *text, int64_t *ret_value)
{
    size_t n = strspn(text, "0123456789");
    if (!n || n > 18)
        return 0;
    int64_t value = 0;
    for (size_t i = 0; i < n; i++)
        value = value * 10 + (text[i] - '0');
    *ret_value = value;
    return n;
}

/* Longest name first where one begins with another. */
static const struct unit *unit_at(const struct unit *units, size_t n, const char *text)
{
    for (size_t i = 0; i < n; i++)
        if (!strncmp(text, units[i].name, strlen(units[i].name)))
            return &units[i];
    return NULL;
}

bool kb_duration_parse(const char *text, int64_t *ret_seconds)
{
    static const struct unit units[] = {{"年", 31536000}, {"週間", 604800}, {"日", 86400},   {"時間", 3600},
                                        {"分", 60},       {"秒", 1},        {"y", 31536000}, {"w", 604800},
                                        {"d", 86400},     {"h", 3600},      {"m", 60},       {"s", 1}};
    int64_t total = 0, above = INT64_MAX;
    if (!*text)
        return false;
    while (*text) {
        int64_t value = 0, part = 0;
        size_t n = digits_at(text, &value);
        const struct unit *unit = n ? unit_at(units, sizeof units / sizeof *units, text + n) : NULL;
        if (!unit || unit->worth >= above) /* from large to small, each once */
            return false;
        if (__builtin_mul_overflow(value, unit->worth, &part) || __builtin_add_overflow(total, part, &total))
            return false;
        above = unit->worth;
        text += n + strlen(unit->name);
    }
    *ret_seconds = total;
    return true;
}

static bool parse_amount(const char *text, const struct unit *units, size_t n_units, int64_t *ret)
{
    int64_t value = 0, total = 0;
    size_t n = digits_at(text, &value);
    if (!n)
        return false;
    for (size_t i = 0; i < n_units; i++) {
        if (strcmp(text + n, units[i].name))
            continue;
        if (__builtin_mul_overflow(value, units[i].worth, &total))
            return false;
        *ret = total;
        return true;
    }
    return false;
}

#define KILO INT64_C(1000)
#define KIBI INT64_C(1024)

bool kb_size_parse(const char *text, int64_t *ret_bytes)
{
    static const struct unit units[] = {
        {"B", 1},
        {"KB", KILO},
        {"MB", KILO * KILO},
        {"GB", KILO * KILO * KILO},
        {"TB", KILO * KILO * KILO * KILO},
        {"KiB", KIBI},
        {"MiB", KIBI * KIBI},
        {"GiB", KIBI * KIBI * KIBI},
        {"TiB", KIBI * KIBI * KIBI * KIBI},
    };
    return parse_amount(text, units, sizeof units / sizeof *units, ret_bytes);
}

bool kb_rate_parse(const char *text, int64_t *ret_bytes_per_s)
{
    static const struct unit units[] = {
        {"B/s", 1},
        {"KB/s", KILO},
        {"MB/s", KILO * KILO},
        {"GB/s", KILO * KILO * KILO},
        {"KiB/s", KIBI},
        {"MiB/s", KIBI * KIBI},
        {"GiB/s", KIBI * KIBI * KIBI},
        {"kbps", KILO / 8},
        {"Mbps", KILO * KILO / 8},
        {"Gbps", KILO * KILO * KILO / 8},
    };
    return parse_amount(text, units, sizeof units / sizeof *units, ret_bytes_per_s);
}
