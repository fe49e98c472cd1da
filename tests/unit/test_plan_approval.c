/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: an approval holds exactly as long as the material parts of the plan say the same, and writing it into the file
 * touches nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/plan.h"

static const char rest[] = "roles:\n"
                           "  boss: {title: 社長, primary: {who: 山田, phone: \"03-1\"}, verified_on: 2026-01-01}\n"
                           "systems: {mail: {backup_sets: [share]}}\n"
                           "media: {usb: {kind: hdd, fs_uuid: AAAA-0001, home: 金庫}} # ここに置く\n"
                           "keys: {k: {rotated_on: 2026-01-01}}\n"
                           "backup_sets: {share: {format: archive, copies: [{medium: usb, path: s.tar}]}}\n"
                           "functions: {order: {rto: 4h, needs: [mail]}}\n"
                           "improvements: [{id: F-1, ja: 鍵}]\n";
static const char head[] = "koboshi: 1\n"
                           "plan:   # 計画\n"
                           "  id: a\n"
                           "  version: \"1\"    # 版\n"
                           "  title: 計画\n"
                           "  status: draft\n";

static const struct kb_plan *parse(struct kb_arena *arena, const char *text, size_t n)
{
    const struct kb_plan *plan = NULL;
    const struct kb_diags *diags = NULL;
    struct kb_err err = {0};
    if (kb_plan_parse("plan.yaml", text, n, arena, &plan, &diags, &err))
        kb_diags_print(stdout, diags, "plan.yaml", text, n, KB_EN, false);
    assert_non_null(plan);
    return plan;
}

static const char *approve(struct kb_arena *arena, const struct kb_plan *plan, const char *by)
{
    char sha256[KB_SHA256_HEX_SIZE];
    kb_sha256_hex(kb_plan_material_sha256(plan), sha256);
    const struct kb_approved approved = {.role = "boss", .by = by, .date = "2026-11-23", .material_sha256 = sha256};
    const char *text = NULL;
    size_t n = 0;
    struct kb_err err = {0};
    int code = kb_plan_approve(plan, &approved, arena, &text, &n, &err);
    if (code)
        print_message("%s\n", err.frame[0].en);
    assert_int_equal(code, 0);
    const struct kb_plan *again = parse(arena, text, n);
    assert_int_equal(kb_plan_approval(again), KB_APPROVAL_CURRENT);
    assert_string_equal(again->plan.approval->approved->by, by);
    assert_string_equal(again->plan.approval->approved->role, "boss");
    assert_string_equal(again->plan.approval->approved->date, "2026-11-23");
    return kb_strndup(arena, text, n);
}

static char *with(struct kb_arena *arena, const char *text, const char *cut, const char *put)
{
    const char *at = strstr(text, cut);
    assert_non_null(at);
    return kb_sprintf(arena, "%.*s%s%s", (int)(at - text), text, put, at + strlen(cut));
}

/* What the plan of these bytes is known by. */
static void test_material(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *text = kb_sprintf(arena, "%s%s", head, rest);
    size_t n = 0;
    const char *material = kb_plan_material(parse(arena, text, strlen(text)), arena, &n);
    assert_string_equal(
        material,
        "{\"backup_sets\":{\"share\":{\"copies\":[{\"medium\":\"usb\",\"path\":\"s.tar\"}],\"format\":\"archive\"}},"
        "\"functions\":{\"order\":{\"needs\":[\"mail\"],\"rto\":\"4h\"}},\"keys\":{\"k\":{}},"
        "\"media\":{\"usb\":{\"fs_uuid\":\"AAAA-0001\",\"home\":\"金庫\",\"kind\":\"hdd\"}},"
        "\"plan\":{\"id\":\"a\",\"title\":\"計画\",\"version\":\"1\"},"
        "\"roles\":{\"boss\":{\"primary\":{\"who\":\"山田\"},\"title\":\"社長\"}},"
        "\"systems\":{\"mail\":{\"backup_sets\":[\"share\"]}}}");
    assert_int_equal(n, strlen(material));
}

static void test_what_ends_it(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *text = kb_sprintf(arena, "%s%s", head, rest);
    assert_int_equal(kb_plan_approval(parse(arena, text, strlen(text))), KB_APPROVAL_NEVER);
    const char *approved = approve(arena, parse(arena, text, strlen(text)), "山田");
    static const struct {
        const char *cut, *put;
        enum kb_approval_state state;
    } cases[] = {
        {"03-1", "03-2", KB_APPROVAL_CURRENT},
        {"verified_on: 2026-01-01", "verified_on: 2026-06-01", KB_APPROVAL_CURRENT},
        {"rotated_on: 2026-01-01", "rotated_on: 2026-06-01", KB_APPROVAL_CURRENT},
        {"# ここに置く", "# 別の所", KB_APPROVAL_CURRENT},
        {"status: draft", "status: approved", KB_APPROVAL_CURRENT},
        {"status: draft", "status: draft\n  reviewed_on: 2026-11-01", KB_APPROVAL_CURRENT},
        {"ja: 鍵", "ja: 鍵の場所", KB_APPROVAL_CURRENT},
        {"title: 計画", "title:   \"計画\"", KB_APPROVAL_CURRENT},
        {"functions: {order: {rto: 4h, needs: [mail]}}", "functions:\n  order:\n    needs: [mail]\n    rto: 4h",
         KB_APPROVAL_CURRENT},
        {"who: 山田", "who: 田中", KB_APPROVAL_CHANGED},
        {"rto: 4h", "rto: 8h", KB_APPROVAL_CHANGED},
        {"home: 金庫", "home: 机", KB_APPROVAL_CHANGED},
        {"version: \"1\"", "version: \"2\"", KB_APPROVAL_CHANGED},
        {"path: s.tar", "path: t.tar", KB_APPROVAL_CHANGED},
        {"mail: {backup_sets: [share]}", "mail: {backup_sets: [share], personal_data: true}", KB_APPROVAL_CHANGED},
        {"needs: [mail]}}", "needs: [mail]}}\nactivation: {authority: boss}", KB_APPROVAL_CHANGED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *other = with(arena, approved, cases[i].cut, cases[i].put);
        if (kb_plan_approval(parse(arena, other, strlen(other))) != cases[i].state)
            fail_msg("after %s", cases[i].put);
    }
}

static void test_text_around_it(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *text = kb_sprintf(arena, "%s%s", head, rest);
    const char *approved = approve(arena, parse(arena, text, strlen(text)), "代表 \"山\\田\"");
    const char *line = "  approval: {approved: {role: \"boss\", by: \"代表 \\\"山\\\\田\\\"\", date: 2026-11-23, "
                       "material_sha256: \"";
    const char *at = strstr(approved, line);
    assert_non_null(at);
    assert_memory_equal(at - strlen("# 版\n"), "# 版\n", strlen("# 版\n")); /* behind the line of `version` */
    const char *end = strchr(at, '\n') + 1;
    assert_string_equal(kb_sprintf(arena, "%.*s%s", (int)(at - approved), approved, end), text);
    /* once more: the values alone change, and the rest of what is there stays */
    const char *own = with(arena, text, "  title: 計画\n",
                           "  title: 計画\n  approval:\n    approved:\n"
                           "      # 印鑑は紙にある\n"
                           "      date: 2026-01-01   # 決裁日\n"
                           "      material_sha256: '0000000000000000000000000000000000000000000000000000000000000000'\n"
                           "      by: 前の社長\n"
                           "      role: boss\n");
    const char *next = approve(arena, parse(arena, own, strlen(own)), "今の社長");
    assert_non_null(
        strstr(next, "      # 印鑑は紙にある\n      date: 2026-11-23   # 決裁日\n      material_sha256: \""));
    assert_non_null(strstr(next, "\n      by: \"今の社長\"\n      role: \"boss\"\n"));
}

static char *crlf(struct kb_arena *arena, const char *text, size_t *ret_n)
{
    char *out = kb_alloc(arena, 2 * strlen(text) + 4, 1), *at = out;
    memcpy(at, "\xef\xbb\xbf", 3);
    for (at += 3; *text; text++) {
        if (*text == '\n')
            *at++ = '\r';
        *at++ = *text;
    }
    *ret_n = (size_t)(at - out);
    return out;
}

/* BOM and CRLF stay; the hash does not know of them. Braces, a last line without an end, a value over several lines. */
static void test_shapes_of_files(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *text = kb_sprintf(arena, "%s%s", head, rest);
    size_t n = 0;
    char *dos = crlf(arena, text, &n);
    const struct kb_plan *unix_plan = parse(arena, text, strlen(text)), *dos_plan = parse(arena, dos, n);
    const struct kb_sha256 one = kb_plan_material_sha256(unix_plan), other = kb_plan_material_sha256(dos_plan);
    assert_memory_equal(&one, &other, sizeof one);
    const char *approved = approve(arena, dos_plan, "山田");
    assert_memory_equal(approved, "\xef\xbb\xbfkoboshi: 1\r\n", 15);
    assert_non_null(strstr(approved, "\"}}\r\n  title: 計画\r\n"));
    for (const char *at = approved; (at = strchr(at, '\n')); at++)
        assert_int_equal(at[-1], '\r');
    static const char *const heads[] = {
        "koboshi: 1\nplan: {id: a, title: 計画, version: 1}\n",
        "koboshi: 1\nplan: {version: '1', id: a,\n  title: 計画}\n",
        "koboshi: 1\nplan:\n    id: a\n    title: |\n      計画\n      二行目\n    version: >-\n      1\n\n",
        "koboshi: 1\nplan:\n  id: a\n  title: 計画\n  version: \"1\\\n    .0\"   # 版\n",
        "koboshi: 1\n\"plan\":\n  id: a\n  title: 計画\n  version:\n    1.10\n",
    };
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        text = kb_sprintf(arena, "%s%s", heads[i], rest);
        approved = approve(arena, parse(arena, text, strlen(text)), "山田");
        (void)approve(arena, parse(arena, approved, strlen(approved)), "次の人");
    }
    text = kb_sprintf(arena, "%splan:\n  id: a\n  title: x\n  version: '1'", rest);
    text = kb_sprintf(arena, "koboshi: 1\n%s", text);
    approved = approve(arena, parse(arena, text, strlen(text)), "山田");
    assert_int_equal(approved[strlen(approved) - 1], '\n');
}

static void test_refusals(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *text = kb_sprintf(arena, "%s%s", head, rest), *out = NULL;
    const struct kb_plan *plan = parse(arena, text, strlen(text));
    static const struct {
        const char *role, *by, *en, *ja;
    } cases[] = {
        {"bos", "山田", "did you mean `boss`", "`boss` の誤り"},
        {"経理", "山田", "its roles: boss", "計画の役割: boss"},
        {"boss", "", "in one line", "改行のない"},
        {"boss", "山\n田", "in one line", "改行のない"},
        {"boss", "a\033[31m", "in one line", "改行のない"},
        {"boss", "\xff", "in one line", "改行のない"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct kb_approved approved = {cases[i].role, cases[i].by, "2026-11-23", ""};
        struct kb_err err = {0};
        size_t n = 0;
        assert_int_equal(kb_plan_approve(plan, &approved, arena, &out, &n, &err), KB_EUSAGE);
        assert_non_null(strstr(err.frame[0].en, cases[i].en));
        assert_non_null(strstr(err.frame[0].ja, cases[i].ja));
    }
    assert_null(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_material),       cmocka_unit_test(test_what_ends_it),
        cmocka_unit_test(test_text_around_it), cmocka_unit_test(test_shapes_of_files),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
