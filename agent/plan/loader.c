/* SPDX-License-Identifier: Apache-2.0 */
/* Walks tree and key table side by side. */
#include "loader.h"

#include <stdlib.h>
#include <string.h>

#include "koboshi/arena.h"

/* Any KB_LIST_OF. */
struct any_list {
    size_t n;
    void *v;
};

static void read_value(struct kb_loader *l, const struct kb_key *key, const struct kb_node *name,
                       const struct kb_node *node, void *field);

static void set_mark(struct kb_loader *l, const void *field, bool object, bool good, struct kb_at at)
{
    l->marks = kb_grow(l->work, l->marks, l->n_marks, sizeof *l->marks);
    l->marks[l->n_marks++] = (struct kb_mark){.field = field, .object = object, .good = good, .at = at};
}

static const struct kb_key *text_here(const struct kb_shape *shape, const char *name)
{
    if (strcmp(name, "ja") != 0 && strcmp(name, "en") != 0)
        return NULL;
    for (size_t i = 0; i < shape->n_keys; i++)
        if (shape->keys[i].kind == KB_TEXT_HERE)
            return &shape->keys[i];
    return NULL;
}

static const struct kb_key *find_key(const struct kb_shape *shape, const char *name)
{
    for (size_t i = 0; i < shape->n_keys; i++)
        if (shape->keys[i].kind != KB_TEXT_HERE && !strcmp(shape->keys[i].name, name))
            return &shape->keys[i];
    return text_here(shape, name);
}

static void complain_unknown(struct kb_loader *l, const struct kb_shape *shape, const struct kb_node *name)
{
    int column = 0;
    enum kb_slip slip = name->plain ? kb_slip_find(name->text, strlen(name->text), &column) : KB_SLIP_NONE;
    if (slip) {
        kb_slip_complain(slip, (struct kb_at){name->at.line, name->at.column + column}, l->c);
        return;
    }
    if (!kb_complaints_room(l->c))
        return;
    struct kb_nearest nearest = {.wanted = name->text};
    const char *all = "";
    for (size_t i = 0; i < shape->n_keys; i++) {
        bool here = shape->keys[i].kind == KB_TEXT_HERE;
        all = kb_sprintf(l->work, "%s%s%s", all, *all ? ", " : "", here ? "ja, en" : shape->keys[i].name);
        if (!here)
            kb_nearest_offer(&nearest, shape->keys[i].name);
    }
    if (nearest.name)
        KB_COMPLAIN(l->c, name->at, "unknown key `%s`; did you mean `%s`?",
                    "「%s」というキーはありません。`%s` の誤りではありませんか", kb_quote(l->work, name->text),
                    nearest.name);
    else
        KB_COMPLAIN(l->c, name->at, "unknown key `%s`; keys that can stand here: %s",
                    "「%s」というキーはここでは使えません。使えるキー: %s", kb_quote(l->work, name->text), all);
}

static bool is_written(const struct kb_node *map, const struct kb_key *key)
{
    for (size_t i = 0; i < map->n; i += 2) {
        const char *name = map->v[i]->text;
        if (key->kind == KB_TEXT_HERE ? !strcmp(name, "ja") || !strcmp(name, "en") : !strcmp(name, key->name))
            return true;
    }
    return false;
}

static void complain_missing(struct kb_loader *l, const struct kb_shape *shape, const struct kb_node *map,
                             struct kb_at at)
{
    for (size_t i = 0; i < shape->n_keys; i++) {
        const struct kb_key *key = &shape->keys[i];
        if (!(key->flags & KB_REQUIRED) || is_written(map, key))
            continue;
        const char *name = key->kind == KB_TEXT_HERE ? "ja / en" : key->name;
        KB_COMPLAIN(l->c, at, "`%s` is missing here (%s%.0s)", "`%s` がありません（%.0s%s）", name, key->gloss.en,
                    key->gloss.ja);
    }
}

/* A struct; `at` is where a missing key is shown: the name that leads to it. */
static bool read_object(struct kb_loader *l, const struct kb_key *key, const struct kb_shape *shape, struct kb_at at,
                        const struct kb_node *node, void *object)
{
    set_mark(l, object, true, true, at);
    if (node->kind == KB_NODE_SCALAR && shape->scalar_key && !kb_trap_is_null(node)) {
        struct kb_key only = *kb_shape_scalar(shape);
        if (key->name)
            only.name = key->name; /* what people wrote it behind */
        read_value(l, &only, node, node, (char *)object + only.offset);
        return true;
    }
    if (node->kind != KB_NODE_MAP) {
        kb_wrong_type(l, key, KB_OBJECT, node);
        return false;
    }
    for (size_t i = 0; i < node->n; i += 2) {
        const struct kb_node *name = node->v[i], *value = node->v[i + 1];
        if (name->kind == KB_NODE_REFUSED)
            continue;
        const struct kb_key *found = find_key(shape, name->text);
        void *field = found ? (char *)object + found->offset : NULL;
        if (!found)
            complain_unknown(l, shape, name);
        else if (found->kind == KB_TEXT_HERE)
            set_mark(l, field, false,
                     kb_string_read(l, found, value,
                                    !strcmp(name->text, "ja") ? &((struct kb_text *)field)->ja
                                                              : &((struct kb_text *)field)->en),
                     value->at);
        else
            read_value(l, found, name, value, field);
    }
    complain_missing(l, shape, node, at);
    return true;
}

static bool read_list(struct kb_loader *l, const struct kb_key *key, const struct kb_node *node, struct any_list *list)
{
    static const size_t sizes[] = {[KB_STRS] = sizeof(const char *), [KB_TEXTS] = sizeof(struct kb_text)};
    if (node->kind != KB_NODE_LIST) {
        kb_wrong_type(l, key, key->kind, node);
        return false;
    }
    size_t size = key->kind == KB_LIST ? key->of->size : sizes[key->kind];
    list->n = node->n;
    list->v = kb_alloc(l->arena, node->n, size);
    for (size_t i = 0; i < node->n; i++) {
        void *item = (char *)list->v + i * size;
        const struct kb_node *value = node->v[i];
        if (key->kind == KB_LIST) {
            kb_shape_init(key->of, item);
            (void)read_object(l, key, key->of, value->at, value, item);
            continue;
        }
        struct kb_key one = *key;
        one.kind = key->kind == KB_STRS ? KB_STR : KB_TEXT;
        if (key->kind == KB_STRS)
            *(const char **)item = ""; /* later checks see a text in any case */
        set_mark(l, item, false, kb_scalar_read(l, &one, value, item), value->at);
    }
    return true;
}

static bool read_map(struct kb_loader *l, const struct kb_key *key, const struct kb_node *node, struct any_list *list)
{
    if (node->kind != KB_NODE_MAP) {
        kb_wrong_type(l, key, KB_MAP, node);
        return false;
    }
    list->v = kb_alloc(l->arena, node->n / 2, key->of->size);
    list->n = 0; /* a key written twice is complained about, and read twice */
    for (size_t i = 0; i < node->n; i += 2) {
        const struct kb_node *name = node->v[i];
        void *item = (char *)list->v + list->n * key->of->size;
        if (name->kind == KB_NODE_REFUSED)
            continue;
        list->n++;
        kb_shape_init(key->of, item);
        struct kb_key id = {.name = key->name, .kind = KB_STR, .form = &kb_form_id};
        const char *text = "";
        bool good = kb_string_read(l, &id, name, &text);
        set_mark(l, item, false, good, name->at);
        const struct kb_key entry = {.name = kb_quote(l->work, name->text), .kind = KB_OBJECT};
        const struct kb_node none = {.kind = KB_NODE_MAP, .at = name->at}, *value = node->v[i + 1];
        if (kb_trap_is_null(value) && !*value->text)
            value = &none; /* `lan:` with nothing after it is an entry without keys */
        (void)read_object(l, &entry, key->of, name->at, value, item);
        *(const char **)item = text;
    }
    return true;
}

static void read_value(struct kb_loader *l, const struct kb_key *key, const struct kb_node *name,
                       const struct kb_node *node, void *field)
{
    /* nothing written after the colon: the key is the place to show */
    struct kb_node nothing = *node;
    if (kb_trap_is_null(node) && !*node->text) {
        nothing.at = name->at;
        node = &nothing;
    }
    bool good;
    switch (key->kind) {
    case KB_OBJECT: {
        void *item = kb_alloc(l->arena, 1, key->of->size);
        kb_shape_init(key->of, item);
        good = read_object(l, key, key->of, name->at, node, item);
        *(void **)field = item;
        break;
    }
    case KB_INLINE:
        good = read_object(l, key, key->of, name->at, node, field);
        break;
    case KB_LIST:
    case KB_STRS:
    case KB_TEXTS:
        good = read_list(l, key, node, field);
        break;
    case KB_MAP:
        good = read_map(l, key, node, field);
        break;
    default:
        good = kb_scalar_read(l, key, node, field);
    }
    bool empty = (key->flags & KB_NONEMPTY) && good && !node->n;
    if (empty)
        KB_COMPLAIN(l->c, node->at, "`%s` is empty; it needs at least one entry",
                    "`%s` が空です。1つ以上書いてください", key->name);
    set_mark(l, field, false, good && !empty, node->at);
}

static int by_field(const void *a, const void *b)
{
    const struct kb_mark *x = a, *y = b;
    if (x->field != y->field)
        return (uintptr_t)x->field < (uintptr_t)y->field ? -1 : 1;
    return x->object - y->object;
}

void kb_loader_read(struct kb_loader *l, const struct kb_shape *shape, const struct kb_node *root, void *object)
{
    kb_shape_init(shape, object);
    const struct kb_key whole = {.kind = KB_OBJECT, .of = shape};
    (void)read_object(l, &whole, shape, root->at, root, object);
    if (l->n_marks)
        qsort(l->marks, l->n_marks, sizeof *l->marks, by_field);
}

void kb_loader_moved(struct kb_loader *l, const void *from, size_t n, const void *to)
{
    for (size_t i = 0; i < l->n_marks; i++) {
        size_t offset = (uintptr_t)l->marks[i].field - (uintptr_t)from;
        if ((uintptr_t)l->marks[i].field >= (uintptr_t)from && offset < n)
            l->marks[i].field = (const char *)to + offset;
    }
    if (l->n_marks)
        qsort(l->marks, l->n_marks, sizeof *l->marks, by_field);
}

void kb_loader_done(struct kb_loader *l)
{
    for (size_t i = 0; i < l->n_forms; i++)
        regfree(&l->forms[i].ready);
}

static const struct kb_mark *find_mark(const struct kb_loader *l, const void *field, bool object)
{
    const struct kb_mark wanted = {.field = field, .object = object};
    return l->n_marks ? bsearch(&wanted, l->marks, l->n_marks, sizeof wanted, by_field) : NULL;
}

const struct kb_mark *kb_mark_of(const struct kb_loader *l, const void *field)
{
    return find_mark(l, field, false);
}

bool kb_mark_good(const struct kb_loader *l, const void *field)
{
    const struct kb_mark *mark = find_mark(l, field, false);
    return mark && mark->good;
}

struct kb_at kb_mark_at(const struct kb_loader *l, const void *field, const void *object)
{
    const struct kb_mark *mark = find_mark(l, field, false);
    if (!mark)
        mark = find_mark(l, object, true);
    return mark ? mark->at : (struct kb_at){1, 1};
}
