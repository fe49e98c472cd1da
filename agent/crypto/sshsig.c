/* SPDX-License-Identifier: Apache-2.0 */
/* SSH signatures (openssh PROTOCOL.sshsig) by libcrypto. */
#include "koboshi/key.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"

#include "algorithms.h"
#include "key_pair.h"
#include "wire.h"

enum { SIGNATURE_BYTES = 64, LINE_COLUMNS = 70, VERSION = 1 };

static const char magic[] = "SSHSIG", hash_name[] = "sha512";
static const char begin_mark[] = "-----BEGIN SSH SIGNATURE-----\n", end_mark[] = "-----END SSH SIGNATURE-----";

/* The bytes that are really signed. */
static struct kb_wire signed_bytes(const char *namespace_, const void *message, size_t n)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned digest_n = 0;
    if (!kb_md(KB_DIGEST_SHA512) || EVP_Digest(message, n, digest, &digest_n, kb_md(KB_DIGEST_SHA512), NULL) != 1)
        abort();
    struct kb_wire wire = {.n = 0};
    kb_wire_put(&wire, magic, strlen(magic));
    kb_wire_put_string(&wire, namespace_, strlen(namespace_));
    kb_wire_put_string(&wire, "", 0);
    kb_wire_put_string(&wire, hash_name, strlen(hash_name));
    kb_wire_put_string(&wire, digest, digest_n);
    return wire;
}

static const char *armor(struct kb_arena *arena, const struct kb_wire *blob)
{
    const char *text = kb_base64(arena, blob->bytes, blob->n);
    size_t n = strlen(text);
    char *out = kb_alloc(arena, strlen(begin_mark) + n + n / LINE_COLUMNS + 2 + strlen(end_mark) + 2, 1);
    char *at = stpcpy(out, begin_mark);
    for (size_t i = 0; i < n; i += LINE_COLUMNS) {
        size_t line = n - i < LINE_COLUMNS ? n - i : LINE_COLUMNS;
        memcpy(at, text + i, line);
        at += line;
        *at++ = '\n';
    }
    at = stpcpy(at, end_mark);
    (void)stpcpy(at, "\n");
    return out;
}

int kb_sshsig_sign(const struct kb_keypair *pair, const char *namespace_, const void *message, size_t n,
                   struct kb_arena *arena, const char **ret_armored, struct kb_err *err)
{
    struct kb_wire to_sign = signed_bytes(namespace_, message, n);
    uint8_t raw[SIGNATURE_BYTES];
    size_t raw_n = sizeof raw;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, pair->pkey) == 1 &&
                EVP_DigestSign(ctx, raw, &raw_n, to_sign.bytes, to_sign.n) == 1 && raw_n == sizeof raw;
    EVP_MD_CTX_free(ctx);
    if (!good)
        return kb_fail(err, KB_ECONFIG, "libcrypto could not sign; check /etc/ssl/openssl.cnf",
                       "libcrypto で署名できませんでした。/etc/ssl/openssl.cnf を確認してください");
    static const uint8_t version[4] = {0, 0, 0, VERSION};
    struct kb_wire key = {.n = 0}, signature = {.n = 0}, blob = {.n = 0};
    kb_wire_put_key(&key, pair->public_half);
    kb_wire_put_string(&signature, "ssh-ed25519", strlen("ssh-ed25519"));
    kb_wire_put_string(&signature, raw, raw_n);
    kb_wire_put(&blob, magic, strlen(magic));
    kb_wire_put(&blob, version, sizeof version);
    kb_wire_put_string(&blob, key.bytes, key.n);
    kb_wire_put_string(&blob, namespace_, strlen(namespace_));
    kb_wire_put_string(&blob, "", 0);
    kb_wire_put_string(&blob, hash_name, strlen(hash_name));
    kb_wire_put_string(&blob, signature.bytes, signature.n);
    *ret_armored = armor(arena, &blob);
    return 0;
}

/* Begin line, base64 lines all of one length but the last, end line, one newline at most after it. */
static bool unarmor(const char *text, size_t n, struct kb_wire *ret_blob)
{
    size_t begin_n = strlen(begin_mark), end_n = strlen(end_mark);
    if (n && text[n - 1] == '\n')
        n--;
    if (n <= begin_n + end_n || memcmp(text, begin_mark, begin_n) || memcmp(text + n - end_n, end_mark, end_n))
        return false;
    char digits[KB_WIRE_MAX / 3 * 4 + 4];
    size_t used = 0, column = 0;
    for (size_t i = begin_n; i < n - end_n; i++) {
        if (text[i] == '\n') {
            if (!column || (column != LINE_COLUMNS && i + 1 != n - end_n))
                return false;
            column = 0;
        } else if (++column > LINE_COLUMNS || used == sizeof digits) {
            return false;
        } else {
            digits[used++] = text[i];
        }
    }
    return !column && kb_base64_parse(digits, used, ret_blob);
}

/* A wire string that is itself a blob: "ssh-ed25519" and n bytes, nothing after them. */
static const uint8_t *take_tagged(struct kb_wire *blob, struct kb_wire *part, size_t n)
{
    size_t outer, inner;
    const uint8_t *data = kb_wire_take_string(blob, &outer);
    if (!data)
        return NULL;
    part->n = part->at = 0;
    kb_wire_put(part, data, outer);
    if (!kb_wire_take_exactly(part, "ssh-ed25519"))
        return NULL;
    data = kb_wire_take_string(part, &inner);
    return data && inner == n && part->at == part->n ? data : NULL;
}

static bool is_signed_by(const struct kb_pubkey *key, const uint8_t *raw, const struct kb_wire *what)
{
    EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->bytes, sizeof key->bytes);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = pkey && ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
                EVP_DigestVerify(ctx, raw, SIGNATURE_BYTES, what->bytes, what->n) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    return good;
}

enum kb_signature kb_sshsig_verify(const struct kb_sshsig *signature, const void *message, size_t n,
                                   struct kb_pubkey *ret_signer)
{
    struct kb_wire blob, key_part, raw_part;
    if (!unarmor(signature->armored, signature->n, &blob))
        return KB_SIGNATURE_MALFORMED;
    const uint8_t *head = kb_wire_take(&blob, strlen(magic) + 4);
    static const uint8_t wanted[] = {'S', 'S', 'H', 'S', 'I', 'G', 0, 0, 0, VERSION};
    if (!head || memcmp(head, wanted, sizeof wanted))
        return KB_SIGNATURE_MALFORMED;
    struct kb_pubkey key;
    const uint8_t *key_bytes = take_tagged(&blob, &key_part, sizeof key.bytes);
    size_t name_n = 0;
    const uint8_t *name = key_bytes ? kb_wire_take_string(&blob, &name_n) : NULL;
    if (!name || !kb_wire_take_exactly(&blob, "") || !kb_wire_take_exactly(&blob, hash_name))
        return KB_SIGNATURE_MALFORMED;
    const uint8_t *raw = take_tagged(&blob, &raw_part, SIGNATURE_BYTES);
    if (!raw || blob.at != blob.n)
        return KB_SIGNATURE_MALFORMED;
    if (name_n != strlen(signature->namespace_) || memcmp(name, signature->namespace_, name_n))
        return KB_SIGNATURE_NAMESPACE;
    memcpy(key.bytes, key_bytes, sizeof key.bytes);
    struct kb_wire what = signed_bytes(signature->namespace_, message, n);
    if (!is_signed_by(&key, raw, &what))
        return KB_SIGNATURE_WRONG;
    *ret_signer = key;
    return KB_SIGNATURE_GOOD;
}
