/* SPDX-License-Identifier: Apache-2.0 */
/* The pass over one path, without plan, ledger or scratch. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/run.h"
#include "outcome.h"

struct path_run {
    struct kb_arena *arena;
    struct kb_path_result *result;
    uv_loop_t loop;
    uv_signal_t interrupt, terminate;
    struct kb_child *child;
    bool canceled, failed, warned;
    void (*progress)(void *owner, const struct kb_progress *progress);
    void *owner;
};

static void keep_finding(struct path_run *run, const struct kb_finding *finding)
{
    struct kb_path_result *result = run->result;
    result->findings.v = kb_grow(run->arena, result->findings.v, result->findings.n, sizeof *result->findings.v);
    result->findings.v[result->findings.n++] = *finding;
    run->failed |= finding->severity == KB_BAD;
    run->warned |= finding->severity == KB_WARN;
}

static void on_reply(void *owner, const struct kb_reply *reply)
{
    struct path_run *run = owner;
    if (reply->kind == KB_REPLY_FINDING) {
        keep_finding(run, reply->finding);
    } else if (reply->kind == KB_REPLY_RESULT) {
        run->result->result = *reply->result;
    } else if (reply->kind == KB_REPLY_CONFINED) {
        run->result->confinement = reply->confinement;
    } else if (reply->kind == KB_REPLY_PROGRESS && run->progress) {
        run->progress(run->owner, reply->progress);
    }
}

static void on_ended(void *owner, const struct kb_child_outcome *outcome)
{
    struct path_run *run = owner;
    run->child = NULL;
    if (outcome->end == KB_CHILD_CANCELED)
        run->canceled = true;
    else if (outcome->end == KB_CHILD_LOST)
        keep_finding(run, kb_outcome_lost(run->arena, outcome));
    else if (outcome->end != KB_CHILD_DONE)
        run->result->fault = outcome->fault;
    uv_close((uv_handle_t *)&run->interrupt, NULL);
    uv_close((uv_handle_t *)&run->terminate, NULL);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct path_run *run = handle->data;
    (void)number;
    if (run->child)
        kb_child_cancel(run->child);
}

static int run_child(struct path_run *run, const struct kb_run_place *place, const struct kb_job *job, int list_fd,
                     int key_fd, struct kb_err *err)
{
    if (uv_loop_init(&run->loop))
        return kb_fail(err, KB_EIO, "the event loop cannot be made", "イベントループを作成できません");
    (void)uv_signal_init(&run->loop, &run->interrupt);
    (void)uv_signal_init(&run->loop, &run->terminate);
    run->interrupt.data = run->terminate.data = run;
    (void)uv_signal_start(&run->interrupt, on_signal, SIGINT);
    (void)uv_signal_start(&run->terminate, on_signal, SIGTERM);
    struct kb_child_params params = {.program = place->worker,
                                     .job = job,
                                     .list_fd = list_fd,
                                     .key_fd = key_fd,
                                     .arena = run->arena,
                                     .owner = run,
                                     .reply = on_reply,
                                     .ended = on_ended};
    int code = kb_child_start(&run->loop, &params, &run->child, err);
    if (code) {
        uv_close((uv_handle_t *)&run->interrupt, NULL);
        uv_close((uv_handle_t *)&run->terminate, NULL);
    }
    (void)uv_run(&run->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&run->loop);
    return code;
}

static void judge(struct path_run *run)
{
    struct kb_path_result *result = run->result;
    const struct kb_finding *nothing = kb_outcome_nothing(run->arena, &result->result);
    if (nothing && !result->fault && !run->failed)
        keep_finding(run, nothing);
    bool failed = run->failed || result->fault;
    result->status = failed ? KB_UNIT_FAILED : run->warned ? KB_UNIT_CONDITIONAL : KB_UNIT_GOOD;
    result->proof = kb_proof_show(run->arena, &result->result.proof);
}

int kb_run_verify_path(const struct kb_run_path *path, const struct kb_run_place *place,
                       void (*progress)(void *owner, const struct kb_progress *progress), void *owner,
                       struct kb_arena *arena, struct kb_path_result *ret_result, struct kb_err *err)
{
    *ret_result = (struct kb_path_result){0};
    kb_shape_init(&kb_set_result_shape, &ret_result->result);
    const char *slash = strrchr(path->path, '/');
    const char *name = slash && slash[1] ? slash + 1 : path->path;
    struct kb_job_set set = {
        .set = "path",
        .format = path->format,
        .file = name,
        .source = path->path,
        .manifest = path->manifest,
        .min_files = KB_ABSENT,
        .min_bytes = KB_ABSENT,
    };
    const char *zone = getenv("TZ");
    struct kb_job job = {.stage = KB_STAGE_VERIFY,
                         .zone = zone && kb_zone_exists(zone) ? zone : "UTC",
                         .sandbox = (int)place->sandbox,
                         .confine = KB_CONFINE_READ,
                         .user = place->user,
                         .set = &set};
    struct path_run *run = kb_alloc(arena, 1, sizeof *run); /* an abandoned worker is still of its loop */
    *run = (struct path_run){.arena = arena, .result = ret_result, .progress = progress, .owner = owner};
    int code = run_child(run, place, &job, path->list_fd, path->key_fd, err);
    if (code)
        return code;
    if (run->canceled)
        return kb_fail(err, KB_ECANCELED, "cancelled", "中止されました");
    judge(run);
    return 0;
}
