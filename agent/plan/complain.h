/* SPDX-License-Identifier: Apache-2.0 */
/* Gathering everything that is wrong with a plan, with its place, and finding what was probably meant. */
#pragma once

#include "koboshi/plan.h"

/* 1-based; the column counts characters, as libyaml does. */
struct kb_at {
    int line, column;
};

struct kb_complaints {
    struct kb_arena *arena; /* of the plan: texts outlive the load */
    struct kb_diag *v;
    size_t n, n_more;
    bool slips_only; /* keys and values could not be told apart somewhere: nothing else that was or will be said is
                        certain */
};

/* kb_complaints_room(c): false when the list is full; then the complaint has been counted and nothing else is to be
 * done. */
bool kb_complaints_room(struct kb_complaints *c);
void kb_complaints_add(struct kb_complaints *c, struct kb_at at, struct kb_text text);
/* KB_COMPLAIN(c, at, en, ja, …): both printf formats over the same arguments, which are evaluated only if there is
 * room. */
#define KB_COMPLAIN(c, at, ...)                                                                                        \
    do {                                                                                                               \
        if (kb_complaints_room(c))                                                                                     \
            kb_complaints_add((c), (at), kb_text_new((c)->arena, __VA_ARGS__));                                        \
    } while (0)
/* kb_complaints_only(c): forget everything said before, because what comes now explains it. */
void kb_complaints_only(struct kb_complaints *c);
/* kb_complaints_done(c): sorted by place, in arena memory. */
struct kb_diags *kb_complaints_done(struct kb_complaints *c);

/* kb_quote(arena, text): text of the plan as it may stand in a message: controls escaped, at most some 60 columns. */
const char *kb_quote(struct kb_arena *arena, const char *text);

/* The nearest of several names. Start with {.wanted = …}; offer every candidate; `name` is NULL if none is near. */
struct kb_nearest {
    const char *wanted;
    const char *name;
    int distance;
};
void kb_nearest_offer(struct kb_nearest *nearest, const char *candidate);
