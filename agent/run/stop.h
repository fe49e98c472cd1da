/* SPDX-License-Identifier: Apache-2.0 */
/* Being told to stop. */
#pragma once

#include <stdbool.h>
#include <uv.h>

struct kb_err;

/* SIGINT, SIGTERM and SIGHUP (unless it is ignored: nohup(1)) on a loop; they do not keep it alive. */
struct kb_stop {
    uv_signal_t handles[3];
    bool asked;
    void *owner;
    void (*stopped)(void *owner); /* once */
};
int kb_stop_begin(struct kb_stop *stop, uv_loop_t *loop, void (*stopped)(void *owner), void *owner, struct kb_err *err);
void kb_stop_end(struct kb_stop *stop);
