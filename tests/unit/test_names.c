/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: names are decoded before they are judged, CP932 with its 0x5C second bytes too, and no name leads outside. */
#include "tools.h"

#include "koboshi/archive.h"
#include "koboshi/limits.h"

static void test_decode(void **state)
{
    (void)state;
    static const struct {
        enum kb_name_encoding encoding;
        bool flagged;
        const char *raw, *text;
    } cases[] = {
        {KB_NAMES_AUTO, false, "総務/見積.xlsx", "総務/見積.xlsx"},
        {KB_NAMES_AUTO, false, "\x91\x8d\x96\xb1/\x95\x5c.txt", "総務/表.txt"},
        {KB_NAMES_AUTO, false, "\x83\x5c\x83t\x83g", "ソフト"},
        {KB_NAMES_AUTO, false, "\x87\x40\xfb\xfc.txt", "①髙.txt"},
        {KB_NAMES_AUTO, false, "\xb6\xde.txt", "ｶﾞ.txt"},
        {KB_NAMES_AUTO, true, "\x95\x5c", "\x95\x5c"},
        {KB_NAMES_UTF8, false, "\x95\x5c", "\x95\x5c"},
        {KB_NAMES_AUTO, false, "\xff\xfe", "\xff\xfe"},
        {KB_NAMES_CP932, false, "\xc3\xa9", "ﾃｩ"},
        {KB_NAMES_AUTO, false, "\xc3\xa9", "é"},
        {KB_NAMES_AUTO, false, "か\xe3\x82\x99", "か\xe3\x82\x99"}, /* NFD stays NFD */
        {KB_NAMES_AUTO, false, "", ""},
    };
    KB_SCOPED_ARENA arena = kb_arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct kb_names *names = kb_names_new(cases[i].encoding);
        assert_string_equal(kb_names_decode(names, cases[i].raw, strlen(cases[i].raw), cases[i].flagged, arena),
                            cases[i].text);
        kb_names_free(names);
    }
}

static void test_judge(void **state)
{
    (void)state;
    static const struct {
        const char *raw;
        enum kb_path_fault fault;
        const char *path;
    } cases[] = {
        {"a/b", KB_PATH_SAFE, "a/b"},
        {"./a//b/./c/", KB_PATH_SAFE, "a/b/c"},
        {"...", KB_PATH_SAFE, "..."},
        {"a..b/..c", KB_PATH_SAFE, "a..b/..c"},
        {"総務/表.txt", KB_PATH_SAFE, "総務/表.txt"},
        {"dir\\file", KB_PATH_SAFE, "dir\\file"},
        {"a\nb", KB_PATH_SAFE, "a\nb"},
        {"", KB_PATH_EMPTY, NULL},
        {"./", KB_PATH_EMPTY, NULL},
        {"/etc/passwd", KB_PATH_ABSOLUTE, NULL},
        {"//x", KB_PATH_ABSOLUTE, NULL},
        {"..", KB_PATH_PARENT, NULL},
        {"../evil", KB_PATH_PARENT, NULL},
        {"a/../../evil", KB_PATH_PARENT, NULL},
        {"a/..", KB_PATH_PARENT, NULL},
        {"..\\evil", KB_PATH_WINDOWS, NULL},
        {"a\\..\\..\\evil", KB_PATH_WINDOWS, NULL},
        {"a/..\\evil", KB_PATH_WINDOWS, NULL},
        {"C:", KB_PATH_WINDOWS, NULL},
        {"c:evil", KB_PATH_WINDOWS, NULL},
        {"./C:/evil", KB_PATH_WINDOWS, NULL},
        {"\\\\server\\share", KB_PATH_WINDOWS, NULL},
    };
    KB_SCOPED_ARENA arena = kb_arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = NULL;
        if (kb_path_judge(cases[i].raw, strlen(cases[i].raw), arena, &path) != cases[i].fault)
            fail_msg("%s is misjudged", cases[i].raw);
        if (cases[i].path)
            assert_string_equal(path, cases[i].path);
        else
            assert_null(path);
    }
    const char *path = NULL;
    assert_int_equal(kb_path_judge("a\0b", 3, arena, &path), KB_PATH_NUL);
}

static void test_limits(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    char *long_name = kb_alloc(arena, KB_PATH_BYTES_MAX + 2, 1);
    const char *path = NULL;
    memset(long_name, 'x', KB_NAME_BYTES_MAX);
    assert_int_equal(kb_path_judge(long_name, KB_NAME_BYTES_MAX, arena, &path), KB_PATH_SAFE);
    long_name[KB_NAME_BYTES_MAX] = 'x';
    assert_int_equal(kb_path_judge(long_name, KB_NAME_BYTES_MAX + 1, arena, &path), KB_PATH_NAME_TOO_LONG);
    for (size_t i = 0; i < KB_PATH_BYTES_MAX + 1; i++)
        long_name[i] = i % 2 ? '/' : 'x';
    assert_int_equal(kb_path_judge(long_name, 2 * KB_PATH_DEPTH_MAX, arena, &path), KB_PATH_SAFE);
    assert_int_equal(kb_path_judge(long_name, 2 * KB_PATH_DEPTH_MAX + 1, arena, &path), KB_PATH_TOO_DEEP);
    assert_int_equal(kb_path_judge(long_name, KB_PATH_BYTES_MAX + 1, arena, &path), KB_PATH_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode),
        cmocka_unit_test(test_judge),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
