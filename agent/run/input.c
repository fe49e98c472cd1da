/* SPDX-License-Identifier: Apache-2.0 */
/* Lines that a person types or a script gives, one at a time and only when one is wanted. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "attend.h"
#include "koboshi/err.h"

static void schedule(struct kb_lines_in *in);

static void fill(struct kb_lines_in *in)
{
    ssize_t n = read(in->fd, in->bytes + in->n, KB_ANSWER_MAX - in->n);
    if (n > 0)
        in->n += (size_t)n;
    else if (n == 0 || (errno != EINTR && errno != EAGAIN))
        in->ended = true; /* also a terminal that is gone */
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct kb_lines_in *in = poll->data;
    (void)status;
    (void)events;
    fill(in);
    schedule(in);
}

/* How long the first line is; SIZE_MAX while it is not whole. One that is too long is cut into several. */
static size_t whole_line(const struct kb_lines_in *in)
{
    const char *end = memchr(in->bytes, '\n', in->n);
    if (end)
        return (size_t)(end - in->bytes);
    return in->n == KB_ANSWER_MAX || (in->ended && in->n) ? in->n : SIZE_MAX;
}

static void on_idle(uv_idle_t *idle)
{
    struct kb_lines_in *in = idle->data;
    char line[KB_ANSWER_MAX + 1];
    size_t n = whole_line(in);
    if (n == SIZE_MAX && !in->ended) {
        fill(in);
        schedule(in);
        return;
    }
    in->wanted = false;
    schedule(in);
    if (n == SIZE_MAX) {
        in->line(in->owner, NULL);
        return;
    }
    memcpy(line, in->bytes, n);
    line[n] = '\0';
    if (n && line[n - 1] == '\r')
        line[n - 1] = '\0';
    size_t taken = n < in->n ? n + 1 : n; /* with its line feed */
    in->n -= taken;
    memmove(in->bytes, in->bytes + taken, in->n);
    in->line(in->owner, line);
}

static void schedule(struct kb_lines_in *in)
{
    bool ready = in->wanted && (in->is_file || in->ended || whole_line(in) != SIZE_MAX);
    bool waits = in->wanted && !ready;
    if (ready)
        (void)uv_idle_start(&in->idle, on_idle);
    else
        (void)uv_idle_stop(&in->idle);
    if (in->is_file)
        return;
    if (waits)
        (void)uv_poll_start(&in->poll, UV_READABLE | UV_DISCONNECT, on_readable);
    else
        (void)uv_poll_stop(&in->poll);
}

int kb_lines_in_open(struct kb_lines_in *in, uv_loop_t *loop, int fd, struct kb_err *err)
{
    in->loop = loop;
    in->fd = fd;
    uv_handle_type type = uv_guess_handle(fd);
    in->is_file = type == UV_FILE ||
                  type == UV_UNKNOWN_HANDLE; /* which cannot be polled, and never keeps one waiting */
    (void)uv_idle_init(loop, &in->idle);
    in->idle.data = in;
    if (in->is_file)
        return 0;
    int flags = fcntl(fd, F_GETFL);
    int failed = uv_poll_init(loop, &in->poll, fd);
    if (failed)
        return kb_fail(err, KB_EIO, "answers cannot be read: %s", "回答を読み取れません: %s", uv_strerror(failed));
    in->poll.data = in;
    if (flags >= 0) /* shared with standard error and with the shell, which do not expect it to be non-blocking */
        (void)fcntl(fd, F_SETFL, flags);
    return 0;
}

void kb_lines_in_want(struct kb_lines_in *in, bool wanted)
{
    in->wanted = wanted;
    schedule(in);
}

void kb_lines_in_drop(struct kb_lines_in *in)
{
    if (tcflush(in->fd, TCIFLUSH) == 0) /* a script's answers are for whatever is asked next */
        in->n = 0;
}

void kb_lines_in_close(struct kb_lines_in *in)
{
    if (!in->loop)
        return;
    in->wanted = false;
    schedule(in);
    uv_close((uv_handle_t *)&in->idle, NULL);
    if (!in->is_file && in->poll.data)
        uv_close((uv_handle_t *)&in->poll, NULL);
    in->loop = NULL;
}
