/* SPDX-License-Identifier: Apache-2.0 */
/* Bends one file of an evidence pack in every way there is, one at a time, and asks who checks it: ledger_bends PACK
 * FILE BITS agent|script STEP JOBS
 *
 *   ways     each byte with each bit of the mask BITS flipped (1 to 255), the file cut at each byte, each line dropped,
 *            doubled, and swapped with each line after it
 *   agent    every bend is checked in this process, as `evidence verify PACK` does it; JOBS is 1
 *   script   by PACK/verify.sh; JOBS processes at a time, each with a copy of PACK of its own beside it
 *   STEP     one bend of so many, spread evenly; 1: all
 *
 * Prints one line for each bend that was not found, at most 20, and last "FILE: N bends, M asked, K not found". Exits 0
 * if all that were asked were found, 1 if not, 2 if it could not work: also when PACK as it is is not good. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/ledger.h"

enum { LINES_MAX = 4096, JOBS_MAX = 64, TOLD_MAX = 20 };

/* The file as it is, its lines, and room for it bent: at most one line more. */
struct subject {
    char *whole, *bent;
    size_t n, n_lines, line[LINES_MAX + 1]; /* where each begins; the last: the end */
    const char *file;
};

enum way { FLIP, CUT, DROP, DOUBLE, SWAP };
static const char *const way_names[] = {"flip", "cut", "drop", "double", "swap"};
struct bend {
    enum way way;
    size_t at, other; /* byte and bit, byte, line, line, two lines */
};

/* What the jobs count together. */
struct tally {
    size_t asked, missed;
    int broken;
};

static void die(const char *what)
{
    perror(what);
    exit(2);
}

static size_t bits_in(unsigned mask)
{
    return (size_t)__builtin_popcount(mask);
}

static size_t n_bends(const struct subject *s, unsigned mask)
{
    return s->n * bits_in(mask) + s->n + 2 * s->n_lines + s->n_lines * (s->n_lines - 1) / 2;
}

static struct bend bend_at(const struct subject *s, unsigned mask, size_t i)
{
    size_t bits = bits_in(mask);
    if (i < s->n * bits) {
        size_t nth = i % bits, bit = 0;
        for (; !(mask >> bit & 1) || nth--; bit++)
            ;
        return (struct bend){FLIP, i / bits, bit};
    }
    i -= s->n * bits;
    if (i < s->n)
        return (struct bend){CUT, i, 0};
    i -= s->n;
    if (i < 2 * s->n_lines)
        return (struct bend){i % 2 ? DOUBLE : DROP, i / 2, 0};
    i -= 2 * s->n_lines;
    size_t first = 0;
    for (; i >= s->n_lines - 1 - first; first++)
        i -= s->n_lines - 1 - first;
    return (struct bend){SWAP, first, first + 1 + i};
}

static size_t put(char *to, size_t n, const struct subject *s, size_t line)
{
    size_t of_line = s->line[line + 1] - s->line[line];
    memcpy(to + n, s->whole + s->line[line], of_line);
    return n + of_line;
}

/* The bent file; returns its length. */
static size_t bend(const struct subject *s, const struct bend *how)
{
    if (how->way == FLIP || how->way == CUT) {
        memcpy(s->bent, s->whole, s->n);
        if (how->way == CUT)
            return how->at;
        s->bent[how->at] = (char)(s->bent[how->at] ^ 1 << how->other);
        return s->n;
    }
    size_t n = 0;
    for (size_t line = 0; line < s->n_lines; line++) {
        if (how->way == SWAP) {
            n = put(s->bent, n, s, line == how->at ? how->other : line == how->other ? how->at : line);
            continue;
        }
        if (how->way == DOUBLE || line != how->at)
            n = put(s->bent, n, s, line);
        if (how->way == DOUBLE && line == how->at)
            n = put(s->bent, n, s, line);
    }
    return n;
}

static void replace(const char *path, const char *bytes, size_t n)
{
    int fd = open(path, O_WRONLY | O_TRUNC);
    if (fd < 0 || write(fd, bytes, n) != (ssize_t)n || close(fd))
        die(path);
}

static int agent_finds(const char *pack)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct kb_ledger_check_params params = {.dir = pack};
    const struct kb_ledger_check *check = NULL;
    struct kb_err err = {0};
    return kb_ledger_verify(&params, arena, &check, &err) || check->bad > 0;
}

/* Only a plain "not as signed" (1) is a find, not a script that fell over its input. */
static int script_finds(const char *pack)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        int none = open("/dev/null", O_RDWR);
        if (chdir(pack) || dup2(none, 0) < 0 || dup2(none, 1) < 0 || dup2(none, 2) < 0)
            _exit(126);
        execl("/bin/sh", "sh", "./verify.sh", (char *)NULL);
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        die("sh");
    return WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

static void read_subject(const char *pack, struct subject *s)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    char *bytes;
    struct kb_err err = {0};
    if (kb_file_read(AT_FDCWD, kb_sprintf(arena, "%s/%s", pack, s->file), 1 << 24, arena, &bytes, &s->n, &err) || !s->n)
        die(s->file);
    s->whole = malloc(s->n);
    s->bent = malloc(2 * s->n);
    if (!s->whole || !s->bent)
        die("malloc");
    memcpy(s->whole, bytes, s->n);
    for (size_t i = 0; i < s->n && s->n_lines < LINES_MAX; s->n_lines++) {
        s->line[s->n_lines] = i;
        const char *end = memchr(s->whole + i, '\n', s->n - i);
        i = end ? (size_t)(end - s->whole) + 1 : s->n;
        s->line[s->n_lines + 1] = i;
    }
}

static void work(const struct subject *s, const char *pack, unsigned mask, int (*finds)(const char *), size_t from,
                 size_t step, size_t to, struct tally *tally)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *path = kb_sprintf(arena, "%s/%s", pack, s->file);
    for (size_t i = from; i < to; i += step) {
        const struct bend how = bend_at(s, mask, i);
        size_t n = bend(s, &how);
        if (n == s->n && !memcmp(s->bent, s->whole, n)) /* two lines alike were swapped */
            continue;
        replace(path, s->bent, n);
        __atomic_fetch_add(&tally->asked, 1, __ATOMIC_RELAXED);
        if (finds(pack))
            continue;
        if (__atomic_add_fetch(&tally->missed, 1, __ATOMIC_RELAXED) <= TOLD_MAX)
            (void)printf("not found: %s of %s at %zu, %zu\n", way_names[how.way], s->file, how.at, how.other);
    }
    (void)fflush(stdout);
    replace(path, s->whole, s->n);
    if (finds(pack))
        tally->broken = 1;
}

/* Each job has its own copy of the pack: it bends every JOBS-th of what is asked. */
static void share_out(const struct subject *s, const char *pack, unsigned mask, size_t step, size_t jobs,
                      struct tally *tally)
{
    pid_t pids[JOBS_MAX];
    for (size_t job = 0; job < jobs; job++) {
        if ((pids[job] = fork()) < 0)
            die("fork");
        if (pids[job])
            continue;
        KB_SCOPED_ARENA arena = kb_arena_new();
        const char *copy = kb_sprintf(arena, "%s.%zu", pack, job);
        pid_t cp = fork();
        if (cp == 0) {
            execlp("cp", "cp", "-a", pack, copy, (char *)NULL);
            _exit(127);
        }
        int status;
        if (cp < 0 || waitpid(cp, &status, 0) != cp || status)
            die("cp");
        work(s, copy, mask, script_finds, job * step, jobs * step, n_bends(s, mask), tally);
        _exit(kb_remove_tree(AT_FDCWD, copy, NULL) ? 2 : 0);
    }
    for (size_t job = 0; job < jobs; job++) {
        int status;
        if (waitpid(pids[job], &status, 0) != pids[job] || status)
            tally->broken = 1;
    }
}

int main(int argc, char **argv)
{
    struct subject s = {.file = argc == 7 ? argv[2] : NULL};
    unsigned mask = argc == 7 ? (unsigned)atoi(argv[3]) : 0;
    size_t step = argc == 7 ? (size_t)atoi(argv[5]) : 0, jobs = argc == 7 ? (size_t)atoi(argv[6]) : 0;
    int by_agent = argc == 7 && !strcmp(argv[4], "agent");
    if (mask < 1 || mask > 255 || step < 1 || jobs < 1 || jobs > JOBS_MAX || (!by_agent && strcmp(argv[4], "script")))
        return 2;
    struct tally *tally = mmap(NULL, sizeof *tally, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (tally == MAP_FAILED)
        die("mmap");
    read_subject(argv[1], &s);
    if (by_agent ? agent_finds(argv[1]) : script_finds(argv[1])) {
        (void)printf("%s is not good as it is\n", argv[1]);
        return 2;
    }
    if (by_agent)
        work(&s, argv[1], mask, agent_finds, 0, step, n_bends(&s, mask), tally);
    else
        share_out(&s, argv[1], mask, step, jobs, tally);
    (void)printf("%s: %zu bends, %zu asked, %zu not found\n", s.file, n_bends(&s, mask), tally->asked, tally->missed);
    free(s.whole);
    free(s.bent);
    return tally->broken ? 2 : tally->missed || !tally->asked;
}
