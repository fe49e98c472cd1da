/* SPDX-License-Identifier: Apache-2.0 */
/* Undoing mounts: our own at the end, and whatever a crash has left. */
#include "koboshi/media.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"

#include "device.h"
#include "fuse.h"
#include "readonly.h"

enum {
    BUSY_TRIES = 50, /* of 100 ms: a worker that survives SIGKILL for 5 s is given up */
    STACKED_MAX = 8, /* mounts on one folder */
    SWEEP_DEPTH = 4, /* base/drill/medium, and one to spare */
};

static int unmount_all(const char *path, struct kb_err *err)
{
    const struct timespec pause = {.tv_nsec = 100000000};
    for (int done = 0, busy = 0; done < STACKED_MAX;) {
        if (!umount2(path, UMOUNT_NOFOLLOW)) {
            done++;
        } else if (errno == EINVAL || errno == ENOENT) {
            return 0; /* not a mount point (any more) */
        } else if (errno == EBUSY && ++busy < BUSY_TRIES) {
            (void)nanosleep(&pause, NULL);
        } else if (errno == EPERM && geteuid() != 0) {
            return 0; /* who may not unmount has not mounted either */
        } else {
            return kb_fail(err, kb_code_of_errno(errno), "%s cannot be unmounted: %s; do not unplug the disk yet",
                           "%s をアンマウントできません: %s。まだディスクを外さないでください", path, strerror(errno));
        }
    }
    return 0;
}

static int close_at(const char *path, struct kb_err *err)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    int rc = kb_fuse_end(kb_sprintf(arena, "%s%s", path, KB_FUSE_SUFFIX), arena, err);
    if (!rc)
        rc = unmount_all(path, err);
    if (!rc)
        rc = kb_readonly_end(kb_sprintf(arena, "%s%s", path, KB_READONLY_SUFFIX), arena, err);
    if (!rc && rmdir(path) && errno != ENOENT && errno != ENOTEMPTY)
        rc = kb_fail(err, kb_code_of_errno(errno), "folder %s could not be removed: %s",
                     "フォルダ %s を削除できませんでした: %s", path, strerror(errno));
    return rc;
}

int kb_media_close(const struct kb_job_medium *medium, struct kb_err *err)
{
    if (!kb_medium_is_disk(medium->kind) || !medium->mount_at)
        return 0;
    int rc = close_at(medium->mount_at, err);
    return rc ? kb_wrap(err, "while releasing medium %s", "媒体 %s を解放しているとき", medium->id) : 0;
}

static bool has_suffix(const char *name, const char *suffix)
{
    size_t n = strlen(name), end = strlen(suffix);
    return n > end && !strcmp(name + n - end, suffix);
}

static bool is_below(const char *path, const char *base)
{
    size_t n = strlen(base);
    return !strncmp(path, base, n) && path[n] == '/';
}

static int sweep_folder(const char *path, unsigned depth, struct kb_err *err)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    DIR *dir = opendir(path);
    int failed = 0;
    for (struct dirent *e; dir && (e = readdir(dir));) {
        struct stat st;
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") ||
            fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW))
            continue;
        const char *child = kb_sprintf(arena, "%s/%s", path, e->d_name);
        int rc = 0;
        if (S_ISDIR(st.st_mode) && depth < SWEEP_DEPTH) {
            rc = sweep_folder(child, depth + 1, err);
            (void)rmdir(child); /* what is not empty is not ours */
        } else if (S_ISREG(st.st_mode) && has_suffix(e->d_name, KB_FUSE_SUFFIX)) {
            rc = kb_fuse_end(child, arena, err);
        } else if (S_ISREG(st.st_mode) && has_suffix(e->d_name, KB_READONLY_SUFFIX)) {
            rc = kb_readonly_end(child, arena, err);
        } else if (S_ISREG(st.st_mode) &&
                   (has_suffix(e->d_name, KB_FUSE_SUFFIX ".new") || has_suffix(e->d_name, KB_READONLY_SUFFIX ".new"))) {
            (void)unlink(child); /* a note that never came into force (kb_file_publish) */
        }
        failed = failed ? failed : rc;
    }
    if (dir)
        (void)closedir(dir);
    return failed;
}

int kb_media_sweep(const char *base, struct kb_err *err)
{
    char real[PATH_MAX];
    if (!realpath(base, real))
        return errno == ENOENT ? 0
                               : kb_fail(err, kb_code_of_errno(errno), "%s cannot be looked at: %s",
                                         "%s を確認できません: %s", base, strerror(errno));
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_mounts mounts;
    int rc = kb_mounts_read(arena, &mounts, err), failed = 0;
    for (size_t i = rc ? 0 : mounts.n; i-- > 0;) { /* later ones may lie upon earlier ones */
        if (!is_below(mounts.v[i].target, real))
            continue;
        rc = kb_fuse_end(kb_sprintf(arena, "%s%s", mounts.v[i].target, KB_FUSE_SUFFIX), arena, err);
        if (!rc)
            rc = unmount_all(mounts.v[i].target, err);
        failed = failed ? failed : rc;
    }
    if (!failed && !rc) {
        failed = sweep_folder(real, 0, err); /* never into what is still mounted */
        (void)rmdir(real);
    }
    rc = failed ? failed : rc;
    return rc ? kb_wrap(err, "while clearing %s", "%s を片付けているとき", base) : 0;
}
