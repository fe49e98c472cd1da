/* SPDX-License-Identifier: Apache-2.0 */
/* A worker process: spawning, framing, time-out, and the many ways it can end. */
#include "child.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/limits.h"
#include "belief.h"
#include "koboshi/clock.h"
#include "reply.h"
#include "session.h"
#include "usage.h"

enum { ABANDON_MS = 5000, DRAIN_MS = 2000, MEASURE_MS = 50, HANDLES = 6 };

struct kb_child {
    struct kb_child_params params;
    uv_process_t process;
    uv_pipe_t job, replies, said;
    uv_timer_t timer, measure;
    int usage_fd;
    uv_write_t write;
    char *job_bytes;
    int open_handles;
    struct kb_frames frames;
    struct kb_heard heard;
    int64_t start_ns;
    char said_bytes[KB_OUTPUT_MAX];
    size_t said_n;
    bool greeted, finished, lied, killed, exited, replies_closed, reported;
    enum kb_child_end killed_as;
    int64_t exit_status;
    int signal;
    struct kb_child_outcome outcome;
};

static void released(uv_handle_t *handle)
{
    struct kb_child *child = handle->data;
    if (--child->open_handles)
        return;
    kb_frames_done(&child->frames);
    kb_usage_close(child->usage_fd);
    free(child->job_bytes);
    free(child);
}

static void close_handle(void *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, released);
}

static void lost(struct kb_child *child, const char *en, const char *ja)
{
    if (child->outcome.fault)
        return;
    struct kb_err err = {0};
    kb_err_add(&err, KB_EWORKER, en, ja);
    child->outcome.fault = kb_fault_of(child->params.arena, &err);
}

/* The kernel's signal, and not before so much time can have been used: else somebody else sent it. */
static bool is_over_cpu(const struct kb_child *child)
{
    int64_t seconds = (kb_boot_ns() - child->start_ns) / KB_NS_PER_S + 1;
    return child->signal == SIGXCPU && kb_usage_possible(seconds, kb_job_budgets(child->params.job)->cpu);
}

static void set_end(struct kb_child *child)
{
    struct kb_child_outcome *outcome = &child->outcome;
    outcome->pid = (int)child->process.pid;
    struct kb_arena *arena = child->params.arena;
    outcome->said = child->said_n ? kb_printable(arena, kb_strndup(arena, child->said_bytes, child->said_n)) : NULL;
    if (child->killed)
        outcome->end = child->killed_as;
    else if (child->lied)
        outcome->end = KB_CHILD_LIED;
    else if (child->finished && !child->signal && child->exit_status == 0 && !outcome->fault)
        outcome->end = KB_CHILD_DONE;
    else if (child->finished && outcome->fault)
        outcome->end = KB_CHILD_FAULT;
    else
        outcome->end = is_over_cpu(child) ? KB_CHILD_OVER : KB_CHILD_LOST;
    if (outcome->end == KB_CHILD_OVER)
        lost(child, "the checking process used more memory or processor time than it may",
             "検査プロセスの使用したメモリまたはCPU時間が上限を超えました");
    if (outcome->end != KB_CHILD_LOST)
        return;
    struct kb_text why = child->signal
                             ? kb_text_new(arena, "the checking process was ended by signal %d (%s)",
                                           "検査プロセスがシグナル %d（%s）で終了しました", child->signal,
                                           strsignal(child->signal))
                             : kb_text_new(arena, "the checking process ended with status %d before it was done",
                                           "検査プロセスが完了前に終了コード %d で終了しました",
                                           (int)child->exit_status);
    lost(child, why.en, why.ja);
}

/* Gone (or abandoned) and all its replies read: the owner hears of it once. */
static void report_end(struct kb_child *child)
{
    if (child->reported || !(child->outcome.abandoned || (child->exited && child->replies_closed)))
        return;
    child->reported = true;
    set_end(child);
    close_handle(&child->job);
    close_handle(&child->replies);
    close_handle(&child->said);
    close_handle(&child->timer);
    close_handle(&child->measure);
    if (child->exited)
        close_handle(&child->process);
    else
        uv_unref((uv_handle_t *)&child->process); /* it may never end; the loop must */
    child->params.ended(child->params.owner, &child->outcome);
}

/* Time is up: it does not die (then it is abandoned), or it is dead and something it left behind keeps its pipe open.
 */
static void give_up(uv_timer_t *timer)
{
    struct kb_child *child = timer->data;
    child->outcome.abandoned = !child->exited;
    child->replies_closed = true;
    report_end(child);
}

static void stop_as(struct kb_child *child, enum kb_child_end end)
{
    if (child->killed || child->exited)
        return;
    child->killed = true;
    child->killed_as = end;
    kb_session_end(child->process.pid);
    (void)uv_timer_start(&child->timer, give_up, ABANDON_MS, 0);
}

static void timed_out(uv_timer_t *timer)
{
    stop_as(timer->data, KB_CHILD_TIMED_OUT);
}

/* What the kernel says, not the worker; when it cannot say any more the process is gone. */
static void measure(uv_timer_t *timer)
{
    struct kb_child *child = timer->data;
    int64_t bytes = kb_usage_memory(child->usage_fd);
    if (child->killed || child->exited || bytes <= kb_job_budgets(child->params.job)->memory)
        return;
    child->outcome.memory = bytes;
    stop_as(child, KB_CHILD_OVER);
}

/* One message. Returns false when the worker is not to be believed any more. */
static bool take_reply(void *owner, const char *text, size_t n)
{
    struct kb_child *child = owner;
    KB_SCOPED_ARENA passing = kb_arena_new();
    const struct kb_reply *reply = kb_reply_decode(text, n, passing);
    if (reply && reply->kind != KB_REPLY_PROGRESS) /* progress is forgotten, the rest is kept */
        reply = kb_reply_decode(text, n, child->params.arena);
    if (!reply || child->finished || (reply->kind == KB_REPLY_HELLO) == child->greeted)
        return false;
    switch (reply->kind) {
    case KB_REPLY_HELLO:
        child->greeted = true;
        return reply->build_id && !strcmp(reply->build_id, kb_build_id());
    case KB_REPLY_FAULT:
        child->outcome.fault = reply->fault;
        return true;
    case KB_REPLY_END:
        child->finished = true;
        child->outcome.peak_bytes = reply->peak_bytes;
        return child->outcome.fault || kb_is_settled(child->params.job, &child->heard);
    default:
        if (!kb_is_believable(child->params.job, reply, kb_boot_ns() - child->start_ns, &child->heard))
            return false;
        child->params.reply(child->params.owner, reply);
        return true;
    }
}

static void give_room(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
    (void)handle;
    *buf = uv_buf_init(malloc(wanted), (unsigned)wanted); /* NULL is reported by libuv as ENOBUFS */
}

static void on_reply_bytes(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct kb_child *child = stream->data;
    if (n > 0 && !child->lied && !child->killed &&
        !kb_frames_add(&child->frames, buf->base, (size_t)n, take_reply, child)) {
        lost(child, "the checking process answered something that is not of its protocol",
             "検査プロセスの応答が決められた形式ではありません");
        child->lied = true; /* also if it is gone already and cannot be stopped any more */
        stop_as(child, KB_CHILD_LIED);
    }
    free(buf->base);
    if (n < 0) {
        (void)uv_read_stop(stream);
        child->replies_closed = true;
        report_end(child);
    }
}

static void on_said_bytes(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct kb_child *child = stream->data;
    if (n > 0) {
        size_t room = sizeof child->said_bytes - child->said_n, taken = (size_t)n < room ? (size_t)n : room;
        memcpy(child->said_bytes + child->said_n, buf->base, taken);
        child->said_n += taken;
    }
    free(buf->base);
    if (n < 0)
        (void)uv_read_stop(stream);
}

static void on_process_exit(uv_process_t *process, int64_t status, int signal)
{
    struct kb_child *child = process->data;
    child->exited = true;
    child->exit_status = status;
    child->signal = signal;
    if (child->reported) { /* it was abandoned and ended after all */
        close_handle(&child->process);
        return;
    }
    kb_session_end(child->process.pid);
    (void)uv_timer_start(&child->timer, give_up, DRAIN_MS, 0);
    report_end(child);
}

static void on_job_written(uv_write_t *write, int status)
{
    (void)write;
    (void)status; /* a worker that does not read its job ends by itself, and its end is reported */
}

static int send_job(struct kb_child *child, struct kb_err *err)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    KB_SCOPED_JSON json = kb_shape_write(&kb_job_shape, child->params.job);
    size_t n = 0;
    const char *text = kb_json_dump(arena, json, JSON_COMPACT, &n);
    if (n > KB_JOB_MAX || !n)
        return kb_fail(err, KB_EWORKER, "a job of %zu bytes cannot be handed over (at most %d)",
                       "ジョブを渡せません: %zu バイト（上限 %d バイト）", n, KB_JOB_MAX);
    child->job_bytes = malloc(n + 4);
    if (!child->job_bytes)
        abort();
    kb_frame_head((unsigned char *)child->job_bytes, n);
    memcpy(child->job_bytes + 4, text, n);
    uv_buf_t buf = uv_buf_init(child->job_bytes, (unsigned)(n + 4));
    int failed = uv_write(&child->write, (uv_stream_t *)&child->job, &buf, 1, on_job_written);
    return failed ? kb_fail(err, KB_EWORKER, "the checking process takes no job: %s",
                            "検査プロセスにジョブを渡せません: %s", uv_strerror(failed))
                  : 0;
}

static int spawn(struct kb_child *child, uv_loop_t *loop, struct kb_err *err)
{
    char *argv[] = {child->job_bytes, NULL};
    char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", lang[] = "LANG=C.UTF-8", *env[] = {path, lang, NULL};
    uv_stdio_container_t stdio[] = {
        {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&child->job},
        {.flags = UV_IGNORE},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&child->said},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&child->replies},
        {.flags = child->params.list_fd < 0 ? UV_IGNORE : UV_INHERIT_FD, .data.fd = child->params.list_fd},
        {.flags = child->params.key_fd <= 0 ? UV_IGNORE : UV_INHERIT_FD, .data.fd = child->params.key_fd},
        {.flags = child->params.verified_fd <= 0 ? UV_IGNORE : UV_INHERIT_FD, .data.fd = child->params.verified_fd},
    };
    /* detached: Ctrl-C in the terminal is for the agent, which ends its workers itself */
    uv_process_options_t options = {.file = child->params.program,
                                    .args = argv,
                                    .env = env,
                                    .flags = UV_PROCESS_DETACHED,
                                    .stdio_count = sizeof stdio / sizeof *stdio,
                                    .stdio = stdio,
                                    .exit_cb = on_process_exit};
    char name[] = "koboshi-worker";
    argv[0] = name;
    int failed = uv_spawn(loop, &child->process, &options);
    return failed ? kb_fail(err, KB_EWORKER, "%s cannot be started: %s", "%s を起動できません: %s",
                            child->params.program, uv_strerror(failed))
                  : 0;
}

int kb_child_start(uv_loop_t *loop, const struct kb_child_params *params, struct kb_child **ret_child,
                   struct kb_err *err)
{
    struct kb_child *child = calloc(1, sizeof *child);
    if (!child)
        abort();
    child->params = *params;
    child->outcome.peak_bytes = child->outcome.memory = KB_ABSENT;
    child->usage_fd = -1;
    child->start_ns = kb_boot_ns();
    child->process.data = child->job.data = child->replies.data = child->said.data = child->timer.data = child;
    child->measure.data = child;
    child->open_handles = HANDLES;
    (void)uv_pipe_init(loop, &child->job, 0);
    (void)uv_pipe_init(loop, &child->replies, 0);
    (void)uv_pipe_init(loop, &child->said, 0);
    (void)uv_timer_init(loop, &child->timer);
    (void)uv_timer_init(loop, &child->measure);
    int code = spawn(child, loop, err);
    if (!code)
        code = kb_usage_open(child->process.pid, &child->usage_fd, err);
    if (!code)
        code = send_job(child, err);
    if (code) {
        if (child->process.pid > 0)
            kb_session_end(child->process.pid);
        child->reported = true;
        close_handle(&child->job);
        close_handle(&child->replies);
        close_handle(&child->said);
        close_handle(&child->timer);
        close_handle(&child->measure);
        close_handle(&child->process);
        return code;
    }
    (void)uv_read_start((uv_stream_t *)&child->replies, give_room, on_reply_bytes);
    (void)uv_read_start((uv_stream_t *)&child->said, give_room, on_said_bytes);
    if (params->timeout_s)
        (void)uv_timer_start(&child->timer, timed_out, (uint64_t)params->timeout_s * 1000, 0);
    (void)uv_timer_start(&child->measure, measure, MEASURE_MS, MEASURE_MS);
    *ret_child = child;
    return 0;
}

void kb_child_cancel(struct kb_child *child)
{
    stop_as(child, KB_CHILD_CANCELED);
}
