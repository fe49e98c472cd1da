/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: a generation is of the time that its name, its newest file, its last change or its stamp file tells, in the
 * zone the plan says; one that cannot be dated is told and not offered. */
#include "media_listing.h"

static void test_weekdays(void **state)
{
    (void)state;
    plant("月/a.tar", "x", "2026-11-16T22:00:00+09:00");
    plant("火/a.tar", "x", "2026-11-17T22:00:00+09:00");
    plant("水/a.tar", "x", "2026-11-19T01:30:00+09:00"); /* begun on Wednesday night */
    plant("木/a.tar", "x", "2026-11-12T22:00:00+09:00"); /* a week old, and well */
    plant("金/a.tar", "x", "2026-11-16T09:00:00+09:00"); /* overwritten on Monday */
    plant("土/a.tar", "x", "2026-11-14T22:00:00+09:00"); /* not in the plan */
    list((struct kb_job_copy){.path = "%{weekday:月火水木金}/*.tar"});
    assert_int_equal(t.heard.n_generations, 4);
    assert_generation(0, "水/a.tar", "2026-11-19T01:30:00+09:00", KB_PIT_MTIME);
    assert_generation(1, "火/a.tar", "2026-11-17T22:00:00+09:00", KB_PIT_MTIME);
    assert_generation(3, "木/a.tar", "2026-11-12T22:00:00+09:00", KB_PIT_MTIME);
    assert_int_equal(t.heard.n_findings, 1);
    assert_told("time-disagrees", "金/a.tar", "a Monday");
    assert_non_null(strstr(t.heard.findings[0]->expected.en, "Friday"));
    assert_non_null(strstr(t.heard.findings[0]->expected.ja, "金曜日"));
}

static void test_era_folders_in_any_form(void **state)
{
    (void)state;
    plant("令和8年/ハ\xe3\x82\x99ックアッフ\xe3\x82\x9a-１１２０.tar", "x",
          "2026-11-20T22:00:00+09:00"); /* NFD, full-width */
    plant("R07/バックアップ-1119.tar", "x", "2026-11-20T22:00:00+09:00");
    plant("R08/バックアップ-0230.tar", "x", "2026-11-20T22:00:00+09:00");
    plant("平成31/バックアップ-0501.tar", "x", "2026-11-20T22:00:00+09:00");
    list((struct kb_job_copy){.path = "%{era}/バックアップ-%m%d.tar"});
    assert_nothing_wrong();
    assert_int_equal(t.heard.n_generations, 2);
    assert_generation(0, "令和8年/ハ\xe3\x82\x99ックアッフ\xe3\x82\x9a-１１２０.tar", "2026-11-20T22:00:00+09:00",
                      KB_PIT_NAME_AND_MTIME);
    assert_generation(1, "R07/バックアップ-1119.tar", "2025-11-19T00:00:00+09:00", KB_PIT_NAME_DAY_START);
}

/* Folders and manifests whose names the plan spells in NFC and the disk in NFD. */
static void test_stored_in_nfd(void **state)
{
    (void)state;
    plant("テ\xe3\x82\x99ータ/20261120.tar", "x", "2026-11-20T22:00:00+09:00");
    plant("一覧/テ\xe3\x82\x99ータ-20261120.sha256", "x", "2026-11-20T22:00:00+09:00");
    list((struct kb_job_copy){.path = "データ/%Y%m%d.tar", .manifest = "一覧/データ-%Y%m%d.sha256"});
    assert_nothing_wrong();
    assert_generation(0, "テ\xe3\x82\x99ータ/20261120.tar", "2026-11-20T22:00:00+09:00", KB_PIT_NAME_AND_MTIME);
    assert_string_equal(t.heard.generations[0]->manifest, "一覧/テ\xe3\x82\x99ータ-20261120.sha256");
    /* the other way round */
    list((struct kb_job_copy){.path = "テ\xe3\x82\x99ータ/%Y%m%d.tar", .manifest = "一覧/なし-%Y%m%d.sha256"});
    assert_int_equal(t.heard.n_generations, 1);
    assert_string_equal(t.heard.generations[0]->manifest, "一覧/なし-20261120.sha256");
    /* in CP932 it is another name */
    assert_int_equal(rename(below(root, "テ\xe3\x82\x99ータ"), below(root, "\x83\x66\x81\x5b\x83\x5e")), 0);
    list((struct kb_job_copy){.path = "データ/%Y%m%d.tar"});
    assert_int_equal(t.heard.n_generations, 0);
}

static void test_mirror(void **state)
{
    (void)state;
    plant("共有/総務/規程.txt", "x", "2026-11-19T17:40:00+09:00");
    plant("共有/営業/見積/最新.xlsx", "x", "2026-11-20T18:05:09+09:00");
    plant("外/新しい.txt", "x", "2026-11-21T18:00:00+09:00");
    assert_int_equal(symlink("../外", below(root, "共有/外")), 0);
    assert_int_equal(symlink("../外/新しい.txt", below(root, "共有/新しい.txt")), 0);
    set_mtime(below(root, "共有/新しい.txt"), "2026-11-22T00:00:00+09:00");
    struct kb_job_copy copy = {
        .path = "共有", .format = KB_FORMAT_TREE, .tool = KB_TOOL_ROBOCOPY, .method = KB_METHOD_MIRROR};
    list(copy);
    assert_nothing_wrong();
    assert_int_equal(t.heard.n_generations, 1);
    assert_generation(0, "共有", "2026-11-20T18:05:09+09:00", KB_PIT_NEWEST_FILE);
    /* one file whose clock was wrong is told, and is not the newest */
    plant("共有/営業/未来.jpg", "x", "2099-01-01T00:00:00+09:00");
    list(copy);
    assert_generation(0, "共有", "2026-11-20T18:05:09+09:00", KB_PIT_NEWEST_FILE);
    assert_int_equal(t.heard.n_findings, 1);
    assert_told("time-in-future", "共有/営業/未来.jpg", "1");
    /* a mirror of nothing */
    make_folder(below(root, "空"));
    make_folder(below(root, "空/空"));
    copy.path = "空";
    list(copy);
    assert_int_equal(t.heard.n_generations, 0);
    assert_told("time-unknown", "空", "not one file");
    /* the plan may say otherwise */
    const struct kb_point_in_time mtime = {.from = KB_PIT_FROM_MTIME};
    copy.path = "共有";
    copy.point_in_time = &mtime;
    set_mtime(below(root, "共有"), "2026-11-18T00:00:00+09:00");
    list(copy);
    assert_generation(0, "共有", "2026-11-18T00:00:00+09:00", KB_PIT_MTIME);
}

/* One mirror per weekday: the time of the folder itself says nothing. */
static void test_mirrors_by_weekday(void **state)
{
    (void)state;
    plant("月/a/b.txt", "x", "2026-11-13T17:00:00+09:00");
    plant("火/a/b.txt", "x", "2026-11-17T17:00:00+09:00");
    list((struct kb_job_copy){
        .path = "%{weekday:月火水木金}", .format = KB_FORMAT_TREE, .tool = KB_TOOL_RSYNC, .method = KB_METHOD_MIRROR});
    assert_nothing_wrong();
    assert_generation(0, "火", "2026-11-17T17:00:00+09:00", KB_PIT_NEWEST_FILE);
    assert_generation(1, "月", "2026-11-13T17:00:00+09:00", KB_PIT_NEWEST_FILE);
}

static void test_newest_of_dated_folders(void **state)
{
    (void)state;
    plant("20261120/a", "x", "2026-11-19T17:40:00+09:00");
    plant("20261120/b/c", "x", "2026-11-18T17:40:00+09:00");
    plant("20261113/a", "x", "2026-11-12T17:40:00+09:00");
    const struct kb_point_in_time newest = {.from = KB_PIT_FROM_NEWEST_FILE};
    list((struct kb_job_copy){.path = "%Y%m%d", .format = KB_FORMAT_TREE, .point_in_time = &newest});
    assert_nothing_wrong();
    assert_generation(0, "20261120", "2026-11-19T17:40:00+09:00", KB_PIT_NEWEST_FILE);
    assert_generation(1, "20261113", "2026-11-12T17:40:00+09:00", KB_PIT_NEWEST_FILE);
}

/* What people's scripts write, and what they do not. */
static void test_stamps(void **state)
{
    (void)state;
    static const char utf16[] =
        "\xff\xfe\r\0\n\0"
        "2\0000\0002\0006\000t^1\0001\000\x08g2\0003\000\xe5\x65 \0002\000:\0000\0000\000:\0000\0005\000\r\0\n";
    static const struct {
        const char *text, *time; /* NULL: none */
    } cases[] = {
        {"2026-11-22T17:00:00Z\n", "2026-11-23T02:00:00+09:00"},
        {"2026-11-23T02:00:00+09:00", "2026-11-23T02:00:00+09:00"},
        {"2026-11-23 02:00\n", "2026-11-23T02:00:00+09:00"},
        {"2026-11-23 02:00:05\n", "2026-11-23T02:00:05+09:00"},
        {"2026-11-23T02:00", "2026-11-23T02:00:00+09:00"},
        {"2026/11/23 02:00", "2026-11-23T02:00:00+09:00"},
        {"2026/11/23 02:00:05\r\nmore\r\n", "2026-11-23T02:00:05+09:00"},
        {"2026/11/23  2:00:05.12\r\n", "2026-11-23T02:00:05+09:00"}, /* echo %DATE% %TIME% */
        {"2026/11/23 (月)  2:00:05.12\r\n", "2026-11-23T02:00:05+09:00"},
        {"2026年11月23日 02:00", "2026-11-23T02:00:00+09:00"},
        {"2026年11月23日(月) 2時05分", "2026-11-23T02:05:00+09:00"},
        {"\xef\xbb\xbf"
         "2026-11-23 02:00",
         "2026-11-23T02:00:00+09:00"},
        {"\n\n  2026-11-23 02:00  \n", "2026-11-23T02:00:00+09:00"},
        {"", NULL},
        {"\n\n", NULL},
        {"backup ok", NULL},
        {"2026-11-23", NULL},
        {"2026-11-23 02:00 done", NULL},
        {"2026-02-30 02:00", NULL},
        {"2026-11-23 24:00", NULL},
        {"2026-11-23 02:60", NULL},
        {"26-11-23 02:00", NULL},
        {"2026-11/23 02:00", NULL},
        {"2026-11-2302:00", NULL},
        {"\033[31m2026-11-23 02:00", NULL},
        {"99999999999999999999-11-23 02:00", NULL},
    };
    const struct kb_point_in_time stamp = {.from = KB_PIT_FROM_STAMP_FILE, .file = "log/終了.txt"};
    struct kb_job_copy copy = {.path = "共有", .format = KB_FORMAT_TREE, .point_in_time = &stamp};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        plant("共有/log/終了.txt", cases[i].text, "2026-11-01T00:00:00+09:00");
        list(copy);
        if (t.heard.n_generations != (cases[i].time != NULL))
            print_message("%s\n", cases[i].text);
        if (cases[i].time) {
            assert_nothing_wrong();
            assert_generation(0, "共有", cases[i].time, KB_PIT_STAMP_FILE);
        } else {
            assert_int_equal(t.heard.n_generations, 0);
            assert_int_equal(t.heard.n_findings, 1);
            assert_told("time-unknown", "共有/log/終了.txt", "");
            assert_null(strchr(t.heard.findings[0]->found.en, '\033'));
        }
    }
    int fd = open(below(root, "共有/log/終了.txt"), O_WRONLY | O_TRUNC | O_CLOEXEC);
    assert_int_equal(kb_write_all(fd, utf16, sizeof utf16), 0);
    assert_int_equal(close(fd), 0);
    list(copy);
    assert_nothing_wrong();
    assert_generation(0, "共有", "2026-11-23T02:00:05+09:00", KB_PIT_STAMP_FILE);
}

static void test_stamp_that_is_none(void **state)
{
    (void)state;
    const struct kb_point_in_time stamp = {.from = KB_PIT_FROM_STAMP_FILE, .file = "stamp.txt"};
    struct kb_job_copy copy = {.path = "共有/*.tar", .point_in_time = &stamp};
    plant("共有/a.tar", "x", "2026-11-01T00:00:00+09:00");
    plant("共有/b.tar", "x", "2026-11-02T00:00:00+09:00");
    list(copy);
    assert_int_equal(t.heard.n_generations, 0);
    assert_int_equal(t.heard.n_findings, 1); /* one stamp for both, and one word about it */
    assert_told("time-unknown", "共有/stamp.txt", "No such file");
    plant("secret.txt", "2026-11-03 00:00\n", "2026-11-01T00:00:00+09:00");
    assert_int_equal(symlink("../secret.txt", below(root, "共有/stamp.txt")), 0);
    list(copy);
    assert_int_equal(t.heard.n_generations, 0);
    assert_told("time-unknown", "共有/stamp.txt", "symbolic link");
    assert_int_equal(unlink(below(root, "共有/stamp.txt")), 0);
    assert_int_equal(mkfifo(below(root, "共有/stamp.txt"), 0644), 0);
    list(copy);
    assert_int_equal(t.heard.n_generations, 0);
    assert_told("time-unknown", "共有/stamp.txt", "no regular file");
    assert_int_equal(unlink(below(root, "共有/stamp.txt")), 0);
    const struct kb_point_in_time outside = {.from = KB_PIT_FROM_STAMP_FILE, .file = "../secret.txt"};
    copy.point_in_time = &outside;
    list(copy);
    assert_int_equal(t.heard.n_generations, 0);
    copy.point_in_time = &stamp;
    plant("共有/stamp.txt", "2026-11-03 00:00\n", "2026-11-01T00:00:00+09:00");
    list(copy);
    assert_nothing_wrong();
    assert_int_equal(t.heard.n_generations, 2);
    assert_generation(1, "共有/b.tar", "2026-11-03T00:00:00+09:00", KB_PIT_STAMP_FILE);
}

static void test_zones(void **state)
{
    (void)state;
    struct kb_job_copy wsb = {
        .path = "WindowsImageBackup/*/Backup %Y-%m-%d %H%M%S", .format = KB_FORMAT_TREE, .tool = KB_TOOL_WSB};
    plant("WindowsImageBackup/SRV1/Backup 2026-11-20 160005/a.vhdx", "x", "2026-11-20T18:00:00+09:00");
    plant("WindowsImageBackup/SRV1/Catalog/a", "x", "2026-11-20T18:00:00+09:00");
    list(wsb);
    assert_nothing_wrong();
    assert_int_equal(t.heard.n_generations, 1);
    assert_generation(0, "WindowsImageBackup/SRV1/Backup 2026-11-20 160005", "2026-11-21T01:00:05+09:00", KB_PIT_NAME);
    const struct kb_point_in_time local = {.tz = "Asia/Tokyo"}, new_york = {.tz = "America/New_York"};
    wsb.point_in_time = &local;
    list(wsb);
    assert_generation(0, "WindowsImageBackup/SRV1/Backup 2026-11-20 160005", "2026-11-20T16:00:05+09:00", KB_PIT_NAME);
    wsb.point_in_time = &new_york;
    list(wsb);
    assert_generation(0, "WindowsImageBackup/SRV1/Backup 2026-11-20 160005", "2026-11-21T06:00:05+09:00", KB_PIT_NAME);
    /* the zone of one copy is not that of the next */
    struct kb_job_copy copies[] = {wsb, wsb};
    copies[0].set = copies[1].set = "share";
    copies[1].point_in_time = &local;
    (void)open_medium(&medium, copies, 2);
    assert_generation(1, "WindowsImageBackup/SRV1/Backup 2026-11-20 160005", "2026-11-20T16:00:05+09:00", KB_PIT_NAME);
    /* a day is a day of that zone: this one was still the 20th in New York */
    plant("a-20261120.tar", "x", "2026-11-21T10:00:00+09:00");
    list((struct kb_job_copy){.path = "a-%Y%m%d.tar", .point_in_time = &new_york});
    assert_generation(0, "a-20261120.tar", "2026-11-21T10:00:00+09:00", KB_PIT_NAME_AND_MTIME);
    assert_string_equal(getenv("TZ"), "Asia/Tokyo");
}

static void test_future(void **state)
{
    (void)state;
    plant("20261120.tar", "x", "2026-11-20T10:00:00+09:00");
    plant("20991120.tar", "x", "2099-11-21T10:00:00+09:00");
    plant("20981120.tar", "x", "2099-11-21T10:00:00+09:00");
    list((struct kb_job_copy){.path = "%Y%m%d.tar"});
    assert_int_equal(t.heard.n_generations, 3); /* which of them may be used is for the drill to say */
    assert_int_equal(t.heard.n_findings, 1);
    assert_told("time-in-future", "20991120.tar", "2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_weekdays), TEST(test_era_folders_in_any_form), TEST(test_stored_in_nfd),
        TEST(test_mirror),   TEST(test_mirrors_by_weekday),      TEST(test_newest_of_dated_folders),
        TEST(test_stamps),   TEST(test_stamp_that_is_none),      TEST(test_zones),
        TEST(test_future),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
