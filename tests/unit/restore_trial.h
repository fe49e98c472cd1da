/* SPDX-License-Identifier: Apache-2.0 */
/* For unit tests of the scratch writer: one restore with its findings, and a file beside it that nothing may touch. */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/restore.h"

static char top[] = "/tmp/koboshi-restore-XXXXXX";

/* One restore with the findings it made. */
struct trial {
    struct kb_arena *arena;
    struct kb_job_set set;
    struct kb_reporter reporter;
    struct kb_scratch *scratch;
    struct kb_sink sink;
    struct kb_set_result result;
    size_t n;
    struct {
        const char *rule, *entry, *found;
        int severity;
    } findings[64];
};

static inline void collect(void *owner, const struct kb_finding *finding)
{
    struct trial *t = owner;
    assert_true(t->n < 64);
    assert_non_null(finding->found.ja);
    assert_non_null(finding->expected.ja);
    t->findings[t->n].rule = finding->rule;
    t->findings[t->n].severity = finding->severity;
    t->findings[t->n].entry = finding->entry ? kb_strdup(t->arena, finding->entry) : "";
    t->findings[t->n++].found = kb_strdup(t->arena, finding->found.en);
}

static inline bool found(const struct trial *t, const char *rule, const char *entry)
{
    for (size_t i = 0; i < t->n; i++)
        if (!strcmp(t->findings[i].rule, rule) && !strcmp(t->findings[i].entry, entry))
            return true;
    for (size_t i = 0; i < t->n; i++)
        print_message("  %s: %s: %s\n", t->findings[i].rule, t->findings[i].entry, t->findings[i].found);
    return false;
}

/* With the rest of `set` as it is: format, sample. */
static inline struct trial *begin_set(const char *folder, struct kb_job_set set)
{
    struct kb_arena *arena = kb_arena_new();
    struct trial *t = kb_alloc(arena, 1, sizeof *t);
    t->arena = arena;
    t->set = set;
    t->set.set = "share";
    t->set.medium = "hdd-b";
    t->set.file = "share.tar";
    t->set.scratch = kb_sprintf(arena, "%s/scratch", folder);
    t->reporter = (struct kb_reporter){.owner = t, .finding = collect};
    struct kb_err err = {0};
    if (kb_scratch_new(&t->set, geteuid(), getegid(), KB_ABSENT, &t->reporter, arena, &t->scratch, &err))
        fail_msg("%s", err.frame[0].en);
    if (t->scratch)
        t->sink = kb_scratch_sink(t->scratch);
    return t;
}

static inline struct trial *begin_in(const char *folder, const char *target_fs)
{
    return begin_set(folder, (struct kb_job_set){.target_fs = target_fs});
}

static inline struct trial *begin(const char *target_fs)
{
    return begin_in(top, target_fs);
}

static inline void end(struct trial *t)
{
    kb_scratch_free(t->scratch);
    assert_int_equal(kb_scratch_remove(t->set.scratch, NULL), 0);
    assert_int_not_equal(access(t->set.scratch, F_OK), 0);
    assert_int_equal(kb_scratch_remove(t->set.scratch, NULL), 0); /* missing is success */
    kb_arena_free(t->arena);
}

static inline void entry(struct trial *t, enum kb_entry_kind kind, const char *path, const char *target)
{
    struct kb_entry e = {
        .kind = kind, .path = path, .shown = path, .raw = path, .raw_n = strlen(path), .target = target};
    e.size = KB_ABSENT;
    e.mode = kind == KB_ENTRY_FOLDER ? 0555 : 0644;
    e.mtime_ns = INT64_C(1700000000500000000);
    assert_int_equal(t->sink.entry(t->sink.owner, &e, NULL), 0);
    if (kind != KB_ENTRY_FILE)
        assert_int_equal(t->sink.end(t->sink.owner, 0, NULL, NULL, NULL), 0);
}

static inline void file(struct trial *t, const char *path, const char *content)
{
    struct kb_sha256 digest = kb_sha256_of(content, strlen(content));
    entry(t, KB_ENTRY_FILE, path, NULL);
    assert_int_equal(t->sink.data(t->sink.owner, 0, content, strlen(content), NULL), 0);
    assert_int_equal(t->sink.end(t->sink.owner, (int64_t)strlen(content), &digest, NULL, NULL), 0);
}

static inline int finish(struct trial *t)
{
    assert_int_equal(kb_scratch_finish(t->scratch, NULL), 0);
    assert_int_equal(kb_scratch_reread(t->scratch, t->arena, &t->result, NULL), 0);
    return t->result.proof.restored;
}

static inline const char *in(const struct trial *t, const char *path)
{
    return kb_sprintf(t->arena, "%s/%s", t->set.scratch, path);
}

static inline const char *content(const struct trial *t, const char *path)
{
    char *text = NULL;
    size_t n;
    return kb_file_read(AT_FDCWD, in(t, path), 1000, t->arena, &text, &n, NULL) ? NULL : text;
}

static inline void plant(const char *name, const char *text)
{
    KB_SCOPED_FD fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0 && !kb_write_all(fd, text, strlen(text)));
}

static inline int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(top) || chdir(top) || mkdir("outside", 0700))
        return -1;
    plant("outside/secret", "tripwire");
    return chdir("/");
}

/* After each test: what lies beside the scratch folder is as it was. */
static inline int tripwire(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    char *text = NULL;
    size_t n;
    struct stat st;
    const char *path = kb_sprintf(arena, "%s/outside", top);
    if (kb_file_read(AT_FDCWD, kb_sprintf(arena, "%s/secret", path), 100, arena, &text, &n, NULL))
        return -1;
    if (strcmp(text, "tripwire") || stat(kb_sprintf(arena, "%s/secret", path), &st) || st.st_nlink != 1)
        return -1;
    return rename(kb_sprintf(arena, "%s/secret", path), kb_sprintf(arena, "%s/kept", top)) || rmdir(path) ||
           mkdir(path, 0700) || rename(kb_sprintf(arena, "%s/kept", top), kb_sprintf(arena, "%s/secret", path));
}

static inline int tear_down(void **state)
{
    (void)state;
    return kb_remove_tree(AT_FDCWD, top, NULL);
}
