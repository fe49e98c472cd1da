/* SPDX-License-Identifier: Apache-2.0 */
/* Folders lie close together, and by their names in no order at all: each would cost a way across the disk. */
#include "koboshi/placed.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"

struct folder {
    const char *path; /* below the root */
    uint64_t at;      /* where it is opened from, then where it lies */
};

/* Folders of one depth. */
struct level {
    struct kb_arena *arena;
    struct folder *v;
    size_t n, room;
    size_t bytes; /* that it takes, about */
};

struct way {
    int root, flags;
    int64_t until_ns;
    int64_t entries; /* so far */
};

static bool is_over(const struct way *way)
{
    return way->entries > KB_ENTRIES_MAX || (way->until_ns && kb_boot_ns() >= way->until_ns);
}

static void add(struct level *level, const char *parent, const struct dirent *entry)
{
    bool top = !strcmp(parent, ".");
    size_t n = strlen(parent) + strlen(entry->d_name) + 2;
    if (n > KB_PATH_BYTES_MAX || n + sizeof *level->v > KB_TREE_WAITING_BYTES - level->bytes)
        return;
    level->bytes += n + sizeof *level->v;
    if (level->n == level->room) {
        level->room = level->room ? level->room * 2 : 256;
        level->v = reallocarray(level->v, level->room, sizeof *level->v);
        if (!level->v)
            abort();
    }
    level->v[level->n++] = (struct folder){
        .path = kb_sprintf(level->arena, "%s%s%s", top ? "" : parent, top ? "" : "/", entry->d_name),
        .at = entry->d_ino};
}

static int by_place(const void *a, const void *b)
{
    const struct folder *x = a, *y = b;
    return x->at < y->at ? -1 : x->at > y->at;
}

static int open_folder(const struct way *way, const struct folder *folder)
{
    return kb_open_below(way->root, folder->path, O_RDONLY | O_DIRECTORY | way->flags, 0);
}

/* False: this file system does not tell. */
static bool find_place(const struct way *way, struct folder *folder)
{
    struct kb_placed *extents = NULL;
    KB_SCOPED_FD fd = open_folder(way, folder);
    if (fd < 0)
        return true;
    long n = kb_placed_ask(fd, &extents);
    folder->at = n > 0 ? extents[0].physical : 0;
    free(extents);
    return n >= 0;
}

static void sort_level(const struct way *way, struct level *level)
{
    if (!level->n)
        return;
    qsort(level->v, level->n, sizeof *level->v, by_place);
    bool told = true;
    for (size_t i = 0; i < level->n && told && !is_over(way); i++) {
        uint64_t inode = level->v[i].at;
        told = find_place(way, &level->v[i]);
        if (!told)
            level->v[i].at = inode;
    }
    if (told)
        qsort(level->v, level->n, sizeof *level->v, by_place);
}

static void list_folder(struct way *way, const struct folder *folder, struct level *below)
{
    KB_SCOPED_FD fd = open_folder(way, folder);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir)
        (void)kb_steal(&fd);
    for (struct dirent *e; dir && !is_over(way) && (e = readdir(dir)); way->entries++)
        if (e->d_type == DT_DIR && strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            add(below, folder->path, e);
    if (dir)
        (void)closedir(dir);
}

static void level_done(struct level *level)
{
    free(level->v);
    kb_arena_free(level->arena);
}

void kb_folders_ahead(int root, int flags, int64_t until_ns)
{
    struct way way = {.root = root, .flags = flags, .until_ns = until_ns};
    struct level level = {.arena = kb_arena_new()};
    add(&level, ".", &(struct dirent){.d_name = "."});
    for (int depth = 0; level.n && depth <= KB_PATH_DEPTH_MAX && !is_over(&way); depth++) {
        struct level below = {.arena = kb_arena_new()};
        sort_level(&way, &level);
        for (size_t i = 0; i < level.n && !is_over(&way); i++)
            list_folder(&way, &level.v[i], &below);
        level_done(&level);
        level = below;
    }
    level_done(&level);
}
