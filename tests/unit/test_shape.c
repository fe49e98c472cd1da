/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: structs survive the way through JSON, and what does not fit the table is refused by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/job.h"

static int read_reply(const char *text, struct kb_arena *arena, struct kb_reply *reply, struct kb_err *err)
{
    json_t *json = NULL;
    int code = kb_json_parse(text, strlen(text), &json, err);
    if (!code)
        code = kb_shape_read(&kb_reply_shape, json, arena, reply, err);
    json_decref(json);
    return code;
}

static void test_round_trip(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_finding *finding = kb_finding_make(arena, KB_RULE_ENTRY_DIFFERS);
    finding->entry = "総務/canary.txt";
    finding->found = kb_text_new(arena, "SHA-256 %s", "SHA-256 は %s", "abc");
    struct kb_text caveat = {"一覧なし", "no manifest"};
    struct kb_set_result result;
    kb_shape_init(&kb_set_result_shape, &result);
    result.files = 48211;
    result.proof.hash = KB_REACHED;
    result.caveats.n = 1;
    result.caveats.v = &caveat;
    struct kb_reply reply = {.kind = KB_REPLY_RESULT, .build_id = "share", .finding = finding, .result = &result}, back;
    json_t *json = kb_shape_write(&kb_reply_shape, &reply);
    struct kb_err err = {0};
    assert_int_equal(kb_shape_read(&kb_reply_shape, json, arena, &back, &err), 0);
    json_decref(json);
    assert_string_equal(back.build_id, "share");
    assert_string_equal(back.finding->entry, "総務/canary.txt");
    assert_string_equal(kb_pick(back.finding->found, KB_JA), "SHA-256 は abc");
    assert_int_equal(back.result->files, 48211);
    assert_int_equal(back.result->proof.hash, KB_REACHED);
    assert_int_equal(back.result->proof.opened, KB_NOT_APPLICABLE);
    assert_string_equal(back.result->caveats.v[0].en, "no manifest");
    assert_null(back.medium);
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *json, *named;
    } cases[] = {
        {"{\"kind\":\"end\",\"surprise\":1}", "surprise"},
        {"{\"build_id\":\"a\"}", "kind"},
        {"{\"kind\":\"dance\"}", "dance"},
        {"{\"kind\":\"end\",\"build_id\":7}", "build_id"},
        {"{\"kind\":\"result\",\"result\":{\"files\":-1}}", "files"},
        {"{\"kind\":\"hello\",\"kind\":\"end\"}", "JSON"},
        {"{\"kind\":\"fault\",\"fault\":{\"code\":-10,\"frames\":[{}]}}", "frames"}, /* a place without a text */
        {"[1", "JSON"},
        {"[]", "object"},
        {"{\"kind\":\"\\u001b[2J\"}", "%1B[2J"}, /* what is quoted has no control characters */
        {"{\"kind\":\xc2\x9b}", "%C2%9B"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        KB_SCOPED_ARENA arena = kb_arena_new();
        struct kb_reply reply;
        struct kb_err err = {0};
        assert_int_not_equal(read_reply(cases[i].json, arena, &reply, &err), 0);
        if (!strstr(err.frame[0].en, cases[i].named))
            fail_msg("%s", err.frame[0].en);
        assert_string_not_equal(err.frame[0].ja, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
