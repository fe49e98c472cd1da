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
 * kb_assess_functions(input, arena, ret_functions, ret_n): one row per function of the plan that needs a drilled system
 * (all transitively depended-on systems are on its timeline), by priority.
 *
 * Parts start at 0 when recovery begins; detection stands before that, in detect_s alone. Each length is the strongest
 * of: attended, measured by the agent (automatic steps only: a disk that was already attached does not replace its
 * retrieval), estimated, declared; without any it is KB_ABSENT and the row is a lower bound. A restore that brought
 * nothing back is never measured. One role is one person, one medium one reader; ties go by plan order. time: MISSED
 * past the RTO, and when a needed set did not come back (then nothing is met); CONDITIONAL while a part, or a detection
 * that counts, is not declared; NONE without an RTO. data: MISSED past the RPO and when a set did not come back;
 * CONDITIONAL when a needed set was not drilled, or its point in time is unknown or after the disruption; NONE without
 * an RPO or without sets. age_s: KB_ABSENT if nothing came back; negative: taken after the disruption.
 */
void kb_assess_functions(const struct kb_assess_input *input, struct kb_arena *arena,
                         const struct kb_record_function **ret_functions, size_t *ret_n);

/* kb_assess_findings(input, functions, n, arena, ret_findings, ret_n): rto-missed, rto-unknown, rpo-missed, rpo-unknown
 * for the rows made from the same input, each with its figures, the part that weighs most, and the generation it is
 * about. */
void kb_assess_findings(const struct kb_assess_input *input, const struct kb_record_function *functions, size_t n,
                        struct kb_arena *arena, const struct kb_finding **ret_findings, size_t *ret_n);

/* kb_assess_verdict(units, n_units, functions, n): 復元 / 時間 / データ over the whole drill: the worst of each. No
 * unit, or no function with an objective, is NONE, never MET. */
struct kb_record_verdict kb_assess_verdict(const struct kb_record_unit *units, size_t n_units,
                                           const struct kb_record_function *functions, size_t n_functions);

/* kb_step_act_text(act): what a step does (enum kb_step_do), for one that the plan gives no text. */
struct kb_text kb_step_act_text(int act);
