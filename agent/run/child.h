/* SPDX-License-Identifier: Apache-2.0 */
/* One worker process as the loop sees it: job in, replies out, and one outcome whatever happens. */
#pragma once

#include <uv.h>

#include "koboshi/job.h"

struct kb_arena;
struct kb_err;
struct kb_child;

enum kb_child_end {
    KB_CHILD_DONE,      /* said end, left with status 0 */
    KB_CHILD_FAULT,     /* said why it could not */
    KB_CHILD_LOST,      /* crashed or was killed: a failed unit */
    KB_CHILD_LIED,      /* said something that is not of the protocol, and was ended: a fault */
    KB_CHILD_TIMED_OUT, /* stopped after its time */
    KB_CHILD_OVER,      /* used more memory or processor time than the budgets of its job allow */
    KB_CHILD_CANCELED,  /* stopped by kb_child_cancel */
};

struct kb_child_outcome {
    enum kb_child_end end;
    bool abandoned;               /* it survived SIGKILL for 5 s (uninterruptible sleep): its medium is stuck */
    int pid;                      /* of the worker, to name one that is abandoned */
    const struct kb_fault *fault; /* FAULT, LOST, LIED and OVER: why */
    int64_t memory;               /* OVER its memory: bytes that it had; else KB_ABSENT, and it was over its cpu */
    const char *said;             /* first bytes of its stderr, printable, NULL if silent */
    int64_t peak_bytes;           /* KB_ABSENT if it did not say */
};

struct kb_child_params {
    const char *program;
    const struct kb_job *job;
    int list_fd;            /* becomes its fd 4; -1 for none; stays the caller's */
    int key_fd;             /* becomes its fd 5: the key to what it reads; 0 for none; stays the caller's */
    int verified_fd;        /* becomes its fd 6; 0 or less for none; stays the caller's */
    int64_t timeout_s;      /* 0: none */
    struct kb_arena *arena; /* replies and the outcome live here */
    void *owner;
    /* A valid reply of kinds PROGRESS, FINDING, MEDIUM, GENERATION, CONFINED, RESULT, DISK, HEALTH; all text in it is
     * printable. */
    void (*reply)(void *owner, const struct kb_reply *reply);
    /* Once; the child is gone or abandoned and released by the time it is called. */
    void (*ended)(void *owner, const struct kb_child_outcome *outcome);
};

/* kb_child_start(loop, params, ret_child, err): params are copied. If it cannot be started `ended` is not called. */
int kb_child_start(uv_loop_t *loop, const struct kb_child_params *params, struct kb_child **ret_child,
                   struct kb_err *err);
/* kb_child_cancel(child): kills it; `ended` follows with CANCELED. */
void kb_child_cancel(struct kb_child *child);
