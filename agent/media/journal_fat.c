/* SPDX-License-Identifier: Apache-2.0 */
/* Unclean exFAT and FAT: what Windows calls a dirty volume. */
#include "journal.h"

#include "disk_bytes.h"

static const struct kb_text dirty = {.en = "it was never safely removed (dirty volume)",
                                     .ja = "「安全な取り外し」がされていません（ダーティ）"};
static const struct kb_text failing = {.en = "read or write errors were seen on it before (media failure)",
                                       .ja = "以前に読み書きエラーがあったと記録されています（メディア障害）"};

enum { SECTOR = 512, EXFAT_FLAGS_AT = 106, EXFAT_DIRTY = 2, EXFAT_FAILURE = 4 };

bool kb_exfat_is_dirty(int fd, struct kb_text *ret_why)
{
    uint8_t boot[SECTOR];
    if (!kb_disk_read(fd, 0, boot, sizeof boot) || memcmp(boot + 3, "EXFAT   ", 8) != 0)
        return false;
    unsigned flags = le16(boot + EXFAT_FLAGS_AT);
    if (!(flags & (EXFAT_DIRTY | EXFAT_FAILURE)))
        return false;
    *ret_why = flags & EXFAT_FAILURE ? failing : dirty;
    return true;
}

enum {
    FAT16_STATE_AT = 0x25,
    FAT32_STATE_AT = 0x41,
    FAT_STATE_DIRTY = 1,
    FAT12_CLUSTERS = 4085, /* fewer make it FAT12, whose entries have no room for the two bits */
};

/* Clusters decide the type, as the specification says. */
static bool is_fat12(const uint8_t *boot)
{
    uint64_t sectors = le16(boot + 0x13) ? le16(boot + 0x13) : le32(boot + 0x20), per_cluster = boot[0x0d];
    uint64_t roots = ((uint64_t)le16(boot + 0x11) * 32 + le16(boot + 0x0b) - 1) / le16(boot + 0x0b);
    uint64_t before = le16(boot + 0x0e) + (uint64_t)boot[0x10] * le16(boot + 0x16) + roots;
    return !per_cluster || sectors < before || (sectors - before) / per_cluster < FAT12_CLUSTERS;
}

bool kb_fat_is_dirty(int fd, struct kb_text *ret_why)
{
    uint8_t boot[SECTOR], fat[8];
    if (!kb_disk_read(fd, 0, boot, sizeof boot) || le16(boot + 510) != 0xaa55 || !le16(boot + 0x0b))
        return false;
    bool wide = !le16(boot + 0x16); /* FAT32 writes its size elsewhere */
    bool marked = boot[wide ? FAT32_STATE_AT : FAT16_STATE_AT] & FAT_STATE_DIRTY, broken = false;
    uint64_t fat_at = (uint64_t)le16(boot + 0x0e) * le16(boot + 0x0b);
    if ((wide || !is_fat12(boot)) && kb_disk_read(fd, fat_at, fat, sizeof fat)) {
        uint32_t second = wide ? le32(fat + 4) >> 26 : (uint32_t)le16(fat + 2) >> 14;
        marked |= !(second & 2);
        broken = !(second & 1);
    }
    if (!marked && !broken)
        return false;
    *ret_why = broken ? failing : dirty;
    return true;
}
