/* SPDX-License-Identifier: Apache-2.0 */
/* Every match of a copy's pattern is a generation; the newest comes first. */
#include "koboshi/media.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"
#include "koboshi/tool.h"

#include "device.h"
#include "kind.h"
#include "listing.h"

static const struct kb_text skip_reasons[KB_SKIP_COUNT] = {
    [KB_SKIP_LINK] = {.en = "a symbolic link; links on a medium are never followed",
                      .ja = "シンボリックリンクです（媒体のリンクはたどりません）"},
    [KB_SKIP_KIND] = {.en = "of another kind than the format says (file, folder)",
                      .ja = "format の指定と種類（ファイル・フォルダ）が違います"},
    [KB_SKIP_NAME] = {.en = "its name is not UTF-8", .ja = "名前がUTF-8ではありません"},
    [KB_SKIP_BOTH] = {.en = "it fits both `full` and `part` of the chain",
                      .ja = "chain の full と part の両方に合います"},
    [KB_SKIP_LONG] = {.en = "of more files than one generation can have",
                      .ja = "1世代のファイル数の上限を超えています"},
    [KB_SKIP_OLD] = {.en = "more generations than are listed; the oldest are left out",
                     .ja = "世代数の上限を超えた古いものです"},
};

struct kb_finding *kb_listing_finding(struct kb_listing *l, enum kb_rule_id rule, const char *path)
{
    struct kb_finding *finding = kb_finding_make(l->arena, rule);
    finding->set = l->copy->set;
    finding->medium = l->medium;
    finding->file = kb_escape(l->arena, path, strlen(path));
    return finding;
}

void kb_listing_tell(struct kb_listing *l, const struct kb_finding *finding)
{
    l->sink->finding(l->sink->owner, finding);
}

void kb_listing_unlisted(struct kb_listing *l, const char *path, int cause)
{
    struct kb_finding *finding = kb_listing_finding(l, KB_RULE_MEDIUM_UNREADABLE, *path ? path : ".");
    finding->expected = kb_text_new(l->arena, "a folder that can be listed", "一覧表示できるフォルダ");
    finding->found = kb_text_new(l->arena, "%s", "%s", strerror(cause));
    if (kb_code_of_errno(cause) == KB_EPERM) {
        finding->found = kb_text_new(l->arena, "this account may not list it: %s",
                                     "このアカウントには一覧表示する権限がありません: %s", strerror(cause));
        finding->next = kb_rights_next;
    }
    kb_listing_tell(l, finding);
}

static void report_limit(struct kb_listing *l, const char *path, int limit)
{
    struct kb_finding *finding = kb_listing_finding(l, KB_RULE_BUDGET, *path ? path : ".");
    finding->expected = kb_text_new(l->arena, "at most %d entries to look through", "確認する項目数は %d 件まで",
                                    limit);
    finding->found = kb_text_new(l->arena, "more; newer generations may have been overlooked",
                                 "上限を超えました。新しい世代を見落としている可能性があります");
    kb_listing_tell(l, finding);
    l->stopped = true;
}

static void report_skips(struct kb_listing *l)
{
    for (int i = 0; i < KB_SKIP_COUNT; i++) {
        /* `*` fits many things that nobody means; a date, or nothing else found, makes it worth saying */
        bool telling = (i != KB_SKIP_LINK && i != KB_SKIP_KIND) || l->pattern->dated || !l->n;
        if (!l->skipped[i].n || !telling)
            continue;
        struct kb_finding *finding = kb_listing_finding(l, KB_RULE_GENERATION_SKIPPED, l->skipped[i].first);
        finding->expected = l->copy->format == KB_FORMAT_TREE ? kb_text_new(l->arena, "a folder", "フォルダ")
                                                              : kb_text_new(l->arena, "a file", "ファイル");
        finding->found = skip_reasons[i];
        finding->count = l->skipped[i].n;
        kb_listing_tell(l, finding);
    }
}

static void report_future(struct kb_listing *l)
{
    if (!l->future.n)
        return;
    struct kb_finding *finding = kb_listing_finding(l, KB_RULE_TIME_IN_FUTURE, l->future.first);
    const char *now = kb_time_show(l->arena, kb_wall_s());
    finding->expected = kb_text_new(l->arena, "not later than now, %s", "現在（%s）以前の日時", now);
    finding->found = kb_text_new(l->arena, "%s with a later time", "それより後の日時のものが %s 件",
                                 kb_show_count(l->arena, l->future.n));
    kb_listing_tell(l, finding);
}

void kb_listing_skip(struct kb_listing *l, enum kb_skip why, const char *path)
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
static void settle(struct kb_listing *l)
{
    if (l->n)
        qsort(l->items, l->n, sizeof *l->items, newest_first);
    while (l->n > KB_GENERATIONS_MAX)
        kb_listing_skip(l, KB_SKIP_OLD, l->items[--l->n].path);
}

void kb_listing_add(struct kb_listing *l, const struct kb_generation *generation)
{
    if (l->n == 2 * (size_t)KB_GENERATIONS_MAX)
        settle(l);
    l->items[l->n++] = *generation;
}

/* The name as this folder has it: as it is, in NFC or in NFD; NULL if it has none of them. */
static const char *spelling_in(int fd, const char *name, struct kb_arena *arena, struct stat *ret_st)
{
    struct kb_name_form composed, decomposed;
    const char *forms[] = {name, kb_name_composed(name, &composed), kb_name_decomposed(name, &decomposed)};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (i && forms[i] == name)
            continue;
        if (!fstatat(fd, forms[i], ret_st, AT_SYMLINK_NOFOLLOW))
            return i ? kb_strdup(arena, forms[i]) : name;
        if (errno != ENOENT)
            return NULL;
    }
    return NULL;
}

const char *kb_listing_spelling(struct kb_listing *l, const char *path)
{
    const char *spelt = "";
    KB_SCOPED_FD fd = openat(l->root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (const char *at = path; fd >= 0; at++) {
        size_t n = strcspn(at, "/");
        struct stat st;
        const char *name = spelling_in(fd, kb_strndup(l->arena, at, n), l->arena, &st);
        if (!name)
            return path;
        spelt = kb_sprintf(l->arena, "%s%s%s", spelt, *spelt ? "/" : "", name);
        at += n;
        if (!*at)
            return spelt;
        int next = kb_open_quietly(fd, name, O_DIRECTORY);
        (void)close(kb_steal(&fd));
        fd = next;
    }
    return path;
}

/* What differs in the number alone belongs together. */
static const char *group_of(struct kb_listing *l, const struct kb_place *at, const struct kb_match *match,
                            const char *composed)
{
    if (l->copy->format == KB_FORMAT_CHAIN) {
        struct kb_arena *arena = l->arena;
        const char *end = at->path;
        for (size_t i = 0; i < l->pattern->components.n && *end; i++)
            end += strcspn(end, "/") + 1;
        return kb_strndup(arena, at->path, (size_t)(end - at->path));
    }
    const struct kb_span *number = &match->spans[KB_PART_NUMBER];
    return kb_sprintf(l->arena, "%s%.*s\n%s", at->path, (int)(number->text - composed), composed,
                      number->text + number->n);
}

/* Without digits and what parts them: a time of day or a counter tells no chain from another. */
static const char *series_of(struct kb_listing *l, const struct kb_match *match)
{
    const char *series = "";
    for (size_t i = 0; l->copy->format == KB_FORMAT_CHAIN && i < match->n_wildcards; i++) {
        const struct kb_span *span = &match->wildcards[i];
        char *name = kb_alloc(l->arena, span->n + 1, 1);
        size_t n = 0;
        for (size_t k = 0; k < span->n; k++)
            if (!strchr("0123456789-_. ", span->text[k]))
                name[n++] = span->text[k];
        series = kb_sprintf(l->arena, "%s%s\n", series, name);
    }
    return series;
}

static void take(struct kb_listing *l, const struct kb_place *at, const char *name, const char *composed,
                 const struct kb_match *match, const struct stat *st)
{
    const char *path = kb_sprintf(l->arena, "%s%s", at->path, name);
    bool wanted = l->copy->format == KB_FORMAT_TREE ? S_ISDIR(st->st_mode) : S_ISREG(st->st_mode);
    if (!wanted) {
        kb_listing_skip(l, S_ISLNK(st->st_mode) ? KB_SKIP_LINK : KB_SKIP_KIND, path);
        return;
    }
    struct kb_match filled = *match;
    filled.file = (struct kb_span){composed, strlen(composed)};
    const char *manifest = l->manifest ? kb_pattern_fill(l->manifest, &filled, l->arena) : NULL;
    if (!kb_is_utf8(path, strlen(path)) || (manifest && !kb_is_utf8(manifest, strlen(manifest)))) {
        kb_listing_skip(l, KB_SKIP_NAME, path);
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
    if (!kb_generation_date(l, at, name, match, &generation))
        return;
    if (match->number < 0 && l->copy->format != KB_FORMAT_CHAIN) {
        kb_listing_add(l, &generation);
        return;
    }
    if (l->found.n == KB_PARTS_MAX) {
        report_limit(l, at->path, KB_PARTS_MAX);
        return;
    }
    l->found.v = kb_grow(l->arena, l->found.v, l->found.n, sizeof *l->found.v);
    l->found.v[l->found.n++] = (struct kb_found){.group = group_of(l, at, match, composed),
                                                 .series = series_of(l, match),
                                                 .generation = generation,
                                                 .number = match->number,
                                                 .letters = match->letters};
}

static void walk(struct kb_listing *l, const struct kb_pattern *pattern, const struct kb_place *at);

/* What is mounted below the root belongs to another medium, whatever the plan says of this one. */
static bool is_elsewhere(struct kb_listing *l, const struct kb_place *at, const char *name)
{
    const struct kb_border *border = l->border;
    int id = kb_mount_id(at->fd, name);
    const struct kb_mount *mount = NULL;
    if (id == border->mount)
        return false;
    for (size_t i = 0; i < border->mounts.n && !mount; i++)
        mount = border->mounts.v[i].id == id ? &border->mounts.v[i] : NULL;
    if (!border->disk && mount && kb_mount_is_remote(mount))
        return false;
    struct kb_finding *finding = kb_listing_finding(l, KB_RULE_MEDIUM_WRONG,
                                                    kb_sprintf(l->arena, "%s%s", at->path, name));
    finding->expected = (struct kb_text){.en = "on the medium itself", .ja = "この媒体自身の上にあること"};
    finding->found = kb_text_new(l->arena, "%s is mounted there (%s); it was not entered",
                                 "%s がそこにマウントされています（%s）。中は見ていません",
                                 mount ? kb_shown(l->arena, mount->source) : "?",
                                 mount ? kb_shown(l->arena, mount->fs_type) : "?");
    finding->next = (struct kb_text){.en = "Unmount it, or describe it in the plan as a medium of its own.",
                                     .ja = "アンマウントするか、計画に別の媒体として記載してください。"};
    kb_listing_tell(l, finding);
    return true;
}

/* One name that fits the component at this depth; match already holds what it gave, pointing into composed. */
static void visit(struct kb_listing *l, const struct kb_pattern *pattern, const struct kb_place *at, const char *name,
                  const char *composed, const struct kb_match *match)
{
    struct stat st;
    if (fstatat(at->fd, name, &st, AT_SYMLINK_NOFOLLOW)) {
        if (errno != ENOENT)
            kb_listing_unlisted(l, kb_sprintf(l->arena, "%s%s", at->path, name), errno);
        return;
    }
    if (l->border && !S_ISLNK(st.st_mode) && is_elsewhere(l, at, name))
        return;
    if (at->depth + 1 == pattern->components.n) {
        take(l, at, name, composed, match, &st);
        return;
    }
    const char *path = kb_sprintf(l->arena, "%s%s/", at->path, name);
    if (S_ISLNK(st.st_mode))
        kb_listing_skip(l, KB_SKIP_LINK, kb_strndup(l->arena, path, strlen(path) - 1));
    if (!S_ISDIR(st.st_mode))
        return;
    KB_SCOPED_FD fd = kb_open_quietly(at->fd, name, O_DIRECTORY);
    if (fd < 0) {
        kb_listing_unlisted(l, kb_strndup(l->arena, path, strlen(path) - 1), errno);
        return;
    }
    walk(l, pattern, &(struct kb_place){.fd = fd, .depth = at->depth + 1, .path = path, .match = *match});
}

int kb_open_quietly(int dirfd, const char *name, int flags)
{
    flags |= O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    int fd = openat(dirfd, name, flags | O_NOATIME);
    return fd < 0 && errno == EPERM ? openat(dirfd, name, flags) : fd; /* only owners may ask for that */
}

static void list_folder(struct kb_listing *l, const struct kb_pattern *pattern, const struct kb_place *at)
{
    const struct kb_component *component = &pattern->components.v[at->depth];
    int fd = kb_open_quietly(at->fd, ".", O_DIRECTORY);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        kb_listing_unlisted(l, at->path, errno);
        if (fd >= 0)
            (void)close(fd);
        return;
    }
    errno = 0;
    for (struct dirent *e; !l->stopped && (errno = 0, e = readdir(dir));) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
            continue;
        if (++l->budget->entries > KB_LISTING_MAX) {
            report_limit(l, at->path, KB_LISTING_MAX);
            break;
        }
        struct kb_name_form form;
        struct kb_match match = at->match;
        const char *composed = kb_name_composed(e->d_name, &form);
        if (!kb_component_match(component, composed, &match))
            continue;
        /* the match points into the name, which must outlive this entry */
        const char *name = kb_strdup(l->arena, e->d_name);
        composed = composed == e->d_name ? name : kb_strdup(l->arena, composed);
        match = at->match;
        (void)kb_component_match(component, composed, &match);
        visit(l, pattern, at, name, composed, &match);
    }
    if (errno && !l->stopped)
        kb_listing_unlisted(l, at->path, errno);
    (void)closedir(dir);
}

static void walk(struct kb_listing *l, const struct kb_pattern *pattern, const struct kb_place *at)
{
    const char *literal = pattern->components.v[at->depth].literal;
    struct stat st;
    if (!literal) {
        list_folder(l, pattern, at);
        return;
    }
    const char *name = spelling_in(at->fd, literal, l->arena, &st);
    visit(l, pattern, at, name ? name : literal, name ? name : literal, &at->match);
}

void kb_listing_walk(struct kb_listing *l, const struct kb_pattern *pattern)
{
    walk(l, pattern, &(struct kb_place){.fd = l->root_fd, .path = "", .match = l->start});
}

static size_t generation_bytes(const struct kb_generation *generation)
{
    enum { KEYS = 320, SEGMENT_KEYS = 160 }; /* keys and numbers of one */
    size_t n = KEYS + kb_json_bytes(generation->path) + kb_json_bytes(generation->manifest);
    for (size_t i = 0; i < generation->segments.n; i++)
        n += SEGMENT_KEYS + kb_json_bytes(generation->segments.v[i].path) +
             kb_json_bytes(generation->segments.v[i].manifest);
    return n;
}

static void send_all(struct kb_listing *l)
{
    const int64_t now = kb_wall_s(), room = KB_LISTED_BYTES_MAX - l->budget->bytes;
    int64_t left = room < KB_COPY_LISTED_BYTES_MAX ? room : KB_COPY_LISTED_BYTES_MAX;
    settle(l);
    for (size_t i = 0; i < l->n; i++) {
        struct kb_generation *generation = &l->items[i];
        int64_t bytes = (int64_t)generation_bytes(generation);
        if (bytes > KB_FRAME_MAX) {
            kb_listing_skip(l, KB_SKIP_LONG, generation->path);
            continue;
        }
        left -= bytes;
        if (left < 0) { /* also no smaller one that is older than this */
            kb_listing_skip(l, KB_SKIP_OLD, generation->path);
            continue;
        }
        l->budget->bytes += bytes;
        if (generation->manifest)
            generation->manifest = kb_listing_spelling(l, generation->manifest);
        if (generation->point_in_time > now + KB_CLOCK_SKEW_S && !l->future.n++)
            l->future.first = generation->path;
        l->sink->generation(l->sink->owner, generation);
    }
    report_skips(l);
    report_future(l);
}

static int list_copy(struct kb_listing *l, struct kb_err *err)
{
    struct kb_arena *arena = l->arena;
    int rc = kb_pattern_parse(l->copy->path, arena, &l->pattern, err);
    if (!rc && l->copy->manifest)
        rc = kb_pattern_parse(l->copy->manifest, arena, &l->manifest, err);
    if (!rc && l->manifest && l->copy->format != KB_FORMAT_CHAIN)
        rc = kb_pattern_fills(l->manifest, l->pattern, err);
    if (rc)
        return rc;
    l->items = kb_alloc(arena, 2 * (size_t)KB_GENERATIONS_MAX, sizeof *l->items);
    if (l->copy->format == KB_FORMAT_CHAIN) {
        rc = kb_listing_chain(l, err);
    } else {
        kb_listing_walk(l, l->pattern);
        if (!l->stopped) /* else files that belong to a group may not have been seen */
            kb_listing_split(l);
    }
    if (!rc)
        send_all(l);
    return rc;
}

/* Everything about a copy, from the dates in its names to the day of an mtime, is in the zone of its times. */
static int list_in_zone(struct kb_listing *l, struct kb_err *err)
{
    const struct kb_point_in_time *point_in_time = l->copy->point_in_time;
    const char *zone = point_in_time && point_in_time->tz ? point_in_time->tz
                                                          : kb_tool_of((enum kb_tool_id)l->copy->tool)->tz;
    if (!zone)
        return list_copy(l, err);
    const char *before = getenv("TZ");
    before = before ? kb_strdup(l->arena, before) : NULL;
    int rc = kb_zone_use(zone, err);
    if (!rc)
        rc = list_copy(l, err);
    if (before ? setenv("TZ", before, 1) : unsetenv("TZ"))
        abort();
    tzset();
    return rc;
}

/* "10-01". What is no day of every year begins a day later. */
static struct kb_match start_of(const struct kb_job *job)
{
    struct kb_match start = kb_match_none;
    int64_t unused;
    int month, day;
    if (!job->fiscal_year_start || sscanf(job->fiscal_year_start, "%2d-%2d", &month, &day) != 2)
        return start;
    bool leap = month == 2 && day == 29;
    if (!leap && !kb_time_local(2026, month, day, 0, 0, 0, &unused))
        return start;
    start.fy_month = leap ? 3 : month;
    start.fy_day = leap ? 1 : day;
    return start;
}

int kb_media_generations(const struct kb_job *job, const struct kb_medium_state *state, struct kb_arena *arena,
                         const struct kb_media_sink *sink, struct kb_err *err)
{
    KB_SCOPED_FD root = open(state->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int cause = errno;
    struct kb_listing_budget budget = {0};
    const bool disk = job->medium && kb_medium_is_disk(job->medium->kind);
    struct kb_border border = {.mount = root < 0 ? 0 : kb_mount_id(root, ""), .disk = disk};
    const bool bordered = border.mount && (disk || (job->medium && job->medium->kind == KB_MEDIUM_NAS));
    if (bordered && kb_mounts_read(arena, &border.mounts, err))
        return kb_wrap(err, "while listing medium %s", "媒体 %s の世代を一覧しているとき", state->medium);
    for (size_t i = 0; i < job->copies.n; i++) {
        struct kb_listing listing = {.arena = arena,
                                     .sink = sink,
                                     .medium = state->medium,
                                     .copy = &job->copies.v[i],
                                     .root_fd = root,
                                     .start = start_of(job),
                                     .border = bordered ? &border : NULL,
                                     .budget = &budget};
        if (root < 0) {
            kb_listing_unlisted(&listing, "", cause);
            continue;
        }
        if (list_in_zone(&listing, err)) {
            (void)kb_wrap(err, "in backup set %s", "バックアップセット %s", listing.copy->set);
            return kb_wrap(err, "while listing medium %s", "媒体 %s の世代を一覧しているとき", state->medium);
        }
    }
    return 0;
}
