/* SPDX-License-Identifier: Apache-2.0 */
/* A changed plan goes back into its file whole, or not at all. */
#include "plan_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "koboshi/arena.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"

/* Renaming over a file needs no right to write it: one that was made read-only would be replaced all the same. */
int kb_plan_target(struct kb_cli *cli, const char *given, struct kb_plan_target *target, struct kb_err *err)
{
    const char *shown = kb_escape(cli->arena, given, strlen(given));
    if (!realpath(given, target->path) || stat(target->path, &target->st))
        return kb_fail(err, kb_code_of_errno(errno), "%s: %s", "%s: %s", shown, strerror(errno));
    const char *slash = strrchr(target->path, '/');
    target->name = kb_strdup(cli->arena, slash + 1);
    target->folder = kb_strndup(cli->arena, target->path, slash == target->path ? 1 : (size_t)(slash - target->path));
    bool locked = !(target->st.st_mode & (S_IWUSR | S_IWGRP | S_IWOTH));
    if (locked || access(target->path, W_OK))
        return kb_fail(err, KB_EPERM, "%s is read-only; allow writing and run again",
                       "%s は書き込み禁止です。書き込みを許可してから、もう一度実行してください", shown);
    return 0;
}

int kb_plan_write(struct kb_cli *cli, const struct kb_plan *plan, const struct kb_plan_target *target, const char *text,
                  size_t n, struct kb_err *err)
{
    KB_SCOPED_FD dir = open(target->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return kb_fail(err, kb_code_of_errno(errno), "folder %s cannot be opened: %s", "フォルダ %s を開けません: %s",
                       target->folder, strerror(errno));
    char *now = NULL;
    size_t n_now = 0;
    int code = kb_file_read(dir, target->name, KB_PLAN_BYTES_MAX, cli->arena, &now, &n_now, err);
    if (!code && (n_now != plan->source_n || memcmp(now, plan->source, n_now) != 0))
        code = kb_fail(err, KB_EIO, "%s was changed by somebody else meanwhile; nothing was written",
                       "%s が同時に変更されたため、書き込みを中止しました", target->name);
    if (!code)
        code = kb_file_publish(dir, target->name, text, n, target->st.st_mode & 07777, err);
    if (!code && (target->st.st_uid != geteuid() || target->st.st_gid != getegid()) &&
        fchownat(dir, target->name, target->st.st_uid, target->st.st_gid, AT_SYMLINK_NOFOLLOW))
        code = kb_fail(err, kb_code_of_errno(errno), "%s is written, but could not be given back to its owner: %s",
                       "%s に書き込みましたが、ファイルの所有者を元に戻せませんでした: %s", target->name,
                       strerror(errno));
    return code;
}
