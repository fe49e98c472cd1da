/* SPDX-License-Identifier: Apache-2.0 */
/* crypto: the agent's Ed25519 key, and signatures that ssh-keygen makes and checks. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct kb_arena;
struct kb_err;

/* Private and public half, on the heap; the private half never leaves it but by kb_keypair_write. */
struct kb_keypair;

/* The public half (RFC 8032: 32 bytes). */
struct kb_pubkey {
    uint8_t bytes[32];
};

int kb_keypair_generate(struct kb_keypair **ret_pair, struct kb_err *err);
/* kb_keypair_write(pair, path, err): PKCS#8 PEM, mode 0600, durable. A file that is already there is never replaced. */
int kb_keypair_write(const struct kb_keypair *pair, const char *path, struct kb_err *err);
/* kb_keypair_load(path, ret_pair, err): KB_EPERM if group or others have any right to the file, KB_ECONFIG if it is not
 * an Ed25519 key in PEM without a passphrase. */
int kb_keypair_load(const char *path, struct kb_keypair **ret_pair, struct kb_err *err);
void kb_keypair_free(struct kb_keypair *pair);
struct kb_pubkey kb_keypair_public(const struct kb_keypair *pair);

/* kb_pubkey_ssh(arena, key, comment): "ssh-ed25519 AAAA… comment" without a newline (RFC 4253 6.6, RFC 8709). */
const char *kb_pubkey_ssh(struct kb_arena *arena, struct kb_pubkey key, const char *comment);
/* kb_pubkey_pem(arena, key): SubjectPublicKeyInfo in PEM (RFC 8410), with final newline. */
const char *kb_pubkey_pem(struct kb_arena *arena, struct kb_pubkey key);
/* kb_pubkey_fingerprint(arena, key): "SHA256:" and 43 base64 digits, as `ssh-keygen -lf` prints it. */
const char *kb_pubkey_fingerprint(struct kb_arena *arena, struct kb_pubkey key);

/* What a signature is worth. Anything but GOOD is a result, not a fault. */
enum kb_signature {
    KB_SIGNATURE_GOOD,
    KB_SIGNATURE_MALFORMED, /* not an armored SSHSIG of version 1, Ed25519 and sha512, to the last bit */
    KB_SIGNATURE_NAMESPACE, /* made for another purpose */
    KB_SIGNATURE_WRONG,     /* does not belong to this message and the key it names */
};

/*
 * SSHSIG (openssh PROTOCOL.sshsig), hash sha512, armored, final newline: what `ssh-keygen -Y sign -n namespace` writes.
 * The signed bytes are "SSHSIG" || string namespace || string "" || string "sha512" || string SHA-512(message). Ed25519
 * is deterministic: the same key, namespace and message give the same text.
 */
int kb_sshsig_sign(const struct kb_keypair *pair, const char *namespace_, const void *message, size_t n,
                   struct kb_arena *arena, const char **ret_armored, struct kb_err *err);

struct kb_sshsig {
    const char *armored;
    size_t n;
    const char *namespace_;
};
/* kb_sshsig_verify(signature, message, n, ret_signer): ret_signer is the key the signature itself names, set only when
 * GOOD; whether that key is to be trusted is the caller's question. */
enum kb_signature kb_sshsig_verify(const struct kb_sshsig *signature, const void *message, size_t n,
                                   struct kb_pubkey *ret_signer);
