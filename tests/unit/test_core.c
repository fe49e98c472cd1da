/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: names from media are shown safely, times and files are what they say, arenas grow. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/text.h"

static void test_escape(void **state)
{
    (void)state;
    static const struct {
        const char *raw, *shown;
    } cases[] = {
        {"総務/見積.xlsx", "総務/見積.xlsx"},
        {"100%", "100%25"},
        {"a\033[31mb", "a%1B[31mb"},
        {"\x95\x5c", "%95\\"},
        {"x\xe2\x80\xaegnp.exe", "x%E2%80%AEgnp.exe"},
        {"line\nfeed", "line%0Afeed"},
        {"\xc3\x28", "%C3("},
        {"\xed\xa0\x80", "%ED%A0%80"},
    };
    KB_SCOPED_ARENA arena = kb_arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(kb_escape(arena, cases[i].raw, strlen(cases[i].raw)), cases[i].shown);
    assert_string_equal(kb_escape(arena, "a\0b", 3), "a%00b");
    assert_int_equal(kb_width("共有 x"), 6);
    assert_int_equal(kb_fit("共有", 5), 3);
    assert_int_equal(kb_fit("共有", 6), 6);
    assert_int_equal(kb_fit("", 6), 0);
}

/* Each kind of byte or character at each place of longer names: what is before and behind it changes nothing. */
static void test_escape_at_every_place(void **state)
{
    (void)state;
    static const struct {
        const char *raw, *shown;
        bool utf8;
    } odd[] = {{"%", "%25", true}, {"\x1f", "%1F", true},        {"\x7f", "%7F", true}, {"\x80", "%80", false},
               {"共", "共", true}, {"\xc2\x85", "%C2%85", true}, {"~", "~", true},      {" ", " ", true},
               {"é", "é", true},   {"\xe5\x85", "%E5%85", false}};
    enum { LONGEST = 50 };
    KB_SCOPED_ARENA arena = kb_arena_new();
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        for (int n = 0; n <= LONGEST; n++)
            for (int at = 0; at <= n; at++) {
                const char *raw = kb_sprintf(arena, "%.*s%s%.*s", at,
                                             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", odd[i].raw, n - at,
                                             "zyxwvutsrqponmlkjihgfedcbaZYXWVUTSRQPONMLKJIHGFEDCBA");
                const char *shown = kb_sprintf(arena, "%.*s%s%.*s", at,
                                               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", odd[i].shown,
                                               n - at, "zyxwvutsrqponmlkjihgfedcbaZYXWVUTSRQPONMLKJIHGFEDCBA");
                assert_string_equal(kb_escape(arena, raw, strlen(raw)), shown);
                assert_int_equal(kb_is_utf8(raw, strlen(raw)), odd[i].utf8);
            }
    assert_false(kb_is_utf8("abcdefghijklmnopqrstuvw\0x", 25));
}

static void test_fit_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *line;
        size_t columns;
    } cases[] = {
        {"one two", "one two", 7}, {"one two", "one ", 6},          {"onetwo", "one", 3},  {"a\nb", "a", 9},
        {"復元した", "復元", 5},   {"復元。訓練", "復", 4},         {"復（元）", "復", 4}, {"人待って", "人", 5},
        {"共", "共", 1},           {"\xff\xff\xff", "\xff\xff", 2}, {"", "", 5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t n = kb_fit_line(cases[i].text, cases[i].columns);
        assert_int_equal(n, strlen(cases[i].line));
        assert_memory_equal(cases[i].text, cases[i].line, n);
    }
}

static void test_brief(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    assert_string_equal(kb_brief(arena, "abcdef", 6), "abcdef");
    assert_string_equal(kb_brief(arena, "abcdefg", 6), "abcde…");
    assert_string_equal(kb_brief(arena, "3 of 9: aaa, bbb, ccc, ddd", 20), "3 of 9: aaa, bbb, …");
    assert_string_equal(kb_brief(arena, "見積, 契約, 請求, 台帳", 18), "見積, 契約, …");
}

static void test_same_uuid(void **state)
{
    (void)state;
    assert_true(kb_same_uuid("5C1E-A9F0", "5c1ea9f0"));
    assert_true(kb_same_uuid("a-b-c", "A-B-C"));
    assert_false(kb_same_uuid("5C1E-A9F0", "5C1E-A9F"));
    assert_false(kb_same_uuid("5C1E-A9F0", "5C1E-A9F1"));
    assert_false(kb_same_uuid("abc", NULL));
    assert_false(kb_same_uuid(NULL, NULL));
}

static void test_numbers(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    assert_string_equal(kb_show_count(arena, 48211), "48,211");
    assert_string_equal(kb_show_count(arena, -1000), "-1,000");
    assert_string_equal(kb_show_count(arena, 7), "7");
    assert_string_equal(kb_show_bytes(arena, 1023), "1023 B");
    assert_string_equal(kb_show_bytes(arena, 3114000000), "2.9 GiB");
    assert_string_equal(kb_show_rate(arena, 0, 0), "–");
    assert_string_equal(kb_show_ns(arena, INT64_C(23400000000), KB_EN), "23.4 s");
    assert_string_equal(kb_show_ns(arena, INT64_C(24120) * KB_NS_PER_S, KB_JA), "6時間42分");
    assert_string_equal(kb_show_ns(arena, INT64_C(655200) * KB_NS_PER_S, KB_EN), "7d14h");
}

static void test_times(void **state)
{
    (void)state;
    struct kb_err err = {0};
    assert_int_equal(kb_zone_use("Asia/Tokyo", &err), 0);
    int64_t t = 0;
    KB_SCOPED_ARENA arena = kb_arena_new();
    assert_true(kb_time_parse("2026-12-05T09:00:00+09:00", &t));
    assert_int_equal(t, 1796428800);
    assert_string_equal(kb_time_rfc3339(arena, t), "2026-12-05T09:00:00+09:00");
    assert_string_equal(kb_time_show(arena, t), "2026-12-05 09:00 JST");
    assert_true(kb_time_parse("2026-12-05 00:00:00.5Z", &t));
    assert_int_equal(t, 1796428800);
    /* Tokyo's local mean time was 9:18:59 ahead: seconds of an offset cannot be written, the instant stays the same */
    assert_true(kb_time_parse("1700-01-01T00:00:00Z", &t));
    assert_string_equal(kb_time_rfc3339(arena, t), "1700-01-01T09:18:00+09:18");
    static const char *const refused[] = {"2026-02-29T00:00:00Z",
                                          "2026-12-05",
                                          "2026-12-05T09:00:00",
                                          "2026-12-05T24:00:00Z",
                                          "2026-12-05T09:00:00+0900",
                                          "2026-12-05T09:00:00Zjunk",
                                          ""};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_false(kb_time_parse(refused[i], &t));
    assert_int_equal(kb_zone_use("Asia/Atlantis", &err), KB_ECONFIG);
    assert_int_equal(kb_zone_use("../../etc/passwd", &err), KB_ECONFIG);
    assert_true(kb_time_local(2026, 12, 5, 9, 0, 0, &t));
    assert_int_equal(t, 1796428800);
    assert_false(kb_time_local(2026, 2, 30, 0, 0, 0, &t));
}

static void test_files(void **state)
{
    (void)state;
    char folder[] = "/tmp/kb-core-XXXXXX";
    assert_non_null(mkdtemp(folder));
    KB_SCOPED_FD dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_err err = {0};
    assert_int_equal(kb_file_publish(dir, "a", "one", 3, 0600, &err), 0);
    assert_int_equal(kb_file_publish(dir, "a", "second", 6, 0600, &err), 0);
    char *data = NULL;
    size_t n = 0;
    assert_int_equal(kb_file_read(dir, "a", 100, arena, &data, &n, &err), 0);
    assert_int_equal(n, 6);
    assert_memory_equal(data, "second", 7);
    assert_int_equal(kb_file_read(dir, "a", 5, arena, &data, &n, &err), KB_EIO);
    assert_int_equal(symlinkat("a", dir, "link"), 0);
    assert_int_not_equal(kb_file_read(dir, "link", 100, arena, &data, &n, &err), 0);

    char deep[256];
    (void)snprintf(deep, sizeof deep, "%s/x/y/z/", folder);
    assert_int_equal(kb_mkdir_p(deep, 0700, &err), 0);
    struct stat st;
    assert_int_equal(fstatat(dir, "x/y/z", &st, 0), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(fstatat(dir, "x", &st, 0), 0); /* keys below it are shut, restored data is within reach */
    assert_int_equal(st.st_mode & 0777, 0711);
    assert_int_equal(symlinkat("/etc", dir, "x/y/outside"), 0);
    assert_int_equal(fchmodat(dir, "x/y", 0500, 0), 0);
    assert_int_equal(kb_remove_tree(dir, "x", &err), 0);
    assert_int_equal(kb_remove_tree(dir, "x", &err), 0);
    assert_int_equal(access("/etc/passwd", F_OK), 0);
    assert_int_equal(kb_remove_tree(AT_FDCWD, folder, &err), 0);
    assert_int_equal(access(folder, F_OK), -1);
}

static void test_err_is_cut_between_characters(void **state)
{
    (void)state;
    char name[3 * KB_ERR_TEXT_MAX + 1] = "";
    for (size_t i = 0; i < KB_ERR_TEXT_MAX; i++)
        memcpy(name + 3 * i, "表", 3);
    for (int shift = 0; shift < 3; shift++) {
        struct kb_err err = {0};
        (void)kb_fail(&err, KB_EIO, "%.*s%s", "%.*s%s", shift, "ab", name);
        size_t n = strlen(err.frame[0].ja);
        assert_in_range(n, KB_ERR_TEXT_MAX - 3, KB_ERR_TEXT_MAX - 1);
        assert_true(kb_is_utf8(err.frame[0].ja, n) && kb_is_utf8(err.frame[0].en, strlen(err.frame[0].en)));
    }
}

static void test_err(void **state)
{
    (void)state;
    struct kb_err err = {0};
    assert_int_equal(kb_fail(&err, KB_EIO, "reading %s: %d", "%s の読み込み: %d", "disk", 5), KB_EIO);
    for (int i = 0; i < 6; i++)
        assert_int_equal(kb_wrap(&err, "layer %d", "層 %d", i), KB_EIO);
    assert_int_equal(err.n_frames, KB_ERR_FRAMES);
    assert_string_equal(err.frame[0].en, "reading disk: 5");
    assert_string_equal(err.frame[3].ja, "層 2");
    kb_err_add(&err, KB_EPERM, "%n", "%s");
    assert_int_equal(err.code, KB_EPERM);
}

static void test_arena(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    int *numbers = NULL;
    for (int i = 0; i < 100000; i++) {
        numbers = kb_grow(arena, numbers, (size_t)i, sizeof *numbers);
        numbers[i] = i;
    }
    for (int i = 0; i < 100000; i++)
        assert_int_equal(numbers[i], i);
    char *big = kb_alloc(arena, 1 << 20, 1);
    assert_int_equal(big[(1 << 20) - 1], 0);
    assert_string_equal(kb_sprintf(arena, "%05d", 42), "00042");
}

static void test_causes_in_japanese(void **state)
{
    (void)state;
    struct kb_err err = {0};
    (void)kb_fail(&err, KB_EIO, "%s: %s", "%s を読めません: %s", "plan.yaml", strerror(ENOENT));
    assert_string_equal(err.frame[0].en, "plan.yaml: No such file or directory");
    assert_string_equal(err.frame[0].ja, "plan.yaml を読めません: ファイルまたはフォルダがありません");
    struct kb_arena *arena = kb_arena_new();
    struct kb_text text = kb_text_new(arena, "%s", "0 バイト目: %s。読み直しも失敗", strerror(EIO));
    assert_string_equal(text.en, "Input/output error");
    assert_string_equal(text.ja, "0 バイト目: 入出力エラー（機器が読み書きに失敗しました）。読み直しも失敗");
    /* a name is no cause */
    assert_string_equal(kb_text_new(arena, "%s", "%s", "Is a directory.txt").ja, "Is a directory.txt");
    assert_string_equal(kb_text_new(arena, "%s", "フォルダ %s", "Is a directory").ja, "フォルダ Is a directory");
    kb_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escape),
        cmocka_unit_test(test_escape_at_every_place),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_err),
        cmocka_unit_test(test_err_is_cut_between_characters),
        cmocka_unit_test(test_arena),
        cmocka_unit_test(test_causes_in_japanese),
        cmocka_unit_test(test_fit_line),
        cmocka_unit_test(test_brief),
        cmocka_unit_test(test_same_uuid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
