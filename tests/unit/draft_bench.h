/* SPDX-License-Identifier: Apache-2.0 */
/* What tests of drafting share: a disk made of names, looked at and inferred from. */
#pragma once

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/draft.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"
#include "koboshi/pattern.h"
#include "koboshi/survey.h"

/* What the first bytes of a file say. */
enum content { TEXT, BLANK, TAR, ZIP, OFFICE, SQLITE, VHDX, EXE, TAPE };

static struct {
    char dir[32];
    struct kb_arena *arena;
    struct kb_scan_end end;
    int64_t now;
} t;

static inline int bench_set_up(void)
{
    struct kb_err err = {0};
    strcpy(t.dir, "/tmp/koboshi-draft-XXXXXX");
    t.arena = kb_arena_new();
    assert_true(kb_time_parse("2026-11-23T12:00:00+09:00", &t.now));
    assert_int_equal(kb_zone_use("Asia/Tokyo", &err), 0);
    return mkdtemp(t.dir) ? 0 : -1;
}

static inline int bench_tear_down(void)
{
    struct kb_err err = {0};
    int code = kb_remove_tree(AT_FDCWD, t.dir, &err);
    kb_arena_free(t.arena);
    return code;
}

/* A file below the bench with the content of its kind, last changed at this time. */
static inline void put(const char *path, enum content content, int64_t mtime)
{
    static const char zeros[1024];
    /* one empty file, as tar(5) has its header */
    static const struct {
        char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], kind[868];
    } tar = {"x", "0000644", "0000000", "0000000", "00000000000", "00000000000", "004706\0 ", "0"};
    static const struct {
        const char *bytes;
        size_t n;
    } heads[] = {
        [TEXT] = {"text\n", 5},
        [BLANK] = {zeros, sizeof zeros},
        [TAR] = {(const char *)&tar, sizeof tar},
        [ZIP] = {"PK\3\4 a zip that begins well", 27},
        [OFFICE] = {"PK\3\4\24\0\6\0\10\0\0\0\41\0\0\0\0\0\0\0\0\0\0\0\0\0\23\0\0\0[Content_Types].xml", 49},
        [SQLITE] = {"SQLite format 3\0", 16},
        [VHDX] = {"vhdxfile", 8},
        [EXE] = {"MZ installer", 12},
        [TAPE] = {"TAPE\0\0\3\0", 8},
    };
    struct kb_err err = {0};
    const char *whole = kb_sprintf(t.arena, "%s/%s", t.dir, path);
    char *folder = kb_strdup(t.arena, whole);
    *strrchr(folder, '/') = '\0';
    assert_int_equal(kb_mkdir_p(folder, 0755, &err), 0);
    int fd = open(whole, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(kb_write_all(fd, heads[content].bytes, heads[content].n), 0);
    const struct timespec times[2] = {{.tv_sec = (time_t)mtime}, {.tv_sec = (time_t)mtime}};
    assert_int_equal(futimens(fd, times), 0);
    assert_int_equal(close(fd), 0);
}

static inline void put_as(const char *path, enum content content)
{
    put(path, content, t.now - 3600);
}

/* In path %Y %m %d are filled in; from a day on for so many days, every step-th. */
static inline void put_days(const char *path, const char *from, int days, int step, bool workdays, enum content content)
{
    int64_t start = 0;
    assert_true(kb_time_parse(kb_sprintf(t.arena, "%sT22:00:00+09:00", from), &start));
    for (int day = 0; day < days; day += step) {
        time_t time = (time_t)(start + day * INT64_C(86400));
        struct tm tm;
        const char *text = "";
        assert_non_null(localtime_r(&time, &tm));
        if (workdays && (tm.tm_wday == 0 || tm.tm_wday == 6))
            continue;
        for (const char *at = path; *at; at++) {
            bool part = *at == '%';
            at += part;
            text = !part        ? kb_sprintf(t.arena, "%s%c", text, *at)
                   : *at == 'Y' ? kb_sprintf(t.arena, "%s%04d", text, tm.tm_year + 1900)
                                : kb_sprintf(t.arena, "%s%02d", text, *at == 'm' ? tm.tm_mon + 1 : tm.tm_mday);
        }
        put(text, content, (int64_t)time);
    }
}

static inline void on_seen(void *owner, const struct kb_seen *seen)
{
    struct kb_scanned *scanned = owner;
    scanned->seen.v = kb_grow(t.arena, scanned->seen.v, scanned->seen.n, sizeof *scanned->seen.v);
    scanned->seen.v[scanned->seen.n++] = *seen;
}

static inline const struct kb_draft *infer_places(const char *const *places, size_t n)
{
    struct kb_scanned *scanned = kb_alloc(t.arena, n, sizeof *scanned);
    for (size_t i = 0; i < n; i++) {
        struct kb_err err = {0};
        struct kb_survey *survey = NULL;
        struct kb_medium_state *state = kb_alloc(t.arena, 1, sizeof *state);
        scanned[i].path = kb_sprintf(t.arena, "%s%s%s", t.dir, *places[i] ? "/" : "", places[i]);
        assert_int_equal(kb_media_identify(scanned[i].path, t.arena, state, &err), 0);
        assert_int_equal(kb_survey_open(state->root, &survey, &err), 0);
        kb_survey_run(survey, on_seen, &scanned[i], t.arena, &t.end);
        kb_survey_free(survey);
        scanned[i].state = state;
        scanned[i].end = &t.end;
    }
    return kb_draft_infer(scanned, n, t.now, t.arena);
}

static inline const struct kb_draft *infer(void)
{
    return infer_places((const char *[]){""}, 1);
}

/* There is a set of this path, format and number of generations. */
static inline const struct kb_draft_set *want_set(const struct kb_draft *draft, const char *path, int format, int64_t n)
{
    for (size_t i = 0; i < draft->sets.n; i++) {
        const struct kb_draft_set *set = &draft->sets.v[i];
        if (strcmp(set->copies.v[0].path, path) != 0)
            continue;
        assert_int_equal(set->format, format);
        assert_int_equal(set->copies.v[0].n, n);
        return set;
    }
    for (size_t i = 0; i < draft->sets.n; i++)
        print_message("found: %s (%d)\n", draft->sets.v[i].copies.v[0].path, draft->sets.v[i].format);
    for (size_t i = 0; i < draft->unknown.n; i++)
        print_message("unknown: %s: %s\n", draft->unknown.v[i].first, draft->unknown.v[i].why.en);
    fail_msg("no set %s", path);
    return NULL;
}

static inline const struct kb_plan *load_text(const char *text)
{
    const struct kb_plan *plan = NULL;
    const struct kb_diags *diags = NULL;
    struct kb_err err = {0};
    int code = kb_plan_parse("plan.yaml", text, strlen(text), t.arena, &plan, &diags, &err);
    if (code && diags)
        kb_diags_print(stdout, diags, "plan.yaml", text, strlen(text), KB_EN, false);
    assert_int_equal(code, 0);
    return plan;
}

static inline const struct kb_plan *load(const struct kb_draft *draft, enum kb_lang lang)
{
    const struct kb_draft_text text = {.lang = lang, .zone = "Asia/Tokyo", .now = t.now};
    return load_text(kb_draft_plan(draft, &text, t.arena));
}

/* The pattern finds this path. */
static inline bool fits(const char *text, const char *path)
{
    const struct kb_pattern *pattern = NULL;
    struct kb_err err = {0};
    struct kb_match match = kb_match_none;
    assert_int_equal(kb_pattern_parse(text, t.arena, &pattern, &err), 0);
    bool good = true;
    for (size_t i = 0; good && i < pattern->components.n; i++) {
        size_t n = strcspn(path, "/");
        struct kb_name_form form;
        const char *name = kb_name_composed(kb_strndup(t.arena, path, n), &form);
        good = kb_component_match(&pattern->components.v[i], kb_strdup(t.arena, name), &match);
        path += n + (path[n] == '/');
    }
    return good && !*path;
}
