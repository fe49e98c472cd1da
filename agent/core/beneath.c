/* SPDX-License-Identifier: Apache-2.0 */
/* openat2, and the same by steps where it may not be called. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/openat2.h>

#include "koboshi/file.h"

static int refuse(int cause)
{
    errno = cause;
    return -1;
}

static bool same_mount(int a, int b)
{
    struct statx x, y;
    return !statx(a, "", AT_EMPTY_PATH, STATX_MNT_ID, &x) && !statx(b, "", AT_EMPTY_PATH, STATX_MNT_ID, &y) &&
           x.stx_mnt_id == y.stx_mnt_id;
}

/* One component, which is neither "." nor ".."; a link is said as openat2 says it. */
static int step(int at, const char *name, int flags, mode_t mode, bool one_mount)
{
    struct stat st;
    KB_SCOPED_FD fd = openat(at, name, flags | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0 && errno == ENOTDIR && !fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) && S_ISLNK(st.st_mode))
        return refuse(ELOOP);
    if (fd >= 0 && one_mount && !same_mount(at, fd))
        return refuse(EXDEV);
    return fd < 0 ? -1 : kb_steal(&fd);
}

/* No link on the way: each folder is opened by itself. */
static int walk(int dirfd, const char *path, int flags, mode_t mode, bool one_mount)
{
    KB_SCOPED_FD at = openat(dirfd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    char name[NAME_MAX * 4 + 1];
    while (at >= 0) {
        path += strspn(path, "/");
        size_t n = strcspn(path, "/");
        bool last = !path[n + strspn(path + n, "/")];
        if (n >= sizeof name)
            return refuse(ENAMETOOLONG);
        memcpy(name, path, n);
        name[n] = '\0';
        if (!strcmp(name, ".."))
            return refuse(EXDEV);
        if (last)
            return step(at, n ? name : ".", flags | (path[n] ? O_DIRECTORY : 0), mode, one_mount);
        int next = step(at, name, O_PATH | O_DIRECTORY, 0, one_mount);
        if (next < 0)
            return -1;
        (void)close(at);
        at = next;
        path += n;
    }
    return -1;
}

static bool place_of(int fd, char place[PATH_MAX])
{
    char link[32];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, place, PATH_MAX - 1);
    place[n > 0 ? n : 0] = '\0';
    return n > 0;
}

/* Links are followed; where they led is looked at before anything is opened that answers to it. */
static int follow(int dirfd, const char *path, int flags)
{
    char root[PATH_MAX], place[PATH_MAX], link[32];
    KB_SCOPED_FD there = openat(dirfd, path, O_PATH | O_CLOEXEC);
    if (there < 0)
        return -1;
    if (!place_of(dirfd, root) || !place_of(there, place))
        return refuse(EXDEV);
    size_t n = strlen(root);
    if (strncmp(place, root, n) != 0 || (n > 1 && place[n] && place[n] != '/'))
        return refuse(EXDEV);
    if (flags & O_PATH)
        return kb_steal(&there);
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", there);
    return open(link, flags | O_CLOEXEC);
}

int kb_open_beneath(int dirfd, const char *path, int flags, mode_t mode, uint64_t resolve)
{
    struct open_how how = {.flags = (uint64_t)(flags | O_CLOEXEC), .mode = mode, .resolve = resolve | RESOLVE_BENEATH};
    long fd = -1;
    for (int attempt = 0; attempt <= 8; attempt++) {
        fd = syscall(SYS_openat2, dirfd, path, &how, sizeof how);
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
            break;
    }
    if (fd >= 0 || errno != ENOSYS)
        return (int)fd;
    if (*path == '/')
        return refuse(EXDEV);
    if (!*path)
        return refuse(ENOENT);
    return resolve & RESOLVE_NO_SYMLINKS ? walk(dirfd, path, flags, mode, resolve & RESOLVE_NO_XDEV)
                                         : follow(dirfd, path, flags);
}
