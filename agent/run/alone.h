/* SPDX-License-Identifier: Apache-2.0 */
/* One worker with nothing beside it: a loop of its own, from start to end. */
#pragma once

#include "child.h"

/* kb_alone(params, ret_outcome, err): starts it and waits. owner, reply and ended of params are the caller's as far as
 * they are set; a signal (stop.h) ends the worker:
 * KB_ECANCELED. */
int kb_alone(const struct kb_child_params *params, struct kb_child_outcome *ret_outcome, struct kb_err *err);
