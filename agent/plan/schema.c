/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Schema draft-07 from the key table, as yaml-language-server reads it. */
#include "koboshi/plan.h"

#include <string.h>

#include "koboshi/arena.h"

#define N_(...) (sizeof(__VA_ARGS__) / sizeof *(__VA_ARGS__))

struct printer {
    json_t *definitions;
    enum kb_lang lang;
};

/* Kinds that every key of the kind spells alike. Plain numbers are text where text is asked for (version: 2). */
static const struct {
    enum kb_kind kind;
    const char *name, *json;
} kinds[] = {
    {KB_STR, "string", "{\"type\": [\"string\", \"number\"], \"minLength\": 1}"},
    {KB_TEXT, "text",
     "{\"anyOf\": [{\"$ref\": \"#/definitions/string\"}, {\"type\": \"object\", \"minProperties\": 1, "
     "\"additionalProperties\": false,"
     " \"properties\": {\"ja\": {\"$ref\": \"#/definitions/string\"}, \"en\": {\"$ref\": "
     "\"#/definitions/string\"}}}]}"},
    {KB_DURATION, "duration",
     "{\"type\": \"string\", \"pattern\": "
     "\"^(?=.)([0-9]+(y|年))?([0-9]+(w|週間))?([0-9]+(d|日))?([0-9]+(h|時間))?([0-9]+(m|分))?([0-9]+(s|秒))?$\"}"},
    {KB_SIZE, "size", "{\"type\": \"string\", \"pattern\": \"^[0-9]+([KMGT]i?)?B$\"}"},
    {KB_RATE, "rate", "{\"type\": \"string\", \"pattern\": \"^[0-9]+(([KMG]i?)?B/s|[kMG]bps)$\"}"},
    {KB_PERCENT, "percent", "{\"type\": [\"string\", \"integer\"], \"pattern\": \"^[0-9]+%?$\"}"},
    {KB_DATE, "date", "{\"type\": \"string\", \"pattern\": \"^[0-9]{4}-[0-9]{2}-[0-9]{2}$\"}"},
    {KB_TIME, "time", "{\"type\": \"string\", \"format\": \"date-time\"}"},
};

static void set(json_t *object, const char *name, json_t *value)
{
    (void)json_object_set_new(object, name, value);
}

static json_t *ref(const char *name)
{
    return json_pack("{s:s+}", "$ref", "#/definitions/", name);
}

static json_t *key_schema(struct printer *p, const struct kb_key *key);
static json_t *bare_schema(struct printer *p, const struct kb_key *key);

static void add_text_here(struct printer *p, const struct kb_key *key, json_t *object, json_t *properties)
{
    static const char *const sides[] = {"ja", "en"};
    for (size_t i = 0; i < N_(sides); i++)
        set(properties, sides[i],
            json_pack("{s:s, s:[o]}", "description", kb_pick(key->gloss, p->lang), "allOf", ref("string")));
    if (key->flags & KB_REQUIRED)
        set(object, "anyOf", json_pack("[{s:[s]}, {s:[s]}]", "required", "ja", "required", "en"));
}

/* A shape becomes a definition once, however often it is used. */
static json_t *shape_schema(struct printer *p, const struct kb_shape *shape)
{
    json_t *object = json_pack("{s:s, s:b}", "type", "object", "additionalProperties", 0);
    json_t *properties = json_object(), *required = json_array();
    for (size_t i = 0; i < shape->n_keys; i++) {
        const struct kb_key *key = &shape->keys[i];
        if (key->kind == KB_TEXT_HERE) {
            add_text_here(p, key, object, properties);
            continue;
        }
        set(properties, key->name, key_schema(p, key));
        if (key->flags & KB_REQUIRED)
            (void)json_array_append_new(required, json_string(key->name));
    }
    set(object, "properties", properties);
    if (json_array_size(required))
        set(object, "required", required);
    else
        json_decref(required);
    return object;
}

static json_t *shape_ref(struct printer *p, const struct kb_shape *shape)
{
    if (!json_object_get(p->definitions, shape->name)) {
        set(p->definitions, shape->name, json_object()); /* its place, should it be needed within itself */
        set(p->definitions, shape->name, shape_schema(p, shape));
    }
    const struct kb_key *scalar = kb_shape_scalar(shape);
    return scalar ? json_pack("{s:[o, o]}", "anyOf", bare_schema(p, scalar), ref(shape->name)) : ref(shape->name);
}

static json_t *words_schema(const struct kb_key *key)
{
    json_t *values = json_array();
    for (size_t i = 0; key->values[i]; i++)
        (void)json_array_append_new(values, json_string(key->values[i]));
    return json_pack("{s:o}", "enum", values);
}

static json_t *string_schema(const struct kb_key *key)
{
    if (key->values)
        return words_schema(key);
    if (key->ref && !(key->flags & KB_REF_OR_NAME))
        return ref("id");
    if (key->form)
        return json_pack("{s:s, s:s}", "type", "string", "pattern", key->form->pattern);
    return ref("string");
}

static json_t *default_of(const struct kb_key *key)
{
    if (key->def_text)
        return json_string(key->def_text);
    if (!(key->flags & KB_HAS_DEFAULT))
        return NULL;
    if (key->kind == KB_ENUM)
        return key->def < 0 ? NULL : json_string(key->values[key->def]);
    if (key->kind == KB_BOOL || key->kind == KB_ANSWER)
        return json_boolean(key->def);
    if (key->kind != KB_DURATION)
        return json_integer(key->def);
    static const struct {
        int64_t worth;
        char unit;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    size_t i = 0;
    while (key->def % units[i].worth)
        i++;
    return json_sprintf("%lld%c", (long long)(key->def / units[i].worth), units[i].unit);
}

static json_t *list_schema(const struct kb_key *key, json_t *items)
{
    json_t *list = json_pack("{s:s, s:o}", "type", "array", "items", items);
    if (key->flags & KB_NONEMPTY)
        set(list, "minItems", json_integer(1));
    return list;
}

static json_t *map_schema(struct printer *p, const struct kb_key *key)
{
    json_t *entry = shape_ref(p, key->of);
    bool may_be_empty = true; /* `lan:` with nothing after it, where no key is required */
    for (size_t i = 0; i < key->of->n_keys; i++)
        may_be_empty = may_be_empty && !(key->of->keys[i].flags & KB_REQUIRED);
    if (may_be_empty)
        entry = json_pack("{s:[o, {s:s}]}", "anyOf", entry, "type", "null");
    json_t *map = json_pack("{s:s, s:o, s:o}", "type", "object", "propertyNames", ref("id"), "additionalProperties",
                            entry);
    if (key->flags & KB_NONEMPTY)
        set(map, "minProperties", json_integer(1));
    return map;
}

/* One value of the kind, whatever words may stand beside it. */
static json_t *kind_schema(struct printer *p, const struct kb_key *key)
{
    switch (key->kind) {
    case KB_STR:
        return string_schema(key);
    case KB_BOOL:
    case KB_ANSWER:
        return json_pack("{s:s}", "type", "boolean");
    case KB_TEXT_HERE: /* of an object that is written as this text alone */
        return ref("string");
    case KB_INT:
        if (key->min || key->max)
            return json_pack("{s:s, s:I, s:I}", "type", "integer", "minimum", (json_int_t)key->min, "maximum",
                             (json_int_t)key->max);
        return json_pack("{s:s}", "type", "integer");
    case KB_ENUM:
        return words_schema(key);
    case KB_OBJECT:
    case KB_INLINE:
        return shape_ref(p, key->of);
    case KB_LIST:
        return list_schema(key, shape_ref(p, key->of));
    case KB_STRS:
        return list_schema(key, string_schema(key));
    case KB_TEXTS:
        return list_schema(key, ref("text"));
    case KB_MAP:
        return map_schema(p, key);
    default:
        for (size_t i = 0; i < N_(kinds); i++)
            if (kinds[i].kind == key->kind)
                return ref(kinds[i].name);
        return json_object();
    }
}

static json_t *bare_schema(struct printer *p, const struct kb_key *key)
{
    json_t *schema = kind_schema(p, key);
    bool text = key->kind == KB_STR || key->kind == KB_STRS || key->kind == KB_ENUM;
    return key->values && !text ? json_pack("{s:[o, o]}", "anyOf", schema, words_schema(key)) : schema;
}

static json_t *key_schema(struct printer *p, const struct kb_key *key)
{
    json_t *schema = bare_schema(p, key);
    if (json_object_get(schema, "$ref")) /* draft-07 ignores everything beside a $ref */
        schema = json_pack("{s:[o]}", "allOf", schema);
    set(schema, "description", json_string(kb_pick(key->gloss, p->lang)));
    json_t *def = default_of(key);
    if (def)
        set(schema, "default", def);
    return schema;
}

json_t *kb_plan_schema(enum kb_lang lang)
{
    struct printer p = {.definitions = json_object(), .lang = lang};
    for (size_t i = 0; i < N_(kinds); i++)
        set(p.definitions, kinds[i].name, json_loads(kinds[i].json, 0, NULL));
    set(p.definitions, "id",
        json_pack("{s:s, s:s, s:s}", "type", "string", "pattern", kb_form_id.pattern, "description",
                  kb_pick(kb_form_id.says, lang)));
    json_t *root = shape_schema(&p, &kb_plan_shape);
    json_t *schema = json_pack("{s:s, s:s}", "$schema", "http://json-schema.org/draft-07/schema#", "title",
                               lang == KB_JA ? "Koboshi の計画" : "Koboshi plan");
    (void)json_object_update(schema, root);
    json_decref(root);
    set(schema, "definitions", p.definitions);
    return schema;
}
