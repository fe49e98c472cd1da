/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: every folder below the top is listed ahead of the walk, none behind a link or beyond the time. */
#include "koboshi/placed.h"

#include "tools.h"

static const char *const folders[] = {"t", "t/a", "t/a/b", "t/a/b/c", "t/z", "t/z/名前", "t/a/b/c/d e"};
enum { FOLDERS = sizeof folders / sizeof *folders };

/* Nobody listed them for a long time. */
static void make_old(const char *path)
{
    const struct timespec long_ago[2] = {{.tv_sec = 1000}, {.tv_sec = 1000000}};
    assert_int_equal(utimensat(AT_FDCWD, path, long_ago, 0), 0);
}

static bool was_listed(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_atime != 1000;
}

static void make_folders(void)
{
    SHELL("rm -rf t out && mkdir -p out 't/a/b/c/d e' t/z/名前 && ln -s ../out t/out && ln -s . t/a/self");
    for (int i = 0; i < 500; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "t/z/%03d", i);
        assert_int_equal(mkdir(name, 0700), 0);
        make_old(name);
    }
    make_old("out");
    for (size_t i = 0; i < FOLDERS; i++)
        make_old(folders[i]);
}

static void list_ahead(int flags, int64_t until_ns)
{
    KB_SCOPED_FD fd = open("t", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    kb_folders_ahead(fd, flags, until_ns);
}

static void test_all(void **state)
{
    (void)state;
    make_folders();
    SHELL("ls t/a > /dev/null");
    if (!was_listed("t/a")) {
        print_message("mounted noatime: nobody can tell what was listed\n");
        skip();
    }
    make_old("t/a");
    list_ahead(0, 0);
    for (size_t i = 0; i < FOLDERS; i++)
        assert_true(was_listed(folders[i]));
    assert_true(was_listed("t/z/000") && was_listed("t/z/499"));
    assert_false(was_listed("out"));
}

static void test_time(void **state)
{
    (void)state;
    make_folders();
    list_ahead(0, kb_boot_ns() - 1);
    assert_false(was_listed("t/a") || was_listed("t/z/名前"));
}

/* Where the medium is not in a view of its own, not even access times may change. */
static void test_quiet(void **state)
{
    (void)state;
    make_folders();
    list_ahead(O_NOATIME, 0);
    for (size_t i = 0; i < FOLDERS; i++)
        assert_false(was_listed(folders[i]));
    assert_false(was_listed("t/z/000") || was_listed("t/z/499"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all), cmocka_unit_test(test_time),
                                       cmocka_unit_test(test_quiet)};
    return cmocka_run_group_tests(tests, tools_setup, tools_teardown);
}
