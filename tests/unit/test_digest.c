/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: digests are those of FIPS 180-4, hashers can be used again, and hexadecimal is read strictly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "koboshi/digest.h"
#include "koboshi/err.h"

static const char abc_hex[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

static void test_known_answers(void **state)
{
    (void)state;
    char hex[KB_SHA256_HEX_SIZE];
    kb_sha256_hex(kb_sha256_of("abc", 3), hex);
    assert_string_equal(hex, abc_hex);
    kb_sha256_hex(kb_sha256_of("", 0), hex);
    assert_string_equal(hex, kb_sha256_of_nothing);
    struct kb_err err = {0};
    assert_int_equal(kb_crypto_prepare(&err), 0);
}

static void test_hasher_reused(void **state)
{
    (void)state;
    struct kb_hasher *hasher = kb_hasher_new();
    for (int i = 0; i < 3; i++) {
        kb_hasher_begin(hasher);
        kb_hasher_add(hasher, "a", 1);
        kb_hasher_add(hasher, "bc", 2);
        char hex[KB_SHA256_HEX_SIZE];
        kb_sha256_hex(kb_hasher_end(hasher), hex);
        assert_string_equal(hex, abc_hex);
    }
    kb_hasher_begin(hasher); /* begun and thrown away */
    kb_hasher_add(hasher, "x", 1);
    kb_hasher_begin(hasher);
    char hex[KB_SHA256_HEX_SIZE];
    kb_sha256_hex(kb_hasher_end(hasher), hex);
    assert_string_equal(hex, kb_sha256_of_nothing);
    kb_hasher_free(hasher);
    kb_hasher_free(NULL);
}

static void test_parse(void **state)
{
    (void)state;
    struct kb_sha256 digest;
    assert_int_equal(kb_sha256_parse(abc_hex, 64, &digest), 0);
    assert_int_equal(digest.bytes[0], 0xba);
    assert_int_equal(kb_sha256_parse("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD", 64, &digest),
                     0);
    assert_int_equal(digest.bytes[31], 0xad);
    assert_int_equal(kb_sha256_parse(abc_hex, 63, &digest), -1);
    assert_int_equal(kb_sha256_parse("zz7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", 64, &digest),
                     -1);
}

static void hex_of(const uint8_t *bytes, size_t n, char *ret_hex)
{
    for (size_t i = 0; i < n; i++)
        (void)snprintf(ret_hex + 2 * i, 3, "%02x", bytes[i]);
}

/* The digests of "abc" as FIPS 180-4, RFC 1321, RFC 3174 and RFC 7693 give them; twice with one digester. */
static void test_all_kinds(void **state)
{
    (void)state;
    static const char *const of_abc[KB_DIGEST_KINDS] = {
        [KB_DIGEST_SHA256] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        [KB_DIGEST_SHA512] = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a"
                             "3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        [KB_DIGEST_SHA384] = "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca1"
                             "34c825a7",
        [KB_DIGEST_SHA224] = "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
        [KB_DIGEST_BLAKE2B] = "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5d"
                              "e4533cc9518d38aa8dbf1925ab92386edd4009923",
        [KB_DIGEST_SHA1] = "a9993e364706816aba3e25717850c26c9cd0d89d",
        [KB_DIGEST_MD5] = "900150983cd24fb0d6963f7d28e17f72",
    };
    unsigned all = (1u << KB_DIGEST_KINDS) - 1;
    assert_int_equal(kb_digests_known(), all);
    struct kb_digester *digester = kb_digester_new(all);
    for (int round = 0; round < 2; round++) {
        struct kb_digests digests;
        kb_digester_begin(digester);
        kb_digester_add(digester, "a", 1);
        kb_digester_add(digester, "bc", 2);
        kb_digester_end(digester, &digests);
        for (int kind = 0; kind < KB_DIGEST_KINDS; kind++) {
            char hex[2 * KB_DIGEST_SIZE_MAX + 1];
            hex_of(kb_digest_of(&digests, kind), kb_digest_names[kind].size, hex);
            assert_string_equal(hex, of_abc[kind]);
        }
    }
    kb_digester_free(digester);
}

/* What was not asked for is not there, whatever the memory held. */
static void test_kinds_not_asked_for(void **state)
{
    (void)state;
    struct kb_digests digests;
    memset(&digests, 0xff, sizeof digests);
    struct kb_digester *digester = kb_digester_new(1u << KB_DIGEST_MD5);
    kb_digester_begin(digester);
    kb_digester_end(digester, &digests);
    assert_non_null(kb_digest_of(&digests, KB_DIGEST_SHA256));
    assert_non_null(kb_digest_of(&digests, KB_DIGEST_MD5));
    assert_null(kb_digest_of(&digests, KB_DIGEST_SHA1));
    kb_digester_free(digester);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers), cmocka_unit_test(test_hasher_reused),       cmocka_unit_test(test_parse),
        cmocka_unit_test(test_all_kinds),     cmocka_unit_test(test_kinds_not_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
