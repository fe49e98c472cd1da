/* SPDX-License-Identifier: Apache-2.0 */
/* A drill from start to record: media, units, clean-up, in this order, on one loop. */
#include "drill.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "book.h"
#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/ledger.h"

int64_t kb_drill_now(const struct drill *drill)
{
    return kb_boot_ns() - drill->start_ns;
}

int64_t kb_drill_max_duration(const struct drill *drill)
{
    enum { DEFAULT_S = 4 * 3600 }; /* a night's window; the plan's max_duration replaces it */
    return drill->params->drill ? drill->params->drill->max_duration : DEFAULT_S;
}

void kb_drill_finding(struct drill *drill, const struct kb_finding *finding)
{
    struct kb_record *record = drill->record;
    record->findings.v = kb_grow(drill->arena, record->findings.v, drill->n_findings, sizeof *record->findings.v);
    record->findings.v[drill->n_findings++] = *finding;
    record->findings.n = drill->n_findings;
    kb_event(&drill->events, kb_drill_now(drill), "finding", kb_shape_write(&kb_finding_shape, finding));
}

void kb_drill_fault(struct drill *drill, const struct kb_err *err)
{
    kb_event(&drill->events, kb_drill_now(drill), "fault",
             json_pack("{s:i, s:s, s:s}", "code", err->code, "en", err->frame[0].en, "ja", err->frame[0].ja));
    bool real = err->code != KB_EAGAIN; /* a busy lock is expected; it counts only if nothing worse happens */
    if (!drill->fault.code || (real && drill->fault.code == KB_EAGAIN))
        drill->fault = *err;
}

int kb_drill_child(struct drill *drill, const struct kb_child_params *params, struct kb_child **ret_child)
{
    struct kb_child_params all = *params;
    all.program = drill->params->place->worker;
    all.arena = drill->arena;
    struct kb_err err = {0};
    if (kb_child_start(&drill->loop, &all, ret_child, &err)) {
        kb_drill_fault(drill, &err);
        return -1;
    }
    drill->running++;
    return 0;
}

static void on_cleaned(void *owner, const struct kb_child_outcome *outcome)
{
    struct drill *drill = owner;
    drill->cleaner = NULL;
    drill->running--;
    if (outcome->end != KB_CHILD_DONE) {
        struct kb_err err = {0};
        if (outcome->fault)
            kb_fault_to_err(outcome->fault, &err);
        else
            (void)kb_fail(&err, KB_EWORKER, "the cleaning process left without an answer",
                          "後片付けのプロセスが応答せずに終了しました");
        (void)kb_wrap(&err, "cleaning up below %s; remove what is left by hand",
                      "%s の後片付け中。残ったものは手で削除してください", drill->params->place->scratch);
        kb_drill_fault(drill, &err);
    }
    kb_event(&drill->events, kb_drill_now(drill), "cleaned", NULL);
    kb_drill_pump(drill);
}

static void on_no_reply(void *owner, const struct kb_reply *reply)
{
    (void)owner;
    (void)reply; /* cleaning up has nothing to say but its end */
}

static void start_cleaner(struct drill *drill)
{
    drill->cleanup_job.stage = KB_STAGE_CLEANUP;
    drill->cleanup_job.zone = drill->params->plan->plan.timezone;
    struct kb_child_params params = {
        .job = &drill->cleanup_job, .list_fd = -1, .owner = drill, .reply = on_no_reply, .ended = on_cleaned};
    (void)kb_drill_child(drill, &params, &drill->cleaner);
}

/* What drills that never finished may have left: their scratch and their mounts. */
static void sweep(struct drill *drill)
{
    drill->cleanup_job.remove.n = drill->stale_scratch.n;
    drill->cleanup_job.remove.v = drill->stale_scratch.v;
    drill->cleanup_job.sweep.n = drill->stale_mounts.n;
    drill->cleanup_job.sweep.v = drill->stale_mounts.v;
    if (drill->stale_scratch.n || drill->stale_mounts.n)
        start_cleaner(drill);
}

static void clean_up(struct drill *drill)
{
    kb_drill_media_close(drill);
    if (drill->params->keep)
        return;
    drill->cleanup_job = (struct kb_job){0};
    drill->cleanup_job.remove.v = &drill->record->scratch;
    drill->cleanup_job.remove.n = 1;
    start_cleaner(drill);
}

void kb_drill_pump(struct drill *drill)
{
    if (drill->phase == PHASE_SWEEP && !drill->running) {
        drill->phase = PHASE_MEDIA;
        if (!drill->canceled)
            kb_drill_media_open(drill);
    }
    if (drill->phase == PHASE_MEDIA && !drill->running) {
        drill->phase = PHASE_UNITS;
        kb_choose_generations(drill);
    }
    if (drill->phase == PHASE_UNITS) {
        kb_units_pump(drill);
        if (kb_units_ended(drill)) {
            drill->phase = PHASE_CLEANUP;
            clean_up(drill);
        }
    }
    if (drill->phase == PHASE_CLEANUP && !drill->running) {
        drill->phase = PHASE_DONE;
        uv_close((uv_handle_t *)&drill->interrupt, NULL);
        uv_close((uv_handle_t *)&drill->terminate, NULL);
    }
}

/* Workers are ended, what they left is cleaned, and the record says "cancelled". A second signal changes nothing: the
 * clean-up is short and must not be cut off. */
static void on_signal(uv_signal_t *handle, int number)
{
    struct drill *drill = handle->data;
    if (drill->canceled)
        return;
    drill->canceled = true;
    kb_event(&drill->events, kb_drill_now(drill), "canceled", json_pack("{s:i}", "signal", number));
    for (size_t i = 0; drill->phase == PHASE_MEDIA && i < drill->n_media; i++)
        if (drill->media[i].child)
            kb_child_cancel(drill->media[i].child);
    kb_units_cancel(drill);
    kb_drill_pump(drill);
}

static int watch_signals(struct drill *drill, struct kb_err *err)
{
    int failed = uv_loop_init(&drill->loop);
    if (failed)
        return kb_fail(err, KB_EIO, "the event loop cannot be made: %s", "イベントループを作成できません: %s",
                       uv_strerror(failed));
    (void)uv_signal_init(&drill->loop, &drill->interrupt);
    (void)uv_signal_init(&drill->loop, &drill->terminate);
    drill->interrupt.data = drill->terminate.data = drill;
    failed = uv_signal_start(&drill->interrupt, on_signal, SIGINT);
    if (!failed)
        failed = uv_signal_start(&drill->terminate, on_signal, SIGTERM);
    return failed ? kb_fail(err, KB_EIO, "signals cannot be watched: %s", "シグナルを監視できません: %s",
                            uv_strerror(failed))
                  : 0;
}

static void run_loop(struct drill *drill)
{
    sweep(drill);
    kb_drill_pump(drill);
    (void)uv_run(&drill->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&drill->loop); /* busy only when an abandoned worker still hangs in the kernel */
}

static void release(struct drill *drill)
{
    for (size_t i = 0; i < drill->n_units; i++)
        if (drill->units[i].list_fd >= 0)
            (void)close(drill->units[i].list_fd);
    for (size_t i = 0; i < drill->locks.n; i++)
        (void)close(drill->locks.v[i]);
    kb_drill_free(drill->booked);
    kb_events_done(&drill->events);
}

static int run(struct drill *drill, struct kb_err *err)
{
    int code = watch_signals(drill, err);
    if (code)
        return code;
    run_loop(drill);
    kb_account_end(drill);
    return kb_book_finish(drill, err);
}

int kb_run_drill(const struct kb_run_params *params, struct kb_arena *arena, const struct kb_record **ret_record,
                 int *ret_exit, struct kb_err *err)
{
    struct drill drill = {.params = params, .arena = arena, .start_ns = kb_boot_ns(), .start_wall_ns = kb_wall_ns()};
    drill.record = kb_alloc(arena, 1, sizeof *drill.record);
    kb_shape_init(&kb_record_shape, drill.record);
    drill.threat = params->drill && params->drill->threat ? kb_plan_threat(params->plan, params->drill->threat) : NULL;
    kb_account_begin(&drill);
    int code = kb_units_plan(&drill, err);
    if (!code)
        code = kb_book_start(&drill, err);
    if (!code)
        code = run(&drill, err);
    release(&drill);
    if (code)
        return code;
    *ret_record = drill.record;
    *ret_exit = kb_account_exit(&drill);
    return 0;
}
