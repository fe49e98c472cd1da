/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of the filters: bytes through one decoder, with what came out and what was told. */
#pragma once

#include "../../agent/archive/codec.h"
#include "tools.h"

struct bytes {
    uint8_t *v;
    size_t n, given, step; /* given: handed on so far, in pieces of step bytes */
};

struct unpacked {
    uint8_t *v;
    size_t n;
    bool good; /* came to its end */
    bool unchecked;
    size_t told;
    enum kb_rule_id rule; /* the first flaw */
    char found[256];
};

static inline ssize_t next_piece(void *owner, const void **ret_bytes)
{
    struct bytes *b = owner;
    size_t n = b->n - b->given < b->step ? b->n - b->given : b->step;
    *ret_bytes = b->v + b->given;
    b->given += n;
    return (ssize_t)n;
}

static inline void note_flaw(void *owner, enum kb_rule_id rule, struct kb_text expected, struct kb_text found)
{
    struct unpacked *u = owner;
    assert_true(expected.en && expected.ja && found.en && found.ja && *found.ja);
    if (u->told++)
        return;
    u->rule = rule;
    (void)snprintf(u->found, sizeof u->found, "%s", found.en);
}

/* The input is handed on in pieces of `step` bytes; each lies alone in memory, so that reading past it is seen. */
static inline struct unpacked unpack(const struct kb_codec *codec, const void *from, size_t n, size_t step,
                                     size_t threads)
{
    uint8_t *alone = malloc(n ? n : 1);
    assert_non_null(alone);
    if (n)
        memcpy(alone, from, n);
    struct bytes in = {.v = alone, .n = n, .step = step};
    struct unpacked u = {0};
    const struct kb_source source = {.owner = &in, .next = next_piece};
    struct kb_decoder *decoder = kb_decoder_new(&(struct kb_decoder_params){
        .codec = codec, .source = source, .threads = threads, .owner = &u, .flaw = note_flaw});
    const void *out;
    ssize_t got;
    size_t room = 0;
    while ((got = kb_decoder_next(decoder, &out)) > 0) {
        if (u.n + (size_t)got > room && !(u.v = realloc(u.v, room = (u.n + (size_t)got) * 2)))
            abort();
        memcpy(u.v + u.n, out, (size_t)got);
        u.n += (size_t)got;
    }
    u.good = got == 0;
    u.unchecked = kb_decoder_unchecked(decoder);
    kb_decoder_free(decoder);
    free(alone);
    return u;
}

static inline struct bytes load(const char *name)
{
    struct bytes b = {.n = (size_t)size_of(name)};
    int fd = open(name, O_RDONLY);
    b.v = malloc(b.n ? b.n : 1);
    assert_true(fd >= 0 && b.v);
    assert_int_equal(kb_read_full(fd, b.v, b.n), (ssize_t)b.n);
    assert_int_equal(close(fd), 0);
    return b;
}

static inline bool same_bytes(const struct unpacked *u, const struct bytes *b)
{
    return u->n == b->n && (!b->n || !memcmp(u->v, b->v, b->n));
}

static inline bool is_prefix(const struct unpacked *u, const struct bytes *b)
{
    return u->n <= b->n && (!u->n || !memcmp(u->v, b->v, u->n));
}

static inline bool has_program(const char *name)
{
    char script[128];
    (void)snprintf(script, sizeof script, "command -v %s >/dev/null", name);
    return run_in(NULL, NULL, (const char *const[]){"sh", "-c", script, NULL}) == 0;
}
