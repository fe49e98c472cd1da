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
    "hosts: {srv1: {title: サーバ}, srv2: {title: 予備}}\n"
    "systems: {files: {title: 共有, backup_sets: [share]}, web: {title: Web, backup_sets: [site]}, office: {title: "
    "事務, on: "
    "srv1, backup_sets: [pair]}, shop: {title: 店, on: srv2, backup_sets: [goods]}}\n"
    "rotations: {weekly: {disks: [c, d], swap: fri}}\n"
    "media:\n"
    "  a: {kind: folder, mount: /a, label: HDD-A, title: A}\n"
    "  b: {kind: folder, mount: /b, label: HDD-B, title: B}\n"
    "  c: {kind: hdd, fs_uuid: cccc-cccc, label: HDD-C}\n"
    "  d: {kind: hdd, fs_uuid: dddd-dddd, label: HDD-D}\n"
    "  box: {kind: folder, mount: /n, on: srv2}\n"
    "backup_sets:\n"
    "  pair: {title: 事務, format: archive, copies: [{medium: c, path: \"p-%Y%m%d.tar\"}, {medium: d, path: "
    "\"p-%Y%m%d.tar\"}, {medium: box, path: \"p-%Y%m%d.tar\"}]}\n"
    "  goods: {title: 商品, format: archive, copies: [{medium: box, path: \"g-%Y%m%d.tar\", immutable_for: 5d}]}\n"
    "  share: {title: 共有, format: archive, copies: [{medium: a, path: \"s-%Y%m%d.tar\"}, {medium: b, path: "
    "\"s-%Y%m%d.tar\"}]}\n"
    "  site: {title: Web, format: archive, copies: [{medium: a, path: \"w-%Y%m%d.tar\"}], recovery: people}\n"
    "procedures:\n"
    "  people:\n"
    "    title: 手順\n"
    "    steps: [{id: call, do: manual, ja: 電話する}, {id: load, do: restore, threats: [fire]}]\n"
    "threats:\n"
    "  fire: {title: 火災}\n"
    "  flood: {title: 水害}\n"
    "  strike: {title: 攻撃, destroys: [online, attached, writable_by_admin], detect: 12h, dwell: 6d}\n"
    "  failure: {title: 故障, destroys: [same_host], detect: 1h}\n"
    "drills:\n"
    "  all: {title: 全部, systems: [files, web]}\n"
    "  only-b: {title: B だけ, systems: [files, web], media: [b]}\n"
    "  flood: {title: 水害, systems: [web], threat: flood}\n"
    "  strike: {title: 攻撃, systems: [office], threat: strike}\n"
    "  strike-c: {title: 攻撃, systems: [office], media: [c], threat: strike}\n"
    "  locked: {title: 攻撃, systems: [shop], threat: strike}\n"
    "  failure: {title: 故障, systems: [office, shop], threat: failure}\n"
    "  lots: {title: 無作為, systems: [files], generation: random}\n"
    "  dwell: {title: 潜伏, systems: [office], threat: strike, generation: {before: dwell}}\n"
    "  older: {title: 前, systems: [files], generation: {before: 8d}}\n"
    "  no-dwell: {title: 前, systems: [web], threat: flood, generation: {before: dwell}}\n";

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
    d->record->started = disrupted_at;
    scene->params.seed = KB_ABSENT;
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
    for (size_t i = 0; i < scene->drill.n_media; i++) /* as the end of a drill does */
        kb_arena_free(scene->drill.media[i].look_arena);
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

/* As a ledger tells it: this disk was put in its place that day. */
static void put_in(struct scene *scene, const char *medium, int n)
{
    struct kb_line line;
    kb_line_init(&line, KB_LINE_MEDIUM_SEEN);
    line.medium = medium;
    line.presence = "arrived";
    line.time = day(n);
    scene->drill.media_log = kb_media_log_of(scene->params.plan, &(struct kb_lines){1, &line}, scene->arena);
}

static void test_threat_leaves_the_other_disk(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, "strike", NULL, day(30));
    put_in(&scene, "c", 26);
    ready(&scene, 0, "pair", (int[]){10, 29}, 2);
    ready(&scene, 1, "pair", (int[]){20, 22}, 2);
    kb_choose_generations(&scene.drill);
    const struct kb_record_unit *pair = unit(&scene, "pair");
    assert_string_equal(pair->medium, "d");
    assert_string_equal(pair->file, "p-20261122.tar");
    has(pair->choice, "HDD-C is lost in this threat (攻撃), because HDD-C was attached when it struck",
        "HDD-Cは発生時に接続中のため失われます（想定: 攻撃）");
    assert_int_equal(pair->survival.n, 3);
    assert_false(pair->survival.v[0].survives);
    assert_false(pair->survival.v[0].assumed);
    assert_true(pair->survival.v[1].survives);
    assert_string_equal(pair->survival.v[2].by, "online");
    assert_int_equal(scene.drill.n_findings, 0);
    kb_threat_deviations(&scene.drill);
    assert_int_equal(scene.drill.record->deviations.n, 0);
    end(&scene);

    begin(&scene, "strike", NULL, day(30)); /* nobody wrote down what was attached */
    ready(&scene, 0, "pair", (int[]){10}, 1);
    ready(&scene, 1, "pair", (int[]){20, 22}, 2);
    kb_choose_generations(&scene.drill);
    pair = unit(&scene, "pair");
    assert_string_equal(pair->medium, "c"); /* though older */
    kb_threat_deviations(&scene.drill);
    assert_int_equal(scene.drill.record->deviations.n, 1);
    has(scene.drill.record->deviations.v[0], "HDD-D has the newest generation (2026-11-23 00:00 JST)",
        "最も新しい世代（2026-11-23 00:00 JST）のある HDD-D を接続中とみなしました（最悪の場合）");
    end(&scene);
}

static void test_threat_leaves_an_absent_disk(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, "strike", NULL, day(30));
    put_in(&scene, "c", 26);
    ready(&scene, 0, "pair", (int[]){29}, 1);
    kb_choose_generations(&scene.drill);
    assert_null(unit(&scene, "pair")->medium);
    assert_int_equal(findings_of(&scene, "pair", KB_RULE_MEDIUM_ABSENT), 1); /* of the one that survives alone */
    assert_string_equal(last_finding(&scene)->medium, "d");
    kb_units_pump(&scene.drill);
    assert_int_equal(unit(&scene, "pair")->status, KB_UNIT_NOT_RUN);
    assert_int_equal(kb_account_exit(&scene.drill), 75);
    end(&scene);
}

static void test_threat_leaves_nothing(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, "strike-c", NULL, day(30));
    put_in(&scene, "c", 26);
    ready(&scene, 0, "pair", (int[]){29}, 1);
    kb_choose_generations(&scene.drill);
    assert_int_equal(findings_of(&scene, "pair", KB_RULE_NO_SURVIVING_COPY), 1);
    has(last_finding(&scene)->found, "HDD-C was attached when it struck", "HDD-Cは発生時に接続中");
    has(last_finding(&scene)->next, "d survives", "訓練の media");
    kb_units_pump(&scene.drill);
    assert_int_equal(unit(&scene, "pair")->status, KB_UNIT_FAILED);
    assert_int_equal(kb_account_exit(&scene.drill), 1);
    end(&scene);

    begin(&scene, "strike", NULL, day(27)); /* the day of the swap */
    struct kb_line lines[2];
    for (size_t i = 0; i < 2; i++)
        kb_line_init(&lines[i], KB_LINE_MEDIUM_SWAPPED);
    lines[0].time = day(20);
    lines[0].medium = "d";
    lines[1].time = day(27) + 3600;
    lines[1].medium = "c";
    scene.drill.media_log = kb_media_log_of(scene.params.plan, &(struct kb_lines){2, lines}, scene.arena);
    ready(&scene, 0, "pair", (int[]){26}, 1);
    ready(&scene, 1, "pair", (int[]){19}, 1);
    kb_choose_generations(&scene.drill);
    assert_int_equal(findings_of(&scene, "pair", KB_RULE_NO_SURVIVING_COPY), 1);
    has(last_finding(&scene)->next, "twice a week", "交換を週2回にする");
    has(last_finding(&scene)->found, "HDD-D was attached on 2026-11-28 01:00 JST", "2026-11-28 01:00 JST）に接続");
    end(&scene);
}

static void test_immutable_generations(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, "locked", "oldest", day(30)); /* seen on day 30.5: what was written after 25.5 is still protected */
    ready(&scene, 0, "goods", (int[]){10, 25, 26, 29}, 4);
    kb_choose_generations(&scene.drill);
    assert_string_equal(unit(&scene, "goods")->file, "g-20261126.tar");
    end(&scene);

    begin(&scene, "locked", NULL, day(30));
    ready(&scene, 0, "goods", (int[]){10, 25}, 2);
    kb_choose_generations(&scene.drill);
    assert_null(unit(&scene, "goods")->medium);
    assert_int_equal(findings_of(&scene, "goods", KB_RULE_GENERATION_MISSING), 1);
    has(last_finding(&scene)->found, "2 could be changed again", "書き換え禁止の期間が検知前に切れるもの 2 件");
    end(&scene);
}

static void test_each_machine_by_itself(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, "failure", NULL, day(30));
    struct kb_record_threat threat = {.id = "failure"};
    scene.drill.record_threat = &threat;
    put_in(&scene, "d", 26);
    ready(&scene, 1, "pair", (int[]){29}, 1);
    scene.drill.media[2].state.status = KB_MEDIUM_READY;
    kb_choose_generations(&scene.drill);
    assert_true(unit(&scene, "pair")->survival.v[2].survives); /* srv2 stands while srv1 fails */
    assert_false(unit(&scene, "goods")->survival.v[0].survives);
    assert_string_equal(unit(&scene, "goods")->survival.v[0].by, "same_host");
    assert_int_equal(threat.hosts.n, 2);
    has(kb_threat_hosts(&scene.drill), "srv1, srv2", "srv1, srv2");
    end(&scene);
}

static void test_random(void **state)
{
    (void)state;
    struct scene scene;
    bool taken[3] = {false};
    for (int seed = 0; seed < 40; seed++) {
        const char *file = NULL;
        for (int turned = 0; turned < 2; turned++) { /* the order of the list does not count */
            begin(&scene, "lots", NULL, day(15));
            scene.params.seed = seed;
            ready(&scene, 0, "share", turned ? (int[]){20, 9, 5, 1} : (int[]){1, 5, 9, 20}, 4);
            kb_choose_generations(&scene.drill);
            const char *got = unit(&scene, "share")->file;
            for (int i = 0; i < 3; i++)
                taken[i] |= !strcmp(got, (const char *[]){"s-20261101.tar", "s-20261105.tar", "s-20261109.tar"}[i]);
            assert_string_not_equal(got, "s-20261120.tar"); /* after the disruption */
            has(unit(&scene, "share")->choice, "one at random of 3 generations", "無作為に選んだ");
            assert_int_equal(scene.drill.record->seed, seed);
            if (turned)
                assert_true(!strcmp(got, file)), free((void *)(uintptr_t)file);
            else
                file = strdup(got);
            end(&scene);
        }
    }
    assert_true(taken[0] && taken[1] && taken[2]);

    begin(&scene, "all", "random", day(15)); /* a seed of its own */
    ready(&scene, 0, "share", (int[]){1}, 1);
    kb_choose_generations(&scene.drill);
    assert_true(scene.drill.record->seed >= 0);
    end(&scene);
    begin(&scene, "all", NULL, day(15));
    kb_choose_generations(&scene.drill);
    assert_int_equal(scene.drill.record->seed, KB_ABSENT);
    end(&scene);
}

static void test_before(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, "older", NULL, day(20));
    ready(&scene, 0, "share", (int[]){5, 12, 13, 20}, 4); /* eight days before: the very instant counts */
    kb_choose_generations(&scene.drill);
    assert_string_equal(unit(&scene, "share")->file, "s-20261112.tar");
    has(unit(&scene, "share")->choice, "the newest of 2 generations up to 2026-11-13 00:00 JST (8d", "発生の8日");
    end(&scene);

    begin(&scene, "dwell", NULL, day(30));
    put_in(&scene, "c", 26);
    ready(&scene, 1, "pair", (int[]){23, 25}, 2);
    kb_choose_generations(&scene.drill);
    assert_string_equal(unit(&scene, "pair")->file, "p-20261123.tar");
    end(&scene);

    begin(&scene, "dwell", NULL, day(30));
    put_in(&scene, "c", 26);
    ready(&scene, 1, "pair", (int[]){25}, 1);
    kb_choose_generations(&scene.drill);
    has(last_finding(&scene)->found, "1 lie within the time asked for", "潜伏期間（before）の中にあるもの 1 件");
    end(&scene);

    begin(&scene, "no-dwell", NULL, day(30)); /* the threat declares none: said, not passed over */
    ready(&scene, 0, "site", (int[]){29}, 1);
    kb_choose_generations(&scene.drill);
    kb_threat_deviations(&scene.drill);
    assert_int_equal(scene.drill.record->deviations.n, 2);
    has(scene.drill.record->deviations.v[0], "what “水害” destroys", "何が失われるか（destroys）が計画にない");
    has(scene.drill.record->deviations.v[1], "declares none (dwell)", "潜伏期間（dwell）が計画にない");
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
        cmocka_unit_test(test_threat_leaves_the_other_disk),
        cmocka_unit_test(test_threat_leaves_an_absent_disk),
        cmocka_unit_test(test_threat_leaves_nothing),
        cmocka_unit_test(test_immutable_generations),
        cmocka_unit_test(test_each_machine_by_itself),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
