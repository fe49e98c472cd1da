/* SPDX-License-Identifier: Apache-2.0 */
/* Records of what was verified. */
#include "koboshi/verified.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

static void put(uint8_t *at, uint64_t number)
{
    number = htole64(number);
    memcpy(at, &number, sizeof number);
}

static uint64_t get(const uint8_t *at)
{
    uint64_t number;
    memcpy(&number, at, sizeof number);
    return le64toh(number);
}

void kb_verified_write(const struct kb_verified *verified, uint8_t ret_bytes[KB_VERIFIED_BYTES])
{
    memcpy(ret_bytes, verified->print, KB_VERIFIED_PRINT);
    put(ret_bytes + 16, (uint64_t)verified->size);
    put(ret_bytes + 24, (uint64_t)verified->mtime_ns);
    put(ret_bytes + 32, verified->inode);
    put(ret_bytes + 40, (uint64_t)verified->when);
}

void kb_verified_read(const uint8_t bytes[KB_VERIFIED_BYTES], struct kb_verified *ret_verified)
{
    memcpy(ret_verified->print, bytes, KB_VERIFIED_PRINT);
    ret_verified->size = (int64_t)get(bytes + 16);
    ret_verified->mtime_ns = (int64_t)get(bytes + 24);
    ret_verified->inode = get(bytes + 32);
    ret_verified->when = (int64_t)get(bytes + 40);
}

int kb_verified_order(const void *a, const void *b)
{
    const struct kb_verified *x = a, *y = b;
    int order = memcmp(x->print, y->print, sizeof x->print);
    return order ? order : x->when < y->when ? 1 : x->when > y->when ? -1 : 0;
}

size_t kb_verified_sort(struct kb_verified *v, size_t n, int64_t now)
{
    size_t left = 0, kept = 0;
    for (size_t i = 0; i < n; i++)
        if (v[i].when >= 0 && v[i].when <= now)
            v[left++] = v[i];
    if (left)
        qsort(v, left, sizeof *v, kb_verified_order);
    for (size_t i = 0; i < left; i++)
        if (!kept || memcmp(v[kept - 1].print, v[i].print, sizeof v->print) != 0)
            v[kept++] = v[i];
    return kept;
}
