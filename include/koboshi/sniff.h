/* SPDX-License-Identifier: Apache-2.0 */
/* archive: what a file is by its first bytes, without reading it whole. */
#pragma once

#include <stdbool.h>

/* Static text, NULL where it is none. */
struct kb_sniff {
    const char *container; /* "tar", "cpio", "zip", "7z", also within a filter */
    const char *filter;    /* "gzip" … */
    const char *known; /* "SQLite" (also within a filter), "Office", "PDF"; or a format that is not read: "VHDX" … */
    bool encrypted;    /* `known` needs a key to be seen into */
    int tool;          /* enum kb_tool_id whose bytes it begins with; KB_TOOL_OTHER: none */
};

/* kb_sniff(fd, name): of a regular file open for reading; at most 1 MiB of it is read. What cannot be read is nothing
 * known. name: its base name, which tells .lzma. For confined processes: the bytes are hostile. */
struct kb_sniff kb_sniff(int fd, const char *name);
