/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: a pattern takes the names it means and no others, and a name tells the right time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/err.h"
#include "koboshi/job.h"
#include "koboshi/pattern.h"

static const struct kb_pattern *parse(struct kb_arena *arena, const char *text)
{
    struct kb_err err = {0};
    const struct kb_pattern *pattern = NULL;
    int rc = kb_pattern_parse(text, arena, &pattern, &err);
    if (rc)
        print_message("%s\n", err.frame[0].en);
    assert_int_equal(rc, 0);
    return pattern;
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const refused[] = {"",
                                          "/abs",
                                          "a//b",
                                          "a/",
                                          "../b",
                                          "a/./b",
                                          "a/..",
                                          "%Q.tar",
                                          "50%",
                                          "**/x",
                                          "a/**",
                                          "%{ear}",
                                          "%{era",
                                          "%{era}-%{era}",
                                          "%{part}-%{part}",
                                          "%{part}/x",
                                          "%{weekday:}",
                                          "%{weekday:月火水木}",
                                          "%{weekday:月火水木金土日祝}",
                                          "%{weekday:月火水木月}",
                                          "%{weekday:Mon,Tue,,Thu,Fri}",
                                          "%{weekday:月/火水木金}",
                                          "C:a",
                                          "a\\b",
                                          "a\nb",
                                          "?????????????????"};
    KB_SCOPED_ARENA arena = kb_arena_new();
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct kb_err err = {0};
        const struct kb_pattern *pattern = NULL;
        assert_int_equal(kb_pattern_parse(refused[i], arena, &pattern, &err), KB_EPLAN);
        assert_null(pattern);
        assert_true(err.n_frames > 0 && *err.frame[0].ja && *err.frame[0].en);
    }
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *name;
        bool fits;
    } cases[] = {
        {"月次-%Y%m%d.tar", "月次-20261120.tar", true},
        {"月次-%Y%m%d.tar", "月次-20261120.tar.new", false},
        {"月次-%Y%m%d.tar", "月次-2026112０.tar", true},
        {"%Y%m%d", "20260231", false},
        {"%Y%m%d", "20240229", true},
        {"%Y%m%d", "20250229", false},
        {"%m%d", "0229", true},
        {"%m%d", "0230", false},
        {"%Y%m%d-%H%M%S", "20261120-235959", true},
        {"%Y%m%d-%H%M%S", "20261120-240000", false},
        {"%Y", "1969", false},
        {"100%%-%Y", "100%-2026", true},
        {"?-%Y", "表-2026", true},
        {"?-%Y", "表ソ-2026", false},
        {"?-%Y", "\x95-2026", true},
        {"*%Y%m%d*.tar", "v2-1234567820261120-x.tar", true},
        {"*-%Y%m%d.tar", "a-20260101-20261120.tar", true},
        {"*", ".partial", false},
        {"?x", ".x", false},
        {".*", ".hidden", true},
        {"*.tar", ".tar", false},
        {"a*b*c", "abbbbbc", true},
        {"a*b*c", "abbbbb", false},
        {"a*", "a", true},
        {"%Y-%Y", "2026-2026", true},
        {"%Y-%Y", "2026-2025", false},
        {"[x]", "x", false},
    };
    KB_SCOPED_ARENA arena = kb_arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct kb_match match = kb_match_none, before = match;
        bool fits = kb_component_match(&parse(arena, cases[i].pattern)->components.v[0], cases[i].name, &match);
        if (fits != cases[i].fits)
            print_message("%s %s\n", cases[i].pattern, cases[i].name);
        assert_int_equal(fits, cases[i].fits);
        if (!fits)
            assert_memory_equal(&match, &before, sizeof match);
    }
}

static void test_components_agree(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct kb_pattern *pattern = parse(arena, "%Y/会計-%Y%m%d.zip");
    struct kb_match match = kb_match_none;
    assert_int_equal(pattern->components.n, 2);
    assert_null(pattern->components.v[0].literal);
    assert_true(kb_component_match(&pattern->components.v[0], "2026", &match));
    assert_false(kb_component_match(&pattern->components.v[1], "会計-20251120.zip", &match));
    assert_true(kb_component_match(&pattern->components.v[1], "会計-20261120.zip", &match));
    assert_string_equal(parse(arena, "会計/%%/x")->components.v[1].literal, "%");
}

static void test_fill(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct kb_pattern *path = parse(arena, "*-%Y%m%d?.tar"), *none = parse(arena, "一覧/%Y-%m-%d 100%%.sha256"),
                            *all = parse(arena, "*/%d-?.sha256");
    struct kb_match match = kb_match_none;
    struct kb_err err = {0};
    assert_true(kb_component_match(&path->components.v[0], "会計-20260105版.tar", &match));
    assert_int_equal(kb_pattern_fills(none, path, &err), 0);
    assert_string_equal(kb_pattern_fill(none, &match, arena), "一覧/2026-01-05 100%.sha256");
    assert_int_equal(kb_pattern_fills(all, path, &err), 0);
    assert_string_equal(kb_pattern_fill(all, &match, arena), "会計/05-版.sha256");
    assert_int_equal(kb_pattern_fills(parse(arena, "*.sha256"), path, &err), KB_EPLAN);
    assert_int_equal(kb_pattern_fills(parse(arena, "%H.sha256"), path, &err), KB_EPLAN);
}

static void test_time(void **state)
{
    (void)state;
    struct kb_err err = {0};
    assert_int_equal(kb_zone_use("Asia/Tokyo", &err), 0);
    static const struct {
        const char *pattern, *name, *mtime, *time;
        int source;
    } cases[] = {
        {"%Y%m%d-%H%M%S", "20261120-013000", "2026-11-20T09:00:00+09:00", "2026-11-20T01:30:00+09:00", KB_PIT_NAME},
        {"%Y%m%d-%H%M", "20261120-0130", "2026-11-20T09:00:00+09:00", "2026-11-20T01:30:00+09:00", KB_PIT_NAME},
        {"%Y%m%d", "20261120", "2026-11-20T23:59:59+09:00", "2026-11-20T23:59:59+09:00", KB_PIT_NAME_AND_MTIME},
        {"%Y%m%d", "20261120", "2026-11-21T00:00:00+09:00", "2026-11-20T00:00:00+09:00", KB_PIT_NAME_DAY_START},
        /* the same day in UTC is not the same day here */
        {"%Y%m%d", "20261120", "2026-11-19T15:00:00Z", "2026-11-20T00:00:00+09:00", KB_PIT_NAME_AND_MTIME},
        {"%Y-%m", "2026-11", "2026-11-30T10:00:00+09:00", "2026-11-30T10:00:00+09:00", KB_PIT_NAME_AND_MTIME},
        {"%Y-%m", "2026-11", "2026-12-01T10:00:00+09:00", "2026-11-01T00:00:00+09:00", KB_PIT_NAME_DAY_START},
        {"d%d", "d20", "2026-11-25T10:00:00+09:00", "2026-11-25T10:00:00+09:00", KB_PIT_MTIME},
        {"*", "latest", "2026-11-25T10:00:00+09:00", "2026-11-25T10:00:00+09:00", KB_PIT_MTIME},
    };
    KB_SCOPED_ARENA arena = kb_arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct kb_match match = kb_match_none;
        int64_t mtime = 0;
        int source = -1;
        assert_true(kb_component_match(&parse(arena, cases[i].pattern)->components.v[0], cases[i].name, &match));
        assert_true(kb_time_parse(cases[i].mtime, &mtime));
        assert_string_equal(kb_time_rfc3339(arena, kb_match_time(&match, mtime, &source)), cases[i].time);
        assert_int_equal(source, cases[i].source);
    }
}

static void test_hostile_name_is_quick(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    char name[256];
    memset(name, '1', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    const struct kb_pattern *pattern = parse(arena, "*1*1*1*1*1*1*1*1*%m*x");
    int64_t start = kb_boot_ns();
    struct kb_match match = kb_match_none;
    for (int i = 0; i < 1000; i++)
        assert_false(kb_component_match(&pattern->components.v[0], name, &match));
    assert_true(kb_boot_ns() - start < 10 * KB_NS_PER_S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused), cmocka_unit_test(test_names), cmocka_unit_test(test_components_agree),
        cmocka_unit_test(test_fill),    cmocka_unit_test(test_time),  cmocka_unit_test(test_hostile_name_is_quick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
