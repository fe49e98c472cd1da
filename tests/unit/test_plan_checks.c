/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: what cannot be true of a company, its disks, its schedules and its network is told at its line and column. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/plan.h"

static const char base[] = "koboshi: 1\n"                                                                  /* 1 */
                           "plan: {id: a, title: 計画, version: \"1\"}\n"                                  /* 2 */
                           "roles:\n"                                                                      /* 3 */
                           "  it: {primary: 佐藤, deputy: 鈴木}\n"                                         /* 4 */
                           "external_contacts: [{id: shop, kind: vendor, name: 販売店}]\n"                 /* 5 */
                           "hosts: {srv: {}, ws: {}}\n"                                                    /* 6 */
                           "systems: {files: {backup_sets: [share], vendor: shop}}\n"                      /* 7 */
                           "rotations:\n"                                                                  /* 8 */
                           "  weekly: {disks: [a, b], swap: fri, at: srv}\n"                               /* 9 */
                           "media:\n"                                                                      /* 10 */
                           "  a: {kind: hdd, fs_uuid: AAAA-0001}\n"                                        /* 11 */
                           "  b: {kind: rdx, fs_uuid: AAAA-0002}\n"                                        /* 12 */
                           "  c: {kind: folder, mount: c}\n"                                               /* 13 */
                           "keys: {k: {custodian: it, stored: [{place: 金庫, kind: paper}]}}\n"            /* 14 */
                           "backup_sets:\n"                                                                /* 15 */
                           "  share:\n"                                                                    /* 16 */
                           "    format: archive\n"                                                         /* 17 */
                           "    copies: [{medium: a, path: s-%Y%m%d.tar, interval: 24h}]\n"                /* 18 */
                           "procedures:\n"                                                                 /* 19 */
                           "  back:\n"                                                                     /* 20 */
                           "    steps:\n"                                                                  /* 21 */
                           "      - {id: call, do: manual, role: it, ja: 電話する}\n"                      /* 22 */
                           "      - {id: restore, do: restore}\n"                                          /* 23 */
                           "threats: {ransomware: {adds: [{step: 初期化, takes: 4h, before: restore}]}}\n" /* 24 */
                           "drills: {all: {systems: [files], schedule: \"FREQ=WEEKLY;BYDAY=MO\"}}\n"       /* 25 */
                           "network: {closed: true, allow: [192.0.2.0/24]}\n";                             /* 26 */

struct mistake {
    const char *cut, *put;
    int line, column;
    const char *en, *ja;
};

static char *changed(struct kb_arena *arena, const char *cut, const char *put)
{
    const char *at = strstr(base, cut);
    assert_non_null(at);
    return kb_sprintf(arena, "%.*s%s%s", (int)(at - base), base, put, at + strlen(cut));
}

static const struct kb_diags *diagnose(struct kb_arena *arena, const char *text)
{
    const struct kb_plan *plan = NULL;
    const struct kb_diags *diags = NULL;
    struct kb_err err = {0};
    (void)kb_plan_parse("plan.yaml", text, strlen(text), arena, &plan, &diags, &err);
    return diags;
}

/* Exactly this one mistake, where NULL is none. All that differ are shown before the test fails. */
static bool check(const struct mistake *m)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *text = changed(arena, m->cut, m->put);
    const struct kb_diags *diags = diagnose(arena, text);
    const struct kb_diag *d = diags->list.v;
    bool right = m->en ? diags->list.n == 1 && d->line == m->line && d->column == m->column &&
                             strstr(d->text.en, m->en) && strstr(d->text.ja, m->ja)
                       : !diags->list.n;
    if (right)
        return true;
    printf("%s: wanted %d:%d %s / %s, got %zu:\n", m->put, m->line, m->column, m->en ? m->en : "none",
           m->ja ? m->ja : "-", diags->list.n);
    kb_diags_print(stdout, diags, "plan.yaml", text, strlen(text), KB_EN, false);
    kb_diags_print(stdout, diags, "plan.yaml", text, strlen(text), KB_JA, false);
    return false;
}

static void check_all(const struct mistake *mistakes, size_t n)
{
    size_t right = 0;
    for (size_t i = 0; i < n; i++)
        right += check(&mistakes[i]);
    assert_int_equal(right, n);
}
#define CHECK_ALL(mistakes) check_all(mistakes, sizeof(mistakes) / sizeof *(mistakes))

static void test_rotations(void **state)
{
    (void)state;
    static const struct mistake mistakes[] = {
        {"weekly", "weekly", 0, 0, NULL, NULL},
        {"disks: [a, b]", "disks: [a, x]", 9, 23, "not defined under `media`", "`media` に定義されていません"},
        {"disks: [a, b]", "disks: [a, c]", 9, 23, "it is of kind folder", "種類が folder"},
        {"disks: [a, b]", "disks: [a, b, a]", 9, 26, "stands twice", "2回あります"},
        {"disks: [a, b]", "disks: [a]", 9, 19, "at least two", "2台以上"},
        {"media:\n", "  other: {disks: [b, b2], swap: mon}\nmedia:\n  b2: {kind: hdd, fs_uuid: AAAA-0003}\n", 10, 19,
         "already takes turns in `weekly`", "すでに `weekly`"},
        {"swap: fri", "swap: 金", 9, 33, "one of: mon, tue", "使える値: mon"},
        {"AAAA-0001", "AAAA-0001, online: true", 11, 46, "not always connected", "常時接続ではありません"},
        {"AAAA-0001", "AAAA-0001, on: ws", 11, 42, "attaches this disk to `srv`", "`srv` につなぎます"},
        {"interval: 24h", "interval: business_day", 0, 0, NULL, NULL},
        {"interval: 24h", "interval: 7d", 0, 0, NULL, NULL},
        {"interval: 24h", "interval: 14d", 0, 0, NULL, NULL},
        {"interval: 24h", "interval: 10d", 18, 56,
         "10d contradicts the rotation `weekly`: a disk is attached one week in 2", "2 週のうち1週間"},
        {"interval: 24h", "interval: 31d", 18, 56, "once each time it comes round (14d)", "一巡に1回（14d）"},
        {"interval: 24h", "interval: workday", 18, 56, "or business_day", "か business_day を"},
    };
    CHECK_ALL(mistakes);
}

static void test_schedules(void **state)
{
    (void)state;
    static const char rule[] = "FREQ=WEEKLY;BYDAY=MO";
    static const struct mistake mistakes[] = {
        {rule, "FREQ=MONTHLY;BYDAY=1SA;BYHOUR=9;BYMINUTE=0", 0, 0, NULL, NULL},
        {rule, "FREQ=MONTHLY;BYDAY=-1FR;INTERVAL=3", 0, 0, NULL, NULL},
        {rule, "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", 0, 0, NULL, NULL},
        {rule, "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", 0, 0, NULL, NULL},
        {rule, "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO", 0, 0, NULL, NULL},
        {rule, "FREQ=YEARLY;BYYEARDAY=366", 0, 0, NULL, NULL},
        {rule, "FREQ=YEARLY;BYDAY=53MO", 0, 0, NULL, NULL},
        {rule, "FREQ=DAILY;BYMONTHDAY=31;UNTIL=20271231T000000Z", 0, 0, NULL, NULL},
        {rule, "FREQ=WEEKLY;COUNT=10;WKST=SU", 0, 0, NULL, NULL},
        {rule, "FREQ=HOURLY", 25, 44, "nothing more frequent than DAILY", "1日に1回より細かい"},
        {rule, "FREQ=FORTNIGHTLY", 25, 44, "FREQ is one of DAILY", "FREQ は DAILY"},
        {rule, "BYDAY=MO", 25, 44, "FREQ is missing", "FREQ がありません"},
        {rule, "every monday", 25, 44, "NAME=VALUE", "名前=値"},
        {rule, "FREQ=WEEKLY;", 25, 44, "NAME=VALUE", "名前=値"},
        {rule, "FREQ=WEEKLY;BYDAY=月", 25, 44, "BYDAY is a weekday", "BYDAY は曜日"},
        {rule, "FREQ=WEEKLY;BYDAY=1MO", 25, 44, "a numbered weekday", "番号付きの曜日"},
        {rule, "FREQ=WEEKLY;BYHOUR=24", 25, 44, "BYHOUR is 0 to 23", "BYHOUR は0〜23"},
        {rule, "FREQ=WEEKLY;BYMONTHDAY=1", 25, 44, "cannot stand with WEEKLY", "WEEKLY で"},
        {rule, "FREQ=MONTHLY;BYSETPOS=1", 25, 44, "needs another BY", "一緒に使います"},
        {rule, "FREQ=DAILY;FREQ=DAILY", 25, 44, "stands twice", "2回"},
        {rule, "FREQ=DAILY;COUNT=1;UNTIL=20270101", 25, 44, "cannot stand together", "同時に使えません"},
        {rule, "FREQ=DAILY;COUNT=0", 25, 44, "COUNT is a number from 1", "COUNT は1以上"},
        {rule, "FREQ=DAILY;UNTIL=2027-01-01", 25, 44, "UNTIL is a date", "UNTIL は日付"},
        {rule, "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", 25, 44, "never comes true", "当てはまる日がありません"},
        {rule, "FREQ=MONTHLY;BYDAY=6MO", 25, 44, "never comes true", "当てはまる日がありません"},
        {rule, "FREQ=MONTHLY;BYMONTHDAY=1;BYSETPOS=2", 25, 44, "never comes true", "当てはまる日がありません"},
        {rule, "FREQ=DAILY;UNTIL=20231231", 25, 44, "hundred years from 2024-01-01", "2024-01-01 から"},
        {"[files], schedule", "[files], from: 2027-01-02, schedule", 0, 0, NULL, NULL},
        {"schedule: \"FREQ=WEEKLY;BYDAY=MO\"", "from: 2027-01-02", 25, 40, "there is none here",
         "schedule がありません"},
    };
    CHECK_ALL(mistakes);
}

static void test_network(void **state)
{
    (void)state;
    static const char range[] = "192.0.2.0/24";
    static const struct mistake mistakes[] = {
        {range, "\"2001:db8::/32\"", 0, 0, NULL, NULL},
        {range, "192.0.2.5/32", 0, 0, NULL, NULL},
        {range, "192.0.2.5/24", 26, 33, "write 192.0.2.0/24", "192.0.2.0/24 と書いて"},
        {range, "192.0.2.5", 26, 33, "write 192.0.2.5/32 for this address alone", "192.0.2.5/32"},
        {range, "192.0.2.0/33", 26, 33, "no address range", "アドレス範囲ではありません"},
        {range, "192.0.2/24", 26, 33, "no address range", "アドレス範囲ではありません"},
        {range, "\"2001:db8::1/64\"", 26, 33, "write 2001:db8::/64", "2001:db8::/64"},
        {range, "0.0.0.0/0", 26, 33, "allows every address", "すべてのアドレス"},
    };
    CHECK_ALL(mistakes);
}

static void test_contents(void **state)
{
    (void)state;
    static const char format[] = "format: archive\n";
    static const char nothing[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct mistake mistakes[] = {
        {format, "format: chain\n", 16, 3, "`chain` is missing here", "`chain` がありません"},
        {format, "format: archive\n    chain: {full: f, part: p}\n", 18, 12, "is for `format: chain`",
         "format: chain のときだけ"},
        {format, "format: archive\n    point_in_time: {from: stamp_file}\n", 18, 5, "needs `file`", "`file`"},
        {format, "format: archive\n    point_in_time: {file: x}\n", 18, 27, "is for `from: stamp_file`",
         "stamp_file のときだけ"},
        {format, "format: archive\n    point_in_time: {from: stamp_file, file: ../x}\n", 18, 45, "without `..`",
         "「..」なし"},
        {format, "format: archive\n    point_in_time: {tz: UTZ}\n", 18, 25, "no time zone `UTZ`", "「UTZ」"},
        {format, "format: archive\n    point_in_time: mtime\n", 0, 0, NULL, NULL},
        {format, "format: archive\n    retention: {daily: 0}\n", 18, 16, "keeps nothing", "1つも残りません"},
        {format, "format: archive\n    budgets: {bytes: 1GB}\n    expect: {min_bytes: 2GB}\n", 18, 22,
         "every check would stop", "必ず途中で止まります"},
        {format, "format: file\n    expect: {min_files: 2}\n", 18, 25, "is one file", "1ファイル"},
        {format, kb_sprintf(arena, "format: archive\n    expect: {canary: [{path: x, sha256: %s}]}\n", nothing), 18, 41,
         "an empty file", "空のファイル"},
        {format,
         "format: archive\n    expect: {canary: [{path: /x, sha256: "
         "55f8718109829bf506b09d8af615b9f107a266e19f7a311039d1035f180b22d4}]}\n",
         18, 30, "relative to what was restored", "相対パス"},
        {"interval: 24h", "interval: 24h, encryption: {kind: zip-aes, key: kk}", 18, 94, "did you mean `k`",
         "`k` の誤り"},
        {"interval: 24h", "interval: 24h, encryption: zip-aes", 0, 0, NULL, NULL},
    };
    CHECK_ALL(mistakes);
}

static void test_people(void **state)
{
    (void)state;
    static const struct mistake mistakes[] = {
        {"role: it", "role: itt", 22, 38, "did you mean `it`", "`it` の誤り"},
        {"role: it", "role: 情報担当", 0, 0, NULL, NULL},
        {"vendor: shop", "vendor: shopp", 7, 49, "did you mean `shop`", "`shop` の誤り"},
        {"vendor: shop", "vendor: 近所の電器店", 0, 0, NULL, NULL},
        {"name: 販売店}]", "name: 販売店}, {id: shop, kind: other, name: x}]", 5, 63,
         "stands twice under `external_contacts`", "2回あります"},
        {"kind: paper", "kind: system", 14, 36, "needs `system`", "`system`"},
        {"kind: paper", "kind: paper, system: files", 14, 69, "is for `kind: system`", "kind: system のときだけ"},
        {"takes: 4h, before: restore", "takes: 4h, before: restor", 24, 62, "did you mean `restore`",
         "`restore` の誤り"},
        {"takes: 4h, before: restore", "takes: 4h, unless: sparre", 24, 62, "did you mean `spare`", "`spare` の誤り"},
        {"{adds:", "{destroys: [onlin], adds:", 24, 35, "did you mean `online`", "`online` の誤り"},
        {"ja: 電話する", "ja: 電話する, covers: [isolte]", 22, 61, "did you mean `isolate`", "`isolate` の誤り"},
        {"ja: 電話する", "ja: 電話する, parallel_with: restor", 22, 67, "did you mean `restore`", "`restore` の誤り"},
        {"ja: 電話する", "ja: 電話する, parallel_with: call", 22, 67, "this very step", "この工程自身"},
        {"ja: 電話する", "ja: 電話する, level: done", 22, 59, "one of: L5, L6", "使える値: L5, L6"},
        {"do: restore}", "do: restore, level: L6}", 23, 43, "a manual step", "人が行う工程"},
        {"do: restore}", "do: restore, command: [/bin/true]}", 23, 45, "is for `do: command`", "do: command の工程"},
        {"do: restore}\n", "do: restore}\n      - {id: x, do: command}\n", 24, 9, "needs `command`", "`command`"},
        {"do: restore}\n", "do: restore}\n      - {id: x, do: command, command: [ls]}\n", 24, 40, "with its folder",
         "フォルダ付き"},
        {"do: restore}\n", "do: restore}\n      - {id: x, do: command, command: [./x]}\n", 0, 0, NULL, NULL},
    };
    CHECK_ALL(mistakes);
}

static void test_calendar(void **state)
{
    (void)state;
    static const struct mistake mistakes[] = {
        {"roles:\n",
         "calendar: {work: \"mon-fri 08:30-17:30\", closed: [\"12-29..01-03\", \"2026-08-13..2026-08-15\"], holidays: "
         "[jp], "
         "critical_dates: [{title: 締め, day: last}]}\nroles:\n",
         0, 0, NULL, NULL},
        {"roles:\n", "calendar: {work: 平日}\nroles:\n", 3, 18, "mon-fri 08:30-17:30", "mon-fri 08:30-17:30"},
        {"roles:\n", "calendar: {closed: [\"02-30\"]}\nroles:\n", 3, 21, "no such day", "という日付はありません"},
        {"roles:\n", "calendar: {closed: [\"2027-02-29\"]}\nroles:\n", 3, 21, "no such day", "という日付はありません"},
        {"roles:\n", "calendar: {closed: [\"2026-08-15..2026-08-13\"]}\nroles:\n", 3, 21, "ends before it begins",
         "終わりが始まりより前"},
        {"roles:\n", "calendar: {closed: [\"2026-12-29..01-03\"]}\nroles:\n", 3, 21, "one side only", "片方だけ"},
        {"roles:\n", "calendar: {holidays: [us]}\nroles:\n", 3, 23, "one of: jp", "使える値: jp"},
        {"roles:\n", "calendar: {critical_dates: [{title: x, day: 20, date: 03-31}]}\nroles:\n", 3, 29, "either `day`",
         "どちらか1つ"},
        {"roles:\n", "calendar: {critical_dates: [{title: x, day: 32}]}\nroles:\n", 3, 45, "between 1 and 31",
         "1 から 31"},
        {"roles:\n", "blackout: [{when: \"mon-fri 08:30-17:30\"}, {when: \"03-25..04-05\"}]\nroles:\n", 0, 0, NULL,
         NULL},
        {"roles:\n", "blackout: [{when: daytime}]\nroles:\n", 3, 19, "or a day or span", "日付・期間"},
        {"roles:\n", "policy: {evidence_retention: 5y, verify: 5年}\nroles:\n", 0, 0, NULL, NULL},
        {"roles:\n", "policy: {controls: [scs33]}\nroles:\n", 3, 21, "did you mean `scs3`", "`scs3` の誤り"},
        {"roles:\n", "waivers: [{rule: bak-05, reason: x, approved_by: it, until: 2027-01-01}]\nroles:\n", 3, 18,
         "such as BAK-05", "BAK-05"},
    };
    CHECK_ALL(mistakes);
}

static void test_offsite_and_answers(void **state)
{
    (void)state;
    static const struct {
        const char *put;
        bool away;
        int64_t km;
    } cases[] = {{"", false, 0},
                 {", offsite: true", true, KB_ABSENT},
                 {", offsite: false", false, 0},
                 {", offsite: {km: 6, same_hazard_zone: false}", true, 6},
                 {", offsite: {away: false, km: 0}", false, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        KB_SCOPED_ARENA arena = kb_arena_new();
        const char *text = changed(arena, "AAAA-0001", kb_sprintf(arena, "AAAA-0001%s", cases[i].put));
        const struct kb_plan *plan = NULL;
        const struct kb_diags *diags = NULL;
        assert_int_equal(kb_plan_parse("x", text, strlen(text), arena, &plan, &diags, NULL), 0);
        const struct kb_medium *medium = kb_plan_medium(plan, "a");
        assert_int_equal(medium->offsite != NULL, cases[i].away);
        assert_int_equal(kb_medium_is(medium, KB_DESTROYS_ONSITE), !cases[i].away);
        if (cases[i].away)
            assert_int_equal(medium->offsite->km, cases[i].km);
        assert_int_equal(medium->online, KB_ANSWER_ABSENT);
    }
    static const struct mistake mistakes[] = {
        {"AAAA-0001", "AAAA-0001, offsite: yes", 11, 47, "`offsite`: write true", "`offsite`: true と"},
        {"AAAA-0001", "AAAA-0001, serial: X, writable_by_admin: \"no\"", 11, 68, "write false", "false と"},
    };
    CHECK_ALL(mistakes);
}

static const char *destroyed(struct kb_arena *arena, const struct kb_plan *plan, const char *threat)
{
    const struct kb_threat *t = kb_plan_threat(plan, threat);
    const char *all = "";
    for (size_t i = 0; i < t->destroys.n; i++)
        all = kb_sprintf(arena, "%s%s%s", all, i ? " " : "", t->destroys.v[i]);
    return all;
}

static void test_threats(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *text = changed(arena, "threats: {",
                               "threats: {theft: {destroys: [onsite]}, hardware: {destroys: []}, x: {detect: 1h}, ");
    const struct kb_plan *plan = NULL;
    const struct kb_diags *diags = NULL;
    assert_int_equal(kb_plan_parse("x", text, strlen(text), arena, &plan, &diags, NULL), 0);
    assert_string_equal(destroyed(arena, plan, "ransomware"), "online attached writable_by_admin");
    assert_string_equal(destroyed(arena, plan, "hardware"), "");
    assert_string_equal(destroyed(arena, plan, "site_loss"), "onsite");
    assert_string_equal(destroyed(arena, plan, "operator_error"), "mirror");
    assert_string_equal(destroyed(arena, plan, "theft"), "onsite");
    assert_string_equal(destroyed(arena, plan, "saas_outage"), "provider_hosted");
    assert_string_equal(destroyed(arena, plan, "x"), "");
    assert_int_equal(kb_plan_threat(plan, "ransomware")->adds.n, 1);
    assert_int_equal(kb_plan_threat(plan, "saas_outage")->dwell, KB_ABSENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rotations), cmocka_unit_test(test_schedules),
        cmocka_unit_test(test_network),   cmocka_unit_test(test_contents),
        cmocka_unit_test(test_people),    cmocka_unit_test(test_calendar),
        cmocka_unit_test(test_threats),   cmocka_unit_test(test_offsite_and_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
