/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: what was changed, dropped, swapped, doubled or cut in a ledger is found and named, by us and by verify.sh, and
 * is never signed over. */
#include "ledger_fixture.h"

/* How one of the files is changed, what is found and at which line; `script` is set where verify.sh is run on it
 * too. */
static const struct plant {
    const char *command, *flaw;
    int64_t line;
    const char *script;
} plants[] = {
    {"sed -i '5s/二/に/' ledger.jsonl", "line-changed", 5, "line 5 was changed"},
    {"sed -i '1s/SHA256:./SHA256:-/' ledger.jsonl", "line-changed", 1, NULL},
    {"sed -i '9s/四/死/' ledger.jsonl", "line-changed", 9, "line 9 was changed"},
    {"sed -i '5s/\"format\":1/\"format\":2/' ledger.jsonl", "line-unreadable", 5, "line 5 cannot be read"},
    {"sed -i 5d ledger.jsonl", "line-number", 5, "line 5: its number is 6"},
    {"sed -i 1d ledger.jsonl", "line-number", 1, "line 1: its number is 2"},
    {"sed -i '5{h;d};6G' ledger.jsonl", "line-number", 5, "line 5: its number is 6"},
    {"sed -i '5{p}' ledger.jsonl", "line-number", 6, "line 6: its number is 5"},
    {"sed -i '$d' ledger.jsonl", "truncated", 9, "line 9 is missing"},
    {"sed -i '3,$d' ledger.jsonl", "truncated", 3, NULL},
    {": > ledger.jsonl", "truncated", 1, "ledger.jsonl is missing or empty"},
    {"truncate -s -20 ledger.jsonl", "truncated", 9, "line 9 is missing|line 9 cannot be read"},
    {"tail -n 1 ledger.jsonl | sed 's/\"seq\":9/\"seq\":10/' >> ledger.jsonl", "unsigned-tail", 10,
     "line 10 was never signed"},
    {"printf '{\"seq\":10' >> ledger.jsonl", "unsigned-tail", 10, "line 10 was never signed|line 10 is cut off"},
    {"sed -i '6s/\"time\":\"2/\"time\":\"1/' ledger.jsonl", "line-changed", 6, NULL},
    {"sed -i '4s/\"sha256sums\":\"./\"sha256sums\":\"x/' ledger.jsonl", "line-changed", 4, NULL},
    {"sed -i '2s/9/8/' checkpoint", "signature-bad", KB_ABSENT, "signature does not fit"},
    {"sed -i '3s/^./g/' checkpoint", "checkpoint-bad", KB_ABSENT, "checkpoint is damaged"},
    {"printf x >> checkpoint", "checkpoint-bad", KB_ABSENT, NULL},
    {"rm checkpoint", "checkpoint-bad", KB_ABSENT, "checkpoint is missing"},
    {"rm checkpoint.sig", "signature-bad", KB_ABSENT, "checkpoint.sig is missing"},
    {"sed -i '2s/A/B/' checkpoint.sig", "signature-bad", KB_ABSENT, "signature does not fit"},
    {"cp ../stranger/allowed_signers .", "signer-files", KB_ABSENT, "signature does not fit"},
    {"cp ../stranger/agent.pub.pem .", "signer-files", KB_ABSENT, "signature does not fit"},
    {"cp ../stranger/checkpoint* ../stranger/allowed_signers ../stranger/agent.pub.pem .", "checkpoint-bad", KB_ABSENT,
     NULL},
    {"sed -i 's/L1/L4/' drills/000001/record.json; sed -i 's/\"format\": 1/\"format\": 1 /' drills/000001/record.json",
     "file-changed", KB_ABSENT, "drill 1: changed or missing: record.json"},
    {"rm drills/000002/plan.yaml", "file-missing", KB_ABSENT, "drill 2: changed or missing: plan.yaml"},
    {"sed -i '1s/^./z/' drills/000001/SHA256SUMS", "sums-changed", 4, "drill 1: SHA256SUMS is not the one"},
    {"echo x > drills/000001/x; (cd drills/000001; sha256sum x >> SHA256SUMS)", "sums-changed", 4, NULL},
    {"rm -r drills/000001", "folder-missing", 4, "drill 1: drills/000001/SHA256SUMS is missing"},
    {"cp -r drills/000002 drills/000003", "folder-unknown", KB_ABSENT, "drills/000003: the ledger knows no such drill"},
    {"for f in objects/*; do printf x >> $f; done", "file-changed", KB_ABSENT, "objects"},
    {"rm objects/*", "file-missing", KB_ABSENT, NULL},
    {"rm drills/000001/events.jsonl; ln -s /etc/hostname drills/000001/events.jsonl", "file-missing", KB_ABSENT,
     "neither a file"},
    {"rm drills/000001/plan.yaml; mkfifo drills/000001/plan.yaml", "file-missing", KB_ABSENT, "neither a file"},
};

static void test_planted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof plants / sizeof *plants; i++) {
        KB_SCOPED_ARENA arena = kb_arena_new();
        const struct plant *plant = &plants[i];
        print_message("  %s\n", plant->command);
        assert_int_equal(run("rm -rf bent; cp -a whole bent; cd bent; %s", plant->command), 0);
        const struct kb_ledger_check *check = check_dir(arena, "bent");
        assert_true(check->bad > 0);
        bool found = false;
        for (size_t k = 0; k < check->flaws.n; k++)
            found = found || (check->flaws.v[k].bad && !strcmp(check->flaws.v[k].name, plant->flaw) &&
                              check->flaws.v[k].line == plant->line);
        if (!found)
            fail_msg("%s: %s at line %" PRId64 " (%s)", plant->command, check->flaws.v[0].name, check->flaws.v[0].line,
                     check->flaws.v[0].file);
        if (!plant->script)
            continue;
        assert_int_equal(run("sh bent/verify.sh"), 1);
        expect_said(arena, plant->script);
    }
}

static void test_every_byte(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    static const char *const names[] = {"checkpoint",    "checkpoint.sig", "allowed_signers",
                                        "agent.pub.pem", "ledger.jsonl",   "drills/000001/SHA256SUMS"};
    assert_int_equal(run("rm -rf bent; cp -a base bent"), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *path = kb_sprintf(arena, "bent/%s", names[i]);
        size_t n = strlen(text_of(arena, path));
        int fd = open(path, O_RDWR);
        for (size_t at = 0; at<n; at += n> 1000 ? 37 : 5) {
            KB_SCOPED_ARENA scratch = kb_arena_new();
            char byte, bent;
            assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
            bent = byte ^ 1;
            assert_int_equal(pwrite(fd, &bent, 1, (off_t)at), 1);
            if (!check_dir(scratch, "bent")->bad)
                fail_msg("byte %zu of %s", at, names[i]);
            assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
        }
        close(fd);
    }
    expect_good("bent");
}

static void test_rolled_back(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    assert_int_equal(run("rm -rf older newer; cp -a base older; cp -a base newer"), 0);
    struct kb_ledger *ledger = opened("newer");
    append(ledger, "五");
    kb_ledger_free(ledger);
    assert_int_equal(run("cp newer/checkpoint kept"), 0);
    expect_good("older"); /* consistent by itself */
    const struct kb_ledger_check_params params = {.dir = "older", .since = "kept"},
                                        good = {.dir = "newer", .since = "base/checkpoint"};
    const struct kb_ledger_check *check = check_of(arena, &params);
    assert_int_equal(check->bad, 1);
    assert_string_equal(check->flaws.v[0].name, "rolled-back");
    assert_int_equal(check_of(arena, &good)->bad, 0);
    const struct kb_ledger_check_params other = {.dir = "stranger", .since = "kept"};
    assert_string_equal(check_of(arena, &other)->flaws.v[0].name, "rolled-back");
    const struct kb_ledger_check_params not_one = {.dir = "older", .since = "older/allowed_signers"};
    const struct kb_ledger_check *none = NULL;
    struct kb_err err = {0};
    assert_int_equal(kb_ledger_verify(&not_one, arena, &none, &err), KB_EUSAGE);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *command, *named;
    } cases[] = {
        {"cp ../twice.jsonl ledger.jsonl", "2 lines after line 9"},
        {"tail -n 1 ledger.jsonl | sed 's/\"seq\":9/\"seq\":10/' >> ledger.jsonl",
         "line 9"}, /* does not continue the chain */
        {"sed -i '5s/二/に/' ledger.jsonl", "line 5"},
        {"sed -i '$d' ledger.jsonl", "only 8"},
        {"truncate -s -5 ledger.jsonl", "only 8"}, /* a signed line is never cut */
        {"rm checkpoint", "checkpoint"},
        {"sed -i '2s/A/B/' checkpoint.sig", "signature"},
        {"cp ../stranger/checkpoint* .", "signed by the key"},
    };
    struct kb_err err = {0};
    struct kb_ledger *ledger = fresh("twice"); /* two lines made by us, with the old checkpoint put back */
    append(ledger, "五");
    append(ledger, "六");
    kb_ledger_free(ledger);
    assert_int_equal(run("cp twice/ledger.jsonl twice.jsonl"), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        print_message("  %s\n", cases[i].command);
        assert_int_equal(
            run("rm -rf bent; cp -a base bent; cd bent; %s; cat * > ../before 2> ../errors; cat ../before > ../before2",
                cases[i].command),
            0);
        ledger = NULL;
        assert_int_equal(kb_ledger_open("bent", "agent.pem", &ledger, &err), KB_ELEDGER);
        assert_null(ledger);
        if (!strstr(err.frame[0].en, cases[i].named))
            fail_msg("%s", err.frame[0].en);
        assert_int_equal(run("cd bent; cat * 2>../errors | cmp - ../before"), 0); /* nothing was signed or written */
    }
    assert_int_equal(kb_ledger_open("base", "other.pem", &ledger, &err), KB_ELEDGER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_planted),
        cmocka_unit_test(test_every_byte),
        cmocka_unit_test(test_rolled_back),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, set_up_with_stranger, tear_down);
}
