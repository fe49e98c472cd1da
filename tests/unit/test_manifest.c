/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: checksum lines are read as sha256sum(1) writes them, and a list that cannot be trusted says which line. */
#include "tools.h"

#include "../../agent/verify/manifest.h"

#define H1 "1111111111111111111111111111111111111111111111111111111111111111"
#define H2 "2222222222222222222222222222222222222222222222222222222222222222"

struct flaws {
    int n;
    char first[256];
};

static void flaw(void *owner, struct kb_text expected, struct kb_text found)
{
    struct flaws *f = owner;
    assert_non_null(expected.ja);
    if (!f->n++)
        (void)snprintf(f->first, sizeof f->first, "%s", found.en);
}

/* Fed in pieces of `step` bytes. */
static struct kb_manifest *parse(const char *text, size_t step, struct flaws *flaws, bool *ret_good)
{
    *flaws = (struct flaws){0};
    struct kb_manifest *m = kb_manifest_new(flaws, flaw);
    size_t n = strlen(text);
    for (size_t i = 0; i < n; i += step)
        kb_manifest_add(m, text + i, n - i < step ? n - i : step);
    *ret_good = kb_manifest_end(m);
    return m;
}

static void test_good(void **state)
{
    (void)state;
    const char *text = "\xef\xbb\xbf# made by sha256sum\n" H1 "  a.txt\r\n" H2 " *./総務/見積.xlsx\n\n" H1
                       "  with  spaces \n\\" H2 "  line\\nfeed\\\\x\n" H1 "  a.txt\n" H2 "  last";
    for (size_t step = 1; step < 300; step += 37) {
        struct flaws flaws;
        bool good;
        struct kb_manifest *m = parse(text, step, &flaws, &good);
        assert_true(good);
        assert_int_equal(flaws.n, 0);
        assert_int_equal(kb_manifest_count(m), 5);
        assert_non_null(kb_manifest_find(m, "a.txt"));
        assert_int_equal(kb_manifest_find(m, "a.txt")->digest.bytes[0], 0x11);
        assert_non_null(kb_manifest_find(m, "総務/見積.xlsx"));
        assert_int_equal(kb_manifest_find(m, "総務/見積.xlsx")->line, 3);
        assert_non_null(kb_manifest_find(m, "with  spaces "));
        assert_non_null(kb_manifest_find(m, "line\nfeed\\x"));
        assert_non_null(kb_manifest_find(m, "last"));
        assert_null(kb_manifest_find(m, "./a.txt"));
        assert_null(kb_manifest_find(m, "b"));
        kb_manifest_free(m);
    }
}

static void test_bad(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "no line"},
        {"\n# nothing\n", "no line"},
        {H1 "  a\nhello\n", "line 2"},
        {"d41d8cd98f00b204e9800998ecf8427e  a\n", "MD5"},
        {"da39a3ee5e6b4b0d3255bfef95601890afd80709  a\n", "SHA-1"},
        {H1 H2 "  a\n", "SHA-512"},
        {"SHA256 (a) = " H1 "\n", "line 1"},
        {H1 " a\n", "line 1"},
        {H1 "  \n", "line 1"},
        {H1 "  a\n" H2 "  ./a\n", "line 2"},
        {"\\" H1 "  bad\\escape\n", "line 1"},
        {"<html>\033[31m", "%1B"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct flaws flaws;
        bool good;
        struct kb_manifest *m = parse(cases[i].text, 1000, &flaws, &good);
        assert_false(good);
        if (!strstr(flaws.first, cases[i].says))
            fail_msg("case %zu says: %s", i, flaws.first);
        kb_manifest_free(m);
    }
}

static void test_many_and_long(void **state)
{
    (void)state;
    struct flaws flaws = {0};
    struct kb_manifest *m = kb_manifest_new(&flaws, flaw);
    char line[128];
    for (int i = 0; i < 20000; i++) {
        int n = snprintf(line, sizeof line, "%064x  dir/%d\n", i, i);
        kb_manifest_add(m, line, (size_t)n);
    }
    for (int i = 0; i < 30; i++) { /* one line of 30 KB */
        memset(line, 'x', sizeof line);
        for (int k = 0; k < 8; k++)
            kb_manifest_add(m, line, sizeof line);
    }
    kb_manifest_add(m, "\n", 1);
    assert_false(kb_manifest_end(m));
    assert_int_equal(flaws.n, 1);
    assert_non_null(strstr(flaws.first, "line 20001"));
    assert_int_equal(kb_manifest_count(m), 20000);
    assert_int_equal(kb_manifest_find(m, "dir/4660")->digest.bytes[31], 0x34);
    kb_manifest_free(m);
}

static void test_lines_are_sha256sums(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct flaws flaws;
    bool good;
    struct kb_sha256 digest;
    assert_int_equal(kb_sha256_parse(H1, 64, &digest), 0);
    size_t n;
    const char *line = kb_checksum_line(arena, "a\nb\\c\rd", &digest, &n);
    line = kb_strndup(arena, line, n);
    assert_string_equal(line, "\\" H1 "  a\\nb\\\\c\\rd\n");
    struct kb_manifest *m = parse(line, 10, &flaws, &good);
    assert_true(good);
    assert_non_null(kb_manifest_find(m, "a\nb\\c\rd"));
    assert_true(kb_manifest_is_whole(m, "a\nb\\c\rd"));
    assert_false(kb_manifest_is_whole(m, "a"));
    kb_manifest_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_many_and_long),
        cmocka_unit_test(test_lines_are_sha256sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
