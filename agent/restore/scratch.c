/* SPDX-License-Identifier: Apache-2.0 */
/* A scratch folder: made, its room counted, its findings told, removed. */
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"

/* What must stay free for everybody else on this file system: 5 %, but no more than this. */
#define RESERVE_BYTES  (64LL << 20)
#define RESERVE_INODES 1000
enum { RESERVE_PART = 20 };

static int64_t less_reserve(uint64_t available, uint64_t total, int64_t reserve_max)
{
    int64_t reserve = (int64_t)(total / RESERVE_PART);
    if (reserve > reserve_max)
        reserve = reserve_max;
    return (int64_t)available - reserve;
}

/* Bytes and inodes that this restore may use. */
static int measure_room(int fd, int64_t *ret_bytes, int64_t *ret_inodes)
{
    struct statvfs room;
    if (fstatvfs(fd, &room))
        return -1;
    *ret_bytes = less_reserve((uint64_t)room.f_bavail * room.f_frsize, (uint64_t)room.f_blocks * room.f_frsize,
                              RESERVE_BYTES);
    *ret_inodes = 4LL * KB_ENTRIES_MAX; /* a file system without a fixed number (btrfs) says 0 */
    if (room.f_files) {
        int64_t inodes = less_reserve(room.f_favail, room.f_files, RESERVE_INODES);
        if (inodes < *ret_inodes)
            *ret_inodes = inodes;
    }
    return 0;
}

struct kb_finding *kb_scratch_finding(const struct kb_scratch *s, struct kb_arena *arena, enum kb_rule_id rule,
                                      const char *path)
{
    struct kb_finding *finding = kb_finding_make(arena, rule);
    finding->set = s->set->set;
    finding->medium = s->set->medium;
    if (s->set->file)
        finding->file = kb_escape(arena, s->set->file, strlen(s->set->file));
    if (path) {
        finding->entry = kb_escape(arena, path, strlen(path));
        if (strcmp(finding->entry, path))
            finding->entry_hex = kb_hex(arena, path, strlen(path));
    }
    return finding;
}

void kb_scratch_report(const struct kb_scratch *s, const struct kb_finding *finding)
{
    if (s->reporter && s->reporter->finding)
        s->reporter->finding(s->reporter->owner, finding);
}

/* Free room as a sentence; negative means that the reserve is touched already. */
static struct kb_text room_text(struct kb_arena *arena, int64_t bytes, int64_t inodes)
{
    return kb_text_new(arena, "%s and %s files fit, with the reserve for others kept",
                       "空きは %s、%s ファイル分です（予備を除く）", kb_show_bytes(arena, bytes > 0 ? bytes : 0),
                       kb_show_count(arena, inodes > 0 ? inodes : 0));
}

static void report_too_small(const struct kb_scratch *s, int64_t needed, int64_t bytes, int64_t inodes)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_finding *finding = kb_scratch_finding(s, arena, KB_RULE_SPACE, NULL);
    const char *where = kb_escape(arena, s->set->scratch, strlen(s->set->scratch));
    if (needed > 0)
        finding->expected = kb_text_new(arena, "%s free for %s", "%s の空き（%s）", kb_show_bytes(arena, needed),
                                        where);
    else
        finding->expected = kb_text_new(arena, "room for at least one file in %s", "%s に1ファイル以上の空き", where);
    finding->found = room_text(arena, bytes, inodes);
    kb_scratch_report(s, finding);
}

/* The folder itself, by the descriptor of its parent; and to whom it belongs. */
static int make_root(struct kb_scratch *s, int parent, const char *name, uid_t uid, gid_t gid)
{
    if (mkdirat(parent, name, 0700))
        return -1;
    s->root = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (s->root >= 0 && !fchmod(s->root, 0700) && (uid == geteuid() || !fchown(s->root, uid, gid)))
        return 0;
    int cause = errno;
    (void)unlinkat(parent, name, AT_REMOVEDIR);
    errno = cause;
    return -1;
}

static int cannot_make(const char *path, int cause, struct kb_err *err)
{
    if (cause == EEXIST)
        return kb_fail(err, KB_EIO, "the scratch folder %s is there already; a restore needs a fresh one",
                       "作業フォルダ %s が既にあります。新しいフォルダが必要です", path);
    return kb_fail(err, kb_code_of_errno(cause), "the scratch folder %s could not be made: %s",
                   "作業フォルダ %s を作成できませんでした: %s", path, strerror(cause));
}

/* Splits path and opens the folder above; *ret_name points into path. */
static int open_above(const char *path, const char **ret_name, struct kb_err *err)
{
    const char *slash = strrchr(path, '/');
    if (path[0] != '/' || !slash[1] || !strcmp(slash, "/.") || !strcmp(slash, "/..") ||
        strlen(path) > KB_PATH_BYTES_MAX)
        return kb_fail(err, KB_EIO, "the scratch folder must be an absolute path that ends in a name: %s",
                       "作業フォルダは名前で終わる絶対パスで指定してください: %s", path);
    char above[KB_PATH_BYTES_MAX + 2];
    memcpy(above, path, (size_t)(slash - path) + 1);
    above[slash - path + 1] = '\0';
    *ret_name = slash + 1;
    return open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Of a sample the share asked for: about that much is restored, and to ask for room for everything would keep those
 * from a drill who draw a sample for want of room. */
static int64_t share_needed(const struct kb_job_set *set, int64_t bytes)
{
    bool sampled = set->sample > 0 && set->sample < 100 && set->format != KB_FORMAT_FILE;
    return bytes > 0 && sampled ? bytes / 100 * set->sample : bytes;
}

int kb_scratch_new(const struct kb_job_set *set, uint32_t uid, uint32_t gid, int64_t needed_bytes,
                   const struct kb_reporter *reporter, struct kb_arena *arena, struct kb_scratch **ret_scratch,
                   struct kb_err *err)
{
    (void)arena;
    const char *name = NULL;
    if (!set->scratch)
        return kb_fail(err, KB_EWORKER, "the job names no scratch folder", "ジョブに作業フォルダの指定がありません");
    KB_SCOPED_FD above = open_above(set->scratch, &name, err);
    if (above < -1)
        return above;
    needed_bytes = share_needed(set, needed_bytes);
    struct kb_scratch made = {.set = set, .reporter = reporter, .root = -1, .fd = -1, .parent = -1};
    if (above < 0 || measure_room(above, &made.bytes_left, &made.inodes_left))
        return cannot_make(set->scratch, errno, err);
    if (made.bytes_left <= 0 || made.inodes_left <= 1 || (needed_bytes > 0 && needed_bytes > made.bytes_left)) {
        report_too_small(&made, needed_bytes, made.bytes_left, made.inodes_left);
        *ret_scratch = NULL;
        return 0;
    }
    if (make_root(&made, above, name, uid, gid)) {
        int cause = errno;
        if (made.root >= 0)
            (void)close(made.root);
        return cannot_make(set->scratch, cause, err);
    }
    made.windows = kb_windows_target(set->target_fs);
    made.umask = umask(0); /* before there are threads */
    (void)umask(made.umask);
    made.inodes_left--;
    struct kb_scratch *s = malloc(sizeof *s);
    made.gather = malloc(KB_GATHER_BYTES);
    if (!s || !made.gather)
        abort();
    *s = made;
    s->arena = kb_arena_new();
    kb_items_init(&s->items, s->arena);
    s->sample = kb_sample_new(s);
    if (!s->sample) /* what a sample takes is measured file by file */
        s->writers = kb_writers_new(s);
    *ret_scratch = s;
    return 0;
}

void kb_scratch_free(struct kb_scratch *s)
{
    if (!s)
        return;
    kb_writers_free(s->writers);
    s->writers = NULL;
    kb_shelf_free(s->shelf);
    kb_scratch_forget_parent(s);
    if (s->fd >= 0)
        (void)close(s->fd);
    (void)close(s->root);
    kb_items_done(&s->items);
    kb_sample_free(s->sample);
    kb_arena_free(s->arena);
    free(s->gather);
    free(s);
}

void kb_scratch_out_of_space(struct kb_scratch *s, const char *path)
{
    s->skipped++;
    s->lost_to_space++;
    if (s->full)
        return;
    s->full = true;
    KB_SCOPED_ARENA arena = kb_arena_new();
    int64_t bytes = 0, inodes = 0;
    (void)measure_room(s->root, &bytes, &inodes);
    struct kb_finding *finding = kb_scratch_finding(s, arena, KB_RULE_SPACE, path);
    finding->expected = s->sample ? kb_text_new(arena, "room for the sample of the generation",
                                                "世代の抜き取り分が入る空き容量")
                                  : kb_text_new(arena, "room for the whole generation", "世代全体が入る空き容量");
    finding->found = room_text(arena, bytes, inodes);
    kb_scratch_report(s, finding);
}

static enum kb_rule_id rule_of(int errnum)
{
    static const struct {
        int errnum;
        enum kb_rule_id rule;
    } rules[] = {
        {EEXIST, KB_RULE_NAMES_COLLIDE}, {ENOTDIR, KB_RULE_NAMES_COLLIDE},          {EISDIR, KB_RULE_NAMES_COLLIDE},
        {ELOOP, KB_RULE_NAMES_COLLIDE},  {ENAMETOOLONG, KB_RULE_NOT_REPRESENTABLE}, {EILSEQ, KB_RULE_NOT_REPRESENTABLE},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i].errnum == errnum)
            return rules[i].rule;
    return KB_RULE_RESTORE_WRITE;
}

void kb_scratch_skip(struct kb_scratch *s, const char *path, int errnum)
{
    if (errnum == ENOSPC || errnum == EDQUOT) {
        kb_scratch_out_of_space(s, path);
        return;
    }
    s->skipped++;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_finding *finding = kb_scratch_finding(s, arena, rule_of(errnum), path);
    finding->expected = kb_text_new(arena, "it can be written to the scratch folder", "作業フォルダに書き込めること");
    finding->found = kb_text_new(arena, "not restored: %s", "復元していません: %s", strerror(errnum));
    kb_scratch_report(s, finding);
}

int kb_scratch_remove(const char *path, struct kb_err *err)
{
    const char *name = NULL;
    KB_SCOPED_FD above = open_above(path, &name, err);
    if (above < -1)
        return above;
    if (above < 0)
        return errno == ENOENT ? 0
                               : kb_fail(err, kb_code_of_errno(errno), "the folder above %s could not be opened: %s",
                                         "%s の上のフォルダを開けませんでした: %s", path, strerror(errno));
    int code = kb_remove_tree(above, name, err);
    return code ? kb_wrap(err, "the scratch folder %s is still there", "作業フォルダ %s が残っています", path) : 0;
}
