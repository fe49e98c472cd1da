/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: a pack carries one drill or all of them and proves itself by verify.sh, whichever tools are there. */
#include "ledger_fixture.h"

static void test_pack(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_err err = {0};
    assert_int_equal(run("rm -rf rich; cp -a base rich; echo '<p>' > rich/drills/000002/report.html"), 0);
    const struct kb_pack_params one = {.ledger = "rich", .drill = 2, .out = "one/"},
                                none = {.ledger = "rich", .drill = 7, .out = "seven"};
    assert_int_equal(kb_pack_export(&one, &err), 0);
    assert_int_equal(kb_pack_export(&one, &err), KB_EUSAGE); /* never over something else */
    assert_int_equal(kb_pack_export(&none, &err), KB_EUSAGE);
    assert_int_not_equal(access("seven", F_OK), 0);
    assert_int_equal(access("one/drills/000002/report.html", F_OK), 0);
    assert_int_not_equal(access("one/drills/000001", F_OK), 0);
    assert_int_equal(run("ls one/objects | wc -l | grep -qx 1"), 0);
    const struct kb_ledger_check *check = check_dir(arena, "one");
    assert_int_equal(check->bad, 0);
    assert_int_equal(check->drills_checked, 1);
    assert_int_equal(check->drills_not_carried, 1);
    const struct kb_ledger_check_params whole = {.dir = "one", .whole = true};
    assert_string_equal(check_of(arena, &whole)->flaws.v[0].name, "folder-missing");
    assert_non_null(strstr(text_of(arena, "one/README.txt"), check->key));
    assert_non_null(strstr(text_of(arena, "one/README.txt"), check->head));
    assert_null(strchr(strstr(text_of(arena, "one/README.txt"), "ledger  "), '@'));

    assert_int_equal(run("sh one/verify.sh"), 0);
    expect_said(arena, "signer NOT established");
    assert_int_equal(run("one/verify.sh %s", check->key), 0);
    expect_said(arena, kb_sprintf(arena, "signed by %s", check->key));
    assert_null(strstr(text_of(arena, "out"), "NOT"));
    assert_int_equal(run("sh one/verify.sh SHA256:AAAA"), 1);
    expect_said(arena, "signed by another key");
    assert_int_equal(run("rm one/drills/000002/plan.yaml; sh one/verify.sh"), 1);
}

/* drills.txt is not signed: what it leaves out is checked all the same when it is there. */
static void test_unlisted(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    assert_int_equal(run("rm -rf bent; cp -a whole bent; sed -i /^2$/d bent/drills.txt; sh bent/verify.sh"), 0);
    expect_said(arena, "2 record folders checked, 0 not carried");
    const struct kb_ledger_check *check = check_dir(arena, "bent");
    assert_int_equal(check->bad, 0);
    assert_int_equal(check->drills_checked, 2);
    assert_int_equal(check->drills_not_carried, 0);
    assert_int_equal(run("sed -i s/met/MET/ bent/drills/000002/record.json; sh bent/verify.sh"), 1);
    expect_said(arena, "drill 2: changed or missing: record.json");
    check = check_dir(arena, "bent");
    assert_int_equal(check->bad, 1);
    assert_string_equal(check->flaws.v[0].name, "file-changed");

    assert_int_equal(run("rm -r bent/drills/000002; sh bent/verify.sh"), 0);
    expect_said(arena, "1 record folders checked, 1 not carried");
    assert_int_equal(check_dir(arena, "bent")->drills_not_carried, 1);
    assert_int_equal(run("echo 2 >> bent/drills.txt; sh bent/verify.sh"), 1);
    assert_string_equal(check_dir(arena, "bent")->flaws.v[0].name, "folder-missing");
}

/* A folder that is called nearly like that of a drill is of no drill. */
static void test_false_number(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    static const char *const names[] = {"2", "0000002", "000000"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(
            run("rm -rf bent; cp -a whole bent; cp -a bent/drills/000002 bent/drills/%s; sh bent/verify.sh", names[i]),
            1);
        expect_said(arena, kb_sprintf(arena, "drills/%s: the ledger knows no such drill", names[i]));
        const struct kb_flaw *flaw = check_dir(arena, "bent")->flaws.v;
        assert_string_equal(flaw->name, "folder-unknown");
        assert_string_equal(flaw->file, kb_sprintf(arena, "drills/%s", names[i]));
    }
}

/* Also when what is wrong is not in the drill that is asked for. */
static void test_not_exported(void **state)
{
    (void)state;
    static const struct {
        const char *fault, *told;
    } rows[] = {
        {"sed -i s/met/MET/ drills/000001/record.json", "drills/000001/record.json: A file of the record was changed"},
        {"rm drills/000001/plan.yaml", "drills/000001/plan.yaml: A file of the record is missing"},
        {"rm -r drills/000001", "drills/000001: line "},
        {"cp -a drills/000001 drills/000077", "drills/000077: A record folder that the ledger does not know"},
        {"sed -i 2s/energy/EnergY/ ledger.jsonl", "line 2: The line was changed"},
        {"echo '# one more' >> allowed_signers", "allowed_signers: A public key file"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct kb_err err = {0};
        const struct kb_pack_params params = {.ledger = "bent", .drill = 2, .out = "never"};
        assert_int_equal(run("rm -rf bent; cp -a base bent; cd bent; %s", rows[i].fault), 0);
        assert_int_equal(kb_pack_export(&params, &err), KB_ELEDGER);
        if (!strstr(err.frame[0].en, rows[i].told))
            fail_msg("wanted: %s, told: %s", rows[i].told, err.frame[0].en);
        assert_non_null(strstr(err.frame[0].ja, "koboshi evidence verify"));
        assert_int_not_equal(access("never", F_OK), 0);
    }
}

/* verify.sh with only one of the two tools, which come to the same. */
static void test_script_tools(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    static const char tools[] =
        "sh sha256sum sed awk cat cmp dirname find fold grep head mkdir mktemp od paste rm sort "
        "split tail tr wc xargs";
    /* with which it does its work below; the guide names each of them */
    assert_int_equal(run("for t in %s ssh-keygen openssl; do grep -qw -e $t whole/README.txt || exit 1; done", tools),
                     0);
    assert_int_equal(
        run("mkdir ssh ssl none; for d in ssh ssl none; do for t in %s; do ln -s $(command -v $t) $d/; done; done; "
            "ln -s $(command -v ssh-keygen) ssh/; ln -s $(command -v openssl) ssl/",
            tools),
        0);
    const char *key = check_dir(arena, "base")->key;
    static const char *const only[] = {"ssh", "ssl"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(run("PATH=$PWD/%s sh whole/verify.sh %s", only[i], key), 0);
        expect_said(arena, kb_sprintf(arena, "signed by %s", key));
        assert_int_equal(run("PATH=$PWD/%s sh whole/verify.sh SHA256:AAAA", only[i]), 1);
        assert_int_equal(
            run("rm -rf bent; cp -a whole bent; sed -i '2s/A/B/' bent/checkpoint.sig; PATH=$PWD/%s sh bent/verify.sh",
                only[i]),
            1);
        expect_said(arena, "signature does not fit");
        assert_int_equal(
            run("rm -rf bent; cp -a whole bent; cp stranger/checkpoint bent; PATH=$PWD/%s sh bent/verify.sh", only[i]),
            1);
        expect_said(arena, "signature does not fit");
    }
    assert_int_equal(run("PATH=$PWD/none sh whole/verify.sh"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pack),         cmocka_unit_test(test_unlisted),     cmocka_unit_test(test_false_number),
        cmocka_unit_test(test_not_exported), cmocka_unit_test(test_script_tools),
    };
    return cmocka_run_group_tests(tests, set_up_with_stranger, tear_down);
}
