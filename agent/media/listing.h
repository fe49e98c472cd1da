/* SPDX-License-Identifier: Apache-2.0 */
/* One copy being listed: the walk that finds what fits its pattern, and those who make generations of that. */
#pragma once

#include <sys/stat.h>

#include "koboshi/media.h"
#include "koboshi/pattern.h"

#include "device.h"

/* Why something that fits the pattern is not taken. */
enum kb_skip { KB_SKIP_LINK, KB_SKIP_KIND, KB_SKIP_NAME, KB_SKIP_BOTH, KB_SKIP_LONG, KB_SKIP_OLD, KB_SKIP_COUNT };

/* Where the medium ends: another mount below its root is something else. */
struct kb_border {
    int mount; /* that the root lies on; 0: not known */
    bool disk; /* a share may be put together of several of its kind */
    struct kb_mounts mounts;
};

/* What is spent by all copies of one look at a medium. */
struct kb_listing_budget {
    int64_t entries;   /* directory entries looked at for generations */
    int64_t files;     /* … and for the newest file */
    int64_t walk_till; /* boot clock: no more looking for newest files after it; 0: not begun */
    int64_t bytes;     /* listed so far, as JSON at the most */
};

/* A file that fits the pattern of a split backup or of a chain. */
struct kb_found {
    const char *group;               /* split: its path without the number; chain: the folder of the chain */
    const char *series;              /* chain: the letters that the wildcards of its name stood for */
    struct kb_generation generation; /* as if it were one by itself */
    int64_t number;                  /* of %{part}, -1: none */
    bool letters;
};

struct kb_listing {
    struct kb_arena *arena;
    const struct kb_media_sink *sink;
    const char *medium;
    const struct kb_job_copy *copy;
    const struct kb_pattern *pattern, *manifest;
    struct kb_match start; /* what is known before anything matches */
    int root_fd;
    const struct kb_border *border;
    struct kb_listing_budget *budget;
    bool stopped;
    size_t n;
    struct kb_generation *items; /* room for twice KB_GENERATIONS_MAX */
    KB_LIST_OF(struct kb_found) found;
    struct {
        int64_t n;
        const char *first;
    } skipped[KB_SKIP_COUNT], future; /* future: what has a time in the future */
    struct {
        const char *path;
        bool good;
        int64_t time;
    } stamp; /* the one read last */
};

/* Where a walk stands: an open folder, its path below the root ("" or ending in /), and what the path has given. */
struct kb_place {
    int fd;
    const char *path;
    size_t depth;
    struct kb_match match;
};

/* kb_listing_finding(l, rule, path): with set, medium and file filled in; the caller says what was expected and found,
 * and hands it to kb_listing_tell. */
struct kb_finding *kb_listing_finding(struct kb_listing *l, enum kb_rule_id rule, const char *path);
void kb_listing_tell(struct kb_listing *l, const struct kb_finding *finding);
/* kb_listing_unlisted(l, path, cause): a folder or file that should be readable is not: errno. */
void kb_listing_unlisted(struct kb_listing *l, const char *path, int cause);
void kb_listing_skip(struct kb_listing *l, enum kb_skip why, const char *path);
/* kb_listing_add(l, generation): one more; when there are too many the oldest are left out. */
void kb_listing_add(struct kb_listing *l, const struct kb_generation *generation);
/* kb_listing_spelling(l, path): the path of a manifest as the medium spells it; where there is none, as it was filled
 * in.
 */
const char *kb_listing_spelling(struct kb_listing *l, const char *path);
/* kb_listing_walk(l, pattern): takes everything below the root that fits: each by itself, or, where the pattern has
 * %{part} or the copy is a chain, into `found`. */
void kb_listing_walk(struct kb_listing *l, const struct kb_pattern *pattern);

/* kb_listing_split(l): one generation of all files of `found` that differ in %{part} alone; a gap or a double is a
 * finding instead. */
void kb_listing_split(struct kb_listing *l);
/* kb_listing_chain(l, err): one generation per point that can be restored. KB_EPLAN. */
int kb_listing_chain(struct kb_listing *l, struct kb_err *err);

/* kb_generation_date(l, at, name, match, generation): its point in time as the copy says, from a file or folder name in
 * the folder at->fd. false: it cannot be told, which is said. */
bool kb_generation_date(struct kb_listing *l, const struct kb_place *at, const char *name, const struct kb_match *match,
                        struct kb_generation *generation);

/* kb_newest_file(l, at, name, path, ret_time): mtime of the newest regular file below the folder, none of the future.
 * false: there is none or it was not seen to the end, which is said. */
bool kb_newest_file(struct kb_listing *l, const struct kb_place *at, const char *name, const char *path,
                    int64_t *ret_time);

/* kb_stamp_time(text, ret_time): the time that a line tells, local in the process' zone unless it says another: RFC
 * 3339; 2026-11-23 02:00, 2026/11/23 2:00:05.12, 2026年11月23日 02:00 or 2時00分, with a weekday in parentheses after
 * the date or not. */
bool kb_stamp_time(const char *text, int64_t *ret_time);
/* kb_stamp_line(bytes, n, arena): the first line with something in it, in UTF-8 (also of UTF-16 with a byte order mark,
 * as PowerShell writes); "" if there is none. */
const char *kb_stamp_line(const char *bytes, size_t n, struct kb_arena *arena);

/* kb_open_quietly(dirfd, name, flags): openat for reading that follows no link and, where it may, leaves the access
 * time as it was. */
int kb_open_quietly(int dirfd, const char *name, int flags);
