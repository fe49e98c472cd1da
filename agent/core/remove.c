/* SPDX-License-Identifier: Apache-2.0 */
/* Removal of trees of any depth, without following links. */
#include "koboshi/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "koboshi/err.h"

/* A folder that is still there. */
struct pending {
    char *name;
    ino_t above; /* of the folder that it lies in, once it was entered */
    bool entered;
};

/* What lies below an archive may be deeper than the stack of a process and than its descriptors: the folders on the way
 * are kept as names, only the one that is being emptied is open. */
struct removal {
    dev_t device;
    struct pending *v;
    size_t n, room;
    int cause; /* errno of what failed first */
};

static void failed(struct removal *r, int cause)
{
    if (!r->cause)
        r->cause = cause;
}

static void push(struct removal *r, const char *name)
{
    if (r->n == r->room) {
        r->room = 2 * r->room + 16;
        r->v = reallocarray(r->v, r->room, sizeof *r->v);
    }
    char *copy = strdup(name);
    if (!r->v || !copy)
        abort();
    r->v[r->n++] = (struct pending){.name = copy};
}

static void pop(struct removal *r)
{
    free(r->v[--r->n].name);
}

/* Whatever is no folder goes; folders wait. */
static void empty(struct removal *r, int dirfd)
{
    DIR *dir = kb_dir_list(dirfd);
    if (!dir) {
        failed(r, errno);
        return;
    }
    for (struct dirent *e; (e = readdir(dir));) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") || !unlinkat(dirfd, e->d_name, 0) || errno == ENOENT)
            continue;
        if (errno == EISDIR || errno == EPERM)
            push(r, e->d_name);
        else
            failed(r, errno);
    }
    (void)closedir(dir);
}

/* -1: it stays as it is. */
static int enter(struct removal *r, int dirfd)
{
    struct pending *last = &r->v[r->n - 1];
    KB_SCOPED_FD fd = openat(dirfd, last->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat above = {0}, st;
    if (fd < 0 || fstat(fd, &st) || fstatat(dirfd, ".", &above, 0)) {
        failed(r, errno);
        return -1;
    }
    if (st.st_dev != r->device) {
        failed(r, EXDEV); /* never across a mount */
        return -1;
    }
    last->above = above.st_ino;
    last->entered = true;
    if (st.st_uid == geteuid())
        (void)fchmod(fd, 0700); /* restored folders may be read-only */
    empty(r, fd);
    return kb_steal(&fd);
}

/* The folder above; -1: it is not the one that was come from. */
static int leave(struct removal *r, int dirfd)
{
    KB_SCOPED_FD fd = openat(dirfd, "..", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st)) {
        failed(r, errno);
        return -1;
    }
    if (st.st_dev != r->device || st.st_ino != r->v[r->n - 1].above) {
        failed(r, ESTALE); /* somebody moved the folder meanwhile */
        return -1;
    }
    return kb_steal(&fd);
}

static void go_to(int *here, int fd)
{
    if (*here >= 0)
        (void)close(*here);
    *here = fd;
}

/* Depth first, from the last name on; the first one lies in dirfd. */
static void remove_all(struct removal *r, int dirfd)
{
    KB_SCOPED_FD here = -1;
    while (r->n) {
        const struct pending *last = &r->v[r->n - 1];
        const bool first = r->n == 1;
        if (!last->entered) {
            int fd = enter(r, first ? dirfd : here);
            if (fd >= 0)
                go_to(&here, fd);
            else
                pop(r);
            continue;
        }
        int above = first ? -1 : leave(r, here);
        if (!first && above < 0)
            return;
        if (unlinkat(first ? dirfd : above, last->name, AT_REMOVEDIR) && errno != ENOENT)
            failed(r, errno);
        go_to(&here, above);
        pop(r);
    }
}

int kb_remove_tree(int dirfd, const char *name, struct kb_err *err)
{
    struct stat st;
    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW))
        return errno == ENOENT ? 0
                               : kb_fail(err, kb_code_of_errno(errno), "%s cannot be looked at: %s",
                                         "%s を確認できません: %s", name, strerror(errno));
    struct removal r = {.device = st.st_dev};
    if (S_ISDIR(st.st_mode))
        push(&r, name);
    else if (unlinkat(dirfd, name, 0) && errno != ENOENT)
        failed(&r, errno);
    remove_all(&r, dirfd);
    while (r.n)
        pop(&r);
    free(r.v);
    if (r.cause)
        return kb_fail(err, kb_code_of_errno(r.cause), "%s could not be removed: %s", "%s を削除できませんでした: %s",
                       name, strerror(r.cause));
    return 0;
}
