/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: the report for programs is one JSON object with a version, the seal and the record as it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "koboshi/err.h"
#include "koboshi/report.h"

static json_t *parsed_report(const struct kb_report *report)
{
    char *text = NULL;
    size_t n = 0;
    struct kb_err err = {0};
    json_t *json = NULL;
    FILE *out = open_memstream(&text, &n);
    assert_non_null(out);
    assert_int_equal(kb_report_json(report, out, &err), 0);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(text[n - 1], '\n');
    assert_int_equal(kb_json_parse(text, n, &json, &err), 0);
    free(text);
    return json;
}

static void test_json(void **state)
{
    (void)state;
    struct kb_record record = {
        .id = 42, .title = {"訓練 <script> \"\x01", "Drill"}, .zone = "Asia/Tokyo", .started = 1796428800};
    const struct kb_report_seal seal = {.ledger = "3b241101-e2bb-4255-8caf-4136c566a962",
                                        .size = 187,
                                        .head = "60303ae2",
                                        .key = "SHA256:x",
                                        .state = KB_SEAL_VERIFIED};
    struct kb_report report = {.record = &record, .seal = &seal};
    KB_SCOPED_JSON json = parsed_report(&report);
    const char *title = NULL, *started = NULL, *head = NULL, *signature = NULL;
    json_int_t version = 0, id = 0, size = 0;
    assert_int_equal(json_unpack(json, "{s:I, s:{s:s, s:s, s:I}, s:{s:I, s:s, s:{s:s}}}", "koboshi_report", &version,
                                 "seal", "head", &head, "state", &signature, "size", &size, "record", "id", &id,
                                 "started", &started, "title", "ja", &title),
                     0);
    assert_int_equal(version, KB_REPORT_FORMAT);
    assert_int_equal(id, 42);
    assert_int_equal(size, 187);
    assert_string_equal(head, "60303ae2");
    assert_string_equal(signature, "verified");
    assert_string_equal(title, record.title.ja); /* as it is: JSON escapes what has to be */
    assert_string_equal(started, "2026-12-05T09:00:00+09:00");
}

static void test_without_seal(void **state)
{
    (void)state;
    struct kb_record record = {.id = 7, .zone = "Asia/Tokyo"};
    struct kb_report report = {.record = &record};
    KB_SCOPED_JSON json = parsed_report(&report);
    const json_t *seal = json_object_get(json, "seal");
    assert_string_equal(json_string_value(json_object_get(seal, "state")), "none");
    assert_null(json_object_get(seal, "size"));
    assert_null(json_object_get(seal, "head"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_json), cmocka_unit_test(test_without_seal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
