/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: a crash or a disk that fails loses no acknowledged line and signs nothing that was not written by us. */
#include "ledger_fixture.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "koboshi/limits.h"

/* Faults of the disk, planted by standing in for libc. */
static int fail_fdatasync;
static const char *fail_rename_to;

int fdatasync(int fd)
{
    if (fail_fdatasync) {
        fail_fdatasync--;
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}

int renameat(int old_dir, const char *old_name, int new_dir, const char *new_name)
{
    if (fail_rename_to && !strcmp(new_name, fail_rename_to)) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_renameat2, old_dir, old_name, new_dir, new_name, 0);
}

/* What a second process, or the next start, finds after a crash. */
static void expect_recovered(const char *name, int64_t adopted, int64_t lines)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_ledger *ledger = opened(name);
    kb_ledger_free(ledger);
    expect_good(name);
    struct kb_lines entries = {0, NULL};
    struct kb_err err = {0};
    assert_int_equal(kb_ledger_lines(name, arena, &entries, &err), 0);
    assert_int_equal(entries.n, lines);
    assert_string_equal(entries.v[lines - 1].kind, "recovered");
    assert_int_equal(entries.v[lines - 1].adopted, adopted);
    if (adopted != KB_ABSENT) {
        assert_int_equal(run("sed -n %" PRId64 "p %s/ledger.jsonl | sha256sum", adopted, name), 0);
        assert_memory_equal(text_of(arena, "out"), entries.v[lines - 1].adopted_sha256, 64);
    }
}

static void test_crash_before_signing(void **state)
{
    (void)state;
    struct kb_err err = {0};
    struct kb_ledger *ledger = fresh("crash");
    fail_rename_to = "checkpoint.sig";
    assert_int_not_equal(try_append(ledger, &err), 0);
    assert_int_equal(try_append(ledger, &err), KB_ELEDGER); /* this handle is done */
    kb_ledger_free(ledger);
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct kb_ledger_check *check = check_dir(arena, "crash");
    assert_int_equal(check->bad, 1);
    assert_string_equal(check->flaws.v[0].name, "unsigned-tail");
    assert_int_equal(check->flaws.v[0].line, 10);
    /* a crash in the middle of the recovery, twice, and then it works */
    for (int i = 0; i < 2; i++)
        assert_int_not_equal(kb_ledger_open("crash", "agent.pem", &ledger, &err), 0);
    fail_rename_to = NULL;
    expect_recovered("crash", 10, 11);
}

static void test_crash_between_renames(void **state)
{
    (void)state;
    struct kb_err err = {0};
    struct kb_ledger *ledger = fresh("between");
    fail_rename_to = "checkpoint";
    assert_int_not_equal(try_append(ledger, &err), 0);
    kb_ledger_free(ledger);
    fail_rename_to = NULL;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct kb_ledger_check *check = check_dir(arena, "between");
    assert_int_equal(check->bad, 1);
    assert_string_equal(check->flaws.v[0].name, "unsettled");
    const struct kb_pack_params params = {.ledger = "between", .drill = KB_ABSENT, .out = "unsettled-pack"};
    assert_int_equal(kb_pack_export(&params, &err), KB_ELEDGER);
    assert_int_not_equal(access("unsettled-pack", F_OK), 0);
    ledger = opened("between"); /* the line is signed: nothing to recover but the checkpoint */
    struct kb_lines entries = {0};
    assert_int_equal(kb_ledger_lines("between", arena, &entries, &err), 0);
    assert_int_equal(entries.n, 10);
    append(ledger, "続き");
    kb_ledger_free(ledger);
    expect_good("between");
    /* the same after an adoption: line and `recovered` are both ahead of the checkpoint */
    ledger = fresh("between2");
    fail_rename_to = "checkpoint.sig";
    assert_int_not_equal(try_append(ledger, &err), 0);
    kb_ledger_free(ledger);
    fail_rename_to = "checkpoint";
    assert_int_not_equal(kb_ledger_open("between2", "agent.pem", &ledger, &err), 0);
    fail_rename_to = NULL;
    expect_recovered("between2", 10, 11);
}

static void test_torn(void **state)
{
    (void)state;
    assert_int_equal(run("rm -rf torn; cp -a base torn; printf '{\"seq\":10,\"pre' >> torn/ledger.jsonl"), 0);
    expect_recovered("torn", KB_ABSENT, 10);
    KB_SCOPED_ARENA arena = kb_arena_new();
    assert_non_null(strstr(text_of(arena, "torn/ledger.jsonl"), "\"cut_bytes\":14,\"cut_sha256\":\""));
}

static void test_not_durable(void **state)
{
    (void)state;
    struct kb_err err = {0};
    struct kb_ledger *ledger = fresh("sync");
    fail_fdatasync = 1;
    assert_int_equal(try_append(ledger, &err), KB_ELEDGER);
    assert_non_null(strstr(err.frame[0].en, "not durable"));
    assert_int_equal(try_append(ledger, &err), KB_ELEDGER); /* not retried: the disk would say yes now */
    assert_int_equal(fail_fdatasync, 0);
    kb_ledger_free(ledger);
    expect_recovered("sync", 10, 11);
}

/* A drill whose process is gone, one that runs, one that was killed within finish. */
static void test_interrupted(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_err err = {0};
    struct kb_ledger *ledger = fresh("stop");
    struct kb_line entry;
    kb_line_init(&entry, KB_LINE_DRILL_STARTED);
    pid_t pid = fork();
    if (pid == 0) { /* the third drill dies */
        struct kb_drill_run *dying = NULL;
        _exit(kb_drill_begin(ledger, &entry, &dying, &err) || kb_drill_number(dying) != 3);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    struct kb_drill_run *running = NULL;
    assert_int_equal(kb_drill_begin(ledger, &entry, &running, &err), 0); /* notices that another process appended */
    assert_int_equal(kb_drill_number(running), 4);
    struct stat st;
    assert_int_equal(stat("stop/drills/000004.running", &st), 0);
    assert_true(st.st_blocks * 512 >= KB_LEDGER_RESERVE);
    size_t n = 99;
    assert_int_equal(kb_ledger_interrupted(ledger, NULL, &n, &err), 0);
    assert_int_equal(n, 1);
    assert_int_equal(kb_ledger_interrupted(ledger, NULL, &n, &err), 0);
    assert_int_equal(n, 0);
    expect_good("stop"); /* an unfinished drill is visible, not wrong */
    const struct kb_ledger_check *check = check_dir(arena, "stop");
    assert_int_equal(check->flaws.n, 2);
    assert_string_equal(check->flaws.v[0].name, "unfinished");
    assert_int_equal(check->flaws.v[0].drill, 3);
    assert_non_null(strstr(check->flaws.v[1].found.en, "running now"));
    assert_int_equal(kb_drill_finish(running, record_of(arena, 3, NULL), &files, &err),
                     KB_ELEDGER); /* another drill's record */
    assert_int_equal(kb_drill_finish(running, record_of(arena, 4, NULL), &files, &err), 0);
    kb_drill_free(running);
    assert_int_equal(run("mkdir stop/drills/000005"), 0);
    assert_int_equal(kb_drill_begin(ledger, &entry, &running, &err), KB_ELEDGER);
    assert_int_equal(run("rmdir stop/drills/000005"), 0);
    assert_int_equal(kb_drill_begin(ledger, &entry, &running, &err), 0);
    assert_int_equal(kb_drill_number(running), 5);
    fail_rename_to = "000005"; /* the record cannot be put in place */
    assert_int_not_equal(kb_drill_finish(running, record_of(arena, 5, NULL), &files, &err), 0);
    fail_rename_to = NULL;
    kb_drill_free(running);
    assert_int_equal(kb_ledger_interrupted(ledger, NULL, &n, &err), 0);
    assert_int_equal(n, 1);
    assert_int_not_equal(access("stop/drills/.000005.new", F_OK), 0);
    kb_ledger_free(ledger);
    expect_good("stop");
}

/* A drill that waits to be taken up again keeps its number and gets no end until somebody gives it one. */
static void test_resumed(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_err err = {0};
    struct kb_ledger *ledger = fresh("wait");
    struct kb_line entry;
    kb_line_init(&entry, KB_LINE_DRILL_STARTED);
    struct kb_drill_run *first = NULL, *second = NULL, *third = NULL;
    assert_int_equal(kb_drill_begin(ledger, &entry, &first, &err), 0);
    int64_t number = kb_drill_number(first);
    assert_int_equal(kb_drill_resume(ledger, number, &second, &err), KB_EAGAIN); /* it is at work */
    kb_drill_free(first);
    const struct kb_drill_numbers waiting = {1, &number};
    size_t n = 99;
    assert_int_equal(kb_ledger_interrupted(ledger, &waiting, &n, &err), 0);
    assert_int_equal(n, 0);
    assert_int_equal(kb_drill_begin(ledger, &entry, &second, &err), 0); /* another one goes by */
    assert_int_equal(kb_drill_finish(second, record_of(arena, number + 1, NULL), &files, &err), 0);
    kb_drill_free(second);
    assert_int_equal(kb_drill_resume(ledger, number, &third, &err), 0);
    assert_int_equal(kb_drill_number(third), number);
    assert_int_equal(kb_drill_finish(third, record_of(arena, number, NULL), &files, &err), 0);
    kb_drill_free(third);
    third = NULL;
    const int64_t closed[] = {number, number + 1, number + 2, 0, -1};
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++)
        assert_int_equal(kb_drill_resume(ledger, closed[i], &third, &err), KB_EUSAGE);
    assert_null(third);
    kb_ledger_free(ledger);
    expect_good("wait");
    assert_int_equal(check_dir(arena, "wait")->flaws.n, 0);
}

/* Without room for its end a drill does not begin, and leaves no trace. */
static void test_no_room(void **state)
{
    (void)state;
    struct kb_ledger *ledger = fresh("full");
    pid_t pid = fork();
    if (pid == 0) {
        struct kb_err err = {0};
        struct kb_line entry;
        struct kb_drill_run *drill_ = NULL;
        const struct rlimit limit = {1 << 20, 1 << 20};
        kb_line_init(&entry, KB_LINE_DRILL_STARTED);
        (void)signal(SIGXFSZ, SIG_IGN);
        _exit(setrlimit(RLIMIT_FSIZE, &limit) || kb_drill_begin(ledger, &entry, &drill_, &err) != KB_EIO ||
              !strstr(err.frame[0].en, "16 MiB must be free") || !strstr(err.frame[0].ja, "16 MiB の空き"));
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    kb_ledger_free(ledger);
    assert_int_not_equal(access("full/drills/000003.running", F_OK), 0);
    assert_int_equal(run("cmp full/ledger.jsonl base/ledger.jsonl"), 0);
}

/* Killed at any moment: what was acknowledged is there, and the ledger goes on. */
static void test_killed(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    kb_ledger_free(fresh("killed"));
    for (int round = 0; round < 15; round++) {
        int64_t before = check_dir(arena, "killed")->lines;
        int acknowledged[2];
        assert_int_equal(pipe(acknowledged), 0);
        pid_t pid = fork();
        if (pid == 0) {
            struct kb_ledger *ledger = opened("killed");
            struct kb_err err = {0};
            while (!try_append(ledger, &err) && write(acknowledged[1], "x", 1) == 1)
                continue;
            _exit(1);
        }
        close(acknowledged[1]);
        (void)usleep((useconds_t)(3000 + round * 1371));
        assert_int_equal(kill(pid, SIGKILL), 0);
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        char x;
        int64_t n = 0;
        while (read(acknowledged[0], &x, 1) == 1)
            n++;
        close(acknowledged[0]);
        kb_ledger_free(opened("killed"));
        expect_good("killed");
        int64_t lines = check_dir(arena, "killed")->lines;
        assert_true(lines >= before + n && lines <= before + n + 3); /* one more, one adopted, one `recovered` */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crash_before_signing),
        cmocka_unit_test(test_crash_between_renames),
        cmocka_unit_test(test_torn),
        cmocka_unit_test(test_not_durable),
        cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_resumed),
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_killed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
