/* SPDX-License-Identifier: Apache-2.0 */
/* One worker waited for, signals that stop it, and lines that name a plan. */
#include "errand.h"

#include <signal.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"

void kb_line_of_plan(const struct kb_plan *plan, enum kb_line_kind kind, struct kb_arena *arena,
                     struct kb_line *ret_line)
{
    char *hex = kb_alloc(arena, KB_SHA256_HEX_SIZE, 1);
    kb_sha256_hex(plan->sha256, hex);
    kb_line_init(ret_line, kind);
    ret_line->plan = plan->plan.id;
    ret_line->plan_version = plan->plan.version;
    ret_line->plan_sha256 = hex;
    ret_line->operator_ = kb_operator_name(arena);
    ret_line->agent_version = kb_version();
}

void kb_line_name_medium(struct kb_line *line, const struct kb_medium *medium, const struct kb_medium_state *state)
{
    line->medium = medium->id;
    line->fs_uuid = state->fs_uuid ? state->fs_uuid : medium->fs_uuid;
    line->serial = state->serial ? state->serial : medium->serial;
    line->label = state->label ? state->label : medium->label;
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct kb_stop *stop = handle->data;
    (void)number;
    if (stop->asked)
        return;
    stop->asked = true;
    stop->stopped(stop->owner);
}

int kb_stop_begin(struct kb_stop *stop, uv_loop_t *loop, void (*stopped)(void *owner), void *owner, struct kb_err *err)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    *stop = (struct kb_stop){.owner = owner, .stopped = stopped};
    int failed = 0;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct sigaction now;
        (void)uv_signal_init(loop, &stop->handles[i]);
        stop->handles[i].data = stop;
        uv_unref((uv_handle_t *)&stop->handles[i]);
        if (numbers[i] == SIGHUP && !sigaction(SIGHUP, NULL, &now) && now.sa_handler == SIG_IGN)
            continue;
        if (!failed)
            failed = uv_signal_start(&stop->handles[i], on_signal, numbers[i]);
    }
    return failed ? kb_fail(err, KB_EIO, "signals cannot be watched: %s", "シグナルを監視できません: %s",
                            uv_strerror(failed))
                  : 0;
}

void kb_stop_end(struct kb_stop *stop)
{
    for (size_t i = 0; i < sizeof stop->handles / sizeof *stop->handles; i++)
        if (!uv_is_closing((uv_handle_t *)&stop->handles[i]))
            uv_close((uv_handle_t *)&stop->handles[i], NULL);
}

struct waiting {
    uv_loop_t loop;
    struct kb_stop stop;
    struct kb_child *child;
    struct kb_child_outcome outcome;
    const struct kb_errand *errand;
};

static void pass_on(void *owner, const struct kb_reply *reply)
{
    const struct kb_errand *errand = ((struct waiting *)owner)->errand;
    if (errand->reply)
        errand->reply(errand->owner, reply);
}

static void on_ended(void *owner, const struct kb_child_outcome *outcome)
{
    struct waiting *waiting = owner;
    waiting->child = NULL;
    waiting->outcome = *outcome;
}

static void on_stopped(void *owner)
{
    struct waiting *waiting = owner;
    if (waiting->child)
        kb_child_cancel(waiting->child);
}

int kb_errand_run(const struct kb_errand *errand, struct kb_child_outcome *ret_outcome, struct kb_err *err)
{
    struct waiting *waiting = kb_alloc(errand->arena, 1,
                                       sizeof *waiting); /* an abandoned worker is still of its loop */
    waiting->errand = errand;
    if (uv_loop_init(&waiting->loop))
        return kb_fail(err, KB_EIO, "the event loop cannot be made", "イベントループを作成できません");
    int code = kb_stop_begin(&waiting->stop, &waiting->loop, on_stopped, waiting, err);
    const struct kb_child_params params = {.program = errand->worker,
                                           .job = errand->job,
                                           .list_fd = -1,
                                           .timeout_s = errand->timeout_s,
                                           .arena = errand->arena,
                                           .owner = waiting,
                                           .reply = pass_on,
                                           .ended = on_ended};
    if (!code)
        code = kb_child_start(&waiting->loop, &params, &waiting->child, err);
    (void)uv_run(&waiting->loop, UV_RUN_DEFAULT);
    kb_stop_end(&waiting->stop);
    (void)uv_run(&waiting->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&waiting->loop);
    if (code)
        return code;
    *ret_outcome = waiting->outcome;
    return waiting->stop.asked ? kb_fail(err, KB_ECANCELED, "cancelled", "中止されました") : 0;
}
