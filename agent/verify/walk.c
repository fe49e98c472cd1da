/* SPDX-License-Identifier: Apache-2.0 */
/* A folder walked with one open descriptor per level. */
#include "walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"
#include "tally.h"

/* One name of a folder; `at` in its text. */
struct name {
    size_t at;
    uint32_t seen;
    uint8_t type; /* d_type */
};

struct level {
    struct kb_folder *folder;
    char *text;
    struct name *names;
    size_t n, next, n_path;
};

enum { LEVELS = KB_PATH_DEPTH_MAX + 1 };

struct kb_walk {
    dev_t device;
    bool look;
    size_t depth; /* levels in use */
    struct level levels[LEVELS];
    int64_t n;
    uint32_t seen;
    bool enter; /* the entry given last is a folder */
    struct stat entered;
    int unlisted; /* errno of the listing of the level entered last */
    char path[KB_PATH_BYTES_MAX + KB_DISK_NAME_BYTES_MAX + 2];
    size_t n_path, name_at;
};

void kb_folder_hold(struct kb_folder *folder)
{
    folder->held++;
}

void kb_folder_let_go(struct kb_folder *folder)
{
    if (!folder || --folder->held)
        return;
    kb_close_p(&folder->fd);
    free(folder);
}

bool kb_walked_wanted(const struct kb_walked *walked)
{
    return walked->event == KB_WALKED_ENTRY && walked->kind == KB_ENTRY_FILE &&
           (walked->fault == KB_PATH_SAFE || walked->fault == KB_PATH_NAME_TOO_LONG);
}

static enum kb_entry_kind kind_of(mode_t mode)
{
    return S_ISREG(mode)   ? KB_ENTRY_FILE
           : S_ISDIR(mode) ? KB_ENTRY_FOLDER
           : S_ISLNK(mode) ? KB_ENTRY_SYMLINK
                           : KB_ENTRY_OTHER;
}

void kb_walked_look(struct kb_walked *walked, const struct stat *st)
{
    walked->kind = (uint8_t)kind_of(st->st_mode);
    walked->mode = st->st_mode & 0777;
    walked->mtime_ns = kb_mtime_ns(st);
    walked->size = walked->kind == KB_ENTRY_FILE ? st->st_size : KB_ABSENT;
    walked->inode = st->st_ino;
    walked->looked_at = true;
}

static void *grown(void *v, size_t n, size_t size)
{
    if (n & (n - 1))
        return v;
    v = reallocarray(v, n ? n * 2 : 1, size);
    if (!v)
        abort();
    return v;
}

static int by_bytes(const void *a, const void *b, void *text)
{
    return strcmp((const char *)text + ((const struct name *)a)->at, (const char *)text + ((const struct name *)b)->at);
}

/* The names of one folder, sorted; bounded by the entries one generation may have. 0 or errno. */
static int list_names(struct kb_walk *walk, struct level *level)
{
    DIR *dir = kb_dir_list(level->folder->fd);
    if (!dir)
        return errno;
    size_t used = 0, room = 0;
    int64_t most = KB_ENTRIES_MAX - walk->n;
    for (struct dirent *e; (errno = 0, e = readdir(dir));) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
            continue;
        size_t n = strlen(e->d_name) + 1;
        if (room - used < n) {
            room = room ? room * 2 : 4096;
            level->text = realloc(level->text, room);
            if (!level->text)
                abort();
        }
        memcpy(level->text + used, e->d_name, n);
        level->names = grown(level->names, level->n, sizeof *level->names);
        level->names[level->n] = (struct name){.at = used, .seen = walk->seen++, .type = e->d_type};
        used += n;
        if ((int64_t)++level->n > most)
            break; /* the tally stops at this limit and says so */
    }
    int cause = errno;
    (void)closedir(dir);
    if (level->n)
        qsort_r(level->names, level->n, sizeof *level->names, by_bytes, level->text);
    return cause;
}

static void push(struct kb_walk *walk, int fd)
{
    struct level *level = &walk->levels[walk->depth++];
    *level = (struct level){.n_path = walk->n_path, .folder = calloc(1, sizeof *level->folder)};
    if (!level->folder)
        abort();
    level->folder->fd = fd;
    level->folder->held = 1;
    walk->unlisted = list_names(walk, level);
}

static void pop(struct kb_walk *walk)
{
    struct level *level = &walk->levels[--walk->depth];
    kb_folder_let_go(level->folder);
    free(level->text);
    free(level->names);
}

struct kb_walk *kb_walk_new(int fd, dev_t device, bool look)
{
    struct kb_walk *walk = calloc(1, sizeof *walk);
    if (!walk)
        abort();
    walk->device = device;
    walk->look = look;
    push(walk, fcntl(fd, F_DUPFD_CLOEXEC, 3));
    return walk;
}

void kb_walk_free(struct kb_walk *walk)
{
    while (walk && walk->depth)
        pop(walk);
    free(walk);
}

/* About the path that was named last. */
static int tell(const struct kb_walk *walk, struct kb_arena *arena, enum kb_walk_event event, int cause,
                struct kb_walked *ret_walked)
{
    *ret_walked = (struct kb_walked){.event = (uint8_t)event, .cause = cause, .size = KB_ABSENT, .mtime_ns = KB_ABSENT};
    ret_walked->path = walk->n_path ? kb_strndup(arena, walk->path, walk->n_path) : ".";
    ret_walked->path_n = walk->n_path ? (uint32_t)walk->n_path : 1;
    return 1;
}

/* The folder named last, unless it cannot be; 0: it was entered, 1: what hindered. */
static int enter(struct kb_walk *walk, struct kb_arena *arena, struct kb_walked *ret_walked)
{
    walk->enter = false;
    if (walk->entered.st_dev != walk->device)
        return tell(walk, arena, KB_WALKED_ELSEWHERE, 0, ret_walked);
    int fd = openat(walk->levels[walk->depth - 1].folder->fd, walk->path + walk->name_at,
                    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return tell(walk, arena, KB_WALKED_UNREAD, errno, ret_walked);
    push(walk, fd);
    return 0;
}

static int visit(struct kb_walk *walk, struct kb_arena *arena, const struct name *name, struct kb_walked *ret_walked)
{
    struct level *level = &walk->levels[walk->depth - 1];
    struct kb_walked e = {.path_n = (uint32_t)walk->n_path,
                          .name_at = (uint32_t)walk->name_at,
                          .seen = name->seen,
                          .size = KB_ABSENT,
                          .mtime_ns = KB_ABSENT};
    struct stat st = {0};
    bool known = name->type == DT_REG && !walk->look;
    if (!known && fstatat(level->folder->fd, walk->path + walk->name_at, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT))
        return tell(walk, arena, KB_WALKED_UNREAD, errno, ret_walked);
    e.kind = KB_ENTRY_FILE;
    if (!known)
        kb_walked_look(&e, &st);
    const char *path = NULL;
    e.fault = (uint8_t)kb_path_judge(walk->path, walk->n_path, arena, &path);
    e.path = path ? path : kb_strndup(arena, walk->path, walk->n_path); /* judged good, it is as it was */
    if (e.kind == KB_ENTRY_SYMLINK) {
        char target[KB_PATH_BYTES_MAX + 1];
        ssize_t n = readlinkat(level->folder->fd, walk->path + walk->name_at, target, sizeof target - 1);
        e.target = kb_strndup(arena, target, n > 0 ? (size_t)n : 0);
    }
    walk->n++;
    walk->enter = e.kind == KB_ENTRY_FOLDER && path;
    walk->entered = st;
    e.folder = level->folder;
    kb_folder_hold(e.folder);
    *ret_walked = e;
    return 1;
}

/* The next name of the level; false: it has no more. */
static bool name_next(struct kb_walk *walk, const struct name **ret_name)
{
    struct level *level = &walk->levels[walk->depth - 1];
    while (level->next < level->n && walk->n <= KB_ENTRIES_MAX) {
        const struct name *name = &level->names[level->next++];
        size_t n = strlen(level->text + name->at), at = level->n_path + (level->n_path ? 1 : 0);
        if (at + n >= sizeof walk->path) /* cannot be: kb_path_judge refused the folder before */
            continue;
        walk->path[level->n_path] = '/';
        memcpy(walk->path + at, level->text + name->at, n + 1);
        walk->n_path = at + n;
        walk->name_at = at;
        *ret_name = name;
        return true;
    }
    return false;
}

int kb_walk_next(struct kb_walk *walk, struct kb_arena *arena, struct kb_walked *ret_walked)
{
    if (walk->enter && enter(walk, arena, ret_walked))
        return 1;
    while (walk->depth) {
        if (walk->unlisted) {
            int cause = walk->unlisted;
            walk->unlisted = 0;
            return tell(walk, arena, KB_WALKED_UNREAD, cause, ret_walked);
        }
        const struct name *name = NULL;
        if (name_next(walk, &name))
            return visit(walk, arena, name, ret_walked);
        pop(walk);
    }
    return 0;
}
