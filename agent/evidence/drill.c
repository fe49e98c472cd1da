/* SPDX-License-Identifier: Apache-2.0 */
/* A drill in the ledger: begun, finished with its record folder, or found interrupted. */
#include "handle.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"

#include "holder.h"
#include "left.h"
#include "sums.h"
#include "summary.h"

struct kb_drill_run {
    struct kb_ledger *ledger;
    int64_t number;
    int drills;  /* the folder drills/ */
    int running; /* drills/NNNNNN.running, locked */
};

static const char *running_name(struct kb_arena *arena, int64_t number)
{
    return kb_sprintf(arena, "%s.running", kb_drill_folder(arena, number));
}

int64_t kb_drill_number(const struct kb_drill_run *drill)
{
    return drill->number;
}

void kb_drill_free(struct kb_drill_run *drill)
{
    if (!drill)
        return;
    kb_close_p(&drill->running);
    kb_close_p(&drill->drills);
    free(drill);
}

static void free_p(struct kb_drill_run **drill)
{
    kb_drill_free(*drill);
}

/* The record folder of a drill that was ended just before its last line: it will be written again. */
static int set_aside(const struct kb_drill_run *drill, const char *folder, struct kb_err *err)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *temp = kb_sprintf(arena, ".%s.new", folder);
    int code = kb_remove_tree(drill->drills, temp, err);
    if (code || !renameat(drill->drills, folder, drill->drills, temp) || errno == ENOENT)
        return code;
    return kb_fail(err, kb_code_of_errno(errno), "%s/drills/%s cannot be set aside: %s",
                   "%s/drills/%s を退避できません: %s", drill->ledger->dir, folder, strerror(errno));
}

/* The folder of this number must be free (of one that is resumed: is made so), the lock ours, and the space for the end
 * of the drill taken. */
static int reserve(struct kb_drill_run *drill, const char *name, bool resumed, struct kb_err *err)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct stat st;
    const char *folder = kb_drill_folder(arena, drill->number);
    drill->drills = openat(drill->ledger->dirfd, "drills", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (!resumed && drill->drills >= 0 && !fstatat(drill->drills, folder, &st, AT_SYMLINK_NOFOLLOW))
        return kb_fail(err, KB_ELEDGER,
                       "%s/drills/%s is already there, but the ledger knows no such drill; move it away",
                       "%s/drills/%s が既にありますが、台帳にその訓練はありません。別の場所へ移してください",
                       drill->ledger->dir, folder);
    if (drill->drills < 0 || kb_holder_take(drill->drills, name, drill->number, &drill->running))
        return drill->drills >= 0 && errno == EWOULDBLOCK
                   ? kb_fail(err, KB_EAGAIN, "drill %" PRId64 " is at work in another window",
                             "訓練 %" PRId64 " は別の画面で実行中です", drill->number)
                   : kb_fail(err, kb_code_of_errno(errno), "%s/drills/%s cannot be taken: %s",
                             "%s/drills/%s を確保できません: %s", drill->ledger->dir, name, strerror(errno));
    if (resumed && set_aside(drill, folder, err))
        return err->code;
    int cause = posix_fallocate(drill->running, KB_HOLDER_BYTES, KB_LEDGER_RESERVE);
    if (cause)
        return kb_fail(err, kb_code_of_errno(cause), "%d MiB must be free in %s, so that the record can be written: %s",
                       "記録を書き込むため、%2$s に %1$d MiB の空きが必要です: %3$s", KB_LEDGER_RESERVE >> 20,
                       drill->ledger->dir, strerror(cause));
    return 0;
}

static int begin_locked(struct kb_drill_run *drill, const struct kb_line *entry, struct kb_err *err)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    drill->number = drill->ledger->last_drill + 1;
    const char *name = running_name(arena, drill->number);
    struct kb_line started = *entry;
    started.kind = kb_line_kind_names[KB_LINE_DRILL_STARTED];
    started.drill = drill->number;
    int code = reserve(drill, name, false, err);
    if (!code)
        code = kb_ledger_append_locked(drill->ledger, &started, err);
    if (code && drill->running >= 0)
        (void)unlinkat(drill->drills, name, 0);
    if (!code)
        drill->ledger->last_drill = drill->number;
    return code;
}

static struct kb_drill_run *new_run(struct kb_ledger *ledger)
{
    struct kb_drill_run *drill = calloc(1, sizeof *drill);
    if (!drill)
        abort();
    drill->ledger = ledger;
    drill->drills = drill->running = -1;
    return drill;
}

int kb_drill_begin(struct kb_ledger *ledger, const struct kb_line *entry, struct kb_drill_run **ret_drill,
                   struct kb_err *err)
{
    __attribute__((cleanup(free_p))) struct kb_drill_run *drill = new_run(ledger);
    int code = kb_ledger_lock(ledger, err);
    if (code)
        return code;
    code = begin_locked(drill, entry, err);
    kb_ledger_unlock(ledger);
    if (code)
        return kb_wrap(err, "the drill was not started", "訓練を開始しませんでした");
    *ret_drill = drill;
    drill = NULL;
    return 0;
}

/* Text of SHA256SUMS as it grows. */
static const char *add_sum(struct kb_arena *arena, const char *sums, struct kb_sha256 digest, const char *name)
{
    char hex[KB_SHA256_HEX_SIZE];
    kb_sha256_hex(digest, hex);
    return kb_sprintf(arena, "%s%s  %s\n", sums, hex, name);
}

static const char *sums_of(struct kb_arena *arena, const struct kb_record *record, const struct kb_drill_files *files,
                           const char *json, size_t json_n)
{
    const char *sums = add_sum(arena, "", kb_sha256_of(json, json_n), "record.json");
    sums = add_sum(arena, sums, kb_sha256_of(files->plan, files->plan_n), "plan.yaml");
    sums = add_sum(arena, sums, kb_sha256_of(files->events, files->events_n), "events.jsonl");
    for (size_t i = 0; i < record->units.n; i++) {
        struct kb_sha256 digest;
        const char *list = record->units.v[i].list;
        if (list && !kb_sha256_parse(list, strlen(list), &digest) && !strstr(sums, list))
            sums = add_sum(arena, sums, digest, kb_sprintf(arena, "../../objects/%s.zst", list));
    }
    return sums;
}

/* The whole folder under a name of its own, durable, then in one step under its number. */
static int write_folder(struct kb_drill_run *drill, const struct kb_record *record, const struct kb_drill_files *files,
                        struct kb_sha256 *ret_sums, struct kb_err *err)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *folder = kb_drill_folder(arena, drill->number), *temp = kb_sprintf(arena, ".%s.new", folder);
    size_t json_n;
    const char *json = kb_record_write(record, arena, &json_n);
    const char *sums = sums_of(arena, record, files, json, json_n);
    int code = kb_remove_tree(drill->drills, temp, err);
    if (code)
        return code;
    KB_SCOPED_FD dir = mkdirat(drill->drills, temp, 0755)
                           ? -1
                           : openat(drill->drills, temp, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0)
        return kb_fail(err, kb_code_of_errno(errno), "the record folder cannot be made: %s",
                       "記録フォルダを作成できません: %s", strerror(errno));
    if ((code = kb_file_publish(dir, "record.json", json, json_n, 0644, err)) ||
        (code = kb_file_publish(dir, "plan.yaml", files->plan, files->plan_n, 0644, err)) ||
        (code = kb_file_publish(dir, "events.jsonl", files->events, files->events_n, 0644, err)) ||
        (code = kb_file_publish(dir, "SHA256SUMS", sums, strlen(sums), 0644, err)))
        return code;
    if (renameat(drill->drills, temp, drill->drills, folder) || fsync(drill->drills))
        return kb_fail(err, kb_code_of_errno(errno), "the record folder %s could not be put in place: %s",
                       "記録フォルダ %s を配置できませんでした: %s", folder, strerror(errno));
    *ret_sums = kb_sha256_of(sums, strlen(sums));
    return 0;
}

int kb_drill_finish(struct kb_drill_run *drill, const struct kb_record *record, const struct kb_drill_files *files,
                    struct kb_err *err)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_sha256 sums;
    if (record->id != drill->number)
        return kb_fail(err, KB_ELEDGER, "the record is of drill %" PRId64 ", not of drill %" PRId64,
                       "記録は訓練 %" PRId64 " のもので、訓練 %" PRId64 " のものではありません", record->id,
                       drill->number);
    if (ftruncate(drill->running, KB_HOLDER_BYTES)) /* gives back the reserve; no space is needed for that */
        return kb_fail(err, KB_EIO, "the reserved space cannot be given back: %s", "確保した領域を解放できません: %s",
                       strerror(errno));
    int code = write_folder(drill, record, files, &sums, err);
    if (code)
        return kb_wrap(err, "the record of drill %" PRId64 " was not kept",
                       "訓練 %" PRId64 " の記録を保存できませんでした", drill->number);
    struct kb_line finished;
    char hex[KB_SHA256_HEX_SIZE];
    kb_sha256_hex(sums, hex);
    kb_line_of_record(KB_LINE_DRILL_FINISHED, record, arena, &finished);
    finished.drill = drill->number;
    finished.sha256sums = hex;
    if ((code = kb_ledger_append(drill->ledger, &finished, err)))
        return code;
    (void)unlinkat(drill->drills, running_name(arena, drill->number), 0); /* left behind it says nothing */
    return 0;
}

int kb_ledger_verified(struct kb_ledger *ledger, const struct kb_record *record, struct kb_err *err)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_line entry;
    kb_line_of_record(KB_LINE_VERIFIED, record, arena, &entry);
    return kb_ledger_append(ledger, &entry, err);
}

/* Nobody holds the lock of a drill whose process is gone. ret_fd holds it now, so that nobody else decides the same. */
static bool is_gone(int drills, const char *name, int *ret_fd)
{
    KB_SCOPED_FD fd = openat(drills, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT;
    if (kb_holder_lock(drills, name, fd))
        return false;
    *ret_fd = kb_steal(&fd);
    return true;
}

static int note_interrupted(struct kb_ledger *ledger, int drills, int64_t number, size_t *n, struct kb_err *err)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *name = running_name(arena, number);
    KB_SCOPED_FD held = -1;
    if (!is_gone(drills, name, &held))
        return 0;
    struct kb_line entry;
    kb_line_init(&entry, KB_LINE_DRILL_INTERRUPTED);
    entry.drill = number;
    entry.reason = kb_text_new(arena, "The process of this drill ended without a record.",
                               "この訓練のプロセスは、記録を残さずに終了しました。");
    int code = kb_ledger_append_locked(ledger, &entry, err);
    if (code)
        return code;
    (*n)++;
    (void)unlinkat(drills, name, 0);
    (void)kb_remove_tree(drills, kb_sprintf(arena, ".%s.new", kb_drill_folder(arena, number)), NULL);
    return 0;
}

/* Which drills were started and have no end; one more than the last number. */
static int find_open(struct kb_ledger *ledger, struct kb_arena *arena, bool **ret_open, struct kb_err *err)
{
    struct kb_chain chain;
    int code = kb_chain_read(ledger->dirfd, arena, &chain, err);
    if (code)
        return code;
    bool *open = kb_alloc(arena, (size_t)ledger->last_drill + 1, sizeof *open);
    for (size_t line = 1; line <= chain.n_lines; line++) {
        KB_SCOPED_ARENA scratch = kb_arena_new();
        struct kb_line entry;
        if ((code = kb_line_entry(&chain, line, scratch, &entry, err)))
            return code;
        if (entry.drill >= 1 && entry.drill <= ledger->last_drill)
            open[entry.drill] = !strcmp(entry.kind, kb_line_kind_names[KB_LINE_DRILL_STARTED]);
    }
    *ret_open = open;
    return 0;
}

static int resume_locked(struct kb_drill_run *drill, struct kb_err *err)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    bool *open = NULL;
    int code = find_open(drill->ledger, arena, &open, err);
    if (code)
        return code;
    if (drill->number < 1 || drill->number > drill->ledger->last_drill || !open[drill->number])
        return kb_fail(err, KB_EUSAGE, "drill %" PRId64 " is not open in this ledger",
                       "訓練 %" PRId64 " は、この台帳では実施中ではありません", drill->number);
    return reserve(drill, running_name(arena, drill->number), true, err);
}

int kb_drill_resume(struct kb_ledger *ledger, int64_t number, struct kb_drill_run **ret_drill, struct kb_err *err)
{
    __attribute__((cleanup(free_p))) struct kb_drill_run *drill = new_run(ledger);
    drill->number = number;
    int code = kb_ledger_lock(ledger, err);
    if (code)
        return code;
    code = resume_locked(drill, err);
    kb_ledger_unlock(ledger);
    if (code)
        return code;
    *ret_drill = drill;
    drill = NULL;
    return 0;
}

static bool is_among(int64_t number, const struct kb_drill_numbers *numbers)
{
    for (size_t i = 0; numbers && i < numbers->n; i++)
        if (numbers->v[i] == number)
            return true;
    return false;
}

static int find_interrupted(struct kb_ledger *ledger, const struct kb_drill_numbers *waiting, size_t *n,
                            struct kb_err *err)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    bool *open = NULL;
    int code = find_open(ledger, arena, &open, err);
    if (code)
        return code;
    KB_SCOPED_FD drills = openat(ledger->dirfd, "drills", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (drills < 0)
        return kb_fail(err, kb_code_of_errno(errno), "%s/drills cannot be opened: %s", "%s/drills を開けません: %s",
                       ledger->dir, strerror(errno));
    for (int64_t number = 1; number <= ledger->last_drill; number++)
        if (open[number] && !is_among(number, waiting) && (code = note_interrupted(ledger, drills, number, n, err)))
            return code;
    return 0;
}

int kb_ledger_interrupted(struct kb_ledger *ledger, const struct kb_drill_numbers *waiting, size_t *ret_n,
                          struct kb_err *err)
{
    size_t n = 0;
    KB_SCOPED_FD objects = openat(ledger->dirfd, "objects", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (objects >= 0)
        kb_left_remove(objects, ".", ".new");
    int code = kb_ledger_lock(ledger, err);
    if (code)
        return code;
    code = find_interrupted(ledger, waiting, &n, err);
    kb_ledger_unlock(ledger);
    if (!code)
        *ret_n = n;
    return code;
}
