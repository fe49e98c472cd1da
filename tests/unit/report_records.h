/* SPDX-License-Identifier: Apache-2.0 */
/* Three drills to report on: a good one, one full of findings and hostile names, one stopped before anything was read.
 */
#pragma once

#include <string.h>

#include "koboshi/clock.h"
#include "koboshi/err.h"
#include "koboshi/report.h"

#define LIST(...)                                                                                                      \
    {                                                                                                                  \
        .n = sizeof(__VA_ARGS__) / sizeof((__VA_ARGS__)[0]), .v = (__VA_ARGS__)                                        \
    }
#define HOUR  3600
#define START INT64_C(1796428800) /* 2026-12-05 09:00 JST */

static const char sha[] = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
static const struct kb_report_seal seal = {
    .ledger = "3b241101-e2bb-4255-8caf-4136c566a962",
    .size = 187,
    .head = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
    .key = "SHA256:uNiVztksCsDhcc0u9e8BrC2Zj6oSkqwVnE7rT5tZxYk",
    .signer = "agent@drill-pc1",
    .state = KB_SEAL_VERIFIED,
};

static struct kb_confinement confinement = {.landlock_abi = 2,
                                            .landlock_rights = "files, refer",
                                            .seccomp = "allow-list",
                                            .no_new_privs = true,
                                            .uid = 993,
                                            .user = "koboshi-worker",
                                            .capabilities = "none",
                                            .complete = true};

static struct kb_record_step share_steps[] = {
    {.id = "isolate",
     .act = KB_DO_MANUAL,
     .status = KB_UNIT_NOT_RUN,
     .who = "it_lead",
     .started = KB_ABSENT,
     .ns = KB_ABSENT,
     .text = {"感染端末をLANから切り離す（電源は切らない）", "Take infected PCs off the LAN (do not power off)"},
     .source = KB_TIME_DECLARED,
     .declared = 900},
    {.id = "fetch",
     .act = KB_DO_WAIT_MEDIUM,
     .status = KB_UNIT_GOOD,
     .who = "it_lead",
     .started = START,
     .ns = 1200000000,
     .text = {"HDDを1台だけ取り出し、検証機に接続する", "Fetch one disk and attach it"},
     .source = KB_TIME_DECLARED,
     .declared = 5400},
    {.id = "restore",
     .act = KB_DO_RESTORE,
     .status = KB_UNIT_GOOD,
     .who = "koboshi",
     .started = START + 2,
     .ns = INT64_C(61700000000),
     .source = KB_TIME_MEASURED,
     .declared = 5400},
    {.id = "usable",
     .act = KB_DO_PROBE,
     .status = KB_UNIT_GOOD,
     .who = "koboshi",
     .started = START + 64,
     .ns = 1900000000,
     .source = KB_TIME_MEASURED,
     .declared = KB_ABSENT},
    {.id = "accept",
     .act = KB_DO_MANUAL,
     .status = KB_UNIT_NOT_RUN,
     .who = "biz_owner",
     .started = KB_ABSENT,
     .ns = KB_ABSENT,
     .text = {"業務担当が代表ファイル5件を開いて確認する", "The owner opens five typical files"},
     .source = KB_TIME_DECLARED,
     .declared = 1200},
};
static struct kb_text share_caveats[] = {{"NTFSのアクセス権はtarに含まれないため、確認していません。",
                                          "NTFS permissions are not in a tar and were not checked."}};
static struct kb_text orders_caveats[] = {{"L2なし：ハッシュ一覧がありません。", "No L2: there is no manifest."}};

static struct kb_record_unit units[] = {
    {.system = "files",
     .set = "share",
     .medium = "hdd-b",
     .file = "share/share-20261127.tar.zst",
     .manifest = "share/share-20261127.sha256",
     .system_title = {"共有フォルダ", "File share"},
     .title = {"共有フォルダ", "File share"},
     .copy = 1,
     .choice = {"ランサムウェアでは接続中の媒体を使わず、残るHDD-Bのうち最も新しい世代",
                "with ransomware attached media are lost; the newest generation on the disk that remains"},
     .point_in_time = START - 655200,
     .pit_source = KB_PIT_NAME_AND_MTIME,
     .age_s = 655200,
     .status = KB_UNIT_GOOD,
     .proof = "L4 +L5",
     .confinement = &confinement,
     .list = sha,
     .result = {.files = 48211,
                .folders = 3120,
                .links = 0,
                .skipped = 0,
                .bytes_read = 3114000000,
                .bytes_unpacked = 8700000000,
                .files_compared = 48211,
                .files_matched = 48211,
                .files_restored = 48211,
                .bytes_restored = 8700000000,
                .files_reread = 48211,
                .bytes_reread = 8700000000,
                .probes = 2,
                .probes_good = 2,
                .read_ns = INT64_C(23400000000),
                .reread_ns = INT64_C(38300000000),
                .sha256 = sha,
                .manifest_sha256 = sha,
                .detected = "tar + zstd",
                .proof = {KB_REACHED, KB_REACHED, KB_REACHED, KB_REACHED, KB_REACHED, KB_REACHED, KB_NOT_APPLICABLE},
                .caveats = LIST(share_caveats)},
     .steps = LIST(share_steps)},
    {.system = "orders",
     .set = "orders-db",
     .medium = "hdd-b",
     .file = "orders/orders-20261127.db.gz",
     .system_title = {"受発注サーバ", "Order server"},
     .title = {"受発注データベース", "Order database"},
     .copy = 1,
     .choice = {"HDD-Bの最も新しい世代", "the newest generation on HDD-B"},
     .point_in_time = START - 655200,
     .pit_source = KB_PIT_NAME_DAY_START,
     .age_s = 655200,
     .status = KB_UNIT_GOOD,
     .proof = "L1 +L3 +L5 (no L2)",
     .confinement = &confinement,
     .result = {.files = 1,
                .bytes_read = 429000000,
                .bytes_unpacked = 1900000000,
                .files_restored = 1,
                .bytes_restored = 1900000000,
                .probes = 1,
                .probes_good = 1,
                .read_ns = INT64_C(3100000000),
                .sha256 = sha,
                .detected = "gzip",
                .proof = {KB_REACHED, KB_REACHED, KB_NOT_APPLICABLE, KB_REACHED, KB_NOT_APPLICABLE, KB_REACHED,
                          KB_NOT_APPLICABLE},
                .caveats = LIST(orders_caveats)}},
};

static struct kb_record_part order_parts[] = {
    {.system = "orders",
     .set = "orders-db",
     .step = "rebuild",
     .role = "it_lead",
     .text = {"クリーン再構築", "Clean rebuild"},
     .source = KB_TIME_DECLARED,
     .start_s = 0,
     .length_s = 4 * HOUR,
     .critical = true},
    {.system = "orders",
     .set = "orders-db",
     .step = "fetch",
     .role = "it_lead",
     .text = {"HDD-Bを社長自宅から取り寄せる", "Fetch HDD-B"},
     .source = KB_TIME_DECLARED,
     .start_s = 4 * HOUR,
     .length_s = 5400,
     .critical = true},
    {.system = "orders",
     .set = "orders-db",
     .step = "restore",
     .role = "koboshi",
     .text = {"復元（検証を含む）", "Restore (with verification)"},
     .source = KB_TIME_MEASURED,
     .start_s = 4 * HOUR + 5400,
     .length_s = 120,
     .critical = true},
    {.system = "orders",
     .set = "orders-db",
     .step = "config",
     .role = "it_lead",
     .text = {"接続設定の復旧（過去の実績から推定）", "Connection settings (estimated)"},
     .source = KB_TIME_ESTIMATED,
     .start_s = 4 * HOUR + 5520,
     .length_s = 3000,
     .critical = true},
    {.system = "orders",
     .set = "orders-db",
     .step = "accept",
     .role = "biz_owner",
     .text = {"直近の受注10件を受注票と照合する", "Compare ten orders with paper"},
     .source = KB_TIME_DECLARED,
     .start_s = 4 * HOUR + 8520,
     .length_s = 1200,
     .critical = true},
};
static struct kb_record_part account_parts[] = {
    {.system = "files",
     .set = "share",
     .step = "restore",
     .role = "koboshi",
     .text = {"復元（検証を含む）", "Restore"},
     .source = KB_TIME_MEASURED,
     .start_s = 0,
     .length_s = 62,
     .critical = true},
    {.system = "accounts",
     .set = "books",
     .step = "install",
     .role = "it_lead",
     .text = {"会計ソフトの再インストール", "Install the accounting software"},
     .source = KB_TIME_DECLARED,
     .start_s = 62,
     .length_s = 3 * HOUR,
     .critical = true},
};
static struct kb_record_function functions[] = {
    {.id = "order",
     .title = {"受発注・配送", "Orders and delivery"},
     .owner = {"業務課長", "Operations manager"},
     .rlo = {"受注入力と配送票の印刷ができる（60%）", "Orders can be entered, slips printed (60 %)"},
     .critical = true,
     .priority = 2,
     .mtpd = 24 * HOUR,
     .rto = 8 * HOUR,
     .rpo = 24 * HOUR,
     .recovery_s = 24120,
     .detect_s = 12 * HOUR,
     .projected_s = 25800,
     .time = KB_VERDICT_MET,
     .age_s = 655200,
     .data = KB_VERDICT_MISSED,
     .parts = LIST(order_parts)},
    {.id = "accounting",
     .title = {"会計・請求", "Accounting"},
     .priority = 3,
     .mtpd = 5 * 24 * HOUR,
     .rto = 48 * HOUR,
     .rpo = 14 * 24 * HOUR,
     .recovery_s = 62 + 3 * HOUR,
     .detect_s = 12 * HOUR,
     .projected_s = KB_ABSENT,
     .time = KB_VERDICT_MET,
     .age_s = 655200,
     .data = KB_VERDICT_MET,
     .parts = LIST(account_parts)},
};

static struct kb_record_medium media[] = {
    {.state = {.medium = "hdd-b",
               .status = KB_MEDIUM_READY,
               .device = "/dev/sdb1",
               .fs_type = "ntfs",
               .fs_uuid = "3338C941480204B9",
               .label = "BK-B",
               .root = "/run/koboshi/hdd-b",
               .options = "ro,nosuid,nodev,noexec",
               .mounted_by_us = true,
               .bytes = INT64_C(2000396321280)},
     .home = {"社長自宅", "President's home"},
     .retrieval = 5400,
     .wanted_label = "BK-B",
     .wanted_fs_uuid = "3338C941480204B9",
     .kind = "hdd"},
};
static struct kb_record_threat ransomware = {
    .id = "ransomware", .title = {"ランサムウェア", "Ransomware"}, .detect = 12 * HOUR};
static struct kb_text deviations[] = {
    {"手順「取り寄せ」：HDD-Aではなく HDD-B を使用（HDD-Aは発生時に接続中とみなすため）",
     "Step fetch: HDD-B instead of HDD-A (HDD-A counts as attached at the disruption)"}};
static struct kb_text not_proven[] = {{"NTFSのアクセス権・Active Directory・ライセンスが元どおりになること",
                                       "That NTFS permissions, AD and licences come back"},
                                      {"業務アプリケーションを起動して業務ができること（起動していません）",
                                       "That the application works (it was not started)"},
                                      {"人が行う工程の所要時間（計画値であり、測っていません）",
                                       "How long work by people takes (planned, not measured)"}};

static struct kb_finding old_data[] = {
    {.rule = "rpo-missed",
     .severity = KB_BAD,
     .axis = KB_AXIS_DATA,
     .title = {"データが目標復旧時点（RPO）より古いです", "The data is older than the RPO allows"},
     .expected = {"24時間以内", "at most 24h"},
     .found = {"7日14時間前（HDD-Aは発生時に接続中）", "7d14h (HDD-A was attached at the disruption)"},
     .next = {"バックアップの間隔か媒体の交換を短くするか、RPOを見直してください。",
              "Back up more often or bring the disk back sooner, or agree on another RPO."},
     .count = 1}};

/* The drill of the handbook's example. */
static const struct kb_record_network quiet_network = {.closed = true};
static const char *open_routes[] = {"0.0.0.0/0 via 192.0.2.1 dev eth0"}, *open_resolvers[] = {"192.0.2.53"};
static const struct kb_record_network routed_network = {
    .closed = true, .routes = {1, open_routes}, .resolvers = {1, open_resolvers}};

static struct kb_record good_record(void)
{
    return (struct kb_record){
        .format = 1,
        .kind = KB_RECORD_DRILL,
        .id = 42,
        .ledger = seal.ledger,
        .agent_version = "0.1.0",
        .status = KB_RECORD_COMPLETED,
        .zone = "Asia/Tokyo",
        .drill = "monthly-hdd",
        .title = {"月次リストア訓練", "Monthly restore drill"},
        .rto_from = "activation",
        .plan = {.id = "itbcp-energy",
                 .version = "1.3",
                 .sha256 = sha,
                 .title = {"情報システム事業継続計画（IT-BCP）", "IT business continuity plan"},
                 .organization = {"サンプル燃料株式会社", "Sample Fuel Co., Ltd."}},
        .operator_ = "soumu (sudo: root)",
        .host = {.name = "drill-pc1", .os = "Debian GNU/Linux 12", .kernel = "6.1.0-28-amd64", .machine = "x86_64"},
        .network = &quiet_network,
        .clock = {.source = "system", .boot_id = "b"},
        .started = START,
        .finished = START + 75,
        .ns = INT64_C(75200000000),
        .disrupted_at = START,
        .disrupted_at_given = false,
        .threat = &ransomware,
        .scratch = "/var/lib/koboshi/scratch/000042",
        .media = LIST(media),
        .units = LIST(units),
        .functions = LIST(functions),
        .findings = LIST(old_data),
        .verdict = {KB_VERDICT_MET, KB_VERDICT_MET, KB_VERDICT_MISSED},
        .deviations = LIST(deviations),
        .not_proven = LIST(not_proven),
    };
}

static char hostile_found[] =
    "<script>alert('結果')</script>\n2行目: \"exit 1\" & \033[31mred\033[0m \xff \xe2\x80\xaegnp";
static struct kb_finding many_findings[] = {
    {.rule = "archive-broken",
     .severity = KB_BAD,
     .set = "share",
     .medium = "hdd-b",
     .file = "share/share-20261127.tar.zst",
     .title = {"アーカイブが壊れています", "The archive is damaged"},
     .expected = {"zstd フレームの検査値が一致", "zstd frame checksum as stored"},
     .found = {"2,147,483,648 バイト目で不一致", "differs at byte 2,147,483,648"},
     .next = {"古い世代か別の控えを使い、いつから壊れているかを調べてください。",
              "Use an older generation or another copy."},
     .count = 1},
    {.rule = "entry-differs",
     .severity = KB_BAD,
     .set = "share",
     .medium = "hdd-b",
     .file = "share/share-20261127.tar.zst",
     .entry = "営業/<script>alert(1)</script>.xlsx",
     .title = {"内容がハッシュ一覧と違います", "The content differs from the manifest"},
     .expected = {"SHA-256 9f86d081884c7d65…", "SHA-256 9f86d081884c7d65…"},
     .found = {hostile_found, hostile_found},
     .next = {"このファイルは別の世代か控えから復元してください。",
              "Restore this file from another generation or copy."},
     .count = 1},
    {.rule = "entry-differs",
     .severity = KB_BAD,
     .set = "share",
     .medium = "hdd-b",
     .file = "share/share-20261127.tar.zst",
     .entry = "総務/%95%5C.doc",
     .entry_hex = "91e896b12f955c2e646f63",
     .title = {"内容がハッシュ一覧と違います", "The content differs from the manifest"},
     .expected = {"SHA-256 60303ae22b998861…", "SHA-256 60303ae22b998861…"},
     .found = {"SHA-256 d7a8fbb307d78094…", "SHA-256 d7a8fbb307d78094…"},
     .next = {"このファイルは別の世代か控えから復元してください。",
              "Restore this file from another generation or copy."},
     .count = 1},
    {.rule = "entry-differs",
     .severity = KB_BAD,
     .set = "share",
     .medium = "hdd-b",
     .file = "share/share-20261127.tar.zst",
     .title = {"内容がハッシュ一覧と違います", "The content differs from the manifest"},
     .expected = {NULL, NULL},
     .found = {NULL, NULL},
     .next = {"このファイルは別の世代か控えから復元してください。",
              "Restore this file from another generation or copy."},
     .count = 1234},
    {.rule = "medium-absent",
     .severity = KB_BAD,
     .set = "orders-db",
     .medium = "hdd-a",
     .title = {"媒体が接続されていません", "The medium is not attached"},
     .expected = {"BK-A が接続されている", "BK-A attached"},
     .found = {"見つかりません", "not found"},
     .next = {"ここに示したディスクを接続して、もう一度実行してください。", "Attach the disk named here."},
     .count = 1},
    {.rule = "medium-unclean",
     .severity = KB_WARN,
     .medium = "hdd-b",
     .title = {"ディスクが正しく取り外されていません", "The disk was not detached cleanly"},
     .expected = {"clean", "clean"},
     .found = {"dirty", "dirty"},
     .next = {"「安全な取り外し」をしてください。", "Detach it safely."},
     .count = 1},
};
static struct kb_record_part undeclared_parts[2];
static struct kb_record_function bad_functions[3];
static struct kb_record_medium bad_media[2];
static struct kb_record_unit bad_units[2];
static struct kb_text fault_frames[] = {
    {"作業プロセスが応答しません（SIGKILL）", "the worker did not answer (SIGKILL)"}};
static struct kb_fault unit_fault = {.code = KB_EWORKER, .frames = LIST(fault_frames)};

static struct kb_record bad_record(void)
{
    struct kb_record r = good_record();
    bad_units[0] = units[0];
    bad_units[0].status = KB_UNIT_FAILED;
    bad_units[0].reason = (struct kb_text){"アーカイブが壊れています", "The archive is damaged"};
    bad_units[0].title = (struct kb_text){"共有 <img src=x onerror=alert(1)> & \"フォルダ\"",
                                          "Share <img src=x onerror=alert(1)>"};
    bad_units[0].proof = "–";
    bad_units[0].result.proof = (struct kb_proof){KB_REACHED, KB_NOT_REACHED, KB_NOT_REACHED, KB_NOT_REACHED,
                                                  KB_NOT_REACHED};
    bad_units[1] = (struct kb_record_unit){.system = "orders",
                                           .set = "orders-db",
                                           .medium = "hdd-a",
                                           .title = {"受発注データベース", "Order database"},
                                           .point_in_time = KB_ABSENT,
                                           .age_s = KB_ABSENT,
                                           .status = KB_UNIT_FAILED,
                                           .reason = {"媒体が接続されていません", "The medium is not attached"},
                                           .fault = &unit_fault};
    kb_shape_init(&kb_set_result_shape, &bad_units[1].result);
    memcpy(undeclared_parts, account_parts, sizeof account_parts);
    undeclared_parts[1].source = KB_TIME_UNDECLARED;
    undeclared_parts[1].length_s = KB_ABSENT;
    bad_functions[0] = functions[0];
    bad_functions[0].counts_detection = true;
    bad_functions[0].time = KB_VERDICT_MISSED;
    bad_functions[1] = functions[1];
    bad_functions[1].parts.v = undeclared_parts;
    bad_functions[1].recovery_s = 62;
    bad_functions[1].lower_bound = true;
    bad_functions[1].detect_s = KB_ABSENT;
    bad_functions[1].projected_s = KB_ABSENT;
    bad_functions[1].time = KB_VERDICT_CONDITIONAL;
    bad_functions[2] = (struct kb_record_function){.id = "safety",
                                                   .title = {"保安・緊急連絡", "Safety"},
                                                   .priority = 1,
                                                   .mtpd = KB_ABSENT,
                                                   .rto = 2 * HOUR,
                                                   .rpo = 7 * 24 * HOUR,
                                                   .recovery_s = HOUR,
                                                   .detect_s = KB_ABSENT,
                                                   .projected_s = KB_ABSENT,
                                                   .time = KB_VERDICT_MISSED,
                                                   .age_s = KB_ABSENT,
                                                   .data = KB_VERDICT_MISSED};
    r.functions.n = sizeof bad_functions / sizeof *bad_functions;
    r.functions.v = bad_functions;
    r.rto_from = "disruption";
    bad_media[0] = media[0];
    bad_media[0].state.unclean = bad_media[0].state.writable_elsewhere = true;
    bad_media[0].state.label = "BK-<b>B</b>\x01";
    bad_media[1] = (struct kb_record_medium){
        .state = {.medium = "hdd-a", .status = KB_MEDIUM_ABSENT, .bytes = KB_ABSENT},
        .home = {"金庫（本社）", "Safe"},
        .retrieval = KB_ABSENT,
        .wanted_label = "BK-A",
        .wanted_fs_uuid = "5E2C1A3B2C1A0F4D"};
    r.units.n = sizeof bad_units / sizeof *bad_units;
    r.units.v = bad_units;
    r.media.n = sizeof bad_media / sizeof *bad_media;
    r.media.v = bad_media;
    r.findings.n = sizeof many_findings / sizeof *many_findings;
    r.findings.v = many_findings;
    r.verdict = (struct kb_record_verdict){KB_VERDICT_MISSED, KB_VERDICT_MISSED, KB_VERDICT_MISSED};
    r.network = &routed_network;
    r.clock.jump_ns = INT64_C(-12500000000);
    r.clock.boot_changed = true;
    return r;
}

/* Stopped before any medium was read. */
static struct kb_record canceled_record(void)
{
    static struct kb_record_unit unread;
    struct kb_record r = good_record();
    unread = (struct kb_record_unit){.system = "files",
                                     .set = "share",
                                     .medium = "hdd-b",
                                     .title = {"共有フォルダ", "File share"},
                                     .point_in_time = KB_ABSENT,
                                     .age_s = KB_ABSENT,
                                     .status = KB_UNIT_CANCELED,
                                     .reason = {"利用者が中止しました", "Stopped by the user"}};
    r.status = KB_RECORD_CANCELED;
    r.units.n = 1;
    r.units.v = &unread;
    r.media.n = r.functions.n = r.findings.n = r.deviations.n = 0;
    r.verdict = (struct kb_record_verdict){KB_VERDICT_NONE, KB_VERDICT_NONE, KB_VERDICT_NONE};
    return r;
}
