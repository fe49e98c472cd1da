/* SPDX-License-Identifier: Apache-2.0 */
/* Files that by their names are pieces of one backup. */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "koboshi/arena.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"

enum { TAIL_MIN = 2, TAIL_MAX = 6, START_BYTES = 6 };

/* What counts at the end of a name, behind its last dot. */
struct tail {
    const char *dot;
    size_t n;
    bool letters;
};

/* All digits, or all small letters. */
static bool tail_of(const char *name, struct tail *ret_tail)
{
    const char *dot = strrchr(name, '.');
    size_t digits = 0, letters = 0, n = dot ? strlen(dot + 1) : 0;
    for (size_t i = 0; i < n; i++) {
        digits += dot[1 + i] >= '0' && dot[1 + i] <= '9';
        letters += dot[1 + i] >= 'a' && dot[1 + i] <= 'z';
    }
    *ret_tail = (struct tail){.dot = dot, .n = n, .letters = letters == n};
    return dot && dot != name && n >= TAIL_MIN && n <= TAIL_MAX && (digits == n || letters == n);
}

/* Counts of one file have one width; split(1) goes on with zaaa after yz, 7-Zip with 1000 after 999. */
static bool counts_with(const struct tail *own, const struct tail *other)
{
    char begins = other->dot[1];
    if (own->letters != other->letters)
        return false;
    return own->n == other->n || (own->n < other->n && (own->letters ? begins == 'z' : begins != '0'));
}

static int by_count(const void *a, const void *b)
{
    const char *x = *(const char *const *)a, *y = *(const char *const *)b;
    size_t n = strlen(x), m = strlen(y);
    return n != m ? (n < m ? -1 : 1) : strcmp(x, y);
}

/* Names of the files in this folder that count as `name` does, itself among them, in their order; at most one more than
 * a generation may have. */
static const char **names_beside(const char *folder, const char *name, const struct tail *own, struct kb_arena *arena,
                                 size_t *ret_n)
{
    const char **names = NULL;
    const size_t stem = (size_t)(own->dot + 1 - name);
    KB_SCOPED_FD fd = kb_view_open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : kb_dir_list(fd);
    *ret_n = 0;
    for (struct dirent *e; dir && *ret_n <= KB_SEGMENTS_MAX && (e = readdir(dir));) {
        struct tail tail;
        struct stat st;
        if (strncmp(e->d_name, name, stem) || !tail_of(e->d_name, &tail) ||
            (size_t)(tail.dot + 1 - e->d_name) != stem || !counts_with(own, &tail) ||
            fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode))
            continue;
        names = kb_grow(arena, names, *ret_n, sizeof *names);
        names[(*ret_n)++] = kb_strdup(arena, e->d_name);
    }
    if (dir)
        (void)closedir(dir);
    if (*ret_n)
        qsort(names, *ret_n, sizeof *names, by_count);
    return names;
}

/* 0, 00, 001, aa. */
static bool is_first(const char *name)
{
    struct tail tail;
    if (!tail_of(name, &tail))
        return false;
    return tail.letters ? strspn(tail.dot + 1, "a") == tail.n : atoi(tail.dot + 1) <= 1;
}

static bool read_start(const char *path, char start[START_BYTES])
{
    KB_SCOPED_FD fd = kb_view_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    return fd >= 0 && pread(fd, start, START_BYTES, 0) == START_BYTES;
}

/* Two that begin alike are two backups in turn, not pieces of one: what follows a cut is as good as random. */
static bool begin_alike(const char *a, const char *b)
{
    char x[START_BYTES], y[START_BYTES];
    static const char zeros[START_BYTES];
    return read_start(a, x) && read_start(b, y) && !memcmp(x, y, sizeof x) && memcmp(x, zeros, sizeof x);
}

bool kb_cli_pieces(const struct kb_cli *cli, const char *path, struct kb_cli_pieces *ret_pieces)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    struct tail tail;
    size_t n;
    if (!slash || !tail_of(name, &tail))
        return false;
    const char *folder = kb_strndup(cli->arena, path, slash == path ? 1 : (size_t)(slash - path));
    const char **names = names_beside(folder, name, &tail, cli->arena, &n);
    if (n < 2 || !is_first(names[0]))
        return false;
    for (size_t i = 0; i < n; i++)
        names[i] = kb_sprintf(cli->arena, "%.*s/%s", (int)(slash - path), path, names[i]);
    if (begin_alike(names[0], names[1]))
        return false;
    *ret_pieces = (struct kb_cli_pieces){.n = n, .paths = names};
    return true;
}

bool kb_cli_piece(const struct kb_cli *cli, const char *path, struct kb_text *ret_told)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    struct tail tail;
    size_t n;
    if (!tail_of(name, &tail))
        return false;
    const char *folder = slash ? kb_strndup(cli->arena, path, slash == path ? 1 : (size_t)(slash - path)) : ".";
    const char **names = names_beside(folder, name, &tail, cli->arena, &n);
    if (n < 2)
        return false;
    const char *beside = names[strcmp(names[0], name) ? 0 : 1],
               *whole = kb_escape(cli->arena, name, (size_t)(tail.dot - name));
    const char *shown = kb_escape(cli->arena, beside, strlen(beside));
    *ret_told = is_first(names[0])
                    ? kb_text_new(cli->arena,
                                  "By its name this could be one piece of a split backup (beside it: %1$s), but both "
                                  "begin alike, as two backups do, so it was judged alone. If they are pieces, write "
                                  "`path: %2$s.%%{part}` in a plan: then they are read as one file.",
                                  "名前からは分割されたバックアップの1つにも見えますが（隣に %1$s があります）、先頭が"
                                  "同じなので、別々のバックアップとして単独で判定しました。分割されたものなら、計画に "
                                  "path: %2$s.%%{part} と書いてください（全部を1つのファイルとして読みます）。",
                                  shown, whole)
                    : kb_text_new(
                          cli->arena,
                          "By its name this is one piece of a split backup, whose first piece (such as "
                          "%2$s.%3$s) is not here: the first one here is %1$s. Bring all pieces into this folder "
                          "and verify any of them: they are read as one file.",
                          "名前からみて、分割されたバックアップの1つですが、先頭の部分（%2$s.%3$s など）が"
                          "ありません（ここにある最初のものは %1$s です）。すべての部分をこのフォルダに置いて、"
                          "どれか1つを検証してください（全部を1つのファイルとして読みます）。",
                          strcmp(names[0], name) ? shown : kb_escape(cli->arena, name, strlen(name)), whole,
                          tail.letters  ? "aa"
                          : tail.n == 2 ? "00"
                                        : "001");
    return true;
}
