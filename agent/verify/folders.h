/* SPDX-License-Identifier: Apache-2.0 */
/* The folders of a tree brought into memory in the order of the disk, before somebody walks them by their names. */
#pragma once

#include <stdint.h>

/*
 * kb_folders_ahead(root, until_ns): lists every folder below root on its file system once, level by level, those of a
 * level as they lie on the disk (where the file system does not tell: by inode); what is read stays with the kernel. It
 * finds nothing and judges nothing: what it cannot open, list or keep within KB_TREE_WAITING_BYTES is left to the walk.
 * Ends at until_ns (CLOCK_BOOTTIME; 0: never).
 */
void kb_folders_ahead(int root, int64_t until_ns);
