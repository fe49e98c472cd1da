/* SPDX-License-Identifier: Apache-2.0 */
/* Which earlier reading in the ledger one of now is compared with. */
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/change.h"
#include "koboshi/clock.h"

static bool is_same(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

/* An archive's list names its entries, a folder's its files; that of a file which is restored as stored, or of what was
 * unpacked from it, names one thing. With another `format` in the plan the same backup has another list. */
static bool is_read_alike(const char *a, const char *b)
{
    static const char *const of_entries[] = {"tar", "cpio", "zip", "7z", "folder"};
    int entries[2] = {0};
    for (size_t i = 0; a && b && i < sizeof of_entries / sizeof *of_entries; i++) {
        size_t n = strlen(of_entries[i]);
        entries[0] |= !strncmp(a, of_entries[i], n);
        entries[1] |= !strncmp(b, of_entries[i], n);
    }
    return entries[0] && entries[1] ? true : is_same(a, b);
}

/* Of a folder verified in parts the list names what that run read. */
static bool is_whole(const struct kb_line_read *read)
{
    return !read->freshness || read->freshness->now == read->freshness->files;
}

static bool is_good(const struct kb_line_read *read, const struct kb_record_unit *unit)
{
    return read->list && is_whole(read) && is_same(read->set, unit->set) &&
           is_read_alike(read->detected, unit->result.detected) &&
           (read->status == KB_UNIT_GOOD || read->status == KB_UNIT_CONDITIONAL);
}

static bool is_of(const struct kb_line *line, const char *plan)
{
    return (!strcmp(line->kind, kb_line_kind_names[KB_LINE_DRILL_FINISHED]) ||
            !strcmp(line->kind, kb_line_kind_names[KB_LINE_VERIFIED])) &&
           is_same(line->plan, plan);
}

struct kb_earlier kb_earlier_generation(const struct kb_lines *lines, const char *plan,
                                        const struct kb_record_unit *unit)
{
    struct kb_earlier older = {0}, same = {0};
    for (size_t i = 0; i < lines->n; i++) {
        const struct kb_line *line = &lines->v[i];
        for (size_t k = 0; is_of(line, plan) && k < line->reads.n; k++) {
            const struct kb_line_read *read = &line->reads.v[k];
            if (!is_good(read, unit))
                continue;
            if (read->point_in_time < unit->point_in_time &&
                (!older.line || read->point_in_time >= older.read->point_in_time))
                older = (struct kb_earlier){line, read};
            else if (read->point_in_time == unit->point_in_time)
                same = (struct kb_earlier){line, read};
        }
    }
    return older.line ? older : same;
}

struct kb_earlier kb_first_reading(const struct kb_lines *lines, const char *plan, const struct kb_record_unit *unit,
                                   const char *fs_uuid)
{
    for (size_t i = 0; i < lines->n; i++) {
        const struct kb_line *line = &lines->v[i];
        for (size_t k = 0; is_of(line, plan) && k < line->reads.n; k++) {
            const struct kb_line_read *read = &line->reads.v[k];
            if (is_good(read, unit) && is_same(read->medium, unit->medium) && is_same(read->file, unit->file) &&
                is_same(read->fs_uuid, fs_uuid) && read->point_in_time == unit->point_in_time)
                return (struct kb_earlier){line, read};
        }
    }
    return (struct kb_earlier){0};
}

struct kb_text kb_earlier_show(struct kb_arena *arena, const struct kb_record_earlier *earlier)
{
    const char *time = kb_time_show(arena, earlier->time);
    if (earlier->drill == KB_ABSENT)
        return kb_text_new(arena, "the verification of %s", "%s の検証", time);
    return kb_text_new(arena, "drill %06lld of %s", "訓練 %06lld（%s）", (long long)earlier->drill, time);
}
