/* SPDX-License-Identifier: Apache-2.0 */
/* probe: is the restored thing usable: files, sha256, opens, sqlite, command. */
#pragma once

#include "koboshi/job.h"

struct kb_arena;
struct kb_err;

/* The probes of one set made ready: command programs opened and hashed, libraries loaded. */
struct kb_probes;

/*
 * kb_probes_open(set, arena, ret_probes, err): before confinement; set->scratch must be there. A command that is not
 * there is a finding of the run; an `expect` that cannot be understood is KB_EPLAN. set must outlive the probes.
 */
int kb_probes_open(const struct kb_job_set *set, struct kb_arena *arena, struct kb_probes **ret_probes,
                   struct kb_err *err);
void kb_probes_close(struct kb_probes *probes);

/* kb_probes_programs(probes): real paths of the command programs, NULL-terminated, for `read` of the PROBE confinement:
 * the interpreter of a script opens it again. Valid until kb_probes_close. */
const char *const *kb_probes_programs(const struct kb_probes *probes);

/*
 * kb_probes_run(probes, reporter, arena, ret_result, err): all probes over set->scratch; fills probes, probes_good and
 * proof.opened, findings to the reporter (valid during the call only). Opened is reached when all are good and at least
 * one looked into something (`files` alone only counts names: not applicable then, as without probes). Paths are
 * relative to the scratch folder and never leave it; links inside it are followed by all but `files`. A command runs in
 * the scratch folder with PATH, LANG, TZ, KOBOSHI_SCRATCH, TMPDIR and HOME alone (the last two: set->temp); it is
 * stopped after its timeout with all its descendants, and whatever it leaves behind is stopped too (the process must
 * have no other children). Its output is capped at KB_OUTPUT_MAX and its first lines are in the finding. `timeout`
 * bounds an SQLite probe as well.
 */
int kb_probes_run(struct kb_probes *probes, const struct kb_reporter *reporter, struct kb_arena *arena,
                  struct kb_set_result *ret_result, struct kb_err *err);

/*
 * An expectation of a query or command: `> N` `>= N` `< N` `<= N` (the value is a number), `== V` (equal as text, or
 * both numbers and equal), `contains "…"`, `age < 24h` (the value is RFC 3339, or `YYYY-MM-DD HH:MM:SS` in the process'
 * zone, not older than that and not a day in the future; units s m h d w, also combined: 1d12h).
 */
/* kb_expect_is_valid(text): it can be understood. */
bool kb_expect_is_valid(const char *text);
/* kb_expect_holds(text, value, now): the value meets it; now in UTC seconds. False also when it is not understood. */
bool kb_expect_holds(const char *text, const char *value, int64_t now);
