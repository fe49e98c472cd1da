/* SPDX-License-Identifier: Apache-2.0 */
/* A drill from start to record: media, units, clean-up, in this order, on one loop. */
#include "drill.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "attend.h"
#include "book.h"
#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/ledger.h"
#include "outcome.h"

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
    if (!drill->fault.code)
        drill->fault = *err;
}

int kb_drill_child(struct drill *drill, const struct kb_child_params *params, struct kb_child **ret_child,
                   struct kb_err *err)
{
    struct kb_child_params all = *params;
    all.program = drill->params->place->worker;
    if (!all.arena)
        all.arena = drill->arena;
    int code = kb_child_start(&drill->loop, &all, ret_child, err);
    if (code)
        kb_drill_fault(drill, err);
    else
        drill->running++;
    return code;
}

/* Removing is quick but for millions of files on a slow disk; past this the disk hangs. */
enum { CLEAN_TIMEOUT_S = 1800 };

static void not_cleaned(struct drill *drill, struct kb_err *err)
{
    const char *where = drill->phase == PHASE_CLEANUP ? drill->record->scratch : drill->params->place->scratch;
    drill->scratch_left |= drill->phase == PHASE_CLEANUP;
    (void)kb_wrap(err, "cleaning up %s; remove what is left by hand",
                  "%s の後片付け中。残ったものは手で削除してください", where);
}

static void on_cleaned(void *owner, const struct kb_child_outcome *outcome)
{
    struct drill *drill = owner;
    drill->cleaner = NULL;
    drill->running--;
    if (outcome->end != KB_CHILD_DONE) {
        struct kb_err err = {0};
        kb_outcome_err(outcome, &err);
        not_cleaned(drill, &err);
        kb_drill_fault(drill, &err);
    }
    kb_event(&drill->events, kb_drill_now(drill), "cleaned", json_pack("{s:b}", "all", outcome->end == KB_CHILD_DONE));
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
    drill->cleanup_job.sandbox = (int)drill->params->place->sandbox;
    const struct kb_child_params params = {.job = &drill->cleanup_job,
                                           .list_fd = -1,
                                           .timeout_s = CLEAN_TIMEOUT_S,
                                           .owner = drill,
                                           .reply = on_no_reply,
                                           .ended = on_cleaned};
    struct kb_err err = {0};
    if (kb_drill_child(drill, &params, &drill->cleaner, &err))
        not_cleaned(drill, &err);
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
    if (drill->params->keep || !drill->record->scratch || kb_attend_is_stopped(drill))
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
        if (!drill->canceled && !drill->attend)
            kb_drill_media_open(drill);
    }
    if (drill->phase == PHASE_MEDIA && !drill->running) {
        drill->phase = PHASE_UNITS;
        if (!drill->canceled && !drill->attend) { /* of media that were not looked for nothing can be said */
            kb_drill_media_judge(drill);
            kb_choose_generations(drill);
        }
    }
    if (drill->phase == PHASE_UNITS) {
        kb_units_pump(drill);
        if (kb_units_ended(drill) && kb_attend_done(drill)) {
            drill->phase = PHASE_CLEANUP;
            clean_up(drill);
        }
    }
    if (drill->phase == PHASE_CLEANUP && !drill->running)
        drill->phase = PHASE_DONE;
}

void kb_drill_cancel(struct drill *drill)
{
    drill->canceled = true;
    kb_attend_cancel(drill);
    kb_units_cancel(drill);
    kb_drill_pump(drill);
}

/* Workers are ended, what they left is cleaned, and the record says "cancelled". A second signal ends a clean-up that
 * takes too long for whoever waits; what it leaves is named. */
static void on_signal(uv_signal_t *handle, int number)
{
    struct drill *drill = handle->data;
    if (drill->phase == PHASE_DONE)
        return; /* too late: what is left to do is to write the record */
    kb_event(&drill->events, kb_drill_now(drill), "signal", json_pack("{s:i}", "number", number));
    if (drill->canceled && drill->cleaner)
        kb_child_cancel(drill->cleaner);
    if (drill->canceled || drill->phase == PHASE_MEDIA)
        kb_drill_media_cancel(drill);
    if (drill->canceled)
        return;
    if (drill->attend && !drill->attend->stopped && drill->phase < PHASE_CLEANUP)
        kb_attend_signal(drill, number);
    else
        kb_drill_cancel(drill);
}

/* The handles do not keep the loop alive: work does. They stay until the record is written, so that an impatient second
 * Ctrl-C cannot take it away. */
static int watch_signals(struct drill *drill, struct kb_err *err)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    int failed = uv_loop_init(&drill->loop);
    for (size_t i = 0; !failed && i < sizeof numbers / sizeof *numbers; i++) {
        struct sigaction now;
        (void)uv_signal_init(&drill->loop, &drill->signals[i]);
        drill->signals[i].data = drill;
        uv_unref((uv_handle_t *)&drill->signals[i]);
        if (numbers[i] == SIGHUP && !sigaction(SIGHUP, NULL, &now) && now.sa_handler == SIG_IGN)
            continue; /* nohup(1): it is to go on without its terminal */
        failed = uv_signal_start(&drill->signals[i], on_signal, numbers[i]);
    }
    return failed ? kb_fail(err, KB_EIO, "signals cannot be watched: %s", "シグナルを監視できません: %s",
                            uv_strerror(failed))
                  : 0;
}

static void on_second(uv_timer_t *timer)
{
    kb_units_tell_stalled(timer->data);
}

/* It does not keep the loop alive either. */
static void watch_stalls(struct drill *drill)
{
    enum { SECOND_MS = 1000 };
    (void)uv_timer_init(&drill->loop, &drill->second);
    drill->second.data = drill;
    (void)uv_timer_start(&drill->second, on_second, SECOND_MS, SECOND_MS);
    uv_unref((uv_handle_t *)&drill->second);
}

/* The record is written: to be stopped now would only lose the telling of it, and contradict it. The signals stay
 * blocked until the process ends, which is soon. */
static void block_signals(void)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
}

static void close_loop(struct drill *drill)
{
    for (size_t i = 0; i < sizeof drill->signals / sizeof *drill->signals; i++)
        if (drill->signals[i].data)
            uv_close((uv_handle_t *)&drill->signals[i], NULL);
    uv_close((uv_handle_t *)&drill->second, NULL);
    kb_attend_end(drill);
    (void)uv_run(&drill->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&drill->loop); /* busy only when an abandoned worker still hangs in the kernel */
}

static void run_loop(struct drill *drill)
{
    sweep(drill);
    kb_drill_pump(drill);
    (void)uv_run(&drill->loop, UV_RUN_DEFAULT);
    if (drill->phase == PHASE_DONE)
        return;
    struct kb_err err = {0};
    (void)kb_fail(&err, KB_EWORKER, "the drill came to a stop before it was done (phase %d); please report this",
                  "訓練が途中で止まりました（段階 %d）。不具合として報告してください", (int)drill->phase);
    kb_drill_fault(drill, &err);
}

static void release(struct drill *drill)
{
    for (size_t i = 0; i < drill->n_media; i++) /* the record may name what was seen last */
        kb_arena_adopt(drill->arena, drill->media[i].look_arena);
    for (size_t i = 0; i < drill->n_units; i++)
        if (drill->units[i].list_fd >= 0)
            (void)close(drill->units[i].list_fd);
    for (size_t i = 0; i < drill->locks.n; i++)
        (void)close(drill->locks.v[i]);
    if (drill->attend)
        kb_close_p(&drill->attend->state_dir);
    kb_drill_free(drill->booked);
    kb_events_done(&drill->events);
}

static int run(struct drill *drill, struct kb_err *err)
{
    int code = watch_signals(drill, err);
    if (!code)
        code = kb_attend_begin(drill, err);
    if (code)
        return code;
    watch_stalls(drill);
    run_loop(drill);
    if (kb_attend_is_stopped(drill)) {
        close_loop(drill);
        return 0;
    }
    kb_account_end(drill);
    code = kb_book_finish(drill, err);
    if (!code)
        kb_attend_forget(drill);
    block_signals();
    close_loop(drill);
    return code;
}

int kb_run_drill(const struct kb_run_params *params, struct kb_arena *arena, const struct kb_record **ret_record,
                 int *ret_exit, struct kb_err *err)
{
    struct drill *drill = kb_alloc(arena, 1, sizeof *drill); /* an abandoned worker is still of its loop */
    drill->params = params;
    drill->arena = arena;
    drill->start_ns = kb_boot_ns();
    drill->start_wall_ns = kb_wall_ns();
    drill->record = kb_alloc(arena, 1, sizeof *drill->record);
    kb_shape_init(&kb_record_shape, drill->record);
    int code = kb_attend_find(drill, err); /* which may bring params of its own */
    params = drill->params;
    drill->threat = params->threat_given ? params->threat
                    : params->drill      ? kb_plan_threat(params->plan, params->drill->threat)
                                         : NULL;
    kb_account_begin(drill);
    if (!code)
        code = kb_units_plan(drill, err);
    if (!code)
        code = kb_book_start(drill, err);
    if (!code)
        code = run(drill, err);
    release(drill);
    if (code)
        return code;
    bool stopped = kb_attend_is_stopped(drill);
    *ret_record = stopped ? NULL : drill->record;
    *ret_exit = stopped ? -KB_EAGAIN : kb_account_exit(drill);
    return 0;
}
