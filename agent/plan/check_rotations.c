/* SPDX-License-Identifier: Apache-2.0 */
/* Disks that take turns: are they disks, in one rotation only, and can what their copies promise be kept? */
#include "checks.h"

#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"

enum { WEEK = 7 * 86400 };

static void check_disk(struct kb_checker *c, const struct kb_rotation *rotation, size_t at)
{
    const char *const *field = (const char *const *)&rotation->disks.v[at];
    const struct kb_medium *medium = kb_plan_medium(c->plan, *field);
    if (!medium || !kb_mark_good(c->l, field))
        return;
    const struct kb_rotation *owner = kb_plan_rotation_of(c->plan, *field);
    bool twice = false;
    for (size_t i = 0; i < at; i++)
        twice = twice || !strcmp(rotation->disks.v[i], *field);
    if (kb_mark_good(c->l, &medium->kind) && !kb_medium_is_disk(medium->kind))
        KB_WRONG(c, field, rotation, "`%s` cannot take turns: it is of kind %s, not hdd or rdx",
                 "`%s` は交代で使えません。種類が %s です（hdd か rdx だけが使えます）", *field,
                 kb_medium_kind_names[medium->kind]);
    else if (twice)
        KB_WRONG(c, field, rotation, "`%s` stands twice in this rotation", "`%s` がこの交代に2回あります", *field);
    else if (owner && owner != rotation)
        KB_WRONG(c, field, rotation, "`%s` already takes turns in `%s`; a disk stands in one rotation only",
                 "`%s` はすでに `%s` に入っています。1つのディスクは1つの交代にだけ書いてください", *field, owner->id);
    if (kb_mark_good(c->l, &medium->online) && medium->online == KB_ANSWER_YES)
        KB_WRONG(c, &medium->online, medium, "`%s` takes turns in `%s`, so it is not always connected: delete `online`",
                 "`%s` は `%s` で交代するため、常時接続ではありません。`online` を削除してください", *field,
                 rotation->id);
    if (medium->on && rotation->at && strcmp(medium->on, rotation->at) != 0)
        KB_WRONG(c, &medium->on, medium, "`on` says `%s`, but the rotation `%s` attaches this disk to `%s`",
                 "`on` は `%s` ですが、交代 `%s` ではこのディスクを `%s` につなぎます", medium->on, rotation->id,
                 rotation->at);
}

/* While it is attached, a disk must get something new in each of its weeks, else it goes home as it came; or, of a job
 * that runs once per round, once each time it comes. Any other interval falls due while the disk is away. */
static void check_interval(struct kb_checker *c, const struct kb_copy *copy)
{
    const struct kb_rotation *rotation = copy->medium ? kb_plan_rotation_of(c->plan, copy->medium) : NULL;
    if (!rotation || !kb_mark_good(c->l, &copy->interval) || copy->interval < 0)
        return;
    int64_t n = (int64_t)rotation->disks.n;
    if (copy->interval <= WEEK || copy->interval == n * WEEK)
        return;
    const char *ja = kb_show_ns(c->l->work, copy->interval * KB_NS_PER_S, KB_JA);
    const char *en = kb_show_ns(c->l->work, copy->interval * KB_NS_PER_S, KB_EN);
    KB_WRONG(c, &copy->interval, copy,
             "`interval` %s%.0s contradicts the rotation `%s`: a disk is attached one week in %d, so a new one is due "
             "within that week (business_day, 24h … 7d) or once each time it comes round (%dd)",
             "`interval` の%.0s %s は交代 `%s` と矛盾します。ディスクがつながるのは %d "
             "週のうち1週間です。その週のうちに作る間隔"
             "（business_day・24h〜7d）か、一巡に1回（%dd）にしてください",
             en, ja, rotation->id, (int)n, (int)(7 * n));
}

void kb_check_rotations(struct kb_checker *c)
{
    for (size_t i = 0; i < c->plan->rotations.n; i++) {
        const struct kb_rotation *rotation = &c->plan->rotations.v[i];
        if (kb_mark_good(c->l, &rotation->disks) && rotation->disks.n < 2)
            KB_WRONG(c, &rotation->disks, rotation, "`disks` needs at least two disks that take turns",
                     "`disks` には交代するディスクを2台以上書いてください");
        for (size_t d = 0; d < rotation->disks.n; d++)
            check_disk(c, rotation, d);
    }
    for (size_t s = 0; s < c->plan->backup_sets.n; s++)
        for (size_t i = 0; i < c->plan->backup_sets.v[s].copies.n; i++)
            check_interval(c, &c->plan->backup_sets.v[s].copies.v[i]);
}
