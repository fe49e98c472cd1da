/* SPDX-License-Identifier: Apache-2.0 */
/* The mount table, read by libmount. */
#include "device.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <libmount/libmount.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"

static const char *keep(struct kb_arena *arena, const char *text)
{
    return text ? kb_strdup(arena, text) : "";
}

static void add_mount(struct kb_mounts *mounts, struct kb_arena *arena, struct libmnt_fs *fs)
{
    char *value;
    size_t n;
    const char *of_fs = mnt_fs_get_fs_options(fs);
    mounts->v = kb_grow(arena, mounts->v, mounts->n, sizeof *mounts->v);
    mounts->v[mounts->n++] = (struct kb_mount){
        .id = mnt_fs_get_id(fs),
        .devno = mnt_fs_get_devno(fs),
        .source = keep(arena, mnt_fs_get_source(fs)),
        .root = keep(arena, mnt_fs_get_root(fs)),
        .target = keep(arena, mnt_fs_get_target(fs)),
        .fs_type = keep(arena, mnt_fs_get_fstype(fs)),
        .options = keep(arena, mnt_fs_get_options(fs)),
        .writable = of_fs && mnt_optstr_get_option(of_fs, "ro", &value, &n) != 0,
    };
}

int kb_mounts_read(struct kb_arena *arena, struct kb_mounts *ret_mounts, struct kb_err *err)
{
    static const char path[] = "/proc/self/mountinfo";
    struct libmnt_table *table = mnt_new_table_from_file(path);
    struct libmnt_iter *iter = table ? mnt_new_iter(MNT_ITER_FORWARD) : NULL;
    if (!iter) {
        mnt_unref_table(table);
        return kb_fail(err, KB_ECONFIG, "%s cannot be read; /proc must be mounted",
                       "%s を読めません。/proc をマウントしてください", path);
    }
    struct kb_mounts mounts = {0};
    for (struct libmnt_fs *fs = NULL; mnt_table_next_fs(table, iter, &fs) == 0;)
        add_mount(&mounts, arena, fs);
    mnt_free_iter(iter);
    mnt_unref_table(table);
    *ret_mounts = mounts;
    return 0;
}

static int id_of(int dirfd, const char *path, int flags)
{
    struct statx st;
    /* no automount: looking must not mount anything */
    if (statx(dirfd, path, flags | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC, STATX_MNT_ID, &st) ||
        !(st.stx_mask & STATX_MNT_ID))
        return 0;
    return (int)st.stx_mnt_id;
}

int kb_mount_id(int dirfd, const char *name)
{
    return id_of(dirfd, name, *name ? AT_SYMLINK_NOFOLLOW : AT_EMPTY_PATH);
}

const struct kb_mount *kb_mount_of_device(const struct kb_mounts *mounts, const struct kb_device *device)
{
    for (size_t i = mounts->n; i-- > 0;) {
        const struct kb_mount *mount = &mounts->v[i];
        /* btrfs has a device number of its own, so the name of the device counts too */
        if ((mount->devno == device->devno || !strcmp(mount->source, device->path)) && !strcmp(mount->root, "/") &&
            id_of(AT_FDCWD, mount->target, 0) == mount->id)
            return mount;
    }
    return NULL;
}

const struct kb_mount *kb_mount_of_path(const struct kb_mounts *mounts, const char *path)
{
    int id = id_of(AT_FDCWD, path, 0);
    for (size_t i = 0; id && i < mounts->n; i++)
        if (mounts->v[i].id == id)
            return &mounts->v[i];
    return NULL;
}

bool kb_mount_is_remote(const struct kb_mount *mount)
{
    /* mount(8), mount.cifs(8), nfs(5), sshfs(1) */
    static const char *const types[] = {"nfs",       "nfs4",       "cifs",       "smb3",           "smbfs",
                                        "ncpfs",     "9p",         "afs",        "ceph",           "davfs",
                                        "glusterfs", "fuse.sshfs", "fuse.davfs", "fuse.glusterfs", "fuse.smbnetfs"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (!strcmp(mount->fs_type, types[i]))
            return true;
    return false;
}
