/* SPDX-License-Identifier: Apache-2.0 */
/* All probes of one set: made ready before confinement, run after it. */
#include "probes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "koboshi/archive.h"
#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"
#include "koboshi/reader.h"

typedef int probe_fn(struct kb_probes *, size_t, struct kb_arena *, struct kb_answer *, struct kb_err *);

/* Which key says what kind of probe it is; `names_only`: it looks into nothing. */
static const struct {
    size_t key;
    probe_fn *run;
    bool names_only;
} kinds[] = {
    {offsetof(struct kb_probe, files), kb_probe_files, true},
    {offsetof(struct kb_probe, sha256), kb_probe_sha256, false},
    {offsetof(struct kb_probe, opens), kb_probe_opens, false},
    {offsetof(struct kb_probe, sqlite), kb_probe_sqlite, false},
    {offsetof(struct kb_probe, csv), kb_probe_csv, false},
    {offsetof(struct kb_probe, command.v), kb_probe_command, false},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* Index into kinds; KINDS when none or more than one key is there. */
static size_t kind_of(const struct kb_probe *probe)
{
    size_t found = KINDS;
    for (size_t k = 0; k < KINDS; k++) {
        const void *value;
        memcpy(&value, (const char *)probe + kinds[k].key, sizeof value);
        if (!value)
            continue;
        if (found != KINDS)
            return KINDS;
        found = k;
    }
    return found;
}

static bool lies_in(const char *path, const char *folder)
{
    size_t n = strlen(folder);
    return !strncmp(path, folder, n) && (path[n] == '/' || !path[n]);
}

static int hash_program(struct kb_program *program)
{
    enum { BLOCK = 64 << 10 };
    unsigned char *block = malloc(BLOCK);
    struct kb_hasher *hasher = kb_hasher_new();
    ssize_t n = -1, total = 0;
    kb_hasher_begin(hasher);
    while (block && (n = kb_read_full(program->fd, block, BLOCK)) > 0) {
        if (!total)
            program->script = n > 2 && block[0] == '#' && block[1] == '!';
        total += n;
        kb_hasher_add(hasher, block, (size_t)n);
    }
    program->digest = kb_hasher_end(hasher);
    kb_hasher_free(hasher);
    free(block);
    return n < 0 ? -1 : 0;
}

static void open_program(struct kb_probes *p, const char *path, struct kb_program *program)
{
    struct stat st;
    char *real = path[0] == '/' ? realpath(path, NULL) : NULL;
    program->errnum = path[0] == '/' ? errno : ENOENT;
    if (!real)
        return;
    program->path = kb_strdup(p->arena, real);
    free(real);
    program->in_scratch = lies_in(program->path, p->path);
    if (program->in_scratch)
        return;
    program->fd = open(program->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (program->fd >= 0 && !fstat(program->fd, &st) && S_ISREG(st.st_mode) && !hash_program(program))
        return;
    program->errnum = program->fd < 0 ? errno : EACCES;
    kb_close_p(&program->fd);
    program->fd = -1;
}

static int check_expectations(const struct kb_job_set *set, struct kb_err *err)
{
    for (size_t i = 0; i < set->probes.n; i++) {
        const struct kb_probe *probe = &set->probes.v[i];
        if (kind_of(probe) == KINDS)
            return kb_fail(
                err, KB_EPLAN, "probe %zu names none or several of files, sha256, opens, sqlite, csv, command",
                "確認 %zu には files・sha256・opens・sqlite・csv・command のうち1つだけを指定してください", i + 1);
        if (probe->rows && !kb_expect_is_valid(probe->rows))
            return kb_fail(err, KB_EPLAN, "rows of probe %zu cannot be understood: %s (> N, >= N, == N)",
                           "確認 %zu の rows を解釈できません: %s（> N、>= N、== N）", i + 1, probe->rows);
        if (probe->expect && !kb_expect_is_valid(probe->expect))
            return kb_fail(err, KB_EPLAN,
                           "expect of probe %zu cannot be understood: %s (> N, >= N, == V, contains \"…\", age < 24h)",
                           "確認 %zu の expect を解釈できません: %s（> N、>= N、== V、contains \"…\"、age < 24h）",
                           i + 1, probe->expect);
    }
    return 0;
}

int kb_probes_open(const struct kb_job_set *set, struct kb_arena *arena, struct kb_probes **ret_probes,
                   struct kb_err *err)
{
    int code = check_expectations(set, err);
    if (code)
        return code;
    if (!kb_reader_prepare())
        return kb_fail(err, KB_ECONFIG, "the locale C.UTF-8 is missing", "ロケール C.UTF-8 がありません");
    KB_SCOPED_FD root = set->scratch ? open(set->scratch, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
    char *real = root < 0 ? NULL : realpath(set->scratch, NULL);
    if (!real)
        return kb_fail(err, kb_code_of_errno(errno), "the restored folder %s cannot be opened: %s",
                       "復元したフォルダ %s を開けません: %s", set->scratch ? set->scratch : "–", strerror(errno));
    struct kb_probes *p = kb_alloc(arena, 1, sizeof *p);
    *p = (struct kb_probes){.set = set, .arena = arena, .path = kb_strdup(arena, real)};
    free(real);
    p->programs = kb_alloc(arena, set->probes.n, sizeof *p->programs);
    p->program_paths = kb_alloc(arena, set->probes.n + 1, sizeof *p->program_paths);
    size_t n = 0;
    for (size_t i = 0; i < set->probes.n; i++) {
        p->programs[i].fd = -1;
        if (set->probes.v[i].command.n)
            open_program(p, set->probes.v[i].command.v[0], &p->programs[i]);
        if (p->programs[i].fd >= 0)
            p->program_paths[n++] = p->programs[i].path;
    }
    if (sqlite3_initialize() != SQLITE_OK)
        abort();
    (void)sqlite3_hard_heap_limit64(KB_SQLITE_HEAP_MAX);
    p->names = kb_names_new(KB_NAMES_AUTO);
    p->root = kb_steal(&root);
    *ret_probes = p;
    return 0;
}

void kb_probes_close(struct kb_probes *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->set->probes.n; i++)
        kb_close_p(&p->programs[i].fd);
    kb_names_free(p->names);
    kb_close_p(&p->root);
}

const char *const *kb_probes_programs(const struct kb_probes *p)
{
    return p->program_paths;
}

static struct kb_finding *finding_of(const struct kb_probes *p, enum kb_rule_id rule, const char *entry,
                                     struct kb_arena *arena)
{
    struct kb_finding *finding = kb_finding_make(arena, rule);
    finding->set = p->set->set;
    finding->medium = p->set->medium;
    if (p->set->file)
        finding->file = kb_escape(arena, p->set->file, strlen(p->set->file));
    if (entry) {
        finding->entry = kb_escape(arena, entry, strlen(entry));
        if (strcmp(finding->entry, entry))
            finding->entry_hex = kb_hex(arena, entry, strlen(entry));
    }
    return finding;
}

/* The record names the very program that judged. */
static void tell_program(const struct kb_probes *p, size_t i, const struct kb_reporter *reporter,
                         struct kb_arena *arena)
{
    const struct kb_program *program = &p->programs[i];
    if (program->fd < 0)
        return;
    char hex[KB_SHA256_HEX_SIZE];
    kb_sha256_hex(program->digest, hex);
    struct kb_finding *finding = finding_of(p, KB_RULE_PROBE_PROGRAM, NULL, arena);
    finding->expected = kb_text_new(arena, "a program the plan names", "計画に書かれたプログラム");
    finding->found = kb_text_new(arena, "%s, SHA-256 %s", "%s（SHA-256 %s）",
                                 kb_escape(arena, program->path, strlen(program->path)), hex);
    reporter->finding(reporter->owner, finding);
}

static int run_one(struct kb_probes *p, size_t i, const struct kb_reporter *reporter, bool *ret_good,
                   struct kb_err *err)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_answer answer = {.rule = KB_RULE_COUNT};
    if (p->set->probes.v[i].command.n)
        tell_program(p, i, reporter, arena);
    int code = kinds[kind_of(&p->set->probes.v[i])].run(p, i, arena, &answer, err);
    if (code)
        return kb_wrap(err, "probe %zu of %s", "%2$s の確認 %1$zu", i + 1, p->set->set);
    *ret_good = answer.rule == KB_RULE_COUNT;
    if (*ret_good)
        return 0;
    struct kb_finding *finding = finding_of(p, answer.rule, answer.entry, arena);
    finding->expected = answer.expected;
    finding->found = answer.found;
    reporter->finding(reporter->owner, finding);
    return 0;
}

static void say_progress(const struct kb_probes *p, size_t i, const struct kb_reporter *reporter)
{
    struct kb_progress progress = {
        .bytes = (int64_t)i, .bytes_total = (int64_t)p->set->probes.n, .entries = (int64_t)i, .phase = "probe"};
    if (reporter->progress)
        reporter->progress(reporter->owner, &progress);
}

int kb_probes_run(struct kb_probes *p, const struct kb_reporter *reporter, struct kb_arena *arena,
                  struct kb_set_result *ret_result, struct kb_err *err)
{
    (void)arena;
    int64_t good = 0;
    bool looked = false;
    size_t n = p->set->probes.n;
    for (size_t i = 0; i < n; i++) {
        bool is_good = false;
        say_progress(p, i, reporter);
        int code = run_one(p, i, reporter, &is_good, err);
        if (code)
            return code;
        good += is_good;
        looked = looked || !kinds[kind_of(&p->set->probes.v[i])].names_only;
    }
    ret_result->probes = (int64_t)n;
    ret_result->probes_good = good;
    ret_result->proof.opened = good < (int64_t)n ? KB_NOT_REACHED : looked ? KB_REACHED : KB_NOT_APPLICABLE;
    return 0;
}
