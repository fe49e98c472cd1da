/* SPDX-License-Identifier: Apache-2.0 */
/* Media in an attended drill: looked for when they are needed, waited for one at a time, and let go when exchanged. */
#include <string.h>

#include "attend.h"
#include "koboshi/arena.h"

static struct medium_run *medium_run_of(struct drill *drill, const char *id)
{
    for (size_t i = 0; i < drill->n_media; i++)
        if (!strcmp(drill->media[i].plan->id, id))
            return &drill->media[i];
    return NULL; /* the drill does not use it */
}

/* A copy on it that the threat destroys; SIZE_MAX: none, or another one on it is left, or it counts as lost only for
 * want of what it would show if it were here. */
static size_t lost_copy(const struct unit_run *unit, const struct medium_run *medium)
{
    size_t lost = SIZE_MAX;
    bool listed = medium->open || medium->was_listed;
    for (size_t i = 0; i < unit->set->copies.n; i++) {
        if (strcmp(unit->set->copies.v[i].medium, medium->plan->id) != 0)
            continue;
        if (kb_threat_leaves(unit, i) || (!listed && unit->record->survival.v[i].assumed))
            return SIZE_MAX;
        lost = i;
    }
    return lost;
}

/* What a wait_medium step names: its media, or those that hold a copy of its set. */
static struct medium_run *named_by(const struct unit_run *unit, const struct kb_step *step, bool left, size_t i)
{
    struct medium_run *found = NULL;
    size_t n = step->media.n ? step->media.n : unit->set->copies.n;
    for (size_t k = 0; k < n && !found; k++) {
        struct medium_run *medium = medium_run_of(unit->drill,
                                                  step->media.n ? step->media.v[k] : unit->set->copies.v[k].medium);
        if (medium && (!left || lost_copy(unit, medium) == SIZE_MAX) && i-- == 0)
            found = medium;
    }
    return found;
}

static struct medium_run *wanted(const struct kb_attend_run *a, size_t i)
{
    const struct unit_run *unit = a->unit;
    if (kb_step_is_automatic(unit->record->steps.v[unit->at].act))
        return i ? NULL : unit->medium;
    /* those that the threat leaves; where it leaves none, the choice of a copy tells that */
    const struct kb_step *step = unit->plan_steps[unit->at];
    return named_by(unit, step, named_by(unit, step, true, 0) != NULL, i);
}

const struct medium_run *kb_attend_wants(const struct kb_attend_run *a)
{
    return wanted(a, 0);
}

static bool is_wanted(const struct kb_attend_run *a, const struct medium_run *medium)
{
    struct medium_run *one;
    for (size_t i = 0; (one = wanted(a, i)); i++)
        if (one == medium)
            return true;
    return false;
}

static const char *name_of(const struct kb_medium *medium)
{
    return medium->label ? medium->label : medium->id;
}

/* It would be fetched in vain. */
static void tell_lost(struct kb_attend_run *a, const struct medium_run *medium)
{
    struct kb_text why = kb_threat_why_lost(a->unit, lost_copy(a->unit, medium));
    kb_attend_tell(a, KB_NEWS_SAID, medium->plan,
                   kb_text_new(a->drill->arena, "%s is %s. It is not waited for.%.0s",
                               "%.0s%.0s%s。この媒体は使えないため、待ちません。", name_of(medium->plan), why.en,
                               why.ja));
}

void kb_attend_leave_out(struct kb_attend_run *a)
{
    const struct unit_run *unit = a->unit;
    const struct kb_step *step = unit->plan_steps[unit->at];
    struct medium_run *one;
    kb_threat_judge(a->unit);
    for (size_t i = 0; named_by(unit, step, true, 0) && (one = named_by(unit, step, false, i)); i++)
        if (lost_copy(unit, one) != SIZE_MAX)
            tell_lost(a, one);
}

static bool has_arrived(const struct kb_attend_run *a, const char *id)
{
    for (size_t i = 0; i < a->arrived.n; i++)
        if (!strcmp(a->arrived.v[i], id))
            return true;
    return false;
}

/* Another disk may take its place now: what the drill has mounted and does not need at this step is unmounted. */
static void let_others_go(struct kb_attend_run *a)
{
    for (size_t i = 0; i < a->drill->n_media; i++) {
        struct medium_run *medium = &a->drill->media[i];
        if (medium->open && kb_medium_is_disk(medium->plan->kind) && !medium->in_use && !is_wanted(a, medium))
            kb_medium_close(medium);
    }
}

void kb_attend_look(struct kb_attend_run *a)
{
    struct medium_run *medium = wanted(a, a->look_at);
    if (a->looking || !medium)
        return;
    a->looking = true;
    a->looking_for = medium;
    if (!medium->open && !medium->child)
        kb_medium_open(medium, true);
    if (!medium->child)
        kb_attend_looked(a); /* it is open already, or could not even be looked for */
}

/* It stands where the backup of this step is read from. */
static void came(struct kb_attend_run *a, const struct medium_run *medium)
{
    bool fetched = a->looked, before = has_arrived(a, medium->plan->id);
    bool automatic = kb_step_is_automatic(a->unit->record->steps.v[a->unit->at].act);
    kb_attend_withdraw(a);
    if (!automatic && a->done_ns == KB_ABSENT)
        kb_attend_mark_done(a);
    a->waiting = a->looked = false;
    a->told = NULL;
    if (fetched || !automatic)
        kb_attend_tell(a, KB_NEWS_HERE, medium->plan, (struct kb_text){0});
    if (fetched && !before) {
        a->arrived.v = kb_grow(a->drill->arena, a->arrived.v, a->arrived.n, sizeof *a->arrived.v);
        a->arrived.v[a->arrived.n++] = medium->plan->id;
    }
    if (automatic) {
        a->shown = a->running = false;
        kb_unit_start(a->unit);
    } else if (fetched) {
        kb_attend_ask(a, KB_ASK_WHO, 0);
    } else { /* one that was there before the drill began shows nothing of how long fetching takes */
        kb_attend_measured(a, NULL, before ? KB_TIME_ATTENDED : KB_TIME_DECLARED);
    }
}

/* What there is instead, by its name where the plan knows it. */
static struct kb_text seen_instead(const struct kb_attend_run *a, const struct medium_run *medium,
                                   struct kb_arena *arena)
{
    const struct kb_medium_state *state = &medium->state;
    const struct kb_plan *plan = a->drill->params->plan;
    for (size_t i = 0; i < plan->media.n; i++) {
        const struct kb_medium *other = &plan->media.v[i];
        if (other == medium->plan || !kb_same_uuid(other->fs_uuid, state->fs_uuid))
            continue;
        return kb_text_new(arena, "%s is attached, which is not the one waited for.",
                           "接続されているのは %s です。待っている媒体ではありません。", name_of(other));
    }
    if (state->status == KB_MEDIUM_ABSENT)
        return (struct kb_text){0};
    return state->detail;
}

/* All of them once through: said when it is news. */
static void none_is_here(struct kb_attend_run *a)
{
    bool first = !a->looked;
    a->looked = true;
    if (first)
        let_others_go(a);
    struct medium_run *medium;
    KB_SCOPED_ARENA passing = kb_arena_new(); /* a look every three seconds, perhaps for days */
    const char *told = "";
    for (size_t i = 0; (medium = wanted(a, i)); i++)
        told = kb_sprintf(passing, "%s|%s %s", told, medium->plan->id,
                          kb_pick(seen_instead(a, medium, passing), KB_EN));
    bool news = !a->told || strcmp(a->told, told) != 0;
    if (news)
        a->told = kb_strdup(a->drill->arena, told);
    for (size_t i = 0; news && (medium = wanted(a, i)); i++)
        kb_attend_tell(a, KB_NEWS_WAITING, medium->plan, seen_instead(a, medium, passing));
    if (news || kb_attend_is_silent(a))
        kb_attend_ask_act(a);
}

static bool is_typing(const struct kb_attend_run *a)
{
    enum kb_attend_asks asks = a->question.asks;
    return asks != KB_ASK_NOTHING && asks != KB_ASK_ACT && asks != KB_ASK_INTERRUPT;
}

void kb_attend_looked(struct kb_attend_run *a)
{
    struct medium_run *medium = a->looking_for; /* what it shows may change what is waited for */
    if (!a->looking || (medium && medium->child))
        return;
    bool here = medium && medium->open;
    bool by_people = !kb_step_is_automatic(a->unit->record->steps.v[a->unit->at].act);
    if (here && is_typing(a)) { /* what is being typed must not become the answer to another question */
        if (by_people && a->done_ns == KB_ABSENT)
            kb_attend_mark_done(a);
        return;
    }
    a->looking = false;
    if (here && by_people && a->drill->threat) { /* with its generations more is known */
        kb_threat_judge(a->unit);
        here = is_wanted(a, medium);
    }
    if (here) {
        a->look_at = 0;
        came(a, medium);
        return;
    }
    if (medium && medium->open) {
        tell_lost(a, medium);
        a->done_ns = KB_ABSENT;
        kb_medium_close(medium);
    }
    if (wanted(a, ++a->look_at)) {
        kb_attend_look(a);
        return;
    }
    a->look_at = 0;
    none_is_here(a);
}

/* Another copy is here already: then it is no finding that this one is not. */
static bool has_open_copy(const struct unit_run *unit)
{
    for (size_t i = 0; i < unit->set->copies.n; i++) {
        const struct medium_run *medium = medium_run_of(unit->drill, unit->set->copies.v[i].medium);
        if (medium && medium->open)
            return true;
    }
    return false;
}

/* Whatever may hold a copy has been looked for. */
static bool copies_are_known(struct unit_run *unit)
{
    bool known = true;
    for (size_t i = 0; i < unit->set->copies.n; i++) {
        struct medium_run *medium = medium_run_of(unit->drill, unit->set->copies.v[i].medium);
        if (!medium)
            continue;
        if (!medium->open && medium->looked_by != unit && !medium->child) {
            medium->looked_by = unit;
            kb_medium_open(medium, has_open_copy(unit));
        }
        known &= !medium->child;
    }
    return known;
}

bool kb_attend_medium(struct unit_run *unit, bool reads)
{
    struct kb_attend_run *a = unit->drill->attend;
    if (!a)
        return true;
    if (!unit->chosen) {
        if (!copies_are_known(unit))
            return false;
        kb_drill_media_judge(unit->drill);
        kb_choose_for(unit);
        unit->chosen = true;
        if (!unit->medium) {
            kb_step_skip_rest(unit, KB_UNIT_NOT_RUN);
            return false;
        }
        kb_unit_start(unit);
    }
    if (a->waiting) {
        kb_attend_looked(a);
    } else if (reads && !unit->medium->open) { /* it was let go, or the program was ended, after it had been chosen */
        a->waiting = true;
        kb_attend_look(a);
    }
    return !a->waiting;
}

void kb_attend_detached(struct medium_run *medium)
{
    bool was_open = medium->drill->phase == PHASE_UNITS ||
                    medium->open; /* at the end all are closed, also absent ones */
    if (!medium->drill->attend || !was_open)
        return;
    struct kb_text detail = {0};
    if (!medium->state.mounted_by_us)
        detail = kb_text_new(medium->drill->arena,
                             "%s is not needed any more. It was not mounted by koboshi: unmount it, then detach it.",
                             "%s は使い終わりました。koboshi "
                             "以外がマウントしているので、マウントを解除してから取り外してください。",
                             name_of(medium->plan));
    kb_attend_tell(medium->drill->attend, detail.ja ? KB_NEWS_SAID : KB_NEWS_DETACH, medium->plan, detail);
}
