/* SPDX-License-Identifier: Apache-2.0 */
/* A small company whose recovery is counted by hand. */
#pragma once

#include <stdint.h>
#include <string.h>

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
