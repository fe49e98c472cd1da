/* SPDX-License-Identifier: Apache-2.0 */
/* The newest file of a folder: a mirror's own name and time tell nothing. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"
#include "koboshi/placed.h"

#include "listing.h"

struct search {
    struct kb_listing *l;
    int64_t now, newest; /* newest: KB_ABSENT until there is one */
    bool incomplete;     /* something was not seen */
};

static void tell(struct search *search, const char *path, struct kb_text found)
{
    struct kb_listing *l = search->l;
    struct kb_finding *finding = kb_listing_finding(l, KB_RULE_TIME_UNKNOWN, path);
    finding->expected = kb_text_new(l->arena, "a folder whose newest file can be found",
                                    "最も新しいファイルを特定できるフォルダ");
    finding->found = found;
    kb_listing_tell(l, finding);
    search->incomplete = true;
}

static bool is_over(struct search *search, const char *path)
{
    struct kb_listing_budget *budget = search->l->budget;
    bool many = ++budget->files > KB_NEWEST_FILES_MAX, late = kb_boot_ns() > budget->walk_till;
    if (many)
        tell(search, path,
             kb_text_new(search->l->arena, "more than %d files to look at", "ファイルが %d 件を超えています",
                         KB_NEWEST_FILES_MAX));
    else if (late)
        tell(search, path,
             kb_text_new(search->l->arena, "so many files that looking at them took more than %d s",
                         "ファイルが多く、%d 秒以内に確認できませんでした", KB_NEWEST_SECONDS_MAX));
    return many || late;
}

static void look_at(struct search *search, const char *path, const char *name, const struct stat *st)
{
    int64_t mtime = (int64_t)st->st_mtim.tv_sec;
    struct kb_listing *l = search->l;
    if (mtime > search->now + KB_CLOCK_SKEW_S) { /* the clock of whoever saved it was wrong; it is not the newest */
        if (!l->future.n++)
            l->future.first = kb_sprintf(l->arena, "%s/%s", path, name);
        return;
    }
    if (search->newest == KB_ABSENT || mtime > search->newest)
        search->newest = mtime;
}

static void look_through(struct search *search, int parent, const char *name, const char *path, unsigned depth)
{
    int fd = depth < KB_PATH_DEPTH_MAX ? kb_open_quietly(parent, name, O_DIRECTORY) : -1;
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        kb_listing_unlisted(search->l, path, depth < KB_PATH_DEPTH_MAX ? errno : ELOOP);
        if (fd >= 0)
            (void)close(fd);
        return;
    }
    struct stat st;
    for (struct dirent *e; !search->incomplete && (errno = 0, e = readdir(dir));) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
            continue;
        if (is_over(search, path))
            break;
        if (e->d_type == DT_LNK)
            continue;
        if (fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW)) {
            if (errno != ENOENT)
                kb_listing_unlisted(search->l, path, errno);
        } else if (S_ISREG(st.st_mode)) {
            look_at(search, path, e->d_name, &st);
        } else if (S_ISDIR(st.st_mode)) {
            KB_SCOPED_ARENA arena = kb_arena_new();
            look_through(search, dirfd(dir), e->d_name, kb_sprintf(arena, "%s/%s", path, e->d_name), depth + 1);
        }
        errno = 0;
    }
    if (errno && !search->incomplete)
        kb_listing_unlisted(search->l, path, errno);
    (void)closedir(dir);
}

/* On a disk that turns each folder would cost a way across it: they are fetched in its order first. */
static void fetch_folders(const struct kb_listing *l, int parent, const char *name)
{
    struct stat st;
    KB_SCOPED_FD fd = kb_open_quietly(parent, name, O_DIRECTORY);
    if (fd >= 0 && !fstat(fd, &st) && kb_media_spins("/sys", st.st_dev))
        kb_folders_ahead(fd, O_NOATIME, l->budget->walk_till);
}

bool kb_newest_file(struct kb_listing *l, const struct kb_place *at, const char *name, const char *path,
                    int64_t *ret_time)
{
    struct search search = {.l = l, .now = kb_wall_s(), .newest = KB_ABSENT};
    if (!l->budget->walk_till)
        l->budget->walk_till = kb_boot_ns() + KB_NEWEST_SECONDS_MAX * KB_NS_PER_S;
    fetch_folders(l, at->fd, name);
    look_through(&search, at->fd, name, path, 0);
    if (!search.incomplete && search.newest == KB_ABSENT)
        tell(&search, path, kb_text_new(l->arena, "not one file in it", "ファイルが1つもありません"));
    if (search.incomplete)
        return false;
    *ret_time = search.newest;
    return true;
}
