/* SPDX-License-Identifier: Apache-2.0 */
/* Fresh, plausible, verified, unchanged, with its manifest: may this disk leave? */
#include "swap.h"

#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/limits.h"

/* A rotation names one day of the week: where the plan has no interval, a disk has one backup of its turn at least. */
enum { TURN_S = 7 * 86400 };
/* A full backup rarely halves or grows fivefold between two generations; when it does somebody should know why. */
enum { SHRINKS_TO_PERCENT = 50, GROWS_TO_PERCENT = 500, FUTURE_S = 3600 /* clocks differ a little */ };

struct judging {
    const struct kb_swap_params *params;
    const struct kb_swap_listing *listing;
    const struct kb_lines *lines;
    int64_t now;
    struct kb_arena *arena;
    struct kb_swap *swap;
};

void kb_swap_finding(struct kb_swap *swap, struct kb_arena *arena, const struct kb_finding *finding)
{
    swap->findings.v = kb_grow(arena, swap->findings.v, swap->findings.n, sizeof *swap->findings.v);
    swap->findings.v[swap->findings.n++] = *finding;
}

static bool is_of(const struct kb_generation *generation, const struct kb_swap_set *set)
{
    return !strcmp(generation->set, set->set->id) && generation->copy == (int64_t)set->copy;
}

static const char *shown(const struct judging *j, const char *path)
{
    return kb_escape(j->arena, path, strlen(path));
}

static const char *size_of(const struct judging *j, int64_t bytes)
{
    return bytes == KB_ABSENT ? "–" : kb_show_bytes(j->arena, bytes);
}

static struct kb_finding *new_finding(const struct judging *j, enum kb_rule_id rule, const struct kb_swap_set *set)
{
    struct kb_finding *finding = kb_finding_make(j->arena, rule);
    finding->medium = j->swap->out->id;
    finding->set = set->set->id;
    finding->file = set->newest ? shown(j, set->newest->path) : NULL;
    return finding;
}

static void find_newest(const struct judging *j, struct kb_swap_set *set)
{
    for (size_t i = 0; i < j->listing->generations.n; i++) {
        const struct kb_generation *g = &j->listing->generations.v[i];
        if (!is_of(g, set))
            continue;
        set->n++;
        if (!set->newest || g->point_in_time > set->newest->point_in_time) {
            set->previous = set->newest;
            set->newest = g;
        } else if (!set->previous || g->point_in_time > set->previous->point_in_time) {
            set->previous = g;
        }
    }
    if (set->newest)
        return;
    const char *pattern = kb_printable(j->arena, set->set->copies.v[set->copy].path);
    struct kb_finding *finding = new_finding(j, KB_RULE_GENERATION_MISSING, set);
    finding->expected = kb_text_new(j->arena, "a generation named %s", "%s という名前の世代", pattern);
    finding->found = kb_text_new(j->arena, "nothing of that name on the disk", "その名前のものはディスクにありません");
    kb_swap_finding(j->swap, j->arena, finding);
}

static void judge_age(const struct judging *j, struct kb_swap_set *set)
{
    int64_t at = set->newest->point_in_time, interval = set->set->copies.v[set->copy].interval;
    bool planned = interval != KB_ABSENT;
    set->fresh_until = kb_fresh_until(at, planned ? interval : TURN_S);
    bool future = at > j->now + FUTURE_S;
    if (!future && (set->fresh_until == KB_ABSENT || j->now <= set->fresh_until))
        return;
    struct kb_finding *finding = new_finding(j, KB_RULE_GENERATION_STALE, set);
    if (future)
        finding->expected = kb_text_new(j->arena, "a generation of the past", "過去の日時の世代");
    else
        finding->expected = kb_text_new(j->arena, "a newer one by %s%s%.0s", "%s%.0s までに新しい世代%s",
                                        kb_time_show(j->arena, set->fresh_until),
                                        planned ? "" : " (no `interval` in the plan: one week, its turn)",
                                        planned ? "" : "（計画に interval がないため、交換の間隔の1週間で判断）");
    finding->found = kb_text_new(j->arena, "the newest is of %s%s%.0s", "最新は %s%.0s%s", kb_time_show(j->arena, at),
                                 future ? ", which is in the future" : "", future ? "（未来の日時）" : "");
    kb_swap_finding(j->swap, j->arena, finding);
}

static void judge_size(const struct judging *j, const struct kb_swap_set *set)
{
    int64_t new = set->newest->bytes, old = set->previous ? set->previous->bytes : KB_ABSENT;
    bool empty = new == 0, comparable = new > 0 && old > 0 && set->set->format != KB_FORMAT_CHAIN;
    bool shrunk = comparable && new / SHRINKS_TO_PERCENT < old / 100; /* divided: sizes of 2^57 do not overflow */
    bool grown = comparable && new / GROWS_TO_PERCENT > old / 100;
    if (!empty && !shrunk && !grown)
        return;
    struct kb_finding *finding = new_finding(j, KB_RULE_GENERATION_SIZE, set);
    if (grown)
        finding->severity = KB_WARN; /* more than before loses nothing */
    if (set->previous)
        finding->expected = kb_text_new(j->arena, "%d to %d %% of %s (%s)", "%d ～ %d %%（基準 %s、%s）",
                                        SHRINKS_TO_PERCENT, GROWS_TO_PERCENT, size_of(j, old),
                                        shown(j, set->previous->path));
    else
        finding->expected = kb_text_new(j->arena, "more than nothing", "1バイト以上");
    finding->found = kb_text_new(j->arena, "%s", "%s", kb_show_bytes(j->arena, new));
    kb_swap_finding(j->swap, j->arena, finding);
}

static void judge_verified(const struct judging *j, struct kb_swap_set *set)
{
    const char *file = shown(j, set->newest->path);
    set->verified = kb_register_verified(j->lines, j->params->plan->plan.id, j->swap->out->id, set->set->id, file);
    /* what was written anew under its name since then has not been read; a folder's own time is not its files' */
    int64_t changed = set->newest->mtime;
    if (set->newest->pit_source == KB_PIT_NEWEST_FILE && set->newest->point_in_time > changed)
        changed = set->newest->point_in_time;
    if (set->verified != KB_ABSENT && changed <= set->verified)
        return;
    struct kb_finding *finding = new_finding(j, KB_RULE_GENERATION_UNVERIFIED, set);
    finding->expected = kb_text_new(j->arena, "read to its end on this disk, nothing bad found",
                                    "このディスク上で最後まで読み、異常がないこと");
    finding->found = set->verified == KB_ABSENT
                         ? kb_text_new(j->arena, "no such pass in the ledger", "台帳に検証の記録がありません")
                         : kb_text_new(j->arena, "verified %s, changed %s", "検証は %s、その後 %s に変更",
                                       kb_time_show(j->arena, set->verified), kb_time_show(j->arena, changed));
    set->verified = KB_ABSENT;
    kb_swap_finding(j->swap, j->arena, finding);
}

static bool is_listed(const struct judging *j, const char *manifest)
{
    for (size_t i = 0; i < j->listing->manifests.n; i++)
        if (!strcmp(j->listing->manifests.v[i].path, manifest))
            return true;
    return false;
}

static void judge_manifest(const struct judging *j, struct kb_swap_set *set)
{
    const char *wanted = set->newest->manifest;
    for (size_t i = 0; i < set->newest->segments.n; i++) { /* of a chain each may have its own */
        const char *own = set->newest->segments.v[i].manifest;
        if (own && is_listed(j, wanted))
            wanted = own;
    }
    set->manifest = !wanted ? KB_ANSWER_ABSENT : is_listed(j, wanted) ? KB_ANSWER_YES : KB_ANSWER_NO;
    if (set->manifest != KB_ANSWER_NO)
        return;
    struct kb_finding *finding = new_finding(j, KB_RULE_MANIFEST_ABSENT, set);
    finding->expected = kb_text_new(j->arena, "%s", "%s", shown(j, wanted));
    finding->found = kb_text_new(j->arena, "no such file", "そのファイルはありません");
    kb_swap_finding(j->swap, j->arena, finding);
}

static const struct kb_generation *same_path(const struct judging *j, const struct kb_swap_set *set, const char *path)
{
    for (size_t i = 0; i < j->listing->generations.n; i++) {
        const struct kb_generation *g = &j->listing->generations.v[i];
        if (is_of(g, set) && !strcmp(shown(j, g->path), path))
            return g;
    }
    return NULL;
}

static int64_t kept_at_least(const struct kb_retention *retention)
{
    const int64_t parts[] = {retention->daily, retention->weekly, retention->monthly, retention->yearly};
    int64_t sum = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        sum += parts[i] > 0 && parts[i] < KB_GENERATIONS_MAX ? parts[i] : 0;
    return sum;
}

static void tell_vanished(const struct judging *j, const struct kb_swap_set *set, const char *names, int64_t before)
{
    const struct kb_retention *retention = set->set->retention;
    /* a job that thins out keeps as many as the plan says, or as many as there were */
    int64_t kept = retention ? kept_at_least(retention) : 0;
    if (!set->n_vanished || (retention && set->n >= (kept < before ? kept : before)))
        return;
    struct kb_finding *finding = new_finding(j, KB_RULE_GENERATION_VANISHED, set);
    finding->file = NULL;
    finding->count = set->n_vanished;
    finding->expected = kb_text_new(j->arena, "the %s generations that were here on %s",
                                    "前回と同じ %s 世代（%s 時点）", kb_show_count(j->arena, before),
                                    kb_time_show(j->arena, j->swap->last->time));
    finding->found = kb_text_new(j->arena, "%s are gone: %s", "%s 世代がありません: %s",
                                 kb_show_count(j->arena, set->n_vanished), names);
    kb_swap_finding(j->swap, j->arena, finding);
}

static void tell_rewritten(const struct judging *j, struct kb_swap_set *set, const struct kb_line_generation *was,
                           const struct kb_generation *now)
{
    set->n_rewritten++;
    struct kb_finding *finding = new_finding(j, KB_RULE_GENERATION_REWRITTEN, set);
    finding->file = was->path;
    finding->expected = kb_text_new(j->arena, "%s, as on %s", "%s（%s 時点）", size_of(j, was->bytes),
                                    kb_time_show(j->arena, j->swap->last->time));
    finding->found = kb_text_new(j->arena, "%s, changed %s", "%s（%s に変更）", size_of(j, now->bytes),
                                 kb_time_show(j->arena, now->mtime));
    kb_swap_finding(j->swap, j->arena, finding);
}

/* A date in the name stays; a later change of the file moves its time within that day. */
static bool is_named(const struct kb_generation *generation)
{
    return generation->pit_source == KB_PIT_NAME || generation->pit_source == KB_PIT_NAME_AND_MTIME ||
           generation->pit_source == KB_PIT_NAME_DAY_START;
}

/* Against what lay on it when it last left. A name that is used again, as a weekday is, is a new generation. */
static void judge_changes(const struct judging *j, struct kb_swap_set *set)
{
    enum { NAMES_SHOWN = 3 };
    const struct kb_line *last = j->swap->last;
    const char *names = "";
    int64_t before = 0, same = 0;
    for (size_t i = 0; last && i < last->generations.n; i++) {
        const struct kb_line_generation *was = &last->generations.v[i];
        if (strcmp(was->set, set->set->id) != 0)
            continue;
        const struct kb_generation *now = same_path(j, set, was->path);
        before++;
        if (!now && ++set->n_vanished <= NAMES_SHOWN)
            names = kb_sprintf(j->arena, "%s%s%s", names, *names ? ", " : "", was->path);
        bool moved = now && now->point_in_time != was->point_in_time;
        if (!now || (moved && !is_named(now)))
            continue;
        same++;
        if (moved || (was->bytes != KB_ABSENT && now->bytes != KB_ABSENT && was->bytes != now->bytes))
            tell_rewritten(j, set, was, now);
    }
    set->compared = before > 0;
    set->n_new = set->compared ? set->n - same : 0;
    if (set->n_vanished > NAMES_SHOWN)
        names = kb_sprintf(j->arena, "%s, …", names);
    tell_vanished(j, set, names, before);
}

static void judge_set(const struct judging *j, const struct kb_set *of, size_t copy)
{
    struct kb_swap *swap = j->swap;
    swap->sets.v = kb_grow(j->arena, swap->sets.v, swap->sets.n, sizeof *swap->sets.v);
    struct kb_swap_set *set = &swap->sets.v[swap->sets.n++];
    *set = (struct kb_swap_set){
        .set = of, .copy = copy, .fresh_until = KB_ABSENT, .verified = KB_ABSENT, .manifest = KB_ANSWER_ABSENT};
    find_newest(j, set);
    if (set->newest) {
        judge_age(j, set);
        judge_size(j, set);
        judge_manifest(j, set);
        judge_verified(j, set);
    }
    judge_changes(j, set);
}

/* An answer of no comes with its reason. */
static void tell_nothing_judged(const struct judging *j)
{
    struct kb_swap *swap = j->swap;
    bool ready = swap->state.status == KB_MEDIUM_READY;
    for (size_t i = 0; !ready && i < swap->findings.n; i++)
        if (swap->findings.v[i].severity == KB_BAD)
            return;
    struct kb_finding *finding = kb_finding_make(j->arena, ready ? KB_RULE_MEDIUM_UNUSED : KB_RULE_MEDIUM_UNREADABLE);
    finding->medium = swap->out->id;
    finding->expected = kb_text_new(j->arena, "copies that name %s as their medium", "媒体が %s の控え", swap->out->id);
    if (!ready)
        finding->expected = (struct kb_text){"読み取れる媒体", "a medium that can be read"};
    finding->found = ready ? (struct kb_text){"計画に1つもありません", "none in the plan"} : swap->state.detail;
    kb_swap_finding(swap, j->arena, finding);
}

void kb_swap_judge(const struct kb_swap_params *params, const struct kb_swap_listing *listing,
                   const struct kb_lines *lines, int64_t now, struct kb_arena *arena, struct kb_swap *swap)
{
    const struct judging j = {
        .params = params, .listing = listing, .lines = lines, .now = now, .arena = arena, .swap = swap};
    const struct kb_plan *plan = params->plan;
    for (size_t i = 0; swap->state.status == KB_MEDIUM_READY && i < plan->backup_sets.n; i++)
        for (size_t k = 0; k < plan->backup_sets.v[i].copies.n; k++)
            if (!strcmp(plan->backup_sets.v[i].copies.v[k].medium, swap->out->id))
                judge_set(&j, &plan->backup_sets.v[i], k);
    if (!swap->sets.n)
        tell_nothing_judged(&j);
    swap->good = swap->sets.n > 0;
    for (size_t i = 0; i < swap->findings.n; i++)
        swap->good &= swap->findings.v[i].severity != KB_BAD;
}
