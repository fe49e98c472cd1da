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

/* What a wait_medium step waits for: any of its media, or of those that hold a copy of its set. */
static struct medium_run *named_by(const struct unit_run *unit, const struct kb_step *step, size_t i)
{
    struct medium_run *found = NULL;
    size_t n = step->media.n ? step->media.n : unit->set->copies.n;
    for (size_t k = 0; k < n && !found; k++) {
        struct medium_run *medium = medium_run_of(unit->drill,
                                                  step->media.n ? step->media.v[k] : unit->set->copies.v[k].medium);
        if (medium && i-- == 0)
            found = medium;
    }
    return found;
}

static struct medium_run *wanted(const struct kb_attend_run *a, size_t i)
{
    const struct unit_run *unit = a->unit;
    if (kb_step_is_automatic(unit->record->steps.v[unit->at].act))
        return i ? NULL : unit->medium;
    return named_by(unit, unit->plan_steps[unit->at], i);
}

bool kb_attend_wants(const struct kb_attend_run *a)
{
    return wanted(a, 0) != NULL;
}

static bool is_wanted(const struct kb_attend_run *a, const struct medium_run *medium)
{
    struct medium_run *one;
    for (size_t i = 0; (one = wanted(a, i)); i++)
        if (one == medium)
            return true;
    return false;
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
    if (!automatic)
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

static const char *name_of(const struct kb_medium *medium)
{
    return medium->label ? medium->label : medium->id;
}

/* What there is instead, by its name where the plan knows it. */
static struct kb_text seen_instead(struct kb_attend_run *a, const struct medium_run *medium)
{
    struct kb_arena *arena = a->drill->arena;
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
    const char *told = "";
    for (size_t i = 0; (medium = wanted(a, i)); i++)
        told = kb_sprintf(a->drill->arena, "%s|%s", told, kb_pick(seen_instead(a, medium), KB_EN));
    bool news = !a->told || strcmp(a->told, told) != 0;
    a->told = told;
    for (size_t i = 0; news && (medium = wanted(a, i)); i++)
        kb_attend_tell(a, KB_NEWS_WAITING, medium->plan, seen_instead(a, medium));
    if (news || kb_attend_is_silent(a))
        kb_attend_ask_act(a);
}

void kb_attend_looked(struct kb_attend_run *a)
{
    struct medium_run *medium = wanted(a, a->look_at);
    if (!a->looking || (medium && medium->child))
        return;
    a->looking = false;
    if (medium && medium->open) {
        a->look_at = 0;
        came(a, medium);
        return;
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
    if (medium->drill->attend && medium->drill->phase == PHASE_UNITS)
        kb_attend_tell(medium->drill->attend, KB_NEWS_DETACH, medium->plan, (struct kb_text){0});
}
