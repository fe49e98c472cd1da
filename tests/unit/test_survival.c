/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: each word of a threat destroys the copies it should and no others, to the second, and what nobody saw is never
 * told as seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "koboshi/arena.h"
#include "koboshi/assess.h"
#include "koboshi/err.h"
#include "koboshi/limits.h"
#include "koboshi/survival.h"
#include "survival_bench.h"

struct row {
    const char *name, *threat, *system, *set;
    size_t copy;
    const struct said *log;
    const struct found *found;
    int hour;  /* of the threat */
    int extra; /* seconds more */
    int now;   /* hours */
    bool survives, assumed;
    const char *by, *ja;
};

static void check_row(const struct world *w, const struct row *row)
{
    const struct kb_lines lines = lines_of(w->arena, row->log);
    const struct kb_media_log log = kb_media_log_of(w->plan, &lines, w->arena);
    const struct kb_presence presence = {
        .plan = w->plan, .log = &log, .listed = listed_of(w, row->found), .now = at(row->now)};
    const struct kb_survival_input input = {.presence = &presence,
                                            .threat = kb_plan_threat(w->plan, row->threat),
                                            .system = kb_plan_system(w->plan, row->system),
                                            .set = kb_plan_set(w->plan, row->set),
                                            .at = at(row->hour) + row->extra};
    assert_non_null(input.threat);
    assert_non_null(input.set);
    struct kb_survival s = kb_survival_of(&input, row->copy, w->arena);
    bool same_by = row->by ? s.by && !strcmp(s.by, row->by) : !s.by;
    if (s.survives != row->survives || s.assumed != row->assumed || !same_by || !strstr(s.why.ja, row->ja))
        fail_msg("%s: survives %d assumed %d by %s: %s / %s [%s]", row->name, s.survives, s.assumed, s.by ? s.by : "-",
                 s.why.ja, s.why.en, s.basis.ja ? s.basis.ja : "");
    assert_true(!s.assumed || (s.basis.ja && s.basis.en)); /* what is assumed is said */
    assert_true(s.survives || s.by);
}

static void check(void **state, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        check_row(*state, &rows[i]);
}
#define CHECK(rows) check(state, rows, sizeof(rows) / sizeof *(rows))

enum { T = 10 * DAY }; /* midnight of the 11th, a Wednesday */
#define PLAIN silence, both, T, 0, T
#define LIVES true, false, NULL, ""

/* clang-format off */
static void test_kinds(void **state)
{
    static const struct row rows[] = {
        {"disk, online", "t-online", "files", "share", 1, PLAIN, LIVES},
        {"nas, online", "t-online", "files", "share", 2, PLAIN, false, false, "online", "nasは常時オンライン"},
        {"snapshot, online", "t-online", "files", "share", 4, PLAIN, false, false, "online", "shotは"},
        {"cloud export, online", "t-online", "files", "share", 5, PLAIN, LIVES},
        {"folder, online", "t-online", "files", "share", 6, PLAIN, false, false, "online", "folderは"},
        {"nas, attached", "t-attached", "files", "share", 2, PLAIN, false, false, "attached", "nasは常時接続"},
        {"cloud export, attached", "t-attached", "files", "share", 5, PLAIN, LIVES},
        {"disk, admin", "t-admin", "files", "share", 0, PLAIN, LIVES},
        {"nas, admin", "t-admin", "files", "share", 2, PLAIN, false, false, "writable_by_admin", "管理者権限"},
        {"snapshot, admin", "t-admin", "files", "share", 4, PLAIN, false, false, "writable_by_admin", ""},
        {"folder, admin", "t-admin", "files", "share", 6, PLAIN, false, false, "writable_by_admin", ""},
        {"cloud, provider", "t-cloud", "files", "share", 5, PLAIN, false, false, "provider_hosted", "クラウド事業者"},
        {"nas, provider", "t-cloud", "files", "share", 2, PLAIN, true, false, NULL, "該当なし"},
        {"disk, provider", "t-cloud", "files", "share", 0, PLAIN, LIVES},
        {"archive, mirror", "t-mirror", "files", "share", 0, PLAIN, LIVES},
        {"nas, mirror", "t-mirror", "files", "twin", 2, PLAIN, false, false, "mirror", "ミラー"},
        {"everything lives through nothing", "t-nothing", "files", "share", 2, PLAIN, LIVES},
    };
    CHECK(rows);
}

static void test_host(void **state)
{
    static const struct row rows[] = {
        {"nas on the host", "t-host", "files", "share", 2, PLAIN, false, false, "same_host", "nasは故障した機器（nas1）の上"},
        {"nas on another host", "t-host", "files", "share", 3, PLAIN, LIVES},
        {"the same nas, another system", "t-host", "orders", "db", 0, PLAIN, LIVES},
        {"nas on that system's host", "t-host", "orders", "db", 1, PLAIN, false, false, "same_host", "サーバ"},
        {"snapshot", "t-host", "files", "share", 4, PLAIN, false, false, "same_host", "故障した機器の一部"},
        {"folder on another host", "t-host", "files", "share", 6, PLAIN, LIVES},
        {"cloud export", "t-host", "files", "share", 5, PLAIN, LIVES},
        {"nas without a host", "t-host", "files", "share", 7, PLAIN, true, true, NULL, "該当なし"},
        {"system without a host", "t-host", "loose", "free", 0, PLAIN, true, true, NULL, ""},
        {"its snapshot all the same", "t-host", "loose", "free", 1, PLAIN, false, false, "same_host", ""},
        {"plugged in when it fails", "t-host", "files", "share", 0, swapped, both, T, 0, 20 * DAY, false, false, "same_host", "HDD-Aは故障時にnas1に接続中"},
        {"at rest when it fails", "t-host", "files", "share", 1, swapped, both, T, 0, 20 * DAY, LIVES},
        {"plugged into another machine", "t-host", "orders", "db", 2, swapped, both, T, 0, 20 * DAY, LIVES},
        {"plugged in half an hour later", "t-host", "files", "share", 1, swapped, both, 12 * DAY + 16, 1800, 20 * DAY, LIVES},
        {"assumed plugged in", "t-host", "files", "share", 0, PLAIN, false, true, "same_host", ""},
    };
    CHECK(rows);
}

static void test_site(void **state)
{
    static const struct row rows[] = {
        {"on site at rest", "t-site", "files", "share", 0, swapped, both, 13 * DAY, 0, 20 * DAY, false, false, "onsite", "HDD-Aは社内に保管"},
        {"off site at rest", "t-site", "files", "share", 1, swapped, both, T, 0, 20 * DAY, true, false, NULL, "安全な保管場所"},
        {"off site, but brought in", "t-site", "files", "share", 1, swapped, both, 13 * DAY, 0, 20 * DAY, false, false, "onsite", "HDD-Bは発生時に社内で接続中"},
        {"nas", "t-site", "files", "share", 2, PLAIN, false, false, "onsite", "社内に保管"},
        {"cloud export on site", "t-site", "files", "share", 5, PLAIN, false, false, "onsite", ""},
        {"rated safe, but attached as far as is known", "t-site", "files", "share", 8, PLAIN, false, true, "onsite", "接続中"},
        {"off site without a rotation, backup days ago", "t-site", "files", "share", 9, silence, unlisted, T, 0, T, false, true, "onsite", ""},
    };
    CHECK(rows);
}

static void test_attached_by_log(void **state)
{
    static const struct row rows[] = {
        {"in its place", "t-attached", "files", "share", 0, swapped, both, T, 0, 20 * DAY, false, false, "attached", "HDD-Aは発生時に接続中"},
        {"the other one", "t-attached", "files", "share", 1, swapped, both, T, 0, 20 * DAY, true, false, NULL, "HDD-Bは発生から検知まで未接続"},
        {"a second before the swap comes in time", "t-attached", "files", "share", 1, swapped, both, 12 * DAY + 5, -1, 20 * DAY, LIVES},
        {"the swap is the last instant", "t-attached", "files", "share", 1, swapped, both, 12 * DAY + 5, 0, 20 * DAY, false, false, "attached", "検知前（2026-11-13 17:00 JST）に接続"},
        {"then both were attached", "t-attached", "files", "share", 0, swapped, both, 12 * DAY + 5, 0, 20 * DAY, false, false, "attached", "発生時に接続中"},
        {"leaves a second later", "t-attached", "files", "share", 0, swapped, both, 12 * DAY + 17, -1, 20 * DAY, false, false, "attached", "発生時"},
        {"has left at the very instant", "t-attached", "files", "share", 0, swapped, both, 12 * DAY + 17, 0, 20 * DAY, LIVES},
        {"detected at once", "t-soon", "files", "share", 1, swapped, both, 12 * DAY + 17, -1, 20 * DAY, LIVES},
        {"a month covers both", "t-month", "files", "share", 1, swapped, both, T, 0, 60 * DAY, false, false, "attached", "2026-11-13 17:00 JST"},
        {"a swap that names one disk", "t-attached", "files", "share", 1, unnamed, both, 14 * DAY, 0, 20 * DAY, false, false, "attached", ""},
        {"arrived", "t-attached", "files", "share", 0, plugged, both_b, 2 * DAY, 0, 20 * DAY, false, false, "attached", "発生時"},
        {"arrives in time", "t-attached", "files", "share", 0, plugged, both, DAY + 12, 0, 20 * DAY, false, false, "attached", "2026-11-03 00:00"},
        {"left", "t-attached", "files", "share", 0, plugged, both_b, 9 * DAY, 0, 20 * DAY, LIVES},
        {"seen to leave alone: there before", "t-attached", "files", "share", 0, only_left, both_b, 6 * DAY, 0, 20 * DAY, false, false, "attached", "発生時"},
        {"and the other was not", "t-attached", "files", "share", 1, only_left, b_alone, 6 * DAY, 0, 20 * DAY, LIVES},
        {"longer ago than a turn nobody knows", "t-attached", "files", "share", 0, only_left, b_alone, DAY, 0, 20 * DAY, false, true, "attached", ""},
        {"two seen at once", "t-attached", "files", "share", 0, two_seen, both, T, 0, 20 * DAY, false, false, "attached", ""},
        {"and the second", "t-attached", "files", "share", 1, two_seen, both, T, 0, 20 * DAY, false, false, "attached", ""},
        {"the next one came beside it", "t-attached", "files", "share", 0, came_after, both, T, 0, 20 * DAY, false, false, "attached", ""},
        {"came for a drill", "t-attached", "files", "share", 1, visit, both, T, 0, T, LIVES},
        {"came and left for a drill", "t-attached", "files", "share", 1, visit_left, both, 9 * DAY, 0, T, true, true, NULL, ""},
        {"no time of detection", "t-open", "files", "share", 1, swapped, both, T, 0, T, true, true, NULL, "未接続"},
        {"no time of detection: up to now", "t-open", "files", "share", 1, swapped, both, T, 0, 20 * DAY, false, false, "attached", "2026-11-13"},
        {"not attached, but a backup was written", "t-attached", "files", "share", 1, swapped, b_written, T + 12, 0, 20 * DAY, false, false, "attached", ""},
    };
    CHECK(rows);
}

static void test_attached_without_log(void **state)
{
    static const struct row rows[] = {
        {"the newest counts", "t-attached", "files", "share", 0, PLAIN, false, true, "attached", "HDD-Aは発生時に接続中"},
        {"the other lives, assumed", "t-attached", "files", "share", 1, PLAIN, true, true, NULL, "未接続"},
        {"newest is b", "t-attached", "files", "share", 1, silence, both_b, T, 0, T, false, true, "attached", ""},
        {"what came after does not count", "t-attached", "files", "share", 1, silence, both_b, 5 * DAY, 0, T, true, true, NULL, ""},
        {"written at the instant", "t-soon", "files", "share", 0, silence, both, 8 * DAY + 22, 0, T, false, false, "attached", ""},
        {"nothing is known", "t-attached", "files", "share", 0, silence, unlisted, T, 0, T, false, true, "attached", ""},
        {"nor of the other", "t-attached", "files", "share", 1, silence, unlisted, T, 0, T, false, true, "attached", ""},
        {"due by the swap day: b has been replaced", "t-attached", "files", "share", 1, silence, b_alone, T, 0, T, true, true, NULL, ""},
        {"and a is in its place", "t-attached", "files", "share", 0, silence, b_alone, T, 0, T, false, true, "attached", ""},
        {"before noon of the swap day", "t-soon", "files", "share", 1, silence, b_alone, 5 * DAY + 12, -1, T, false, true, "attached", ""},
        {"at noon of the swap day", "t-soon", "files", "share", 1, silence, b_alone, 5 * DAY + 12, 0, T, true, true, NULL, ""},
        {"two weeks on it is b's turn again", "t-soon", "files", "share", 1, silence, b_alone, 13 * DAY, 0, 20 * DAY, false, true, "attached", ""},
        {"a disk without a rotation", "t-attached", "files", "single", 0, PLAIN, false, true, "attached", "soloは"},
    };
    CHECK(rows);
}

static void test_doubtful_log(void **state)
{
    static const struct row rows[] = {
        {"both were attached: a still is", "t-soon", "files", "share", 0, both_seen, both, T, 0, T, false, false, "attached", "発生時"},
        {"and b has left", "t-soon", "files", "share", 1, both_seen, both, T, 0, T, LIVES},
        {"a came back without a line, to leave again", "t-soon", "files", "share", 0, unlogged, unlisted, 10 * DAY, 0, 17 * DAY, false, false, "attached", ""},
        {"b is in its place as far as is known", "t-soon", "files", "share", 1, unlogged, unlisted, 10 * DAY, 0, 17 * DAY, false, false, "attached", ""},
        {"brought for a drill, back in its place", "t-soon", "files", "share", 0, brought, unlisted, T, 0, T, false, false, "attached", ""},
        {"the clock was ahead: nothing is known of a", "t-soon", "files", "share", 0, ahead, unlisted, T, 0, T, false, true, "attached", ""},
        {"nor of b", "t-soon", "files", "share", 1, ahead, unlisted, T, 0, T, false, true, "attached", ""},
        {"the log tells of the future", "t-soon", "files", "share", 1, still_ahead, unlisted, T, 0, T, false, true, "attached", ""},
        {"the clock was behind", "t-soon", "files", "share", 0, behind, unlisted, T, 0, T, false, true, "attached", ""},
        {"the clock was behind: b", "t-soon", "files", "share", 1, behind, unlisted, T, 0, T, false, true, "attached", ""},
        {"b by a swap, before the clock was behind", "t-soon", "files", "share", 1, behind_b, unlisted, 8 * DAY - 12, 0, T, LIVES},
        {"an hour back blurs the order only", "t-soon", "files", "share", 0, a_little, unlisted, 3 * DAY, 0, T, false, false, "attached", ""},
        {"b", "t-soon", "files", "share", 1, a_little, unlisted, 3 * DAY, 0, T, LIVES},
        {"no swap for two turns: a", "t-soon", "files", "share", 0, swapped, unlisted, 27 * DAY, 0, 27 * DAY, false, true, "attached", ""},
        {"no swap for two turns: b", "t-soon", "files", "share", 1, swapped, unlisted, 27 * DAY, 0, 27 * DAY, false, false, "attached", ""},
        {"a disk of its own, put away", "t-soon", "files", "single", 0, solo_left, unlisted, 9 * DAY, 0, 9 * DAY, LIVES},
        {"long ago", "t-soon", "files", "single", 0, solo_left, unlisted, 30 * DAY, 0, 30 * DAY, true, true, NULL, ""},
    };
    CHECK(rows);
}

static void test_planned_swaps(void **state)
{
    static const struct row rows[] = {
        {"a month on, b will have come", "t-month", "files", "share", 1, swapped, both, 7 * DAY, 0, 7 * DAY, false, false, "attached", ""},
        {"the log ends: as planned", "t-month", "files", "share", 0, swapped, both, 14 * DAY, 0, 14 * DAY, false, true, "attached", "2026-11-20"},
        {"no swap day as a whole before detection", "t-attached", "files", "share", 0, swapped, both, 18 * DAY + 20, 0, 18 * DAY + 20, LIVES},
        {"without a log", "t-month", "files", "share", 1, silence, both, T, 0, T, false, true, "attached", "2026-11-13"},
    };
    CHECK(rows);
}

static void test_during_backup(void **state)
{
    static const struct row rows[] = {
        {"between backups", "t-soon", "files", "kept", 0, c_in_turn, shorts, 9 * DAY + 12, 0, 20 * DAY, LIVES},
        {"an hour after one", "t-soon", "files", "kept", 0, c_in_turn, shorts, 9 * DAY + 23, 0, 20 * DAY, false, false, "attached", "HDD-C"},
        {"more than an hour after", "t-soon", "files", "kept", 0, c_in_turn, shorts, 9 * DAY + 23, 1, 20 * DAY, LIVES},
        {"an hour before one", "t-soon", "files", "kept", 0, c_in_turn, shorts, 9 * DAY + 21, 0, 20 * DAY, false, false, "attached", ""},
        {"12 hours hold one", "t-attached", "files", "kept", 0, c_in_turn, shorts, 9 * DAY + 12, 0, 20 * DAY, false, false, "attached", ""},
        {"one is due before detection", "t-attached", "files", "kept", 0, c_in_turn, shorts, 10 * DAY + 12, 0, 10 * DAY + 12, false, true, "attached", ""},
        {"none is due yet", "t-attached", "files", "kept", 0, c_in_turn, shorts, 10 * DAY + 2, 0, 10 * DAY + 2, LIVES},
        {"the one that is not in turn", "t-attached", "files", "kept", 1, c_in_turn, shorts, 10 * DAY + 12, 0, 10 * DAY + 12, LIVES},
        {"seen attached", "t-soon", "files", "kept", 0, c_plugged, shorts, 9 * DAY, 0, 20 * DAY, false, false, "attached", ""},
        {"in turn, not listed", "t-attached", "files", "kept", 0, c_in_turn, unlisted, T, 0, 20 * DAY, false, true, "attached", ""},
        {"no log: the newest, at rest", "t-soon", "files", "kept", 0, silence, shorts, 10 * DAY + 2, 0, 20 * DAY, LIVES},
    };
    CHECK(rows);
}

static void test_mirror_at_rest(void **state)
{
    static const struct row rows[] = {
        {"attached: deleted there as well", "t-mirror", "files", "twin", 0, swapped, both, T, 0, 20 * DAY, false, false, "mirror", "反映"},
        {"the log shows it was not attached", "t-mirror", "files", "twin", 1, swapped, unlisted, 7 * DAY, 0, 20 * DAY, LIVES},
        {"without a log it is not believed", "t-mirror", "files", "twin", 1, PLAIN, false, true, "mirror", ""},
    };
    CHECK(rows);
}

static void test_keys(void **state)
{
    static const struct row rows[] = {
        {"paper on site, fire", "t-site", "files", "single", 1, silence, unlisted, T, 0, T, false, false, "key", "鍵「words」"},
        {"paper also off site, fire", "t-site", "files", "single", 2, swapped, both, T, 0, 20 * DAY, LIVES},
        {"off-line stick on site, fire", "t-site", "files", "single", 4, swapped, both, T, 0, 20 * DAY, false, false, "key", "鍵「stick」"},
        {"in a system off site, fire", "t-site", "files", "single", 3, swapped, both, T, 0, 20 * DAY, LIVES},
        {"in a system, ransomware", "t-ransom", "files", "single", 3, swapped, both, T, 0, 20 * DAY, false, false, "key", "管理サーバ"},
        {"stick, ransomware", "t-ransom", "files", "single", 4, swapped, both, T, 0, 20 * DAY, LIVES},
        {"in the system that fails", "t-host", "orders", "db", 4, PLAIN, false, false, "key", "鍵「inside」"},
        {"in a system on another host", "t-host", "files", "single", 3, swapped, both, T, 0, 20 * DAY, LIVES},
        {"in a system, cloud outage", "t-cloud", "files", "single", 3, swapped, both, T, 0, 20 * DAY, LIVES},
    };
    CHECK(rows);
}
/* clang-format on */

static void test_immutable(void **state)
{
    const struct world *w = *state;
    const struct kb_presence presence = {.plan = w->plan, .now = at(T)};
    struct kb_survival_input input = {.presence = &presence,
                                      .system = kb_plan_system(w->plan, "files"),
                                      .set = kb_plan_set(w->plan, "sealed"),
                                      .at = at(T)};
    static const char *const held[] = {"t-admin", "t-online", "t-attached", "t-ransom"};
    for (size_t i = 0; i < sizeof held / sizeof *held; i++) {
        input.threat = kb_plan_threat(w->plan, held[i]);
        struct kb_survival s = kb_survival_of(&input, 0, w->arena);
        assert_true(s.survives);
        int64_t runs_out = at(T) + 12 * HOUR - (int64_t)3 * DAY * HOUR; /* written then: free at the detection */
        assert_int_equal(s.written_after, runs_out);
        assert_false(kb_generation_survives(&s, runs_out));
        assert_true(kb_generation_survives(&s, runs_out + 1));
        assert_non_null(strstr(s.why.ja, "書き換え不可"));
    }
    input.threat = kb_plan_threat(w->plan, "t-slow"); /* as long as the protection itself */
    struct kb_survival s = kb_survival_of(&input, 0, w->arena);
    assert_false(s.survives);
    assert_string_equal(s.by, "writable_by_admin");
    input.threat = kb_plan_threat(w->plan, "t-site"); /* fire does not ask */
    s = kb_survival_of(&input, 0, w->arena);
    assert_false(s.survives);
    assert_string_equal(s.by, "onsite");
    input.threat = kb_plan_threat(w->plan, "t-nothing");
    s = kb_survival_of(&input, 0, w->arena);
    assert_int_equal(s.written_after, KB_ABSENT);
}

/* Disks are plugged into nas1; what the verification machine sees is a visit. */
static void test_seen_elsewhere(void **state)
{
    const struct world *w = *state;
    const char *old = "nas1: {kind: nas}", *at_hosts = strstr(plan_text, old);
    assert_non_null(at_hosts);
    const char *text = kb_sprintf(w->arena, "%.*s%s, ws1: {kind: verification}%s", (int)(at_hosts - plan_text),
                                  plan_text, old, at_hosts + strlen(old));
    struct world other = *w;
    const struct kb_diags *diags = NULL;
    struct kb_err err = {0};
    assert_int_equal(kb_plan_parse("plan", text, strlen(text), w->arena, &other.plan, &diags, &err), 0);
    static const struct said visit_seen[] = {{'>', 'b', 'a', 5 * DAY},    {'+', 'b', 0, 9 * DAY},
                                             {'-', 'b', 0, 11 * DAY},     {'+', 'a', 0, 11 * DAY},
                                             {'-', 'a', 0, 11 * DAY + 1}, {0}};
    static const struct said seen_alone[] = {{'+', 'a', 0, 9 * DAY}, {0}};
    static const struct row rows[] = {
        {"b came to the drill", "t-soon", "files", "share", 1, visit_seen, unlisted, T, 0, T, LIVES},
        {"a is where it was", "t-soon", "files", "share", 0, visit_seen, unlisted, T, 0, T, false, false, "attached",
         ""},
        {"also when it is back", "t-soon", "files", "share", 0, visit_seen, unlisted, 12 * DAY, 0, 12 * DAY, false,
         false, "attached", ""},
        {"that says nothing of the other", "t-soon", "files", "share", 1, seen_alone, unlisted, T, 0, T, false, true,
         "attached", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_row(&other, &rows[i]);
}

static void test_other_lines(void **state)
{
    const struct world *w = *state;
    struct kb_lines lines = lines_of(w->arena, swapped);
    struct kb_line *v = kb_alloc(w->arena, 4, sizeof *v);
    memcpy(v, lines.v, 2 * sizeof *v);
    v[0].plan = v[1].plan = "another";
    struct kb_media_log log = kb_media_log_of(w->plan, &(struct kb_lines){2, v}, w->arena);
    for (size_t i = 0; i < log.n; i++)
        assert_int_equal(log.v[i].known_from, INT64_MAX);
    lines = lines_of(w->arena, plugged); /* the id has a new disk since */
    memcpy(v, lines.v, 2 * sizeof *v);
    v[0].fs_uuid = v[1].fs_uuid = "9999-9999";
    log = kb_media_log_of(w->plan, &(struct kb_lines){2, v}, w->arena);
    assert_int_equal(log.v[0].spans.n, 0);
    lines = lines_of(w->arena, swapped); /* its exchanges were those of the old disk */
    memcpy(v, lines.v, 2 * sizeof *v);
    v[1].fs_uuid = "9999-9999";
    log = kb_media_log_of(w->plan, &(struct kb_lines){2, v}, w->arena);
    assert_int_equal(log.v[0].spans.n, 1);
    assert_int_equal(log.v[0].spans.v[0].from, v[0].time);
    lines = lines_of(w->arena, plugged);
    memcpy(v, lines.v, 2 * sizeof *v);
    v[0].fs_uuid = "AAAA-AAAA";
    v[0].medium = "nobody";
    v[1].fs_uuid = NULL;
    v[1].presence = NULL;
    log = kb_media_log_of(w->plan, &(struct kb_lines){2, v}, w->arena);
    assert_int_equal(log.v[0].spans.n, 0);
}

/* A ledger in which one disk comes and goes all day. */
static void test_long_log(void **state)
{
    const struct world *w = *state;
    enum { N = KB_PRESENCE_LINES_MAX + 1000 };
    struct kb_arena *arena = kb_arena_new();
    struct kb_line *v = kb_alloc(arena, N, sizeof *v);
    for (size_t i = 0; i < N; i++) {
        kb_line_init(&v[i], KB_LINE_MEDIUM_SEEN);
        v[i].seq = (int64_t)i;
        v[i].time = day0 + (int64_t)i;
        v[i].medium = "a";
        v[i].presence = i % 2 ? "left" : "arrived";
    }
    struct kb_media_log log = kb_media_log_of(w->plan, &(struct kb_lines){N, v}, arena);
    assert_int_equal(log.v[0].spans.n, KB_PRESENCE_LINES_MAX / 2);
    assert_int_equal(log.v[0].known_from, day0 + 1000); /* the newest are kept */
    kb_arena_free(arena);
}

/* Points in time from a medium may be anything. */
static void test_absurd_times(void **state)
{
    const struct world *w = *state;
    static const int64_t times[] = {INT64_MIN + 1, -1, 0, INT64_MAX};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        struct kb_medium_listed *listed = kb_alloc(w->arena, w->plan->media.n, sizeof *listed);
        int64_t backup = times[i];
        listed[1].listed = true;
        listed[1].backups.n = 1;
        listed[1].backups.v = &backup;
        const struct kb_presence presence = {.plan = w->plan, .listed = listed, .now = at(T)};
        const struct kb_survival_input input = {.presence = &presence,
                                                .threat = kb_plan_threat(w->plan, "t-month"),
                                                .system = kb_plan_system(w->plan, "files"),
                                                .set = kb_plan_set(w->plan, "share"),
                                                .at = at(T)};
        for (size_t copy = 0; copy < 2; copy++)
            assert_non_null(kb_survival_of(&input, copy, w->arena).why.ja);
    }
}

/* Newer data lies on a disk that the threat takes: then that is the reason, and what to change. */
static void test_old_because_of_the_threat(void **state)
{
    const struct world *w = *state;
    struct kb_survival survival[] = {
        {.by = "attached", .newest = KB_ABSENT, .why = {"HDD-Aは発生時に接続中", "HDD-A was attached when it struck"}},
        {.survives = true, .why = {"HDD-Bは未接続", "HDD-B was not"}}};
    for (int round = 0; round < 4; round++) {
        bool lost = round == 1 || round == 3;
        survival[0].survives = round == 0;
        survival[0].newest = round == 2   ? at(T - 25)
                             : round == 3 ? at(T - 24)
                                          : KB_ABSENT; /* nothing newer: no reason */
        struct kb_record_unit unit = {
            .system = "orders", .set = "db", .status = KB_UNIT_GOOD, .point_in_time = at(T - 25)};
        unit.survival.n = 2;
        unit.survival.v = survival;
        const struct kb_assess_input input = {.plan = w->plan, .disrupted_at = at(T), .units = &unit, .n_units = 1};
        const struct kb_record_function *rows = NULL;
        const struct kb_finding *findings = NULL;
        size_t n = 0, n_findings = 0;
        kb_assess_functions(&input, w->arena, &rows, &n);
        kb_assess_findings(&input, rows, n, w->arena, &findings, &n_findings);
        assert_int_equal(n_findings, 1);
        assert_string_equal(findings->rule, "rpo-missed");
        assert_string_equal(findings->title.ja, lost ? "HDD-Aは発生時に接続中のため、目標復旧時点（RPO）を満たしません"
                                                     : "目標復旧時点（RPO）を満たしません");
        assert_int_equal(strstr(findings->next.ja, "交換を週2回にする") != NULL, lost);
        assert_int_equal(strstr(findings->title.en, "because HDD-A was attached") != NULL, lost);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_host),
        cmocka_unit_test(test_site),
        cmocka_unit_test(test_attached_by_log),
        cmocka_unit_test(test_attached_without_log),
        cmocka_unit_test(test_doubtful_log),
        cmocka_unit_test(test_planned_swaps),
        cmocka_unit_test(test_during_backup),
        cmocka_unit_test(test_mirror_at_rest),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_immutable),
        cmocka_unit_test(test_seen_elsewhere),
        cmocka_unit_test(test_other_lines),
        cmocka_unit_test(test_long_log),
        cmocka_unit_test(test_absurd_times),
        cmocka_unit_test(test_old_because_of_the_threat),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
