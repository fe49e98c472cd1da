/* SPDX-License-Identifier: Apache-2.0 */
/* core: path patterns whose every match is a generation, and the point in time that a name tells. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "koboshi/limits.h"
#include "koboshi/shape.h"

struct kb_arena;
struct kb_err;

/*
 * A pattern is a relative path; never absolute; no empty, `.` or `..` component. Per component:
 *
 *   %Y %m %d %H %M %S    4 digits from 1970; 2 digits each
 *   %y                   2 digits, 2000 to 2099
 *   %{era}               a year of the Japanese calendar: R08 R8 r08 令和8 令和08 令和元, H31 平成31, each also with 年
 *   %{fy}                a fiscal year, by the year in which it begins: 2026 or a year of an era, each also with 年度
 *   %{weekday:月火水木金} one of these characters; 5 to 7 of them, the first is Monday. With commas words:
 *                        %{weekday:Mon,Tue,Wed,Thu,Fri}
 *   %{part}              the number of a file of a split backup: 001 002, 1 2 … 10, 00 01, aa ab (as split(1) counts,
 * also when it widens: 89 9000, yz zaaa); in the last component of a path only
 *   %{file}              in the path of a manifest, once: the name of the file or folder that it is of
 *   %%  *  ?             a percent sign; any characters, also none; one character of UTF-8, or one byte where it is
 * none
 *
 * Digits, the letter of an era and the words of a weekday may be full-width in the name (U+FF01–FF5E). Text is compared
 * in NFC, so that a name stored in NFD is found. As in a shell, a wildcard at the start of a component does not stand
 * for a leading dot.
 *
 * Eras: 元号を改める政令（昭和64年政令第1号）: Heisei from 1989-01-08; 元号を改める政令（平成31年政令第143号）: Reiwa
 * from 2019-05-01. R01-04-30 and H31-05-01 do not exist. Of a fiscal year both names stand: 令和元年度 and 平成31年度
 * are 2019.
 */
enum kb_part {
    KB_PART_YEAR, /* the first six index kb_match.date */
    KB_PART_MONTH,
    KB_PART_DAY,
    KB_PART_HOUR,
    KB_PART_MINUTE,
    KB_PART_SECOND,
    KB_PART_DATES, /* how many date parts there are */
    KB_PART_SHORT_YEAR = KB_PART_DATES,
    KB_PART_ERA,
    KB_PART_FY,
    KB_PART_WEEKDAY,
    KB_PART_NUMBER,   /* %{part} */
    KB_PART_FILE,     /* %{file} */
    KB_PART_ELEMENTS, /* how many elements begin with a percent sign */
    KB_PART_TEXT = KB_PART_ELEMENTS,
    KB_PART_ANY, /* * */
    KB_PART_ONE, /* ? */
};

struct kb_piece {
    int part;         /* enum kb_part */
    const char *text; /* KB_PART_TEXT: n bytes, in NFC */
    size_t n;
    KB_LIST_OF(const char *) words; /* KB_PART_WEEKDAY: from Monday, in NFC */
};

struct kb_component {
    KB_LIST_OF(struct kb_piece) pieces;
    const char *literal; /* the name as written where it holds neither elements nor wildcards, else NULL */
};

struct kb_pattern {
    KB_LIST_OF(struct kb_component) components;
    size_t n_wildcards;
    bool has[KB_PART_ELEMENTS];
    bool dated; /* something in it tells of a date, if only a weekday */
};

struct kb_span {
    const char *text; /* points into the name that was matched */
    size_t n;
};

/* What a path gave for the parts of its pattern. Start with kb_match_none. */
struct kb_match {
    int date[KB_PART_DATES];                /* -1: not in the name; the year also from %y and %{era} */
    int era;                                /* -1: none, else a row of the table of eras, of the year */
    int fy;                                 /* -1: none, else the calendar year in which it begins */
    int fy_month, fy_day;                   /* on which it begins; of kb_match_none 1 April */
    int weekday;                            /* -1: none, 0: Monday … 6 */
    int64_t number;                         /* -1: none, else of %{part}: 0 for 0, 00, aa */
    bool letters;                           /* it is written in letters */
    struct kb_span spans[KB_PART_ELEMENTS]; /* as spelt in the name; of several the last */
    size_t n_wildcards;
    struct kb_span wildcards[KB_WILDCARDS_MAX];
    struct kb_span file; /* the name of what was matched; set by its finder */
};
extern const struct kb_match kb_match_none;

/* kb_pattern_parse(text, arena, ret_pattern, err): KB_EPLAN if it is not a pattern; err->frame[0] says why in a clause,
 * the next frame names the path. */
int kb_pattern_parse(const char *text, struct kb_arena *arena, const struct kb_pattern **ret_pattern,
                     struct kb_err *err);
/* kb_pattern_dates(pattern, err): KB_EPLAN if its date parts leave a hole: a day of a year without the month, an hour
 * without the day. */
int kb_pattern_dates(const struct kb_pattern *pattern, struct kb_err *err);

/* A name in NFC or in NFD; name itself where it is ASCII or not UTF-8, else in buffer. */
enum { KB_NAME_FORM_SIZE = 4096 };
struct kb_name_form {
    int32_t points[KB_NAME_FORM_SIZE / 4];
};
const char *kb_name_composed(const char *name, struct kb_name_form *buffer);
const char *kb_name_decomposed(const char *name, struct kb_name_form *buffer);

/*
 * kb_component_match(component, name, match): name, in NFC, fits; match is extended by what it gave. Otherwise false,
 * match is untouched. Of several readings the one with the shortest leading wildcards counts, then the one with the
 * longest numbers. A date that does not exist (20260231, a Monday that was a Tuesday) and a part that differs from what
 * an earlier component gave do not fit.
 */
bool kb_component_match(const struct kb_component *component, const char *name, struct kb_match *match);

/* kb_pattern_fills(manifest, path, err): every element of manifest is in path or is %{file}, none is %{part}, and its
 * wildcards, if it has any, are as many as those of path; else KB_EPLAN. */
int kb_pattern_fills(const struct kb_pattern *manifest, const struct kb_pattern *path, struct kb_err *err);
/* kb_pattern_fill(pattern, match, arena): the path with all parts filled in as the name spelt them; kb_pattern_fills
 * has said yes. */
const char *kb_pattern_fill(const struct kb_pattern *pattern, const struct kb_match *match, struct kb_arena *arena);

/*
 * kb_match_time(match, mtime_s, ret_source): point in time in UTC seconds; dates are local in the process' zone.
 * Date and at least hour and minute: the name. Less (a day, a month, a year, a fiscal year): mtime if it falls into
 * that span, else the start of the span, which is the worst case. No year, or nothing: mtime. ret_source: enum
 * kb_pit_source.
 */
int64_t kb_match_time(const struct kb_match *match, int64_t mtime_s, int *ret_source);
/* kb_match_agrees(match, mtime_s): false if the name tells a weekday, day or month, but no year, and the file was last
 * changed on another one. A job of the night may run until noon of the next day. */
bool kb_match_agrees(const struct kb_match *match, int64_t mtime_s);
