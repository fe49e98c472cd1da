/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing the media of a drill through workers; the agent itself never touches one. */
#include <string.h>
#include <unistd.h>

#include "attend.h"
#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/media.h"
#include "medium.h"
#include "outcome.h"

static bool is_wanted(const struct drill *drill, const char *medium)
{
    const struct kb_drill *plan = drill->params->drill;
    if (!plan || !plan->media.n)
        return true;
    for (size_t i = 0; i < plan->media.n; i++)
        if (!strcmp(plan->media.v[i], medium))
            return true;
    return false;
}

static bool is_listed(const struct drill *drill, const char *medium)
{
    for (size_t i = 0; i < drill->n_media; i++)
        if (!strcmp(drill->media[i].plan->id, medium))
            return true;
    return false;
}

struct kb_job_medium kb_medium_job(const struct kb_medium *medium)
{
    return (struct kb_job_medium){
        .id = medium->id,
        .kind = medium->kind,
        .label = medium->label,
        .fs_uuid = medium->fs_uuid,
        .serial = medium->serial,
        .luks_uuid = medium->luks_uuid,
        .mount = medium->mount,
        .source = medium->source,
        .fs = medium->fs,
    };
}

const char *kb_fiscal_year_start(const struct kb_plan *plan)
{
    return plan->policy ? plan->policy->fiscal_year_start : NULL;
}

struct kb_job_copy kb_copy_job(const struct kb_set *set, size_t copy)
{
    return (struct kb_job_copy){.set = set->id,
                                .index = (int64_t)copy,
                                .format = set->format,
                                .tool = set->tool,
                                .method = set->method,
                                .path = set->copies.v[copy].path,
                                .manifest = set->copies.v[copy].manifest,
                                .point_in_time = set->point_in_time,
                                .chain = set->chain};
}

static struct kb_medium_state not_seen(const struct kb_medium *medium)
{
    return (struct kb_medium_state){.medium = medium->id, .status = KB_MEDIUM_ABSENT, .bytes = KB_ABSENT};
}

static void add_medium(struct drill *drill, const struct kb_medium *medium)
{
    struct medium_run *run = &drill->media[drill->n_media++];
    run->drill = drill;
    run->plan = medium;
    run->state = not_seen(medium);
    run->job = kb_medium_job(medium);
}

/* A verification has no number of its own, so each of its media has a folder of its own: another verification may be
 * at work on another medium. */
const char *kb_medium_folder(const struct drill *drill, const struct kb_medium *medium)
{
    const char *mounts = drill->params->place->mounts;
    return drill->params->kind == KB_RECORD_VERIFY
               ? kb_sprintf(drill->arena, "%s/%s-%s", mounts, drill->name, medium->id)
               : kb_sprintf(drill->arena, "%s/%s", mounts, drill->name);
}

void kb_drill_media_plan(struct drill *drill)
{
    drill->media = kb_alloc(drill->arena, drill->params->plan->media.n, sizeof *drill->media);
    for (size_t i = 0; i < drill->n_units; i++) {
        const struct kb_set *set = drill->units[i].set;
        for (size_t k = 0; k < set->copies.n; k++) {
            const char *id = set->copies.v[k].medium;
            if (is_wanted(drill, id) && !is_listed(drill, id))
                add_medium(drill, kb_plan_medium(drill->params->plan, id));
        }
    }
}

/* Every copy on this medium of every set of the drill, each once. */
static void list_copies(struct medium_run *medium, struct kb_job *job)
{
    struct drill *drill = medium->drill;
    struct kb_arena *arena = medium->look_arena;
    for (size_t i = 0; i < drill->n_units; i++) {
        const struct kb_set *set = drill->units[i].set;
        bool earlier = false;
        for (size_t k = 0; k < i; k++)
            earlier |= drill->units[k].set == set;
        for (size_t k = 0; !earlier && k < set->copies.n; k++) {
            if (strcmp(set->copies.v[k].medium, medium->plan->id) != 0)
                continue;
            job->copies.v = kb_grow(arena, job->copies.v, job->copies.n, sizeof *job->copies.v);
            job->copies.v[job->copies.n++] = kb_copy_job(set, k);
        }
    }
}

static bool is_of_plan(const struct kb_plan *plan, const char *fs_uuid)
{
    for (size_t i = 0; i < plan->media.n; i++)
        if (kb_same_uuid(plan->media.v[i].fs_uuid, fs_uuid))
            return true;
    return false;
}

static bool is_below(const char *path, const char *root)
{
    size_t n = strlen(root);
    return n > 1 && !strncmp(path, root, n) && (path[n] == '/' || !path[n]);
}

/* Nothing is ever written to a backup disk: neither evidence nor restored data. */
static void refuse_own_folders(struct medium_run *medium)
{
    const struct kb_run_place *place = medium->drill->params->place;
    const char *root = medium->state.root;
    if (!kb_medium_is_disk(medium->plan->kind) || medium->state.status != KB_MEDIUM_READY || !root)
        return;
    const char *inside = is_below(place->ledger, root)    ? place->ledger
                         : is_below(place->scratch, root) ? place->scratch
                                                          : NULL;
    if (!inside)
        return;
    struct kb_err err = {0};
    (void)kb_fail(
        &err, KB_EUSAGE, "%s lies on the backup disk %s, to which nothing is ever written; name another folder",
        "%s はバックアップ用ディスク %s の中です。ディスクには何も書き込みません。別のフォルダを指定してください",
        inside, medium->plan->id);
    medium->state.status = KB_MEDIUM_UNREADABLE;
    medium->state.detail = kb_text_new(medium->drill->arena, "%s%.0s", "%.0s%s", err.frame[0].en, err.frame[0].ja);
    kb_drill_fault(medium->drill, &err);
}

static const char *person(struct kb_arena *arena, const char *role)
{
    return role ? kb_printable(arena, role) : "-";
}

/* Who has the key, and where else it lies: only the plan knows. */
static struct kb_text who_unlocks(const struct medium_run *medium, struct kb_text next)
{
    const struct kb_plan *plan = medium->drill->params->plan;
    const struct kb_encryption *encryption = medium->plan->encryption;
    const struct kb_secret *key = encryption && encryption->key ? kb_plan_key(plan, encryption->key) : NULL;
    struct kb_arena *arena = medium->drill->arena;
    if (!key)
        return kb_text_new(arena, "%s%.0s The plan does not say who keeps the key (`encryption.key` of the medium).",
                           "%.0s%s計画には鍵の管理者が書かれていません（媒体の encryption.key）。", next.en, next.ja);
    const char *en = "", *ja = "";
    for (size_t i = 0; i < key->stored.n; i++) {
        en = kb_sprintf(arena, "%s%s%s", en, i ? "; " : "", kb_pick(key->stored.v[i].place, KB_EN));
        ja = kb_sprintf(arena, "%s%s%s", ja, i ? "、" : "", kb_pick(key->stored.v[i].place, KB_JA));
    }
    return kb_text_new(arena, "%s%.0s Keeper of the key %s: %s, deputy %s. It is stored at: %s%.0s.",
                       "%.0s%s鍵 %s の管理者は %s、代行者は %s、保管場所は %.0s%s です。", next.en, next.ja, key->id,
                       person(arena, key->custodian), person(arena, key->deputy), *en ? en : "-", *ja ? ja : "-");
}

static void on_reply(void *owner, const struct kb_reply *reply)
{
    struct medium_run *medium = owner;
    struct drill *drill = medium->drill;
    if (reply->kind == KB_REPLY_MEDIUM) {
        medium->state = *reply->medium;
        medium->state.medium = medium->plan->id; /* of the plan, whatever the worker says */
        medium->asked = true;
        if (medium->state.status == KB_MEDIUM_WRONG && is_of_plan(drill->params->plan, medium->state.fs_uuid))
            medium->state.status =
                KB_MEDIUM_ABSENT; /* the disk in its place is another one of ours, at work or at rest */
        refuse_own_folders(medium);
    } else if (reply->kind == KB_REPLY_GENERATION) {
        medium->generations.v = kb_grow(medium->look_arena, medium->generations.v, medium->generations.n,
                                        sizeof *medium->generations.v);
        medium->generations.v[medium->generations.n++] = *reply->generation;
    } else if (reply->kind == KB_REPLY_FINDING) {
        struct kb_finding *finding = kb_alloc(medium->look_arena, 1, sizeof *finding);
        *finding = *reply->finding;
        finding->medium = medium->plan->id;
        if (medium->state.status == KB_MEDIUM_LOCKED && !strcmp(finding->rule, kb_rule(KB_RULE_MEDIUM_LOCKED)->name))
            finding->next = who_unlocks(medium, finding->next);
        /* an absent medium counts only where a set needs it: choose.c; one that is waited for counts when it is there,
         * once */
        bool waits = medium->awaited && medium->state.status != KB_MEDIUM_READY;
        if (medium->state.status != KB_MEDIUM_ABSENT && !waits && !medium->told)
            kb_drill_finding(drill, finding);
    }
}

static void state_unreadable(struct medium_run *medium, struct kb_text detail)
{
    struct kb_arena *arena = medium->drill->arena;
    medium->asked = true;
    medium->state.status = KB_MEDIUM_UNREADABLE;
    medium->state.detail = detail;
    if (medium->awaited)
        return; /* the people who are asked for it are told */
    struct kb_finding *finding = kb_finding_make(arena, KB_RULE_MEDIUM_UNREADABLE);
    finding->medium = medium->plan->id;
    finding->expected = kb_text_new(arena, "an answer within %d s", "%d 秒以内の応答", KB_MEDIA_TIMEOUT_S);
    finding->found = detail;
    kb_drill_finding(medium->drill, finding);
}

/* The agent could not look: a fault, which says nothing about the medium. */
static void not_looked_at(struct medium_run *medium, const struct kb_err *err)
{
    struct kb_arena *arena = medium->drill->arena;
    medium->asked = true;
    medium->state.status = KB_MEDIUM_UNREADABLE;
    medium->state.detail = kb_text_new(arena, "%s%.0s", "%.0s%s", err->frame[0].en, err->frame[0].ja);
}

static void on_open_ended(void *owner, const struct kb_child_outcome *outcome)
{
    struct medium_run *medium = owner;
    struct drill *drill = medium->drill;
    medium->child = NULL;
    medium->stuck = outcome->abandoned;
    drill->running--;
    bool silent = outcome->end == KB_CHILD_DONE && !medium->asked;
    if (outcome->end == KB_CHILD_TIMED_OUT) {
        state_unreadable(medium,
                         outcome->abandoned
                             ? kb_text_new(drill->arena,
                                           "it does not answer; process %d, which looks at it, cannot even be "
                                           "ended",
                                           "応答がなく、確認中のプロセス %d を強制終了もできません", outcome->pid)
                             : (struct kb_text){.ja = "応答がありません", .en = "it does not answer"});
    } else if (silent || (outcome->end != KB_CHILD_DONE && outcome->end != KB_CHILD_CANCELED)) {
        struct kb_err err = {0};
        kb_outcome_err(outcome, &err);
        (void)kb_wrap(&err, "looking for medium %s", "媒体 %s の確認中", medium->plan->id);
        not_looked_at(medium, &err);
        kb_drill_fault(drill, &err);
    }
    medium->open = medium->state.status == KB_MEDIUM_READY;
    medium->told |= medium->open;
    if (medium->open || !medium->awaited) { /* else the next look forgets it: people may be waited for for days */
        kb_arena_adopt(drill->arena, medium->look_arena);
        medium->look_arena = NULL;
    }
    if (medium->open || !medium->awaited)
        kb_event(&drill->events, kb_drill_now(drill), "medium_opened",
                 json_pack("{s:o, s:i}", "state", kb_shape_write(&kb_medium_state_shape, &medium->state), "generations",
                           (int)medium->generations.n));
    kb_drill_pump(drill);
}

static int start(struct medium_run *medium, struct kb_job *job, enum kb_stage stage,
                 void (*ended)(void *owner, const struct kb_child_outcome *outcome), struct kb_err *err)
{
    struct drill *drill = medium->drill;
    job->stage = stage;
    job->zone = drill->params->plan->plan.timezone;
    job->sandbox = (int)drill->params->place->sandbox;
    job->fiscal_year_start = kb_fiscal_year_start(drill->params->plan);
    job->medium = &medium->job;
    if (stage == KB_STAGE_MEDIA_OPEN)
        list_copies(medium, job);
    struct kb_child_params params = {.job = job,
                                     .list_fd = -1,
                                     .timeout_s = stage == KB_STAGE_MEDIA_CLOSE ? KB_MEDIA_CLOSE_TIMEOUT_S
                                                                                : KB_MEDIA_TIMEOUT_S,
                                     .arena = stage == KB_STAGE_MEDIA_OPEN ? medium->look_arena : NULL,
                                     .owner = medium,
                                     .reply = on_reply,
                                     .ended = ended};
    return kb_drill_child(drill, &params, &medium->child, err);
}

/* Nothing of a look that found nothing is kept, but what it said may still be pointed to by the state. */
static void forget_look(struct medium_run *medium)
{
    if (medium->look_arena) {
        kb_arena_free(medium->look_arena);
        medium->state = not_seen(medium->plan);
    }
    medium->look_arena = kb_arena_new();
}

void kb_medium_open(struct medium_run *medium, bool awaited)
{
    struct drill *drill = medium->drill;
    struct kb_err err = {0};
    if (!medium->job.mount_at)
        medium->job.mount_at = kb_sprintf(drill->arena, "%s/%s", kb_medium_folder(drill, medium->plan),
                                          medium->plan->id);
    forget_look(medium);
    medium->open_job = (struct kb_job){0};
    medium->generations.n = 0;
    medium->generations.v = NULL;
    medium->awaited = awaited;
    medium->asked = false;
    if (start(medium, &medium->open_job, KB_STAGE_MEDIA_OPEN, on_open_ended, &err))
        not_looked_at(medium, &err);
}

void kb_drill_media_open(struct drill *drill)
{
    for (size_t i = 0; i < drill->n_media; i++)
        kb_medium_open(&drill->media[i], false);
}

/* Attached, and known to be the disk of the plan; one that only may be it does not count. */
static bool is_attached(const struct medium_run *medium)
{
    const struct kb_medium *plan = medium->plan;
    return medium->state.status == KB_MEDIUM_READY ||
           (medium->state.status == KB_MEDIUM_LOCKED && plan->luks_uuid && medium->state.luks_uuid);
}

/* An attended drill judges again whenever media have been looked at. */
static bool is_told(const struct drill *drill, enum kb_rule_id rule, const char *medium)
{
    for (size_t i = 0; i < drill->n_findings; i++) {
        const struct kb_finding *finding = &drill->record->findings.v[i];
        if (!strcmp(finding->rule, kb_rule(rule)->name) && finding->medium && !strcmp(finding->medium, medium))
            return true;
    }
    return false;
}

static void judge_rotation(struct drill *drill, const struct kb_rotation *rotation)
{
    const char *attached = "", *all = "", *first = NULL;
    size_t n = 0;
    for (size_t i = 0; i < rotation->disks.n; i++) {
        all = kb_sprintf(drill->arena, "%s%s%s", all, i ? ", " : "", rotation->disks.v[i]);
        for (size_t k = 0; k < drill->n_media; k++) {
            const struct medium_run *medium = &drill->media[k];
            if (strcmp(medium->plan->id, rotation->disks.v[i]) != 0 || !is_attached(medium))
                continue;
            attached = kb_sprintf(drill->arena, "%s%s%s (%s)", attached, n++ ? ", " : "", medium->plan->id,
                                  medium->state.device ? medium->state.device : "-");
            first = first ? first : medium->plan->id;
        }
    }
    if (n < 2 || is_told(drill, KB_RULE_ROTATION_TOGETHER, first))
        return;
    struct kb_finding *finding = kb_finding_make(drill->arena, KB_RULE_ROTATION_TOGETHER);
    finding->medium = first;
    finding->expected = kb_text_new(drill->arena, "one disk of the rotation %s at a time (%s)",
                                    "交換サイクル %s は一度に1台だけ（%s）", rotation->id, all);
    finding->found = kb_text_new(drill->arena, "%zu are attached: %s", "%zu 台が接続されています: %s", n, attached);
    kb_drill_finding(drill, finding);
}

void kb_drill_media_judge(struct drill *drill)
{
    const struct kb_plan *plan = drill->params->plan;
    for (size_t i = 0; i < plan->rotations.n; i++)
        judge_rotation(drill, &plan->rotations.v[i]);
}

void kb_drill_media_cancel(struct drill *drill)
{
    for (size_t i = 0; i < drill->n_media; i++)
        if (drill->media[i].child)
            kb_child_cancel(drill->media[i].child);
}

static void on_close_ended(void *owner, const struct kb_child_outcome *outcome)
{
    struct medium_run *medium = owner;
    struct drill *drill = medium->drill;
    medium->child = NULL;
    drill->running--;
    if (outcome->end == KB_CHILD_DONE) {
        medium->stuck = false; /* with the program that did not answer, what waited for it has ended */
        (void)rmdir(kb_medium_folder(drill, medium->plan)); /* of the last medium of the drill */
    } else {
        struct kb_err err = {0};
        medium->stuck |= outcome->abandoned;
        kb_outcome_err(outcome, &err);
        (void)kb_wrap(&err, "unmounting medium %s; it is still mounted at %s",
                      "媒体 %s のマウント解除中（%s にマウントされたままです）", medium->plan->id,
                      medium->job.mount_at);
        kb_drill_fault(drill, &err);
    }
    kb_event(&drill->events, kb_drill_now(drill), "medium_closed", json_pack("{s:s}", "medium", medium->plan->id));
    if (outcome->end == KB_CHILD_DONE)
        kb_attend_detached(medium);
    kb_drill_pump(drill);
}

void kb_medium_close(struct medium_run *medium)
{
    struct kb_err kept_by_the_drill = {0};
    medium->open = false;
    medium->seen = medium->state;
    medium->seen_generations.n = medium->generations.n;
    medium->seen_generations.v = medium->generations.v;
    medium->was_listed = true;
    medium->state.status = KB_MEDIUM_ABSENT; /* for whoever chooses a copy now */
    (void)start(medium, &medium->close_job, KB_STAGE_MEDIA_CLOSE, on_close_ended, &kept_by_the_drill);
}

void kb_drill_media_close(struct drill *drill)
{
    struct kb_err kept_by_the_drill = {0};
    for (size_t i = 0; i < drill->n_media; i++) {
        struct medium_run *medium = &drill->media[i];
        bool can_be_freed = !medium->stuck ||
                            (medium->state.mounted_by_us && kb_media_driver_is_program(medium->state.driver));
        if (can_be_freed && kb_medium_is_disk(medium->plan->kind) && medium->job.mount_at)
            (void)start(medium, &medium->close_job, KB_STAGE_MEDIA_CLOSE, on_close_ended, &kept_by_the_drill);
    }
}
