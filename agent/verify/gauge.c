/* SPDX-License-Identifier: Apache-2.0 */
/* Content measured as it goes by. */
#include "gauge.h"

#include <stdlib.h>
#include <string.h>

enum { ZEROS_BYTES = 64 << 10 };
static const uint8_t zeros[ZEROS_BYTES];

struct kb_gauge {
    struct kb_digester *digester;
    int64_t position;
    bool blank;
    size_t n_lead;
    uint8_t lead[KB_LEAD_BYTES];
};

struct kb_gauge *kb_gauge_new(unsigned others)
{
    struct kb_gauge *gauge = calloc(1, sizeof *gauge);
    if (!gauge)
        abort();
    gauge->digester = kb_digester_new(others);
    return gauge;
}

void kb_gauge_free(struct kb_gauge *gauge)
{
    if (!gauge)
        return;
    kb_digester_free(gauge->digester);
    free(gauge);
}

void kb_gauge_begin(struct kb_gauge *gauge)
{
    kb_digester_begin(gauge->digester);
    gauge->position = 0;
    gauge->blank = true;
    gauge->n_lead = 0;
}

static void add(struct kb_gauge *gauge, const uint8_t *bytes, size_t n)
{
    kb_digester_add(gauge->digester, bytes, n);
    gauge->position += (int64_t)n;
    size_t room = KB_LEAD_BYTES - gauge->n_lead, part = n < room ? n : room;
    memcpy(gauge->lead + gauge->n_lead, bytes, part);
    gauge->n_lead += part;
}

void kb_gauge_data(struct kb_gauge *gauge, int64_t offset, const void *bytes, size_t n)
{
    while (gauge->position < offset) {
        int64_t left = offset - gauge->position;
        add(gauge, zeros, left < ZEROS_BYTES ? (size_t)left : ZEROS_BYTES);
    }
    const uint8_t *s = bytes;
    gauge->blank = gauge->blank && (!n || (!*s && !memcmp(s, s + 1, n - 1)));
    if (n)
        add(gauge, s, n);
}

void kb_gauge_end(struct kb_gauge *gauge, bool whole, struct kb_content *ret_content)
{
    ret_content->whole = whole;
    ret_content->blank = gauge->blank;
    ret_content->size = gauge->position;
    kb_digester_end(gauge->digester, &ret_content->digests);
    ret_content->sign = NULL;
    ret_content->n_lead = gauge->n_lead;
    memcpy(ret_content->lead, gauge->lead, gauge->n_lead);
}

int64_t kb_gauge_position(const struct kb_gauge *gauge)
{
    return gauge->position;
}
