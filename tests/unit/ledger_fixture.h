/* SPDX-License-Identifier: Apache-2.0 */
/* For unit tests of the ledger: a temporary folder with one good ledger, copies of it, and commands run beside them. */
#pragma once

#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/ledger.h"
#include "koboshi/pack.h"

static char dir[] = "/tmp/koboshi-ledger-XXXXXX";

/* A command line given to sh, output in the file out; the exit status. */
__attribute__((format(printf, 1, 2))) static inline int run(const char *fmt, ...)
{
    char command[2048];
    va_list args;
    va_start(args, fmt);
    assert_in_range(vsnprintf(command, sizeof command, fmt, args), 1, sizeof command - 1);
    va_end(args);
    pid_t pid = fork();
    if (pid == 0) {
        int out = open("out", O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (out < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
            _exit(126);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static inline const char *text_of(struct kb_arena *arena, const char *name)
{
    char *data;
    size_t n;
    struct kb_err err = {0};
    if (kb_file_read(AT_FDCWD, name, 1 << 20, arena, &data, &n, &err))
        fail_msg("%s", err.frame[0].en);
    return data;
}

static inline void append(struct kb_ledger *ledger, const char *reason)
{
    struct kb_line entry;
    struct kb_err err = {0};
    kb_line_init(&entry, KB_LINE_NOT_RUN);
    entry.plan = "energy";
    entry.reason = (struct kb_text){reason, reason};
    assert_int_equal(kb_ledger_append(ledger, &entry, &err), 0);
}

static inline struct kb_ledger *opened(const char *name)
{
    struct kb_ledger *ledger = NULL;
    struct kb_err err = {0};
    if (kb_ledger_open(name, "agent.pem", &ledger, &err))
        fail_msg("%s", err.frame[0].en);
    return ledger;
}

static inline struct kb_record *record_of(struct kb_arena *arena, int64_t id, const char *list)
{
    struct kb_record *record = kb_alloc(arena, 1, sizeof *record);
    kb_shape_init(&kb_record_shape, record);
    record->format = KB_RECORD_FORMAT;
    record->id = id;
    record->plan.id = "energy";
    record->title = (struct kb_text){"月次リストア訓練", "monthly restore drill"};
    record->verdict.restore = KB_VERDICT_MET;
    struct kb_record_unit *units = kb_alloc(arena, 2, sizeof *units);
    for (int i = 0; i < 2; i++) {
        kb_shape_init(&kb_set_result_shape, &units[i].result);
        units[i].system = "share";
        units[i].set = i ? "photos" : "share";
        units[i].list = list;
        units[i].age_s = KB_ABSENT;
        units[i].point_in_time = 1796000000 - i;
        units[i].result.files = 10;
        units[i].result.proof = (struct kb_proof){
            KB_REACHED, KB_REACHED, i ? KB_NOT_REACHED : KB_REACHED, KB_REACHED, 0, 0, 0};
    }
    record->units.n = 2;
    record->units.v = units;
    return record;
}

static const struct kb_drill_files files = {"koboshi: 1\n", 11, "{\"at\":0}\n", 9};

/* One drill from begin to finish, with an object. */
static inline void drill(struct kb_ledger *ledger)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_drill_run *run_ = NULL;
    struct kb_line entry;
    struct kb_err err = {0};
    char list[KB_SHA256_HEX_SIZE];
    kb_line_init(&entry, KB_LINE_DRILL_STARTED);
    entry.plan = "energy";
    entry.name = "月次";
    if (kb_drill_begin(ledger, &entry, &run_, &err))
        fail_msg("%s", err.frame[0].en);
    int in = open("list", O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(dprintf(in, "総務/見積.xlsx %" PRId64 "\n", kb_drill_number(run_)) < 0, 0);
    assert_int_equal(lseek(in, 0, SEEK_SET), 0);
    assert_int_equal(kb_ledger_object(ledger, in, list, &err), 0);
    close(in);
    if (kb_drill_finish(run_, record_of(arena, kb_drill_number(run_), list), &files, &err))
        fail_msg("%s", err.frame[0].en);
    kb_drill_free(run_);
}

static inline const struct kb_ledger_check *check_of(struct kb_arena *arena,
                                                     const struct kb_ledger_check_params *params)
{
    const struct kb_ledger_check *check = NULL;
    struct kb_err err = {0};
    if (kb_ledger_verify(params, arena, &check, &err))
        fail_msg("%s", err.frame[0].en);
    return check;
}

static inline const struct kb_ledger_check *check_dir(struct kb_arena *arena, const char *name)
{
    const struct kb_ledger_check_params params = {.dir = name};
    return check_of(arena, &params);
}

static inline void expect_good(const char *name)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct kb_ledger_check *check = check_dir(arena, name);
    if (check->bad)
        fail_msg("%s: %s at line %" PRId64 ", %s", name, check->flaws.v[0].name, check->flaws.v[0].line,
                 check->flaws.v[0].file);
    assert_true(check->lines > 0);
    assert_int_equal(check->lines, check->signed_lines);
}

/* verify.sh says one of these (parts separated by |). */
static inline void expect_said(struct kb_arena *arena, const char *wanted)
{
    const char *said = text_of(arena, "out");
    for (char *part = kb_strdup(arena, wanted), *next; part; part = next) {
        next = strchr(part, '|');
        if (next)
            *next++ = '\0';
        if (strstr(said, part))
            return;
    }
    fail_msg("wanted: %s, said: %s", wanted, said);
}

static inline struct kb_ledger *fresh(const char *name)
{
    assert_int_equal(run("rm -rf %s; cp -a base %s", name, name), 0);
    return opened(name);
}

static inline int try_append(struct kb_ledger *ledger, struct kb_err *err)
{
    struct kb_line entry;
    kb_line_init(&entry, KB_LINE_NOT_RUN);
    return kb_ledger_append(ledger, &entry, err);
}

enum { BASE_LINES = 9 };

/* The ledger "base": two drills among other lines. */
static inline int set_up(void **state)
{
    (void)state;
    struct kb_err err = {0};
    struct kb_keypair *pair = NULL;
    if (!mkdtemp(dir) || chdir(dir) || kb_keypair_generate(&pair, &err) || kb_keypair_write(pair, "agent.pem", &err))
        return -1;
    kb_keypair_free(pair);
    if (kb_ledger_create("base", "agent.pem", &err))
        return -1;
    struct kb_ledger *ledger = opened("base");
    append(ledger, "媒体がありません");
    drill(ledger);
    append(ledger, "二");
    drill(ledger);
    append(ledger, "三");
    append(ledger, "四");
    kb_ledger_free(ledger);
    return 0;
}

/* Also its pack "whole", and "stranger", a ledger of another key. */
static inline int set_up_with_stranger(void **state)
{
    const struct kb_pack_params params = {.ledger = "base", .drill = KB_ABSENT, .out = "whole"};
    struct kb_err err = {0};
    return set_up(state) || kb_pack_export(&params, &err) ||
           run("openssl genpkey -algorithm ed25519 -out other.pem && chmod 600 other.pem") ||
           kb_ledger_create("stranger", "other.pem", &err);
}

static inline int tear_down(void **state)
{
    (void)state;
    return chdir("/") || kb_remove_tree(AT_FDCWD, dir, NULL);
}
