/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: each kind of probe says yes to a good restore and no, with the reason, to each planted fault; nothing outlives
 * it. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "../../agent/probe/probes.h"
#include "../../agent/sandbox/confine.h"
#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/glob.h"
#include "koboshi/sandbox.h"

static char top[] = "/tmp/koboshi-probe-XXXXXX";
static char scratch[64];

struct outcome {
    struct kb_arena *arena;
    struct kb_set_result result;
    size_t n;
    const char *rule, *entry, *expected, *found; /* of the last finding that is no note */
};

static void collect(void *owner, const struct kb_finding *finding)
{
    struct outcome *o = owner;
    if (finding->severity == KB_NOTE)
        return;
    o->n++;
    assert_non_null(finding->found.ja);
    assert_non_null(finding->expected.ja);
    o->rule = finding->rule;
    o->entry = finding->entry ? kb_strdup(o->arena, finding->entry) : "";
    o->expected = kb_strdup(o->arena, finding->expected.en);
    o->found = kb_strdup(o->arena, finding->found.en);
}

static struct outcome run(struct kb_arena *arena, struct kb_probe *probes, size_t n)
{
    struct outcome o = {.arena = arena, .rule = "", .found = ""};
    struct kb_job_set set = {.set = "orders", .scratch = scratch, .probes = {n, probes}};
    struct kb_reporter reporter = {.owner = &o, .finding = collect};
    struct kb_probes *made = NULL;
    struct kb_err err = {0};
    if (kb_probes_open(&set, arena, &made, &err) || kb_probes_run(made, &reporter, arena, &o.result, &err))
        fail_msg("%s", err.frame[0].en);
    kb_probes_close(made);
    return o;
}

static struct outcome run_one(struct kb_arena *arena, struct kb_probe probe)
{
    return run(arena, &probe, 1);
}

#define GOOD(...)                                                                                                      \
    do {                                                                                                               \
        struct outcome o_ = run_one(arena, (struct kb_probe){__VA_ARGS__});                                            \
        if (o_.n)                                                                                                      \
            fail_msg("%s: %s", o_.rule, o_.found);                                                                     \
        assert_int_equal(o_.result.probes_good, 1);                                                                    \
    } while (0)
#define BAD(rule_, part, ...)                                                                                          \
    do {                                                                                                               \
        struct outcome o_ = run_one(arena, (struct kb_probe){__VA_ARGS__});                                            \
        assert_int_equal(o_.n, 1);                                                                                     \
        assert_string_equal(o_.rule, rule_);                                                                           \
        if (!strstr(o_.found, part))                                                                                   \
            fail_msg("%s is not in: %s", part, o_.found);                                                              \
        assert_int_equal(o_.result.proof.opened, KB_NOT_REACHED);                                                      \
    } while (0)
#define COMMAND(...) .command = {sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), (const char *[]){__VA_ARGS__}}

static void shell(const char *line)
{
    char all[4096];
    (void)snprintf(all, sizeof all, "cd %s && { %s; } >/dev/null 2>%s/shell.log", scratch, line, top);
    if (system(all) != 0)
        fail_msg("does not work: %s", line);
}

static void plant(const char *name, const char *text, mode_t mode)
{
    KB_SCOPED_FD fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0 && !kb_write_all(fd, text, strlen(text)) && !fchmod(fd, mode));
}

static char *script(struct kb_arena *arena, const char *body)
{
    char *path = kb_sprintf(arena, "%s/check.sh", top);
    plant(path, kb_sprintf(arena, "#!/bin/sh\n%s\n", body), 0755);
    return path;
}

static void test_expect(void **state)
{
    (void)state;
    static const struct {
        const char *expect, *value;
        bool holds;
    } cases[] = {
        {"> 1000", "1001", true},
        {"> 1000", "1000", false},
        {">= 1000", "1000\n", true},
        {"> 1000", "many", false},
        {"> 1000", "", false},
        {"> 1000", "0x7fff", false},
        {"> 0", "nan", false},
        {"> 0", "inf", false},
        {"< 5", "4.5", true},
        {"<= 5", "5", true},
        {"== 5", "5.0", true},
        {"== ok", "ok\n", true},
        {"== \"5\"", "5.0", false},
        {"== ok", "not ok", false},
        {"contains \"受注\"", "x受注x", true},
        {"contains \"a\"", "b", false},
        {"age < 24h", "2026-11-23T00:00:00Z", true},
        {"age < 24h", "2026-11-22 12:00:01", true},
        {"age < 24h", "2026-11-22 11:59:00", false},
        {"age < 1d12h", "2026-11-22T00:30:00.5Z", true},
        {"age < 24h", "2027-11-23 00:00:00", false},
        {"age < 24h", "yesterday", false},
        {"age < 24h", "", false},
        {"> 12345678901234567", "12345678901234568", true},
    };
    static const char *const invalid[] = {"",        ">",        "> x",      "contains", "contains a", "contains \"\"",
                                          "age < x", "age > 1h", "age < 1y", "1000",     "=> 5",       "> 0x10"};
    int64_t now;
    assert_true(kb_time_parse("2026-11-23T12:00:00Z", &now));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (kb_expect_holds(cases[i].expect, cases[i].value, now) != cases[i].holds)
            fail_msg("%s with %s", cases[i].expect, cases[i].value);
    for (size_t i = 0; i < sizeof invalid / sizeof *invalid; i++)
        if (kb_expect_is_valid(invalid[i]) || kb_expect_holds(invalid[i], "5", now))
            fail_msg("taken for valid: %s", invalid[i]);
}

static void test_patterns(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *path;
        bool matches;
    } cases[] = {
        {"総務/**/*.xlsx", "総務/a/b/見積.xlsx", true},
        {"総務/**/*.xlsx", "総務/見積.xlsx", true},
        {"総務/**/*.xlsx", "営業/見積.xlsx", false},
        {"総務/**/*.xlsx", "総務/見積.xls", false},
        {"**", "a/b", true},
        {"a/**", "a/b/c", true},
        {"a/**", "b/a", false},
        {"*", "a/b", false},
        {"*/b", "a/b", true},
        {"?.txt", "表.txt", true},
        {"?.txt", "表示.txt", false},
        {"**/a/**/b", "x/a/y/a/z/b", true},
        {"**/a/b", "a/a/a/c", false},
        {"a", "a/b", false},
        {"a/b", "a", false},
        {"*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
        {"\xe3\x81\x8c*", "\xe3\x81\x8b\xe3\x82\x99.txt", true},
        {"**/*.pdf", "x.pdf", true},
        {"", "a", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (kb_glob_matches(cases[i].pattern, cases[i].path) != cases[i].matches)
            fail_msg("%s with %s", cases[i].pattern, cases[i].path);
}

static void test_files(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    shell("mkdir -p 総務/経理 && touch 総務/a.xlsx 総務/経理/b.xlsx && ln -s /etc out && ln -s a.xlsx 総務/link.xlsx");
    GOOD(.files = "総務/**/*.xlsx", .at_least = 2);
    BAD("probe-files", "2 of", .files = "総務/**/*.xlsx", .at_least = 3); /* the link does not count */
    BAD("probe-files", "0 of", .files = "out/*", .at_least = 1);
    BAD("probe-files", "0 of", .files = "none", .at_least = 0);
    struct kb_probe names = {.files = "**", .at_least = 1};
    assert_int_equal(run(arena, &names, 1).result.proof.opened, KB_NOT_APPLICABLE); /* nothing was opened */
    assert_int_equal(run(arena, NULL, 0).result.proof.opened, KB_NOT_APPLICABLE);
}

static void test_sha256(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    static const char of_hello[] = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    shell("printf hello > canary && ln -s canary inner && ln -s /etc/passwd outer && mkfifo fifo");
    GOOD(.sha256 = "canary", .is = of_hello);
    GOOD(.sha256 = "inner", .is = of_hello);
    assert_int_equal(run_one(arena, (struct kb_probe){.sha256 = "canary", .is = of_hello}).result.proof.opened,
                     KB_REACHED);
    shell("printf hellO > canary");
    BAD("probe-sha256", "SHA-256 ", .sha256 = "canary", .is = of_hello);
    BAD("probe-sha256", "not there", .sha256 = "gone", .is = of_hello);
    BAD("probe-sha256", "out of the restored folder", .sha256 = "../secret", .is = of_hello);
    BAD("probe-sha256", "out of the restored folder", .sha256 = "/etc/passwd", .is = of_hello);
    BAD("probe-sha256", "out of the restored folder", .sha256 = "outer", .is = of_hello);
    BAD("probe-sha256", "not a regular file", .sha256 = "fifo", .is = of_hello);
}

static void test_opens(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    shell("seq 100000 > 明細.txt && zip -q 見積.zip 明細.txt && gzip -k 明細.txt && tar --zstd -cf 明細.tar.zst "
          "明細.txt && "
          "xz -0 -k 明細.txt && tar -cf 明細.tar 明細.txt");
    shell("printf '%%PDF-1.4\\n1 0 obj\\n<<>>\\nendobj\\nxref\\n0 1\\ntrailer\\n<<>>\\nstartxref\\n29\\n%%%%EOF\\n' > "
          "書類.pdf");
    static const char *const good[] = {"見積.zip",    "明細.txt.gz", "明細.tar.zst",
                                       "明細.txt.xz", "明細.tar",    "書類.pdf"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        GOOD(.opens = good[i]);
    shell(
        "cp 見積.zip flipped.zip && printf X | dd of=flipped.zip bs=1 seek=2000 conv=notrunc && "
        "head -c 3000 明細.txt.gz > cut.gz && head -c 3000 明細.tar.zst > cut.zst && head -c 60 書類.pdf > cut.pdf && "
        "sed s/^29/12/ 書類.pdf > moved.pdf && : > empty && head -c 5000 /dev/zero > zeros.xlsx");
    BAD("probe-opens", "", .opens = "flipped.zip");
    BAD("probe-opens", "", .opens = "cut.gz");
    BAD("probe-opens", "", .opens = "cut.zst");
    BAD("probe-opens", "without its end", .opens = "cut.pdf");
    BAD("probe-opens", "not at byte 12", .opens = "moved.pdf");
    BAD("probe-opens", "an empty file", .opens = "empty");
    BAD("probe-opens", "begins with 0000000000000000", .opens = "zeros.xlsx");
    BAD("probe-opens", "not there", .opens = "gone");
}

static void test_sqlite(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    shell(
        "sqlite3 '受注 %?#.db' 'CREATE TABLE o(id INTEGER PRIMARY KEY, t TEXT); WITH RECURSIVE n(i) AS (SELECT 1 UNION "
        "ALL "
        "SELECT i+1 FROM n WHERE i<5000) INSERT INTO o SELECT i, hex(randomblob(50)) FROM n; CREATE INDEX x ON o(t)'");
    static const char db[] = "受注 %?#.db";
    GOOD(.sqlite = db, .integrity = true, .query = "SELECT count(*) FROM o", .expect = "> 4999");
    GOOD(.sqlite = db, .query = "SELECT datetime('now','localtime')", .expect = "age < 24h");
    GOOD(.opens = db);
    BAD("probe-query", "5000", .sqlite = db, .integrity = true, .query = "SELECT count(*) FROM o", .expect = "> 5000");
    BAD("probe-query", "no such table", .sqlite = db, .query = "SELECT count(*) FROM gone", .expect = "> 1");
    BAD("probe-query", "no row", .sqlite = db, .query = "SELECT id FROM o WHERE id < 0", .expect = "> 1");
    BAD("probe-query", "SQLite:", .sqlite = db, .query = "DELETE FROM o RETURNING id", .expect = "> 0");
    BAD("probe-query", "SQLite:", .sqlite = db, .query = "ATTACH '/etc/passwd' AS p", .expect = "> 0");
    BAD("probe-query", "timeout", .sqlite = db, .timeout = 1, .expect = "> 1",
        .query = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT count(*) FROM n");
    BAD("probe-sqlite", "not there", .sqlite = "gone.db", .integrity = true);
    shell("cp '受注 %?#.db' broken.db && dd if=/dev/urandom of=broken.db bs=4096 seek=20 count=1 conv=notrunc && : > "
          "empty.db && "
          "head -c 50000 '受注 %?#.db' > cut.db && echo 'not a database, whatever its name says' > text.db");
    BAD("probe-sqlite", "", .sqlite = "broken.db", .integrity = true);
    BAD("probe-sqlite", "", .sqlite = "cut.db", .integrity = true);
    BAD("probe-sqlite", "does not begin", .sqlite = "empty.db", .integrity = true);
    BAD("probe-sqlite", "does not begin", .sqlite = "text.db");
    BAD("probe-opens", "", .opens = "broken.db");
    struct stat st;
    shell("sha256sum *.db > ../before; cd .. && cd scratch && sha256sum -c ../before"); /* nothing was written */
    assert_int_not_equal(stat(kb_sprintf(arena, "%s/%s-journal", scratch, db), &st), 0);
}

/* A live file copied together with its log: the newest rows are in the log alone. */
static void test_sqlite_with_log(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    shell("printf 'PRAGMA journal_mode=wal;CREATE TABLE o(i);INSERT INTO o VALUES(1);\\n.system cp live.db w.db; cp "
          "live.db-wal "
          "w.db-wal\\n' | sqlite3 live.db && test -s w.db-wal");
    GOOD(.sqlite = "w.db", .integrity = true, .query = "SELECT count(*) FROM o", .expect = "== 1");
    shell("test -s w.db-wal && test ! -e w.db-shm");
}

static void test_command(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    GOOD(COMMAND("/bin/true"));
    GOOD(COMMAND("/bin/false"), .exit = 1);
    BAD("probe-command", "exit status 1", COMMAND("/bin/false"));
    BAD("probe-command", "cannot be opened", COMMAND("/nonexistent/check"));
    BAD("probe-command", "cannot be opened", COMMAND("bin/true"));
    BAD("probe-command", "cannot be opened", COMMAND("/bin"));
    GOOD(COMMAND("/bin/pwd"), .expect = kb_sprintf(arena, "== %s", scratch));
    char *check = script(arena, "echo \"$1\" 受注件数は $((40 + 2)); echo 'why\n\033[31mred' >&2; exit $2");
    GOOD(COMMAND(check, "a b", "0"), .expect = "contains \"a b 受注件数は 42\"");
    BAD("probe-command", "why %1B[31mred", COMMAND(check, "x", "3"));
    BAD("probe-command", "exit status 0", COMMAND(check, "x", "0"), .expect = "contains \"43\"");
    check = script(arena, "kill -9 $$");
    BAD("probe-command", "signal 9", COMMAND(check));
    check = script(arena, "env | sort | tr '\\n' ' '; ls /proc/self/fd | tr '\\n' ' '; cat");
    struct outcome o = run_one(arena, (struct kb_probe){COMMAND(check), .expect = "== 0"});
    static const char *const wanted[] = {
        "KOBOSHI_SCRATCH=", "LANG=C.UTF-8", "PATH=/usr/bin:/bin", "TZ=", "TMPDIR=", "HOME="};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        assert_non_null(strstr(o.found, wanted[i]));
    assert_null(strstr(o.found, kb_sprintf(arena, "HOME=%s ", getenv("HOME"))));
    assert_null(strstr(o.found, " 4 5 "));
    plant("own.sh", "#!/bin/sh\n", 0755);
    BAD("probe-command", "must not bring its own check", COMMAND(kb_sprintf(arena, "%s/own.sh", scratch)));
    check = script(arena, "yes 0123456789012345678901234567890123456789 | head -c 5000000; exit 1");
    BAD("probe-command", "exit status 1; output: 0123", COMMAND(check));
}

static bool alive(const char *pid_file)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    char *text = NULL;
    size_t n;
    assert_int_equal(kb_file_read(AT_FDCWD, pid_file, 100, arena, &text, &n, NULL), 0);
    return !kill((pid_t)strtol(text, NULL, 10), 0);
}

static void test_command_leaves_nothing(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    static const char daemon[] =
        "(setsid sh -c 'echo $$ > daemon; exec sleep 300 >&- 2>&-' &) ; (sleep 300 & echo $! > job);"
        "while ! test -s daemon; do sleep 0.01; done; ";
    GOOD(COMMAND(script(arena, daemon)), .timeout = 20);
    assert_false(alive("daemon"));
    assert_false(alive("job"));
    shell("rm daemon");
    int64_t started = kb_boot_ns();
    BAD("probe-hung", "stopped after that time; output: waiting for godot",
        COMMAND(script(arena, kb_sprintf(arena, "%s echo waiting for godot; trap '' TERM; sleep 300", daemon))),
        .timeout = 1);
    assert_true(kb_boot_ns() - started < 6 * KB_NS_PER_S);
    assert_false(alive("daemon"));
    assert_false(alive("job"));
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* All kinds, confined as in the field: another account where we are root, system folders and scratch alone. */
static int confined(struct kb_arena *arena, int64_t abi)
{
    struct kb_probe probes[] = {
        {.files = "*", .at_least = 1},
        {.opens = "c.tar"},
        {.sqlite = "c.db", .integrity = true, .query = "SELECT count(*) FROM t ORDER BY 1", .expect = "== 1"},
        {COMMAND(script(arena, "cat c.txt && echo x > made && ! cat /etc/passwd && ! ls / && test -r \"$0\"")),
         .expect = "contains \"content\""},
        {COMMAND("/usr/bin/sqlite3", "c.db", "SELECT count(*) FROM t"), .expect = "== 1"},
    };
    struct outcome o = {.arena = arena, .rule = "", .found = ""};
    struct kb_job_set set = {.set = "orders", .scratch = scratch, .probes = {sizeof probes / sizeof *probes, probes}};
    struct kb_reporter reporter = {.owner = &o, .finding = collect};
    struct kb_probes *made = NULL;
    struct kb_err err = {0};
    struct kb_confinement reached;
    const char *writes[] = {scratch, NULL};
    struct kb_confine params = {.level = KB_CONFINE_PROBE, .user = geteuid() == 0 ? "nobody" : NULL, .write = writes};
    if (kb_probes_open(&set, arena, &made, &err))
        return 1;
    params.read = kb_probes_programs(made);
    if (kb_confine_at_most(&params, abi, arena, &reached, &err) ||
        kb_probes_run(made, &reporter, arena, &o.result, &err)) {
        (void)dprintf(2, "%s\n", err.frame[0].en);
        return 1;
    }
    if (o.n)
        (void)dprintf(2, "%s: %s: %s\n", o.rule, o.expected, o.found);
    return o.n || o.result.probes_good != 5 || o.result.proof.opened != KB_REACHED;
}

static void test_confined(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    shell("echo content > c.txt && tar -cf c.tar c.txt && sqlite3 c.db 'CREATE TABLE t(i);INSERT INTO t VALUES(1)' && "
          "chmod -R a+rwX . && chmod a+x ..");
    for (int i = 0; i < 2; i++) {
        int status = -1;
        pid_t pid = fork();
        if (pid == 0)
            _exit(confined(kb_arena_new(), i ? 2 : INT64_MAX));
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        assert_int_equal(unlink(kb_sprintf(arena, "%s/made", scratch)), 0);
    }
}

static void test_bad_jobs(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_probe probes[] = {
        {.sqlite = "x", .query = "SELECT 1", .expect = "about 5"}, {.files = "x", .opens = "y"}, {.at_least = 1}};
    struct kb_probes *made = NULL;
    for (size_t i = 0; i < 3; i++) {
        struct kb_job_set set = {.set = "s", .scratch = scratch, .probes = {1, &probes[i]}};
        assert_int_equal(kb_probes_open(&set, arena, &made, NULL), KB_EPLAN);
    }
    struct kb_job_set set = {.set = "s", .scratch = "/nonexistent"};
    assert_int_equal(kb_probes_open(&set, arena, &made, NULL), KB_EIO);
    assert_null(made);
}

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(top) || chmod(top, 0755))
        return -1;
    (void)snprintf(scratch, sizeof scratch, "%s/scratch", top);
    return kb_zone_use("UTC", NULL);
}

static int fresh(void **state)
{
    (void)state;
    return chdir(top) || kb_remove_tree(AT_FDCWD, scratch, NULL) || mkdir(scratch, 0755) || chdir(scratch);
}

static int tear_down(void **state)
{
    (void)state;
    return chdir("/") || kb_remove_tree(AT_FDCWD, top, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_expect, fresh),
        cmocka_unit_test_setup(test_patterns, fresh),
        cmocka_unit_test_setup(test_files, fresh),
        cmocka_unit_test_setup(test_sha256, fresh),
        cmocka_unit_test_setup(test_opens, fresh),
        cmocka_unit_test_setup(test_sqlite, fresh),
        cmocka_unit_test_setup(test_sqlite_with_log, fresh),
        cmocka_unit_test_setup(test_command, fresh),
        cmocka_unit_test_setup(test_command_leaves_nothing, fresh),
        cmocka_unit_test_setup(test_confined, fresh),
        cmocka_unit_test_setup(test_bad_jobs, fresh),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
