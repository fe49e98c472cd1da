/* SPDX-License-Identifier: Apache-2.0 */
/* What verifications leave for later ones: which files of a tree were verified when (koboshi/verified.h). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct unit_run;

/* kb_resumed_begin(unit): of the verification of a tree that is limited in time, or that earlier ones left off: its job
 * says where earlier runs left off and how long this one may take. Returns a descriptor for the records of its worker,
 * -1: none. kb_resumed_end(unit): whatever became of the worker, what it told is kept; the record says how much was
 * verified how recently. */
int kb_resumed_begin(struct unit_run *unit);
void kb_resumed_end(struct unit_run *unit);

/* kb_resumed_is_late(unit): there is no time left to begin with it. */
bool kb_resumed_is_late(const struct unit_run *unit);
/* kb_resumed_tell_late(unit): says so in its record. */
void kb_resumed_tell_late(struct unit_run *unit);
/* kb_resumed_status(unit, status): that of a unit which is otherwise good: PARTIAL unless each file was verified by
 * this run or within KB_FRESHNESS_RECENT_S; then CONDITIONAL unless it was this run. */
int kb_resumed_status(const struct unit_run *unit, int status);
