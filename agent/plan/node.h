/* SPDX-License-Identifier: Apache-2.0 */
/* The YAML file as a tree with places, before anything is known about its keys. */
#pragma once

#include "complain.h"

enum kb_node_kind {
    KB_NODE_SCALAR,
    KB_NODE_LIST,
    KB_NODE_MAP,
    KB_NODE_REFUSED, /* already complained about (alias, tag …): say nothing more */
};

struct kb_node {
    enum kb_node_kind kind;
    struct kb_at at;
    bool plain;        /* SCALAR without quotes, not a block of text */
    bool flow;         /* LIST, MAP in brackets */
    size_t start, end; /* SCALAR: its bytes in the source, with quotes; a block of text ends behind its last line */
    const char *text;  /* SCALAR: UTF-8 without NUL or control characters */
    size_t n;
    struct kb_node **v; /* LIST: items; MAP: key, value, key, value …, each key a SCALAR */
};

/*
 * kb_node_parse(source, n, arena, c): the root of the only document, in arena memory; NULL when it could not be read at
 * all, then the reason has been complained about. Anchors, aliases, tags, merge keys, duplicate keys and what exceeds
 * limits.h are complained about on the way.
 */
struct kb_node *kb_node_parse(const char *source, size_t n, struct kb_arena *arena, struct kb_complaints *c);

/* kb_encoding_check(source, n, c): UTF-8 without control characters? Complains about the first place if not. */
bool kb_encoding_check(const char *source, size_t n, struct kb_complaints *c);

/* What libyaml says: the problem, where it was noticed, and where the thing it is in began. */
struct kb_yaml_fault {
    const char *problem;
    struct kb_at at, context;
};
/* kb_syntax_explain(source, n, fault, c): one complaint that says what to write instead, as far as that can be told. */
void kb_syntax_explain(const char *source, size_t n, const struct kb_yaml_fault *fault, struct kb_complaints *c);

/* Slips of the keyboard that turn `key: value` into one word, found in some text that should hold a key or a value. */
enum kb_slip {
    KB_SLIP_NONE,
    KB_SLIP_WIDE_COLON,  /* id：x */
    KB_SLIP_WIDE_SPACE,  /* U+3000 as indentation or after the colon */
    KB_SLIP_TIGHT_COLON, /* id:x */
};
/* kb_slip_find(text, n, ret_column): the first slip in one line and the characters before it. Quoted parts and comments
 * are passed over. */
enum kb_slip kb_slip_find(const char *text, size_t n, int *ret_column);
void kb_slip_complain(enum kb_slip slip, struct kb_at at, struct kb_complaints *c);

/* kb_source_line(source, n, line, ret_n): start and length in bytes of line `line` (1-based) as YAML counts them (CR,
 * LF, CRLF, NEL, LS, PS), without break and BOM; NULL past the end. */
const char *kb_source_line(const char *source, size_t n, int line, size_t *ret_n);
