/* SPDX-License-Identifier: Apache-2.0 */
/* The plan, the logs and the lists on which the tests of threats stand. */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/survival.h"

static const char plan_text[] =
    "koboshi: 1\n"
    "plan: {id: s, title: 計画, version: \"1\", language: ja, timezone: Asia/Tokyo}\n"
    "hosts: {srv1: {kind: server, title: {ja: サーバ, en: Server}}, nas1: {kind: nas}}\n"
    "functions: {order: {title: 受発注, rpo: 1d, needs: [orders]}}\n"
    "systems:\n"
    "  files: {title: 共有, on: nas1, backup_sets: [share, twin, kept, sealed, single]}\n"
    "  orders: {title: 受注, on: srv1, backup_sets: [db]}\n"
    "  loose: {title: 機器なし, backup_sets: [free]}\n"
    "rotations:\n"
    "  weekly: {disks: [a, b], swap: fri, at: nas1}\n"
    "  short: {disks: [c, d], swap: fri, connected: during_backup, at: nas1}\n"
    "media:\n"
    "  a: {kind: hdd, label: HDD-A, fs_uuid: aaaa-aaaa}\n"
    "  b: {kind: hdd, label: HDD-B, fs_uuid: bbbb-bbbb, offsite: {km: 6}}\n"
    "  c: {kind: hdd, label: HDD-C, fs_uuid: cccc-cccc}\n"
    "  d: {kind: hdd, label: HDD-D, fs_uuid: dddd-dddd}\n"
    "  solo: {kind: hdd, fs_uuid: eeee-eeee, encryption: {kind: luks, key: words}}\n"
    "  away: {kind: rdx, fs_uuid: ffff-ffff, offsite: {km: 40}, encryption: {kind: luks, key: words}}\n"
    "  far: {kind: rdx, fs_uuid: 2222-2222, offsite: {km: 40}}\n"
    "  safe: {kind: hdd, fs_uuid: 1111-1111, media_rated: true}\n"
    "  nas: {kind: nas, on: nas1, mount: /n, source: \"//n/b\", fs: cifs}\n"
    "  other: {kind: nas, on: srv1, mount: /o, source: \"//o/b\", fs: cifs}\n"
    "  nowhere: {kind: nas, mount: /w, source: \"//w/b\", fs: cifs}\n"
    "  folder: {kind: folder, on: srv1, mount: /f}\n"
    "  worm: {kind: nas, on: srv1, mount: /x, source: \"//x/b\", fs: cifs}\n"
    "  shot: {kind: snapshot, on: nas1, mount: /s}\n"
    "  cloud: {kind: cloud_export, mount: /c}\n"
    "keys:\n"
    "  words: {stored: [{place: 金庫, kind: paper}]}\n"
    "  wide: {stored: [{place: 金庫, kind: paper}, {place: 社長自宅, kind: paper, onsite: false}]}\n"
    "  inside: {stored: [{place: 管理サーバ, kind: system, system: orders, onsite: false}]}\n"
    "  stick: {stored: [{place: 机, kind: offline}]}\n"
    "backup_sets:\n"
    "  share:\n"
    "    format: archive\n"
    "    copies:\n"
    "      - {medium: a, path: \"s-%Y%m%d.tar\"}\n"
    "      - {medium: b, path: \"s-%Y%m%d.tar\"}\n"
    "      - {medium: nas, path: \"s-%Y%m%d.tar\"}\n"
    "      - {medium: other, path: \"s-%Y%m%d.tar\"}\n"
    "      - {medium: shot, path: \"s-%Y%m%d.tar\"}\n"
    "      - {medium: cloud, path: \"s-%Y%m%d.tar\"}\n"
    "      - {medium: folder, path: \"s-%Y%m%d.tar\"}\n"
    "      - {medium: nowhere, path: \"s-%Y%m%d.tar\"}\n"
    "      - {medium: safe, path: \"s-%Y%m%d.tar\"}\n"
    "      - {medium: far, path: \"s-%Y%m%d.tar\", interval: 7d}\n"
    "  twin: {format: tree, method: mirror, copies: [{medium: a, path: \"t\"}, {medium: b, path: \"t\"}, {medium: nas, "
    "path: \"t\"}]}\n"
    "  kept: {format: archive, copies: [{medium: c, path: \"k-%Y%m%d.tar\", interval: 24h}, {medium: d, path: "
    "\"k-%Y%m%d.tar\", interval: 24h}]}\n"
    "  sealed: {format: archive, copies: [{medium: worm, path: \"w-%Y%m%d.tar\", immutable_for: 3d}]}\n"
    "  single:\n"
    "    format: archive\n"
    "    copies:\n"
    "      - {medium: solo, path: \"o-%Y%m%d.tar\"}\n"
    "      - {medium: away, path: \"o-%Y%m%d.tar\", interval: 7d}\n"
    "      - {medium: b, path: \"o-%Y%m%d.tar\", encryption: {kind: zip-aes, key: wide}}\n"
    "      - {medium: b, path: \"p-%Y%m%d.tar\", encryption: {kind: zip-aes, key: inside}}\n"
    "      - {medium: b, path: \"q-%Y%m%d.tar\", encryption: {kind: zip-aes, key: stick}}\n"
    "  db:\n"
    "    format: archive\n"
    "    copies:\n"
    "      - {medium: nas, path: \"d-%Y%m%d.tar\"}\n"
    "      - {medium: other, path: \"d-%Y%m%d.tar\"}\n"
    "      - {medium: a, path: \"d-%Y%m%d.tar\"}\n"
    "      - {medium: other, path: \"e-%Y%m%d.tar\", encryption: {kind: app, key: inside}}\n"
    "      - {medium: nas, path: \"e-%Y%m%d.tar\", encryption: {kind: app, key: inside}}\n"
    "  free: {format: archive, copies: [{medium: nas, path: \"f-%Y%m%d.tar\"}, {medium: shot, path: "
    "\"f-%Y%m%d.tar\"}]}\n"
    "threats:\n"
    "  t-online: {title: オンライン, destroys: [online], detect: 12h}\n"
    "  t-attached: {title: 接続, destroys: [attached], detect: 12h}\n"
    "  t-soon: {title: 即時, destroys: [attached], detect: 0s}\n"
    "  t-month: {title: 潜伏, destroys: [attached], detect: 30d}\n"
    "  t-open: {title: 検知不明, destroys: [attached]}\n"
    "  t-admin: {title: 管理者, destroys: [writable_by_admin], detect: 12h}\n"
    "  t-slow: {title: 管理者, destroys: [writable_by_admin], detect: 3d}\n"
    "  t-ransom: {title: 身代金, destroys: [online, attached, writable_by_admin], detect: 12h}\n"
    "  t-host: {title: 故障, destroys: [same_host], detect: 1h}\n"
    "  t-site: {title: 火災, destroys: [onsite], detect: 0s}\n"
    "  t-mirror: {title: 誤削除, destroys: [mirror], detect: 2d}\n"
    "  t-cloud: {title: 停止, destroys: [provider_hosted], detect: 1h}\n"
    "  t-nothing: {title: 無害, detect: 1h}\n";

/* 2026-11-01T00:00+09:00, a Sunday; Fridays are the 6th, 13th, 20th and 27th */
static const int64_t day0 = 1793458800;
enum { HOUR = 3600, DAY = 24 };
static int64_t at(int hours)
{
    return day0 + (int64_t)hours * HOUR;
}

struct said {
    char what; /* + arrived, = present, - left, > swapped, ! arrived for a drill, 0 end */
    char medium, in;
    int hour;
};
#define NOTHING                                                                                                        \
    {                                                                                                                  \
        {                                                                                                              \
            0                                                                                                          \
        }                                                                                                              \
    }
static const struct said silence[] = NOTHING;
/* A until Friday the 13th at 17:00, then B */
static const struct said swapped[] = {{'>', 'b', 'a', 5 * DAY + 17}, {'>', 'a', 'b', 12 * DAY + 17}, {0}};
static const struct said unnamed[] = {{'>', 'a', 0, 12 * DAY + 17}, {0}};
static const struct said plugged[] = {{'+', 'a', 0, 2 * DAY}, {'-', 'a', 0, 9 * DAY}, {0}};
static const struct said only_left[] = {{'-', 'a', 0, 9 * DAY}, {0}};
static const struct said two_seen[] = {{'=', 'a', 0, 9 * DAY}, {'=', 'b', 0, 9 * DAY}, {0}};
static const struct said came_after[] = {{'+', 'a', 0, 2 * DAY}, {'+', 'b', 0, 9 * DAY}, {0}};
static const struct said visit[] = {{'>', 'b', 'a', 5 * DAY}, {'!', 'b', 0, 9 * DAY}, {0}};
static const struct said visit_left[] = {{'!', 'b', 0, 9 * DAY}, {'-', 'b', 0, 9 * DAY + 2}, {0}};
static const struct said c_in_turn[] = {{'>', 'd', 'c', 5 * DAY}, {0}};
static const struct said c_plugged[] = {
    {'>', 'd', 'c', 5 * DAY}, {'+', 'c', 0, 9 * DAY}, {'-', 'c', 0, 9 * DAY + 1}, {0}};

static const struct said both_seen[] = {
    {'+', 'a', 0, 2 * DAY}, {'+', 'b', 0, 9 * DAY}, {'-', 'b', 0, 9 * DAY + 2}, {0}};
/* an exchange in between was not written down */
static const struct said unlogged[] = {{'>', 'a', 'b', 2 * DAY}, {'>', 'a', 'b', 16 * DAY}, {0}};
/* A is in its place by the swap, was brought for a drill, and goes back */
static const struct said brought[] = {
    {'>', 'b', 'a', 5 * DAY}, {'!', 'a', 0, 9 * DAY}, {'-', 'a', 0, 9 * DAY + 2}, {0}};
/* the clock: years ahead at first; then years behind until somebody set it */
static const struct said ahead[] = {{'>', 'b', 'a', 2 * DAY}, {'>', 'a', 'b', 1000 * DAY}, {'!', 'c', 0, 9 * DAY}, {0}};
static const struct said still_ahead[] = {{'>', 'b', 'a', 2 * DAY}, {'>', 'a', 'b', 1000 * DAY}, {0}};
static const struct said behind[] = {
    {'+', 'b', 0, 5 * DAY}, {'-', 'b', 0, -1000 * DAY}, {'+', 'a', 0, -1000 * DAY}, {'!', 'c', 0, 9 * DAY}, {0}};
static const struct said behind_b[] = {
    {'>', 'a', 'b', 5 * DAY}, {'=', 'a', 0, -1000 * DAY}, {'-', 'a', 0, 9 * DAY}, {0}};
static const struct said a_little[] = {{'-', 'b', 0, 2 * DAY + 1}, {'+', 'a', 0, 2 * DAY}, {0}};
static const struct said solo_left[] = {{'-', 's', 0, 2 * DAY}, {0}};

/* What was listed: days of generations, per medium; "" : listed and empty; NULL: not listed. */
struct found {
    char medium;
    int n, days[4];
};
static const struct found unlisted[] = {{0}};
static const struct found both[] = {{'a', 2, {3, 8}}, {'b', 1, {5}}, {0}};
static const struct found both_b[] = {{'a', 1, {3}}, {'b', 2, {5, 8}}, {0}};
static const struct found b_alone[] = {{'b', 1, {4}}, {0}};
static const struct found b_written[] = {{'b', 1, {10}}, {0}};
static const struct found shorts[] = {{'c', 3, {7, 8, 9}}, {'d', 1, {2}}, {0}};

struct world {
    struct kb_arena *arena;
    const struct kb_plan *plan;
};

static int setup(void **state)
{
    static struct world w;
    w.arena = kb_arena_new();
    const struct kb_diags *diags = NULL;
    struct kb_err err = {0};
    int code = kb_plan_parse("plan", plan_text, strlen(plan_text), w.arena, &w.plan, &diags, &err);
    for (size_t i = 0; diags && i < diags->list.n; i++)
        print_error("%d:%d: %s\n", diags->list.v[i].line, diags->list.v[i].column, diags->list.v[i].text.en);
    if (!code)
        code = kb_zone_use("Asia/Tokyo", &err);
    *state = &w;
    return code;
}

static int teardown(void **state)
{
    kb_arena_free(((struct world *)*state)->arena);
    return 0;
}

static const char *id_of(struct kb_arena *arena, char medium)
{
    if (medium == 's')
        return "solo";
    return medium ? kb_sprintf(arena, "%c", medium) : NULL;
}

static struct kb_lines lines_of(struct kb_arena *arena, const struct said *said)
{
    struct kb_line *lines = NULL;
    size_t n = 0;
    for (; said->what; said++) {
        lines = kb_grow(arena, lines, n, sizeof *lines);
        struct kb_line *line = &lines[n];
        kb_line_init(line, said->what == '>' ? KB_LINE_MEDIUM_SWAPPED : KB_LINE_MEDIUM_SEEN);
        line->seq = (int64_t)++n;
        line->time = at(said->hour);
        line->medium = id_of(arena, said->medium);
        line->medium_in = id_of(arena, said->in);
        line->presence = said->what == '-' ? "left" : said->what == '=' ? "present" : "arrived";
        line->for_drill = said->what == '!';
    }
    return (struct kb_lines){n, lines};
}

static const struct kb_medium_listed *listed_of(const struct world *w, const struct found *found)
{
    struct kb_medium_listed *all = kb_alloc(w->arena, w->plan->media.n, sizeof *all);
    for (; found->medium; found++) {
        const struct kb_medium *medium = kb_plan_medium(w->plan, id_of(w->arena, found->medium));
        struct kb_medium_listed *listed = &all[medium - w->plan->media.v];
        listed->listed = true;
        listed->backups.v = kb_alloc(w->arena, (size_t)found->n, sizeof *listed->backups.v);
        for (int i = 0; i < found->n; i++)
            listed->backups.v[listed->backups.n++] = at(found->days[i] * DAY + 22);
    }
    return all;
}
