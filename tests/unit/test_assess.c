/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: recovery time and age of data come out as computed by hand, and nothing unknown is ever counted as met. */
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
#include "koboshi/clock.h"

#include "assess_world.h"

/* clang-format off */
static void as_is(struct world *w) { (void)w; }
static void ransomware(struct world *w) { w->input.threat = &w->threat; }
static void from_disruption(struct world *w) { w->plan.plan.rto_from = KB_FROM_DISRUPTION; }
static void ransomware_from_disruption(struct world *w) { ransomware(w); from_disruption(w); }
static void early_detection(struct world *w) { ransomware_from_disruption(w); w->threat.detect = H; }
static void detection_unknown(struct world *w) { ransomware_from_disruption(w); w->threat.detect = NONE; }
static void once_per_drill(struct world *w) { ransomware(w); w->add.per = KB_PER_ONCE; w->add.takes = 600; w->add.role = NULL; w->share[ISOLATE].threats.n = 0; w->share[ISOLATE].expect = 0; }
static void no_fetch(struct world *w) { w->procedures[0].steps.v += RESTORE; w->procedures[0].steps.n -= RESTORE; }
static void other_disk(struct world *w) { no_fetch(w); w->units[U_ORDERS].medium = "hdd-a"; }
static void other_person(struct world *w) { no_fetch(w); w->order[O_ACCEPT].role = "clerk"; }
static void step_undeclared(struct world *w) { w->order[O_ACCEPT].expect = NONE; }
static void lan_undeclared(struct world *w) { w->systems[LAN].rto = NONE; }
static void undeclared_and_late(struct world *w) { step_undeclared(w); w->functions[F_ORDER].rto = H; }
static void exactly_rto(struct world *w) { w->functions[F_ORDER].rto = 4805; }
static void one_late(struct world *w) { w->functions[F_ORDER].rto = 4804; }
static void orders_failed(struct world *w) { w->units[U_ORDERS].status = KB_UNIT_FAILED; w->seen[U_ORDERS][1].status = KB_UNIT_NOT_RUN; }
static void books_failed(struct world *w) { w->units[U_BOOKS].status = KB_UNIT_NOT_RUN; w->units[U_BOOKS].steps.n = 0; }
static void orders_conditional(struct world *w) { w->units[U_ORDERS].status = KB_UNIT_CONDITIONAL; }
static void projected(struct world *w) { w->systems[FILES].restore_to = &w->target; }
static void projected_round(struct world *w) { projected(w); w->units[U_SHARE].result.bytes_restored++; }
static void projected_fast(struct world *w) { projected(w); w->target.write = w->target.link = 1000000000; }
static void projected_write_only(struct world *w) { projected(w); w->target.link = NONE; }
static void projected_without_rates(struct world *w) { projected(w); w->target.link = w->target.write = NONE; }
static void projected_failed(struct world *w) { projected(w); w->units[U_SHARE].status = KB_UNIT_CANCELED; }
static void orders_old(struct world *w) { w->units[U_ORDERS].point_in_time = disrupted - 25 * H; }
static void orders_just_fresh(struct world *w) { w->units[U_ORDERS].point_in_time = disrupted - DAY; }
static void orders_later(struct world *w) { w->units[U_ORDERS].point_in_time = disrupted + H; }
static void orders_undated(struct world *w) { w->units[U_ORDERS].point_in_time = NONE; }
static void orders_absurd(struct world *w) { w->units[U_ORDERS].point_in_time = INT64_MIN + 5; }
static void books_undrilled(struct world *w) { w->input.n_units = 2; }
static void no_objectives(struct world *w) { w->functions[F_ORDER].rto = w->functions[F_ORDER].rpo = NONE; }
static void attended(struct world *w) { w->seen[U_SHARE][2].source = KB_TIME_ATTENDED; w->seen[U_SHARE][2].ns = 600 * KB_NS_PER_S; }
static void estimated(struct world *w) { w->seen[U_ORDERS][0].source = KB_TIME_ESTIMATED; }
static void recorded_as_declared(struct world *w) { w->seen[U_ORDERS][0].source = KB_TIME_DECLARED; }
static void retrieval_unknown(struct world *w) { w->media[0].retrieval = NONE; }
static void retrieval_by_step(struct world *w) { retrieval_unknown(w); w->share[FETCH].expect = 1000; }
static void fetch_used_disk(struct world *w) { w->share[FETCH].media.n = 0; w->units[U_SHARE].medium = "hdd-a"; }
static void spare_ready(struct world *w) { static const struct kb_spare spare = {.ready_in = 30 * M}; ransomware(w); w->add.unless = "spare"; w->systems[FILES].spare = &spare; }
static void per_pc(struct world *w) { ransomware(w); w->add.per = KB_PER_PC; w->hosts[0].kind = w->hosts[1].kind = "pc"; }
static void pcs_unknown(struct world *w) { ransomware(w); w->add.per = KB_PER_PC; }
static void huge(struct world *w) { w->order[O_ACCEPT].expect = INT64_MAX; }
/* clang-format on */

#define MET         KB_VERDICT_MET
#define CONDITIONAL KB_VERDICT_CONDITIONAL
#define MISSED      KB_VERDICT_MISSED
#define NO_VERDICT  KB_VERDICT_NONE

static const struct scenario {
    const char *name;
    void (*change)(struct world *w);
    const char *function;
    int64_t recovery_s, projected_s;
    size_t parts;
    bool lower_bound;
    int time;
    int64_t age_s;
    int data;
} scenarios[] = {
    /* lan 3600 + restore 4 + db 1 + accept 1200 */
    {"a chain", as_is, "order", 4805, NONE, 4, false, MET, 10 * H, MET},
    /* lan 3600 + fetch 5400 + 601 + 5 + 1200 + books 10 */
    {"a chain of three", as_is, "accounting", 10816, NONE, 6, false, MET, 20 * H, MET},
    {"side by side", as_is, "all", 10816, NONE, 9, false, MET, 20 * H, NO_VERDICT},
    /* + rebuild 14400 */
    {"threat", ransomware, "order", 19205, NONE, 5, false, MET, 10 * H, MET},
    /* lan 3600, isolate 4500, fetch 9900, rebuild nas1 24300, 24901, 24906, accept 26106, rebuild srv1 40506, 40516 */
    {"two hosts", ransomware, "accounting", 40516, NONE, 9, false, MET, 20 * H, MET},
    /* it_lead: isolate, fetch, nas1 until 24300, then srv1 once until 38700; orders 38705, accept 39905; books 38710 */
    {"host once, one person", ransomware, "all", 39905, NONE, 12, false, MET, 20 * H, NO_VERDICT},
    /* orders does it at 3600-4200; files fetch until 9000 and find it done */
    {"once per drill", once_per_drill, "all", 10816, NONE, 11, false, MET, 20 * H, NO_VERDICT},
    {"once per drill, alone", once_per_drill, "order", 5405, NONE, 5, false, MET, 10 * H, MET},
    /* share 3600-4201, then orders 4205, 4206; accepts of one person 4206-5406, 5406-6606 */
    {"one reader", no_fetch, "all", 6606, NONE, 8, false, MET, 20 * H, NO_VERDICT},
    /* orders 3604, 3605, accept 4805; share accept waits 4805-6005, books 6015 */
    {"two readers, one person", other_disk, "all", 6015, NONE, 8, false, MET, 20 * H, NO_VERDICT},
    /* share accept 4206-5406, books 5416; orders accept 4206-5406 beside it */
    {"one reader, two persons", other_person, "all", 5416, NONE, 8, false, MET, 20 * H, NO_VERDICT},
    /* as above, but nas1 has a spare: 9900 + 1800, 12301, 12306, accept 13506, rebuild srv1 27906, 27916 */
    {"a spare instead", spare_ready, "accounting", 27916, NONE, 9, false, MET, 20 * H, MET},
    {"a spare elsewhere", spare_ready, "order", 19205, NONE, 5, false, MET, 10 * H, MET},
    /* lan 3600 + two PCs 28800 + 4 + 1 + 1200 */
    {"per PC", per_pc, "order", 33605, NONE, 5, false, MISSED, 10 * H, MET},
    {"PCs not in the plan", pcs_unknown, "order", 4805, NONE, 5, true, CONDITIONAL, 10 * H, MET},
    {"detection counts", ransomware_from_disruption, "order", 19205, NONE, 5, false, MISSED, 10 * H, MET},
    {"early detection", early_detection, "order", 19205, NONE, 5, false, MET, 10 * H, MET},
    {"detection unknown", detection_unknown, "order", 19205, NONE, 5, false, CONDITIONAL, 10 * H, MET},
    {"no threat", from_disruption, "order", 4805, NONE, 4, false, CONDITIONAL, 10 * H, MET},
    {"step undeclared", step_undeclared, "order", 3605, NONE, 4, true, CONDITIONAL, 10 * H, MET},
    {"system undeclared", lan_undeclared, "order", 1205, NONE, 4, true, CONDITIONAL, 10 * H, MET},
    {"undeclared, late already", undeclared_and_late, "order", 3605, NONE, 4, true, MISSED, 10 * H, MET},
    {"exactly the RTO", exactly_rto, "order", 4805, NONE, 4, false, MET, 10 * H, MET},
    {"a second late", one_late, "order", 4805, NONE, 4, false, MISSED, 10 * H, MET},
    /* lan 3600 + declared 2400 + probe not declared + accept 1200 */
    {"failed", orders_failed, "order", 7200, NONE, 4, true, MISSED, NONE, MISSED},
    {"failed elsewhere", orders_failed, "accounting", 10816, NONE, 6, false, MET, 20 * H, MET},
    {"not run", books_failed, "accounting", 10806, NONE, 6, true, MISSED, 20 * H, MISSED},
    {"not run elsewhere", books_failed, "order", 4805, NONE, 4, false, MET, 10 * H, MET},
    {"with findings", orders_conditional, "order", 4805, NONE, 4, false, MET, 10 * H, MET},
    /* 10^9 bytes at 500,000/s: 2000 s for 601 */
    {"projected", projected, "accounting", 10816, 12215, 6, false, MET, 20 * H, MET},
    {"projected, rounded up", projected_round, "accounting", 10816, 12216, 6, false, MET, 20 * H, MET},
    {"projected, fast target", projected_fast, "accounting", 10816, 10816, 6, false, MET, 20 * H, MET},
    {"projected, no link", projected_write_only, "accounting", 10816, 11215, 6, false, MET, 20 * H, MET},
    {"projected, no rates", projected_without_rates, "accounting", 10816, NONE, 6, false, MET, 20 * H, MET},
    {"projected, other system", projected, "order", 4805, NONE, 4, false, MET, 10 * H, MET},
    {"projected, failed", projected_failed, "accounting", 15615, NONE, 6, false, MISSED, 5 * H, MISSED},
    {"old data", orders_old, "order", 4805, NONE, 4, false, MET, 25 * H, MISSED},
    {"old data elsewhere", orders_old, "accounting", 10816, NONE, 6, false, MET, 20 * H, MET},
    {"exactly the RPO", orders_just_fresh, "order", 4805, NONE, 4, false, MET, DAY, MET},
    {"after the disruption", orders_later, "order", 4805, NONE, 4, false, MET, -H, CONDITIONAL},
    {"undated", orders_undated, "order", 4805, NONE, 4, false, MET, NONE, CONDITIONAL},
    {"absurd date", orders_absurd, "order", 4805, NONE, 4, false, MET, INT64_MAX, MISSED},
    {"not drilled", books_undrilled, "accounting", 10806, NONE, 6, true, CONDITIONAL, 20 * H, CONDITIONAL},
    {"no objectives", no_objectives, "order", 4805, NONE, 4, false, NO_VERDICT, 10 * H, NO_VERDICT},
    {"attended", attended, "accounting", 6016, NONE, 6, false, MET, 20 * H, MET},
    {"estimated", estimated, "order", 4805, NONE, 4, false, MET, 10 * H, MET},
    {"recorded as declared", recorded_as_declared, "order", 7201, NONE, 4, false, MET, 10 * H, MET},
    {"retrieval unknown", retrieval_unknown, "accounting", 5416, NONE, 6, true, CONDITIONAL, 20 * H, MET},
    {"retrieval by the step", retrieval_by_step, "accounting", 6416, NONE, 6, false, MET, 20 * H, MET},
    {"the disk used", fetch_used_disk, "accounting", 7216, NONE, 6, false, MET, 20 * H, MET},
    {"overflow", huge, "order", INT64_MAX, NONE, 4, false, MISSED, 10 * H, MET},
};

static const struct kb_record_function *assess(const struct world *w, const char *id, struct kb_arena *arena)
{
    const struct kb_record_function *rows = NULL;
    size_t n = 0;
    kb_assess_functions(&w->input, arena, &rows, &n);
    for (size_t i = 0; i < n; i++)
        if (!strcmp(rows[i].id, id))
            return &rows[i];
    fail_msg("no row for %s", id);
    return NULL;
}

static void test_scenarios(void **state)
{
    (void)state;
    struct world *w = malloc(sizeof *w);
    assert_non_null(w);
    for (size_t i = 0; i < COUNT(scenarios); i++) {
        const struct scenario *s = &scenarios[i];
        KB_SCOPED_ARENA arena = kb_arena_new();
        make_world(w);
        s->change(w);
        const struct kb_record_function *row = assess(w, s->function, arena);
        if (row->recovery_s != s->recovery_s || row->projected_s != s->projected_s || row->parts.n != s->parts ||
            row->lower_bound != s->lower_bound || row->time != s->time || row->age_s != s->age_s ||
            row->data != s->data)
            fail_msg("%s (%s): recovery %jd, projected %jd, parts %zu, lower %d, time %d, age %jd, data %d", s->name,
                     s->function, (intmax_t)row->recovery_s, (intmax_t)row->projected_s, row->parts.n, row->lower_bound,
                     row->time, (intmax_t)row->age_s, row->data);
    }
    free(w);
}

/* The work of the threat stands where `before` says, not in front of the restore. */
static void test_before(void **state)
{
    (void)state;
    struct world *w = malloc(sizeof *w);
    assert_non_null(w);
    static const struct {
        const char *before;
        int64_t start_s;
    } rows[] = {{NULL, 3600}, {"restore", 3600}, {"probe", 3604}, {"accept", 3605}, {"no such step", 0}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        KB_SCOPED_ARENA arena = kb_arena_new();
        make_world(w);
        ransomware(w);
        w->add.before = rows[i].before;
        const struct kb_record_function *row = assess(w, "order", arena);
        int64_t start = NONE;
        for (size_t k = 0; k < row->parts.n; k++)
            if (row->parts.v[k].text.en && strstr(row->parts.v[k].text.en, "Clean rebuild"))
                start = row->parts.v[k].start_s;
        if (start != (rows[i].start_s ? rows[i].start_s : 3600))
            fail_msg("before %s: at %jd", rows[i].before ? rows[i].before : "-", (intmax_t)start);
    }
    free(w);
}

struct expected_part {
    const char *system, *step;
    int source;
    int64_t start_s, length_s;
    bool critical;
};

static void check_parts(const struct kb_record_function *row, const struct expected_part *expected, size_t n)
{
    assert_int_equal(row->parts.n, n);
    for (size_t i = 0; i < n; i++) {
        const struct kb_record_part *part = &row->parts.v[i];
        if (strcmp(part->system, expected[i].system) != 0 ||
            strcmp(part->step ? part->step : "", expected[i].step) != 0 || part->source != expected[i].source ||
            part->start_s != expected[i].start_s || part->length_s != expected[i].length_s ||
            part->critical != expected[i].critical)
            fail_msg("part %zu: %s/%s source %d, %jd + %jd, critical %d", i, part->system, part->step, part->source,
                     (intmax_t)part->start_s, (intmax_t)part->length_s, part->critical);
    }
}

static void test_parts(void **state)
{
    (void)state;
    static const struct expected_part expected[] = {
        {"lan", "", KB_TIME_DECLARED, 0, 3600, true},
        {"files", "isolate", KB_TIME_DECLARED, 3600, 900, true},
        {"files", "fetch", KB_TIME_DECLARED, 4500, 5400, true},
        {"files", "", KB_TIME_DECLARED, 9900, 14400, true},
        {"files", "restore", KB_TIME_MEASURED, 24300, 601, false},
        {"orders", "", KB_TIME_DECLARED, 24300, 14400, true},
        {"files", "usable", KB_TIME_MEASURED, 24901, 5, false},
        {"files", "accept", KB_TIME_DECLARED, 24906, 1200, false},
        {"orders", "restore", KB_TIME_MEASURED, 38700, 4, true},
        {"accounts", "restore", KB_TIME_MEASURED, 38700, 5, false},
        {"orders", "db", KB_TIME_MEASURED, 38704, 1, true},
        {"orders", "accept", KB_TIME_UNDECLARED, 38705, NONE, true},
    };
    struct world w;
    KB_SCOPED_ARENA arena = kb_arena_new();
    make_world(&w);
    ransomware(&w);
    w.order[O_ACCEPT].expect = NONE;
    w.seen[U_BOOKS][0].ns = 5 * KB_NS_PER_S; /* ends with the orders' own restore */
    const struct kb_record_function *row = assess(&w, "all", arena);
    check_parts(row, expected, COUNT(expected));
    assert_int_equal(row->recovery_s, 38705);
    assert_string_equal(row->parts.v[0].text.ja, "基幹LANの復旧（計画値）");
    assert_string_equal(row->parts.v[4].text.en, "File share: restore (with verification)");
    assert_string_equal(row->parts.v[5].text.ja, "クリーン再構築（業務サーバ）");
    assert_string_equal(row->parts.v[9].text.ja, "会計データの復元（検証を含む）");
    assert_null(row->parts.v[5].set);
    assert_string_equal(row->parts.v[5].role, "it_lead");
}

static void test_order(void **state)
{
    (void)state;
    struct world w;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct kb_record_function *rows = NULL;
    size_t n = 0;
    make_world(&w);
    kb_assess_functions(&w.input, arena, &rows, &n);
    assert_int_equal(n, 3);
    assert_string_equal(rows[0].id, "all");
    assert_string_equal(rows[1].id, "order");
    assert_string_equal(rows[2].id, "accounting"); /* no priority */

    w.input.units = &w.units[U_ORDERS];
    w.input.n_units = 1;
    kb_assess_functions(&w.input, arena, &rows, &n);
    assert_int_equal(n, 2); /* accounting needs nothing that was drilled */
}

static const struct telling {
    void (*change)(struct world *w);
    const char *function, *rule, *expected_ja, *found_ja, *found_en, *set;
} tellings[] = {
    {ransomware_from_disruption, "order", "rto-missed", "「受発注・配送」: 発生から8時間以内",
     "17時間20分（うち検知まで12時間、「クリーン再構築（業務サーバ）」4時間）、9時間20分超過",
     "17h20m (of which 12h until detection, 4h for “Clean rebuild (Server)”), 9h20m over", NULL},
    {undeclared_and_late, "order", "rto-missed", "「受発注・配送」: 検知から1時間以内",
     "少なくとも1時間（うち「基幹LANの復旧（計画値）」1時間）、5.0秒超過",
     "at least 1h (of which 1h for “LAN: recovery (as planned)”), 5.0 s over", NULL},
    {detection_unknown, "order", "rto-unknown", "「受発注・配送」: 発生から8時間以内",
     "少なくとも5時間20分（うち「クリーン再構築（業務サーバ）」4時間）。計画にない所要時間: 「検知までの時間」",
     "at least 5h20m (of which 4h for “Clean rebuild (Server)”); not declared in the plan: “time until detection”",
     NULL},
    {from_disruption, "order", "rto-unknown", "「受発注・配送」: 発生から8時間以内",
     "少なくとも1時間20分（うち「基幹LANの復旧（計画値）」1時間）。計画にない所要時間: "
     "「検知までの時間（想定する脅威の指定なし）」",
     "at least 1h20m (of which 1h for “LAN: recovery (as planned)”); not declared in the plan: “time until detection "
     "(no "
     "threat is assumed)”",
     NULL},
    {lan_undeclared, "order", "rto-unknown", "「受発注・配送」: 検知から8時間以内",
     "少なくとも20分5秒（うち「orders-dbの手作業」20分）。計画にない所要時間: 「基幹LANの復旧」",
     "at least 20m5s (of which 20m for “orders-db: manual work”); not declared in the plan: “LAN: recovery”", NULL},
    {orders_failed, "order", "rto-missed", "「受発注・配送」: 検知から8時間以内", "「orders-db」を復元できませんでした",
     "“orders-db” could not be restored", "orders-db"},
    {books_failed, "accounting", "rpo-missed", "「accounting」: 発生前1日以内のデータ",
     "「books」の復元を実行していません", "“books” was not restored: it was not run", "books"},
    {orders_old, "order", "rpo-missed", "「受発注・配送」: 発生前1日以内のデータ",
     "1日1時間前（「orders-db」2026-12-04 08:00 JST 時点）、1時間超過",
     "1d1h before it (“orders-db” as of 2026-12-04 08:00 JST), 1h over", "orders-db"},
    {orders_later, "order", "rpo-unknown", "「受発注・配送」: 発生前1日以内のデータ",
     "「orders-db」の世代は発生の1時間後のものです（2026-12-05 10:00 JST 時点）",
     "this generation of “orders-db” was taken 1h after the disruption (as of 2026-12-05 10:00 JST)", "orders-db"},
    {orders_undated, "order", "rpo-unknown", "「受発注・配送」: 発生前1日以内のデータ",
     "「orders-db」の世代がいつの時点のものか分かりません",
     "it is not known from when this generation of “orders-db” is", "orders-db"},
    {books_undrilled, "accounting", "rpo-unknown", "「accounting」: 発生前1日以内のデータ",
     "「会計データ」はこの訓練で確かめていません", "“会計データ” was not part of this drill", "books"},
};

static const struct kb_finding *find(const struct kb_finding *findings, size_t n, const char *rule,
                                     const char *function)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(findings[i].rule, rule) && strstr(findings[i].expected.ja, function))
            return &findings[i];
    fail_msg("no finding %s for %s", rule, function);
    abort(); /* gcc does not know that fail_msg never comes back */
}

static void test_findings(void **state)
{
    (void)state;
    assert_int_equal(kb_zone_use("Asia/Tokyo", NULL), 0);
    for (size_t i = 0; i < COUNT(tellings); i++) {
        const struct telling *t = &tellings[i];
        struct world w;
        KB_SCOPED_ARENA arena = kb_arena_new();
        make_world(&w);
        t->change(&w);
        const struct kb_record_function *rows = NULL;
        const struct kb_finding *findings = NULL;
        size_t n = 0, n_findings = 0;
        kb_assess_functions(&w.input, arena, &rows, &n);
        kb_assess_findings(&w.input, rows, n, arena, &findings, &n_findings);
        const struct kb_finding *finding = find(findings, n_findings, t->rule, t->expected_ja);
        assert_string_equal(finding->expected.ja, t->expected_ja);
        assert_string_equal(finding->found.ja, t->found_ja);
        assert_string_equal(finding->found.en, t->found_en);
        assert_true(t->set ? finding->set && !strcmp(finding->set, t->set) : !finding->set);
    }
}

static void test_no_findings(void **state)
{
    (void)state;
    struct world w;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct kb_record_function *rows = NULL;
    const struct kb_finding *findings = NULL;
    size_t n = 0, n_findings = 99;
    make_world(&w);
    kb_assess_functions(&w.input, arena, &rows, &n);
    kb_assess_findings(&w.input, rows, n, arena, &findings, &n_findings);
    assert_int_equal(n_findings, 0);
}

static void check_verdict(const struct world *w, int restore, int time, int data)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct kb_record_function *rows = NULL;
    size_t n = 0;
    kb_assess_functions(&w->input, arena, &rows, &n);
    struct kb_record_verdict verdict = kb_assess_verdict(w->input.units, w->input.n_units, rows, n);
    assert_int_equal(verdict.restore, restore);
    assert_int_equal(verdict.time, time);
    assert_int_equal(verdict.data, data);
}

static void test_verdict(void **state)
{
    (void)state;
    static const struct {
        void (*change)(struct world *w);
        int restore, time, data;
    } cases[] = {
        {as_is, MET, MET, MET},
        {orders_conditional, CONDITIONAL, MET, MET},
        {orders_failed, MISSED, MISSED, MISSED},
        {orders_later, MET, MET, CONDITIONAL},
        {from_disruption, MET, CONDITIONAL, MET},
        {one_late, MET, MISSED, MET},
        {no_objectives, MET, MET, MET}, /* the other functions have theirs */
    };
    struct world w;
    for (size_t i = 0; i < COUNT(cases); i++) {
        make_world(&w);
        cases[i].change(&w);
        check_verdict(&w, cases[i].restore, cases[i].time, cases[i].data);
    }
}

static void test_verified_in_part(void **state)
{
    (void)state;
    struct kb_record_unit units[] = {{.status = KB_UNIT_PARTIAL}, {.status = KB_UNIT_GOOD}};
    assert_int_equal(kb_assess_verdict(units, 1, NULL, 0).restore, NO_VERDICT);
    assert_int_equal(kb_assess_verdict(units, 2, NULL, 0).restore, NO_VERDICT); /* nothing was restored */
    units[1].result.files_restored = 1;
    assert_int_equal(kb_assess_verdict(units, 2, NULL, 0).restore, CONDITIONAL);
    units[1].status = KB_UNIT_FAILED;
    assert_int_equal(kb_assess_verdict(units, 2, NULL, 0).restore, MISSED);
}

static void test_nothing_is_never_met(void **state)
{
    (void)state;
    struct world w;
    make_world(&w);
    w.input.n_units = 0;
    check_verdict(&w, NO_VERDICT, NO_VERDICT, NO_VERDICT);
    make_world(&w);
    w.plan.functions.n = 0;
    check_verdict(&w, MET, NO_VERDICT, NO_VERDICT);
}

/* A verification alone shows that data can be read, not that it can be restored. */
static void test_verified_is_not_restored(void **state)
{
    (void)state;
    struct world w;
    make_world(&w);
    w.units[U_ORDERS].result.files_restored = 0;
    check_verdict(&w, CONDITIONAL, MET, MET);
    for (size_t i = 0; i < UNITS; i++)
        w.units[i].result.files_restored = 0;
    check_verdict(&w, NO_VERDICT, MET, MET);
    w.units[U_BOOKS].status = KB_UNIT_FAILED;
    check_verdict(&w, MISSED, MISSED, MISSED);
}

/* A sample shows part of a restore; what everything would take is what was projected from it. */
static void test_sampled_is_not_restored(void **state)
{
    (void)state;
    static const struct kb_sample_seen sample = {
        .percent = 10, .files = 1000, .files_taken = 100, .bytes = 3000000000, .bytes_taken = 300000000};
    struct world w;
    KB_SCOPED_ARENA arena = kb_arena_new();
    make_world(&w);
    projected(&w);
    struct kb_record_unit *unit = &w.units[U_SHARE];
    unit->result.coverage = KB_COVERAGE_SAMPLE;
    unit->result.sample = &sample;
    w.seen[U_SHARE][0].source = KB_TIME_ESTIMATED;
    w.seen[U_SHARE][0].estimated_ns = 5000 * KB_NS_PER_S;
    check_verdict(&w, CONDITIONAL, MET, MET);
    const struct kb_record_function *row = assess(&w, "accounting", arena);
    bool there = false;
    for (size_t i = 0; i < row->parts.n; i++)
        there |= row->parts.v[i].length_s == 5000 && row->parts.v[i].source == KB_TIME_ESTIMATED;
    assert_true(there);
    int64_t longer = row->projected_s - row->recovery_s;
    assert_int_equal(longer, 3000000000 / 500000 - 5000); /* all bytes, at the rate of the link */
    unit->result.coverage = KB_COVERAGE_FULL;             /* everything was drawn */
    w.seen[U_SHARE][0].source = KB_TIME_MEASURED;
    w.seen[U_SHARE][0].estimated_ns = NONE;
    check_verdict(&w, MET, MET, MET);
}

/* The same two statuses, points in time and lengths, exchanged between two sets: the verdicts must change places. */
static void test_exchange(void **state)
{
    (void)state;
    struct world w;
    KB_SCOPED_ARENA arena = kb_arena_new();
    make_world(&w);
    w.units[U_ORDERS].status = KB_UNIT_FAILED;
    assert_int_equal(assess(&w, "order", arena)->time, MISSED);
    assert_int_equal(assess(&w, "accounting", arena)->time, MET);
    w.units[U_ORDERS].status = KB_UNIT_GOOD;
    w.units[U_BOOKS].status = KB_UNIT_FAILED;
    assert_int_equal(assess(&w, "order", arena)->time, MET);
    assert_int_equal(assess(&w, "accounting", arena)->time, MISSED);

    make_world(&w);
    w.functions[F_ORDER].rpo = 15 * H; /* 10 hours old; the share is 20 */
    assert_int_equal(assess(&w, "order", arena)->data, MET);
    int64_t pit = w.units[U_ORDERS].point_in_time;
    w.units[U_ORDERS].point_in_time = w.units[U_SHARE].point_in_time;
    w.units[U_SHARE].point_in_time = pit;
    assert_int_equal(assess(&w, "order", arena)->data, MISSED);

    make_world(&w);
    w.functions[F_ORDER].rto = 5000;
    assert_int_equal(assess(&w, "order", arena)->time, MET);
    w.seen[U_ORDERS][0].ns = w.seen[U_SHARE][0].ns;
    assert_int_equal(assess(&w, "order", arena)->time, MISSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scenarios),
        cmocka_unit_test(test_before),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_findings),
        cmocka_unit_test(test_no_findings),
        cmocka_unit_test(test_verdict),
        cmocka_unit_test(test_verified_in_part),
        cmocka_unit_test(test_nothing_is_never_met),
        cmocka_unit_test(test_verified_is_not_restored),
        cmocka_unit_test(test_sampled_is_not_restored),
        cmocka_unit_test(test_exchange),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
