/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 and SHA-512 by libcrypto. */
#include "koboshi/digest.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "koboshi/err.h"

#include "algorithms.h"

struct kb_hasher {
    EVP_MD_CTX *ctx;
};

const char kb_sha256_of_nothing[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

static pthread_once_t fetched = PTHREAD_ONCE_INIT;
static EVP_MD *sha256, *sha512;

static void fetch(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
    sha512 = EVP_MD_fetch(NULL, "SHA2-512", NULL);
}

const EVP_MD *kb_md_sha256(void)
{
    return pthread_once(&fetched, fetch) ? NULL : sha256;
}

const EVP_MD *kb_md_sha512(void)
{
    return pthread_once(&fetched, fetch) ? NULL : sha512;
}

int kb_crypto_prepare(struct kb_err *err)
{
    if (!kb_md_sha256() || !kb_md_sha512() || !(kb_digests_known() & 1u << KB_DIGEST_SHA256))
        return kb_fail(err, KB_ECONFIG, "libcrypto offers no SHA-256 or SHA-512; check /etc/ssl/openssl.cnf",
                       "libcrypto で SHA-256 または SHA-512 を使えません。/etc/ssl/openssl.cnf を確認してください");
    return 0;
}

/* A digest that libcrypto cannot compute must never look like one. */
static void must(int done)
{
    if (done != 1)
        abort();
}

struct kb_hasher *kb_hasher_new(void)
{
    struct kb_hasher *hasher = calloc(1, sizeof *hasher);
    if (!hasher || !kb_md_sha256())
        abort();
    hasher->ctx = EVP_MD_CTX_new();
    if (!hasher->ctx)
        abort();
    return hasher;
}

void kb_hasher_free(struct kb_hasher *hasher)
{
    if (!hasher)
        return;
    EVP_MD_CTX_free(hasher->ctx);
    free(hasher);
}

void kb_hasher_begin(struct kb_hasher *hasher)
{
    must(EVP_DigestInit_ex2(hasher->ctx, kb_md_sha256(), NULL));
}

void kb_hasher_add(struct kb_hasher *hasher, const void *data, size_t n)
{
    must(EVP_DigestUpdate(hasher->ctx, data, n));
}

struct kb_sha256 kb_hasher_end(struct kb_hasher *hasher)
{
    struct kb_sha256 digest;
    must(EVP_DigestFinal_ex(hasher->ctx, digest.bytes, NULL));
    return digest;
}

struct kb_sha256 kb_sha256_of(const void *data, size_t n)
{
    struct kb_sha256 digest;
    must(kb_md_sha256() && EVP_Digest(data, n, digest.bytes, NULL, kb_md_sha256(), NULL) == 1);
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
