/* SPDX-License-Identifier: Apache-2.0 */
/* Turns plan and drill into tasks: what is done for each system, how long it takes, and who says so. */
#include "timeline.h"

#include <string.h>

#include "koboshi/arena.h"

/* What a step is when its text is not written; and whether the agent's own clock can tell how long it takes in real
 * life: a person's work only counts as measured when that person did it in an attended drill. */
static const struct {
    const char *ja, *en;
    bool by_agent, reads;
} acts[] = {
    [KB_DO_MANUAL] = {"手作業", "manual work", false, false},
    [KB_DO_WAIT_MEDIUM] = {"媒体の取り寄せと接続", "fetching and attaching the medium", false, false},
    [KB_DO_DECISION] = {"判断", "decision", false, false},
    [KB_DO_VERIFY] = {"検証", "verification", true, true},
    [KB_DO_RESTORE] = {"復元（検証を含む）", "restore (with verification)", true, true},
    [KB_DO_PROBE] = {"動作確認", "check that it is usable", true, false},
    [KB_DO_COMMAND] = {"コマンド", "command", true, false},
};

struct kb_text kb_step_act_text(int act)
{
    return (struct kb_text){.ja = acts[act].ja, .en = acts[act].en};
}

/* The procedure of a set that names none. */
static const struct kb_step restore_only = {.id = "restore", .act = KB_DO_RESTORE, .expect = KB_ABSENT};

struct hold {
    char kind; /* 'p' person, 'm' medium: a role and a medium may have the same id */
    const char *name;
};

struct layout {
    const struct kb_assess_input *input;
    struct kb_arena *arena;
    struct kb_work work;
    struct hold *holds;
    struct kb_chain *chain; /* being laid */
};

/* One set of one system, with what the drill saw of it. */
struct subject {
    const struct kb_system *system;
    const struct kb_set *set;
    const struct kb_record_unit *unit;
    const struct kb_step *steps;
    size_t n_steps;
    bool own_procedure;
};

struct length {
    int source; /* enum kb_time_source */
    int64_t s;
};

static void hold(struct layout *layout, struct kb_task *task, char kind, const char *name)
{
    if (!name)
        return;
    size_t i = 0;
    while (i < layout->work.n_holds && (layout->holds[i].kind != kind || strcmp(layout->holds[i].name, name) != 0))
        i++;
    if (i == layout->work.n_holds) {
        layout->holds = kb_grow(layout->arena, layout->holds, i, sizeof *layout->holds);
        layout->holds[i] = (struct hold){kind, name};
        layout->work.n_holds++;
    }
    task->holds[task->n_holds++] = i;
}

static void chain_up(struct layout *layout, size_t task)
{
    struct kb_chain *chain = layout->chain;
    chain->tasks = kb_grow(layout->arena, chain->tasks, chain->n_tasks, sizeof *chain->tasks);
    chain->tasks[chain->n_tasks++] = task;
}

static struct kb_task *add_task(struct layout *layout, const char *role, const char *medium, struct length length)
{
    struct kb_work *work = &layout->work;
    work->tasks = kb_grow(layout->arena, work->tasks, work->n_tasks, sizeof *work->tasks);
    struct kb_task *task = &work->tasks[work->n_tasks];
    *task = (struct kb_task){
        .projected_s = KB_ABSENT,
        .part = {.system = layout->chain->system->id, .role = role, .source = length.source, .length_s = length.s},
    };
    hold(layout, task, 'p', role);
    hold(layout, task, 'm', medium);
    chain_up(layout, work->n_tasks++);
    return task;
}

static struct length declared(int64_t s)
{
    if (s < 0)
        return (struct length){KB_TIME_UNDECLARED, KB_ABSENT};
    return (struct length){KB_TIME_DECLARED, s};
}

static const char *medium_of(const struct subject *subject)
{
    if (subject->unit && subject->unit->medium)
        return subject->unit->medium;
    return subject->set->copies.n ? subject->set->copies.v[0].medium : NULL;
}

/* The longest way among the media a step asks for; a medium whose way is not declared leaves only the step's own
 * `expect`. */
static int64_t fetching(const struct kb_plan *plan, const struct subject *subject, const struct kb_step *step)
{
    const char *own[] = {medium_of(subject)};
    const char *const *media = step->media.n ? step->media.v : own;
    size_t n = step->media.n ? step->media.n : own[0] != NULL;
    int64_t longest = KB_ABSENT;
    for (size_t i = 0; i < n; i++) {
        const struct kb_medium *medium = kb_plan_medium(plan, media[i]);
        if (!medium || medium->retrieval == KB_ABSENT)
            return step->expect;
        longest = medium->retrieval > longest ? medium->retrieval : longest;
    }
    return n ? longest : step->expect;
}

static const struct kb_record_step *seen_step(const struct subject *subject, const struct kb_step *step)
{
    for (size_t i = 0; subject->unit && i < subject->unit->steps.n; i++) {
        const struct kb_record_step *seen = &subject->unit->steps.v[i];
        if (subject->own_procedure ? seen->id && !strcmp(seen->id, step->id) : seen->act == step->act)
            return seen;
    }
    return NULL;
}

static bool counts(const struct subject *subject, const struct kb_step *step, const struct kb_record_step *seen)
{
    if (!seen || seen->ns < 0 || seen->source > KB_TIME_ESTIMATED)
        return false;
    if (seen->status != KB_UNIT_GOOD && seen->status != KB_UNIT_CONDITIONAL)
        return false;
    if (step->act == KB_DO_RESTORE && !kb_unit_came_back(subject->unit))
        return false; /* how long a restore took that brought nothing back says nothing */
    return seen->source == KB_TIME_ATTENDED || acts[step->act].by_agent;
}

static struct length length_of(const struct kb_plan *plan, const struct subject *subject, const struct kb_step *step)
{
    const struct kb_record_step *seen = seen_step(subject, step);
    if (counts(subject, step, seen)) {
        int64_t ns = seen->estimated_ns > 0 ? seen->estimated_ns : seen->ns;
        return (struct length){seen->source, ns / KB_NS_PER_S + (ns % KB_NS_PER_S != 0)};
    }
    return declared(step->act == KB_DO_WAIT_MEDIUM ? fetching(plan, subject, step) : step->expect);
}

/* What the restore would take on the machine it is for: never less than what was seen here. */
static int64_t projected(const struct subject *subject, const struct kb_step *step, struct length length)
{
    const struct kb_restore_to *to = subject->system->restore_to;
    const struct kb_set_result *result = subject->unit ? &subject->unit->result : NULL;
    bool sampled = result && kb_result_sample(result) > 0;
    if (step->act != KB_DO_RESTORE || !to || !result ||
        length.source > (sampled ? KB_TIME_ESTIMATED : KB_TIME_MEASURED))
        return KB_ABSENT;
    int64_t rate = to->write;
    if (to->link > 0 && (rate <= 0 || to->link < rate))
        rate = to->link;
    if (rate <= 0)
        return KB_ABSENT;
    int64_t bytes = sampled ? result->sample->bytes : result->bytes_restored;
    int64_t s = bytes <= 0 ? 0 : bytes / rate + (bytes % rate != 0);
    return s > length.s ? s : length.s;
}

static struct kb_text step_text(struct kb_arena *arena, const struct kb_set *set, const struct kb_step *step)
{
    if (step->text.ja || step->text.en)
        return step->text;
    struct kb_text title = kb_titled(set->title, set->id);
    return (struct kb_text){
        .ja = kb_sprintf(arena, "%sの%s", title.ja, acts[step->act].ja),
        .en = kb_sprintf(arena, "%s: %s", title.en, acts[step->act].en),
    };
}

static void lay_step(struct layout *layout, const struct subject *subject, const struct kb_step *step)
{
    struct length length = length_of(layout->input->plan, subject, step);
    struct kb_task *task = add_task(layout, step->role, acts[step->act].reads ? medium_of(subject) : NULL, length);
    task->part.set = subject->set->id;
    task->part.step = step->id;
    task->part.text = step_text(layout->arena, subject->set, step);
    const struct kb_record_step *seen = seen_step(subject, step);
    if (length.source == KB_TIME_ATTENDED && seen->entered_later > 0) /* it counts like a measurement, but is none */
        task->part.text = kb_text_new(layout->arena, "%s (entered later, from paper)%.0s",
                                      "%.0s%s（紙の記録から後で記入）", kb_pick(task->part.text, KB_EN),
                                      kb_pick(task->part.text, KB_JA));
    task->projected_s = projected(subject, step, length);
}

static void lay_add(struct layout *layout, const struct kb_add *add, const char *host, int64_t takes)
{
    struct kb_work *work = &layout->work;
    for (size_t i = 0; i < work->n_tasks; i++)
        if (work->tasks[i].add == add && (!host || !strcmp(work->tasks[i].host, host))) {
            chain_up(layout, i);
            return;
        }
    struct kb_task *task = add_task(layout, add->role, NULL, declared(takes));
    task->add = add;
    task->host = host;
    task->part.text = add->step;
    const struct kb_host *machine = host ? kb_plan_host(layout->input->plan, host) : NULL;
    if (machine) {
        struct kb_text where = kb_titled(machine->title, machine->id);
        task->part.text.ja = kb_sprintf(layout->arena, "%s（%s）", kb_pick(add->step, KB_JA), where.ja);
        task->part.text.en = kb_sprintf(layout->arena, "%s (%s)", kb_pick(add->step, KB_EN), where.en);
    }
}

/* Every PC of the plan one after the other, once for the whole drill; how many there are only the plan's hosts tell. */
static void lay_for_pcs(struct layout *layout, const struct kb_add *add)
{
    const struct kb_plan *plan = layout->input->plan;
    int64_t n = 0;
    for (size_t i = 0; i < plan->hosts.n; i++)
        n += plan->hosts.v[i].kind && !strcmp(plan->hosts.v[i].kind, "pc");
    int64_t all = KB_ABSENT;
    if (n && __builtin_mul_overflow(add->takes, n, &all))
        all = INT64_MAX;
    lay_add(layout, add, NULL, all);
    struct kb_text *text = &layout->work.tasks[layout->work.n_tasks - 1].part.text;
    if (n && layout->work.tasks[layout->work.n_tasks - 1].add == add)
        *text = kb_text_new(layout->arena, "%s (%lld PCs)%.0s", "%1$.0s%3$s（PC %2$lld台）", kb_pick(add->step, KB_EN),
                            (long long)n, kb_pick(add->step, KB_JA));
}

/* A machine that stands ready takes the place of the work. */
static void lay_spare(struct layout *layout, const struct kb_add *add, const struct kb_system *system)
{
    struct kb_task *task = add_task(layout, add->role, NULL, declared(system->spare->ready_in));
    struct kb_text title = kb_titled(system->title, system->id);
    task->part.text = kb_text_new(layout->arena, "%s: the spare is made ready%.0s", "%.0s%sの予備機の準備", title.en,
                                  title.ja);
}

static void lay_one_add(struct layout *layout, const struct kb_add *add, const struct kb_system *system)
{
    if (add->unless && !strcmp(add->unless, "spare") && system->spare)
        lay_spare(layout, add, system);
    else if (add->per == KB_PER_HOST && system->on)
        lay_add(layout, add, system->on, add->takes);
    else if (add->per == KB_PER_ONCE && system->backup_sets.n)
        lay_add(layout, add, NULL, add->takes);
    else if (add->per == KB_PER_PC && system->backup_sets.n)
        lay_for_pcs(layout, add);
}

static bool applies(const struct kb_step *step, const struct kb_threat *threat)
{
    for (size_t i = 0; threat && i < step->threats.n; i++)
        if (!strcmp(step->threats.v[i], threat->id))
            return true;
    return step->threats.n == 0;
}

static struct subject subject_of(const struct kb_assess_input *input, const struct kb_system *system,
                                 const char *set_id)
{
    struct subject subject = {.system = system,
                              .set = kb_plan_set(input->plan, set_id),
                              .unit = kb_unit_of(input, system->id, set_id),
                              .steps = &restore_only,
                              .n_steps = 1};
    const struct kb_procedure *procedure = subject.set->recovery ? kb_plan_procedure(input->plan, subject.set->recovery)
                                                                 : NULL;
    if (procedure) {
        subject.own_procedure = true;
        subject.steps = procedure->steps.v;
        subject.n_steps = procedure->steps.n;
    }
    return subject;
}

/* The step that the work of a threat comes before: the one it names, by id or by what is done; else the restore. */
static bool comes_before(const struct kb_add *add, const struct kb_step *step)
{
    if (!add->before)
        return step->act == KB_DO_RESTORE;
    return !strcmp(add->before, step->id) || !strcmp(add->before, kb_step_do_names[step->act]);
}

static bool has_its_step(const struct kb_assess_input *input, const struct kb_system *system, const struct kb_add *add)
{
    for (size_t i = 0; i < system->backup_sets.n; i++) {
        struct subject subject = subject_of(input, system, system->backup_sets.v[i]);
        for (size_t k = 0; k < subject.n_steps; k++)
            if (comes_before(add, &subject.steps[k]) && applies(&subject.steps[k], input->threat))
                return true;
    }
    return false;
}

/* What the threat adds for this system at this step (NULL: before all of them, where no step is the one); each once. */
static void lay_adds(struct layout *layout, const struct kb_system *system, const struct kb_step *step, bool *laid)
{
    const struct kb_threat *threat = layout->input->threat;
    for (size_t i = 0; threat && i < threat->adds.n; i++) {
        const struct kb_add *add = &threat->adds.v[i];
        if (laid[i] || (step ? !comes_before(add, step) : has_its_step(layout->input, system, add)))
            continue;
        laid[i] = true;
        lay_one_add(layout, add, system);
    }
}

/* Nothing of it is in a backup (a network, say): the plan's own figure for it stands. */
static void lay_without_sets(struct layout *layout, const struct kb_system *system)
{
    struct kb_text title = kb_titled(system->title, system->id);
    struct length length = declared(system->rto);
    struct kb_task *task = add_task(layout, NULL, NULL, length);
    bool known = length.source == KB_TIME_DECLARED;
    task->part.text.ja = kb_sprintf(layout->arena, known ? "%sの復旧（計画値）" : "%sの復旧", title.ja);
    task->part.text.en = kb_sprintf(layout->arena, known ? "%s: recovery (as planned)" : "%s: recovery", title.en);
}

static void lay_system(struct layout *layout, const struct kb_system *system)
{
    const struct kb_threat *threat = layout->input->threat;
    bool *laid = kb_alloc(layout->arena, threat ? threat->adds.n : 0, sizeof *laid);
    lay_adds(layout, system, NULL, laid);
    if (!system->backup_sets.n)
        lay_without_sets(layout, system);
    for (size_t i = 0; i < system->backup_sets.n; i++) {
        struct subject subject = subject_of(layout->input, system, system->backup_sets.v[i]);
        for (size_t k = 0; k < subject.n_steps; k++) {
            if (!applies(&subject.steps[k], threat))
                continue;
            lay_adds(layout, system, &subject.steps[k], laid);
            lay_step(layout, &subject, &subject.steps[k]);
        }
    }
}

static void link_chain(struct layout *layout, struct kb_chain *chain)
{
    const struct kb_system *system = chain->system;
    chain->after = kb_alloc(layout->arena, system->depends_on.n, sizeof *chain->after);
    for (size_t i = 0; i < system->depends_on.n; i++)
        for (size_t c = 0; c < layout->work.n_chains; c++)
            if (!strcmp(layout->work.chains[c].system->id, system->depends_on.v[i]))
                chain->after[chain->n_after++] = c;
}

struct kb_work kb_work_lay(const struct kb_assess_input *input, const struct kb_needs *needs, struct kb_arena *arena)
{
    struct layout layout = {.input = input, .arena = arena};
    layout.work.chains = kb_alloc(arena, needs->n, sizeof *layout.work.chains);
    layout.work.n_chains = needs->n;
    for (size_t i = 0; i < needs->n; i++)
        layout.work.chains[i].system = needs->v[i];
    for (size_t i = 0; i < needs->n; i++) {
        layout.chain = &layout.work.chains[i];
        link_chain(&layout, layout.chain);
        lay_system(&layout, needs->v[i]);
    }
    return layout.work;
}
