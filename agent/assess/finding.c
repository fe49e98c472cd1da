/* SPDX-License-Identifier: Apache-2.0 */
/* Says what is wrong with an objective: how long, how old, because of what. */
#include "timeline.h"

#include <string.h>

#include "koboshi/arena.h"

enum { UNDECLARED_NAMED = 3, LOST_NAMED = 3 }; /* named one by one; a line with more is not read */

/* One function, with all that its findings speak of. */
struct topic {
    const struct kb_assess_input *input;
    const struct kb_record_function *row;
    struct kb_facts facts;
    struct kb_text title;
    struct kb_arena *arena;
};

/* What did not come back, in words; in the order of enum kb_unit_status. */
static const struct kb_text losses[] = {
    [KB_UNIT_FAILED] = {"を復元できませんでした", "could not be restored"},
    [KB_UNIT_NOT_RUN] = {"の復元を実行していません", "was not restored: it was not run"},
    [KB_UNIT_PARTIAL] = {"は一部しか確認していません", "was only looked at in part"},
    [KB_UNIT_CANCELED] = {"の復元が中止されました", "was not restored: it was cancelled"},
};

static const struct kb_text starts[] = {
    [KB_FROM_DISRUPTION] = {"発生", "the disruption"},
    [KB_FROM_DETECTION] = {"検知", "detection"},
    [KB_FROM_ACTIVATION] = {"発動", "activation"},
};

static struct kb_text span(struct kb_arena *arena, int64_t s)
{
    /* 292 years is the most that fits in ns; beyond, a date on the medium is nonsense anyway */
    const int64_t most = INT64_MAX / KB_NS_PER_S - 1;
    int64_t ns = (s > most ? most : s < -most ? -most : s) * KB_NS_PER_S;
    return (struct kb_text){.ja = kb_show_ns(arena, ns, KB_JA), .en = kb_show_ns(arena, ns, KB_EN)};
}

static void name_unit(struct kb_finding *finding, const struct kb_record_unit *unit)
{
    finding->set = unit->set;
    finding->medium = unit->medium;
    finding->file = unit->file;
}

static struct kb_text unit_title(const struct kb_record_unit *unit)
{
    return kb_titled(unit->title, unit->set);
}

/* A set that did not come back misses both objectives, whatever the figures say. */
static void tell_loss(const struct topic *topic, struct kb_finding *finding)
{
    const struct kb_record_unit *unit = topic->facts.lost;
    struct kb_text set = unit_title(unit);
    bool why = unit->reason.ja || unit->reason.en;
    finding->found = (struct kb_text){
        .ja = kb_sprintf(topic->arena, "「%s」%s%s%s%s", set.ja, losses[unit->status].ja, why ? "（" : "",
                         kb_pick(unit->reason, KB_JA), why ? "）" : ""),
        .en = kb_sprintf(topic->arena, "“%s” %s%s%s%s", set.en, losses[unit->status].en, why ? " (" : "",
                         kb_pick(unit->reason, KB_EN), why ? ")" : ""),
    };
    finding->next = (struct kb_text){"先に、この復元ができない原因を直してください。",
                                     "First mend what keeps this from being restored."};
    name_unit(finding, unit);
}

static void expect_time(const struct topic *topic, struct kb_finding *finding)
{
    struct kb_text limit = span(topic->arena, topic->row->rto), from = starts[topic->input->plan->plan.rto_from];
    finding->expected = (struct kb_text){
        .ja = kb_sprintf(topic->arena, "「%s」: %sから%s以内", topic->title.ja, from.ja, limit.ja),
        .en = kb_sprintf(topic->arena, "“%s”: within %s of %s", topic->title.en, limit.en, from.en),
    };
}

/* By how much an objective is missed: shown to two units, a figure and its limit may look the same. */
static struct kb_text excess(const struct topic *topic, int64_t found_s, int64_t limit_s)
{
    if (found_s <= limit_s)
        return (struct kb_text){"", ""};
    struct kb_text over = span(topic->arena, kb_seconds_between(limit_s, found_s));
    return (struct kb_text){
        .ja = kb_sprintf(topic->arena, "、%s超過", over.ja),
        .en = kb_sprintf(topic->arena, ", %s over", over.en),
    };
}

static const struct kb_record_part *heaviest(const struct kb_record_function *row)
{
    const struct kb_record_part *most = NULL;
    for (size_t i = 0; i < row->parts.n; i++) {
        const struct kb_record_part *part = &row->parts.v[i];
        if (part->critical && part->length_s > 0 && (!most || part->length_s > most->length_s))
            most = part;
    }
    return most;
}

/* ", with 12h of detection, 5h of it “…”": what the total is made of. */
static struct kb_text breakdown(const struct topic *topic)
{
    const struct kb_record_function *row = topic->row;
    struct kb_text all = {"", ""};
    if (row->counts_detection && row->detect_s > 0) {
        struct kb_text detect = span(topic->arena, row->detect_s);
        all.ja = kb_sprintf(topic->arena, "検知まで%s", detect.ja);
        all.en = kb_sprintf(topic->arena, "%s until detection", detect.en);
    }
    const struct kb_record_part *part = heaviest(row);
    if (part) {
        struct kb_text length = span(topic->arena, part->length_s);
        bool estimated = part->source == KB_TIME_ESTIMATED;
        all.ja = kb_sprintf(topic->arena, "%s%s「%s」%s%s", all.ja, *all.ja ? "、" : "", kb_pick(part->text, KB_JA),
                            estimated ? "推定" : "", length.ja);
        all.en = kb_sprintf(topic->arena, "%s%s%s%s for “%s”", all.en, *all.en ? ", " : "",
                            estimated ? "an estimated " : "", length.en, kb_pick(part->text, KB_EN));
    }
    if (*all.ja) {
        all.ja = kb_sprintf(topic->arena, "（うち%s）", all.ja);
        all.en = kb_sprintf(topic->arena, " (of which %s)", all.en);
    }
    return all;
}

/* Every figure that rests on something undeclared is "at least". */
static struct kb_text total(const struct topic *topic)
{
    const struct kb_record_function *row = topic->row;
    struct kb_text sum = span(topic->arena, kb_compared_s(row)), parts = breakdown(topic);
    struct kb_text over = excess(topic, kb_compared_s(row), row->rto);
    bool least = row->lower_bound || (row->counts_detection && row->detect_s == KB_ABSENT);
    return (struct kb_text){
        .ja = kb_sprintf(topic->arena, "%s%s%s%s", least ? "少なくとも" : "", sum.ja, parts.ja, over.ja),
        .en = kb_sprintf(topic->arena, "%s%s%s%s", least ? "at least " : "", sum.en, parts.en, over.en),
    };
}

static void append(const struct topic *topic, struct kb_text *list, struct kb_text item)
{
    list->ja = kb_sprintf(topic->arena, "%s%s「%s」", list->ja, *list->ja ? "、" : "", kb_pick(item, KB_JA));
    list->en = kb_sprintf(topic->arena, "%s%s“%s”", list->en, *list->en ? ", " : "", kb_pick(item, KB_EN));
}

/* Names what the plan does not say: detection first, then the first parts, then how many more. */
static struct kb_text undeclared(const struct topic *topic)
{
    struct kb_text list = {"", ""};
    int more = 0;
    if (topic->row->counts_detection && topic->row->detect_s == KB_ABSENT)
        append(topic, &list,
               topic->input->threat ? (struct kb_text){"検知までの時間", "time until detection"}
                                    : (struct kb_text){"検知までの時間（想定する脅威の指定なし）",
                                                       "time until detection (no threat is assumed)"});
    for (size_t i = 0, named = 0; i < topic->row->parts.n; i++) {
        if (topic->row->parts.v[i].length_s != KB_ABSENT)
            continue;
        if (named++ < UNDECLARED_NAMED)
            append(topic, &list, topic->row->parts.v[i].text);
        else
            more++;
    }
    if (more) {
        list.ja = kb_sprintf(topic->arena, "%s、ほか%d件", list.ja, more);
        list.en = kb_sprintf(topic->arena, "%s and %d more", list.en, more);
    }
    return list;
}

static void tell_unknown_time(const struct topic *topic, struct kb_finding *finding)
{
    struct kb_text sum = total(topic), missing = undeclared(topic);
    finding->found = (struct kb_text){
        .ja = kb_sprintf(topic->arena, "%s。計画にない所要時間: %s", sum.ja, missing.ja),
        .en = kb_sprintf(topic->arena, "%s; not declared in the plan: %s", sum.en, missing.en),
    };
}

static const struct kb_finding *time_finding(const struct topic *topic)
{
    struct kb_finding *finding = kb_finding_make(
        topic->arena, topic->row->time == KB_VERDICT_MISSED ? KB_RULE_RTO_MISSED : KB_RULE_RTO_UNKNOWN);
    expect_time(topic, finding);
    if (topic->row->time == KB_VERDICT_CONDITIONAL)
        tell_unknown_time(topic, finding);
    else if (topic->facts.lost)
        tell_loss(topic, finding);
    else
        finding->found = total(topic);
    return finding;
}

static void expect_data(const struct topic *topic, struct kb_finding *finding)
{
    struct kb_text limit = span(topic->arena, topic->row->rpo);
    finding->expected = (struct kb_text){
        .ja = kb_sprintf(topic->arena, "「%s」: 発生前%s以内のデータ", topic->title.ja, limit.ja),
        .en = kb_sprintf(topic->arena, "“%s”: data from at most %s before the disruption", topic->title.en, limit.en),
    };
}

/* Newer data may lie on a copy that the threat takes. */
static void tell_lost_copies(const struct topic *topic, const struct kb_record_unit *unit, struct kb_finding *finding)
{
    size_t n = 0;
    bool attached = false;
    struct kb_text why = {"", ""};
    for (size_t i = 0; i < unit->survival.n; i++) {
        const struct kb_survival *s = &unit->survival.v[i];
        bool older = s->newest != KB_ABSENT && s->newest <= unit->point_in_time; /* it would not have helped */
        if (s->survives || older || n == LOST_NAMED)
            continue;
        why.ja = kb_sprintf(topic->arena, "%s%s%s", why.ja, n ? "、" : "", s->why.ja);
        why.en = kb_sprintf(topic->arena, "%s%s%s", why.en, n ? ", " : "", s->why.en);
        attached |= s->by && !strcmp(s->by, kb_destroys_names[KB_DESTROYS_ATTACHED]);
        n++;
    }
    if (!n)
        return;
    finding->title.ja = kb_sprintf(topic->arena, "%sのため、%s", why.ja, finding->title.ja);
    finding->title.en = kb_sprintf(topic->arena, "%s, because %s", finding->title.en, why.en);
    if (attached)
        finding->next = (struct kb_text){
            "交換を週2回にするか、バックアップのとき以外はディスクを外しておくか、RPOを見直してください。",
            "Swap the disks twice a week, keep them detached while no backup runs, or agree on another RPO."};
}

static void tell_oldest(const struct topic *topic, struct kb_finding *finding)
{
    const struct kb_record_unit *unit = topic->facts.oldest;
    struct kb_text age = span(topic->arena, topic->facts.age_s), set = unit_title(unit);
    struct kb_text over = excess(topic, topic->facts.age_s, topic->row->rpo);
    const char *when = kb_time_show(topic->arena, unit->point_in_time);
    finding->found = (struct kb_text){
        .ja = kb_sprintf(topic->arena, "%s前（「%s」%s 時点）%s", age.ja, set.ja, when, over.ja),
        .en = kb_sprintf(topic->arena, "%s before it (“%s” as of %s)%s", age.en, set.en, when, over.en),
    };
    tell_lost_copies(topic, unit, finding);
    name_unit(finding, unit);
}

static void tell_later(const struct topic *topic, struct kb_finding *finding)
{
    const struct kb_record_unit *unit = topic->facts.later;
    struct kb_text set = unit_title(unit);
    struct kb_text span_after = span(topic->arena, kb_seconds_between(topic->input->disrupted_at, unit->point_in_time));
    const char *when = kb_time_show(topic->arena, unit->point_in_time);
    finding->found = (struct kb_text){
        .ja = kb_sprintf(topic->arena, "「%s」の世代は発生の%s後のものです（%s 時点）", set.ja, span_after.ja, when),
        .en = kb_sprintf(topic->arena, "this generation of “%s” was taken %s after the disruption (as of %s)", set.en,
                         span_after.en, when),
    };
    name_unit(finding, unit);
}

static void tell_unknown_age(const struct topic *topic, struct kb_finding *finding)
{
    const struct kb_facts *facts = &topic->facts;
    if (facts->later) {
        tell_later(topic, finding);
        return;
    }
    bool undated = facts->undated != NULL;
    struct kb_text set = undated ? unit_title(facts->undated)
                                 : kb_titled(facts->undrilled->title, facts->undrilled->id);
    finding->set = facts->undrilled ? facts->undrilled->id : NULL;
    if (undated)
        name_unit(finding, facts->undated);
    finding->found = (struct kb_text){
        .ja = kb_sprintf(
            topic->arena,
            undated ? "「%s」の世代がいつの時点のものか分かりません" : "「%s」はこの訓練で確かめていません", set.ja),
        .en = kb_sprintf(topic->arena,
                         undated ? "it is not known from when this generation of “%s” is"
                                 : "“%s” was not part of this drill",
                         set.en),
    };
}

static const struct kb_finding *data_finding(const struct topic *topic)
{
    struct kb_finding *finding = kb_finding_make(
        topic->arena, topic->row->data == KB_VERDICT_MISSED ? KB_RULE_RPO_MISSED : KB_RULE_RPO_UNKNOWN);
    expect_data(topic, finding);
    if (topic->row->data == KB_VERDICT_CONDITIONAL)
        tell_unknown_age(topic, finding);
    else if (topic->facts.lost)
        tell_loss(topic, finding);
    else
        tell_oldest(topic, finding);
    return finding;
}

static bool is_short(int verdict)
{
    return verdict == KB_VERDICT_MISSED || verdict == KB_VERDICT_CONDITIONAL;
}

static size_t tell(const struct topic *topic, struct kb_finding *ret_findings)
{
    size_t n = 0;
    if (is_short(topic->row->time))
        ret_findings[n++] = *time_finding(topic);
    if (is_short(topic->row->data))
        ret_findings[n++] = *data_finding(topic);
    return n;
}

void kb_assess_findings(const struct kb_assess_input *input, const struct kb_record_function *functions, size_t n,
                        struct kb_arena *arena, const struct kb_finding **ret_findings, size_t *ret_n)
{
    const struct kb_plan *plan = input->plan;
    struct kb_finding *all = kb_alloc(arena, n, 2 * sizeof *all);
    size_t n_all = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < plan->functions.n; k++) {
            if (strcmp(functions[i].id, plan->functions.v[k].id) != 0)
                continue;
            struct kb_needs needs = kb_needs_of(plan, &plan->functions.v[k], arena);
            struct topic topic = {
                .input = input,
                .row = &functions[i],
                .facts = kb_facts_of(input, &needs),
                .title = kb_titled(functions[i].title, functions[i].id),
                .arena = arena,
            };
            n_all += tell(&topic, all + n_all);
        }
    *ret_findings = all;
    *ret_n = n_all;
}
