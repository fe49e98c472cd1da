/* SPDX-License-Identifier: Apache-2.0 */
/* Mounting a disk so that not one bit of it changes. */
#include "koboshi/media.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"

#include "device.h"
#include "driver.h"
#include "fuse.h"
#include "journal.h"
#include "readonly.h"

static const unsigned long mount_flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;

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

static void unclean(struct kb_medium_state *state, struct kb_arena *arena, struct kb_text why)
{
    state->unclean = true;
    state->detail = kb_text_new(arena, "%s: %s%.0s", "%s: %.0s%s", state->device, why.en, why.ja);
}

static void note_unclean(struct kb_medium_state *state, struct kb_arena *arena)
{
    struct kb_text why;
    KB_SCOPED_FD fd = open(state->device, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0 && kb_journal_is_dirty(fd, state->fs_type, &why))
        unclean(state, arena, why);
}

/* What Windows writes there when it hibernates begins with these four letters; once it has woken up they are gone. */
static void note_hibernation(struct kb_medium_state *state, struct kb_arena *arena)
{
    char begin[4];
    if (!state->fs_type || strcmp(state->fs_type, "ntfs") != 0)
        return;
    KB_SCOPED_FD fd = kb_view_open(kb_sprintf(arena, "%s/hiberfil.sys", state->root),
                                   O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0 && kb_read_full(fd, begin, sizeof begin) == sizeof begin && !strncasecmp(begin, "hibr", sizeof begin))
        unclean(state, arena,
                (struct kb_text){.en = "Windows is hibernated on it; what Windows had not written yet is missing",
                                 .ja = "Windowsが休止状態のまま外されており、未反映の変更が含まれていません"});
}

/* Each driver that could have read it, and what it needs. */
static struct kb_text no_driver(const struct kb_medium_state *state, struct kb_arena *arena)
{
    const char *names = "", *packages = "";
    for (const struct kb_driver *at = NULL; (at = kb_driver_next(state->fs_type, at));) {
        if (strstr(names, at->name))
            continue;
        names = kb_sprintf(arena, "%s%s%s", names, *names ? ", " : "", at->name);
        if (at->package)
            packages = kb_sprintf(arena, "%s%s%s", packages, *packages ? " / " : "", at->package);
    }
    return kb_text_new(arena, "%s holds %s, and this machine has no driver for it (%s); install the Debian package %s",
                       "%s は %s ですが、この機器には読み取るドライバ（%s）がありません。Debian パッケージ %s "
                       "を導入してください",
                       state->device, state->fs_type, names, *packages ? packages : "linux-image-amd64");
}

struct attempt {
    const struct kb_driver *driver; /* the last one that was there */
    struct kb_text why;
    bool forbidden;
};

/* 1 mounted, 0 this driver is not there or cannot read it */
static int try_driver(const struct kb_driver *driver, const char *device, const char *mount_at, struct kb_arena *arena,
                      struct attempt *attempt, struct kb_err *err)
{
    if (!driver->program) {
        if (!mount(device, mount_at, driver->name, mount_flags, driver->options))
            return 1;
        if (errno == ENODEV) /* asking has loaded the module, if there is one */
            return 0;
        attempt->driver = driver;
        attempt->forbidden = errno == EPERM || errno == EACCES;
        attempt->why = kb_text_new(arena, "%s", "%s", strerror(errno));
        return 0;
    }
    if (!kb_fuse_is_there(driver))
        return 0;
    attempt->driver = driver;
    return kb_fuse_begin(driver, device, mount_at, arena, &attempt->why, err);
}

static void refuse(const struct attempt *attempt, struct kb_arena *arena, struct kb_medium_state *state)
{
    if (!attempt->driver)
        unreadable(state, no_driver(state, arena));
    else if (attempt->forbidden)
        unreadable(state,
                   kb_text_new(arena, "%s is attached, but only root may mount it; run as root, or mount it read-only",
                               "%s は接続されていますが、マウントできるのは root だけです。root "
                               "で実行するか、読み取り専用でマウントしてください",
                               state->device));
    else
        unreadable(state,
                   kb_text_new(arena, "%s cannot be mounted as %s: %s%.0s", "%s を %s としてマウントできません: %.0s%s",
                               state->device, attempt->driver->name, attempt->why.en, attempt->why.ja));
}

/* Is it there, and can it be relied on that nobody writes through it? */
static void note_mount(const struct kb_job_medium *medium, const struct kb_driver *driver, struct kb_arena *arena,
                       struct kb_medium_state *state)
{
    struct kb_mounts mounts;
    const struct kb_mount *mounted = NULL;
    /* not every driver hands these flags on; those of the mount itself hold for all */
    bool flagged = !mount(NULL, medium->mount_at, NULL, MS_REMOUNT | MS_BIND | mount_flags, NULL);
    if (flagged && !kb_mounts_read(arena, &mounts, NULL))
        mounted = kb_mount_of_path(&mounts, medium->mount_at);
    if (!mounted || mounted->writable) {
        unreadable(state, kb_text_new(arena, "%s was mounted, but not read-only; it was unmounted at once",
                                      "%s が読み取り専用でマウントされなかったため、すぐにアンマウントしました",
                                      state->device));
        return;
    }
    state->driver = driver->name;
    state->source = mounted->source;
    state->root = mounted->target;
    state->options = mounted->options;
    state->mounted_by_us = true;
    struct statvfs fs;
    if (!statvfs(state->root, &fs))
        state->bytes = (int64_t)(fs.f_blocks * fs.f_frsize);
    note_hibernation(state, arena);
    if (!state->unclean)
        state->detail = kb_text_new(arena, "%s, mounted read-only on %s by %s",
                                    "%s（%s に読み取り専用でマウント、ドライバ %s）", state->device, state->root,
                                    driver->name);
}

static bool is_same(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

/* The disk was found by what is on it and mounted by its name: another one may have taken the name in between. Now that
 * it is mounted the name is held. */
static void confirm(struct kb_arena *arena, struct kb_medium_state *state)
{
    struct kb_device device;
    struct kb_medium_state now = {0};
    if (kb_device_read(state->device, arena, &device))
        kb_device_fill(&now, arena, &device);
    if (is_same(now.fs_uuid, state->fs_uuid) && is_same(now.serial, state->serial) &&
        is_same(now.luks_uuid, state->luks_uuid))
        return;
    state->root = NULL;
    state->mounted_by_us = state->unclean = false;
    unreadable(state, kb_text_new(arena, "%s was exchanged while it was being mounted: now it has UUID %s, serial %s",
                                  "%s はマウントの途中で差し替えられました（現在のUUID %s、シリアル %s）",
                                  state->device, now.fs_uuid ? now.fs_uuid : "-", now.serial ? now.serial : "-"));
}

static int mount_by(const struct kb_job_medium *medium, struct kb_arena *arena, struct kb_medium_state *state,
                    struct kb_err *err)
{
    char mount_at[PATH_MAX];
    struct attempt attempt = {0};
    int rc = kb_media_close(medium, err); /* what a crash left there */
    if (!rc)
        rc = kb_mkdir_p(medium->mount_at, 0700, err);
    if (!rc && !realpath(medium->mount_at, mount_at))
        rc = kb_fail(err, kb_code_of_errno(errno), "%s cannot be looked at: %s", "%s を確認できません: %s",
                     medium->mount_at, strerror(errno));
    if (!rc)
        rc = kb_readonly_begin(state->device, medium->mount_at, arena, err);
    if (rc) {
        (void)kb_media_close(medium, NULL);
        return rc;
    }
    note_unclean(state, arena);
    const struct kb_driver *driver = NULL;
    while (!rc && !attempt.forbidden && (driver = kb_driver_next(state->fs_type, driver)))
        rc = try_driver(driver, state->device, mount_at, arena, &attempt, err);
    if (!rc)
        refuse(&attempt, arena, state);
    else if (rc > 0)
        note_mount(medium, driver, arena, state);
    if (rc > 0 && state->root)
        confirm(arena, state);
    if (rc < 0) {
        (void)kb_media_close(medium, NULL);
        return rc;
    }
    return state->root ? 0 : kb_media_close(medium, err); /* the device gets its write permission back */
}

int kb_media_mount(const struct kb_job_medium *medium, struct kb_arena *arena, struct kb_medium_state *state,
                   struct kb_err *err)
{
    if (!kb_medium_is_disk(medium->kind) || state->status != KB_MEDIUM_READY)
        return 0;
    if (state->root) {
        if (!state->writable_elsewhere) /* while it is writable, its journal is in use */
            note_unclean(state, arena);
        note_hibernation(state, arena);
        return 0;
    }
    if (!kb_driver_next(state->fs_type, NULL)) {
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
    int rc = mount_by(medium, arena, state, err);
    return rc ? kb_wrap(err, "while mounting medium %s (%s)", "媒体 %s（%s）のマウント中", medium->id, state->device)
              : 0;
}
