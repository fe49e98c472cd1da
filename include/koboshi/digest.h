/* SPDX-License-Identifier: Apache-2.0 */
/* crypto: SHA-256 and SHA-512 of streams (FIPS 180-4, by libcrypto). */
#pragma once

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
/* kb_sha256_parse(hex, ret_digest): exactly 64 hexadecimal digits, either case; 0, or -1 if they are not. */
int kb_sha256_parse(const char *hex, size_t n, struct kb_sha256 *ret_digest);
/* The digest of no bytes, 64 digits: a canary or file with it proves nothing. */
extern const char kb_sha256_of_nothing[];
