/* SPDX-License-Identifier: Apache-2.0 */
/* One row per business function: its timeline, its figures, its verdicts. */
#include "timeline.h"

#include <inttypes.h>

#include "koboshi/arena.h"

static void mark_longest_path(const struct kb_schedule *schedule, struct kb_work *work)
{
    for (size_t task = schedule->last; task != KB_NO_TASK; task = schedule->slots[task].cause)
        work->tasks[task].part.critical = true;
}

static void fill_timeline(struct kb_record_function *row, struct kb_work *work, struct kb_arena *arena)
{
    struct kb_schedule schedule = kb_work_schedule(work, false, arena);
    mark_longest_path(&schedule, work);
    row->recovery_s = schedule.finish_s;
    row->parts.v = kb_alloc(arena, schedule.n_placed, sizeof *row->parts.v);
    for (size_t i = 0; i < schedule.n_placed; i++) {
        struct kb_record_part *part = &row->parts.v[row->parts.n++];
        *part = work->tasks[schedule.order[i]].part;
        part->start_s = schedule.slots[schedule.order[i]].start_s;
        row->lower_bound |= part->length_s == KB_ABSENT;
    }
    row->projected_s = KB_ABSENT;
    for (size_t i = 0; i < work->n_tasks && row->projected_s == KB_ABSENT; i++)
        if (work->tasks[i].projected_s != KB_ABSENT)
            row->projected_s = kb_work_schedule(work, true, arena).finish_s;
}

static struct kb_text level_of(const struct kb_rlo *rlo, struct kb_arena *arena)
{
    if (!rlo)
        return (struct kb_text){0};
    if (rlo->percent == KB_ABSENT)
        return rlo->text;
    return (struct kb_text){
        .ja = kb_sprintf(arena, "%s（%" PRId64 "%%）", kb_pick(rlo->text, KB_JA), rlo->percent),
        .en = kb_sprintf(arena, "%s (%" PRId64 "%%)", kb_pick(rlo->text, KB_EN), rlo->percent),
    };
}

static struct kb_record_function row_of(const struct kb_assess_input *input, const struct kb_function *function,
                                        const struct kb_needs *needs, struct kb_arena *arena)
{
    struct kb_facts facts = kb_facts_of(input, needs);
    struct kb_record_function row = {
        .id = function->id,
        .title = kb_titled(function->title, function->id),
        .owner = function->owner,
        .rlo = level_of(function->rlo, arena),
        .critical = function->critical,
        .priority = function->priority,
        .mtpd = function->mtpd,
        .rto = function->rto,
        .rpo = function->rpo,
        .detect_s = input->threat ? input->threat->detect : KB_ABSENT,
        .counts_detection = input->plan->plan.rto_from == KB_FROM_DISRUPTION,
        .age_s = facts.age_s,
    };
    struct kb_work work = kb_work_lay(input, needs, arena);
    fill_timeline(&row, &work, arena);
    row.time = kb_judge_time(&row, &facts);
    row.data = kb_judge_data(&row, &facts);
    return row;
}

static bool is_drilled(const struct kb_assess_input *input, const struct kb_needs *needs)
{
    struct kb_facts facts = kb_facts_of(input, needs);
    return facts.has_units;
}

static int64_t rank_of(const struct kb_record_function *row)
{
    return row->priority == KB_ABSENT ? INT64_MAX : row->priority;
}

/* Rows come in plan order; insertion keeps that among equals. A function without a priority comes last. */
static void sort_by_priority(struct kb_record_function *rows, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct kb_record_function row = rows[i];
        size_t at = i;
        for (; at > 0 && rank_of(&rows[at - 1]) > rank_of(&row); at--)
            rows[at] = rows[at - 1];
        rows[at] = row;
    }
}

void kb_assess_functions(const struct kb_assess_input *input, struct kb_arena *arena,
                         const struct kb_record_function **ret_functions, size_t *ret_n)
{
    const struct kb_plan *plan = input->plan;
    struct kb_record_function *rows = kb_alloc(arena, plan->functions.n, sizeof *rows);
    size_t n = 0;
    for (size_t i = 0; i < plan->functions.n; i++) {
        struct kb_needs needs = kb_needs_of(plan, &plan->functions.v[i], arena);
        if (is_drilled(input, &needs))
            rows[n++] = row_of(input, &plan->functions.v[i], &needs, arena);
    }
    sort_by_priority(rows, n);
    *ret_functions = rows;
    *ret_n = n;
}
