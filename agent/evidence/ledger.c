/* SPDX-License-Identifier: Apache-2.0 */
/* Making, opening and appending to a ledger. */
#include "handle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "koboshi/arena.h"
#include "koboshi/ends.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/job.h"
#include "koboshi/limits.h"

#include "beside.h"

bool kb_ledger_exists(const char *dir)
{
    KB_SCOPED_FD dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat st;
    return dirfd >= 0 && !fstatat(dirfd, "ledger.jsonl", &st, AT_SYMLINK_NOFOLLOW);
}

void kb_ledger_free(struct kb_ledger *ledger)
{
    if (!ledger)
        return;
    kb_close_p(&ledger->fd);
    kb_close_p(&ledger->dirfd);
    kb_keypair_free(ledger->key);
    kb_arena_free(ledger->arena);
    free(ledger);
}

static void free_p(struct kb_ledger **ledger)
{
    kb_ledger_free(*ledger);
}
#define SCOPED_LEDGER __attribute__((cleanup(free_p))) struct kb_ledger *

static struct kb_ledger *hand_over(struct kb_ledger **ledger)
{
    struct kb_ledger *taken = *ledger;
    *ledger = NULL;
    return taken;
}

/* The handle with its key and its two descriptors; flags are added to those of ledger.jsonl. */
static int open_handle(const char *dir, const char *key_path, int flags, struct kb_ledger **ret_ledger,
                       struct kb_err *err)
{
    SCOPED_LEDGER ledger = calloc(1, sizeof *ledger);
    if (!ledger)
        abort();
    ledger->fd = ledger->dirfd = -1;
    ledger->arena = kb_arena_new();
    ledger->dir = kb_strdup(ledger->arena, dir);
    int code = kb_keypair_load(key_path, &ledger->key, err);
    if (code)
        return code;
    ledger->public_half = kb_keypair_public(ledger->key);
    ledger->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (ledger->dirfd >= 0)
        ledger->fd = openat(ledger->dirfd, "ledger.jsonl", O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC | flags, 0644);
    if (ledger->fd < 0) {
        int cause = errno;
        return kb_fail(err, cause == ENOENT || cause == ENOTDIR ? KB_ELEDGER : kb_code_of_errno(cause),
                       "the ledger in %s cannot be opened for writing: %s", "%s の台帳を書き込み用に開けません: %s",
                       dir, strerror(cause));
    }
    *ret_ledger = hand_over(&ledger);
    return 0;
}

static int lock_exclusive(struct kb_ledger *ledger, struct kb_err *err)
{
    while (flock(ledger->fd, LOCK_EX))
        if (errno != EINTR)
            return kb_fail(err, KB_EIO, "the ledger %s cannot be locked: %s", "台帳 %s をロックできません: %s",
                           ledger->dir, strerror(errno));
    return 0;
}

int kb_ledger_lock(struct kb_ledger *ledger, struct kb_err *err)
{
    if (ledger->unusable)
        return kb_fail(err, KB_ELEDGER,
                       "an earlier write to the ledger %s failed; nothing more is written to it by this process",
                       "台帳 %s への前の書き込みが失敗したため、このプロセスはこれ以上書き込みません", ledger->dir);
    int code = lock_exclusive(ledger, err);
    if (code)
        return code;
    struct stat st;
    if (fstat(ledger->fd, &st))
        code = kb_fail(err, KB_EIO, "the ledger %s cannot be looked at: %s", "台帳 %s を確認できません: %s",
                       ledger->dir, strerror(errno));
    else if ((size_t)st.st_size != ledger->bytes) /* another process was here */
        code = kb_ledger_settle(ledger, err);
    if (code)
        kb_ledger_unlock(ledger);
    return code;
}

void kb_ledger_unlock(struct kb_ledger *ledger)
{
    (void)flock(ledger->fd, LOCK_UN);
}

int kb_ledger_open(const char *dir, const char *key_path, struct kb_ledger **ret_ledger, struct kb_err *err)
{
    SCOPED_LEDGER ledger = NULL;
    int code = open_handle(dir, key_path, 0, &ledger, err);
    if (!code)
        code = lock_exclusive(ledger, err);
    if (code)
        return code;
    code = kb_ledger_settle(ledger, err);
    kb_ledger_unlock(ledger);
    if (code)
        return kb_wrap(err, "the ledger %s cannot be continued", "台帳 %s に追記できません", dir);
    *ret_ledger = hand_over(&ledger);
    return 0;
}

static int write_line(struct kb_ledger *ledger, const char *line, size_t n, struct kb_err *err)
{
    if (kb_write_all(ledger->fd, line, n)) {
        int cause = errno;
        if (ftruncate(ledger->fd, (off_t)ledger->bytes)) /* what is left is a torn line, which the next open cuts */
            cause = cause ? cause : errno;
        return kb_fail(err, kb_code_of_errno(cause), "the ledger %s could not be written: %s",
                       "台帳 %s に書き込めませんでした: %s", ledger->dir, strerror(cause));
    }
    if (fdatasync(ledger->fd)) /* a second try would be answered with success although the data is gone (fsync(2)) */
        return kb_fail(err, KB_ELEDGER, "not durable: the line for the ledger %s did not reach the disk: %s",
                       "永続化できませんでした: 台帳 %s の行がディスクに届いていません: %s", ledger->dir,
                       strerror(errno));
    return 0;
}

int kb_ledger_append_locked(struct kb_ledger *ledger, const struct kb_line *entry, struct kb_err *err)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_line full = *entry;
    char prev[KB_SHA256_HEX_SIZE];
    kb_sha256_hex(ledger->checkpoint.head, prev);
    full.seq = ledger->checkpoint.size + 1;
    full.prev = prev;
    full.format = KB_LEDGER_FORMAT;
    full.time = kb_wall_s();
    size_t n;
    const char *line = kb_line_bytes(&full, arena, &n);
    if (n > KB_LEDGER_LINE_MAX || ledger->bytes + n > KB_LEDGER_BYTES_MAX)
        return kb_fail(err, KB_ELEDGER, "a ledger line of %zu bytes is too long (at most %d), or the ledger is full",
                       "台帳の行が長すぎる（%zu バイト、上限 %d）か、台帳がいっぱいです", n, KB_LEDGER_LINE_MAX);
    struct kb_checkpoint next = ledger->checkpoint;
    next.size = full.seq;
    next.head = kb_sha256_of(line, n);
    ledger->unusable = true;
    int code = write_line(ledger, line, n, err);
    if (!code)
        code = kb_checkpoint_publish(ledger->dirfd, &next, ledger->key, err);
    if (code)
        return code;
    ledger->unusable = false;
    ledger->checkpoint = next;
    ledger->bytes += n;
    return 0;
}

int kb_ledger_append(struct kb_ledger *ledger, const struct kb_line *entry, struct kb_err *err)
{
    int code = kb_ledger_lock(ledger, err);
    if (code)
        return code;
    code = kb_ledger_append_locked(ledger, entry, err);
    kb_ledger_unlock(ledger);
    return code;
}

const char *kb_ledger_uuid(const struct kb_ledger *ledger)
{
    return ledger->checkpoint.ledger;
}

/* RFC 9562 version 4 */
static void make_uuid(char ret_uuid[37])
{
    uint8_t b[16];
    if (getrandom(b, sizeof b, 0) != (ssize_t)sizeof b)
        abort(); /* 16 bytes never come in parts, and Linux has had the call since 3.17 */
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    (void)snprintf(ret_uuid, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
                   b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

/* "agent@host": ssh-keygen reads `,`, `*`, `?`, `!`, `"` and blanks of a principal as syntax. */
static const char *signer_name(struct kb_arena *arena)
{
    char host[65] = "";
    if (gethostname(host, sizeof host - 1) || !*host)
        (void)strcpy(host, "localhost");
    for (char *c = host; *c; c++)
        if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '.' ||
              *c == '-'))
            *c = '-';
    return kb_sprintf(arena, "agent@%s", host);
}

/* Fills the new folder temp. */
static int fill_new(const char *temp, const char *key_path, struct kb_err *err)
{
    SCOPED_LEDGER ledger = NULL;
    int code = open_handle(temp, key_path, O_CREAT | O_EXCL, &ledger, err);
    if (code)
        return code;
    ledger->signer = signer_name(ledger->arena);
    make_uuid(ledger->checkpoint.ledger);
    const char *signers = kb_allowed_signers(ledger->arena, ledger->signer, ledger->public_half);
    const char *pem = kb_pubkey_pem(ledger->arena, ledger->public_half);
    if (mkdirat(ledger->dirfd, "objects", 0755) || mkdirat(ledger->dirfd, "drills", 0755))
        return kb_fail(err, kb_code_of_errno(errno), "folders of the ledger could not be made: %s",
                       "台帳のフォルダを作成できませんでした: %s", strerror(errno));
    if ((code = kb_file_publish(ledger->dirfd, "allowed_signers", signers, strlen(signers), 0644, err)) ||
        (code = kb_file_publish(ledger->dirfd, "agent.pub.pem", pem, strlen(pem), 0644, err)))
        return code;
    struct kb_line first;
    kb_line_init(&first, KB_LINE_LEDGER_CREATED);
    first.ledger = ledger->checkpoint.ledger;
    first.signer = ledger->signer;
    first.key = kb_pubkey_fingerprint(ledger->arena, ledger->public_half);
    first.agent_version = kb_build_id();
    return kb_ledger_append_locked(ledger, &first, err);
}

static int move_into_place(const struct kb_beside *beside, struct kb_err *err)
{
    if (!kb_beside_place(beside))
        return 0;
    int cause = errno;
    return cause == ENOTEMPTY || cause == EEXIST
               ? kb_fail(err, KB_ELEDGER, "%s is not empty; a ledger is never made over something else",
                         "%s は空ではありません。既にあるものの上に台帳は作りません", beside->path)
               : kb_fail(err, kb_code_of_errno(cause), "the ledger %s could not be made: %s",
                         "台帳 %s を作成できませんでした: %s", beside->path, strerror(cause));
}

int kb_ledger_create(const char *dir, const char *key_path, struct kb_err *err)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_beside beside;
    struct kb_ends ends;
    kb_ends_hold(&ends);
    int code = kb_beside_begin(dir, arena, &beside, err);
    if (!code) {
        code = kb_mkdir_p(beside.temp, 0755, err);
        if (!code)
            code = fill_new(beside.temp, key_path, err);
        if (!code)
            code = move_into_place(&beside, err);
        if (code)
            kb_beside_drop(&beside);
    }
    kb_ends_release(&ends);
    return code;
}

int kb_ledger_sign(const struct kb_ledger *ledger, const char *namespace_, const void *message, size_t n,
                   struct kb_arena *arena, const char **ret_armored, struct kb_err *err)
{
    return kb_sshsig_sign(ledger->key, namespace_, message, n, arena, ret_armored, err);
}

bool kb_ledger_has_signed(const struct kb_ledger *ledger, const struct kb_sshsig *signature, const void *message,
                          size_t n)
{
    struct kb_pubkey signer;
    return kb_sshsig_verify(signature, message, n, &signer) == KB_SIGNATURE_GOOD &&
           !memcmp(signer.bytes, ledger->public_half.bytes, sizeof signer.bytes);
}
