/* SPDX-License-Identifier: Apache-2.0 */
/* What has changed, judged: against the plan's limit, and against what no ordinary work does. */
#include <inttypes.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/change.h"

/*
 * From where on renames and growth are told without being asked for. Ransomware renames all files it reaches, people a
 * folder; five are more than chance. Signs: five files more, and one in a hundred of all judged ones.
 */
enum { RENAMED_LEAST = 5, RENAMED_MOST_PERCENT = 50, RENAMED_SOME_PERCENT = 5, RENAMED_MANY = 100 };
enum { VANISHED_LEAST = 10, VANISHED_PERCENT = 50 };
enum { GROWN_LEAST = 5, GROWN_PER_MILLE = 10 };

struct judging {
    const struct kb_record_unit *unit;
    const struct kb_record_change *change;
    struct kb_arena *arena;
    struct kb_text with;
    struct kb_finding *v;
    size_t n;
};

static struct kb_finding *add(struct judging *j, enum kb_rule_id rule)
{
    j->v = kb_grow(j->arena, j->v, j->n, sizeof *j->v);
    j->v[j->n] = *kb_finding_make(j->arena, rule);
    return &j->v[j->n++];
}

/* " (a, b, …)", or nothing */
static struct kb_text list(struct kb_arena *arena, const char *examples)
{
    return examples ? kb_text_new(arena, " (%s)", "（%s）", examples) : (struct kb_text){.en = "", .ja = ""};
}

static const char *or_dash(const char *examples)
{
    return examples ? examples : "-";
}

/* 33.4% is more than 33%. */
static bool is_more_than(int64_t part, int64_t percent, int64_t all)
{
    return (__int128)part * 100 > (__int128)percent * all;
}

static int64_t tenths_of_percent(int64_t part, int64_t all)
{
    return all > 0 ? (int64_t)((__int128)part * 1000 / all) : 0;
}

/* "; 35 are elsewhere with the same content (new/a, new/b)", or nothing */
static struct kb_text moved_text(struct kb_arena *arena, int64_t n, const char *examples)
{
    if (n <= 0)
        return (struct kb_text){.en = "", .ja = ""};
    struct kb_text names = list(arena, examples);
    return kb_text_new(arena, "; %s are there under another name with the same content%s%.0s",
                       "、同じ内容で別の名前へ移動 %1$s 件%3$s%2$.0s", kb_show_count(arena, n), names.en, names.ja);
}

/* "58.3% of 1,204 files: 600 changed (a, b), 98 gone (c); 40 new; 3 are there under another name …" */
static struct kb_text numbers(struct judging *j)
{
    const struct kb_record_change *c = j->change;
    struct kb_arena *arena = j->arena;
    int64_t share = tenths_of_percent(c->changed + c->vanished, c->before);
    struct kb_text changed = list(arena, c->changed_list), vanished = list(arena, c->vanished_list),
                   added = list(arena, c->added_list), moved = moved_text(arena, c->moved, c->moved_list);
    const char *before = c->bytes_before == KB_ABSENT ? "-" : kb_show_bytes(arena, c->bytes_before);
    const char *percent = kb_sprintf(arena, "%" PRId64 ".%" PRId64 "%%", share / 10, share % 10);
    const char *all = kb_show_count(arena, c->before), *n_changed = kb_show_count(arena, c->changed);
    const char *n_vanished = kb_show_count(arena, c->vanished), *n_added = kb_show_count(arena, c->added);
    const char *now = kb_show_bytes(arena, c->bytes_now);
    return (struct kb_text){
        .en = kb_sprintf(arena, "%s of %s files: %s changed%s, %s gone%s; %s new%s; content %s before, %s now", percent,
                         all, n_changed, changed.en, n_vanished, vanished.en, n_added, added.en, before, now),
        .ja = kb_sprintf(arena, "%s 件の %s: 変更 %s 件%s、消失 %s 件%s、新規 %s 件%s%s、内容の合計 前回 %s・今回 %s",
                         all, percent, n_changed, changed.ja, n_vanished, vanished.ja, n_added, added.ja, moved.ja,
                         before, now)};
}

static void judge_amount(struct judging *j, int64_t max_change)
{
    const struct kb_record_change *c = j->change;
    if (max_change != KB_ABSENT) {
        if (!is_more_than(c->changed + c->vanished, max_change, c->before))
            return;
        struct kb_finding *finding = add(j, KB_RULE_CHANGE_LARGE);
        finding->expected = kb_text_new(j->arena,
                                        "at most %" PRId64 "%% changed or gone since %s%.0s (max_change of the plan)",
                                        "%3$sから、変更と消失が %1$" PRId64 "%% 以下（計画の max_change）%2$.0s",
                                        max_change, j->with.en, j->with.ja);
        finding->found = numbers(j);
    } else if (c->before >= VANISHED_LEAST && is_more_than(c->vanished - c->renamed, VANISHED_PERCENT, c->before)) {
        struct kb_finding *finding = add(j, KB_RULE_CHANGE_VANISHED);
        finding->expected = kb_text_new(j->arena, "the files of %s%.0s", "%.0s%sのファイルがあること", j->with.en,
                                        j->with.ja);
        finding->found = numbers(j);
    }
}

static void judge_renames(struct judging *j, int64_t max_change)
{
    const struct kb_record_change *c = j->change;
    if (c->ending_files < RENAMED_LEAST)
        return;
    bool most = is_more_than(c->ending_files, RENAMED_MOST_PERCENT, c->before);
    bool allowed = max_change != KB_ABSENT && !is_more_than(c->changed + c->vanished, max_change, c->before);
    if (!most && c->ending_files < RENAMED_MANY && !is_more_than(c->ending_files, RENAMED_SOME_PERCENT, c->before))
        return;
    struct kb_finding *finding = add(j, most && !allowed ? KB_RULE_CHANGE_RENAMED : KB_RULE_CHANGE_SUFFIX);
    finding->expected = kb_text_new(j->arena, "the names of %s%.0s", "%.0s%sの名前のままであること", j->with.en,
                                    j->with.ja);
    finding->found = kb_text_new(j->arena, "%s of %s files now end in %s: %s",
                                 "%2$s 件中 %1$s 件の末尾が %3$s になっています: %4$s",
                                 kb_show_count(j->arena, c->ending_files), kb_show_count(j->arena, c->before),
                                 c->ending, or_dash(c->renamed_list));
}

static void judge_signs(struct judging *j)
{
    const struct kb_record_change *c = j->change;
    const struct kb_set_result *r = &j->unit->result;
    struct kb_arena *arena = j->arena;
    if (c->odd_before == KB_ABSENT || c->judged_before == KB_ABSENT || r->files_odd < c->odd_before + GROWN_LEAST ||
        tenths_of_percent(r->files_odd, r->files_judged) <
            tenths_of_percent(c->odd_before, c->judged_before) + GROWN_PER_MILLE)
        return;
    struct kb_finding *finding = add(j, KB_RULE_SIGNS_GROW);
    finding->expected = kb_text_new(arena, "about %s of %s files, as in %s%.0s",
                                    "%4$s（%2$s 件中 %1$s 件）と同じ程度%3$.0s", kb_show_count(arena, c->odd_before),
                                    kb_show_count(arena, c->judged_before), j->with.en, j->with.ja);
    finding->found = kb_text_new(arena, "%s of %s files; %s files begin with random-looking bytes",
                                 "%2$s 件中 %1$s 件。先頭が乱数のように見えるファイルは %3$s 件",
                                 kb_show_count(arena, r->files_odd), kb_show_count(arena, r->files_judged),
                                 kb_show_count(arena, r->files_noisy));
}

static void judge_unreadable(struct judging *j)
{
    const struct kb_record_change *c = j->change;
    if (!c->unreadable)
        return;
    struct kb_finding *finding = add(j, KB_RULE_NO_LONGER_READABLE);
    finding->expected = kb_text_new(j->arena, "readable, as in %s%.0s", "%.0s%sと同じく読めること", j->with.en,
                                    j->with.ja);
    finding->found = kb_text_new(j->arena, "%s files cannot be read now: %s", "%s 件が読めません: %s",
                                 kb_show_count(j->arena, c->unreadable), or_dash(c->unreadable_list));
}

const struct kb_finding *kb_change_judge(const struct kb_record_unit *unit, int64_t max_change, struct kb_arena *arena,
                                         size_t *ret_n)
{
    struct judging j = {.unit = unit, .change = unit->change, .arena = arena};
    j.with = kb_earlier_show(arena, &j.change->with);
    judge_unreadable(&j);
    if (!j.change->partial) { /* else what is not listed need not be gone, and why is told already */
        judge_amount(&j, max_change);
        judge_renames(&j, max_change);
    }
    judge_signs(&j);
    *ret_n = j.n;
    return j.v;
}

struct kb_finding *kb_baseline_judge(const struct kb_record_unit *unit, const struct kb_change *change,
                                     struct kb_arena *arena)
{
    const struct kb_record_baseline *b = unit->baseline;
    if (!b->changed && !b->vanished && !b->added && b->moved <= 0)
        return NULL;
    struct kb_text with = kb_earlier_show(arena, &b->with);
    struct kb_finding *finding = kb_finding_make(arena, KB_RULE_BASELINE_DIFFERS);
    finding->expected = change->digest_before
                            ? kb_text_new(arena, "the content of %s%.0s (SHA-256 %s)", "%.0s%sと同じ内容（SHA-256 %s）",
                                          with.en, with.ja, change->digest_before)
                            : kb_text_new(arena, "the files of %s%.0s", "%.0s%sと同じファイル", with.en, with.ja);
    const char *digest = change->digest_now && change->changed_list
                             ? kb_sprintf(arena, "%s: SHA-256 %s", change->changed_list, change->digest_now)
                             : change->changed_list;
    struct kb_text changed = list(arena, digest), vanished = list(arena, change->vanished_list),
                   added = list(arena, change->added_list), moved = moved_text(arena, b->moved, change->moved_list);
    const char *all = kb_show_count(arena, b->before), *n_changed = kb_show_count(arena, b->changed);
    const char *n_vanished = kb_show_count(arena, b->vanished), *n_added = kb_show_count(arena, b->added);
    finding->found = (struct kb_text){
        .en = kb_sprintf(arena, "of %s files %s differ%s, %s are gone%s, %s came%s%s", all, n_changed, changed.en,
                         n_vanished, vanished.en, n_added, added.en, moved.en),
        .ja = kb_sprintf(arena, "%s 件中、相違 %s 件%s、消失 %s 件%s、追加 %s 件%s%s", all, n_changed, changed.ja,
                         n_vanished, vanished.ja, n_added, added.ja, moved.ja)};
    return finding;
}
