/* SPDX-License-Identifier: Apache-2.0 */
/* media: path patterns whose every match is a generation, and the point in time that a name tells. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "koboshi/limits.h"
#include "koboshi/shape.h"

struct kb_arena;
struct kb_err;

/*
 * A pattern is a relative path. Per component: `%Y` (4 digits, from 1970), `%m %d %H %M %S` (2 digits each), `%%` (a
 * percent sign), `*` (any characters, also none), `?` (one character of UTF-8, or one byte where the name is none). As
 * in a shell, a wildcard at the start of a component does not stand for a leading dot. Never absolute; no empty, `.` or
 * `..` component.
 */
enum kb_part {
    KB_PART_YEAR, /* the first six index kb_match.date */
    KB_PART_MONTH,
    KB_PART_DAY,
    KB_PART_HOUR,
    KB_PART_MINUTE,
    KB_PART_SECOND,
    KB_PART_DATES, /* how many date parts there are */
    KB_PART_TEXT = KB_PART_DATES,
    KB_PART_ANY, /* * */
    KB_PART_ONE, /* ? */
};

struct kb_piece {
    int part;         /* enum kb_part */
    const char *text; /* KB_PART_TEXT: n bytes */
    size_t n;
};

struct kb_component {
    KB_LIST_OF(struct kb_piece) pieces;
    const char *literal; /* the name itself where it holds neither date parts nor wildcards, else NULL */
};

struct kb_pattern {
    KB_LIST_OF(struct kb_component) components;
    size_t n_wildcards;
    bool has[KB_PART_DATES]; /* the date parts it holds */
    bool dated;              /* holds at least one */
};

/* What a path gave for the parts of its pattern. Start with kb_match_none. */
struct kb_match {
    int date[KB_PART_DATES]; /* -1: not in the name */
    size_t n_wildcards;
    struct {
        const char *text; /* points into the name that was matched */
        size_t n;
    } wildcards[KB_WILDCARDS_MAX];
};
extern const struct kb_match kb_match_none;

/* kb_pattern_parse(text, arena, ret_pattern, err): KB_EPLAN if it is not a pattern. */
int kb_pattern_parse(const char *text, struct kb_arena *arena, const struct kb_pattern **ret_pattern,
                     struct kb_err *err);

/*
 * kb_component_match(component, name, match): name fits; match is extended by what it gave. Otherwise false, match is
 * untouched. Of several readings the one with the shortest leading wildcards counts. A date that does not exist
 * (20260231) and a part that differs from what an earlier component gave do not fit. Linear in the name per piece.
 */
bool kb_component_match(const struct kb_component *component, const char *name, struct kb_match *match);

/* kb_pattern_fills(manifest, path, err): every date part of manifest is in path, and its wildcards, if it has any, are
 * as many as those of path; else KB_EPLAN. */
int kb_pattern_fills(const struct kb_pattern *manifest, const struct kb_pattern *path, struct kb_err *err);
/* kb_pattern_fill(pattern, match, arena): the path with all parts filled in; kb_pattern_fills has said yes. */
const char *kb_pattern_fill(const struct kb_pattern *pattern, const struct kb_match *match, struct kb_arena *arena);

/*
 * kb_match_time(match, mtime_s, ret_source): point in time in UTC seconds; dates are local in the process' zone.
 * Date and at least hour and minute: the name. Less (a day, a month): mtime if it falls into that span, else the start
 * of the span, which is the worst case. No year, or nothing: mtime. ret_source: enum kb_pit_source.
 */
int64_t kb_match_time(const struct kb_match *match, int64_t mtime_s, int *ret_source);
