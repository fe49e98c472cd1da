/* SPDX-License-Identifier: Apache-2.0 */
/* A generation opened, its manifest read, then the pass over the file or folder, and the verdict on each fact. */
#include "koboshi/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"
#include "koboshi/reader.h"
#include "ring.h"
#include "stream.h"
#include "tree.h"

struct kb_pass {
    const struct kb_job_set *set;
    int fd, manifest_fd;
    int cause, manifest_cause; /* errno of what could not be opened */
    struct stat st;
    const char *name; /* base name of the generation */
    struct kb_names *names;
};

int kb_verify_prepare(struct kb_err *err)
{
    if (!setlocale(LC_CTYPE, "C.UTF-8") || !kb_reader_prepare())
        return kb_fail(err, KB_ECONFIG, "the locale C.UTF-8 is missing", "ロケール C.UTF-8 がありません");
    tzset();
    return kb_crypto_prepare(err);
}

static int open_source(const char *path, int more_flags, int *ret_cause)
{
    int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | more_flags;
    int fd = open(path, flags | O_NOATIME);
    if (fd < 0 && errno == EPERM)
        fd = open(path, flags);
    *ret_cause = fd < 0 ? errno : 0;
    return fd;
}

/* What this account may not read says nothing about the backup. */
static int check_rights(const char *path, int cause, struct kb_err *err)
{
    if (!cause || kb_code_of_errno(cause) != KB_EPERM)
        return 0;
    KB_SCOPED_ARENA arena = kb_arena_new();
    return kb_fail(
        err, KB_EPERM, "%s cannot be read by this account (%s): run koboshi as root or give it the right to read",
        "%s をこのアカウントでは読めません（%s）。koboshi を root で実行するか、読み取る権限を与えてください",
        kb_escape(arena, path, strlen(path)), strerror(cause));
}

int kb_pass_open(const struct kb_job_set *set, struct kb_arena *arena, struct kb_pass **ret_pass, struct kb_err *err)
{
    if (!set->source)
        return kb_fail(err, KB_EWORKER, "the job names no file to read",
                       "読み取るファイルがジョブに指定されていません");
    struct kb_pass *pass = kb_alloc(arena, 1, sizeof *pass);
    pass->set = set;
    pass->manifest_fd = -1;
    pass->fd = open_source(set->source, set->format == KB_FORMAT_TREE ? O_DIRECTORY : 0, &pass->cause);
    if (pass->fd >= 0 && fstat(pass->fd, &pass->st))
        pass->cause = errno;
    if (set->manifest)
        pass->manifest_fd = open_source(set->manifest, 0, &pass->manifest_cause);
    int code = check_rights(set->source, pass->cause, err);
    if (!code && set->manifest)
        code = check_rights(set->manifest, pass->manifest_cause, err);
    if (code) {
        kb_pass_close(pass);
        return code;
    }
    size_t n = strlen(set->source);
    while (n > 1 && set->source[n - 1] == '/')
        n--;
    char *name = kb_strndup(arena, set->source, n), *slash = strrchr(name, '/');
    pass->name = slash && slash[1] ? slash + 1 : name;
    pass->names = kb_names_new((enum kb_name_encoding)set->name_encoding);
    *ret_pass = pass;
    return 0;
}

void kb_pass_close(struct kb_pass *pass)
{
    if (!pass)
        return;
    if (pass->fd >= 0)
        (void)close(pass->fd);
    if (pass->manifest_fd >= 0)
        (void)close(pass->manifest_fd);
    kb_names_free(pass->names);
    pass->fd = pass->manifest_fd = -1;
    pass->names = NULL;
}

bool kb_pass_runs_programs(const struct kb_pass *pass)
{
    static const char seven_zip[] = {'7', 'z', '\xbc', '\xaf', '\x27', '\x1c'}; /* 7zFormat.txt, kSignature */
    char head[sizeof seven_zip];
    return pass->set->passphrase && pass->fd >= 0 && pread(pass->fd, head, sizeof head, 0) == sizeof head &&
           !memcmp(head, seven_zip, sizeof head);
}

int64_t kb_pass_bytes(const struct kb_pass *pass)
{
    return pass->fd >= 0 && S_ISREG(pass->st.st_mode) ? (int64_t)pass->st.st_size : KB_ABSENT;
}

static void tell_manifest(void *owner, struct kb_text expected, struct kb_text found)
{
    kb_tally_tell(owner, KB_RULE_MANIFEST_BROKEN, NULL, expected, found);
}

static void tell_manifest_unread(struct kb_tally *tally, int cause)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *path = kb_escape(arena, tally->set->manifest, strlen(tally->set->manifest));
    kb_tally_tell(tally, cause == ENOENT ? KB_RULE_MANIFEST_ABSENT : KB_RULE_MANIFEST_BROKEN, NULL,
                  kb_text_new(arena, "%s", "%s", path), kb_text_new(arena, "%s", "%s", strerror(cause)));
}

/* Reads all of it into the table; its digest goes into the record. 0, or the errno of a read that failed. */
static int load(struct kb_manifest *manifest, int fd, struct kb_sha256 *ret_digest)
{
    struct kb_reading reading = {.fd = fd};
    uint8_t *buffer = malloc(KB_RING_SLOT_BYTES);
    struct kb_hasher *hasher = kb_hasher_new();
    if (!buffer)
        abort();
    kb_hasher_begin(hasher);
    ssize_t n;
    while ((n = kb_reading_next(&reading, buffer, KB_RING_SLOT_BYTES)) > 0 && reading.offset <= KB_MANIFEST_BYTES_MAX) {
        kb_hasher_add(hasher, buffer, (size_t)n);
        kb_manifest_add(manifest, buffer, (size_t)n);
    }
    int cause = n < 0 ? reading.bad[0].cause : n > 0 ? EFBIG : 0;
    *ret_digest = kb_hasher_end(hasher);
    kb_hasher_free(hasher);
    free(buffer);
    return cause;
}

/* The manifest as a table, NULL if there is none that could be read to its end. ret_good: nothing in it is wrong. */
static struct kb_manifest *read_manifest(struct kb_pass *pass, struct kb_tally *tally, struct kb_sha256 *ret_digest,
                                         bool *ret_good)
{
    *ret_good = false;
    if (!pass->set->manifest)
        return NULL;
    struct stat st;
    int cause = pass->manifest_cause;
    if (!cause && fstat(pass->manifest_fd, &st))
        cause = errno;
    if (!cause && !S_ISREG(st.st_mode))
        cause = EISDIR;
    struct kb_manifest *manifest = cause ? NULL : kb_manifest_new(tally, tell_manifest);
    if (!cause)
        cause = load(manifest, pass->manifest_fd, ret_digest);
    if (cause) {
        tell_manifest_unread(tally, cause);
        kb_manifest_free(manifest);
        return NULL;
    }
    *ret_good = kb_manifest_end(manifest);
    tally->result->manifest_sha256 = kb_hex(tally->arena, ret_digest->bytes, sizeof ret_digest->bytes);
    return manifest;
}

static void compare_whole(struct kb_tally *tally, const struct kb_listed *listed, const struct kb_sha256 *digest)
{
    tally->result->files_compared++;
    if (!memcmp(listed->digest.bytes, digest->bytes, sizeof digest->bytes)) {
        tally->result->files_matched++;
        tally->result->proof.hash = KB_REACHED;
        return;
    }
    KB_SCOPED_ARENA arena = kb_arena_new();
    kb_tally_tell(tally, KB_RULE_FILE_HASH_DIFFERS, NULL,
                  kb_text_new(arena, "SHA-256 %s", "SHA-256 %s", kb_short_digest(arena, &listed->digest)),
                  kb_text_new(arena, "SHA-256 %s", "SHA-256 %s", kb_short_digest(arena, digest)));
}

/* Whether the generation is there and of the kind the plan says. */
static bool is_there(struct kb_pass *pass, struct kb_tally *tally)
{
    bool tree = pass->set->format == KB_FORMAT_TREE;
    int cause = pass->cause;
    if (!cause && !(tree ? S_ISDIR(pass->st.st_mode) : S_ISREG(pass->st.st_mode)))
        cause = tree ? ENOTDIR : EINVAL;
    if (!cause)
        return true;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_text expected = tree ? (struct kb_text){.en = "a folder that can be read", .ja = "読めるフォルダ"}
                                   : (struct kb_text){.en = "a file that can be read", .ja = "読めるファイル"};
    struct kb_text found = cause == ELOOP ? (struct kb_text){.en = "a symbolic link, which is not followed",
                                                             .ja = "シンボリックリンクのため開きません"}
                           : cause == EINVAL
                               ? (struct kb_text){.en = "not a regular file", .ja = "通常のファイルではありません"}
                               : kb_text_new(arena, "%s", "%s", strerror(cause));
    kb_tally_tell(tally, cause == ENOENT ? KB_RULE_GENERATION_MISSING : KB_RULE_READ_FAILED, NULL, expected, found);
    return false;
}

/* The file or the folder. 1 read whole, 0 not, < 0 a fault. */
static int read_all(struct kb_pass *pass, struct kb_tally *tally, const struct kb_listed *whole, struct kb_err *err)
{
    if (pass->set->format == KB_FORMAT_TREE) {
        tally->result->detected = "folder";
        return kb_tree_run(pass->fd, tally, err);
    }
    struct kb_sha256 digest;
    int r = kb_stream_run(
        &(struct kb_stream_params){.fd = pass->fd, .st = pass->st, .name = pass->name, .names = pass->names}, tally,
        &digest, err);
    if (r > 0) {
        tally->result->sha256 = kb_hex(tally->arena, digest.bytes, sizeof digest.bytes);
        if (whole)
            compare_whole(tally, whole, &digest);
    }
    return r;
}

static int run(struct kb_pass *pass, struct kb_tally *tally, struct kb_err *err)
{
    struct kb_set_result *result = tally->result;
    result->proof = (struct kb_proof){.exists = KB_NOT_REACHED, .read = KB_NOT_REACHED, .hash = KB_NOT_REACHED};
    result->proof.structure = pass->set->format == KB_FORMAT_ARCHIVE || pass->set->unpack ? KB_NOT_REACHED
                                                                                          : KB_NOT_APPLICABLE;
    if (!is_there(pass, tally))
        return 0;
    result->proof.exists = KB_REACHED;
    struct kb_sha256 digest;
    bool good;
    struct kb_manifest *manifest = read_manifest(pass, tally, &digest, &good);
    bool whole = manifest && pass->set->format != KB_FORMAT_TREE && kb_manifest_is_whole(manifest, pass->name);
    tally->manifest = whole ? NULL : manifest;
    tally->manifest_digest = manifest ? &digest : NULL;
    tally->manifest_good = good;
    int r = read_all(pass, tally, whole ? kb_manifest_at(manifest, 0) : NULL, err);
    if (r > 0 && (pass->set->format == KB_FORMAT_TREE ? tally->checked > 0 : pass->st.st_size > 0))
        result->proof.read = KB_REACHED;
    if (!good)
        result->proof.hash = KB_NOT_REACHED; /* lines that could not be read may be the ones that differ */
    if (!manifest)
        kb_tally_caveat(
            tally, (struct kb_text){.en = "There is no manifest: that nothing was changed or left out is not shown.",
                                    .ja = "ハッシュ一覧がありません。変更や欠けがないことは確認できていません。"});
    kb_manifest_free(manifest);
    return r < 0 ? r : 0;
}

int kb_pass_run(struct kb_pass *pass, const struct kb_sink *sink, int list_fd, const struct kb_reporter *reporter,
                struct kb_arena *arena, struct kb_set_result *ret_result, struct kb_err *err)
{
    struct kb_set_result result = {0};
    struct kb_tally tally = {
        .set = pass->set,
        .sink = sink,
        .reporter = reporter,
        .arena = arena,
        .result = &result,
        .list_fd = list_fd,
        .packed = pass->set->format == KB_FORMAT_TREE ? KB_ABSENT : kb_pass_bytes(pass),
    };
    int64_t began = kb_boot_ns();
    kb_tally_init(&tally);
    int r = run(pass, &tally, err);
    kb_tally_done(&tally);
    result.read_ns = kb_boot_ns() - began;
    if (!r)
        *ret_result = result;
    return r;
}
