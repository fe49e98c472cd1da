/* SPDX-License-Identifier: Apache-2.0 */
/* The signals that end what runs on a loop. */
#include "stop.h"

#include <signal.h>

#include "koboshi/err.h"

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
