/* SPDX-License-Identifier: Apache-2.0 */
/* A look at the media of a plan, on a loop. */
#pragma once

#include <uv.h>

#include "koboshi/run.h"

/* The media of a plan, each by a worker of its own, so that one that hangs holds up no other. */
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
