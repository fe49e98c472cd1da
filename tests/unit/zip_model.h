/* SPDX-License-Identifier: Apache-2.0 */
/* For unit tests: a zip written field by field, so that each of them can lie. */
#pragma once

#define ZLIB_CONST
#include <zlib.h>

#include "tools.h"

enum { MODEL_ENTRIES = 3, MODEL_ROOM = 1 << 16 };

/* One of the two places where an entry is described. */
struct said {
    char name[24];
    uint16_t flags, method;
    uint32_t time, crc, packed, size;
    uint8_t fields[64];
    size_t n_fields;
};

struct model_entry {
    struct said local, central;
    const char *content;
    int descriptor; /* 0 none; 4 or 8 bytes a size; negative: without its signature */
    uint32_t descriptor_crc;
    uint32_t place;     /* added to where it is said to be */
    const char *before; /* bytes before the local header */
    size_t n_before;
};

struct model {
    struct model_entry v[MODEL_ENTRIES];
    size_t n, lines; /* entries written; lines of the directory written */
    size_t order[MODEL_ENTRIES];
    uint16_t entries, volume, comment; /* comment: its length as said */
    uint32_t size, offset;             /* of the directory: added to what is right */
    uint8_t stub[64];
    size_t n_stub;
    uint8_t behind[256]; /* behind the end record */
    size_t n_behind;
    uint8_t gap[64]; /* before the directory */
    size_t n_gap;
    bool wide; /* with zip64 records */
    uint64_t wide_entries, locator;
};

static uint8_t *model_out;
static size_t model_n;

static inline void model_put(uint64_t value, size_t n)
{
    for (size_t i = 0; i < n; i++)
        model_out[model_n++] = (uint8_t)(value >> 8 * i);
}

static inline void model_bytes(const void *bytes, size_t n)
{
    if (n)
        memcpy(model_out + model_n, bytes, n);
    model_n += n;
}

/* Three stored files: one plain, one with a data descriptor, one in a folder. */
static inline struct model model_good(void)
{
    static const struct {
        const char *name, *content;
        int descriptor;
    } files[MODEL_ENTRIES] = {{"one.txt", "first content\n", 0}, {"two.txt", "second\n", 4}, {"d/three", "3333", 0}};
    struct model m = {.n = MODEL_ENTRIES, .lines = MODEL_ENTRIES, .entries = MODEL_ENTRIES};
    for (size_t i = 0; i < m.n; i++) {
        struct model_entry *e = &m.v[i];
        struct said said = {.time = 0x5b754800, .packed = (uint32_t)strlen(files[i].content)};
        (void)snprintf(said.name, sizeof said.name, "%s", files[i].name);
        said.size = said.packed;
        said.crc = (uint32_t)crc32(0, (const uint8_t *)files[i].content, said.size);
        said.flags = files[i].descriptor ? 8 : 0;
        e->local = e->central = said;
        if (files[i].descriptor)
            e->local.crc = e->local.packed = e->local.size = 0;
        e->descriptor = files[i].descriptor;
        e->descriptor_crc = said.crc;
        e->content = files[i].content;
        m.order[i] = i;
    }
    return m;
}

static inline void model_said(const struct said *said)
{
    model_put(said->flags, 2);
    model_put(said->method, 2);
    model_put(said->time, 4);
    model_put(said->crc, 4);
    model_put(said->packed, 4);
    model_put(said->size, 4);
    model_put(strlen(said->name), 2);
    model_put(said->n_fields, 2);
}

static inline uint32_t model_entry(const struct model_entry *e)
{
    model_bytes(e->before, e->n_before);
    uint32_t place = (uint32_t)model_n + e->place;
    model_bytes("PK\3\4\x14", 6);
    model_said(&e->local);
    model_bytes(e->local.name, strlen(e->local.name));
    model_bytes(e->local.fields, e->local.n_fields);
    model_bytes(e->content, strlen(e->content));
    if (e->descriptor > 0)
        model_bytes("PK\7\x08", 4);
    if (e->descriptor) {
        size_t n = (size_t)abs(e->descriptor);
        model_put(e->descriptor_crc, 4);
        model_put(strlen(e->content), n);
        model_put(strlen(e->content), n);
    }
    return place;
}

static inline void model_line(const struct said *said, uint32_t place)
{
    model_bytes("PK\1\2\x14\3\x14", 8);
    model_said(said);
    model_put(0, 6);
    model_put(0100644U << 16, 4);
    model_put(place, 4);
    model_bytes(said->name, strlen(said->name));
    model_bytes(said->fields, said->n_fields);
}

static inline void model_write(const struct model *m, const char *file)
{
    uint32_t places[MODEL_ENTRIES];
    model_out = calloc(1, MODEL_ROOM);
    assert_non_null(model_out);
    model_n = 0;
    model_bytes(m->stub, m->n_stub);
    for (size_t i = 0; i < m->n; i++)
        places[i] = model_entry(&m->v[i]);
    model_bytes(m->gap, m->n_gap);
    size_t start = model_n;
    for (size_t i = 0; i < m->lines; i++)
        model_line(&m->v[m->order[i]].central, places[m->order[i]]);
    size_t end = model_n;
    if (m->wide) {
        model_bytes("PK\6\6\x2c\0\0\0\0\0\0\0\x2d\0\x2d\0\0\0\0\0\0\0\0\0", 24);
        model_put(m->wide_entries, 8);
        model_put(m->wide_entries, 8);
        model_put(end - start, 8);
        model_put(start, 8);
        model_bytes("PK\6\7\0\0\0\0", 8);
        model_put(end + m->locator, 8);
        model_put(1, 4);
    }
    model_bytes("PK\5\6", 4);
    model_put(m->volume, 2);
    model_put(m->volume, 2);
    model_put(m->entries, 2);
    model_put(m->entries, 2);
    model_put(end - start + m->size, 4);
    model_put(start + m->offset, 4);
    model_put(m->comment, 2);
    model_bytes(m->behind, m->n_behind);
    put(file, model_out, model_n);
    free(model_out);
}
