/* SPDX-License-Identifier: Apache-2.0 */
/* Drills that restore a sample: what must be in it, how long everything would take, and what is not shown. */
#include <string.h>

#include "drill.h"
#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/sample.h"

int64_t kb_drill_sample(const struct drill *drill)
{
    const struct kb_drill *plan = drill->params->drill;
    if (!plan || drill->params->kind != KB_RECORD_DRILL || plan->restore.amount == KB_RESTORE_NONE ||
        plan->restore.sample >= 100)
        return KB_ABSENT;
    return plan->restore.sample;
}

static void add(struct unit_run *unit, const char *path, int64_t at_least)
{
    struct kb_job_set *job = &unit->job_set;
    if (!path)
        return;
    job->always.v = kb_grow(unit->drill->arena, job->always.v, job->always.n, sizeof *job->always.v);
    job->always.v[job->always.n++] = (struct kb_job_always){.path = path, .at_least = at_least};
}

/* What SQLite keeps beside a database is part of it. */
static void add_database(struct unit_run *unit, const char *path)
{
    static const char *const beside[] = {"", "-wal", "-journal", "-shm"};
    for (size_t i = 0; path && i < sizeof beside / sizeof *beside; i++)
        add(unit, kb_sprintf(unit->drill->arena, "%s%s", path, beside[i]), KB_ABSENT);
}

void kb_unit_sample(struct unit_run *unit)
{
    struct kb_job_set *job = &unit->job_set;
    job->sample = kb_drill_sample(unit->drill);
    job->seed = unit->drill->record->seed;
    if (job->sample == KB_ABSENT)
        return;
    const struct kb_expect *expect = unit->set->expect;
    for (size_t i = 0; expect && i < expect->canary.n; i++)
        add(unit, expect->canary.v[i].path, KB_ABSENT);
    for (size_t i = 0; i < unit->record->steps.n; i++) {
        const struct kb_step *step = unit->plan_steps[i];
        for (size_t k = 0; k < step->probes.n; k++) {
            const struct kb_probe *probe = &step->probes.v[k];
            add(unit, probe->files, probe->at_least > 1 ? probe->at_least : 1);
            add(unit, probe->sha256, KB_ABSENT);
            add(unit, probe->opens, KB_ABSENT);
            add(unit, probe->csv, KB_ABSENT);
            add_database(unit, probe->sqlite);
        }
    }
}

void kb_sample_judge(struct unit_run *unit)
{
    struct kb_set_result *result = &unit->record->result;
    const struct kb_sample_seen *sample = result->sample;
    bool asked = unit->job_set.sample != KB_ABSENT;
    bool same = sample && sample->percent == unit->job_set.sample && sample->seed == unit->job_set.seed;
    if (asked ? !same : sample != NULL)
        result->proof.restored = KB_NOT_REACHED;
}

void kb_sample_time(struct kb_record_step *step, const struct kb_set_result *result)
{
    int64_t rest = kb_result_sample(result) ? kb_sample_rest_ns(result->sample) : 0;
    if (!rest && !kb_result_sample(result))
        return;
    step->source = rest == KB_ABSENT ? KB_TIME_UNDECLARED : KB_TIME_ESTIMATED;
    if (rest != KB_ABSENT && __builtin_add_overflow(step->ns, rest, &step->estimated_ns))
        step->estimated_ns = INT64_MAX;
}

static bool has_command(const struct unit_run *unit)
{
    for (size_t i = 0; i < unit->record->steps.n; i++)
        for (size_t k = 0; k < unit->plan_steps[i]->probes.n; k++)
            if (unit->plan_steps[i]->probes.v[k].command.n)
                return true;
    return false;
}

void kb_sample_limits(struct drill *drill)
{
    struct kb_arena *arena = drill->arena;
    for (size_t i = 0; i < drill->n_units; i++) {
        const struct unit_run *unit = &drill->units[i];
        const struct kb_sample_seen *sample = unit->record->result.sample;
        bool again = false; /* a set that two systems need: the same lots, the same sample */
        for (size_t k = 0; k < i; k++)
            again |= drill->units[k].set == unit->set && kb_result_sample(&drill->units[k].record->result);
        if (again || !kb_result_sample(&unit->record->result))
            continue;
        kb_not_proven(drill,
                      kb_text_new(arena,
                                  "Of %s only a sample of %lld%% was restored: %s of %s files, %s of %s. That "
                                  "the others can be written back is not shown, and how long that takes is an "
                                  "estimate.",
                                  "%1$s は %2$lld%% の抜き取りだけを復元しました（%4$s ファイル中 %3$s、%6$s 中 "
                                  "%5$s）。残りを書き戻せることは示していません。全部の復元にかかる時間は推定です。",
                                  unit->set->id, (long long)sample->percent, kb_show_count(arena, sample->files_taken),
                                  kb_show_count(arena, sample->files), kb_show_bytes(arena, sample->bytes_taken),
                                  kb_show_bytes(arena, sample->bytes)));
        if (has_command(unit))
            kb_not_proven(drill, kb_text_new(arena, "The check commands of %s saw the sample only, not all files.",
                                             "%s の確認コマンドが見たのは抜き取り分だけで、全ファイルではありません。",
                                             unit->set->id));
    }
}
