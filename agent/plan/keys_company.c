/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of functions, systems and hosts. */
#include "keys.h"

static const struct kb_form file_system = {
    "^(ext4|xfs|btrfs|ntfs|exfat)$",
    {"ext4・xfs・btrfs・ntfs・exfat のどれか", "one of ext4, xfs, btrfs, ntfs, exfat"}};

static const struct kb_key rlo_keys[] = {
    KB_KEY(struct kb_rlo, text, KB_TEXT_HERE, .flags = KB_REQUIRED,
           .gloss = {"どこまでできれば再開とみなすか", "what must be possible again"}),
    KB_KEY(struct kb_rlo, percent, KB_PERCENT, .min = 0, .max = 100,
           .gloss = {"通常時に対する割合", "share of normal operation"}),
};
static const struct kb_shape rlo_shape = KB_SHAPE_OR_SCALAR(struct kb_rlo, "rlo", rlo_keys, "text");

static const char *const impact_levels[] = {"small", "medium", "large", NULL};
static const struct kb_key impact_keys[] = {
    KB_KEY(struct kb_impact, after, KB_DURATION, .flags = KB_REQUIRED, KB_ANY_TIME,
           .gloss = {"止まってからの時間", "time since it stopped"}),
    KB_KEY(
        struct kb_impact, level, KB_ENUM, .values = impact_levels, .flags = KB_REQUIRED,
        .gloss = {"影響の大きさ: small（小）・medium（中）・large（大）", "how much it hurts: small, medium or large"}),
    KB_KEY(struct kb_impact, why, KB_TEXT, .gloss = {"どのような影響か（例: 配送契約違反）", "in which way"}),
};
static const struct kb_shape impact_shape = KB_SHAPE(struct kb_impact, "impact", impact_keys);

static const struct kb_key alternate_keys[] = {
    KB_KEY(
        struct kb_alternate, text, KB_TEXT_HERE, .flags = KB_REQUIRED,
        .gloss = {"システムなしで仕事を続ける方法（例: 紙の受注票と電話）", "how the work goes on without the system"}),
    KB_KEY(struct kb_alternate, kit, KB_TEXT, .gloss = {"そのために用意しておくもの", "what must lie ready for it"}),
    KB_KEY(struct kb_alternate, lasts, KB_DURATION, KB_ANY_TIME,
           .gloss = {"その方法で続けられる時間", "for how long that works"}),
};
static const struct kb_shape alternate_shape = KB_SHAPE_OR_SCALAR(struct kb_alternate, "alternate", alternate_keys,
                                                                  "text");

static const struct kb_key reentry_keys[] = {
    KB_KEY(struct kb_reentry, text, KB_TEXT_HERE, .gloss = {"後から入力する方法", "how it is entered"}),
    KB_KEY(struct kb_reentry, per_lost_day, KB_DURATION, KB_ANY_TIME,
           .gloss = {"失われた1日分を後から入力し直すのにかかる時間", "work to enter one lost day again"}),
};
static const struct kb_shape reentry_shape = KB_SHAPE(struct kb_reentry, "reentry", reentry_keys);

static const struct kb_key function_keys[] = {
    KB_KEY(struct kb_function, title, KB_TEXT, .gloss = {"業務の名前", "name of the business function"}),
    KB_KEY(struct kb_function, owner, KB_TEXT, .ref = "roles", .flags = KB_REF_OR_NAME,
           .gloss = {"業務の責任者（役割の識別名か名前）", "who answers for it: a role's id, or a name"}),
    KB_KEY(struct kb_function, priority, KB_INT, .min = 1, .max = 999,
           .gloss = {"再開の優先順位（1が最優先）", "order of resumption, 1 is first"}),
    KB_KEY(struct kb_function, critical, KB_BOOL,
           .gloss = {"重要業務である（止まると会社の存続に関わる）", "a critical function: the company depends on it"}),
    KB_KEY(struct kb_function, impact, KB_LIST, .of = &impact_shape,
           .gloss = {"止まった時間ごとの影響", "what it costs to be without it, by time"}),
    KB_KEY(
        struct kb_function, mtpd, KB_DURATION, KB_ANY_TIME,
        .gloss = {"最大許容停止時間（MTPD）: この時間を超えて止まると会社が立ち行かなくなる",
                  "maximum tolerable period of disruption (MTPD): stopped for longer, the company does not survive"}),
    KB_KEY(struct kb_function, rto, KB_DURATION, KB_ANY_TIME,
           .gloss = {"目標復旧時間（RTO）: 止まってからこの時間までに再開する（MTPDより短く）",
                     "recovery time objective (RTO): it is to be back within this time; less than the MTPD"}),
    KB_KEY(struct kb_function, rpo, KB_DURATION, KB_ANY_TIME,
           .gloss = {"目標復旧時点（RPO）: 失ってもよいデータの量。24h なら前日分まで戻れればよい",
                     "recovery point objective (RPO): how much work may be lost; 24h: back to yesterday will do"}),
    KB_KEY(struct kb_function, rlo, KB_OBJECT, .of = &rlo_shape,
           .gloss = {"目標復旧レベル（RLO）: まずどこまでできれば再開とみなすか",
                     "recovery level objective (RLO): what must be possible to call it resumed"}),
    KB_KEY(struct kb_function, needs, KB_STRS, .ref = "systems", .gloss = {"必要なシステム", "systems it needs"}),
    KB_KEY(struct kb_function, alternate, KB_OBJECT, .of = &alternate_shape,
           .gloss = {"代替手段: 復旧まで手作業で続ける方法", "how the work goes on by hand until then"}),
    KB_KEY(struct kb_function, reentry, KB_OBJECT, .of = &reentry_shape,
           .gloss = {"手作業の間の分を後から入力する作業", "work of entering afterwards what was done by hand"}),
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

static const struct kb_key spare_keys[] = {
    KB_KEY(struct kb_spare, what, KB_TEXT, .gloss = {"代わりに使う機器", "the machine that takes over"}),
    KB_KEY(struct kb_spare, ready_in, KB_DURATION, KB_ANY_TIME,
           .gloss = {"使えるようになるまでの時間（新たに買うなら納期）",
                     "time until it can be used; if bought, its delivery"}),
};
static const struct kb_shape spare_shape = KB_SHAPE_OR_SCALAR(struct kb_spare, "spare", spare_keys, "what");

static const char *const rebuild_places[] = {"paper", "offline", "set", "system", "vendor", "none", NULL};
#define NEEDED(field, ja_, en_)                                                                                                                               \
    KB_KEY(struct kb_rebuild, field, KB_STR, .values = rebuild_places,                                                                                        \
           .gloss = {                                                                                                                                         \
               ja_                                                                                                                                            \
               "がある場所: paper（紙）・offline（切り離した媒体）・set（バックアップの中）・system（システムの中）・" \
               "vendor（保守会社）・none（ない）",                                                                                                            \
               "where " en_ ": paper, offline, set (in the backup), system, vendor or none"})
static const struct kb_key rebuild_keys[] = {
    NEEDED(config, "設定の控え", "its settings are written down"),
    NEEDED(installer, "インストーラ", "the installer is"),
    NEEDED(licence, "ライセンス", "the licence is"),
};
static const struct kb_shape rebuild_shape = KB_SHAPE(struct kb_rebuild, "rebuild", rebuild_keys);

static const struct kb_key system_keys[] = {
    KB_KEY(struct kb_system, title, KB_TEXT, .gloss = {"システムの名前", "name of the system"}),
    KB_KEY(struct kb_system, kind, KB_STR,
           .gloss = {"種類（例: application・storage・network）", "what it is: application, storage, network …"}),
    KB_KEY(struct kb_system, on, KB_STR, .ref = "hosts", .gloss = {"載っている機器", "host it lives on"}),
    KB_KEY(struct kb_system, vendor, KB_TEXT, .ref = "external_contacts", .flags = KB_REF_OR_NAME,
           .gloss = {"保守会社（external_contacts の識別名か名前）",
                     "who maintains it: an id in external_contacts, or a name"}),
    KB_KEY(struct kb_system, provider_hosted, KB_ANSWER,
           .gloss = {"クラウドなど事業者の設備で動いている", "runs at a provider, as cloud services do"}),
    KB_KEY(struct kb_system, personal_data, KB_ANSWER,
           .gloss = {"個人情報が入っている（漏えい・滅失時に報告が必要になりうる）",
                     "holds personal data, whose leak or loss may have to be reported"}),
    KB_KEY(struct kb_system, rto, KB_DURATION, KB_ANY_TIME,
           .gloss = {"目標復旧時間（RTO）: このシステムをこの時間までに復旧する（使う業務のRTOより短く）",
                     "recovery time objective (RTO) of the system; less than that of the functions that need it"}),
    KB_KEY(struct kb_system, rpo, KB_DURATION, KB_ANY_TIME,
           .gloss = {"目標復旧時点（RPO）: 失ってもよいデータの量（時間で書く）",
                     "recovery point objective (RPO) of the system: how much work may be lost, as a time"}),
    KB_KEY(struct kb_system, depends_on, KB_STRS, .ref = "systems", .flags = KB_ACYCLIC,
           .gloss = {"先に復旧しておくべきシステム", "systems that must be back before it"}),
    KB_KEY(struct kb_system, backup_sets, KB_STRS, .ref = "backup_sets",
           .gloss = {"復元に使うバックアップ", "backup sets it is restored from"}),
    KB_KEY(struct kb_system, spare, KB_OBJECT, .of = &spare_shape, .gloss = {"予備機・代替機", "what takes its place"}),
    KB_KEY(struct kb_system, rebuild, KB_OBJECT, .of = &rebuild_shape,
           .gloss = {"データ以外に作り直しに必要なもの", "what is needed beside the data to build it anew"}),
    KB_KEY(struct kb_system, restore_to, KB_OBJECT, .of = &restore_to_shape,
           .gloss = {"本番の復元先", "the machine it would be restored to for real"}),
};
const struct kb_shape kb_plan_system_shape = KB_SHAPE(struct kb_system, "system", system_keys);

static const struct kb_key host_keys[] = {
    KB_KEY(struct kb_host, title, KB_TEXT, .gloss = {"機器の名前", "name of the machine"}),
    KB_KEY(struct kb_host, kind, KB_STR,
           .gloss = {"種類（例: server・nas。verification は koboshi を動かす検証機）",
                     "what it is: server, nas …; verification is the machine that runs koboshi"}),
    KB_KEY(struct kb_host, os, KB_STR, .gloss = {"OS", "operating system"}),
};
const struct kb_shape kb_plan_host_shape = KB_SHAPE(struct kb_host, "host", host_keys);
