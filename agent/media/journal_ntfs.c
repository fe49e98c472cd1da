/* SPDX-License-Identifier: Apache-2.0 */
/* Unclean NTFS: the dirty flag of the volume, and a log that was not closed. Fast start-up of Windows leaves the
 * latter.
 */
#include "journal.h"

#include "disk_bytes.h"

enum {
    SECTOR = 512,          /* unit of the update sequence, whatever the device's sectors are */
    RECORD_MAX = 64 << 10, /* file records are 1 or 4 KiB in use */
    CLUSTER_MAX = 2 << 20, /* the largest that Windows formats */
    LOG_FILE = 2,          /* file records */
    VOLUME = 3,
    ATTRIBUTE_DATA = 0x80,
    ATTRIBUTE_VOLUME_INFORMATION = 0x70,
    ATTRIBUTE_END = -1,
    VOLUME_DIRTY = 0x0001,
    RESTART_CLEAN = 0x0002,
    NO_CLIENT = 0xffff,
};

struct ntfs {
    int fd;
    uint64_t cluster, mft_at; /* bytes */
    size_t record;
    uint8_t data[RECORD_MAX];
};

static bool open_volume(struct ntfs *v, int fd)
{
    uint8_t boot[SECTOR];
    v->fd = fd;
    if (!kb_disk_read(fd, 0, boot, sizeof boot) || memcmp(boot + 3, "NTFS    ", 8) != 0)
        return false;
    unsigned factor = boot[0x0d], size = boot[0x40]; /* above 0x80: a negative power of two */
    uint64_t sectors = factor > 0x80 ? UINT64_C(1) << (0x100 - factor > 30 ? 30 : 0x100 - factor) : factor;
    v->cluster = sectors * le16(boot + 0x0b);
    if (!v->cluster || v->cluster > CLUSTER_MAX || le64(boot + 0x30) > INT64_MAX / v->cluster)
        return false;
    v->mft_at = le64(boot + 0x30) * v->cluster;
    v->record = size > 0x80 ? (0x100 - size > 16 ? 0 : (size_t)1 << (0x100 - size)) : size * v->cluster;
    return v->record >= SECTOR && v->record <= RECORD_MAX;
}

/* The last two bytes of each sector were replaced when the record was written; their own stand in a table. */
static bool restore_ends(uint8_t *record, size_t n)
{
    size_t table = le16(record + 4), count = le16(record + 6);
    if (count < 2 || table + 2 * count > SECTOR - 2 || (count - 1) * SECTOR > n)
        return false;
    for (size_t i = 1; i < count; i++) {
        uint8_t *end = record + i * SECTOR - 2;
        if (memcmp(end, record + table, 2) != 0)
            return false; /* torn */
        memcpy(end, record + table + 2 * i, 2);
    }
    return true;
}

/* The first attribute of this type in one of the first records of the MFT, which lie together; NULL if there is none.
 * ret_n: bytes of it, 24 at the least. */
static const uint8_t *find_attribute(struct ntfs *v, unsigned number, uint32_t type, size_t *ret_n)
{
    if (!kb_disk_read(v->fd, v->mft_at + number * v->record, v->data, v->record) || memcmp(v->data, "FILE", 4) != 0 ||
        !restore_ends(v->data, v->record))
        return NULL;
    for (size_t at = le16(v->data + 0x14); at + 24 <= v->record;) {
        uint32_t found = le32(v->data + at), n = le32(v->data + at + 4);
        if (found == (uint32_t)ATTRIBUTE_END || n < 24 || n > v->record - at)
            return NULL;
        if (found == type) {
            *ret_n = n;
            return v->data + at;
        }
        at += n;
    }
    return NULL;
}

static bool volume_is_dirty(struct ntfs *v)
{
    size_t n;
    const uint8_t *attribute = find_attribute(v, VOLUME, ATTRIBUTE_VOLUME_INFORMATION, &n);
    size_t value = attribute && !attribute[8] ? le16(attribute + 0x14) : 0;
    return value && value + 12 <= n && le16(attribute + value + 10) & VOLUME_DIRTY;
}

/* Where $LogFile begins: the first run of its data. 0: not to be told. */
static uint64_t find_log(struct ntfs *v)
{
    size_t n;
    const uint8_t *attribute = find_attribute(v, LOG_FILE, ATTRIBUTE_DATA, &n);
    size_t at = attribute && attribute[8] && n >= 0x40 ? le16(attribute + 0x20) : n;
    if (!attribute || at >= n)
        return 0;
    size_t length = attribute[at] & 15, offset = attribute[at] >> 4;
    if (!offset || offset > 7 || at + 1 + length + offset > n)
        return 0;
    uint64_t cluster = 0;
    for (size_t i = offset; i-- > 0;)
        cluster = cluster << 8 | attribute[at + 1 + length + i];
    return cluster > INT64_MAX / v->cluster ? 0 : cluster * v->cluster;
}

struct restart {
    uint64_t number; /* log sequence number: the greater is the newer */
    bool open;
};

/* One of the two restart pages. What is empty (all 0xff) has no magic: nothing to be replayed. */
static bool read_restart(int fd, uint64_t offset, uint32_t *ret_page, struct restart *ret_restart)
{
    uint8_t page[SECTOR];
    if (!kb_disk_read(fd, offset, page, sizeof page) || memcmp(page, "RSTR", 4) != 0)
        return false;
    size_t area = le16(page + 0x18);
    if (area + 16 > SECTOR - 2)
        return false;
    *ret_page = le32(page + 0x10);
    *ret_restart = (struct restart){.number = le64(page + area),
                                    .open = le16(page + area + 12) != NO_CLIENT &&
                                            !(le16(page + area + 14) & RESTART_CLEAN)};
    return true;
}

static bool log_is_open(struct ntfs *v)
{
    struct restart first, second;
    uint32_t page, unused;
    uint64_t at = find_log(v);
    if (!at || !read_restart(v->fd, at, &page, &first))
        return false;
    bool two = page >= SECTOR && page <= RECORD_MAX && read_restart(v->fd, at + page, &unused, &second);
    return two && second.number > first.number ? second.open : first.open;
}

bool kb_ntfs_is_dirty(int fd, struct kb_text *ret_why)
{
    struct ntfs volume;
    if (!open_volume(&volume, fd))
        return false;
    if (volume_is_dirty(&volume))
        *ret_why = (struct kb_text){.en = "it is marked dirty: Windows wants to run chkdsk on it",
                                    .ja = "ダーティと記録されています（Windowsのchkdskが必要です）"};
    else if (log_is_open(&volume))
        *ret_why = (struct kb_text){
            .en = "its $LogFile was not closed: it was unplugged without safe removal, or Windows was shut down with "
                  "fast start-up while it was attached",
            .ja = "$LogFileが閉じられていません（安全な取り外しをしなかったか、接続したまま高速スタートアップで終了して"
                  "いま"
                  "す）"};
    else
        return false;
    return true;
}
