/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of procedures, and the work that a threat adds before one of them. */
#include "checks.h"

#include <string.h>

#include "koboshi/arena.h"

#define GOOD(c, field)    kb_mark_good((c)->l, (field))
#define WRITTEN(c, field) (kb_mark_of((c)->l, (field)) != NULL)

static void offer_steps(struct kb_nearest *nearest, const struct kb_procedure *procedure)
{
    for (size_t i = 0; i < procedure->steps.n; i++)
        if (procedure->steps.v[i].id)
            kb_nearest_offer(nearest, procedure->steps.v[i].id);
}

static void complain_no_step(struct kb_checker *c, const char *name, const char *const *field,
                             const struct kb_nearest *nearest)
{
    if (nearest->name)
        KB_WRONG(c, field, NULL, "`%s`: there is no step `%s`; did you mean `%s`?",
                 "`%s`: 工程「%s」はありません。`%s` の誤りではありませんか", name, kb_shown(c, *field), nearest->name);
    else
        KB_WRONG(c, field, NULL, "`%s`: there is no step `%s`", "`%s`: 工程「%s」はありません", name,
                 kb_shown(c, *field));
}

static void check_parallel(struct kb_checker *c, const struct kb_procedure *procedure, const struct kb_step *step)
{
    const char *const *field = &step->parallel_with;
    if (!GOOD(c, field))
        return;
    for (size_t i = 0; i < procedure->steps.n; i++) {
        if (!procedure->steps.v[i].id || strcmp(procedure->steps.v[i].id, *field) != 0)
            continue;
        if (&procedure->steps.v[i] == step)
            KB_WRONG(c, field, step, "`parallel_with` names this very step",
                     "`parallel_with` がこの工程自身を指しています");
        return;
    }
    struct kb_nearest nearest = {.wanted = *field};
    offer_steps(&nearest, procedure);
    complain_no_step(c, "parallel_with", field, &nearest);
}

static void check_step(struct kb_checker *c, const struct kb_step *step, bool restored)
{
    if (!GOOD(c, &step->act))
        return;
    const char *act = kb_step_do_names[step->act];
    bool probe = step->act == KB_DO_PROBE;
    if (probe && !step->probes.n && (!WRITTEN(c, &step->probes) || GOOD(c, &step->probes)))
        KB_WRONG(c, &step->probes, step, "a probe step needs `probes` with at least one check",
                 "do: probe の工程には、確認内容（probes）が1つ以上必要です");
    if (!probe && WRITTEN(c, &step->probes))
        KB_WRONG(c, &step->probes, step, "`probes` is for `do: probe`, this step is %s",
                 "`probes` は do: probe の工程に書きます（この工程は %s）", act);
    if (probe && !restored)
        KB_WRONG(c, &step->act, step, "nothing has been restored yet: put this probe after a `do: restore` step",
                 "まだ何も復元されていません。この確認は do: restore の工程の後に置いてください");
    if (step->act != KB_DO_WAIT_MEDIUM && WRITTEN(c, &step->media))
        KB_WRONG(c, &step->media, step, "`media` is for `do: wait_medium`, this step is %s",
                 "`media` は do: wait_medium の工程に書きます（この工程は %s）", act);
    bool command = step->act == KB_DO_COMMAND;
    if (command && !WRITTEN(c, &step->command))
        KB_WRONG(c, &step->command, step, "a command step needs `command`: the program and its arguments",
                 "do: command の工程には `command`（プログラムと引数）が必要です");
    if (!command && WRITTEN(c, &step->command))
        KB_WRONG(c, &step->command, step, "`command` is for `do: command`, this step is %s",
                 "`command` は do: command の工程に書きます（この工程は %s）", act);
    if (command && !restored)
        KB_WRONG(c, &step->act, step, "nothing has been restored yet: put this command after a `do: restore` step",
                 "まだ何も復元されていません。このコマンドは do: restore の工程の後に置いてください");
    kb_check_argv(c, (const void *)&step->command, step);
    bool by_people = step->act == KB_DO_MANUAL || step->act == KB_DO_DECISION;
    if (!by_people && WRITTEN(c, &step->level))
        KB_WRONG(c, &step->level, step, "`level` is what a person shows by a manual step, this step is %s",
                 "`level` は人が行う工程に書きます（この工程は %s）", act);
    bool said = WRITTEN(c, &step->text);
    if (by_people && !said)
        KB_WRONG(c, &step->text, step, "a %s step is done by a person: say in `ja` or `en` what to do",
                 "do: %s は人が行う工程です。何をするかを ja か en に書いてください", act);
}

void kb_check_steps(struct kb_checker *c)
{
    for (size_t p = 0; p < c->plan->procedures.n; p++) {
        const struct kb_procedure *procedure = &c->plan->procedures.v[p];
        bool restored = false;
        for (size_t i = 0; i < procedure->steps.n; i++) {
            const struct kb_step *step = &procedure->steps.v[i];
            bool good = GOOD(c, &step->id);
            for (size_t k = 0; good && k < i; k++) {
                const struct kb_step *other = &procedure->steps.v[k];
                if (!other->id || strcmp(step->id, other->id) != 0)
                    continue;
                KB_WRONG(c, &step->id, step, "step `%s` stands twice in this procedure; the first is on line %d",
                         "工程 `%s` がこの手順に2回あります（最初は %d 行目）", kb_shown(c, step->id),
                         kb_mark_at(c->l, &other->id, other).line);
                break;
            }
            restored = restored || !GOOD(c, &step->act) || step->act == KB_DO_RESTORE;
            check_step(c, step, restored);
            check_parallel(c, procedure, step);
        }
    }
}

/* A plan without procedures still restores, so the words of `do` always name something. */
static bool is_step(const struct kb_plan *plan, const char *id)
{
    for (int i = 0; kb_step_do_names[i]; i++)
        if (!strcmp(id, kb_step_do_names[i]))
            return true;
    for (size_t p = 0; p < plan->procedures.n; p++)
        for (size_t i = 0; i < plan->procedures.v[p].steps.n; i++)
            if (plan->procedures.v[p].steps.v[i].id && !strcmp(id, plan->procedures.v[p].steps.v[i].id))
                return true;
    return false;
}

void kb_check_adds(struct kb_checker *c)
{
    for (size_t t = 0; t < c->plan->threats.n; t++) {
        for (size_t i = 0; i < c->plan->threats.v[t].adds.n; i++) {
            const char *const *before = &c->plan->threats.v[t].adds.v[i].before;
            if (!GOOD(c, before) || is_step(c->plan, *before))
                continue;
            struct kb_nearest nearest = {.wanted = *before};
            for (int k = 0; kb_step_do_names[k]; k++)
                kb_nearest_offer(&nearest, kb_step_do_names[k]);
            for (size_t p = 0; p < c->plan->procedures.n; p++)
                offer_steps(&nearest, &c->plan->procedures.v[p]);
            complain_no_step(c, "before", before, &nearest);
        }
    }
}
