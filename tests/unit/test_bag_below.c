/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: a bag in a folder, or in an archive of tar, zip or 7z, is judged as a bag wherever its manifests stand. */
#include "tools.h"

#include "koboshi/job.h"

/* make NAME KINDS…: a bag of three files, one of them in a folder. */
#define MAKE                                                                                                           \
    "make() { b=$1; shift; mkdir -p $b/data/sub; (cd $b; printf a > data/a; printf b > data/sub/b; printf c > data/c;" \
    "printf 'BagIt-Version: 1.0\\nTag-File-Character-Encoding: UTF-8\\n' > bagit.txt;"                                 \
    "printf 'Payload-Oxum: 3.3\\n' > bag-info.txt; for k in $@; do ${k}sum data/a data/c data/sub/b > "                \
    "manifest-$k.txt;"                                                                                                 \
    "${k}sum bag-info.txt bagit.txt manifest-*.txt > tagmanifest-$k.txt; done) }; rm -rf one two t *.tar* *.zip *.7z;"

static void script(const char *rest)
{
    char text[4096];
    (void)snprintf(text, sizeof text, "%s%s", MAKE, rest);
    SHELL(text);
}

static struct outcome *archive(const char *rest, const char *name)
{
    script(rest);
    return pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = name});
}

static struct outcome *tree(const char *rest)
{
    script(rest);
    return pass((struct kb_job_set){.format = KB_FORMAT_TREE, .file = "t"});
}

/* Green, and a bag; `compared` files had a line in a manifest. */
static void expect_valid(struct outcome *o, const char *what, const char *kind, int compared, int notes)
{
    if (o->code || o->n != (size_t)notes || (int)told(o, "bag-unusual", NULL) != notes ||
        o->result.proof.hash != KB_REACHED || o->result.files_compared != compared ||
        strcmp(o->result.manifest_kind ? o->result.manifest_kind : "-", kind)) {
        show(o, what);
        fail_msg("%s: a valid bag (%s, %d compared)", what, kind, compared);
    }
    outcome_free(o);
}

static void expect_bad(struct outcome *o, const char *what, const char *rule, const char *entry)
{
    if (o->code || !o->bad || told(o, rule, entry) < 1 || o->result.proof.hash == KB_REACHED) {
        show(o, what);
        fail_msg("%s: expected %s of %s", what, rule, entry ? entry : "-");
    }
    outcome_free(o);
}

/* As tools write them: manifests first, or last, or anywhere. */
static void test_archives(void **state)
{
    (void)state;
    static const struct {
        const char *how, *name;
    } kinds[] = {
        {"tar --sort=name -cf b.tar one", "b.tar"},
        {"tar -cf b.tar one/data one/manifest-* one/tagmanifest-* one/bagit.txt one/bag-info.txt", "b.tar"},
        {"tar --sort=name -c one | gzip > b.tar.gz", "b.tar.gz"},
        {"tar -c ./one | zstd -q > b.tar.zst", "b.tar.zst"},
        {"zip -qr b.zip one", "b.zip"},
        {"7z a -bd b.7z one > x", "b.7z"},
        {"find one | cpio -o --quiet -H newc > b.cpio", "b.cpio"},
    };
    static const char *const digests[] = {"sha256", "md5", "sha512", "sha1", "sha256 sha512"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        for (size_t k = 0; k < sizeof digests / sizeof *digests; k++) {
            char text[1024];
            (void)snprintf(text, sizeof text, "make one %s; %s", digests[k], kinds[i].how);
            int lists = k == 4 ? 2 : 1;
            expect_valid(archive(text, kinds[i].name), text, "BagIt 1.0", 3 + 2 + (lists == 2 ? 2 : 1), 0);
            (void)snprintf(text, sizeof text, "make one %s; printf x > one/data/c; %s", digests[k], kinds[i].how);
            expect_bad(archive(text, kinds[i].name), text, "entry-differs", "one/data/c");
        }
    }
}

static void test_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *spoil, *rule, *entry;
    } cases[] = {
        {"rm one/data/a", "entry-missing", "one/data/a"},
        {"printf e > one/data/e", "bag-unlisted", "one/data/e"},
        {"sed -i s/3.3/3.4/ one/bag-info.txt; (cd one; sha256sum bag-info.txt bagit.txt > tagmanifest-sha256.txt)",
         "bag-broken", "one"},
        {"rm one/bagit.txt", "bag-broken", "one"},
        {"rm one/manifest-sha256.txt one/tagmanifest*", "bag-broken", "one"},
        {"printf 'x  ../up\\n' >> one/manifest-sha256.txt", "bag-broken", "one"},
        {"printf 'http://x - data/a\\n' > one/fetch.txt; rm one/data/a", "bag-hole", "one/data/a"},
        {"rm one/data/a; ln -s c one/data/a", "entry-differs", "one/data/a"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1024];
        (void)snprintf(text, sizeof text, "make one sha256; %s; tar -cf b.tar one", cases[i].spoil);
        expect_bad(archive(text, "b.tar"), text, cases[i].rule, cases[i].entry);
        (void)snprintf(text, sizeof text, "make one sha256; %s; mkdir t; mv one t", cases[i].spoil);
        expect_bad(tree(text), text, cases[i].rule, cases[i].entry);
    }
    /* a hard link in a bag is the file that it names */
    expect_valid(archive("make one sha256; rm one/data/c; printf a > one/data/a; ln one/data/a one/data/c;"
                         "(cd one; sha256sum data/a data/c data/sub/b > manifest-sha256.txt;"
                         "sha256sum bag-info.txt bagit.txt manifest-* > tagmanifest-sha256.txt);"
                         "tar --sort=name -cf b.tar one",
                         "b.tar"),
                 "hard link", "BagIt 1.0", 6, 0);
}

/* RFC 8493 section 4: one bag, in one folder. */
static void test_serialisation(void **state)
{
    (void)state;
    expect_valid(archive("make one sha256; tar -C one -cf b.tar .", "b.tar"), "top", "BagIt 1.0", 6, 1);
    expect_valid(archive("make one sha256; make two md5; tar -cf b.tar one two", "b.tar"), "two", "BagIt 1.0 ×2", 12,
                 1);
    struct outcome *o = archive("make one sha256; printf x > x; tar -cf b.tar one x", "b.tar");
    assert_int_equal(o->bad, 0);
    assert_string_equal(o->result.manifest_kind, "BagIt 1.0");
    assert_true(o->result.proof.hash != KB_REACHED); /* nothing vouches for x */
    outcome_free(o);
    /* no bag: a folder data and nothing of BagIt's */
    o = archive("mkdir -p t/data; printf x > t/data/x; tar -cf b.tar t", "b.tar");
    assert_int_equal(o->n, 0);
    assert_null(o->result.manifest_kind);
    outcome_free(o);
    /* cut: red for that, not for what a bag would lack */
    o = archive("make one sha256; tar --sort=name -cf b.tar one; truncate -s 2000 b.tar", "b.tar");
    assert_true(o->bad > 0 && told(o, "bag-broken", NULL) == 0);
    outcome_free(o);
}

static void test_shelf(void **state)
{
    (void)state;
    expect_valid(tree("mkdir t; cd t; make one sha256; make one-a md5; make two sha512"), "shelf", "BagIt 1.0 ×3", 18,
                 0);
    expect_bad(tree("mkdir t; cd t; make one sha256; make two md5; printf x > two/data/a"), "one is bad",
               "entry-differs", "two/data/a");
    /* what lies beside is read, and nothing vouches for it */
    struct outcome *o = tree("mkdir t; cd t; make one sha256; printf x > beside");
    assert_true(!o->bad && o->result.proof.hash != KB_REACHED && o->result.files_matched == 6);
    assert_non_null(strstr(o->result.caveats.v[0].en, "outside the bags"));
    outcome_free(o);
    /* within a bag there is none, and deeper down none is looked for, which is said */
    expect_valid(tree("make one sha256; mkdir t; cd t; make b sha256; mv ../one b/one"), "bag in a bag", "BagIt 1.0", 6,
                 0);
    o = tree("mkdir -p t/deep; cd t/deep; make one sha256; printf x > one/data/a");
    assert_int_equal(o->n, 0);
    assert_null(o->result.manifest_kind);
    assert_non_null(strstr(o->result.caveats.v[0].en, "deep/one/bagit.txt"));
    outcome_free(o);
    o = archive("mkdir -p t/deep; cd t/deep; make one sha256; cd ../..; tar -cf b.tar t", "b.tar");
    assert_null(o->result.manifest_kind);
    bool said = false;
    for (size_t i = 0; i < o->result.caveats.n; i++)
        said |= strstr(o->result.caveats.v[i].en, "t/deep/one/bagit.txt") != NULL;
    assert_true(said);
    outcome_free(o);
}

/* RFC 8493 2.1.3: a line ends by LF, CR or CR LF. */
static void test_line_ends(void **state)
{
    (void)state;
    expect_valid(tree("mkdir t; cd t; make one sha256; cd one; for f in *.txt; do tr '\\n' '\\r' < $f > x; mv x $f;"
                      "done; sha256sum bag-info.txt bagit.txt manifest-sha256.txt | tr '\\n' '\\r' > "
                      "tagmanifest-sha256.txt"),
                 "CR", "BagIt 1.0", 6, 0);
    expect_valid(tree("mkdir t; cd t; make one sha256; cd one; for f in *.txt; do sed -i 's/$/\\r/' $f;"
                      "done; sha256sum bag-info.txt bagit.txt manifest-sha256.txt | sed 's/$/\\r/' > "
                      "tagmanifest-sha256.txt"),
                 "CR LF", "BagIt 1.0", 6, 0);
    expect_bad(
        tree("mkdir t; cd t; make one sha256; cd one; printf x > data/a; tr '\\n' '\\r' < manifest-sha256.txt > x;"
             "mv x manifest-sha256.txt; rm tagm*"),
        "CR, differs", "entry-differs", "one/data/a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_archives), cmocka_unit_test(test_what_is_wrong), cmocka_unit_test(test_serialisation),
        cmocka_unit_test(test_shelf),    cmocka_unit_test(test_line_ends),
    };
    return cmocka_run_group_tests(tests, tools_setup, tools_teardown);
}
