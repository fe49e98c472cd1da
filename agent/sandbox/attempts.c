/* SPDX-License-Identifier: Apache-2.0 */
/* What a confined process must not be able to do, and what it must, as one table. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/openat2.h>

#include <sys/resource.h>

#include "koboshi/file.h"

#include "trial.h"

/* What happened is looked at afterwards: an attempt minds no error, and goes on with its next way. */
static void tell(const struct kb_trial *t, const char *what)
{
    (void)kb_write_all(t->told, what, strlen(what));
}

static void tell_file(const struct kb_trial *t, int fd)
{
    char text[KB_TRIAL_SECRET + 1];
    ssize_t n = fd < 0 ? -1 : read(fd, text, KB_TRIAL_SECRET);
    text[n > 0 ? n : 0] = '\0';
    tell(t, text);
    if (fd >= 0)
        (void)close(fd);
}

static void spoil(int fd)
{
    if (fd < 0)
        return;
    (void)kb_write_all(fd, "spoiled", 7);
    (void)close(fd);
}

static int open_beneath(const char *path, uint64_t flags)
{
    struct open_how how = {.flags = flags, .mode = flags & O_CREAT ? 0600 : 0};
    return (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
}

static void read_source(const struct kb_trial *t)
{
    tell_file(t, open("source/data", O_RDONLY | O_CLOEXEC));
}

static void change_source(const struct kb_trial *t)
{
    (void)t;
    spoil(open("source/data", O_WRONLY | O_CLOEXEC));
    spoil(open_beneath("source/data", O_WRONLY));
    spoil(open("source/new", O_WRONLY | O_CREAT | O_EXCL, 0600));
    spoil(open_beneath("source/newer", O_WRONLY | O_CREAT));
    kb_tried(mkdir("source/folder", 0700));
    kb_tried(rename("source/data", "source/gone"));
    kb_tried(unlink("source/data"));
}

static void cut_source(const struct kb_trial *t)
{
    (void)t;
    kb_tried(truncate("source/data", 1));
    (void)close(open("source/data", O_WRONLY | O_TRUNC));
    (void)close(open("source/data", O_RDONLY | O_TRUNC));
}

static void cut_source_unseen(const struct kb_trial *t)
{
    (void)t;
    (void)close(open_beneath("source/data", O_RDONLY | O_TRUNC));
}

static void change_outside(const struct kb_trial *t)
{
    (void)t;
    spoil(open("outside/open/data", O_WRONLY | O_CLOEXEC));
    spoil(open_beneath("outside/open/data", O_WRONLY | O_APPEND));
    spoil(open("outside/open/new", O_WRONLY | O_CREAT | O_EXCL, 0600));
    kb_tried(mkdir("outside/open/folder", 0700));
    kb_tried(symlink("data", "outside/open/link"));
    kb_tried(rename("scratch/old", "outside/open/moved"));
    kb_tried(link("scratch/old", "outside/open/twin"));
    kb_tried(truncate("outside/open/data", 1));
    kb_tried(unlink("outside/open/data"));
}

static void change_through_link(const struct kb_trial *t)
{
    (void)t;
    spoil(open("scratch/to-file", O_WRONLY | O_CLOEXEC));
    spoil(open("scratch/to-folder/data", O_WRONLY | O_CLOEXEC));
    spoil(open("scratch/to-folder/new", O_WRONLY | O_CREAT, 0600));
    kb_tried(truncate("scratch/to-file", 1));
}

static void read_outside(const struct kb_trial *t)
{
    tell_file(t, open("outside/open/data", O_RDONLY | O_CLOEXEC));
    tell_file(t, open("scratch/to-file", O_RDONLY | O_CLOEXEC));
    tell_file(t, open_beneath("outside/open/data", O_RDONLY));
    if (!link("outside/open/data", "scratch/twin") || !rename("outside/open/data", "scratch/moved"))
        tell(t, t->secret);
}

static void read_key(const struct kb_trial *t)
{
    tell_file(t, open("outside/keys/agent.key", O_RDONLY | O_CLOEXEC));
}

static void use_ledger(const struct kb_trial *t)
{
    tell_file(t, open("outside/ledger/ledger.jsonl", O_RDONLY | O_CLOEXEC));
    spoil(open("outside/ledger/ledger.jsonl", O_WRONLY | O_APPEND | O_CLOEXEC));
}

static void read_by_handle(const struct kb_trial *t)
{
    struct {
        struct file_handle handle;
        unsigned char room[MAX_HANDLE_SZ];
    } name = {.handle.handle_bytes = MAX_HANDLE_SZ};
    int mount;
    if (!name_to_handle_at(t->folder, "outside/open/data", &name.handle, &mount, 0))
        tell_file(t, open_by_handle_at(t->folder, &name.handle, O_RDONLY | O_CLOEXEC));
}

static void read_system(const struct kb_trial *t)
{
    static const char *const paths[] = {"/etc/passwd", "/etc/hostname", "/proc/self/status", "/proc/1/cmdline"};
    char byte;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        KB_SCOPED_FD fd = open(paths[i], O_RDONLY | O_CLOEXEC);
        if (fd >= 0 && read(fd, &byte, 1) == 1)
            tell(t, t->secret);
    }
    KB_SCOPED_FD root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root >= 0)
        tell(t, t->secret);
}

static void fill_scratch(const struct kb_trial *t)
{
    KB_SCOPED_FD fd = open("scratch/made", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    if (fd >= 0 && !kb_write_all(fd, t->secret, KB_TRIAL_SECRET) && !kb_write_all(fd, "rest", 4) &&
        !ftruncate(fd, KB_TRIAL_SECRET) && !fchmod(fd, 0640) && !futimens(fd, times) && !fsync(fd) &&
        !mkdir("scratch/folder", 0700) && !symlink("made", "scratch/inner") &&
        !link("scratch/made", "scratch/folder/twin") && !rename("scratch/folder/twin", "scratch/filled") &&
        !unlink("scratch/made") && !unlink("scratch/inner") && !rmdir("scratch/folder"))
        tell(t, t->secret);
}

static bool is_filled(const struct kb_trial *t)
{
    char text[KB_TRIAL_SECRET];
    KB_SCOPED_FD fd = open("scratch/filled", O_RDONLY | O_CLOEXEC);
    struct stat st;
    return fd >= 0 && read(fd, text, sizeof text) == sizeof text && !memcmp(text, t->secret, sizeof text) &&
           !fstat(fd, &st) && st.st_size == KB_TRIAL_SECRET && (st.st_mode & 0777) == 0640 && st.st_mtime == 1 &&
           access("scratch/folder", F_OK) && access("scratch/inner", F_OK);
}

static void clear_scratch(const struct kb_trial *t)
{
    if (!unlink("scratch/old") && !unlink("scratch/to-folder"))
        tell(t, t->secret);
}

static bool is_cleared(const struct kb_trial *t)
{
    struct stat st;
    (void)t;
    return lstat("scratch/old", &st) && lstat("scratch/to-folder", &st);
}

static void make_nodes(const struct kb_trial *t)
{
    (void)t;
    kb_tried(mknod("scratch/disk", S_IFBLK | 0600, 0x0700));
    kb_tried(mknod("scratch/terminal", S_IFCHR | 0600, 0x0501));
    kb_tried(mknod("scratch/nothing", S_IFCHR | 0600, 0));
    kb_tried(mkfifo("scratch/fifo", 0600));
    kb_tried(mknod("scratch/socket", S_IFSOCK | 0600, 0));
}

static bool has_nodes(const struct kb_trial *t)
{
    static const char *const names[] = {"scratch/disk", "scratch/terminal", "scratch/nothing", "scratch/fifo",
                                        "scratch/socket"};
    struct stat st;
    (void)t;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!lstat(names[i], &st))
            return true;
    return false;
}

static void change_mode(const struct kb_trial *t)
{
    (void)t;
    kb_tried(chmod("outside/open/own", 0640));
    kb_tried(fchmodat(AT_FDCWD, "outside/open/own", 0640, 0));
}

static void *tell_from_thread(void *trial)
{
    const struct kb_trial *t = trial;
    tell(t, t->secret);
    return NULL;
}

static void start_thread(const struct kb_trial *t)
{
    pthread_t thread;
    if (!pthread_create(&thread, NULL, tell_from_thread, (void *)(uintptr_t)t))
        (void)pthread_join(thread, NULL);
}

static void lower_priority(const struct kb_trial *t)
{
    struct sched_param none = {0};
    if (!setpriority(PRIO_PROCESS, 0, 19) && getpriority(PRIO_PROCESS, 0) == 19 &&
        !sched_setscheduler(0, SCHED_BATCH, &none) && sched_getscheduler(0) == SCHED_BATCH)
        tell(t, t->secret);
}

static void echo(const struct kb_trial *t, char *argv[3], char text[KB_TRIAL_SECRET + 1])
{
    static char name[] = "echo";
    memcpy(text, t->secret, KB_TRIAL_SECRET + 1);
    argv[0] = name;
    argv[1] = text;
    argv[2] = NULL;
}

/* In a new process: what is told comes from there. */
static void run_there(const struct kb_trial *t, bool by_descriptor)
{
    char *argv[3], text[KB_TRIAL_SECRET + 1], *env[] = {NULL};
    echo(t, argv, text);
    (void)dup2(t->told, STDOUT_FILENO);
    if (by_descriptor)
        (void)syscall(SYS_execveat, t->program, "", argv, env, AT_EMPTY_PATH);
    else
        (void)execve("/bin/echo", argv, env);
}

static void wait_for(pid_t pid)
{
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

static void run_program(const struct kb_trial *t)
{
    char *argv[3], text[KB_TRIAL_SECRET + 1], *env[] = {NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid = 0;
    echo(t, argv, text);
    if (posix_spawn_file_actions_init(&actions))
        return;
    if (!posix_spawn_file_actions_adddup2(&actions, t->told, STDOUT_FILENO) &&
        !posix_spawn(&pid, "/bin/echo", &actions, NULL, argv, env))
        wait_for(pid);
    (void)posix_spawn_file_actions_destroy(&actions);
    if (!pid)
        run_there(t, false); /* no other process is needed for that */
}

static void run_descriptor(const struct kb_trial *t)
{
    run_there(t, true);
}

static void start_process(const struct kb_trial *t)
{
    pid_t pid = fork();
    if (!pid) {
        tell(t, t->secret);
        _exit(0);
    }
    wait_for(pid);
    pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (!pid) {
        tell(t, t->secret);
        _exit(0);
    }
    wait_for(pid);
}

static void map_code(const struct kb_trial *t)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page != MAP_FAILED && !mprotect(page, 4096, PROT_READ | PROT_EXEC))
        tell(t, t->secret);
    if (mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
        tell(t, t->secret);
}

enum {
    R = 1 << KB_TRIAL_READ,
    RX = 1 << KB_TRIAL_READ_PROGRAMS,
    W = 1 << KB_TRIAL_RESTORE,
    WX = 1 << KB_TRIAL_RESTORE_PROGRAMS,
    P = 1 << KB_TRIAL_PROBE,
    M = 1 << KB_TRIAL_MEDIA,   /* not held by Landlock: what it may open is known, and what it may do with that */
    C = 1 << KB_TRIAL_CLEANUP, /* opens no file */
    ALL = R | RX | W | WX | P | M | C
};

#define EVER INT64_MAX

const struct kb_attempt kb_attempts[] = {
    {"read-source", {"復元元を読む", "read the source"}, read_source, .possible = ALL & ~C},
    {"start-thread", {"スレッドを開始する", "start a thread"}, start_thread, .possible = ALL},
    {"lower-priority", {"自分の優先度を下げる", "lower its own priority"}, lower_priority, .possible = ALL},
    {"fill-scratch",
     {"作業フォルダに書き込む", "fill the scratch folder"},
     fill_scratch,
     is_filled,
     W | WX | P,
     .known = M,
     .since = EVER},
    {"clear-scratch",
     {"作業フォルダから削除する", "remove from the scratch folder"},
     clear_scratch,
     is_cleared,
     W | WX | P | C,
     .known = M,
     .since = EVER},
    {"run-program", {"プログラムを実行する", "run a program"}, run_program, .possible = RX | WX | P | M},
    {"run-descriptor",
     {"開いておいたプログラムを実行する", "run a program opened before"},
     run_descriptor,
     .possible = P | M},
    {"start-process", {"プロセスを開始する", "start a process"}, start_process, .possible = RX | WX | P | M},
    {"change-source", {"復元元を変更する", "change the source"}, change_source, .known = M, .since = EVER},
    {"cut-source", {"復元元を切り詰める", "cut the source"}, cut_source, .known = M, .since = EVER},
    {"cut-source-openat2",
     {"復元元を openat2 で切り詰める", "cut the source by openat2"},
     cut_source_unseen,
     .known = M,
     .since = EVER},
    {"change-outside", {"外のファイルを変更する", "change files outside"}, change_outside, .known = M, .since = EVER},
    {"change-through-link",
     {"シンボリックリンク経由で外を変更する", "change files outside through a link"},
     change_through_link,
     .known = M,
     .since = EVER},
    {"change-mode",
     {"同じアカウントの外のファイルの権限を変える", "change the mode of an own file outside"},
     change_mode,
     .known = W | WX | P | M,
     .since = EVER},
    {"read-outside", {"外のファイルを読む", "read files outside"}, read_outside, .known = M, .since = EVER},
    {"read-by-handle", {"ファイルハンドルで外を読む", "read outside by a file handle"}, read_by_handle},
    {"read-key", {"署名鍵を読む", "read the key"}, read_key, .known = M, .since = EVER},
    {"use-ledger", {"台帳を読み書きする", "read or write the ledger"}, use_ledger, .known = M, .since = EVER},
    {"read-system",
     {"/etc/passwd・/proc・/ を読む", "read /etc/passwd, /proc, /"},
     read_system,
     .known = M,
     .since = EVER},
    {"make-node", {"デバイスや FIFO を作る", "make a device or FIFO"}, make_nodes, has_nodes},
    {"make-socket", {"ソケットを作る", "make a socket"}, kb_attempt_socket},
    {"connect", {"接続する", "connect"}, kb_attempt_connect, kb_has_connected},
    {"trace", {"他のプロセスを操作する (ptrace)", "trace another process"}, kb_attempt_trace, kb_is_traced},
    {"read-memory", {"他のプロセスのメモリーを読む", "read another process' memory"}, kb_attempt_memory},
    {"signal",
     {"他のプロセスを止める", "end another process"},
     kb_attempt_signal,
     kb_is_ended,
     .known = RX | WX | P | M,
     .since = 6},
    {"mount", {"マウントする", "mount"}, kb_attempt_mount, kb_has_mounted, .known = M, .since = EVER},
    {"become-root", {"root になる、権限を得る", "become root, gain rights"}, kb_attempt_root, kb_is_root},
    {"io-uring", {"io_uring を使う", "use io_uring"}, kb_attempt_uring},
    {"namespace", {"名前空間を作る", "make a namespace"}, kb_attempt_namespace},
    {"clone3-process", {"clone3 でプロセスを開始する", "start a process by clone3"}, kb_attempt_clone3},
    {"kernel", {"bpf・鍵リング・userfaultfd などを使う", "use bpf, key rings, userfaultfd, perf"}, kb_attempt_kernel},
    {"make-code",
     {"実行できるメモリーを作る", "make memory that can be run"},
     map_code,
     .known = RX | WX | P | M,
     .since = EVER},
};
const size_t kb_n_attempts = sizeof kb_attempts / sizeof *kb_attempts;
