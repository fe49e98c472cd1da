/* SPDX-License-Identifier: Apache-2.0 */
/* The UUID of a mounted file system, asked of itself: no device is opened. */
#include "koboshi/media.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>

#include <linux/magic.h>

#include "koboshi/arena.h"
#include "koboshi/file.h"

/* include/uapi/linux/ext4.h, since Linux 6.0; the bytes of the UUID follow what the number of the ioctl counts */
struct ext4_uuid {
    uint32_t n, flags;
    uint8_t bytes[16];
};
#define EXT4_GET_UUID _IOC(_IOC_READ, 'f', 44, offsetof(struct ext4_uuid, bytes))

/* include/uapi/linux/xfs_fs.h (fs/xfs/libxfs/xfs_fs.h): the first version, answered by every kernel */
struct xfs_geometry_v1 {
    uint32_t numbers_1[7];
    uint32_t numbers_2;
    uint64_t numbers_3[4];
    uint8_t uuid[16];
    uint32_t numbers_4[2];
    int32_t version, flags;
    uint32_t numbers_5[3];
};
#define XFS_GET_GEOMETRY_V1 _IOR('X', 100, struct xfs_geometry_v1)

static const char *uuid_text(struct kb_arena *arena, const uint8_t b[16])
{
    return kb_sprintf(arena, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2],
                      b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

const char *kb_media_fs_uuid(const char *folder, struct kb_arena *arena)
{
    KB_SCOPED_FD fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct statfs fs;
    struct ext4_uuid ext4 = {.n = sizeof ext4.bytes};
    struct xfs_geometry_v1 xfs = {0};
    if (fd < 0 || fstatfs(fd, &fs))
        return NULL;
    if (fs.f_type == XFS_SUPER_MAGIC && !ioctl(fd, XFS_GET_GEOMETRY_V1, &xfs))
        return uuid_text(arena, xfs.uuid);
    if (fs.f_type == EXT4_SUPER_MAGIC && !ioctl(fd, EXT4_GET_UUID, &ext4))
        return uuid_text(arena, ext4.bytes);
    return NULL;
}
