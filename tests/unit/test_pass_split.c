/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: a file that was split is one stream again, and a part that is missing, swapped, changed or cut is found. */
#include "../../agent/verify/counted.h"
#include "koboshi/extents.h"
#include "shapes.h"

static void make_source(void)
{
    SHELL("rm -rf src && mkdir -p src/総務");
    put_text("src/総務/見積.txt", "みつもり\n");
    put_noise("src/big.bin", 300000, 1);
    put_noise("src/mid.bin", 70000, 2);
    SHELL("cd src && find . -type f -print0 | sort -z | xargs -0 sha256sum > ../src.sha256");
}

/* What splits files here; always into four parts. */
static const struct {
    const char *make, *whole, *detected;
    const char *parts[5];
    bool self_checked;
} kinds[] = {
    {"tar -C src --zstd -cf a.tar.zst . && split -b 100000 a.tar.zst a.tar.zst.",
     "a.tar.zst",
     "tar + zstd",
     {"a.tar.zst.aa", "a.tar.zst.ab", "a.tar.zst.ac", "a.tar.zst.ad"},
     true},
    {"tar -C src -cf b.tar . && split -b 102400 --numeric-suffixes=1 -a 3 b.tar b.tar.",
     "b.tar",
     "tar",
     {"b.tar.001", "b.tar.002", "b.tar.003", "b.tar.004"},
     false},
    {"rm -f c.7z* && cd src && 7z a -bd -y -v100000b ../c.7z . >/dev/null && cd .. && cat c.7z.00? > c.7z",
     "c.7z",
     "7z",
     {"c.7z.001", "c.7z.002", "c.7z.003", "c.7z.004"},
     true},
    {"rm -f d.zip && cd src && zip -qr ../d.zip . && cd .. && split -b 100000 -d d.zip d.zip.part",
     "d.zip",
     "zip",
     {"d.zip.part00", "d.zip.part01", "d.zip.part02", "d.zip.part03"},
     true},
    {"tar -C src -czf e.tgz . && split -b 100000 e.tgz e.tgz-",
     "e.tgz",
     "tar + gzip",
     {"e.tgz-aa", "e.tgz-ab", "e.tgz-ac", "e.tgz-ad"},
     true},
};
enum { N_KINDS = sizeof kinds / sizeof *kinds, PARTS = 4 };
static const struct kb_job_set archive = {.format = KB_FORMAT_ARCHIVE, .manifest = "src.sha256"};

static void test_good(void **state)
{
    (void)state;
    make_source();
    for (size_t i = 0; i < N_KINDS; i++) {
        SHELL(kinds[i].make);
        struct outcome *one = pass(
            (struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = kinds[i].whole, .manifest = "src.sha256"});
        struct outcome *o = pass(in_files(archive, kinds[i].parts));
        WANT(o, kinds[i].whole, !o->code && !o->n && o->result.files == 3 && o->result.files_matched == 3);
        assert_string_equal(o->result.detected, kinds[i].detected);
        assert_string_equal(o->result.sha256, one->result.sha256); /* of all parts together */
        assert_int_equal(o->result.bytes_read, size_of(kinds[i].whole));
        assert_int_equal(o->result.proof.hash, KB_REACHED);
        assert_int_equal(o->result.proof.structure, KB_REACHED);
        outcome_free(one);
        outcome_free(o);
        o = restored(in_files(archive, kinds[i].parts));
        WANT(o, kinds[i].whole, !o->n && o->result.proof.restored == KB_REACHED && o->result.files_reread == 3);
        RUN("diff", "-r", "src", "scratch");
        outcome_free(o);
    }
}

/* min_files and min_bytes count over all parts. */
static void test_counts(void **state)
{
    (void)state;
    make_source();
    SHELL(kinds[0].make);
    struct kb_job_set set = {.format = KB_FORMAT_ARCHIVE, .min_files = 3, .min_bytes = 370013};
    struct outcome *o = pass(in_files(set, kinds[0].parts));
    WANT(o, "as many as are there", !o->n);
    outcome_free(o);
    set.min_files = 4;
    set.min_bytes = 370014;
    o = pass(in_files(set, kinds[0].parts));
    WANT(o, "one more", told(o, "too-few-files", NULL) == 1 && told(o, "too-few-bytes", NULL) == 1);
    outcome_free(o);
}

static void test_missing_and_swapped(void **state)
{
    (void)state;
    make_source();
    for (size_t i = 0; i < N_KINDS; i++) {
        const char *const *p = kinds[i].parts;
        SHELL(kinds[i].make);
        const struct {
            const char *what, *found;
            const char *parts[5];
        } broken[] = {
            {"the second is missing", p[2], {p[0], p[2], p[3]}},
            {"the first is missing", p[1], {p[1], p[2], p[3]}},
            {"two are swapped", p[2], {p[0], p[2], p[1], p[3]}},
        };
        for (size_t k = 0; k < sizeof broken / sizeof *broken; k++) {
            struct outcome *o = pass(in_files(archive, broken[k].parts));
            bool from_one = k == 1 && strstr(p[1], "part01"); /* some tools begin there */
            WANT(o, broken[k].what,
                 (from_one ? o->bad > 0 : told(o, "segment-missing", NULL) == 1) && o->result.proof.hash != KB_REACHED);
            WANT(o, broken[k].what, from_one || strstr(found_by(o, "segment-missing"), broken[k].found));
            outcome_free(o);
        }
        struct outcome *o = pass(in_files((struct kb_job_set){.format = KB_FORMAT_ARCHIVE}, FILES(p[0], p[1], p[2])));
        WANT(o, "the last is missing", told(o, "archive-truncated", NULL) + told(o, "archive-broken", NULL) > 0);
        outcome_free(o);
        o = pass(in_files(archive, FILES(p[0], "gone", p[2], p[3])));
        WANT(o, "gone when opened", told(o, "generation-missing", NULL) == 1 && strstr(o->findings[0].found, "gone"));
        outcome_free(o);
    }
}

/* Where the names say nothing the content does. */
static void test_unnamed(void **state)
{
    (void)state;
    make_source();
    SHELL(kinds[0].make);
    SHELL("cp a.tar.zst.aa one.x; cp a.tar.zst.ac three.y; cp a.tar.zst.ad four.z");
    struct outcome *o = pass(
        in_files((struct kb_job_set){.format = KB_FORMAT_ARCHIVE}, FILES("one.x", "three.y", "four.z")));
    WANT(o, "a gap that no name shows", told(o, "archive-broken", NULL) + told(o, "archive-truncated", NULL) > 0);
    assert_int_equal(o->result.proof.structure, KB_NOT_REACHED);
    outcome_free(o);
}

static void test_flipped_and_cut(void **state)
{
    (void)state;
    make_source();
    for (size_t i = 0; i < N_KINDS; i++) {
        const char *const *p = kinds[i].parts;
        SHELL(kinds[i].make);
        flip(p[1], 50000);
        struct outcome *o = pass(in_files(archive, p));
        WANT(o, kinds[i].whole, o->bad > 0 && o->result.proof.hash != KB_REACHED);
        outcome_free(o);
        o = pass(in_files((struct kb_job_set){.format = KB_FORMAT_ARCHIVE}, p));
        WANT(o, kinds[i].whole, (o->bad > 0) == kinds[i].self_checked);
        outcome_free(o);
        flip(p[1], 50000);
        assert_int_equal(truncate(p[3], size_of(p[3]) / 2), 0);
        o = pass(in_files((struct kb_job_set){.format = KB_FORMAT_ARCHIVE}, p));
        WANT(o, kinds[i].whole, told(o, "archive-truncated", NULL) + told(o, "archive-broken", NULL) > 0);
        outcome_free(o);
    }
}

static void test_manifests(void **state)
{
    (void)state;
    make_source();
    SHELL(kinds[1].make); /* a tar: only a manifest finds a flipped byte */
    const char *const *p = kinds[1].parts;
    struct kb_job_set set = {.format = KB_FORMAT_ARCHIVE, .manifest = "m"};
    static const struct {
        const char *make;
        int64_t compared;
        const char *rule; /* NULL: good */
    } lists[] = {
        {"sha256sum b.tar > m", 1, NULL},
        {"sha256sum b.tar.00? > m", 4, NULL},
        {"sha256sum b.tar b.tar.00? > m", 5, NULL},
        {"sha256sum b.tar.001 b.tar.002 b.tar.004 > m", 3, "entry-extra"},
        {"sha256sum b.tar.00? > m && sed 's/004$/005/' m | tail -n 1 >> m", 4, "segment-missing"},
        {"sha256sum b.tar.00? src/big.bin > m", 4, NULL}, /* of something else */
        {"sha256sum b.tar.00? | sed 's/^..\\(.*002\\)$/00\\1/' > m", 4, "file-differs"},
        {"sha256sum b.tar | sed 's/^../00/' > m", 1, "file-differs"},
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        SHELL(lists[i].make);
        struct outcome *o = pass(in_files(set, p));
        WANT(o, lists[i].make, o->result.files_compared == lists[i].compared);
        WANT(o, lists[i].make, lists[i].rule ? told(o, lists[i].rule, NULL) == 1 && o->n == 1 : !o->n);
        WANT(o, lists[i].make, (o->result.proof.hash == KB_REACHED) == !lists[i].rule);
        assert_int_equal(o->result.proof.structure, KB_REACHED);
        outcome_free(o);
    }
    SHELL("sha256sum b.tar.00? > m");
    flip(p[1], 50000);
    struct outcome *o = pass(in_files(set, p));
    WANT(o, "flipped", told(o, "file-differs", NULL) == 1 && strstr(found_by(o, "file-differs"), "b.tar.002"));
    outcome_free(o);
}

/* A single file, kept as it is and unpacked. */
static void test_files(void **state)
{
    (void)state;
    make_source();
    SHELL("split -b 100000 src/big.bin big.bin. && gzip -c src/big.bin > big.gz && split -b 100000 big.gz big.gz. && "
          "sha256sum big.bin.a? > m && sha256sum big.gz.a? > n");
    struct outcome *o = restored(in_files((struct kb_job_set){.format = KB_FORMAT_FILE, .manifest = "m"},
                                          FILES("big.bin.aa", "big.bin.ab", "big.bin.ac")));
    WANT(o, "opaque", !o->n && o->result.proof.restored == KB_REACHED);
    RUN("cmp", "src/big.bin", "scratch/big.bin");
    outcome_free(o);
    o = restored(in_files((struct kb_job_set){.format = KB_FORMAT_FILE, .unpack = true, .as = "x", .manifest = "n"},
                          FILES("big.gz.aa", "big.gz.ab", "big.gz.ac", "big.gz.ad")));
    WANT(o, "unpacked", !o->n && o->result.proof.structure == KB_REACHED && o->result.proof.restored == KB_REACHED);
    RUN("cmp", "src/big.bin", "scratch/x");
    outcome_free(o);
}

/* zip -s writes volumes whose parts name each other: said by name, with what to do. */
static void test_volumes(void **state)
{
    (void)state;
    make_source();
    SHELL("rm -f v.z* && cd src && zip -qr -s 100k ../v.zip .");
    const char *const all[] = {"v.z01", "v.z02", "v.z03", "v.zip", NULL};
    struct outcome *o = pass(in_files((struct kb_job_set){.format = KB_FORMAT_ARCHIVE}, all));
    WANT(o, "volumes", told(o, "format-refused", NULL) == 1 && strstr(found_by(o, "format-refused"), "zip -s 0"));
    assert_int_equal(o->bad, 1);
    outcome_free(o);
    o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "v.zip"});
    WANT(o, "the last volume", told(o, "format-refused", NULL) == 1 && strstr(o->findings[0].found, "zip -s 0"));
    outcome_free(o);
}

/* The key opens a split zip; a split 7z has to be joined for the program that decrypts it. */
static void test_encrypted(void **state)
{
    (void)state;
    make_source();
    SHELL("rm -f k.*; cd src && 7z a -bd -y -tzip -mem=AES256 -psecret ../k.zip . >/dev/null && cd .. && "
          "split -b 200000 k.zip k.zip. && cd src && 7z a -bd -y -psecret -v200000b ../k.7z . >/dev/null");
    struct kb_job_set set = archive;
    set.passphrase = "secret";
    struct outcome *o = pass(in_files(set, FILES("k.zip.aa", "k.zip.ab")));
    WANT(o, "zip", !o->n && o->result.files_matched == 3 && o->result.files_decrypted == 3);
    outcome_free(o);
    o = pass(in_files(set, FILES("k.7z.001", "k.7z.002")));
    WANT(o, "7z", told(o, "encrypted", NULL) > 0 && strstr(found_by(o, "encrypted"), "join them first"));
    outcome_free(o);
}

static void test_extents(void **state)
{
    (void)state;
    put_noise("all", 10000, 7);
    SHELL("head -c 4000 all > s0; : > s1; tail -c +4001 all | head -c 1 > s2; tail -c +4002 all > s3; : > s4");
    static const char *const names[] = {"s0", "s1", "s2", "s3", "s4"};
    struct kb_extent v[5];
    struct kb_extents extents = {.n = 5, .v = v};
    for (size_t i = 0; i < 5; i++) {
        v[i] = (struct kb_extent){.fd = open(names[i], O_RDONLY), .start = extents.size, .size = size_of(names[i])};
        extents.size += v[i].size;
    }
    KB_SCOPED_FD all = open("all", O_RDONLY);
    for (int64_t at = 0; at <= 10010; at += 7) {
        char want[6000], got[6000];
        ssize_t n = pread(all, want, sizeof want, at);
        assert_int_equal(kb_extents_read(&extents, got, sizeof got, at), n);
        assert_memory_equal(want, got, (size_t)n);
    }
    assert_int_equal(kb_extents_at(&extents, 3999), 0);
    assert_int_equal(kb_extents_at(&extents, 4000), 2);
    assert_int_equal(truncate("s0", 3000), 0); /* what follows would stand at the wrong place */
    char got[6000];
    assert_int_equal(kb_extents_read(&extents, got, sizeof got, 2000), 1000);
    assert_int_equal(kb_extents_read(&extents, got, sizeof got, 3000), 0);
    for (size_t i = 0; i < 5; i++)
        (void)close(v[i].fd);
}

static void test_counted(void **state)
{
    (void)state;
    static const struct {
        const char *names[5], *stem;
        size_t gap;
    } rows[] = {
        {{"x.tar.zst.aa", "x.tar.zst.ab"}, "x.tar.zst", 2},
        {{"x.tar.zst.az", "x.tar.zst.ba"}, "x.tar.zst", 0},
        {{"xaa", "xab", "xad"}, "x", 2},
        {{"x.yy", "x.yz", "x.zaaa", "x.zaab"}, "x", 0}, /* nothing is missing but the start */
        {{"x.part9", "x.part10"}, "x", 0},
        {{"x.00", "x.01", "x.9000"}, "x", 2},
        {{"x.part1", "x.part2"}, "x", 2},
        {{"x-20261120.000", "x-20261120.001"}, "x-20261120", 2},
        {{"x20261120", "x20261121"}, "x", 2}, /* no count for sure: only a gap is one */
        {{"x.7z.001"}, "x.7z", 1},
        {{"x.7z.002"}, "x.7z", 0},
        {{"x.aa"}, "x", 1},
        {{"x.tar"}, "x.tar", 1},
        {{"report", "summary"}, "report", 2},
        {{"share-hr", "share-it"}, "share", 0}, /* letters all the same: only the pattern of the plan can tell */
    };
    KB_SCOPED_ARENA arena = kb_arena_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t n = 0;
        while (n < 5 && rows[i].names[n])
            n++;
        struct kb_counted counted = kb_counted_of(rows[i].names, n);
        assert_string_equal(kb_counted_stem(rows[i].names[0], counted, arena), rows[i].stem);
        if (kb_counted_gap(rows[i].names, n, counted) != rows[i].gap)
            fail_msg("%s: gap at %zu", rows[i].names[0], kb_counted_gap(rows[i].names, n, counted));
    }
    const char *const widened[] = {"x.yz", "x.zaaa"};
    const struct kb_counted counted = kb_counted_of(widened, 2);
    assert_true(counted.counts && counted.at == 2);
    const char *const whole[] = {"x.aa", "x.yz", "x.zaaa", "x.zaac"}; /* aa to yz shortened: gaps at 1 and 3 */
    assert_int_equal(kb_counted_gap(whole, 4, counted), 1);
    const char *const digits[] = {"x.88", "x.89", "x.9000", "x.9001"};
    assert_int_equal(kb_counted_gap(digits, 4, (struct kb_counted){.at = 2, .counts = true}), 0);
    const char *const from_zero[] = {"x.0", "x.1", "x.2", "x.4"};
    assert_int_equal(kb_counted_gap(from_zero, 4, (struct kb_counted){.at = 2, .counts = true}), 3);
    assert_int_equal(kb_counted_gap(whole + 1, 1, (struct kb_counted){.at = 4, .counts = false}), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_missing_and_swapped),
        cmocka_unit_test(test_unnamed),
        cmocka_unit_test(test_flipped_and_cut),
        cmocka_unit_test(test_manifests),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_volumes),
        cmocka_unit_test(test_encrypted),
        cmocka_unit_test(test_extents),
        cmocka_unit_test(test_counted),
    };
    return cmocka_run_group_tests(tests, tools_setup, tools_teardown);
}
