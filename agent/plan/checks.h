/* SPDX-License-Identifier: Apache-2.0 */
/* What a plan must also be right in, beyond the types of its keys. */
#pragma once

#include "loader.h"

struct kb_checker {
    struct kb_loader *l; /* marks and complaints */
    const struct kb_plan *plan;
};

/* kb_plan_check(c): every check over a plan that may be incomplete: what was already complained about is passed over.
 */
void kb_plan_check(struct kb_checker *c);
/* kb_threats_add(plan, l): the product's own threats, where the plan does not define them; what it does not say of
 * them. */
void kb_threats_add(struct kb_plan *plan, struct kb_loader *l);

/* Rows of the table in checks.c that have a file of their own: */
void kb_check_copies(struct kb_checker *c);
void kb_check_media(struct kb_checker *c);
void kb_check_probes(struct kb_checker *c);
void kb_check_rotations(struct kb_checker *c);
void kb_check_contents(struct kb_checker *c);
void kb_check_schedules(struct kb_checker *c);
void kb_check_company(struct kb_checker *c);
void kb_check_steps(struct kb_checker *c);
void kb_check_adds(struct kb_checker *c);

/* kb_check_inner_path(c, name, field): a path below what was restored, with / and without `..`. */
void kb_check_inner_path(struct kb_checker *c, const char *name, const char *const *field);
/* kb_check_argv(c, argv, object): the layout of every list of texts. What was restored is never run: the command is the
 * plan's own, by a path and not by $PATH. */
struct kb_argv {
    size_t n;
    const char *const *v;
};
void kb_check_argv(struct kb_checker *c, const struct kb_argv *argv, const void *object);

/* KB_WRONG(c, &set->as, set, en, ja, …): a complaint at the field, else at the struct it is missing from. */
#define KB_WRONG(c_, field, object, ...) KB_COMPLAIN((c_)->l->c, kb_mark_at((c_)->l, (field), (object)), __VA_ARGS__)
/* kb_shown(c, text): text of the plan, quoted for a message. */
static inline const char *kb_shown(struct kb_checker *c, const char *text)
{
    return kb_quote(c->l->work, text);
}
