/* SPDX-License-Identifier: Apache-2.0 */
/* Structs to JSON and back, by their tables. */
#include "koboshi/shape.h"

#include <inttypes.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/limits.h"

struct any_list {
    size_t n;
    void *v;
};

static void *field_of(const struct kb_key *key, void *object)
{
    return (char *)object + key->offset;
}

static const void *const_field_of(const struct kb_key *key, const void *object)
{
    return (const char *)object + key->offset;
}

static size_t item_size(const struct kb_key *key)
{
    return key->kind == KB_STRS ? sizeof(const char *) : key->kind == KB_TEXTS ? sizeof(struct kb_text) : key->of->size;
}

static bool is_number(enum kb_kind kind)
{
    return kind == KB_INT || kind == KB_DURATION || kind == KB_SIZE || kind == KB_RATE || kind == KB_PERCENT ||
           kind == KB_TIME;
}

void kb_shape_init(const struct kb_shape *shape, void *object)
{
    memset(object, 0, shape->size);
    for (size_t i = 0; i < shape->n_keys; i++) {
        const struct kb_key *key = &shape->keys[i];
        int64_t def = key->flags & KB_HAS_DEFAULT ? key->def : KB_ABSENT;
        if (is_number(key->kind))
            *(int64_t *)field_of(key, object) = def;
        else if (key->kind == KB_ENUM)
            *(int *)field_of(key, object) = key->flags & KB_HAS_DEFAULT ? (int)key->def : 0;
        else if (key->kind == KB_ANSWER)
            *(int *)field_of(key, object) = key->flags & KB_HAS_DEFAULT ? (int)key->def : KB_ANSWER_ABSENT;
        else if (key->kind == KB_BOOL)
            *(bool *)field_of(key, object) = key->flags & KB_HAS_DEFAULT && key->def;
        else if (key->kind == KB_STR)
            *(const char **)field_of(key, object) = key->def_text;
        else if (key->kind == KB_INLINE)
            kb_shape_init(key->of, field_of(key, object));
    }
}

static const struct kb_key *find_key(const struct kb_shape *shape, const char *name)
{
    for (size_t i = 0; i < shape->n_keys; i++)
        if (!strcmp(shape->keys[i].name, name))
            return &shape->keys[i];
    return NULL;
}

const struct kb_key *kb_shape_scalar(const struct kb_shape *shape)
{
    return shape->scalar_key ? find_key(shape, shape->scalar_key) : NULL;
}

static int wrong_type(const struct kb_key *key, const char *wanted, struct kb_err *err)
{
    return kb_fail(err, KB_EIO, "`%s` should be %s", "`%s` は %s でなければなりません", key->name, wanted);
}

static int read_string(const json_t *json, struct kb_arena *arena, const char **ret)
{
    if (!json_is_string(json) || strlen(json_string_value(json)) != json_string_length(json))
        return -1;
    *ret = kb_strndup(arena, json_string_value(json), json_string_length(json));
    return 0;
}

static int read_text(const struct kb_key *key, const json_t *json, struct kb_arena *arena, struct kb_text *ret,
                     struct kb_err *err)
{
    if (json_is_string(json)) {
        if (read_string(json, arena, &ret->ja))
            return wrong_type(key, "text", err);
        ret->en = ret->ja;
        return 0;
    }
    const char *name;
    json_t *value;
    if (!json_is_object(json))
        return wrong_type(key, "text", err);
    json_object_foreach((json_t *)(uintptr_t)json, name, value)
    {
        const char **side = !strcmp(name, "ja") ? &ret->ja : !strcmp(name, "en") ? &ret->en : NULL;
        if (!side || read_string(value, arena, side))
            return wrong_type(key, "{ja, en}", err);
    }
    return 0;
}

static int read_number(const struct kb_key *key, const json_t *json, int64_t *ret, struct kb_err *err)
{
    if (key->kind == KB_TIME) {
        if (!json_is_string(json) || !kb_time_parse(json_string_value(json), ret))
            return wrong_type(key, "RFC 3339", err);
        return 0;
    }
    if (!json_is_integer(json))
        return wrong_type(key, "integer", err);
    int64_t value = json_integer_value(json);
    if ((key->min || key->max) && (value < key->min || value > key->max))
        return kb_fail(err, KB_EIO, "`%s` should be between %" PRId64 " and %" PRId64 ", it is %" PRId64,
                       "`%s` は %" PRId64 " から %" PRId64 " の範囲です（値は %" PRId64 "）", key->name, key->min,
                       key->max, value);
    *ret = value;
    return 0;
}

static int read_enum(const struct kb_key *key, const json_t *json, int *ret, struct kb_err *err)
{
    const char *text = json_string_value(json);
    for (int i = 0; text && key->values[i]; i++) {
        if (!strcmp(key->values[i], text)) {
            *ret = i;
            return 0;
        }
    }
    KB_SCOPED_ARENA shown = kb_arena_new();
    text = text ? kb_escape(shown, text, strnlen(text, KB_NAME_BYTES_MAX)) : "?";
    return kb_fail(err, KB_EIO, "`%s` does not take %s", "`%s` に %s は指定できません", key->name, text);
}

static int read_object(const struct kb_key *key, const json_t *json, struct kb_arena *arena, void *item,
                       struct kb_err *err)
{
    if (kb_shape_read(key->of, json, arena, item, err))
        return kb_wrap(err, "in `%s`", "`%s` の中", key->name);
    return 0;
}

static int read_list(const struct kb_key *key, const json_t *json, struct kb_arena *arena, struct any_list *list,
                     struct kb_err *err)
{
    if (!json_is_array(json))
        return wrong_type(key, "list", err);
    size_t n = json_array_size(json);
    size_t size = item_size(key);
    list->v = kb_alloc(arena, n, size);
    list->n = n;
    for (size_t i = 0; i < n; i++) {
        void *item = (char *)list->v + i * size;
        const json_t *value = json_array_get(json, i);
        if (key->kind == KB_STRS) {
            if (read_string(value, arena, item))
                return wrong_type(key, "text", err);
        } else if (key->kind == KB_TEXTS) {
            const struct kb_text *text = item;
            if (read_text(key, value, arena, item, err))
                return err->code;
            if (!text->ja && !text->en) /* a place in a list cannot be left out when it is written again */
                return wrong_type(key, "{ja, en}", err);
        } else if (read_object(key, value, arena, item, err)) {
            return err->code;
        }
    }
    return 0;
}

static int read_map(const struct kb_key *key, const json_t *json, struct kb_arena *arena, struct any_list *list,
                    struct kb_err *err)
{
    if (!json_is_object(json))
        return wrong_type(key, "map", err);
    list->v = kb_alloc(arena, json_object_size(json), key->of->size);
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)json, name, value)
    {
        void *item = (char *)list->v + list->n++ * key->of->size;
        if (read_object(key, value, arena, item, err))
            return err->code;
        *(const char **)item = kb_strdup(arena, name);
    }
    return 0;
}

static int read_key(const struct kb_key *key, const json_t *json, struct kb_arena *arena, void *field,
                    struct kb_err *err)
{
    switch (key->kind) {
    case KB_STR:
    case KB_DATE:
        return read_string(json, arena, field) ? wrong_type(key, "text", err) : 0;
    case KB_TEXT:
    case KB_TEXT_HERE:
        return read_text(key, json, arena, field, err);
    case KB_BOOL:
        if (!json_is_boolean(json))
            return wrong_type(key, "true/false", err);
        *(bool *)field = json_is_true(json);
        return 0;
    case KB_ANSWER:
        if (!json_is_boolean(json))
            return wrong_type(key, "true/false", err);
        *(int *)field = json_is_true(json);
        return 0;
    case KB_ENUM:
        return read_enum(key, json, field, err);
    case KB_OBJECT: {
        void *item = kb_alloc(arena, 1, key->of->size);
        *(void **)field = item;
        return read_object(key, json, arena, item, err);
    }
    case KB_INLINE:
        return read_object(key, json, arena, field, err);
    case KB_LIST:
    case KB_STRS:
    case KB_TEXTS:
        return read_list(key, json, arena, field, err);
    case KB_MAP:
        return read_map(key, json, arena, field, err);
    default:
        return read_number(key, json, field, err);
    }
}

int kb_shape_read(const struct kb_shape *shape, const json_t *json, struct kb_arena *arena, void *object,
                  struct kb_err *err)
{
    kb_shape_init(shape, object);
    if (!json_is_object(json))
        return kb_fail(err, KB_EIO, "%s should be an object", "%s はオブジェクトでなければなりません", shape->name);
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)json, name, value)
    {
        const struct kb_key *key = find_key(shape, name);
        if (!key) {
            KB_SCOPED_ARENA shown = kb_arena_new();
            return kb_fail(err, KB_EIO, "%s has an unknown key `%s`", "%s に未知のキー `%s` があります", shape->name,
                           kb_escape(shown, name, strnlen(name, KB_NAME_BYTES_MAX)));
        }
        if (read_key(key, value, arena, field_of(key, object), err))
            return err->code;
    }
    for (size_t i = 0; i < shape->n_keys; i++)
        if (shape->keys[i].flags & KB_REQUIRED && !json_object_get(json, shape->keys[i].name))
            return kb_fail(err, KB_EIO, "%s lacks `%s`", "%s に `%s` がありません", shape->name, shape->keys[i].name);
    return 0;
}

/* JSON holds UTF-8 alone; a stray byte must not make the whole value vanish. */
static json_t *write_string(const char *text)
{
    json_t *json = json_string(text);
    KB_SCOPED_ARENA arena = kb_arena_new();
    return json ? json : json_string(kb_escape(arena, text, strlen(text)));
}

static json_t *write_text(const struct kb_text *text)
{
    if (!text->ja && !text->en)
        return NULL;
    json_t *json = json_object();
    if (text->ja)
        (void)json_object_set_new(json, "ja", write_string(text->ja));
    if (text->en)
        (void)json_object_set_new(json, "en", write_string(text->en));
    return json;
}

static json_t *write_time(int64_t utc_s)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    return json_string(kb_time_rfc3339(arena, utc_s));
}

static json_t *write_list(const struct kb_key *key, const struct any_list *list)
{
    if (!list->n && !(key->flags & KB_WRITTEN_EMPTY))
        return NULL;
    json_t *json = key->kind == KB_MAP ? json_object() : json_array();
    size_t size = item_size(key);
    for (size_t i = 0; i < list->n; i++) {
        const void *item = (const char *)list->v + i * size;
        if (key->kind == KB_STRS)
            (void)json_array_append_new(json, write_string(*(const char *const *)item));
        else if (key->kind == KB_TEXTS)
            (void)json_array_append_new(json, write_text(item));
        else if (key->kind == KB_LIST)
            (void)json_array_append_new(json, kb_shape_write(key->of, item));
        else
            (void)json_object_set_new(json, *(const char *const *)item, kb_shape_write(key->of, item));
    }
    return json;
}

static json_t *write_number(const struct kb_key *key, int64_t value)
{
    if (value == KB_ABSENT)
        return NULL;
    return key->kind == KB_TIME ? write_time(value) : json_integer(value);
}

static json_t *write_key(const struct kb_key *key, const void *field)
{
    switch (key->kind) {
    case KB_STR:
    case KB_DATE:
        return *(const char *const *)field ? write_string(*(const char *const *)field) : NULL;
    case KB_TEXT:
    case KB_TEXT_HERE: /* written as one key: only the plan spreads it, and the plan is never written */
        return write_text(field);
    case KB_BOOL:
        return json_boolean(*(const bool *)field);
    case KB_ANSWER:
        return *(const int *)field == KB_ANSWER_ABSENT ? NULL : json_boolean(*(const int *)field);
    case KB_ENUM:
        return json_string(key->values[*(const int *)field]);
    case KB_OBJECT:
        return *(const void *const *)field ? kb_shape_write(key->of, *(const void *const *)field) : NULL;
    case KB_INLINE:
        return kb_shape_write(key->of, field);
    case KB_LIST:
    case KB_STRS:
    case KB_TEXTS:
    case KB_MAP:
        return write_list(key, field);
    default:
        return write_number(key, *(const int64_t *)field);
    }
}

json_t *kb_shape_write(const struct kb_shape *shape, const void *object)
{
    json_t *json = json_object();
    for (size_t i = 0; i < shape->n_keys; i++) {
        const struct kb_key *key = &shape->keys[i];
        json_t *value = write_key(key, const_field_of(key, object));
        if (value)
            (void)json_object_set_new(json, key->name, value);
    }
    return json;
}

int kb_json_parse(const char *text, size_t n, json_t **ret_json, struct kb_err *err)
{
    if (n > KB_JSON_BYTES_MAX)
        return kb_fail(err, KB_EIO, "JSON of %zu bytes is too large, at most %d are read",
                       "JSON が大きすぎます: %zu バイト（上限 %d バイト）", n, KB_JSON_BYTES_MAX);
    json_error_t why;
    json_t *json = json_loadb(text, n, JSON_REJECT_DUPLICATES, &why);
    if (!json) {
        KB_SCOPED_ARENA shown = kb_arena_new(); /* jansson quotes what it stumbled over */
        return kb_fail(err, KB_EIO, "not valid JSON at line %d, column %d: %s",
                       "JSON として読めません（%d 行 %d 列）: %s", why.line, why.column, kb_printable(shown, why.text));
    }
    *ret_json = json;
    return 0;
}

char *kb_json_dump(struct kb_arena *arena, const json_t *json, size_t flags, size_t *ret_n)
{
    size_t n = json_dumpb(json, NULL, 0, flags);
    char *text = kb_alloc(arena, n + 1, 1);
    (void)json_dumpb(json, text, n, flags);
    *ret_n = n;
    return kb_json_printable(arena, text, ret_n);
}
