/* SPDX-License-Identifier: Apache-2.0 */
/* probe: is the restored thing usable: files, sha256, opens, sqlite, command. */
#pragma once

#include "koboshi/job.h"

struct kb_arena;
struct kb_err;

/* The probes of one set made ready: command programs opened and hashed, libraries loaded. */
struct kb_probes;

/* kb_probes_open(set, arena, ret_probes, err): before confinement. A command that is not there is a finding of the run. */
int kb_probes_open(const struct kb_job_set *set, struct kb_arena *arena, struct kb_probes **ret_probes, struct kb_err *err);
void kb_probes_close(struct kb_probes *probes);

/* kb_probes_run(probes, reporter, arena, ret_result, err): all probes over set->scratch; fills probes, probes_good and
 * proof.opened (not applicable without probes), findings to the reporter. A command is stopped after its timeout with all
 * its descendants; its output is capped at KB_OUTPUT_MAX and its first lines are in the finding. */
int kb_probes_run(struct kb_probes *probes, const struct kb_reporter *reporter, struct kb_arena *arena,
                  struct kb_set_result *ret_result, struct kb_err *err);
