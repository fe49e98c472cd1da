/* SPDX-License-Identifier: Apache-2.0 */
/* The loop of one worker, and the signals that end it. */
#include "alone.h"

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "stop.h"

struct alone {
    const struct kb_child_params *params;
    struct kb_child_outcome outcome;
    uv_loop_t loop;
    struct kb_stop stop;
    struct kb_child *child;
};

static void on_reply(void *owner, const struct kb_reply *reply)
{
    struct alone *alone = owner;
    if (alone->params->reply)
        alone->params->reply(alone->params->owner, reply);
}

static void on_ended(void *owner, const struct kb_child_outcome *outcome)
{
    struct alone *alone = owner;
    alone->child = NULL;
    alone->outcome = *outcome;
}

static void on_stopped(void *owner)
{
    struct alone *alone = owner;
    if (alone->child)
        kb_child_cancel(alone->child);
}

int kb_alone(const struct kb_child_params *params, struct kb_child_outcome *ret_outcome, struct kb_err *err)
{
    struct alone *alone = kb_alloc(params->arena, 1, sizeof *alone); /* an abandoned worker is still of its loop */
    alone->params = params;
    if (uv_loop_init(&alone->loop))
        return kb_fail(err, KB_EIO, "the event loop cannot be made", "イベントループを作成できません");
    struct kb_child_params own = *params;
    own.owner = alone;
    own.reply = on_reply;
    own.ended = on_ended;
    int code = kb_stop_begin(&alone->stop, &alone->loop, on_stopped, alone, err);
    if (!code)
        code = kb_child_start(&alone->loop, &own, &alone->child, err);
    (void)uv_run(&alone->loop, UV_RUN_DEFAULT);
    kb_stop_end(&alone->stop);
    (void)uv_run(&alone->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&alone->loop);
    if (code)
        return code;
    *ret_outcome = alone->outcome;
    return alone->stop.asked ? kb_fail(err, KB_ECANCELED, "cancelled", "中止されました") : 0;
}
