/* SPDX-License-Identifier: Apache-2.0 */
/* crypto: SHA-256 of streams (FIPS 180-4), and the other digests that lists of checksums hold; by libcrypto. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kb_err;

struct kb_sha256 {
    uint8_t bytes[32];
};
enum { KB_SHA256_HEX_SIZE = 65 }; /* 64 digits plus NUL */

/* One running SHA-256; heap, reusable for any number of messages. Not shared between threads. */
struct kb_hasher;

/* kb_crypto_prepare(err): fetches all algorithms once, before the process is confined (fetching opens files). */
int kb_crypto_prepare(struct kb_err *err);

/* Running out of memory aborts; a begun digest cannot fail otherwise. */
struct kb_hasher *kb_hasher_new(void);
void kb_hasher_free(struct kb_hasher *hasher);
void kb_hasher_begin(struct kb_hasher *hasher);
void kb_hasher_add(struct kb_hasher *hasher, const void *data, size_t n);
struct kb_sha256 kb_hasher_end(struct kb_hasher *hasher);

struct kb_sha256 kb_sha256_of(const void *data, size_t n);
void kb_sha256_hex(struct kb_sha256 digest, char ret_hex[KB_SHA256_HEX_SIZE]);
/* kb_hex_run(s, n, ret_bytes, max): how many hexadecimal digits, of either case, s begins with: an even number, at most
 * 2 * max; ret_bytes: what they say. */
size_t kb_hex_run(const char *s, size_t n, uint8_t *ret_bytes, size_t max);
/* kb_sha256_parse(hex, ret_digest): exactly 64 hexadecimal digits, either case; 0, or -1 if they are not. */
int kb_sha256_parse(const char *hex, size_t n, struct kb_sha256 *ret_digest);
/* The digest of no bytes, 64 digits: a canary or file with it proves nothing. */
extern const char kb_sha256_of_nothing[];

/* The digests that lists of checksums are made with. */
enum kb_digest_kind {
    KB_DIGEST_SHA256,
    KB_DIGEST_SHA512, /* FIPS 180-4, as the two after it */
    KB_DIGEST_SHA384,
    KB_DIGEST_SHA224,
    KB_DIGEST_BLAKE2B, /* RFC 7693, 64 bytes: what b2sum(1) writes */
    KB_DIGEST_SHA1,
    KB_DIGEST_MD5,
    KB_DIGEST_KINDS,
};
enum { KB_DIGEST_SIZE_MAX = 64 };

struct kb_digest_name {
    const char *name; /* "SHA-512" */
    size_t size;      /* bytes */
    bool weak;        /* files that collide can be made: it finds accidents, not attackers */
};
extern const struct kb_digest_name kb_digest_names[KB_DIGEST_KINDS];

/* Several digests of the same bytes: SHA-256 always, the others that were asked for. */
struct kb_digests {
    struct kb_sha256 sha256;
    unsigned others; /* bits 1 << kind */
    uint8_t other[KB_DIGEST_KINDS][KB_DIGEST_SIZE_MAX];
};

/* kb_digest_of(digests, kind): kb_digest_names[kind].size bytes; NULL if it was not asked for. */
const uint8_t *kb_digest_of(const struct kb_digests *digests, enum kb_digest_kind kind);
/* kb_digests_known(): bits of the kinds that libcrypto offers here; SHA-256 is always among them. */
unsigned kb_digests_known(void);

/* One running computation of several digests; as struct kb_hasher. others: bits of kinds that are known. */
struct kb_digester;
struct kb_digester *kb_digester_new(unsigned others);
void kb_digester_free(struct kb_digester *digester);
void kb_digester_begin(struct kb_digester *digester);
void kb_digester_add(struct kb_digester *digester, const void *data, size_t n);
void kb_digester_end(struct kb_digester *digester, struct kb_digests *ret_digests);
