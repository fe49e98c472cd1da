/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: digests are those of FIPS 180-4, hashers can be used again, and hexadecimal is read strictly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers),
        cmocka_unit_test(test_hasher_reused),
        cmocka_unit_test(test_parse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
