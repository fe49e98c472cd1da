/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: a block that the plan does not have yet needs only rows: every kind of value is read and judged by its table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../agent/plan/loader.h"
#include "koboshi/arena.h"
#include "koboshi/clock.h"

struct visit {
    const char *on;
    int64_t at, level;
    KB_LIST_OF(struct kb_text) said;
};
struct book {
    const char *id;
    struct visit first;
    KB_LIST_OF(struct visit) visits;
};
struct shelf {
    KB_LIST_OF(struct book) books;
    const char *place;
};

static const struct kb_key visit_keys[] = {
    KB_KEY(struct visit, on, KB_DATE),
    KB_KEY(struct visit, at, KB_TIME),
    KB_KEY(struct visit, level, KB_PERCENT, .min = 0, .max = 100),
    KB_KEY(struct visit, said, KB_TEXTS),
};
static const struct kb_shape visit_shape = KB_SHAPE_OR_SCALAR(struct visit, "visit", visit_keys, "on");
static const struct kb_key book_keys[] = {
    KB_KEY(struct book, first, KB_INLINE, .of = &visit_shape),
    KB_KEY(struct book, visits, KB_LIST, .of = &visit_shape),
};
static const struct kb_shape book_shape = KB_SHAPE(struct book, "book", book_keys);
static const struct kb_key shelf_keys[] = {
    KB_KEY(struct shelf, books, KB_MAP, .of = &book_shape),
    KB_KEY(struct shelf, place, KB_STR, .def_text = "attic"),
};
static const struct kb_shape shelf_shape = KB_SHAPE(struct shelf, "shelf", shelf_keys);

static size_t load(struct kb_arena *arena, const char *text, struct shelf *shelf, struct kb_complaints *c)
{
    *c = (struct kb_complaints){.arena = arena};
    const struct kb_node *root = kb_node_parse(text, strlen(text), arena, c);
    assert_non_null(root);
    struct kb_loader l = {.arena = arena, .work = arena, .c = c};
    kb_loader_read(&l, &shelf_shape, root, shelf);
    kb_loader_resolve(&l, &shelf_shape, shelf);
    const struct visit *first = &shelf->books.v[0].first;
    assert_int_equal(kb_mark_at(&l, &first->level, first).line, 3); /* not written: where the struct stands */
    assert_int_equal(kb_mark_at(&l, &first->level, NULL).line, strstr(text, "first: {level") ? 3 : 1);
    kb_loader_done(&l);
    return c->n;
}

static void test_every_kind(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct shelf shelf;
    struct kb_complaints c;
    static const char text[] =
        "books:\n"
        "  a:\n"
        "    first: 2026-11-23\n"
        "    visits:\n"
        "      - {at: 2026-11-23T09:00:00+09:00, level: 30%, said: [よい, {ja: 悪い, en: bad}]}\n"
        "      - 2024-02-29\n";
    assert_int_equal(load(arena, text, &shelf, &c), 0);
    assert_string_equal(shelf.place, "attic");
    assert_string_equal(shelf.books.v[0].id, "a");
    assert_string_equal(shelf.books.v[0].first.on, "2026-11-23");
    const struct visit *visits = shelf.books.v[0].visits.v;
    assert_int_equal(visits[0].at, 1795392000);
    assert_int_equal(visits[0].level, 30);
    assert_string_equal(visits[0].said.v[0].ja, "よい");
    assert_string_equal(visits[0].said.v[1].en, "bad");
    assert_string_equal(visits[1].on, "2024-02-29");
    assert_int_equal(visits[1].level, KB_ABSENT);
}

static void test_bad_values(void **state)
{
    (void)state;
    static const struct {
        const char *value, *says;
    } cases[] = {
        {"{on: 2026-02-30}", "a real date"},
        {"{on: 2026/3/4}", "write 2026-03-04"},
        {"{on: 2026年3月4日}", "write 2026-03-04"},
        {"{on: \"4.3.26\"}", "a real date"},
        {"{at: 2026-11-23 09:00}", "a time such as"},
        {"{level: 101%}", "between 0 and 100"},
        {"{level: ３０％}", "write 30%"},
        {"{said: よい}", "a list of texts"},
        {"{said: [{ja: no}]}", "write \"no\""},
        {"[2026-11-23]", "a block of keys"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        KB_SCOPED_ARENA arena = kb_arena_new();
        struct shelf shelf;
        struct kb_complaints c;
        assert_int_equal(
            load(arena, kb_sprintf(arena, "books:\n  a:\n    first: %s\n    visits: []\n", cases[i].value), &shelf, &c),
            1);
        if (!strstr(c.v[0].text.en, cases[i].says))
            fail_msg("%s: %s", cases[i].value, c.v[0].text.en);
        assert_int_equal(c.v[0].line, 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind),
        cmocka_unit_test(test_bad_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
