/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a drill, one line each; how one is run and accounted for. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "drill.h"
#include "koboshi/arena.h"
#include "koboshi/err.h"

/*
 * step          done by   worker stage         confined as  reads the medium  counts toward recovery time  if it fails
 * All steps count; people's steps count with the time the plan declares, until somebody attends the drill. A step that
 * fails ends its unit: later steps of workers are not run, other units go on.
 */
static const struct step_rule {
    bool automatic;
    enum kb_stage stage;
    bool reads_medium;
} rules[] = {
    /* manual      */ [KB_DO_MANUAL] = {false},     /* people  –        –        no   declared  – */
    /* wait_medium */[KB_DO_WAIT_MEDIUM] = {false}, /* people  –        –        no   retrieval – */
    /* decision    */[KB_DO_DECISION] = {false},    /* people  –        –        no   declared  – */
    /* verify      */[KB_DO_VERIFY] = {true, KB_STAGE_VERIFY,
                                       true}, /* worker  verify   READ     yes  measured  ends the unit */
    /* restore     */[KB_DO_RESTORE] = {true, KB_STAGE_RESTORE,
                                        true}, /* worker  restore  RESTORE  yes  measured  ends the unit */
    /* probe       */[KB_DO_PROBE] = {true, KB_STAGE_PROBE,
                                      false}, /* worker  probe    PROBE    no   measured  ends the unit */
};

/* As many workers at a time: the disk of each is read by one of them anyway. */
enum { WORKERS_MAX = 4 };

static struct kb_record_step *step_of(struct unit_run *unit)
{
    return &unit->record->steps.v[unit->at];
}

static bool restores_nothing(const struct drill *drill)
{
    return drill->params->drill && drill->params->drill->restore == KB_RESTORE_NONE;
}

void kb_step_skip_rest(struct unit_run *unit, enum kb_unit_status status)
{
    for (; unit->at < unit->record->steps.n; unit->at++)
        step_of(unit)->status = status;
}

static void fail_unit(struct unit_run *unit, struct kb_text reason)
{
    unit->failed = true;
    if (!unit->record->reason.ja)
        unit->record->reason = reason;
}

/* What one worker saw, added to what the unit's earlier workers saw. */
static void merge_result(struct kb_set_result *sum, const struct kb_set_result *seen, enum kb_stage stage,
                         struct kb_arena *arena)
{
    size_t n_caveats = sum->caveats.n;
    struct kb_text *caveats = sum->caveats.v;
    if (stage == KB_STAGE_PROBE) {
        sum->probes += seen->probes;
        sum->probes_good += seen->probes_good;
        if (sum->proof.opened != KB_NOT_REACHED)
            sum->proof.opened = seen->proof.opened;
    } else {
        int64_t probes = sum->probes, probes_good = sum->probes_good;
        int opened = sum->proof.opened;
        *sum = *seen;
        sum->probes = probes;
        sum->probes_good = probes_good;
        sum->proof.opened = opened;
        sum->caveats.n = n_caveats;
        sum->caveats.v = caveats;
    }
    for (size_t i = 0; i < seen->caveats.n; i++) {
        sum->caveats.v = kb_grow(arena, sum->caveats.v, sum->caveats.n, sizeof *sum->caveats.v);
        sum->caveats.v[sum->caveats.n++] = seen->caveats.v[i];
    }
}

static void on_reply(void *owner, const struct kb_reply *reply)
{
    struct unit_run *unit = owner;
    struct drill *drill = unit->drill;
    const struct kb_run_watch *watch = drill->params->watch;
    if (reply->kind == KB_REPLY_PROGRESS) {
        if (watch && watch->unit_progress)
            watch->unit_progress(watch->owner, unit->record, reply->progress);
    } else if (reply->kind == KB_REPLY_CONFINED) {
        unit->record->confinement = reply->confinement;
    } else if (reply->kind == KB_REPLY_RESULT) {
        merge_result(&unit->record->result, reply->result, (enum kb_stage)unit->job.stage, drill->arena);
        unit->got_result = true;
    } else if (reply->kind == KB_REPLY_FINDING) {
        struct kb_finding *finding = kb_alloc(drill->arena, 1, sizeof *finding);
        *finding = *reply->finding;
        finding->set = unit->set->id; /* ours, whatever the worker says */
        finding->medium = unit->medium->plan->id;
        finding->file = unit->record->file;
        if (finding->severity == KB_BAD)
            fail_unit(unit, finding->title);
        kb_drill_finding(drill, finding);
    }
}

static struct kb_finding *unit_finding(struct unit_run *unit, enum kb_rule_id rule)
{
    struct kb_finding *finding = kb_finding_make(unit->drill->arena, rule);
    finding->set = unit->set->id;
    finding->medium = unit->medium ? unit->medium->plan->id : NULL;
    finding->file = unit->record->file;
    fail_unit(unit, finding->title);
    return finding;
}

static void tell_lost(struct unit_run *unit, const struct kb_child_outcome *outcome)
{
    struct drill *drill = unit->drill;
    struct kb_err err = {0};
    if (outcome->fault)
        kb_fault_to_err(outcome->fault, &err);
    else
        (void)kb_fail(&err, KB_EWORKER, "the checking process left without a result",
                      "検査プロセスが結果を出さずに終了しました");
    struct kb_finding *finding = unit_finding(unit, KB_RULE_WORKER_LOST);
    finding->expected = kb_text_new(drill->arena, "a result", "検査結果");
    enum { SAID_SHOWN = 300 }; /* bytes: its first words; all of it is in the events */
    const char *said = outcome->said ? outcome->said : "";
    finding->found = kb_text_new(drill->arena, "%s%.0s%s%.*s", "%.0s%s%s%.*s", err.frame[0].en, err.frame[0].ja,
                                 *said ? ": " : "", (int)kb_fit(said, SAID_SHOWN), said);
    kb_event(&drill->events, kb_drill_now(drill), "worker_lost",
             json_pack("{s:s, s:s, s:s}", "set", unit->set->id, "why", err.frame[0].en, "stderr", said));
    kb_drill_finding(drill, finding);
    unit->record->fault = outcome->fault ? outcome->fault : kb_fault_of(drill->arena, &err);
    if (outcome->end != KB_CHILD_LOST) /* what kills a worker may be the backup; what makes it lie or refuse is ours */
        kb_drill_fault(drill, &err);
}

static void tell_timed_out(struct unit_run *unit)
{
    struct kb_arena *arena = unit->drill->arena;
    int64_t limit = kb_drill_max_duration(unit->drill);
    struct kb_finding *finding = unit_finding(unit, KB_RULE_TIMED_OUT);
    finding->expected = kb_text_new(arena, "done within %s%.0s", "%.0s%s 以内に完了",
                                    kb_show_ns(arena, limit * KB_NS_PER_S, KB_EN),
                                    kb_show_ns(arena, limit * KB_NS_PER_S, KB_JA));
    finding->found = kb_text_new(arena, "still at work", "まだ終わっていません");
    kb_drill_finding(unit->drill, finding);
}

/* Nothing is green that checked nothing, whatever the worker believes. */
static void doubt(struct unit_run *unit)
{
    const struct kb_set_result *result = &unit->record->result;
    if (unit->job.stage == KB_STAGE_PROBE || unit->failed || (result->files > 0 && result->bytes_read > 0))
        return;
    struct kb_finding *finding = unit_finding(unit, KB_RULE_ZERO_FILES);
    finding->expected = kb_text_new(unit->drill->arena, "at least one file", "1つ以上のファイル");
    finding->found = kb_text_new(unit->drill->arena, "none", "0件");
    kb_drill_finding(unit->drill, finding);
}

static void on_ended(void *owner, const struct kb_child_outcome *outcome)
{
    struct unit_run *unit = owner;
    struct drill *drill = unit->drill;
    struct kb_record_step *step = step_of(unit);
    unit->child = NULL;
    drill->running--;
    step->ns = kb_drill_now(drill) - step->start_ns;
    step->source = KB_TIME_MEASURED;
    unit->used_ns += step->ns;
    if (rules[step->act].reads_medium && !outcome->abandoned)
        unit->medium->in_use = false;
    unit->medium->stuck |= outcome->abandoned;
    if (outcome->peak_bytes > drill->worker_peak_bytes)
        drill->worker_peak_bytes = outcome->peak_bytes;
    if (outcome->end == KB_CHILD_TIMED_OUT)
        tell_timed_out(unit);
    else if (outcome->end == KB_CHILD_CANCELED)
        fail_unit(unit, (struct kb_text){.ja = "中止されました", .en = "cancelled"});
    else if (outcome->end != KB_CHILD_DONE || !unit->got_result)
        tell_lost(unit, outcome);
    else
        doubt(unit);
    step->status = outcome->end == KB_CHILD_CANCELED ? KB_UNIT_CANCELED : unit->failed ? KB_UNIT_FAILED : KB_UNIT_GOOD;
    kb_event(&drill->events, kb_drill_now(drill), "step_ended",
             json_pack("{s:s, s:s, s:s, s:i, s:I}", "set", unit->set->id, "step", step->id, "do",
                       kb_step_do_names[step->act], "status", step->status, "worker_peak_bytes",
                       (json_int_t)outcome->peak_bytes));
    unit->at++;
    kb_drill_pump(drill);
}

static int open_list(struct unit_run *unit)
{
    if (unit->list_fd >= 0)
        (void)close(unit->list_fd); /* a later pass over the same generation replaces the list */
    unit->list_fd = open("/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return unit->list_fd;
}

static void start(struct unit_run *unit)
{
    struct drill *drill = unit->drill;
    struct kb_record_step *step = step_of(unit);
    const struct step_rule *rule = &rules[step->act];
    unit->job_set.probes.n = 0;
    if (step->act == KB_DO_PROBE) {
        unit->job_set.probes.n = unit->plan_steps[unit->at]->probes.n;
        unit->job_set.probes.v = unit->plan_steps[unit->at]->probes.v;
    }
    unit->got_result = false;
    unit->job = (struct kb_job){
        .stage = (int)(rule->stage == KB_STAGE_RESTORE && restores_nothing(drill) ? KB_STAGE_VERIFY : rule->stage),
        .zone = drill->params->plan->plan.timezone,
        .sandbox = (int)drill->params->place->sandbox,
        .user = drill->params->place->user,
        .set = &unit->job_set,
    };
    step->started = kb_wall_s();
    step->start_ns = kb_drill_now(drill);
    struct kb_child_params params = {
        .job = &unit->job,
        .list_fd = rule->reads_medium ? open_list(unit) : -1,
        .timeout_s = kb_drill_max_duration(drill) - unit->used_ns / KB_NS_PER_S,
        .owner = unit,
        .reply = on_reply,
        .ended = on_ended,
    };
    if (params.timeout_s < 1)
        params.timeout_s = 1;
    kb_event(&drill->events, step->start_ns, "step_started",
             json_pack("{s:s, s:s, s:s}", "set", unit->set->id, "step", step->id, "do", kb_step_do_names[step->act]));
    if (kb_drill_child(drill, &params, &unit->child)) {
        fail_unit(unit, (struct kb_text){.ja = "検査プロセスを起動できませんでした",
                                         .en = "the checking process could not be started"});
        unit->record->fault = kb_fault_of(drill->arena, &drill->fault);
        step->status = KB_UNIT_FAILED;
        unit->at++;
        return;
    }
    if (rule->reads_medium)
        unit->medium->in_use = true;
    const struct kb_run_watch *watch = drill->params->watch;
    if (watch && watch->unit_started)
        watch->unit_started(watch->owner, unit->record, step);
}

void kb_step_next(struct unit_run *unit)
{
    struct drill *drill = unit->drill;
    while (unit->at < unit->record->steps.n && !unit->child) {
        struct kb_record_step *step = step_of(unit);
        const struct step_rule *rule = &rules[step->act];
        bool nothing_to_probe = step->act == KB_DO_PROBE && restores_nothing(drill);
        if (!rule->automatic || unit->failed || nothing_to_probe) {
            step->status = KB_UNIT_NOT_RUN;
            unit->at++;
            continue;
        }
        if (drill->running >= WORKERS_MAX || (rule->reads_medium && unit->medium->in_use))
            return; /* asked again when a worker ends */
        if (unit->medium->stuck) {
            fail_unit(unit, (struct kb_text){.ja = "媒体が応答しません", .en = "the medium does not answer"});
            continue;
        }
        start(unit);
    }
}
