/* SPDX-License-Identifier: Apache-2.0 */
/* Unclean ext2/3/4, xfs and btrfs, seen without replaying anything. */
#include "journal.h"

#include <stdint.h>
#include <string.h>

#include "disk_bytes.h"

enum {
    EXT_SUPERBLOCK_AT = 1024,
    EXT_MAGIC_AT = 0x38,
    EXT_MAGIC = 0xef53,
    EXT_STATE_AT = 0x3a,
    EXT_STATE_CLEAN = 1,
    EXT_STATE_ERRORS = 2,
    EXT_INCOMPAT_AT = 0x60,
    EXT_INCOMPAT_RECOVER = 4,
};

static bool ext_is_dirty(int fd, struct kb_text *ret_why)
{
    uint8_t super[1024];
    if (!kb_disk_read(fd, EXT_SUPERBLOCK_AT, super, sizeof super) || le16(super + EXT_MAGIC_AT) != EXT_MAGIC)
        return false;
    unsigned state = le16(super + EXT_STATE_AT);
    if (le32(super + EXT_INCOMPAT_AT) & EXT_INCOMPAT_RECOVER)
        *ret_why = (struct kb_text){.en = "its journal holds changes that were never written back",
                                    .ja = "ジャーナルに未反映の変更が残っています"};
    else if (state & EXT_STATE_ERRORS)
        *ret_why = (struct kb_text){.en = "it is marked as having errors", .ja = "エラーありと記録されています"};
    else if (!(state & EXT_STATE_CLEAN))
        *ret_why = (struct kb_text){.en = "it was never unmounted", .ja = "アンマウントされないまま外されています"};
    else
        return false;
    return true;
}

enum {
    XFS_SECTOR = 512,              /* the log counts in these, whatever the device's sectors are */
    XFS_RECORD_SECTORS_MAX = 1024, /* a record ends at 256 KiB, its headers and padding at another 256 KiB */
    XFS_HEADER_BYTES = 32 << 10,   /* of record per sector of header */
    XFS_OP_UNMOUNT = 0x20,
};

static const uint8_t xfs_record_magic[] = {0xfe, 0xed, 0xba, 0xbe};

struct xfs_log {
    int fd;
    uint64_t offset; /* bytes */
    uint64_t sectors;
};

static bool find_xfs_log(int fd, struct xfs_log *ret_log)
{
    uint8_t super[XFS_SECTOR];
    if (!kb_disk_read(fd, 0, super, sizeof super) || memcmp(super, "XFSB", 4) != 0)
        return false;
    uint64_t block_bytes = be32(super + 4), start = (uint64_t)be32(super + 48) << 32 | be32(super + 52);
    uint64_t group_blocks = be32(super + 84), blocks = be32(super + 96);
    unsigned group_shift = super[124];
    if (!start || !blocks || block_bytes < XFS_SECTOR || block_bytes > 64 << 10 || group_shift > 31)
        return false;
    uint64_t group = start >> group_shift, in_group = start & ((UINT64_C(1) << group_shift) - 1);
    if (group > UINT32_MAX)
        return false;
    *ret_log = (struct xfs_log){.fd = fd,
                                .offset = (group * group_blocks + in_group) * block_bytes,
                                .sectors = blocks * block_bytes / XFS_SECTOR};
    return true;
}

static bool read_sector(const struct xfs_log *log, uint64_t sector, uint8_t data[XFS_SECTOR])
{
    return kb_disk_read(log->fd, log->offset + sector % log->sectors * XFS_SECTOR, data, XFS_SECTOR);
}

static bool is_record(const uint8_t *sector)
{
    return !memcmp(sector, xfs_record_magic, sizeof xfs_record_magic);
}

/* Every sector begins with the number of the turn in which it was written, record headers after their magic. */
static bool cycle_at(const struct xfs_log *log, uint64_t sector, uint32_t *ret_cycle)
{
    uint8_t data[XFS_SECTOR];
    if (!read_sector(log, sector, data))
        return false;
    *ret_cycle = be32(is_record(data) ? data + 4 : data);
    return true;
}

/* The sector after the last one written: the first whose cycle differs from that of sector 0. */
static bool find_head(const struct xfs_log *log, uint64_t *ret_head)
{
    uint32_t first, cycle;
    uint64_t low = 0, high = log->sectors; /* low is of this turn, high is not */
    if (!cycle_at(log, 0, &first))
        return false;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (!cycle_at(log, middle, &cycle))
            return false;
        if (cycle == first)
            low = middle;
        else
            high = middle;
    }
    *ret_head = high;
    return true;
}

static bool xfs_is_dirty(int fd, struct kb_text *ret_why)
{
    struct xfs_log log;
    uint64_t head;
    if (!find_xfs_log(fd, &log) || !find_head(&log, &head))
        return false;
    *ret_why = (struct kb_text){.en = "its log does not end with an unmount",
                                .ja = "ログがアンマウントで終わっていません"};
    uint8_t data[XFS_SECTOR];
    for (uint64_t back = 1; back <= XFS_RECORD_SECTORS_MAX && back <= log.sectors; back++) {
        uint64_t at = head + log.sectors - back;
        if (!read_sector(&log, at, data))
            return false;
        if (!is_record(data))
            continue;
        bool second = be32(data + 8) & 2; /* log version; only the second has longer headers */
        uint32_t size = be32(data + 320), bytes = be32(data + 12), operations = be32(data + 40);
        uint64_t headers = second && size > XFS_HEADER_BYTES
                               ? ((uint64_t)size + XFS_HEADER_BYTES - 1) / XFS_HEADER_BYTES
                               : 1;
        if (headers + ((uint64_t)bytes + XFS_SECTOR - 1) / XFS_SECTOR != back || operations != 1)
            return true;
        return read_sector(&log, at + headers, data) && !(data[9] & XFS_OP_UNMOUNT);
    }
    uint32_t first;
    return cycle_at(&log, 0, &first) && first != 0; /* a zeroed log is a clean one */
}

enum { BTRFS_SUPERBLOCK_AT = 64 << 10, BTRFS_MAGIC_AT = 64, BTRFS_LOG_ROOT_AT = 96 };

static bool btrfs_is_dirty(int fd, struct kb_text *ret_why)
{
    uint8_t super[512];
    if (!kb_disk_read(fd, BTRFS_SUPERBLOCK_AT, super, sizeof super) ||
        memcmp(super + BTRFS_MAGIC_AT, "_BHRfS_M", 8) != 0 || !le64(super + BTRFS_LOG_ROOT_AT))
        return false;
    *ret_why = (struct kb_text){.en = "its log holds changes that were never written back",
                                .ja = "ログに未反映の変更が残っています"};
    return true;
}

static const struct {
    const char *fs_type;
    bool (*is_dirty)(int fd, struct kb_text *ret_why);
} journals[] = {
    {"ext2", ext_is_dirty},    {"ext3", ext_is_dirty},     {"ext4", ext_is_dirty},       {"xfs", xfs_is_dirty},
    {"btrfs", btrfs_is_dirty}, {"ntfs", kb_ntfs_is_dirty}, {"exfat", kb_exfat_is_dirty}, {"vfat", kb_fat_is_dirty},
};

bool kb_journal_is_dirty(int fd, const char *fs_type, struct kb_text *ret_why)
{
    struct kb_text why;
    for (size_t i = 0; fs_type && i < sizeof journals / sizeof *journals; i++) {
        if (strcmp(journals[i].fs_type, fs_type) != 0 || !journals[i].is_dirty(fd, &why))
            continue;
        *ret_why = why;
        return true;
    }
    return false;
}
