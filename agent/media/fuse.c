/* SPDX-License-Identifier: Apache-2.0 */
/* Starting and ending the programs that read NTFS and exFAT where the kernel does not. */
#include "fuse.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"

#include "device.h"
#include "driver.h"

enum {
    MOUNT_WAIT_S = 60, /* a sleeping disk spins up in 30 s; the whole stage has 120 */
    LOOK_EVERY_MS = 20,
    END_WAIT_MS = 5000, /* what survives SIGKILL this long is given up */
    NOTE_MAX = 4200,    /* a path and two numbers */
    STAT_MAX = 1024,    /* /proc/PID/stat: 52 numbers and a name of 16 bytes */
    ARGV_MAX = 8,
};

bool kb_fuse_is_there(const struct kb_driver *driver)
{
    return !access(driver->program, X_OK);
}

/* When the process began, in clock ticks since boot (proc(5), field 22): with the number of the process, its identity.
 */
static bool start_of(pid_t pid, uint64_t *ret_ticks)
{
    char path[48], text[STAT_MAX + 1];
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    KB_SCOPED_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : kb_read_full(fd, text, STAT_MAX);
    if (n <= 0)
        return false;
    text[n] = '\0';
    char *at = strrchr(text, ')'); /* the name before it may hold anything */
    for (int field = 2; at && field < 22; field++)
        at = strchr(at + 1, ' ');
    return at && sscanf(at, " %" SCNu64, ret_ticks) == 1;
}

/* In the child: nothing of the worker may stay, least of all the pipe whose end tells the agent that the worker is
 * gone. */
_Noreturn static void become(const struct kb_driver *driver, char *const argv[], int go)
{
    static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", lang[] = "LC_ALL=C.UTF-8";
    char *envp[] = {path, lang, NULL}; /* names are to come as UTF-8 */
    char byte;
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)signal(SIGPIPE, SIG_DFL);
    (void)setsid(); /* Ctrl-C on the terminal is for the agent, which ends the drill in order */
    (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0});
    (void)setrlimit(RLIMIT_AS, &(struct rlimit){KB_DRIVER_MEMORY_MAX, KB_DRIVER_MEMORY_MAX});
    (void)umask(0022);
    int null = open("/dev/null", O_RDWR);
    bool ready = null >= 0 && dup2(null, 0) == 0 && dup2(null, 1) == 1 && dup2(null, 2) == 2 && !chdir("/") &&
                 kb_read_full(go, &byte, 1) == 1 && !close_range(3, ~0U, 0);
    if (ready)
        (void)execve(driver->program, argv, envp);
    _exit(127);
}

static struct kb_text exit_reason(const struct kb_driver *driver, int status, struct kb_arena *arena)
{
    if (WIFSIGNALED(status))
        return kb_text_new(arena, "%s was ended by signal %d", "%s がシグナル %d で終了しました", driver->name,
                           WTERMSIG(status));
    int code = WEXITSTATUS(status), row = code - driver->first_reason;
    if (driver->reasons && row >= 0 && (size_t)row < driver->n_reasons)
        return kb_text_new(arena, "%s%.0s (%s, status %d)", "%.0s%s（%s、終了コード %d）", driver->reasons[row].en,
                           driver->reasons[row].ja, driver->name, code);
    return kb_text_new(arena, "%s ended with status %d: it cannot read this file system",
                       "%s が終了コード %d で終了しました。このファイルシステムを読めません", driver->name, code);
}

static int is_mounted(const char *mount_at, bool *ret_mounted, struct kb_err *err)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_mounts mounts;
    int rc = kb_mounts_read(arena, &mounts, err);
    *ret_mounted = false;
    for (size_t i = 0; !rc && i < mounts.n; i++)
        *ret_mounted |= !strcmp(mounts.v[i].target, mount_at);
    return rc;
}

/* 1 mounted, 0 refused. The mount table is looked at, not the mount: that would wait for the program. */
static int await_mount(const struct kb_driver *driver, pid_t pid, const char *mount_at, struct kb_arena *arena,
                       struct kb_text *ret_refusal, struct kb_err *err)
{
    int64_t end = kb_boot_ns() + MOUNT_WAIT_S * KB_NS_PER_S;
    while (kb_boot_ns() < end) {
        int status;
        bool mounted;
        if (waitpid(pid, &status, WNOHANG) == pid) {
            *ret_refusal = exit_reason(driver, status, arena);
            return 0;
        }
        int rc = is_mounted(mount_at, &mounted, err);
        if (rc || mounted)
            return rc ? rc : 1;
        (void)poll(NULL, 0, LOOK_EVERY_MS);
    }
    *ret_refusal = kb_text_new(arena, "%s did not mount it within %d s", "%s が %d 秒以内にマウントできませんでした",
                               driver->name, MOUNT_WAIT_S);
    return 0;
}

static int note_process(pid_t pid, const struct kb_driver *driver, const char *mount_at, struct kb_arena *arena,
                        struct kb_err *err)
{
    uint64_t ticks;
    const char *slash = strrchr(mount_at, '/');
    if (!slash || !start_of(pid, &ticks))
        return kb_fail(err, KB_EIO, "process %d cannot be looked at; /proc must be mounted",
                       "プロセス %d を確認できません。/proc をマウントしてください", (int)pid);
    const char *text = kb_sprintf(arena, "%d %" PRIu64 " %s\n", (int)pid, ticks, driver->program);
    KB_SCOPED_FD folder = open(kb_sprintf(arena, "%.*s/", (int)(slash - mount_at), mount_at),
                               O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return kb_file_publish(folder, kb_sprintf(arena, "%s%s", slash + 1, KB_FUSE_SUFFIX), text, strlen(text), 0600, err);
}

int kb_fuse_begin(const struct kb_driver *driver, const char *device, const char *mount_at, struct kb_arena *arena,
                  struct kb_text *ret_refusal, struct kb_err *err)
{
    char *argv[ARGV_MAX] = {NULL};
    size_t n = 0;
    argv[n++] = kb_strdup(arena, driver->program);
    for (size_t i = 0; driver->stay[i]; i++)
        argv[n++] = kb_strdup(arena, driver->stay[i]);
    argv[n++] = kb_strdup(arena, "-o");
    argv[n++] = kb_strdup(arena, driver->options);
    argv[n++] = kb_strdup(arena, device);
    argv[n++] = kb_strdup(arena, mount_at);
    int go[2];
    if (pipe2(go, O_CLOEXEC))
        return kb_fail(err, KB_EIO, "%s could not be started: %s", "%s を起動できませんでした: %s", driver->name,
                       strerror(errno));
    pid_t pid = fork();
    if (!pid) {
        (void)close(go[1]); /* if the worker dies now, the read ends */
        become(driver, argv, go[0]);
    }
    int cause = errno;
    (void)close(go[0]);
    int rc = pid < 0 ? kb_fail(err, KB_EIO, "%s could not be started: %s", "%s を起動できませんでした: %s",
                               driver->name, strerror(cause))
                     : note_process(pid, driver, mount_at, arena, err);
    if (!rc && kb_write_all(go[1], "", 1))
        rc = kb_fail(err, KB_EIO, "%s could not be started: %s", "%s を起動できませんでした: %s", driver->name,
                     strerror(errno));
    (void)close(go[1]);
    if (pid < 0)
        return rc;
    if (!rc)
        rc = await_mount(driver, pid, mount_at, arena, ret_refusal, err);
    if (rc != 1) {
        int ended = kb_fuse_end(kb_sprintf(arena, "%s%s", mount_at, KB_FUSE_SUFFIX), arena, rc ? NULL : err);
        rc = rc ? rc : ended;
    }
    return rc;
}

int kb_fuse_end(const char *note, struct kb_arena *arena, struct kb_err *err)
{
    struct stat st;
    if (lstat(note, &st) && errno == ENOENT)
        return 0;
    char *text;
    size_t n;
    int pid = 0, at = 0;
    uint64_t noted, ticks;
    int rc = kb_file_read(AT_FDCWD, note, NOTE_MAX, arena, &text, &n, err);
    if (rc)
        return rc;
    if (sscanf(text, "%d %" SCNu64 " %n", &pid, &noted, &at) != 2 || !at || pid <= 1)
        return kb_fail(err, KB_EIO, "%s does not name a process; remove it by hand",
                       "%s にプロセス番号がありません。手作業で削除してください", note);
    text[strcspn(text, "\n")] = '\0';
    KB_SCOPED_FD process = pidfd_open(pid, 0); /* first the handle, then the question whose it is */
    if (process >= 0 && start_of(pid, &ticks) && ticks == noted) {
        /* nothing is to be written back, and umount(2) would wait for the last answer of one that hangs */
        struct pollfd gone = {.fd = process, .events = POLLIN};
        if (pidfd_send_signal(process, SIGKILL, NULL, 0) && errno != ESRCH)
            return kb_fail(err, kb_code_of_errno(errno), "process %d (%s) could not be ended: %s",
                           "プロセス %d（%s）を終了できませんでした: %s", pid, text + at, strerror(errno));
        if (poll(&gone, 1, END_WAIT_MS) != 1)
            return kb_fail(err, KB_EIO, "process %d (%s) cannot be ended: the disk does not answer",
                           "プロセス %d（%s）を終了できません。ディスクが応答していません", pid, text + at);
        (void)waitpid(pid, NULL, WNOHANG); /* where it is our own child */
    }
    if (unlink(note))
        return kb_fail(err, kb_code_of_errno(errno), "%s could not be removed: %s", "%s を削除できませんでした: %s",
                       note, strerror(errno));
    return 0;
}
