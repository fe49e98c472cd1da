/* SPDX-License-Identifier: Apache-2.0 */
/* Several digests of the same bytes at once. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "koboshi/digest.h"

#include "algorithms.h"

const struct kb_digest_name kb_digest_names[KB_DIGEST_KINDS] = {
    [KB_DIGEST_SHA256] = {"SHA-256", 32, false},  [KB_DIGEST_SHA512] = {"SHA-512", 64, false},
    [KB_DIGEST_SHA384] = {"SHA-384", 48, false},  [KB_DIGEST_SHA224] = {"SHA-224", 28, false},
    [KB_DIGEST_BLAKE2B] = {"BLAKE2b", 64, false}, [KB_DIGEST_SHA1] = {"SHA-1", 20, true},
    [KB_DIGEST_MD5] = {"MD5", 16, true},
};

/* As libcrypto calls them. */
static const char *const fetched_as[KB_DIGEST_KINDS] = {
    [KB_DIGEST_SHA256] = "SHA2-256", [KB_DIGEST_SHA512] = "SHA2-512",     [KB_DIGEST_SHA384] = "SHA2-384",
    [KB_DIGEST_SHA224] = "SHA2-224", [KB_DIGEST_BLAKE2B] = "BLAKE2B-512", [KB_DIGEST_SHA1] = "SHA1",
    [KB_DIGEST_MD5] = "MD5",
};

static pthread_once_t fetched = PTHREAD_ONCE_INIT;
static EVP_MD *kinds[KB_DIGEST_KINDS];

static void fetch(void)
{
    for (size_t i = 0; i < KB_DIGEST_KINDS; i++)
        kinds[i] = EVP_MD_fetch(NULL, fetched_as[i], NULL); /* NULL: not in this build or policy (FIPS) */
}

const EVP_MD *kb_md(enum kb_digest_kind kind)
{
    if (pthread_once(&fetched, fetch))
        abort();
    return kinds[kind];
}

void kb_crypto_must(int done)
{
    if (done != 1)
        abort();
}

unsigned kb_digests_known(void)
{
    unsigned known = 0;
    for (size_t i = 0; i < KB_DIGEST_KINDS; i++)
        known |= kb_md((enum kb_digest_kind)i) ? 1u << i : 0;
    return known;
}

struct kb_digester {
    EVP_MD_CTX *ctx[KB_DIGEST_KINDS]; /* NULL: not asked for */
};

struct kb_digester *kb_digester_new(unsigned others)
{
    struct kb_digester *digester = calloc(1, sizeof *digester);
    unsigned wanted = others | 1u << KB_DIGEST_SHA256;
    if (!digester || (wanted & ~kb_digests_known()))
        abort();
    for (size_t i = 0; i < KB_DIGEST_KINDS; i++)
        if (wanted & 1u << i && !(digester->ctx[i] = EVP_MD_CTX_new()))
            abort();
    return digester;
}

void kb_digester_free(struct kb_digester *digester)
{
    for (size_t i = 0; digester && i < KB_DIGEST_KINDS; i++)
        EVP_MD_CTX_free(digester->ctx[i]);
    free(digester);
}

void kb_digester_begin(struct kb_digester *digester)
{
    for (size_t i = 0; i < KB_DIGEST_KINDS; i++)
        if (digester->ctx[i])
            kb_crypto_must(EVP_DigestInit_ex2(digester->ctx[i], kinds[i], NULL));
}

void kb_digester_add(struct kb_digester *digester, const void *data, size_t n)
{
    for (size_t i = 0; i < KB_DIGEST_KINDS; i++)
        if (digester->ctx[i])
            kb_crypto_must(EVP_DigestUpdate(digester->ctx[i], data, n));
}

void kb_digester_end(struct kb_digester *digester, struct kb_digests *ret_digests)
{
    ret_digests->others = 0;
    for (size_t i = 0; i < KB_DIGEST_KINDS; i++) {
        bool main = i == KB_DIGEST_SHA256;
        if (digester->ctx[i])
            kb_crypto_must(
                EVP_DigestFinal_ex(digester->ctx[i], main ? ret_digests->sha256.bytes : ret_digests->other[i], NULL));
        if (digester->ctx[i] && !main)
            ret_digests->others |= 1u << i;
    }
}

const uint8_t *kb_digest_of(const struct kb_digests *digests, enum kb_digest_kind kind)
{
    if (kind == KB_DIGEST_SHA256)
        return digests->sha256.bytes;
    return digests->others & 1u << kind ? digests->other[kind] : NULL;
}
