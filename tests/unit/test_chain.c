/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: a full backup and its parts become the last state of the files, and the chain is never said to reach further
 * than its first break. */
#include "shapes.h"

enum { DAYS = 4 };
static const char *const gz[] = {"0.tgz", "1.tgz", "2.tgz", "3.tgz", NULL};
static const struct kb_job_set chain = {.format = KB_FORMAT_CHAIN};

/* GNU tar -g: what an office does in four days: change, add, delete, rename a folder, put a folder where a file was. */
static void make_days_with(bool fifo)
{
    SHELL("rm -rf src snar *.tgz && mkdir -p src/総務/規程 src/営業 src/技術/古い");
    put_text("src/総務/就業規則.txt", "第1条\n");
    put_text("src/総務/規程/a.txt", "a\n");
    put_text("src/営業/見積.csv", "灯油,200\n");
    put_text("src/技術/古い/図.txt", "old\n");
    put_noise("src/技術/図面.bin", 300000, 1);
    SHELL("ln -s 図面.bin src/技術/最新 && ln src/総務/就業規則.txt src/総務/写し.txt");
    if (fifo)
        SHELL("mkfifo src/fifo");
    SHELL("find src -exec touch -h -d '2026-11-16 09:00' {} + && tar -C src -g snar -czf 0.tgz .");
    SHELL("sleep 0.05; printf 軽油,18 > src/営業/見積.csv; printf new > src/営業/新規.txt; rm src/総務/規程/a.txt; "
          "tar -C src -g snar -czf 1.tgz .");
    SHELL("sleep 0.05; mv src/技術/古い src/技術/保管; rm src/技術/最新 && ln -s ../営業/新規.txt src/技術/最新; "
          "printf 2 > src/技術/保管/追加.txt; tar -C src -g snar -czf 2.tgz .");
    SHELL("sleep 0.05"); /* tar -g goes by times */
    put_noise("src/技術/図面.bin", 200000, 2);
    SHELL("rm src/営業/新規.txt && mkdir src/営業/新規.txt && printf 3 > src/営業/新規.txt/中.txt; "
          "rm -r src/総務/規程; tar -C src -g snar -czf 3.tgz .; rm -f src/fifo");
    SHELL("sha256sum *.tgz > parts.sha256; cd src && find . -type f | sort | xargs sha256sum > ../src.sha256");
}

static void make_days(void)
{
    make_days_with(true);
}

static void want_last_state(struct outcome *o, const char *what)
{
    if (run_in(NULL, "diff.out", (const char *const[]){"diff", "-r", "--no-dereference", "src", "scratch", NULL})) {
        SHELL("cat diff.out >&2");
        show(o, what);
        fail_msg("%s: scratch is not the last state", what);
    }
}

static void test_incremental(void **state)
{
    (void)state;
    make_days();
    struct kb_job_set set = chain;
    set.manifest = "parts.sha256";
    struct outcome *o = restored(in_files(set, gz));
    WANT(o, "whole", !o->code && !o->bad && told(o, "name-twice", NULL) == 0);
    WANT(o, "whole", told(o, "entry-kind", "fifo") == o->n); /* the FIFO, and nothing else */
    want_last_state(o, "whole");
    assert_string_equal(o->result.detected, "tar + gzip");
    assert_int_equal(o->result.files_compared, DAYS); /* whole files of the manifest */
    assert_int_equal(o->result.proof.hash, KB_REACHED);
    assert_int_equal(o->result.proof.structure, KB_REACHED);
    assert_false(has_caveat(o, "deleted"));
    outcome_free(o);
    /* the names of all parts, each once: five (of two hard links one is a link), and three that came later */
    o = pass(in_files(set, gz));
    WANT(o, "verified", !o->bad && o->result.files == 8 && o->result.proof.hash == KB_REACHED);
    assert_int_equal(o->result.bytes_read, size_of(gz[0]) + size_of(gz[1]) + size_of(gz[2]) + size_of(gz[3]));
    outcome_free(o);
}

/* Without what is never restored, all is proven. */
static void test_proof(void **state)
{
    (void)state;
    SHELL("rm -rf src snar *.tgz && mkdir -p src/a && printf 1 > src/a/x && printf 2 > src/a/y && ln -s x src/a/l && "
          "tar -C src -g snar -czf 0.tgz . && sleep 0.05 && printf 3 > src/a/x && rm src/a/y && mv src/a src/b && "
          "tar -C src -g snar -czf 1.tgz . && sha256sum *.tgz > m");
    struct kb_job_set set = chain;
    set.manifest = "m";
    struct outcome *o = restored(in_files(set, FILES("0.tgz", "1.tgz")));
    WANT(o, "proof", !o->n && o->result.proof.restored == KB_REACHED && o->result.files_restored == 1);
    want_last_state(o, "proof");
    outcome_free(o);
}

/* Whatever is drawn of it: what came back is the last state, in every part, and nothing that is stale. */
static void test_sampled(void **state)
{
    (void)state;
    make_days_with(false); /* of which nothing is left out for its kind */
    struct kb_job_set set = chain;
    set.manifest = "parts.sha256";
    int drawn = 0;
    for (int seed = 0; seed < 16; seed++) {
        set.sample = 40;
        set.seed = seed;
        struct outcome *o = restored(in_files(set, gz));
        WANT(o, "sampled", !o->code && !o->bad && !o->n);
        WANT(o, "sampled", o->result.proof.restored == KB_REACHED && o->result.sample->files == 8);
        WANT(o, "sampled", (o->result.coverage == KB_COVERAGE_FULL) == (o->result.sample->files_taken == 8));
        drawn += (int)o->result.sample->files_taken;
        SHELL("diff -r --no-dereference src scratch > diff.out || :");
        SHELL("! grep -v '^Only in src' diff.out >&2 && [ -n \"$(find scratch -type f -size +0)\" ]");
        outcome_free(o);
    }
    assert_in_range(drawn, 16 * 2, 16 * 6);
}

static void test_manifest_of_entries(void **state)
{
    (void)state;
    make_days();
    struct kb_job_set set = chain;
    set.manifest = "src.sha256"; /* of the last state: what was changed counts as it is last */
    struct outcome *o = pass(in_files(set, gz));
    WANT(o, "last state", !o->bad && told(o, "entry-differs", NULL) == 0 && o->result.files_matched > 0);
    WANT(o, "last state", has_caveat(o, "1 files in renamed folders, 3 files of earlier parts"));
    outcome_free(o);
    SHELL("sed -i 's/^..\\(.*図面.bin\\)$/00\\1/' src.sha256");
    o = pass(in_files(set, gz));
    WANT(o, "one differs", told(o, "entry-differs", "技術/図面.bin") == 1);
    outcome_free(o);
}

static void test_broken(void **state)
{
    (void)state;
    static const struct {
        int part;
        bool cut;
        const char *rule, *says[3];
    } rows[] = {
        {0, false, "chain-base-broken", {"0.tgz", "3 hang on it", "1.tgz, 2.tgz, 3.tgz"}},
        {0, true, "chain-base-broken", {"0.tgz", "3 hang on it", "1.tgz, 2.tgz, 3.tgz"}},
        {1, false, "chain-part-broken", {"1.tgz is not sound", "2 after it", "last intact part: 0.tgz"}},
        {2, false, "chain-part-broken", {"2.tgz is not sound", "1 after it", "last intact part: 1.tgz (1970-01-24"}},
        {3, true, "chain-part-broken", {"3.tgz is not sound", "last intact part: 2.tgz", "2.tgz"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        make_days();
        const char *name = gz[rows[i].part];
        if (rows[i].cut)
            assert_int_equal(truncate(name, size_of(name) - 20), 0);
        else
            flip(name, size_of(name) - 6); /* in the checksum */
        struct outcome *o = restored(in_files(chain, gz));
        WANT(o, name, told(o, rows[i].rule, NULL) == 1);
        for (size_t k = 0; k < 3; k++)
            WANT(o, rows[i].says[k], strstr(found_by(o, rows[i].rule), rows[i].says[k]));
        WANT(o, name, o->result.proof.structure == KB_NOT_REACHED && o->result.proof.restored == KB_NOT_REACHED);
        WANT(o, name, has_caveat(o, "intact up to") == (rows[i].part > 0));
        WANT(o, name, o->result.sha256 == NULL && o->result.bytes_read > 0);
        /* the archive's own finding names the part */
        WANT(o, name, !strncmp(o->findings[0].found, name, 5) || told(o, "entry-kind", NULL));
        outcome_free(o);
    }
}

/* A part that nobody handed over is noticed by what the next one calls unchanged. */
static void test_gap(void **state)
{
    (void)state;
    make_days();
    struct outcome *o = pass(in_files(chain, FILES("0.tgz", "2.tgz", "3.tgz")));
    WANT(o, "gap", told(o, "chain-gap", NULL) == 1 && strstr(found_by(o, "chain-gap"), "営業/新規.txt"));
    WANT(o, "gap", strstr(found_by(o, "chain-part-broken"), "last intact part: 0.tgz"));
    outcome_free(o);
    o = pass(in_files(chain, FILES("0.tgz", "1.tgz", "gone", "3.tgz")));
    WANT(o, "gone", told(o, "generation-missing", NULL) == 1);
    WANT(o, "gone", strstr(found_by(o, "chain-part-broken"), "last intact part: 1.tgz"));
    outcome_free(o);
    o = pass(in_files(chain, FILES("gone", "1.tgz")));
    WANT(o, "no base", told(o, "chain-base-broken", NULL) == 1);
    outcome_free(o);
}

/* Each part hangs on the full backup alone: the last one counts. */
static void test_differential(void **state)
{
    (void)state;
    static const char *const make =
        "rm -rf src *.snar *.tgz && mkdir -p src/a && printf 1 > src/a/x && printf 2 > src/a/y && "
        "tar -C src -g 0.snar -czf 0.tgz . && sleep 0.05 && printf only > src/a/tuesday && cp 0.snar 1.snar && "
        "tar -C src -g 1.snar -czf 1.tgz . && rm src/a/tuesday && printf 3 > src/a/y && cp 0.snar 2.snar && "
        "tar -C src -g 2.snar -czf 2.tgz . && sha256sum *.tgz > m";
    SHELL(make);
    struct kb_job_set set = chain;
    set.chain_kind = KB_CHAIN_DIFFERENTIAL;
    set.manifest = "m";
    struct outcome *o = restored(in_files(set, FILES("0.tgz", "1.tgz", "2.tgz")));
    WANT(o, "differential", !o->n);
    want_last_state(o, "differential");
    outcome_free(o);
    set.manifest = NULL;
    flip("1.tgz", size_of("1.tgz") - 6);
    o = restored(in_files(set, FILES("0.tgz", "1.tgz", "2.tgz")));
    WANT(o, "one of them", told(o, "chain-part-broken", NULL) == 1);
    WANT(o, "one of them", strstr(found_by(o, "chain-part-broken"), "last intact part: 2.tgz"));
    want_last_state(o, "one of them");
    outcome_free(o);
}

/* Archives of changed files alone: later entries replace earlier ones, and what was deleted comes back. */
static void test_plain_parts(void **state)
{
    (void)state;
    static const struct {
        const char *make;
        const char *files[3];
    } kinds[] = {
        {"tar -C src -cf 0.tar . && printf 3 > src/a/x && rm src/a/y && mkdir -p src/a/n && printf 4 > src/a/n/z && "
         "tar -C src -cf 1.tar a/x a/n",
         {"0.tar", "1.tar"}},
        {"cd src && zip -qr ../0.zip . && printf 3 > a/x && rm a/y && mkdir -p a/n && printf 4 > a/n/z && "
         "zip -qr ../1.zip a/x a/n",
         {"0.zip", "1.zip"}},
        {"tar -C src --format=posix -g snar -cf 0.tar . && printf 3 > src/a/x && rm src/a/y && mkdir -p src/a/n && "
         "printf 4 > src/a/n/z && tar -C src --format=posix -g snar -cf 1.tar .",
         {"0.tar", "1.tar"}},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        SHELL("rm -rf src snar *.tar *.zip && mkdir -p src/a && printf 1 > src/a/x && printf 2 > src/a/y");
        SHELL(kinds[i].make);
        struct outcome *o = restored(in_files(chain, kinds[i].files));
        WANT(o, kinds[i].make, !o->n && has_caveat(o, "deleted") && o->result.files == 3);
        SHELL("printf 2 > src/a/y");
        want_last_state(o, kinds[i].make);
        outcome_free(o);
    }
    /* twice in one archive is still said */
    SHELL("tar -C src -cf 1.tar a/x && tar -C src -rf 1.tar a/x");
    struct outcome *o = pass(in_files(chain, FILES("0.tar", "1.tar")));
    WANT(o, "twice", told(o, "name-twice", "a/x") == 1);
    outcome_free(o);
}

/* A chain cannot hide a hollow full backup: each name counts once. */
static void test_counts(void **state)
{
    (void)state;
    SHELL("rm -rf src *.tar && mkdir src && printf 1 > src/x && printf 2 > src/y && tar -C src -cf 0.tar . && "
          "tar -C src -cf 1.tar . && cp 1.tar 2.tar");
    struct kb_job_set set = chain;
    set.min_files = 3;
    struct outcome *o = pass(in_files(set, FILES("0.tar", "1.tar", "2.tar")));
    WANT(o, "two names", told(o, "too-few-files", NULL) == 1 && o->result.files == 2);
    outcome_free(o);
}

/* A folder that was renamed onto something that is there cannot be moved: said, and not proven. */
static void test_renamed_in_a_circle(void **state)
{
    (void)state;
    SHELL("rm -rf src snar *.tgz && mkdir -p src/a src/b && printf 1 > src/a/x && printf 2 > src/b/y && "
          "tar -C src -g snar -czf 0.tgz . && mv src/a src/t && mv src/b src/a && mv src/t src/b && "
          "tar -C src -g snar -czf 1.tgz .");
    struct outcome *o = restored(in_files(chain, FILES("0.tgz", "1.tgz")));
    bool same = !run_in(NULL, NULL, (const char *const[]){"diff", "-r", "src", "scratch", NULL});
    WANT(o, "circle", same || (o->bad > 0 && o->result.proof.restored == KB_NOT_REACHED));
    outcome_free(o);
}

/* A tar of one folder with any listing, as an attacker may write it (GNU tar manual: header of type D). */
static void put_listing(const char *name, const char *folder, size_t n, const char *listing)
{
    char tar[512 * 5] = {0};
    (void)snprintf(tar, 100, "%s", folder);
    memcpy(tar + 100,
           "0000755\0"
           "0000000\0"
           "0000000\0",
           24);
    (void)snprintf(tar + 124, 12, "%011zo", n);
    (void)snprintf(tar + 136, 12, "%011o", 0);
    tar[156] = 'D';
    memcpy(tar + 257, "ustar  ", 8);
    memset(tar + 148, ' ', 8);
    unsigned sum = 0;
    for (size_t i = 0; i < 512; i++)
        sum += (unsigned char)tar[i];
    (void)snprintf(tar + 148, 8, "%06o", sum);
    assert_true(n <= 512);
    memcpy(tar + 512, listing, n);
    put(name, tar, sizeof tar);
}

static void test_hostile_listings(void **state)
{
    (void)state;
    static const struct {
        const char *folder;
        size_t n;
        const char *listing;
        bool bad; /* told, and not proven */
    } rows[] = {
#define LISTING(text) sizeof(text "\0"), text "\0"
        {"./", LISTING("Da\0Nb"), false},
        {"./", LISTING("Da\0Nb\0R../outside\0Tc"), true},
        {"./", LISTING("Da\0Nb\0Ra\0T../../c"), true},
        {"./", LISTING("Da\0Nb\0T./c"), true},
        {"./", LISTING("Da\0Nb\0R./a\0T./a/b/c"), true},
        {"./", LISTING("Da\0Nb\0R./a\0T./b"), true},
        {"./", LISTING("Da\0Nb\0X./tmp"), true},
        {"./", LISTING("N../outside\0Da\0Nb"), true}, /* a gap: no archive holds it */
        {"./", LISTING("Qa\0Nb"), false},             /* not a listing */
        {"./", 4, "DaNb", false},                     /* without its end */
        {"l/", 1, "", true},                          /* a folder where a link stood: what it names stays */
    };
    SHELL("rm -rf src *.tar outside && mkdir -p src/a outside && printf 1 > src/a/x && printf 2 > src/b && "
          "ln -s a src/l && printf secret > outside/secret && tar -C src -cf 0.tar . && sha256sum 0.tar > m");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        put_listing("1.tar", rows[i].folder, rows[i].n, rows[i].listing);
        struct outcome *o = restored(in_files(chain, FILES("0.tar", "1.tar")));
        char what[32];
        (void)snprintf(what, sizeof what, "listing %zu", i);
        bool link = rows[i].folder[0] == 'l';
        WANT(o, what, !o->code && (link || (o->bad > 0) == rows[i].bad));
        assert_int_equal(access("outside/secret", F_OK), 0);
        assert_int_equal(access("scratch/a/x", F_OK), 0);
        outcome_free(o);
    }
    /* what is not listed goes, and nothing else */
    put_listing("1.tar", "./", LISTING("Nb\0Nl"));
    struct outcome *o = restored(in_files(chain, FILES("0.tar", "1.tar")));
    WANT(o, "gone", !o->n && access("scratch/a", F_OK) && !access("scratch/b", F_OK));
    outcome_free(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_incremental),      cmocka_unit_test(test_proof),
        cmocka_unit_test(test_sampled),          cmocka_unit_test(test_manifest_of_entries),
        cmocka_unit_test(test_broken),           cmocka_unit_test(test_gap),
        cmocka_unit_test(test_differential),     cmocka_unit_test(test_plain_parts),
        cmocka_unit_test(test_counts),           cmocka_unit_test(test_renamed_in_a_circle),
        cmocka_unit_test(test_hostile_listings),
    };
    return cmocka_run_group_tests(tests, tools_setup, tools_teardown);
}
