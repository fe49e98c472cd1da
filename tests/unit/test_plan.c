/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: a good plan arrives whole in its struct, its schema knows every key, and no bytes whatever can crash the
 * loader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/limits.h"
#include "koboshi/plan.h"

static const char good[] = KB_TEST_DATA "/good-plan.yaml";

static const struct kb_plan *load_good(struct kb_arena *arena)
{
    const struct kb_plan *plan = NULL;
    const struct kb_diags *diags = NULL;
    struct kb_err err = {0};
    int code = kb_plan_load(good, arena, &plan, &diags, &err);
    if (code)
        kb_diags_print(stdout, diags, good, diags->source, diags->source_n, KB_EN, false);
    assert_int_equal(code, 0);
    assert_int_equal(diags->list.n, 0);
    return plan;
}

static void test_good_plan(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct kb_plan *plan = load_good(arena);
    assert_int_equal(plan->koboshi, 1);
    assert_string_equal(plan->plan.id, "itbcp-energy");
    assert_string_equal(plan->plan.title.ja, "情報システム事業継続計画（IT-BCP）");
    assert_string_equal(plan->plan.title.en, "IT business continuity plan");
    assert_string_equal(plan->plan.version, "1.3");
    assert_string_equal(kb_pick(plan->plan.organization->name, KB_EN), "サンプル燃料株式会社");
    assert_int_equal(plan->plan.organization->employees, 12);
    assert_int_equal(plan->functions.n, 3);
    const struct kb_function *order = &plan->functions.v[1];
    assert_string_equal(order->id, "order");
    assert_int_equal(order->rto, 8 * 3600);
    assert_int_equal(order->rlo->percent, 60);
    assert_string_equal(order->rlo->text.ja, "受注入力と配送票の印刷ができる");
    assert_null(order->rlo->text.en);
    assert_string_equal(plan->functions.v[2].rlo->text.ja, "請求書の発行");
    assert_int_equal(plan->functions.v[2].rlo->percent, KB_ABSENT);
    assert_false(plan->functions.v[2].critical);
    const struct kb_system *files = kb_plan_system(plan, "files");
    assert_string_equal(files->on, "nas1");
    assert_int_equal(files->restore_to->write, 60000000);
    assert_int_equal(files->restore_to->link, 125000000);
    assert_string_equal(files->depends_on.v[0], "lan");
    const struct kb_medium *hdd = kb_plan_medium(plan, "hdd-b");
    assert_int_equal(hdd->kind, KB_MEDIUM_HDD);
    assert_int_equal(hdd->retrieval, 5400);
    assert_null(hdd->mount);
    const struct kb_set *share = kb_plan_set(plan, "share");
    assert_int_equal(share->copies.n, 3);
    assert_int_equal(share->expect->min_bytes, 1 << 30);
    assert_string_equal(kb_plan_set(plan, "orders-db")->as, "orders.db");
    assert_true(kb_plan_set(plan, "orders-db")->unpack);
    assert_int_equal(kb_plan_set(plan, "books")->format, KB_FORMAT_TREE);
    const struct kb_procedure *procedure = kb_plan_procedure(plan, share->recovery);
    assert_int_equal(procedure->steps.n, 7);
    assert_int_equal(procedure->steps.v[0].expect, 900);
    assert_string_equal(procedure->steps.v[1].text.en, "Attach one disk");
    const struct kb_probe *probe = &procedure->steps.v[5].probes.v[0];
    assert_int_equal(probe->at_least, 10);
    assert_true(probe->integrity);
    assert_int_equal(probe->timeout, 60);
    assert_string_equal(kb_plan_procedure(plan, "restore-orders")->steps.v[1].probes.v[1].command.v[1], "--quick");
    const struct kb_drill *drill = kb_plan_drill(plan, "weekly-local");
    assert_int_equal(drill->restore.amount, KB_RESTORE_NONE);
    assert_int_equal(drill->generation.choice, KB_GENERATION_OLDEST);
    assert_int_equal(drill->max_duration, 4 * 3600);
    assert_string_equal(kb_plan_host(plan, "ws1")->os, "linux");
    assert_null(kb_plan_host(plan, "ws2"));
    assert_null(kb_plan_host(plan, NULL));
}

static void test_built_in_threats(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct kb_plan *plan = load_good(arena);
    assert_int_equal(plan->threats.n, 6);
    assert_int_equal(kb_plan_threat(plan, "ransomware")->detect, 12 * 3600);
    assert_int_equal(kb_plan_threat(plan, "ransomware")->adds.v[0].per, KB_PER_HOST);
    assert_int_equal(kb_plan_threat(plan, "operator_error")->detect, 30 * 86400);
    assert_string_equal(kb_plan_threat(plan, "operator_error")->title.en, "Operator error");
    assert_int_equal(kb_plan_threat(plan, "theft")->detect, KB_ABSENT);
    assert_string_equal(kb_plan_threat(plan, "theft")->title.ja, "盗難・紛失");
}

/* The sample that has nearly every key. */
static void test_whole_plan(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct kb_plan *plan = NULL;
    const struct kb_diags *diags = NULL;
    assert_int_equal(kb_plan_load(KB_TEST_DATA "/../../plans/energy.yaml", arena, &plan, &diags, NULL), 0);
    assert_int_equal(plan->plan.status, KB_PLAN_APPROVED);
    assert_int_equal(plan->plan.review_interval, 365 * 86400);
    assert_string_equal(plan->plan.plan_copies.v[1].place.ja, "社長自宅");
    assert_int_equal(plan->plan.plan_copies.v[1].onsite, KB_ANSWER_NO);
    assert_int_equal(plan->plan.plan_copies.v[0].onsite, KB_ANSWER_ABSENT);
    assert_string_equal(plan->plan.approval->approved->date, "2026-03-31");
    assert_string_equal(plan->plan.revisions.v[0].by.ja, "it_lead");
    assert_string_equal(plan->calendar->closed.v[0], "12-29..01-03");
    assert_int_equal(plan->calendar->critical_dates.v[0].day, 20);
    assert_string_equal(kb_plan_role(plan, "it_lead")->deputy->phone, "090-0000-0003");
    assert_int_equal(plan->external_contacts.v[0].response, 4 * 3600);
    assert_int_equal(plan->activation->decision_limit, 3600);
    assert_string_equal(plan->activation->first_actions.v[0].covers.v[0], "detach_backup");
    assert_string_equal(plan->deactivation->criteria.v[0].text.ja, "全重要業務が目標復旧レベルで24時間安定");
    assert_int_equal(plan->functions.v[1].impact.v[1].level, KB_IMPACT_LARGE);
    assert_int_equal(plan->functions.v[1].alternate->lasts, 2 * 86400);
    assert_int_equal(plan->functions.v[1].reentry->per_lost_day, 3 * 3600);
    assert_int_equal(kb_plan_system(plan, "files")->spare->ready_in, 1800);
    assert_int_equal(kb_plan_system(plan, "files")->personal_data, KB_ANSWER_YES);
    assert_string_equal(kb_plan_system(plan, "orders")->rebuild->installer, "set");
    assert_string_equal(kb_plan_system(plan, "lan")->vendor.ja, "vendor");
    assert_int_equal(kb_plan_medium(plan, "hdd-b")->offsite->km, 6);
    assert_int_equal(kb_plan_medium(plan, "hdd-b")->offsite->same_hazard_zone, KB_ANSWER_NO);
    assert_null(kb_plan_medium(plan, "hdd-a")->offsite);
    assert_int_equal(kb_plan_set(plan, "share")->copies.v[0].interval, KB_BUSINESS_DAY);
    assert_int_equal(kb_plan_set(plan, "share")->copies.v[2].interval, 86400);
    assert_int_equal(kb_plan_set(plan, "books")->point_in_time->from, KB_PIT_FROM_NEWEST_FILE);
    assert_string_equal(kb_plan_threat(plan, "ransomware")->adds.v[0].unless, "spare");
    assert_string_equal(kb_plan_procedure(plan, "restore-share")->steps.v[4].level, "L6");
    assert_int_equal(plan->policy->evidence_retention, INT64_C(5) * 365 * 86400);
    assert_int_equal(plan->policy->restore_drill->critical, 100 * 86400);
    assert_true(plan->policy->era_dates);
    assert_string_equal(plan->improvements.v[0].closed_on, "2026-04-10");
    assert_true(plan->network->closed);
}

static void test_folder_and_source(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct kb_plan *plan = load_good(arena);
    assert_string_equal(plan->file, good);
    assert_string_equal(plan->folder, KB_TEST_DATA);
    assert_string_equal(kb_plan_medium(plan, "local")->mount, KB_TEST_DATA "/控え");
    struct stat st;
    assert_int_equal(stat(good, &st), 0);
    assert_int_equal(plan->source_n, st.st_size);
    const struct kb_sha256 sum = kb_sha256_of(plan->source, plan->source_n);
    assert_memory_equal(&sum, &plan->sha256, sizeof sum);
}

static void test_missing_file(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct kb_plan *plan = NULL;
    const struct kb_diags *diags = NULL;
    struct kb_err err = {0};
    assert_int_equal(kb_plan_load("/nowhere/plan.yaml", arena, &plan, &diags, &err), KB_EIO);
    assert_non_null(diags);
    assert_int_equal(diags->list.n, 0);
    assert_null(plan);
    assert_non_null(strstr(err.frame[0].en, "/nowhere/plan.yaml"));
}

/* Same plan, other bytes: a BOM, CRLF and the missing last line break change nothing. */
static void test_bom_and_crlf(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct kb_plan *plan = load_good(arena), *other = NULL;
    char *text = kb_alloc(arena, 2 * plan->source_n + 4, 1);
    memcpy(text, "\xef\xbb\xbf", 3);
    size_t n = 3;
    for (size_t i = 0; i < plan->source_n; i++) {
        if (plan->source[i] == '\n')
            text[n++] = '\r';
        text[n++] = plan->source[i];
    }
    const struct kb_diags *diags = NULL;
    assert_int_equal(kb_plan_parse("a.yaml", text, n, arena, &other, &diags, NULL), 0);
    assert_string_equal(other->plan.title.ja, plan->plan.title.ja);
    assert_int_equal(other->backup_sets.n, plan->backup_sets.n);
}

static void test_spellings(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } durations[] = {{"30s", 30},    {"90m", 5400},        {"4h", 14400},    {"1h30m", 5400},
                     {"7d", 604800}, {"2w", 1209600},      {"4時間", 14400}, {"2日", 172800},
                     {"30分", 1800}, {"4時間30分", 16200}, {"0h", 0},        {"1w2d3h4m5s", 788645}},
      sizes[] = {{"512KiB", 524288}, {"20GB", 20000000000}, {"0B", 0}, {"1TiB", 1099511627776}},
      rates[] = {{"60MB/s", 60000000}, {"1Gbps", 125000000}, {"100Mbps", 12500000}, {"8kbps", 1000}};
    static const char *const no_durations[] = {
        "", "4", "h", "4:00", "-4h", "1m1h", "1h1h", "4 h", "４h", "1.5h", "99999999999999999w", "4hh"};
    static const char *const no_sizes[] = {"", "20", "20gb", "20 GB", "-1B", "99999999TiBs", "999999999999999TB"};
    int64_t value = 0;
    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++) {
        assert_true(kb_duration_parse(durations[i].text, &value));
        assert_int_equal(value, durations[i].value);
    }
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        assert_true(kb_size_parse(sizes[i].text, &value));
        assert_int_equal(value, sizes[i].value);
    }
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        assert_true(kb_rate_parse(rates[i].text, &value));
        assert_int_equal(value, rates[i].value);
    }
    for (size_t i = 0; i < sizeof no_durations / sizeof *no_durations; i++)
        assert_false(kb_duration_parse(no_durations[i], &value));
    for (size_t i = 0; i < sizeof no_sizes / sizeof *no_sizes; i++)
        assert_false(kb_size_parse(no_sizes[i], &value));
    assert_false(kb_rate_parse("60MB", &value));
}

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    return *state ^= *state << 5;
}

/* Whatever a plan looks like: the approval stands in it, and nothing else changed, or the plan is left alone. */
static void approve_any(struct kb_arena *arena, const struct kb_plan *plan)
{
    char sha256[KB_SHA256_HEX_SIZE];
    kb_sha256_hex(kb_plan_material_sha256(plan), sha256);
    const char *role = plan->roles.n ? plan->roles.v[0].id : "x", *text = NULL;
    const struct kb_approved approved = {role, "誰か", "2026-11-23", sha256};
    size_t n = 0;
    struct kb_err err = {0};
    int code = kb_plan_approve(plan, &approved, arena, &text, &n, &err);
    assert_true(code == 0 || code == KB_EPLAN);
    const struct kb_plan *again = NULL;
    const struct kb_diags *diags = NULL;
    if (!code)
        assert_int_equal(kb_plan_parse("x", text, n, arena, &again, &diags, &err), 0);
}

static void parse_any(const char *text, size_t n)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    char *exact = malloc(n ? n : 1); /* a read past the end is seen by the sanitizer */
    assert_non_null(exact);
    memcpy(exact, text, n);
    const struct kb_plan *plan = NULL;
    const struct kb_diags *diags = NULL;
    struct kb_err err = {0};
    int code = kb_plan_parse("x", exact, n, arena, &plan, &diags, &err);
    assert_true(code == 0 || code == KB_EPLAN);
    assert_int_equal(code == 0, diags->list.n == 0);
    assert_int_equal(code == 0, plan != NULL);
    if (!code)
        approve_any(arena, plan);
    FILE *sink = fopen("/dev/null", "w");
    kb_diags_print(sink, diags, "x", exact, n, KB_JA, true);
    assert_int_equal(fclose(sink), 0);
    free(exact);
}

static void check_any_bytes(const char *path)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct kb_plan *plan = NULL;
    const struct kb_diags *diags = NULL;
    assert_int_equal(kb_plan_load(path, arena, &plan, &diags, NULL), 0);
    char *text = kb_alloc(arena, plan->source_n, 1);
    uint32_t seed = 20261123;
    for (size_t n = 0; n < plan->source_n; n += 37)
        parse_any(plan->source, n);
    static const char odd[] = "\t\0\xff\xe3:-[]{}&*!|>'\"%@`#,? \n0~<";
    for (int round = 0; round < 400; round++) {
        memcpy(text, plan->source, plan->source_n);
        for (uint32_t k = 0, n = 1 + next_random(&seed) % 4; k < n; k++)
            text[next_random(&seed) % plan->source_n] = odd[next_random(&seed) % (sizeof odd - 1)];
        parse_any(text, plan->source_n);
    }
}

static void test_any_bytes(void **state)
{
    (void)state;
    check_any_bytes(good);
    check_any_bytes(KB_TEST_DATA "/../../plans/energy.yaml"); /* it has nearly every key */
}

/* Every `key:` of the text must be a property somewhere in the schema; ids are left out by what they stand under. */
static bool schema_has(const json_t *json, const char *name)
{
    if (json_is_object(json)) {
        const char *key;
        json_t *value;
        if (json_object_get(json_object_get(json, "properties"), name))
            return true;
        json_object_foreach((json_t *)(uintptr_t)json, key, value) if (schema_has(value, name)) return true;
    }
    for (size_t i = 0; json_is_array(json) && i < json_array_size(json); i++)
        if (schema_has(json_array_get(json, i), name))
            return true;
    return false;
}

static void check_shape(const struct kb_shape *shape, const json_t *object, const json_t *definitions)
{
    assert_true(json_is_false(json_object_get(object, "additionalProperties")));
    for (size_t i = 0; i < shape->n_keys; i++) {
        const struct kb_key *key = &shape->keys[i];
        const json_t *property = json_object_get(json_object_get(object, "properties"),
                                                 key->kind == KB_TEXT_HERE ? "ja" : key->name);
        assert_non_null(property);
        assert_string_equal(json_string_value(json_object_get(property, "description")), key->gloss.ja);
        assert_non_null(key->gloss.en);
        if (key->of)
            check_shape(key->of, json_object_get(definitions, key->of->name), definitions);
    }
}

static void test_schema(void **state)
{
    (void)state;
    json_t *schema = kb_plan_schema(KB_JA), *english = kb_plan_schema(KB_EN);
    const json_t *definitions = json_object_get(schema, "definitions");
    check_shape(&kb_plan_shape, schema, definitions);
    assert_string_equal(json_string_value(json_object_get(schema, "$schema")),
                        "http://json-schema.org/draft-07/schema#");
    assert_true(schema_has(schema, "depends_on"));
    assert_true(schema_has(schema, "rotations"));
    assert_false(json_equal(schema, english));
    char *text = json_dumps(schema, JSON_INDENT(2));
    json_t *again = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_true(json_equal(schema, again));
    const char *out = getenv("KB_SCHEMA_OUT"); /* to look at it with other tools */
    if (out)
        assert_int_equal(json_dump_file(schema, out, JSON_INDENT(2)), 0);
    free(text);
    json_decref(again);
    json_decref(english);
    json_decref(schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_plan),        cmocka_unit_test(test_whole_plan),
        cmocka_unit_test(test_built_in_threats), cmocka_unit_test(test_folder_and_source),
        cmocka_unit_test(test_missing_file),     cmocka_unit_test(test_bom_and_crlf),
        cmocka_unit_test(test_spellings),        cmocka_unit_test(test_any_bytes),
        cmocka_unit_test(test_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
