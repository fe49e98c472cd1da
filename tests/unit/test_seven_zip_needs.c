/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: what a 7z needs to be unpacked is known before, whatever its method, and too much is a limit, not damage. */
#include "../../agent/archive/seven_zip_needs.h"
#include "koboshi/limits.h"
#include "tools.h"

static uint64_t window_of(const char *name)
{
    int fd = open(name, O_RDONLY);
    assert_true(fd >= 0);
    const struct kb_extent extent = {.fd = fd, .size = size_of(name)};
    const struct kb_extents extents = {.n = 1, .v = &extent, .size = extent.size};
    uint64_t window = kb_seven_zip_needs(&extents).window;
    assert_int_equal(close(fd), 0);
    return window;
}

static void make_source(void)
{
    SHELL("rm -rf src && mkdir src && for i in 1 2 3 4 5 6 7 8 9; do seq $((i * 9000)) > src/$i.txt; done && "
          "cp /bin/true src/program");
}

static void test_methods(void **state)
{
    (void)state;
    make_source();
    static const struct {
        const char *options;
        uint64_t kib;
    } rows[] = {
        {"-m0=lzma2:d=64k", 64},
        {"-m0=lzma:d=3m", 3 << 10},
        {"-m0=ppmd:mem=16m -mf=off", 16 << 10},
        {"-m0=bzip2", 0},
        {"-m0=copy", 0},
        {"-m0=deflate", 0},
        {"-m0=lzma2:d=96k -mhc=off", 96},
        {"-m0=bcj -m1=lzma:d=1m", 1 << 10},
        {"-m0=lzma2:d=1536k -ms=off", 512},
        {"-m0=bcj2 -m1=lzma:d=2m -m2=lzma:d=64k -m3=lzma:d=64k -mb0:1 -mb0s1:2 -mb0s2:3", (2 << 10) + 128},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char script[256];
        (void)snprintf(script, sizeof script, "rm -f a.7z; 7z a -bd -y %s a.7z src >/dev/null", rows[i].options);
        SHELL(script);
        uint64_t window = window_of("a.7z"), least = rows[i].kib << 10;
        if (window < least || window > least + (1 << 20)) /* the packed header has one of its own, if nothing else */
            fail_msg("%s: %llu KiB", rows[i].options, (unsigned long long)(window >> 10));
        struct outcome *o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "a.7z"});
        if (o->n) {
            show(o, rows[i].options);
            fail_msg("%s", rows[i].options);
        }
        outcome_free(o);
    }
}

static void test_ppmd_with_a_filter(void **state)
{
    (void)state;
    make_source();
    SHELL("rm -f a.7z; 7z a -bd -y -m0=ppmd:mem=16m a.7z src >/dev/null"); /* 7-Zip sees the program */
    struct outcome *o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "a.7z"});
    assert_int_equal(told(o, "format-refused", NULL), 1);
    assert_non_null(strstr(o->findings[0].found, "PPMd"));
    assert_int_equal(told(o, "archive-broken", NULL), 0);
    outcome_free(o);
}

/* The dictionary of an LZMA2 coder in a plain header, with the CRC of the header anew. */
static void set_dictionary(const char *name, uint8_t property)
{
    char script[512];
    (void)snprintf(
        script, sizeof script,
        "import zlib,struct; b=bytearray(open('%s','rb').read()); o,n=struct.unpack_from('<QQ',b,12); h=32+o;"
        "i=b.index(b'\\x21\\x21\\x01',h); b[i+3]=%d;"
        "struct.pack_into('<I',b,28,zlib.crc32(b[h:h+n])); struct.pack_into('<I',b,8,zlib.crc32(b[12:32]));"
        "open('%s','wb').write(b)",
        name, property, name);
    RUN("python3", "-c", script);
}

static void test_too_much(void **state)
{
    (void)state;
    make_source();
    SHELL("rm -f a.7z; 7z a -bd -y -m0=lzma2:d=1m -mhc=off a.7z src/1.txt >/dev/null");
    static const struct {
        uint8_t property;
        const char *needs;
    } rows[] = {{28, NULL}, {34, NULL}, {35, "768 MiB"}, {38, "2048 MiB"}, {40, "4096 MiB"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        set_dictionary("a.7z", rows[i].property);
        struct outcome *o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "a.7z"});
        bool right = rows[i].needs ? o->n == 1 && told(o, "budget-exceeded", NULL) == 1 &&
                                         strstr(o->findings[0].found, rows[i].needs)
                                   : o->n == 0;
        if (!right) {
            show(o, "a.7z");
            fail_msg("property %u", rows[i].property);
        }
        outcome_free(o);
    }
    SHELL("rm -f a.7z; head -c 70000 /dev/urandom > src/n; 7z a -bd -y -m0=lzma2:d=1536m a.7z src/n >/dev/null");
    assert_true(window_of("a.7z") < 2 << 20); /* 7-Zip asks for no more than there is */
}

/* Cut and changed anywhere: never more than nothing known, never a crash. */
static void test_damaged(void **state)
{
    (void)state;
    make_source();
    SHELL("rm -f a.7z b.7z c.7z; 7z a -bd -y a.7z src >/dev/null; 7z a -bd -y -mhc=off -ms=off b.7z src >/dev/null;"
          "7z a -bd -y -psecret -mhe=on c.7z src >/dev/null");
    assert_true(window_of("c.7z") < 1 << 20); /* nothing but what its header takes */
    static const char *const names[] = {"a.7z", "b.7z"};
    for (size_t i = 0; i < 2; i++) {
        uint64_t whole = window_of(names[i]);
        assert_true(whole > 0);
        int64_t size = size_of(names[i]);
        for (int64_t at = size - 1; at > size - 260; at -= 3) {
            copy(names[i], "bad.7z");
            flip("bad.7z", at);
            uint64_t window = window_of("bad.7z");
            assert_true(window == 0 || window == whole || window <= 8 << 20);
            assert_int_equal(truncate("bad.7z", at), 0);
            assert_int_equal(window_of("bad.7z"), 0);
        }
        for (int64_t at = 0; at < 32; at++) {
            copy(names[i], "bad.7z");
            flip("bad.7z", at);
            (void)window_of("bad.7z");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_ppmd_with_a_filter),
        cmocka_unit_test(test_too_much),
        cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, tools_setup, tools_teardown);
}
