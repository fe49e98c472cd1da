/* SPDX-License-Identifier: Apache-2.0 */
/* Attached disks as people would take them for media, and the disk a medium lies on. */
#include "koboshi/media.h"

#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"

#include "device.h"

static bool is_one_of(const char *text, const char *const *words)
{
    for (; text && *words; words++)
        if (!strcmp(text, *words))
            return true;
    return false;
}

static bool could_be_a_medium(const struct kb_device *device, const struct kb_mount *mount)
{
    static const char *const parts[] = {"swap", "LVM2_member", "linux_raid_member", "ddf_raid_member", NULL};
    static const char *const systems[] = {"/", "/boot", "/boot/efi", "/usr", "/var", "/home", "/opt", "/srv", NULL};
    return device->fs_type && !is_one_of(device->fs_type, parts) && !(mount && is_one_of(mount->target, systems));
}

int kb_media_disks_stage(struct kb_arena *arena, void (*disk)(void *owner, const struct kb_disk *disk), void *owner,
                         struct kb_err *err)
{
    struct kb_mounts mounts;
    struct kb_devices devices;
    if (kb_mounts_read(arena, &mounts, err) || kb_devices_scan(&mounts, arena, &devices, err))
        return kb_wrap(err, "while looking for disks", "ディスクを探しているとき");
    for (size_t i = 0; i < devices.n; i++) {
        const struct kb_device *device = &devices.v[i];
        const struct kb_mount *mount = kb_mount_of_device(&mounts, device);
        if (!could_be_a_medium(device, mount))
            continue;
        struct kb_medium_state state = {0};
        kb_device_fill(&state, arena, device);
        const struct kb_disk found = {
            .device = state.device,
            .disk = kb_device_disk(arena, device->path),
            .fs_type = state.fs_type,
            .fs_uuid = state.fs_uuid,
            .label = state.label,
            .serial = state.serial,
            .model = state.model,
            .luks_uuid = state.luks_uuid,
            .container = state.container,
            .mounted_at = mount ? kb_escape(arena, mount->target, strlen(mount->target)) : NULL,
            .bytes = device->bytes,
            .external = device->external,
        };
        disk(owner, &found);
    }
    return 0;
}

int kb_media_look_stage(const struct kb_job *job, struct kb_arena *arena,
                        void (*medium)(void *owner, const struct kb_medium_state *state),
                        void (*health)(void *owner, const struct kb_health *health), void *owner, struct kb_err *err)
{
    struct kb_medium_state state;
    int code = kb_media_locate(job->medium, arena, &state, err);
    if (code)
        return code;
    medium(owner, &state);
    bool here = state.status == KB_MEDIUM_READY || state.status == KB_MEDIUM_UNREADABLE ||
                state.status == KB_MEDIUM_LOCKED;
    if (!here || !kb_medium_is_disk(job->medium->kind) || !state.device)
        return 0;
    struct kb_health found;
    kb_media_health(&kb_smartctl, kb_device_disk(arena, state.device), arena, &found);
    found.medium = job->medium->id;
    health(owner, &found);
    return 0;
}
