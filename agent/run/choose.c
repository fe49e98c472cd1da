/* SPDX-License-Identifier: Apache-2.0 */
/* Which copy and generation each unit uses, and why, in one sentence. */
#include <string.h>
#include <sys/random.h>

#include "drill.h"
#include "koboshi/arena.h"
#include "koboshi/digest.h"

enum pick { PICK_NEWEST, PICK_OLDEST, PICK_RANDOM };
static const char *const picks[] = {"newest", "oldest", "random"};

struct candidates {
    const struct kb_generation *chosen;
    const struct kb_generation *oldest, *newest; /* of all there are */
    size_t listed, too_new, too_young, unprotected, unnamed;
};

static enum pick pick_of(const struct drill *drill)
{
    static const enum pick of_plan[] = {[KB_GENERATION_NEWEST] = PICK_NEWEST,
                                        [KB_GENERATION_OLDEST] = PICK_OLDEST,
                                        [KB_GENERATION_RANDOM] = PICK_RANDOM};
    const struct kb_run_params *params = drill->params;
    if (!params->generation)
        return params->drill ? of_plan[params->drill->generation.choice] : PICK_NEWEST;
    for (size_t i = 0; i < sizeof picks / sizeof *picks; i++)
        if (!strcmp(params->generation, picks[i]))
            return (enum pick)i;
    return PICK_NEWEST;
}

/* A part of a name given by hand, or NULL for the words. */
static const char *wanted_name(const struct drill *drill)
{
    const char *wanted = drill->params->generation;
    for (size_t i = 0; wanted && i < sizeof picks / sizeof *picks; i++)
        if (!strcmp(wanted, picks[i]))
            return NULL;
    return wanted;
}

/* The drill asks for generations this much older than the disruption. */
static int64_t wanted_age(const struct drill *drill)
{
    const struct kb_drill *plan = drill->params->drill;
    int64_t before = plan && !drill->params->generation ? plan->generation.before : KB_ABSENT;
    if (before == KB_BEFORE_DWELL)
        before = drill->threat ? drill->threat->dwell : KB_ABSENT;
    return before == KB_ABSENT ? 0 : before;
}

/* Short enough to be typed in again. */
static int64_t new_seed(void)
{
    uint32_t seed;
    if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
        seed = (uint32_t)kb_wall_ns();
    return seed & INT32_MAX;
}

/* By the hash of seed, set and path the same generation is taken whatever order they are listed in. */
static struct kb_sha256 lot_of(const struct unit_run *unit, const struct kb_generation *g)
{
    const char *text = kb_sprintf(unit->drill->arena, "%lld\n%s\n%s", (long long)unit->drill->record->seed,
                                  unit->set->id, g->path);
    return kb_sha256_of(text, strlen(text));
}

static bool is_better(const struct unit_run *unit, const struct kb_generation *g, const struct kb_generation *than)
{
    struct kb_sha256 mine, other;
    switch (pick_of(unit->drill)) {
    case PICK_NEWEST:
        return g->point_in_time > than->point_in_time;
    case PICK_OLDEST:
        return g->point_in_time < than->point_in_time;
    case PICK_RANDOM:
        break;
    }
    mine = lot_of(unit, g);
    other = lot_of(unit, than);
    return memcmp(&mine, &other, sizeof mine) < 0;
}

static struct candidates look_through(const struct unit_run *unit, const struct medium_run *medium, size_t copy)
{
    struct candidates found = {0};
    const char *name = wanted_name(unit->drill);
    int64_t disrupted_at = unit->drill->record->disrupted_at, age = wanted_age(unit->drill);
    for (size_t i = 0; i < medium->generations.n; i++) {
        const struct kb_generation *g = &medium->generations.v[i];
        if (strcmp(g->set, unit->set->id) != 0 || g->copy != (int64_t)copy)
            continue;
        found.listed++;
        if (!found.oldest || g->point_in_time < found.oldest->point_in_time)
            found.oldest = g;
        if (!found.newest || g->point_in_time > found.newest->point_in_time)
            found.newest = g;
        if (g->point_in_time > disrupted_at)
            found.too_new++;
        else if (age && g->point_in_time > disrupted_at - age)
            found.too_young++;
        else if (!kb_threat_leaves_generation(unit, copy, g))
            found.unprotected++;
        else if (name && !strstr(g->path, name))
            found.unnamed++;
        else if (!found.chosen || is_better(unit, g, found.chosen))
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
    struct drill *drill = unit->drill;
    struct kb_arena *arena = drill->arena;
    int64_t age = wanted_age(drill);
    const char *when = kb_time_show(arena, drill->record->disrupted_at - age),
               *medium = medium_name(unit->medium->plan);
    const char *listed = kb_show_count(arena, (int64_t)(found->listed - found->too_new - found->too_young));
    const char *name = wanted_name(drill);
    if (name)
        name = kb_escape(arena, name, strlen(name));
    static const struct kb_text words[] = {[PICK_NEWEST] = {"で最も新しい世代", "the newest"},
                                           [PICK_OLDEST] = {"で最も古い世代", "the oldest"},
                                           [PICK_RANDOM] = {"から無作為に選んだ世代", "one at random"}};
    struct kb_text word = words[pick_of(drill)], *choice = &unit->record->choice;
    if (name)
        *choice = kb_text_new(arena, "copy %zu (%s), the newest generation named like %s",
                              "控え%zu（%s）にある、名前に %s を含む最も新しい世代", copy + 1, medium, name);
    else
        *choice = (struct kb_text){.ja = kb_sprintf(arena, "控え%zu（%s）にある%s世代のうち、%s まで%s", copy + 1,
                                                    medium, listed, when, word.ja),
                                   .en = kb_sprintf(arena, "copy %zu (%s), %s of %s generations up to %s", copy + 1,
                                                    medium, word.en, listed, when)};
    if (!name && pick_of(drill) == PICK_RANDOM)
        *choice = (struct kb_text){
            .ja = kb_sprintf(arena, "%s（乱数の種 %lld）", choice->ja, (long long)drill->record->seed),
            .en = kb_sprintf(arena, "%s (seed %lld)", choice->en, (long long)drill->record->seed)};
    if (age)
        *choice = (struct kb_text){
            .ja = kb_sprintf(arena, "%s（発生の%s前まで）", choice->ja, kb_show_ns(arena, age * KB_NS_PER_S, KB_JA)),
            .en = kb_sprintf(arena, "%s (%s before it struck)", choice->en,
                             kb_show_ns(arena, age * KB_NS_PER_S, KB_EN))};
}

/* What the drill's own conditions took away. */
static void tell_left_out(struct kb_arena *arena, const struct candidates *found, struct kb_text *text)
{
    if (found->too_young)
        *text = (struct kb_text){
            .ja = kb_sprintf(arena, "%s。潜伏期間（before）の中にあるもの %zu 件", text->ja, found->too_young),
            .en = kb_sprintf(arena, "%s; %zu lie within the time asked for by `before`", text->en, found->too_young)};
    if (found->unprotected)
        *text = (struct kb_text){
            .ja = kb_sprintf(arena, "%s。書き換え禁止の期間が検知前に切れるもの %zu 件", text->ja, found->unprotected),
            .en = kb_sprintf(arena, "%s; %zu could be changed again before it is noticed", text->en,
                             found->unprotected)};
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
    tell_left_out(arena, found, &finding->found);
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

static const char *escaped(struct kb_arena *arena, const char *path)
{
    return path ? kb_escape(arena, path, strlen(path)) : NULL;
}

static void note_segments(struct kb_record_unit *record, const struct kb_generation *generation, struct kb_arena *arena)
{
    record->segments.v = kb_alloc(arena, generation->segments.n, sizeof *record->segments.v);
    record->segments.n = generation->segments.n;
    for (size_t i = 0; i < generation->segments.n; i++) {
        const struct kb_segment *segment = &generation->segments.v[i];
        record->segments.v[i] = (struct kb_record_segment){
            .file = escaped(arena, segment->path),
            .manifest = escaped(arena, segment->manifest),
            .bytes = segment->bytes,
            .mtime = segment->mtime,
            .point_in_time = segment->point_in_time,
        };
    }
}

static void take(struct unit_run *unit, size_t copy, struct medium_run *medium, const struct kb_generation *generation)
{
    struct kb_record_unit *record = unit->record;
    unit->medium = medium;
    unit->generation = generation;
    record->medium = medium->plan->id;
    record->copy = (int64_t)copy;
    record->file = escaped(unit->drill->arena, generation->path);
    record->manifest = escaped(unit->drill->arena, generation->manifest);
    note_segments(record, generation, unit->drill->arena);
    record->point_in_time = generation->point_in_time;
    record->pit_source = generation->pit_source;
    record->age_s = unit->drill->record->disrupted_at - generation->point_in_time;
}

/* The drill uses a copy, and the threat leaves none of those it uses. */
static bool is_without_survivor(const struct unit_run *unit)
{
    bool lost = false;
    for (size_t i = 0; i < unit->set->copies.n; i++) {
        if (!medium_of(unit->drill, unit->set->copies.v[i].medium))
            continue;
        if (kb_threat_leaves(unit, i))
            return false;
        lost = true;
    }
    return lost;
}

/* Now each reason counts; those of copies that are lost anyway do not. */
static void tell_why_none(struct unit_run *unit)
{
    bool on_a_medium = false;
    if (is_without_survivor(unit)) {
        kb_threat_no_survivor(unit);
        return;
    }
    for (size_t i = 0; i < unit->set->copies.n; i++) {
        struct medium_run *medium = medium_of(unit->drill, unit->set->copies.v[i].medium);
        if (!medium)
            continue;
        on_a_medium = true;
        if (!kb_threat_leaves(unit, i))
            continue;
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
        if (!kb_threat_leaves(unit, i)) {
            struct kb_text lost = kb_threat_why_lost(unit, i);
            passed_en = kb_sprintf(arena, "%s; %s is %s", passed_en, medium_name(medium->plan), lost.en);
            passed_ja = kb_sprintf(arena, "%s。%s", passed_ja, lost.ja);
            continue;
        }
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

static void settle_seed(struct drill *drill)
{
    bool random = !wanted_name(drill) && pick_of(drill) == PICK_RANDOM;
    random |= kb_drill_sample(drill) != KB_ABSENT;
    drill->record->seed = !random ? KB_ABSENT : drill->params->seed != KB_ABSENT ? drill->params->seed : new_seed();
}

void kb_choose_generations(struct drill *drill)
{
    settle_seed(drill);
    for (size_t i = 0; i < drill->n_units; i++) {
        kb_threat_judge(&drill->units[i]);
        choose_for(&drill->units[i]);
    }
}

void kb_choose_for(struct unit_run *unit)
{
    if (unit->drill->record->seed == KB_ABSENT)
        settle_seed(unit->drill);
    kb_threat_judge(unit);
    choose_for(unit);
}
