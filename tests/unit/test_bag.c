/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: a folder that is a bag is judged as BagIt says, version by version; nothing that is wrong with one is green. */
#include "tools.h"

#include <dirent.h>

#include "koboshi/job.h"

static struct outcome *bag(const char *folder)
{
    return pass((struct kb_job_set){.format = KB_FORMAT_TREE, .file = folder});
}

/* A bag of three files, one with a line end and a percent sign in its name, in both algorithms; then `spoil`. */
static struct outcome *made(const char *version, const char *spoil)
{
    char script[2048];
    (void)snprintf(
        script, sizeof script,
        "rm -rf b; mkdir -p b/data/sub; cd b; printf a > data/a; printf b > data/sub/b; printf c > data/50%%25;"
        "mv data/50%%25 'data/50%%'; printf d > \"$(printf 'data/n\\nl')\";"
        "printf 'BagIt-Version: %s\\nTag-File-Character-Encoding: UTF-8\\n' > bagit.txt;"
        "printf 'Source-Organization: x\\nPayload-Oxum: 4.4\\n' > bag-info.txt;"
        "p='s/%%/%%25/g'; case %s in 0*) p='';; esac;"
        "for k in sha256 md5; do (for f in data/a data/sub/b 'data/50%%'; do printf '%%s  %%s\\n'"
        " \"$(${k}sum < \"$f\" | cut -d' ' -f1)\" \"$(printf %%s \"$f\" | sed \"$p\")\"; done;"
        " printf '%%s  data/n%%%%0Al\\n' \"$(printf d | ${k}sum | cut -d' ' -f1)\") > manifest-$k.txt; done;"
        "tags() { sha256sum bag-info.txt bagit.txt manifest-*.txt > tagmanifest-sha256.txt; }; tags;"
        "%s",
        version, version, spoil);
    SHELL(script);
    return bag("b");
}

static void expect_valid(struct outcome *o, const char *what)
{
    if (o->code || o->n != told(o, "name-control", NULL) || o->result.proof.hash != KB_REACHED ||
        o->result.proof.read != KB_REACHED) {
        show(o, what);
        fail_msg("%s is not valid", what);
    }
    outcome_free(o);
}

/* This and nothing else of severity bad. */
static void expect_bad(struct outcome *o, const char *what, const char *rule, const char *says)
{
    bool said = false;
    for (size_t i = 0; i < o->n && i < 64; i++)
        said |= strstr(o->findings[i].found, says) != NULL;
    if (o->code || !said || told(o, rule, NULL) != o->bad || !o->bad || o->result.proof.hash == KB_REACHED) {
        show(o, what);
        fail_msg("%s: expected %s with “%s”", what, rule, says);
    }
    outcome_free(o);
}

static void test_made_by_hand(void **state)
{
    (void)state;
    struct outcome *o = made("1.0", "");
    assert_string_equal(o->result.manifest_kind, "BagIt 1.0");
    assert_int_equal(o->result.manifest_digests.n, 2);
    assert_int_equal(o->result.files_compared, 8);
    expect_valid(o, "1.0");
    expect_valid(made("0.97", ""), "0.97");
    static const struct {
        const char *version, *spoil, *rule, *says;
    } cases[] = {
        {"1.0", "printf x >> data/a; sed -i s/4.4/5.4/ bag-info.txt; tags", "entry-differs", "SHA-256"},
        {"1.0", "rm data/a; sed -i s/4.4/3.3/ bag-info.txt; tags", "entry-missing", "not in the backup"},
        {"1.0", "printf e > data/e; sed -i s/4.4/5.5/ bag-info.txt; tags", "bag-unlisted", "not listed"},
        {"1.0", "sed -i /data.a/d manifest-md5.txt; tags", "bag-broken", "data/a stands in manifest-sha256.txt"},
        {"1.0", "sed -i s/4.4/4.5/ bag-info.txt; tags", "bag-broken", "4 bytes in 4 files"},
        {"1.0", "sed -i s/4.4/4/ bag-info.txt; tags", "bag-broken", "BYTES.FILES"},
        {"1.0", "printf 'Payload-Oxum: 4.5\\n' >> bag-info.txt; tags", "bag-broken", "second Payload-Oxum"},
        {"1.0", "printf 'x: y\\n' >> bag-info.txt", "entry-differs", "SHA-256"},
        {"1.0", "rm bag-info.txt", "entry-missing", "not in the backup"},
        {"1.0", "sed -i s/1.0/2.0/ bagit.txt; tags", "bag-broken", "BagIt-Version: 2.0"},
        {"1.0", "sed -i s/UTF-8/EBCDIC/ bagit.txt; tags", "bag-broken", "EBCDIC"},
        {"1.0", "rm manifest-*.txt tagmanifest-*", "bag-broken", "not there"},
        {"1.0", "cat manifest-md5.txt > manifest-sha256.txt; tags", "bag-broken", "manifest-sha256.txt: line 1"},
        {"1.0", "sha256sum data/a >> tagmanifest-sha256.txt", "bag-broken", "a payload file in a tag manifest"},
        {"1.0", "printf 'http://x - data/h\\n' > fetch.txt", "bag-broken", "stands in no manifest"},
        {"1.0", "printf 'http://x - data/../h\\n' > fetch.txt", "bag-broken", "leaves the bag by"},
        {"1.0", "printf 'http://x data/a\\n' > fetch.txt", "bag-broken", "not such a line"},
        {"1.0", "printf 'http://x 1 data/a\\n' > fetch.txt; rm data/a; sed -i s/4.4/3.3/ bag-info.txt; tags",
         "bag-hole", "not in the bag"},
        {"1.0",
         "find data -type f -delete; : > manifest-sha256.txt; : > manifest-md5.txt; "
         "sed -i s/4.4/0.0/ bag-info.txt; tags; true",
         "zero-files", "none"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_bad(made(cases[i].version, cases[i].spoil), cases[i].spoil, cases[i].rule, cases[i].says);
    /* before 1.0 one manifest is enough; a fetched file that is there is no hole */
    expect_valid(made("0.97", "sed -i /data.a/d manifest-md5.txt; tags"), "one of two manifests");
    expect_valid(made("1.0", "printf 'http://x - data/a\\n' > fetch.txt"), "fetched");
    expect_valid(made("1.0",
                      "sed -i s/UTF-8/UTF-16/ bagit.txt; for f in bag-info manifest-md5 manifest-sha256; do iconv -f "
                      "UTF-8 -t UTF-16LE $f.txt > x; (printf '\\377\\376'; cat x) > $f.txt; rm x; done; tags; iconv "
                      "-f UTF-8 -t UTF-16BE tagmanifest-sha256.txt > x; mv x tagmanifest-sha256.txt"),
                 "UTF-16, with and without a mark");
}

/* What was no bag is none, and what was one stays one. */
static void test_recognised(void **state)
{
    (void)state;
    struct outcome *o = made("1.0", "rm bagit.txt");
    assert_true(told(o, "bag-broken", NULL) == 1 && o->result.proof.hash != KB_REACHED);
    outcome_free(o);
    o = made("1.0", "rm -r bagit.txt data");
    assert_int_equal(told(o, "bag-broken", NULL), 0);
    assert_null(o->result.manifest_kind);
    outcome_free(o);
    o = made("1.0", "(cd data && sha256sum a sub/b) > ../list; rm *.txt; mv data/a data/sub .; rm -r data");
    outcome_free(o);
    o = pass((struct kb_job_set){.format = KB_FORMAT_TREE, .file = "b", .manifest = "list"});
    assert_string_equal(o->result.manifest_kind, "GNU"); /* a named manifest counts */
    assert_int_equal(o->n, 0);
    outcome_free(o);
}

static bool notes(const struct outcome *o)
{
    return told(o, "bag-unusual", NULL) > 0;
}

/* The conformance suite: the folder is the verdict. What leaves the bag on one system only leaves it here too: backups
 * are restored on both. */
static void test_conformance(void **state)
{
    (void)state;
    const char *corpus = getenv("KOBOSHI_CORPUS");
    if (!corpus) {
        print_message("skipped: KOBOSHI_CORPUS is not set\n");
        skip();
    }
    static const struct {
        const char *folder;
        bool valid, noted;
        int n;
    } kinds[] = {
        {"valid", true, false, 12},      {"warning", true, true, 6},        {"invalid", false, false, 11},
        {"linux-only", false, false, 6}, {"windows-only", false, false, 6},
    };
    char home[32];
    (void)snprintf(home, sizeof home, "%.31s", tools_folder);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char path[1024];
        int n = 0;
        (void)snprintf(path, sizeof path, "%s/bagit/v0.97/%s", corpus, kinds[i].folder);
        RUN("rm", "-rf", "suite");
        RUN("cp", "-rT", "--", path, "suite"); /* paths of a test are short */
        (void)snprintf(tools_folder, sizeof tools_folder, "%s/suite", home);
        DIR *dir = opendir("suite");
        assert_non_null(dir);
        for (struct dirent *e; (e = readdir(dir));) {
            if (*e->d_name == '.' || !strcmp(e->d_name, "Makefile"))
                continue;
            n++;
            struct outcome *o = bag(e->d_name);
            bool valid = !o->code && !o->bad && !o->warned && o->result.proof.hash == KB_REACHED;
            /* one of the valid ones is written as one of those that are warned of */
            bool dotted = !strcmp(e->d_name, "bag-with-leading-dot-slash-in-manifest");
            if (valid != kinds[i].valid || (valid && notes(o) != (kinds[i].noted || dotted)) || (!valid && !o->bad)) {
                show(o, e->d_name);
                fail_msg("%s/%s", kinds[i].folder, e->d_name);
            }
            outcome_free(o);
        }
        assert_int_equal(closedir(dir), 0);
        (void)snprintf(tools_folder, sizeof tools_folder, "%s", home);
        assert_int_equal(n, kinds[i].n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made_by_hand),
        cmocka_unit_test(test_recognised),
        cmocka_unit_test(test_conformance),
    };
    return cmocka_run_group_tests(tests, tools_setup, tools_teardown);
}
