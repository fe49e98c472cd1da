/* SPDX-License-Identifier: Apache-2.0 */
/* For unit tests: a temporary folder, the real archivers run in it, and a pass with its findings collected. */
#pragma once

#include <fcntl.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/finding.h"
#include "koboshi/verify.h"

extern char **environ;

static char tools_folder[64];

/* A fresh folder, and in it as working directory. */
static inline int tools_setup(void **state)
{
    (void)state;
    struct kb_err err = {0};
    (void)snprintf(tools_folder, sizeof tools_folder, "/tmp/koboshi-test-XXXXXX");
    /* as in the worker, whose job names one: without, glibc loads it anew for each entry of a zip */
    if (setenv("TZ", "UTC", 0) || !mkdtemp(tools_folder) || chdir(tools_folder) || kb_verify_prepare(&err))
        return -1;
    return 0;
}

static inline int tools_teardown(void **state)
{
    (void)state;
    struct kb_err err = {0};
    return chdir("/") || kb_remove_tree(AT_FDCWD, tools_folder, &err);
}

/* Runs a program found on PATH, in `folder` if it is not NULL, its output dropped or in a file; returns its status. */
static inline int run_in(const char *folder, const char *out, const char *const *argv)
{
    pid_t pid;
    posix_spawn_file_actions_t actions;
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    assert_int_equal(
        posix_spawn_file_actions_addopen(&actions, 1, out ? out : "/dev/null", O_WRONLY | O_CREAT | O_TRUNC, 0600), 0);
    assert_int_equal(posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0), 0);
    if (folder)
        assert_int_equal(posix_spawn_file_actions_addchdir_np(&actions, folder), 0);
    int r = posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    if (r)
        fail_msg("%s cannot be run: %s", argv[0], strerror(r));
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
#define RUN(...)            assert_int_equal(run_in(NULL, NULL, (const char *const[]){__VA_ARGS__, NULL}), 0)
#define RUN_IN(folder, ...) assert_int_equal(run_in(folder, NULL, (const char *const[]){__VA_ARGS__, NULL}), 0)
#define RUN_TO(out, ...)    assert_int_equal(run_in(NULL, out, (const char *const[]){__VA_ARGS__, NULL}), 0)
/* A small program of the shell, for pipes and globs in tests. */
#define SHELL(script) RUN("sh", "-ec", script)

static inline void put(const char *name, const void *bytes, size_t n)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(kb_write_all(fd, bytes, n), 0);
    assert_int_equal(close(fd), 0);
}

static inline void put_text(const char *name, const char *text)
{
    put(name, text, strlen(text));
}

/* n bytes that do not compress, the same for the same seed. */
static inline void put_noise(const char *name, size_t n, uint64_t seed)
{
    uint8_t *bytes = malloc(n + 8);
    assert_non_null(bytes);
    for (size_t i = 0; i < n; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        bytes[i] = (uint8_t)(seed >> 33);
    }
    put(name, bytes, n);
    free(bytes);
}

static inline int64_t size_of(const char *name)
{
    struct stat st;
    assert_int_equal(stat(name, &st), 0);
    return st.st_size;
}

static inline void flip(const char *name, int64_t offset)
{
    int fd = open(name, O_RDWR);
    uint8_t byte;
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, offset), 1);
    byte ^= 0x10;
    assert_int_equal(pwrite(fd, &byte, 1, offset), 1);
    assert_int_equal(close(fd), 0);
}

static inline void copy(const char *from, const char *to)
{
    RUN("cp", "--", from, to);
}

/* What a pass gave. */
struct outcome {
    struct kb_arena *arena;
    struct kb_set_result result;
    struct kb_err err;
    int code;
    size_t n, bad, warned;
    struct {
        char rule[40], entry[512], expected[256], found[256];
    } findings[64];
};

static inline void collect(void *owner, const struct kb_finding *finding)
{
    struct outcome *o = owner;
    assert_non_null(finding->title.ja);
    assert_non_null(kb_pick(finding->expected, KB_JA));
    assert_true(finding->found.ja && *finding->found.ja && finding->found.en && *finding->found.en);
    o->bad += finding->severity == KB_BAD;
    o->warned += finding->severity == KB_WARN;
    if (o->n < 64) {
        (void)snprintf(o->findings[o->n].rule, sizeof o->findings->rule, "%s", finding->rule);
        (void)snprintf(o->findings[o->n].entry, sizeof o->findings->entry, "%s", finding->entry ? finding->entry : "");
        (void)snprintf(o->findings[o->n].expected, sizeof o->findings->expected, "%s",
                       kb_pick(finding->expected, KB_EN));
        (void)snprintf(o->findings[o->n].found, sizeof o->findings->found, "%s", finding->found.en);
    }
    o->n++;
    if (getenv("KB_TEST_SHOW"))
        print_message("  [%s] %s | %s | %s | %s\n", finding->rule, finding->entry ? finding->entry : "-",
                      finding->expected.en, finding->found.en, finding->found.ja);
}

static inline void outcome_free(struct outcome *o)
{
    kb_arena_free(o->arena);
    free(o);
}

static inline struct outcome *pass_sink(struct kb_job_set set, const struct kb_sink *sink, int list_fd)
{
    char source[512], manifest[512];
    struct outcome *o = calloc(1, sizeof *o);
    assert_non_null(o);
    o->arena = kb_arena_new();
    (void)snprintf(source, sizeof source, "%s/%s", tools_folder, set.file);
    set.source = source;
    if (set.manifest) {
        (void)snprintf(manifest, sizeof manifest, "%s/%s", tools_folder, set.manifest);
        set.manifest = manifest;
    }
    set.set = "share";
    set.medium = "hdd-a";
    struct kb_pass *pass;
    assert_int_equal(kb_pass_open(&set, o->arena, &pass, &o->err), 0);
    const struct kb_reporter reporter = {.owner = o, .finding = collect};
    o->code = kb_pass_run(pass, sink, list_fd, &reporter, o->arena, &o->result, &o->err);
    kb_pass_close(pass);
    return o;
}

static inline struct outcome *pass(struct kb_job_set set)
{
    return pass_sink(set, NULL, -1);
}

/* Findings of this rule; entry NULL: any. */
static inline size_t told(const struct outcome *o, const char *rule, const char *entry)
{
    size_t n = 0;
    for (size_t i = 0; i < o->n && i < 64; i++)
        n += !strcmp(o->findings[i].rule, rule) && (!entry || !strcmp(o->findings[i].entry, entry));
    return n;
}

static inline void show(const struct outcome *o, const char *what)
{
    print_message("%s: code %d, %zu findings\n", what, o->code, o->n);
    for (size_t i = 0; i < o->n && i < 64; i++)
        print_message("  %s [%s] %s\n", o->findings[i].rule, o->findings[i].entry, o->findings[i].found);
}
