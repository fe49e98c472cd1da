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
#include "koboshi/threads.h"
#include "koboshi/tool.h"

#include "readback.h"
#include "scratch.h"

#define PROGRESS_NS (KB_NS_PER_S / 4)

struct rereading {
    struct kb_scratch *s;
    struct kb_item **files; /* in the order of the walk */
    size_t n_files, room;
    char path[KB_PATH_BYTES_MAX + 1]; /* of what is looked at, below the scratch folder */
    struct kb_readback back;
    int64_t bytes_total, wrong;
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

static void say_progress(void *owner, const char *path, int64_t files, int64_t bytes)
{
    struct rereading *r = owner;
    int64_t now = kb_boot_ns();
    if (!r->s->reporter || !r->s->reporter->progress || now - r->said_at < PROGRESS_NS)
        return;
    r->said_at = now;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_progress progress = {.bytes = bytes,
                                   .bytes_total = r->bytes_total,
                                   .entries = files,
                                   .entry = kb_escape(arena, path, strlen(path)),
                                   .phase = "reread"};
    r->s->reporter->progress(r->s->reporter->owner, &progress);
}

static void judge_file(struct rereading *r, const struct kb_reread_wrong *wrong)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct kb_item *item = r->files[wrong->index];
    struct kb_text readable = {"読み直せること", "it can be read again"};
    if (wrong->cause) {
        report_wrong(r, item->path, readable, kb_text_new(arena, "%s", "%s", strerror(wrong->cause)));
    } else if (wrong->size != item->size) {
        report_wrong(r, item->path, kb_text_new(arena, "%s bytes", "%s バイト", kb_show_count(arena, item->size)),
                     kb_text_new(arena, "%s bytes", "%s バイト", kb_show_count(arena, wrong->size)));
    } else {
        char wanted[KB_SHA256_HEX_SIZE], found[KB_SHA256_HEX_SIZE];
        kb_sha256_hex(item->digest, wanted);
        kb_sha256_hex(wrong->digest, found);
        report_wrong(r, item->path, kb_text_new(arena, "SHA-256 %s", "SHA-256 %s", wanted),
                     kb_text_new(arena, "SHA-256 %s", "SHA-256 %s", found));
    }
}

/* What the walk met, read by several threads; judged here in its order. */
static void read_files(struct rereading *r)
{
    r->back = (struct kb_readback){.root = r->s->root,
                                   .files = r->files,
                                   .n = r->n_files,
                                   .threads = kb_threads(r->s->set->threads),
                                   .owner = r,
                                   .progress = say_progress};
    kb_readback_run(&r->back);
    for (size_t i = 0; i < r->back.n_wrong; i++)
        judge_file(r, &r->back.wrong[i]);
    r->wrong += r->back.unlisted; /* read back well, but it is not what the manifest names: the pass has said so */
    free(r->back.wrong);
}

static void note_file(struct rereading *r, struct kb_item *item)
{
    if (r->n_files == r->room) {
        r->room = r->room ? r->room * 2 : 1024;
        r->files = reallocarray(r->files, r->room, sizeof *r->files);
        if (!r->files)
            abort();
    }
    r->files[r->n_files++] = item;
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

/* What a folder says of an entry; asked again where the file system does not say it. -1 with errno. */
static int kind_of(int dirfd, const struct dirent *e)
{
    static const struct {
        unsigned char type;
        mode_t mode;
        int kind;
    } kinds[] = {
        {DT_REG, S_IFREG, KB_ENTRY_FILE}, {DT_LNK, S_IFLNK, KB_ENTRY_SYMLINK}, {DT_DIR, S_IFDIR, KB_ENTRY_FOLDER}};
    struct stat st = {0};
    if (e->d_type == DT_UNKNOWN && fstatat(dirfd, e->d_name, &st, AT_SYMLINK_NOFOLLOW))
        return -1;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (e->d_type == kinds[i].type || (e->d_type == DT_UNKNOWN && (st.st_mode & S_IFMT) == kinds[i].mode))
            return kinds[i].kind;
    return KB_ENTRY_OTHER;
}

static int visit(struct rereading *r, int dirfd, const struct dirent *e, size_t path_n, unsigned depth,
                 struct kb_err *err)
{
    static const struct kb_text only_ours = {"書き込んだものだけがあること", "only what was written here"};
    static const struct kb_text foreign = {"書き込んだ覚えのない項目があります", "something nobody wrote"};
    int kind = kind_of(dirfd, e);
    if (kind < 0)
        return kb_fail(err, KB_EIO, "a restored entry cannot be looked at: %s", "復元した項目を確認できません: %s",
                       strerror(errno));
    struct kb_item *item = kb_items_find(&r->s->items, r->path);
    if (!item || !(item->flags & KB_ITEM_WRITTEN) || item->kind != kind || kind == KB_ENTRY_OTHER) {
        report_wrong(r, r->path, only_ours, foreign);
        return 0;
    }
    item->flags |= KB_ITEM_SEEN;
    if (kind == KB_ENTRY_FILE) {
        note_file(r, item);
    } else if (kind == KB_ENTRY_SYMLINK) {
        compare_link(r, dirfd, e->d_name, item);
    } else {
        KB_SCOPED_FD fd = kb_open_below(dirfd, e->d_name, O_RDONLY | O_DIRECTORY, 0);
        if (fd < 0)
            return kb_fail(err, KB_EIO, "a restored folder cannot be opened: %s", "復元したフォルダを開けません: %s",
                           strerror(errno));
        return walk(r, fd, path_n, depth + 1, err);
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
        code = visit(r, dirfd, e, at + n, depth, err);
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

/* ret_own: without hard links, which the pass does not count as files. */
static void count_restored(const struct kb_scratch *s, int64_t *ret_files, int64_t *ret_own, int64_t *ret_bytes)
{
    for (size_t i = 0; i < s->items.n; i++) {
        const struct kb_item *item = kb_items_at(&s->items, i);
        if (item->kind != KB_ENTRY_FILE || !(item->flags & KB_ITEM_WRITTEN))
            continue;
        ++*ret_files;
        *ret_own += kb_item_is_own_file(item);
        *ret_bytes += item->size;
    }
}

/* The pass knows of entries that never came here. */
static bool pass_was_good(const struct kb_scratch *s, const struct kb_set_result *result, int64_t own)
{
    int64_t accounted = own + s->superseded + kb_sample_left_out(s->sample);
    const struct kb_proof *proof = &result->proof;
    bool structure = proof->structure != KB_NOT_REACHED || kb_tool_hides(s->set); /* bytes are bytes */
    bool hash = proof->hash != KB_NOT_REACHED || !s->set->manifest; /* without a list nothing is unlike it */
    return !result->skipped && result->files <= accounted && proof->read != KB_NOT_REACHED && hash && structure;
}

int kb_scratch_reread(struct kb_scratch *s, struct kb_arena *arena, struct kb_set_result *result, struct kb_err *err)
{
    int64_t files = 0, own = 0, bytes = 0, started = kb_boot_ns();
    count_restored(s, &files, &own, &bytes);
    struct rereading *r = calloc(1, sizeof *r);
    if (!r)
        abort();
    *r = (struct rereading){.s = s, .bytes_total = bytes};
    int code = walk(r, s->root, 0, 0, err);
    int64_t walk_ns = kb_boot_ns() - started;
    if (!code) {
        read_files(r);
        report_gone(r);
        result->files_restored = files;
        result->bytes_restored = bytes;
        result->files_reread = r->back.read;
        result->bytes_reread = r->back.bytes;
        result->reread_ns = kb_boot_ns() - started;
        kb_sample_spent(s->sample, walk_ns, 0);
        kb_sample_reread(s->sample, result->reread_ns - walk_ns);
        result->coverage = kb_sample_left_out(s->sample) ? KB_COVERAGE_SAMPLE : KB_COVERAGE_FULL;
        result->sample = s->sample ? kb_sample_seen(s->sample, arena) : NULL;
        bool all = files > 0 && r->back.read == files && !r->wrong && !s->skipped;
        result->proof.restored = all && pass_was_good(s, result, own) ? KB_REACHED : KB_NOT_REACHED;
    }
    free(r->files);
    free(r);
    return code;
}
