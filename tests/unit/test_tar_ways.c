/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: every way in which tar stores holes, long names and links gives back what was put in, byte for byte. */
#include "tools.h"

/* Holes at the start, in the middle and at the end; a file that is one hole; one without any. */
static void make_source(void)
{
    SHELL("rm -rf src src.sha256 && mkdir src");
    put_noise("noise", 9000, 7);
    SHELL("cd src && dd if=../noise of=holes.img bs=1 seek=5000000 conv=notrunc status=none && "
          "dd if=../noise of=holes.img bs=1 seek=9999000 count=4321 conv=notrunc status=none && truncate -s 12000000 "
          "holes.img && truncate -s 3000000 empty.img && cp ../noise whole.img");
    SHELL("long=$(printf '在庫管理表%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16); " /* 80 kanji: 240 bytes */
          "deep=$(printf '部署名／課／係／担当／%.0s' 1 2 3 4); mkdir -p \"src/$long/$deep/$deep/$deep/$deep\" && "
          "cp noise \"src/$long/$deep/$deep/$deep/$deep/$long\" && cp noise \"src/$long/x\" && "
          "ln \"src/$long/x\" \"src/$long/y\" && ln -s \"$long/x\" src/to-x");
    SHELL("cd src && find . -type f -print0 | sort -z | xargs -0 sha256sum > ../src.sha256");
}

static const struct {
    const char *name, *make;
} ways[] = {
    {"gnu.tar", "tar --format=gnu -C src -cf gnu.tar ."},
    {"gnu.sparse.tar", "tar --format=gnu -S -C src -cf gnu.sparse.tar ."},
    {"posix.tar", "tar --format=posix -C src -cf posix.tar ."},
    {"posix.00.tar", "tar --format=posix -S --sparse-version=0.0 -C src -cf posix.00.tar ."},
    {"posix.01.tar", "tar --format=posix -S --sparse-version=0.1 -C src -cf posix.01.tar ."},
    {"posix.10.tar", "tar --format=posix -S --sparse-version=1.0 -C src -cf posix.10.tar ."},
    {"bsd.tar", "bsdtar -C src -cf bsd.tar ."},
    {"bsd.gnutar.tar", "bsdtar -C src --format gnutar -cf bsd.gnutar.tar ."},
    {"python.tar",
     "python3 -c 'import tarfile; t = tarfile.open(\"python.tar\", \"w\"); t.add(\"src\", \".\"); t.close()'"},
    {"holes.tar.zst", "tar -S --zstd -C src -cf holes.tar.zst ."},
};

static void test_ways(void **state)
{
    (void)state;
    make_source();
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        SHELL(ways[i].make);
        struct outcome *o = pass(
            (struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = ways[i].name, .manifest = "src.sha256"});
        if (o->code || o->bad || o->warned || o->result.proof.hash != KB_REACHED) {
            show(o, ways[i].name);
            fail_msg("%s", ways[i].name);
        }
        assert_int_equal(o->result.files_matched, o->result.files_compared);
        assert_int_equal(o->result.files_matched, 6); /* the hard link is compared as well */
        outcome_free(o);
    }
}

/* One byte of the data between the holes. */
static void test_changed_between_holes(void **state)
{
    (void)state;
    make_source();
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        SHELL("cp src/holes.img kept && printf X | dd of=src/holes.img bs=1 seek=5004321 conv=notrunc status=none");
        SHELL(ways[i].make);
        SHELL("mv kept src/holes.img");
        struct outcome *o = pass(
            (struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = ways[i].name, .manifest = "src.sha256"});
        assert_int_equal(told(o, "entry-differs", "holes.img"), 1);
        assert_int_equal(o->bad, 1);
        assert_int_not_equal(o->result.proof.hash, KB_REACHED);
        outcome_free(o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ways),
        cmocka_unit_test(test_changed_between_holes),
    };
    return cmocka_run_group_tests(tests, tools_setup, tools_teardown);
}
