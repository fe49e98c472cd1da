/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of listings share: a folder medium to plant files in, and what was said about them. */
#pragma once

#include "media_bench.h"

static const char *root;
static struct kb_job_medium medium;

static inline int set_up(void **state)
{
    (void)state;
    struct kb_err err = {0};
    if (bench_set_up() || kb_zone_use("Asia/Tokyo", &err))
        return -1;
    root = below(t.dir, "控え");
    medium = (struct kb_job_medium){.id = "folder", .kind = KB_MEDIUM_FOLDER, .mount = root};
    return mkdir(root, 0755);
}

static inline int tear_down(void **state)
{
    (void)state;
    return bench_tear_down();
}

/* A file with its folders, last changed then. */
static inline const char *plant(const char *path, const char *text, const char *mtime)
{
    struct kb_err err = {0};
    const char *whole = below(root, path);
    const char *slash = strrchr(whole, '/');
    assert_int_equal(kb_mkdir_p(kb_strndup(t.arena, whole, (size_t)(slash - whole)), 0755, &err), 0);
    write_file(whole, text);
    set_mtime(whole, mtime);
    return whole;
}

static inline void list(struct kb_job_copy copy)
{
    copy.set = "share";
    (void)open_medium(&medium, &copy, 1);
}

static inline void assert_generation(size_t i, const char *path, const char *time, int source)
{
    assert_true(i < t.heard.n_generations);
    const struct kb_generation *generation = t.heard.generations[i];
    assert_string_equal(generation->path, path);
    assert_string_equal(kb_time_rfc3339(t.arena, generation->point_in_time), time);
    assert_int_equal(generation->pit_source, source);
}

static inline void assert_nothing_wrong(void)
{
    for (size_t i = 0; i < t.heard.n_findings; i++)
        print_message("%s %s: %s\n", t.heard.findings[i]->rule, t.heard.findings[i]->file,
                      t.heard.findings[i]->found.en);
    assert_int_equal(t.heard.n_findings, 0);
}

static inline void assert_told(const char *rule, const char *file, const char *found)
{
    for (size_t i = 0; i < t.heard.n_findings; i++) {
        const struct kb_finding *finding = t.heard.findings[i];
        if (strcmp(finding->rule, rule) != 0 || strcmp(finding->file, file) != 0)
            continue;
        if (!strstr(finding->found.en, found))
            print_message("%s\n", finding->found.en);
        assert_non_null(strstr(finding->found.en, found));
        assert_true(*finding->found.ja && *finding->expected.ja && *finding->expected.en);
        return;
    }
    print_message("nothing says %s of %s\n", rule, file);
    for (size_t i = 0; i < t.heard.n_findings; i++)
        print_message("%s %s\n", t.heard.findings[i]->rule, t.heard.findings[i]->file);
    fail();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
