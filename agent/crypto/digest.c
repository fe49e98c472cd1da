/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 of one message, and how digests are written. */
#include "koboshi/digest.h"

#include <stdlib.h>
#include <string.h>

#include "koboshi/err.h"

#include "algorithms.h"

const char kb_sha256_of_nothing[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

int kb_crypto_prepare(struct kb_err *err)
{
    if (!kb_md(KB_DIGEST_SHA256) || !kb_md(KB_DIGEST_SHA512))
        return kb_fail(err, KB_ECONFIG, "libcrypto offers no SHA-256 or SHA-512; check /etc/ssl/openssl.cnf",
                       "libcrypto で SHA-256 または SHA-512 を使えません。/etc/ssl/openssl.cnf を確認してください");
    return 0;
}

/* One digest is the least that several are. */
struct kb_hasher {
    struct kb_digester *digester;
};

struct kb_hasher *kb_hasher_new(void)
{
    struct kb_hasher *hasher = calloc(1, sizeof *hasher);
    if (!hasher)
        abort();
    hasher->digester = kb_digester_new(0);
    return hasher;
}

void kb_hasher_free(struct kb_hasher *hasher)
{
    if (!hasher)
        return;
    kb_digester_free(hasher->digester);
    free(hasher);
}

void kb_hasher_begin(struct kb_hasher *hasher)
{
    kb_digester_begin(hasher->digester);
}

void kb_hasher_add(struct kb_hasher *hasher, const void *data, size_t n)
{
    kb_digester_add(hasher->digester, data, n);
}

struct kb_sha256 kb_hasher_end(struct kb_hasher *hasher)
{
    struct kb_digests digests;
    kb_digester_end(hasher->digester, &digests);
    return digests.sha256;
}

struct kb_sha256 kb_sha256_of(const void *data, size_t n)
{
    struct kb_sha256 digest;
    kb_crypto_must(EVP_Digest(data, n, digest.bytes, NULL, kb_md(KB_DIGEST_SHA256), NULL));
    return digest;
}

void kb_sha256_hex(struct kb_sha256 digest, char ret_hex[KB_SHA256_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < sizeof digest.bytes; i++) {
        ret_hex[2 * i] = digits[digest.bytes[i] >> 4];
        ret_hex[2 * i + 1] = digits[digest.bytes[i] & 15];
    }
    ret_hex[KB_SHA256_HEX_SIZE - 1] = '\0';
}

/* One more than the value; 0: no digit. A manifest has millions of them, in no order that a processor could guess. */
static const uint8_t digit_values[256] = {
    ['0'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ['A'] = 11, 12, 13, 14, 15, 16, ['a'] = 11, 12, 13, 14, 15, 16,
};

size_t kb_hex_run(const char *s, size_t n, uint8_t *ret_bytes, size_t max)
{
    const uint8_t *u = (const uint8_t *)s;
    size_t pairs = n / 2 < max ? n / 2 : max, i = 0;
    for (; i < pairs; i++) {
        unsigned high = digit_values[u[2 * i]], low = digit_values[u[2 * i + 1]];
        if (!high || !low)
            break;
        ret_bytes[i] = (uint8_t)((high - 1) << 4 | (low - 1));
    }
    return 2 * i;
}

int kb_sha256_parse(const char *hex, size_t n, struct kb_sha256 *ret_digest)
{
    struct kb_sha256 digest;
    if (n != KB_SHA256_HEX_SIZE - 1 || kb_hex_run(hex, n, digest.bytes, sizeof digest.bytes) != n)
        return -1;
    *ret_digest = digest;
    return 0;
}
