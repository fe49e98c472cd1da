/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: what was changed, dropped, swapped, doubled or cut in a ledger is found and named, by us and by verify.sh; a
 * crash loses no acknowledged line and signs nothing that was not written by us. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/ledger.h"
#include "koboshi/limits.h"
#include "koboshi/lock.h"
#include "koboshi/pack.h"

/* Faults of the disk, planted by standing in for libc. */
static int fail_fdatasync;
static const char *fail_rename_to;

int fdatasync(int fd)
{
    if (fail_fdatasync) {
        fail_fdatasync--;
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}

int renameat(int old_dir, const char *old_name, int new_dir, const char *new_name)
{
    if (fail_rename_to && !strcmp(new_name, fail_rename_to)) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_renameat2, old_dir, old_name, new_dir, new_name, 0);
}

static char dir[] = "/tmp/koboshi-ledger-XXXXXX";

/* A command line given to sh, output in the file out; the exit status. */
__attribute__((format(printf, 1, 2))) static int run(const char *fmt, ...)
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

static const char *text_of(struct kb_arena *arena, const char *name)
{
    char *data;
    size_t n;
    struct kb_err err = {0};
    if (kb_file_read(AT_FDCWD, name, 1 << 20, arena, &data, &n, &err))
        fail_msg("%s", err.frame[0].en);
    return data;
}

static void append(struct kb_ledger *ledger, const char *reason)
{
    struct kb_line entry;
    struct kb_err err = {0};
    kb_line_init(&entry, KB_LINE_NOT_RUN);
    entry.plan = "energy";
    entry.reason = (struct kb_text){reason, reason};
    assert_int_equal(kb_ledger_append(ledger, &entry, &err), 0);
}

static struct kb_ledger *opened(const char *name)
{
    struct kb_ledger *ledger = NULL;
    struct kb_err err = {0};
    if (kb_ledger_open(name, "agent.pem", &ledger, &err))
        fail_msg("%s", err.frame[0].en);
    return ledger;
}

static struct kb_record *record_of(struct kb_arena *arena, int64_t id, const char *list)
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
static void drill(struct kb_ledger *ledger)
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
    assert_int_equal(kb_drill_object(run_, in, list, &err), 0);
    close(in);
    if (kb_drill_finish(run_, record_of(arena, kb_drill_number(run_), list), &files, &err))
        fail_msg("%s", err.frame[0].en);
    kb_drill_free(run_);
}

static const struct kb_ledger_check *check_of(struct kb_arena *arena, const struct kb_ledger_check_params *params)
{
    const struct kb_ledger_check *check = NULL;
    struct kb_err err = {0};
    if (kb_ledger_verify(params, arena, &check, &err))
        fail_msg("%s", err.frame[0].en);
    return check;
}

static const struct kb_ledger_check *check_dir(struct kb_arena *arena, const char *name)
{
    const struct kb_ledger_check_params params = {.dir = name};
    return check_of(arena, &params);
}

static void expect_good(const char *name)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct kb_ledger_check *check = check_dir(arena, name);
    if (check->bad)
        fail_msg("%s: %s at line %" PRId64 ", %s", name, check->flaws.v[0].name, check->flaws.v[0].line,
                 check->flaws.v[0].file);
    assert_true(check->lines > 0);
    assert_int_equal(check->lines, check->signed_lines);
}

static int set_up(void **state)
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

static int tear_down(void **state)
{
    (void)state;
    return chdir("/") || kb_remove_tree(AT_FDCWD, dir, NULL);
}

enum { BASE_LINES = 9 };

static void test_whole(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    expect_good("base");
    const struct kb_ledger_check *check = check_dir(arena, "base");
    assert_int_equal(check->lines, BASE_LINES);
    assert_int_equal(check->drills, 2);
    assert_int_equal(check->drills_checked, 2);
    assert_int_equal(check->files_checked, 8);
    assert_false(check->established);
    const struct kb_ledger_check_params with_key = {.dir = "base", .key = check->key};
    assert_true(check_of(arena, &with_key)->established);
    const struct kb_ledger_check_params other_key = {.dir = "base", .key = "SHA256:AAAA"};
    assert_int_equal(check_of(arena, &other_key)->bad, 1);
    assert_string_equal(check_of(arena, &other_key)->flaws.v[0].name, "signer-other");
    /* the stock commands */
    assert_int_equal(run("cd base && ssh-keygen -Y verify -f allowed_signers -I \"$(sed 's/ .*//' allowed_signers)\" "
                         "-n koboshi-ledger "
                         "-s checkpoint.sig < checkpoint"),
                     0);
    assert_int_equal(run("cd base/drills/000002 && sha256sum -c SHA256SUMS && zstd -dc ../../objects/*.zst"), 0);
    assert_non_null(strstr(text_of(arena, "out"), "総務/見積.xlsx 2"));
    const char *text = text_of(arena, "base/ledger.jsonl");
    assert_non_null(strstr(text, "媒体がありません"));
    assert_non_null(strstr(
        text,
        "{\"seq\":1,\"prev\":\"0000000000000000000000000000000000000000000000000000000000000000\",\"format\":1,"));
    assert_null(strstr(text, ".running"));
    assert_int_not_equal(access("base/drills/000001.running", F_OK), 0);
}

static void test_entries(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_lines entries = {0, NULL};
    struct kb_err err = {0};
    assert_int_equal(kb_ledger_lines("base", arena, &entries, &err), 0);
    assert_int_equal(entries.n, BASE_LINES);
    assert_string_equal(entries.v[0].kind, "ledger_created");
    assert_string_equal(entries.v[2].kind, "drill_started");
    assert_string_equal(entries.v[2].name, "月次");
    const struct kb_line *finished = &entries.v[3];
    assert_string_equal(finished->kind, "drill_finished");
    assert_int_equal(finished->drill, 1);
    assert_int_equal(finished->verdict->restore, KB_VERDICT_MET);
    assert_int_equal(finished->systems.n, 1);
    assert_string_equal(finished->systems.v[0].proof, "L1 +L3 (no L2)");
    assert_int_equal(finished->systems.v[0].files, 20);
    assert_int_equal(finished->systems.v[0].point_in_time, 1796000000 - 1);
    assert_true(kb_ledger_exists("base"));
    assert_false(kb_ledger_exists("objects"));
    assert_int_equal(kb_ledger_lines("nowhere", arena, &entries, &err), KB_ELEDGER);
    assert_int_equal(kb_ledger_create("base", "agent.pem", &err), KB_ELEDGER);
    expect_good("base");
}

/* How one of the files is changed, what is found and at which line; `script` is set where verify.sh is run on it too.
 */
static const struct plant {
    const char *command, *flaw;
    int64_t line;
    const char *script;
} plants[] = {
    {"sed -i '5s/二/に/' ledger.jsonl", "line-changed", 5, "line 5 was changed"},
    {"sed -i '1s/SHA256:./SHA256:-/' ledger.jsonl", "line-changed", 1, NULL},
    {"sed -i '9s/四/死/' ledger.jsonl", "line-changed", 9, "line 9 was changed"},
    {"sed -i '5s/\"format\":1/\"format\":2/' ledger.jsonl", "line-unreadable", 5, "line 5 cannot be read"},
    {"sed -i 5d ledger.jsonl", "line-number", 5, "line 5: its number is 6"},
    {"sed -i 1d ledger.jsonl", "line-number", 1, "line 1: its number is 2"},
    {"sed -i '5{h;d};6G' ledger.jsonl", "line-number", 5, "line 5: its number is 6"},
    {"sed -i '5{p}' ledger.jsonl", "line-number", 6, "line 6: its number is 5"},
    {"sed -i '$d' ledger.jsonl", "truncated", 9, "line 9 is missing"},
    {"sed -i '3,$d' ledger.jsonl", "truncated", 3, NULL},
    {": > ledger.jsonl", "truncated", 1, "ledger.jsonl is missing or empty"},
    {"truncate -s -20 ledger.jsonl", "truncated", 9, "line 9 is missing|line 9 cannot be read"},
    {"tail -n 1 ledger.jsonl | sed 's/\"seq\":9/\"seq\":10/' >> ledger.jsonl", "unsigned-tail", 10,
     "line 10 was never signed"},
    {"printf '{\"seq\":10' >> ledger.jsonl", "unsigned-tail", 10, "line 10 was never signed|line 10 is cut off"},
    {"sed -i '6s/\"time\":\"2/\"time\":\"1/' ledger.jsonl", "line-changed", 6, NULL},
    {"sed -i '4s/\"sha256sums\":\"./\"sha256sums\":\"x/' ledger.jsonl", "line-changed", 4, NULL},
    {"sed -i '2s/9/8/' checkpoint", "signature-bad", KB_ABSENT, "signature does not fit"},
    {"sed -i '3s/^./g/' checkpoint", "checkpoint-bad", KB_ABSENT, "checkpoint is damaged"},
    {"printf x >> checkpoint", "checkpoint-bad", KB_ABSENT, NULL},
    {"rm checkpoint", "checkpoint-bad", KB_ABSENT, "checkpoint is missing"},
    {"rm checkpoint.sig", "signature-bad", KB_ABSENT, "checkpoint.sig is missing"},
    {"sed -i '2s/A/B/' checkpoint.sig", "signature-bad", KB_ABSENT, "signature does not fit"},
    {"cp ../stranger/allowed_signers .", "signer-files", KB_ABSENT, "signature does not fit"},
    {"cp ../stranger/agent.pub.pem .", "signer-files", KB_ABSENT, "signature does not fit"},
    {"cp ../stranger/checkpoint* ../stranger/allowed_signers ../stranger/agent.pub.pem .", "checkpoint-bad", KB_ABSENT,
     NULL},
    {"sed -i 's/L1/L4/' drills/000001/record.json; sed -i 's/\"format\": 1/\"format\": 1 /' drills/000001/record.json",
     "file-changed", KB_ABSENT, "drill 1: changed or missing: record.json"},
    {"rm drills/000002/plan.yaml", "file-missing", KB_ABSENT, "drill 2: changed or missing: plan.yaml"},
    {"sed -i '1s/^./z/' drills/000001/SHA256SUMS", "sums-changed", 4, "drill 1: SHA256SUMS is not the one"},
    {"echo x > drills/000001/x; (cd drills/000001; sha256sum x >> SHA256SUMS)", "sums-changed", 4, NULL},
    {"rm -r drills/000001", "folder-missing", 4, "drill 1: drills/000001/SHA256SUMS is missing"},
    {"cp -r drills/000002 drills/000003", "folder-unknown", KB_ABSENT, "drills/000003: the ledger knows no such drill"},
    {"for f in objects/*; do printf x >> $f; done", "file-changed", KB_ABSENT, "objects"},
    {"rm objects/*", "file-missing", KB_ABSENT, NULL},
    {"rm drills/000001/events.jsonl; ln -s /etc/hostname drills/000001/events.jsonl", "file-missing", KB_ABSENT,
     "neither a file"},
    {"rm drills/000001/plan.yaml; mkfifo drills/000001/plan.yaml", "file-missing", KB_ABSENT, "neither a file"},
};

/* verify.sh says one of these (parts separated by |). */
static void expect_said(struct kb_arena *arena, const char *wanted)
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

static void export_all(const char *ledger, const char *out)
{
    const struct kb_pack_params params = {.ledger = ledger, .drill = KB_ABSENT, .out = out};
    struct kb_err err = {0};
    if (kb_pack_export(&params, &err))
        fail_msg("%s", err.frame[0].en);
}

static void test_planted(void **state)
{
    (void)state;
    struct kb_err err = {0};
    assert_int_equal(run("ssh-keygen -q -t ed25519 -N '' -f other && openssl genpkey -algorithm ed25519 -out other.pem "
                         "&& chmod 600 other.pem"),
                     0);
    assert_int_equal(kb_ledger_create("stranger", "other.pem", &err), 0);
    export_all("base", "whole");
    for (size_t i = 0; i < sizeof plants / sizeof *plants; i++) {
        KB_SCOPED_ARENA arena = kb_arena_new();
        const struct plant *plant = &plants[i];
        print_message("  %s\n", plant->command);
        assert_int_equal(run("rm -rf bent; cp -a whole bent; cd bent; %s", plant->command), 0);
        const struct kb_ledger_check *check = check_dir(arena, "bent");
        assert_true(check->bad > 0);
        bool found = false;
        for (size_t k = 0; k < check->flaws.n; k++)
            found = found || (check->flaws.v[k].bad && !strcmp(check->flaws.v[k].name, plant->flaw) &&
                              check->flaws.v[k].line == plant->line);
        if (!found)
            fail_msg("%s: %s at line %" PRId64 " (%s)", plant->command, check->flaws.v[0].name, check->flaws.v[0].line,
                     check->flaws.v[0].file);
        if (!plant->script)
            continue;
        assert_int_equal(run("sh bent/verify.sh"), 1);
        expect_said(arena, plant->script);
    }
}

static void test_every_byte(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    static const char *const names[] = {"checkpoint",    "checkpoint.sig", "allowed_signers",
                                        "agent.pub.pem", "ledger.jsonl",   "drills/000001/SHA256SUMS"};
    assert_int_equal(run("rm -rf bent; cp -a base bent"), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *path = kb_sprintf(arena, "bent/%s", names[i]);
        size_t n = strlen(text_of(arena, path));
        int fd = open(path, O_RDWR);
        for (size_t at = 0; at<n; at += n> 1000 ? 37 : 5) {
            KB_SCOPED_ARENA scratch = kb_arena_new();
            char byte, bent;
            assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
            bent = byte ^ 1;
            assert_int_equal(pwrite(fd, &bent, 1, (off_t)at), 1);
            if (!check_dir(scratch, "bent")->bad)
                fail_msg("byte %zu of %s", at, names[i]);
            assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
        }
        close(fd);
    }
    expect_good("bent");
}

static void test_rolled_back(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    assert_int_equal(run("rm -rf older newer; cp -a base older; cp -a base newer"), 0);
    struct kb_ledger *ledger = opened("newer");
    append(ledger, "五");
    kb_ledger_free(ledger);
    assert_int_equal(run("cp newer/checkpoint kept"), 0);
    expect_good("older"); /* consistent by itself */
    const struct kb_ledger_check_params params = {.dir = "older", .since = "kept"},
                                        good = {.dir = "newer", .since = "base/checkpoint"};
    const struct kb_ledger_check *check = check_of(arena, &params);
    assert_int_equal(check->bad, 1);
    assert_string_equal(check->flaws.v[0].name, "rolled-back");
    assert_int_equal(check_of(arena, &good)->bad, 0);
    const struct kb_ledger_check_params other = {.dir = "stranger", .since = "kept"};
    assert_string_equal(check_of(arena, &other)->flaws.v[0].name, "rolled-back");
    const struct kb_ledger_check_params not_one = {.dir = "older", .since = "older/allowed_signers"};
    const struct kb_ledger_check *none = NULL;
    struct kb_err err = {0};
    assert_int_equal(kb_ledger_verify(&not_one, arena, &none, &err), KB_EUSAGE);
}

/* What a second process, or the next start, finds after a crash. */
static void expect_recovered(const char *name, int64_t adopted, int64_t lines)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_ledger *ledger = opened(name);
    char head[KB_SHA256_HEX_SIZE];
    assert_int_equal(kb_ledger_size(ledger, head), lines);
    kb_ledger_free(ledger);
    expect_good(name);
    struct kb_lines entries = {0, NULL};
    struct kb_err err = {0};
    assert_int_equal(kb_ledger_lines(name, arena, &entries, &err), 0);
    assert_int_equal(entries.n, lines);
    assert_string_equal(entries.v[lines - 1].kind, "recovered");
    assert_int_equal(entries.v[lines - 1].adopted, adopted);
    if (adopted != KB_ABSENT) {
        assert_int_equal(run("sed -n %" PRId64 "p %s/ledger.jsonl | sha256sum", adopted, name), 0);
        assert_memory_equal(text_of(arena, "out"), entries.v[lines - 1].adopted_sha256, 64);
    }
}

static struct kb_ledger *fresh(const char *name)
{
    assert_int_equal(run("rm -rf %s; cp -a base %s", name, name), 0);
    return opened(name);
}

static int try_append(struct kb_ledger *ledger, struct kb_err *err)
{
    struct kb_line entry;
    kb_line_init(&entry, KB_LINE_NOT_RUN);
    return kb_ledger_append(ledger, &entry, err);
}

static void test_crash_before_signing(void **state)
{
    (void)state;
    struct kb_err err = {0};
    struct kb_ledger *ledger = fresh("crash");
    fail_rename_to = "checkpoint.sig";
    assert_int_not_equal(try_append(ledger, &err), 0);
    assert_int_equal(try_append(ledger, &err), KB_ELEDGER); /* this handle is done */
    kb_ledger_free(ledger);
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct kb_ledger_check *check = check_dir(arena, "crash");
    assert_int_equal(check->bad, 1);
    assert_string_equal(check->flaws.v[0].name, "unsigned-tail");
    assert_int_equal(check->flaws.v[0].line, 10);
    /* a crash in the middle of the recovery, twice, and then it works */
    for (int i = 0; i < 2; i++)
        assert_int_not_equal(kb_ledger_open("crash", "agent.pem", &ledger, &err), 0);
    fail_rename_to = NULL;
    expect_recovered("crash", 10, 11);
}

static void test_crash_between_renames(void **state)
{
    (void)state;
    struct kb_err err = {0};
    struct kb_ledger *ledger = fresh("between");
    fail_rename_to = "checkpoint";
    assert_int_not_equal(try_append(ledger, &err), 0);
    kb_ledger_free(ledger);
    fail_rename_to = NULL;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct kb_ledger_check *check = check_dir(arena, "between");
    assert_int_equal(check->bad, 1);
    assert_string_equal(check->flaws.v[0].name, "unsettled");
    const struct kb_pack_params params = {.ledger = "between", .drill = KB_ABSENT, .out = "unsettled-pack"};
    assert_int_equal(kb_pack_export(&params, &err), KB_ELEDGER);
    assert_int_not_equal(access("unsettled-pack", F_OK), 0);
    ledger = opened("between"); /* the line is signed: nothing to recover but the checkpoint */
    char head[KB_SHA256_HEX_SIZE];
    assert_int_equal(kb_ledger_size(ledger, head), 10);
    append(ledger, "続き");
    kb_ledger_free(ledger);
    expect_good("between");
    /* the same after an adoption: line and `recovered` are both ahead of the checkpoint */
    ledger = fresh("between2");
    fail_rename_to = "checkpoint.sig";
    assert_int_not_equal(try_append(ledger, &err), 0);
    kb_ledger_free(ledger);
    fail_rename_to = "checkpoint";
    assert_int_not_equal(kb_ledger_open("between2", "agent.pem", &ledger, &err), 0);
    fail_rename_to = NULL;
    expect_recovered("between2", 10, 11);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *command, *named;
    } cases[] = {
        {"cp ../twice.jsonl ledger.jsonl", "2 lines after line 9"},
        {"tail -n 1 ledger.jsonl | sed 's/\"seq\":9/\"seq\":10/' >> ledger.jsonl",
         "line 9"}, /* does not continue the chain */
        {"sed -i '5s/二/に/' ledger.jsonl", "line 5"},
        {"sed -i '$d' ledger.jsonl", "only 8"},
        {"truncate -s -5 ledger.jsonl", "only 8"}, /* a signed line is never cut */
        {"rm checkpoint", "checkpoint"},
        {"sed -i '2s/A/B/' checkpoint.sig", "signature"},
        {"cp ../stranger/checkpoint* .", "signed by the key"},
    };
    struct kb_err err = {0};
    struct kb_ledger *ledger = fresh("twice"); /* two lines made by us, with the old checkpoint put back */
    append(ledger, "五");
    append(ledger, "六");
    kb_ledger_free(ledger);
    assert_int_equal(run("cp twice/ledger.jsonl twice.jsonl"), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        print_message("  %s\n", cases[i].command);
        assert_int_equal(
            run("rm -rf bent; cp -a base bent; cd bent; %s; cat * > ../before 2> ../errors; cat ../before > ../before2",
                cases[i].command),
            0);
        ledger = NULL;
        assert_int_equal(kb_ledger_open("bent", "agent.pem", &ledger, &err), KB_ELEDGER);
        assert_null(ledger);
        if (!strstr(err.frame[0].en, cases[i].named))
            fail_msg("%s", err.frame[0].en);
        assert_int_equal(run("cd bent; cat * 2>../errors | cmp - ../before"), 0); /* nothing was signed or written */
    }
    assert_int_equal(kb_ledger_open("base", "other.pem", &ledger, &err), KB_ELEDGER);
}

static void test_torn(void **state)
{
    (void)state;
    assert_int_equal(run("rm -rf torn; cp -a base torn; printf '{\"seq\":10,\"pre' >> torn/ledger.jsonl"), 0);
    expect_recovered("torn", KB_ABSENT, 10);
    KB_SCOPED_ARENA arena = kb_arena_new();
    assert_non_null(strstr(text_of(arena, "torn/ledger.jsonl"), "\"cut_bytes\":14,\"cut_sha256\":\""));
}

static void test_not_durable(void **state)
{
    (void)state;
    struct kb_err err = {0};
    struct kb_ledger *ledger = fresh("sync");
    fail_fdatasync = 1;
    assert_int_equal(try_append(ledger, &err), KB_ELEDGER);
    assert_non_null(strstr(err.frame[0].en, "not durable"));
    assert_int_equal(try_append(ledger, &err), KB_ELEDGER); /* not retried: the disk would say yes now */
    assert_int_equal(fail_fdatasync, 0);
    kb_ledger_free(ledger);
    expect_recovered("sync", 10, 11);
}

/* A drill whose process is gone, one that runs, one that was killed within finish. */
static void test_interrupted(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_err err = {0};
    struct kb_ledger *ledger = fresh("stop");
    struct kb_line entry;
    kb_line_init(&entry, KB_LINE_DRILL_STARTED);
    pid_t pid = fork();
    if (pid == 0) { /* the third drill dies */
        struct kb_drill_run *dying = NULL;
        _exit(kb_drill_begin(ledger, &entry, &dying, &err) || kb_drill_number(dying) != 3);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    struct kb_drill_run *running = NULL;
    assert_int_equal(kb_drill_begin(ledger, &entry, &running, &err), 0); /* notices that another process appended */
    assert_int_equal(kb_drill_number(running), 4);
    struct stat st;
    assert_int_equal(stat("stop/drills/000004.running", &st), 0);
    assert_true(st.st_blocks * 512 >= KB_LEDGER_RESERVE);
    size_t n = 99;
    assert_int_equal(kb_ledger_interrupted(ledger, &n, &err), 0);
    assert_int_equal(n, 1);
    assert_int_equal(kb_ledger_interrupted(ledger, &n, &err), 0);
    assert_int_equal(n, 0);
    expect_good("stop"); /* an unfinished drill is visible, not wrong */
    const struct kb_ledger_check *check = check_dir(arena, "stop");
    assert_int_equal(check->flaws.n, 2);
    assert_string_equal(check->flaws.v[0].name, "unfinished");
    assert_int_equal(check->flaws.v[0].drill, 3);
    assert_non_null(strstr(check->flaws.v[1].found.en, "running now"));
    assert_int_equal(kb_drill_finish(running, record_of(arena, 3, NULL), &files, &err),
                     KB_ELEDGER); /* another drill's record */
    assert_int_equal(kb_drill_finish(running, record_of(arena, 4, NULL), &files, &err), 0);
    kb_drill_free(running);
    assert_int_equal(run("mkdir stop/drills/000005"), 0);
    assert_int_equal(kb_drill_begin(ledger, &entry, &running, &err), KB_ELEDGER);
    assert_int_equal(run("rmdir stop/drills/000005"), 0);
    assert_int_equal(kb_drill_begin(ledger, &entry, &running, &err), 0);
    assert_int_equal(kb_drill_number(running), 5);
    fail_rename_to = "000005"; /* the record cannot be put in place */
    assert_int_not_equal(kb_drill_finish(running, record_of(arena, 5, NULL), &files, &err), 0);
    fail_rename_to = NULL;
    kb_drill_free(running);
    assert_int_equal(kb_ledger_interrupted(ledger, &n, &err), 0);
    assert_int_equal(n, 1);
    assert_int_not_equal(access("stop/drills/.000005.new", F_OK), 0);
    kb_ledger_free(ledger);
    expect_good("stop");
}

/* Without room for its end a drill does not begin, and leaves no trace. */
static void test_no_room(void **state)
{
    (void)state;
    struct kb_ledger *ledger = fresh("full");
    pid_t pid = fork();
    if (pid == 0) {
        struct kb_err err = {0};
        struct kb_line entry;
        struct kb_drill_run *drill_ = NULL;
        const struct rlimit limit = {1 << 20, 1 << 20};
        kb_line_init(&entry, KB_LINE_DRILL_STARTED);
        (void)signal(SIGXFSZ, SIG_IGN);
        _exit(setrlimit(RLIMIT_FSIZE, &limit) || kb_drill_begin(ledger, &entry, &drill_, &err) != KB_EIO ||
              !strstr(err.frame[0].en, "16 MiB must be free") || !strstr(err.frame[0].ja, "16 MiB の空き"));
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    kb_ledger_free(ledger);
    assert_int_not_equal(access("full/drills/000003.running", F_OK), 0);
    assert_int_equal(run("cmp full/ledger.jsonl base/ledger.jsonl"), 0);
}

enum { WRITERS = 4, EACH = 10 };

static void test_side_by_side(void **state)
{
    (void)state;
    kb_ledger_free(fresh("many"));
    pid_t pids[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        if ((pids[i] = fork()) == 0) {
            struct kb_ledger *ledger = NULL;
            struct kb_err err = {0};
            int code = kb_ledger_open("many", "agent.pem", &ledger, &err);
            for (int k = 0; !code && k < EACH; k++)
                code = try_append(ledger, &err);
            _exit(code != 0);
        }
    }
    for (int i = 0; i < WRITERS; i++) {
        int status;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    expect_good("many");
    KB_SCOPED_ARENA arena = kb_arena_new();
    assert_int_equal(check_dir(arena, "many")->lines, BASE_LINES + WRITERS * EACH);
}

/* Killed at any moment: what was acknowledged is there, and the ledger goes on. */
static void test_killed(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    kb_ledger_free(fresh("killed"));
    for (int round = 0; round < 15; round++) {
        int64_t before = check_dir(arena, "killed")->lines;
        int acknowledged[2];
        assert_int_equal(pipe(acknowledged), 0);
        pid_t pid = fork();
        if (pid == 0) {
            struct kb_ledger *ledger = opened("killed");
            struct kb_err err = {0};
            while (!try_append(ledger, &err) && write(acknowledged[1], "x", 1) == 1)
                continue;
            _exit(1);
        }
        close(acknowledged[1]);
        (void)usleep((useconds_t)(3000 + round * 1371));
        assert_int_equal(kill(pid, SIGKILL), 0);
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        char x;
        int64_t n = 0;
        while (read(acknowledged[0], &x, 1) == 1)
            n++;
        close(acknowledged[0]);
        kb_ledger_free(opened("killed"));
        expect_good("killed");
        int64_t lines = check_dir(arena, "killed")->lines;
        assert_true(lines >= before + n && lines <= before + n + 3); /* one more, one adopted, one `recovered` */
    }
}

static void test_summaries_fit(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_err err = {0};
    struct kb_ledger *ledger = fresh("large");
    struct kb_record *record = record_of(arena, 3, NULL);
    record->operator_ = "\x95\\ 山田";
    enum { SYSTEMS = 600 };
    struct kb_record_unit *units = kb_alloc(arena, SYSTEMS, sizeof *units);
    for (int i = 0; i < SYSTEMS; i++) {
        units[i] = record->units.v[0];
        units[i].system = kb_sprintf(arena, "%064d", i);
        units[i].status = KB_UNIT_CONDITIONAL;
        units[i].result.files = KB_ENTRIES_MAX;
        units[i].result.bytes_read = KB_UNPACKED_BYTES_MAX;
        units[i].result.read_ns = INT64_C(1000000) * KB_NS_PER_S;
        units[i].result.proof = (struct kb_proof){KB_REACHED, KB_REACHED, KB_NOT_REACHED, KB_REACHED,
                                                  KB_REACHED, KB_REACHED, KB_REACHED};
    }
    record->units.v = units;
    record->units.n = SYSTEMS;
    assert_int_equal(kb_ledger_verified(ledger, record, &err), 0);
    struct kb_lines entries = {0, NULL};
    assert_int_equal(kb_ledger_lines("large", arena, &entries, &err), 0);
    const struct kb_line *last = &entries.v[entries.n - 1];
    assert_string_equal(last->kind, "verified");
    assert_string_equal(last->operator_, "%95\\ 山田"); /* not UTF-8: escaped, never left out */
    assert_true(last->systems.n >= 200);                /* at most 256 bytes each */
    assert_int_equal((int64_t)last->systems.n + last->systems_left_out, SYSTEMS);
    kb_ledger_free(ledger);
    expect_good("large");
}

static void test_locks(void **state)
{
    (void)state;
    struct kb_err err = {0};
    const struct kb_lock medium = {"state/locks", KB_LOCK_MEDIUM, "ABCD-1234", 42},
                         system_ = {"state/locks", KB_LOCK_SYSTEM, "ABCD-1234", 42};
    int first = -1, second = -1, third = -1;
    assert_int_equal(kb_lock_take(&medium, &first, &err), 0);
    assert_int_equal(kb_lock_take(&system_, &second, &err), 0);
    assert_int_equal(kb_lock_take(&medium, &third, &err), KB_EAGAIN);
    assert_int_equal(third, -1);
    char pid[32];
    (void)snprintf(pid, sizeof pid, "process %ld, drill 42", (long)getpid());
    assert_non_null(strstr(err.frame[0].en, pid));
    assert_non_null(strstr(err.frame[0].en, "ABCD-1234"));
    assert_non_null(strstr(err.frame[0].ja, "使用中"));
    close(first);
    assert_int_equal(kb_lock_take(&medium, &third, &err), 0);
    close(second);
    close(third);
}

static void test_pack(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_err err = {0};
    assert_int_equal(run("rm -rf rich; cp -a base rich; echo '<p>' > rich/drills/000002/report.html"), 0);
    const struct kb_pack_params one = {.ledger = "rich", .drill = 2, .out = "one/"},
                                none = {.ledger = "rich", .drill = 7, .out = "seven"};
    assert_int_equal(kb_pack_export(&one, &err), 0);
    assert_int_equal(kb_pack_export(&one, &err), KB_EUSAGE); /* never over something else */
    assert_int_equal(kb_pack_export(&none, &err), KB_EUSAGE);
    assert_int_not_equal(access("seven", F_OK), 0);
    assert_int_equal(access("one/drills/000002/report.html", F_OK), 0);
    assert_int_not_equal(access("one/drills/000001", F_OK), 0);
    assert_int_equal(run("ls one/objects | wc -l | grep -qx 1"), 0);
    const struct kb_ledger_check *check = check_dir(arena, "one");
    assert_int_equal(check->bad, 0);
    assert_int_equal(check->drills_checked, 1);
    assert_int_equal(check->drills_not_carried, 1);
    const struct kb_ledger_check_params whole = {.dir = "one", .whole = true};
    assert_string_equal(check_of(arena, &whole)->flaws.v[0].name, "folder-missing");
    assert_non_null(strstr(text_of(arena, "one/README.txt"), check->key));
    assert_non_null(strstr(text_of(arena, "one/README.txt"), check->head));
    assert_null(strchr(strstr(text_of(arena, "one/README.txt"), "ledger  "), '@'));

    assert_int_equal(run("sh one/verify.sh"), 0);
    expect_said(arena, "signer NOT established");
    assert_int_equal(run("one/verify.sh %s", check->key), 0);
    expect_said(arena, kb_sprintf(arena, "signed by %s", check->key));
    assert_null(strstr(text_of(arena, "out"), "NOT"));
    assert_int_equal(run("sh one/verify.sh SHA256:AAAA"), 1);
    expect_said(arena, "signed by another key");
    assert_int_equal(run("rm one/drills/000002/plan.yaml; sh one/verify.sh"), 1);
}

/* verify.sh with only one of the two tools, which come to the same. */
static void test_script_tools(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    static const char tools[] = "sh sha256sum sed awk split sort xargs find od tr tail head wc cmp cat paste grep "
                                "mktemp mkdir rm dirname printf";
    assert_int_equal(
        run("mkdir ssh ssl none; for d in ssh ssl none; do for t in %s; do ln -s $(command -v $t) $d/; done; done; "
            "ln -s $(command -v ssh-keygen) ssh/; ln -s $(command -v openssl) ssl/",
            tools),
        0);
    const char *key = check_dir(arena, "base")->key;
    static const char *const only[] = {"ssh", "ssl"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(run("PATH=$PWD/%s sh whole/verify.sh %s", only[i], key), 0);
        expect_said(arena, kb_sprintf(arena, "signed by %s", key));
        assert_int_equal(run("PATH=$PWD/%s sh whole/verify.sh SHA256:AAAA", only[i]), 1);
        assert_int_equal(
            run("rm -rf bent; cp -a whole bent; sed -i '2s/A/B/' bent/checkpoint.sig; PATH=$PWD/%s sh bent/verify.sh",
                only[i]),
            1);
        expect_said(arena, "signature does not fit");
        assert_int_equal(
            run("rm -rf bent; cp -a whole bent; cp stranger/checkpoint bent; PATH=$PWD/%s sh bent/verify.sh", only[i]),
            1);
        expect_said(arena, "signature does not fit");
    }
    assert_int_equal(run("PATH=$PWD/none sh whole/verify.sh"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_entries),
        cmocka_unit_test(test_planted),
        cmocka_unit_test(test_every_byte),
        cmocka_unit_test(test_rolled_back),
        cmocka_unit_test(test_crash_before_signing),
        cmocka_unit_test(test_crash_between_renames),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_torn),
        cmocka_unit_test(test_not_durable),
        cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_side_by_side),
        cmocka_unit_test(test_killed),
        cmocka_unit_test(test_summaries_fit),
        cmocka_unit_test(test_locks),
        cmocka_unit_test(test_pack),
        cmocka_unit_test(test_script_tools),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
