/* SPDX-License-Identifier: Apache-2.0 */
/* Paths below the scratch folder: opened without ever following a link, parents made on demand. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "koboshi/file.h"

#include "scratch.h"

void kb_scratch_forget_parent(struct kb_scratch *s)
{
    if (s->parent >= 0)
        kb_writers_close(s->writers, s->parent);
    s->parent = -1;
    s->parent_path[0] = '\0';
}

/* One folder of a path that nobody has named so far. */
static int make_folder(struct kb_scratch *s, int dirfd, const char *name, const char *path)
{
    if (!mkdirat(dirfd, name, 0700)) {
        struct kb_item *item = kb_items_add(&s->items, path, NULL);
        item->kind = KB_ENTRY_FOLDER;
        item->mode = 0700;
        item->mtime_ns = KB_ABSENT;
        item->flags = KB_ITEM_WRITTEN | KB_ITEM_IMPLIED;
        item->layer = s->layer;
        s->inodes_left--;
    } else if (errno != EEXIST) {
        return -1;
    }
    return kb_open_below(dirfd, name, O_PATH | O_DIRECTORY, 0);
}

/* Opens the folder at path, making each part that is absent. path is changed and restored. */
static int make_folders(struct kb_scratch *s, char *path)
{
    KB_SCOPED_FD fd = fcntl(s->root, F_DUPFD_CLOEXEC, 3);
    for (char *name = path; fd >= 0 && *name;) {
        size_t n = strcspn(name, "/");
        char kept = name[n];
        name[n] = '\0';
        int next = make_folder(s, fd, name, path);
        name[n] = kept;
        if (next < 0)
            return -1;
        (void)close(fd);
        fd = next;
        name += n + (kept == '/');
    }
    return kb_steal(&fd);
}

int kb_scratch_parent(struct kb_scratch *s, const char *path, const char **ret_name)
{
    const char *slash = strrchr(path, '/');
    *ret_name = slash ? slash + 1 : path;
    if (!slash)
        return s->root;
    size_t n = (size_t)(slash - path);
    if (n >= sizeof s->parent_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    if (s->parent >= 0 && strlen(s->parent_path) == n && !memcmp(s->parent_path, path, n))
        return s->parent;
    char folder[sizeof s->parent_path];
    memcpy(folder, path, n);
    folder[n] = '\0';
    int fd = kb_open_below(s->root, folder, O_PATH | O_DIRECTORY, 0);
    if (fd < 0 && errno == ENOENT) {
        kb_writers_settle(s->writers); /* one of the names may be a file's */
        fd = make_folders(s, folder);
    }
    if (fd < 0)
        return -1;
    kb_scratch_forget_parent(s);
    s->parent = fd;
    memcpy(s->parent_path, folder, n + 1);
    return fd;
}
