/* SPDX-License-Identifier: Apache-2.0 */
/* What a worker claims, held against what the agent knows itself; a lie that can be seen is a fault, never a result. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "koboshi/job.h"

/* What one worker has said so far. Zero-initialised. */
struct kb_heard {
    bool confined, found_bad, has_result;
    struct kb_set_result result; /* the figures of its result; what it points to is not kept */
    int64_t findings[KB_RULE_COUNT];
};

/* kb_is_believable(job, reply, elapsed_ns, heard): the reply may come in this stage and at this place, names only what
 * the job is about, and its figures are possible. elapsed_ns: since the worker was started. Notes it in heard. */
bool kb_is_believable(const struct kb_job *job, const struct kb_reply *reply, int64_t elapsed_ns,
                      struct kb_heard *heard);

/* kb_is_settled(job, heard): a worker that says it is done has said what its stage owes, and what it calls good fulfils
 * what the job asked for. */
bool kb_is_settled(const struct kb_job *job, const struct kb_heard *heard);
