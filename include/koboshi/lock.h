/* SPDX-License-Identifier: Apache-2.0 */
/* evidence: who uses a medium or a system right now, across processes. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct kb_err;

enum kb_lock_kind { KB_LOCK_MEDIUM, KB_LOCK_SYSTEM };

struct kb_lock {
    const char *dir; /* state/locks, made if absent */
    int kind;        /* enum kb_lock_kind */
    const char *id;  /* fs_uuid of the medium (its plan id if it has none), id of the system */
    int64_t drill;   /* who takes it; KB_ABSENT for other work */
};

/*
 * kb_lock_take(lock, ret_fd, err): held until ret_fd is closed or the process is gone (flock on a file named by the
 * hash of the id). Held by somebody else: KB_EAGAIN, which names process, drill (if there is one) and since when.
 */
int kb_lock_take(const struct kb_lock *lock, int *ret_fd, struct kb_err *err);

/* kb_lock_is_held(lock): somebody holds it now, as /proc/locks tells; looking disturbs nobody who wants to take it. */
bool kb_lock_is_held(const struct kb_lock *lock);
