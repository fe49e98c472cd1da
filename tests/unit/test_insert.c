/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: a new medium is put into the text of a plan however `media` is written, and not one other byte changes; what
 * cannot be done leaves no text behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/plan.h"

#define HEAD                                                                                                           \
    "koboshi: 1\nplan: {id: i, title: 計画（媒体：二台）, version: \"1\"}\nsystems: {files: {title: 共有, " \
    "backup_sets: [s]}}\n"
#define SETS "backup_sets: {s: {title: 共有, format: tree, copies: [{medium: a, path: \"s\"}]}}\n"
#define NEW  "hdd-c: {kind: hdd, label: \"BK-C\", fs_uuid: \"1234-ABCD\", serial: \"S \\\"1\\\"\"}"

static const struct kb_new_medium new_medium = {
    .id = "hdd-c", .label = "BK-C", .fs_uuid = "1234-ABCD", .serial = "S \"1\""};

static const struct kb_plan *load(struct kb_arena *arena, const char *text)
{
    const struct kb_plan *plan = NULL;
    const struct kb_diags *diags = NULL;
    struct kb_err err = {0};
    if (kb_plan_parse("plan.yaml", text, strlen(text), arena, &plan, &diags, &err))
        fail_msg("%s\n%s", diags && diags->list.n ? diags->list.v[0].text.en : err.frame[0].en, text);
    return plan;
}

static void test_places(void **state)
{
    (void)state;
    static const struct {
        const char *before, *after; /* around the insertion */
        const char *insertion;
    } cases[] = {
        {HEAD "media:\n  a: {kind: folder, mount: /a}   # 最初の媒体\n", "# 次の行\n" SETS, "  " NEW "\n"},
        {HEAD "media:\n    a:\n        kind: folder\n        mount: /a\n", "\n\n" SETS, "    " NEW "\n"},
        {HEAD "media:\n  a: {kind: folder,\n      mount: /a}\n", SETS, "  " NEW "\n"},
        {HEAD SETS "media:\n  a: {kind: folder, mount: /a}", "", "\n  " NEW},
        {HEAD SETS "media:\n  a: {kind: folder, mount: /a}\n", "", "  " NEW "\n"},
        {HEAD "media: {a: {kind: folder, mount: /a}", "}\n" SETS, ", " NEW},
        {HEAD "media: {a: {kind: folder, mount: /a}", " }   # 終わり\n" SETS, ", " NEW},
        {HEAD "media: {\n  a: {kind: folder, mount: \"/a\"}", "\n}\n" SETS, ", " NEW},
        {HEAD "media: {\n  a: {kind: folder, mount: \"/a\"}", ",   # この後\n}\n" SETS, ", " NEW},
        {HEAD "media:\n  a:\n    title: |\n      二行の\n      名前\n    kind: folder\n    mount: /a\n", SETS,
         "  " NEW "\n"},
        {HEAD "media:\n  a:\n    kind: folder\n    mount: /a\n    title: |\n      二行の\n      名前\n", SETS,
         "  " NEW "\n"},
        {"\xef\xbb\xbf" HEAD "media:\n  a: {kind: folder, mount: /a}\n", SETS, "  " NEW "\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        KB_SCOPED_ARENA arena = kb_arena_new();
        const char *text = NULL, *before = kb_sprintf(arena, "%s%s", cases[i].before, cases[i].after);
        struct kb_err err = {0};
        if (kb_plan_with_medium(load(arena, before), &new_medium, arena, &text, &err))
            fail_msg("case %zu: %s", i, err.frame[0].en);
        const char *wanted = kb_sprintf(arena, "%s%s%s", cases[i].before, cases[i].insertion, cases[i].after);
        if (strcmp(text, wanted) != 0)
            fail_msg("case %zu:\n%s\nwanted:\n%s", i, text, wanted);
        const struct kb_medium *medium = kb_plan_medium(load(arena, text), "hdd-c");
        assert_string_equal(medium->serial, "S \"1\"");
        assert_string_equal(medium->fs_uuid, "1234-ABCD");
    }
}

static void test_windows(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    static const char before[] = "koboshi: 1\r\nplan: {id: i, title: 計画, version: \"1\"}\r\nsystems: {f: {title: x, "
                                 "backup_sets: [s]}}\r\nmedia:\r\n  a: {kind: folder, mount: /a}",
                      after[] = "\r\nbackup_sets: {s: {title: x, format: tree, copies: [{medium: a, path: s}]}}\r\n";
    const char *text = NULL;
    struct kb_err err = {0};
    const char *whole = kb_sprintf(arena, "%s%s", before, after);
    assert_int_equal(kb_plan_with_medium(load(arena, whole), &new_medium, arena, &text, &err), 0);
    assert_string_equal(text, kb_sprintf(arena, "%s\r\n  " NEW "%s", before, after));
}

static void test_refused(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct kb_plan *plan = load(arena, HEAD "media:\n  a: {kind: folder, mount: /a}\n" SETS);
    const char *text = NULL;
    struct kb_err err = {0};
    struct kb_new_medium medium = new_medium;
    medium.id = "a";
    assert_int_equal(kb_plan_with_medium(plan, &medium, arena, &text, &err), KB_EUSAGE);
    medium = new_medium;
    medium.fs_uuid = "no uuid: {";
    assert_int_equal(kb_plan_with_medium(plan, &medium, arena, &text, &err), KB_EPLAN);
    assert_non_null(strstr(err.frame[0].ja, "hdd-c: {kind: hdd"));
    assert_null(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
