/* SPDX-License-Identifier: Apache-2.0 */
/* One confinement on its way: what is asked, what was reached so far. */
#pragma once

#include "koboshi/sandbox.h"

struct kb_confining {
    const struct kb_confine *params;
    struct kb_arena *arena;
    struct kb_confinement *reached;
    struct kb_err *err;
};

/* kb_confine_at_most(params, abi, …): kb_confine on a kernel taken for one whose Landlock ABI is at most this (tests).
 */
int kb_confine_at_most(const struct kb_confine *params, int64_t abi, struct kb_arena *arena,
                       struct kb_confinement *ret_confinement, struct kb_err *err);

/* What tests leave out, to see that it is missed; the outcomes are not tried then. */
enum { KB_WITHOUT_LANDLOCK = 1, KB_WITHOUT_SECCOMP = 2, KB_WITHOUT_ACCOUNT = 4 };
struct kb_confine_test {
    int64_t abi;
    unsigned without;
};
int kb_confine_tested(const struct kb_confine *params, const struct kb_confine_test *test, struct kb_arena *arena,
                      struct kb_confinement *ret_confinement, struct kb_err *err);

/* kb_confine_lacks(c, en, ja): one thing was not reached: KB_ESANDBOX when confinement is required, else noted and 0.
 */
int kb_confine_lacks(struct kb_confining *c, struct kb_text what);

/* kb_landlock_make(c, abi_at_most, ret_fd): a ruleset for the level; *ret_fd is -1 where there is no Landlock and best
 * effort. */
int kb_landlock_make(struct kb_confining *c, int64_t abi_at_most, int *ret_fd);
/* kb_landlock_enter(c, fd): restricts this process and all it starts. */
int kb_landlock_enter(struct kb_confining *c, int fd);

/* kb_seccomp_enter(c): the filter of the level, for all threads; after no_new_privs and Landlock. */
int kb_seccomp_enter(struct kb_confining *c);

/* kb_account_switch(c): the other uid, and no capability but the one asked for. */
int kb_account_switch(struct kb_confining *c);

/* kb_outcome_check(c): tries what must be impossible now. */
int kb_outcome_check(struct kb_confining *c);
