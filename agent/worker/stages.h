/* SPDX-License-Identifier: Apache-2.0 */
/* The stages a worker can run; each confines itself, says hello, works, and answers with results or a fault. */
#pragma once

#include "emit.h"

struct kb_arena;
struct kb_err;

/* The descriptors a worker is started with. */
enum { JOB_FD = 0, REPLY_FD = 3, LIST_FD = 4, KEY_FD = 5, VERIFIED_FD = 6 };
/* Of these what a stage writes; -1: it was not given. */
struct kb_worker_fds {
    int list, verified;
};

/* kb_worker_stage(job, fds, emitter, arena, err): runs job->stage to its end. A fault is returned, not emitted. */
int kb_worker_stage(const struct kb_job *job, struct kb_worker_fds fds, struct kb_emitter *emitter,
                    struct kb_arena *arena, struct kb_err *err);
