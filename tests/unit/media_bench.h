/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the media layer share: a folder to work in, and what a stage has said. */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/media.h"

/* What a stage has said. */
struct heard {
    const struct kb_medium_state *state;
    size_t n_generations, n_findings;
    const struct kb_generation *generations[64];
    const struct kb_finding *findings[64];
};

static struct {
    char dir[32];
    struct kb_arena *arena;
    struct heard heard;
} t;

static const char *const names[] = {"月次-20251120.tar", "月次-20251127.tar", "月次-20251113.tar"};

static inline void hear_medium(void *owner, const struct kb_medium_state *state)
{
    ((struct heard *)owner)->state = state;
}

static inline void hear_generation(void *owner, const struct kb_generation *generation)
{
    struct heard *heard = owner;
    if (heard->n_generations < 64)
        heard->generations[heard->n_generations] = generation;
    heard->n_generations++;
}

static inline void hear_finding(void *owner, const struct kb_finding *finding)
{
    struct heard *heard = owner;
    assert_true(heard->n_findings < 64);
    heard->findings[heard->n_findings++] = finding;
}

static inline const char *below(const char *folder, const char *name)
{
    return kb_sprintf(t.arena, "%s/%s", folder, name);
}

static inline void write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(kb_write_all(fd, text, strlen(text)), 0);
    assert_int_equal(fsync(fd), 0);
    assert_int_equal(close(fd), 0);
}

static inline void set_mtime(const char *path, const char *time)
{
    int64_t s = 0;
    assert_true(kb_time_parse(time, &s));
    const struct timespec times[2] = {{.tv_sec = s}, {.tv_sec = s}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), 0);
}

static inline void make_folder(const char *path)
{
    assert_int_equal(mkdir(path, 0755), 0);
}

static inline void fill(const char *root)
{
    make_folder(below(root, "会計"));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        write_file(kb_sprintf(t.arena, "%s/会計/%s", root, names[i]), "backup");
    write_file(below(root, "会計/月次-20251127.sha256"), "x");
}

static inline const struct kb_medium_state *open_medium(const struct kb_job_medium *medium, struct kb_job_copy *copies,
                                                        size_t n)
{
    struct kb_job_copy usual = {.set = "会計",
                                .index = 1,
                                .format = KB_FORMAT_ARCHIVE,
                                .path = "会計/月次-%Y%m%d.tar",
                                .manifest = "会計/月次-%Y%m%d.sha256"};
    struct kb_job job = {.stage = KB_STAGE_MEDIA_OPEN, .medium = medium, .copies = {.n = n, .v = copies}};
    if (!copies) {
        job.copies.n = 1;
        job.copies.v = kb_alloc(t.arena, 1, sizeof usual);
        job.copies.v[0] = usual;
    }
    struct kb_media_sink sink = {&t.heard, hear_medium, hear_generation, hear_finding};
    struct kb_err err = {0};
    t.heard = (struct heard){0};
    int rc = kb_media_open_stage(&job, t.arena, &sink, &err);
    for (size_t i = 0; i < err.n_frames; i++)
        print_message("%s\n", err.frame[i].en);
    assert_int_equal(rc, 0);
    for (size_t i = 0; i < t.heard.n_findings; i++) {
        const struct kb_finding *finding = t.heard.findings[i];
        assert_true(*kb_pick(finding->expected, KB_JA) && *kb_pick(finding->found, KB_JA));
        assert_string_equal(finding->medium, medium->id);
    }
    assert_non_null(t.heard.state);
    return t.heard.state;
}

static inline void close_medium(const struct kb_job_medium *medium)
{
    struct kb_err err = {0};
    assert_int_equal(kb_media_close(medium, &err), 0);
}

static inline void assert_status(const struct kb_medium_state *state, enum kb_medium_status status)
{
    if (state->status != (int)status)
        print_message("%s\n", state->detail.en);
    assert_int_equal(state->status, status);
    assert_true(*kb_pick(state->detail, KB_JA) && *kb_pick(state->detail, KB_EN));
}

static inline bool heard_rule(const char *rule)
{
    for (size_t i = 0; i < t.heard.n_findings; i++)
        if (!strcmp(t.heard.findings[i]->rule, rule))
            return true;
    return false;
}

static inline bool in_own_namespace(void)
{
    static int done = -1;
    if (done < 0)
        done = geteuid() == 0 && access("/dev/loop-control", W_OK) == 0 && !unshare(CLONE_NEWNS) &&
               !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
    return done;
}

#define NEEDS_ROOT()                                                                                                   \
    do {                                                                                                               \
        if (!in_own_namespace()) {                                                                                     \
            print_message("skipped: needs root and loop devices\n");                                                   \
            skip();                                                                                                    \
        }                                                                                                              \
    } while (0)

static inline void check_listing(void)
{
    static const char *const newest_first[] = {"会計/月次-20251127.tar", "会計/月次-20251120.tar",
                                               "会計/月次-20251113.tar"};
    assert_int_equal(t.heard.n_generations, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(t.heard.generations[i]->path, newest_first[i]);
        assert_int_equal(t.heard.generations[i]->bytes, 6);
        assert_int_equal(t.heard.generations[i]->copy, 1);
    }
    assert_string_equal(t.heard.generations[1]->manifest, "会計/月次-20251120.sha256");
}

static inline int bench_set_up(void)
{
    t.arena = kb_arena_new();
    (void)snprintf(t.dir, sizeof t.dir, "/tmp/koboshi-media-XXXXXX");
    return mkdtemp(t.dir) ? 0 : -1;
}

static inline int bench_tear_down(void)
{
    struct kb_err err = {0};
    int rc = seteuid(getuid()); /* a test may have failed as nobody */
    if (!rc)
        rc = kb_media_sweep(t.dir, &err);
    if (!rc)
        rc = kb_remove_tree(AT_FDCWD, t.dir, &err);
    for (size_t i = 0; i < err.n_frames; i++)
        print_message("%s\n", err.frame[i].en);
    kb_arena_free(t.arena);
    return rc;
}
