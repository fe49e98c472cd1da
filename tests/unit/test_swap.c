/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: what speaks against exchanging a disk, and what is wrong with the media that are here, each with the fault
 * planted and with its harmless neighbour. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../agent/run/swap.h"
#include "koboshi/arena.h"
#include "koboshi/err.h"

enum { N = 4 };

/* One set on one disk: generations of the 17th to 20th November 2026 (a Friday), all verified, as they should be. */
struct bench {
    struct kb_arena *arena;
    struct kb_medium disks[2];
    struct kb_copy copy;
    struct kb_retention retention;
    struct kb_set set;
    struct kb_plan plan;
    struct kb_swap_params params;
    struct kb_generation generations[N];
    size_t n;
    struct kb_generation manifest;
    struct kb_swap_listing listing;
    struct kb_line_read read;
    struct kb_line_generation was[N];
    struct kb_line lines[2]; /* left a week ago with the first three; verified today */
    size_t n_lines;
    struct kb_swap swap;
    int64_t now;
};

static int64_t at(const char *text)
{
    int64_t s = 0;
    assert_true(kb_time_parse(text, &s));
    return s;
}

static void begin(struct bench *b)
{
    static const char *const paths[N] = {"s-20261120.tar", "s-20261119.tar", "s-20261118.tar", "s-20261117.tar"};
    *b = (struct bench){.arena = kb_arena_new(), .n = N, .now = at("2026-11-20T17:00:00+09:00"), .n_lines = 2};
    b->disks[0] = (struct kb_medium){.id = "a", .kind = KB_MEDIUM_HDD, .label = "BK-A", .fs_uuid = "1234-ABCD"};
    b->disks[1] = (struct kb_medium){
        .id = "b", .kind = KB_MEDIUM_HDD, .label = "BK-B", .fs_uuid = "1234-ABCE", .luks_uuid = "9999"};
    b->copy = (struct kb_copy){
        .medium = "a", .path = "s-%Y%m%d.tar", .manifest = "s-%Y%m%d.sha256", .interval = KB_BUSINESS_DAY};
    b->set = (struct kb_set){.id = "share", .format = KB_FORMAT_ARCHIVE, .copies = {.n = 1, .v = &b->copy}};
    b->plan.plan.id = "energy";
    b->plan.media.n = 2;
    b->plan.media.v = b->disks;
    b->plan.backup_sets.n = 1;
    b->plan.backup_sets.v = &b->set;
    b->params.plan = &b->plan;
    for (size_t i = 0; i < N; i++)
        b->generations[i] = (struct kb_generation){.set = "share",
                                                   .path = paths[i],
                                                   .manifest = i ? NULL : "s-20261120.sha256",
                                                   .point_in_time = at("2026-11-20T12:00:00+09:00") -
                                                                    (int64_t)i * 86400,
                                                   .pit_source = KB_PIT_NAME_AND_MTIME,
                                                   .bytes = 1000 + 10 * (int64_t)i,
                                                   .mtime = at("2026-11-20T12:00:00+09:00") - (int64_t)i * 86400};
    b->manifest = (struct kb_generation){.set = "share", .path = "s-20261120.sha256"};
    b->read = (struct kb_line_read){"share", "a", "s-20261120.tar", 0, 1000, 10, "L3", KB_UNIT_GOOD};
    for (size_t i = 0; i < 3; i++)
        b->was[i] = (struct kb_line_generation){"share", paths[i + 1], b->generations[i + 1].point_in_time,
                                                b->generations[i + 1].bytes};
    kb_line_init(&b->lines[0], KB_LINE_MEDIUM_SWAPPED);
    b->lines[0].medium = "a";
    b->lines[0].time = at("2026-11-19T17:00:00+09:00");
    b->lines[0].generations.n = 3;
    b->lines[0].generations.v = b->was;
    kb_line_init(&b->lines[1], KB_LINE_VERIFIED);
    b->lines[1].time = at("2026-11-20T16:00:00+09:00");
    b->lines[1].reads.n = 1;
    b->lines[1].reads.v = &b->read;
    b->swap.out = &b->disks[0];
    b->swap.state.status = KB_MEDIUM_READY;
    b->swap.last = &b->lines[0];
}

/* The rules that fired, blank-separated. */
static const char *judge(struct bench *b)
{
    b->listing.generations.n = b->n;
    b->listing.generations.v = b->generations;
    b->listing.manifests.n = b->manifest.path ? 1 : 0;
    b->listing.manifests.v = &b->manifest;
    const struct kb_lines lines = {b->n_lines, b->lines};
    b->swap.findings.n = b->swap.sets.n = 0;
    kb_swap_judge(&b->params, &b->listing, &lines, b->now, b->arena, &b->swap);
    const char *rules = "";
    for (size_t i = 0; i < b->swap.findings.n; i++)
        rules = kb_sprintf(b->arena, "%s%s%s", rules, i ? " " : "", b->swap.findings.v[i].rule);
    return rules;
}

static void test_without_interval(void **state)
{
    (void)state;
    struct bench b;
    begin(&b);
    b.copy.interval = KB_ABSENT;
    b.now = at("2026-11-27T12:00:00+09:00");
    assert_string_equal(judge(&b), "");
    b.now++;
    assert_string_equal(judge(&b), "generation-stale");
    assert_non_null(strstr(b.swap.findings.v[0].expected.ja, "interval がない"));
    assert_non_null(strstr(b.swap.findings.v[0].expected.en, "no `interval`"));
    kb_arena_free(b.arena);
}

/* The folder of a mirror keeps its time while files below it change. */
static void test_mirror_changed_since(void **state)
{
    (void)state;
    struct bench b;
    begin(&b);
    b.generations[0].mtime = b.generations[1].mtime;
    b.generations[0].point_in_time = at("2026-11-20T16:30:00+09:00");
    b.generations[0].pit_source = KB_PIT_NEWEST_FILE;
    b.generations[0].bytes = KB_ABSENT;
    assert_string_equal(judge(&b), "generation-unverified");
    kb_arena_free(b.arena);
}

/* No without a reason helps nobody, and yes without a look is none. */
static void test_nothing_to_judge(void **state)
{
    (void)state;
    struct bench b;
    begin(&b);
    b.copy.medium = "b";
    assert_string_equal(judge(&b), "medium-unused");
    assert_false(b.swap.good);
    b.copy.medium = "a";
    b.swap.state.status = KB_MEDIUM_LOCKED;
    assert_string_equal(judge(&b), "medium-unreadable");
    assert_false(b.swap.good);
    kb_arena_free(b.arena);
}

static void test_good(void **state)
{
    (void)state;
    struct bench b;
    begin(&b);
    assert_string_equal(judge(&b), "");
    assert_true(b.swap.good);
    assert_int_equal(b.swap.sets.v[0].n_new, 1);
    assert_int_equal(b.swap.sets.v[0].n_vanished, 0);
    assert_int_equal(b.swap.sets.v[0].manifest, KB_ANSWER_YES);
    b.now = at("2026-11-23T23:00:00+09:00"); /* Monday: Friday's is the last business day's */
    assert_string_equal(judge(&b), "");
    b.now = at("2026-11-24T00:00:00+09:00");
    assert_string_equal(judge(&b), "generation-stale");
    assert_false(b.swap.good);
    kb_arena_free(b.arena);
}

static void test_nothing(void **state)
{
    (void)state;
    struct bench b;
    begin(&b);
    b.n = 0;
    assert_string_equal(judge(&b), "generation-missing generation-vanished");
    assert_false(b.swap.good);
    b.plan.backup_sets.n = 0; /* nothing is asked of the disk: nothing is good about it */
    assert_string_equal(judge(&b), "medium-unused");
    assert_false(b.swap.good);
    kb_arena_free(b.arena);
}

static void test_size(void **state)
{
    (void)state;
    struct bench b;
    begin(&b);
    b.generations[0].bytes = 400;
    assert_string_equal(judge(&b), "generation-size");
    assert_false(b.swap.good);
    b.generations[0].bytes = 600;
    assert_string_equal(judge(&b), "");
    b.generations[0].bytes = 10000;
    assert_string_equal(judge(&b), "generation-size");
    assert_true(b.swap.good); /* a warning: more loses nothing */
    b.generations[0].bytes = 0;
    assert_string_equal(judge(&b), "generation-size");
    b.generations[0].bytes = INT64_MAX;
    b.generations[1].bytes = INT64_MAX - 1;
    b.was[0].bytes = INT64_MAX - 1;
    assert_string_equal(judge(&b), "");
    b.generations[0].bytes = KB_ABSENT; /* a tree */
    assert_string_equal(judge(&b), "");
    kb_arena_free(b.arena);
}

static void test_verified(void **state)
{
    (void)state;
    struct bench b;
    begin(&b);
    b.read.status = KB_UNIT_FAILED;
    assert_string_equal(judge(&b), "generation-unverified");
    b.read.status = KB_UNIT_CONDITIONAL;
    assert_string_equal(judge(&b), "");
    b.read.medium = "b"; /* the same name on another disk proves nothing here */
    assert_string_equal(judge(&b), "generation-unverified");
    b.read.medium = "a";
    b.generations[0].mtime = b.lines[1].time + 1;
    assert_string_equal(judge(&b), "generation-unverified");
    kb_arena_free(b.arena);
}

static void test_future(void **state)
{
    (void)state;
    struct bench b;
    begin(&b);
    b.generations[0].point_in_time = b.now + 86400;
    assert_string_equal(judge(&b), "generation-stale");
    assert_non_null(strstr(b.swap.findings.v[0].found.ja, "未来"));
    kb_arena_free(b.arena);
}

static void test_manifest(void **state)
{
    (void)state;
    struct bench b;
    begin(&b);
    b.manifest.path = NULL;
    assert_string_equal(judge(&b), "manifest-absent");
    b.generations[0].manifest = NULL; /* none in the plan */
    assert_string_equal(judge(&b), "");
    kb_arena_free(b.arena);
}

static void test_changes(void **state)
{
    (void)state;
    struct bench b;
    begin(&b);
    b.n = 3; /* the oldest is gone, one is new: as many as before */
    assert_string_equal(judge(&b), "generation-vanished");
    assert_non_null(strstr(b.swap.findings.v[0].found.en, "s-20261117.tar"));
    b.set.retention = &b.retention;
    b.retention = (struct kb_retention){.daily = 3, .weekly = KB_ABSENT, .monthly = KB_ABSENT, .yearly = KB_ABSENT};
    assert_string_equal(judge(&b), "");
    b.retention.daily = 30; /* more are kept than there are: as many as before will do */
    assert_string_equal(judge(&b), "");
    b.n = 2;
    assert_string_equal(judge(&b), "generation-vanished");
    b.n = N;
    b.generations[1].bytes++;
    assert_string_equal(judge(&b), "generation-rewritten");
    b.generations[1].bytes--;
    b.generations[1].point_in_time -= 3600; /* its time of change moved, its size did not */
    assert_string_equal(judge(&b), "generation-rewritten");
    for (size_t i = 0; i < N; i++) /* names that come again each week */
        b.generations[i].pit_source = KB_PIT_MTIME;
    assert_string_equal(judge(&b), "");
    assert_int_equal(b.swap.sets.v[0].n_new, 2);
    b.swap.last = NULL;
    assert_string_equal(judge(&b), "");
    assert_false(b.swap.sets.v[0].compared);
    kb_arena_free(b.arena);
}

/* The rules that fire over two disks with these states and this health of the first. */
static const char *look(struct bench *b, int first, int second, const struct kb_health *health)
{
    static const char *disks[] = {"a", "b"};
    struct kb_rotation weekly = {.id = "weekly", .disks = {.n = 2, .v = disks}};
    struct kb_look_medium media[2] = {{.medium = &b->disks[0], .state.status = first, .health = health},
                                      {.medium = &b->disks[1], .state = {.status = second, .luks_uuid = "9999"}}};
    const struct kb_look seen = {.media = {.n = 2, .v = media}};
    b->plan.rotations.n = 1;
    b->plan.rotations.v = &weekly;
    size_t n;
    const struct kb_finding *findings = kb_look_findings(&b->plan, &seen, b->arena, &n);
    const char *rules = "";
    for (size_t i = 0; i < n; i++)
        rules = kb_sprintf(b->arena, "%s%s%s", rules, i ? " " : "", findings[i].rule);
    return rules;
}

static void test_look(void **state)
{
    (void)state;
    struct bench b;
    begin(&b);
    assert_string_equal(look(&b, KB_MEDIUM_READY, KB_MEDIUM_ABSENT, NULL), "");
    assert_string_equal(look(&b, KB_MEDIUM_ABSENT, KB_MEDIUM_LOCKED, NULL), "");
    assert_string_equal(look(&b, KB_MEDIUM_READY, KB_MEDIUM_LOCKED, NULL), "rotation-together");
    b.disks[1].luks_uuid = NULL; /* some locked disk: it only may be the one */
    assert_string_equal(look(&b, KB_MEDIUM_READY, KB_MEDIUM_LOCKED, NULL), "");
    assert_string_equal(look(&b, KB_MEDIUM_WRONG, KB_MEDIUM_READY, NULL), "medium-wrong");
    assert_string_equal(look(&b, KB_MEDIUM_ABSENT, KB_MEDIUM_TWICE, NULL), "medium-twice");
    assert_string_equal(look(&b, KB_MEDIUM_UNREADABLE, KB_MEDIUM_ABSENT, NULL), "medium-unreadable");
    struct kb_health health = {.verdict = KB_HEALTH_PASSED,
                               .reallocated = 0,
                               .pending = 0,
                               .media_errors = KB_ABSENT,
                               .worn_percent = KB_ABSENT,
                               .power_on_hours = 9};
    assert_string_equal(look(&b, KB_MEDIUM_READY, KB_MEDIUM_ABSENT, &health), "");
    health.pending = 1;
    assert_string_equal(look(&b, KB_MEDIUM_READY, KB_MEDIUM_ABSENT, &health), "medium-wearing");
    health.verdict = KB_HEALTH_FAILED;
    assert_string_equal(look(&b, KB_MEDIUM_READY, KB_MEDIUM_ABSENT, &health), "medium-failing");
    health = (struct kb_health){.verdict = KB_HEALTH_UNKNOWN, .pending = KB_ABSENT, .reallocated = KB_ABSENT};
    assert_string_equal(look(&b, KB_MEDIUM_READY, KB_MEDIUM_ABSENT, &health), "");
    kb_arena_free(b.arena);
}

int main(void)
{
    struct kb_err err = {0};
    if (kb_zone_use("Asia/Tokyo", &err))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_interval),
        cmocka_unit_test(test_mirror_changed_since),
        cmocka_unit_test(test_nothing_to_judge),
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_verified),
        cmocka_unit_test(test_future),
        cmocka_unit_test(test_manifest),
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_look),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
