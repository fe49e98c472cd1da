/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: what unpacks to far more than it is stops at a limit that is named; honest holes and windows pass; too little
 * is told. */
#include "tools.h"

static void test_budgets(void **state)
{
    (void)state;
    SHELL("rm -rf b && mkdir b && truncate -s 200M b/hole && tar -C b -Scf sparse.tar . && head -c 200M /dev/zero | "
          "zstd -q -19 > bomb.zst");
    struct outcome *o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "sparse.tar"});
    assert_int_equal(told(o, "budget-exceeded", "hole"), 1);
    outcome_free(o);
    o = pass((struct kb_job_set){.format = KB_FORMAT_FILE, .unpack = true, .file = "bomb.zst"});
    assert_int_equal(told(o, "budget-exceeded", NULL), 1);
    outcome_free(o);
    SHELL("cp bomb.zst bomb.tar.zst");
    o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "bomb.tar.zst"});
    assert_int_equal(told(o, "budget-exceeded", NULL), 1);
    outcome_free(o);
    /* a window of 256 MiB is asked for; "--long=28" with too little data is shrunk, so it comes from a pipe */
    SHELL("head -c 3000000 /dev/urandom | zstd -q --long=28 > wide.zst");
    o = pass((struct kb_job_set){.format = KB_FORMAT_FILE, .unpack = true, .file = "wide.zst"});
    assert_int_equal(told(o, "budget-exceeded", NULL), 1);
    assert_non_null(strstr(o->findings[0].found, "256 MiB"));
    outcome_free(o);
    SHELL("head -c 3000000 /dev/urandom | zstd -q --long=27 > wide.zst");
    o = pass((struct kb_job_set){.format = KB_FORMAT_FILE, .unpack = true, .file = "wide.zst"});
    assert_int_equal(o->n, 0);
    outcome_free(o);
}

static void test_sparse(void **state)
{
    (void)state;
    SHELL("rm -rf sp && mkdir sp && truncate -s 40M sp/disk && printf data | dd of=sp/disk bs=1 seek=20000000 "
          "conv=notrunc 2>/dev/null &&"
          "cd sp && sha256sum disk > ../sp.sha256 && tar -Scf ../sp.tar disk && tar --format=pax -Scf ../spp.tar disk");
    static const char *const names[] = {"sp.tar", "spp.tar"};
    for (size_t i = 0; i < 2; i++) {
        struct outcome *o = pass(
            (struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = names[i], .manifest = "sp.sha256"});
        if (o->n)
            show(o, names[i]);
        assert_int_equal(o->n, 0);
        assert_int_equal(o->result.bytes_unpacked, 40 << 20);
        outcome_free(o);
    }
}

static void test_too_few(void **state)
{
    (void)state;
    SHELL("rm -rf few && mkdir few && head -c 370000 /dev/urandom > few/a && printf 0123456789 > few/b && printf xyz > "
          "few/c && tar -C few -cf a.tar .");
    struct outcome *o = pass(
        (struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "a.tar", .min_files = 4, .min_bytes = 1 << 20});
    assert_int_equal(told(o, "too-few-files", NULL), 1);
    assert_int_equal(told(o, "too-few-bytes", NULL), 1);
    outcome_free(o);
    o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "a.tar", .min_files = 3, .min_bytes = 370013});
    assert_int_equal(o->n, 0);
    outcome_free(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_budgets),
        cmocka_unit_test(test_sparse),
        cmocka_unit_test(test_too_few),
    };
    return cmocka_run_group_tests(tests, tools_setup, tools_teardown);
}
