/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: what people type is understood as they mean it, in letters, words, full width, times and offsets; anything else
 * is told what was expected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../agent/cli/attend.h"
#include "koboshi/arena.h"

/* 2026-11-23 10:00:00 JST */
#define NOW INT64_C(1795395600)

static struct kb_arena *arena;

static bool answer(enum kb_attend_asks asks, const char *line, struct kb_attend_answer *ret_answer)
{
    const struct kb_attend_question question = {.asks = asks, .acts = ~0u, .fallback = "山田"};
    struct kb_text wrong = {0};
    *ret_answer = (struct kb_attend_answer){.act = -1, .number = KB_ABSENT};
    bool taken = kb_talk_answer(&question, line, NOW, arena, ret_answer, &wrong);
    assert_true(taken || (*kb_pick(wrong, KB_JA) && *kb_pick(wrong, KB_EN)));
    return taken;
}

static void acts_are_letters_and_words(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int act;
    } good[] = {
        {"d", KB_ACT_DONE}, {"D", KB_ACT_DONE},    {" ｄ　", KB_ACT_DONE}, {"done", KB_ACT_DONE}, {"完了", KB_ACT_DONE},
        {"", KB_ACT_START}, {"一覧", KB_ACT_LIST}, {"省略", KB_ACT_SKIP},  {"Ｑ", KB_ACT_STOP},   {"q\t", KB_ACT_STOP},
    };
    static const char *const bad[] = {"x", "dd", "完", "d d", "開始する", "\xe3\x80"};
    struct kb_attend_answer got;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (!answer(KB_ASK_ACT, good[i].line, &got) || got.act != good[i].act)
            fail_msg("%s", good[i].line);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (answer(KB_ASK_ACT, bad[i], &got))
            fail_msg("%s", bad[i]);
    assert_true(answer(KB_ASK_INTERRUPT, "c", &got));
    assert_int_equal(got.act, KB_ACT_DONE);
    assert_false(answer(KB_ASK_INTERRUPT, "s", &got));
}

static void times_of_day_are_the_last_ones(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int64_t time;
    } good[] = {
        {"09:12", NOW - 48 * 60},
        {"9:12", NOW - 48 * 60},
        {"９：１２", NOW - 48 * 60},
        {"9時12分", NOW - 48 * 60},
        {"09:12:30", NOW - 48 * 60 + 30},
        {"10:00", NOW},
        {"10:01", NOW + 60 - 24 * 3600}, /* yesterday: it has not been 10:01 yet */
        {"11-22 23:50", NOW - 10 * 3600 - 600},
        {"11/22 23:50", NOW - 10 * 3600 - 600},
        {"2026-11-22 23:50", NOW - 10 * 3600 - 600},
        {"2026-11-24 10:00", NOW + 24 * 3600}, /* that it is not yet is judged elsewhere */
        {"", KB_ABSENT},
    };
    static const char *const bad[] = {"24:00",    "9:60",  "9",           "9:1:99",
                                      "noon",     "9:12x", "13-40 09:00", "2026-02-31 09:00",
                                      "99999:12", "-9:12", "11-22",       "11-22-33-44 9:00"};
    struct kb_attend_answer got;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!answer(KB_ASK_FROM, good[i].line, &got) || got.number != good[i].time)
            fail_msg("%s: %lld", good[i].line, (long long)got.number);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (answer(KB_ASK_UNTIL, bad[i], &got))
            fail_msg("%s", bad[i]);
}

static void offsets_are_seconds_or_another_clock(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int64_t offset;
    } good[] = {
        {"+2", 2},        {"-3", -3},      {"0", 0},
        {"＋2秒", 2},     {"12s", 12},     {"10:00:05", 5},
        {"09:59:58", -2}, {"", KB_ABSENT}, {"22:00:00", 12 * 3600},
    };
    static const char *const bad[] = {"two", "+", "99999", "1.5", "10:00:5x", "--1"};
    struct kb_attend_answer got;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!answer(KB_ASK_CLOCK, good[i].line, &got) || got.number != good[i].offset)
            fail_msg("%s: %lld", good[i].line, (long long)got.number);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (answer(KB_ASK_CLOCK, bad[i], &got))
            fail_msg("%s", bad[i]);
}

static void texts_are_kept_as_typed_and_made_safe(void **state)
{
    (void)state;
    struct kb_attend_answer got;
    assert_true(answer(KB_ASK_NOTE, "  PC 12台　完了", &got));
    assert_string_equal(got.text, "PC 12台　完了");
    assert_true(answer(KB_ASK_NOTE, "赤\033[31m字", &got));
    assert_null(strchr(got.text, '\033'));
    assert_true(answer(KB_ASK_NOTE, " 　", &got));
    assert_null(got.text);
    assert_true(answer(KB_ASK_REASON, "", &got));
    assert_null(got.text);
    assert_true(answer(KB_ASK_WHO, "", &got));
    const struct kb_attend_question nobody = {.asks = KB_ASK_WHO};
    struct kb_text wrong;
    assert_false(kb_talk_answer(&nobody, "", NOW, arena, &got, &wrong));
    assert_true(answer(KB_ASK_SURE, "はい", &got) && got.yes);
    assert_true(answer(KB_ASK_SURE, "Ｎ", &got) && !got.yes);
    assert_false(answer(KB_ASK_SURE, "", &got));
}

static int begin(void **state)
{
    (void)state;
    arena = kb_arena_new();
    return kb_zone_use("Asia/Tokyo", NULL);
}

static int end(void **state)
{
    (void)state;
    kb_arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acts_are_letters_and_words),
        cmocka_unit_test(times_of_day_are_the_last_ones),
        cmocka_unit_test(offsets_are_seconds_or_another_clock),
        cmocka_unit_test(texts_are_kept_as_typed_and_made_safe),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
