/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: a record survives reading and writing byte for byte, foreign ones are refused by name, proof reads as it
 * should. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/err.h"
#include "koboshi/record.h"

/* One of everything. */
static struct kb_record *make(struct kb_arena *arena)
{
    struct kb_record *record = kb_alloc(arena, 1, sizeof *record);
    kb_shape_init(&kb_record_shape, record);
    record->format = KB_RECORD_FORMAT;
    record->id = 42;
    record->ledger = "0f2c1c1e-3b7a-4d6e-9a55-0123456789ab";
    record->zone = "Asia/Tokyo";
    record->title = (struct kb_text){"月次リストア訓練", "monthly restore drill"};
    record->plan.id = "energy";
    record->operator_ = "kanri (sudo: 山田)";
    record->started = 1796428800;
    record->disrupted_at = 1796428800;
    record->clock.jump_ns = 0;
    record->verdict = (struct kb_record_verdict){KB_VERDICT_MET, KB_VERDICT_CONDITIONAL, KB_VERDICT_MISSED};
    static const struct kb_record_threat threat = {"ransomware", {"ランサムウェア", "ransomware"}, KB_ABSENT};
    record->threat = &threat;
    struct kb_record_medium *medium = kb_alloc(arena, 1, sizeof *medium);
    kb_shape_init(&kb_medium_state_shape, &medium->state);
    medium->state.medium = "hdd-b";
    medium->state.unclean = true;
    medium->retrieval = 1800;
    medium->kind = "hdd";
    record->media.n = 1;
    record->media.v = medium;
    struct kb_record_step *step = kb_alloc(arena, 1, sizeof *step);
    *step = (struct kb_record_step){.id = "fetch",
                                    .act = KB_DO_WAIT_MEDIUM,
                                    .who = "koboshi",
                                    .started = KB_ABSENT,
                                    .start_ns = 5,
                                    .ns = KB_ABSENT,
                                    .source = KB_TIME_DECLARED,
                                    .declared = 1800};
    struct kb_record_unit *unit = kb_alloc(arena, 1, sizeof *unit);
    kb_shape_init(&kb_set_result_shape, &unit->result);
    unit->system = "share";
    unit->set = "share";
    unit->file = "総務/share-20261127.tar.zst";
    unit->status = KB_UNIT_CONDITIONAL;
    unit->point_in_time = unit->age_s = KB_ABSENT;
    static struct kb_survival survival[] = {
        {0, "hdd-a", false, true, "attached", {"発生時に接続中", "attached"}, {"仮定", "assumed"}, KB_ABSENT},
        {1, "nas", true, false, NULL, {"書き換え不可", "held"}, {NULL, NULL}, 1796428800}};
    unit->survival.n = 2;
    unit->survival.v = survival;
    unit->result.proof.exists = KB_REACHED;
    unit->steps.n = 1;
    unit->steps.v = step;
    record->units.n = 1;
    record->units.v = unit;
    struct kb_record_part *part = kb_alloc(arena, 1, sizeof *part);
    *part = (struct kb_record_part){
        .system = "share", .source = KB_TIME_UNDECLARED, .start_s = 0, .length_s = KB_ABSENT, .critical = true};
    struct kb_record_function *function = kb_alloc(arena, 1, sizeof *function);
    *function = (struct kb_record_function){.id = "orders",
                                            .rto = 28800,
                                            .mtpd = KB_ABSENT,
                                            .rpo = 86400,
                                            .priority = 1,
                                            .recovery_s = 24120,
                                            .detect_s = KB_ABSENT,
                                            .projected_s = KB_ABSENT,
                                            .time = KB_VERDICT_MET,
                                            .age_s = 655200,
                                            .data = KB_VERDICT_MISSED};
    function->parts.n = 1;
    function->parts.v = part;
    record->functions.n = 1;
    record->functions.v = function;
    record->findings.n = 1;
    record->findings.v = kb_finding_make(arena, KB_RULE_RPO_MISSED);
    static struct kb_text says = {"NTFSの権限は確かめていません。", "NTFS permissions were not checked."};
    record->not_proven.n = 1;
    record->not_proven.v = &says;
    return record;
}

static void test_round_trip(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_err err = {0};
    assert_int_equal(kb_zone_use("Asia/Tokyo", &err), 0);
    size_t n, again_n;
    const char *text = kb_record_write(make(arena), arena, &n);
    const struct kb_record *back = NULL;
    assert_int_equal(kb_record_read(text, n, arena, &back, &err), 0);
    const char *again = kb_record_write(back, arena, &again_n);
    assert_int_equal(n, again_n);
    assert_memory_equal(text, again, n);
    assert_int_equal(text[n - 1], '\n');
    assert_int_equal(text[n], '\0');
    /* a stranger reads Japanese, and the keys are those of the format */
    assert_non_null(strstr(text, "\"file\": \"総務/share-20261127.tar.zst\""));
    assert_non_null(strstr(text, "\"do\": \"wait_medium\""));
    assert_non_null(strstr(text, "\"operator\": \"kanri (sudo: 山田)\""));
    assert_non_null(strstr(text, "\"restore\": \"met\""));
    assert_int_equal(back->units.v[0].steps.v[0].act, KB_DO_WAIT_MEDIUM);
    assert_int_equal(back->units.v[0].steps.v[0].started, KB_ABSENT);
    assert_true(back->media.v[0].state.unclean);
    assert_int_equal(back->functions.v[0].data, KB_VERDICT_MISSED);
    assert_int_equal(back->functions.v[0].mtpd, KB_ABSENT);
    assert_int_equal(back->threat->detect, KB_ABSENT);
    assert_int_equal(back->seed, KB_ABSENT);
    assert_int_equal(back->units.v[0].survival.n, 2);
    assert_string_equal(back->units.v[0].survival.v[0].by, "attached");
    assert_true(back->units.v[0].survival.v[0].assumed);
    assert_int_equal(back->units.v[0].survival.v[0].written_after, KB_ABSENT);
    assert_int_equal(back->units.v[0].survival.v[1].written_after, 1796428800);
    assert_string_equal(back->findings.v[0].rule, "rpo-missed");
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *json, *named;
    } cases[] = {
        {"{\"format\":2,\"surprise\":1}", "format 2"},
        {"{\"kind\":\"drill\"}", "format"},
        {"{\"format\":\"1\"}", "format"},
        {"{\"format\":1,\"kind\":\"drill\",\"status\":\"completed\"}", "verdict"},
        {"{\"format\":1,\"surprise\":1}", "surprise"},
        {"{", "JSON"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        KB_SCOPED_ARENA arena = kb_arena_new();
        const struct kb_record *record = NULL;
        struct kb_err err = {0};
        assert_int_not_equal(kb_record_read(cases[i].json, strlen(cases[i].json), arena, &record, &err), 0);
        assert_null(record);
        assert_non_null(strstr(err.frame[0].en, cases[i].named));
        assert_string_not_equal(err.frame[0].ja, "");
    }
}

static void test_proof(void **state)
{
    (void)state;
    enum { A = KB_NOT_APPLICABLE, N = KB_NOT_REACHED, R = KB_REACHED };
    static const struct {
        struct kb_proof proof;
        const char *shown;
        int64_t sample;
        const char *told; /* in Japanese */
    } cases[] = {
        {{N, N, N, N, N, N, N}, "–"},
        {{A, A, A, A, A, A, A}, "–"},
        {{N, R, R, R, R, R, R}, "–"},
        {{R, N, N, N, N, N, N}, "L0"},
        {{R, R, N, R, A, R, N}, "L1 +L3 +L5 (no L2)"},
        {{R, R, R, R, R, R, N}, "L4 +L5"},
        {{R, R, R, R, R, N, N}, "L4"},
        {{R, R, R, A, R, A, A}, "L4"}, /* a folder has no archive structure */
        {{R, R, N, R, R, R, R}, "L1 +L3 +L4 +L5 +L6 (no L2)"},
        {{R, R, N, A, N, R, N}, "L1 +L5 (no L2, L4)"},
        {{R, R, A, A, A, R, A}, "L1 +L5"},
        {{R, R, N, N, N, N, N}, "L1"},
        {{R, R, R, R, R, R, N}, "L4 (sample 10%) +L5", 10, "L4（抜き取り 10%） +L5"},
        {{R, R, N, R, R, R, R},
         "L1 +L3 +L4 (sample 1%) +L5 +L6 (no L2)",
         1,
         "L1 +L3 +L4（抜き取り 1%） +L5 +L6（L2なし）"},
        {{R, R, R, R, N, R, N}, "L3 +L5 (no L4)", 10, "L3 +L5（L4なし）"}, /* a sample that did not come back */
        {{R, R, R, R, A, N, N}, "L3", 10, "L3"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        KB_SCOPED_ARENA arena = kb_arena_new();
        assert_string_equal(kb_proof_show(arena, &cases[i].proof, cases[i].sample), cases[i].shown);
        if (cases[i].told)
            assert_string_equal(kb_proof_told(arena, cases[i].shown, KB_JA), cases[i].told);
        assert_string_equal(kb_proof_told(arena, cases[i].shown, KB_EN), cases[i].shown);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_proof),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
