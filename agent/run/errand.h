/* SPDX-License-Identifier: Apache-2.0 */
/* What drill, register, watch and swap have in common: jobs made of a plan, lines made of one, a worker waited for. */
#pragma once

#include "child.h"
#include "koboshi/ledger.h"
#include "koboshi/run.h"

/* media.c: the parts of a job that a plan gives. */
struct kb_job_medium kb_medium_job(const struct kb_medium *medium);
struct kb_job_copy kb_copy_job(const struct kb_set *set, size_t copy);
/* kb_fiscal_year_start(plan): "10-01"; NULL: the plan does not say. */
const char *kb_fiscal_year_start(const struct kb_plan *plan);

/* book.c: what the lock of a medium is named by. */
const char *kb_medium_lock_id(struct kb_arena *arena, const struct kb_medium *medium);

/* kb_line_of_plan(plan, kind, arena, ret_line): a line with the plan and the operator in it. */
void kb_line_of_plan(const struct kb_plan *plan, enum kb_line_kind kind, struct kb_arena *arena,
                     struct kb_line *ret_line);
/* kb_line_name_medium(line, medium, state): which one is meant, as read from it; what it does not tell is the plan's.
 */
void kb_line_name_medium(struct kb_line *line, const struct kb_medium *medium, const struct kb_medium_state *state);

/* SIGINT, SIGTERM and SIGHUP (unless it is ignored: nohup(1)) on a loop; they do not keep it alive. */
struct kb_stop {
    uv_signal_t handles[3];
    bool asked;
    void *owner;
    void (*stopped)(void *owner); /* once */
};
int kb_stop_begin(struct kb_stop *stop, uv_loop_t *loop, void (*stopped)(void *owner), void *owner, struct kb_err *err);
void kb_stop_end(struct kb_stop *stop);

/*
 * kb_errand_run(params, ret_outcome, err): one worker on a loop of its own until it has ended; a signal cancels it.
 * params->ended and owner are the caller's replies' alone; KB_ECANCELED when a signal came.
 */
struct kb_errand {
    const char *worker;
    const struct kb_job *job;
    int64_t timeout_s;
    struct kb_arena *arena;
    void *owner;
    void (*reply)(void *owner, const struct kb_reply *reply); /* NULL: nothing is expected */
};
int kb_errand_run(const struct kb_errand *errand, struct kb_child_outcome *ret_outcome, struct kb_err *err);

/* Long enough for a sleeping 5,400 rpm disk to spin up and be listed; a hung one is told apart by it. */
enum { KB_MEDIA_TIMEOUT_S = 120 };

/* look.c: the media of a plan, each by a worker of its own, so that one that hangs holds up no other. */
struct kb_look_params {
    const struct kb_plan *plan;
    const struct kb_run_place *place;
    bool disks_only; /* media that are disks, no folders */
    bool attached;   /* also what is attached and not of the plan */
    struct kb_arena *arena;
    void *owner;
    void (*done)(void *owner, const struct kb_look *look); /* once; all workers are gone or abandoned */
};
struct kb_looking;
/* kb_look_start(loop, params, ret_looking, err): params are copied. Without success `done` is not called. */
int kb_look_start(uv_loop_t *loop, const struct kb_look_params *params, struct kb_looking **ret_looking,
                  struct kb_err *err);
/* kb_look_cancel(looking): ends its workers; `done` follows. */
void kb_look_cancel(struct kb_looking *looking);
