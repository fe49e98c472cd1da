/* SPDX-License-Identifier: Apache-2.0 */
/* The threat of a drill: what it leaves of each unit's copies, and what the record says of that. */
#include <string.h>

#include "drill.h"
#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/ledger.h"

int kb_threat_begin(struct drill *drill, struct kb_err *err)
{
    struct kb_lines lines = {0};
    if (!drill->threat)
        return 0;
    int code = kb_ledger_lines(drill->params->place->ledger, drill->arena, &lines, err);
    if (!code)
        drill->media_log = kb_media_log_of(drill->params->plan, &lines, drill->arena);
    return code ? kb_wrap(err, "looking up which disk was attached when", "どのディスクがいつ接続されていたかの確認中")
                : 0;
}

static struct kb_medium_listed *list_backups(const struct drill *drill)
{
    const struct kb_plan *plan = drill->params->plan;
    struct kb_medium_listed *all = kb_alloc(drill->arena, plan->media.n, sizeof *all);
    for (size_t i = 0; i < drill->n_media; i++) {
        const struct medium_run *medium = &drill->media[i];
        struct kb_medium_listed *listed = &all[medium->plan - plan->media.v];
        bool here = medium->state.status == KB_MEDIUM_READY;
        size_t n = here ? medium->generations.n : medium->was_listed ? medium->seen_generations.n : 0;
        const struct kb_generation *generations = here ? medium->generations.v : medium->seen_generations.v;
        listed->listed = here || medium->was_listed;
        listed->backups.v = kb_alloc(drill->arena, n, sizeof *listed->backups.v);
        for (size_t k = 0; k < n; k++)
            listed->backups.v[listed->backups.n++] = generations[k].point_in_time;
    }
    return all;
}

/* Each machine that fails by itself, once. */
static void name_host(struct drill *drill, const struct kb_system *system)
{
    struct kb_record_threat *threat = drill->record_threat;
    const struct kb_host *host = system ? kb_plan_host(drill->params->plan, system->on) : NULL;
    if (!threat || !host || !kb_threat_destroys(drill->threat, KB_DESTROYS_SAME_HOST))
        return;
    for (size_t i = 0; i < threat->hosts.n; i++)
        if (!strcmp(threat->hosts.v[i], host->id))
            return;
    threat->hosts.v = kb_grow(drill->arena, threat->hosts.v, threat->hosts.n, sizeof *threat->hosts.v);
    threat->hosts.v[threat->hosts.n++] = host->id;
}

static int64_t newest_on(const struct unit_run *unit, size_t copy)
{
    const struct drill *drill = unit->drill;
    int64_t newest = KB_ABSENT;
    for (size_t i = 0; i < drill->n_media; i++)
        for (size_t k = 0; k < drill->media[i].generations.n; k++) {
            const struct kb_generation *g = &drill->media[i].generations.v[k];
            bool wanted = g->copy == (int64_t)copy && !strcmp(g->set, unit->set->id) &&
                          g->point_in_time <= drill->record->disrupted_at;
            if (wanted && (newest == KB_ABSENT || g->point_in_time > newest))
                newest = g->point_in_time;
        }
    return newest;
}

void kb_threat_judge(struct unit_run *unit)
{
    struct drill *drill = unit->drill;
    struct kb_record_unit *record = unit->record;
    if (!drill->threat)
        return;
    const struct kb_presence presence = {
        .plan = drill->params->plan,
        .log = drill->media_log.n ? &drill->media_log : NULL,
        .listed = list_backups(drill),
        .now = drill->record->started,
    };
    const struct kb_survival_input input = {.presence = &presence,
                                            .threat = drill->threat,
                                            .system = unit->system,
                                            .set = unit->set,
                                            .at = drill->record->disrupted_at};
    record->survival.v = kb_alloc(drill->arena, unit->set->copies.n, sizeof *record->survival.v);
    for (record->survival.n = 0; record->survival.n < unit->set->copies.n; record->survival.n++) {
        struct kb_survival *survival = &record->survival.v[record->survival.n];
        *survival = kb_survival_of(&input, record->survival.n, drill->arena);
        survival->newest = newest_on(unit, record->survival.n);
    }
    name_host(drill, unit->system);
}

bool kb_threat_leaves(const struct unit_run *unit, size_t copy)
{
    return copy >= unit->record->survival.n || unit->record->survival.v[copy].survives;
}

bool kb_threat_leaves_generation(const struct unit_run *unit, size_t copy, const struct kb_generation *generation)
{
    return copy >= unit->record->survival.n ||
           kb_generation_survives(&unit->record->survival.v[copy], generation->point_in_time);
}

static struct kb_text title_of(const struct drill *drill)
{
    const struct kb_threat *threat = drill->threat;
    const char *any = threat->title.ja ? threat->title.ja : threat->title.en ? threat->title.en : threat->id;
    return (struct kb_text){.ja = any, .en = threat->title.en ? threat->title.en : any};
}

struct kb_text kb_threat_why_lost(const struct unit_run *unit, size_t copy)
{
    const struct kb_survival *survival = &unit->record->survival.v[copy];
    struct kb_arena *arena = unit->drill->arena;
    struct kb_text title = title_of(unit->drill);
    bool assumed = survival->assumed && survival->basis.ja;
    return (struct kb_text){
        .ja = kb_sprintf(arena, "%sのため失われます（想定: %s）%s%s%s", survival->why.ja, title.ja, assumed ? "［" : "",
                         assumed ? survival->basis.ja : "", assumed ? "］" : ""),
        .en = kb_sprintf(arena, "lost in this threat (%s), because %s%s%s%s", title.en, survival->why.en,
                         assumed ? " [" : "", assumed ? survival->basis.en : "", assumed ? "]" : ""),
    };
}

/* What to change first: the cheapest of what would have saved one of the copies. */
static struct kb_text what_to_change(const struct unit_run *unit)
{
    static const struct {
        const char *by;
        struct kb_text next;
    } remedies[] = {
        {"attached",
         {"使っていないディスクは外しておく（connected: "
          "during_backup）か、交換を週2回にする・ディスクを1台増やすなどして、"
          "検知までつながれないディスクを作ってください。",
          "Keep disks detached while no backup runs (connected: during_backup), swap twice a week, or add a disk, so "
          "that "
          "one stays away until it is noticed."}},
        {"key",
         {"鍵（パスフレーズ）を紙に書き、別の場所にも保管してください。",
          "Write the key (passphrase) on paper and keep a copy of it at another place."}},
        {"mirror",
         {"世代を残すバックアップ（method: full など）を加えてください。",
          "Add a backup that keeps generations (method: full)."}},
        {"same_host", {"別の機器に控えを置いてください。", "Keep a copy on another machine."}},
        {"onsite", {"社外に保管する控え（offsite）を加えてください。", "Keep a copy at another site (offsite)."}},
        {"writable_by_admin",
         {"ふだん外しておく媒体か、書き換えできない控え（immutable_for）を加えてください。",
          "Add a medium that is kept detached, or a copy that nobody can change (immutable_for)."}},
        {"online",
         {"ふだん外しておく媒体か、書き換えできない控え（immutable_for）を加えてください。",
          "Add a medium that is kept detached, or a copy that nobody can change (immutable_for)."}},
        {"provider_hosted", {"自社の媒体への書き出しを加えてください。", "Export it to a medium of your own as well."}},
    };
    for (size_t i = 0; i < unit->record->survival.n; i++) {
        const struct kb_survival *survival = &unit->record->survival.v[i];
        if (survival->assumed && survival->by && !strcmp(survival->by, kb_destroys_names[KB_DESTROYS_ATTACHED]))
            return (struct kb_text){
                "接続していたかどうかが記録にないため、最悪の場合で判定しました。まず交換を koboshi swap で、"
                "着脱を koboshi media watch で記録してください。",
                "Nothing says whether it was attached, so the worst case counts. First log exchanges "
                "(koboshi swap) and what comes and goes (koboshi media watch)."};
    }
    for (size_t r = 0; r < sizeof remedies / sizeof *remedies; r++)
        for (size_t i = 0; i < unit->record->survival.n; i++)
            if (unit->record->survival.v[i].by && !strcmp(unit->record->survival.v[i].by, remedies[r].by))
                return remedies[r].next;
    return (struct kb_text){0};
}

static struct kb_text all_lost(const struct unit_run *unit)
{
    struct kb_arena *arena = unit->drill->arena;
    struct kb_text all = {"", ""};
    for (size_t i = 0; i < unit->record->survival.n; i++) {
        const struct kb_survival *survival = &unit->record->survival.v[i];
        bool assumed = survival->assumed && survival->basis.ja;
        all.ja = kb_sprintf(arena, "%s%s%s%s%s%s", all.ja, i ? "、" : "", survival->why.ja, assumed ? "（" : "",
                            assumed ? survival->basis.ja : "", assumed ? "）" : "");
        all.en = kb_sprintf(arena, "%s%s%s%s%s%s", all.en, i ? "; " : "", survival->why.en, assumed ? " (" : "",
                            assumed ? survival->basis.en : "", assumed ? ")" : "");
    }
    return all;
}

/* A copy that survives on a medium the drill leaves out. */
static const char *left_out(const struct unit_run *unit)
{
    for (size_t i = 0; i < unit->record->survival.n; i++)
        if (unit->record->survival.v[i].survives)
            return unit->record->survival.v[i].medium;
    return NULL;
}

void kb_threat_no_survivor(struct unit_run *unit)
{
    struct drill *drill = unit->drill;
    struct kb_arena *arena = drill->arena;
    struct kb_text title = title_of(drill);
    const char *when = kb_time_show(arena, drill->record->disrupted_at), *other = left_out(unit);
    struct kb_finding *finding = kb_finding_make(arena, KB_RULE_NO_SURVIVING_COPY);
    finding->set = unit->set->id;
    finding->expected = (struct kb_text){
        .ja = kb_sprintf(arena, "「%s」が %s に起きても、控えが1つ以上残ること", title.ja, when),
        .en = kb_sprintf(arena, "at least one copy left when “%s” strikes at %s", title.en, when)};
    finding->found = all_lost(unit);
    finding->next = other ? kb_text_new(arena, "%s survives: add it to `media` of the drill.",
                                        "%s の控えは残ります。訓練の media に加えてください。", other)
                          : what_to_change(unit);
    kb_drill_finding(drill, finding);
    unit->failed = true;
    unit->record->reason = (struct kb_text){
        .ja = kb_sprintf(arena, "使える控えがすべて失われます（想定: %s）", title.ja),
        .en = kb_sprintf(arena, "every copy that could be used is lost in this threat (%s)", title.en)};
}

static void add_once(struct drill *drill, struct kb_text text)
{
    struct kb_record *record = drill->record;
    for (size_t i = 0; i < record->deviations.n; i++)
        if (!strcmp(kb_pick(record->deviations.v[i], KB_EN), text.en))
            return;
    record->deviations.v = kb_grow(drill->arena, record->deviations.v, record->deviations.n,
                                   sizeof *record->deviations.v);
    record->deviations.v[record->deviations.n++] = text;
}

void kb_threat_deviations(struct drill *drill)
{
    for (size_t i = 0; i < drill->n_units; i++)
        for (size_t k = 0; k < drill->units[i].record->survival.n; k++) {
            const struct kb_survival *survival = &drill->units[i].record->survival.v[k];
            if (survival->assumed && survival->basis.ja)
                add_once(drill, (struct kb_text){.ja = kb_sprintf(drill->arena, "%s。", survival->basis.ja),
                                                 .en = kb_sprintf(drill->arena, "%s.", survival->basis.en)});
        }
    if (drill->threat && !drill->threat->destroys.n)
        add_once(
            drill,
            kb_text_new(
                drill->arena,
                "The plan does not say what “%s” destroys (destroys); every copy was taken to survive it.",
                "想定「%s」で何が失われるか（destroys）が計画にないため、どの控えも失われないものとして扱いました。",
                title_of(drill).ja));
    bool dwell = drill->params->drill && !drill->params->generation &&
                 drill->params->drill->generation.before == KB_BEFORE_DWELL;
    if (dwell && (!drill->threat || drill->threat->dwell == KB_ABSENT))
        add_once(drill,
                 (struct kb_text){
                     .ja = "世代は潜伏期間より前から選ぶ計画ですが、潜伏期間（dwell）が計画にないため、発生時刻までの"
                           "世代から選びました。",
                     .en = "The plan asks for a generation from before the dwell time, but declares none (dwell); "
                           "it was chosen among those up to the disruption."});
}

struct kb_text kb_threat_hosts(const struct drill *drill)
{
    const struct kb_record_threat *threat = drill->record_threat;
    const char *names = "";
    for (size_t i = 0; threat && i < threat->hosts.n; i++)
        names = kb_sprintf(drill->arena, "%s%s%s", names, i ? ", " : "", threat->hosts.v[i]);
    if (!threat || threat->hosts.n < 2)
        return (struct kb_text){0};
    return kb_text_new(
        drill->arena, "Each machine was taken to fail by itself (%s); that several fail at once is not shown.",
        "機器は1台ずつ故障するものとして判定しました（%s）。同時に故障した場合は示していません。", names);
}
