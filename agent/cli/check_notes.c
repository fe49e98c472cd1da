/* SPDX-License-Identifier: Apache-2.0 */
/* What a valid plan asks for and will not get. */
#include "check_notes.h"

#include "koboshi/arena.h"
#include "koboshi/pattern.h"

struct notes {
    struct kb_arena *arena;
    struct kb_text *v;
    size_t n;
};

static void add(struct notes *notes, struct kb_text text)
{
    notes->v = kb_grow(notes->arena, notes->v, notes->n, sizeof *notes->v);
    notes->v[notes->n++] = text;
}

/* A command sees what lies in the scratch folder; what it needs of that nobody can tell beforehand. */
static void note_commands(struct notes *notes, const struct kb_drill *drill, const struct kb_set *set,
                          const struct kb_procedure *procedure)
{
    for (size_t i = 0; i < procedure->steps.n; i++) {
        const struct kb_step *step = &procedure->steps.v[i];
        bool command = false;
        for (size_t k = 0; k < step->probes.n; k++)
            command |= step->probes.v[k].command.n > 0;
        if (command)
            add(notes,
                kb_text_new(notes->arena,
                            "drill %s restores a sample of %lld%%: the command of step %s (%s) sees only part of "
                            "the files of %s",
                            "訓練 %s は %lld%% の抜き取りで復元するため、手順 %s（%s）のコマンドからは %s "
                            "のファイルの一部しか見えません",
                            drill->id, (long long)drill->restore.sample, step->id, procedure->id, set->id));
    }
}

static void note_drill(struct notes *notes, const struct kb_plan *plan, const struct kb_drill *drill)
{
    for (size_t i = 0; i < drill->systems.n; i++) {
        const struct kb_system *system = kb_plan_system(plan, drill->systems.v[i]);
        for (size_t k = 0; k < system->backup_sets.n; k++) {
            const struct kb_set *set = kb_plan_set(plan, system->backup_sets.v[k]);
            if (set->recovery)
                note_commands(notes, drill, set, kb_plan_procedure(plan, set->recovery));
        }
    }
}

/* One folder for ever, and nothing says that it is worked in: what changes is told as a backup that changed after it
 * was finished, unless the folder's own time changes with it. */
static void note_undated(struct notes *notes, const struct kb_set *set)
{
    for (size_t i = 0; i < set->copies.n; i++) {
        const struct kb_copy *copy = &set->copies.v[i];
        const struct kb_pattern *pattern;
        if (copy->manifest || kb_pattern_parse(copy->path, notes->arena, &pattern, NULL) || pattern->dated ||
            pattern->n_wildcards)
            continue;
        add(notes,
            kb_text_new(notes->arena,
                        "%1$s: the folder %2$s has no date in its path: if it is a copy that is kept up to date, "
                        "write `method: mirror`, else each day's work is told as a finished backup that "
                        "changed; if each backup has a folder of its own, write its date (%2$s-%%Y%%m%%d)",
                        "%1$s: フォルダ %2$s のパスに日付がありません。常に最新に保つ写しなら `method: mirror` "
                        "と書いてください（書かないと、日々の変更が「完了したバックアップの変化」として"
                        "不合格になることがあります）。毎回別のフォルダに取るなら、日付を書いてください"
                        "（%2$s-%%Y%%m%%d）",
                        set->id, copy->path));
        return;
    }
}

size_t kb_check_notes(const struct kb_plan *plan, struct kb_arena *arena, const struct kb_text **ret_notes)
{
    struct notes notes = {.arena = arena};
    for (size_t i = 0; i < plan->backup_sets.n; i++) {
        const struct kb_set *set = &plan->backup_sets.v[i];
        if (set->format == KB_FORMAT_TREE && set->method != KB_METHOD_MIRROR && set->method != KB_METHOD_SNAPSHOT)
            note_undated(&notes, set);
    }
    for (size_t i = 0; i < plan->drills.n; i++) {
        const struct kb_drill_restore *restore = &plan->drills.v[i].restore;
        if (restore->amount != KB_RESTORE_NONE && restore->sample != KB_ABSENT && restore->sample < 100)
            note_drill(&notes, plan, &plan->drills.v[i]);
    }
    *ret_notes = notes.v;
    return notes.n;
}
