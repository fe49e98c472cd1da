/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: each element of a pattern takes what people here write for it, and nothing that was never a day; the table in
 * README.md that says so is true. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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
        print_message("%s: %s\n", text, err.frame[0].en);
    assert_int_equal(rc, 0);
    return pattern;
}

/* A whole path, component by component. */
static bool match_path(struct kb_arena *arena, const char *pattern_text, const char *path, struct kb_match *ret_match)
{
    const struct kb_pattern *pattern = parse(arena, pattern_text);
    *ret_match = kb_match_none;
    for (size_t i = 0; i < pattern->components.n; i++) {
        size_t n = strcspn(path, "/");
        struct kb_name_form form;
        const char *name = kb_strdup(arena, kb_name_composed(kb_strndup(arena, path, n), &form));
        if (!kb_component_match(&pattern->components.v[i], name, ret_match))
            return false;
        path += n;
        if (*path == '/')
            path++;
    }
    return !*path;
}

static int set_up(void **state)
{
    (void)state;
    struct kb_err err = {0};
    return kb_zone_use("Asia/Tokyo", &err);
}

static void test_elements(void **state)
{
    (void)state;
    /* year 0: does not fit */
    static const struct {
        const char *pattern, *name;
        int year, month, day;
    } cases[] = {
        {"%{era}.tar", "R08.tar", 2026, -1, -1},
        {"%{era}.tar", "R8.tar", 2026, -1, -1},
        {"%{era}.tar", "r08.tar", 2026, -1, -1},
        {"%{era}.tar", "Ｒ０８.tar", 2026, -1, -1},
        {"%{era}.tar", "令和8.tar", 2026, -1, -1},
        {"%{era}.tar", "令和８年.tar", 2026, -1, -1},
        {"%{era}.tar", "令和08.tar", 2026, -1, -1},
        {"%{era}.tar", "令和元.tar", 2019, -1, -1},
        {"%{era}.tar", "令和元年.tar", 2019, -1, -1},
        {"%{era}.tar", "平成31.tar", 2019, -1, -1},
        {"%{era}.tar", "H1.tar", 1989, -1, -1},
        {"%{era}.tar", "H32.tar", 0, 0, 0},
        {"%{era}.tar", "R0.tar", 0, 0, 0},
        {"%{era}.tar", "R00.tar", 0, 0, 0},
        {"%{era}.tar", "R008.tar", 0, 0, 0},
        {"%{era}.tar", "S63.tar", 0, 0, 0},
        {"%{era}.tar", "R.tar", 0, 0, 0},
        {"%{era}.tar", "令和.tar", 0, 0, 0},
        {"%{era}%m%d", "R081120", 2026, 11, 20},
        {"%{era}%m%d", "R81120", 2026, 11, 20},
        {"%{era}%m%d", "R11120", 2019, 11, 20},
        {"%{era}%m%d", "R010430", 0, 0, 0},
        {"%{era}%m%d", "H310501", 0, 0, 0},
        {"%{era}%m%d", "R080229", 0, 0, 0},
        {"%{era}%m%d", "R060229", 2024, 2, 29},
        {"%{era}年%m月%d日", "令和8年11月20日", 2026, 11, 20},
        {"%{era}%m月%d日", "令和8年11月20日", 2026, 11, 20},
        {"%{era}/%{era}%m%d", "令和8年/R081120", 2026, 11, 20},
        {"%{era}/%{era}%m%d", "令和7年/R081120", 0, 0, 0},
        {"%{era}/%Y%m%d", "R08/20261120", 2026, 11, 20},
        {"%{era}/%Y%m%d", "R07/20261120", 0, 0, 0},
        {"%y%m%d", "261120", 2026, 11, 20},
        {"%y%m%d", "260230", 0, 0, 0},
        {"%Y%m%d", "２０２６１１２０", 2026, 11, 20},
        {"%Y%m%d", "20２6１120", 2026, 11, 20},
        {"%Y%m%d", "20260230", 0, 0, 0},
        {"%Y%m%d", "20260229", 0, 0, 0},
        {"%Y%m%d", "20240229", 2024, 2, 29},
        {"%Y%m%d", "21000229", 0, 0, 0},
        {"%m%d", "0229", -1, 2, 29},
        {"%m%d", "0230", 0, 0, 0},
        {"%Y%m%d(%{weekday:月火水木金})", "20261120(金)", 2026, 11, 20},
        {"%Y%m%d(%{weekday:月火水木金})", "20261120(木)", 0, 0, 0},
        {"%{fy}年度/%m%d", "2026年度/1120", 2026, 11, 20},
        {"%{fy}/%m%d", "2026年度/0331", 2027, 3, 31},
        {"%{fy}/%m%d", "2026/0401", 2026, 4, 1},
        {"%{fy}/%m%d", "令和8年度/0331", 2027, 3, 31},
        {"%{fy}年度/%m%d", "R08年度/0331", 2027, 3, 31},
        {"%{fy}/%m%d", "平成31年度/0501", 2019, 5, 1},
        {"%{fy}/%m%d", "2027/0229", 2028, 2, 29},
        {"%{fy}/%m%d", "2026/0229", 0, 0, 0},
        {"%{fy}/%Y%m%d", "2026年度/20270331", 2027, 3, 31},
        {"%{fy}/%Y%m%d", "2026年度/20270401", 0, 0, 0},
        {"%{fy}/%Y", "2026/2028", 0, 0, 0},
    };
    KB_SCOPED_ARENA arena = kb_arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct kb_match match;
        bool wanted = cases[i].year && cases[i].day, fits = match_path(arena, cases[i].pattern, cases[i].name, &match);
        if (fits != wanted)
            print_message("%s %s\n", cases[i].pattern, cases[i].name);
        assert_int_equal(fits, wanted);
        if (!fits)
            continue;
        int source;
        int64_t start = kb_match_time(&match, 0, &source), day = 0;
        assert_int_equal(match.date[KB_PART_MONTH], cases[i].month);
        assert_int_equal(match.date[KB_PART_DAY], cases[i].day);
        if (cases[i].year < 0)
            continue;
        assert_true(kb_time_local(cases[i].year, cases[i].month < 0 ? 1 : cases[i].month,
                                  cases[i].day < 0 ? 1 : cases[i].day, 0, 0, 0, &day));
        if (start != day)
            print_message("%s %s\n", cases[i].pattern, cases[i].name);
        assert_int_equal(start, day);
    }
}

/* Every day of the years around the change, in each spelling: R for exactly the days from 2019-05-01 on. */
static void test_era_days(void **state)
{
    (void)state;
    int days = 0;
    for (int year = 2018; year <= 2020; year++)
        for (int month = 1; month <= 12; month++)
            for (int day = 1; day <= 31; day++) {
                KB_SCOPED_ARENA arena = kb_arena_new();
                int64_t start = 0;
                bool exists = kb_time_local(year, month, day, 0, 0, 0, &start),
                     reiwa = year * 10000 + month * 100 + day >= 20190501;
                days += exists;
                for (int era = 0; era < 2; era++)
                    for (size_t f = 0; f < 3; f++) {
                        int n = year - (era ? 2018 : 1988);
                        char name[64];
                        if (n < 1)
                            continue;
                        if (f < 2)
                            (void)snprintf(name, sizeof name, f ? "%c%d%02d%02d" : "%c%02d%02d%02d", era ? 'R' : 'H', n,
                                           month, day);
                        else
                            (void)snprintf(name, sizeof name, "%s%d年%02d%02d", era ? "令和" : "平成", n, month, day);
                        struct kb_match match;
                        bool fits = match_path(arena, "%{era}%m%d", name, &match);
                        if (fits != (exists && reiwa == (era == 1)))
                            print_message("%s\n", name);
                        assert_int_equal(fits, exists && reiwa == (era == 1));
                        int source;
                        if (fits)
                            assert_int_equal(kb_match_time(&match, 0, &source), start);
                    }
            }
    assert_int_equal(days, 365 + 365 + 366);
}

static void test_weekdays(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *name;
        int weekday; /* -1: does not fit */
    } cases[] = {
        {"%{weekday:月火水木金}", "月", 0},
        {"%{weekday:月火水木金}", "金", 4},
        {"%{weekday:月火水木金}", "土", -1},
        {"%{weekday:月火水木金}", "金曜", -1},
        {"%{weekday:月火水木金土日}曜日", "日曜日", 6},
        {"BK_%{weekday:Mon,Tue,Wed,Thu,Fri}.tar", "BK_Tue.tar", 1},
        {"BK_%{weekday:Mon,Tue,Wed,Thu,Fri}.tar", "BK_Ｔｕｅ.tar", 1},
        {"BK_%{weekday:Mon,Tue,Wed,Thu,Fri}.tar", "BK_TUE.tar", -1},
        {"%{weekday:M,T,W,Th,F}x", "Thx", 3},
        {"%{weekday:1,2,3,4,5,6,7}", "５", 4},
    };
    KB_SCOPED_ARENA arena = kb_arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct kb_match match;
        bool fits = match_path(arena, cases[i].pattern, cases[i].name, &match);
        if (fits != (cases[i].weekday >= 0))
            print_message("%s %s\n", cases[i].pattern, cases[i].name);
        assert_int_equal(fits, cases[i].weekday >= 0);
        assert_int_equal(match.weekday, cases[i].weekday);
    }
}

/* 2026-11-20 was a Friday. */
static void test_agreement(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *name, *mtime;
        bool agrees;
    } cases[] = {
        {"%{weekday:月火水木金}", "金", "2026-11-20T00:00:00+09:00", true},
        {"%{weekday:月火水木金}", "金", "2026-11-20T23:59:59+09:00", true},
        {"%{weekday:月火水木金}", "金", "2026-11-21T02:10:00+09:00", true}, /* begun on Friday night */
        {"%{weekday:月火水木金}", "金", "2026-11-21T11:59:59+09:00", true},
        {"%{weekday:月火水木金}", "金", "2026-11-21T12:00:00+09:00", false},
        {"%{weekday:月火水木金}", "金", "2026-11-23T02:00:00+09:00", false},
        {"%{weekday:月火水木金}", "金", "2026-11-19T23:59:59+09:00", false},
        {"%d", "20", "2026-11-20T22:00:00+09:00", true},
        {"%d", "20", "2026-10-20T22:00:00+09:00", true},
        {"%d", "20", "2026-11-22T22:00:00+09:00", false},
        {"%m月", "11月", "2026-12-01T01:00:00+09:00", true},
        {"%m月", "11月", "2026-12-02T01:00:00+09:00", false},
        {"%Y%m%d", "20261120", "2026-12-02T01:00:00+09:00", true}, /* the name says it all */
        {"%{fy}", "2026", "2029-12-02T01:00:00+09:00", true},
        {"*", "x", "2026-12-02T01:00:00+09:00", true},
    };
    KB_SCOPED_ARENA arena = kb_arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct kb_match match;
        int64_t mtime = 0;
        assert_true(match_path(arena, cases[i].pattern, cases[i].name, &match));
        assert_true(kb_time_parse(cases[i].mtime, &mtime));
        if (kb_match_agrees(&match, mtime) != cases[i].agrees)
            print_message("%s %s\n", cases[i].name, cases[i].mtime);
        assert_int_equal(kb_match_agrees(&match, mtime), cases[i].agrees);
    }
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t number;
    } cases[] = {
        {"001", 1}, {"1", 1},     {"00", 0},    {"10", 10},      {"999", 999},  {"1000", 1000}, {"８", 8},
        {"aa", 0},  {"ab", 1},    {"ba", 26},   {"yz", 649},     {"zaaa", 650}, {"zaab", 651},  {"zzaaaa", 650 + 16900},
        {"89", 89}, {"9000", 90}, {"9001", 91}, {"990000", 990}, {"aaa", 0},    {"zzz", 17575}, {"a", 0},
        {"AA", -1}, {"", -1},     {"a1", -1},   {"1a", -1},
    };
    KB_SCOPED_ARENA arena = kb_arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct kb_match match;
        bool fits = match_path(arena, "x.%{part}", kb_sprintf(arena, "x.%s", cases[i].name), &match);
        if (fits != (cases[i].number >= 0) || (fits && match.number != cases[i].number))
            print_message("%s\n", cases[i].name);
        assert_int_equal(fits, cases[i].number >= 0);
        if (fits)
            assert_int_equal(match.number, cases[i].number);
    }
    struct kb_match match;
    assert_true(match_path(arena, "%Y.part%{part}.rar", "2026.part12.rar", &match));
    assert_int_equal(match.number, 12);
    assert_true(match_path(arena, "%{part}%m%d", "70501", &match)); /* the longest that leaves a day */
    assert_int_equal(match.number, 7);
}

/* The whole order that split(1) writes, up to the second widening. */
static void test_split_order(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct kb_pattern *pattern = parse(arena, "%{part}");
    int64_t expected = 0;
    for (int width = 2; width <= 4; width += 2) {
        int z = width / 2 - 1, free_letters = width - z;
        int64_t n = 1;
        for (int i = 0; i < free_letters; i++)
            n *= 26;
        for (int64_t v = 0; v < n / 26 * 25; v++) { /* the first of them never becomes z */
            char name[8] = "z";
            int64_t rest = v;
            for (int i = width; i-- > z; rest /= 26)
                name[i] = (char)('a' + rest % 26);
            name[width] = '\0';
            struct kb_match match = kb_match_none;
            assert_true(kb_component_match(&pattern->components.v[0], name, &match));
            assert_int_equal(match.number, expected++);
        }
    }
    assert_int_equal(expected, 25 * 26 + 25 * 26 * 26);
}

static void test_forms(void **state)
{
    (void)state;
    static const char nfc[] = "ガス-%Y", nfd[] = "カ\xe3\x82\x99ス-2026", nfc_name[] = "ガス-2026",
                      nfd_pattern[] = "カ\xe3\x82\x99ス-%Y", cp932[] = "\x83\x4b\x83\x58-2026";
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_match match;
    assert_true(match_path(arena, nfc, nfc_name, &match));
    assert_true(match_path(arena, nfc, nfd, &match));
    assert_true(match_path(arena, nfd_pattern, nfc_name, &match));
    assert_true(match_path(arena, nfd_pattern, nfd, &match));
    assert_false(match_path(arena, nfc, cp932, &match));
    assert_false(match_path(arena, "カス-%Y", nfd, &match));
    assert_true(match_path(arena, "%{weekday:ガ,火,水,木,金}", "カ\xe3\x82\x99", &match));
    struct kb_name_form form;
    assert_string_equal(kb_name_decomposed("ガス", &form), "カ\xe3\x82\x99ス");
    assert_string_equal(kb_name_composed("カ\xe3\x82\x99ス", &form), "ガス");
    assert_ptr_equal(kb_name_composed(cp932, &form), cp932);
    /* 85 characters of three bytes: the longest name there is, and what it may grow to */
    char longest[256] = "";
    for (int i = 0; i < 85; i++)
        memcpy(longest + (size_t)3 * i, "ガ", 4);
    assert_int_equal(strlen(kb_name_decomposed(longest, &form)), 85 * 6);
}

static void test_filled_as_spelt(void **state)
{
    (void)state;
    static const struct {
        const char *path, *name, *manifest, *filled;
    } cases[] = {
        {"%{era}/%m%d.tar", "令和８年/1120.tar", "%{era}/%m%d.sha256", "令和８年/1120.sha256"},
        {"%{era}%m%d.tar", "R81120.tar", "%{era}-%m.sha256", "R8-11.sha256"},
        {"%{weekday:月火水木金}/a.tar", "金/a.tar", "%{weekday:月火水木金}/a.sha256", "金/a.sha256"},
        {"%Y%m%d.tar", "２０２６1120.tar", "%d/%Y.sha256", "20/２０２６.sha256"},
        {"%Y.%{part}", "2026.001", "%Y.sha256", "2026.sha256"},
    };
    KB_SCOPED_ARENA arena = kb_arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct kb_match match;
        struct kb_err err = {0};
        assert_true(match_path(arena, cases[i].path, cases[i].name, &match));
        assert_int_equal(kb_pattern_fills(parse(arena, cases[i].manifest), parse(arena, cases[i].path), &err), 0);
        assert_string_equal(kb_pattern_fill(parse(arena, cases[i].manifest), &match, arena), cases[i].filled);
    }
    struct kb_err err = {0};
    assert_int_equal(kb_pattern_fills(parse(arena, "%{part}"), parse(arena, "%Y.%{part}"), &err), KB_EPLAN);
    assert_int_equal(kb_pattern_fills(parse(arena, "%{era}"), parse(arena, "%Y"), &err), KB_EPLAN);
}

static void test_hostile_names(void **state)
{
    (void)state;
    static const char *const patterns[] = {"*1*1*1*1*%{era}*%{fy}*%{weekday:1,11,111,1111,11111}*%{part}x",
                                           "%{fy}%{era}%{part}%{weekday:R,R1,R11,R111,R1111}%Y%m%d%H%M%S?x"};
    static const char *const fills[] = {"1", "R1", "１", "令和1", "\xff", "\033", "か\xe3\x82\x99"};
    KB_SCOPED_ARENA arena = kb_arena_new();
    int64_t start = kb_boot_ns();
    for (size_t p = 0; p < sizeof patterns / sizeof *patterns; p++)
        for (size_t f = 0; f < sizeof fills / sizeof *fills; f++) {
            char name[256] = "";
            while (strlen(name) + strlen(fills[f]) < sizeof name)
                (void)strcat(name, fills[f]);
            const struct kb_pattern *pattern = parse(arena, patterns[p]);
            for (int i = 0; i < 100; i++) {
                struct kb_match match = kb_match_none;
                assert_false(kb_component_match(&pattern->components.v[0], name, &match));
            }
        }
    assert_true(kb_boot_ns() - start < 10 * KB_NS_PER_S);
}

static unsigned random_state = 20261120;

static unsigned below_n(unsigned n) /* xorshift32: the same in every run */
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % n;
}

static void put_random(char *text, size_t size, const char *const *bits, unsigned n_bits, unsigned most)
{
    *text = '\0';
    for (unsigned i = 1 + below_n(most); i > 0; i--) {
        const char *bit = bits[below_n(n_bits)];
        if (strlen(text) + strlen(bit) < size)
            (void)strcat(text, bit);
    }
}

/* Whatever a pattern takes apart it can put together again; and nothing that anybody can write or name breaks it. */
static void test_random(void **state)
{
    (void)state;
    static const char *const of_pattern[] = {
        "%Y", "%m", "%d", "%H",   "%y",       "%{era}", "%{fy}", "%{part}", "%{weekday:M,T,W,R,F}",
        "*",  "?",  "-",  "R",    "2026",     "1",      "%%",    "M",       "%{weekday:",
        "}",  "%",  "a",  "\xff", "\xe3\x82", "ガ",     "/"};
    static const char *const of_name[] = {"2026", "11",  "0", "1", "20", "-", "R8",
                                          "H31",  "R01", "M", "T", "a",  "%", "26"};
    int taken = 0;
    for (int i = 0; i < 20000; i++) {
        KB_SCOPED_ARENA arena = kb_arena_new();
        char text[200], name[100];
        struct kb_err err = {0};
        const struct kb_pattern *pattern = NULL;
        put_random(text, sizeof text, of_pattern, sizeof of_pattern / sizeof *of_pattern, 5);
        if (kb_pattern_parse(text, arena, &pattern, &err) || pattern->components.n > 1)
            continue;
        (void)kb_pattern_dates(pattern, &err);
        for (int k = 0; k < 20; k++) {
            struct kb_match match = kb_match_none;
            int source;
            put_random(name, sizeof name, of_name, sizeof of_name / sizeof *of_name, 5);
            if (!kb_component_match(&pattern->components.v[0], name, &match))
                continue;
            assert_string_equal(kb_pattern_fill(pattern, &match, arena), name);
            assert_true(kb_match_time(&match, 1796000000, &source) >= 0);
            (void)kb_match_agrees(&match, 1796000000);
            taken++;
        }
    }
    assert_true(taken > 1000);
}

/* README.md: | `pattern` | `path` | last change | point in time | source |, each row as it stands there. */
static void test_readme(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    FILE *file = fopen(KB_TEST_DATA "/../../README.md", "re");
    assert_non_null(file);
    char line[1024];
    bool inside = false;
    int rows = 0;
    while (fgets(line, sizeof line, file)) {
        char pattern[256], path[256], mtime[32], time[32], source[32];
        if (!strncmp(line, "| `path` in the plan", 20))
            inside = true;
        else if (inside && *line != '|')
            break;
        if (!inside || sscanf(line, "| `%255[^`]` | `%255[^`]` | %31[-0-9: ] | %31[-0-9: ] | `%31[^`]` |", pattern,
                              path, mtime, time, source) != 5)
            continue;
        struct kb_match match;
        int64_t changed, wanted;
        int from = -1;
        mtime[16] = time[16] = '\0';
        assert_true(kb_time_parse(kb_sprintf(arena, "%s:00+09:00", mtime), &changed));
        assert_true(kb_time_parse(kb_sprintf(arena, "%s:00+09:00", time), &wanted));
        if (!match_path(arena, pattern, path, &match))
            print_message("%s", line);
        assert_true(match_path(arena, pattern, path, &match));
        assert_string_equal(kb_time_rfc3339(arena, kb_match_time(&match, changed, &from)),
                            kb_time_rfc3339(arena, wanted));
        assert_string_equal(kb_pit_source_names[from], source);
        assert_true(kb_match_agrees(&match, changed));
        rows++;
    }
    (void)fclose(file);
    assert_true(rows >= 10);
}

/* A fiscal year that begins on another day: 21 March is common where books close on the 20th. */
static void test_fiscal_year_start(void **state)
{
    (void)state;
    static const struct {
        int month, day;                            /* it begins on */
        const char *pattern, *name, *mtime, *time; /* time NULL: does not fit */
        int source;
    } cases[] = {
        {10, 1, "%{fy}/%m%d", "2026年度/0930", "2029-01-01T00:00:00+09:00", "2027-09-30T00:00:00+09:00",
         KB_PIT_NAME_DAY_START},
        {10, 1, "%{fy}/%m%d", "2026年度/1001", "2029-01-01T00:00:00+09:00", "2026-10-01T00:00:00+09:00",
         KB_PIT_NAME_DAY_START},
        {10, 1, "%{fy}", "2026", "2027-09-30T12:00:00+09:00", "2027-09-30T12:00:00+09:00", KB_PIT_NAME_AND_MTIME},
        {10, 1, "%{fy}", "2026", "2027-10-01T12:00:00+09:00", "2026-10-01T00:00:00+09:00", KB_PIT_NAME_DAY_START},
        {1, 1, "%{fy}/%m%d", "2026/0101", "2029-01-01T00:00:00+09:00", "2026-01-01T00:00:00+09:00",
         KB_PIT_NAME_DAY_START},
        {3, 21, "%{fy}/%m%d", "2026/0320", "2029-01-01T00:00:00+09:00", "2027-03-20T00:00:00+09:00",
         KB_PIT_NAME_DAY_START},
        {3, 21, "%{fy}/%m%d", "2026/0321", "2029-01-01T00:00:00+09:00", "2026-03-21T00:00:00+09:00",
         KB_PIT_NAME_DAY_START},
        {3, 21, "%{fy}/%m", "2026/03", "2029-01-01T00:00:00+09:00", "2026-03-01T00:00:00+09:00", KB_PIT_NAME_DAY_START},
        {3, 21, "%{fy}/%Y%m", "2026/202703", "2029-01-01T00:00:00+09:00", "2027-03-01T00:00:00+09:00",
         KB_PIT_NAME_DAY_START},
        {3, 21, "%{fy}/%Y%m%d", "2026/20270321", "2029-01-01T00:00:00+09:00", NULL, 0},
        {10, 1, "%{fy}/%Y%m%d", "2026/20270331", "2029-01-01T00:00:00+09:00", "2027-03-31T00:00:00+09:00",
         KB_PIT_NAME_DAY_START},
        {10, 1, "%{fy}/%Y%m%d", "2026/20260930", "2029-01-01T00:00:00+09:00", NULL, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        KB_SCOPED_ARENA arena = kb_arena_new();
        const struct kb_pattern *pattern = NULL;
        struct kb_err err = {0};
        struct kb_match match = kb_match_none;
        match.fy_month = cases[i].month;
        match.fy_day = cases[i].day;
        assert_int_equal(kb_pattern_parse(cases[i].pattern, arena, &pattern, &err), 0);
        const char *at = cases[i].name;
        bool fits = true;
        for (size_t c = 0; c < pattern->components.n && fits; c++) {
            size_t n = strcspn(at, "/");
            fits = kb_component_match(&pattern->components.v[c], kb_strndup(arena, at, n), &match);
            at += n + (at[n] == '/');
        }
        if (fits != (cases[i].time != NULL))
            print_message("%d-%d %s\n", cases[i].month, cases[i].day, cases[i].name);
        assert_int_equal(fits, cases[i].time != NULL);
        int64_t mtime, wanted;
        int source;
        if (!fits)
            continue;
        assert_true(kb_time_parse(cases[i].mtime, &mtime) && kb_time_parse(cases[i].time, &wanted));
        if (kb_match_time(&match, mtime, &source) != wanted)
            print_message("%d-%d %s\n", cases[i].month, cases[i].day, cases[i].name);
        assert_int_equal(kb_match_time(&match, mtime, &source), wanted);
        assert_int_equal(source, cases[i].source);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_elements),        cmocka_unit_test(test_fiscal_year_start),
        cmocka_unit_test(test_era_days),        cmocka_unit_test(test_weekdays),
        cmocka_unit_test(test_agreement),       cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_split_order),     cmocka_unit_test(test_forms),
        cmocka_unit_test(test_filled_as_spelt), cmocka_unit_test(test_hostile_names),
        cmocka_unit_test(test_random),          cmocka_unit_test(test_readme),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
