/* SPDX-License-Identifier: Apache-2.0 */
/* Atomic publishing and whole reads. */
#include "koboshi/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <linux/openat2.h>

#include "koboshi/arena.h"
#include "koboshi/ends.h"
#include "koboshi/err.h"
#include "koboshi/limits.h"

int kb_write_all(int fd, const void *data, size_t n)
{
    const char *at = data;
    while (n) {
        ssize_t done = write(fd, at, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return -1;
        at += done;
        n -= (size_t)done;
    }
    return 0;
}

ssize_t kb_read_full(int fd, void *data, size_t n)
{
    size_t have = 0;
    while (have < n) {
        ssize_t got = read(fd, (char *)data + have, n - have);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        have += (size_t)got;
    }
    return (ssize_t)have;
}

int kb_open_below(int dirfd, const char *path, int flags, mode_t mode)
{
    return kb_open_beneath(dirfd, path, flags | O_NOFOLLOW, mode,
                           RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV);
}

static int write_durably(int dirfd, const char *name, const void *data, size_t n, mode_t mode)
{
    KB_SCOPED_FD fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0 || fchmod(fd, mode) || kb_write_all(fd, data, n) || fsync(fd))
        return -1;
    return close(kb_steal(&fd));
}

int kb_file_publish(int dirfd, const char *name, const void *data, size_t n, mode_t mode, struct kb_err *err)
{
    char temp[KB_NAME_BYTES_MAX + 8];
    if ((size_t)snprintf(temp, sizeof temp, ".%s.new", name) >= sizeof temp)
        return kb_fail(err, KB_EIO, "file name is too long: %s", "ファイル名が長すぎます: %s", name);
    struct kb_ends ends;
    kb_ends_hold(&ends);
    int cause = 0;
    if (write_durably(dirfd, temp, data, n, mode) || renameat(dirfd, temp, dirfd, name) || fsync(dirfd)) {
        cause = errno;
        (void)unlinkat(dirfd, temp, 0);
    }
    kb_ends_release(&ends);
    if (cause)
        return kb_fail(err, kb_code_of_errno(cause), "%s could not be written: %s", "%s を書き込めませんでした: %s",
                       name, strerror(cause));
    return 0;
}

int kb_file_read(int dirfd, const char *name, int64_t max, struct kb_arena *arena, char **ret_data, size_t *ret_n,
                 struct kb_err *err)
{
    KB_SCOPED_FD fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st)) {
        int cause = errno;
        int code = kb_fail(err, kb_code_of_errno(cause), "%s could not be read: %s", "%s を読めませんでした: %s", name,
                           strerror(cause));
        errno = cause;
        return code;
    }
    if (!S_ISREG(st.st_mode))
        return kb_fail(err, KB_EIO, "%s is not a regular file", "%s は通常のファイルではありません", name);
    if (st.st_size > max)
        return kb_fail(err, KB_EIO, "%s is too large: %lld bytes, at most %lld are read",
                       "%s が大きすぎます: %lld バイト（上限 %lld バイト）", name, (long long)st.st_size,
                       (long long)max);
    char *data = kb_alloc(arena, (size_t)st.st_size + 1, 1);
    ssize_t got = kb_read_full(fd, data, (size_t)st.st_size);
    if (got < 0)
        return kb_fail(err, KB_EIO, "%s could not be read: %s", "%s を読めませんでした: %s", name, strerror(errno));
    *ret_data = data;
    *ret_n = (size_t)got;
    return 0;
}

DIR *kb_dir_list(int dirfd)
{
    KB_SCOPED_FD copy = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    if (dir)
        (void)kb_steal(&copy); /* closedir closes it */
    return dir;
}

int kb_mkdir_p(const char *path, mode_t mode, struct kb_err *err)
{
    char part[KB_PATH_BYTES_MAX];
    size_t n = strlen(path);
    if (!n || n >= sizeof part)
        return kb_fail(err, KB_EIO, "folder name is empty or too long: %s", "フォルダ名が空か長すぎます: %s", path);
    memcpy(part, path, n + 1);
    while (n > 1 && part[n - 1] == '/') /* the last name has its mode, however it is written */
        part[--n] = '\0';
    for (char *slash = part + 1;; slash++) {
        if (*slash && *slash != '/')
            continue;
        char kept = *slash;
        *slash = '\0';
        struct stat st;
        if (mkdir(part, kept ? mode | 0111 : mode) && (errno != EEXIST || stat(part, &st) || !S_ISDIR(st.st_mode))) {
            int cause = errno == EEXIST ? ENOTDIR : errno;
            return kb_fail(err, kb_code_of_errno(cause), "folder %s could not be made: %s",
                           "フォルダ %s を作成できませんでした: %s", part, strerror(cause));
        }
        *slash = kept;
        if (!kept)
            return 0;
    }
}
