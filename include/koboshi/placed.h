/* SPDX-License-Identifier: Apache-2.0 */
/* media: where files and folders lie on their disk. It orders reads and nothing else: what is said here may be wrong.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* One extent as a file system tells it (linux/fiemap.h), in bytes. */
struct kb_placed {
    uint64_t logical, physical, length;
    bool no_data; /* never written: reading it costs nothing */
};

enum { KB_PLACED_MAX = 65536 }; /* extents asked of one file: 8 GiB in pieces of 128 KiB */
/* kb_placed_ask(fd, ret_extents): how many, malloc'd; -1: this file system does not tell. Nothing is flushed for it (no
 * FIEMAP_FLAG_SYNC): what we mount ourselves is read-only. */
long kb_placed_ask(int fd, struct kb_placed **ret_extents);

/*
 * kb_folders_ahead(root, flags, until_ns): lists every folder below root on its file system once, level by level, those
 * of a level as they lie on the disk (where the file system does not tell: by inode); what is read stays with the
 * kernel. It finds nothing and judges nothing: what it cannot open, list or keep within KB_TREE_WAITING_BYTES is left
 * to the walk. flags: O_NOATIME where root is not a view of its own (kb_view_open), or 0. Ends at until_ns
 * (CLOCK_BOOTTIME; 0: never).
 */
void kb_folders_ahead(int root, int flags, int64_t until_ns);
