/* SPDX-License-Identifier: Apache-2.0 */
/* A check of the owner's own, run in the scratch folder and stopped with all it started. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/close_range.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"
#include "koboshi/sandbox.h"

#include "probes.h"

enum { PROGRAM_FD = 3, SHOWN_BYTES = 300, SHOWN_LINES = 5 };
/* Highest process id of Linux (PID_MAX_LIMIT), and how long the dying may take. */
enum { PID_END = 4 << 20, PIDS_AT_ONCE = 64 << 10 };
#define REAP_NS (5 * KB_NS_PER_S)

struct stream {
    int fd;
    char *text;
    size_t n;
    int64_t dropped; /* bytes past the cap */
};

struct run {
    pid_t pid;
    int pidfd;
    struct stream out, fault; /* fault: errno of an exec that failed */
    struct stream complaint;  /* stderr */
    int status;
    bool hung;
};

static const char *variable(struct kb_arena *arena, const char *name, const char *value)
{
    return kb_sprintf(arena, "%s=%s", name, value);
}

/* In the child, between fork and exec: only what is safe there. */
__attribute__((noreturn)) static void become(const struct kb_probes *p, const struct kb_program *program,
                                             char *const *argv, char *const *envp, const int ends[4])
{
    int null = open("/dev/null", O_RDONLY);
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)signal(SIGPIPE, SIG_DFL);
    /* ends: stdin's replacement comes first, then stdout, stderr, and the pipe that tells of a failed exec */
    int fault = fcntl(ends[2], F_DUPFD_CLOEXEC, 16), exec = fcntl(program->fd, F_DUPFD, 16),
        root = fcntl(p->root, F_DUPFD, 16);
    if (!setpgid(0, 0) && !kb_die_with_parent(NULL) && null >= 0 && fault >= 0 && exec >= 0 && !fchdir(root) &&
        dup2(null, 0) == 0 && dup2(ends[0], 1) == 1 && dup2(ends[1], 2) == 2 && dup2(exec, PROGRAM_FD) == PROGRAM_FD &&
        !close_range(PROGRAM_FD + 1, (unsigned)fault - 1, 0) && !close_range((unsigned)fault + 1, ~0U, 0)) {
        /* an interpreter opens the script again by /dev/fd/3; a binary needs no such thing */
        if (!program->script)
            (void)fcntl(PROGRAM_FD, F_SETFD, FD_CLOEXEC);
        (void)execveat(PROGRAM_FD, "", argv, envp, AT_EMPTY_PATH);
    }
    int cause = errno;
    (void)kb_write_all(fault, &cause, sizeof cause);
    _exit(127);
}

static void drain(struct stream *stream)
{
    char block[4096];
    for (;;) {
        ssize_t n = read(stream->fd, block, sizeof block);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) {
            (void)close(stream->fd);
            stream->fd = -1;
            return;
        }
        size_t room = KB_OUTPUT_MAX - stream->n, kept = (size_t)n < room ? (size_t)n : room;
        memcpy(stream->text + stream->n, block, kept);
        stream->n += kept;
        stream->dropped += n - (ssize_t)kept;
    }
}

/* Until the command ends or its time is over; what it leaves running does not hold us up. */
static void follow(struct run *run, int64_t deadline)
{
    for (;;) {
        int64_t left = deadline - kb_boot_ns();
        struct pollfd fds[] = {{run->pidfd, POLLIN, 0}, {run->out.fd, POLLIN, 0}, {run->complaint.fd, POLLIN, 0}};
        run->hung = left <= 0;
        if (run->hung)
            break;
        /* rounded up, and at most a second: the clock of poll stops during suspend */
        int ready = poll(fds, 3, left < KB_NS_PER_S ? (int)(left / 1000000) + 1 : 1000);
        if (ready < 0 && errno != EINTR)
            break;
        if (run->out.fd >= 0)
            drain(&run->out);
        if (run->complaint.fd >= 0)
            drain(&run->complaint);
        if (ready > 0 && fds[0].revents)
            break;
    }
}

/* A child of ours with a process id from `from` up to `to`, 0 if there is none: waitid answers for children only, and
 * needs no /proc. */
static pid_t next_child(pid_t from, pid_t to)
{
    for (pid_t pid = from; pid < to; pid++) {
        siginfo_t info;
        if (!waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT))
            return pid;
    }
    return 0;
}

/* Ends every descendant: first its group, then what left the group and came to us as an orphan. */
static bool end_all(struct run *run)
{
    int64_t deadline = kb_boot_ns() + REAP_NS;
    pid_t from = run->pid;
    bool reaped = false;
    (void)kill(-run->pid, SIGKILL);
    (void)kill(run->pid, SIGKILL);
    while (kb_boot_ns() < deadline) {
        int status;
        pid_t pid = waitpid(-1, &status, WNOHANG);
        if (pid < 0)
            return reaped; /* no child is left */
        if (pid == run->pid) {
            run->status = status;
            reaped = true;
        }
        if (pid > 0)
            continue;
        /* not all ids at once, which take a second: what was killed is gone meanwhile, and was the last */
        pid_t to = from < PID_END - PIDS_AT_ONCE ? from + PIDS_AT_ONCE : PID_END, child = next_child(from, to);
        if (child)
            (void)kill(child, SIGKILL);
        from = child ? child + 1 : to == PID_END ? 1 : to;
        (void)poll(NULL, 0, 1);
    }
    return false;
}

static int begin(struct kb_probes *p, const struct kb_program *program, const struct kb_probe *probe,
                 struct kb_arena *arena, struct run *run, struct kb_err *err)
{
    int out[2] = {-1, -1}, complaint[2] = {-1, -1}, fault[2] = {-1, -1};
    char **argv = kb_alloc(arena, probe->command.n + 1, sizeof *argv);
    for (size_t i = 0; i < probe->command.n; i++)
        argv[i] = kb_strdup(arena, probe->command.v[i]);
    const char *zone = getenv("TZ"), *temp = p->set->temp ? p->set->temp : p->path;
    char *envp[] = {kb_strdup(arena, "PATH=/usr/bin:/bin"),
                    kb_strdup(arena, "LANG=C.UTF-8"),
                    kb_strdup(arena, variable(arena, "TZ", zone ? zone : "UTC")),
                    kb_strdup(arena, variable(arena, "KOBOSHI_SCRATCH", p->path)),
                    kb_strdup(arena, variable(arena, "TMPDIR", temp)),
                    kb_strdup(arena, variable(arena, "HOME", temp)),
                    NULL};
    run->pid = -1;
    if (!pipe2(out, O_CLOEXEC) && !pipe2(complaint, O_CLOEXEC) && !pipe2(fault, O_CLOEXEC))
        run->pid = fork();
    if (run->pid == 0)
        become(p, program, argv, envp, (const int[]){out[1], complaint[1], fault[1], -1});
    int cause = errno;
    kb_close_p(&out[1]);
    kb_close_p(&complaint[1]);
    kb_close_p(&fault[1]);
    run->out = (struct stream){.fd = out[0], .text = kb_alloc(arena, KB_OUTPUT_MAX + 1, 1)};
    run->complaint = (struct stream){.fd = complaint[0], .text = kb_alloc(arena, KB_OUTPUT_MAX + 1, 1)};
    run->fault = (struct stream){.fd = fault[0], .text = kb_alloc(arena, KB_OUTPUT_MAX + 1, 1)};
    run->pidfd = run->pid < 0 ? -1 : pidfd_open(run->pid, 0);
    if (run->pid >= 0 && run->pidfd < 0) {
        cause = errno;
        (void)end_all(run);
    }
    if (run->pidfd < 0)
        return kb_fail(err, KB_EIO, "the check command could not be started: %s",
                       "確認コマンドを起動できませんでした: %s", strerror(cause));
    (void)fcntl(out[0], F_SETFL, O_NONBLOCK);
    (void)fcntl(complaint[0], F_SETFL, O_NONBLOCK);
    (void)fcntl(fault[0], F_SETFL, O_NONBLOCK);
    return 0;
}

static void close_all(struct run *run)
{
    kb_close_p(&run->out.fd);
    kb_close_p(&run->complaint.fd);
    kb_close_p(&run->fault.fd);
    kb_close_p(&run->pidfd);
}

/* Its first lines as one: what people need to see why. */
static const char *first_lines(struct kb_arena *arena, const struct run *run)
{
    const struct stream *from = run->complaint.n ? &run->complaint : &run->out;
    size_t n = 0;
    for (int lines = 0; n < from->n && n < SHOWN_BYTES; n++)
        if (from->text[n] == '\n' && ++lines == SHOWN_LINES)
            break;
    while (n && from->text[n - 1] == '\n')
        n--;
    if (!n)
        return "–";
    char *joined = kb_strndup(arena, from->text, n);
    for (char *at = joined; (at = strchr(at, '\n'));)
        *at = ' ';
    return kb_escape(arena, joined, n);
}

static struct kb_text with_output(struct kb_arena *arena, struct kb_text what, const struct run *run)
{
    const char *lines = first_lines(arena, run);
    return kb_text_new(arena, "%s%.0s; output: %s", "%.0s%s、出力: %s", what.en, what.ja, lines);
}

static struct kb_text ending(struct kb_arena *arena, int status)
{
    if (WIFSIGNALED(status))
        return kb_text_new(arena, "ended by signal %d (%s)", "シグナル %d（%s）で終了", WTERMSIG(status),
                           strsignal(WTERMSIG(status)));
    return kb_text_new(arena, "exit status %d", "終了コード %d", WEXITSTATUS(status));
}

static void judge(const struct kb_probe *probe, struct run *run, struct kb_arena *arena, struct kb_answer *ret_answer)
{
    struct kb_answer bad = {.rule = KB_RULE_PROBE_COMMAND};
    const char *name = kb_escape(arena, probe->command.v[0], strlen(probe->command.v[0]));
    int cause;
    if (run->hung) {
        bad.rule = KB_RULE_PROBE_HUNG;
        bad.expected = kb_text_new(arena, "%s ends within %lld s", "%s が %lld 秒以内に終わること", name,
                                   (long long)probe->timeout);
        bad.found = with_output(arena, kb_text_new(arena, "stopped after that time", "時間切れのため停止しました"),
                                run);
        *ret_answer = bad;
        return;
    }
    bad.expected = kb_text_new(arena, "%s: exit status %lld", "%s: 終了コード %lld", name, (long long)probe->exit);
    if (run->fault.n == sizeof cause) {
        memcpy(&cause, run->fault.text, sizeof cause);
        bad.found = kb_text_new(arena, "it could not be run: %s", "実行できませんでした: %s", strerror(cause));
        *ret_answer = bad;
        return;
    }
    if (!WIFEXITED(run->status) || WEXITSTATUS(run->status) != probe->exit) {
        bad.found = with_output(arena, ending(arena, run->status), run);
        *ret_answer = bad;
        return;
    }
    bool nul = memchr(run->out.text, '\0', run->out.n) !=
               NULL; /* a value ends at NUL: what follows would not be looked at */
    if (!probe->expect || (!nul && kb_expect_holds(probe->expect, run->out.text, kb_wall_s())))
        return;
    bad.expected = kb_text_new(arena, "%s prints %s", "%s の出力が %s", name,
                               kb_escape(arena, probe->expect, strlen(probe->expect)));
    bad.found = with_output(arena, ending(arena, run->status), run);
    *ret_answer = bad;
}

static struct kb_text not_to_be_had(struct kb_arena *arena, const struct kb_program *program)
{
    if (program->in_scratch)
        return kb_text_new(arena, "it lies in the restored folder; a backup must not bring its own check",
                           "復元したフォルダの中にあります。確認コマンドはバックアップの外に置いてください");
    return kb_text_new(arena, "it cannot be opened: %s", "開けません: %s", strerror(program->errnum));
}

int kb_probe_command(struct kb_probes *p, size_t i, struct kb_arena *arena, struct kb_answer *ret_answer,
                     struct kb_err *err)
{
    const struct kb_probe *probe = &p->set->probes.v[i];
    const struct kb_program *program = &p->programs[i];
    if (program->fd < 0) {
        *ret_answer = (struct kb_answer){.rule = KB_RULE_PROBE_COMMAND, .found = not_to_be_had(arena, program)};
        ret_answer->expected = kb_text_new(arena, "the program %s", "プログラム %s",
                                           kb_escape(arena, probe->command.v[0], strlen(probe->command.v[0])));
        return 0;
    }
    struct run run = {.pidfd = -1, .out.fd = -1, .complaint.fd = -1, .fault.fd = -1};
    int64_t timeout = probe->timeout > 0 ? probe->timeout : 60;
    int code = kb_adopt_orphans(err);
    if (!code)
        code = begin(p, program, probe, arena, &run, err);
    if (!code) {
        follow(&run, kb_boot_ns() + timeout * KB_NS_PER_S);
        siginfo_t info = {0}; /* its own end, before we end what is left of it */
        bool ended = !waitid(P_PID, (id_t)run.pid, &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid == run.pid;
        if (!end_all(&run) || (!ended && !run.hung))
            code = kb_fail(err, KB_EIO, "processes of a check command could not be stopped",
                           "確認コマンドのプロセスを停止できませんでした");
        drain(&run.fault);
    }
    close_all(&run);
    if (!code)
        judge(probe, &run, arena, ret_answer);
    return code;
}
