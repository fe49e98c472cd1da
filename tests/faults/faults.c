/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* A library to preload: system calls of the program under test fail, lie, wait or end it, at a place that is named.
 *
 *   KOBOSHI_FAULTS="STAGE CALLS WHERE WHEN ACTION; …"       at most 16 rules, the first that fits acts
 *
 *   STAGE   -, or a stage of koboshi-worker as its job names it (media-open, restore, …)
 *   CALLS   any, or of open read pread write pwrite fsync fdatasync ftruncate fallocate rename unlink mkdir flock, with
 *           commas; `change` is all of them that may change something on disk (of open: one that may make a file)
 *   WHERE   -, or a part of the path (of a rename: the new one); descriptors that were never opened here are fd:0, fd:1 …
 *   WHEN    3: the third such call; 3+: that one and all after it; 4096..8192: each read that touches these bytes
 *   ACTION  EIO ENOSPC EDQUOT EROFS   the call fails so
 *           kill segv                 the process ends in place of the call
 *           torn                      half of the bytes are written, then the process ends
 *           pull                      the file system of the path is shut down, its journal not flushed, as by a power
 *                                     cut or a pulled cable; then the process ends
 *           flip short                a bit of what was read is another (of the first byte named); less is read
 *           slow:MS hang              it takes longer; for ever
 *           garbage twice             other bytes are written than were asked for; the same bytes two times
 *           lie                       a sync says that it did, and did not
 *           wait:FILE                 goes on when FILE is there (the log says that it waits)
 *
 *   KOBOSHI_FAULTS_LOG=FILE           one line for each rule that acted: "call number path"
 *
 *   KOBOSHI_FAULTS_CLOCK=FILE         the wall clock is off by as many seconds as stand in FILE now
 *   KOBOSHI_FAULTS_BOOT=FILE          is read in place of the kernel's boot id
 *
 * Counters are per process and rule. Paths are followed from open, openat and open_tree; a call by syscall(2) is not
 * seen. */
/* clang-format on */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { RULES = 16, FILES = 4096, FS_IOC_SHUTDOWN = (int)0x8004587d, SHUTDOWN_NOLOGFLUSH = 2 };

enum call {
    OPEN,
    READ,
    PREAD,
    WRITE,
    PWRITE,
    FSYNC,
    FDATASYNC,
    FTRUNCATE,
    FALLOCATE,
    RENAME,
    UNLINK,
    MKDIR,
    FLOCK,
    CALLS
};
static const char *const call_names[CALLS] = {"open",   "read",      "pread",     "write",     "pwrite",
                                              "fsync",  "fdatasync", "ftruncate", "fallocate", "rename",
                                              "unlink", "mkdir",     "flock"};
enum {
    CHANGES = 1 << WRITE | 1 << PWRITE | 1 << FSYNC | 1 << FDATASYNC | 1 << FTRUNCATE | 1 << FALLOCATE | 1 << RENAME |
              1 << UNLINK | 1 << MKDIR | 1 << OPEN
};

enum action { NOTHING, FAIL, KILL, SEGV, TORN, PULL, FLIP, SHORT, SLOW, HANG, GARBAGE, TWICE, WAIT, LIE };
static const struct {
    const char *name;
    enum action action;
    int value;
} actions[] = {{"EIO", FAIL, EIO},      {"ENOSPC", FAIL, ENOSPC}, {"EDQUOT", FAIL, EDQUOT}, {"EROFS", FAIL, EROFS},
               {"kill", KILL, 0},       {"segv", SEGV, 0},        {"torn", TORN, 0},        {"pull", PULL, 0},
               {"flip", FLIP, 0},       {"short", SHORT, 0},      {"slow:", SLOW, 0},       {"hang", HANG, 0},
               {"garbage", GARBAGE, 0}, {"twice", TWICE, 0},      {"wait:", WAIT, 0},       {"lie", LIE, 0}};

static struct rule {
    char stage[32], where[256], file[256];
    unsigned calls;
    int64_t from, to; /* of calls, or of bytes */
    int bytes;
    enum action action;
    int value;
    atomic_llong seen;
} rules[RULES];
static size_t n_rules;
static int log_fd = -1;
static char *_Atomic paths[FILES];
static char stage[32];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void bad(const char *text)
{
    (void)fprintf(stderr, "faults: cannot read the rule: %s\n", text);
    _exit(99);
}

static unsigned calls_of(char *text)
{
    unsigned calls = 0;
    char *rest = NULL;
    for (char *word = strtok_r(text, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
        unsigned one = !strcmp(word, "any") ? ~0U : !strcmp(word, "change") ? CHANGES : 0;
        for (int i = 0; i < CALLS; i++)
            if (!strcmp(word, call_names[i]))
                one = 1U << i;
        if (!one)
            bad(word);
        calls |= one;
    }
    return calls;
}

static void read_rule(const char *text, struct rule *rule)
{
    char calls[128], when[64], action[256], *end;
    if (sscanf(text, " %31s %127s %255s %63s %255s", rule->stage, calls, rule->where, when, action) != 5)
        bad(text);
    rule->calls = calls_of(calls);
    rule->from = strtoll(when, &end, 10);
    rule->to = rule->from;
    if (!strcmp(end, "+"))
        rule->to = INT64_MAX;
    else if (!strncmp(end, "..", 2)) {
        rule->bytes = 1;
        rule->to = strtoll(end + 2, NULL, 10);
    } else if (*end)
        bad(text);
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        size_t n = strlen(actions[i].name);
        int has_value = actions[i].name[n - 1] == ':';
        if (has_value ? strncmp(action, actions[i].name, n) : strcmp(action, actions[i].name))
            continue;
        rule->action = actions[i].action;
        rule->value = rule->action == SLOW ? atoi(action + n) : actions[i].value;
        if (rule->action == WAIT)
            (void)snprintf(rule->file, sizeof rule->file, "%s", action + n);
    }
    if (!rule->action)
        bad(text);
}

static void begin(void)
{
    const char *text = getenv("KOBOSHI_FAULTS"), *log = getenv("KOBOSHI_FAULTS_LOG");
    if (log) {
        int fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND, 0666);
        log_fd = fcntl(fd, F_DUPFD_CLOEXEC, 200); /* away from the numbers that have a meaning */
        (void)syscall(SYS_close, fd);
    }
    char *all = strdup(text ? text : ""), *rest = NULL;
    for (char *one = all ? strtok_r(all, ";", &rest) : NULL; one && n_rules < RULES; one = strtok_r(NULL, ";", &rest))
        read_rule(one, &rules[n_rules++]);
    free(all);
}

static const char *path_of(int fd, char *room, size_t n)
{
    const char *path = fd >= 0 && fd < FILES ? atomic_load(&paths[fd]) : NULL;
    if (!path) {
        (void)snprintf(room, n, "fd:%d", fd);
        path = room;
    }
    return path;
}

static const char *path_at(int dirfd, const char *name, char *room, size_t n)
{
    char folder[64];
    if (!name || name[0] == '/' || dirfd == AT_FDCWD)
        return name ? name : "-";
    (void)snprintf(room, n, "%s/%s", path_of(dirfd, folder, sizeof folder), name);
    return room;
}

static void remember(int fd, const char *path)
{
    if (fd >= 0 && fd < FILES)
        atomic_store(&paths[fd], strdup(path)); /* the earlier one stays: another thread may be reading it */
}

static void forget(int fd)
{
    if (fd >= 0 && fd < FILES)
        atomic_store(&paths[fd], NULL);
}

/* What the job says on fd 0, so that a rule can ask for one stage of the worker. */
static void learn_stage(const char *bytes, size_t n)
{
    const char *found = memmem(bytes, n, "\"stage\":\"", 9), *end;
    if (!found || *stage)
        return;
    found += 9;
    end = memchr(found, '"', n - (size_t)(found - bytes));
    if (end && (size_t)(end - found) < sizeof stage)
        memcpy(stage, found, (size_t)(end - found));
}

struct place {
    enum call call;
    int reads; /* it changes nothing */
    const char *path;
    int64_t offset, n; /* of reads and writes */
};

/* The rule that acts now, NULL: none does. */
static const struct rule *rule_for(const struct place *at)
{
    (void)pthread_once(&once, begin);
    for (size_t i = 0; i < n_rules; i++) {
        struct rule *rule = &rules[i];
        if (!(rule->calls & 1U << at->call) || (rule->calls == CHANGES && at->reads) ||
            (strcmp(rule->stage, "-") != 0 && strcmp(rule->stage, stage) != 0) ||
            (strcmp(rule->where, "-") != 0 && !strstr(at->path, rule->where)))
            continue;
        int64_t seen = atomic_fetch_add(&rule->seen, 1) + 1;
        int acts = rule->bytes ? at->offset < rule->to && at->offset + at->n > rule->from
                               : seen >= rule->from && seen <= rule->to;
        if (!acts)
            continue;
        if (log_fd >= 0)
            (void)dprintf(log_fd, "%s %lld %s\n", call_names[at->call], (long long)seen, at->path);
        return rule;
    }
    return NULL;
}

static void wait_for(const char *file)
{
    struct stat st;
    while (stat(file, &st))
        (void)usleep(5000);
}

/* The file system is asked through the path, or the nearest folder above it that is there. Never that of this machine.
 */
static void shut_down(const char *path)
{
    char folder[4096];
    int value = SHUTDOWN_NOLOGFLUSH, fd;
    struct stat root, st;
    (void)snprintf(folder, sizeof folder, "%s", path);
    while ((fd = (int)syscall(SYS_openat, AT_FDCWD, folder, O_RDONLY | O_NONBLOCK)) < 0 && strrchr(folder, '/'))
        *strrchr(folder, '/') = '\0';
    if (fd < 0 || stat("/", &root) || fstat(fd, &st) || st.st_dev == root.st_dev ||
        ioctl(fd, (unsigned long)(unsigned)FS_IOC_SHUTDOWN, &value))
        (void)fprintf(stderr, "faults: %s cannot be shut down: %s\n", path, strerror(errno));
}

/* What happens in place of the call. Returns 1 when the call itself must not be made: it has failed with errno. */
static int act(const struct rule *rule, const struct place *at)
{
    switch (rule ? rule->action : NOTHING) {
    case FAIL:
        errno = rule->value;
        return 1;
    case PULL:
        shut_down(at->path);
        (void)syscall(SYS_kill, getpid(), SIGKILL);
        return 1;
    case KILL:
        (void)syscall(SYS_kill, getpid(), SIGKILL);
        return 1;
    case SEGV: /* a handler of the program's own (a sanitizer's) is no part of it */
        (void)signal(SIGSEGV, SIG_DFL);
        (void)syscall(SYS_kill, getpid(), SIGSEGV);
        return 1;
    case SLOW:
        (void)usleep((useconds_t)rule->value * 1000);
        return 0;
    case HANG:
        for (;;)
            (void)usleep(1000000);
    case WAIT:
        wait_for(rule->file);
        return 0;
    default:
        return 0;
    }
}

static ssize_t give(const struct rule *rule, const struct place *at, void *bytes, ssize_t got)
{
    if (!rule || rule->action != FLIP || got <= 0)
        return got;
    int there = rule->bytes && rule->from >= at->offset && rule->from < at->offset + got;
    ((uint8_t *)bytes)[there ? rule->from - at->offset : got / 2] ^= 1;
    return got;
}

static size_t asked(const struct rule *rule, size_t n)
{
    return rule && rule->action == SHORT && n > 1 ? n / 2 : n;
}

ssize_t read(int fd, void *bytes, size_t n)
{
    char room[64];
    const struct place at = {READ, 1, path_of(fd, room, sizeof room), 0, (int64_t)n};
    const struct rule *rule = rule_for(&at);
    if (act(rule, &at))
        return -1;
    ssize_t got = give(rule, &at, bytes, syscall(SYS_read, fd, bytes, asked(rule, n)));
    if (fd == 0 && got > 0)
        learn_stage(bytes, (size_t)got);
    return got;
}

ssize_t pread64(int fd, void *bytes, size_t n, off64_t offset)
{
    char room[64];
    const struct place at = {PREAD, 1, path_of(fd, room, sizeof room), offset, (int64_t)n};
    const struct rule *rule = rule_for(&at);
    return act(rule, &at) ? -1 : give(rule, &at, bytes, syscall(SYS_pread64, fd, bytes, asked(rule, n), offset));
}

ssize_t pread(int fd, void *bytes, size_t n, off_t offset)
{
    return pread64(fd, bytes, n, offset);
}

/* What fortified programs call instead. */
ssize_t __read_chk(int fd, void *bytes, size_t n, size_t room);
ssize_t __read_chk(int fd, void *bytes, size_t n, size_t room)
{
    return n > room ? (abort(), -1) : read(fd, bytes, n);
}

ssize_t __pread64_chk(int fd, void *bytes, size_t n, off64_t offset, size_t room);
ssize_t __pread64_chk(int fd, void *bytes, size_t n, off64_t offset, size_t room)
{
    return n > room ? (abort(), -1) : pread64(fd, bytes, n, offset);
}

static ssize_t write_other(int fd, const void *bytes, size_t n)
{
    char *other = malloc(n ? n : 1);
    if (!other)
        return -1;
    for (size_t i = 0; i < n; i++)
        other[i] = (char)(((const uint8_t *)bytes)[i] * 5 + 113);
    ssize_t put = syscall(SYS_write, fd, other, n);
    free(other);
    return put;
}

ssize_t write(int fd, const void *bytes, size_t n)
{
    char room[64];
    const struct place at = {WRITE, 0, path_of(fd, room, sizeof room), 0, (int64_t)n};
    const struct rule *rule = rule_for(&at);
    enum action action = rule ? rule->action : NOTHING;
    if (action == GARBAGE)
        return write_other(fd, bytes, n);
    if (action == TWICE)
        (void)syscall(SYS_write, fd, bytes, n);
    if (action == TORN) {
        (void)syscall(SYS_write, fd, bytes, n / 2);
        (void)syscall(SYS_kill, getpid(), SIGKILL);
    }
    return act(rule, &at) ? -1 : syscall(SYS_write, fd, bytes, n);
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t offset)
{
    char room[64];
    const struct place at = {PWRITE, 0, path_of(fd, room, sizeof room), offset, (int64_t)n};
    return act(rule_for(&at), &at) ? -1 : syscall(SYS_pwrite64, fd, bytes, n, offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t offset)
{
    return pwrite64(fd, bytes, n, offset);
}

/* A call on a descriptor without more to it. */
static int on_fd(enum call call, int fd)
{
    char room[64];
    const struct place at = {.call = call, .path = path_of(fd, room, sizeof room)};
    return act(rule_for(&at), &at);
}

static int on_path(enum call call, int dirfd, const char *name)
{
    char room[8192];
    const struct place at = {.call = call, .path = path_at(dirfd, name, room, sizeof room)};
    return act(rule_for(&at), &at);
}

static int sync_as(enum call call, int fd, long number)
{
    char room[64];
    const struct place at = {.call = call, .path = path_of(fd, room, sizeof room)};
    const struct rule *rule = rule_for(&at);
    if (rule && rule->action == LIE)
        return 0;
    return act(rule, &at) ? -1 : (int)syscall(number, fd);
}

int fsync(int fd)
{
    return sync_as(FSYNC, fd, SYS_fsync);
}

int fdatasync(int fd)
{
    return sync_as(FDATASYNC, fd, SYS_fdatasync);
}

int flock(int fd, int operation)
{
    return on_fd(FLOCK, fd) ? -1 : (int)syscall(SYS_flock, fd, operation);
}

int ftruncate64(int fd, off64_t size)
{
    return on_fd(FTRUNCATE, fd) ? -1 : (int)syscall(SYS_ftruncate, fd, size);
}

int ftruncate(int fd, off_t size)
{
    return ftruncate64(fd, size);
}

/* It returns its error. */
int posix_fallocate64(int fd, off64_t offset, off64_t n)
{
    return on_fd(FALLOCATE, fd) || syscall(SYS_fallocate, fd, 0, offset, n) ? errno : 0;
}

int posix_fallocate(int fd, off_t offset, off_t n)
{
    return posix_fallocate64(fd, offset, n);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
    return on_path(RENAME, to_dir, to) ? -1 : (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    return renameat2(from_dir, from, to_dir, to, 0);
}

int rename(const char *from, const char *to)
{
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlinkat(int dirfd, const char *name, int flags)
{
    return on_path(UNLINK, dirfd, name) ? -1 : (int)syscall(SYS_unlinkat, dirfd, name, flags);
}

int unlink(const char *name)
{
    return unlinkat(AT_FDCWD, name, 0);
}

int mkdirat(int dirfd, const char *name, mode_t mode)
{
    return on_path(MKDIR, dirfd, name) ? -1 : (int)syscall(SYS_mkdirat, dirfd, name, mode);
}

int mkdir(const char *name, mode_t mode)
{
    return mkdirat(AT_FDCWD, name, mode);
}

static int64_t clock_off(const char *file)
{
    char text[32] = "";
    int fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_RDONLY);
    if (fd >= 0 && syscall(SYS_read, fd, text, sizeof text - 1) < 0)
        text[0] = '\0';
    (void)syscall(SYS_close, fd);
    return strtoll(text, NULL, 10);
}

int clock_gettime(clockid_t id, struct timespec *now)
{
    const char *file = id == CLOCK_REALTIME ? getenv("KOBOSHI_FAULTS_CLOCK") : NULL;
    int failed = (int)syscall(SYS_clock_gettime, id, now);
    if (!failed && file)
        now->tv_sec += clock_off(file);
    return failed;
}

static int open_at(int dirfd, const char *name, int flags, mode_t mode)
{
    const char *boot = strcmp(name, "/proc/sys/kernel/random/boot_id") == 0 ? getenv("KOBOSHI_FAULTS_BOOT") : NULL;
    if (boot)
        name = boot;
    char room[8192];
    const struct place at = {
        .call = OPEN, .reads = !(flags & (O_CREAT | O_TRUNC)), .path = path_at(dirfd, name, room, sizeof room)};
    if (act(rule_for(&at), &at))
        return -1;
    int fd = (int)syscall(SYS_openat, dirfd, name, flags, mode);
    char number[64];
    const char *link = "/proc/self/fd/"; /* opened again for reading: a link to what was opened first */
    int again = !strncmp(at.path, link, strlen(link));
    remember(fd, again ? path_of(atoi(at.path + strlen(link)), number, sizeof number) : at.path);
    return fd;
}

int open_tree(int dirfd, const char *name, unsigned flags)
{
    char room[8192];
    int fd = (int)syscall(SYS_open_tree, dirfd, name, flags);
    remember(fd, path_at(dirfd, name, room, sizeof room));
    return fd;
}

int close(int fd)
{
    forget(fd);
    return (int)syscall(SYS_close, fd);
}

/* The log stays open: the first call seen may come before a program closes what it was not given. */
int close_range(unsigned first, unsigned last, int flags)
{
    unsigned log = (unsigned)log_fd;
    if (log_fd < 0 || first > log || last < log)
        return (int)syscall(SYS_close_range, first, last, flags);
    int below = first < log ? (int)syscall(SYS_close_range, first, log - 1, flags) : 0;
    int above = log < last ? (int)syscall(SYS_close_range, log + 1, last, flags) : 0;
    return below ? below : above;
}

int closedir(DIR *folder)
{
    int (*real)(DIR *) = (int (*)(DIR *))(intptr_t)dlsym(RTLD_NEXT, "closedir");
    forget(dirfd(folder));
    return real(folder);
}

static mode_t mode_of(int flags, va_list arguments)
{
    return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(arguments, mode_t) : 0;
}

#define OPENING(declared, dirfd)                                                                                       \
    declared                                                                                                           \
    {                                                                                                                  \
        va_list arguments;                                                                                             \
        va_start(arguments, flags);                                                                                    \
        int fd = open_at(dirfd, name, flags, mode_of(flags, arguments));                                               \
        va_end(arguments);                                                                                             \
        return fd;                                                                                                     \
    }
OPENING(int open(const char *name, int flags, ...), AT_FDCWD)
OPENING(int open64(const char *name, int flags, ...), AT_FDCWD)
OPENING(int openat(int folder, const char *name, int flags, ...), folder)
OPENING(int openat64(int folder, const char *name, int flags, ...), folder)

int __open64_2(const char *name, int flags);
int __open64_2(const char *name, int flags)
{
    return open_at(AT_FDCWD, name, flags, 0);
}

int __openat64_2(int folder, const char *name, int flags);
int __openat64_2(int folder, const char *name, int flags)
{
    return open_at(folder, name, flags, 0);
}
