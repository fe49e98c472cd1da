/* SPDX-License-Identifier: Apache-2.0 */
/* Locked files that name their holder, and the locks of media and systems. */
#include "holder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/digest.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/lock.h"
#include "koboshi/shape.h"

static const struct kb_key holder_keys[] = {
    KB_KEY(struct kb_holder, pid, KB_INT),
    KB_KEY(struct kb_holder, drill, KB_INT),
    KB_KEY(struct kb_holder, since, KB_TIME),
};
static const struct kb_shape holder_shape = KB_SHAPE(struct kb_holder, "holder", holder_keys);

/* A process that was killed while it started another leaves a child that holds its locks until it has become the other
 * program. */
static bool has_ended(int64_t pid)
{
    return pid > 0 && pid <= INT32_MAX && kill((pid_t)pid, 0) && errno == ESRCH;
}

int kb_holder_lock(int dirfd, const char *name, int fd)
{
    enum { PATIENCE_MS = 1000, TURN_MS = 10 };
    for (int ms = 0; flock(fd, LOCK_EX | LOCK_NB); ms += TURN_MS) {
        int cause = errno;
        if (cause != EWOULDBLOCK || ms >= PATIENCE_MS || !has_ended(kb_holder_read(dirfd, name).pid)) {
            errno = cause;
            return -1;
        }
        (void)nanosleep(&(struct timespec){.tv_nsec = TURN_MS * 1000000}, NULL);
    }
    return 0;
}

int kb_holder_take(int dirfd, const char *name, int64_t drill, int *ret_fd)
{
    KB_SCOPED_FD fd = openat(dirfd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0 || kb_holder_lock(dirfd, name, fd))
        return -1;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct kb_holder holder = {getpid(), drill, kb_wall_s()};
    KB_SCOPED_JSON json = kb_shape_write(&holder_shape, &holder);
    size_t n;
    const char *text = kb_json_dump(arena, json, JSON_COMPACT, &n);
    if (ftruncate(fd, 0) || kb_write_all(fd, text, n))
        return -1;
    *ret_fd = kb_steal(&fd);
    return 0;
}

struct kb_holder kb_holder_read(int dirfd, const char *name)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    KB_SCOPED_FD fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct kb_holder holder = {KB_ABSENT, KB_ABSENT, KB_ABSENT}, found;
    char text[KB_HOLDER_BYTES] = "";
    KB_SCOPED_JSON json = NULL;
    struct kb_err unasked = {0};
    if (fd < 0 || kb_read_full(fd, text, sizeof text - 1) <= 0) /* a reserve of zeros may follow the text */
        return holder;
    if (!kb_json_parse(text, strlen(text), &json, &unasked) &&
        !kb_shape_read(&holder_shape, json, arena, &found, &unasked))
        holder = found;
    return holder;
}

static int busy(const struct kb_lock *lock, int dirfd, const char *name, struct kb_err *err)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_holder holder = kb_holder_read(dirfd, name);
    struct kb_text drill = {.ja = "", .en = ""};
    if (holder.drill != KB_ABSENT)
        drill = kb_text_new(arena, ", drill %" PRId64, "、訓練 %" PRId64, holder.drill);
    const char *pid = holder.pid == KB_ABSENT ? "?" : kb_sprintf(arena, "%" PRId64, holder.pid);
    const char *since = kb_time_show(arena, holder.since), *id = kb_escape(arena, lock->id, strlen(lock->id));
    return lock->kind == KB_LOCK_MEDIUM
               ? kb_fail(err, KB_EAGAIN,
                         "the medium %s is in use: process %s%s%.0s, since %s. Try again when that has ended",
                         "媒体 %s は使用中です: プロセス %s%.0s%s、%s から。終了後にもう一度実行してください", id, pid,
                         drill.en, drill.ja, since)
               : kb_fail(err, KB_EAGAIN,
                         "the system %s is in use: process %s%s%.0s, since %s. Try again when that has ended",
                         "システム %s は使用中です: プロセス %s%.0s%s、%s から。終了後にもう一度実行してください", id,
                         pid, drill.en, drill.ja, since);
}

static const char *file_name(const struct kb_lock *lock, struct kb_arena *arena)
{
    static const char *const kinds[] = {"medium", "system"};
    char hex[KB_SHA256_HEX_SIZE];
    kb_sha256_hex(kb_sha256_of(lock->id, strlen(lock->id)), hex);
    return kb_sprintf(arena, "%s-%.32s.lock", kinds[lock->kind], hex);
}

int kb_lock_take(const struct kb_lock *lock, int *ret_fd, struct kb_err *err)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *name = file_name(lock, arena);
    int code = kb_mkdir_p(lock->dir, 0755, err);
    if (code)
        return code;
    KB_SCOPED_FD dirfd = open(lock->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dirfd >= 0 && !kb_holder_take(dirfd, name, lock->drill, ret_fd))
        return 0;
    if (errno == EWOULDBLOCK && dirfd >= 0)
        return busy(lock, dirfd, name, err);
    int cause = errno;
    return kb_fail(err, kb_code_of_errno(cause), "the lock %s/%s cannot be taken: %s",
                   "ロック %s/%s を取得できません: %s", lock->dir, name, strerror(cause));
}

/* proc(5): "1: FLOCK  ADVISORY  WRITE 1234 00:1a:5678 0 EOF"; the device number in it is not always that of stat(2), so
 * the process that wrote its id into the file must be the one that holds it. */
bool kb_lock_is_held(const struct kb_lock *lock)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    KB_SCOPED_FD dirfd = open(lock->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const char *name = file_name(lock, arena);
    struct stat st;
    if (dirfd < 0 || fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW))
        return false;
    struct kb_holder holder = kb_holder_read(dirfd, name);
    FILE *locks = fopen("/proc/locks", "re");
    char line[256];
    long pid;
    unsigned long inode;
    bool held = false;
    while (locks && !held && fgets(line, sizeof line, locks))
        held = sscanf(line, "%*s FLOCK %*s WRITE %ld %*x:%*x:%lu", &pid, &inode) == 2 && pid == holder.pid &&
               inode == st.st_ino;
    if (locks)
        (void)fclose(locks);
    return held;
}
