/* SPDX-License-Identifier: Apache-2.0 */
/* From a flat list to a tree, and from names to groups. */
#include "things.h"

#include <stdlib.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/text.h"

static int hex_digit(char c)
{
    const char *digits = "0123456789ABCDEF", *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* What kb_escape did, undone. */
static const char *unescaped(const char *text, struct kb_arena *arena)
{
    char *out = kb_strdup(arena, text), *to = out;
    for (const char *at = text; *at; at++) {
        int high = *at == '%' ? hex_digit(at[1]) : -1, low = high >= 0 ? hex_digit(at[2]) : -1;
        if (low >= 0 && (high || low)) {
            *to++ = (char)(high * 16 + low);
            at += 2;
        } else {
            *to++ = *at;
        }
    }
    *to = '\0';
    return out;
}

struct kb_thing *kb_things_of(const struct kb_scanned *scanned, struct kb_arena *arena)
{
    struct kb_thing *root = kb_alloc(arena, 1, sizeof *root);
    root->name = root->path = "";
    KB_LIST_OF(struct kb_thing *) folders = {0};
    folders.v = kb_grow(arena, folders.v, folders.n, sizeof *folders.v);
    folders.v[folders.n++] = root;
    size_t at = 0; /* upper levels come first and folder by folder, so the parent is never behind this one */
    for (size_t i = 0; i < scanned->seen.n; i++) {
        const struct kb_seen *seen = &scanned->seen.v[i];
        const char *path = unescaped(seen->path, arena), *slash = strrchr(path, '/');
        size_t n = slash ? (size_t)(slash - path) : 0, k = at;
        while (k < folders.n && (strlen(folders.v[k]->path) != n || memcmp(folders.v[k]->path, path, n) != 0))
            k++;
        const char *name = slash ? slash + 1 : path;
        if (k == folders.n || !*name || !strcmp(name, ".") || !strcmp(name, ".."))
            continue;
        at = k;
        struct kb_thing *thing = kb_alloc(arena, 1, sizeof *thing), *parent = folders.v[k];
        *thing = (struct kb_thing){.name = name, .path = path, .seen = seen, .parent = parent};
        parent->below.v = kb_grow(arena, parent->below.v, parent->below.n, sizeof *parent->below.v);
        parent->below.v[parent->below.n++] = thing;
        if (seen->kind == KB_SEEN_FOLDER) {
            folders.v = kb_grow(arena, folders.v, folders.n, sizeof *folders.v);
            folders.v[folders.n++] = thing;
        }
        for (struct kb_thing *up = parent; up && seen->kind == KB_SEEN_FILE; up = up->parent) {
            up->files++;
            up->bytes += seen->bytes > 0 ? seen->bytes : 0;
            up->newest = seen->mtime > up->newest ? seen->mtime : up->newest;
        }
    }
    return root;
}

static void keep(struct kb_arena *arena, struct kb_members *members, const struct kb_member *member)
{
    members->v = kb_grow(arena, members->v, members->n, sizeof *members->v);
    members->v[members->n++] = *member;
}

static void take_one(const struct kb_member *folder, struct kb_thing *thing, struct kb_arena *arena,
                     struct kb_groups *groups, struct kb_members *members)
{
    struct kb_member member = {.thing = thing};
    bool is_folder = thing->seen->kind == KB_SEEN_FOLDER, of_folder;
    if (thing->seen->kind == KB_SEEN_OTHER || !kb_is_utf8(thing->name, strlen(thing->name))) {
        keep(arena, &groups->others, &member);
        return;
    }
    member.name = kb_name_read(thing->name, folder->date, is_folder, arena);
    member.pattern = member.name.pattern;
    memcpy(member.date, member.name.date, sizeof member.date);
    struct kb_match match = kb_match_none;
    memcpy(match.date, member.date, sizeof member.date);
    int unused;
    member.time = kb_match_time(&match, thing->newest ? thing->newest : thing->seen->mtime, &unused);
    if (!is_folder && kb_name_sums(thing->name, &of_folder) != KB_SUMS_NONE)
        keep(arena, &groups->manifests, &member);
    else if (member.name.stray)
        keep(arena, &groups->strays, &member);
    else
        keep(arena, members, &member);
}

/* Weekdays are believed where three of them stand side by side: 月 alone may be anything. */
static int by_weekday(const void *a, const void *b)
{
    const struct kb_member *x = *(const struct kb_member *const *)a, *y = *(const struct kb_member *const *)b;
    int order = strcmp(x->name.by_weekday, y->name.by_weekday);
    return order ? order : x->name.spelling - y->name.spelling;
}

static void see_weekdays(struct kb_members *members, struct kb_arena *arena)
{
    struct kb_member **days = kb_alloc(arena, members->n, sizeof *days);
    size_t n = 0;
    for (size_t i = 0; i < members->n; i++)
        if (members->v[i].name.by_weekday && !members->v[i].name.dated)
            days[n++] = &members->v[i];
    if (n)
        qsort(days, n, sizeof *days, by_weekday);
    for (size_t from = 0, to = 0; from < n; from = to) {
        unsigned seen = 0;
        for (to = from; to < n && !by_weekday(&days[from], &days[to]); to++)
            seen |= 1u << days[to]->name.weekday;
        for (size_t i = from; i < to && __builtin_popcount(seen) >= 3; i++)
            days[i]->pattern = kb_name_weekdays(&days[i]->name, seen, arena);
    }
}

static int by_whole(const void *a, const void *b)
{
    const struct kb_thing *x = (*(const struct kb_member *const *)a)->thing,
                          *y = (*(const struct kb_member *const *)b)->thing;
    size_t n_x = strlen(x->path) - 3, n_y = strlen(y->path) - 3;
    int order = memcmp(x->path, y->path, n_x < n_y ? n_x : n_y);
    return order ? order : (n_x > n_y) - (n_x < n_y);
}

/* x.001 beside x.002 are parts of x; alone it is a name as any other. */
static void see_parts(struct kb_members *members, struct kb_arena *arena)
{
    struct kb_member **parts = kb_alloc(arena, members->n, sizeof *parts);
    size_t n = 0;
    for (size_t i = 0; i < members->n; i++)
        if (members->v[i].name.by_part)
            parts[n++] = &members->v[i];
    if (n)
        qsort(parts, n, sizeof *parts, by_whole);
    for (size_t from = 0, to = 0; from < n; from = to) {
        for (to = from + 1; to < n && !by_whole(&parts[from], &parts[to]);)
            to++;
        for (size_t i = from; i < to && to - from > 1; i++) {
            parts[i]->part = parts[i]->name.part;
            parts[i]->pattern = kb_sprintf(arena, "%s.%%{part}", parts[i]->name.by_part);
        }
    }
}

static int by_pattern(const void *a, const void *b)
{
    const struct kb_member *x = a, *y = b;
    int order = x->thing->seen->kind - y->thing->seen->kind;
    if (!order)
        order = strcmp(x->pattern, y->pattern);
    if (!order && x->time != y->time)
        order = x->time < y->time ? 1 : -1;
    if (!order)
        order = x->part - y->part;
    return order ? order : strcmp(x->thing->path, y->thing->path);
}

void kb_groups_of(const struct kb_members *folders, struct kb_arena *arena, struct kb_groups *ret_groups)
{
    struct kb_members members = {0};
    *ret_groups = (struct kb_groups){0};
    for (size_t f = 0; f < folders->n; f++)
        for (size_t i = 0; i < folders->v[f].thing->below.n; i++)
            take_one(&folders->v[f], folders->v[f].thing->below.v[i], arena, ret_groups, &members);
    see_weekdays(&members, arena);
    see_weekdays(&ret_groups->manifests, arena);
    see_parts(&members, arena);
    if (members.n)
        qsort(members.v, members.n, sizeof *members.v, by_pattern);
    for (size_t i = 0; i < members.n; i++) {
        const struct kb_member *member = &members.v[i];
        bool folder = member->thing->seen->kind == KB_SEEN_FOLDER;
        struct kb_group *last = ret_groups->list.n ? &ret_groups->list.v[ret_groups->list.n - 1] : NULL;
        if (!last || last->folder != folder || strcmp(last->pattern, member->pattern) != 0) {
            ret_groups->list.v = kb_grow(arena, ret_groups->list.v, ret_groups->list.n, sizeof *ret_groups->list.v);
            last = &ret_groups->list.v[ret_groups->list.n++];
            *last = (struct kb_group){.pattern = member->pattern,
                                      .folder = folder,
                                      .dated = member->name.dated,
                                      .varies = member->name.varies,
                                      .weekdays = strstr(member->pattern, "%{weekday:") != NULL,
                                      .parts = member->part > 0};
        }
        keep(arena, &last->members, member);
        bool tells = member->part ? member->part == 1 : !last->looked; /* the head of a split file is in its first */
        if (tells && member->thing->seen->looked_into)
            last->looked = member->thing->seen;
    }
}
