/* SPDX-License-Identifier: Apache-2.0 */
/* Are the record folders what the lines of the ledger say? */
#include "check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"

#include "sums.h"

enum drill_state { UNKNOWN, STARTED, INTERRUPTED, FINISHED };

/* By number of the drill, 0 … n-1; numbers are given in order, so there are never more than lines. */
struct drills {
    size_t n;
    char *state;   /* enum drill_state */
    size_t *line;  /* of drill_started, then of its end */
    bool *carried; /* listed in drills.txt; NULL: all of them must be there */
    struct kb_sha256 *sums;
};

static struct kb_flaw *add(struct kb_checking *c, enum kb_flaw_id id, int64_t drill, const char *name)
{
    struct kb_flaw *flaw = kb_flaw_add(c, id);
    flaw->drill = drill;
    flaw->file = kb_sprintf(c->arena, "drills/%s%s%s", kb_drill_folder(c->arena, drill), name ? "/" : "",
                            name ? name : "");
    return flaw;
}

static void expect_hash(struct kb_checking *c, struct kb_flaw *flaw, const char *expected, struct kb_sha256 found)
{
    const char *hex = kb_hex(c->arena, found.bytes, sizeof found.bytes);
    flaw->expected = kb_text_new(c->arena, "SHA-256 %s", "SHA-256 は %s", expected);
    flaw->found = kb_text_new(c->arena, "SHA-256 %s", "SHA-256 は %s", hex);
}

static struct drills read_lines(struct kb_checking *c)
{
    static const struct {
        enum kb_line_kind kind;
        enum drill_state state;
    } states[] = {
        {KB_LINE_DRILL_STARTED, STARTED}, {KB_LINE_DRILL_INTERRUPTED, INTERRUPTED}, {KB_LINE_DRILL_FINISHED, FINISHED}};
    struct drills drills = {.n = c->chain.n_lines + 1};
    drills.state = kb_alloc(c->arena, drills.n, 1);
    drills.line = kb_alloc(c->arena, drills.n, sizeof *drills.line);
    drills.sums = kb_alloc(c->arena, drills.n, sizeof *drills.sums);
    for (size_t line = 1; line <= c->chain.n_lines; line++) {
        KB_SCOPED_ARENA scratch = kb_arena_new();
        struct kb_line entry;
        if (kb_line_entry(&c->chain, line, scratch, &entry, NULL) || entry.drill < 1 ||
            (uint64_t)entry.drill >= drills.n)
            continue;
        for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
            if (strcmp(entry.kind, kb_line_kind_names[states[i].kind]) != 0)
                continue;
            drills.state[entry.drill] = (char)states[i].state;
            drills.line[entry.drill] = line;
            /* a line without a readable hash fits no file */
            if (entry.sha256sums)
                (void)kb_sha256_parse(entry.sha256sums, strlen(entry.sha256sums), &drills.sums[entry.drill]);
        }
    }
    return drills;
}

/* drills.txt of a pack: one number per line. Nobody signed it: it only says which folders may be absent. */
static void read_carried(struct kb_checking *c, struct drills *drills)
{
    char *text;
    size_t n;
    if (c->params->whole || kb_file_read(c->dirfd, "drills.txt", KB_SUMS_BYTES_MAX, c->arena, &text, &n, NULL))
        return;
    drills->carried = kb_alloc(c->arena, drills->n, sizeof *drills->carried);
    for (char *at = text, *end; *at; at = end) {
        unsigned long long number = strtoull(at, &end, 10);
        if (end == at)
            break;
        if (number < drills->n)
            drills->carried[number] = true;
    }
}

static void check_file(struct kb_checking *c, int64_t drill, int dir, const struct kb_sum *sum)
{
    struct kb_sha256 found, expected;
    c->check->files_checked++;
    if (kb_file_sha256(dir, sum->name, &found)) {
        const char *why = strerror(errno);
        add(c, KB_FLAW_FILE_MISSING, drill, sum->name)->found = kb_text_new(c->arena, "%s", "%s", why);
    } else if (kb_sha256_parse(sum->hex, strlen(sum->hex), &expected) || !kb_same(&found, &expected)) {
        expect_hash(c, add(c, KB_FLAW_FILE_CHANGED, drill, sum->name), sum->hex, found);
    }
}

static bool is_covered(const char *name, const char *sums)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    return !strcmp(name, ".") || !strcmp(name, "..") || !strcmp(name, "SHA256SUMS") || !strcmp(name, "report.html") ||
           strstr(sums, kb_sprintf(arena, "  %s\n", name));
}

static void note_others(struct kb_checking *c, int64_t drill, int dir, const char *sums)
{
    DIR *list = kb_dir_list(dir);
    if (!list)
        return;
    for (struct dirent *e; (e = readdir(list));)
        if (!is_covered(e->d_name, sums))
            (void)add(c, KB_FLAW_NOT_COVERED, drill, kb_escape(c->arena, e->d_name, strlen(e->d_name)));
    (void)closedir(list);
}

static void check_folder(struct kb_checking *c, const struct drills *drills, int parent, int64_t drill)
{
    KB_SCOPED_FD dir = openat(parent, kb_drill_folder(c->arena, drill),
                              O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0 && (parent < 0 || errno == ENOENT) && drills->carried && !drills->carried[drill]) {
        c->check->drills_not_carried++;
        return;
    }
    if (dir < 0) {
        add(c, KB_FLAW_FOLDER_MISSING, drill, NULL)->line = (int64_t)drills->line[drill];
        return;
    }
    char *sums;
    size_t n;
    c->check->drills_checked++;
    if (kb_file_read(dir, "SHA256SUMS", KB_SUMS_BYTES_MAX, c->arena, &sums, &n, NULL)) {
        (void)add(c, KB_FLAW_FILE_MISSING, drill, "SHA256SUMS");
        return;
    }
    struct kb_sha256 found = kb_sha256_of(sums, n);
    if (!kb_same(&found, &drills->sums[drill])) {
        struct kb_flaw *flaw = add(c, KB_FLAW_SUMS_CHANGED, drill, "SHA256SUMS");
        flaw->line = (int64_t)drills->line[drill];
        expect_hash(c, flaw, kb_hex(c->arena, drills->sums[drill].bytes, sizeof found.bytes), found);
    }
    struct kb_sum sum;
    const char *at = sums;
    int got;
    while ((got = kb_sums_next(&at, sums + n, c->arena, &sum)) > 0)
        check_file(c, drill, dir, &sum);
    if (got < 0 || !n) {
        size_t line = strcspn(at, "\n");
        add(c, KB_FLAW_SUMS_STRANGE, drill, "SHA256SUMS")->found = kb_text_new(
            c->arena, "%s", "%s", kb_escape(c->arena, at, line < 200 ? line : 200));
    }
    note_others(c, drill, dir, sums);
}

static bool is_running(struct kb_checking *c, int parent, int64_t drill)
{
    KB_SCOPED_FD fd = openat(parent, kb_sprintf(c->arena, "%s.running", kb_drill_folder(c->arena, drill)),
                             O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
}

static void note_unfinished(struct kb_checking *c, const struct drills *drills, int parent, int64_t drill)
{
    struct kb_flaw *flaw = kb_flaw_add(c, KB_FLAW_UNFINISHED);
    flaw->drill = drill;
    flaw->line = (int64_t)drills->line[drill];
    flaw->found = drills->state[drill] == INTERRUPTED ? kb_text_new(c->arena, "interrupted, and said so in line %zu",
                                                                    "中断（%zu 行目に記載）", drills->line[drill])
                  : is_running(c, parent, drill)
                      ? kb_text_new(c->arena, "it is running now", "現在実行中です")
                      : kb_text_new(c->arena, "its process is gone", "プロセスは終了しています");
}

/* A folder that no line vouches for could pass for a record. */
static void find_unknown(struct kb_checking *c, const struct drills *drills, int parent)
{
    DIR *list = kb_dir_list(parent);
    if (!list)
        return;
    for (struct dirent *e; (e = readdir(list));) {
        size_t digits = strspn(e->d_name, "0123456789");
        if (!digits || digits > 18 || e->d_name[digits])
            continue;
        int64_t drill = strtoll(e->d_name, NULL, 10);
        bool other = strcmp(e->d_name, kb_drill_folder(c->arena, drill)) != 0; /* 0000002 would pass for 000002 */
        int state = !other && (uint64_t)drill < drills->n ? drills->state[drill] : UNKNOWN;
        if (state == UNKNOWN || state == INTERRUPTED || state == STARTED)
            add(c, state == UNKNOWN ? KB_FLAW_FOLDER_UNKNOWN : KB_FLAW_NOT_COVERED, drill, NULL)->file = kb_sprintf(
                c->arena, "drills/%s", e->d_name);
    }
    (void)closedir(list);
}

int kb_check_drills(struct kb_checking *c, struct kb_err *err)
{
    struct drills drills = read_lines(c);
    read_carried(c, &drills);
    KB_SCOPED_FD parent = openat(c->dirfd, "drills", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (parent < 0 && errno != ENOENT)
        return kb_fail(err, kb_code_of_errno(errno), "%s/drills cannot be opened: %s", "%s/drills を開けません: %s",
                       c->params->dir, strerror(errno));
    for (size_t drill = 1; drill < drills.n; drill++) {
        if (drills.state[drill] == FINISHED) {
            c->check->drills++;
            check_folder(c, &drills, parent, (int64_t)drill);
        } else if (drills.state[drill] != UNKNOWN) {
            note_unfinished(c, &drills, parent, (int64_t)drill);
        }
    }
    find_unknown(c, &drills, parent);
    kb_check_lists(c, !drills.carried);
    return 0;
}
