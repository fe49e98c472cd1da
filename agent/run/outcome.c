/* SPDX-License-Identifier: Apache-2.0 */
/* Findings about workers, in the words of the agent. */
#include "outcome.h"

#include "koboshi/arena.h"
#include "koboshi/budgets.h"
#include "koboshi/clock.h"
#include "koboshi/err.h"

void kb_outcome_err(const struct kb_child_outcome *outcome, struct kb_err *ret_err)
{
    if (outcome->fault)
        kb_fault_to_err(outcome->fault, ret_err);
    else if (outcome->abandoned)
        (void)kb_fail(ret_err, KB_EWORKER, "process %d hangs in the kernel and cannot even be ended",
                      "プロセス %d がカーネル内で止まり、強制終了もできません", outcome->pid);
    else if (outcome->end == KB_CHILD_CANCELED || outcome->end == KB_CHILD_TIMED_OUT)
        (void)kb_fail(ret_err, KB_EWORKER, "the process had to be ended before it was done",
                      "処理が終わらないため、プロセスを終了させました");
    else
        (void)kb_fail(ret_err, KB_EWORKER, "the process left without a result", "プロセスが結果を出さずに終了しました");
}

struct kb_finding *kb_outcome_lost(struct kb_arena *arena, const struct kb_child_outcome *outcome)
{
    enum { SAID_SHOWN = 300 }; /* bytes: its first words; all of it is in the events */
    const char *said = outcome->said ? outcome->said : "";
    struct kb_err err = {0};
    kb_outcome_err(outcome, &err);
    struct kb_finding *finding = kb_finding_make(arena, KB_RULE_WORKER_LOST);
    finding->expected = kb_text_new(arena, "a result", "検査結果");
    finding->found = kb_text_new(arena, "%s%.0s%s%.*s", "%.0s%s%s%.*s", err.frame[0].en, err.frame[0].ja,
                                 *said ? ": " : "", (int)kb_fit(said, SAID_SHOWN), said);
    return finding;
}

struct kb_text kb_outcome_where(struct kb_arena *arena, const struct kb_progress *reached)
{
    int64_t entries = reached->entries > 0 ? reached->entries : 0, bytes = reached->bytes > 0 ? reached->bytes : 0;
    return kb_text_new(arena, "after %s entries, %s read", "%s 項目・%s を読み取った時点",
                       kb_show_count(arena, entries), kb_show_bytes(arena, bytes));
}

struct kb_finding *kb_outcome_over(struct kb_arena *arena, const struct kb_child_outcome *outcome,
                                   const struct kb_budgets *budgets, const struct kb_progress *reached)
{
    bool memory = outcome->memory != KB_ABSENT;
    struct kb_text where = kb_outcome_where(arena, reached);
    struct kb_finding *finding = kb_finding_make(arena, KB_RULE_BUDGET);
    finding->entry = reached->entry;
    if (memory) {
        finding->expected = kb_text_new(arena, "at most %s of memory", "メモリ %s 以内",
                                        kb_show_bytes(arena, budgets->memory));
        finding->found = kb_text_new(arena, "the check needs more: it had %1$s %2$s%3$.0s",
                                     "検査にこれより多く必要です。%3$sで %1$s%2$.0s",
                                     kb_show_bytes(arena, outcome->memory), where.en, where.ja);
    } else {
        finding->expected = kb_text_new(arena, "at most %s%.0s of processor time", "%.0sCPU時間 %s以内",
                                        kb_show_ns(arena, budgets->cpu * KB_NS_PER_S, KB_EN),
                                        kb_show_ns(arena, budgets->cpu * KB_NS_PER_S, KB_JA));
        finding->found = kb_text_new(arena, "the check needs more: not done %s%.0s",
                                     "検査にこれより多く必要です。%.0s%sで未完了", where.en, where.ja);
    }
    finding->expected = kb_budget_limit(arena, finding->expected, memory ? "memory" : "cpu");
    return finding;
}

struct kb_finding *kb_outcome_nothing(struct kb_arena *arena, const struct kb_set_result *result)
{
    if (result->files > 0 && result->bytes_read > 0)
        return NULL;
    struct kb_finding *finding = kb_finding_make(arena, KB_RULE_ZERO_FILES);
    finding->expected = kb_text_new(arena, "at least one file, read to its end", "最後まで読めたファイルが1つ以上");
    finding->found = kb_text_new(arena, "%s files, %s read", "%s ファイル、読み取り %s",
                                 kb_show_count(arena, result->files), kb_show_bytes(arena, result->bytes_read));
    return finding;
}
