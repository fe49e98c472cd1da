/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: files that are one backup are one generation, whole and in order; of a chain every point that can be restored
 * is one; what lacks a file is told and not offered. */
#include "media_listing.h"

static const char *const when = "2026-11-20T22:00:00+09:00";

static const char *bytes(size_t n)
{
    char *text = kb_alloc(t.arena, n + 1, 1);
    memset(text, 'x', n);
    return text;
}

/* "001=5 002=5 003=2": pieces of share-20261120.7z with their sizes. */
static void plant_pieces(const char *pieces)
{
    struct kb_err err = {0};
    assert_int_equal(kb_remove_tree(AT_FDCWD, root, &err), 0);
    assert_int_equal(mkdir(root, 0755), 0);
    for (const char *at = pieces; *at;) {
        char name[32];
        size_t size;
        int used = 0;
        assert_int_equal(sscanf(at, "%31[^=]=%zu%n", name, &size, &used), 2);
        plant(kb_sprintf(t.arena, "share-20261120.7z.%s", name), bytes(size), when);
        at += used;
        at += strspn(at, " ");
    }
}

static void assert_segments(size_t i, const char *const *paths)
{
    assert_true(i < t.heard.n_generations);
    const struct kb_generation *generation = t.heard.generations[i];
    size_t n = 0;
    int64_t sum = 0;
    for (; paths[n]; n++) {
        assert_true(n < generation->segments.n);
        assert_string_equal(generation->segments.v[n].path, paths[n]);
        assert_true(generation->segments.v[n].mtime > 0 && generation->segments.v[n].point_in_time > 0);
        sum += generation->segments.v[n].bytes;
    }
    assert_int_equal(generation->segments.n, n);
    assert_int_equal(generation->bytes, sum);
}

static void test_split(void **state)
{
    (void)state;
    static const struct {
        const char *pieces, *first, *last;
        size_t n; /* 0: not offered */
        const char *rule, *found;
    } cases[] = {
        {"001=5 002=5 003=2", "001", "003", 3, NULL, NULL},
        {"001=5", "001", "001", 1, NULL, NULL},
        {"00=5 01=5 02=2", "00", "02", 3, NULL, NULL},
        {"aa=5 ab=5 ac=2", "aa", "ac", 3, NULL, NULL},
        {"1=5 2=5 3=5 4=5 5=5 6=5 7=5 8=5 9=5 10=2", "1", "10", 10, NULL, NULL},
        {"001=5 002=5 003=6", "001", "003", 3, NULL, NULL}, /* split -n 3 puts the rest into the last */
        {"001=5 002=5 004=2", NULL, NULL, 0, "parts-missing", "nothing between share-20261120.7z.002 and"},
        {"002=5 003=2", NULL, NULL, 0, "parts-missing", "the first one there is share-20261120.7z.002"},
        {"ab=5 ac=2", NULL, NULL, 0, "parts-missing", "the first one there is share-20261120.7z.ab"},
        {"001=5 01=5 002=2", NULL, NULL, 0, "parts-missing", "twice: share-20261120.7z.001 and share-20261120.7z.01"},
        {"001=5 002=5 003=5", "001", "003", 3, NULL, NULL}, /* whether that is all, its content shows */
        {"001=5 002=3 003=2", "001", "003", 3, "parts-uneven", "3 bytes"},
        {"001=5 002=0 003=5", "001", "003", 3, "parts-uneven", "0 bytes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        plant_pieces(cases[i].pieces);
        list((struct kb_job_copy){.path = "share-%Y%m%d.7z.%{part}"});
        if (t.heard.n_generations != (cases[i].n > 0) || t.heard.n_findings != (cases[i].rule != NULL))
            print_message("%s\n", cases[i].pieces);
        assert_int_equal(t.heard.n_generations, cases[i].n > 0);
        assert_int_equal(t.heard.n_findings, cases[i].rule != NULL);
        if (cases[i].rule)
            assert_told(cases[i].rule, t.heard.findings[0]->file, cases[i].found);
        if (!cases[i].n)
            continue;
        const struct kb_generation *whole = t.heard.generations[0];
        assert_int_equal(whole->segments.n, cases[i].n);
        assert_string_equal(whole->path, kb_sprintf(t.arena, "share-20261120.7z.%s", cases[i].first));
        assert_string_equal(whole->segments.v[cases[i].n - 1].path,
                            kb_sprintf(t.arena, "share-20261120.7z.%s", cases[i].last));
        assert_generation(0, whole->path, when, KB_PIT_NAME_AND_MTIME);
    }
}

/* Of two split backups side by side one lacks a file; what is named alike but is no piece does not come between. */
static void test_split_side_by_side(void **state)
{
    (void)state;
    for (int day = 18; day <= 20; day++)
        for (int piece = 1; piece <= 3; piece++)
            if (day != 19 || piece != 2)
                plant(kb_sprintf(t.arena, "本社/ハ\xe3\x82\x99ック-202611%d.part%d.rar", day, piece),
                      bytes(piece == 3 ? 2 : 5), when);
    plant("本社/バック-20261120.part1.rar.md5", "x", when);
    list((struct kb_job_copy){.path = "*/バック-%Y%m%d.part%{part}.rar", .manifest = "*/バック-%Y%m%d.sha256"});
    assert_int_equal(t.heard.n_generations, 2);
    assert_int_equal(t.heard.n_findings, 1);
    assert_told("parts-missing", "本社/ハ\xe3\x82\x99ック-20261119.part1.rar", "nothing between");
    static const char *const newest[] = {"本社/ハ\xe3\x82\x99ック-20261120.part1.rar",
                                         "本社/ハ\xe3\x82\x99ック-20261120.part2.rar",
                                         "本社/ハ\xe3\x82\x99ック-20261120.part3.rar", NULL};
    assert_segments(0, newest);
    assert_string_equal(t.heard.generations[0]->manifest, "本社/バック-20261120.sha256");
    /* the last piece was written after midnight: the backup is of the day its name says */
    set_mtime(below(root, newest[2]), "2026-11-21T00:10:00+09:00");
    list((struct kb_job_copy){.path = "*/バック-%Y%m%d.part%{part}.rar"});
    assert_generation(0, newest[0], when, KB_PIT_NAME_AND_MTIME);
}

static struct kb_job_copy chain_of(int kind, int64_t max_parts)
{
    struct kb_set_chain *chain = kb_alloc(t.arena, 1, sizeof *chain);
    *chain = (struct kb_set_chain){
        .full = "full-%Y%m%d.tar", .part = "inc-%Y%m%d.tar", .max_parts = max_parts, .kind = kind};
    return (struct kb_job_copy){.path = "chain", .format = KB_FORMAT_CHAIN, .method = KB_METHOD_CHAIN, .chain = chain};
}

#define FULL(day) "chain/full-202611" day ".tar"
#define PART(day) "chain/inc-202611" day ".tar"
#define PATHS(...)                                                                                                     \
    (const char *const[])                                                                                              \
    {                                                                                                                  \
        __VA_ARGS__, NULL                                                                                              \
    }

static void plant_day(const char *path)
{
    const char *day = strstr(path, "-202611") + 7;
    plant(path, bytes(3), kb_sprintf(t.arena, "2026-11-%.2sT22:00:00+09:00", day));
}

static void test_incremental(void **state)
{
    (void)state;
    static const char *const files[] = {FULL("02"), PART("03"), PART("04"), FULL("09"), PART("10"), PART("11")};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        plant_day(files[i]);
    plant("chain/readme.txt", "x", when);
    list(chain_of(KB_CHAIN_INCREMENTAL, 100));
    assert_nothing_wrong();
    assert_int_equal(t.heard.n_generations, 6);
    assert_generation(0, PART("11"), "2026-11-11T22:00:00+09:00", KB_PIT_NAME_AND_MTIME);
    assert_segments(0, PATHS(FULL("09"), PART("10"), PART("11")));
    assert_segments(1, PATHS(FULL("09"), PART("10")));
    assert_segments(2, PATHS(FULL("09")));
    assert_segments(3, PATHS(FULL("02"), PART("03"), PART("04")));
    assert_generation(5, FULL("02"), "2026-11-02T22:00:00+09:00", KB_PIT_NAME_AND_MTIME);
    list(chain_of(KB_CHAIN_DIFFERENTIAL, 100));
    assert_int_equal(t.heard.n_generations, 6);
    assert_segments(0, PATHS(FULL("09"), PART("11")));
    assert_segments(3, PATHS(FULL("02"), PART("04")));
    assert_segments(4, PATHS(FULL("02"), PART("03")));
}

static void test_broken_chains(void **state)
{
    (void)state;
    plant_day(PART("01"));
    plant_day(PART("02"));
    list(chain_of(KB_CHAIN_INCREMENTAL, 100));
    assert_int_equal(t.heard.n_generations, 0);
    assert_told("chain-incomplete", PART("01"), "none");
    assert_int_equal(t.heard.findings[0]->count, 2);
    plant_day(FULL("05"));
    plant_day(PART("06"));
    plant_day(PART("07"));
    list(chain_of(KB_CHAIN_INCREMENTAL, 1));
    assert_int_equal(t.heard.n_generations, 3);
    assert_int_equal(t.heard.n_findings, 2);
    assert_told("chain-incomplete", PART("01"), "none");
    assert_told("chain-long", FULL("05"), "2 parts");
    /* two fulls of one time: neither they nor what follows them can be trusted */
    struct kb_job_copy copy = chain_of(KB_CHAIN_INCREMENTAL, 100);
    struct kb_set_chain twin = *copy.chain;
    twin.full = "*full-%Y%m%d.tar";
    copy.chain = &twin;
    plant("chain/x-full-20261105.tar", "x", "2026-11-05T22:00:00+09:00");
    plant_day(FULL("09"));
    list(copy);
    assert_int_equal(t.heard.n_generations, 1);
    assert_segments(0, PATHS(FULL("09")));
    assert_told("chain-incomplete", FULL("05"), "x-full-20261105.tar");
    /* what is both is neither */
    twin.full = "*.tar";
    list(copy);
    assert_int_equal(t.heard.n_generations, 1);
    assert_told("generation-skipped", PART("01"), "both");
}

/* Numbers tell a gap; each folder is a chain of its own. */
static void test_numbered_parts_in_folders(void **state)
{
    (void)state;
    static const char *const files[] = {"a/full.tar", "a/inc1.tar", "a/inc2.tar", "a/inc4.tar",
                                        "a/inc5.tar", "b/full.tar", "b/inc2.tar", "c/inc1.tar"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        plant(files[i], "xx", kb_sprintf(t.arena, "2026-11-%02zuT22:00:00+09:00", i + 1));
    const struct kb_set_chain chain = {.full = "full.tar", .part = "inc%{part}.tar", .max_parts = 9};
    list((struct kb_job_copy){.path = "?", .format = KB_FORMAT_CHAIN, .chain = &chain});
    assert_int_equal(t.heard.n_generations, 4);
    assert_segments(0, PATHS("b/full.tar"));
    assert_segments(1, PATHS("a/full.tar", "a/inc1.tar", "a/inc2.tar"));
    assert_int_equal(t.heard.n_findings, 3);
    assert_told("chain-incomplete", "a/inc4.tar", "missing");
    assert_told("chain-incomplete", "b/inc2.tar", "missing");
    assert_told("chain-incomplete", "c/inc1.tar", "none");
    assert_int_equal(t.heard.findings[0]->count, 2);
    /* of two parts with one time nobody knows which comes first */
    struct kb_set_chain plain = chain;
    plain.part = "inc?.tar";
    set_mtime(below(root, "a/inc4.tar"), "2026-11-03T22:00:00+09:00");
    list((struct kb_job_copy){.path = "?", .format = KB_FORMAT_CHAIN, .chain = &plain});
    assert_told("chain-incomplete", "a/inc4.tar", "their order cannot be told");
}

static void plant_many(const char *folder, const char *format, int n)
{
    plant(kb_sprintf(t.arena, "%s/.x", folder), "", when);
    int dir = open(below(root, folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < n; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, format[0] == '%' ? "%06d.tar" : "a.%06d", i);
        int fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        assert_true(fd >= 0);
        (void)close(fd);
    }
    (void)close(dir);
}

/* 10^5 names that are none of ours, among them the longest and ugliest; and as many pieces of one backup. */
static void test_hostile_folder(void **state)
{
    (void)state;
    plant_many("many", "%", 100000);
    char longest[256];
    memset(longest, 'y', sizeof longest - 1);
    longest[255] = '\0';
    plant(kb_sprintf(t.arena, "many/%s", longest), "x", when);
    plant("many/\033[31m-20261120.tar", "x", when);
    plant("many/20261120\n.tar", "x", when);
    plant("many/ok-20261120.tar", "x", when);
    int64_t start = kb_boot_ns();
    list((struct kb_job_copy){.path = "many/*-%Y%m%d.tar"});
    assert_true(kb_boot_ns() - start < 30 * KB_NS_PER_S);
    assert_nothing_wrong();
    assert_int_equal(t.heard.n_generations, 2); /* names as they are; whoever shows them escapes them */
    plant_many("pieces", "a", 1500);
    list((struct kb_job_copy){.path = "pieces/a.%{part}"});
    assert_int_equal(t.heard.n_generations, 0);
    assert_told("generation-skipped", "pieces/a.000000", "more files than one generation can have");
}

/* A day's increments for years: the newest points are listed, and all of it stays within what a worker may say. */
static void test_long_chain(void **state)
{
    (void)state;
    plant("chain/full-20200101.tar", "x", "2020-01-01T22:00:00+09:00");
    int64_t day = 0;
    assert_true(kb_time_parse("2020-01-01T22:00:00+09:00", &day));
    for (int i = 0; i < 1200; i++) {
        day += 86400;
        const char *name = kb_sprintf(t.arena, "chain/inc-%.10s.tar", kb_time_rfc3339(t.arena, day));
        plant(name, "x", kb_time_rfc3339(t.arena, day));
    }
    struct kb_job_copy copy = chain_of(KB_CHAIN_INCREMENTAL, 1000);
    struct kb_set_chain chain = *copy.chain;
    chain.part = "inc-%Y-%m-%d.tar";
    copy.chain = &chain;
    list(copy);
    assert_told("chain-long", "chain/full-20200101.tar", "1200 parts");
    assert_told("generation-skipped", t.heard.findings[1]->file, "more");
    assert_int_equal(t.heard.generations[0]->segments.n, 1001);
    assert_true(t.heard.n_generations > 30 && t.heard.n_generations < 1001);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_split),         TEST(test_split_side_by_side),        TEST(test_incremental),
        TEST(test_broken_chains), TEST(test_numbered_parts_in_folders), TEST(test_hostile_folder),
        TEST(test_long_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
