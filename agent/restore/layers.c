/* SPDX-License-Identifier: Apache-2.0 */
/* One archive of a chain over those before it: what is replaced, moved or deleted. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"

#include "scratch.h"

enum { PATH_ROOM = KB_PATH_BYTES_MAX + KB_NAME_BYTES_MAX + 2 };

/* Something below the scratch folder: open parent, name in it, path from the top. */
struct place {
    int parent;
    const char *name, *path;
};

static int open_folder(int parent, const char *name)
{
    return kb_open_below(parent, name, O_RDONLY | O_DIRECTORY, 0);
}

static int join(char *to, const char *folder, const char *name)
{
    int n = snprintf(to, PATH_ROOM, "%s%s%s", folder, *folder ? "/" : "", name);
    if (n < 0 || n >= PATH_ROOM) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return 0;
}

static void forget(struct kb_scratch *s, const char *path)
{
    struct kb_item *item = kb_items_find(&s->items, path);
    if (!item)
        return;
    if (item->kind == KB_ENTRY_FILE) {
        s->superseded += kb_item_is_own_file(item);
        s->bytes_left += item->size;
    }
    s->inodes_left++;
    item->flags = KB_ITEM_DROPPED;
}

/* Calls `each` for every name in the folder, until it fails. 0, or -1 with errno. The names are taken first: each may
 * remove its own. */
static int for_names(int dirfd, int (*each)(void *owner, const char *name), void *owner)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    DIR *dir = kb_dir_list(dirfd);
    if (!dir)
        return -1;
    const char **names = NULL;
    size_t n = 0;
    for (struct dirent *e; (errno = 0, e = readdir(dir));) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
            continue;
        names = kb_grow(arena, (void *)(uintptr_t)names, n, sizeof *names);
        names[n++] = kb_strdup(arena, e->d_name);
    }
    int cause = errno, r = cause ? -1 : 0;
    (void)closedir(dir);
    errno = cause;
    for (size_t i = 0; i < n && !r; i++)
        r = each(owner, names[i]);
    return r;
}

struct erasing {
    struct kb_scratch *s;
    int dirfd;
    const char *path;
};

static int erase(struct kb_scratch *s, const struct place *at);

static int erase_name(void *owner, const char *name)
{
    struct erasing *e = owner;
    char path[PATH_ROOM];
    if (join(path, e->path, name))
        return -1;
    return erase(e->s, &(struct place){.parent = e->dirfd, .name = name, .path = path});
}

/* The depth is that of paths we made ourselves. */
static int erase(struct kb_scratch *s, const struct place *at)
{
    struct stat st;
    if (fstatat(at->parent, at->name, &st, AT_SYMLINK_NOFOLLOW))
        return errno == ENOENT ? 0 : -1;
    if (S_ISDIR(st.st_mode)) {
        KB_SCOPED_FD fd = open_folder(at->parent, at->name);
        if (fd < 0 || for_names(fd, erase_name, &(struct erasing){.s = s, .dirfd = fd, .path = at->path}))
            return -1;
    }
    if (unlinkat(at->parent, at->name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0))
        return -1;
    forget(s, at->path);
    return 0;
}

int kb_scratch_supersede(struct kb_scratch *s, struct kb_item *item)
{
    const char *name;
    int parent = kb_scratch_parent(s, item->path, &name);
    KB_SCOPED_FD fd = parent < 0 ? -1 : fcntl(parent, F_DUPFD_CLOEXEC, 3);
    if (fd < 0)
        return -1;
    if (item->kind == KB_ENTRY_FOLDER)
        kb_scratch_forget_parent(s);
    if (erase(s, &(struct place){.parent = fd, .name = name, .path = item->path}))
        return -1;
    item->flags = KB_ITEM_DROPPED; /* also one that never came to the disk */
    return 0;
}

int kb_scratch_layer(void *owner, struct kb_err *err)
{
    struct kb_scratch *s = owner;
    if (s->open_item) {
        kb_scratch_drop_file(s);
        s->skipped++;
    }
    kb_writers_settle(s->writers);
    if (s->layer == UINT16_MAX)
        return kb_fail(err, KB_EWORKER, "a chain of more parts than can be counted", "連鎖の数が多すぎます");
    kb_scratch_links(s); /* what comes next may replace what they name */
    s->layer++;
    return 0;
}

struct moving {
    struct kb_scratch *s;
    int dirfd; /* of the folder under its new name */
    const char *from, *to;
};

static int follow(struct kb_scratch *s, const struct place *at, const char *from);

static int follow_name(void *owner, const char *name)
{
    struct moving *m = owner;
    char from[PATH_ROOM], to[PATH_ROOM];
    if (join(from, m->from, name) || join(to, m->to, name))
        return -1;
    return follow(m->s, &(struct place){.parent = m->dirfd, .name = name, .path = to}, from);
}

/* What lies at this place was known by another path. */
static int follow(struct kb_scratch *s, const struct place *at, const char *from)
{
    struct kb_item *old = kb_items_find(&s->items, from);
    if (old) {
        struct kb_item *item = kb_items_add(&s->items, at->path, NULL);
        const struct kb_item moved = {.path = item->path, .hash = item->hash, .next = item->next};
        *item = *old;
        item->path = moved.path;
        item->hash = moved.hash;
        item->next = moved.next;
        s->superseded += kb_item_is_own_file(old);
        old->flags = KB_ITEM_DROPPED;
    }
    struct stat st;
    if (fstatat(at->parent, at->name, &st, AT_SYMLINK_NOFOLLOW))
        return -1;
    if (!S_ISDIR(st.st_mode))
        return 0;
    KB_SCOPED_FD fd = open_folder(at->parent, at->name);
    return fd < 0 ? -1 : for_names(fd, follow_name, &(struct moving){s, fd, from, at->path});
}

/* 0, or -1 with errno: EEXIST when something stands in the way. */
static int move(struct kb_scratch *s, const char *from, const char *to)
{
    const char *old, *new;
    int parent = kb_scratch_parent(s, from, &old);
    KB_SCOPED_FD from_fd = parent < 0 ? -1 : fcntl(parent, F_DUPFD_CLOEXEC, 3);
    parent = from_fd < 0 ? -1 : kb_scratch_parent(s, to, &new);
    KB_SCOPED_FD to_fd = parent < 0 ? -1 : fcntl(parent, F_DUPFD_CLOEXEC, 3);
    if (to_fd < 0)
        return -1;
    kb_scratch_forget_parent(s);
    if (renameat2(from_fd, old, to_fd, new, RENAME_NOREPLACE))
        return -1;
    return follow(s, &(struct place){.parent = to_fd, .name = new, .path = to}, from);
}

static void repeat_moves(struct kb_scratch *s, const struct kb_dumped *dumped, size_t n)
{
    const char *from = NULL;
    for (size_t i = 0; i < n; i++) {
        char code = dumped[i].code;
        if (code == 'R')
            from = dumped[i].name;
        else if (code == 'X' || (code == 'T' && (!from || move(s, from, dumped[i].name))))
            kb_scratch_skip(s, dumped[i].name, code == 'X' || !from ? EINVAL : errno);
        if (code == 'T')
            from = NULL;
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct keeping {
    struct kb_scratch *s;
    int dirfd;
    const char *folder;
    const char **names; /* sorted */
    size_t n;
};

static int keep_name(void *owner, const char *name)
{
    struct keeping *k = owner;
    char path[PATH_ROOM];
    if (bsearch(&name, k->names, k->n, sizeof *k->names, by_name))
        return 0;
    if (join(path, k->folder, name))
        return -1;
    return erase(k->s, &(struct place){.parent = k->dirfd, .name = name, .path = path});
}

int kb_scratch_keep(void *owner, const char *folder, const struct kb_dumped *dumped, size_t n, struct kb_err *err)
{
    (void)err;
    struct kb_scratch *s = owner;
    kb_writers_settle(s->writers);
    KB_SCOPED_ARENA arena = kb_arena_new();
    repeat_moves(s, dumped, n);
    struct keeping k = {.s = s, .folder = folder, .names = kb_alloc(arena, n, sizeof *k.names)};
    for (size_t i = 0; i < n; i++)
        if (strchr("YND", dumped[i].code))
            k.names[k.n++] = dumped[i].name;
    qsort(k.names, k.n, sizeof *k.names, by_name);
    KB_SCOPED_FD fd = *folder ? open_folder(s->root, folder) : fcntl(s->root, F_DUPFD_CLOEXEC, 3);
    if (fd < 0)
        return 0; /* the entry of the folder has said why it could not be made */
    k.dirfd = fd;
    kb_scratch_forget_parent(s);
    if (for_names(fd, keep_name, &k))
        kb_scratch_skip(s, *folder ? folder : ".", errno);
    return 0;
}
