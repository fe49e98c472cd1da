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

enum { M = 60, H = 3600, DAY = 86400 };
#define NONE     KB_ABSENT
#define COUNT(a) (sizeof(a) / sizeof *(a))

static const int64_t disrupted = 1796428800; /* 2026-12-05 00:00 UTC */

enum { LAN, FILES, ORDERS, ACCOUNTS, SYSTEMS };
enum { ISOLATE, FETCH, RESTORE, USABLE, ACCEPT, SHARE_STEPS };
enum { O_RESTORE, O_DB, O_ACCEPT, ORDER_STEPS };
enum { F_ORDER, F_ACCOUNTING, F_ALL, FUNCTIONS };
enum { U_SHARE, U_ORDERS, U_BOOKS, UNITS };

static const char *lan_id[] = {"lan"}, *files_id[] = {"files"}, *orders_id[] = {"orders"},
                  *accounting_ids[] = {"accounts", "files"}, *all_ids[] = {"accounts", "orders"},
                  *share_id[] = {"share"}, *orders_db_id[] = {"orders-db"}, *books_id[] = {"books"},
                  *disks[] = {"hdd-a", "hdd-b"}, *ransomware_id[] = {"ransomware"};

/* A small company: files and orders need the network, accounts need the files and share a server with orders. */
struct world {
    struct kb_plan plan;
    struct kb_system systems[SYSTEMS];
    struct kb_host hosts[2];
    struct kb_medium media[2];
    struct kb_copy copy[2];
    struct kb_set sets[3];
    struct kb_step share[SHARE_STEPS], order[ORDER_STEPS];
    struct kb_procedure procedures[2];
    struct kb_function functions[FUNCTIONS];
    struct kb_add add;
    struct kb_threat threat;
    struct kb_restore_to target;
    struct kb_record_step seen[3][SHARE_STEPS];
    struct kb_record_unit units[UNITS];
    struct kb_assess_input input;
};

static struct kb_record_step seen(const char *id, int act, int64_t ns)
{
    return (struct kb_record_step){.id = id, .act = act, .status = KB_UNIT_GOOD, .source = KB_TIME_MEASURED, .ns = ns};
}

static void make_procedures(struct world *w)
{
    w->share[ISOLATE] = (struct kb_step){.id = "isolate",
                                         .act = KB_DO_MANUAL,
                                         .role = "it_lead",
                                         .expect = 15 * M,
                                         .text = {"隔離", "Isolate"},
                                         .threats = {1, ransomware_id}};
    w->share[FETCH] = (struct kb_step){
        .id = "fetch", .act = KB_DO_WAIT_MEDIUM, .role = "it_lead", .expect = NONE, .media = {2, disks}};
    w->share[RESTORE] = (struct kb_step){.id = "restore", .act = KB_DO_RESTORE, .expect = 90 * M};
    w->share[USABLE] = (struct kb_step){.id = "usable", .act = KB_DO_PROBE, .expect = NONE};
    w->share[ACCEPT] = (struct kb_step){
        .id = "accept", .act = KB_DO_MANUAL, .role = "biz_owner", .expect = 20 * M, .text = {"確認", "Accept"}};
    w->order[O_RESTORE] = (struct kb_step){.id = "restore", .act = KB_DO_RESTORE, .expect = 40 * M};
    w->order[O_DB] = (struct kb_step){.id = "db", .act = KB_DO_PROBE, .expect = NONE};
    w->order[O_ACCEPT] = (struct kb_step){.id = "accept", .act = KB_DO_MANUAL, .role = "biz_owner", .expect = 20 * M};
    w->procedures[0] = (struct kb_procedure){.id = "restore-share", .steps = {SHARE_STEPS, w->share}};
    w->procedures[1] = (struct kb_procedure){.id = "restore-orders", .steps = {ORDER_STEPS, w->order}};
    w->sets[0] = (struct kb_set){
        .id = "share", .title = {"共有フォルダ", "File share"}, .recovery = "restore-share", .copies = {2, w->copy}};
    w->sets[1] = (struct kb_set){.id = "orders-db", .recovery = "restore-orders", .copies = {2, w->copy}};
    w->sets[2] = (struct kb_set){.id = "books", .title = {"会計データ", NULL}, .copies = {1, w->copy}};
}

static void make_plan(struct world *w)
{
    w->systems[LAN] = (struct kb_system){.id = "lan", .title = {"基幹LAN", "LAN"}, .rto = H};
    w->systems[FILES] = (struct kb_system){
        .id = "files", .on = "nas1", .rto = 4 * H, .depends_on = {1, lan_id}, .backup_sets = {1, share_id}};
    w->systems[ORDERS] = (struct kb_system){
        .id = "orders", .on = "srv1", .rto = 6 * H, .depends_on = {1, lan_id}, .backup_sets = {1, orders_db_id}};
    w->systems[ACCOUNTS] = (struct kb_system){
        .id = "accounts", .on = "srv1", .rto = DAY, .depends_on = {1, files_id}, .backup_sets = {1, books_id}};
    w->hosts[0] = (struct kb_host){.id = "srv1", .title = {"業務サーバ", "Server"}};
    w->hosts[1] = (struct kb_host){.id = "nas1"};
    w->media[0] = (struct kb_medium){.id = "hdd-a", .retrieval = 30 * M};
    w->media[1] = (struct kb_medium){.id = "hdd-b", .retrieval = 90 * M};
    w->copy[0].medium = "hdd-a";
    w->copy[1].medium = "hdd-b";
    w->functions[F_ORDER] = (struct kb_function){.id = "order",
                                                 .title = {"受発注・配送", "Orders"},
                                                 .priority = 2,
                                                 .mtpd = DAY,
                                                 .rto = 8 * H,
                                                 .rpo = DAY,
                                                 .needs = {1, orders_id}};
    w->functions[F_ACCOUNTING] = (struct kb_function){
        .id = "accounting", .priority = NONE, .mtpd = NONE, .rto = 2 * DAY, .rpo = DAY, .needs = {2, accounting_ids}};
    w->functions[F_ALL] = (struct kb_function){
        .id = "all", .priority = 1, .mtpd = NONE, .rto = DAY, .rpo = NONE, .needs = {2, all_ids}};
    w->add = (struct kb_add){
        .step = {"クリーン再構築", "Clean rebuild"}, .takes = 4 * H, .per = KB_PER_HOST, .role = "it_lead"};
    w->threat = (struct kb_threat){
        .id = "ransomware", .title = {"ランサムウェア", "Ransomware"}, .detect = 12 * H, .adds = {1, &w->add}};
    w->target = (struct kb_restore_to){.write = 1000000, .link = 500000};
    make_procedures(w);
    w->plan = (struct kb_plan){
        .plan = {.rto_from = KB_FROM_DETECTION},
        .functions = {FUNCTIONS, w->functions},
        .systems = {SYSTEMS, w->systems},
        .hosts = {2, w->hosts},
        .media = {2, w->media},
        .backup_sets = {3, w->sets},
        .procedures = {2, w->procedures},
        .threats = {1, &w->threat},
    };
}

static void make_world(struct world *w)
{
    memset(w, 0, sizeof *w);
    make_plan(w);
    w->seen[U_SHARE][0] = seen("restore", KB_DO_RESTORE, INT64_C(600000000001)); /* 601 s: rounded up */
    w->seen[U_SHARE][1] = seen("usable", KB_DO_PROBE, INT64_C(5000000000));
    w->seen[U_SHARE][2] = seen("fetch", KB_DO_WAIT_MEDIUM, 1000);
    w->seen[U_ORDERS][0] = seen("restore", KB_DO_RESTORE, INT64_C(3100000000));
    w->seen[U_ORDERS][1] = seen("db", KB_DO_PROBE, INT64_C(1000000000));
    w->seen[U_BOOKS][0] = seen("any", KB_DO_RESTORE, INT64_C(10000000000));
    w->units[U_SHARE] = (struct kb_record_unit){.system = "files",
                                                .set = "share",
                                                .medium = "hdd-b",
                                                .file = "share.tar",
                                                .title = {"共有フォルダ", "File share"},
                                                .point_in_time = disrupted - 20 * H,
                                                .steps = {3, w->seen[U_SHARE]},
                                                .result = {.bytes_restored = 1000000000}};
    w->units[U_ORDERS] = (struct kb_record_unit){.system = "orders",
                                                 .set = "orders-db",
                                                 .medium = "hdd-b",
                                                 .file = "orders.gz",
                                                 .point_in_time = disrupted - 10 * H,
                                                 .steps = {2, w->seen[U_ORDERS]}};
    w->units[U_BOOKS] = (struct kb_record_unit){.system = "accounts",
                                                .set = "books",
                                                .medium = "hdd-a",
                                                .point_in_time = disrupted - 5 * H,
                                                .steps = {1, w->seen[U_BOOKS]}};
    w->input = (struct kb_assess_input){
        .plan = &w->plan, .disrupted_at = disrupted, .units = w->units, .n_units = UNITS};
    for (size_t i = 0; i < UNITS; i++)
        w->units[i].result.files_restored = 10;
}

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
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_findings),
        cmocka_unit_test(test_no_findings),
        cmocka_unit_test(test_verdict),
        cmocka_unit_test(test_nothing_is_never_met),
        cmocka_unit_test(test_verified_is_not_restored),
        cmocka_unit_test(test_exchange),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
