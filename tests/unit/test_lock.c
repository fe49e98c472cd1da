/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: one can ask whether a medium is in use without being in anybody's way; a line that would be too long is cut and
 * says by how much. */
#include "ledger_fixture.h"

#include "koboshi/limits.h"
#include "koboshi/lock.h"

static void test_held(void **state)
{
    (void)state;
    struct kb_lock lock = {.dir = "locks", .kind = KB_LOCK_MEDIUM, .id = "1234-abcd", .drill = KB_ABSENT};
    struct kb_err err = {0};
    int fd = -1, second = -1;
    assert_false(kb_lock_is_held(&lock));
    assert_int_equal(kb_lock_take(&lock, &fd, &err), 0);
    assert_true(kb_lock_is_held(&lock));
    assert_int_equal(kb_lock_take(&lock, &second, &err), KB_EAGAIN);
    lock.id = "other";
    assert_false(kb_lock_is_held(&lock));
    lock.id = "1234-abcd";
    (void)close(fd); /* the file stays and still names this process */
    assert_false(kb_lock_is_held(&lock));
    assert_int_equal(kb_lock_take(&lock, &fd, &err), 0);
    (void)close(fd);
}

static void test_fit(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    enum { MANY = 4000 };
    struct kb_line line;
    struct kb_err err = {0};
    kb_line_init(&line, KB_LINE_MEDIUM_SWAPPED);
    line.medium = "hdd-a";
    line.generations.v = kb_alloc(arena, MANY, sizeof *line.generations.v);
    for (int i = 0; i < MANY; i++)
        line.generations.v[line.generations.n++] = (struct kb_line_generation){
            "share", kb_sprintf(arena, "共有/share-%08d.tar", MANY - i), 1796000000 - i, 1000};
    struct kb_ledger *ledger = opened("base");
    assert_int_not_equal(kb_ledger_append(ledger, &line, &err), 0); /* as it is it is too long */
    kb_ledger_free(ledger);
    kb_line_fit(&line);
    assert_in_range(line.generations.n, 200, MANY - 1);
    assert_int_equal(line.generations_left_out, MANY - line.generations.n);
    ledger = opened("base");
    assert_int_equal(kb_ledger_append(ledger, &line, &err), 0);
    kb_ledger_free(ledger);
    expect_good("base");
    struct kb_lines lines = {0, NULL};
    assert_int_equal(kb_ledger_lines("base", arena, &lines, &err), 0);
    const struct kb_line *read = &lines.v[lines.n - 1];
    assert_int_equal(read->generations.n, line.generations.n);
    assert_string_equal(read->generations.v[0].path, "共有/share-00004000.tar"); /* the newest stay */
    assert_int_equal(read->generations_left_out, line.generations_left_out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_held), cmocka_unit_test(test_fit)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
