/* SPDX-License-Identifier: Apache-2.0 */
/* References between the blocks of a plan: defined at all, and never in a circle. */
#include "loader.h"

#include <stdlib.h>
#include <string.h>

#include "koboshi/arena.h"

enum { NAMES_SHOWN = 12 };

/* The ids of one top-level map, sorted; position = place in the file. */
struct entry {
    const char *id;
    size_t position;
};
struct index {
    const struct kb_key *key;
    const char *items;
    bool usable; /* written, and not already complained about as a whole */
    size_t n;
    struct entry *v;
};
struct indexes {
    size_t n;
    struct index *v;
};

/* The id of an item; one of a list may have been forgotten. */
static const char *id_at(const void *item)
{
    const char *id = *(const char *const *)item;
    return id ? id : "";
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->id, ((const struct entry *)b)->id);
}

/* A list whose items begin with their id can be referred to like a map. */
static bool has_ids(const struct kb_key *key)
{
    return key->kind == KB_LIST && key->of->keys[0].offset == 0 && !strcmp(key->of->keys[0].name, "id");
}

/* A map cannot hold a key twice, a list can. */
static void refuse_twins(struct kb_loader *l, const struct kb_key *key, const char *items, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        const char *const *id = (const void *)(items + i * key->of->size);
        for (size_t k = 0; *id && k < i; k++) {
            const char *const *other = (const void *)(items + k * key->of->size);
            if (!*other || strcmp(*id, *other) != 0)
                continue;
            KB_COMPLAIN(l->c, kb_mark_at(l, id, id), "`%s` stands twice under `%s`; the first is on line %d",
                        "「%s」が `%s` に2回あります（最初は %d 行目）", kb_quote(l->work, *id), key->name,
                        kb_mark_at(l, other, other).line);
            break;
        }
    }
}

static struct indexes index_maps(struct kb_loader *l, const struct kb_shape *shape, const void *object)
{
    struct indexes all = {.v = kb_alloc(l->work, shape->n_keys, sizeof *all.v)};
    for (size_t k = 0; k < shape->n_keys; k++) {
        const struct kb_key *key = &shape->keys[k];
        if (key->kind != KB_MAP && !has_ids(key))
            continue;
        const KB_LIST_OF(char) *list = (const void *)((const char *)object + key->offset);
        struct index *index = &all.v[all.n++];
        *index = (struct index){
            .key = key, .items = list->v, .n = list->n, .v = kb_alloc(l->work, list->n, sizeof *index->v)};
        const struct kb_mark *mark = kb_mark_of(l, list);
        index->usable = !mark || mark->good;
        for (size_t i = 0; i < list->n; i++)
            index->v[i] = (struct entry){id_at(list->v + i * key->of->size), i};
        if (key->kind == KB_LIST)
            refuse_twins(l, key, list->v, list->n);
        if (index->n)
            qsort(index->v, index->n, sizeof *index->v, by_id);
    }
    return all;
}

static const struct index *index_of(const struct indexes *all, const char *map)
{
    for (size_t i = 0; i < all->n; i++)
        if (!strcmp(all->v[i].key->name, map))
            return &all->v[i];
    abort(); /* the table names a map that it does not have */
}

static const struct entry *find(const struct index *index, const char *id)
{
    const struct entry wanted = {.id = id};
    return index->n ? bsearch(&wanted, index->v, index->n, sizeof wanted, by_id) : NULL;
}

static void complain_undefined(struct kb_loader *l, const struct kb_reference *ref, const struct index *index)
{
    if (!kb_complaints_room(l->c))
        return;
    struct kb_nearest nearest = {.wanted = ref->id};
    const char *all = "";
    for (size_t i = 0; i < index->n; i++) {
        kb_nearest_offer(&nearest, index->v[i].id);
        if (i < NAMES_SHOWN)
            all = kb_sprintf(l->work, "%s%s%s", all, *all ? ", " : "", kb_quote(l->work, index->v[i].id));
    }
    const char *more = index->n > NAMES_SHOWN ? ", …" : "", *id = kb_quote(l->work, ref->id);
    if (nearest.name)
        KB_COMPLAIN(l->c, ref->at, "`%s` is not defined under `%s`; did you mean `%s`?",
                    "「%s」は `%s` に定義されていません。`%s` の誤りではありませんか", id, ref->map,
                    kb_quote(l->work, nearest.name));
    else if (index->n)
        KB_COMPLAIN(l->c, ref->at, "`%s` is not defined under `%s`; defined there: %s%s",
                    "「%s」は `%s` に定義されていません。定義済み: %s%s", id, ref->map, all, more);
    else
        KB_COMPLAIN(l->c, ref->at, "`%s` is not defined: the plan has no `%s` block",
                    "「%s」は定義されていません（計画に `%s` がありません）", id, ref->map);
}

/* Following one reference key of a map whose items point at each other. */
struct walk {
    struct kb_loader *l;
    const struct index *index;
    const struct kb_key *key;
    unsigned char *state; /* per item: 0 not seen, 1 on the way, 2 done */
    size_t *path, *next;  /* items on the way, and which of their references is next */
    size_t n;
};

typedef KB_LIST_OF(const char *) names;

static const names *names_of(const struct walk *w, size_t item)
{
    return (const void *)(w->index->items + item * w->index->key->of->size + w->key->offset);
}

static const char *id_of(const struct walk *w, size_t item)
{
    return *(const char *const *)(const void *)(w->index->items + item * w->index->key->of->size);
}

static void complain_cycle(struct walk *w, size_t back_to, const void *field)
{
    if (!kb_complaints_room(w->l->c))
        return;
    size_t first = 0;
    while (w->path[first] != back_to)
        first++;
    const char *circle = "";
    for (size_t i = first; i < w->n && i < first + NAMES_SHOWN; i++)
        circle = kb_sprintf(w->l->work, "%s%s → ", circle, id_of(w, w->path[i]));
    if (w->n > first + NAMES_SHOWN)
        circle = kb_sprintf(w->l->work, "%s… → ", circle);
    KB_COMPLAIN(w->l->c, kb_mark_at(w->l, field, NULL), "`%s` goes in a circle: %s%s", "`%s` が循環しています: %s%s",
                w->key->name, circle, id_of(w, back_to));
}

/* With a path of its own instead of recursion: a plan may chain KB_PLAN_ITEMS_MAX systems. */
static void follow(struct walk *w, size_t start)
{
    w->path[0] = start;
    w->next[0] = 0;
    w->state[start] = 1;
    for (w->n = 1; w->n;) {
        size_t item = w->path[w->n - 1];
        const names *list = names_of(w, item);
        if (w->next[w->n - 1] == list->n) {
            w->state[item] = 2;
            w->n--;
            continue;
        }
        const char *const *field = (const char *const *)&list->v[w->next[w->n - 1]++];
        const struct entry *found = find(w->index, *field);
        if (!found)
            continue;
        if (w->state[found->position] == 1) {
            complain_cycle(w, found->position, field);
        } else if (!w->state[found->position]) {
            w->state[found->position] = 1;
            w->path[w->n] = found->position;
            w->next[w->n++] = 0;
        }
    }
}

static void refuse_cycles(struct kb_loader *l, const struct index *index)
{
    for (size_t k = 0; k < index->key->of->n_keys; k++) {
        const struct kb_key *key = &index->key->of->keys[k];
        if (!(key->flags & KB_ACYCLIC))
            continue;
        struct walk w = {.l = l,
                         .index = index,
                         .key = key,
                         .state = kb_alloc(l->work, index->n, 1),
                         .path = kb_alloc(l->work, index->n, sizeof *w.path),
                         .next = kb_alloc(l->work, index->n, sizeof *w.next)};
        for (size_t i = 0; i < index->n; i++)
            if (!w.state[i])
                follow(&w, i);
    }
}

static bool looks_like_id(const char *text)
{
    return !text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-")];
}

void kb_loader_resolve(struct kb_loader *l, const struct kb_shape *shape, const void *object)
{
    struct indexes all = index_maps(l, shape, object);
    for (size_t i = 0; i < l->n_refs; i++) {
        const struct index *index = index_of(&all, l->refs[i].map);
        bool name = l->refs[i].or_name && (!index->n || !looks_like_id(l->refs[i].id));
        if (index->usable && !name && !find(index, l->refs[i].id))
            complain_undefined(l, &l->refs[i], index);
    }
    for (size_t i = 0; i < all.n; i++)
        refuse_cycles(l, &all.v[i]);
}
