/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the attached disks, or which folder, is the medium of the plan. */
#include "koboshi/media.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"

#include "device.h"
#include "share.h"

static const char *shown(struct kb_arena *arena, const char *text)
{
    return text ? kb_escape(arena, text, strlen(text)) : NULL;
}

/* "/dev/sdb1 (ext4, label BK-A, UUID 3338C941480204B9)" */
static const char *name_device(struct kb_arena *arena, const struct kb_device *device)
{
    return kb_sprintf(arena, "%s (%s%s%s, UUID %s)", device->path, device->fs_type ? device->fs_type : "?",
                      device->label ? ", label " : "", device->label ? shown(arena, device->label) : "",
                      device->uuid ? shown(arena, device->uuid) : "-");
}

static void fill_from_device(struct kb_medium_state *state, struct kb_arena *arena, const struct kb_device *device)
{
    state->device = device->path;
    state->fs_type = shown(arena, device->fs_type);
    state->fs_uuid = shown(arena, device->uuid);
    state->label = shown(arena, device->label);
    state->serial = shown(arena, device->serial);
    state->bytes = device->bytes;
}

static void fill_from_mount(struct kb_medium_state *state, struct kb_arena *arena, const struct kb_mount *mount)
{
    struct statvfs fs;
    state->root = mount->target;
    state->options = shown(arena, mount->options);
    if (!statvfs(mount->target, &fs))
        state->bytes = (int64_t)(fs.f_blocks * fs.f_frsize);
}

/* A disk that somebody may have taken for the medium: same label, or carried here and mounted nowhere. */
static const struct kb_device *find_impostor(const struct kb_job_medium *medium, const struct kb_devices *devices,
                                             const struct kb_mounts *mounts)
{
    for (size_t i = 0; i < devices->n; i++)
        if (medium->label && devices->v[i].label && !strcmp(medium->label, devices->v[i].label))
            return &devices->v[i];
    for (size_t i = 0; i < devices->n; i++) {
        const struct kb_device *device = &devices->v[i];
        if (device->external && device->fs_type && !kb_mount_of_device(mounts, device))
            return device;
    }
    return NULL;
}

/* What libblkid calls the outside of an encrypted disk; unlocked, it would be part of another device. */
static bool is_locked(const struct kb_device *device)
{
    return device->fs_type && (!strcmp(device->fs_type, "crypto_LUKS") || !strcmp(device->fs_type, "BitLocker"));
}

static void not_found(const struct kb_job_medium *medium, const struct kb_devices *devices,
                      const struct kb_mounts *mounts, struct kb_arena *arena, struct kb_medium_state *state)
{
    size_t forbidden = 0;
    for (size_t i = 0; i < devices->n; i++) {
        const struct kb_device *device = &devices->v[i];
        bool broken = device->read_error && device->read_error != EACCES;
        forbidden += device->read_error == EACCES && !device->uuid;
        if (!device->external || !(broken || is_locked(device)))
            continue;
        state->status = KB_MEDIUM_UNREADABLE;
        fill_from_device(state, arena, device);
        state->detail =
            broken ? kb_text_new(arena, "%s is attached and cannot be read: %s; it may be this medium",
                                 "%s が接続されていますが読み取れません（%s）。この媒体かもしれません", device->path,
                                 strerror(device->read_error))
                   : kb_text_new(arena, "%s is attached, encrypted and locked; it may be this medium: unlock it first",
                                 "%s "
                                 "が接続されていますが、暗号化されロックされています。この媒体かもしれません。先にロッ"
                                 "クを解除してください",
                                 name_device(arena, device));
        return;
    }
    const struct kb_device *impostor = find_impostor(medium, devices, mounts);
    state->status = impostor ? KB_MEDIUM_WRONG : KB_MEDIUM_ABSENT;
    if (impostor) {
        fill_from_device(state, arena, impostor);
        state->detail = kb_text_new(arena, "%s is attached instead", "代わりに %s が接続されています",
                                    name_device(arena, impostor));
    } else if (forbidden) {
        state->detail = kb_text_new(arena,
                                    "not seen, but %zu devices may be read by root only; without root, only mounted "
                                    "ext4 and xfs disks are recognised",
                                    "見つかりませんでした。ただし %zu 台のデバイスは root でなければ読めません。root "
                                    "以外では、マウント済みの ext4・xfs だけを識別できます",
                                    forbidden);
    } else {
        state->detail = kb_text_new(arena, "none of the %zu attached devices has this UUID",
                                    "接続中の %zu 台のデバイスに、このUUIDのものはありません", devices->n);
    }
}

static void found(const struct kb_job_medium *medium, const struct kb_device *device, const struct kb_mounts *mounts,
                  struct kb_arena *arena, struct kb_medium_state *state)
{
    const struct kb_mount *mount = kb_mount_of_device(mounts, device);
    fill_from_device(state, arena, device);
    if (medium->serial && device->serial && strcasecmp(medium->serial, device->serial) != 0) {
        state->status = KB_MEDIUM_WRONG;
        state->detail = kb_text_new(arena, "%s has the right UUID but is another disk: its serial number is %s, not %s",
                                    "%s はUUIDは一致しますが別のディスクです（シリアル番号は %s、計画では %s）",
                                    name_device(arena, device), state->serial, shown(arena, medium->serial));
        return;
    }
    state->status = KB_MEDIUM_READY;
    if (!mount) {
        state->detail = kb_text_new(arena, "%s is attached", "%s が接続されています", name_device(arena, device));
        return;
    }
    char mount_at[PATH_MAX];
    fill_from_mount(state, arena, mount);
    state->mounted_by_us = medium->mount_at && realpath(medium->mount_at, mount_at) && !strcmp(mount_at, mount->target);
    state->writable_elsewhere = mount->writable;
    state->detail = kb_text_new(arena, "%s is mounted on %s (%s)", "%s が %s にマウントされています（%s）",
                                name_device(arena, device), shown(arena, mount->target), state->options);
}

static int locate_hdd(const struct kb_job_medium *medium, struct kb_arena *arena, struct kb_medium_state *state,
                      struct kb_err *err)
{
    if (!medium->fs_uuid || !*medium->fs_uuid)
        return kb_fail(err, KB_EPLAN, "medium %s has no fs_uuid; a disk is known by it alone",
                       "媒体 %s に fs_uuid がありません。ディスクの識別に必要です", medium->id);
    struct kb_mounts mounts;
    struct kb_devices devices;
    if (kb_mounts_read(arena, &mounts, err) || kb_devices_scan(&mounts, arena, &devices, err))
        return kb_wrap(err, "while looking for medium %s", "媒体 %s を探しているとき", medium->id);
    const struct kb_device *first = NULL;
    for (size_t i = 0; i < devices.n; i++) {
        const struct kb_device *device = &devices.v[i];
        if (!device->uuid || strcasecmp(device->uuid, medium->fs_uuid) != 0)
            continue;
        if (first) {
            state->status = KB_MEDIUM_TWICE;
            state->fs_uuid = shown(arena, device->uuid);
            state->detail = kb_text_new(arena, "%s and %s", "%s と %s", name_device(arena, first),
                                        name_device(arena, device));
            return 0;
        }
        first = device;
    }
    if (first)
        found(medium, first, &mounts, arena, state);
    else
        not_found(medium, &devices, &mounts, arena, state);
    return 0;
}

/* 0 or errno */
static int look_into(const char *path, bool *ret_empty)
{
    DIR *dir = opendir(path);
    if (!dir)
        return errno;
    struct dirent *e;
    bool empty = true;
    while (empty && (errno = 0, e = readdir(dir)))
        empty = !strcmp(e->d_name, ".") || !strcmp(e->d_name, "..");
    int cause = errno;
    (void)closedir(dir);
    *ret_empty = empty;
    return empty ? cause : 0;
}

static int locate_folder(const struct kb_job_medium *medium, struct kb_arena *arena, struct kb_medium_state *state,
                         struct kb_err *err)
{
    if (!medium->mount || *medium->mount != '/')
        return kb_fail(err, KB_EPLAN, "medium %s has no absolute path in `mount`",
                       "媒体 %s の mount に絶対パスがありません", medium->id);
    const char *path = shown(arena, medium->mount);
    char real[PATH_MAX];
    bool empty = false;
    int cause = realpath(medium->mount, real) ? look_into(real, &empty) : errno;
    if (cause == ENOENT) {
        state->status = KB_MEDIUM_ABSENT;
        state->detail = kb_text_new(arena, "there is no folder %s", "フォルダ %s がありません", path);
        return 0;
    }
    if (cause) {
        state->status = KB_MEDIUM_UNREADABLE;
        state->detail =
            kb_code_of_errno(cause) == KB_EPERM
                ? kb_text_new(arena, "this account may not list %s: %s",
                              "このアカウントには %s を一覧表示する権限がありません: %s", path, strerror(cause))
                : kb_text_new(arena, "%s cannot be listed: %s", "%s を一覧表示できません: %s", path, strerror(cause));
        return 0;
    }
    struct kb_mounts mounts;
    if (kb_mounts_read(arena, &mounts, err))
        return kb_wrap(err, "while looking at medium %s", "媒体 %s を確認しているとき", medium->id);
    const struct kb_mount *mount = kb_mount_of_path(&mounts, real);
    if (mount) {
        fill_from_mount(state, arena, mount);
        state->device = shown(arena, mount->source);
        state->fs_type = shown(arena, mount->fs_type);
    }
    state->root = kb_strdup(arena, real);
    state->source = mount ? shown(arena, mount->source) : NULL;
    state->driver = state->fs_type;
    state->writable_elsewhere = medium->kind == KB_MEDIUM_NAS && mount && mount->writable;
    state->status = empty ? KB_MEDIUM_EMPTY : KB_MEDIUM_READY;
    state->detail = empty ? kb_text_new(arena, "the folder %s holds nothing", "フォルダ %s の中に何もありません", path)
                          : kb_text_new(arena, "the folder %s, on %s", "フォルダ %s（%s 上）", path,
                                        state->fs_type ? state->fs_type : "?");
    if (medium->kind == KB_MEDIUM_NAS)
        kb_share_judge(medium, mount, real, arena, state);
    return 0;
}

int kb_media_locate(const struct kb_job_medium *medium, struct kb_arena *arena, struct kb_medium_state *ret_state,
                    struct kb_err *err)
{
    struct kb_medium_state state = {.medium = medium->id, .bytes = KB_ABSENT};
    int rc = !kb_medium_is_disk(medium->kind) ? locate_folder(medium, arena, &state, err)
                                              : locate_hdd(medium, arena, &state, err);
    if (rc)
        return rc;
    if (state.root && !kb_is_utf8(state.root, strlen(state.root))) {
        state.status = KB_MEDIUM_UNREADABLE;
        state.detail = kb_text_new(arena, "the mount point %s has a name that is not UTF-8; mount it elsewhere",
                                   "マウントポイント %s の名前がUTF-8ではありません。別の場所にマウントしてください",
                                   shown(arena, state.root));
        state.root = NULL;
    }
    *ret_state = state;
    return 0;
}
