/* SPDX-License-Identifier: Apache-2.0 */
/* core: files that must last, descriptors that close themselves, directories that are really gone. */
#pragma once

#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <unistd.h>

struct kb_arena;
struct kb_err;

/* Handles by scope: `KB_SCOPED_FD fd = open(…);`; hand over with kb_steal(&fd). */
static inline void kb_close_p(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}
#define KB_SCOPED_FD __attribute__((cleanup(kb_close_p))) int
static inline int kb_steal(int *fd)
{
    int taken = *fd;
    *fd = -1;
    return taken;
}

/*
 * kb_file_publish(dirfd, name, data, n, mode, err): the file `name` in dirfd holds exactly these bytes or is as it was
 * before, also after a power cut: temporary file, fsync, rename, fsync of the directory. Signals that end the process
 * wait meanwhile.
 */
int kb_file_publish(int dirfd, const char *name, const void *data, size_t n, mode_t mode, struct kb_err *err);

/* kb_file_read(dirfd, name, max, arena, ret_data, ret_n, err): the whole file plus a NUL that is not counted. A file
 * larger than max bytes is a fault, a missing one too (err->code KB_EIO; errno stays ENOENT). Does not follow a final
 * symlink. */
int kb_file_read(int dirfd, const char *name, int64_t max, struct kb_arena *arena, char **ret_data, size_t *ret_n,
                 struct kb_err *err);

/* kb_write_all(fd, data, n): 0 or -1 with errno; goes on after EINTR and short writes. */
int kb_write_all(int fd, const void *data, size_t n);
/* kb_read_full(fd, data, n): bytes read, less than n only at the end of the file, -1 with errno. */
ssize_t kb_read_full(int fd, void *data, size_t n);

/*
 * kb_open_beneath(dirfd, path, flags, mode, resolve): openat2(2) with RESOLVE_BENEATH and the further RESOLVE_ bits
 * (O_CLOEXEC is added). Where it cannot be called (under Landlock before ABI 3, which would let it cut files that no
 * filter of system calls can see) by steps with the same answers: with RESOLVE_NO_SYMLINKS folder by folder; else
 * links are followed, also absolute ones that lead to below dirfd, and nothing is made. -1 with errno: EXDEV for a way
 * out, ELOOP for a link where none may be.
 */
int kb_open_beneath(int dirfd, const char *path, int flags, mode_t mode, uint64_t resolve);

/* kb_open_below(dirfd, path, flags, mode): one that never leaves dirfd or its file system and follows no link
 * (O_NOFOLLOW | O_CLOEXEC are added). mode: 0 unless it may create. -1 with errno. */
int kb_open_below(int dirfd, const char *path, int flags, mode_t mode);

/*
 * kb_view_open(path, flags): as open(2), through a read-only view of the mount that is this process' own, where it may
 * make one (CAP_SYS_ADMIN): whoever reads through it, with whatever rights, changes no access time; else with
 * O_NOATIME, if that is allowed. The mount itself stays free to be unmounted by others: who does not want that holds it
 * with an O_PATH descriptor. What is mounted below path is not in the view.
 */
int kb_view_open(const char *path, int flags);

/* kb_dir_list(dirfd): a stream of its own over the folder, from the start; dirfd stays the caller's. NULL with errno.
 */
DIR *kb_dir_list(int dirfd);

/* kb_mkdir_p(path, mode, err): the directory and its parents exist afterwards. New parents can be passed through by
 * everybody: below /var/lib/koboshi there are keys for root alone and restored data for the account of the checks. */
int kb_mkdir_p(const char *path, mode_t mode, struct kb_err *err);
/* kb_remove_tree(dirfd, name, err): removes name and all below it without following a link or leaving the file system.
 * Missing is success. However deep it is, three descriptors and heap for the names on the way do. What cannot be
 * removed stays, the rest goes; err has the first cause. */
int kb_remove_tree(int dirfd, const char *name, struct kb_err *err);
