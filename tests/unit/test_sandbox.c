/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: after each level of confinement the listed things are impossible and the needed ones work, on ABI 2 and here.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cmocka.h>

#include <linux/openat2.h>

#include "../../agent/sandbox/confine.h"
#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"

enum { NOBODY = 65534 };
enum {
    READ = 1 << KB_CONFINE_READ,
    RESTORE = 1 << KB_CONFINE_RESTORE,
    PROBE = 1 << KB_CONFINE_PROBE,
    PROGRAMS = 1 << 8 /* whatever the level, where programs may be run */
};

static char top[] = "/tmp/koboshi-sandbox-XXXXXX";

static bool done(int result)
{
    return result >= 0;
}

static bool opens(const char *path, int flags)
{
    KB_SCOPED_FD fd = open(path, flags | O_CLOEXEC, 0600);
    return fd >= 0;
}

/* Paths are below `top`, the working folder of every test. */
static bool read_source(void)
{
    char text[8] = "";
    KB_SCOPED_FD fd = open("source/data", O_RDONLY);
    return fd >= 0 && read(fd, text, 6) == 6 && !strcmp(text, "backup");
}
static bool list_source(void)
{
    return opens("source", O_RDONLY | O_DIRECTORY);
}
static bool write_source(void)
{
    return opens("source/data", O_WRONLY);
}
static bool create_in_source(void)
{
    return opens("source/new", O_WRONLY | O_CREAT | O_EXCL);
}
static bool truncate_source_at_open(void)
{
    return opens("source/data", O_WRONLY | O_TRUNC);
}
/* Which no filter of system calls can see. */
static bool truncate_unseen(void)
{
    struct open_how how = {.flags = O_RDONLY | O_TRUNC};
    (void)close((int)syscall(SYS_openat2, AT_FDCWD, "outside/open-folder/long", &how, sizeof how));
    (void)close(open("outside/open-folder/long", O_RDONLY | O_TRUNC));
    (void)close(open("outside/open-folder/long", O_WRONLY | O_TRUNC));
    bool cut = done(truncate("outside/open-folder/long", 1));
    struct stat st;
    return cut || stat("outside/open-folder/long", &st) || st.st_size != 4;
}
static bool remove_source(void)
{
    return done(unlink("source/data"));
}
static bool rename_source(void)
{
    return done(rename("source/data", "source/gone"));
}
static bool mkdir_in_source(void)
{
    return done(mkdir("source/dir", 0700));
}
static bool read_key(void)
{
    return opens("outside/key", O_RDONLY);
}
static bool read_open_file_outside(void)
{
    return opens("outside/public", O_RDONLY);
}
static bool read_through_link(void)
{
    return opens("scratch/out-link", O_RDONLY);
}
static bool write_through_link(void)
{
    return opens("scratch/out-link", O_WRONLY);
}
static bool read_passwd(void)
{
    return opens("/etc/passwd", O_RDONLY);
}
static bool read_shadow(void)
{
    return opens("/etc/shadow", O_RDONLY);
}
static bool list_root(void)
{
    return opens("/", O_RDONLY | O_DIRECTORY);
}
static bool read_proc(void)
{
    return opens("/proc/self/status", O_RDONLY);
}
static bool create_outside(void)
{
    return opens("outside/open-folder/new", O_WRONLY | O_CREAT | O_EXCL);
}
static bool create_in_tmp(void)
{
    return opens("/tmp", O_WRONLY | O_TMPFILE);
}
static bool write_disk(void)
{
    return opens("/dev/zero", O_RDWR);
}
static bool write_null(void)
{
    return opens("/dev/null", O_RDWR);
}
static bool become_root(void)
{
    return done(setuid(0)) || done(setresuid(0, 0, 0)) || done(setegid(0));
}
static bool trace_parent(void)
{
    return done(ptrace(PTRACE_SEIZE, getppid(), 0, 0)) && done(ptrace(PTRACE_DETACH, getppid(), 0, 0));
}
static bool runs(const char *program, const char *argument)
{
    int status = -1, output[2];
    pid_t pid = pipe2(output, O_CLOEXEC) ? -1 : fork();
    if (pid == 0) {
        (void)close(STDERR_FILENO);
        (void)dup2(output[1], STDOUT_FILENO);
        execl(program, program, argument, (char *)NULL);
        _exit(1);
    }
    bool good = waitpid(pid, &status, 0) == pid && status == 0;
    (void)close(output[0]);
    (void)close(output[1]);
    return good;
}
static bool run_program(void)
{
    return runs("/bin/true", NULL);
}
static bool run_to_read_source(void)
{
    return runs("/usr/bin/wc", "source/data");
}
static bool run_to_read_key(void)
{
    return runs("/usr/bin/wc", "outside/key") || runs("/usr/bin/wc", "/etc/shadow") || runs("/usr/bin/ls", "/root");
}
static bool run_to_change_source(void)
{
    return runs("/usr/bin/unlink", "source/data") || runs("/usr/bin/mkdir", "source/dir") ||
           runs("/usr/bin/touch", "source/new") || runs("/usr/bin/touch", "outside/open-folder/new");
}
static bool make_device(void)
{
    return done(mknod("scratch/device", S_IFBLK | 0600, 0x0700)) || done(mknod("scratch/tty", S_IFCHR | 0600, 0x0501));
}
static bool make_fifo(void)
{
    return done(mkfifo("scratch/fifo", 0600));
}
static bool change_root(void)
{
    return done(chroot("source"));
}
static bool fill_scratch(void)
{
    static const char text[] = "restored";
    KB_SCOPED_FD fd = open("scratch/new", O_RDWR | O_CREAT | O_EXCL, 0600);
    return fd >= 0 && !kb_write_all(fd, text, sizeof text) && !ftruncate(fd, 4) && done(mkdir("scratch/dir", 0700)) &&
           done(symlink("new", "scratch/inner")) && done(link("scratch/new", "scratch/dir/twin")) &&
           done(rename("scratch/dir/twin", "scratch/twin")) && opens("scratch/twin", O_RDONLY) &&
           opens("scratch", O_RDONLY | O_DIRECTORY) && done(unlink("scratch/twin")) && done(unlink("scratch/inner")) &&
           done(unlink("scratch/new")) && done(rmdir("scratch/dir"));
}
static bool link_outside_in(void)
{
    return done(link("outside/open-folder/loose", "scratch/loose"));
}
static bool rename_out(void)
{
    return opens("scratch/mover", O_WRONLY | O_CREAT) && done(rename("scratch/mover", "outside/open-folder/mover"));
}

static const struct {
    const char *what;
    bool (*possible)(void);
    unsigned levels; /* at which it must work; elsewhere it must not */
} attempts[] = {
    {"read the source", read_source, READ | RESTORE | PROBE},
    {"list the source", list_source, READ | RESTORE | PROBE},
    {"write the source", write_source, 0},
    {"create in the source", create_in_source, 0},
    {"truncate the source", truncate_source_at_open, 0},
    {"cut a file outside", truncate_unseen, 0},
    {"remove the source", remove_source, 0},
    {"rename the source", rename_source, 0},
    {"make a folder in the source", mkdir_in_source, 0},
    {"read the key", read_key, 0},
    {"read a public file outside", read_open_file_outside, 0},
    {"read outside through a link", read_through_link, 0},
    {"write outside through a link", write_through_link, 0},
    {"read /etc/passwd", read_passwd, 0},
    {"read /etc/shadow", read_shadow, 0},
    {"list /", list_root, 0},
    {"read /proc", read_proc, 0},
    {"create outside", create_outside, 0},
    {"create in /tmp", create_in_tmp, 0},
    {"write a device", write_disk, 0},
    {"write /dev/null", write_null, PROBE | PROGRAMS},
    {"become root", become_root, 0},
    {"trace the parent", trace_parent, 0},
    {"run a program", run_program, PROBE | PROGRAMS},
    {"read the source by a program", run_to_read_source, PROBE | PROGRAMS},
    {"read the key by a program", run_to_read_key, 0},
    {"change something by a program", run_to_change_source, 0},
    {"make a device", make_device, 0},
    {"make a fifo", make_fifo, 0},
    {"change the root folder", change_root, 0},
    {"fill the scratch folder", fill_scratch, RESTORE | PROBE},
    {"link an outside file in", link_outside_in, 0},
    {"rename out of the scratch", rename_out, 0},
};

struct trial {
    enum kb_confine_level level;
    int64_t abi;
    bool as_root, programs; /* programs: such as read what belongs to others */
};

static void say(const char *text)
{
    (void)kb_write_all(2, text, strlen(text));
}

/* In the child: 0 when all attempts end as the table says. _exit, so that the leak checker (which traces) stays out. */
static int attempt_all(const struct trial *trial)
{
    char source[64], scratch[64];
    (void)snprintf(source, sizeof source, "%s/source", top);
    (void)snprintf(scratch, sizeof scratch, "%s/scratch", top);
    const char *reads[] = {source, "/nonexistent/path", NULL}, *writes[] = {scratch, NULL};
    struct kb_confine params = {.level = trial->level, .read = reads, .write = writes, .open_files = 64};
    params.programs = params.read_any_owner = trial->programs;
    params.user = trial->as_root ? "nobody" : NULL;
    if (!trial->as_root && geteuid() == 0 && (setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY)))
        return 1;
    struct kb_confinement reached;
    struct kb_err err = {0};
    struct kb_arena *arena = kb_arena_new();
    if (kb_confine_at_most(&params, trial->abi, arena, &reached, &err)) {
        say(err.frame[0].en);
        return 1;
    }
    int wrong = !reached.complete || !reached.no_new_privs ||
                strcmp(reached.capabilities, trial->programs && trial->as_root ? "cap_dac_read_search=eip" : "none") !=
                    0 ||
                strcmp(reached.seccomp, trial->level == KB_CONFINE_PROBE ? "deny-list" : "allow-list") != 0 ||
                !reached.landlock_rights || strncmp(reached.landlock_rights, "files, refer", 12) != 0 ||
                (reached.user != NULL) != trial->as_root || reached.landlock_abi < 2 ||
                reached.landlock_abi > trial->abi || reached.uid != geteuid();
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
        bool wanted = attempts[i].levels & ((1U << trial->level) | (trial->programs ? (unsigned)PROGRAMS : 0));
        if (attempts[i].possible() == wanted)
            continue;
        wrong++;
        say(kb_sprintf(arena, "level %d, abi %lld, root %d, programs %d: %s: %s\n", trial->level, (long long)trial->abi,
                       trial->as_root, trial->programs, attempts[i].what, wanted ? "does not work" : "is possible"));
    }
    return wrong;
}

static int in_child(int (*body)(const void *), const void *arg)
{
    int status = -1;
    pid_t pid = fork();
    if (pid == 0)
        _exit(chdir(top) || body(arg) ? 1 : 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static int attempt_body(const void *arg)
{
    return attempt_all(arg);
}

static char *tripwire(struct kb_arena *arena)
{
    char *text = NULL;
    size_t n;
    int dirfd = open(top, O_RDONLY | O_DIRECTORY);
    assert_true(dirfd >= 0);
    assert_int_equal(kb_file_read(dirfd, "outside/open-folder/loose", 100, arena, &text, &n, NULL), 0);
    (void)close(dirfd);
    return text;
}

static void test_levels(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    for (int level = KB_CONFINE_READ; level <= KB_CONFINE_PROBE; level++) {
        for (int i = 0; i < 8; i++) {
            struct trial trial = {.level = level, .abi = i & 1 ? 2 : INT64_MAX, .as_root = i & 2, .programs = i & 4};
            if (trial.as_root && geteuid() != 0)
                continue; /* the switch itself needs root; the rest was tried */
            assert_int_equal(in_child(attempt_body, &trial), 0);
        }
    }
    assert_string_equal(tripwire(arena), "tripwire");
}

/* A planted hole: without confinement the table must see everything as possible that root may do. */
static int see_unconfined(const void *arg)
{
    (void)arg;
    struct kb_confine params = {.level = KB_CONFINE_READ};
    struct kb_confinement reached = {.complete = true};
    struct kb_err err = {0};
    struct kb_confining c = {.params = &params, .arena = kb_arena_new(), .reached = &reached, .err = &err};
    return kb_outcome_check(&c) == KB_ESANDBOX && err.n_frames == 1 ? 0 : 1;
}

static void test_missing_sandbox_is_loud(void **state)
{
    (void)state;
    assert_int_equal(in_child(see_unconfined, NULL), 0);
}

static int confine_simply(enum kb_sandbox_mode mode, const char *user, int64_t abi, struct kb_confinement *reached)
{
    struct kb_confine params = {.level = KB_CONFINE_READ, .mode = mode, .user = user};
    return kb_confine_at_most(&params, abi, kb_arena_new(), reached, NULL);
}

static int no_landlock(const void *arg)
{
    (void)arg;
    struct kb_confinement reached = {0};
    if (confine_simply(KB_SANDBOX_REQUIRED, NULL, 1, &reached) != KB_ESANDBOX || reached.landlock_abi)
        return 1;
    return confine_simply(KB_SANDBOX_BEST_EFFORT, NULL, 1, &reached) || reached.complete || !reached.lacking.ja ||
           !reached.lacking.en || reached.landlock_abi != 1;
}

static int no_account(const void *arg)
{
    (void)arg;
    struct kb_confinement reached = {0};
    struct kb_err err = {0};
    struct kb_confine params = {.level = KB_CONFINE_READ, .user = "koboshi-nobody-has-this"};
    if (kb_confine(&params, kb_arena_new(), &reached, &err) != KB_ESANDBOX ||
        !strstr(err.frame[0].en, "adduser --system"))
        return 1;
    params.mode = KB_SANDBOX_BEST_EFFORT;
    return kb_confine(&params, kb_arena_new(), &reached, &err) || reached.complete || reached.uid != 0 ||
           !strstr(reached.lacking.en, "adduser --system");
}

static void test_what_lacks(void **state)
{
    (void)state;
    assert_int_equal(in_child(no_landlock, NULL), 0);
    if (geteuid() == 0)
        assert_int_equal(in_child(no_account, NULL), 0);
    uint32_t uid, gid;
    assert_true(kb_account_ids("nobody", &uid, &gid));
    assert_int_equal(uid, NOBODY);
    assert_false(kb_account_ids("koboshi-nobody-has-this", &uid, &gid));
}

static int read_of_any_owner(const void *arg)
{
    (void)arg;
    char folder[64];
    (void)snprintf(folder, sizeof folder, "%s/outside", top);
    const char *reads[] = {folder, NULL};
    struct kb_confine params = {.level = KB_CONFINE_READ, .user = "nobody", .read = reads, .read_any_owner = true};
    struct kb_confinement reached;
    if (kb_die_with_parent(NULL) || kb_confine(&params, kb_arena_new(), &reached, NULL))
        return 1;
    int death = 0;
    struct rlimit core;
    return !read_key() || become_root() || opens("outside/key", O_WRONLY) || create_outside() || read_source() ||
           change_root() || strcmp(reached.capabilities, "cap_dac_read_search=ep") != 0 ||
           prctl(PR_GET_PDEATHSIG, &death, 0, 0, 0) || death != SIGKILL || prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0 ||
           getrlimit(RLIMIT_CORE, &core) || core.rlim_cur != 0;
}

static void test_read_any_owner(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        print_message("not root: no account to switch to\n");
        skip();
    }
    assert_int_equal(in_child(read_of_any_owner, NULL), 0);
}

static int no_network(const void *arg)
{
    (void)arg;
    struct kb_confinement reached;
    if (confine_simply(KB_SANDBOX_REQUIRED, NULL, INT64_MAX, &reached))
        return 1;
    if (reached.landlock_abi < 4)
        return 0; /* the kernel has no such right */
    KB_SCOPED_FD fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in local = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd >= 0 && (!connect(fd, (struct sockaddr *)&local, sizeof local) || errno != EACCES))
        return 1;
    return reached.landlock_abi >= 6 && !kill(getppid(), 0);
}

static void test_network_and_signals(void **state)
{
    (void)state;
    assert_int_equal(in_child(no_network, NULL), 0);
}

static void plant(const char *name, const char *text, mode_t mode)
{
    KB_SCOPED_FD fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0 && !kb_write_all(fd, text, strlen(text)) && !fchmod(fd, mode));
}

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(top) || chdir(top) || chmod(top, 0755) || mkdir("source", 0777) || mkdir("scratch", 0777) ||
        mkdir("outside", 0755) || mkdir("outside/open-folder", 0777))
        return -1;
    if (chmod("source", 0777) || chmod("scratch", 0777) || chmod("outside/open-folder", 0777))
        return -1;
    plant("source/data", "backup", 0666);
    plant("outside/key", "secret", 0600);
    plant("outside/public", "public", 0666);
    plant("outside/open-folder/long", "long", 0666);
    plant("outside/open-folder/loose", "tripwire", 0666);
    return symlink("../outside/public", "scratch/out-link");
}

static int tear_down(void **state)
{
    (void)state;
    return chdir("/") || kb_remove_tree(AT_FDCWD, top, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_missing_sandbox_is_loud),
        cmocka_unit_test(test_what_lacks),
        cmocka_unit_test(test_read_any_owner),
        cmocka_unit_test(test_network_and_signals),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
