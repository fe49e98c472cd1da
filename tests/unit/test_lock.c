/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: one can ask whether a medium is in use without being in anybody's way; a line that would be too long is cut and
 * says by how much. Who was killed while it started another process holds nothing once that has begun; a lock that
 * stays is never taken away from whoever has it. */
#include "ledger_fixture.h"

#include <signal.h>
#include <time.h>

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

/* A process that took the lock is gone; its child, which never became another program, keeps it until it ends or its
 * end of the pipe is closed. */
static int left_by_a_killed_holder(const struct kb_lock *lock, int64_t ms)
{
    int ready[2], keep[2];
    char byte = 0;
    struct kb_err err = {0};
    int fd = -1;
    assert_int_equal(pipe(ready) | pipe(keep), 0);
    pid_t holder = fork();
    if (!holder) {
        if (kb_lock_take(lock, &fd, &err))
            _exit(1);
        if (!fork()) {
            (void)close(keep[1]);
            struct timespec wait = {ms / 1000, ms % 1000 * 1000000};
            if (write(ready[1], &byte, 1) != 1 || nanosleep(&wait, NULL) || (!ms && read(keep[0], &byte, 1)))
                _exit(1);
            _exit(0);
        }
        (void)pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    (void)close(ready[0]);
    (void)close(ready[1]);
    (void)close(keep[0]);
    assert_int_equal(kill(holder, SIGKILL), 0);
    assert_int_equal(waitpid(holder, NULL, 0), holder);
    return keep[1];
}

static void test_killed_while_it_started_another(void **state)
{
    (void)state;
    struct kb_lock lock = {.dir = "locks", .kind = KB_LOCK_MEDIUM, .id = "killed", .drill = KB_ABSENT};
    struct kb_err err = {0};
    int fd = -1;
    (void)close(left_by_a_killed_holder(&lock, 300));
    assert_int_equal(kb_lock_take(&lock, &fd, &err), 0);
    (void)close(fd);
    int keep = left_by_a_killed_holder(&lock, 0); /* which does not let go */
    assert_int_equal(kb_lock_take(&lock, &fd, &err), KB_EAGAIN);
    (void)close(keep);
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_held),
                                       cmocka_unit_test(test_killed_while_it_started_another),
                                       cmocka_unit_test(test_fit)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
