/* SPDX-License-Identifier: Apache-2.0 */
/* Long lists beside the ledger, stored once under the hash of their bytes. */
#include "handle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "koboshi/arena.h"
#include "koboshi/compress.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"

#include "sums.h"

static int open_objects(const struct kb_ledger *ledger, struct kb_err *err)
{
    int objects = openat(ledger->dirfd, "objects", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (objects < 0)
        (void)kb_fail(err, kb_code_of_errno(errno), "%s/objects cannot be opened: %s", "%s/objects を開けません: %s",
                      ledger->dir, strerror(errno));
    return objects;
}

static int store_object(int objects, const char *temp, int in, struct kb_sha256 *ret_digest, struct kb_err *err)
{
    KB_SCOPED_FD out = openat(objects, temp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (out < 0)
        return kb_fail(err, kb_code_of_errno(errno), "objects/%s cannot be made: %s", "objects/%s を作成できません: %s",
                       temp, strerror(errno));
    int code = kb_compress(in, out, err);
    if (code)
        return code;
    char hex[KB_SHA256_HEX_SIZE];
    if (fsync(out) || kb_file_sha256(objects, temp, ret_digest))
        return kb_fail(err, KB_EIO, "not durable: a list of the record did not reach the disk: %s",
                       "記録の一覧をディスクに確実に保存できませんでした: %s", strerror(errno));
    kb_sha256_hex(*ret_digest, hex);
    KB_SCOPED_ARENA arena = kb_arena_new();
    /* the same content may be there already: equal by its name, so replacing it changes nothing */
    if (renameat(objects, temp, objects, kb_sprintf(arena, "%s.zst", hex)) || fsync(objects))
        return kb_fail(err, KB_EIO, "a list of the record could not be put into objects/: %s",
                       "記録の一覧を objects/ に置けませんでした: %s", strerror(errno));
    return 0;
}

int kb_ledger_object(struct kb_ledger *ledger, int fd, char ret_name[KB_SHA256_HEX_SIZE], struct kb_err *err)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    KB_SCOPED_FD objects = open_objects(ledger, err);
    if (objects < 0)
        return err ? err->code : KB_EIO;
    const char *temp = kb_sprintf(arena, ".%ld.new", (long)getpid());
    struct kb_sha256 digest;
    int code = store_object(objects, temp, fd, &digest, err);
    if (code)
        (void)unlinkat(objects, temp, 0);
    else
        kb_sha256_hex(digest, ret_name);
    return code;
}

int kb_ledger_object_open(const struct kb_ledger *ledger, const char *name, int *ret_fd, struct kb_err *err)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_sha256 expected, found;
    if (kb_sha256_parse(name, strlen(name), &expected)) /* nothing else is opened */
        return kb_fail(err, KB_ELEDGER, "%s is no name of an object", "%s はオブジェクトの名前ではありません",
                       kb_escape(arena, name, strlen(name)));
    KB_SCOPED_FD objects = open_objects(ledger, err);
    if (objects < 0)
        return err ? err->code : KB_EIO;
    const char *file = kb_sprintf(arena, "%s.zst", name);
    KB_SCOPED_FD packed = openat(objects, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (packed < 0 || kb_file_sha256(objects, file, &found))
        return kb_fail(err, KB_ELEDGER, "objects/%s cannot be read: %s", "objects/%s を読めません: %s", file,
                       strerror(errno));
    if (memcmp(expected.bytes, found.bytes, sizeof expected.bytes) != 0)
        return kb_fail(err, KB_ELEDGER, "objects/%s was changed: its SHA-256 is another one",
                       "objects/%s が変更されています（SHA-256 が一致しません）", file);
    KB_SCOPED_FD plain = open("/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (plain < 0)
        return kb_fail(err, kb_code_of_errno(errno), "/var/tmp cannot be written: %s", "/var/tmp に書き込めません: %s",
                       strerror(errno));
    int code = kb_decompress(packed, plain, KB_LIST_BYTES_MAX, err);
    if (code)
        return kb_wrap(err, "objects/%s", "objects/%s", file);
    if (lseek(plain, 0, SEEK_SET) != 0)
        return kb_fail(err, KB_EIO, "the list cannot be read back", "一覧を読み戻せません");
    *ret_fd = kb_steal(&plain);
    return 0;
}
