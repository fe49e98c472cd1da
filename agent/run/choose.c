/* SPDX-License-Identifier: Apache-2.0 */
/* Which copy and generation each unit uses, and why, in one sentence. */
#include <string.h>

#include "drill.h"
#include "koboshi/arena.h"

struct candidates {
    const struct kb_generation *chosen;
    const struct kb_generation *oldest, *newest; /* of all there are */
    size_t listed, too_new, unnamed;
};

static bool prefers_oldest(const struct drill *drill)
{
    const struct kb_run_params *params = drill->params;
    if (params->generation)
        return !strcmp(params->generation, "oldest");
    return params->drill && params->drill->generation.choice == KB_GENERATION_OLDEST;
}

/* A part of a name given by hand, or NULL for newest and oldest. */
static const char *wanted_name(const struct drill *drill)
{
    const char *wanted = drill->params->generation;
    return wanted && strcmp(wanted, "oldest") != 0 && strcmp(wanted, "newest") != 0 ? wanted : NULL;
}

static struct candidates look_through(const struct unit_run *unit, const struct medium_run *medium, size_t copy)
{
    struct candidates found = {0};
    const char *name = wanted_name(unit->drill);
    for (size_t i = 0; i < medium->generations.n; i++) {
        const struct kb_generation *g = &medium->generations.v[i];
        if (strcmp(g->set, unit->set->id) != 0 || g->copy != (int64_t)copy)
            continue;
        found.listed++;
        if (!found.oldest || g->point_in_time < found.oldest->point_in_time)
            found.oldest = g;
        if (!found.newest || g->point_in_time > found.newest->point_in_time)
            found.newest = g;
        if (g->point_in_time > unit->drill->record->disrupted_at)
            found.too_new++;
        else if (name && !strstr(g->path, name))
            found.unnamed++;
        else if (!found.chosen || (prefers_oldest(unit->drill) ? g->point_in_time < found.chosen->point_in_time
                                                               : g->point_in_time > found.chosen->point_in_time))
            found.chosen = g;
    }
    return found;
}

static struct medium_run *medium_of(struct drill *drill, const char *id)
{
    for (size_t i = 0; i < drill->n_media; i++)
        if (!strcmp(drill->media[i].plan->id, id))
            return &drill->media[i];
    return NULL; /* the drill does not use it */
}

static const char *medium_name(const struct kb_medium *medium)
{
    return medium->label ? medium->label : medium->id;
}

static void explain(struct unit_run *unit, size_t copy, const struct candidates *found)
{
    struct kb_arena *arena = unit->drill->arena;
    const char *when = kb_time_show(arena, unit->drill->record->disrupted_at),
               *medium = medium_name(unit->medium->plan);
    const char *listed = kb_show_count(arena, (int64_t)(found->listed - found->too_new));
    const char *name = wanted_name(unit->drill);
    if (name)
        name = kb_escape(arena, name, strlen(name));
    if (name)
        unit->record->choice = kb_text_new(arena, "copy %zu (%s), the newest generation named like %s",
                                           "控え%zu（%s）にある、名前に %s を含む最も新しい世代", copy + 1, medium,
                                           name);
    else if (prefers_oldest(unit->drill))
        unit->record->choice = kb_text_new(arena, "copy %zu (%s), the oldest of %s generations up to %s",
                                           "控え%zu（%s）にある%s世代のうち、%s までで最も古い世代", copy + 1, medium,
                                           listed, when);
    else
        unit->record->choice = kb_text_new(arena, "copy %zu (%s), the newest of %s generations up to %s",
                                           "控え%zu（%s）にある%s世代のうち、%s までで最も新しい世代", copy + 1, medium,
                                           listed, when);
}

static void missing(struct unit_run *unit, const struct kb_copy *copy, const struct candidates *found)
{
    struct kb_arena *arena = unit->drill->arena;
    struct kb_finding *finding = kb_finding_make(arena, KB_RULE_GENERATION_MISSING);
    finding->set = unit->set->id;
    finding->medium = copy->medium;
    const char *name = wanted_name(unit->drill), *pattern = kb_printable(arena, copy->path);
    const char *when = kb_time_show(arena, unit->drill->record->disrupted_at);
    if (name)
        finding->expected = kb_text_new(arena, "a generation named %s with %s in its name, not newer than %s",
                                        "%s という形で、名前に %s を含む %s 以前の世代", pattern,
                                        kb_escape(arena, name, strlen(name)), when);
    else
        finding->expected = kb_text_new(arena, "a generation named %s, not newer than %s",
                                        "%s という名前で %s 以前の世代", pattern, when);
    finding->found = kb_text_new(arena, "%zu match the pattern; of these %zu are newer and %zu have another name",
                                 "パターンに合うもの %zu 件（うち新しすぎるもの %zu 件、指定と違う名前 %zu 件）",
                                 found->listed, found->too_new, found->unnamed);
    if (found->unnamed) /* there are generations; it is what was asked for that none of them fits */
        finding->next = kb_text_new(arena, "Give --generation a part of a name that is there, such as %s.",
                                    "--generation には、%s のように実在する世代の名前（の一部）を指定してください。",
                                    kb_escape(arena, found->newest->path, strlen(found->newest->path)));
    else if (found->too_new)
        finding->next = kb_text_new(
            arena, "The oldest one here is of %s: data of that time is lost, or give a later --disrupted-at.",
            "最も古い世代は %s です。それ以前のデータは失われています（または --disrupted-at を遅くしてください）。",
            kb_time_show(arena, found->oldest->point_in_time));
    kb_drill_finding(unit->drill, finding);
}

static void unusable(struct unit_run *unit, const struct medium_run *medium)
{
    struct kb_arena *arena = unit->drill->arena;
    if (medium->state.status != KB_MEDIUM_ABSENT) /* the others have been told by the media stage */
        return;
    struct kb_finding *finding = kb_finding_make(arena, KB_RULE_MEDIUM_ABSENT);
    finding->set = unit->set->id;
    finding->medium = medium->plan->id;
    if (!kb_medium_is_disk(medium->plan->kind)) {
        finding->expected = kb_text_new(arena, "the folder %s", "フォルダ %s",
                                        kb_printable(arena, medium->plan->mount));
        finding->next = (struct kb_text){.ja = "フォルダを用意（マウント）するか、計画の mount を訂正してください。",
                                         .en = "Make the folder available (mount it), or correct `mount` in the plan."};
    } else {
        finding->expected = kb_text_new(arena, "%s with file-system UUID %s", "%s（ファイルシステムUUID %s）",
                                        medium_name(medium->plan), medium->plan->fs_uuid);
    }
    finding->found = medium->state.detail;
    kb_drill_finding(unit->drill, finding);
}

/* The drill says on which media it works, and none of them has this set. */
static void no_copy(struct unit_run *unit)
{
    struct kb_arena *arena = unit->drill->arena;
    const struct kb_drill *plan = unit->drill->params->drill;
    const char *wanted = "", *has = "";
    for (size_t i = 0; plan && i < plan->media.n; i++)
        wanted = kb_sprintf(arena, "%s%s%s", wanted, i ? ", " : "", plan->media.v[i]);
    for (size_t i = 0; i < unit->set->copies.n; i++)
        has = kb_sprintf(arena, "%s%s%s", has, i ? ", " : "", unit->set->copies.v[i].medium);
    struct kb_finding *finding = kb_finding_make(arena, KB_RULE_NO_COPY);
    finding->set = unit->set->id;
    finding->expected = kb_text_new(arena, "a copy on one of: %s", "次のいずれかにある控え: %s", wanted);
    finding->found = kb_text_new(arena, "copies on: %s", "控えのある媒体: %s", has);
    kb_drill_finding(unit->drill, finding);
}

static struct kb_text why_passed(int status)
{
    static const struct kb_text reasons[] = {
        [KB_MEDIUM_READY] = {"合う世代がありません", "no generation fits"},
        [KB_MEDIUM_ABSENT] = {"接続されていません", "not attached"},
        [KB_MEDIUM_WRONG] = {"別のディスクです", "another disk is in its place"},
        [KB_MEDIUM_EMPTY] = {"マウントされていません", "nothing is mounted there"},
        [KB_MEDIUM_TWICE] = {"同じUUIDのディスクが2台あります", "two disks with its UUID"},
        [KB_MEDIUM_UNREADABLE] = {"読めません", "it cannot be read"},
        [KB_MEDIUM_LOCKED] = {"暗号化が解除されていません", "its encryption is not unlocked"},
    };
    return reasons[status];
}

static void take(struct unit_run *unit, size_t copy, struct medium_run *medium, const struct kb_generation *generation)
{
    struct kb_record_unit *record = unit->record;
    unit->medium = medium;
    unit->generation = generation;
    record->medium = medium->plan->id;
    record->copy = (int64_t)copy;
    record->file = kb_escape(unit->drill->arena, generation->path, strlen(generation->path));
    record->manifest = generation->manifest
                           ? kb_escape(unit->drill->arena, generation->manifest, strlen(generation->manifest))
                           : NULL;
    record->point_in_time = generation->point_in_time;
    record->pit_source = generation->pit_source;
    record->age_s = unit->drill->record->disrupted_at - generation->point_in_time;
}

/* Now each reason counts. */
static void tell_why_none(struct unit_run *unit)
{
    bool on_a_medium = false;
    for (size_t i = 0; i < unit->set->copies.n; i++) {
        struct medium_run *medium = medium_of(unit->drill, unit->set->copies.v[i].medium);
        if (!medium)
            continue;
        on_a_medium = true;
        if (medium->state.status != KB_MEDIUM_READY) {
            unusable(unit, medium);
        } else {
            struct candidates found = look_through(unit, medium, i);
            missing(unit, &unit->set->copies.v[i], &found);
        }
    }
    if (!on_a_medium)
        no_copy(unit);
    unit->record->reason = kb_text_new(unit->drill->arena, "no usable copy", "使える控えがありません");
}

/* The order of `copies` is the order of preference; one that is not there or has nothing to offer is passed over and
 * said. */
static void choose_for(struct unit_run *unit)
{
    struct kb_arena *arena = unit->drill->arena;
    const char *passed_ja = "", *passed_en = "";
    for (size_t i = 0; i < unit->set->copies.n; i++) {
        const struct kb_copy *copy = &unit->set->copies.v[i];
        struct medium_run *medium = medium_of(unit->drill, copy->medium);
        if (!medium)
            continue;
        struct candidates found = {0};
        if (medium->state.status == KB_MEDIUM_READY)
            found = look_through(unit, medium, i);
        if (found.chosen) {
            take(unit, i, medium, found.chosen);
            explain(unit, i, &found);
            unit->record->choice.en = kb_sprintf(arena, "%s%s", unit->record->choice.en, passed_en);
            unit->record->choice.ja = kb_sprintf(arena, "%s%s", unit->record->choice.ja, passed_ja);
            return;
        }
        struct kb_text why = why_passed(medium->state.status);
        passed_en = kb_sprintf(arena, "%s; %s was passed over: %s", passed_en, medium_name(medium->plan), why.en);
        passed_ja = kb_sprintf(arena, "%s。%s は使っていません: %s", passed_ja, medium_name(medium->plan), why.ja);
    }
    tell_why_none(unit);
}

void kb_choose_generations(struct drill *drill)
{
    for (size_t i = 0; i < drill->n_units; i++)
        choose_for(&drill->units[i]);
}
