/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the attached disks is the medium of the plan. */
#include "kind.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"

#include "device.h"

enum { PARTITION_BYTES_MIN = 1 << 20 }; /* an extended partition shows itself with 1 KiB */

struct kb_text kb_disk_describe(const struct kb_job_medium *medium, struct kb_arena *arena)
{
    const char *label = medium->label ? kb_shown(arena, medium->label) : "-";
    const char *luks = medium->luks_uuid
                           ? kb_sprintf(arena, " (in the container %s)", kb_shown(arena, medium->luks_uuid))
                           : "";
    const char *luks_ja = medium->luks_uuid
                              ? kb_sprintf(arena, "、暗号化コンテナ %s", kb_shown(arena, medium->luks_uuid))
                              : "";
    const char *serial = medium->serial ? medium->serial : "";
    return kb_text_new(arena, "one disk, label %s, UUID %s%s%.0s%s%.0s%s",
                       "ディスク1台（ラベル %s、UUID %s%.0s%s%.0s%s%s）", label, medium->fs_uuid, luks, luks_ja,
                       *serial ? ", serial " : "", *serial ? "、シリアル " : "", serial);
}

/* "/dev/sdb1 (ext4, label BK-A, UUID 3338C941480204B9, serial WD-XXXX1)" */
static const char *name_device(struct kb_arena *arena, const struct kb_device *device)
{
    return kb_sprintf(arena, "%s (%s%s%s, UUID %s%s%s)", device->path, device->fs_type ? device->fs_type : "?",
                      device->label ? ", label " : "", device->label ? kb_shown(arena, device->label) : "",
                      device->uuid ? kb_shown(arena, device->uuid) : "-", device->serial ? ", serial " : "",
                      device->serial ? kb_shown(arena, device->serial) : "");
}

/* What libblkid calls the outside of an encrypted disk; opened with cryptsetup, it would be part of another device. */
static const struct lock {
    const char *fs_type, *container, *option;
} locks[] = {{"crypto_LUKS", "luks", ""}, {"BitLocker", "bitlocker", "--type bitlk "}};

static const struct lock *lock_of(const struct kb_device *device)
{
    for (size_t i = 0; device->fs_type && i < sizeof locks / sizeof *locks; i++)
        if (!strcmp(locks[i].fs_type, device->fs_type))
            return &locks[i];
    return NULL;
}

void kb_device_fill(struct kb_medium_state *state, struct kb_arena *arena, const struct kb_device *device)
{
    const struct lock *lock = lock_of(device);
    state->device = device->path;
    state->fs_type = kb_shown(arena, device->fs_type);
    state->fs_uuid = lock ? NULL : kb_shown(arena, device->uuid);
    state->label = kb_shown(arena, device->label);
    state->serial = kb_shown(arena, device->serial);
    state->model = kb_shown(arena, device->model);
    state->container = lock ? lock->container : device->container;
    state->luks_uuid = kb_shown(arena, lock ? device->uuid : device->container_uuid);
    state->bytes = device->bytes;
}

/* As far as both are known. */
static bool is_serial(const struct kb_job_medium *medium, const struct kb_device *device)
{
    return medium->serial && device->serial && !strcasecmp(medium->serial, device->serial);
}

static bool is_other_serial(const struct kb_job_medium *medium, const struct kb_device *device)
{
    return medium->serial && device->serial && strcasecmp(medium->serial, device->serial) != 0;
}

struct search {
    const struct kb_job_medium *medium;
    struct kb_mounts mounts;
    struct kb_devices devices;
    struct kb_arena *arena;
};

/* It has no file system of its own that says which disk this is, and may be the medium all the same. */
static bool may_be(const struct search *s, const struct kb_device *device)
{
    return is_serial(s->medium, device) || (device->external && !is_other_serial(s->medium, device));
}

static struct kb_text surely(const struct search *s, const struct kb_device *device)
{
    return is_serial(s->medium, device)
               ? (struct kb_text){.en = "by its serial number it is this medium",
                                  .ja = "シリアル番号からこの媒体と分かります"}
               : (struct kb_text){.en = "it may be this medium", .ja = "この媒体かもしれません"};
}

static void locked(const struct search *s, const struct kb_device *device, struct kb_text sure,
                   struct kb_medium_state *state)
{
    const struct lock *lock = lock_of(device);
    kb_device_fill(state, s->arena, device);
    state->status = KB_MEDIUM_LOCKED;
    state->detail = kb_text_new(
        s->arena,
        "%s is attached, encrypted and not opened; %s%.0s. To open it: cryptsetup open --readonly %s%s koboshi-%s",
        "%s が接続されていますが、暗号化されロックされています。%.0s%s。解除コマンド: cryptsetup open --readonly %s%s "
        "koboshi-%s",
        name_device(s->arena, device), sure.en, sure.ja, lock ? lock->option : "", device->path, s->medium->id);
}

static bool see_unreadable(const struct search *s, const struct kb_device *device, struct kb_medium_state *state)
{
    if (!device->read_error || device->read_error == EACCES || !may_be(s, device))
        return false;
    struct kb_text sure = surely(s, device);
    kb_device_fill(state, s->arena, device);
    state->status = KB_MEDIUM_UNREADABLE;
    state->detail = kb_text_new(s->arena, "%s is attached and cannot be read: %s; %s%.0s",
                                "%s が接続されていますが読み取れません（%s）。%.0s%s", device->path,
                                strerror(device->read_error), sure.en, sure.ja);
    return true;
}

static bool see_locked(const struct search *s, const struct kb_device *device, struct kb_medium_state *state)
{
    if (!lock_of(device) || !may_be(s, device) || (s->medium->luks_uuid && device->uuid))
        return false; /* of a container with a UUID it is known whether it is the one */
    locked(s, device, surely(s, device), state);
    return true;
}

static bool instead(const struct search *s, const struct kb_device *device, struct kb_medium_state *state)
{
    kb_device_fill(state, s->arena, device);
    state->status = KB_MEDIUM_WRONG;
    state->detail = kb_text_new(s->arena, "%s is attached instead", "代わりに %s が接続されています",
                                name_device(s->arena, device));
    return true;
}

static bool see_label(const struct search *s, const struct kb_device *device, struct kb_medium_state *state)
{
    if (!s->medium->label || !device->label || strcmp(s->medium->label, device->label) != 0)
        return false;
    return instead(s, device, state);
}

/* Carried here and mounted nowhere: somebody may have taken it for the medium. */
static bool see_stranger(const struct search *s, const struct kb_device *device, struct kb_medium_state *state)
{
    if (!device->external || !device->fs_type || kb_mount_of_device(&s->mounts, device))
        return false;
    return instead(s, device, state);
}

/* New, wiped, or encrypted by something that leaves no mark. */
static bool see_blank(const struct search *s, const struct kb_device *device, struct kb_medium_state *state)
{
    bool known = device->read_error || device->fs_type || device->has_partitions || !may_be(s, device) ||
                 device->bytes < PARTITION_BYTES_MIN;
    for (size_t i = 0; !known && i < s->devices.n; i++) /* a reserved partition beside the one that counts */
        known = s->devices.v[i].fs_type && !strcmp(s->devices.v[i].disk, device->disk);
    if (known)
        return false;
    struct kb_text sure = surely(s, device);
    kb_device_fill(state, s->arena, device);
    state->status = KB_MEDIUM_UNREADABLE;
    state->detail = kb_text_new(
        s->arena,
        "%s is attached and holds no file system that is known: it is new, wiped, damaged, or encrypted (VeraCrypt); "
        "%s%.0s",
        "%s "
        "が接続されていますが、既知のファイルシステムがありません（未使用・消去済み・破損・VeraCryptなどの暗号化）。%."
        "0s%s",
        device->path, sure.en, sure.ja);
    return true;
}

/* One that fails may be the medium wherever it is plugged in; without a UUID that is all that can be said. */
static const struct kb_device *first_failing(const struct search *s)
{
    for (size_t i = 0; i < s->devices.n; i++) {
        const struct kb_device *device = &s->devices.v[i];
        if (device->read_error == EIO && device->bytes > 0 && !is_other_serial(s->medium, device))
            return device;
    }
    return NULL;
}

static void not_found(const struct search *s, struct kb_medium_state *state)
{
    /* what is most likely the medium comes first */
    static bool (*const looks[])(const struct search *, const struct kb_device *, struct kb_medium_state *) = {
        see_unreadable, see_locked, see_label, see_stranger, see_blank};
    size_t forbidden = 0;
    for (size_t k = 0; k < sizeof looks / sizeof *looks; k++)
        for (size_t i = 0; i < s->devices.n; i++)
            if (looks[k](s, &s->devices.v[i], state))
                return;
    for (size_t i = 0; i < s->devices.n; i++)
        forbidden += s->devices.v[i].read_error == EACCES && !s->devices.v[i].uuid;
    const struct kb_device *failing = first_failing(s);
    state->status = KB_MEDIUM_ABSENT;
    if (forbidden)
        state->detail = kb_text_new(s->arena,
                                    "not seen, but %zu devices may be read by root only; without root, only mounted "
                                    "ext4 and xfs disks are recognised",
                                    "見つかりませんでした。ただし %zu 台のデバイスは root でなければ読めません。root "
                                    "以外では、マウント済みの ext4・xfs だけを識別できます",
                                    forbidden);
    else if (failing)
        state->detail = kb_text_new(
            s->arena,
            "none of the %zu attached devices has this UUID, but %s cannot be read (%s): it "
            "may be this medium, failing",
            "接続中の %zu 台のデバイスに、このUUIDのものはありません。ただし %s は読み取れません"
            "（%s）。故障したこの媒体かもしれません",
            s->devices.n, failing->path, strerror(failing->read_error));
    else
        state->detail = kb_text_new(s->arena, "none of the %zu attached devices has this UUID",
                                    "接続中の %zu 台のデバイスに、このUUIDのものはありません", s->devices.n);
}

static void other_container(const struct search *s, const struct kb_device *device, struct kb_medium_state *state)
{
    const char *wanted = kb_shown(s->arena, s->medium->luks_uuid), *name = name_device(s->arena, device);
    state->status = KB_MEDIUM_WRONG;
    state->detail = device->container_uuid
                        ? kb_text_new(s->arena, "%s has the right UUID, but lies in the container %s, not in %s",
                                      "%s はUUIDは一致しますが、別の暗号化コンテナ %s の中です（計画では %s）", name,
                                      device->container_uuid, wanted)
                        : kb_text_new(
                              s->arena,
                              "%s has the right UUID, but is not encrypted: by the plan it lies in the container %s",
                              "%s はUUIDは一致しますが、暗号化されていません（計画では暗号化コンテナ %s の中）", name,
                              wanted);
}

static void found(const struct search *s, const struct kb_device *device, struct kb_medium_state *state)
{
    const struct kb_job_medium *medium = s->medium;
    const struct kb_mount *mount = kb_mount_of_device(&s->mounts, device);
    kb_device_fill(state, s->arena, device);
    if (is_other_serial(medium, device)) {
        state->status = KB_MEDIUM_WRONG;
        state->detail = kb_text_new(s->arena,
                                    "%s has the right UUID but is another disk: its serial number is %s, not %s",
                                    "%s はUUIDは一致しますが別のディスクです（シリアル番号は %s、計画では %s）",
                                    name_device(s->arena, device), state->serial, kb_shown(s->arena, medium->serial));
        return;
    }
    if (medium->luks_uuid && !kb_same_uuid(medium->luks_uuid, device->container_uuid)) {
        other_container(s, device, state);
        return;
    }
    state->status = KB_MEDIUM_READY;
    if (!mount) {
        state->detail = kb_text_new(s->arena, "%s is attached", "%s が接続されています", name_device(s->arena, device));
        return;
    }
    char mount_at[PATH_MAX];
    kb_state_fill_mount(state, s->arena, mount);
    state->mounted_by_us = medium->mount_at && realpath(medium->mount_at, mount_at) && !strcmp(mount_at, mount->target);
    state->writable_elsewhere = mount->writable;
    state->detail = kb_text_new(s->arena, "%s is mounted on %s (%s)", "%s が %s にマウントされています（%s）",
                                name_device(s->arena, device), kb_shown(s->arena, mount->target), state->options);
}

static bool has_uuid(const struct search *s, const struct kb_device *device)
{
    return !lock_of(device) && kb_same_uuid(device->uuid, s->medium->fs_uuid);
}

static bool is_container(const struct search *s, const struct kb_device *device)
{
    return lock_of(device) && kb_same_uuid(s->medium->luks_uuid, device->uuid);
}

/* A whole disk may still show what was on it before it was partitioned. */
static bool is_remnant(const struct search *s, const struct kb_device *device,
                       bool (*is_wanted)(const struct search *, const struct kb_device *))
{
    bool remnant = false;
    for (size_t i = 0; device->has_partitions && i < s->devices.n; i++)
        remnant |= s->devices.v[i].is_partition && !strcmp(s->devices.v[i].disk, device->disk) &&
                   is_wanted(s, &s->devices.v[i]);
    return remnant;
}

/* The one device, or NULL; two are told in *state. */
static const struct kb_device *find_one(const struct search *s, struct kb_medium_state *state,
                                        bool (*is_wanted)(const struct search *, const struct kb_device *))
{
    const struct kb_device *first = NULL;
    for (size_t i = 0; i < s->devices.n; i++) {
        const struct kb_device *device = &s->devices.v[i];
        if (!is_wanted(s, device) || is_remnant(s, device, is_wanted))
            continue;
        if (first) {
            kb_device_fill(state, s->arena, first);
            state->device = state->serial = state->model = NULL; /* which of them is not known */
            state->status = KB_MEDIUM_TWICE;
            state->detail = kb_text_new(s->arena, "%s and %s", "%s と %s", name_device(s->arena, first),
                                        name_device(s->arena, device));
            return NULL;
        }
        first = device;
    }
    return first;
}

/* blkid shows the UUID of a locked disk, too, and people copy it. */
static const struct kb_text mixed_up = {.en = "its UUID is what the plan has as fs_uuid: write it there as luks_uuid, "
                                              "and as fs_uuid the one that blkid shows "
                                              "once it is opened",
                                        .ja = "計画の fs_uuid は暗号化コンテナのUUIDです。これを luks_uuid "
                                              "に書き、fs_uuid には解除後に blkid が表示する UUID "
                                              "を書いてください"};

/* The container of the plan is open, and something else is in it. */
static bool see_inside(const struct search *s, struct kb_medium_state *state)
{
    for (size_t i = 0; i < s->devices.n; i++) {
        const struct kb_device *device = &s->devices.v[i];
        if (kb_same_uuid(s->medium->fs_uuid, device->container_uuid)) {
            kb_device_fill(state, s->arena, device);
            state->status = KB_MEDIUM_WRONG;
            state->detail = kb_text_new(s->arena, "%s is the inside of an encrypted container; %s%.0s",
                                        "%s は暗号化コンテナの中です。%.0s%s", name_device(s->arena, device),
                                        mixed_up.en, mixed_up.ja);
            return true;
        }
        if (lock_of(device) && kb_same_uuid(s->medium->fs_uuid, device->uuid)) {
            locked(s, device, mixed_up, state);
            return true;
        }
        if (!kb_same_uuid(s->medium->luks_uuid, device->container_uuid))
            continue;
        kb_device_fill(state, s->arena, device);
        state->status = KB_MEDIUM_WRONG;
        state->detail = kb_text_new(s->arena, "the container is the right one, but %s is in it",
                                    "暗号化コンテナは一致しますが、中にあるのは %s です",
                                    name_device(s->arena, device));
        return true;
    }
    return false;
}

int kb_disk_locate(const struct kb_job_medium *medium, struct kb_arena *arena, struct kb_medium_state *state,
                   struct kb_err *err)
{
    if (!medium->fs_uuid || !*medium->fs_uuid)
        return kb_fail(err, KB_EPLAN, "medium %s has no fs_uuid; a disk is known by it alone",
                       "媒体 %s に fs_uuid がありません。ディスクの識別に必要です", medium->id);
    struct search s = {.medium = medium, .arena = arena};
    if (kb_mounts_read(arena, &s.mounts, err) || kb_devices_scan(&s.mounts, arena, &s.devices, err))
        return kb_wrap(err, "while looking for medium %s", "媒体 %s を探しているとき", medium->id);
    state->status = KB_MEDIUM_ABSENT;
    const struct kb_device *device = find_one(&s, state, has_uuid);
    const struct kb_device *container = device || state->status == KB_MEDIUM_TWICE ? NULL
                                                                                   : find_one(&s, state, is_container);
    if (device)
        found(&s, device, state);
    else if (container)
        locked(&s, container,
               (struct kb_text){.en = "it is the container of the plan", .ja = "計画にある暗号化コンテナです"}, state);
    else if (state->status != KB_MEDIUM_TWICE && !see_inside(&s, state))
        not_found(&s, state);
    return 0;
}
