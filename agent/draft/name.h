/* SPDX-License-Identifier: Apache-2.0 */
/* One file or folder name taken apart: what in it would be different tomorrow. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "koboshi/pattern.h"

struct kb_arena;

/* Stands for the weekday in kb_name.by_weekday until it is known which of them a company uses. */
#define KB_NAME_WEEKDAY '\1'

struct kb_name {
    const char *pattern;     /* component of a path pattern: dates as %Y%m%d, what a pattern cannot hold as ? */
    const char *stem;        /* what does not change, for titles: without dates, suffixes and their separators */
    int date[KB_PART_DATES]; /* -1: not in the name */
    bool dated;              /* at least one date part */
    bool varies;             /* holds digits that look like half a date and stand in the pattern as ? */
    const char *by_weekday;  /* the pattern with KB_NAME_WEEKDAY for the weekday, NULL: none in it */
    int weekday;             /* 0: Monday */
    int spelling;            /* of the weekday */
    const char *by_part;     /* NAME.001: the pattern of NAME, NULL: no part of a split file */
    int part;
    bool stray; /* "x (1)", "x - コピー": somebody copied it by hand */
};

/* kb_name_read(name, above, folder, arena): name is valid UTF-8. */
struct kb_name kb_name_read(const char *name, const int above[KB_PART_DATES], bool folder, struct kb_arena *arena);

/* kb_name_weekdays(name, seen, arena): by_weekday with %{weekday:…} in it: Monday to Friday, or to the last day of
 * which bit 0 … 6 of seen is set. */
const char *kb_name_weekdays(const struct kb_name *name, unsigned seen, struct kb_arena *arena);
/* kb_name_undated(pattern, arena): the same with ? for every digit of a date: for a path whose date is not whole. */
const char *kb_name_undated(const char *pattern, struct kb_arena *arena);
/* kb_name_literal(name, arena): a pattern that fits this name. */
const char *kb_name_literal(const char *name, struct kb_arena *arena);
/* kb_name_stem_end(name): bytes of name before its suffixes (.tar.zst, .db.gz, .zip). */
size_t kb_name_stem_end(const char *name);
/* kb_name_sums(name, ret_of_folder): whether a file is a list of hashes by its name (x.sha256, x.md5, x.hashdeep.txt),
 * and whether that names nothing else, so that it is for all of its folder (SHA256SUMS, md5sum.txt). Weak: MD5, SHA-1.
 */
enum kb_sums { KB_SUMS_NONE, KB_SUMS_WEAK, KB_SUMS_STRONG };
int kb_name_sums(const char *name, bool *ret_of_folder);
