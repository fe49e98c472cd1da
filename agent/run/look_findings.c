/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with the media as they are now. */
#include <inttypes.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/run.h"

struct findings {
    struct kb_arena *arena;
    struct kb_finding *v;
    size_t n;
};

static struct kb_finding *add(struct findings *findings, enum kb_rule_id rule, const char *medium)
{
    findings->v = kb_grow(findings->arena, findings->v, findings->n, sizeof *findings->v);
    struct kb_finding *finding = &findings->v[findings->n++];
    *finding = *kb_finding_make(findings->arena, rule);
    finding->medium = medium;
    return finding;
}

static void judge_state(struct findings *findings, const struct kb_look_medium *look)
{
    /* absent and locked are how disks lie about most of their time */
    static const enum kb_rule_id rules[] = {
        [KB_MEDIUM_READY] = KB_RULE_COUNT,        [KB_MEDIUM_ABSENT] = KB_RULE_COUNT,
        [KB_MEDIUM_WRONG] = KB_RULE_MEDIUM_WRONG, [KB_MEDIUM_EMPTY] = KB_RULE_MOUNT_EMPTY,
        [KB_MEDIUM_TWICE] = KB_RULE_MEDIUM_TWICE, [KB_MEDIUM_UNREADABLE] = KB_RULE_MEDIUM_UNREADABLE,
        [KB_MEDIUM_LOCKED] = KB_RULE_COUNT,
    };
    const struct kb_medium *medium = look->medium;
    if (look->fault || rules[look->state.status] == KB_RULE_COUNT)
        return;
    struct kb_finding *finding = add(findings, rules[look->state.status], medium->id);
    const char *label = medium->label ? medium->label : medium->id;
    if (kb_medium_is_disk(medium->kind))
        finding->expected = kb_text_new(findings->arena, "one disk, label %s, UUID %s%s%.0s%s",
                                        "ディスク1台（ラベル %s、UUID %s%.0s%s%s）",
                                        kb_printable(findings->arena, label), medium->fs_uuid ? medium->fs_uuid : "-",
                                        medium->serial ? ", serial " : "", medium->serial ? "、シリアル " : "",
                                        medium->serial ? kb_printable(findings->arena, medium->serial) : "");
    else
        finding->expected = kb_text_new(findings->arena, "the folder %s with backups in it",
                                        "バックアップの入ったフォルダ %s",
                                        kb_printable(findings->arena, medium->mount));
    finding->found = look->state.detail;
}

static const char *count(struct kb_arena *arena, int64_t value)
{
    return value == KB_ABSENT ? "–" : kb_show_count(arena, value);
}

static void judge_health(struct findings *findings, const struct kb_look_medium *look)
{
    const struct kb_health *health = look->health;
    bool failed = health && health->verdict == KB_HEALTH_FAILED;
    /* 100 percent is what the maker promised; sectors and errors count from the first */
    bool worn = health && (health->reallocated > 0 || health->pending > 0 || health->media_errors > 0 ||
                           health->worn_percent >= 100);
    if (!failed && !worn)
        return;
    struct kb_arena *arena = findings->arena;
    struct kb_finding *finding = add(findings, failed ? KB_RULE_MEDIUM_FAILING : KB_RULE_MEDIUM_WEARING,
                                     look->medium->id);
    finding->expected = kb_text_new(arena, "health passed, no sector replaced or waiting",
                                    "診断合格、代替・保留セクタ 0");
    finding->found = kb_text_new(
        arena, "health %s%.0s; sectors replaced %s, waiting %s; media errors %s; wear %s %%; %s hours on",
        "%.0s診断 %s、代替セクタ %s、保留セクタ %s、メディアエラー %s、消耗 %s %%、通電 %s 時間",
        failed ? "FAILED" : "passed", failed ? "不合格" : "合格", count(arena, health->reallocated),
        count(arena, health->pending), count(arena, health->media_errors), count(arena, health->worn_percent),
        count(arena, health->power_on_hours));
}

static const struct kb_look_medium *look_of(const struct kb_look *look, const char *id)
{
    for (size_t i = 0; i < look->media.n; i++)
        if (!strcmp(look->media.v[i].medium->id, id))
            return &look->media.v[i];
    return NULL;
}

static const char *name_of(struct kb_arena *arena, const struct kb_medium *medium)
{
    return kb_printable(arena, medium->label ? medium->label : medium->id);
}

static void judge_rotation(struct findings *findings, const struct kb_rotation *rotation, const struct kb_look *look)
{
    struct kb_arena *arena = findings->arena;
    const char *here = "", *first = NULL;
    size_t n = 0;
    for (size_t i = 0; i < rotation->disks.n; i++) {
        const struct kb_look_medium *medium = look_of(look, rotation->disks.v[i]);
        if (!medium || !kb_medium_is_here(medium->medium, &medium->state))
            continue;
        first = first ? first : medium->medium->id;
        here = kb_sprintf(arena, "%s%s%s", here, n++ ? ", " : "", name_of(arena, medium->medium));
    }
    if (n < 2)
        return;
    struct kb_finding *finding = add(findings, KB_RULE_ROTATION_TOGETHER, first);
    finding->expected = kb_text_new(arena, "one disk of the rotation %s", "交換サイクル %s のディスクは1台",
                                    rotation->id);
    finding->found = kb_text_new(arena, "%zu: %s", "%zu 台: %s", n, here);
}

const struct kb_finding *kb_look_findings(const struct kb_plan *plan, const struct kb_look *look,
                                          struct kb_arena *arena, size_t *ret_n)
{
    struct findings findings = {.arena = arena};
    for (size_t i = 0; i < look->media.n; i++) {
        judge_state(&findings, &look->media.v[i]);
        judge_health(&findings, &look->media.v[i]);
    }
    for (size_t i = 0; i < plan->rotations.n; i++)
        judge_rotation(&findings, &plan->rotations.v[i], look);
    *ret_n = findings.n;
    return findings.v;
}
