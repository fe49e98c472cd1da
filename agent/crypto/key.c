/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519 key pairs in PEM files, and the public half in the spellings of OpenSSH and OpenSSL. */
#include "key_pair.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/crypto.h>
#include <openssl/pem.h>

#include "koboshi/arena.h"
#include "koboshi/digest.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"

#include "wire.h"

static int adopt(EVP_PKEY *pkey, struct kb_keypair **ret_pair)
{
    struct kb_keypair *pair = calloc(1, sizeof *pair);
    if (!pair)
        abort();
    size_t n = sizeof pair->public_half.bytes;
    pair->pkey = pkey;
    if (EVP_PKEY_get_raw_public_key(pkey, pair->public_half.bytes, &n) != 1 || n != sizeof pair->public_half.bytes) {
        kb_keypair_free(pair);
        return -1;
    }
    *ret_pair = pair;
    return 0;
}

int kb_keypair_generate(struct kb_keypair **ret_pair, struct kb_err *err)
{
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (!pkey || adopt(pkey, ret_pair))
        return kb_fail(err, KB_ECONFIG, "libcrypto could not make an Ed25519 key; check /etc/ssl/openssl.cnf",
                       "libcrypto で Ed25519 の鍵を作成できません。/etc/ssl/openssl.cnf を確認してください");
    return 0;
}

void kb_keypair_free(struct kb_keypair *pair)
{
    if (!pair)
        return;
    EVP_PKEY_free(pair->pkey);
    free(pair);
}

struct kb_pubkey kb_keypair_public(const struct kb_keypair *pair)
{
    return pair->public_half;
}

static int sync_parent(const char *path)
{
    const char *slash = strrchr(path, '/');
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *parent = !slash ? "." : slash == path ? "/" : kb_strndup(arena, path, (size_t)(slash - path));
    KB_SCOPED_FD fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 || fsync(fd) ? -1 : 0;
}

static int write_new(const char *path, const void *data, size_t n)
{
    KB_SCOPED_FD fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    if (fchmod(fd, 0600) || kb_write_all(fd, data, n) || fsync(fd) || sync_parent(path)) {
        int cause = errno;
        (void)unlink(path); /* half a key would block the next attempt */
        errno = cause;
        return -1;
    }
    return 0;
}

int kb_keypair_write(const struct kb_keypair *pair, const char *path, struct kb_err *err)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    char *pem = NULL;
    if (!bio || PEM_write_bio_PKCS8PrivateKey(bio, pair->pkey, NULL, NULL, 0, NULL, NULL) != 1) {
        BIO_free(bio);
        return kb_fail(err, KB_ECONFIG, "libcrypto could not write the key as PEM",
                       "libcrypto で鍵を PEM に書き出せません");
    }
    long n = BIO_get_mem_data(bio, &pem);
    int code = 0;
    if (write_new(path, pem, (size_t)n)) {
        int cause = errno;
        code = cause == EEXIST
                   ? kb_fail(err, KB_ECONFIG,
                             "%s is already there; a key is never replaced. Name another file or keep this key",
                             "%s は既にあります。鍵は上書きしません。今の鍵を使うか、別のフォルダを指定してください",
                             path)
                   : kb_fail(err, kb_code_of_errno(cause), "the key %s could not be written: %s",
                             "鍵 %s を書き込めませんでした: %s", path, strerror(cause));
    }
    BIO_free(bio);
    return code;
}

/* A daemon must not wait for a passphrase on a terminal. */
static int no_passphrase(char *buffer, int size, int writing, void *user)
{
    (void)buffer, (void)size, (void)writing, (void)user;
    return -1;
}

static int open_private(const char *path, int *ret_fd, struct kb_err *err)
{
    KB_SCOPED_FD fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st)) {
        int cause = errno;
        return kb_fail(err, cause == ENOENT ? KB_ECONFIG : kb_code_of_errno(cause),
                       "the key %s could not be read: %s (`koboshi keygen` makes one)",
                       "鍵 %s を読めませんでした: %s（koboshi keygen で作成できます）", path, strerror(cause));
    }
    if (!S_ISREG(st.st_mode))
        return kb_fail(err, KB_ECONFIG, "the key %s is not a regular file", "鍵 %s は通常のファイルではありません",
                       path);
    if (st.st_mode & 077)
        return kb_fail(err, KB_EPERM, "the key %s may be read by others (mode %04o); run chmod 600, or make a new key",
                       "鍵 %s を他の利用者が読めます（モード %04o）。chmod 600 を実行するか、鍵を作り直してください",
                       path, (unsigned)st.st_mode & 07777);
    *ret_fd = kb_steal(&fd);
    return 0;
}

int kb_keypair_load(const char *path, struct kb_keypair **ret_pair, struct kb_err *err)
{
    int opened = -1;
    if (open_private(path, &opened, err))
        return err ? err->code : KB_EIO;
    KB_SCOPED_FD fd = opened;
    char pem[4096]; /* an Ed25519 key is 119 bytes */
    ssize_t n = kb_read_full(fd, pem, sizeof pem);
    EVP_PKEY *pkey = NULL;
    if (n > 0 && n < (ssize_t)sizeof pem) {
        BIO *bio = BIO_new_mem_buf(pem, (int)n);
        pkey = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
        BIO_free(bio);
    }
    OPENSSL_cleanse(pem, sizeof pem);
    if (pkey && !EVP_PKEY_is_a(pkey, "ED25519")) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }
    if (pkey && !adopt(pkey, ret_pair))
        return 0;
    return kb_fail(err, KB_ECONFIG, "%s is not an Ed25519 key in PEM without a passphrase; `koboshi keygen` makes one",
                   "%s はパスフレーズなしの Ed25519 鍵（PEM）ではありません。koboshi keygen で作成してください", path);
}

const char *kb_pubkey_ssh(struct kb_arena *arena, struct kb_pubkey key, const char *comment)
{
    struct kb_wire blob = {.n = 0};
    kb_wire_put_key(&blob, key);
    return kb_sprintf(arena, "ssh-ed25519 %s %s", kb_base64(arena, blob.bytes, blob.n), comment);
}

const char *kb_pubkey_pem(struct kb_arena *arena, struct kb_pubkey key)
{
    /* RFC 8410 4: SEQUENCE { SEQUENCE { OID 1.3.101.112 }, BIT STRING of the 32 bytes } */
    static const uint8_t head[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
    struct kb_wire der = {.n = 0};
    kb_wire_put(&der, head, sizeof head);
    kb_wire_put(&der, key.bytes, sizeof key.bytes);
    return kb_sprintf(arena, "-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n",
                      kb_base64(arena, der.bytes, der.n));
}

const char *kb_pubkey_fingerprint(struct kb_arena *arena, struct kb_pubkey key)
{
    struct kb_wire blob = {.n = 0};
    kb_wire_put_key(&blob, key);
    struct kb_sha256 digest = kb_sha256_of(blob.bytes, blob.n);
    char *text = kb_base64(arena, digest.bytes, sizeof digest.bytes);
    text[strcspn(text, "=")] = '\0';
    return kb_sprintf(arena, "SHA256:%s", text);
}
