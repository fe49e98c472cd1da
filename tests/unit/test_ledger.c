/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: a ledger is one chain that stock commands accept, that several processes append to, and that tells its drills.
 */
#include "ledger_fixture.h"

#include "koboshi/limits.h"
#include "koboshi/lock.h"

static void test_whole(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    expect_good("base");
    const struct kb_ledger_check *check = check_dir(arena, "base");
    assert_int_equal(check->lines, BASE_LINES);
    assert_int_equal(check->drills, 2);
    assert_int_equal(check->drills_checked, 2);
    assert_int_equal(check->files_checked, 8);
    assert_false(check->established);
    const struct kb_ledger_check_params with_key = {.dir = "base", .key = check->key};
    assert_true(check_of(arena, &with_key)->established);
    const struct kb_ledger_check_params other_key = {.dir = "base", .key = "SHA256:AAAA"};
    assert_int_equal(check_of(arena, &other_key)->bad, 1);
    assert_string_equal(check_of(arena, &other_key)->flaws.v[0].name, "signer-other");
    /* the stock commands */
    assert_int_equal(run("cd base && ssh-keygen -Y verify -f allowed_signers -I \"$(sed 's/ .*//' allowed_signers)\" "
                         "-n koboshi-ledger "
                         "-s checkpoint.sig < checkpoint"),
                     0);
    assert_int_equal(run("cd base/drills/000002 && sha256sum -c SHA256SUMS && zstd -dc ../../objects/*.zst"), 0);
    assert_non_null(strstr(text_of(arena, "out"), "総務/見積.xlsx 2"));
    const char *text = text_of(arena, "base/ledger.jsonl");
    assert_non_null(strstr(text, "媒体がありません"));
    assert_non_null(strstr(
        text,
        "{\"seq\":1,\"prev\":\"0000000000000000000000000000000000000000000000000000000000000000\",\"format\":1,"));
    assert_null(strstr(text, ".running"));
    assert_int_not_equal(access("base/drills/000001.running", F_OK), 0);
}

static void test_entries(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_lines entries = {0, NULL};
    struct kb_err err = {0};
    assert_int_equal(kb_ledger_lines("base", arena, &entries, &err), 0);
    assert_int_equal(entries.n, BASE_LINES);
    assert_string_equal(entries.v[0].kind, "ledger_created");
    assert_string_equal(entries.v[2].kind, "drill_started");
    assert_string_equal(entries.v[2].name, "月次");
    const struct kb_line *finished = &entries.v[3];
    assert_string_equal(finished->kind, "drill_finished");
    assert_int_equal(finished->drill, 1);
    assert_int_equal(finished->verdict->restore, KB_VERDICT_MET);
    assert_int_equal(finished->systems.n, 1);
    assert_string_equal(finished->systems.v[0].proof, "L1 +L3 (no L2)");
    assert_int_equal(finished->systems.v[0].files, 20);
    assert_int_equal(finished->systems.v[0].point_in_time, 1796000000 - 1);
    assert_true(kb_ledger_exists("base"));
    assert_false(kb_ledger_exists("objects"));
    assert_int_equal(kb_ledger_lines("nowhere", arena, &entries, &err), KB_ELEDGER);
    assert_int_equal(kb_ledger_create("base", "agent.pem", &err), KB_ELEDGER);
    expect_good("base");
}

enum { WRITERS = 4, EACH = 10 };

static void test_side_by_side(void **state)
{
    (void)state;
    kb_ledger_free(fresh("many"));
    pid_t pids[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        if ((pids[i] = fork()) == 0) {
            struct kb_ledger *ledger = NULL;
            struct kb_err err = {0};
            int code = kb_ledger_open("many", "agent.pem", &ledger, &err);
            for (int k = 0; !code && k < EACH; k++)
                code = try_append(ledger, &err);
            _exit(code != 0);
        }
    }
    for (int i = 0; i < WRITERS; i++) {
        int status;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    expect_good("many");
    KB_SCOPED_ARENA arena = kb_arena_new();
    assert_int_equal(check_dir(arena, "many")->lines, BASE_LINES + WRITERS * EACH);
}

static void test_summaries_fit(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_err err = {0};
    struct kb_ledger *ledger = fresh("large");
    struct kb_record *record = record_of(arena, 3, NULL);
    record->operator_ = "\x95\\ 山田";
    enum { SYSTEMS = 600 };
    struct kb_record_unit *units = kb_alloc(arena, SYSTEMS, sizeof *units);
    for (int i = 0; i < SYSTEMS; i++) {
        units[i] = record->units.v[0];
        units[i].system = kb_sprintf(arena, "%064d", i);
        units[i].status = KB_UNIT_CONDITIONAL;
        units[i].result.files = KB_ENTRIES_MAX;
        units[i].result.bytes_read = KB_UNPACKED_BYTES_MAX;
        units[i].result.read_ns = INT64_C(1000000) * KB_NS_PER_S;
        units[i].result.proof = (struct kb_proof){KB_REACHED, KB_REACHED, KB_NOT_REACHED, KB_REACHED,
                                                  KB_REACHED, KB_REACHED, KB_REACHED};
    }
    record->units.v = units;
    record->units.n = SYSTEMS;
    assert_int_equal(kb_ledger_verified(ledger, record, &err), 0);
    struct kb_lines entries = {0, NULL};
    assert_int_equal(kb_ledger_lines("large", arena, &entries, &err), 0);
    const struct kb_line *last = &entries.v[entries.n - 1];
    assert_string_equal(last->kind, "verified");
    assert_string_equal(last->operator_, "%95\\ 山田"); /* not UTF-8: escaped, never left out */
    assert_true(last->systems.n >= 200);                /* at most 256 bytes each */
    assert_int_equal((int64_t)last->systems.n + last->systems_left_out, SYSTEMS);
    kb_ledger_free(ledger);
    expect_good("large");
}

static void test_locks(void **state)
{
    (void)state;
    struct kb_err err = {0};
    const struct kb_lock medium = {"state/locks", KB_LOCK_MEDIUM, "ABCD-1234", 42},
                         system_ = {"state/locks", KB_LOCK_SYSTEM, "ABCD-1234", 42};
    int first = -1, second = -1, third = -1;
    assert_int_equal(kb_lock_take(&medium, &first, &err), 0);
    assert_int_equal(kb_lock_take(&system_, &second, &err), 0);
    assert_int_equal(kb_lock_take(&medium, &third, &err), KB_EAGAIN);
    assert_int_equal(third, -1);
    char pid[32];
    (void)snprintf(pid, sizeof pid, "process %ld, drill 42", (long)getpid());
    assert_non_null(strstr(err.frame[0].en, pid));
    assert_non_null(strstr(err.frame[0].en, "ABCD-1234"));
    assert_non_null(strstr(err.frame[0].ja, "使用中"));
    close(first);
    assert_int_equal(kb_lock_take(&medium, &third, &err), 0);

    /* no drill: nothing is said about one */
    const struct kb_lock other = {"locks", KB_LOCK_MEDIUM, "hdd-other", KB_ABSENT};
    KB_SCOPED_FD fourth = -1;
    KB_SCOPED_FD fifth = -1;
    assert_int_equal(kb_lock_take(&other, &fourth, &err), 0);
    err = (struct kb_err){0};
    assert_int_equal(kb_lock_take(&other, &fifth, &err), KB_EAGAIN);
    assert_non_null(strstr(err.frame[0].en, "process "));
    assert_null(strstr(err.frame[0].en, "drill"));
    assert_null(strstr(err.frame[0].ja, "訓練"));
    assert_null(strstr(err.frame[0].ja, "–"));
    close(second);
    close(third);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),         cmocka_unit_test(test_entries), cmocka_unit_test(test_side_by_side),
        cmocka_unit_test(test_summaries_fit), cmocka_unit_test(test_locks),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
