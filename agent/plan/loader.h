/* SPDX-License-Identifier: Apache-2.0 */
/* From the tree of a file to a struct, by its key table; knows no key by name. */
#pragma once

#include <regex.h>

#include "node.h"

enum { KB_FORMS_MAX = 24 };

/* Where a field's value stands in the file. */
struct kb_mark {
    const void *field;
    bool object; /* the struct at this address, not its first member */
    bool good;   /* the value was read; false: it was complained about */
    struct kb_at at;
};

/* A reference to be looked up once everything is read. */
struct kb_reference {
    const char *map; /* name of the top-level map, or list with ids */
    const char *id;
    bool or_name; /* KB_REF_OR_NAME */
    struct kb_at at;
};

struct kb_loader {
    struct kb_arena *arena; /* of the plan */
    struct kb_arena *work;  /* released after the load */
    struct kb_complaints *c;
    struct kb_mark *marks;
    size_t n_marks;
    struct kb_reference *refs;
    size_t n_refs;
    struct {
        const struct kb_form *form;
        regex_t ready;
    } forms[KB_FORMS_MAX];
    size_t n_forms;
};

/* kb_loader_read(l, shape, root, object): object filled as far as the file allows; everything else is complained about.
 * References are not looked up yet; marks are ready for kb_mark_of. */
void kb_loader_read(struct kb_loader *l, const struct kb_shape *shape, const struct kb_node *root, void *object);
/* kb_loader_resolve(l, shape, object): every reference names an id of a map of `object`; none that must not comes back.
 */
void kb_loader_resolve(struct kb_loader *l, const struct kb_shape *shape, const void *object);
/* kb_loader_moved(l, from, n, to): the marks of n bytes of structs that now lie elsewhere. */
void kb_loader_moved(struct kb_loader *l, const void *from, size_t n, const void *to);
void kb_loader_done(struct kb_loader *l);

/* kb_mark_of(l, field): NULL if the file does not have it. */
const struct kb_mark *kb_mark_of(const struct kb_loader *l, const void *field);
/* kb_mark_good(l, field): written, and it could be read. */
bool kb_mark_good(const struct kb_loader *l, const void *field);
/* kb_mark_at(l, field, object): the field's place, else that of the struct it is in, else the first line. */
struct kb_at kb_mark_at(const struct kb_loader *l, const void *field, const void *object);

/* Between loader.c, scalar.c and traps.c: */
/* kb_scalar_read(l, key, node, field): one value of a scalar kind. false: complained about, the field is as before,
 * except text, which is kept so that later checks have something to look at. */
bool kb_scalar_read(struct kb_loader *l, const struct kb_key *key, const struct kb_node *node, void *field);
/* kb_string_read(l, key, node, ret): one text, with the form and reference that key asks for. */
bool kb_string_read(struct kb_loader *l, const struct kb_key *key, const struct kb_node *node, const char **ret);
/* kb_wrong_type(l, key, kind, node): "`rto` should be a duration such as 4h, not a list". */
void kb_wrong_type(struct kb_loader *l, const struct kb_key *key, enum kb_kind kind, const struct kb_node *node);

/* kb_trap_complain(l, key, node): a plain scalar that other YAML readers take for something else than text, or nothing
 * at all. true: complained. */
bool kb_trap_complain(struct kb_loader *l, const struct kb_key *key, const struct kb_node *node);
bool kb_trap_is_null(const struct kb_node *node);
/* kb_bool_word(text, ret_value): yes no on off y n true false in any case YAML 1.1 knows. */
bool kb_bool_word(const char *text, bool *ret_value);
/* kb_guess(arena, kind, text): how the value was probably meant, in the right spelling; NULL if that cannot be told. */
const char *kb_guess(struct kb_arena *arena, enum kb_kind kind, const char *text);
/* kb_is_wide(text): holds full-width forms (U+FF01-FF5E) or U+3000. */
bool kb_is_wide(const char *text);
