/* SPDX-License-Identifier: Apache-2.0 */
/* Names that count: the files that split(1), 7-Zip and the like make of one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct kb_arena;

/* Where the count stands in the names of one split file. */
struct kb_counted {
    size_t at;   /* first byte of the count; the name's length if there is none */
    bool counts; /* all names have one, at this place */
};

/* kb_counted_of(names, n): x.aa x.ab (also zaaa after yz), x.001 x.002, x-part1 … x-part10, xaa xab. */
struct kb_counted kb_counted_of(const char *const *names, size_t n);
/* kb_counted_stem(names, counted, arena): the name before it was split: x. */
const char *kb_counted_stem(const char *first, struct kb_counted counted, struct kb_arena *arena);
/* kb_counted_gap(names, n, counted): index of the first name that does not follow the one before it (0: it is not a
 * first one), n if there is none. */
size_t kb_counted_gap(const char *const *names, size_t n, struct kb_counted counted);
