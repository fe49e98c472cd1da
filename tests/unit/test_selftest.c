/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: the self-test is green here, on a kernel of Landlock ABI 2 and without root, and red for each hole there is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../agent/sandbox/trial.h"
#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"

enum { NOBODY = 65534, ROWS_MAX = 64 };

/* What came of each attempt, as bits of the kinds in their order. */
struct seen {
    size_t rows, bad;
    struct {
        const char *id;
        unsigned kinds, possible, bad;
    } attempt[ROWS_MAX];
    size_t n;
    int64_t abi;
    uint32_t uid;
};

static void take(void *owner, const struct kb_selftest_row *row)
{
    struct seen *seen = owner;
    if (!seen->n || strcmp(seen->attempt[seen->n - 1].id, row->id) != 0)
        seen->attempt[seen->n++].id = row->id;
    unsigned kind = 1U << seen->attempt[seen->n - 1].kinds++;
    seen->attempt[seen->n - 1].possible |= row->possible ? kind : 0;
    seen->attempt[seen->n - 1].bad |= row->good ? 0 : kind;
    seen->rows++;
    seen->bad += !row->good;
    if (row->level > KB_CONFINE_PROBE)
        return; /* the others keep their account, or know no Landlock */
    seen->abi = row->landlock_abi;
    seen->uid = row->uid;
}

static void say(const char *id, const char *what)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *line = kb_sprintf(arena, "%s: %s\n", id, what);
    (void)kb_write_all(2, line, strlen(line));
}

static int run(int64_t abi, unsigned without, struct seen *seen)
{
    struct kb_err err = {0};
    struct kb_selftest params = {.landlock_abi = abi, .user = "nobody", .told = take, .owner = seen};
    int code = kb_selftest_without(&params, without, &err);
    for (size_t i = 0; i < err.n_frames; i++)
        say("fault", err.frame[i].en);
    return code;
}

static bool is_green(int64_t abi)
{
    struct seen seen = {0};
    if (run(abi, 0, &seen))
        return false;
    for (size_t i = 0; i < seen.n; i++)
        if (seen.attempt[i].bad)
            say(seen.attempt[i].id, "not as it must be");
    return seen.rows == kb_n_attempts * KB_TRIAL_KINDS && !seen.bad && seen.abi >= 2 && (!abi || seen.abi == abi) &&
           seen.uid == (geteuid() ? geteuid() : NOBODY);
}

static int in_child(int (*body)(void))
{
    int status = -1;
    pid_t pid = fork();
    if (pid == 0)
        _exit(body());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static int here(void)
{
    return !is_green(0);
}

static int on_abi_2(void)
{
    return !is_green(2);
}

static int as_nobody(void)
{
    if (geteuid() == 0 && (setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY)))
        return 1;
    return !is_green(0) || !is_green(2);
}

static void test_green_here(void **state)
{
    (void)state;
    assert_int_equal(in_child(here), 0);
}

static void test_green_on_abi_2(void **state)
{
    (void)state;
    assert_int_equal(in_child(on_abi_2), 0);
}

static void test_green_without_root(void **state)
{
    (void)state;
    assert_int_equal(in_child(as_nobody), 0);
}

/* Each of these must be told as wrong for a worker that only reads. */
static bool finds(const struct seen *seen, enum kb_trial_kind kind, const char *const *ids)
{
    bool all = seen->bad > 0;
    for (; *ids; ids++) {
        bool found = false;
        for (size_t i = 0; i < seen->n; i++)
            found = found || (!strcmp(seen->attempt[i].id, *ids) && seen->attempt[i].bad & 1U << kind);
        if (!found)
            say(*ids, "the hole is not seen");
        all = all && found;
    }
    return all;
}

static int no_landlock(void)
{
    static const char *const ids[] = {"read-outside", "read-key", "use-ledger", "read-system", NULL};
    static const char *const cleanup[] = {"read-source", "read-outside", "read-key", "read-system", NULL};
    struct seen seen = {0};
    return run(0, KB_WITHOUT_LANDLOCK, &seen) || !finds(&seen, KB_TRIAL_READ, ids) ||
           !finds(&seen, KB_TRIAL_CLEANUP, cleanup);
}

static int no_seccomp(void)
{
    static const char *const ids[] = {"make-socket", "start-process", "clone3-process", "make-code", "connect", NULL};
    static const char *const media[] = {"make-socket", "make-node", "connect", "clone3-process",
                                        "io-uring",    "namespace", NULL};
    struct seen seen = {0};
    return run(2, KB_WITHOUT_SECCOMP, &seen) || !finds(&seen, KB_TRIAL_READ, ids) ||
           !finds(&seen, KB_TRIAL_CLEANUP, ids) || !finds(&seen, KB_TRIAL_MEDIA, media);
}

static int no_account(void)
{
    static const char *const ids[] = {"become-root", NULL};
    struct seen seen = {0};
    return run(0, KB_WITHOUT_ACCOUNT, &seen) || !finds(&seen, KB_TRIAL_READ, ids) ||
           !finds(&seen, KB_TRIAL_CLEANUP, ids) || !finds(&seen, KB_TRIAL_MEDIA, ids);
}

/* With nothing in its way each attempt must reach its end, or its "no" means nothing. */
static int nothing_at_all(void)
{
    struct seen seen = {0};
    int blind = 0;
    if (run(0, KB_WITHOUT_LANDLOCK | KB_WITHOUT_SECCOMP | KB_WITHOUT_ACCOUNT, &seen))
        return 1;
    for (size_t i = 0; i < seen.n; i++)
        if (!(seen.attempt[i].possible & 1U << KB_TRIAL_READ)) {
            say(seen.attempt[i].id, "is not seen, though nothing forbids it");
            blind++;
        }
    return blind;
}

static void test_holes_are_seen(void **state)
{
    (void)state;
    assert_int_equal(in_child(no_landlock), 0);
    assert_int_equal(in_child(no_seccomp), 0);
    if (geteuid() != 0) {
        print_message("not root: what root alone could do was not tried\n");
        return;
    }
    assert_int_equal(in_child(no_account), 0);
    assert_int_equal(in_child(nothing_at_all), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_green_here),
        cmocka_unit_test(test_green_on_abi_2),
        cmocka_unit_test(test_green_without_root),
        cmocka_unit_test(test_holes_are_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
