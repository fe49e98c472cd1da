/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of the plan itself, its functions, systems and hosts. */
#include "keys.h"

static const struct kb_form file_system = {
    "^(ext4|xfs|btrfs|ntfs|exfat)$",
    {"ext4・xfs・btrfs・ntfs・exfat のどれか", "one of ext4, xfs, btrfs, ntfs, exfat"}};

static const struct kb_key organization_keys[] = {
    KB_KEY(struct kb_organization, name, KB_TEXT, .flags = KB_REQUIRED,
           .gloss = {"会社・組織の名前", "name of the company"}),
    KB_KEY(struct kb_organization, industry, KB_TEXT, .gloss = {"業種", "line of business"}),
    KB_KEY(struct kb_organization, employees, KB_INT, .min = 1, .max = 10000000,
           .gloss = {"従業員数", "number of employees"}),
};
static const struct kb_shape organization_shape = KB_SHAPE_OR_SCALAR(struct kb_organization, "organization",
                                                                     organization_keys, "name");

static const struct kb_key head_keys[] = {
    KB_KEY(struct kb_plan_head, id, KB_STR, .flags = KB_REQUIRED, .form = &kb_form_id,
           .gloss = {"計画の識別名", "id of the plan"}),
    KB_KEY(struct kb_plan_head, title, KB_TEXT, .flags = KB_REQUIRED, .gloss = {"計画の表題", "title of the plan"}),
    KB_KEY(struct kb_plan_head, organization, KB_OBJECT, .of = &organization_shape,
           .gloss = {"会社・組織", "the company"}),
    KB_KEY(struct kb_plan_head, version, KB_STR, .flags = KB_REQUIRED,
           .gloss = {"計画の版（例: \"1.3\"）", "version of the plan, such as \"1.3\""}),
    KB_KEY(struct kb_plan_head, language, KB_ENUM, .values = kb_lang_names, .flags = KB_HAS_DEFAULT, .def = KB_JA,
           .gloss = {"画面と報告書の言語", "language of output and reports"}),
    KB_KEY(struct kb_plan_head, timezone, KB_STR, .def_text = "Asia/Tokyo",
           .gloss = {"時刻の基準となるタイムゾーン", "time zone of all times, as Asia/Tokyo"}),
    KB_KEY(struct kb_plan_head, rto_from, KB_ENUM, .values = kb_rto_from_names, .flags = KB_HAS_DEFAULT,
           .def = KB_FROM_DISRUPTION,
           .gloss = {"目標復旧時間（RTO）の起点: 発生・検知・発動",
                     "when the RTO starts to count: disruption, detection or activation"}),
    KB_KEY(struct kb_plan_head, scope, KB_TEXT, .gloss = {"計画の対象範囲", "what the plan covers"}),
};
const struct kb_shape kb_plan_head_shape = KB_SHAPE(struct kb_plan_head, "plan", head_keys);

static const struct kb_key rlo_keys[] = {
    KB_KEY(struct kb_rlo, text, KB_TEXT_HERE, .flags = KB_REQUIRED,
           .gloss = {"どこまでできれば再開とみなすか", "what must be possible again"}),
    KB_KEY(struct kb_rlo, percent, KB_PERCENT, .min = 0, .max = 100,
           .gloss = {"通常時に対する割合", "share of normal operation"}),
};
static const struct kb_shape rlo_shape = KB_SHAPE_OR_SCALAR(struct kb_rlo, "rlo", rlo_keys, "text");

static const struct kb_key function_keys[] = {
    KB_KEY(struct kb_function, title, KB_TEXT, .gloss = {"業務の名前", "name of the business function"}),
    KB_KEY(struct kb_function, owner, KB_TEXT, .gloss = {"業務の責任者", "who answers for it"}),
    KB_KEY(struct kb_function, priority, KB_INT, .min = 1, .max = 999,
           .gloss = {"再開の優先順位（1が最優先）", "order of resumption, 1 is first"}),
    KB_KEY(struct kb_function, critical, KB_BOOL, .gloss = {"重要業務（中核事業）である", "a critical function"}),
    KB_KEY(struct kb_function, mtpd, KB_DURATION, KB_ANY_TIME,
           .gloss = {"最大許容停止時間（MTPD）", "maximum tolerable period of disruption (MTPD)"}),
    KB_KEY(struct kb_function, rto, KB_DURATION, KB_ANY_TIME,
           .gloss = {"目標復旧時間（RTO）", "recovery time objective (RTO)"}),
    KB_KEY(struct kb_function, rpo, KB_DURATION, KB_ANY_TIME,
           .gloss = {"目標復旧時点（RPO）: 許容できるデータの古さ",
                     "recovery point objective (RPO): how old the data may be"}),
    KB_KEY(struct kb_function, rlo, KB_OBJECT, .of = &rlo_shape,
           .gloss = {"目標復旧レベル（RLO）", "recovery level objective (RLO)"}),
    KB_KEY(struct kb_function, needs, KB_STRS, .ref = "systems", .gloss = {"必要なシステム", "systems it needs"}),
};
const struct kb_shape kb_plan_function_shape = KB_SHAPE(struct kb_function, "function", function_keys);

static const struct kb_key restore_to_keys[] = {
    KB_KEY(struct kb_restore_to, os, KB_STR, .gloss = {"本番機のOS", "operating system of the production machine"}),
    KB_KEY(struct kb_restore_to, fs, KB_STR, .form = &file_system,
           .gloss = {"本番機のファイルシステム", "its file system; names are judged against it"}),
    KB_KEY(struct kb_restore_to, write, KB_RATE, .min = 1, .max = INT64_C(1) << 50,
           .gloss = {"本番機への書き込み速度（例: 60MB/s）", "how fast it writes, as 60MB/s"}),
    KB_KEY(struct kb_restore_to, link, KB_RATE, .min = 1, .max = INT64_C(1) << 50,
           .gloss = {"本番機までの回線速度（例: 1Gbps）", "speed of the line to it, as 1Gbps"}),
};
static const struct kb_shape restore_to_shape = KB_SHAPE(struct kb_restore_to, "restore_to", restore_to_keys);

static const struct kb_key system_keys[] = {
    KB_KEY(struct kb_system, title, KB_TEXT, .gloss = {"システムの名前", "name of the system"}),
    KB_KEY(struct kb_system, kind, KB_STR,
           .gloss = {"種類（例: application・storage・network）", "what it is: application, storage, network …"}),
    KB_KEY(struct kb_system, on, KB_STR, .ref = "hosts", .gloss = {"載っている機器", "host it lives on"}),
    KB_KEY(struct kb_system, rto, KB_DURATION, KB_ANY_TIME,
           .gloss = {"システムの目標復旧時間（RTO）", "recovery time objective of the system"}),
    KB_KEY(struct kb_system, rpo, KB_DURATION, KB_ANY_TIME,
           .gloss = {"システムの目標復旧時点（RPO）", "recovery point objective of the system"}),
    KB_KEY(struct kb_system, depends_on, KB_STRS, .ref = "systems", .flags = KB_ACYCLIC,
           .gloss = {"先に復旧しておくべきシステム", "systems that must be back before it"}),
    KB_KEY(struct kb_system, backup_sets, KB_STRS, .ref = "backup_sets",
           .gloss = {"復元に使うバックアップ", "backup sets it is restored from"}),
    KB_KEY(struct kb_system, restore_to, KB_OBJECT, .of = &restore_to_shape,
           .gloss = {"本番の復元先", "the machine it would be restored to for real"}),
};
const struct kb_shape kb_plan_system_shape = KB_SHAPE(struct kb_system, "system", system_keys);

static const struct kb_key host_keys[] = {
    KB_KEY(struct kb_host, title, KB_TEXT, .gloss = {"機器の名前", "name of the machine"}),
    KB_KEY(struct kb_host, kind, KB_STR,
           .gloss = {"種類（例: server・nas・verification）", "what it is: server, nas, verification …"}),
    KB_KEY(struct kb_host, os, KB_STR, .gloss = {"OS", "operating system"}),
};
const struct kb_shape kb_plan_host_shape = KB_SHAPE(struct kb_host, "host", host_keys);
