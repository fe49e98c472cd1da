/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: a record that a stranger made up (any number anywhere, any text anywhere) becomes a report or is refused: no
 * arithmetic overflows, no character that a terminal acts on comes through, HTML stays HTML. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "koboshi/arena.h"
#include "koboshi/text.h"
#include "report_records.h"

static size_t n_reports, n_refused;

/* Nothing that acts on a terminal. */
static void assert_clean(const char *bytes, size_t n, const char *what)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    for (size_t at = 0; at < n;) { /* line by line: a line feed is meant */
        const char *end = memchr(bytes + at, '\n', n - at);
        size_t length = end ? (size_t)(end - bytes) - at : n - at;
        const char *line = kb_strndup(arena, bytes + at, length);
        if (strlen(line) != length || strcmp(kb_printable(arena, line), line) != 0)
            fail_msg("%s: not fit for a terminal: %s", what, kb_printable(arena, line));
        at += length + 1;
    }
}

static void report_on(const struct kb_record *record)
{
    for (enum kb_lang lang = KB_JA; lang <= KB_EN; lang++) {
        const struct kb_report report = {.record = record, .seal = &seal, .lang = (int)lang, .columns = 80};
        KB_SCOPED_ARENA arena = kb_arena_new();
        char *page = NULL, *text = NULL;
        size_t page_n = 0, text_n = 0;
        FILE *out = open_memstream(&text, &text_n);
        if (!kb_report_html(&report, arena, &page, &page_n, NULL)) {
            assert_clean(page, page_n, "HTML");
            assert_null(strstr(page, "<script"));
            assert_null(strstr(page, "<img"));
        }
        (void)kb_report_text(&report, out, NULL);
        (void)kb_report_json(&report, out, NULL);
        assert_int_equal(fclose(out), 0);
        assert_clean(text, text_n, "text");
        free(text);
        n_reports++;
    }
}

static void report_on_json(const json_t *json)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct kb_record *record = NULL;
    size_t n;
    const char *bytes = kb_json_dump(arena, json, JSON_COMPACT, &n);
    struct kb_err err = {0};
    if (!kb_record_read(bytes, n, arena, &record, &err))
        report_on(record);
    else
        n_refused++;
}

/* Every leaf of `whole` is replaced by each of these in turn, or all of one kind at once. */
struct trial {
    json_t *whole;
    int type;
    json_t *const *values;
    size_t n_values;
    json_t *all; /* not NULL: stays in the place of every one */
};

static void replace(json_t *in, const char *key, size_t index, json_t *value)
{
    assert_int_equal(key ? json_object_set(in, key, value) : json_array_set(in, index, value), 0);
}

static void try_leaf(const struct trial *t, json_t *in, const char *key, size_t index)
{
    json_t *leaf = json_incref(key ? json_object_get(in, key) : json_array_get(in, index));
    if (t->all)
        replace(in, key, index, t->all);
    for (size_t i = 0; !t->all && i < t->n_values; i++) {
        replace(in, key, index, t->values[i]);
        report_on_json(t->whole);
    }
    if (!t->all)
        replace(in, key, index, leaf);
    json_decref(leaf);
}

static void each_leaf(const struct trial *t, json_t *node)
{
    const char *key;
    json_t *value;
    void *next;
    size_t i;
    json_object_foreach_safe(node, next, key, value)
    {
        if (!strcmp(key, "format"))
            continue;
        if (json_typeof(value) == (json_type)t->type)
            try_leaf(t, node, key, 0);
        else
            each_leaf(t, value);
    }
    json_array_foreach(node, i, value)
    {
        if (json_typeof(value) == (json_type)t->type)
            try_leaf(t, node, NULL, i);
        else
            each_leaf(t, value);
    }
}

static void try_record(const struct kb_record *record, int type, json_t *const *values, size_t n)
{
    KB_SCOPED_JSON one = kb_shape_write(&kb_record_shape, record);
    each_leaf(&(struct trial){.whole = one, .type = type, .values = values, .n_values = n}, one);
    for (size_t i = 0; i < n; i++) {
        KB_SCOPED_JSON all = kb_shape_write(&kb_record_shape, record);
        each_leaf(&(struct trial){.whole = all, .type = type, .all = values[i]}, all);
        report_on_json(all);
    }
}

static void try_all(int type, json_t *const *values, size_t n)
{
    n_reports = n_refused = 0;
    const struct kb_record records[] = {good_record(), bad_record(), canceled_record()};
    for (size_t i = 0; i < sizeof records / sizeof *records; i++)
        try_record(&records[i], type, values, n);
    for (size_t i = 0; i < n; i++)
        json_decref(values[i]);
    print_message("%zu reports, %zu records refused\n", n_reports, n_refused);
    assert_true(n_reports > 100);
}

static void test_numbers(void **state)
{
    (void)state;
    json_t *const values[] = {json_integer(INT64_MAX),         json_integer(INT64_MIN), json_integer(INT64_MIN + 1),
                              json_integer(INT64_MAX / 2 + 1), json_integer(-1),        json_integer(0)};
    try_all(JSON_INTEGER, values, sizeof values / sizeof *values);
}

static void test_texts(void **state)
{
    (void)state;
    static const char acts[] = "\x1b[2J\x1b]0;owned\x07\xc2\x9b\x32J\xe2\x80\xae\xd8\x9c\xe2\x80\xa8\r\n\t\x7f"
                               "</style></title><script>alert(1)</script><img src=x onerror=y>\"' &%s%n%%";
    char *wide = malloc(1 << 16);
    assert_non_null(wide);
    memset(wide, 'w', 1 << 16);
    json_t *const values[] = {json_string(acts), json_stringn(wide, 1 << 16), json_string(""),
                              json_string("0001-01-01T00:00:00Z"), json_string("9999-12-31T23:59:59Z")};
    free(wide);
    try_all(JSON_STRING, values, sizeof values / sizeof *values);
}

/* Another type anywhere is refused, or was not read; nothing in between. */
static void test_types(void **state)
{
    (void)state;
    json_t *deep = json_null();
    for (int i = 0; i < 1000; i++)
        deep = json_pack("[o]", deep);
    json_t *const values[] = {json_real(0.5), json_real(1e308), json_null(), json_array(), json_object(), deep};
    n_reports = 0;
    const struct kb_record good = good_record();
    try_record(&good, JSON_INTEGER, values, sizeof values / sizeof *values);
    assert_int_equal(n_reports, 0);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        json_decref(values[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
