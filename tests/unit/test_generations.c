/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: of a folder medium the generations are listed newest first, with their times, and nothing that only looks like
 * one is taken silently. */
#include "media_bench.h"

#include <sys/wait.h>

static struct kb_job_medium folder(const char *path)
{
    return (struct kb_job_medium){.id = "folder", .kind = KB_MEDIUM_FOLDER, .mount = path};
}

/* It speaks of rights, and sends nobody to look at cables. */
static void assert_rights_wanted(const struct kb_finding *finding)
{
    assert_non_null(strstr(finding->found.en, "this account"));
    assert_non_null(strstr(finding->found.ja, "アカウント"));
    assert_non_null(strstr(finding->next.en, "root"));
    assert_non_null(strstr(finding->next.ja, "root"));
    assert_null(strstr(finding->next.en, "cable"));
    assert_null(strstr(finding->next.ja, "ケーブル"));
}

static int set_up(void **state)
{
    (void)state;
    return bench_set_up();
}

static int tear_down(void **state)
{
    (void)state;
    return bench_tear_down();
}

static void test_folder(void **state)
{
    (void)state;
    struct kb_job_medium medium = folder(below(t.dir, "控え"));
    assert_status(open_medium(&medium, NULL, 0), KB_MEDIUM_ABSENT);
    make_folder(medium.mount);
    assert_status(open_medium(&medium, NULL, 0), KB_MEDIUM_EMPTY);
    assert_true(heard_rule("mount-empty"));
    fill(medium.mount);
    const struct kb_medium_state *found = open_medium(&medium, NULL, 0);
    assert_status(found, KB_MEDIUM_READY);
    assert_string_equal(found->root, medium.mount);
    assert_non_null(found->fs_type);
    assert_false(found->mounted_by_us);
    assert_int_equal(t.heard.n_findings, 0);
    check_listing();
    close_medium(&medium);
    assert_int_equal(access(medium.mount, F_OK), 0);
    medium.mount = below(medium.mount, "会計/月次-20251120.tar");
    assert_status(open_medium(&medium, NULL, 0), KB_MEDIUM_UNREADABLE);
}

static void test_links_and_kinds(void **state)
{
    (void)state;
    const char *root = below(t.dir, "控え"), *outside = below(t.dir, "外");
    make_folder(root);
    make_folder(outside);
    make_folder(below(root, "会計"));
    write_file(below(outside, "月次-20261230.tar"), "outside");
    write_file(below(root, "会計/月次-20261120.tar"), "inside");
    write_file(below(root, "会計/月次-20260231.tar"), "no such day");
    write_file(below(root, "会計/月次-\xff"
                           "20261201.tar"),
               "raw");
    make_folder(below(root, "会計/月次-20261202.tar"));
    assert_int_equal(symlink(below(outside, "月次-20261230.tar"), below(root, "会計/月次-20261231.tar")), 0);
    assert_int_equal(symlink("../../外", below(root, "営業")), 0);
    assert_int_equal(symlink("月次-20261120.tar", below(root, "会計/月次-20261120.sha256")), 0);
    struct kb_job_copy copies[] = {
        {.set = "会計", .path = "会計/月次-%Y%m%d.tar", .manifest = "会計/月次-%Y%m%d.sha256"},
        {.set = "営業", .path = "営業/月次-%Y%m%d.tar"},
        {.set = "全部", .path = "*/月次-*%Y%m%d.tar"},
        {.set = "木", .format = KB_FORMAT_TREE, .path = "会計/月次-%Y%m%d.tar"},
    };
    struct kb_job_medium medium = folder(root);
    (void)open_medium(&medium, &copies[0], 1);
    assert_int_equal(t.heard.n_generations, 1);
    assert_string_equal(t.heard.generations[0]->path, "会計/月次-20261120.tar");
    assert_int_equal(t.heard.n_findings, 2); /* the link and the folder */
    assert_string_equal(t.heard.findings[0]->file, "会計/月次-20261231.tar");

    (void)open_medium(&medium, &copies[1], 1);
    assert_int_equal(t.heard.n_generations, 0);
    assert_true(heard_rule("generation-skipped"));
    assert_string_equal(t.heard.findings[0]->file, "営業");

    (void)open_medium(&medium, &copies[2], 1);
    assert_int_equal(t.heard.n_generations, 1);
    bool raw_name_told = false;
    for (size_t i = 0; i < t.heard.n_findings; i++)
        raw_name_told |= strstr(t.heard.findings[i]->file, "%FF20261201") != NULL;
    assert_true(raw_name_told);

    (void)open_medium(&medium, &copies[3], 1);
    assert_int_equal(t.heard.n_generations, 1);
    assert_string_equal(t.heard.generations[0]->path, "会計/月次-20261202.tar");
    assert_true(t.heard.generations[0]->bytes == KB_ABSENT);
}

static void test_times_and_order(void **state)
{
    (void)state;
    const char *root = below(t.dir, "控え");
    make_folder(root);
    static const struct {
        const char *name, *mtime, *time;
        int source;
    } files[] = {
        /* in the order expected */
        {"b-20261122", "2026-11-23T02:00:00+09:00", "2026-11-22T00:00:00+09:00", KB_PIT_NAME_DAY_START},
        {"a-20261121", "2026-11-21T23:30:00+09:00", "2026-11-21T23:30:00+09:00", KB_PIT_NAME_AND_MTIME},
        {"a-20261120", "2026-12-01T00:00:00+09:00", "2026-11-20T00:00:00+09:00", KB_PIT_NAME_DAY_START},
        {"b-20261120", "2026-12-01T00:00:00+09:00", "2026-11-20T00:00:00+09:00", KB_PIT_NAME_DAY_START},
    };
    const size_t n = sizeof files / sizeof *files;
    for (size_t i = n; i-- > 0;) {
        write_file(below(root, files[i].name), "x");
        set_mtime(below(root, files[i].name), files[i].mtime);
    }
    struct kb_err err = {0};
    assert_int_equal(kb_zone_use("Asia/Tokyo", &err), 0);
    struct kb_job_copy copy = {.set = "share", .format = KB_FORMAT_FILE, .path = "?-%Y%m%d", .manifest = "?-%Y.sha256"};
    struct kb_job_medium medium = folder(root);
    (void)open_medium(&medium, &copy, 1);
    assert_int_equal(t.heard.n_generations, n);
    for (size_t i = 0; i < n; i++) {
        const struct kb_generation *generation = t.heard.generations[i];
        assert_string_equal(generation->path, files[i].name);
        assert_string_equal(kb_time_rfc3339(t.arena, generation->point_in_time), files[i].time);
        assert_string_equal(kb_time_rfc3339(t.arena, generation->mtime), files[i].mtime);
        assert_int_equal(generation->pit_source, files[i].source);
    }
    assert_string_equal(t.heard.generations[0]->manifest, "b-2026.sha256");
}

static void test_too_many(void **state)
{
    (void)state;
    const char *root = below(t.dir, "控え");
    make_folder(root);
    int dir = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < 4100; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "%04d.tar", i);
        int fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        const struct timespec times[2] = {{.tv_sec = 1000000 + i}, {.tv_sec = 1000000 + i}};
        assert_int_equal(futimens(fd, times), 0);
        (void)close(fd);
    }
    (void)close(dir);
    struct kb_job_copy copy = {.set = "share", .path = "*.tar"};
    struct kb_job_medium medium = folder(root);
    (void)open_medium(&medium, &copy, 1);
    assert_int_equal(t.heard.n_generations, 4000);
    assert_string_equal(t.heard.generations[0]->path, "4099.tar");
    assert_int_equal(t.heard.n_findings, 1);
    assert_int_equal(t.heard.findings[0]->count, 100);
}

static void test_unlistable(void **state)
{
    (void)state;
    NEEDS_ROOT();
    const char *root = below(t.dir, "控え");
    make_folder(root);
    fill(root);
    assert_int_equal(chmod(t.dir, 0755), 0);
    assert_int_equal(chmod(below(root, "会計"), 0), 0);
    struct kb_job_medium medium = folder(root);
    assert_int_equal(seteuid(65534), 0);
    (void)open_medium(&medium, NULL, 0);
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(t.heard.n_generations, 0);
    assert_true(heard_rule("medium-unreadable"));
    assert_string_equal(t.heard.findings[0]->file, "会計");
    assert_rights_wanted(t.heard.findings[0]);
}

/* In a child without root, so that nothing of this process changes. */
static void test_no_rights(void **state)
{
    (void)state;
    const char *root = below(t.dir, "控え");
    make_folder(root);
    fill(root);
    assert_int_equal(chmod(t.dir, 0711), 0);
    assert_int_equal(chmod(root, 0), 0);
    (void)fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (!pid) {
        struct kb_job_medium medium = folder(root);
        if (geteuid() == 0 && (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534)))
            _exit(2);
        assert_status(open_medium(&medium, NULL, 0), KB_MEDIUM_UNREADABLE);
        assert_int_equal(t.heard.n_findings, 1);
        assert_string_equal(t.heard.findings[0]->rule, "medium-unreadable");
        assert_rights_wanted(t.heard.findings[0]);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(chmod(root, 0755), 0);
    /* what has another cause keeps the rule's own advice */
    struct kb_job_medium medium = folder(below(root, "会計/月次-20251120.tar"));
    assert_status(open_medium(&medium, NULL, 0), KB_MEDIUM_UNREADABLE);
    assert_non_null(strstr(t.heard.findings[0]->next.en, "cable"));
}

static void test_bad_pattern(void **state)
{
    (void)state;
    const char *root = below(t.dir, "控え");
    make_folder(root);
    fill(root);
    struct kb_job_medium medium = folder(root);
    struct kb_job_copy copy = {.set = "share", .path = "../%Y"};
    struct kb_job job = {.medium = &medium, .copies = {.n = 1, .v = &copy}};
    struct kb_media_sink sink = {&t.heard, hear_medium, hear_generation, hear_finding};
    struct kb_err err = {0};
    assert_int_equal(kb_media_open_stage(&job, t.arena, &sink, &err), KB_EPLAN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_folder),     TEST(test_links_and_kinds), TEST(test_times_and_order), TEST(test_too_many),
        TEST(test_unlistable), TEST(test_no_rights),       TEST(test_bad_pattern),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
