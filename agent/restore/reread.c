/* SPDX-License-Identifier: Apache-2.0 */
/* The proof of a restore: what lies in the scratch folder now is read again and compared, file by file. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/tool.h"

#include "scratch.h"

enum { READ_BYTES = 1 << 20 };
#define PROGRESS_NS (KB_NS_PER_S / 4)

struct rereading {
    struct kb_scratch *s;
    struct kb_hasher *hasher;
    unsigned char *buffer;
    char path[KB_PATH_BYTES_MAX + 1]; /* of what is looked at, below the scratch folder */
    int64_t files, bytes, bytes_total, wrong;
    int64_t said_at; /* kb_boot_ns of the last progress */
};

static void report_wrong(struct rereading *r, const char *path, struct kb_text expected, struct kb_text found)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_finding *finding = kb_scratch_finding(r->s, arena, KB_RULE_REREAD_DIFFERS, path);
    finding->expected = expected;
    finding->found = found;
    kb_scratch_report(r->s, finding);
    r->wrong++;
}

static void say_progress(struct rereading *r)
{
    int64_t now = kb_boot_ns();
    if (!r->s->reporter || !r->s->reporter->progress || now - r->said_at < PROGRESS_NS)
        return;
    r->said_at = now;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_progress progress = {.bytes = r->bytes,
                                   .bytes_total = r->bytes_total,
                                   .entries = r->files,
                                   .entry = kb_escape(arena, r->path, strlen(r->path)),
                                   .phase = "reread"};
    r->s->reporter->progress(r->s->reporter->owner, &progress);
}

/* Size and digest as the disk gives them; -1 with errno. */
static int read_back(struct rereading *r, int fd, int64_t *ret_size, struct kb_sha256 *ret_digest)
{
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED); /* best effort: not every file system drops its cache */
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    kb_hasher_begin(r->hasher);
    int64_t size = 0;
    ssize_t n;
    while ((n = kb_read_full(fd, r->buffer, READ_BYTES)) > 0) {
        kb_hasher_add(r->hasher, r->buffer, (size_t)n);
        size += n;
        r->bytes += n;
        say_progress(r);
        if (n < READ_BYTES)
            break;
    }
    *ret_digest = kb_hasher_end(r->hasher);
    *ret_size = size;
    return n < 0 ? -1 : 0;
}

static void compare_file(struct rereading *r, int dirfd, const char *name, struct kb_item *item)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    KB_SCOPED_FD fd = kb_open_below(dirfd, name, O_RDONLY | O_NONBLOCK, 0);
    struct kb_sha256 digest;
    int64_t size;
    struct kb_text readable = {"読み直せること", "it can be read again"};
    if (fd < 0 || read_back(r, fd, &size, &digest)) {
        report_wrong(r, r->path, readable, kb_text_new(arena, "%s", "%s", strerror(errno)));
        return;
    }
    r->files++;
    if (size != item->size) {
        report_wrong(r, r->path, kb_text_new(arena, "%s bytes", "%s バイト", kb_show_count(arena, item->size)),
                     kb_text_new(arena, "%s bytes", "%s バイト", kb_show_count(arena, size)));
    } else if (memcmp(&digest, &item->digest, sizeof digest)) {
        char wanted[KB_SHA256_HEX_SIZE], found[KB_SHA256_HEX_SIZE];
        kb_sha256_hex(item->digest, wanted);
        kb_sha256_hex(digest, found);
        report_wrong(r, r->path, kb_text_new(arena, "SHA-256 %s", "SHA-256 %s", wanted),
                     kb_text_new(arena, "SHA-256 %s", "SHA-256 %s", found));
    } else if (item->flags & KB_ITEM_NOT_LISTED) {
        r->wrong++; /* read back well, but it is not what the manifest names: the pass has said so */
    }
}

static void compare_link(struct rereading *r, int dirfd, const char *name, const struct kb_item *item)
{
    char target[KB_PATH_BYTES_MAX + 1];
    ssize_t n = readlinkat(dirfd, name, target, sizeof target);
    if (n >= 0 && (size_t)n == strlen(item->target) && !memcmp(target, item->target, (size_t)n))
        return;
    KB_SCOPED_ARENA arena = kb_arena_new();
    report_wrong(
        r, r->path,
        kb_text_new(arena, "a link to %s", "%s へのリンク", kb_escape(arena, item->target, strlen(item->target))),
        kb_text_new(arena, "%s%.0s", "%.0s%s", n < 0 ? strerror(errno) : "a link to something else",
                    n < 0 ? strerror(errno) : "別のものへのリンク"));
}

static int walk(struct rereading *r, int dirfd, size_t path_n, unsigned depth, struct kb_err *err);

static int visit(struct rereading *r, int dirfd, const char *name, size_t path_n, unsigned depth, struct kb_err *err)
{
    static const struct kb_text only_ours = {"書き込んだものだけがあること", "only what was written here"};
    static const struct kb_text foreign = {"書き込んだ覚えのない項目があります", "something nobody wrote"};
    struct stat st;
    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW))
        return kb_fail(err, KB_EIO, "a restored entry cannot be looked at: %s", "復元した項目を確認できません: %s",
                       strerror(errno));
    struct kb_item *item = kb_items_find(&r->s->items, r->path);
    int kind = item ? item->kind : -1;
    bool expected = item && (item->flags & KB_ITEM_WRITTEN);
    if (expected && S_ISREG(st.st_mode) && kind == KB_ENTRY_FILE) {
        item->flags |= KB_ITEM_SEEN;
        compare_file(r, dirfd, name, item);
    } else if (expected && S_ISLNK(st.st_mode) && kind == KB_ENTRY_SYMLINK) {
        item->flags |= KB_ITEM_SEEN;
        compare_link(r, dirfd, name, item);
    } else if (expected && S_ISDIR(st.st_mode) && kind == KB_ENTRY_FOLDER) {
        item->flags |= KB_ITEM_SEEN;
        KB_SCOPED_FD fd = kb_open_below(dirfd, name, O_RDONLY | O_DIRECTORY, 0);
        if (fd < 0)
            return kb_fail(err, KB_EIO, "a restored folder cannot be opened: %s", "復元したフォルダを開けません: %s",
                           strerror(errno));
        return walk(r, fd, path_n, depth + 1, err);
    } else {
        report_wrong(r, r->path, only_ours, foreign);
    }
    return 0;
}

/* Everything in the folder dirfd, whose own path is the first path_n bytes of r->path. */
static int walk(struct rereading *r, int dirfd, size_t path_n, unsigned depth, struct kb_err *err)
{
    DIR *dir = depth > KB_PATH_DEPTH_MAX + 1 ? (errno = ELOOP, NULL) : kb_dir_list(dirfd);
    if (!dir)
        return kb_fail(err, KB_EIO, "a restored folder cannot be listed: %s", "復元したフォルダを一覧できません: %s",
                       strerror(errno));
    int code = 0;
    struct dirent *e;
    while (!code && (errno = 0, e = readdir(dir))) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
            continue;
        size_t n = strlen(e->d_name), at = path_n + (path_n > 0);
        if (at + n >= sizeof r->path) {
            code = kb_fail(err, KB_EIO, "a path in the scratch folder is too long", "作業フォルダ内のパスが長すぎます");
            break;
        }
        if (path_n)
            r->path[path_n] = '/';
        memcpy(r->path + at, e->d_name, n + 1);
        code = visit(r, dirfd, e->d_name, at + n, depth, err);
    }
    if (!code && errno)
        code = kb_fail(err, KB_EIO, "a restored folder cannot be listed: %s", "復元したフォルダを一覧できません: %s",
                       strerror(errno));
    (void)closedir(dir);
    return code;
}

/* What was written and is not there any more. */
static void report_gone(struct rereading *r)
{
    static const struct kb_text wanted = {"復元した項目があること", "what was restored is there"};
    static const struct kb_text gone = {"なくなっています", "it is gone"};
    for (size_t i = 0; i < r->s->items.n; i++) {
        const struct kb_item *item = kb_items_at(&r->s->items, i);
        if ((item->flags & (KB_ITEM_WRITTEN | KB_ITEM_SEEN)) == KB_ITEM_WRITTEN)
            report_wrong(r, item->path, wanted, gone);
    }
}

static void count_restored(const struct kb_scratch *s, int64_t *ret_files, int64_t *ret_bytes)
{
    for (size_t i = 0; i < s->items.n; i++) {
        const struct kb_item *item = kb_items_at(&s->items, i);
        if (item->kind != KB_ENTRY_FILE || !(item->flags & KB_ITEM_WRITTEN))
            continue;
        ++*ret_files;
        *ret_bytes += item->size;
    }
}

/* The pass knows of entries that never came here. */
static bool pass_was_good(const struct kb_scratch *s, const struct kb_set_result *result, int64_t files)
{
    const struct kb_proof *proof = &result->proof;
    bool structure = proof->structure != KB_NOT_REACHED || kb_tool_hides(s->set); /* bytes are bytes */
    bool hash = proof->hash != KB_NOT_REACHED || !s->set->manifest; /* without a list nothing is unlike it */
    return !result->skipped && result->files <= files + s->superseded && proof->read != KB_NOT_REACHED && hash &&
           structure;
}

int kb_scratch_reread(struct kb_scratch *s, struct kb_arena *arena, struct kb_set_result *result, struct kb_err *err)
{
    (void)arena;
    int64_t files = 0, bytes = 0, started = kb_boot_ns();
    count_restored(s, &files, &bytes);
    struct rereading *r = calloc(1, sizeof *r);
    unsigned char *buffer = malloc(READ_BYTES);
    if (!r || !buffer)
        abort();
    *r = (struct rereading){.s = s, .hasher = kb_hasher_new(), .buffer = buffer, .bytes_total = bytes};
    int code = walk(r, s->root, 0, 0, err);
    if (!code) {
        report_gone(r);
        result->files_restored = files;
        result->bytes_restored = bytes;
        result->files_reread = r->files;
        result->bytes_reread = r->bytes;
        result->reread_ns = kb_boot_ns() - started;
        bool all = files > 0 && r->files == files && !r->wrong && !s->skipped;
        result->proof.restored = all && pass_was_good(s, result, files) ? KB_REACHED : KB_NOT_REACHED;
    }
    kb_hasher_free(r->hasher);
    free(buffer);
    free(r);
    return code;
}
