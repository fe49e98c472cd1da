/* SPDX-License-Identifier: Apache-2.0 */
/* Was a medium attached at some time: what was seen, what was written to it, and what must be assumed. */
#include "presence.h"

#include <time.h>

#include "koboshi/arena.h"

enum { AROUND_BACKUP_S = 3600, CLOCK_SLACK_S = 3600, HALF_DAY_S = 12 * 3600, DAY_S = 86400 };

struct question {
    const struct kb_presence *presence;
    const struct kb_medium *medium;
    const struct kb_medium_log *log;       /* NULL: no ledger */
    const struct kb_medium_listed *listed; /* NULL: not looked at, or in vain */
    const struct kb_rotation *rotation;    /* NULL: none */
    bool during_backup;
    int64_t from, to;
    struct kb_arena *arena;
};

/* Which disk of a rotation is in its place. */
struct turn {
    size_t place; /* disks.n: nothing is known of any */
    bool due;     /* by the swap day since the newest generation there is */
    int64_t newest;
};

static const char *name_of(const struct kb_medium *medium)
{
    return medium->label ? medium->label : medium->id;
}

static const char *disk_name(const struct question *q, size_t place)
{
    return name_of(kb_plan_medium(q->presence->plan, q->rotation->disks.v[place]));
}

/* Noon of the first swap day after this instant; INT64_MAX if it lies beyond what the calendar knows. */
static int64_t next_swap(const struct kb_rotation *rotation, int64_t after)
{
    time_t at = (time_t)after;
    struct tm tm;
    if (!localtime_r(&at, &tm))
        return INT64_MAX;
    int wanted = (rotation->swap + 1) % 7; /* tm_wday starts on Sunday */
    for (int days = 0; days <= 7; days++) {
        struct tm noon = {
            .tm_year = tm.tm_year, .tm_mon = tm.tm_mon, .tm_mday = tm.tm_mday + days, .tm_hour = 12, .tm_isdst = -1};
        int64_t when = (int64_t)mktime(&noon);
        if (noon.tm_wday == wanted && when > after)
            return when;
    }
    return INT64_MAX;
}

/* How many swap days' noons lie after `from` and up to `to`; ret_first: the first of them. */
static int64_t swaps_between(const struct kb_rotation *rotation, int64_t from, int64_t to, int64_t *ret_first)
{
    enum { SUMMER_TIME_S = 2 * 3600 };
    int64_t first = next_swap(rotation, from);
    *ret_first = first;
    return first > to ? 0 : 1 + kb_seconds_add(kb_seconds_between(first, to), SUMMER_TIME_S) / KB_TURN_S;
}

static bool newest_backup(const struct kb_medium_listed *listed, int64_t until, int64_t *ret_newest)
{
    int64_t newest = KB_ABSENT;
    for (size_t i = 0; listed && i < listed->backups.n; i++) {
        int64_t at = listed->backups.v[i];
        if (at != KB_ABSENT && at <= until && (newest == KB_ABSENT || at > newest))
            newest = at;
    }
    if (newest == KB_ABSENT)
        return false;
    *ret_newest = newest;
    return true;
}

static const struct kb_medium_listed *listed_of(const struct kb_presence *presence, const char *medium)
{
    size_t i = kb_medium_index(presence->plan, medium);
    return presence->listed && i < presence->plan->media.n && presence->listed[i].listed ? &presence->listed[i] : NULL;
}

/* Without a log: the disk with the newest generation. What a disk that was not listed holds is not known: then the
 * disks are taken to have gone on taking turns. */
static struct turn turn_at(const struct question *q, int64_t at)
{
    const struct kb_rotation *rotation = q->rotation;
    struct turn turn = {.place = rotation->disks.n, .newest = KB_ABSENT};
    bool all = true;
    for (size_t i = 0; i < rotation->disks.n; i++) {
        const struct kb_medium_listed *listed = listed_of(q->presence, rotation->disks.v[i]);
        int64_t newest;
        all = all && listed;
        if (newest_backup(listed, at, &newest) && (turn.place == rotation->disks.n || newest > turn.newest)) {
            turn.place = i;
            turn.newest = newest;
        }
    }
    if (all || turn.place == rotation->disks.n)
        return turn;
    int64_t first, swaps = swaps_between(rotation, turn.newest, at, &first);
    turn.due = swaps > 0;
    turn.place = (turn.place + (size_t)swaps) % rotation->disks.n;
    return turn;
}

/* So long after its last line nobody can say that it would know. */
static bool is_old(const struct question *q)
{
    int64_t past = q->to < q->presence->now ? q->to : q->presence->now;
    return q->log && q->log->last != KB_ABSENT && past > kb_seconds_add(q->log->last, 2 * KB_TURN_S);
}

/* The ledger does not tell of this whole span, as far as it is past; or it tells of the future. */
static bool is_silent(const struct question *q)
{
    return !q->log || q->log->known_from > q->from || (q->rotation && is_old(q)) ||
           q->log->last > kb_seconds_add(q->presence->now, CLOCK_SLACK_S);
}

static bool overlaps(const struct question *q, int64_t *ret_at)
{
    for (size_t i = 0; q->log && i < q->log->spans.n; i++) {
        const struct kb_attached_span *span = &q->log->spans.v[i];
        if (span->from > q->to || span->to <= q->from)
            continue;
        *ret_at = span->from > q->from ? span->from : q->from;
        return true;
    }
    return false;
}

static bool always(const struct question *q, struct kb_attached *a)
{
    a->at = q->from;
    return kb_medium_is(q->medium, KB_DESTROYS_ONLINE);
}

static bool was_seen(const struct question *q, struct kb_attached *a)
{
    for (size_t i = 0; q->log && i < q->log->seen.n; i++)
        if (q->log->seen.v[i] >= q->from && q->log->seen.v[i] <= q->to) {
            a->at = q->log->seen.v[i];
            a->basis = kb_text_new(q->arena, "%s was seen attached at %s", "%sの接続を %s に確認した記録があります",
                                   name_of(q->medium), kb_time_show(q->arena, a->at));
            return true;
        }
    return false;
}

static bool was_in_place(const struct question *q, struct kb_attached *a)
{
    int64_t at;
    if (q->during_backup || !overlaps(q, &at))
        return false;
    a->at = at;
    a->basis = kb_text_new(q->arena, "by the record of swaps and attached media", "交換・接続の記録によります");
    return true;
}

static bool was_written(const struct question *q, struct kb_attached *a)
{
    int64_t around = q->during_backup ? AROUND_BACKUP_S : 0;
    for (size_t i = 0; q->listed && i < q->listed->backups.n; i++) {
        int64_t at = q->listed->backups.v[i];
        if (at == KB_ABSENT || at < kb_seconds_add(q->from, -around) || at > kb_seconds_add(q->to, around))
            continue;
        a->at = at < q->from ? q->from : at > q->to ? q->to : at;
        a->basis = kb_text_new(q->arena, "a backup was written to %s at %s",
                               "%sに %s のバックアップが書き込まれています", name_of(q->medium),
                               kb_time_show(q->arena, at));
        return true;
    }
    return false;
}

/* Where nobody saw which disk was attached. */
static bool is_taken_for_attached(const struct question *q, struct kb_attached *a)
{
    a->assumed = true;
    a->at = q->from;
    if (!q->rotation) {
        a->basis = kb_text_new(
            q->arena, "assumed: no log says when %s was attached; it counts as attached (worst case)",
            "仮定: %sの接続の記録がないため、接続中とみなしました（最悪の場合）", name_of(q->medium));
        return true;
    }
    struct turn turn = turn_at(q, q->from);
    bool known = turn.place < q->rotation->disks.n;
    if (!known)
        a->basis = kb_text_new(q->arena,
                               "assumed: no log says which disk was attached; any of the rotation may have been",
                               "仮定: 接続の記録がないため、交代で使うどのディスクも接続中の可能性があります");
    else if (turn.due)
        a->basis = kb_text_new(
            q->arena, "assumed: no log says which disk was attached; by the swap day it was the turn of %s",
            "仮定: 接続の記録がないため、交換の曜日から %s を接続中とみなしました", disk_name(q, turn.place));
    else
        a->basis = kb_text_new(q->arena,
                               "assumed: no log says which disk was attached; %s has the newest generation (%s) and "
                               "counts as attached (worst case)",
                               "仮定: 接続の記録がないため、最も新しい世代（%2$s）のある %1$s "
                               "を接続中とみなしました（最悪の場合）",
                               disk_name(q, turn.place), kb_time_show(q->arena, turn.newest));
    return !known || turn.place == kb_rotation_place(q->rotation, q->medium->id);
}

static bool silent(const struct question *q, struct kb_attached *a)
{
    return !q->during_backup && is_silent(q) && is_taken_for_attached(q, a);
}

/* The shortest interval of the copies on this medium; INT64_MIN if none is planned. */
static int64_t interval_of(const struct question *q)
{
    const struct kb_plan *plan = q->presence->plan;
    int64_t shortest = KB_ABSENT;
    for (size_t i = 0; i < plan->backup_sets.n; i++)
        for (size_t k = 0; k < plan->backup_sets.v[i].copies.n; k++) {
            const struct kb_copy *copy = &plan->backup_sets.v[i].copies.v[k];
            int64_t interval = copy->interval == KB_BUSINESS_DAY ? DAY_S : copy->interval;
            if (kb_medium_index(plan, copy->medium) == kb_medium_index(plan, q->medium->id) && interval >= 0 &&
                (shortest == KB_ABSENT || interval < shortest))
                shortest = interval;
        }
    return shortest;
}

/* Attached for a backup only: it is, if it is its turn and a backup may have run that left nothing to be seen yet. */
static bool is_backup_due(const struct question *q, struct kb_attached *a)
{
    int64_t unused, newest, interval = interval_of(q);
    if (!q->during_backup || !(is_silent(q) ? is_taken_for_attached(q, a) : overlaps(q, &unused)))
        return false;
    if (!q->listed) {
        a->assumed = true;
        a->at = q->from;
        a->basis = kb_text_new(q->arena,
                               "assumed: %s was not at hand to show when backups were written to it; it counts as "
                               "attached (worst case)",
                               "仮定: %sの世代を確認できず、いつ接続されていたか不明なため、接続中とみなしました"
                               "（最悪の場合）",
                               name_of(q->medium));
        return true;
    }
    a->assumed = false;
    if (q->to <= q->presence->now)
        return false; /* what was written by then has been looked at */
    int64_t due = q->presence->now;
    if (interval != KB_ABSENT && newest_backup(q->listed, q->presence->now, &newest))
        due = kb_seconds_add(newest, interval);
    if (due > q->to)
        return false;
    a->assumed = true;
    a->at = due < q->from ? q->from : due;
    a->basis = kb_text_new(q->arena, "assumed: %s is attached for backups, and one is due before detection",
                           "仮定: %sはバックアップ時に接続され、検知までに次のバックアップが予定されています",
                           name_of(q->medium));
    return true;
}

static size_t place_now(const struct question *q)
{
    const struct kb_rotation *rotation = q->rotation;
    const struct kb_media_log *log = q->presence->log;
    for (size_t i = 0; log && i < rotation->disks.n; i++) {
        const struct kb_medium_log *of = &log->v[kb_medium_index(q->presence->plan, rotation->disks.v[i])];
        if (of->spans.n && of->spans.v[of->spans.n - 1].to == INT64_MAX)
            return i;
    }
    return turn_at(q, q->from).place;
}

/* The swaps that are still to come: only days that lie in the span as a whole, so that the plan leaves no doubt. */
static bool is_planned(const struct question *q, struct kb_attached *a)
{
    if (!q->rotation)
        return false;
    size_t n = q->rotation->disks.n, now = place_now(q);
    int64_t from = !is_silent(q) && q->presence->now > q->from ? q->presence->now : q->from, first;
    int64_t swaps = swaps_between(q->rotation, kb_seconds_add(from, HALF_DAY_S - 1), kb_seconds_add(q->to, -HALF_DAY_S),
                                  &first);
    size_t turns = now < n ? (kb_rotation_place(q->rotation, q->medium->id) + n - now) % n : 0;
    if (!turns || (int64_t)turns > swaps)
        return false;
    a->assumed = true;
    a->at = kb_seconds_add(first, (int64_t)(turns - 1) * KB_TURN_S);
    a->basis = kb_text_new(q->arena, "assumed: as planned, %s is attached by the swap of %.10s, before detection",
                           "仮定: 予定どおりなら、検知までの %2$.10s の交換で %1$s が接続されます", name_of(q->medium),
                           kb_time_show(q->arena, a->at));
    return true;
}

/* A disk of its own, put away long ago: most probably it still is. */
static bool is_out_of_sight(const struct question *q, struct kb_attached *a)
{
    if (q->rotation || q->during_backup || a->assumed || !is_old(q))
        return false;
    a->assumed = true;
    a->basis = kb_text_new(q->arena, "assumed: nothing was logged of %s after %s; it was taken to have stayed away",
                           "仮定: %sの接続の記録は %s が最後のため、その後も外されたままとみなしました",
                           name_of(q->medium), kb_time_show(q->arena, q->log->last));
    return false;
}

/* In the order of what can be believed most. */
static bool (*const evidence[])(const struct question *q, struct kb_attached *a) = {
    always, was_seen, was_in_place, was_written, silent, is_backup_due, is_planned, is_out_of_sight,
};

struct kb_attached kb_attached_during(const struct kb_presence *presence, const struct kb_medium *medium, int64_t from,
                                      int64_t to, struct kb_arena *arena)
{
    size_t index = kb_medium_index(presence->plan, medium->id);
    const struct kb_rotation *rotation = kb_plan_rotation_of(presence->plan, medium->id);
    const struct question q = {
        .presence = presence,
        .medium = medium,
        .log = presence->log ? &presence->log->v[index] : NULL,
        .listed = listed_of(presence, medium->id),
        .rotation = rotation,
        .during_backup = rotation ? rotation->connected == KB_CONNECTED_DURING_BACKUP : medium->offsite != NULL,
        .from = from,
        .to = to < from ? from : to,
        .arena = arena,
    };
    bool never = medium->kind == KB_MEDIUM_CLOUD_EXPORT || medium->kind == KB_MEDIUM_SNAPSHOT;
    struct kb_attached a = {.at = KB_ABSENT};
    for (size_t i = 0; i < (never ? 1 : sizeof evidence / sizeof *evidence) && !a.attached; i++)
        a.attached = evidence[i](&q, &a);
    if (!a.attached)
        a.at = KB_ABSENT;
    return a;
}
