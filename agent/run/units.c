/* SPDX-License-Identifier: Apache-2.0 */
/* The units of a drill: which there are, in which order they may start, and how each ends. */
#include <string.h>
#include <unistd.h>

#include "attend.h"
#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "outcome.h"
#include "resumed.h"

/* A set without `recovery` is restored, and nothing more is asked of it. */
static const struct kb_step default_step = {.id = "restore",
                                            .act = KB_DO_RESTORE,
                                            .expect = KB_ABSENT,
                                            .text = {.ja = "復元（検証を含む）", .en = "Restore (with verification)"}};
static const struct kb_step verify_step = {
    .id = "verify", .act = KB_DO_VERIFY, .expect = KB_ABSENT, .text = {.ja = "検証", .en = "Verify"}};

static bool applies(const struct kb_step *step, const struct kb_threat *threat)
{
    for (size_t i = 0; i < step->threats.n; i++)
        if (threat && !strcmp(step->threats.v[i], threat->id))
            return true;
    return step->threats.n == 0;
}

static int64_t declared_time(const struct drill *drill, const struct kb_step *step)
{
    int64_t declared = step->expect;
    for (size_t i = 0; step->act == KB_DO_WAIT_MEDIUM && declared == KB_ABSENT && i < step->media.n; i++) {
        int64_t retrieval = kb_plan_medium(drill->params->plan, step->media.v[i])->retrieval;
        declared = retrieval > declared ? retrieval : declared; /* the worst of the disks it may be */
    }
    return declared;
}

static void add_step(struct unit_run *unit, const struct kb_step *step)
{
    struct drill *drill = unit->drill;
    struct kb_record_unit *record = unit->record;
    size_t n = record->steps.n;
    unit->plan_steps = kb_grow(drill->arena, (void *)(uintptr_t)unit->plan_steps, n, sizeof *unit->plan_steps);
    ((const struct kb_step **)(uintptr_t)unit->plan_steps)[n] = step;
    record->steps.v = kb_grow(drill->arena, record->steps.v, n, sizeof *record->steps.v);
    int64_t declared = declared_time(drill, step);
    record->steps.v[record->steps.n++] = (struct kb_record_step){
        .id = step->id,
        .act = step->act,
        .status = KB_UNIT_NOT_RUN,
        .who = kb_step_is_automatic(step->act) ? "koboshi" : step->role,
        .text = step->text,
        .started = KB_ABSENT,
        .start_ns = KB_ABSENT,
        .ns = KB_ABSENT,
        .estimated_ns = KB_ABSENT,
        .source = declared == KB_ABSENT ? KB_TIME_UNDECLARED : KB_TIME_DECLARED,
        .declared = declared,
        .ended = KB_ABSENT,
        .paused_ns = KB_ABSENT,
        .entered_later = KB_ABSENT,
    };
}

static void plan_steps(struct unit_run *unit)
{
    const struct kb_run_params *params = unit->drill->params;
    if (params->kind == KB_RECORD_VERIFY) {
        add_step(unit, &verify_step);
        return;
    }
    const struct kb_procedure *procedure = unit->set->recovery ? kb_plan_procedure(params->plan, unit->set->recovery)
                                                               : NULL;
    for (size_t i = 0; procedure && i < procedure->steps.n; i++)
        if (applies(&procedure->steps.v[i], unit->drill->threat))
            add_step(unit, &procedure->steps.v[i]);
    if (!procedure)
        add_step(unit, &default_step);
}

static void add_unit(struct drill *drill, const struct kb_system *system, const struct kb_set *set)
{
    drill->units = kb_grow(drill->arena, drill->units, drill->n_units, sizeof *drill->units);
    drill->units[drill->n_units++] = (struct unit_run){.drill = drill, .system = system, .set = set, .list_fd = -1};
}

static bool is_named(const char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(names[i], name))
            return true;
    return n == 0;
}

static const struct kb_system *system_of(const struct kb_plan *plan, const struct kb_set *set)
{
    for (size_t i = 0; i < plan->systems.n; i++)
        for (size_t k = 0; k < plan->systems.v[i].backup_sets.n; k++)
            if (!strcmp(plan->systems.v[i].backup_sets.v[k], set->id))
                return &plan->systems.v[i];
    return NULL;
}

static void find_units(struct drill *drill)
{
    const struct kb_run_params *params = drill->params;
    const struct kb_plan *plan = params->plan;
    for (size_t i = 0; params->kind == KB_RECORD_VERIFY && i < plan->backup_sets.n; i++)
        if (is_named(params->sets, params->n_sets, plan->backup_sets.v[i].id))
            add_unit(drill, system_of(plan, &plan->backup_sets.v[i]), &plan->backup_sets.v[i]);
    for (size_t i = 0; params->kind == KB_RECORD_DRILL && i < plan->systems.n; i++) {
        const struct kb_system *system = &plan->systems.v[i];
        const char *const *of_drill = params->drill ? params->drill->systems.v : NULL;
        if (!is_named(of_drill, params->drill ? params->drill->systems.n : 0, system->id) ||
            !is_named(params->systems, params->n_systems, system->id) ||
            (params->host && (!system->on || strcmp(system->on, params->host) != 0)))
            continue;
        for (size_t k = 0; k < system->backup_sets.n; k++)
            add_unit(drill, system, kb_plan_set(plan, system->backup_sets.v[k]));
    }
}

int kb_units_plan(struct drill *drill, struct kb_err *err)
{
    find_units(drill);
    if (!drill->n_units)
        return kb_fail(err, KB_EUSAGE, "there is nothing to check: the systems chosen have no backup sets",
                       "検査するものがありません。選ばれたシステムにバックアップセットがありません");
    drill->record->units.v = kb_alloc(drill->arena, drill->n_units, sizeof *drill->record->units.v);
    drill->record->units.n = drill->n_units;
    for (size_t i = 0; i < drill->n_units; i++) {
        struct unit_run *unit = &drill->units[i];
        unit->record = &drill->record->units.v[i];
        *unit->record = (struct kb_record_unit){
            .system = unit->system ? unit->system->id : NULL,
            .set = unit->set->id,
            .system_title = unit->system ? unit->system->title : (struct kb_text){0},
            .title = unit->set->title.ja || unit->set->title.en || !unit->system ? unit->set->title
                                                                                 : unit->system->title,
            .copy = KB_ABSENT,
            .point_in_time = KB_ABSENT,
            .age_s = KB_ABSENT,
            .status = KB_UNIT_NOT_RUN,
        };
        kb_shape_init(&kb_set_result_shape, &unit->record->result);
        plan_steps(unit);
    }
    return 0;
}

/* NULL for a verification. Two systems may need the same set. */
const char *kb_unit_scratch(const struct unit_run *unit)
{
    const struct drill *drill = unit->drill;
    bool shared = false;
    for (size_t i = 0; i < drill->n_units; i++)
        shared |= &drill->units[i] != unit && drill->units[i].set == unit->set;
    if (drill->params->kind == KB_RECORD_VERIFY)
        return NULL;
    return shared ? kb_sprintf(drill->arena, "%s/%s+%s", drill->record->scratch, unit->system->id, unit->set->id)
                  : kb_sprintf(drill->arena, "%s/%s", drill->record->scratch, unit->set->id);
}

/* The files of the generation, in order, as its workers open and name them. */
static void fill_segments(struct kb_job_set *job, const struct kb_generation *generation, const char *root,
                          struct kb_arena *arena)
{
    job->segments.v = kb_alloc(arena, generation->segments.n, sizeof *job->segments.v);
    for (size_t i = 0; i < generation->segments.n; i++) {
        struct kb_segment *segment = &job->segments.v[job->segments.n++];
        *segment = generation->segments.v[i];
        segment->file = segment->path;
        segment->path = kb_sprintf(arena, "%s/%s", root, segment->file);
        if (segment->manifest)
            segment->manifest = kb_sprintf(arena, "%s/%s", root, segment->manifest);
    }
}

/* The job of the unit's workers; paths only, they open them themselves. */
static void fill_job(struct unit_run *unit)
{
    struct drill *drill = unit->drill;
    const struct kb_generation *generation = unit->generation;
    const char *root = unit->medium->state.root;
    const struct kb_set *set = unit->set;
    const char *scratch = kb_unit_scratch(unit);
    const char *target_fs = unit->system && unit->system->restore_to ? unit->system->restore_to->fs : NULL;
    unit->job_set = (struct kb_job_set){
        .set = set->id,
        .format = set->format,
        .tool = set->tool,
        .chain_kind = set->chain ? set->chain->kind : 0,
        .unpack = set->unpack,
        .as = set->as,
        .name_encoding = set->name_encoding,
        .medium = unit->medium->plan->id,
        .file = generation->path,
        .source = kb_sprintf(drill->arena, "%s/%s", root, generation->path),
        .manifest = generation->manifest ? kb_sprintf(drill->arena, "%s/%s", root, generation->manifest) : NULL,
        .scratch = scratch,
        .temp = scratch ? kb_sprintf(drill->arena, "%s.tmp", scratch) : NULL,
        .target_fs = target_fs,
        .min_files = set->expect ? set->expect->min_files : KB_ABSENT,
        .min_bytes = set->expect ? set->expect->min_bytes : KB_ABSENT,
        .budgets = set->budgets,
        .order = (int)drill->params->order,
        .seconds = KB_ABSENT,
    };
    if (set->expect) {
        unit->job_set.canary.n = set->expect->canary.n;
        unit->job_set.canary.v = set->expect->canary.v;
    }
    fill_segments(&unit->job_set, generation, root, drill->arena);
    kb_unit_sample(unit);
}

void kb_unit_start(struct unit_run *unit)
{
    unit->started = true;
    fill_job(unit);
}

static bool dependencies_ended(const struct unit_run *unit)
{
    const struct drill *drill = unit->drill;
    for (size_t i = 0; unit->system && i < drill->n_units; i++) {
        const struct unit_run *other = &drill->units[i];
        if (other->ended || !other->system || other->system == unit->system)
            continue;
        for (size_t k = 0; k < unit->system->depends_on.n; k++)
            if (!strcmp(unit->system->depends_on.v[k], other->system->id))
                return false;
    }
    return true;
}

static bool earlier_set_ended(const struct unit_run *unit)
{
    for (const struct unit_run *other = unit->drill->units; other < unit; other++)
        if (unit->system && other->system == unit->system && !other->ended)
            return false;
    return true;
}

static bool has_warning(const struct unit_run *unit)
{
    const struct drill *drill = unit->drill;
    for (size_t i = 0; i < drill->n_findings; i++) {
        const struct kb_finding *finding = &drill->record->findings.v[i];
        if (finding->severity == KB_WARN && finding->set && !strcmp(finding->set, unit->set->id))
            return true;
        if (finding->severity == KB_WARN && !finding->set && finding->medium && unit->medium &&
            !strcmp(finding->medium, unit->medium->plan->id))
            return true;
    }
    return false;
}

/* Also a procedure without a step for a worker ends here, and has shown nothing. */
static void doubt(struct unit_run *unit)
{
    struct kb_finding *nothing = kb_outcome_nothing(unit->drill->arena, &unit->record->result);
    if (nothing)
        kb_unit_finding(unit, nothing);
}

/* Before this step something was restored that a person could look at. */
static bool was_restored_before(const struct kb_record_unit *unit, size_t step)
{
    bool done = false;
    for (size_t i = 0; i < step; i++)
        done |= unit->steps.v[i].act == KB_DO_RESTORE && unit->steps.v[i].status == KB_UNIT_GOOD;
    return done && unit->result.files_restored > 0;
}

/* A named person of the business looked at it and said yes. */
static void note_acceptance(struct unit_run *unit)
{
    for (size_t i = 0; unit->drill->attend && i < unit->record->steps.n; i++) {
        const struct kb_step *plan = unit->plan_steps[i];
        const struct kb_record_step *step = &unit->record->steps.v[i];
        if (plan->level && !strcmp(plan->level, "L6"))
            unit->record->result.proof.accepted = step->status == KB_UNIT_GOOD && step->by &&
                                                          was_restored_before(unit->record, i)
                                                      ? KB_REACHED
                                                      : KB_NOT_REACHED;
    }
}

void kb_unit_settle(struct unit_run *unit)
{
    struct kb_record_unit *record = unit->record;
    if (unit->canceled)
        record->status = KB_UNIT_CANCELED;
    else if (!unit->medium && !unit->failed)
        record->status = KB_UNIT_NOT_RUN;
    else
        record->status = unit->failed ? KB_UNIT_FAILED
                                      : kb_resumed_status(unit, has_warning(unit) ? KB_UNIT_CONDITIONAL : KB_UNIT_GOOD);
    note_acceptance(unit);
    record->proof = kb_proof_show(unit->drill->arena, &record->result.proof, kb_result_sample(&record->result));
}

static void end_unit(struct unit_run *unit)
{
    struct drill *drill = unit->drill;
    unit->ended = true;
    kb_unit_settle(unit);
    const struct kb_run_watch *watch = drill->params->watch;
    if (watch && watch->unit_ended && !kb_attend_is_stopped(drill))
        watch->unit_ended(watch->owner, unit->record);
}

/* No copy to work on, or cancelled before its last step. */
static void cut_short(struct unit_run *unit)
{
    unit->canceled |= unit->drill->canceled && unit->at < unit->record->steps.n;
    if (unit->canceled && !unit->record->reason.ja)
        unit->record->reason = (struct kb_text){.ja = "始める前に中止しました",
                                                .en = "interrupted before it was begun"};
    kb_step_skip_rest(unit, unit->drill->canceled ? KB_UNIT_CANCELED : KB_UNIT_NOT_RUN);
}

static void pump_unit(struct unit_run *unit)
{
    bool canceled = unit->drill->canceled;
    if (!unit->started && unit->medium && !canceled)
        kb_unit_start(unit);
    if ((unit->medium || unit->drill->attend) && !canceled)
        kb_step_next(unit);
    else if (!unit->child)
        cut_short(unit);
    if (unit->at < unit->record->steps.n || unit->child)
        return;
    if (unit->medium && !unit->canceled)
        kb_unit_history(unit);
    bool by_people_alone = unit->drill->attend && !unit->chosen; /* no step asked for a copy */
    if ((unit->medium || by_people_alone) && !unit->failed && !unit->canceled && !unit->late)
        doubt(unit);
    end_unit(unit);
}

void kb_units_pump(struct drill *drill)
{
    bool one_ended = true; /* the end of one may be what another waits for */
    while (one_ended) {
        one_ended = false;
        for (size_t i = 0; i < drill->n_units; i++) {
            struct unit_run *unit = &drill->units[i];
            bool may_start = unit->started || drill->canceled || (dependencies_ended(unit) && earlier_set_ended(unit));
            if (unit->ended || !may_start || !kb_attend_turn(unit))
                continue;
            pump_unit(unit);
            one_ended |= unit->ended;
        }
    }
}

bool kb_units_ended(const struct drill *drill)
{
    for (size_t i = 0; i < drill->n_units; i++)
        if (!drill->units[i].ended)
            return false;
    return true;
}

void kb_units_cancel(struct drill *drill)
{
    for (size_t i = 0; i < drill->n_units; i++)
        if (drill->units[i].child)
            kb_child_cancel(drill->units[i].child);
}
