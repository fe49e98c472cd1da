/* SPDX-License-Identifier: Apache-2.0 */
/* Was this file system detached cleanly? Read from the device itself; nothing is mounted or replayed. */
#pragma once

#include <stdbool.h>

#include "koboshi/text.h"

/*
 * kb_journal_is_dirty(fd, fs_type, ret_why): by type as libblkid spells it:
 * ext2, ext3, ext4: superblock (Linux Documentation/filesystems/ext4/super.rst) · xfs: the last log record is not an
 * unmount record (fs/xfs/xfs_log_recover.c, xlog_check_unmount_rec; XFS Algorithms and Data Structures, "Journaling
 * Log") · btrfs: a log tree waits to be replayed (superblock, log_root) · ntfs: the dirty flag of $VOLUME_INFORMATION,
 * or a restart area of $LogFile that was not closed (Linux-NTFS documentation, "$Volume", "$LogFile") · exfat:
 * VolumeFlags (Microsoft exFAT specification, 3.1.13) · vfat: the state byte of the boot sector, or the two top bits of
 * the second FAT entry (Microsoft FAT specification 1.03, "FAT[1]").
 * Other types, an external xfs log, and what cannot be read: false. ret_why: static text.
 */
bool kb_journal_is_dirty(int fd, const char *fs_type, struct kb_text *ret_why);

/* Of one family each; the same contract. */
bool kb_ntfs_is_dirty(int fd, struct kb_text *ret_why);
bool kb_exfat_is_dirty(int fd, struct kb_text *ret_why);
bool kb_fat_is_dirty(int fd, struct kb_text *ret_why);
