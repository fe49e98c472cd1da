/* SPDX-License-Identifier: Apache-2.0 */
/* What a confined process must not be able to do to others: sockets, processes, the kernel. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <sys/capability.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>

#include "koboshi/file.h"

#include "trial.h"

static void tell(const struct kb_trial *t)
{
    (void)kb_write_all(t->told, t->secret, KB_TRIAL_SECRET);
}

static void tell_descriptor(const struct kb_trial *t, int64_t fd)
{
    if (fd >= 0 && fcntl((int)fd, F_GETFD) >= 0)
        tell(t);
}

void kb_attempt_socket(const struct kb_trial *t)
{
    static const int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK, AF_ALG};
    static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET};
    int pair[2];
    struct stat st;
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        for (size_t j = 0; j < sizeof types / sizeof *types; j++) {
            KB_SCOPED_FD fd = socket(families[i], types[j] | SOCK_CLOEXEC, 0);
            if (fd >= 0 && !fstat(fd, &st) && S_ISSOCK(st.st_mode))
                tell(t);
        }
    if (!socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
        tell(t);
}

void kb_attempt_connect(const struct kb_trial *t)
{
    const struct sockaddr_un by_path = {.sun_family = AF_UNIX, .sun_path = "outside/open/listener"};
    const struct sockaddr_in by_port = {
        .sin_family = AF_INET, .sin_port = htons(t->tcp_port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    (void)connect(t->unix_socket, (const struct sockaddr *)&by_path, sizeof by_path);
    (void)connect(t->tcp_socket, (const struct sockaddr *)&by_port, sizeof by_port);
}

/* The listeners do not wait. */
bool kb_has_connected(const struct kb_trial *t)
{
    KB_SCOPED_FD by_path = accept4(t->unix_listener, NULL, NULL, SOCK_CLOEXEC);
    KB_SCOPED_FD by_port = accept4(t->tcp_listener, NULL, NULL, SOCK_CLOEXEC);
    return by_path >= 0 || by_port >= 0;
}

void kb_attempt_trace(const struct kb_trial *t)
{
    (void)ptrace(PTRACE_SEIZE, t->target, NULL, NULL);
}

/* What the kernel says of a process: "Uid:", "TracerPid:"; with the number that follows in this base. */
static unsigned long long status_of(pid_t pid, const char *key, int base)
{
    char path[64], text[4096], *at;
    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    KB_SCOPED_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    text[n > 0 ? n : 0] = '\0';
    at = strstr(text, key);
    return at ? strtoull(at + strlen(key), NULL, base) : 0;
}

bool kb_is_traced(const struct kb_trial *t)
{
    return status_of(t->target, "\nTracerPid:", 10) != 0;
}

void kb_attempt_memory(const struct kb_trial *t)
{
    char word[KB_TRIAL_SECRET];
    const struct iovec here = {word, sizeof word}, there = {t->target_word, sizeof word};
    if (process_vm_readv(t->target, &here, 1, &there, 1, 0) == sizeof word)
        (void)kb_write_all(t->told, word, sizeof word);
}

void kb_attempt_signal(const struct kb_trial *t)
{
    (void)kill(t->target, SIGKILL);
}

bool kb_is_ended(const struct kb_trial *t)
{
    siginfo_t info = {0};
    for (int i = 0; i < 20 && !info.si_pid; i++) { /* it may take its time */
        if (waitid(P_PID, (id_t)t->target, &info, WEXITED | WNOHANG | WNOWAIT))
            break;
        (void)usleep(1000);
    }
    return info.si_pid == t->target;
}

void kb_attempt_mount(const struct kb_trial *t)
{
    tell_descriptor(t, syscall(SYS_fsopen, "tmpfs", 0));
    tell_descriptor(t, syscall(SYS_open_tree, AT_FDCWD, "source", OPEN_TREE_CLONE));
    if (mount("none", "scratch", "tmpfs", 0, NULL))
        kb_tried(mount("source", "scratch", NULL, MS_BIND, NULL));
}

bool kb_has_mounted(const struct kb_trial *t)
{
    struct stat st;
    return !stat("scratch", &st) && st.st_dev != t->scratch_dev;
}

void kb_attempt_root(const struct kb_trial *t)
{
    (void)t;
    (void)prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
    kb_tried(setgid(0));
    kb_tried(setuid(0));
    kb_tried(setreuid(0, 0));
    kb_tried(setresuid(0, 0, 0));
    (void)setfsuid(0);
    cap_t all = cap_from_text("all=ep");
    (void)cap_set_proc(all);
    (void)cap_free(all);
}

bool kb_is_root(const struct kb_trial *t)
{
    unsigned long long gained = status_of(t->self, "\nCapEff:", 16) & ~t->capabilities;
    return status_of(t->self, "\nUid:", 10) != t->uid || (t->uid == 0 && !t->keeps_account) || gained != 0;
}

void kb_attempt_uring(const struct kb_trial *t)
{
    struct io_uring_params params = {0};
    tell_descriptor(t, syscall(SYS_io_uring_setup, 1, &params));
}

static bool same_namespace(const char *name, ino_t before)
{
    struct stat st;
    return stat(name, &st) || st.st_ino == before;
}

void kb_attempt_namespace(const struct kb_trial *t)
{
    static const char user[] = "/proc/self/ns/user", network[] = "/proc/self/ns/net";
    struct stat st = {0}, net = {0};
    (void)stat(user, &st);
    (void)stat(network, &net);
    pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
    if (!pid) {
        tell(t);
        _exit(0);
    }
    KB_SCOPED_FD own = open(network, O_RDONLY | O_CLOEXEC);
    if (!unshare(CLONE_NEWUSER) || !unshare(CLONE_NEWNS) || !unshare(CLONE_NEWNET) || !unshare(CLONE_NEWUTS) ||
        (own >= 0 && !setns(own, CLONE_NEWNET)) || !same_namespace(user, st.st_ino) ||
        !same_namespace(network, net.st_ino))
        tell(t);
}

void kb_attempt_clone3(const struct kb_trial *t)
{
    struct clone_args args = {.exit_signal = SIGCHLD};
    long pid = syscall(SYS_clone3, &args, sizeof args);
    if (!pid) {
        tell(t);
        _exit(0);
    }
}

void kb_attempt_kernel(const struct kb_trial *t)
{
    enum { JOIN_SESSION = 1, USER_MODE_ONLY = 1 };
    struct perf_event_attr counter = {.type = PERF_TYPE_SOFTWARE, .size = sizeof counter, .exclude_kernel = 1};
    union bpf_attr map = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
    tell_descriptor(t, syscall(SYS_perf_event_open, &counter, 0, -1, -1, 0));
    tell_descriptor(t, syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof map));
    tell_descriptor(t, syscall(SYS_userfaultfd, O_CLOEXEC | USER_MODE_ONLY));
    tell_descriptor(t, syscall(SYS_fanotify_init, 0x200, O_RDONLY)); /* FAN_REPORT_FID, which needs no rights */
    if (syscall(SYS_keyctl, JOIN_SESSION, NULL) > 0 || !chroot("source"))
        tell(t);
}
