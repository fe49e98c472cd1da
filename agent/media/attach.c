/* SPDX-License-Identifier: Apache-2.0 */
/* Mounting a disk so that not one bit of it changes. */
#include "koboshi/media.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"

#include "device.h"
#include "journal.h"
#include "readonly.h"

/* How each type is mounted: a plain `ro` replays the journal of ext3, ext4 and xfs, which changes the disk. */
static const struct recipe {
    const char *fs_type, *driver, *options;
} recipes[] = {
    {"ext2", "ext4", "noload"},
    {"ext3", "ext4", "noload"},
    {"ext4", "ext4", "noload"},
    {"xfs", "xfs", "norecovery"},
};

static const unsigned long mount_flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;

static const struct recipe *recipe_for(const char *fs_type)
{
    for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++)
        if (fs_type && !strcmp(recipes[i].fs_type, fs_type))
            return &recipes[i];
    return NULL;
}

static void unreadable(struct kb_medium_state *state, struct kb_text why)
{
    state->status = KB_MEDIUM_UNREADABLE;
    state->detail = why;
}

/* Whoever holds the device (RAID, or a mount that this process cannot see) might be writing to it. */
static bool is_held(const char *device)
{
    KB_SCOPED_FD fd = open(device, O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC);
    return fd < 0 && errno == EBUSY;
}

static void note_unclean(struct kb_medium_state *state, struct kb_arena *arena)
{
    struct kb_text why;
    KB_SCOPED_FD fd = open(state->device, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || !kb_journal_is_dirty(fd, state->fs_type, &why))
        return;
    state->unclean = true;
    state->detail = kb_text_new(arena, "%s: %s", "%s: %s", state->device, why.en);
    state->detail.ja = kb_sprintf(arena, "%s: %s", state->device, why.ja);
}

static int refuse(const struct kb_job_medium *medium, const struct recipe *recipe, struct kb_arena *arena,
                  struct kb_medium_state *state, struct kb_err *err)
{
    int cause = errno;
    if (cause == ENODEV)
        unreadable(state, kb_text_new(arena, "this machine has no driver for the file system %s",
                                      "この機器にはファイルシステム %s のドライバがありません", recipe->driver));
    else if (cause == EPERM || cause == EACCES)
        unreadable(state,
                   kb_text_new(arena, "%s is attached, but only root may mount it; run as root, or mount it read-only",
                               "%s は接続されていますが、マウントできるのは root だけです。root "
                               "で実行するか、読み取り専用でマウントしてください",
                               state->device));
    else
        unreadable(state, kb_text_new(arena, "%s cannot be mounted as %s: %s", "%s を %s としてマウントできません: %s",
                                      state->device, recipe->driver, strerror(cause)));
    return kb_media_close(medium, err); /* the device gets its write permission back */
}

static int mount_by(const struct kb_job_medium *medium, const struct recipe *recipe, struct kb_arena *arena,
                    struct kb_medium_state *state, struct kb_err *err)
{
    int rc = kb_media_close(medium, err); /* what a crash left there */
    if (!rc)
        rc = kb_mkdir_p(medium->mount_at, 0700, err);
    if (!rc)
        rc = kb_readonly_begin(state->device, medium->mount_at, arena, err);
    if (rc) {
        (void)kb_media_close(medium, NULL);
        return rc;
    }
    note_unclean(state, arena);
    if (mount(state->device, medium->mount_at, recipe->driver, mount_flags, recipe->options))
        return refuse(medium, recipe, arena, state, err);
    struct kb_mounts mounts;
    const struct kb_mount *mounted = NULL;
    if (!kb_mounts_read(arena, &mounts, NULL))
        mounted = kb_mount_of_path(&mounts, medium->mount_at);
    if (!mounted || mounted->writable) {
        unreadable(state, kb_text_new(arena, "%s was mounted, but not read-only; it was unmounted at once",
                                      "%s が読み取り専用でマウントされなかったため、すぐにアンマウントしました",
                                      state->device));
        return kb_media_close(medium, err);
    }
    state->root = mounted->target;
    state->options = mounted->options;
    state->mounted_by_us = true;
    struct statvfs fs;
    if (!statvfs(state->root, &fs))
        state->bytes = (int64_t)(fs.f_blocks * fs.f_frsize);
    if (!state->unclean)
        state->detail = kb_text_new(arena, "%s, mounted read-only on %s", "%s（%s に読み取り専用でマウント）",
                                    state->device, state->root);
    return 0;
}

int kb_media_mount(const struct kb_job_medium *medium, struct kb_arena *arena, struct kb_medium_state *state,
                   struct kb_err *err)
{
    if (!kb_medium_is_disk(medium->kind) || state->status != KB_MEDIUM_READY)
        return 0;
    if (state->root) {
        if (!state->writable_elsewhere) /* while it is writable, its journal is in use */
            note_unclean(state, arena);
        return 0;
    }
    const struct recipe *recipe = recipe_for(state->fs_type);
    if (!recipe) {
        unreadable(
            state,
            kb_text_new(
                arena, "%s holds %s, which this version does not mount itself; mount it read-only and run again",
                "%s は %s です。自動マウントに対応していないため、読み取り専用でマウントしてから再実行してください",
                state->device, state->fs_type ? state->fs_type : "?"));
        return 0;
    }
    if (is_held(state->device)) {
        unreadable(state, kb_text_new(arena, "%s is in use by another program and may be changing",
                                      "%s は他のプログラムが使用中で、内容が変わる可能性があります", state->device));
        return 0;
    }
    if (!medium->mount_at || *medium->mount_at != '/')
        return kb_fail(err, KB_EIO, "no folder was given to mount medium %s on", "媒体 %s のマウント先がありません",
                       medium->id);
    int rc = mount_by(medium, recipe, arena, state, err);
    return rc ? kb_wrap(err, "while mounting medium %s (%s)", "媒体 %s（%s）のマウント中", medium->id, state->device)
              : 0;
}
