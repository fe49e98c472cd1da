/* SPDX-License-Identifier: Apache-2.0 */
/* Bags at the top and directly below it. */
#include "bags_noted.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "koboshi/file.h"
#include "koboshi/limits.h"
#include "manifest.h"
#include "tally.h"

struct kb_bags *kb_bags_new(struct kb_names *names, struct kb_tally *tally)
{
    struct kb_bags *bags = calloc(1, sizeof *bags);
    if (!bags || !(bags->v = calloc(KB_BAGS_MAX, sizeof(struct kb_bag *))))
        abort();
    bags->tally = tally;
    bags->names = names;
    return bags;
}

static void tell_full(struct kb_bags *bags)
{
    if (bags->full)
        return;
    bags->full = true;
    KB_SCOPED_ARENA arena = kb_arena_new();
    kb_tally_tell(
        bags->tally, KB_RULE_BUDGET, NULL,
        kb_text_new(arena, "at most %d bags in one generation", "1世代の BagIt が %d 個以下であること", KB_BAGS_MAX),
        (struct kb_text){.en = "there are more; verify them folder by folder",
                         .ja = "それより多くあります。フォルダごとに検証してください"});
}

void kb_bags_add(struct kb_bags *bags, const struct kb_bag_source *source, const char *base)
{
    if (bags->n == KB_BAGS_MAX) {
        tell_full(bags);
        return;
    }
    struct kb_bag *bag = kb_bag_load(source, base, bags->names, bags->tally);
    if (bag)
        bags->v[bags->n++] = bag;
}

static bool is_there(int fd, const char *name)
{
    struct stat st;
    return !fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW);
}

/* A descriptor of a folder that may be a bag; -1: it is none, or the walk does not enter it, which is told there. */
static int open_bag(int top, const char *name)
{
    struct stat above, st;
    KB_SCOPED_FD fd = openat(top, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC);
    if (fd < 0 && errno == EPERM)
        fd = openat(top, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(top, &above) || fstat(fd, &st) || st.st_dev != above.st_dev)
        return -1;
    return is_there(fd, "bagit.txt") || is_there(fd, "data") ? kb_steal(&fd) : -1;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of what may be a folder, sorted as the paths below them are: "a/" stands behind "a-b/". */
static const char **folders_of(int fd, struct kb_arena *arena, size_t *ret_n)
{
    const char **names = NULL;
    DIR *dir = kb_dir_list(fd);
    *ret_n = 0;
    for (struct dirent *e; dir && *ret_n < KB_BAG_FOLDERS_MAX && (e = readdir(dir));) {
        if (e->d_name[0] == '.' && (!e->d_name[1] || (e->d_name[1] == '.' && !e->d_name[2])))
            continue;
        if (e->d_type != DT_DIR && e->d_type != DT_UNKNOWN)
            continue;
        names = kb_grow(arena, names, *ret_n, sizeof *names);
        names[(*ret_n)++] = kb_sprintf(arena, "%s/", e->d_name);
    }
    if (dir)
        (void)closedir(dir);
    if (*ret_n)
        qsort(names, *ret_n, sizeof *names, by_name);
    return names;
}

struct kb_bags *kb_bags_of_tree(int fd, struct kb_names *names, struct kb_tally *tally)
{
    struct kb_bags *bags = kb_bags_new(names, tally);
    const unsigned known = kb_digests_known();
    kb_bags_add(bags, &(struct kb_bag_source){.fd = fd, .measured = known}, "");
    KB_SCOPED_ARENA arena = kb_arena_new();
    size_t n = 0;
    const char **folders = bags->n ? NULL : folders_of(fd, arena, &n);
    for (size_t i = 0; i < n; i++) {
        const char *name = kb_strndup(arena, folders[i], strlen(folders[i]) - 1);
        KB_SCOPED_FD folder = open_bag(fd, name);
        if (folder >= 0)
            kb_bags_add(bags, &(struct kb_bag_source){.fd = folder, .measured = known}, name);
    }
    for (size_t i = 0; i < bags->n; i++)
        bags->kinds |= kb_manifest_kinds(kb_bag_manifest(bags->v[i]));
    if (!bags->n) {
        kb_bags_free(bags);
        return NULL;
    }
    return bags;
}

void kb_bags_free(struct kb_bags *bags)
{
    if (!bags)
        return;
    for (size_t i = 0; i < bags->n; i++)
        kb_bag_free(bags->v[i]);
    for (size_t i = 0; i < bags->n_kept; i++)
        free(bags->kept[i].bytes);
    free(bags->keeping.bytes);
    free(bags->kept);
    free(bags->notes);
    kb_arena_free(bags->arena);
    free(bags->v);
    free(bags);
}

size_t kb_bags_count(const struct kb_bags *bags)
{
    return bags ? bags->n : 0;
}

const char *kb_bags_name(const struct kb_bags *bags, struct kb_arena *arena)
{
    if (!kb_bags_count(bags))
        return NULL;
    const char *first = kb_bag_name(bags->v[0], arena);
    if (bags->n == 1)
        return first;
    for (size_t i = 1; i < bags->n; i++)
        if (strcmp(kb_bag_name(bags->v[i], arena), first)) {
            first = "BagIt";
            break;
        }
    return kb_sprintf(arena, "%s ×%zu", first, bags->n);
}

unsigned kb_bags_kinds(const struct kb_bags *bags)
{
    return bags->kinds;
}

struct kb_bag *kb_bags_at(const struct kb_bags *bags, size_t i)
{
    return bags->v[i];
}

/* None lies in another: the last whose prefix does not stand behind the path is the only one that can hold it. */
struct kb_bag *kb_bags_of(const struct kb_bags *bags, const char *path)
{
    size_t low = 0, high = bags->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(kb_bag_prefix(bags->v[middle]), path) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low)
        return NULL;
    const char *prefix = kb_bag_prefix(bags->v[low - 1]);
    return strncmp(prefix, path, strlen(prefix)) ? NULL : bags->v[low - 1];
}
