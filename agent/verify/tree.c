/* SPDX-License-Identifier: Apache-2.0 */
/* Walks a folder, file after file. */
#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"
#include "koboshi/ring.h"

struct walk {
    struct kb_tally *tally;
    dev_t device;
    uint8_t *buffer;
    struct kb_gauge *gauge;
    struct kb_content content;
    char path[KB_PATH_BYTES_MAX + KB_DISK_NAME_BYTES_MAX + 2];
    bool lost;
};

/* The names of one folder, sorted. */
struct names {
    char **v;
    size_t n;
};

static void names_free(struct names *names)
{
    for (size_t i = 0; i < names->n; i++)
        free(names->v[i]);
    free(names->v);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void tell_unread(struct walk *w, const struct kb_entry *entry, int cause)
{
    w->lost = true;
    KB_SCOPED_ARENA arena = kb_arena_new();
    kb_tally_tell(w->tally, KB_RULE_READ_FAILED, entry,
                  (struct kb_text){.en = "it can be opened and read", .ja = "開いて読めること"},
                  kb_text_new(arena, "%s", "%s", strerror(cause)));
}

/* 0, or -1 with errno. Bounded by the entries one generation may have. */
static int list_names(int fd, int64_t room, struct names *ret_names)
{
    DIR *dir = kb_dir_list(fd);
    if (!dir)
        return -1;
    int cause = 0;
    for (struct dirent *e; (errno = 0, e = readdir(dir));) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
            continue;
        if ((ret_names->n & (ret_names->n - 1)) == 0) {
            ret_names->v = reallocarray(ret_names->v, ret_names->n ? ret_names->n * 2 : 1, sizeof *ret_names->v);
            if (!ret_names->v)
                abort();
        }
        if (!(ret_names->v[ret_names->n] = strdup(e->d_name)))
            abort();
        if ((int64_t)++ret_names->n > room)
            break; /* the tally stops at this limit and says so */
    }
    cause = errno;
    (void)closedir(dir);
    if (ret_names->n)
        qsort(ret_names->v, ret_names->n, sizeof *ret_names->v, by_bytes);
    errno = cause;
    return cause ? -1 : 0;
}

static int open_quietly(int dirfd, const char *name)
{
    int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    int fd = openat(dirfd, name, flags | O_NOATIME); /* not even the access time changes */
    return fd < 0 && errno == EPERM ? openat(dirfd, name, flags) : fd;
}

static int read_file(struct walk *w, int dirfd, const char *name, const struct stat *st, struct kb_err *err)
{
    struct kb_tally *tally = w->tally;
    KB_SCOPED_FD fd = open_quietly(dirfd, name);
    struct stat now;
    if (fd < 0 || fstat(fd, &now) || now.st_ino != st->st_ino || !S_ISREG(now.st_mode)) {
        tell_unread(w, &tally->entry, fd < 0 ? errno : ESTALE);
        w->content.whole = false;
        return kb_tally_end(tally, &w->content, err);
    }
    struct kb_reading reading = {.fd = fd};
    ssize_t n;
    kb_gauge_begin(w->gauge);
    while (!tally->stopped && (n = kb_reading_next(&reading, w->buffer, KB_RING_SLOT_BYTES)) > 0) {
        int r = kb_tally_data(tally, reading.offset - n, w->buffer, (size_t)n, err);
        if (r)
            return r;
        if (!tally->stopped)
            kb_gauge_data(w->gauge, reading.offset - n, w->buffer, (size_t)n);
        tally->result->bytes_read += n;
        kb_tally_progress(tally, tally->result->bytes_read, KB_ABSENT);
    }
    bool lost = kb_tally_tell_reading(tally, &reading, &tally->entry);
    if (!lost && !tally->stopped && reading.offset != now.st_size) {
        KB_SCOPED_ARENA arena = kb_arena_new();
        kb_tally_tell(tally, KB_RULE_READ_FAILED, &tally->entry,
                      kb_text_new(arena, "%" PRId64 " bytes", "%" PRId64 " バイト", (int64_t)now.st_size),
                      kb_text_new(arena, "%" PRId64 " bytes came", "%" PRId64 " バイトでした", reading.offset));
        lost = true;
    }
    w->lost |= lost;
    kb_gauge_end(w->gauge, !lost, &w->content);
    return kb_tally_end(tally, &w->content, err);
}

static enum kb_entry_kind kind_of(mode_t mode)
{
    return S_ISREG(mode)   ? KB_ENTRY_FILE
           : S_ISDIR(mode) ? KB_ENTRY_FOLDER
           : S_ISLNK(mode) ? KB_ENTRY_SYMLINK
                           : KB_ENTRY_OTHER;
}

static int walk(struct walk *w, int fd, size_t n_path, struct kb_err *err);

static int enter(struct walk *w, int dirfd, const char *name, const struct stat *st, size_t n_path, struct kb_err *err)
{
    if (st->st_dev != w->device) {
        kb_tally_tell(
            w->tally, KB_RULE_ENTRY_KIND, &w->tally->entry,
            (struct kb_text){.en = "a folder of the same file system", .ja = "同じファイルシステムのフォルダ"},
            (struct kb_text){.en = "another file system is mounted here; it was not entered",
                             .ja = "別のファイルシステムがマウントされているため、中を見ていません"});
        return 0;
    }
    KB_SCOPED_FD fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        tell_unread(w, &w->tally->entry, errno);
        return 0;
    }
    return walk(w, fd, n_path, err);
}

static int visit(struct walk *w, int dirfd, const char *name, size_t n_path, struct kb_err *err)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct stat st;
    struct kb_entry e = {
        .raw = w->path, .raw_n = n_path, .shown = kb_escape(arena, w->path, n_path), .size = KB_ABSENT};
    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW)) {
        tell_unread(w, &e, errno);
        return 0;
    }
    char target[KB_PATH_BYTES_MAX + 1];
    e.kind = kind_of(st.st_mode);
    e.mode = st.st_mode & 0777;
    e.mtime_ns = kb_mtime_ns(&st);
    e.size = e.kind == KB_ENTRY_FILE ? st.st_size : KB_ABSENT;
    e.fault = kb_path_judge(w->path, n_path, arena, &e.path);
    if (e.fault == KB_PATH_NAME_TOO_LONG) {
        e.long_path = e.path;
        e.path = NULL;
    }
    if (e.kind == KB_ENTRY_SYMLINK) {
        ssize_t n = readlinkat(dirfd, name, target, sizeof target - 1);
        target[n > 0 ? n : 0] = '\0';
        e.target = target;
    }
    int wanted = kb_tally_entry(w->tally, &e, err);
    if (wanted < 0)
        return wanted;
    if (wanted)
        return read_file(w, dirfd, name, &st, err);
    if (e.kind == KB_ENTRY_FOLDER && (e.path || e.long_path) && !w->tally->stopped)
        return enter(w, dirfd, name, &st, n_path, err);
    return 0;
}

static int walk(struct walk *w, int fd, size_t n_path, struct kb_err *err)
{
    struct names names = {0};
    if (list_names(fd, KB_ENTRIES_MAX - w->tally->meter.entries, &names)) {
        int cause = errno;
        KB_SCOPED_ARENA arena = kb_arena_new();
        const char *shown = n_path ? kb_escape(arena, w->path, n_path) : ".";
        const struct kb_entry folder = {.raw = n_path ? w->path : ".", .raw_n = n_path ? n_path : 1, .shown = shown};
        tell_unread(w, &folder, cause);
    }
    int r = 0;
    for (size_t i = 0; i < names.n && !r && !w->tally->stopped; i++) {
        size_t n = strlen(names.v[i]), slash = n_path ? 1 : 0;
        if (n_path + slash + n >= sizeof w->path) /* cannot be: kb_path_judge refused the folder before */
            continue;
        w->path[n_path] = '/';
        memcpy(w->path + n_path + slash, names.v[i], n + 1);
        r = visit(w, fd, names.v[i], n_path + slash + n, err);
    }
    w->path[n_path] = '\0';
    names_free(&names);
    return r;
}

int kb_tree_run(int fd, struct kb_tally *tally, struct kb_err *err)
{
    struct stat st;
    struct walk *w = calloc(1, sizeof *w);
    if (!w || !(w->buffer = malloc(KB_RING_SLOT_BYTES)))
        abort();
    w->tally = tally;
    w->gauge = kb_gauge_new(kb_tally_digests(tally));
    int r = 0;
    if (fstat(fd, &st)) {
        r = kb_fail(err, KB_EIO, "the folder cannot be looked at: %s", "フォルダを確認できません: %s", strerror(errno));
    } else {
        w->device = st.st_dev;
        r = walk(w, fd, 0, err);
    }
    bool whole = !w->lost && !tally->stopped;
    kb_gauge_free(w->gauge);
    free(w->buffer);
    free(w);
    return r < 0 ? r : whole;
}
