/* SPDX-License-Identifier: Apache-2.0 */
/* Was this file system detached cleanly? Read from the device itself; nothing is mounted or replayed. */
#pragma once

#include <stdbool.h>

#include "koboshi/text.h"

/*
 * kb_journal_is_dirty(fd, fs_type, ret_why): ext2, ext3, ext4: superblock (Linux
 * Documentation/filesystems/ext4/super.rst); xfs: the last log record is not an unmount record
 * (fs/xfs/xfs_log_recover.c, xlog_check_unmount_rec; XFS Algorithms and Data Structures, "Journaling Log"). Other
 * types, an external xfs log, and what cannot be read: false. ret_why: static text.
 */
bool kb_journal_is_dirty(int fd, const char *fs_type, struct kb_text *ret_why);
