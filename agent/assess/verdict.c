/* SPDX-License-Identifier: Apache-2.0 */
/* Objectives held against what the drill showed. */
#include "timeline.h"

int64_t kb_compared_s(const struct kb_record_function *row)
{
    if (!row->counts_detection || row->detect_s == KB_ABSENT)
        return row->recovery_s;
    return kb_seconds_add(row->recovery_s, row->detect_s);
}

int kb_judge_time(const struct kb_record_function *row, const struct kb_facts *facts)
{
    if (row->rto == KB_ABSENT)
        return KB_VERDICT_NONE;
    if (facts->lost || kb_compared_s(row) > row->rto)
        return KB_VERDICT_MISSED;
    if (row->lower_bound || (row->counts_detection && row->detect_s == KB_ABSENT))
        return KB_VERDICT_CONDITIONAL;
    return KB_VERDICT_MET;
}

int kb_judge_data(const struct kb_record_function *row, const struct kb_facts *facts)
{
    if (row->rpo == KB_ABSENT || !facts->has_units)
        return KB_VERDICT_NONE;
    if (facts->lost || (facts->oldest && facts->age_s > row->rpo))
        return KB_VERDICT_MISSED;
    if (facts->later || facts->undated || facts->undrilled)
        return KB_VERDICT_CONDITIONAL;
    return KB_VERDICT_MET;
}

static int worse(int a, int b)
{
    return a > b ? a : b; /* the enum rises from none over met and conditional to missed */
}

struct kb_record_verdict kb_assess_verdict(const struct kb_record_unit *units, size_t n_units,
                                           const struct kb_record_function *functions, size_t n_functions)
{
    struct kb_record_verdict verdict = {KB_VERDICT_NONE, KB_VERDICT_NONE, KB_VERDICT_NONE};
    bool left_out = false;
    for (size_t i = 0; i < n_units; i++) {
        bool came = units[i].status == KB_UNIT_GOOD || units[i].status == KB_UNIT_CONDITIONAL;
        left_out |= units[i].status == KB_UNIT_PARTIAL;
        if (units[i].status == KB_UNIT_PARTIAL)
            continue; /* a verification that goes on another day: nothing bad was found, nothing restored */
        left_out |= came && (units[i].result.files_restored == 0 || kb_result_sample(&units[i].result));
        if (!came)
            verdict.restore = KB_VERDICT_MISSED;
        else if (units[i].result.files_restored > 0)
            verdict.restore = worse(verdict.restore,
                                    units[i].status == KB_UNIT_GOOD ? KB_VERDICT_MET : KB_VERDICT_CONDITIONAL);
    }
    if (left_out && verdict.restore == KB_VERDICT_MET) /* what was not restored shows no restore */
        verdict.restore = KB_VERDICT_CONDITIONAL;
    for (size_t i = 0; i < n_functions; i++) {
        verdict.time = worse(verdict.time, functions[i].time);
        verdict.data = worse(verdict.data, functions[i].data);
    }
    return verdict;
}
