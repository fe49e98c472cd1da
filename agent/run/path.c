/* SPDX-License-Identifier: Apache-2.0 */
/* The pass over one path, without plan, ledger or scratch. */
#include <stdlib.h>
#include <string.h>

#include "alone.h"
#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/run.h"
#include "outcome.h"

struct path_run {
    struct kb_arena *arena;
    struct kb_path_result *result;
    bool failed, warned;
    struct kb_progress reached; /* numbers alone */
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
    } else if (reply->kind == KB_REPLY_PROGRESS) {
        run->reached = (struct kb_progress){.bytes = reply->progress->bytes, .entries = reply->progress->entries};
        if (run->progress)
            run->progress(run->owner, reply->progress);
    }
}

static void judge(struct path_run *run, const struct kb_child_outcome *outcome)
{
    struct kb_path_result *result = run->result;
    if (outcome->end == KB_CHILD_LOST)
        keep_finding(run, kb_outcome_lost(run->arena, outcome));
    else if (outcome->end == KB_CHILD_OVER)
        keep_finding(run, kb_outcome_over(run->arena, outcome, &kb_budgets_usual, &run->reached));
    else if (outcome->end != KB_CHILD_DONE)
        result->fault = outcome->fault;
    const struct kb_finding *nothing = kb_outcome_nothing(run->arena, &result->result);
    if (nothing && !result->fault && !run->failed)
        keep_finding(run, nothing);
    bool failed = run->failed || result->fault;
    result->status = failed ? KB_UNIT_FAILED : run->warned ? KB_UNIT_CONDITIONAL : KB_UNIT_GOOD;
    result->proof = kb_proof_show(run->arena, &result->result.proof, 0);
}

static void set_pieces(struct kb_job_set *set, const struct kb_run_path *path, struct kb_arena *arena)
{
    set->segments.v = kb_alloc(arena, path->n_pieces, sizeof *set->segments.v);
    for (size_t i = 0; i < path->n_pieces; i++) {
        const char *slash = strrchr(path->pieces[i], '/');
        set->segments.v[set->segments.n++] = (struct kb_segment){.path = path->pieces[i],
                                                                 .file = slash ? slash + 1 : path->pieces[i],
                                                                 .bytes = KB_ABSENT,
                                                                 .mtime = KB_ABSENT,
                                                                 .point_in_time = KB_ABSENT};
    }
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
        .order = (int)path->order,
        .seconds = KB_ABSENT,
    };
    set_pieces(&set, path, arena);
    const char *zone = getenv("TZ");
    struct kb_job job = {.stage = KB_STAGE_VERIFY,
                         .zone = zone && kb_zone_exists(zone) ? zone : "UTC",
                         .sandbox = (int)place->sandbox,
                         .confine = KB_CONFINE_READ,
                         .user = place->user,
                         .set = &set};
    struct path_run run = {.arena = arena, .result = ret_result, .progress = progress, .owner = owner};
    const struct kb_child_params params = {.program = place->worker,
                                           .job = &job,
                                           .list_fd = path->list_fd,
                                           .key_fd = path->key_fd,
                                           .arena = arena,
                                           .owner = &run,
                                           .reply = on_reply};
    struct kb_child_outcome outcome = {0};
    int code = kb_alone(&params, &outcome, err);
    if (!code)
        judge(&run, &outcome);
    return code;
}
