/* SPDX-License-Identifier: Apache-2.0 */
/* The drill and its business functions as tables. */
#include "content.h"

#include <inttypes.h>
#include <string.h>

#include "judged.h"
#include "koboshi/arena.h"
#include "koboshi/clock.h"

static const char *plan_text(const struct kb_view *view)
{
    const struct kb_record_plan *plan = &view->record->plan;
    if (!plan->id)
        return kb_view_word(view, KB_W_MISSING);
    return kb_sprintf(view->arena, view->lang == KB_JA ? "%s　版 %s（%s）" : "%s, version %s (%s)",
                      kb_view_text(view, plan->title), kb_view_string(view, plan->version),
                      kb_view_string(view, plan->id));
}

static const char *disrupted_text(const struct kb_view *view)
{
    const struct kb_record *r = view->record;
    const char *at = kb_view_time(view, r->disrupted_at);
    if (r->disrupted_at == KB_ABSENT || r->disrupted_at_given)
        return at;
    return kb_pick(
        kb_text_new(view->arena, "%s (not given; taken as the start)", "%s（指定なし。開始時刻とみなしました）", at),
        view->lang);
}

static const char *basis_text(const struct kb_view *view)
{
    for (int i = 0; view->record->rto_from && kb_rto_from_names[i]; i++)
        if (!strcmp(kb_rto_from_names[i], view->record->rto_from))
            return kb_view_name(view, KB_T_BASIS, i);
    return kb_view_string(view, view->record->rto_from);
}

/* A threat to machines names those that fail. */
static const char *threat_text(const struct kb_view *view)
{
    const struct kb_record_threat *threat = view->record->threat;
    const char *hosts = "";
    if (!threat)
        return kb_view_word(view, KB_W_NONE);
    for (size_t i = 0; i < threat->hosts.n; i++)
        hosts = kb_sprintf(view->arena, "%s%s%s", hosts, i ? ", " : "", kb_view_string(view, threat->hosts.v[i]));
    const char *title = kb_view_text(view, threat->title);
    if (threat->hosts.n < 2)
        return *hosts ? kb_sprintf(view->arena, view->lang == KB_JA ? "%s（%s）" : "%s (%s)", title, hosts) : title;
    return kb_pick(kb_text_new(view->arena, "%s (%s, each by itself)", "%s（%s、それぞれ単独で）", title, hosts),
                   view->lang);
}

const char *kb_attended_text(const struct kb_view *view)
{
    const struct kb_record_attended *attended = view->record->attended;
    const char *names = "";
    for (size_t i = 0; i < attended->by.n; i++)
        names = kb_sprintf(view->arena, "%s%s%s", names,
                           !i                    ? ""
                           : view->lang == KB_JA ? "、"
                                                 : ", ",
                           kb_view_string(view, attended->by.v[i]));
    return *names ? names : kb_view_word(view, KB_W_NOBODY);
}

struct kb_grid *kb_content_drill(const struct kb_view *view)
{
    const struct kb_record *r = view->record;
    struct kb_grid *grid = kb_grid_facts(view);
    bool drill = r->kind == KB_RECORD_DRILL;
    if (drill)
        kb_grid_fact(view, grid, KB_W_DRILL,
                     r->drill ? kb_view_string(view, r->drill) : kb_view_word(view, KB_W_AD_HOC));
    if (drill)
        kb_grid_fact(view, grid, KB_W_THREAT, threat_text(view));
    if (drill)
        kb_grid_fact(view, grid, KB_W_DISRUPTED, disrupted_text(view));
    kb_grid_fact(view, grid, KB_W_STARTED, kb_view_time(view, r->started));
    kb_grid_fact(view, grid, KB_W_FINISHED, kb_view_time(view, r->finished));
    kb_grid_fact(view, grid, KB_W_TOOK, kb_view_ns(view, r->ns));
    kb_grid_fact(view, grid, KB_W_OPERATOR, kb_view_string(view, r->operator_));
    if (r->attended)
        kb_grid_fact(view, grid, KB_W_ATTENDED, kb_attended_text(view));
    kb_grid_fact(view, grid, KB_W_PLAN, plan_text(view));
    kb_grid_fact(view, grid, KB_W_PLAN_HASH, kb_view_string(view, r->plan.sha256));
    if (r->functions.n)
        kb_grid_fact(view, grid, KB_W_RTO_BASIS, basis_text(view));
    return grid;
}

struct kb_grid *kb_content_functions(const struct kb_view *view)
{
    struct kb_grid *grid = kb_grid_new(view);
    kb_grid_column(grid, kb_view_word(view, KB_W_FUNCTION), false);
    bool estimated = false;
    for (size_t i = 0; i < view->record->functions.n; i++)
        estimated |= kb_function_is_estimated(&view->record->functions.v[i]);
    kb_grid_column(grid, kb_view_word(view, estimated ? KB_W_RECOVERY_ESTIMATED : KB_W_RECOVERY), true);
    kb_grid_column(grid, kb_view_word(view, KB_W_RTO), true);
    kb_grid_column(grid, kb_view_word(view, KB_W_VERDICT), false);
    kb_grid_column(grid, kb_view_word(view, KB_W_AGE), true);
    kb_grid_column(grid, kb_view_word(view, KB_W_RPO), true);
    kb_grid_column(grid, kb_view_word(view, KB_W_VERDICT), false);
    for (size_t i = 0; i < view->record->functions.n; i++) {
        const struct kb_record_function *f = &view->record->functions.v[i];
        kb_grid_cell(grid, kb_view_text(view, f->title), KB_TONE_PLAIN);
        kb_grid_cell(grid,
                     kb_sprintf(view->arena, view->lang == KB_JA ? "%s\n（%s）" : "%s\n(%s)",
                                kb_function_total_text(view, f), kb_function_detail_text(view, f)),
                     KB_TONE_PLAIN);
        kb_grid_cell(grid, kb_view_seconds(view, f->rto), KB_TONE_PLAIN);
        kb_grid_cell(grid, kb_function_time_text(view, f), kb_verdict_tone(f->time));
        kb_grid_cell(grid, kb_view_seconds(view, f->age_s), KB_TONE_PLAIN);
        kb_grid_cell(grid, kb_view_seconds(view, f->rpo), KB_TONE_PLAIN);
        kb_grid_cell(grid, kb_function_data_text(view, f), kb_verdict_tone(f->data));
    }
    return grid;
}

static const char *detection_text(const struct kb_view *view, const struct kb_record_function *f)
{
    if (f->detect_s == KB_ABSENT)
        return kb_view_word(view, KB_W_NOT_DECLARED);
    const char *detect = kb_view_seconds(view, f->detect_s);
    struct kb_text text = f->counts_detection ? kb_text_new(view->arena, "%s (planned; part of the total above)",
                                                            "%s（計画値。上の合計に含めています）", detect)
                                              : kb_text_new(view->arena, "%s (planned; not part of the total above)",
                                                            "%s（計画値。上の合計には含めていません）", detect);
    return kb_pick(text, view->lang);
}

static const char *against_rto(const struct kb_view *view, const struct kb_record_function *f)
{
    return kb_pick(kb_text_new(view->arena, "%s against an RTO of %s, counted from %s: %s",
                               "%s ／ RTO %s（%sから）　%s", kb_function_total_text(view, f),
                               kb_view_seconds(view, f->rto), basis_text(view), kb_function_time_text(view, f)),
                   view->lang);
}

/* These figures leave detection out, which is said where the figure held against the RTO does not. */
static const char *recovery_text(const struct kb_view *view, const struct kb_record_function *f, const char *text)
{
    if (!f->counts_detection)
        return text;
    return kb_pick(kb_text_new(view->arena, "%s (without detection)", "%s（検知までを除く）", text), view->lang);
}

struct kb_grid *kb_content_function(const struct kb_view *view, const struct kb_record_function *f)
{
    struct kb_grid *grid = kb_grid_facts(view);
    kb_grid_cell(grid, kb_view_word(view, kb_function_is_estimated(f) ? KB_W_RECOVERY_ESTIMATED : KB_W_RECOVERY),
                 KB_TONE_PLAIN);
    kb_grid_cell(grid, against_rto(view, f), kb_verdict_tone(f->time));
    kb_grid_fact(view, grid, KB_W_BY_SOURCE, recovery_text(view, f, kb_function_sources_text(view, f)));
    kb_grid_fact(view, grid, KB_W_DETECTION, detection_text(view, f));
    if (f->projected_s != KB_ABSENT) {
        kb_grid_fact(view, grid, KB_W_ON_TEST_MACHINE, recovery_text(view, f, kb_view_seconds(view, f->recovery_s)));
        kb_grid_fact(view, grid, KB_W_IN_PRODUCTION, recovery_text(view, f, kb_view_seconds(view, f->projected_s)));
    }
    kb_grid_fact(view, grid, KB_W_MTPD, kb_view_seconds(view, f->mtpd));
    kb_grid_fact(view, grid, KB_W_RLO, kb_view_text(view, f->rlo));
    kb_grid_fact(view, grid, KB_W_OWNER, kb_view_text(view, f->owner));
    const char *priority = kb_view_count(view, f->priority);
    if (f->critical)
        priority = kb_sprintf(view->arena, view->lang == KB_JA ? "%s（%s）" : "%s (%s)", priority,
                              kb_view_word(view, KB_W_CRITICAL));
    kb_grid_fact(view, grid, KB_W_PRIORITY, priority);
    return grid;
}

static const char *part_text(const struct kb_view *view, const struct kb_record_part *part)
{
    const char *what = kb_text_is_empty(part->text) ? kb_view_string(view, part->step) : kb_view_text(view, part->text);
    return kb_sprintf(view->arena, "%s%s", part->critical ? "● " : "", what);
}

struct kb_grid *kb_content_parts(const struct kb_view *view, const struct kb_record_function *f)
{
    struct kb_grid *grid = kb_grid_new(view);
    kb_grid_column(grid, kb_view_word(view, KB_W_PART), false);
    kb_grid_column(grid, kb_view_word(view, KB_W_SYSTEM), false);
    kb_grid_column(grid, kb_view_word(view, KB_W_WHO), false);
    kb_grid_column(grid, kb_view_word(view, KB_W_FROM), true);
    kb_grid_column(grid, kb_view_word(view, KB_W_LENGTH), true);
    kb_grid_column(grid, kb_view_word(view, KB_W_SOURCE), false);
    size_t n;
    const struct kb_record_part *parts = kb_function_parts(view, f, &n);
    for (size_t i = 0; i < n; i++) {
        const struct kb_record_part *part = &parts[i];
        const char *length = part->length_s == KB_ABSENT ? kb_view_word(view, KB_W_NOT_DECLARED)
                                                         : kb_view_seconds(view, part->length_s);
        kb_grid_cell(grid, part_text(view, part), KB_TONE_PLAIN);
        kb_grid_cell(grid, kb_system_title(view, part->system), KB_TONE_PLAIN);
        kb_grid_cell(grid, kb_view_string(view, part->role), KB_TONE_PLAIN);
        kb_grid_cell(grid, kb_sprintf(view->arena, "+%s", kb_view_seconds(view, part->start_s)), KB_TONE_PLAIN);
        kb_grid_cell(grid, length, part->length_s == KB_ABSENT ? KB_TONE_WARN : KB_TONE_PLAIN);
        kb_grid_cell(grid, kb_view_name(view, KB_T_SOURCE, part->source), KB_TONE_PLAIN);
    }
    return grid;
}
