/* SPDX-License-Identifier: Apache-2.0 */
/* What a worker says on fd 3: framed replies, at most four progress messages a second, findings counted past their
 * limit. */
#pragma once

#include "koboshi/job.h"

struct kb_emitter;

/* kb_emitter_new(fd): replies go to fd. The only one that writes there; may be used from any thread. */
struct kb_emitter *kb_emitter_new(int fd);
void kb_emitter_free(struct kb_emitter *emitter);

/* kb_emit(emitter, reply): one message; if it cannot be written nobody listens any more and the process ends. */
void kb_emit(struct kb_emitter *emitter, const struct kb_reply *reply);

/* kb_emitter_reporter(emitter): what stages report to. */
struct kb_reporter kb_emitter_reporter(struct kb_emitter *emitter);

/* kb_emit_rest(emitter): one finding with `count` for each rule that had more than KB_FINDINGS_PER_RULE_MAX. */
void kb_emit_rest(struct kb_emitter *emitter);
