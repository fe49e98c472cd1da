/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: gzip is read as zlib reads it: every part of the header, any cut, any damage, and beyond 4 GiB. */
#include "codec_bench.h"

#define ZLIB_CONST
#include <zlib.h>

enum { TEXT_BYTES = 150000 };

/* Bytes that compress a little: words of a small alphabet. */
static struct bytes make_text(size_t n, uint64_t seed)
{
    struct bytes b = {.v = malloc(n), .n = n};
    assert_non_null(b.v);
    for (size_t i = 0; i < n; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        b.v[i] = (seed >> 60) < 5 && i > 300 ? b.v[i - 1 - (seed >> 40) % 300]
                                             : (uint8_t)("etaoin shrdlu"[(seed >> 33) % 13]);
    }
    return b;
}

/* One member with all that RFC 1952 allows in a header. */
static struct bytes pack(const struct bytes *text, int level, int strategy, bool fields)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, level, Z_DEFLATED, 31, 8, strategy), Z_OK);
    Bytef extra[] = "ab\3\0xyz", name[] = "明細.txt", comment[] = "月次";
    gz_header header = {
        .text = 1, .time = 1, .os = 3, .extra = extra, .extra_len = 7, .name = name, .comment = comment, .hcrc = 1};
    if (fields)
        assert_int_equal(deflateSetHeader(&z, &header), Z_OK);
    struct bytes b = {.v = malloc(text->n * 2 + 1000)};
    z.next_in = text->v;
    z.avail_in = (uInt)text->n;
    z.next_out = b.v;
    z.avail_out = (uInt)(text->n * 2 + 1000);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    b.n = z.total_out;
    assert_int_equal(deflateEnd(&z), Z_OK);
    return b;
}

static const char *words; /* of zlib, static */

/* What zlib makes of it: members one after another, zeros behind the last. */
static struct unpacked by_zlib(const uint8_t *v, size_t n)
{
    struct unpacked u = {.v = malloc(16 << 20)};
    z_stream z = {.next_in = v, .avail_in = (uInt)n, .next_out = u.v, .avail_out = 16 << 20};
    assert_int_equal(inflateInit2(&z, 31), Z_OK);
    int r;
    for (;;) {
        while ((r = inflate(&z, Z_NO_FLUSH)) == Z_OK)
            ;
        if (r != Z_STREAM_END || z.avail_in < 3 || memcmp(z.next_in, "\x1f\x8b\x08", 3))
            break;
        assert_int_equal(inflateReset(&z), Z_OK);
    }
    u.good = r == Z_STREAM_END;
    words = z.msg ? z.msg : "";
    u.n = (size_t)(z.next_out - u.v);
    assert_int_equal(inflateEnd(&z), Z_OK);
    return u;
}

static void test_header_parts(void **state)
{
    (void)state;
    struct bytes text = make_text(TEXT_BYTES, 1);
    static const size_t steps[] = {1, 2, 3, 7, 11, 64, 1000, 1 << 20};
    for (int fields = 0; fields < 2; fields++) {
        struct bytes gz = pack(&text, 6, Z_DEFAULT_STRATEGY, fields);
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
            struct unpacked u = unpack(&kb_codec_gzip, gz.v, gz.n, steps[i], 1);
            assert_true(u.good && same_bytes(&u, &text) && !u.unchecked && !u.told);
            free(u.v);
        }
        free(gz.v);
    }
    /* every bit of a header with its own CRC matters but those that say the same: text, mtime, flags, system */
    struct bytes gz = pack(&text, 6, Z_DEFAULT_STRATEGY, true);
    size_t end = 10 + 2 + 7 + strlen("明細.txt") + 1 + strlen("月次") + 1 + 2;
    for (size_t bit = 3 * 8; bit < end * 8; bit++) {
        gz.v[bit / 8] ^= (uint8_t)(1 << bit % 8);
        struct unpacked u = unpack(&kb_codec_gzip, gz.v, gz.n, 1 << 20, 1);
        if (u.good)
            fail_msg("bit %zu of byte %zu is not noticed", bit % 8, bit / 8);
        free(u.v);
        gz.v[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    free(gz.v);
    free(text.v);
}

static void test_cut_at_every_byte(void **state)
{
    (void)state;
    struct bytes text = make_text(3000, 2), gz = pack(&text, 9, Z_DEFAULT_STRATEGY, true);
    for (size_t n = 0; n < gz.n; n++) {
        for (size_t step = 1; step <= 4096; step *= 64) {
            struct unpacked u = unpack(&kb_codec_gzip, gz.v, n, step, 1);
            if (u.good || u.told != 1 || u.rule != KB_RULE_ARCHIVE_TRUNCATED || !is_prefix(&u, &text))
                fail_msg("cut to %zu of %zu: good %d, %s", n, gz.n, u.good, u.found);
            free(u.v);
        }
    }
    free(gz.v);
    free(text.v);
}

static void test_checksum_and_length(void **state)
{
    (void)state;
    struct bytes text = make_text(3000, 3), gz = pack(&text, 9, Z_DEFAULT_STRATEGY, false);
    for (size_t i = gz.n - 8; i < gz.n; i++) {
        gz.v[i] ^= 1;
        struct unpacked u = unpack(&kb_codec_gzip, gz.v, gz.n, 1 << 20, 1);
        assert_true(!u.good && u.rule == KB_RULE_ARCHIVE_BROKEN && same_bytes(&u, &text));
        assert_non_null(strstr(u.found, i < gz.n - 4 ? "CRC-32" : "length"));
        free(u.v);
        gz.v[i] ^= 1;
    }
    free(gz.v);
    free(text.v);
}

/* Real files with bytes changed, cut, doubled and swapped: the verdict and the bytes are those of zlib. */
static void test_damaged_as_zlib_says(void **state)
{
    (void)state;
    const char *rounds = getenv("KOBOSHI_FUZZ_ROUNDS");
    size_t n_rounds = rounds ? (size_t)strtoul(rounds, NULL, 10) : 60, n_bad = 0, n_good = 0, n_lax = 0;
    static const int levels[] = {0, 1, 6, 9}, strategies[] = {Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE};
    uint64_t seed = 7;
    for (size_t k = 0; k < 16; k++) {
        struct bytes text = make_text(20000 + 4000 * k, k), gz = pack(&text, levels[k % 4], strategies[k / 4], k & 1);
        uint8_t *v = malloc(gz.n * 2);
        assert_non_null(v);
        for (size_t round = 0; round < n_rounds; round++) {
            size_t n = gz.n;
            memcpy(v, gz.v, n);
            for (size_t hits = 1 + round % 3; hits--;) {
                seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
                size_t at = (seed >> 20) % (round % 5 ? n : 60), kind = (seed >> 60) % 4;
                if (kind == 0)
                    v[at] ^= (uint8_t)(1 << (seed >> 50) % 8);
                else if (kind == 1)
                    v[at] = (uint8_t)(seed >> 48);
                else if (kind == 2 && n > 100)
                    n -= (seed >> 45) % 50;
                else if (n < gz.n + gz.n / 2)
                    memmove(v + at + 1, v + at, n++ - at);
            }
            struct unpacked a = by_zlib(v, n), b = unpack(&kb_codec_gzip, v, n, round % 2 ? 1 << 20 : 777, 1);
            size_t common = a.n < b.n ? a.n : b.n;
            bool magic = n >= 3 && !memcmp(v, "\x1f\x8b\x08", 3);
            /* ISA-L does not mind codes for distances that no match uses; the content is checked all the same */
            bool lax = !a.good && !strcmp(words, "invalid distances set") && b.good && same_bytes(&b, &text);
            bool same = a.good == b.good && (!a.good || a.n == b.n);
            if (magic && !lax && (!same || (common && memcmp(a.v, b.v, common))))
                fail_msg("text %zu round %zu: zlib %s after %zu bytes (%s), here %s after %zu (%s)", k, round,
                         a.good ? "good" : "bad", a.n, words, b.good ? "good" : "bad", b.n, b.found);
            n_lax += lax;
            n_good += a.good;
            n_bad += !a.good;
            free(a.v);
            free(b.v);
        }
        free(v);
        free(gz.v);
        free(text.v);
    }
    print_message("zlib: %zu good, %zu bad files, of which %zu are read here\n", n_good, n_bad, n_lax);
    assert_true(n_lax <= n_bad / 100);
    assert_true(n_bad > n_good);
}

struct tiled {
    const uint8_t *head, *tile, *tail;
    size_t n_head, n_tile, n_tail;
    int64_t tiles, at;
};

static ssize_t next_tile(void *owner, const void **ret_bytes)
{
    struct tiled *t = owner;
    int64_t at = t->at++;
    *ret_bytes = at == 0 ? t->head : at <= t->tiles ? t->tile : t->tail;
    return (ssize_t)(at == 0 ? t->n_head : at <= t->tiles ? t->n_tile : at == t->tiles + 1 ? t->n_tail : 0);
}

/* 4 GiB and more in one member, where a count of 32 bits turns: every match reaches far back there. */
static void test_beyond_four_gib(void **state)
{
    (void)state;
    enum { PERIOD = 32000, TILE = 524 * PERIOD }; /* zlib matches no further back than 32,506 */
    static const int64_t tiles = 260;
    uint8_t *plain = malloc(TILE), *packed = malloc(TILE);
    assert_true(plain && packed);
    uint64_t seed = 3;
    for (size_t i = 0; i < TILE; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        plain[i] = i < PERIOD ? (uint8_t)(seed >> 33) : plain[i - PERIOD];
    }
    z_stream z = {.next_in = plain, .avail_in = PERIOD, .next_out = packed, .avail_out = TILE};
    assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_SYNC_FLUSH), Z_OK);
    size_t n_head = z.total_out;
    size_t borders[3];
    for (size_t i = 0; i < 3; i++) { /* the first differs from those after it by what the encoder knows */
        z.next_in = plain;
        z.avail_in = TILE;
        assert_int_equal(deflate(&z, Z_SYNC_FLUSH), Z_OK);
        borders[i] = z.total_out;
    }
    uint8_t tail[2 + 8] = {3, 0}; /* an empty last block */
    uLong crc = crc32(0, plain, PERIOD), crc_tile = crc32(0, plain, TILE);
    for (int64_t i = 0; i < tiles; i++)
        crc = crc32_combine(crc, crc_tile, TILE);
    uint32_t size = (uint32_t)(tiles * TILE + PERIOD);
    for (size_t i = 0; i < 4; i++) {
        tail[2 + i] = (uint8_t)(crc >> (8 * i));
        tail[6 + i] = (uint8_t)(size >> (8 * i));
    }
    struct tiled in = {.head = packed,
                       .n_head = n_head,
                       .tile = packed + borders[1],
                       .n_tile = borders[2] - borders[1],
                       .tail = tail,
                       .n_tail = sizeof tail,
                       .tiles = tiles};
    struct unpacked u = {0};
    const struct kb_source source = {.owner = &in, .next = next_tile};
    struct kb_decoder *decoder = kb_decoder_new(&(struct kb_decoder_params){
        .codec = &kb_codec_gzip, .source = source, .threads = 1, .owner = &u, .flaw = note_flaw});
    int64_t total = 0;
    const void *out;
    ssize_t n;
    while ((n = kb_decoder_next(decoder, &out)) > 0)
        total += n;
    if (n || total != tiles * TILE + PERIOD)
        fail_msg("%lld bytes, %s", (long long)total, u.found);
    kb_decoder_free(decoder);
    (void)deflateEnd(&z);
    free(plain);
    free(packed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header_parts),        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_checksum_and_length), cmocka_unit_test(test_damaged_as_zlib_says),
        cmocka_unit_test(test_beyond_four_gib),
    };
    return cmocka_run_group_tests(tests, tools_setup, tools_teardown);
}
