/* SPDX-License-Identifier: Apache-2.0 */
/* A trial: a folder made for it, a process to be attacked, a confined process, and somebody who looks on. */
#include "trial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sys/capability.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"

enum { WAIT_MS = 20000, TOLD_MAX = 4096 };

/* Both ends of a trial. */
struct stage {
    const struct kb_trial_params *params;
    struct kb_arena *arena;
    struct kb_trial trial;
    const char *top, *before; /* before: what the tripwires looked like */
    uint32_t uid, gid;        /* of the account that is confined */
    int told, done[2], hold[2];
};

#define BIT(cap) (UINT64_C(1) << (cap))
static const uint64_t may_keep[KB_TRIAL_KINDS] = {
    [KB_TRIAL_READ_PROGRAMS] = BIT(CAP_DAC_READ_SEARCH),
    [KB_TRIAL_RESTORE_PROGRAMS] = BIT(CAP_DAC_READ_SEARCH),
    [KB_TRIAL_MEDIA] = BIT(CAP_SYS_ADMIN) | BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_FOWNER),
    [KB_TRIAL_CLEANUP] = BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_FOWNER),
};

static char target_word[KB_TRIAL_SECRET + 1];

static int cannot(struct kb_err *err, const char *en, const char *ja)
{
    return kb_fail(err, KB_EIO, "%s%.0s: %s", "%.0s%s: %s", en, ja, strerror(errno));
}

static int make_file(const char *path, const char *text, mode_t mode)
{
    KB_SCOPED_FD fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return fd < 0 || kb_write_all(fd, text, strlen(text)) || fchmod(fd, mode) ? -1 : 0;
}

static int make_folder(const char *path, mode_t mode)
{
    return mkdir(path, mode) || chmod(path, mode) ? -1 : 0;
}

/* Everything may be read and written by everybody: what stops the process is its confinement alone. */
static int make_tree(struct stage *s)
{
    const char *secret = s->trial.secret;
    return make_folder("source", 0777) || make_file("source/data", secret, 0666) || make_folder("scratch", 0777) ||
                   make_folder("outside", 0777) || make_folder("outside/open", 0777) ||
                   make_file("outside/open/data", secret, 0666) || make_file("outside/open/own", secret, 0600) ||
                   chown("outside/open/own", s->uid, s->gid) || make_folder("outside/keys", 0777) ||
                   make_file("outside/keys/agent.key", secret, 0666) || make_folder("outside/ledger", 0777) ||
                   make_file("outside/ledger/ledger.jsonl", secret, 0666) || make_file("scratch/old", "old", 0666) ||
                   symlink("../outside/open/data", "scratch/to-file") || symlink("../outside/open", "scratch/to-folder")
               ? -1
               : 0;
}

/* Names, kinds, modes, times, sizes and content of all that must stay as it is; NULL if it cannot be read. */
static const char *look(struct kb_arena *arena)
{
    char source[] = "source", outside[] = "outside", *paths[] = {source, outside, NULL};
    FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    const char *seen = "";
    for (FTSENT *at; walk && (at = fts_read(walk));) {
        char content[256] = "";
        KB_SCOPED_FD fd = at->fts_info == FTS_F ? open(at->fts_accpath, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) : -1;
        if (fd >= 0 && read(fd, content, sizeof content - 1) < 0)
            content[0] = '?';
        const struct stat *st = at->fts_statp;
        if (at->fts_info != FTS_DP) /* the order of a folder's entries is its own: it is compared with itself */
            seen = kb_sprintf(arena, "%s%s %o %u:%u %lld %lld.%09ld %lu %s\n", seen, at->fts_path, st->st_mode,
                              st->st_uid, st->st_gid, (long long)st->st_size, (long long)st->st_mtime,
                              st->st_mtim.tv_nsec, (unsigned long)st->st_ino, content);
    }
    if (walk)
        (void)fts_close(walk);
    return walk ? seen : NULL;
}

static int listen_there(struct kb_trial *t)
{
    struct sockaddr_un by_path = {.sun_family = AF_UNIX, .sun_path = "outside/open/listener"};
    struct sockaddr_in by_port = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof by_port;
    const int type = SOCK_STREAM | SOCK_CLOEXEC;
    t->unix_listener = socket(AF_UNIX, type | SOCK_NONBLOCK, 0);
    t->tcp_listener = socket(AF_INET, type | SOCK_NONBLOCK, 0);
    t->unix_socket = socket(AF_UNIX, type, 0);
    t->tcp_socket = socket(AF_INET, type, 0);
    if (bind(t->unix_listener, (struct sockaddr *)&by_path, sizeof by_path) || listen(t->unix_listener, 1) ||
        chmod(by_path.sun_path, 0777) || bind(t->tcp_listener, (struct sockaddr *)&by_port, sizeof by_port) ||
        listen(t->tcp_listener, 1) || getsockname(t->tcp_listener, (struct sockaddr *)&by_port, &n))
        return -1;
    t->tcp_port = ntohs(by_port.sin_port);
    return 0;
}

/* A process of the same account, which could be traced, read and ended but for the confinement. */
static int start_target(struct stage *s)
{
    int ready[2];
    char byte;
    if (pipe2(ready, O_CLOEXEC))
        return -1;
    pid_t pid = fork();
    if (!pid) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (s->uid != geteuid() && (setresgid(s->gid, s->gid, s->gid) || setresuid(s->uid, s->uid, s->uid)))
            _exit(1);
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)prctl(PR_SET_DUMPABLE, 1);
        memcpy(target_word, s->trial.secret, sizeof target_word);
        (void)kb_write_all(ready[1], "r", 1);
        for (;;)
            (void)pause();
    }
    (void)close(ready[1]);
    bool started = pid > 0 && kb_read_full(ready[0], &byte, 1) == 1;
    (void)close(ready[0]);
    s->trial.target = pid;
    s->trial.target_word = target_word;
    return started ? 0 : -1;
}

static int confine(const struct stage *s, struct kb_confinement *ret_reached, struct kb_err *err)
{
    static const bool programs[] = {
        [KB_TRIAL_READ_PROGRAMS] = true, [KB_TRIAL_RESTORE_PROGRAMS] = true, [KB_TRIAL_CLEANUP] = false};
    static const enum kb_confine_level levels[] = {
        [KB_TRIAL_READ] = KB_CONFINE_READ,       [KB_TRIAL_READ_PROGRAMS] = KB_CONFINE_READ,
        [KB_TRIAL_RESTORE] = KB_CONFINE_RESTORE, [KB_TRIAL_RESTORE_PROGRAMS] = KB_CONFINE_RESTORE,
        [KB_TRIAL_PROBE] = KB_CONFINE_PROBE,     [KB_TRIAL_MEDIA] = KB_CONFINE_MEDIA,
        [KB_TRIAL_CLEANUP] = KB_CONFINE_CLEANUP};
    const struct kb_trial_params *p = s->params;
    const char *reads[] = {kb_sprintf(s->arena, "%s/source", s->top), NULL};
    const char *writes[] = {kb_sprintf(s->arena, "%s/scratch", s->top), NULL};
    const struct kb_confine params = {.level = levels[p->kind],
                                      .read = p->kind == KB_TRIAL_CLEANUP ? writes : reads,
                                      .write = writes,
                                      .programs = programs[p->kind],
                                      .read_any_owner = programs[p->kind],
                                      .user = p->user};
    return kb_confine_tested(&params, &(struct kb_confine_test){p->abi, p->without}, s->arena, ret_reached, err);
}

/* The confined process: says what it became, tries, says that it has, and stays to be looked at. */
__attribute__((noreturn)) static void be_confined(struct stage *s)
{
    struct kb_err err = {0};
    struct kb_confinement reached;
    char byte;
    (void)close(s->told);
    (void)close(s->done[0]);
    (void)close(s->hold[1]);
    if (kb_die_with_parent(NULL) || confine(s, &reached, &err)) {
        for (size_t i = 0; i < err.n_frames; i++)
            (void)kb_write_all(s->trial.told, err.frame[i].en, strlen(err.frame[i].en));
        _exit(1);
    }
    s->trial.uid = (uint32_t)reached.uid;
    const struct kb_trial_reached end = {.abi = reached.landlock_abi, .uid = (uint32_t)reached.uid};
    (void)kb_write_all(s->done[1], &end, sizeof end);
    s->params->attempt->attempt(&s->trial);
    (void)kb_write_all(s->done[1], "d", 1);
    (void)kb_read_full(s->hold[0], &byte, 1);
    _exit(0);
}

/* n bytes of what the confined process says of itself; false: it is gone, or takes too long. */
static bool hear(int fd, void *buf, size_t n)
{
    struct pollfd ready = {fd, POLLIN, 0};
    for (size_t got = 0; got < n;) {
        ssize_t more = poll(&ready, 1, WAIT_MS) == 1 ? read(fd, (char *)buf + got, n - got) : 0;
        if (more <= 0)
            return false;
        got += (size_t)more;
    }
    return true;
}

static void await_end(pid_t pid)
{
    siginfo_t info = {0};
    for (int ms = 0; ms < WAIT_MS && !info.si_pid; ms++)
        if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) || usleep(1000))
            break;
}

/* From outside, and while the process still is as it was. */
static int judge(struct stage *s, bool *ret_possible, struct kb_trial_reached *ret_reached, struct kb_err *err)
{
    const struct kb_attempt *attempt = s->params->attempt;
    char told[TOLD_MAX + 1], byte;
    bool confined = hear(s->done[0], ret_reached, sizeof *ret_reached);
    if (confined && !hear(s->done[0], &byte, 1))
        await_end(s->trial.self); /* it became a program, or ended on the way */
    s->trial.uid = ret_reached->uid;
    bool happened = confined && attempt->happened && attempt->happened(&s->trial);
    (void)kill(s->trial.self, SIGKILL);
    (void)waitpid(s->trial.self, NULL, 0);
    size_t n = 0;
    for (ssize_t more = 1; more > 0 && n<TOLD_MAX; n += more> 0 ? (size_t)more : 0)
        more = hear(s->told, told + n, 1) ? 1 : 0; /* to its end: nobody holds the other end any more */
    told[n] = '\0';
    if (!confined)
        return kb_fail(err, KB_ESANDBOX, "a process could not be confined: %s",
                       "プロセスを閉じ込められませんでした: %s", kb_printable(s->arena, told));
    const char *after = look(s->arena);
    bool wants_seen = attempt->happened && attempt->possible; /* what is told alone is not enough there */
    *ret_possible = wants_seen ? happened && strstr(told, s->trial.secret) : happened || strstr(told, s->trial.secret);
    *ret_possible = *ret_possible || !after || strcmp(s->before, after) != 0;
    return 0;
}

static int play(struct stage *s, bool *ret_possible, struct kb_trial_reached *ret_reached, struct kb_err *err)
{
    int told[2];
    struct stat st;
    if (make_tree(s) || listen_there(&s->trial) || start_target(s) || stat("scratch", &st) ||
        !(s->before = look(s->arena)))
        return cannot(err, "the place of a trial could not be made", "試行の場所を用意できませんでした");
    s->trial.scratch_dev = st.st_dev;
    s->trial.program = open("/bin/echo", O_RDONLY | O_CLOEXEC);
    s->trial.folder = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (pipe2(told, O_CLOEXEC) || pipe2(s->done, O_CLOEXEC) || pipe2(s->hold, O_CLOEXEC))
        return cannot(err, "no pipe could be made", "パイプを作れませんでした");
    s->told = told[0];
    s->trial.told = told[1];
    s->trial.self = fork();
    if (!s->trial.self)
        be_confined(s);
    (void)close(told[1]);
    (void)close(s->done[1]);
    (void)close(s->hold[0]);
    int code = s->trial.self < 0 ? cannot(err, "no process could be started", "プロセスを開始できませんでした")
                                 : judge(s, ret_possible, ret_reached, err);
    (void)close(s->told);
    (void)close(s->done[0]);
    (void)close(s->hold[1]);
    return code;
}

static void clear(struct stage *s)
{
    const int fds[] = {s->trial.unix_listener, s->trial.tcp_listener, s->trial.unix_socket,
                       s->trial.tcp_socket,    s->trial.program,      s->trial.folder};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] >= 0)
            (void)close(fds[i]);
    if (s->trial.target > 0) {
        (void)kill(s->trial.target, SIGKILL);
        (void)waitpid(s->trial.target, NULL, 0);
    }
    while (!umount2("scratch", MNT_DETACH))
        ; /* only where confinement has a hole */
}

int kb_trial_run(const struct kb_trial_params *params, struct kb_arena *arena, bool *ret_possible,
                 struct kb_trial_reached *ret_reached, struct kb_err *err)
{
    struct stage s = {.params = params, .arena = arena, .uid = geteuid(), .gid = getegid()};
    char top[] = "/tmp/koboshi-selftest-XXXXXX";
    unsigned char noise[KB_TRIAL_SECRET / 2];
    s.trial.unix_listener = s.trial.tcp_listener = s.trial.unix_socket = s.trial.tcp_socket = -1;
    s.trial.program = s.trial.folder = -1;
    if (getrandom(noise, sizeof noise, 0) != sizeof noise)
        return cannot(err, "no random bytes", "乱数を得られません");
    for (size_t i = 0; i < sizeof noise; i++)
        (void)snprintf(s.trial.secret + 2 * i, 3, "%02x", noise[i]);
    s.trial.keeps_account = params->kind >= KB_TRIAL_MEDIA;
    s.trial.capabilities = may_keep[params->kind];
    if (params->user && !(params->without & KB_WITHOUT_ACCOUNT) && !s.trial.keeps_account)
        (void)kb_account_ids(params->user, &s.uid, &s.gid); /* kb_confine says it if the account is missing */
    KB_SCOPED_FD back = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (back < 0 || !mkdtemp(top) || chmod(top, 0755) || chdir(top))
        return cannot(err, "no folder for the trials could be made below /tmp",
                      "/tmp に試行用のフォルダを作れませんでした");
    s.top = top;
    int code = play(&s, ret_possible, ret_reached, err);
    clear(&s);
    if (fchdir(back) || kb_remove_tree(AT_FDCWD, top, NULL))
        code = code ? code
                    : cannot(err, "the folder of a trial could not be removed",
                             "試行用のフォルダを削除できませんでした");
    return code;
}
