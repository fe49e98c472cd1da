/* SPDX-License-Identifier: Apache-2.0 */
/* Which medium a folder is that somebody points at. */
#include "koboshi/survey.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/text.h"

#include "device.h"
#include "share.h"

/* Where the running system lives: not what anybody means by a backup disk. */
static const char *const system_folders[] = {"/",    "/boot", "/boot/efi", "/efi", "/home", "/opt",
                                             "/srv", "/tmp",  "/usr",      "/var", NULL};

static bool is_one_of(const char *text, const char *const *list)
{
    while (*list && strcmp(text, *list) != 0)
        list++;
    return *list != NULL;
}

static const char *shown(struct kb_arena *arena, const char *text)
{
    return text ? kb_escape(arena, text, strlen(text)) : NULL;
}

static int identify_disk(const struct kb_mounts *mounts, const struct kb_mount *mount, struct kb_arena *arena,
                         struct kb_medium_state *state, struct kb_err *err)
{
    struct kb_devices devices;
    int code = kb_devices_scan(mounts, arena, &devices, err);
    for (size_t i = 0; !code && i < devices.n; i++) {
        const struct kb_device *device = &devices.v[i];
        const struct kb_mount *own = device->uuid ? kb_mount_of_device(mounts, device) : NULL;
        if (!own || strcmp(own->target, mount->target) != 0)
            continue;
        state->device = device->path;
        state->fs_uuid = shown(arena, device->uuid);
        state->label = shown(arena, device->label);
        state->serial = shown(arena, device->serial);
        state->model = shown(arena, device->model);
        state->container = device->container;
        state->luks_uuid = shown(arena, device->container_uuid);
        state->bytes = device->bytes;
    }
    return code;
}

int kb_media_identify(const char *path, struct kb_arena *arena, struct kb_medium_state *ret_state, struct kb_err *err)
{
    char real[PATH_MAX];
    struct stat st;
    int cause = !realpath(path, real) || stat(real, &st) ? errno : S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
    if (cause)
        return kb_fail(err, kb_code_of_errno(cause), "the folder cannot be opened: %s", "フォルダを開けません: %s",
                       strerror(cause));
    if (!kb_is_utf8(real, strlen(real)))
        return kb_fail(err, KB_EIO, "its path %s is not UTF-8; mount it elsewhere",
                       "パス %s が UTF-8 ではありません。別の場所にマウントしてください", shown(arena, real));
    struct kb_medium_state state = {
        .medium = "scan", .status = KB_MEDIUM_READY, .root = kb_strdup(arena, real), .bytes = KB_ABSENT};
    struct kb_mounts mounts;
    int code = kb_mounts_read(arena, &mounts, err);
    const struct kb_mount *mount = code ? NULL : kb_mount_of_path(&mounts, real);
    if (mount) {
        state.fs_type = shown(arena, mount->fs_type);
        state.options = shown(arena, mount->options);
        state.writable_elsewhere = mount->writable;
        if (kb_mount_is_remote(mount))
            state.source = shown(arena, kb_share_source(mount, arena));
        else if (!strcmp(mount->target, real) && !is_one_of(real, system_folders))
            code = identify_disk(&mounts, mount, arena, &state, err);
    }
    if (!code)
        *ret_state = state;
    return code;
}
