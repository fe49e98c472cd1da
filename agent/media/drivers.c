/* SPDX-License-Identifier: Apache-2.0 */
/* The mount table. A plain read-only mount replays the journal of ext3, ext4, xfs and btrfs, which changes the disk. */
#include "driver.h"

#include <string.h>

#include "koboshi/media.h"

/* ntfs-3g(8), exit codes from 12 on */
static const struct kb_text ntfs_3g_reasons[] = {
    {.en = "it is not NTFS, or its first sector is damaged", .ja = "NTFSではないか、先頭セクタが壊れています"},
    {.en = "its NTFS structures are inconsistent; run chkdsk on Windows",
     .ja = "NTFSの構造に矛盾があります。Windowsでchkdskを実行してください"},
    {.en = "Windows is hibernated on it", .ja = "Windowsが休止状態のままです"},
    {.en = "it was not detached cleanly", .ja = "正しく取り外されていません"},
    {.en = "it is in use", .ja = "使用中です"},
    {.en = "it is part of a RAID", .ja = "RAIDの一部です"},
    {.en = "an error that has no name", .ja = "原因不明のエラーです"},
    {.en = "a right is missing", .ja = "権限がありません"},
    {.en = "not enough memory", .ja = "メモリが足りません"},
    {.en = "FUSE does not work on this machine", .ja = "この機器ではFUSEが動作しません"},
};

static const struct kb_driver drivers[] = {
    {"ext2", "ext4", "noload"},
    {"ext3", "ext4", "noload"},
    {"ext4", "ext4", "noload"},
    {"xfs", "xfs", "norecovery"},
    {"btrfs", "btrfs", "rescue=nologreplay"},
    /* mounted read-only, ntfs3 leaves $LogFile as it is */
    {"ntfs", "ntfs3", "iocharset=utf8", .package = "linux-image-amd64"},
    {"ntfs", "ntfs-3g", "ro,norecover,noatime,streams_interface=none,nosuid,nodev,noexec", "/usr/bin/ntfs-3g",
     .stay = {"-o", "no_detach"}, .package = "ntfs-3g", .reasons = ntfs_3g_reasons,
     .n_reasons = sizeof ntfs_3g_reasons / sizeof *ntfs_3g_reasons, .first_reason = 12},
    {"exfat", "exfat", "iocharset=utf8", .package = "linux-image-amd64"},
    {"exfat", "exfat-fuse", "ro,noatime,nosuid,nodev", "/usr/sbin/mount.exfat-fuse", .stay = {"-d"},
     .package = "exfat-fuse"},
    /* short names without a long one are in the code page of the machine that wrote them: Japanese Windows */
    {"vfat", "vfat", "codepage=932,utf8", .package = "linux-image-amd64"},
    {"vfat", "vfat", "utf8", .package = "linux-image-amd64"},
};

const struct kb_driver *kb_driver_next(const char *fs_type, const struct kb_driver *after)
{
    const struct kb_driver *end = drivers + sizeof drivers / sizeof *drivers;
    for (const struct kb_driver *at = after ? after + 1 : drivers; fs_type && at < end; at++)
        if (!strcmp(at->fs_type, fs_type))
            return at;
    return NULL;
}

bool kb_media_driver_is_program(const char *name)
{
    bool found = false;
    for (size_t i = 0; name && i < sizeof drivers / sizeof *drivers; i++)
        found |= drivers[i].program && !strcmp(drivers[i].name, name);
    return found;
}
