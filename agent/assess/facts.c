/* SPDX-License-Identifier: Apache-2.0 */
/* Which systems a function needs, and what the drill saw of their data. */
#include "timeline.h"

#include <string.h>

#include "koboshi/arena.h"

int64_t kb_seconds_add(int64_t a, int64_t b)
{
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return b < 0 ? INT64_MIN + 1 : INT64_MAX;
    return sum;
}

int64_t kb_seconds_between(int64_t from, int64_t to)
{
    int64_t span;
    if (__builtin_sub_overflow(to, from, &span) || span == KB_ABSENT)
        return to < from ? INT64_MIN + 1 : INT64_MAX;
    return span;
}

struct kb_text kb_titled(struct kb_text title, const char *id)
{
    return (struct kb_text){
        .ja = title.ja   ? title.ja
              : title.en ? title.en
                         : id,
        .en = title.en   ? title.en
              : title.ja ? title.ja
                         : id,
    };
}

static void mark(const struct kb_plan *plan, const char *id, bool *needed)
{
    const struct kb_system *system = kb_plan_system(plan, id);
    if (!system || needed[system - plan->systems.v])
        return;
    needed[system - plan->systems.v] = true;
    for (size_t i = 0; i < system->depends_on.n; i++)
        mark(plan, system->depends_on.v[i], needed);
}

struct kb_needs kb_needs_of(const struct kb_plan *plan, const struct kb_function *function, struct kb_arena *arena)
{
    struct kb_needs needs = {.v = kb_alloc(arena, plan->systems.n, sizeof(*needs.v))};
    bool *needed = kb_alloc(arena, plan->systems.n, sizeof *needed);
    for (size_t i = 0; i < function->needs.n; i++)
        mark(plan, function->needs.v[i], needed);
    for (size_t i = 0; i < plan->systems.n; i++)
        if (needed[i])
            needs.v[needs.n++] = &plan->systems.v[i];
    return needs;
}

const struct kb_record_unit *kb_unit_of(const struct kb_assess_input *input, const char *system, const char *set)
{
    for (size_t i = 0; i < input->n_units; i++)
        if (!strcmp(input->units[i].system, system) && !strcmp(input->units[i].set, set))
            return &input->units[i];
    return NULL;
}

bool kb_unit_came_back(const struct kb_record_unit *unit)
{
    return unit->status == KB_UNIT_GOOD || unit->status == KB_UNIT_CONDITIONAL;
}

static void add_unit(struct kb_facts *facts, const struct kb_record_unit *unit, int64_t disrupted_at)
{
    facts->has_units = true;
    if (!kb_unit_came_back(unit)) {
        facts->lost = facts->lost ? facts->lost : unit;
        return;
    }
    if (unit->point_in_time == KB_ABSENT || disrupted_at == KB_ABSENT) {
        facts->undated = facts->undated ? facts->undated : unit;
        return;
    }
    int64_t age_s = kb_seconds_between(unit->point_in_time, disrupted_at);
    if (age_s < 0 && !facts->later)
        facts->later = unit;
    if (!facts->oldest || age_s > facts->age_s) {
        facts->oldest = unit;
        facts->age_s = age_s;
    }
}

struct kb_facts kb_facts_of(const struct kb_assess_input *input, const struct kb_needs *needs)
{
    struct kb_facts facts = {.age_s = KB_ABSENT};
    for (size_t i = 0; i < needs->n; i++) {
        const struct kb_system *system = needs->v[i];
        for (size_t k = 0; k < system->backup_sets.n; k++) {
            const struct kb_record_unit *unit = kb_unit_of(input, system->id, system->backup_sets.v[k]);
            if (unit)
                add_unit(&facts, unit, input->disrupted_at);
            else if (!facts.undrilled)
                facts.undrilled = kb_plan_set(input->plan, system->backup_sets.v[k]);
        }
    }
    return facts;
}
