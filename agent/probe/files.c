/* SPDX-License-Identifier: Apache-2.0 */
/* Which files are there, and is one of them the expected one. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/openat2.h>
#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/glob.h"
#include "koboshi/limits.h"

#include "probes.h"

struct counting {
    const char *pattern;
    int64_t seen, matching;
    char path[KB_PATH_BYTES_MAX + 1];
};

/* Takes dirfd over. -1 with errno. */
static int count_below(struct counting *c, int dirfd, size_t path_n, unsigned depth)
{
    DIR *dir = dirfd < 0 ? NULL : fdopendir(dirfd);
    if (!dir || depth > KB_PATH_DEPTH_MAX + 1) {
        int cause = dir ? ELOOP : errno;
        if (dir)
            (void)closedir(dir);
        else if (dirfd >= 0)
            (void)close(dirfd);
        errno = cause;
        return -1;
    }
    int result = 0;
    struct dirent *e;
    while (!result && (errno = 0, e = readdir(dir))) {
        struct stat st;
        size_t n = strlen(e->d_name), at = path_n + (path_n > 0);
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
            continue;
        if (at + n >= sizeof c->path) {
            errno = ENAMETOOLONG;
            result = -1;
            break;
        }
        if (path_n)
            c->path[path_n] = '/';
        memcpy(c->path + at, e->d_name, n + 1);
        result = fstatat(dirfd, e->d_name, &st, AT_SYMLINK_NOFOLLOW);
        if (!result && S_ISDIR(st.st_mode)) {
            int below = openat(dirfd, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            result = count_below(c, below, at + n, depth + 1);
        } else if (!result && S_ISREG(st.st_mode)) {
            c->seen++;
            c->matching += kb_glob_matches(c->pattern, c->path);
        }
    }
    int cause = errno;
    (void)closedir(dir);
    errno = cause;
    return result || cause ? -1 : 0;
}

int kb_probe_files(struct kb_probes *p, size_t i, struct kb_arena *arena, struct kb_answer *ret_answer,
                   struct kb_err *err)
{
    const struct kb_probe *probe = &p->set->probes.v[i];
    struct counting *c = kb_alloc(arena, 1, sizeof *c);
    c->pattern = probe->files;
    if (!strncmp(c->pattern, "./", 2))
        c->pattern += 2;
    if (count_below(c, openat(p->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), 0, 0))
        return kb_fail(err, kb_code_of_errno(errno), "the restored folder cannot be listed: %s",
                       "復元したフォルダを一覧できません: %s", strerror(errno));
    int64_t wanted = probe->at_least > 1 ? probe->at_least : 1; /* none is never enough */
    if (c->matching >= wanted)
        return 0;
    *ret_answer = (struct kb_answer){
        .rule = KB_RULE_PROBE_FILES,
        .expected = kb_text_new(arena, "at least %s files like %s", "%s 件以上（%s）", kb_show_count(arena, wanted),
                                kb_escape(arena, probe->files, strlen(probe->files))),
        .found = kb_text_new(arena, "%s of %s files", "%s 件（全 %s ファイル中）", kb_show_count(arena, c->matching),
                             kb_show_count(arena, c->seen)),
    };
    return 0;
}

int kb_probe_open_file(const struct kb_probes *p, const char *path, struct kb_arena *arena, struct kb_text *ret_why)
{
    struct stat st;
    KB_SCOPED_FD fd = kb_open_beneath(p->root, path, O_RDONLY | O_NONBLOCK, 0, RESOLVE_NO_MAGICLINKS);
    if (fd < 0 && errno == EXDEV) {
        *ret_why = kb_text_new(arena, "the path leads out of the restored folder", "パスが復元先の外を指しています");
        return -1;
    }
    if (fd < 0) {
        *ret_why = errno == ENOENT ? kb_text_new(arena, "it is not there", "ファイルがありません")
                                   : kb_text_new(arena, "it cannot be opened: %s", "開けません: %s", strerror(errno));
        return -1;
    }
    if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
        *ret_why = kb_text_new(arena, "it is not a regular file", "通常のファイルではありません");
        return -1;
    }
    return kb_steal(&fd);
}

int kb_probe_sha256(struct kb_probes *p, size_t i, struct kb_arena *arena, struct kb_answer *ret_answer,
                    struct kb_err *err)
{
    const struct kb_probe *probe = &p->set->probes.v[i];
    struct kb_answer bad = {.rule = KB_RULE_PROBE_SHA256, .entry = probe->sha256};
    struct kb_sha256 wanted;
    if (!probe->is || kb_sha256_parse(probe->is, strlen(probe->is), &wanted))
        return kb_fail(err, KB_EPLAN, "`is` of a sha256 probe must be 64 hexadecimal digits",
                       "sha256 の確認の is は16進数64桁で指定してください");
    bad.expected = kb_text_new(arena, "SHA-256 %s", "SHA-256 %s", probe->is);
    KB_SCOPED_FD fd = kb_probe_open_file(p, probe->sha256, arena, &bad.found);
    if (fd < 0) {
        *ret_answer = bad;
        return 0;
    }
    enum { BLOCK = 256 << 10 };
    void *block = kb_alloc(arena, BLOCK, 1);
    struct kb_hasher *hasher = kb_hasher_new();
    kb_hasher_begin(hasher);
    ssize_t n;
    while ((n = kb_read_full(fd, block, BLOCK)) > 0)
        kb_hasher_add(hasher, block, (size_t)n);
    int cause = errno;
    struct kb_sha256 digest = kb_hasher_end(hasher);
    kb_hasher_free(hasher);
    char hex[KB_SHA256_HEX_SIZE];
    kb_sha256_hex(digest, hex);
    if (n < 0)
        bad.found = kb_text_new(arena, "it cannot be read: %s", "読めません: %s", strerror(cause));
    else
        bad.found = kb_text_new(arena, "SHA-256 %s", "SHA-256 %s", hex);
    if (n < 0 || memcmp(&digest, &wanted, sizeof digest))
        *ret_answer = bad;
    return 0;
}
