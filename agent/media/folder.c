/* SPDX-License-Identifier: Apache-2.0 */
/* A folder that somebody else makes available. */
#include "kind.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"

#include "device.h"

struct kb_text kb_folder_describe(const struct kb_job_medium *medium, struct kb_arena *arena)
{
    return kb_text_new(arena, "the folder %s with backups in it", "バックアップの入ったフォルダ %s",
                       kb_shown(arena, medium->mount));
}

/* 0 or errno */
static int look_into(const char *path, bool *ret_empty)
{
    KB_SCOPED_FD fd = kb_view_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : kb_dir_list(fd);
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

int kb_folder_look(const struct kb_job_medium *medium, struct kb_arena *arena, struct kb_medium_state *state,
                   const struct kb_mount **ret_mount, struct kb_err *err)
{
    if (!medium->mount || *medium->mount != '/')
        return kb_fail(err, KB_EPLAN, "medium %s has no absolute path in `mount`",
                       "媒体 %s の mount に絶対パスがありません", medium->id);
    const char *path = kb_shown(arena, medium->mount);
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
    *ret_mount = mount;
    if (mount) {
        kb_state_fill_mount(state, arena, mount);
        state->device = kb_shown(arena, mount->source);
        state->fs_type = kb_shown(arena, mount->fs_type);
    }
    state->root = kb_strdup(arena, real);
    state->status = empty ? KB_MEDIUM_EMPTY : KB_MEDIUM_READY;
    state->detail = empty ? kb_text_new(arena, "the folder %s holds nothing", "フォルダ %s の中に何もありません", path)
                          : kb_text_new(arena, "the folder %s, on %s", "フォルダ %s（%s 上）", path,
                                        state->fs_type ? state->fs_type : "?");
    return 0;
}

int kb_folder_locate(const struct kb_job_medium *medium, struct kb_arena *arena, struct kb_medium_state *state,
                     struct kb_err *err)
{
    const struct kb_mount *unused = NULL;
    return kb_folder_look(medium, arena, state, &unused, err);
}
