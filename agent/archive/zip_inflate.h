/* SPDX-License-Identifier: Apache-2.0 */
/* Deflated content of a zip (method 8, not encrypted) by ISA-L, in half the time of zlib, which libarchive uses. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "zip_header.h"

struct kb_reader;
struct kb_zip_inflate;

void kb_zip_inflate_free(struct kb_zip_inflate *inflate);
/* kb_zip_inflate_begin(reader, line, content): the content of reader->entry begins at this byte of the file; false: it
 * is not of this kind. */
bool kb_zip_inflate_begin(struct kb_reader *reader, const struct kb_zip_header *line, int64_t content);
/* kb_zip_inflate_block(reader, …): as kb_reader_block; sizes and CRC-32 are held against the directory. */
int kb_zip_inflate_block(struct kb_reader *reader, const void **ret_bytes, size_t *ret_n, int64_t *ret_offset);
