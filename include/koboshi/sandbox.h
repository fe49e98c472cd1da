/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox: confinement by purpose, and what was reached of it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "koboshi/job.h"

struct kb_arena;
struct kb_err;

enum kb_confine_level {
    KB_CONFINE_READ,    /* read the sources */
    KB_CONFINE_RESTORE, /* plus write below the scratch folders */
    KB_CONFINE_PROBE,   /* scratch read and write, system programs and libraries read and execute */
};

struct kb_confine {
    enum kb_confine_level level;
    enum kb_sandbox_mode mode;
    const char *user;            /* account to switch to when started as root; NULL: stay */
    const char *const *read;     /* files and folders that may be read, NULL-terminated; may be NULL */
    const char *const *write;    /* folders that may be written below, NULL-terminated; may be NULL */
    bool read_any_owner;         /* keep CAP_DAC_READ_SEARCH (a tree whose files belong to others) */
    int64_t open_files, cpu_seconds, memory_bytes; /* rlimits; 0 = leave (memory is never limited in sanitized builds) */
};

/*
 * kb_confine(params, arena, ret_confinement, err): in this order: close_range of all descriptors not marked to stay (0-4 and
 * those already open stay), no core dumps and not dumpable, rlimits, uid and gid switch, capabilities, no_new_privs,
 * Landlock (floor ABI 2, higher rights where the kernel has them). For the whole process: call it before any thread exists.
 * KB_ESANDBOX when something is not reached and mode is required; with best effort ret_confinement says what lacks.
 */
int kb_confine(const struct kb_confine *params, struct kb_arena *arena, struct kb_confinement *ret_confinement,
               struct kb_err *err);

/* kb_die_with_parent(): PR_SET_PDEATHSIG SIGKILL, checked against a parent that is already gone. */
int kb_die_with_parent(struct kb_err *err);
/* kb_account_exists(name): the account is in the user database; and its ids. */
bool kb_account_ids(const char *name, uint32_t *ret_uid, uint32_t *ret_gid);
