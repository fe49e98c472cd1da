/* SPDX-License-Identifier: Apache-2.0 */
/* core: the keys of a struct as one table, from which the plan loader, its schema, jobs, replies and records are read
 * and written. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "koboshi/clock.h"
#include "koboshi/text.h"

struct kb_arena;
struct kb_err;

/* C type of the field behind each kind; "absent" is what a reader leaves where the key is missing and no default is
 * given. */
enum kb_kind {
    KB_STR,       /* const char *; absent NULL */
    KB_TEXT,      /* struct kb_text: "…" or {ja, en}; absent {NULL, NULL} */
    KB_TEXT_HERE, /* struct kb_text whose ja and en are keys of this very object (plan steps, rlo); name is not a key */
    KB_BOOL,      /* bool; absent = default */
    KB_ANSWER,    /* int, enum kb_yes_no; absent KB_ANSWER_ABSENT or default */
    KB_INT,       /* int64_t; absent KB_ABSENT or default */
    KB_DURATION,  /* int64_t seconds; plan `1h30m`, `4時間`; JSON integer seconds. A word of `values` instead of a
                     number of any kind is KB_WORD(its index) */
    KB_SIZE,      /* int64_t bytes; plan `512KiB 20GB`; JSON integer */
    KB_RATE,      /* int64_t bytes per second; plan `60MB/s 1Gbps`; JSON integer */
    KB_PERCENT,   /* int64_t whole percent; plan `30%`; JSON integer */
    KB_DATE,      /* const char * "2026-11-23", checked; absent NULL */
    KB_TIME,      /* int64_t UTC seconds; RFC 3339 text in plan and JSON */
    KB_ENUM,      /* int, index into values; absent = default */
    KB_OBJECT,    /* const struct T *; absent NULL */
    KB_INLINE,    /* struct T within the outer struct; absent: all its fields absent */
    KB_LIST,      /* KB_LIST_OF(struct T) */
    KB_STRS,      /* KB_LIST_OF(const char *) */
    KB_TEXTS,     /* KB_LIST_OF(struct kb_text) */
    KB_MAP,       /* KB_LIST_OF(struct T) whose first member is `const char *id`, the map key, in file order */
};

/* What a DURATION holds where a word stands for it (`interval: business_day`); KB_ABSENT is -1. */
#define KB_WORD(i) ((int64_t)(-2 - (i)))

/* yes, no, or not written */
enum kb_yes_no { KB_ANSWER_ABSENT = -1, KB_ANSWER_NO, KB_ANSWER_YES };

#define KB_LIST_OF(T)                                                                                                  \
    struct {                                                                                                           \
        size_t n;                                                                                                      \
        T *v;                                                                                                          \
    }

enum kb_key_flags {
    KB_REQUIRED = 1 << 0,
    KB_ACYCLIC = 1 << 1, /* following this reference must never come back (depends_on) */
    KB_NONEMPTY = 1 << 2,
    KB_WRITTEN_EMPTY = 1 << 4, /* a list that is written even without items, so that programs need not ask for it */
    KB_HAS_DEFAULT = 1 << 3,   /* `def` is used where the key is missing */
    KB_REF_OR_NAME = 1 << 5,   /* the text may also be a name: only what looks like an id is looked up, and only where
                                  the map has entries */
};

/* What a text must look like beyond its kind: one rule for the loader and for the schema. */
struct kb_form {
    const char *pattern; /* POSIX ERE that is also ECMA 262, anchored at both ends */
    struct kb_text says; /* "64 hexadecimal digits" */
};

struct kb_key {
    const char *name;
    enum kb_kind kind;
    size_t offset;
    unsigned flags;            /* enum kb_key_flags */
    int64_t def;               /* default of BOOL, INT, DURATION, SIZE, RATE, PERCENT, ENUM with KB_HAS_DEFAULT */
    int64_t min, max;          /* range of the number kinds, both inclusive; 0,0 = no range */
    const char *const *values; /* ENUM; STR, STRS: the only words; words that may stand for a number: NULL-terminated */
    const char *def_text;      /* default of STR */
    const struct kb_form *form; /* STR; checked by the plan loader */
    const struct kb_shape *of;  /* OBJECT, INLINE, LIST, MAP */
    const char *ref;            /* STR, STRS, TEXT: name of the top-level map, or list of items with `id`, whose ids are
                                   allowed */
    struct kb_text gloss;       /* one line for people: schema, --help */
};

struct kb_shape {
    const char *name;
    size_t size;
    size_t n_keys;
    const struct kb_key *keys;
    /* OBJECT that may also be written as one scalar fills this key with it; NULL if not allowed. */
    const char *scalar_key;
};

/* Row helpers: KB_KEY(struct kb_set, format, KB_ENUM, .values = formats, .gloss = {"…", "…"}) */
#define KB_KEY(T, field, kind_, ...)                                                                                   \
    {                                                                                                                  \
        .name = #field, .kind = (kind_), .offset = offsetof(T, field), __VA_ARGS__                                     \
    }
/* the same for a key whose name is not the field's */
#define KB_KEY_AS(T, field, name_, kind_, ...)                                                                         \
    {                                                                                                                  \
        .name = (name_), .kind = (kind_), .offset = offsetof(T, field), __VA_ARGS__                                    \
    }
#define KB_SHAPE(T, name_, keys_)                                                                                      \
    {                                                                                                                  \
        .name = (name_), .size = sizeof(T), .n_keys = sizeof(keys_) / sizeof((keys_)[0]), .keys = (keys_)              \
    }

/* the same for one that may also be written as a scalar */
#define KB_SHAPE_OR_SCALAR(T, name_, keys_, scalar_)                                                                   \
    {                                                                                                                  \
        .name = (name_), .size = sizeof(T), .n_keys = sizeof(keys_) / sizeof((keys_)[0]), .keys = (keys_),             \
        .scalar_key = (scalar_)                                                                                        \
    }

/* kb_shape_scalar(shape): the key that a scalar in place of the object fills; NULL if none may stand there. */
const struct kb_key *kb_shape_scalar(const struct kb_shape *shape);

/* kb_shape_init(shape, object): every field absent or at its default. */
void kb_shape_init(const struct kb_shape *shape, void *object);

/*
 * kb_shape_read(shape, json, arena, object, err): strict: an unknown key, a wrong type or a missing required key is a
 * fault that names the path of the key. Strings are copied into arena.
 */
int kb_shape_read(const struct kb_shape *shape, const json_t *json, struct kb_arena *arena, void *object,
                  struct kb_err *err);

/* kb_shape_write(shape, object): a new JSON object (caller owns), keys in table order, absent ones left out. Times are
 * written in the process' zone. */
json_t *kb_shape_write(const struct kb_shape *shape, const void *object);

/* kb_json_parse(text, n, ret_json, err): strict UTF-8, no duplicate keys (JSON_REJECT_DUPLICATES), at most
 * KB_JSON_BYTES_MAX. */
int kb_json_parse(const char *text, size_t n, json_t **ret_json, struct kb_err *err);
/* kb_json_dump(arena, json, flags): compact or as jansson's flags say, in arena memory. */
char *kb_json_dump(struct kb_arena *arena, const json_t *json, size_t flags, size_t *ret_n);

static inline void kb_json_decref_p(json_t **json)
{
    json_decref(*json);
}
#define KB_SCOPED_JSON __attribute__((cleanup(kb_json_decref_p))) json_t *
