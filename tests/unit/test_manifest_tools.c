/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: lists as the real tools of Debian write them are compared with a folder and with an archive: equal is L2, one
 * changed byte, one missing and one added file are each seen, whatever the list is written in. */
#include "tools.h"

#include "koboshi/job.h"

/* A folder with names that tools write in their own ways, and an archive of it. */
static void make_tree(void)
{
    SHELL("rm -rf t t.tar; mkdir -p t/sub/deep t/総務; echo a > t/a.txt; echo b > 't/sub/with space.txt';"
          "echo c > 't/sub/deep/b\\s#.txt'; echo d > t/総務/見積.data; echo e > 't/sub/50% (old).txt';"
          "ln t/a.txt t/sub/hard; (cd t; bsdtar -cf ../t.tar *)");
}

static struct outcome *tree(const char *manifest)
{
    return pass((struct kb_job_set){.format = KB_FORMAT_TREE, .file = "t", .manifest = manifest});
}

static bool has(const char *tool)
{
    char script[64];
    (void)snprintf(script, sizeof script, "command -v %s", tool);
    return !run_in(NULL, NULL, (const char *const[]){"sh", "-ec", script, NULL});
}

/* `make` writes the file `list` for the folder t. */
static const struct {
    const char *tool, *make, *kind, *digest;
    bool weak;
} lists[] = {
    {"sha256sum", "cd t; find . -type f | sort | xargs -d '\\n' sha256sum", "GNU", "SHA-256", false},
    {"sha256sum", "cd t; find * -type f | sort | xargs -d '\\n' sha256sum -b | sed 's/$/\\r/'", "GNU", "SHA-256",
     false},
    {"sha512sum", "cd t; find . -type f | sort | xargs -d '\\n' sha512sum", "GNU", "SHA-512", false},
    {"b2sum", "cd t; find . -type f | sort | xargs -d '\\n' b2sum", "GNU", "BLAKE2b", false},
    {"sha384sum", "cd t; find . -type f | sort | xargs -d '\\n' sha384sum", "GNU", "SHA-384", false},
    {"sha224sum", "cd t; find . -type f | sort | xargs -d '\\n' sha224sum", "GNU", "SHA-224", false},
    {"sha1sum", "cd t; find . -type f | sort | xargs -d '\\n' sha1sum", "GNU", "SHA-1", true},
    {"md5sum", "cd t; find . -type f | sort | xargs -d '\\n' md5sum", "GNU", "MD5", true},
    {"sha256sum", "cd t; find . -type f | sort | xargs -d '\\n' sha256sum --tag", "BSD", "SHA-256", false},
    {"b2sum", "cd t; find . -type f | sort | xargs -d '\\n' b2sum --tag", "BSD", "BLAKE2b", false},
    {"openssl",
     "cd t; find * -type f | sort | grep -v s# | xargs -d '\\n' openssl dgst -sha256; sha256sum --tag sub/deep/*",
     "BSD", "SHA-256", false},
    {"hashdeep", "cd t; hashdeep -l -r .", "hashdeep", "SHA-256", false},
    {"hashdeep", "cd t; hashdeep -r -c sha1,tiger .", "hashdeep", "SHA-1", true},
    {"md5deep", "cd t; md5deep -l -r .", "GNU", "MD5", true},
    {"mtree", "cd t; LC_ALL=C mtree -c -k type,size,sha256", "mtree", "SHA-256", false},
    {"mtree", "cd t; LC_ALL=C mtree -c -K sha512,md5 | LC_ALL=C mtree -C -k type,size,sha512,md5", "mtree", "SHA-512",
     false},
    {"bsdtar", "LC_ALL=C.UTF-8 bsdtar --format mtree --options '!all,type,size,md5' -cf - -C t .", "mtree", "MD5",
     true},
    {"bsdtar", "LC_ALL=C.UTF-8 bsdtar --format mtree --options 'sha256,use-set' -cf - -C t .", "mtree", "SHA-256",
     false},
};

static void make_list(size_t i)
{
    char script[512];
    (void)snprintf(script, sizeof script, "rm -f list; (%s) > list.new; mv list.new list", lists[i].make);
    SHELL(script);
}

static void expect_good(struct outcome *o, size_t i, const char *what)
{
    if (o->code || o->n || o->result.proof.hash != KB_REACHED) {
        show(o, lists[i].make);
        fail_msg("%s: not good", what);
    }
    assert_int_equal(o->result.files_compared, 6);
    assert_int_equal(o->result.files_matched, 6);
    assert_string_equal(o->result.manifest_kind, lists[i].kind);
    assert_string_equal(o->result.manifest_digests.v[0], lists[i].digest);
    bool caveat = false;
    for (size_t k = 0; k < o->result.caveats.n; k++)
        caveat |= !strncmp(o->result.caveats.v[k].en, "L2: 6 of 6 files", 16);
    assert_int_equal(caveat, lists[i].weak);
    outcome_free(o);
}

static void expect_told(struct outcome *o, size_t i, const char *rule, const char *entry)
{
    if (told(o, rule, entry) != 1 || o->n != 1 || o->result.proof.hash == KB_REACHED) {
        show(o, lists[i].make);
        fail_msg("%s of %s must be all that is told", rule, entry);
    }
    outcome_free(o);
}

static void test_lists_of_tools(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        if (!has(lists[i].tool)) {
            print_message("skipped: no %s\n", lists[i].tool);
            continue;
        }
        make_tree();
        make_list(i);
        expect_good(tree("list"), i, "folder");
        expect_good(pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "t.tar", .manifest = "list"}), i,
                    "archive");
        SHELL("printf x > t/extra");
        expect_told(tree("list"), i, "entry-extra", "extra");
        SHELL("rm t/extra; mv 't/sub/with space.txt' gone");
        expect_told(tree("list"), i, "entry-missing", "sub/with space.txt");
        SHELL("mv gone 't/sub/with space.txt'; printf 'B' | dd of='t/sub/deep/b\\s#.txt' conv=notrunc status=none");
        expect_told(tree("list"), i, "entry-differs", "sub/deep/b\\s#.txt");
    }
}

/* One file and a list of several that lie beside it. */
static void test_list_of_files(void **state)
{
    (void)state;
    make_tree();
    SHELL("cp t.tar u.tar; printf x >> u.tar; echo other > a.txt; sha256sum u.tar t.tar a.txt > SHA256SUMS;"
          "md5sum t.tar > t.md5; sha256sum \"$PWD/t.tar\" > absolute; sha256sum --tag u.tar > other");
    struct kb_job_set set = {.format = KB_FORMAT_ARCHIVE, .file = "t.tar", .manifest = "SHA256SUMS"};
    struct outcome *o = pass(set);
    assert_int_equal(o->n, 0);
    assert_int_equal(o->result.proof.hash, KB_REACHED);
    assert_int_equal(o->result.files_compared, 1);
    assert_int_equal(o->result.caveats.n, 1); /* it holds an a.txt too */
    assert_non_null(strstr(o->result.caveats.v[0].en, "1 files in it"));
    outcome_free(o);

    set.manifest = "t.md5";
    o = pass(set);
    assert_int_equal(o->n, 0);
    assert_int_equal(o->result.proof.hash, KB_REACHED);
    assert_non_null(strstr(o->result.caveats.v[0].en, "MD5 alone, which is weak"));
    outcome_free(o);

    set.manifest = "absolute";
    o = pass(set);
    assert_int_equal(o->result.proof.hash, KB_REACHED);
    outcome_free(o);

    set.manifest = "other"; /* another file's: taken for a list of what is in this one, and nothing fits */
    o = pass(set);
    assert_int_equal(o->result.proof.hash, KB_NOT_REACHED);
    assert_int_equal(told(o, "entry-missing", "u.tar"), 1);
    outcome_free(o);

    flip("t.tar", 600);
    set.manifest = "SHA256SUMS";
    o = pass(set);
    assert_int_equal(told(o, "file-differs", NULL), 1);
    assert_int_equal(o->result.proof.hash, KB_NOT_REACHED);
    outcome_free(o);
}

/* Every kind of digest of a file as a whole: opaque, unpacked, an archive. */
static void test_whole_files(void **state)
{
    (void)state;
    make_tree();
    SHELL("cp t.tar opaque; gzip -kn t.tar; for k in md5 sha1 sha224 sha384 sha512 b2; do for f in opaque t.tar.gz "
          "t.tar; "
          "do ${k}sum $f > $f.$k; done; done");
    static const char *const kinds[] = {"md5", "sha1", "sha224", "sha384", "sha512", "b2"};
    static const char *const files[] = {"opaque", "t.tar.gz", "t.tar"};
    for (int broken = 0; broken < 2; broken++) {
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
            for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
                char list[64];
                (void)snprintf(list, sizeof list, "%s.%s", files[k], kinds[i]);
                struct outcome *o = pass((struct kb_job_set){.format = k < 2 ? KB_FORMAT_FILE : KB_FORMAT_ARCHIVE,
                                                             .unpack = k == 1,
                                                             .file = files[k],
                                                             .manifest = list});
                bool good = !o->bad && o->result.proof.hash == KB_REACHED;
                if (good == broken || (broken && !told(o, "file-differs", NULL))) {
                    show(o, list);
                    fail_msg("%s is %s", list, good ? "good" : "not good");
                }
                outcome_free(o);
            }
        flip("opaque", 1700);
        flip("t.tar.gz", 120);
        flip("t.tar", 1700);
    }
}

/* A list with paths from the root says nothing of what is where in a backup. */
static void test_absolute(void **state)
{
    (void)state;
    make_tree();
    SHELL("find \"$PWD/t\" -type f | xargs -d '\\n' sha256sum > list");
    struct outcome *o = tree("list");
    assert_int_equal(told(o, "manifest-broken", NULL), 6);
    assert_int_equal(o->n, 6);
    assert_non_null(strstr(o->findings[0].found, "line 1: an absolute path: /"));
    assert_int_equal(o->result.proof.hash, KB_NOT_REACHED);
    outcome_free(o);
}

/* Names in CP932: in the list, on the disk, in a zip as Windows makes it. */
static void test_cp932(void **state)
{
    (void)state;
    SHELL("rm -rf t list; mkdir t; n=$(printf '\\225\\134.txt'); echo a > \"t/$n\"; (cd t; sha256sum *) > list");
    struct outcome *o = tree("list");
    assert_int_equal(o->result.files_matched, 1);
    assert_int_equal(o->result.proof.hash, KB_REACHED);
    outcome_free(o);
    SHELL("rm -rf t; mkdir t; echo a > t/表.txt");
    o = tree("list");
    assert_int_equal(o->result.files_matched, 1);
    assert_int_equal(o->n, 0);
    outcome_free(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists_of_tools), cmocka_unit_test(test_list_of_files), cmocka_unit_test(test_whole_files),
        cmocka_unit_test(test_absolute),       cmocka_unit_test(test_cp932),
    };
    return cmocka_run_group_tests(tests, tools_setup, tools_teardown);
}
