/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a drill, one line each; how one is run and accounted for. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "attend.h"
#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "outcome.h"
#include "resumed.h"

static void left_to_people(struct unit_run *unit);
static void done_by_worker(struct unit_run *unit);

/* The whole machine. */
static const struct step_rule {
    void (*begin)(struct unit_run *unit); /* moves unit->at on, or starts unit->child, or neither: it must wait */
    enum kb_stage stage;                  /* of its worker */
    enum kb_confine_level confined_as;
    bool reads_medium;        /* one at a time per medium */
    enum kb_time_source time; /* how it counts toward the recovery time; declared ones may be missing in the plan */
    bool fault_ends_unit;     /* the steps after it are not run; other units go on */
} rules[] = {
    /* clang-format off */
    /*                     run by          in stage          confined as         medium time              fault ends unit */
    [KB_DO_MANUAL]      = {left_to_people, 0,                0,                  false, KB_TIME_DECLARED, false},
    [KB_DO_WAIT_MEDIUM] = {left_to_people, 0,                0,                  false, KB_TIME_DECLARED, false},
    [KB_DO_DECISION]    = {left_to_people, 0,                0,                  false, KB_TIME_DECLARED, false},
    [KB_DO_VERIFY]      = {done_by_worker, KB_STAGE_VERIFY,  KB_CONFINE_READ,    true,  KB_TIME_MEASURED, true},
    [KB_DO_RESTORE]     = {done_by_worker, KB_STAGE_RESTORE, KB_CONFINE_RESTORE, true,  KB_TIME_MEASURED, true},
    [KB_DO_PROBE]       = {done_by_worker, KB_STAGE_PROBE,   KB_CONFINE_PROBE,   false, KB_TIME_MEASURED, true},
    [KB_DO_COMMAND]     = {done_by_worker, KB_STAGE_PROBE,   KB_CONFINE_PROBE,   false, KB_TIME_MEASURED, true},
    /* clang-format on */
};

/* As many workers at a time: the disk of each is read by one of them anyway. */
enum { WORKERS_MAX = 4 };

static struct kb_record_step *step_of(struct unit_run *unit)
{
    return &unit->record->steps.v[unit->at];
}

bool kb_step_is_automatic(int act)
{
    return rules[act].begin == done_by_worker;
}

/* A drill that restores nothing verifies instead, and has nothing to probe. */
static const struct step_rule *rule_of(struct unit_run *unit)
{
    const struct kb_drill *plan = unit->drill->params->drill;
    int act = step_of(unit)->act;
    if (!plan || plan->restore.amount != KB_RESTORE_NONE)
        return &rules[act];
    if (act == KB_DO_PROBE || act == KB_DO_COMMAND)
        return &rules[KB_DO_MANUAL];
    return act == KB_DO_RESTORE ? &rules[KB_DO_VERIFY] : &rules[act];
}

void kb_step_skip_rest(struct unit_run *unit, enum kb_unit_status status)
{
    for (; unit->at < unit->record->steps.n; unit->at++)
        step_of(unit)->status = status;
}

static void left_to_people(struct unit_run *unit)
{
    struct kb_record_step *step = step_of(unit);
    if (unit->drill->attend && !kb_step_is_automatic(step->act)) {
        kb_attend_step(unit);
        return;
    }
    step->status = KB_UNIT_NOT_RUN;
    step->source = step->declared == KB_ABSENT ? KB_TIME_UNDECLARED : (int)rule_of(unit)->time;
    unit->at++;
}

static void fail_unit(struct unit_run *unit, struct kb_text reason)
{
    unit->failed = true;
    if (!unit->record->reason.ja)
        unit->record->reason = reason;
}

/* One that was not reached stays so; one that does not apply to this worker changes nothing. */
static int merged(int fact, int seen)
{
    return fact == KB_NOT_REACHED || seen == KB_NOT_APPLICABLE ? fact : seen;
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
        sum->proof.opened = merged(sum->proof.opened, seen->proof.opened);
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

/* The list names each file with what was seen of it. */
static void note_segments(struct kb_record_unit *record)
{
    struct kb_set_result *result = &record->result;
    for (size_t i = 0; i < record->segments.n && i < result->segments.n; i++) {
        record->segments.v[i].sha256 = result->segments.v[i].sha256;
        record->segments.v[i].manifest_sha256 = result->segments.v[i].manifest_sha256;
    }
    result->segments.n = 0;
}

static void note_moved(struct unit_run *unit, int64_t bytes)
{
    unit->moved_ns = kb_drill_now(unit->drill);
    unit->moved_wall_s = kb_wall_s();
    unit->moved_bytes = bytes;
}

static void note_reached(struct unit_run *unit, const struct kb_progress *progress)
{
    size_t n = progress->entry ? kb_fit(progress->entry, sizeof unit->entry - 1) : 0;
    memcpy(unit->entry, n ? progress->entry : "", n);
    unit->entry[n] = '\0';
    unit->reached = (struct kb_progress){
        .bytes = progress->bytes, .bytes_total = progress->bytes_total, .entries = progress->entries};
}

static void on_reply(void *owner, const struct kb_reply *reply)
{
    struct unit_run *unit = owner;
    struct drill *drill = unit->drill;
    const struct kb_run_watch *watch = drill->params->watch;
    if (reply->kind == KB_REPLY_PROGRESS) {
        if (!reply->progress->phase || !strcmp(reply->progress->phase, "read"))
            note_reached(unit, reply->progress);
        if (reply->progress->bytes != unit->moved_bytes)
            note_moved(unit, reply->progress->bytes);
        if (watch && watch->unit_progress)
            watch->unit_progress(watch->owner, unit->record, reply->progress);
    } else if (reply->kind == KB_REPLY_CONFINED) {
        unit->record->confinement = reply->confinement;
    } else if (reply->kind == KB_REPLY_RESULT) {
        merge_result(&unit->record->result, reply->result, (enum kb_stage)unit->job.stage, drill->arena);
        if (unit->job.stage == KB_STAGE_RESTORE)
            kb_sample_judge(unit);
        note_segments(unit->record);
        unit->got_result = true;
        const struct kb_encryption *encryption = unit->set->copies.v[unit->record->copy].encryption;
        if (reply->result->files_decrypted > 0 && encryption)
            unit->record->key_used = encryption->key;
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

void kb_unit_finding(struct unit_run *unit, struct kb_finding *finding)
{
    finding->set = unit->set->id;
    finding->medium = unit->medium ? unit->medium->plan->id : NULL;
    finding->file = unit->record->file;
    if (finding->severity == KB_BAD)
        fail_unit(unit, finding->title);
    kb_drill_finding(unit->drill, finding);
}

static void tell_lost(struct unit_run *unit, const struct kb_child_outcome *outcome)
{
    struct drill *drill = unit->drill;
    struct kb_err err = {0};
    kb_outcome_err(outcome, &err);
    kb_event(&drill->events, kb_drill_now(drill), "worker_lost",
             json_pack("{s:s, s:s, s:s}", "set", unit->set->id, "why", err.frame[0].en, "stderr",
                       outcome->said ? outcome->said : ""));
    unit->record->fault = kb_fault_of(drill->arena, &err);
    if (outcome->end ==
        KB_CHILD_LOST) { /* what kills a worker may be the backup; what makes it lie or refuse is ours */
        kb_unit_finding(unit, kb_outcome_lost(drill->arena, outcome));
        return;
    }
    fail_unit(unit, unit->record->fault->frames.v[0]);
    kb_drill_fault(drill, &err);
}

void kb_units_tell_stalled(struct drill *drill)
{
    const struct kb_run_watch *watch = drill->params->watch;
    for (size_t i = 0; watch && watch->unit_stalled && i < drill->n_units; i++) {
        struct unit_run *unit = &drill->units[i];
        if (!unit->child || !rule_of(unit)->reads_medium)
            continue;
        const struct kb_stall stall = {unit->moved_wall_s, kb_drill_now(drill) - unit->moved_ns, unit->moved_bytes};
        if (stall.ns >= KB_STALLED_S * KB_NS_PER_S)
            watch->unit_stalled(watch->owner, unit->record, &stall);
    }
}

static void tell_stuck(struct unit_run *unit)
{
    struct kb_arena *arena = unit->drill->arena;
    struct kb_finding *finding = kb_finding_make(arena, KB_RULE_MEDIUM_UNREADABLE);
    finding->expected = kb_text_new(arena, "a medium that answers", "応答のある媒体");
    finding->found = kb_text_new(arena, "a process that read it before hangs in it and cannot be ended",
                                 "先に読み取ったプロセスが媒体の応答待ちで止まり、終了できません");
    kb_unit_finding(unit, finding);
}

static void cancel_unit(struct unit_run *unit)
{
    struct kb_arena *arena = unit->drill->arena;
    const struct kb_progress *p = &unit->reached;
    unit->canceled = true;
    if (unit->got_result || p->bytes <= 0) {
        fail_unit(unit, (struct kb_text){.ja = "途中で中止しました", .en = "interrupted"});
        return;
    }
    const char *bytes = kb_show_bytes(arena, p->bytes);
    fail_unit(unit, p->bytes_total > 0 ? kb_text_new(arena, "interrupted; %s of %s were read by then",
                                                     "途中で中止しました（%2$s 中 %1$s まで読み取り）", bytes,
                                                     kb_show_bytes(arena, p->bytes_total))
                                       : kb_text_new(arena, "interrupted; %s were read by then",
                                                     "途中で中止しました（%s まで読み取り）", bytes));
}

static void on_ended(void *owner, const struct kb_child_outcome *outcome)
{
    struct unit_run *unit = owner;
    struct drill *drill = unit->drill;
    struct kb_record_step *step = step_of(unit);
    const struct step_rule *rule = rule_of(unit);
    unit->child = NULL;
    drill->running--;
    kb_resumed_end(unit);
    step->ns = kb_drill_now(drill) - step->start_ns;
    if (rule == &rules[step->act]) /* a verification in place of the restore measures no restore */
        step->source = (int)rule->time;
    if (step->act == KB_DO_RESTORE && unit->got_result)
        kb_sample_time(step, &unit->record->result);
    unit->used_ns += step->ns;
    if (rule->reads_medium)
        unit->medium->in_use = false;
    unit->medium->stuck |= outcome->abandoned;
    if (outcome->end == KB_CHILD_TIMED_OUT)
        kb_unit_timed_out(unit, outcome, rule->reads_medium);
    else if (outcome->end == KB_CHILD_OVER)
        kb_unit_over(unit, outcome);
    else if (outcome->end == KB_CHILD_CANCELED)
        cancel_unit(unit);
    else if (outcome->end != KB_CHILD_DONE || !unit->got_result)
        tell_lost(unit, outcome);
    step->status = outcome->end == KB_CHILD_CANCELED ? KB_UNIT_CANCELED : unit->failed ? KB_UNIT_FAILED : KB_UNIT_GOOD;
    kb_event(&drill->events, kb_drill_now(drill), "step_ended",
             json_pack("{s:s, s:s, s:s, s:s, s:b, s:I}", "set", unit->set->id, "step", step->id, "do",
                       kb_step_do_names[step->act], "status", kb_unit_status_names[step->status], "abandoned",
                       outcome->abandoned, "worker_peak_bytes", (json_int_t)outcome->peak_bytes));
    unit->at++;
    if (unit->failed && rule->fault_ends_unit)
        kb_step_skip_rest(unit, unit->canceled ? KB_UNIT_CANCELED : KB_UNIT_NOT_RUN);
    kb_attend_save(drill);
    kb_drill_pump(drill);
}

/* The list of all entries is kept: the record names it, and later ones are compared with it. */
static int open_list(struct unit_run *unit)
{
    if (unit->list_fd >= 0)
        (void)close(unit->list_fd); /* a later pass over the same generation replaces the list */
    unit->record->list = NULL;
    unit->list_fd = open("/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (unit->list_fd < 0) {
        struct kb_err err = {0};
        (void)kb_fail(&err, kb_code_of_errno(errno),
                      "the list of entries of %s cannot be kept: /var/tmp cannot be written: %s",
                      "%s の項目一覧を保存できません。/var/tmp に書き込めません: %s", unit->set->id, strerror(errno));
        kb_drill_fault(unit->drill, &err);
    }
    return unit->list_fd;
}

/* The worker knows no plan: a check command relative to the plan's folder gets its whole path. */
static void give_probes(struct unit_run *unit, const struct kb_step *plan)
{
    struct kb_arena *arena = unit->drill->arena;
    struct kb_probe *probes = kb_alloc(arena, plan->probes.n, sizeof *probes);
    for (size_t i = 0; i < plan->probes.n; i++) {
        probes[i] = plan->probes.v[i];
        if (!probes[i].command.n || probes[i].command.v[0][0] == '/')
            continue;
        const char **argv = kb_alloc(arena, probes[i].command.n, sizeof *argv);
        memcpy(argv, probes[i].command.v, probes[i].command.n * sizeof *argv);
        argv[0] = kb_sprintf(arena, "%s/%s", unit->drill->params->plan->folder, argv[0]);
        probes[i].command.v = argv;
    }
    unit->job_set.probes.n = plan->probes.n;
    unit->job_set.probes.v = probes;
}

/* The key to the copy, if it has one and it is known; a key that cannot be had leaves the copy closed, which is told by
 * whoever reads it. */
static int open_key(const struct unit_run *unit)
{
    const struct kb_run_keys *keys = unit->drill->params->keys;
    const struct kb_encryption *encryption = unit->set->copies.v[unit->record->copy].encryption;
    int fd = 0;
    struct kb_err err = {0};
    if (keys && encryption && keys->open(keys->owner, encryption->key, &fd, &err))
        kb_drill_fault(unit->drill, &err);
    return fd;
}

static void start_worker(struct unit_run *unit, const struct step_rule *rule)
{
    struct drill *drill = unit->drill;
    struct kb_record_step *step = step_of(unit);
    const struct kb_step *plan = unit->plan_steps[unit->at];
    give_probes(unit, plan);
    unit->got_result = false;
    note_reached(unit, &(struct kb_progress){0});
    unit->job = (struct kb_job){
        .stage = (int)rule->stage,
        .zone = drill->params->plan->plan.timezone,
        .sandbox = (int)drill->params->place->sandbox,
        .confine = (int)rule->confined_as,
        .user = drill->params->place->user,
        .set = &unit->job_set,
    };
    int verified_fd = rule->stage == KB_STAGE_VERIFY ? kb_resumed_begin(unit) : -1;
    step->started = kb_wall_s();
    step->start_ns = kb_drill_now(drill);
    note_moved(unit, 0);
    int64_t left_s = kb_unit_max_duration(unit) - unit->used_ns / KB_NS_PER_S;
    int key_fd = rule->reads_medium ? open_key(unit) : 0;
    const struct kb_child_params params = {
        .job = &unit->job,
        .list_fd = rule->reads_medium ? open_list(unit) : -1,
        .key_fd = key_fd,
        .verified_fd = verified_fd,
        /* what is begun may be ended after the time of the run */
        .timeout_s = (left_s < 1 ? 1 : left_s) + drill->params->max_duration,
        .owner = unit,
        .reply = on_reply,
        .ended = on_ended,
    };
    kb_event(&drill->events, step->start_ns, "step_started",
             json_pack("{s:s, s:s, s:s}", "set", unit->set->id, "step", step->id, "do", kb_step_do_names[step->act]));
    struct kb_err err = {0};
    int failed = kb_drill_child(drill, &params, &unit->child, &err);
    if (key_fd > 0)
        (void)close(key_fd);
    if (failed) {
        kb_resumed_end(unit);
        fail_unit(unit, (struct kb_text){.ja = "検査プロセスを起動できませんでした",
                                         .en = "the checking process could not be started"});
        unit->record->fault = kb_fault_of(drill->arena, &err);
        step->status = KB_UNIT_FAILED;
        unit->at++;
        kb_step_skip_rest(unit, KB_UNIT_NOT_RUN);
        return;
    }
    if (rule->reads_medium)
        unit->medium->in_use = true;
    const struct kb_run_watch *watch = drill->params->watch;
    if (watch && watch->unit_started)
        watch->unit_started(watch->owner, unit->record, step);
}

static void done_by_worker(struct unit_run *unit)
{
    const struct step_rule *rule = rule_of(unit);
    if (!kb_attend_medium(unit, rule->reads_medium))
        return;
    if (rule->reads_medium && unit->medium->stuck) {
        tell_stuck(unit);
        kb_step_skip_rest(unit, KB_UNIT_NOT_RUN);
    } else if (kb_resumed_is_late(unit)) {
        kb_resumed_tell_late(unit);
        kb_step_skip_rest(unit, KB_UNIT_NOT_RUN);
    } else if (unit->drill->running < WORKERS_MAX && !(rule->reads_medium && unit->medium->in_use)) {
        start_worker(unit, rule);
    } /* else it is asked again when a worker ends */
}

void kb_step_next(struct unit_run *unit)
{
    for (size_t before = SIZE_MAX; unit->at != before && unit->at < unit->record->steps.n && !unit->child;) {
        before = unit->at;
        rule_of(unit)->begin(unit);
    }
}
