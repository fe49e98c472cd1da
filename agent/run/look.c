/* SPDX-License-Identifier: Apache-2.0 */
/* The media of a plan as they are now, and what else is attached. */
#include "look.h"

#include <string.h>
#include <strings.h>

#include "child.h"
#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/media.h"
#include "medium.h"
#include "outcome.h"
#include "stop.h"

struct glance {
    struct kb_looking *looking;
    struct kb_look_medium *medium; /* NULL: all that is attached */
    struct kb_job_medium job_medium;
    struct kb_job job;
    struct kb_child *child;
    bool asked;
};

struct kb_looking {
    struct kb_look_params params;
    struct kb_look look;
    struct glance *glances;
    size_t n, running;
};

static bool is_same(const char *a, const char *b)
{
    return a && b && !strcmp(a, b);
}

bool kb_medium_is_here(const struct kb_medium *medium, const struct kb_medium_state *state)
{
    bool readable = state->status == KB_MEDIUM_READY || state->status == KB_MEDIUM_TWICE;
    bool its_serial = medium->serial && state->serial && !strcasecmp(medium->serial, state->serial);
    bool its_container = state->status == KB_MEDIUM_LOCKED && ((medium->luks_uuid && state->luks_uuid) || its_serial);
    bool its_uuid = kb_same_uuid(state->fs_uuid, medium->fs_uuid) || !kb_medium_is_disk(medium->kind);
    return readable || its_container || (state->status == KB_MEDIUM_UNREADABLE && its_uuid);
}

static bool is_of_plan(const struct kb_plan *plan, const char *fs_uuid, const char *luks_uuid)
{
    for (size_t i = 0; i < plan->media.n; i++)
        if (kb_same_uuid(plan->media.v[i].fs_uuid, fs_uuid) || kb_same_uuid(plan->media.v[i].luks_uuid, luks_uuid))
            return true;
    return false;
}

/* Any disk that lies about could be taken for one that is missing; only one that claims to be it is called wrong. */
static void settle(const struct kb_plan *plan, struct kb_look_medium *medium)
{
    struct kb_medium_state *state = &medium->state;
    bool claims = kb_same_uuid(state->fs_uuid, medium->medium->fs_uuid) ||
                  kb_same_uuid(state->luks_uuid, medium->medium->luks_uuid) ||
                  (is_same(state->label, medium->medium->label) && !is_of_plan(plan, state->fs_uuid, NULL));
    if (!kb_medium_is_disk(medium->medium->kind) || state->status != KB_MEDIUM_WRONG || claims)
        return;
    *state = (struct kb_medium_state){.medium = medium->medium->id,
                                      .status = KB_MEDIUM_ABSENT,
                                      .bytes = KB_ABSENT,
                                      .detail = {.ja = "接続されていません", .en = "not attached"}};
}

static void on_reply(void *owner, const struct kb_reply *reply)
{
    struct glance *glance = owner;
    struct kb_looking *looking = glance->looking;
    struct kb_look *look = &looking->look;
    if (reply->kind == KB_REPLY_MEDIUM && glance->medium) {
        glance->medium->state = *reply->medium;
        glance->medium->state.medium = glance->medium->medium->id; /* whatever the worker says */
        glance->asked = true;
        settle(looking->params.plan, glance->medium);
    } else if (reply->kind == KB_REPLY_HEALTH && glance->medium) {
        glance->medium->health = reply->health;
    } else if (reply->kind == KB_REPLY_DISK && !glance->medium &&
               !is_of_plan(looking->params.plan, reply->disk->fs_uuid, reply->disk->luks_uuid)) {
        look->disks.v = kb_grow(looking->params.arena, look->disks.v, look->disks.n, sizeof *look->disks.v);
        look->disks.v[look->disks.n++] = *reply->disk;
    }
}

static void could_not(struct glance *glance, const struct kb_child_outcome *outcome)
{
    struct kb_looking *looking = glance->looking;
    struct kb_err err = {0};
    kb_outcome_err(outcome, &err);
    const struct kb_fault *fault = kb_fault_of(looking->params.arena, &err);
    if (!glance->medium) {
        looking->look.fault = fault;
        return;
    }
    bool hung = outcome->end == KB_CHILD_TIMED_OUT;
    glance->medium->state.status = KB_MEDIUM_UNREADABLE;
    glance->medium->state.detail = hung ? kb_text_new(looking->params.arena, "no answer within %d s",
                                                      "%d 秒以内に応答がありません", KB_MEDIA_TIMEOUT_S)
                                        : fault->frames.v[0];
    if (!hung)
        glance->medium->fault = fault;
}

/* The disk was found; the worker did not come back from asking it for its health. */
static void health_unknown(struct glance *glance)
{
    struct kb_health *health = kb_alloc(glance->looking->params.arena, 1, sizeof *health);
    kb_shape_init(&kb_health_shape, health);
    health->medium = glance->medium->medium->id;
    health->reason = (struct kb_text){.ja = "ディスクから応答がありません", .en = "the disk did not answer"};
    glance->medium->health = health;
}

static void on_ended(void *owner, const struct kb_child_outcome *outcome)
{
    struct glance *glance = owner;
    struct kb_looking *looking = glance->looking;
    glance->child = NULL;
    bool silent = glance->medium && !glance->asked, done = outcome->end == KB_CHILD_DONE;
    if (silent && done)
        could_not(glance, &(struct kb_child_outcome){.end = KB_CHILD_LOST});
    else if (!done && (silent || !glance->medium || outcome->end == KB_CHILD_LIED))
        could_not(glance, outcome);
    else if (!done)
        health_unknown(glance);
    if (!--looking->running)
        looking->params.done(looking->params.owner, &looking->look);
}

static int start(struct glance *glance, uv_loop_t *loop, struct kb_err *err)
{
    struct kb_looking *looking = glance->looking;
    glance->job.stage = glance->medium ? KB_STAGE_MEDIA_LOOK : KB_STAGE_MEDIA_DISKS;
    glance->job.zone = looking->params.plan->plan.timezone;
    glance->job.sandbox = (int)looking->params.place->sandbox;
    if (glance->medium) {
        glance->job_medium = kb_medium_job(glance->medium->medium);
        glance->job.medium = &glance->job_medium;
    }
    const struct kb_child_params params = {.program = looking->params.place->worker,
                                           .job = &glance->job,
                                           .list_fd = -1,
                                           .timeout_s = KB_MEDIA_TIMEOUT_S,
                                           .arena = looking->params.arena,
                                           .owner = glance,
                                           .reply = on_reply,
                                           .ended = on_ended};
    int code = kb_child_start(loop, &params, &glance->child, err);
    looking->running += !code;
    return code;
}

int kb_look_start(uv_loop_t *loop, const struct kb_look_params *params, struct kb_looking **ret_looking,
                  struct kb_err *err)
{
    const struct kb_plan *plan = params->plan;
    struct kb_looking *looking = kb_alloc(params->arena, 1, sizeof *looking);
    looking->params = *params;
    looking->look.media.v = kb_alloc(params->arena, plan->media.n, sizeof *looking->look.media.v);
    looking->glances = kb_alloc(params->arena, plan->media.n + 1, sizeof *looking->glances);
    for (size_t i = 0; i < plan->media.n; i++) {
        const struct kb_medium *medium = &plan->media.v[i];
        if (params->disks_only && !kb_medium_is_disk(medium->kind))
            continue;
        struct kb_look_medium *at = &looking->look.media.v[looking->look.media.n++];
        *at = (struct kb_look_medium){.medium = medium,
                                      .state = {.medium = medium->id, .status = KB_MEDIUM_ABSENT, .bytes = KB_ABSENT}};
        looking->glances[looking->n++] = (struct glance){.looking = looking, .medium = at};
    }
    if (params->attached || !looking->n)
        looking->glances[looking->n++] = (struct glance){.looking = looking};
    for (size_t i = 0; i < looking->n; i++) {
        struct kb_err *first = looking->running ? NULL : err;
        if (!start(&looking->glances[i], loop, first))
            continue;
        if (!looking->running) /* not one could be started */
            return err->code;
        could_not(&looking->glances[i], &(struct kb_child_outcome){.end = KB_CHILD_LOST});
    }
    *ret_looking = looking;
    return 0;
}

void kb_look_cancel(struct kb_looking *looking)
{
    for (size_t i = 0; i < looking->n; i++)
        if (looking->glances[i].child)
            kb_child_cancel(looking->glances[i].child);
}

struct alone {
    uv_loop_t loop;
    struct kb_stop stop;
    struct kb_looking *looking;
    const struct kb_look *look;
};

static void on_done(void *owner, const struct kb_look *look)
{
    ((struct alone *)owner)->look = look;
}

static void on_stopped(void *owner)
{
    struct alone *alone = owner;
    if (alone->looking && !alone->look)
        kb_look_cancel(alone->looking);
}

int kb_run_look(const struct kb_plan *plan, const struct kb_run_place *place, bool disks_only, struct kb_arena *arena,
                const struct kb_look **ret_look, struct kb_err *err)
{
    struct alone *alone = kb_alloc(arena, 1, sizeof *alone); /* an abandoned worker is still of its loop */
    if (uv_loop_init(&alone->loop))
        return kb_fail(err, KB_EIO, "the event loop cannot be made", "イベントループを作成できません");
    int code = kb_stop_begin(&alone->stop, &alone->loop, on_stopped, alone, err);
    const struct kb_look_params params = {.plan = plan,
                                          .place = place,
                                          .disks_only = disks_only,
                                          .attached = true,
                                          .arena = arena,
                                          .owner = alone,
                                          .done = on_done};
    if (!code)
        code = kb_look_start(&alone->loop, &params, &alone->looking, err);
    (void)uv_run(&alone->loop, UV_RUN_DEFAULT);
    kb_stop_end(&alone->stop);
    (void)uv_run(&alone->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&alone->loop);
    if (code)
        return code;
    if (alone->stop.asked)
        return kb_fail(err, KB_ECANCELED, "cancelled", "中止されました");
    *ret_look = alone->look;
    return 0;
}
