/* SPDX-License-Identifier: Apache-2.0 */
/* Block devices: found in sysfs, identified by reading them with libblkid. */
#include "device.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <blkid/blkid.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/media.h"

static const char class_block[] = "/sys/class/block";

enum {
    ATTRIBUTE_MAX = 4096, /* sysfs gives at most one page */
    MAPPINGS_MAX = 8,     /* one upon another */
    UUID_DIGITS = 32,
};

/* One attribute without surrounding blanks; NULL if it is not there or empty. */
static const char *attribute(struct kb_arena *arena, const char *folder, const char *name)
{
    char data[ATTRIBUTE_MAX];
    KB_SCOPED_FD fd = open(kb_sprintf(arena, "%s/%s", folder, name), O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : kb_read_full(fd, data, sizeof data);
    const char *at = data;
    while (n > 0 && (isspace((unsigned char)*at) || !*at))
        at++, n--;
    while (n > 0 && (isspace((unsigned char)at[n - 1]) || !at[n - 1]))
        n--;
    return n > 0 ? kb_strndup(arena, at, (size_t)n) : NULL;
}

/* Unit serial number page (SCSI Primary Commands 4, 7.8.15): four bytes of header, then the number. */
static const char *vpd_serial(struct kb_arena *arena, const char *disk)
{
    unsigned char page[ATTRIBUTE_MAX];
    KB_SCOPED_FD fd = open(kb_sprintf(arena, "%s/device/vpd_pg80", disk), O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : kb_read_full(fd, page, sizeof page);
    size_t at = 4;
    while (n > 4 && at < (size_t)n && page[at] == ' ')
        at++;
    size_t end = at;
    while (n > 4 && end < (size_t)n && isgraph(page[end]))
        end++;
    return end > at ? kb_strndup(arena, page + at, end - at) : NULL;
}

static const char *serial_of(struct kb_arena *arena, const char *disk)
{
    const char *serial = attribute(arena, disk, "serial"); /* virtio */
    if (!serial)
        serial = attribute(arena, disk, "device/serial"); /* NVMe, MMC */
    return serial ? serial : vpd_serial(arena, disk);     /* SCSI, SATA, USB */
}

/* The first entry of a folder, or NULL. */
static const char *first_entry(struct kb_arena *arena, const char *folder)
{
    const char *name = NULL;
    DIR *dir = opendir(folder);
    for (struct dirent *e; dir && !name && (e = readdir(dir));)
        if (e->d_name[0] != '.')
            name = kb_strdup(arena, e->d_name);
    if (dir)
        (void)closedir(dir);
    return name;
}

static bool has_partitions(struct kb_arena *arena, const char *disk, const char *name)
{
    bool found = false;
    DIR *dir = opendir(disk);
    for (struct dirent *e; dir && !found && (e = readdir(dir));)
        found = !strncmp(e->d_name, name, strlen(name)) &&
                attribute(arena, kb_sprintf(arena, "%s/%s", disk, e->d_name), "partition");
    if (dir)
        (void)closedir(dir);
    return found;
}

static const char *device_path(struct kb_arena *arena, const char *name)
{
    char *path = kb_sprintf(arena, "/dev/%s", name);
    for (char *at = path; *at; at++)
        if (*at == '!') /* sysfs' spelling of a slash: cciss!c0d0 */
            *at = '/';
    return path;
}

/* The folder of the disk that a partition, or a mapping of one device, lies on. */
static const char *disk_folder(struct kb_arena *arena, const char *name)
{
    char real[PATH_MAX];
    for (int depth = 0; depth < MAPPINGS_MAX; depth++) {
        if (!realpath(kb_sprintf(arena, "%s/%s", class_block, name), real))
            return NULL;
        char *slash = strrchr(real, '/');
        if (slash && attribute(arena, real, "partition"))
            *slash = '\0';
        const char *below = first_entry(arena, kb_sprintf(arena, "%s/slaves", real));
        if (!below)
            return kb_strdup(arena, real);
        name = below;
    }
    return NULL;
}

/* The opposite of device_path. */
static const char *device_name(struct kb_arena *arena, const char *path)
{
    char *name = kb_strdup(arena, strncmp(path, "/dev/", 5) ? path : path + 5);
    for (char *at = name; *at; at++)
        if (*at == '/')
            *at = '!';
    return name;
}

const char *kb_device_disk(struct kb_arena *arena, const char *path)
{
    const char *disk = disk_folder(arena, device_name(arena, path));
    return disk ? device_path(arena, strrchr(disk, '/') + 1) : NULL;
}

/* cryptsetup names a mapping CRYPT-<type>-<UUID of the container without dashes>-<name given by hand>
 * (lib/libdevmapper.c, dm_prepare_uuid). */
static void look_at_mapping(struct kb_arena *arena, const char *folder, struct kb_device *device)
{
    static const struct {
        const char *prefix, *container;
    } types[] = {{"CRYPT-LUKS1-", "luks"},
                 {"CRYPT-LUKS2-", "luks"},
                 {"CRYPT-BITLK-", "bitlocker"},
                 {"CRYPT-TCRYPT-", "veracrypt"},
                 {"CRYPT-", "other"}};
    const char *uuid = attribute(arena, folder, "dm/uuid");
    for (size_t i = 0; uuid && !device->container && i < sizeof types / sizeof *types; i++) {
        size_t n = strlen(types[i].prefix);
        if (strncmp(uuid, types[i].prefix, n) != 0)
            continue;
        device->container = types[i].container;
        const char *hex = uuid + n;
        if (strspn(hex, "0123456789abcdefABCDEF") == UUID_DIGITS)
            device->container_uuid = kb_sprintf(arena, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
                                                hex + 20);
    }
}

/* What sysfs knows. False: nothing there that could hold a medium. */
static bool describe(struct kb_arena *arena, const char *name, struct kb_device *ret_device)
{
    const char *folder = kb_sprintf(arena, "%s/%s", class_block, name);
    const char *size = attribute(arena, folder, "size"), *number = attribute(arena, folder, "dev");
    const char *disk = disk_folder(arena, name);
    unsigned major_no, minor_no;
    if (!size || !strtoll(size, NULL, 10) || !number || sscanf(number, "%u:%u", &major_no, &minor_no) != 2 || !disk ||
        first_entry(arena, kb_sprintf(arena, "%s/holders", folder)))
        return false;
    const char *removable = attribute(arena, disk, "removable");
    *ret_device = (struct kb_device){
        .path = device_path(arena, name),
        .devno = makedev(major_no, minor_no),
        .serial = serial_of(arena, disk),
        .model = attribute(arena, disk, "device/model"),
        .disk = strrchr(disk, '/') + 1,
        .is_partition = attribute(arena, folder, "partition") != NULL,
        .bytes = strtoll(size, NULL, 10) * 512,
        .external = (removable && *removable == '1') || strstr(disk, "/usb") != NULL,
    };
    ret_device->has_partitions = !ret_device->is_partition && has_partitions(arena, folder, name);
    look_at_mapping(arena, folder, ret_device);
    return true;
}

static const char *probed(struct kb_arena *arena, blkid_probe probe, const char *name)
{
    const char *value = NULL;
    size_t n = 0; /* counts the closing NUL */
    if (blkid_probe_lookup_value(probe, name, &value, &n) || !n || !*value)
        return NULL;
    return kb_strndup(arena, value, strnlen(value, n));
}

static void identify(struct kb_arena *arena, struct kb_device *device)
{
    KB_SCOPED_FD fd = open(device->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st)) {
        device->read_error = errno == EPERM ? EACCES : errno;
        return;
    }
    if (!S_ISBLK(st.st_mode) || st.st_rdev != device->devno) {
        device->read_error = ENODEV; /* /dev is not in step with the kernel */
        return;
    }
    blkid_probe probe = blkid_new_probe();
    if (!probe)
        abort();
    errno = 0;
    bool ready = !blkid_probe_set_device(probe, fd, 0, 0) && !blkid_probe_enable_superblocks(probe, 1) &&
                 /* a damaged superblock is still this medium, and mounting will say so */
                 !blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUID | BLKID_SUBLKS_TYPE |
                                                               BLKID_SUBLKS_BADCSUM);
    enum { AMBIVALENT = -2 };
    /* 0 found, 1 nothing, -1 error; below -2 the negative errno of a read that failed, which no manual tells */
    int rc = ready ? blkid_do_safeprobe(probe) : -1;
    if (rc == -1)
        device->read_error = errno ? errno : EIO;
    else if (rc < AMBIVALENT)
        device->read_error = -rc;
    if (rc == 0) {
        device->fs_type = probed(arena, probe, "TYPE");
        device->uuid = probed(arena, probe, "UUID");
        device->label = probed(arena, probe, "LABEL");
    }
    blkid_free_probe(probe);
}

/* Without the right to read the device, a mounted file system still tells its UUID. */
static void ask_file_system(struct kb_arena *arena, const struct kb_mounts *mounts, struct kb_device *device)
{
    const struct kb_mount *mount = kb_mount_of_device(mounts, device);
    const char *uuid = mount ? kb_media_fs_uuid(mount->target, arena) : NULL;
    if (!mount)
        return;
    if (uuid)
        device->uuid = uuid;
    device->fs_type = mount->fs_type;
}

bool kb_device_read(const char *path, struct kb_arena *arena, struct kb_device *ret_device)
{
    if (!describe(arena, device_name(arena, path), ret_device))
        return false;
    identify(arena, ret_device);
    return true;
}

int kb_devices_scan(const struct kb_mounts *mounts, struct kb_arena *arena, struct kb_devices *ret_devices,
                    struct kb_err *err)
{
    DIR *dir = opendir(class_block);
    if (!dir)
        return kb_fail(err, KB_ECONFIG, "%s cannot be read (%s); /sys must be mounted",
                       "%s を読めません（%s）。/sys をマウントしてください", class_block, strerror(errno));
    struct kb_devices devices = {0};
    for (struct dirent *e; (e = readdir(dir));) {
        struct kb_device device;
        if (e->d_name[0] == '.' || !describe(arena, e->d_name, &device))
            continue;
        identify(arena, &device);
        if (device.read_error == EACCES)
            ask_file_system(arena, mounts, &device);
        devices.v = kb_grow(arena, devices.v, devices.n, sizeof *devices.v);
        devices.v[devices.n++] = device;
    }
    (void)closedir(dir);
    *ret_devices = devices;
    return 0;
}
