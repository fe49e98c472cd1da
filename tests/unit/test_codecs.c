/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: every filter in every shape the real tools write, good, cut, damaged, padded and followed by other data; what
 * is not read is refused by its name. */
#include "codec_bench.h"

#include <lz4frame.h>

/* `make` writes the bytes of "plain" (or twice: "a" and then "b") to its standard output. */
static const struct shape {
    const char *name, *needs; /* needs: a program; NULL: always here */
    const struct kb_codec *codec;
    const char *make;
    bool unchecked; /* the file holds no checksum of the content */
} shapes[] = {
    {"gzip", NULL, &kb_codec_gzip, "gzip -c plain", false},
    {"gzip -1 with a name", NULL, &kb_codec_gzip, "gzip -1 -N -c plain", false},
    {"gzip, stored", "python3", &kb_codec_gzip,
     "python3 -c 'import gzip,sys; sys.stdout.buffer.write(gzip.compress(open(\"plain\",\"rb\").read(), 0))'", false},
    {"gzip, two members", NULL, &kb_codec_gzip, "gzip -c a && gzip -c b", false},
    {"gzip, an empty member between", NULL, &kb_codec_gzip, "gzip -c a && : | gzip -c && gzip -c b", false},
    {"pigz", "pigz", &kb_codec_gzip, "pigz -p2 -b128 -c plain", false},
    {"pigz -i", "pigz", &kb_codec_gzip, "pigz -p2 -i -c plain", false},
    {"bzip2", NULL, &kb_codec_bzip2, "bzip2 -c plain", false},
    {"bzip2, two streams", NULL, &kb_codec_bzip2, "bzip2 -1 -c a && bzip2 -c b", false},
    {"pbzip2", "pbzip2", &kb_codec_bzip2, "pbzip2 -p2 -b1 -c plain", false},
    {"xz", NULL, &kb_codec_xz, "xz -c plain", false},
    {"xz -T2", NULL, &kb_codec_xz, "xz -T2 --block-size=60000 -c plain", false},
    {"xz, two streams", NULL, &kb_codec_xz, "xz -c a && xz -T2 --block-size=60000 -c b", false},
    {"xz without check", NULL, &kb_codec_xz, "xz -C none -c plain", true},
    {"xz, sha256", NULL, &kb_codec_xz, "xz -C sha256 -c plain", false},
    {"lzma", NULL, &kb_codec_lzma, "lzma -c plain", true},
    {"lzma, size known", "python3", &kb_codec_lzma,
     "lzma -c plain | python3 -c 'import sys,os; b=sys.stdin.buffer.read(); "
     "sys.stdout.buffer.write(b[:5]+os.path.getsize(\"plain\").to_bytes(8,\"little\")+b[13:])'",
     true},
    {"zstd", NULL, &kb_codec_zstd, "zstd -q -c plain", false},
    {"zstd from a pipe", NULL, &kb_codec_zstd, "cat plain | zstd -q -c", false},
    {"zstd -T2 --long=27", NULL, &kb_codec_zstd, "zstd -q -T2 --long=27 -c plain", false},
    {"zstd without checksum", NULL, &kb_codec_zstd, "zstd -q --no-check -c plain", true},
    {"zstd, two frames", NULL, &kb_codec_zstd, "zstd -q -c a && zstd -q -19 -c b", false},
    {"zstd, one of two without checksum", NULL, &kb_codec_zstd, "zstd -q -c a && zstd -q --no-check -c b", true},
    {"zstd, skippable frames around", NULL, &kb_codec_zstd,
     "S() { printf '\\120\\052\\115\\030\\003\\000\\000\\000abc'; }; S; zstd -q -c a; S; zstd -q -c b; S", false},
    {"pzstd", "pzstd", &kb_codec_zstd, "pzstd -q -p2 -1 -c plain", false},
    {"lz4", NULL, &kb_codec_lz4, "lz4 -q -c plain", false},
    {"lz4, linked blocks of 64 KiB", NULL, &kb_codec_lz4, "lz4 -q -B4 -BD -9 -c plain", false},
    {"lz4, block checksums only", NULL, &kb_codec_lz4, "lz4 -q -B5 -BX --no-frame-crc -c plain", false},
    {"lz4 without checksum", NULL, &kb_codec_lz4, "lz4 -q --no-frame-crc -c plain", true},
    {"lz4, content size", NULL, &kb_codec_lz4, "lz4 -q --content-size -c plain", false},
    {"lz4, two frames", NULL, &kb_codec_lz4, "lz4 -q -c a && lz4 -q -9 -c b", false},
    {"lz4, skippable frames around", NULL, &kb_codec_lz4,
     "S() { printf '\\137\\052\\115\\030\\003\\000\\000\\000abc'; }; S; lz4 -q -c a; S; lz4 -q -c b; S", false},
};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

static struct bytes plain;

static int setup(void **state)
{
    if (tools_setup(state))
        return -1;
    put_noise("n", 90000, 4);
    SHELL("seq 30000 > t && cat n t > a && cat t n > b && cat a b > plain");
    plain = load("plain");
    return 0;
}

static int teardown(void **state)
{
    free(plain.v);
    return tools_teardown(state);
}

/* False: the tool is not here. */
static bool make(const struct shape *shape, struct bytes *ret_packed)
{
    if (shape->needs && !has_program(shape->needs)) {
        print_message("%s skipped: no %s here\n", shape->name, shape->needs);
        return false;
    }
    RUN_TO("packed", "sh", "-ec", shape->make);
    *ret_packed = load("packed");
    return true;
}

static void test_good(void **state)
{
    (void)state;
    static const size_t steps[] = {1 << 20, 4096, 13};
    for (size_t i = 0; i < N_SHAPES; i++) {
        const struct shape *s = &shapes[i];
        struct bytes packed;
        if (!make(s, &packed))
            continue;
        for (size_t k = 0; k < 3; k++) {
            struct unpacked u = unpack(s->codec, packed.v, packed.n, steps[k], k);
            if (!u.good || u.told || !same_bytes(&u, &plain) || u.unchecked != s->unchecked)
                fail_msg("%s in steps of %zu: good %d, %zu bytes, unchecked %d, %s", s->name, steps[k], u.good, u.n,
                         u.unchecked, u.found);
            free(u.v);
        }
        free(packed.v);
    }
}

/* What stands between two members is complete on both sides: that it goes on cannot be known, so it is left out. */
static bool is_border(const struct shape *s, const struct bytes *packed, size_t keep)
{
    struct unpacked u = unpack(s->codec, packed->v + keep, packed->n - keep, 1 << 20, 1);
    bool border = u.good && s->codec->members;
    free(u.v);
    return border;
}

static void test_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SHAPES; i++) {
        const struct shape *s = &shapes[i];
        struct bytes packed;
        if (!make(s, &packed))
            continue;
        size_t step = packed.n / 25 + 1, borders = 0;
        for (size_t keep = 0; keep < packed.n; keep += keep < 40 || packed.n - keep < 40 ? 1 : step) {
            if (keep + step > packed.n - 40 && keep < packed.n - 40)
                keep = packed.n - 40;
            struct unpacked u = unpack(s->codec, packed.v, keep, 1 << 16, 2);
            if (u.good && is_border(s, &packed, keep)) {
                borders++;
            } else if (u.good || u.told != 1 || u.rule != KB_RULE_ARCHIVE_TRUNCATED || !is_prefix(&u, &plain)) {
                fail_msg("%s cut to %zu of %zu: good %d, %s", s->name, keep, packed.n, u.good, u.found);
            }
            free(u.v);
        }
        assert_true(borders <= 2);
        free(packed.v);
    }
}

static void test_flipped(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SHAPES; i++) {
        const struct shape *s = &shapes[i];
        struct bytes packed;
        if (!make(s, &packed))
            continue;
        size_t unnoticed = 0;
        for (size_t at = packed.n / 30; at < packed.n; at += packed.n / 30) {
            packed.v[at] ^= 0x40;
            struct unpacked u = unpack(s->codec, packed.v, packed.n, 1 << 16, 2);
            bool green = u.good && !u.told, whole = green && same_bytes(&u, &plain);
            if (green && !whole && !s->unchecked)
                fail_msg("%s: byte %zu of %zu is not noticed", s->name, at, packed.n);
            unnoticed += green;
            free(u.v);
            packed.v[at] ^= 0x40;
        }
        assert_true(s->unchecked || unnoticed == 0);
        free(packed.v);
    }
}

static void test_padded_and_followed(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SHAPES; i++) {
        const struct shape *s = &shapes[i];
        struct bytes packed;
        if (!make(s, &packed))
            continue;
        if (!(packed.v = realloc(packed.v, packed.n + 10240)))
            abort();
        memset(packed.v + packed.n, 0, 10240);
        struct unpacked u = unpack(s->codec, packed.v, packed.n + 10240, 1 << 16, 2);
        if (!u.good || !same_bytes(&u, &plain) ||
            (s->codec->padded ? u.told : u.rule != KB_RULE_TRAILING_DATA || !u.told))
            fail_msg("%s and zeros: good %d, %zu told, %s", s->name, u.good, u.told, u.found);
        free(u.v);
        for (size_t n = 1; n < 600; n = n * 5 + 1) {
            memcpy(packed.v + packed.n, "no compressed data", 19);
            u = unpack(s->codec, packed.v, packed.n + n, 1 << 16, 2);
            if (!u.good || !same_bytes(&u, &plain) || u.told != 1 || u.rule != KB_RULE_TRAILING_DATA)
                fail_msg("%s and %zu bytes: good %d, %zu told, %s", s->name, n, u.good, u.told, u.found);
            free(u.v);
        }
        free(packed.v);
    }
}

static void test_empty_and_strange_input(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SHAPES; i++) {
        const struct shape *s = &shapes[i];
        struct unpacked u = unpack(s->codec, "", 0, 1, 2);
        assert_true(!u.good && u.rule == KB_RULE_ARCHIVE_TRUNCATED && u.told == 1);
        static const char text[64] = "this is no compressed data at all, whatever the name says of it";
        u = unpack(s->codec, text, sizeof text, 5, 2);
        if (u.good || !u.told || u.n)
            fail_msg("%s takes a text for its own", s->name);
        free(u.v);
    }
    /* what the tools make of nothing is good, and nothing */
    static const struct {
        const struct kb_codec *codec;
        const char *make;
    } empty[] = {{&kb_codec_gzip, ": | gzip -c"}, {&kb_codec_bzip2, ": | bzip2 -c"},  {&kb_codec_xz, ": | xz -c"},
                 {&kb_codec_lzma, ": | lzma -c"}, {&kb_codec_zstd, ": | zstd -q -c"}, {&kb_codec_lz4, ": | lz4 -q -c"}};
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        RUN_TO("packed", "sh", "-ec", empty[i].make);
        struct bytes packed = load("packed");
        struct unpacked u = unpack(empty[i].codec, packed.v, packed.n, 3, 2);
        assert_true(u.good && !u.n && !u.told);
        free(u.v);
        free(packed.v);
    }
}

/* The name of the file, what its content is called, and the rule. */
static void test_refused_by_name(void **state)
{
    (void)state;
    SHELL("lz4 -l -q -c plain > old.lz4; cp old.lz4 old.tar.lz4; printf '\\047\\265\\057\\375 old' > old.zst;"
          "mkdir -p many && i=0; while [ $i -lt 200 ]; do seq $i $((i + 90)) > many/$i; i=$((i + 1)); done;"
          "zstd -q --train many/* -o dict 2>/dev/null; zstd -q -D dict -c plain > dict.zst;"
          "cat plain | zstd -q --long=31 --ultra -19 -c > w.zst; cat plain | zstd -q --long=27 -c > ok.zst;"
          "xz --lzma2=dict=256MiB -kc t > w.xz; lzma --lzma1=dict=256MiB -kc t > w.lzma");
    char frame[200];
    const LZ4F_preferences_t names_one = {.frameInfo = {.dictID = 7}};
    size_t n = LZ4F_compressFrame(frame, sizeof frame, "abc", 3, &names_one);
    assert_false(LZ4F_isError(n));
    put("dict.lz4", frame, n);
    static const struct {
        const char *file, *rule, *words; /* rule NULL: it is read */
    } rows[] = {
        {"old.lz4", "format-refused", "lz4 legacy"},
        {"old.tar.lz4", "format-refused", "lz4 legacy"},
        {"old.zst", "format-refused", "zstd 0.7"},
        {"dict.zst", "format-refused", "dictionary"},
        {"dict.lz4", "format-refused", "dictionary"},
        {"w.zst", "budget-exceeded", "2048 MiB"},
        {"ok.zst", NULL, NULL},
        {"w.xz", "budget-exceeded", "257 MiB"},
        {"w.lzma", "budget-exceeded", "257 MiB"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct outcome *o = pass(
            (struct kb_job_set){.format = strstr(rows[i].file, ".tar") ? KB_FORMAT_ARCHIVE : KB_FORMAT_FILE,
                                .unpack = !strstr(rows[i].file, ".tar"),
                                .file = rows[i].file});
        if (rows[i].rule ? !told(o, rows[i].rule, NULL) || !strstr(o->findings[0].found, rows[i].words) : o->n != 0) {
            show(o, rows[i].file);
            fail_msg("%s", rows[i].file);
        }
        outcome_free(o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_flipped),
        cmocka_unit_test(test_padded_and_followed),
        cmocka_unit_test(test_empty_and_strange_input),
        cmocka_unit_test(test_refused_by_name),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
