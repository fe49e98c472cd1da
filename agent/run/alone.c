/* SPDX-License-Identifier: Apache-2.0 */
/* The loop of one worker, and the signals that end it. */
#include "alone.h"

#include <signal.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"

struct alone {
    const struct kb_child_params *params;
    struct kb_child_outcome *outcome;
    uv_loop_t loop;
    uv_signal_t interrupt, terminate;
    struct kb_child *child;
};

static void on_reply(void *owner, const struct kb_reply *reply)
{
    struct alone *alone = owner;
    alone->params->reply(alone->params->owner, reply);
}

static void stop_listening(struct alone *alone)
{
    uv_close((uv_handle_t *)&alone->interrupt, NULL);
    uv_close((uv_handle_t *)&alone->terminate, NULL);
}

static void on_ended(void *owner, const struct kb_child_outcome *outcome)
{
    struct alone *alone = owner;
    alone->child = NULL;
    *alone->outcome = *outcome;
    stop_listening(alone);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct alone *alone = handle->data;
    (void)number;
    if (alone->child)
        kb_child_cancel(alone->child);
}

int kb_alone(const struct kb_child_params *params, struct kb_child_outcome *ret_outcome, struct kb_err *err)
{
    struct alone *alone = kb_alloc(params->arena, 1, sizeof *alone); /* an abandoned worker is still of its loop */
    *alone = (struct alone){.params = params, .outcome = ret_outcome};
    if (uv_loop_init(&alone->loop))
        return kb_fail(err, KB_EIO, "the event loop cannot be made", "イベントループを作成できません");
    (void)uv_signal_init(&alone->loop, &alone->interrupt);
    (void)uv_signal_init(&alone->loop, &alone->terminate);
    alone->interrupt.data = alone->terminate.data = alone;
    (void)uv_signal_start(&alone->interrupt, on_signal, SIGINT);
    (void)uv_signal_start(&alone->terminate, on_signal, SIGTERM);
    struct kb_child_params own = *params;
    own.owner = alone;
    own.reply = on_reply;
    own.ended = on_ended;
    int code = kb_child_start(&alone->loop, &own, &alone->child, err);
    if (code)
        stop_listening(alone);
    (void)uv_run(&alone->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&alone->loop);
    if (!code && ret_outcome->end == KB_CHILD_CANCELED)
        return kb_fail(err, KB_ECANCELED, "cancelled", "中止されました");
    return code;
}
