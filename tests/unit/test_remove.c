/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: a tree goes whole, however deep, with few descriptors and a small stack, and nothing outside of it; what cannot
 * go is said, and the rest goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "koboshi/err.h"
#include "koboshi/file.h"

/* Far beyond PATH_MAX: 20,000 names of 100 bytes are 2 MB of path. */
enum { DEEP = 20000, NAME_BYTES = 100 };

static char top[32];

static int make_top(void **state)
{
    (void)state;
    (void)strcpy(top, "/tmp/kb-remove-XXXXXX");
    return !mkdtemp(top) || chdir(top) || mkdir("tree", 0700);
}

static int remove_top(void **state)
{
    (void)state;
    return chdir("/") || rmdir(top); /* nothing else may be left in it */
}

static void touch(int dirfd, const char *name)
{
    KB_SCOPED_FD fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
}

/* A chain of folders, each with a file and a folder beside the next one, and shut every hundredth time. */
static void make_chain(const char *name, int depth)
{
    char step[NAME_BYTES + 1];
    memset(step, 'd', NAME_BYTES);
    step[NAME_BYTES] = '\0';
    KB_SCOPED_FD here = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < depth; i++) {
        assert_int_equal(mkdirat(here, step, 0700), 0);
        touch(here, "file");
        assert_int_equal(mkdirat(here, "beside", i % 100 ? 0700 : 0), 0);
        int next = openat(here, step, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_true(next >= 0);
        if (i % 100 == 99)
            assert_int_equal(fchmod(here, 0500), 0);
        (void)close(here);
        here = next;
    }
}

/* In a process with room for six more descriptors and a stack of 256 KiB. */
static void remove_poorly(const char *name)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (!child) {
        int next = dup(0);
        const struct rlimit files = {.rlim_cur = (rlim_t)next + 6, .rlim_max = (rlim_t)next + 6};
        const struct rlimit stack = {.rlim_cur = 256 << 10, .rlim_max = RLIM_INFINITY};
        struct kb_err err = {0};
        (void)close(next);
        if (setrlimit(RLIMIT_NOFILE, &files) || setrlimit(RLIMIT_STACK, &stack))
            _exit(2);
        int code = kb_remove_tree(AT_FDCWD, name, &err);
        if (code)
            (void)fprintf(stderr, "%s\n", err.frame[0].en);
        _exit(code ? 1 : 0);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_deep(void **state)
{
    (void)state;
    make_chain("tree", DEEP);
    remove_poorly("tree");
    assert_int_equal(access("tree", F_OK), -1);
}

static void test_wide_and_links(void **state)
{
    (void)state;
    assert_int_equal(mkdir("outside", 0700), 0);
    touch(AT_FDCWD, "outside/kept");
    assert_int_equal(symlink("../outside", "tree/link"), 0);
    assert_int_equal(symlink("..", "tree/up"), 0);
    assert_int_equal(link("outside/kept", "tree/twin"), 0);
    for (int i = 0; i < 300; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "tree/%d", i);
        assert_int_equal(mkdir(name, 0700), 0);
        make_chain(name, i % 3);
    }
    remove_poorly("tree");
    assert_int_equal(access("tree", F_OK), -1);
    assert_int_equal(unlink("outside/kept"), 0);
    assert_int_equal(rmdir("outside"), 0);
}

static void test_neither_folder_nor_there(void **state)
{
    (void)state;
    struct kb_err err = {0};
    assert_int_equal(kb_remove_tree(AT_FDCWD, "nothing", &err), 0);
    assert_int_equal(symlink("tree", "link"), 0);
    assert_int_equal(kb_remove_tree(AT_FDCWD, "link", &err), 0);
    assert_int_equal(access("tree", F_OK), 0);
    touch(AT_FDCWD, "file");
    assert_int_equal(kb_remove_tree(AT_FDCWD, "file", &err), 0);
    assert_int_equal(kb_remove_tree(AT_FDCWD, "tree", &err), 0);
}

/* Never across a mount; what lies beside it goes. In a name space of its own, so that the mount ends with the child. */
static void test_mount_below(void **state)
{
    (void)state;
    assert_int_equal(mkdir("tree/on", 0700) | mkdir("tree/other", 0700), 0);
    make_chain("tree/other", 3);
    pid_t child = fork();
    assert_true(child >= 0);
    if (!child) {
        struct kb_err err = {0};
        if (unshare(CLONE_NEWNS | (geteuid() ? CLONE_NEWUSER : 0)) ||
            mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) || mount("none", "tree/on", "tmpfs", 0, NULL) ||
            mkdir("tree/on/kept", 0700))
            _exit(3);
        int code = kb_remove_tree(AT_FDCWD, "tree", &err);
        _exit(code != KB_EIO || !strstr(err.frame[0].en, strerror(EXDEV)) || access("tree/on/kept", F_OK) ||
              !access("tree/other", F_OK));
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    remove_poorly("tree");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_deep, make_top, remove_top),
        cmocka_unit_test_setup_teardown(test_wide_and_links, make_top, remove_top),
        cmocka_unit_test_setup_teardown(test_neither_folder_nor_there, make_top, remove_top),
        cmocka_unit_test_setup_teardown(test_mount_below, make_top, remove_top),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
