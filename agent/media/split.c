/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are pieces of one backup: together they are a generation, if every one of them is there. */
#include <stdlib.h>
#include <string.h>

#include "koboshi/arena.h"

#include "listing.h"

static int by_group(const void *a, const void *b)
{
    const struct kb_found *x = a, *y = b;
    int order = strcmp(x->group, y->group);
    if (!order)
        order = x->letters - y->letters;
    if (!order)
        order = (x->number > y->number) - (x->number < y->number);
    return order ? order : strcmp(x->generation.path, y->generation.path);
}

static bool are_one(const struct kb_found *x, const struct kb_found *y)
{
    return !strcmp(x->group, y->group) && x->letters == y->letters;
}

static const char *shown(struct kb_listing *l, const struct kb_found *found)
{
    return kb_escape(l->arena, found->generation.path, strlen(found->generation.path));
}

/* Not every number from 0 or 1 (letters: from a) once: which one is it? */
static bool is_whole(struct kb_listing *l, const struct kb_found *parts, size_t n)
{
    struct kb_finding *finding = kb_listing_finding(l, KB_RULE_PARTS_MISSING, parts[0].generation.path);
    if (parts[0].number > !parts[0].letters) {
        finding->expected = kb_text_new(l->arena, "files numbered from %s on", "%s から始まる連番のファイル",
                                        parts[0].letters ? "a, aa" : "0, 1");
        finding->found = kb_text_new(l->arena, "the first one there is %s", "最初のファイルが %s です",
                                     shown(l, &parts[0]));
        kb_listing_tell(l, finding);
        return false;
    }
    for (size_t i = 1; i < n; i++) {
        if (parts[i].number == parts[i - 1].number + 1)
            continue;
        bool twice = parts[i].number == parts[i - 1].number;
        finding->expected = kb_text_new(l->arena, "every number once, %zu files in all",
                                        "番号が1つずつ続く計 %zu ファイル",
                                        (size_t)(parts[n - 1].number - parts[0].number + 1));
        finding->found = twice ? kb_text_new(l->arena, "the same number twice: %s and %s", "同じ番号が2つ: %s と %s",
                                             shown(l, &parts[i - 1]), shown(l, &parts[i]))
                               : kb_text_new(l->arena, "nothing between %s and %s", "%s と %s の間がありません",
                                             shown(l, &parts[i - 1]), shown(l, &parts[i]));
        kb_listing_tell(l, finding);
        return false;
    }
    return true;
}

/* Pieces are cut to one size; only the last is of what was left over. */
static void judge_sizes(struct kb_listing *l, const struct kb_found *parts, size_t n)
{
    int64_t usual = parts[0].generation.bytes;
    size_t odd = 1;
    while (odd + 1 < n && parts[odd].generation.bytes == usual)
        odd++;
    if (odd + 1 >= n)
        return;
    struct kb_finding *finding = kb_listing_finding(l, KB_RULE_PARTS_UNEVEN, parts[odd].generation.path);
    finding->expected = kb_text_new(l->arena, "%s bytes, as the first one has", "最初のファイルと同じ %s バイト",
                                    kb_show_count(l->arena, usual));
    finding->found = kb_text_new(l->arena, "%s bytes", "%s バイト",
                                 kb_show_count(l->arena, parts[odd].generation.bytes));
    kb_listing_tell(l, finding);
}

static void add_whole(struct kb_listing *l, const struct kb_found *parts, size_t n)
{
    struct kb_generation whole = parts[0].generation;
    if (n > KB_SEGMENTS_MAX) {
        kb_listing_skip(l, KB_SKIP_LONG, whole.path);
        return;
    }
    if (!is_whole(l, parts, n))
        return;
    judge_sizes(l, parts, n);
    whole.segments.v = kb_alloc(l->arena, n, sizeof *whole.segments.v);
    whole.bytes = 0;
    for (size_t i = 0; i < n; i++) {
        const struct kb_generation *part = &parts[i].generation;
        whole.segments.v[whole.segments.n++] = (struct kb_segment){
            .path = part->path, .bytes = part->bytes, .mtime = part->mtime, .point_in_time = part->point_in_time};
        if (__builtin_add_overflow(whole.bytes, part->bytes, &whole.bytes))
            whole.bytes = INT64_MAX;
        /* it was complete when the last of it was written */
        if (part->mtime > whole.mtime)
            whole.mtime = part->mtime;
        if (part->point_in_time > whole.point_in_time) {
            whole.point_in_time = part->point_in_time;
            whole.pit_source = part->pit_source;
        }
    }
    kb_listing_add(l, &whole);
}

void kb_listing_split(struct kb_listing *l)
{
    if (l->found.n)
        qsort(l->found.v, l->found.n, sizeof *l->found.v, by_group);
    for (size_t from = 0, n; from < l->found.n; from += n) {
        for (n = 1; from + n < l->found.n && are_one(&l->found.v[from], &l->found.v[from + n]);)
            n++;
        add_whole(l, &l->found.v[from], n);
    }
}
