/* SPDX-License-Identifier: Apache-2.0 */
/* Who does the steps, and whether times from paper can be right. */
#include <string.h>

#include "attend.h"
#include "koboshi/arena.h"
#include "koboshi/assess.h"

static size_t role_at(const struct kb_attend_run *a, const char *role)
{
    size_t i = 0;
    while (i < a->roles.n && strcmp(a->roles.v[i], role) != 0)
        i++;
    return i;
}

const char *kb_attend_who(const struct kb_attend_run *a, const struct kb_step *plan)
{
    size_t i = role_at(a, plan->role ? plan->role : "");
    if (i < a->roles.n)
        return a->people.v[i];
    const struct kb_plan *whole = a->drill->params->plan;
    const struct kb_role *role = plan->role ? kb_plan_role(whole, plan->role) : NULL;
    const char *named = role && role->primary ? kb_pick(role->primary->who, (enum kb_lang)whole->plan.language) : "";
    if (*named)
        return kb_printable(a->drill->arena, named);
    if (plan->level) /* an acceptance is that person's own: neither somebody else's name nor a role stands for it */
        return NULL;
    return a->last_by ? a->last_by : plan->role;
}

static void add_name(struct kb_arena *arena, void *list_, const char *name)
{
    KB_LIST_OF(const char *) *list = list_;
    list->v = kb_grow(arena, list->v, list->n, sizeof *list->v);
    list->v[list->n++] = name;
}

void kb_attend_remember(struct kb_attend_run *a, const struct kb_step *plan, const char *by)
{
    struct kb_arena *arena = a->drill->arena;
    const char *role = plan->role ? plan->role : "";
    size_t i = role_at(a, role);
    if (i < a->roles.n) {
        a->people.v[i] = by;
    } else {
        add_name(arena, &a->roles, role);
        add_name(arena, &a->people, by);
    }
    a->last_by = by;
    for (i = 0; i < a->seen->by.n; i++)
        if (!strcmp(a->seen->by.v[i], by))
            return;
    add_name(arena, &a->seen->by, by);
}

static const char *title_of(const struct kb_record_step *step, enum kb_lang lang)
{
    const char *title = kb_pick(step->text, lang);
    return *title ? title : kb_pick(kb_step_act_text(step->act), lang);
}

static void doubt(struct kb_attend_run *a, const struct kb_record_step *other, bool overlaps)
{
    struct kb_arena *arena = a->drill->arena;
    const char *en = title_of(other, KB_EN), *ja = title_of(other, KB_JA);
    kb_attend_tell(a, KB_NEWS_SAID, NULL,
                   overlaps
                       ? kb_text_new(arena, "The time overlaps with the step “%s”.%.0s",
                                     "%.0s手順「%s」の時間と重なっています。", en, ja)
                       : kb_text_new(arena, "That is before the step “%s”, which comes first in the procedure.%.0s",
                                     "%.0s先に行うはずの手順「%s」より前の時刻です。", en, ja));
}

bool kb_attend_is_too_early(struct kb_attend_run *a)
{
    enum { PAPER_S = 60 }; /* paper has no seconds */
    const struct kb_step *plan = kb_attend_open_plan(a);
    const struct kb_record_unit *unit = kb_attend_open_unit(a)->record;
    if (!plan->level || strcmp(plan->level, "L6") != 0)
        return false;
    for (const struct kb_record_step *other = unit->steps.v; other < kb_attend_open_step(a); other++) {
        int64_t ended = other->started + other->ns / KB_NS_PER_S;
        if (!kb_step_is_automatic(other->act) || other->started == KB_ABSENT || a->from >= ended - ended % PAPER_S)
            continue;
        kb_attend_tell(
            a, KB_NEWS_SAID, NULL,
            kb_text_new(a->drill->arena, "That is before “%s%.0s” ended, at %s: there was nothing to accept yet.",
                        "手順「%.0s%s」の終了（%s）より前の時刻です。まだ確認できるものがありません。",
                        title_of(other, KB_EN), title_of(other, KB_JA), kb_time_show(a->drill->arena, ended)));
        return true;
    }
    return false;
}

void kb_attend_doubt_times(struct kb_attend_run *a)
{
    const struct kb_record *record = a->drill->record;
    const struct unit_run *unit = a->paper ? a->paper : a->unit;
    size_t at = a->paper ? a->paper_at : unit->at;
    if (a->from < record->started - record->started % 60)
        kb_attend_tell(a, KB_NEWS_SAID, NULL,
                       kb_text_new(a->drill->arena, "That is before the drill began, at %s.",
                                   "訓練の開始（%s）より前の時刻です。",
                                   kb_time_show(a->drill->arena, record->started)));
    for (size_t i = 0; i < record->units.n; i++) {
        for (size_t k = 0; k < record->units.v[i].steps.n; k++) {
            const struct kb_record_step *other = &record->units.v[i].steps.v[k];
            bool same_unit = &record->units.v[i] == unit->record;
            if ((same_unit && k == at) || other->ended == KB_ABSENT || other->started == KB_ABSENT)
                continue;
            if (a->from < other->ended && other->started < a->until)
                doubt(a, other, true);
            else if (same_unit && k < at && a->until <= other->started)
                doubt(a, other, false);
        }
    }
}
