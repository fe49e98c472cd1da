/* SPDX-License-Identifier: Apache-2.0 */
/* What the first bytes of a generation say it is. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "codec.h"
#include "koboshi/finding.h"

enum kb_container { KB_CONTAINER_NONE, KB_CONTAINER_TAR, KB_CONTAINER_CPIO, KB_CONTAINER_ZIP, KB_CONTAINER_7Z };

enum { KB_DETECT_BYTES = 33 << 10 }; /* ISO 9660 says what it is at byte 32,769 */

/* A format that is not read, and why. */
struct kb_unread {
    size_t offset, n;
    const char *magic;
    const char *name;
    enum kb_rule_id rule;
    struct kb_text why;
};

enum kb_container kb_detect_container(const void *bytes, size_t n);
/* kb_detect_codec(bytes, n, name): NULL if no accepted filter shows. .lzma has no magic: header and suffix together. */
const struct kb_codec *kb_detect_codec(const void *bytes, size_t n, const char *name);
/* kb_detect_skippable(bytes, n): it begins with a skippable frame (RFC 8878 3.1.2, lz4 frame format). */
bool kb_detect_skippable(const void *bytes, size_t n);
/* kb_detect_unread(bytes, n): the row of a known format that is not accepted, NULL if none. */
const struct kb_unread *kb_detect_unread(const void *bytes, size_t n);
/* kb_suffix_codec(name, ret_stem): the filter that the suffix promises, NULL if none; and the length of name without it
 * (.tgz and the like: unchanged). */
const struct kb_codec *kb_suffix_codec(const char *name, size_t *ret_stem);
