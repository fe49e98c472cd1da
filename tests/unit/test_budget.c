/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: what unpacks to far more than it is stops at a limit that is named; honest holes and windows pass; too little
 * is told. */
#include "tools.h"

#include "koboshi/limits.h"

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

/* Each limit as a plan sets it: lower than the usual one it stops what passed, higher it lets pass what was stopped;
 * the finding says how far it came and which key raises it. */
static void test_set_by_the_plan(void **state)
{
    (void)state;
    SHELL(
        "rm -rf few && mkdir few && for i in 1 2 3 4 5; do head -c 10000 /dev/urandom >few/$i; done && tar -C few -cf "
        "few.tar . && (cd few && zip -q ../few.zip 1 2 3 4 5) && head -c 100M /dev/zero | zstd -q > zeros.zst && "
        "head -c 3000000 /dev/urandom >wide && zstd -q --long=28 <wide >wide.zst && xz -0 --lzma2=dict=200MiB <wide "
        ">wide.xz && 7z a -bd -m0=lzma2:d=3m wide.7z wide >7z.said");
    static const struct {
        const char *file, *key, *found;
        size_t field; /* of struct kb_budgets */
        int64_t low, high;
    } rows[] = {
#define ROW(file, name, found, low, high)                                                                              \
    {file, "`budgets." #name "`", found, offsetof(struct kb_budgets, name), low, high}
        ROW("few.tar", entries, "number 5", 4, 6),
        ROW("few.zip", entries, "more", 4, 5),
        ROW("few", entries, "number 5", 4, 5),
        ROW("few.tar", bytes, "29.3 KiB", 39999, 50000),
        ROW("few", bytes, "29.3 KiB", 39999, 50000),
        ROW("zeros.zst", ratio, "", 1000, 1000000),
        ROW("wide.zst", window, "256 MiB", 128 << 20, 256 << 20),
        ROW("wide.xz", window, "257 MiB", 128 << 20, 257 << 20),
        ROW("wide.7z", window, "3 MiB", 2 << 20, 3 << 20),
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *dot = strrchr(rows[i].file, '.');
        bool archive = dot && (!strcmp(dot, ".tar") || !strcmp(dot, ".zip") || !strcmp(dot, ".7z"));
        struct kb_job_set set = {.format = archive ? KB_FORMAT_ARCHIVE
                                           : dot   ? KB_FORMAT_FILE
                                                   : KB_FORMAT_TREE,
                                 .unpack = !archive && dot,
                                 .file = rows[i].file};
        struct kb_budgets budgets = kb_budgets_usual;
        int64_t *limit = (int64_t *)((char *)&budgets + rows[i].field);
        set.budgets = &budgets;
        *limit = rows[i].low;
        struct outcome *o = pass(set);
        if (told(o, "budget-exceeded", NULL) != 1 || !strstr(o->findings[0].expected, rows[i].key) ||
            !strstr(o->findings[0].found, rows[i].found)) {
            show(o, rows[i].file);
            fail_msg("row %zu", i);
        }
        outcome_free(o);
        *limit = rows[i].high;
        o = pass(set);
        if (o->n)
            show(o, rows[i].file);
        assert_int_equal(o->n, 0);
        assert_true(o->result.files > 0);
        outcome_free(o);
    }
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
        cmocka_unit_test(test_set_by_the_plan),
        cmocka_unit_test(test_sparse),
        cmocka_unit_test(test_too_few),
    };
    return cmocka_run_group_tests(tests, tools_setup, tools_teardown);
}
