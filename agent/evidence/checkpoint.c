/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints: written, read, signed, trusted. */
#include "checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"

const char *kb_checkpoint_text(struct kb_arena *arena, const struct kb_checkpoint *checkpoint)
{
    char hex[KB_SHA256_HEX_SIZE];
    kb_sha256_hex(checkpoint->head, hex);
    return kb_sprintf(arena, "koboshi %s\n%" PRId64 "\n%s\n", checkpoint->ledger, checkpoint->size, hex);
}

bool kb_checkpoint_parse(const char *text, size_t n, struct kb_checkpoint *ret_checkpoint)
{
    struct kb_checkpoint checkpoint;
    char hex[KB_SHA256_HEX_SIZE], size[20];
    if (n > 160 || memchr(text, '\0', n))
        return false;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *copy = kb_strndup(arena, text, n);
    if (sscanf(copy, "koboshi %36[0-9a-f-] %18[0-9] %64[0-9a-f]", checkpoint.ledger, size, hex) != 3 ||
        sscanf(size, "%" SCNd64, &checkpoint.size) != 1 || kb_sha256_parse(hex, strlen(hex), &checkpoint.head))
        return false;
    if (strcmp(copy, kb_checkpoint_text(arena, &checkpoint)) != 0)
        return false;
    *ret_checkpoint = checkpoint;
    return true;
}

int kb_checkpoint_publish(int dirfd, const struct kb_checkpoint *checkpoint, const struct kb_keypair *pair,
                          struct kb_err *err)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *text = kb_checkpoint_text(arena, checkpoint), *signature = NULL;
    int code = kb_sshsig_sign(pair, KB_LEDGER_NAMESPACE, text, strlen(text), arena, &signature, err);
    if (!code)
        code = kb_file_publish(dirfd, "checkpoint.sig", signature, strlen(signature), 0644, err);
    if (!code)
        code = kb_file_publish(dirfd, "checkpoint", text, strlen(text), 0644, err);
    return code;
}

const char *kb_allowed_signers(struct kb_arena *arena, const char *signer, struct kb_pubkey key)
{
    return kb_sprintf(arena, "%s namespaces=\"" KB_LEDGER_NAMESPACE "\" %s\n", signer,
                      kb_pubkey_ssh(arena, key, "koboshi"));
}

/* The longest run of lines that one crashed append can have signed: an adopted line and its `recovered`. */
enum { SIGNED_AHEAD_MAX = 2 };

void kb_trust_read(int dirfd, const struct kb_chain *chain, struct kb_arena *arena, struct kb_trust *ret_trust)
{
    struct kb_trust trust = {.state = KB_TRUST_NO_CHECKPOINT};
    char *text, *armored;
    size_t n, armored_n;
    if (kb_file_read(dirfd, "checkpoint", KB_KEY_FILE_MAX, arena, &text, &n, NULL) ||
        !kb_checkpoint_parse(text, n, &trust.checkpoint)) {
        *ret_trust = trust;
        return;
    }
    trust.state = KB_TRUST_NO_SIGNATURE;
    if (!kb_file_read(dirfd, "checkpoint.sig", KB_KEY_FILE_MAX, arena, &armored, &armored_n, NULL) && armored_n &&
        armored[armored_n - 1] == '\n') { /* whole, as it was published */
        const struct kb_sshsig signature = {armored, armored_n, KB_LEDGER_NAMESPACE};
        int64_t ahead = (int64_t)chain->n_lines - trust.checkpoint.size;
        if (kb_sshsig_verify(&signature, text, n, &trust.signer) == KB_SIGNATURE_GOOD) {
            trust.state = KB_TRUST_SETTLED;
        } else if (ahead >= 1 && ahead <= SIGNED_AHEAD_MAX && trust.checkpoint.size >= 1 &&
                   kb_same(&trust.checkpoint.head, &chain->hash[trust.checkpoint.size])) {
            struct kb_checkpoint all = trust.checkpoint;
            all.size = (int64_t)chain->n_lines;
            all.head = chain->hash[chain->n_lines];
            const char *expected = kb_checkpoint_text(arena, &all);
            if (kb_sshsig_verify(&signature, expected, strlen(expected), &trust.signer) == KB_SIGNATURE_GOOD) {
                trust.state = KB_TRUST_AHEAD;
                trust.checkpoint = all;
            }
        }
    }
    *ret_trust = trust;
}

int kb_ledger_open_shared(const char *dir, int *ret_dirfd, int *ret_fd, struct kb_err *err)
{
    KB_SCOPED_FD dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    KB_SCOPED_FD fd = dirfd < 0 ? -1 : openat(dirfd, "ledger.jsonl", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        int cause = errno;
        return kb_fail(err, cause == ENOENT || cause == ENOTDIR ? KB_ELEDGER : kb_code_of_errno(cause),
                       "there is no ledger in %s: %s", "%s に台帳がありません: %s", dir, strerror(cause));
    }
    while (flock(fd, LOCK_SH))
        if (errno != EINTR)
            return kb_fail(err, KB_EIO, "the ledger %s cannot be locked: %s", "台帳 %s をロックできません: %s", dir,
                           strerror(errno));
    *ret_dirfd = kb_steal(&dirfd);
    *ret_fd = kb_steal(&fd);
    return 0;
}
