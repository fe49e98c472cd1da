/* SPDX-License-Identifier: Apache-2.0 */
/* Block devices with a file system on them, and what is mounted, as this machine sees them right now. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "koboshi/shape.h"

struct kb_arena;
struct kb_err;
struct kb_medium_state;

/* All text is in arena memory and NULL where not known. */
struct kb_device {
    const char *path; /* "/dev/sdb1" */
    dev_t devno;
    const char *fs_type, *uuid, *label; /* as libblkid spells them; label is raw bytes */
    const char *serial, *model;         /* of the whole disk */
    const char *disk;                   /* the whole disk it lies on, as the kernel names it; itself, if it is one */
    bool is_partition, has_partitions;
    /* It is the inside of an encrypted container that somebody has opened: "luks", "bitlocker", "veracrypt", "other".
     */
    const char *container, *container_uuid;
    int64_t bytes;
    bool external;  /* removable or on USB: somebody carried it here */
    int read_error; /* errno of probing it, 0 if it could be read; EACCES: not ours to read */
};
struct kb_devices {
    size_t n;
    struct kb_device *v;
};

struct kb_mount {
    int id;
    dev_t devno;
    const char *source, *root, *target, *fs_type;
    const char *options; /* of the mount and of the file system, as in the mount table */
    bool writable;       /* the file system, whatever this one mount allows */
};
struct kb_mounts {
    size_t n;
    struct kb_mount *v;
};

/*
 * kb_devices_scan(mounts, arena, ret_devices, err): every block device of non-zero size that is not part of another one
 * (RAID, LVM, multipath), probed by reading it: no udev, no cache. What may not be read but is mounted is asked for its
 * UUID through the file system (ext4, xfs).
 */
int kb_devices_scan(const struct kb_mounts *mounts, struct kb_arena *arena, struct kb_devices *ret_devices,
                    struct kb_err *err);

/* kb_device_read(path, arena, ret_device): the one of this name as it is now; false: there is none. */
bool kb_device_read(const char *path, struct kb_arena *arena, struct kb_device *ret_device);

/* kb_device_fill(state, arena, device): what the device tells of itself, escaped. */
void kb_device_fill(struct kb_medium_state *state, struct kb_arena *arena, const struct kb_device *device);
/* kb_device_disk(arena, path): "/dev/sdb" for "/dev/sdb1", and for what is mapped upon it; NULL if it is not known. */
const char *kb_device_disk(struct kb_arena *arena, const char *path);

/* kb_rights_next: the advice where this account lacks the right to list a folder, instead of the rule's own. */
extern const struct kb_text kb_rights_next;

/* kb_mounts_read(arena, ret_mounts, err): /proc/self/mountinfo, in its order. */
int kb_mounts_read(struct kb_arena *arena, struct kb_mounts *ret_mounts, struct kb_err *err);
/* kb_mount_of_device(mounts, device): the last mount of its whole file system that can be reached by its path, or NULL.
 */
const struct kb_mount *kb_mount_of_device(const struct kb_mounts *mounts, const struct kb_device *device);
/* kb_mount_of_path(mounts, path): the mount that path lies on, or NULL. */
const struct kb_mount *kb_mount_of_path(const struct kb_mounts *mounts, const char *path);
/* kb_mount_id(dirfd, name): the id of the mount that it lies on, itself no link; 0 if it cannot be told. Mounts nothing
 * by looking. */
int kb_mount_id(int dirfd, const char *name);
/* kb_mount_is_remote(mount): by its type its data lies on another machine. */
bool kb_mount_is_remote(const struct kb_mount *mount);
