/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: xz gives the same bytes and the same findings with any number of threads, for any shape of file and damage. */
#include "codec_bench.h"

static const size_t threads[] = {1, 2, 4};
enum { N_THREADS = sizeof threads / sizeof *threads };

/* The same whatever the number of threads and the size of the pieces. Returns that of one thread. */
static struct unpacked unpack_each_way(const uint8_t *v, size_t n, const char *what)
{
    struct unpacked one = unpack(&kb_codec_xz, v, n, 1 << 20, 1);
    for (size_t i = 0; i < N_THREADS; i++) {
        struct unpacked u = unpack(&kb_codec_xz, v, n, i ? 5000 : 1 << 16, threads[i]);
        if (u.good != one.good || u.n != one.n || (u.n && memcmp(u.v, one.v, u.n)) || u.told != one.told ||
            u.rule != one.rule || strcmp(u.found, one.found) || u.unchecked != one.unchecked)
            fail_msg("%s, %zu threads: good %d after %zu bytes (%s); one: good %d after %zu (%s)", what, threads[i],
                     u.good, u.n, u.found, one.good, one.n, one.found);
        free(u.v);
    }
    return one;
}

static void test_shapes(void **state)
{
    (void)state;
    put_noise("n", 300000, 5);
    SHELL("seq 200000 > t && cat n t n > plain");
    static const struct {
        const char *make;
        bool unchecked;
    } rows[] = {
        {"xz -c plain", false},
        {"xz -T2 --block-size=100000 -c plain", false},
        {"xz -T2 -0 --block-size=10000 -C sha256 -c plain", false},
        {"xz -T2 --block-size=300000 -C crc32 -c plain", false},
        {"xz -T2 --block-size=300000 -C none -c plain", true},
        {"xz --block-list=100000,5000,0 -c plain", false},
        {"xz -T2 --block-size=200000 --x86 --lzma2=preset=1 -c plain", false},
        {"{ xz -c n; xz -T2 --block-size=50000 -c t; xz -0 -c n; }", false},
        {"{ xz -c n; head -c 512 /dev/zero; xz -T2 --block-size=50000 -c t; xz -0 -c n; head -c 4096 /dev/zero; }",
         false},
        {"{ xz -c n; : | xz -c; xz -c t; xz -0 -c n; }", false},
    };
    struct bytes plain = load("plain");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        RUN_TO("x.xz", "sh", "-ec", rows[i].make);
        struct bytes x = load("x.xz");
        struct unpacked u = unpack_each_way(x.v, x.n, rows[i].make);
        if (!u.good || !same_bytes(&u, &plain) || u.unchecked != rows[i].unchecked)
            fail_msg("%s: good %d, %zu bytes, %s", rows[i].make, u.good, u.n, u.found);
        free(u.v);
        free(x.v);
    }
    free(plain.v);
}

/* A block in the middle is damaged: what stands before it comes out, to the byte, and the place is told. */
static void test_bytes_before_a_broken_block(void **state)
{
    (void)state;
    put_noise("n", 2500000, 6);
    SHELL("xz -T2 -0 --block-size=500000 -c n > x.xz");
    struct bytes plain = load("n"), x = load("x.xz");
    x.v[x.n / 2] ^= 4; /* in the third block of five, stored as it does not compress */
    struct unpacked u = unpack_each_way(x.v, x.n, "third block");
    assert_true(!u.good && u.rule == KB_RULE_ARCHIVE_BROKEN && u.told == 1);
    assert_true(u.n >= 1000000 && u.n <= 1500000 && !memcmp(u.v, plain.v, 1000000));
    assert_non_null(strstr(u.found, "of the unpacked data"));
    free(u.v);
    x.v[x.n / 2] ^= 4;
    for (size_t keep = x.n - 1; keep > x.n / 9; keep -= x.n / 9) {
        u = unpack_each_way(x.v, keep, "cut");
        assert_true(!u.good && u.rule == KB_RULE_ARCHIVE_TRUNCATED && u.told == 1 && is_prefix(&u, &plain));
        free(u.v);
    }
    free(x.v);
    free(plain.v);
}

static void test_cut_at_every_byte(void **state)
{
    (void)state;
    SHELL("seq 400 > s && { xz -T2 -0 --block-size=700 -c s; xz -c s; } > x.xz && cat s s > ss");
    struct bytes plain = load("ss"), x = load("x.xz");
    SHELL("xz -T2 -0 --block-size=700 -c s > first.xz");
    size_t border = (size_t)size_of("first.xz");
    for (size_t n = 0; n < x.n; n++) {
        struct unpacked u = unpack_each_way(x.v, n, "cut");
        if (n == border ? !u.good : u.good || u.told != 1 || !is_prefix(&u, &plain))
            fail_msg("cut to %zu of %zu: good %d, %s", n, x.n, u.good, u.found);
        free(u.v);
    }
    free(x.v);
    free(plain.v);
}

/* Bytes changed, removed and doubled anywhere: all numbers of threads agree, and none calls it good. */
static void test_damaged(void **state)
{
    (void)state;
    const char *rounds = getenv("KOBOSHI_FUZZ_ROUNDS");
    size_t n_rounds = rounds ? (size_t)strtoul(rounds, NULL, 10) : 150;
    SHELL("seq 9000 > s && xz -T2 -0 --block-size=6000 -c s > a.xz && xz -c s > b.xz && "
          "{ xz --block-list=9000,100 -c s; head -c 8 /dev/zero; xz -T2 --block-size=20000 -c s; } > c.xz && cat s s > "
          "ss");
    static const char *const names[] = {"a.xz", "b.xz", "c.xz"};
    uint64_t seed = 11;
    for (size_t k = 0; k < 3; k++) {
        struct bytes x = load(names[k]), plain = load(k == 2 ? "ss" : "s");
        uint8_t *v = malloc(x.n + 8);
        assert_non_null(v);
        for (size_t round = 0; round < n_rounds; round++) {
            size_t n = x.n;
            memcpy(v, x.v, n);
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            size_t at = (seed >> 20) % (round % 3 ? n : 40), kind = (seed >> 60) % 4;
            if (kind < 2)
                v[at] ^= (uint8_t)(1 << (seed >> 50) % 8);
            else if (kind == 2)
                memmove(v + at, v + at + 1, --n - at);
            else
                memmove(v + at + 1, v + at, n++ - at);
            struct unpacked u = unpack_each_way(v, n, names[k]);
            if (u.good && memcmp(v, x.v, n < x.n ? n : x.n) && (u.rule != KB_RULE_TRAILING_DATA || !u.told) &&
                !same_bytes(&u, &plain))
                fail_msg("%s round %zu: good, %zu bytes", names[k], round, u.n);
            free(u.v);
        }
        free(v);
        free(x.v);
        free(plain.v);
    }
}

static void test_window(void **state)
{
    (void)state;
    SHELL("seq 1000 > s && xz --lzma2=dict=256MiB -c s > w.xz && xz -T2 --block-size=2000 --lzma2=dict=1536MiB -c s > "
          "v.xz && "
          "xz --lzma2=dict=128MiB -c s > ok.xz && xz -T2 --block-size=2000 --lzma2=dict=128MiB -c s > ok2.xz");
    static const struct {
        const char *name, *needs; /* NULL: it is read */
    } rows[] = {{"w.xz", "needs 257 MiB"}, {"v.xz", "needs 1537 MiB"}, {"ok.xz", NULL}, {"ok2.xz", NULL}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bytes x = load(rows[i].name);
        struct unpacked u = unpack_each_way(x.v, x.n, rows[i].name);
        if (rows[i].needs ? u.good || u.rule != KB_RULE_BUDGET || !strstr(u.found, rows[i].needs) : !u.good)
            fail_msg("%s: good %d, %s", rows[i].name, u.good, u.found);
        free(u.v);
        free(x.v);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_bytes_before_a_broken_block),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_window),
    };
    return cmocka_run_group_tests(tests, tools_setup, tools_teardown);
}
