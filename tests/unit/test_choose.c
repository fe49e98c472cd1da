/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: each unit gets the copy and generation that order, date and name ask for, the reason is told, and a unit that
 * can have none, or that cannot go on, is red and never waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../agent/run/drill.h"
#include "koboshi/arena.h"
#include "koboshi/file.h"

static const char plan_text[] =
    "koboshi: 1\n"
    "plan: {id: choose, title: 計画, version: \"1\", language: ja, timezone: Asia/Tokyo}\n"
    "systems: {files: {title: 共有, backup_sets: [share]}, web: {title: Web, backup_sets: [site]}}\n"
    "media:\n"
    "  a: {kind: folder, mount: /a, label: HDD-A, title: A}\n"
    "  b: {kind: folder, mount: /b, label: HDD-B, title: B}\n"
    "backup_sets:\n"
    "  share: {title: 共有, format: archive, copies: [{medium: a, path: \"s-%Y%m%d.tar\"}, {medium: b, path: "
    "\"s-%Y%m%d.tar\"}]}\n"
    "  site: {title: Web, format: archive, copies: [{medium: a, path: \"w-%Y%m%d.tar\"}], recovery: people}\n"
    "procedures:\n"
    "  people:\n"
    "    title: 手順\n"
    "    steps: [{id: call, do: manual, ja: 電話する}, {id: load, do: restore, threats: [fire]}]\n"
    "threats: {fire: {title: 火災}, flood: {title: 水害}}\n"
    "drills:\n"
    "  all: {title: 全部, systems: [files, web]}\n"
    "  only-b: {title: B だけ, systems: [files, web], media: [b]}\n"
    "  flood: {title: 水害, systems: [web], threat: flood}\n";

/* 2026-11-01T00:00+09:00; days after it */
static const int64_t day0 = 1793458800;
static int64_t day(int n)
{
    return day0 + (int64_t)n * 86400;
}

struct scene {
    struct kb_arena *arena;
    struct kb_run_place place;
    struct kb_run_params params;
    struct drill drill;
};

static void begin(struct scene *scene, const char *drill, const char *generation, int64_t disrupted_at)
{
    *scene = (struct scene){.arena = kb_arena_new()};
    char path[] = "/tmp/kb-plan-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(kb_write_all(fd, plan_text, strlen(plan_text)), 0);
    assert_int_equal(close(fd), 0);
    const struct kb_diags *diags = NULL;
    struct kb_err err = {0};
    int code = kb_plan_load(path, scene->arena, &scene->params.plan, &diags, &err);
    for (size_t i = 0; diags && i < diags->list.n; i++)
        print_error("%d: %s\n", diags->list.v[i].line, diags->list.v[i].text.en);
    assert_int_equal(code, 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(kb_zone_use("Asia/Tokyo", &err), 0);
    scene->place = (struct kb_run_place){.worker = "/nowhere/koboshi-worker", .scratch = "/s", .mounts = "/m"};
    scene->params.place = &scene->place;
    scene->params.drill = drill ? kb_plan_drill(scene->params.plan, drill) : NULL;
    scene->params.generation = generation;
    struct drill *d = &scene->drill;
    d->params = &scene->params;
    d->arena = scene->arena;
    d->name = "koboshi-test";
    d->record = kb_alloc(scene->arena, 1, sizeof *d->record);
    d->record->disrupted_at = disrupted_at;
    if (scene->params.drill && scene->params.drill->threat)
        d->threat = kb_plan_threat(scene->params.plan, scene->params.drill->threat);
    assert_int_equal(kb_units_plan(d, &err), 0);
    kb_drill_media_plan(d);
    assert_int_equal(uv_loop_init(&d->loop), 0);
    d->phase = PHASE_UNITS;
}

static void end(struct scene *scene)
{
    (void)uv_run(&scene->drill.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&scene->drill.loop), 0);
    kb_events_done(&scene->drill.events);
    kb_arena_free(scene->arena);
}

static void ready(struct scene *scene, size_t medium, const char *set, const int *days, size_t n)
{
    struct medium_run *run = &scene->drill.media[medium];
    run->state.status = KB_MEDIUM_READY;
    run->state.root = run->plan->mount;
    for (size_t i = 0; i < n; i++) {
        run->generations.v = kb_grow(scene->arena, run->generations.v, run->generations.n, sizeof *run->generations.v);
        run->generations.v[run->generations.n++] = (struct kb_generation){
            .set = set,
            .copy = (int64_t)medium,
            .path = kb_sprintf(scene->arena, "%c-202611%02d.tar", *set, days[i]),
            .point_in_time = day(days[i])};
    }
}

static const struct kb_record_unit *unit(const struct scene *scene, const char *set)
{
    for (size_t i = 0; i < scene->drill.n_units; i++)
        if (!strcmp(scene->drill.units[i].set->id, set))
            return scene->drill.units[i].record;
    return NULL;
}

static size_t findings_of(const struct scene *scene, const char *set, enum kb_rule_id rule)
{
    size_t n = 0;
    for (size_t i = 0; i < scene->drill.n_findings; i++) {
        const struct kb_finding *finding = &scene->drill.record->findings.v[i];
        n += finding->set && !strcmp(finding->set, set) && !strcmp(finding->rule, kb_rule(rule)->name);
    }
    return n;
}

static const struct kb_finding *last_finding(const struct scene *scene)
{
    assert_true(scene->drill.n_findings > 0);
    return &scene->drill.record->findings.v[scene->drill.n_findings - 1];
}

static void has(struct kb_text text, const char *en, const char *ja)
{
    if (!strstr(text.en, en) || !strstr(text.ja, ja))
        fail_msg("neither \"%s\" nor \"%s\" in: %s / %s", en, ja, text.en, text.ja);
}

static void test_generation(void **state)
{
    (void)state;
    static const struct {
        const char *generation;
        int disrupted;
        const char *file, *en, *ja;
    } cases[] = {
        {NULL, 30, "s-20261120.tar", "the newest of 3 generations", "3世代のうち"},
        {"newest", 15, "s-20261110.tar", "the newest of 2 generations up to 2026-11-16 00:00 JST", "最も新しい"},
        {"oldest", 30, "s-20261105.tar", "the oldest of 3 generations", "最も古い"},
        {"202611", 30, "s-20261120.tar", "named like 202611", "名前に 202611 を含む"},
        {"20261105", 30, "s-20261105.tar", "named like 20261105", "名前に 20261105 を含む"},
        {NULL, 20, "s-20261120.tar", "newest", "最も新しい"}, /* at the very moment counts */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scene scene;
        begin(&scene, "all", cases[i].generation, day(cases[i].disrupted));
        ready(&scene, 0, "share", (int[]){10, 20, 5}, 3);
        kb_choose_generations(&scene.drill);
        assert_string_equal(unit(&scene, "share")->file, cases[i].file);
        has(unit(&scene, "share")->choice, cases[i].en, cases[i].ja);
        assert_int_equal(findings_of(&scene, "share", KB_RULE_GENERATION_MISSING), 0);
        end(&scene);
    }
}

static void test_next_copy(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, "all", NULL, day(30));
    ready(&scene, 1, "share", (int[]){10}, 1); /* a is absent */
    kb_choose_generations(&scene.drill);
    const struct kb_record_unit *share = unit(&scene, "share");
    assert_string_equal(share->medium, "b");
    assert_int_equal(share->copy, 1);
    assert_int_equal(share->age_s, 20 * 86400);
    has(share->choice, "HDD-A was passed over: not attached", "HDD-A は使っていません: 接続されていません");
    assert_int_equal(findings_of(&scene, "share", KB_RULE_MEDIUM_ABSENT), 0);
    assert_int_equal(findings_of(&scene, "site", KB_RULE_MEDIUM_ABSENT), 1);
    end(&scene);

    begin(&scene, "all", NULL, day(15)); /* a is there, but has nothing that old */
    ready(&scene, 0, "share", (int[]){20}, 1);
    ready(&scene, 1, "share", (int[]){10}, 1);
    kb_choose_generations(&scene.drill);
    has(unit(&scene, "share")->choice, "HDD-A was passed over: no generation fits",
        "HDD-A は使っていません: 合う世代がありません");
    end(&scene);
}

static void test_no_generation(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, "all", "20261201", day(30));
    ready(&scene, 0, "share", (int[]){10, 20}, 2);
    ready(&scene, 1, "share", NULL, 0);
    kb_choose_generations(&scene.drill);
    assert_null(unit(&scene, "share")->medium);
    assert_int_equal(findings_of(&scene, "share", KB_RULE_GENERATION_MISSING), 2);
    const struct kb_finding *finding = &scene.drill.record->findings.v[0];
    has(finding->expected, "with 20261201 in its name", "名前に 20261201 を含む");
    has(finding->next, "--generation", "--generation");
    has(finding->next, "s-20261120.tar", "s-20261120.tar"); /* what could be named instead */
    end(&scene);

    begin(&scene, "all", NULL, day(3)); /* before the oldest */
    ready(&scene, 0, "share", (int[]){10, 20}, 2);
    ready(&scene, 1, "share", NULL, 0);
    kb_choose_generations(&scene.drill);
    finding = &scene.drill.record->findings.v[0];
    has(finding->found, "2 are newer", "新しすぎるもの 2 件");
    has(finding->next, "--disrupted-at", "--disrupted-at");
    has(finding->next, "2026-11-11 00:00 JST", "2026-11-11 00:00 JST"); /* the oldest there is */
    end(&scene);
}

static void test_no_copy_on_the_media_of_the_drill(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, "only-b", NULL, day(30));
    ready(&scene, 0, "share", (int[]){10}, 1);
    assert_int_equal(scene.drill.n_media, 1);
    kb_choose_generations(&scene.drill);
    assert_int_equal(findings_of(&scene, "site", KB_RULE_NO_COPY), 1);
    has(last_finding(&scene)->expected, "b", "b");
    has(last_finding(&scene)->found, "a", "a");
    kb_units_pump(&scene.drill);
    assert_int_equal(unit(&scene, "site")->status, KB_UNIT_NOT_RUN);
    assert_int_equal(kb_account_exit(&scene.drill), 1);
    end(&scene);
}

static void test_nothing_to_do_is_not_good(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, "flood", NULL, day(30)); /* the restore step is for fires alone */
    ready(&scene, 0, "site", (int[]){10}, 1);
    kb_choose_generations(&scene.drill);
    kb_units_pump(&scene.drill);
    assert_true(kb_units_ended(&scene.drill));
    assert_int_equal(unit(&scene, "site")->status, KB_UNIT_FAILED);
    assert_int_equal(findings_of(&scene, "site", KB_RULE_ZERO_FILES), 1);
    assert_int_equal(kb_account_exit(&scene.drill), 1);
    end(&scene);
}

static void test_stuck_medium_is_not_waited_for(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, "all", NULL, day(30));
    ready(&scene, 0, "share", (int[]){10}, 1);
    kb_choose_generations(&scene.drill);
    scene.drill.media[0].stuck = scene.drill.media[0].in_use = true; /* as after a worker that could not be ended */
    kb_units_pump(&scene.drill);
    assert_true(kb_units_ended(&scene.drill));
    assert_int_equal(unit(&scene, "share")->status, KB_UNIT_FAILED);
    assert_int_equal(findings_of(&scene, "share", KB_RULE_MEDIUM_UNREADABLE), 1);
    assert_int_equal(kb_account_exit(&scene.drill), 1);
    end(&scene);
}

static void test_no_worker(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, "all", NULL, day(30));
    kb_drill_media_open(&scene.drill);
    assert_int_equal(scene.drill.running, 0);
    assert_int_equal(scene.drill.media[0].state.status, KB_MEDIUM_UNREADABLE); /* not: absent */
    kb_choose_generations(&scene.drill);
    assert_int_equal(findings_of(&scene, "share", KB_RULE_MEDIUM_ABSENT), 0);
    kb_units_pump(&scene.drill);
    assert_true(kb_units_ended(&scene.drill));
    assert_int_equal(kb_account_exit(&scene.drill), 14);
    end(&scene);
}

static void test_canceled_while_waiting(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, "all", NULL, day(30));
    ready(&scene, 0, "share", (int[]){10}, 1);
    kb_choose_generations(&scene.drill);
    struct unit_run *run = &scene.drill.units[0]; /* a step is done, the next one waits */
    run->started = run->got_result = true;
    run->record->result.files = run->record->result.bytes_read = 1;
    scene.drill.canceled = true;
    scene.drill.record->status = KB_RECORD_CANCELED;
    kb_units_pump(&scene.drill);
    assert_true(kb_units_ended(&scene.drill));
    assert_int_equal(unit(&scene, "share")->status, KB_UNIT_CANCELED);
    assert_int_equal(kb_account_exit(&scene.drill), 130);
    end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_generation),
        cmocka_unit_test(test_next_copy),
        cmocka_unit_test(test_no_generation),
        cmocka_unit_test(test_no_copy_on_the_media_of_the_drill),
        cmocka_unit_test(test_nothing_to_do_is_not_good),
        cmocka_unit_test(test_stuck_medium_is_not_waited_for),
        cmocka_unit_test(test_no_worker),
        cmocka_unit_test(test_canceled_while_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
