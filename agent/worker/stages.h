/* SPDX-License-Identifier: Apache-2.0 */
/* The stages a worker can run; each confines itself, says hello, works, and answers with results or a fault. */
#pragma once

#include "emit.h"

struct kb_arena;
struct kb_err;

/* The descriptors a worker is started with. */
enum { JOB_FD = 0, REPLY_FD = 3, LIST_FD = 4, KEY_FD = 5 };

/* kb_worker_stage(job, list_fd, emitter, arena, err): runs job->stage to its end; list_fd is LIST_FD, or -1 if it was
 * not given. A fault is returned, not emitted. */
int kb_worker_stage(const struct kb_job *job, int list_fd, struct kb_emitter *emitter, struct kb_arena *arena,
                    struct kb_err *err);
