/* SPDX-License-Identifier: Apache-2.0 */
/* What is told of a unit whose worker took more time, memory or processor time than it may. */
#include "drill.h"
#include "koboshi/arena.h"
#include "koboshi/budgets.h"
#include "outcome.h"

static int64_t budget_of_time(const struct unit_run *unit)
{
    return kb_job_budgets(&(struct kb_job){.set = &unit->job_set})->time;
}

int64_t kb_unit_max_duration(const struct unit_run *unit)
{
    int64_t budget = budget_of_time(unit), drill = kb_drill_max_duration(unit->drill);
    return budget < drill ? budget : drill;
}

static struct kb_text within(struct kb_arena *arena, int64_t seconds)
{
    return kb_text_new(arena, "done within %s%.0s", "%.0s%s以内に完了", kb_show_ns(arena, seconds * KB_NS_PER_S, KB_EN),
                       kb_show_ns(arena, seconds * KB_NS_PER_S, KB_JA));
}

static const char *entry_of(const struct unit_run *unit)
{
    return *unit->entry ? kb_strdup(unit->drill->arena, unit->entry) : NULL;
}

static struct kb_text still_at_work(const struct unit_run *unit)
{
    struct kb_arena *arena = unit->drill->arena;
    struct kb_text where = kb_outcome_where(arena, &unit->reached);
    return kb_text_new(arena, "still at work %s%.0s", "%.0s%sで未完了", where.en, where.ja);
}

/* Its disk gave bytes to the end: the set needs more time than its budget. */
static void tell_slow(struct unit_run *unit)
{
    struct kb_arena *arena = unit->drill->arena;
    struct kb_finding *finding = kb_finding_make(arena, KB_RULE_BUDGET);
    finding->entry = entry_of(unit);
    finding->expected = kb_budget_limit(arena, within(arena, budget_of_time(unit)), "time");
    finding->found = still_at_work(unit);
    kb_unit_finding(unit, finding);
}

/* One that had not got further for a while did not need more time. */
void kb_unit_timed_out(struct unit_run *unit, const struct kb_child_outcome *outcome, bool reads_medium)
{
    struct kb_arena *arena = unit->drill->arena;
    int64_t silent = kb_drill_now(unit->drill) - unit->moved_ns;
    bool stalled = silent >= KB_STALLED_S * KB_NS_PER_S;
    bool stuck = outcome->abandoned || (stalled && reads_medium);
    if (!stuck && budget_of_time(unit) < kb_drill_max_duration(unit->drill)) {
        tell_slow(unit);
        return;
    }
    struct kb_finding *finding = kb_finding_make(arena, KB_RULE_TIMED_OUT);
    finding->expected = within(arena, kb_unit_max_duration(unit));
    finding->found = outcome->abandoned
                         ? kb_text_new(arena, "process %d hangs on the medium and cannot even be ended",
                                       "プロセス %d が媒体の応答待ちで止まり、強制終了もできません", outcome->pid)
                         : kb_text_new(arena, "still at work", "まだ終わっていません");
    if (!stuck && reads_medium)
        finding->found = still_at_work(unit);
    if (stalled)
        finding->found = kb_text_new(arena, "%s%.0s; stalled since %s, for %s%.0s, after %s",
                                     "%.0s%s。%s から %.0s%s の間、%s の位置で停止", finding->found.en,
                                     finding->found.ja, kb_time_show(arena, unit->moved_wall_s),
                                     kb_show_ns(arena, silent, KB_EN), kb_show_ns(arena, silent, KB_JA),
                                     kb_show_bytes(arena, unit->moved_bytes));
    kb_unit_finding(unit, finding);
}

void kb_unit_over(struct unit_run *unit, const struct kb_child_outcome *outcome)
{
    struct kb_progress reached = unit->reached;
    reached.entry = entry_of(unit);
    kb_unit_finding(unit, kb_outcome_over(unit->drill->arena, outcome, kb_job_budgets(&unit->job), &reached));
}
