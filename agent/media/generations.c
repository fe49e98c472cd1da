/* SPDX-License-Identifier: Apache-2.0 */
/* Every match of a copy's pattern is a generation; the newest comes first. */
#include "koboshi/media.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"
#include "koboshi/pattern.h"

#include "device.h"

/* Why something that fits the pattern is not taken. */
enum skip { SKIP_LINK, SKIP_KIND, SKIP_NAME, SKIP_OLD, SKIP_COUNT };
static const struct kb_text skip_reasons[SKIP_COUNT] = {
    [SKIP_LINK] = {.en = "a symbolic link; links on a medium are never followed",
                   .ja = "シンボリックリンクです（媒体のリンクはたどりません）"},
    [SKIP_KIND] = {.en = "of another kind than the format says (file, folder)",
                   .ja = "format の指定と種類（ファイル・フォルダ）が違います"},
    [SKIP_NAME] = {.en = "its name is not UTF-8", .ja = "名前がUTF-8ではありません"},
    [SKIP_OLD] = {.en = "more generations than are listed; the oldest are left out",
                  .ja = "世代数の上限を超えた古いものです"},
};

struct lister {
    struct kb_arena *arena;
    const struct kb_media_sink *sink;
    const char *medium;
    const struct kb_job_copy *copy;
    const struct kb_pattern *pattern, *manifest;
    int root_fd;
    int64_t looked_at; /* directory entries, over all copies */
    bool stopped;
    size_t n;
    struct kb_generation *items;
    struct {
        int64_t n;
        const char *first;
    } skipped[SKIP_COUNT];
};

/* Where a walk stands: an open folder, its path below the root ("" or ending in /), and what the path has given. */
struct place {
    int fd;
    const char *path;
    size_t depth;
    struct kb_match match;
};

static struct kb_finding *make_finding(struct lister *l, enum kb_rule_id rule, const char *path)
{
    struct kb_finding *finding = kb_finding_make(l->arena, rule);
    finding->set = l->copy->set;
    finding->medium = l->medium;
    finding->file = kb_escape(l->arena, path, strlen(path));
    return finding;
}

static void report_unlisted(struct lister *l, const char *path, int cause)
{
    struct kb_finding *finding = make_finding(l, KB_RULE_MEDIUM_UNREADABLE, *path ? path : ".");
    finding->expected = kb_text_new(l->arena, "a folder that can be listed", "一覧表示できるフォルダ");
    finding->found = kb_text_new(l->arena, "%s", "%s", strerror(cause));
    if (kb_code_of_errno(cause) == KB_EPERM) {
        finding->found = kb_text_new(l->arena, "this account may not list it: %s",
                                     "このアカウントには一覧表示する権限がありません: %s", strerror(cause));
        finding->next = kb_rights_next;
    }
    l->sink->finding(l->sink->owner, finding);
}

static void report_limit(struct lister *l, const char *path)
{
    struct kb_finding *finding = make_finding(l, KB_RULE_BUDGET, *path ? path : ".");
    finding->expected = kb_text_new(l->arena, "at most %d entries to look through", "確認する項目数は %d 件まで",
                                    KB_LISTING_MAX);
    finding->found = kb_text_new(l->arena, "more; newer generations may have been overlooked",
                                 "上限を超えました。新しい世代を見落としている可能性があります");
    l->sink->finding(l->sink->owner, finding);
    l->stopped = true;
}

static void report_skips(struct lister *l)
{
    for (int i = 0; i < SKIP_COUNT; i++) {
        /* `*` fits many things that nobody means; a date, or nothing else found, makes it worth saying */
        bool telling = i == SKIP_NAME || i == SKIP_OLD || l->pattern->dated || !l->n;
        if (!l->skipped[i].n || !telling)
            continue;
        struct kb_finding *finding = make_finding(l, KB_RULE_GENERATION_SKIPPED, l->skipped[i].first);
        finding->expected = l->copy->format == KB_FORMAT_TREE ? kb_text_new(l->arena, "a folder", "フォルダ")
                                                              : kb_text_new(l->arena, "a file", "ファイル");
        finding->found = skip_reasons[i];
        finding->count = l->skipped[i].n;
        l->sink->finding(l->sink->owner, finding);
    }
}

static void skip(struct lister *l, enum skip why, const char *path)
{
    if (!l->skipped[why].n++)
        l->skipped[why].first = kb_strdup(l->arena, path);
}

static int newest_first(const void *a, const void *b)
{
    const struct kb_generation *x = a, *y = b;
    if (x->point_in_time != y->point_in_time)
        return x->point_in_time < y->point_in_time ? 1 : -1;
    return strcmp(x->path, y->path);
}

/* Sorted, and cut to what is listed. */
static void settle(struct lister *l)
{
    if (l->n)
        qsort(l->items, l->n, sizeof *l->items, newest_first);
    while (l->n > KB_GENERATIONS_MAX)
        skip(l, SKIP_OLD, l->items[--l->n].path);
}

static void take(struct lister *l, const struct place *at, const char *path, const struct stat *st)
{
    bool wanted = l->copy->format == KB_FORMAT_TREE ? S_ISDIR(st->st_mode) : S_ISREG(st->st_mode);
    if (!wanted) {
        skip(l, S_ISLNK(st->st_mode) ? SKIP_LINK : SKIP_KIND, path);
        return;
    }
    const char *manifest = l->manifest ? kb_pattern_fill(l->manifest, &at->match, l->arena) : NULL;
    if (!kb_is_utf8(path, strlen(path)) || (manifest && !kb_is_utf8(manifest, strlen(manifest)))) {
        skip(l, SKIP_NAME, path);
        return;
    }
    struct kb_generation generation = {
        .set = l->copy->set,
        .copy = l->copy->index,
        .path = path,
        .manifest = manifest,
        .bytes = S_ISREG(st->st_mode) ? (int64_t)st->st_size : KB_ABSENT,
        .mtime = (int64_t)st->st_mtim.tv_sec,
    };
    generation.point_in_time = kb_match_time(&at->match, generation.mtime, &generation.pit_source);
    if (l->n == 2 * (size_t)KB_GENERATIONS_MAX)
        settle(l);
    l->items[l->n++] = generation;
}

static void walk(struct lister *l, const struct place *at);

/* One name that fits the component at this depth; `here.match` already holds what it gave. */
static void visit(struct lister *l, const struct place *at, const char *name, const struct kb_match *match)
{
    const char *path = kb_sprintf(l->arena, "%s%s", at->path, name);
    struct place here = {.fd = -1, .depth = at->depth + 1, .match = *match};
    struct stat st;
    if (fstatat(at->fd, name, &st, AT_SYMLINK_NOFOLLOW)) {
        if (errno != ENOENT)
            report_unlisted(l, path, errno);
        return;
    }
    if (here.depth == l->pattern->components.n) {
        take(l, &here, path, &st);
        return;
    }
    if (S_ISLNK(st.st_mode))
        skip(l, SKIP_LINK, path);
    if (!S_ISDIR(st.st_mode))
        return;
    KB_SCOPED_FD fd = openat(at->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        report_unlisted(l, path, errno);
        return;
    }
    here.fd = fd;
    here.path = kb_sprintf(l->arena, "%s/", path);
    walk(l, &here);
}

/* A medium that somebody has mounted writable would get new access times from being listed. */
static DIR *open_quietly(int folder)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_NOATIME | O_CLOEXEC);
    if (fd < 0 && errno == EPERM) /* only owners may ask for that */
        fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir && fd >= 0)
        (void)close(fd);
    return dir;
}

static void list_folder(struct lister *l, const struct place *at, const struct kb_component *component)
{
    DIR *dir = open_quietly(at->fd);
    if (!dir) {
        report_unlisted(l, at->path, errno);
        return;
    }
    errno = 0;
    for (struct dirent *e; !l->stopped && (errno = 0, e = readdir(dir));) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
            continue;
        if (++l->looked_at > KB_LISTING_MAX) {
            report_limit(l, at->path);
            break;
        }
        struct kb_match match = at->match;
        if (!kb_component_match(component, e->d_name, &match))
            continue;
        /* the match points into the name, which must outlive this entry */
        const char *name = kb_strdup(l->arena, e->d_name);
        match = at->match;
        (void)kb_component_match(component, name, &match);
        visit(l, at, name, &match);
    }
    if (errno && !l->stopped)
        report_unlisted(l, at->path, errno);
    (void)closedir(dir);
}

static void walk(struct lister *l, const struct place *at)
{
    const struct kb_component *component = &l->pattern->components.v[at->depth];
    if (component->literal)
        visit(l, at, component->literal, &at->match);
    else
        list_folder(l, at, component);
}

static int list_copy(struct lister *l, struct kb_err *err)
{
    struct kb_arena *arena = l->arena;
    int rc = kb_pattern_parse(l->copy->path, arena, &l->pattern, err);
    if (!rc && l->copy->manifest)
        rc = kb_pattern_parse(l->copy->manifest, arena, &l->manifest, err);
    if (!rc && l->manifest)
        rc = kb_pattern_fills(l->manifest, l->pattern, err);
    if (rc)
        return kb_wrap(err, "in backup set %s", "バックアップセット %s", l->copy->set);
    l->items = kb_alloc(arena, 2 * (size_t)KB_GENERATIONS_MAX, sizeof *l->items);
    walk(l, &(struct place){.fd = l->root_fd, .path = "", .match = kb_match_none});
    settle(l);
    for (size_t i = 0; i < l->n; i++) {
        struct kb_generation *generation = &l->items[i];
        l->sink->generation(l->sink->owner, generation);
    }
    report_skips(l);
    return 0;
}

int kb_media_generations(const struct kb_job *job, const struct kb_medium_state *state, struct kb_arena *arena,
                         const struct kb_media_sink *sink, struct kb_err *err)
{
    KB_SCOPED_FD root = open(state->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int cause = errno;
    int64_t looked_at = 0;
    for (size_t i = 0; i < job->copies.n; i++) {
        struct lister lister = {.arena = arena,
                                .sink = sink,
                                .medium = state->medium,
                                .copy = &job->copies.v[i],
                                .root_fd = root,
                                .looked_at = looked_at};
        if (root < 0) {
            report_unlisted(&lister, "", cause);
            continue;
        }
        int rc = list_copy(&lister, err);
        if (rc)
            return kb_wrap(err, "while listing medium %s", "媒体 %s の世代を一覧しているとき", state->medium);
        looked_at = lister.looked_at;
    }
    return 0;
}
