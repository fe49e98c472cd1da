/* SPDX-License-Identifier: Apache-2.0 */
/* Full backups and the parts that hang on them: every point that can be restored is a generation. */
#include <stdlib.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"

#include "listing.h"

struct files {
    size_t n;
    struct kb_found *v;
};

static int by_time(const void *a, const void *b)
{
    const struct kb_found *x = a, *y = b;
    int order = strcmp(x->group, y->group);
    if (!order)
        order = (x->generation.point_in_time > y->generation.point_in_time) -
                (x->generation.point_in_time < y->generation.point_in_time);
    if (!order)
        order = (x->number > y->number) - (x->number < y->number);
    return order ? order : strcmp(x->generation.path, y->generation.path);
}

static int64_t time_of(const struct kb_found *found)
{
    return found->generation.point_in_time;
}

static const char *shown(struct kb_listing *l, const struct kb_found *found)
{
    return kb_escape(l->arena, found->generation.path, strlen(found->generation.path));
}

/* One name below the folder of the chain, as a pattern from the root. */
static int parse_below(struct kb_listing *l, const char *name, const struct kb_pattern **ret_pattern,
                       struct kb_err *err)
{
    int rc = kb_pattern_parse(kb_sprintf(l->arena, "%s/%s", l->copy->path, name), l->arena, ret_pattern, err);
    return rc || !l->manifest ? rc : kb_pattern_fills(l->manifest, *ret_pattern, err);
}

static struct files find(struct kb_listing *l, const struct kb_pattern *pattern)
{
    l->found.n = 0;
    l->found.v = NULL;
    kb_listing_walk(l, pattern);
    if (l->found.n)
        qsort(l->found.v, l->found.n, sizeof *l->found.v, by_time);
    return (struct files){l->found.n, l->found.v};
}

static int by_path(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A file that is both a full backup and a part is neither. */
static void drop_both(struct kb_listing *l, struct files *fulls, struct files *parts)
{
    const char **paths = kb_alloc(l->arena, fulls->n, sizeof *paths);
    for (size_t i = 0; i < fulls->n; i++)
        paths[i] = fulls->v[i].generation.path;
    if (fulls->n)
        qsort(paths, fulls->n, sizeof *paths, by_path);
    const char **both = kb_alloc(l->arena, parts->n, sizeof *both);
    size_t n_both = 0, kept = 0;
    for (size_t i = 0; i < parts->n; i++) {
        const char *path = parts->v[i].generation.path;
        if (fulls->n && bsearch(&path, paths, fulls->n, sizeof *paths, by_path)) {
            both[n_both++] = path;
            kb_listing_skip(l, KB_SKIP_BOTH, path);
        } else {
            parts->v[kept++] = parts->v[i];
        }
    }
    parts->n = kept;
    if (!n_both)
        return;
    qsort(both, n_both, sizeof *both, by_path);
    kept = 0;
    for (size_t i = 0; i < fulls->n; i++)
        if (!bsearch(&fulls->v[i].generation.path, both, n_both, sizeof *both, by_path))
            fulls->v[kept++] = fulls->v[i];
    fulls->n = kept;
}

static int by_series(const void *a, const void *b)
{
    const struct kb_found *x = *(const struct kb_found *const *)a, *y = *(const struct kb_found *const *)b;
    int order = strcmp(x->group, y->group);
    return order ? order : strcmp(x->series, y->series);
}

/* Whether one of the parts has the name of a full backup, or each side has one name only and the two differ. Else they
 * are no names: every file has another. */
static bool are_named(struct kb_listing *l, const struct files *fulls, const struct files *parts)
{
    const struct kb_found **sorted = kb_alloc(l->arena, fulls->n, sizeof(struct kb_found *));
    for (size_t i = 0; i < fulls->n; i++)
        sorted[i] = &fulls->v[i];
    if (!fulls->n || !parts->n)
        return false;
    qsort(sorted, fulls->n, sizeof *sorted, by_series);
    bool one = !by_series(&sorted[0], &sorted[fulls->n - 1]);
    for (size_t i = 0; i < parts->n; i++) {
        const struct kb_found *part = &parts->v[i];
        if (bsearch(&part, sorted, fulls->n, sizeof *sorted, by_series))
            return true;
        one = one && !strcmp(part->series, parts->v[0].series);
    }
    return one;
}

/* `*-full-…` and `*-inc-…` of two machines in one folder: a part goes with the full backup of its own name. */
static void part_by_name(struct kb_listing *l, struct files *fulls, struct files *parts)
{
    struct files *both[] = {fulls, parts};
    if (!are_named(l, fulls, parts))
        return;
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < both[k]->n; i++)
            both[k]->v[i].group = kb_sprintf(l->arena, "%s\n%s", both[k]->v[i].group, both[k]->v[i].series);
        qsort(both[k]->v, both[k]->n, sizeof *both[k]->v, by_time);
    }
}

/* own: each file has a manifest of its own. */
static struct kb_segment segment_of(struct kb_listing *l, const struct kb_found *found, bool own)
{
    const struct kb_generation *g = &found->generation;
    return (struct kb_segment){.path = g->path,
                               .manifest = own ? kb_listing_spelling(l, g->manifest) : NULL,
                               .bytes = g->bytes,
                               .mtime = g->mtime,
                               .point_in_time = g->point_in_time};
}

/* The point that its last file gives; the files before it are those of segments. */
static void add_point(struct kb_listing *l, const struct kb_found *last, struct kb_segment *segments, size_t n)
{
    struct kb_generation point = last->generation;
    point.segments.v = segments;
    point.segments.n = n;
    point.bytes = 0;
    for (size_t i = 0; i < n; i++)
        if (__builtin_add_overflow(point.bytes, segments[i].bytes, &point.bytes))
            point.bytes = INT64_MAX;
    kb_listing_add(l, &point);
}

/* How many of the parts follow each other, as far as their times and numbers tell; the first that does not is said. */
static size_t unbroken(struct kb_listing *l, const struct kb_found *full, const struct kb_found *parts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct kb_found *part = &parts[i], *before = i ? &parts[i - 1] : NULL;
        bool unordered = before && part->number < 0 && time_of(part) == time_of(before);
        bool gap = part->number >= 0 && (before ? part->number != before->number + 1 : part->number > 1);
        if (!unordered && !gap)
            continue;
        struct kb_finding *finding = kb_listing_finding(l, KB_RULE_CHAIN_INCOMPLETE, part->generation.path);
        finding->count = (int64_t)(n - i);
        finding->expected = unordered ? kb_text_new(l->arena, "a later time than that of %s", "%s より後の日時",
                                                    shown(l, before))
                                      : kb_text_new(l->arena, "the part that follows %s", "%s の次の増分・差分",
                                                    shown(l, before ? before : full));
        finding->found = unordered ? kb_text_new(l->arena, "the same time: their order cannot be told",
                                                 "同じ日時のため、順番が分かりません")
                                   : kb_text_new(l->arena, "a later one; at least one is missing between them",
                                                 "それより後のものです。間が1つ以上欠けています");
        kb_listing_tell(l, finding);
        return i;
    }
    return n;
}

static void tell_long(struct kb_listing *l, const struct kb_found *full, size_t n)
{
    struct kb_finding *finding = kb_listing_finding(l, KB_RULE_CHAIN_LONG, full->generation.path);
    finding->expected = kb_text_new(l->arena, "at most %s parts", "%s 個まで",
                                    kb_show_count(l->arena, l->copy->chain->max_parts));
    finding->found = kb_text_new(l->arena, "%zu parts", "%zu 個", n);
    kb_listing_tell(l, finding);
}

/* Not one manifest for all of them. */
static bool have_own_manifests(const struct kb_found *full, const struct kb_found *parts, size_t n)
{
    const char *manifest = full->generation.manifest;
    for (size_t i = 0; manifest && i < n; i++)
        if (strcmp(parts[i].generation.manifest, manifest) != 0)
            return true;
    return false;
}

/* A full backup and the parts that hang on it, in order. */
static void add_chain(struct kb_listing *l, const struct kb_found *full, const struct kb_found *parts, size_t n)
{
    bool differential = l->copy->chain->kind == KB_CHAIN_DIFFERENTIAL;
    if ((int64_t)n > l->copy->chain->max_parts)
        tell_long(l, full, n);
    size_t good = differential ? n : unbroken(l, full, parts, n);
    bool own = have_own_manifests(full, parts, n);
    size_t most = (own ? KB_SEGMENTS_MAX / 2 : KB_SEGMENTS_MAX) - 1; /* a manifest is one more file to open */
    if (!differential && good > most) {
        kb_listing_skip(l, KB_SKIP_LONG, parts[most].generation.path);
        good = most;
    }
    /* of increments every point is a beginning of the same row of files */
    struct kb_segment *row = kb_alloc(l->arena, 1 + good, sizeof *row);
    row[0] = segment_of(l, full, own);
    add_point(l, full, row, 1);
    for (size_t i = 0; i < good; i++) {
        if (differential) {
            struct kb_segment *pair = kb_alloc(l->arena, 2, sizeof *pair);
            pair[0] = row[0];
            pair[1] = segment_of(l, &parts[i], own);
            add_point(l, &parts[i], pair, 2);
        } else {
            row[1 + i] = segment_of(l, &parts[i], own);
            add_point(l, &parts[i], row, 2 + i);
        }
    }
}

static void tell_without_base(struct kb_listing *l, const struct kb_found *first, size_t n)
{
    struct kb_finding *finding = kb_listing_finding(l, KB_RULE_CHAIN_INCOMPLETE, first->generation.path);
    finding->count = (int64_t)n;
    finding->expected = kb_text_new(
        l->arena, "a full backup like %s, not newer than %s", "%s という名前で %s 以前のフルバックアップ",
        kb_printable(l->arena, l->copy->chain->full), kb_time_show(l->arena, time_of(first)));
    finding->found = kb_text_new(l->arena, "none", "ありません");
    kb_listing_tell(l, finding);
}

static void tell_twin(struct kb_listing *l, const struct kb_found *full, const struct kb_found *twin)
{
    struct kb_finding *finding = kb_listing_finding(l, KB_RULE_CHAIN_INCOMPLETE, full->generation.path);
    finding->expected = kb_text_new(l->arena, "one full backup of %s", "%s のフルバックアップは1つだけ",
                                    kb_time_show(l->arena, time_of(full)));
    finding->found = kb_text_new(l->arena, "also %s: which of them the parts rest on cannot be told",
                                 "%s もあり、増分・差分がどちらに続くか分かりません", shown(l, twin));
    kb_listing_tell(l, finding);
}

/* Files of one folder, each list in the order of time. */
static void add_folder(struct kb_listing *l, const struct kb_found *fulls, size_t n_fulls, const struct kb_found *parts,
                       size_t n_parts)
{
    size_t part = 0;
    while (part < n_parts && (!n_fulls || time_of(&parts[part]) < time_of(&fulls[0])))
        part++;
    if (part)
        tell_without_base(l, &parts[0], part);
    for (size_t i = 0; i < n_fulls; i++) {
        size_t from = part;
        bool last = i + 1 == n_fulls, is_twin = i && time_of(&fulls[i - 1]) == time_of(&fulls[i]);
        while (part < n_parts && (last || time_of(&parts[part]) < time_of(&fulls[i + 1])))
            part++;
        if (!last && time_of(&fulls[i]) == time_of(&fulls[i + 1]))
            tell_twin(l, &fulls[i], &fulls[i + 1]);
        else if (!is_twin)
            add_chain(l, &fulls[i], &parts[from], part - from);
    }
}

int kb_listing_chain(struct kb_listing *l, struct kb_err *err)
{
    const struct kb_pattern *full, *part;
    if (!l->copy->chain)
        return kb_fail(err, KB_EPLAN, "a chain needs `chain` with `full` and `part`",
                       "format: chain には chain（full と part）が必要です");
    int rc = parse_below(l, l->copy->chain->full, &full, err);
    if (!rc)
        rc = parse_below(l, l->copy->chain->part, &part, err);
    if (rc)
        return rc;
    struct files fulls = find(l, full), parts = find(l, part);
    if (l->stopped) /* what was not seen may be what the others rest on */
        return 0;
    drop_both(l, &fulls, &parts);
    if (full->n_wildcards == part->n_wildcards)
        part_by_name(l, &fulls, &parts);
    for (size_t f = 0, p = 0; f < fulls.n || p < parts.n;) {
        const char *group = f == fulls.n ? parts.v[p].group : fulls.v[f].group;
        if (p < parts.n && strcmp(parts.v[p].group, group) < 0)
            group = parts.v[p].group;
        size_t n_fulls = 0, n_parts = 0;
        while (f + n_fulls < fulls.n && !strcmp(fulls.v[f + n_fulls].group, group))
            n_fulls++;
        while (p + n_parts < parts.n && !strcmp(parts.v[p + n_parts].group, group))
            n_parts++;
        add_folder(l, fulls.v + f, n_fulls, parts.v + p, n_parts);
        f += n_fulls;
        p += n_parts;
    }
    return 0;
}
