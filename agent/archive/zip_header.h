/* SPDX-License-Identifier: Apache-2.0 */
/* The fixed records of a zip (PKWARE APPNOTE 6.3.9, section 4.3), for comparison only: content is libarchive's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    KB_ZIP_LOCAL_BYTES = 30,      /* 4.3.7, without name and extra fields */
    KB_ZIP_CENTRAL_BYTES = 46,    /* 4.3.12, without name, extra fields and comment */
    KB_ZIP_END_BYTES = 22,        /* 4.3.16, without comment */
    KB_ZIP_LOCATOR_BYTES = 20,    /* 4.3.15 */
    KB_ZIP_END64_BYTES = 56,      /* 4.3.14, version 1 */
    KB_ZIP_DESCRIPTOR_BYTES = 24, /* 4.3.9, the longest: signed and with 64-bit sizes */
    KB_ZIP_FIELD_MAX = 65535,
};

/* General purpose bits, 4.4.4. */
enum {
    KB_ZIP_ENCRYPTED = 1 << 0,
    KB_ZIP_SIZES_BEHIND = 1 << 3, /* a data descriptor follows the content */
    KB_ZIP_STRONG = 1 << 6,
    KB_ZIP_UTF8 = 1 << 11,
    KB_ZIP_MASKED = 1 << 13, /* the directory is encrypted */
};

/* What a local header and the directory both say of an entry. Sizes in bytes. name and fields point into what was
 * parsed. */
struct kb_zip_header {
    uint16_t flags, method;
    uint32_t time; /* MS-DOS date << 16 | time */
    uint32_t crc;
    uint64_t packed, size;
    uint64_t local; /* only in the directory: place of the local header as stored */
    uint32_t volume;
    size_t n_name, n_fields;
    const uint8_t *name, *fields;
    size_t bytes; /* of the whole record, comment included */
    bool wide;    /* sizes are stored in a zip64 field */
};

uint16_t kb_le16(const uint8_t *s);
uint32_t kb_le32(const uint8_t *s);
uint64_t kb_le64(const uint8_t *s);

/* kb_zip_is(s, kind): the four bytes "PK", kind[0], kind[1]. */
bool kb_zip_is(const uint8_t *s, const char kind[2]);

/* kb_zip_central(s, n, ret_header), kb_zip_local(…): false: no such record, or more than the n bytes at s. */
bool kb_zip_central(const uint8_t *s, size_t n, struct kb_zip_header *ret_header);
bool kb_zip_local(const uint8_t *s, size_t n, struct kb_zip_header *ret_header);
/* kb_zip_field(header, id, ret_n): the extra field of this id (4.5), NULL if there is none. */
const uint8_t *kb_zip_field(const struct kb_zip_header *header, uint16_t id, size_t *ret_n);
/* kb_zip_unicode(header, ret_n): the name of the Info-ZIP Unicode Path field (4.6.9), if its CRC is that of the plain
 * name; NULL if there is none. */
const uint8_t *kb_zip_unicode(const struct kb_zip_header *header, size_t *ret_n);
