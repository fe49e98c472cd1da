/* SPDX-License-Identifier: Apache-2.0 */
/* assess: what has changed between two readings of a backup, by the lists of their entries. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "koboshi/finding.h"
#include "koboshi/ledger.h"
#include "koboshi/record.h"

struct kb_arena;
struct kb_err;

/* A list of entries is what the pass writes: GNU checksum lines in any order; where a path comes twice the last line
 * counts. */

/* A list in order, on the heap. */
struct kb_sorted;
/* One line of it. Valid until the next call. */
struct kb_sorted_line {
    const char *digest; /* 64 digits, not terminated */
    const char *path;   /* as it stands in the list, not terminated */
    size_t path_n;
    bool escaped; /* the path is written with `\\`, `\n` and `\r` for these characters */
};
enum kb_sorted_by { KB_BY_PATH, KB_BY_DIGEST /* of equal digests by path */ };
/* kb_sorted_new(fd, by, ret_sorted, err): everything of fd from its start; sorted in pieces of KB_SORT_BYTES in a
 * temporary file, so that memory does not grow with the list. KB_EWORKER for a line that is none. */
int kb_sorted_new(int fd, enum kb_sorted_by by, struct kb_sorted **ret_sorted, struct kb_err *err);
void kb_sorted_free(struct kb_sorted *sorted);
/* kb_sorted_next(sorted, ret_line, err): 1 item, 0 end, < 0 error; in the order of paths each path once. */
int kb_sorted_next(struct kb_sorted *sorted, struct kb_sorted_line *ret_line, struct kb_err *err);
/* kb_sorted_rewind(sorted, err): from its first line again. */
int kb_sorted_rewind(struct kb_sorted *sorted, struct kb_err *err);
/* kb_sorted_path(line, arena): the path itself, escaped for people. */
const char *kb_sorted_path(const struct kb_sorted_line *line, struct kb_arena *arena);

enum { KB_CHANGE_EXAMPLES = 5 };

struct kb_change {
    int64_t before, now; /* files in each list */
    int64_t changed, vanished, added;
    int64_t moved;        /* neither vanished nor added: the same content has another name now; none of the renamed */
    int64_t renamed;      /* of the vanished: instead of it there is one with a further, or with another, new ending */
    const char *ending;   /* the commonest of these endings, with its dot, escaped; NULL: none */
    int64_t ending_files; /* that got it */
    int64_t unreadable;   /* of the vanished: they are there, but could not be read */
    /* escaped paths with commas between them, at most KB_CHANGE_EXAMPLES; NULL: none. Of the renamed and the
     * moved the new names */
    const char *changed_list, *vanished_list, *added_list, *renamed_list, *moved_list, *unreadable_list;
    /* of the first that changed: short forms of both digests */
    const char *digest_before, *digest_now;
};

struct kb_change_params {
    int before_fd, now_fd; /* read from their start */
    /* entries that could not be read now, escaped, sorted by strcmp */
    const char *const *unread;
    size_t n_unread;
};
/* kb_change_find(params, arena, ret_change, err): by two sorted lists side by side; then what only one of them has, by
 * digests. */
int kb_change_find(const struct kb_change_params *params, struct kb_arena *arena, struct kb_change *ret_change,
                   struct kb_err *err);

/* A reading in the ledger that another can be compared with. */
struct kb_earlier {
    const struct kb_line *line; /* NULL: there is none */
    const struct kb_line_read *read;
};
/* kb_earlier_generation(lines, plan, unit): the last reading of this set that did not fail, of the newest older
 * generation on whatever medium; else the last one of a generation of the same point in time. One that is newer is
 * never taken: to go back in time is no change. One that was read in another way (`format` of the plan) has nothing in
 * common, and one of a folder that was verified in parts did not list all of it. */
struct kb_earlier kb_earlier_generation(const struct kb_lines *lines, const char *plan,
                                        const struct kb_record_unit *unit);
/* kb_first_reading(lines, plan, unit, fs_uuid): the first reading that did not fail of this very generation: the same
 * set, medium, file system (NULL: it has none), file and point in time. */
struct kb_earlier kb_first_reading(const struct kb_lines *lines, const char *plan, const struct kb_record_unit *unit,
                                   const char *fs_uuid);

/* kb_change_judge(unit, max_change, arena, ret_n): what record->change and the signs of this unit give cause to say.
 * max_change: percent, KB_ABSENT if the plan has none. */
const struct kb_finding *kb_change_judge(const struct kb_record_unit *unit, int64_t max_change, struct kb_arena *arena,
                                         size_t *ret_n);
/* kb_baseline_judge(unit, change, arena): NULL: as it was. */
struct kb_finding *kb_baseline_judge(const struct kb_record_unit *unit, const struct kb_change *change,
                                     struct kb_arena *arena);
/* kb_earlier_show(arena, earlier): "drill 000012 of 2026-11-01", "the verification of 2026-11-01". */
struct kb_text kb_earlier_show(struct kb_arena *arena, const struct kb_record_earlier *earlier);
