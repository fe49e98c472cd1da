/* SPDX-License-Identifier: Apache-2.0 */
/* assess: what a drill means for the business: recovery time against RTO, age of data against RPO. Pure functions. */
#pragma once

#include "koboshi/plan.h"
#include "koboshi/record.h"

struct kb_arena;

/* What was seen in a drill; all of it const. */
struct kb_assess_input {
    const struct kb_plan *plan;
    const struct kb_threat *threat; /* NULL: a drill without one; `adds` count only with it */
    int64_t disrupted_at;           /* UTC seconds */
    const struct kb_record_unit *units;
    size_t n_units;
};

/*
 * kb_assess_functions(input, arena, ret_functions, ret_n): one row per function of the plan that needs a drilled system (all
 * transitively depended-on systems are on its timeline), by priority. Rules: architecture §4.
 */
void kb_assess_functions(const struct kb_assess_input *input, struct kb_arena *arena,
                         const struct kb_record_function **ret_functions, size_t *ret_n);

/* kb_assess_findings(functions, n, arena, ret_findings, ret_n): rto-missed, rto-unknown, rpo-missed, each with its figures and
 * the part that weighs most. */
void kb_assess_findings(const struct kb_record_function *functions, size_t n, struct kb_arena *arena,
                        const struct kb_finding **ret_findings, size_t *ret_n);

/* kb_assess_verdict(units, n_units, functions, n): 復元 / 時間 / データ over the whole drill. */
struct kb_record_verdict kb_assess_verdict(const struct kb_record_unit *units, size_t n_units,
                                           const struct kb_record_function *functions, size_t n_functions);
