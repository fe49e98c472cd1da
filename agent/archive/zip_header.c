/* SPDX-License-Identifier: Apache-2.0 */
/* Fixed records taken apart. */
#include "zip_header.h"

#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

enum { FIELD_ZIP64 = 0x0001, FIELD_UNICODE_PATH = 0x7075 };

uint16_t kb_le16(const uint8_t *s)
{
    return (uint16_t)(s[0] | s[1] << 8);
}

uint32_t kb_le32(const uint8_t *s)
{
    return kb_le16(s) | (uint32_t)kb_le16(s + 2) << 16;
}

uint64_t kb_le64(const uint8_t *s)
{
    return kb_le32(s) | (uint64_t)kb_le32(s + 4) << 32;
}

bool kb_zip_is(const uint8_t *s, const char kind[2])
{
    return s[0] == 'P' && s[1] == 'K' && s[2] == kind[0] && s[3] == kind[1];
}

const uint8_t *kb_zip_field(const struct kb_zip_header *header, uint16_t id, size_t *ret_n)
{
    const uint8_t *s = header->fields;
    for (size_t left = header->n_fields; left >= 4;) {
        size_t n = kb_le16(s + 2);
        if (n > left - 4)
            return NULL;
        if (kb_le16(s) == id) {
            *ret_n = n;
            return s + 4;
        }
        s += 4 + n;
        left -= 4 + n;
    }
    return NULL;
}

const uint8_t *kb_zip_unicode(const struct kb_zip_header *header, size_t *ret_n)
{
    size_t n;
    const uint8_t *field = kb_zip_field(header, FIELD_UNICODE_PATH, &n);
    if (!field || n <= 5 || field[0] != 1 || kb_le32(field + 1) != crc32(0, header->name, (uInt)header->n_name))
        return NULL;
    *ret_n = n - 5;
    return field + 5;
}

/* 4.5.3: only what does not fit is in the field, in this order. */
static void widen(struct kb_zip_header *h)
{
    size_t n;
    const uint8_t *s = kb_zip_field(h, FIELD_ZIP64, &n);
    uint64_t *const values[] = {&h->size, &h->packed, &h->local};
    h->wide = s != NULL;
    for (size_t i = 0; s && i < 3; i++) {
        if (*values[i] != UINT32_MAX)
            continue;
        if (n < 8)
            return;
        *values[i] = kb_le64(s);
        s += 8;
        n -= 8;
    }
    if (s && n >= 4 && h->volume == UINT16_MAX)
        h->volume = kb_le32(s);
}

/* The part that both have in the same order, from the flags to the length of the extra fields. */
static void take_same(const uint8_t *s, struct kb_zip_header *h)
{
    *h = (struct kb_zip_header){.flags = kb_le16(s),
                                .method = kb_le16(s + 2),
                                .time = kb_le32(s + 4),
                                .crc = kb_le32(s + 8),
                                .packed = kb_le32(s + 12),
                                .size = kb_le32(s + 16),
                                .n_name = kb_le16(s + 20),
                                .n_fields = kb_le16(s + 22)};
}

bool kb_zip_central(const uint8_t *s, size_t n, struct kb_zip_header *ret_header)
{
    struct kb_zip_header h;
    if (n < KB_ZIP_CENTRAL_BYTES || !kb_zip_is(s, "\1\2"))
        return false;
    take_same(s + 8, &h);
    h.bytes = KB_ZIP_CENTRAL_BYTES + h.n_name + h.n_fields + kb_le16(s + 32);
    if (h.bytes > n)
        return false;
    h.volume = kb_le16(s + 34);
    h.local = kb_le32(s + 42);
    h.name = s + KB_ZIP_CENTRAL_BYTES;
    h.fields = h.name + h.n_name;
    widen(&h);
    *ret_header = h;
    return true;
}

bool kb_zip_local(const uint8_t *s, size_t n, struct kb_zip_header *ret_header)
{
    struct kb_zip_header h;
    if (n < KB_ZIP_LOCAL_BYTES || !kb_zip_is(s, "\3\4"))
        return false;
    take_same(s + 6, &h);
    h.bytes = KB_ZIP_LOCAL_BYTES + h.n_name + h.n_fields;
    if (h.bytes > n)
        return false;
    h.name = s + KB_ZIP_LOCAL_BYTES;
    h.fields = h.name + h.n_name;
    widen(&h);
    *ret_header = h;
    return true;
}
