/* SPDX-License-Identifier: Apache-2.0 */
/* Which point in time a generation is of: by its name, its files, its last change, or a file that says it. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"
#include "koboshi/tool.h"

#include "listing.h"

static const struct kb_text wanted_stamp = {.en = "a first line such as 2026-11-23 02:00",
                                            .ja = "先頭行に「2026-11-23 02:00」のような日時"};

static int how(const struct kb_listing *l)
{
    const struct kb_job_copy *copy = l->copy;
    int from = copy->point_in_time ? copy->point_in_time->from : kb_tool_of((enum kb_tool_id)copy->tool)->pit_from;
    const bool *has = l->pattern->has;
    bool year = has[KB_PART_YEAR] || has[KB_PART_SHORT_YEAR] || has[KB_PART_ERA] || has[KB_PART_FY];
    /* the folder of a mirror keeps its name, and its time when only what lies deeper changes: they tell nothing */
    bool mute = from == KB_PIT_FROM_NAME && !year && copy->method == KB_METHOD_MIRROR;
    return mute ? KB_PIT_FROM_NEWEST_FILE : from;
}

static void tell_stamp(struct kb_listing *l, const char *path, struct kb_text found)
{
    struct kb_finding *finding = kb_listing_finding(l, KB_RULE_TIME_UNKNOWN, path);
    finding->expected = wanted_stamp;
    finding->found = found;
    kb_listing_tell(l, finding);
}

/* Below the folder of a tree, beside a file; not through a link, not out of the folder. */
static int open_stamp(const struct kb_listing *l, int folder)
{
    const struct open_how as = {.flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
                                .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
    struct open_how quietly = as;
    quietly.flags |= O_NOATIME;
    const char *file = l->copy->point_in_time->file;
    int fd = (int)syscall(SYS_openat2, folder, file, &quietly, sizeof quietly);
    return fd < 0 && errno == EPERM ? (int)syscall(SYS_openat2, folder, file, &as, sizeof as) : fd;
}

static bool read_stamp(struct kb_listing *l, int folder, const char *path, int64_t *ret_time)
{
    char bytes[KB_STAMP_BYTES_MAX];
    struct stat st;
    KB_SCOPED_FD fd = folder < 0 ? -1 : open_stamp(l, folder);
    if (fd < 0 || fstat(fd, &st)) {
        bool link = errno == ELOOP;
        tell_stamp(l, path,
                   link ? kb_text_new(l->arena, "a symbolic link; links on a medium are never followed",
                                      "シンボリックリンクです（媒体のリンクはたどりません）")
                        : kb_text_new(l->arena, "it cannot be opened: %s", "開けません: %s", strerror(errno)));
        return false;
    }
    ssize_t n = S_ISREG(st.st_mode) ? kb_read_full(fd, bytes, sizeof bytes) : -1;
    if (n < 0) {
        tell_stamp(l, path,
                   S_ISREG(st.st_mode)
                       ? kb_text_new(l->arena, "it cannot be read: %s", "読めません: %s", strerror(errno))
                       : kb_text_new(l->arena, "no regular file", "通常のファイルではありません"));
        return false;
    }
    const char *line = kb_stamp_line(bytes, (size_t)n, l->arena);
    if (kb_stamp_time(line, ret_time))
        return true;
    line = kb_escape(l->arena, line, kb_fit(line, 80));
    tell_stamp(l, path,
               *line ? kb_text_new(l->arena, "`%s`", "「%s」", line) : kb_text_new(l->arena, "it is empty", "空です"));
    return false;
}

/* All files of one folder may share a stamp: it is read, and complained about, once. */
static bool from_stamp(struct kb_listing *l, const struct kb_place *at, const char *name,
                       struct kb_generation *generation)
{
    bool tree = l->copy->format == KB_FORMAT_TREE;
    const char *file = l->copy->point_in_time ? l->copy->point_in_time->file : NULL;
    if (!file) {
        tell_stamp(l, generation->path, kb_text_new(l->arena, "the plan names no file", "計画に file がありません"));
        return false;
    }
    const char *path = tree ? kb_sprintf(l->arena, "%s/%s", generation->path, file)
                            : kb_sprintf(l->arena, "%s%s", at->path, file);
    if (!l->stamp.path || strcmp(l->stamp.path, path) != 0) {
        KB_SCOPED_FD folder = tree ? kb_open_quietly(at->fd, name, O_DIRECTORY) : dup(at->fd);
        l->stamp.path = path;
        l->stamp.good = read_stamp(l, folder, path, &l->stamp.time);
    }
    generation->point_in_time = l->stamp.time;
    generation->pit_source = KB_PIT_STAMP_FILE;
    return l->stamp.good;
}

static const struct kb_text days[] = {{"月曜日", "Monday"},   {"火曜日", "Tuesday"}, {"水曜日", "Wednesday"},
                                      {"木曜日", "Thursday"}, {"金曜日", "Friday"},  {"土曜日", "Saturday"},
                                      {"日曜日", "Sunday"}};

static struct kb_text weekday_of(int64_t s)
{
    time_t t = (time_t)s;
    struct tm tm = {0};
    return localtime_r(&t, &tm) ? days[(tm.tm_wday + 6) % 7] : (struct kb_text){"?", "?"};
}

static struct kb_text day_in_name(struct kb_listing *l, const struct kb_match *match)
{
    if (match->weekday >= 0)
        return days[match->weekday];
    if (match->date[KB_PART_DAY] >= 0)
        return kb_text_new(l->arena, "day %d of a month", "%d日", match->date[KB_PART_DAY]);
    return kb_text_new(l->arena, "a day of month %d", "%d月", match->date[KB_PART_MONTH]);
}

static void tell_disagreement(struct kb_listing *l, const struct kb_match *match,
                              const struct kb_generation *generation)
{
    struct kb_finding *finding = kb_listing_finding(l, KB_RULE_TIME_DISAGREES, generation->path);
    struct kb_text name = day_in_name(l, match), file = weekday_of(generation->mtime);
    const char *when = kb_time_show(l->arena, generation->mtime);
    finding->expected = (struct kb_text){
        .ja = kb_sprintf(l->arena, "更新日が%s（翌日の正午まで可）", name.ja),
        .en = kb_sprintf(l->arena, "last changed on %s (or until noon of the next day)", name.en)};
    finding->found = (struct kb_text){.ja = kb_sprintf(l->arena, "%s（%s）", when, file.ja),
                                      .en = kb_sprintf(l->arena, "%s, a %s", when, file.en)};
    kb_listing_tell(l, finding);
}

bool kb_generation_date(struct kb_listing *l, const struct kb_place *at, const char *name, const struct kb_match *match,
                        struct kb_generation *generation)
{
    generation->point_in_time = generation->mtime;
    generation->pit_source = KB_PIT_MTIME;
    int from = how(l);
    if (from == KB_PIT_FROM_STAMP_FILE)
        return from_stamp(l, at, name, generation);
    if (from == KB_PIT_FROM_NEWEST_FILE && l->copy->format == KB_FORMAT_TREE) {
        generation->pit_source = KB_PIT_NEWEST_FILE;
        return kb_newest_file(l, at, name, generation->path, &generation->point_in_time);
    }
    if (from == KB_PIT_FROM_NAME)
        generation->point_in_time = kb_match_time(match, generation->mtime, &generation->pit_source);
    if (generation->pit_source != KB_PIT_MTIME || kb_match_agrees(match, generation->mtime))
        return true;
    tell_disagreement(l, match, generation);
    return false;
}
