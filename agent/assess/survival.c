/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a threat, one function each: is this copy destroyed by it. */
#include "koboshi/survival.h"

#include <string.h>

#include "koboshi/arena.h"
#include "timeline.h"

/* One copy in front of a threat. */
struct trial {
    const struct kb_survival_input *input;
    const struct kb_plan *plan;
    const struct kb_copy *copy;
    const struct kb_medium *medium;
    const struct kb_host *host; /* of the system; NULL: not known */
    int64_t detected;           /* end of the span in which the threat is at work */
    bool detect_declared;
    bool immutable; /* generations written after `written_after` cannot be changed until then */
    int64_t written_after;
    struct kb_arena *arena;
};

/* What one word says. */
struct ruling {
    bool lost, assumed;
    bool held;             /* lost, were it not immutable */
    struct kb_text why;    /* if it is lost */
    struct kb_text spared; /* if it is not; empty: there is nothing to tell */
    struct kb_text basis;
};

static const char *name_of(const struct kb_medium *medium)
{
    return medium->label ? medium->label : medium->id;
}

static bool lies_online(const struct trial *t)
{
    return kb_medium_is(t->medium, KB_DESTROYS_ONLINE);
}

static bool same_id(const char *a, const char *b)
{
    return a && b && !strcmp(a, b);
}

static struct kb_text host_name(const struct kb_host *host)
{
    return kb_titled(host->title, host->id);
}

/* It can be plugged in and taken away; the others stay where they are. */
static bool is_carried(const struct trial *t)
{
    return kb_medium_is_disk(t->medium->kind) && !lies_online(t);
}

static void judge_online(const struct trial *t, struct ruling *r)
{
    r->lost = lies_online(t);
    r->held = t->immutable;
    r->why = kb_text_new(t->arena, "%s is always online", "%sは常時オンライン", name_of(t->medium));
}

static void tell_when(const struct trial *t, const struct kb_attached *a, struct ruling *r)
{
    if (a->at <= t->input->at)
        r->why = kb_text_new(t->arena, "%s was attached when it struck", "%sは発生時に接続中", name_of(t->medium));
    else
        r->why = kb_text_new(t->arena, "%s was attached on %s, before it was noticed", "%sは検知前（%s）に接続",
                             name_of(t->medium), kb_time_show(t->arena, a->at));
}

static void judge_attached(const struct trial *t, struct ruling *r)
{
    struct kb_attached a = kb_attached_during(t->input->presence, t->medium, t->input->at, t->detected, t->arena);
    r->lost = a.attached;
    r->assumed = a.assumed;
    r->basis = a.basis;
    r->held = lies_online(t) && t->immutable;
    if (lies_online(t))
        r->why = kb_text_new(t->arena, "%s is always connected", "%sは常時接続", name_of(t->medium));
    else if (a.attached)
        tell_when(t, &a, r);
    else if (is_carried(t))
        r->spared = kb_text_new(t->arena, "%s was not attached until it was noticed", "%sは発生から検知まで未接続",
                                name_of(t->medium));
    if (a.attached || t->detect_declared || !is_carried(t) || a.assumed)
        return;
    r->assumed = true;
    r->basis = kb_text_new(t->arena, "assumed: the plan does not say how soon it is noticed; judged up to %s",
                           "仮定: 検知までの時間が計画にないため、%s までで判断しました",
                           kb_time_show(t->arena, t->detected));
}

static void judge_writable(const struct trial *t, struct ruling *r)
{
    r->lost = kb_medium_is(t->medium, KB_DESTROYS_WRITABLE_BY_ADMIN);
    r->held = t->immutable;
    r->why = kb_text_new(t->arena, "an administrator account can delete what is on %s",
                         "%sは管理者権限で書き換え・削除が可能", name_of(t->medium));
}

static struct kb_attached at_the_strike(const struct trial *t)
{
    return kb_attached_during(t->input->presence, t->medium, t->input->at, t->input->at, t->arena);
}

/* Where this disk is plugged in; NULL: the plan does not say. */
static const char *plugged_into(const struct trial *t)
{
    const struct kb_rotation *rotation = kb_plan_rotation_of(t->plan, t->medium->id);
    return rotation && rotation->at ? rotation->at : t->medium->on;
}

static void judge_host(const struct trial *t, struct ruling *r)
{
    const char *at = plugged_into(t);
    struct kb_attached a = {.attached = true};
    bool carried = is_carried(t), inside = kb_medium_is(t->medium, KB_DESTROYS_SAME_HOST);
    if (carried)
        a = at_the_strike(t);
    bool known = t->host && at, same = inside || (known && !strcmp(t->host->id, at));
    r->lost = same && (inside || a.attached);
    if (inside || !t->host)
        r->why = kb_text_new(t->arena, "%s is part of the machine that failed", "%sは故障した機器の一部",
                             name_of(t->medium));
    else if (carried)
        r->why = kb_text_new(t->arena, "%s was plugged into %s when it failed%.0s", "%s%.0sは故障時に%sに接続中",
                             name_of(t->medium), host_name(t->host).en, host_name(t->host).ja);
    else
        r->why = kb_text_new(t->arena, "%s lies on the machine that failed (%s)%.0s", "%s%.0sは故障した機器（%s）の上",
                             name_of(t->medium), host_name(t->host).en, host_name(t->host).ja);
    r->assumed = same && !inside && a.assumed;
    r->basis = r->assumed ? a.basis : (struct kb_text){0};
    if (same || known || !a.attached || t->medium->kind == KB_MEDIUM_CLOUD_EXPORT)
        return;
    r->assumed = true;
    r->basis = kb_text_new(t->arena, "assumed: the plan does not name the machine of %s; taken for another one (`on`)",
                           "仮定: 計画に%sの機器（on）がないため、別の機器とみなしました",
                           t->host            ? name_of(t->medium)
                           : t->input->system ? t->input->system->id
                                              : t->input->set->id);
}

static void judge_site(const struct trial *t, struct ruling *r)
{
    bool kept_here = kb_medium_is(t->medium, KB_DESTROYS_ONSITE);
    r->lost = kept_here && !(t->medium->media_rated && is_carried(t));
    r->why = kb_text_new(t->arena, "%s is kept on site", "%sは社内に保管", name_of(t->medium));
    if (r->lost || !is_carried(t))
        return;
    struct kb_attached a = at_the_strike(t);
    r->lost = a.attached;
    r->assumed = a.assumed;
    r->basis = a.basis;
    r->why = kb_text_new(t->arena, "%s was attached on site when it struck", "%sは発生時に社内で接続中",
                         name_of(t->medium));
    r->spared = kb_text_new(t->arena, "%s was in its safe place when it struck", "%sは発生時に安全な保管場所",
                            name_of(t->medium));
}

static void judge_mirror(const struct trial *t, struct ruling *r)
{
    if (t->input->set->method != KB_METHOD_MIRROR)
        return;
    struct kb_attached a = kb_attached_during(t->input->presence, t->medium, t->input->at, t->detected, t->arena);
    r->lost = a.attached || a.assumed || !is_carried(t) || !t->detect_declared;
    r->assumed = is_carried(t) && r->lost && (a.assumed || !a.attached);
    r->held = lies_online(t) && t->immutable;
    r->why = kb_text_new(t->arena, "%s is a mirror: what is deleted at the source is deleted there",
                         "%sはミラー（元の削除・変更がそのまま反映）", name_of(t->medium));
    r->spared = kb_text_new(t->arena, "%s is a mirror, but was not attached until it was noticed",
                            "%sはミラーだが、発生から検知まで未接続", name_of(t->medium));
    r->basis = a.basis;
}

static void judge_provider(const struct trial *t, struct ruling *r)
{
    r->lost = kb_medium_is(t->medium, KB_DESTROYS_PROVIDER_HOSTED);
    r->why = kb_text_new(t->arena, "%s lies with the cloud provider", "%sはクラウド事業者の設備", name_of(t->medium));
}

/* A key in a system goes with that system. */
static bool key_copy_is_lost(const struct trial *t, const struct kb_key_copy *key)
{
    const struct kb_threat *threat = t->input->threat;
    if (kb_threat_destroys(threat, KB_DESTROYS_ONSITE) && key->onsite != KB_ANSWER_NO)
        return true;
    if (key->kind != KB_KEY_IN_SYSTEM)
        return false;
    const struct kb_system *system = kb_plan_system(t->plan, key->system);
    bool same = system && (system == t->input->system || (t->host && same_id(system->on, t->host->id)));
    return kb_threat_destroys(threat, KB_DESTROYS_ONLINE) ||
           kb_threat_destroys(threat, KB_DESTROYS_WRITABLE_BY_ADMIN) ||
           (kb_threat_destroys(threat, KB_DESTROYS_SAME_HOST) && same);
}

static void judge_key(const struct trial *t, const struct kb_encryption *encryption, struct ruling *r)
{
    const struct kb_secret *key = encryption ? kb_plan_key(t->plan, encryption->key) : NULL;
    struct kb_text places = {"", ""};
    for (size_t i = 0; key && i < key->stored.n; i++) {
        if (!key_copy_is_lost(t, &key->stored.v[i]))
            return;
        struct kb_text place = kb_titled(key->stored.v[i].place, "?");
        places.ja = kb_sprintf(t->arena, "%s%s%s", places.ja, i ? "・" : "", place.ja);
        places.en = kb_sprintf(t->arena, "%s%s%s", places.en, i ? ", " : "", place.en);
    }
    if (!key || !key->stored.n)
        return; /* where it is kept is asked for by the plan's rules */
    r->lost = true;
    struct kb_text title = kb_titled(key->title, key->id);
    r->why = (struct kb_text){
        .ja = kb_sprintf(t->arena, "%sの鍵「%s」も失われ復号不可（鍵の保管場所: %s）", name_of(t->medium), title.ja,
                         places.ja),
        .en = kb_sprintf(t->arena, "the key “%s” of %s is lost with it (kept at: %s)", title.en, name_of(t->medium),
                         places.en),
    };
}

static void judge_medium_key(const struct trial *t, struct ruling *r)
{
    judge_key(t, t->medium->encryption, r);
}

static void judge_copy_key(const struct trial *t, struct ruling *r)
{
    judge_key(t, t->copy->encryption, r);
}

static const struct judge {
    const char *by;
    void (*judge)(const struct trial *t, struct ruling *r);
} judges[] = {
    [KB_DESTROYS_ONLINE] = {"online", judge_online},
    [KB_DESTROYS_ATTACHED] = {"attached", judge_attached},
    [KB_DESTROYS_WRITABLE_BY_ADMIN] = {"writable_by_admin", judge_writable},
    [KB_DESTROYS_SAME_HOST] = {"same_host", judge_host},
    [KB_DESTROYS_ONSITE] = {"onsite", judge_site},
    [KB_DESTROYS_MIRROR] = {"mirror", judge_mirror},
    [KB_DESTROYS_PROVIDER_HOSTED] = {"provider_hosted", judge_provider},
    {"key", judge_medium_key},
    {"key", judge_copy_key},
};

bool kb_threat_destroys(const struct kb_threat *threat, enum kb_destroys word)
{
    for (size_t i = 0; i < threat->destroys.n; i++)
        if (!strcmp(threat->destroys.v[i], kb_destroys_names[word]))
            return true;
    return false;
}

bool kb_generation_survives(const struct kb_survival *survival, int64_t point_in_time)
{
    return survival->survives && (survival->written_after == KB_ABSENT || point_in_time > survival->written_after);
}

static struct trial trial_of(const struct kb_survival_input *input, size_t copy, struct kb_arena *arena)
{
    const struct kb_plan *plan = input->presence->plan;
    const struct kb_threat *threat = input->threat;
    struct trial t = {
        .input = input,
        .plan = plan,
        .copy = &input->set->copies.v[copy],
        .medium = kb_plan_medium(plan, input->set->copies.v[copy].medium),
        .host = input->system ? kb_plan_host(plan, input->system->on) : NULL,
        .detect_declared = threat->detect != KB_ABSENT,
        .arena = arena,
    };
    int64_t now = input->presence->now;
    t.detected = t.detect_declared ? kb_seconds_add(input->at, threat->detect) : now > input->at ? now : input->at;
    if (t.copy->immutable_for != KB_ABSENT)
        t.written_after = kb_seconds_between(t.copy->immutable_for, t.detected);
    t.immutable = t.copy->immutable_for != KB_ABSENT && t.written_after < input->at;
    return t;
}

/* What was seen weighs more than what is assumed; the first of equals is told. */
static bool is_worse(const struct ruling *one, const struct ruling *other)
{
    return one->lost && (!other->lost || (other->assumed && !one->assumed));
}

struct kb_survival kb_survival_of(const struct kb_survival_input *input, size_t copy, struct kb_arena *arena)
{
    struct trial t = trial_of(input, copy, arena);
    struct ruling worst = {.lost = false}, doubt = {.lost = false};
    const char *by = NULL;
    bool held = false;
    for (size_t i = 0; i < sizeof judges / sizeof *judges; i++) {
        struct ruling r = {.lost = false};
        if (i < KB_DESTROYS_COUNT && !kb_threat_destroys(input->threat, (enum kb_destroys)i))
            continue;
        judges[i].judge(&t, &r);
        if (r.lost && r.held) {
            held = true;
        } else if (is_worse(&r, &worst)) {
            worst = r;
            by = judges[i].by;
        } else if (!r.lost && (r.assumed || (!doubt.assumed && !doubt.spared.ja))) {
            doubt = r;
        }
    }
    const struct ruling *told = worst.lost ? &worst : &doubt;
    struct kb_survival survival = {
        .copy = (int64_t)copy,
        .medium = t.medium->id,
        .survives = !worst.lost,
        .assumed = told->assumed,
        .by = by,
        .why = worst.lost ? worst.why : doubt.spared,
        .basis = told->basis,
        .written_after = held && !worst.lost ? t.written_after : KB_ABSENT,
        .newest = KB_ABSENT,
    };
    if (survival.written_after != KB_ABSENT)
        survival.why = kb_text_new(arena, "nobody can change what was written to %s after %s until it is noticed",
                                   "%sの %s より後の世代は検知まで書き換え不可", name_of(t.medium),
                                   kb_time_show(arena, survival.written_after));
    else if (!survival.why.ja)
        survival.why = kb_text_new(arena, "nothing that it destroys is true of %s", "%sは失われる条件に該当なし",
                                   name_of(t.medium));
    return survival;
}
