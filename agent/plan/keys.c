/* SPDX-License-Identifier: Apache-2.0 */
/* Every key of the plan, once: the loader, the schema and the messages work from these rows alone. */
#include "koboshi/plan.h"

#define YEAR     INT64_C(31536000)
#define ANY_TIME .min = 0, .max = 100 * YEAR

static const char *const amounts[] = {"full", "none", NULL};
static const char *const choices[] = {"newest", "oldest", NULL};
static const char *const pers[] = {"once", "host", NULL};

static const struct kb_form file_system = {
    "^(ext4|xfs|btrfs|ntfs|exfat)$",
    {"ext4・xfs・btrfs・ntfs・exfat のどれか", "one of ext4, xfs, btrfs, ntfs, exfat"}};
static const struct kb_form fs_uuid = {
    "^[0-9A-Fa-f-]{4,36}$",
    {"blkid が表示する UUID（16進数字とハイフン）", "the UUID that blkid shows (hexadecimal digits and hyphens)"}};
static const struct kb_form fingerprint = {
    "^SHA256:[0-9A-Za-z+/]{43}$",
    {"koboshi keygen が表示する SHA256: と43文字", "SHA256: and 43 characters, as koboshi keygen shows it"}};

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
static const struct kb_shape head_shape = KB_SHAPE(struct kb_plan_head, "plan", head_keys);

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
    KB_KEY(struct kb_function, mtpd, KB_DURATION, ANY_TIME,
           .gloss = {"最大許容停止時間（MTPD）", "maximum tolerable period of disruption (MTPD)"}),
    KB_KEY(struct kb_function, rto, KB_DURATION, ANY_TIME,
           .gloss = {"目標復旧時間（RTO）", "recovery time objective (RTO)"}),
    KB_KEY(struct kb_function, rpo, KB_DURATION, ANY_TIME,
           .gloss = {"目標復旧時点（RPO）: 許容できるデータの古さ",
                     "recovery point objective (RPO): how old the data may be"}),
    KB_KEY(struct kb_function, rlo, KB_OBJECT, .of = &rlo_shape,
           .gloss = {"目標復旧レベル（RLO）", "recovery level objective (RLO)"}),
    KB_KEY(struct kb_function, needs, KB_STRS, .ref = "systems", .gloss = {"必要なシステム", "systems it needs"}),
};
static const struct kb_shape function_shape = KB_SHAPE(struct kb_function, "function", function_keys);

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
    KB_KEY(struct kb_system, rto, KB_DURATION, ANY_TIME,
           .gloss = {"システムの目標復旧時間（RTO）", "recovery time objective of the system"}),
    KB_KEY(struct kb_system, rpo, KB_DURATION, ANY_TIME,
           .gloss = {"システムの目標復旧時点（RPO）", "recovery point objective of the system"}),
    KB_KEY(struct kb_system, depends_on, KB_STRS, .ref = "systems", .flags = KB_ACYCLIC,
           .gloss = {"先に復旧しておくべきシステム", "systems that must be back before it"}),
    KB_KEY(struct kb_system, backup_sets, KB_STRS, .ref = "backup_sets",
           .gloss = {"復元に使うバックアップ", "backup sets it is restored from"}),
    KB_KEY(struct kb_system, restore_to, KB_OBJECT, .of = &restore_to_shape,
           .gloss = {"本番の復元先", "the machine it would be restored to for real"}),
};
static const struct kb_shape system_shape = KB_SHAPE(struct kb_system, "system", system_keys);

static const struct kb_key host_keys[] = {
    KB_KEY(struct kb_host, title, KB_TEXT, .gloss = {"機器の名前", "name of the machine"}),
    KB_KEY(struct kb_host, kind, KB_STR,
           .gloss = {"種類（例: server・nas・verification）", "what it is: server, nas, verification …"}),
    KB_KEY(struct kb_host, os, KB_STR, .gloss = {"OS", "operating system"}),
};
static const struct kb_shape host_shape = KB_SHAPE(struct kb_host, "host", host_keys);

static const struct kb_key medium_keys[] = {
    KB_KEY(struct kb_medium, title, KB_TEXT, .gloss = {"媒体の名前", "name of the medium"}),
    KB_KEY(struct kb_medium, kind, KB_ENUM, .values = kb_medium_kind_names, .flags = KB_REQUIRED,
           .gloss = {"媒体の種類: hdd（外付けHDD）・folder（フォルダ）", "hdd (external disk) or folder"}),
    KB_KEY(struct kb_medium, label, KB_STR, .gloss = {"ディスクに貼ったラベル", "label on the disk"}),
    KB_KEY(struct kb_medium, fs_uuid, KB_STR, .form = &fs_uuid,
           .gloss = {"ファイルシステムのUUID（blkid で確認）", "UUID of its file system, as blkid shows it"}),
    KB_KEY(struct kb_medium, serial, KB_STR, .gloss = {"ディスクのシリアル番号", "serial number of the disk"}),
    KB_KEY(struct kb_medium, mount, KB_STR,
           .gloss = {"フォルダの場所（絶対パスか計画ファイルからの相対パス）",
                     "folder: absolute, or relative to the plan file"}),
    KB_KEY(struct kb_medium, on, KB_STR, .ref = "hosts", .gloss = {"つながっている機器", "host it is attached to"}),
    KB_KEY(struct kb_medium, home, KB_TEXT, .gloss = {"普段の保管場所", "where it is kept"}),
    KB_KEY(struct kb_medium, retrieval, KB_DURATION, ANY_TIME,
           .gloss = {"取りに行って接続するまでの時間", "time to fetch and attach it"}),
};
static const struct kb_shape medium_shape = KB_SHAPE(struct kb_medium, "medium", medium_keys);

static const struct kb_key copy_keys[] = {
    KB_KEY(struct kb_copy, medium, KB_STR, .flags = KB_REQUIRED, .ref = "media",
           .gloss = {"保存先の媒体", "medium it lies on"}),
    KB_KEY(struct kb_copy, path, KB_STR, .flags = KB_REQUIRED,
           .gloss = {"媒体内の場所。%Y%m%d・%H%M%S と * ? が使えます",
                     "where on the medium; may hold %Y%m%d, %H%M%S, * and ?"}),
    KB_KEY(struct kb_copy, manifest, KB_STR,
           .gloss = {"ハッシュ一覧の場所（path と同じ日付部分が使えます）",
                     "its SHA-256 manifest; same date parts as path"}),
};
static const struct kb_shape copy_shape = KB_SHAPE(struct kb_copy, "copy", copy_keys);

static const struct kb_key expect_keys[] = {
    KB_KEY(struct kb_expect, min_files, KB_INT, .min = 0, .max = 1000000000,
           .gloss = {"最低限のファイル数", "files at the least"}),
    KB_KEY(struct kb_expect, min_bytes, KB_SIZE, .min = 0, .max = INT64_MAX,
           .gloss = {"最低限のデータ量", "bytes at the least"}),
};
static const struct kb_shape expect_shape = KB_SHAPE(struct kb_expect, "expect", expect_keys);

static const struct kb_key set_keys[] = {
    KB_KEY(struct kb_set, title, KB_TEXT, .gloss = {"バックアップの名前", "name of the backup"}),
    KB_KEY(struct kb_set, important, KB_BOOL, .gloss = {"重要なデータである", "important data"}),
    KB_KEY(struct kb_set, format, KB_ENUM, .values = kb_format_names, .flags = KB_REQUIRED,
           .gloss = {"形式: archive（tar・zip など）・tree（フォルダの写し）・file（1ファイル）",
                     "archive (tar, zip …), tree (a folder) or file (one file)"}),
    KB_KEY(struct kb_set, unpack, KB_BOOL,
           .gloss = {"file: 圧縮を1段だけ解く", "file: remove one layer of compression"}),
    KB_KEY(struct kb_set, as, KB_STR, .gloss = {"file: 復元後のファイル名", "file: name of the restored file"}),
    KB_KEY(struct kb_set, recovery, KB_STR, .ref = "procedures",
           .gloss = {"復旧手順（なければ復元のみ）", "procedure; without one it is restored, nothing more"}),
    KB_KEY(struct kb_set, copies, KB_LIST, .of = &copy_shape, .flags = KB_REQUIRED | KB_NONEMPTY,
           .gloss = {"保存先（使う順）", "its copies, in order of preference"}),
    KB_KEY(struct kb_set, expect, KB_OBJECT, .of = &expect_shape,
           .gloss = {"最低限あるべき量", "what must be there at the least"}),
    KB_KEY(struct kb_set, name_encoding, KB_ENUM, .values = kb_name_encoding_names, .flags = KB_HAS_DEFAULT,
           .def = KB_NAMES_AUTO,
           .gloss = {"アーカイブ内のファイル名の文字コード", "encoding of the names in the archive"}),
};
static const struct kb_shape set_shape = KB_SHAPE(struct kb_set, "backup_set", set_keys);

static const struct kb_key step_keys[] = {
    KB_KEY(struct kb_step, id, KB_STR, .flags = KB_REQUIRED, .form = &kb_form_id,
           .gloss = {"工程の識別名", "id of the step"}),
    KB_KEY_AS(struct kb_step, act, "do", KB_ENUM, .values = kb_step_do_names, .flags = KB_REQUIRED,
              .gloss = {"すること: "
                        "manual（手作業）・wait_"
                        "medium（媒体待ち）・decision（判断）・verify（検証）・restore（復元）・probe（確認）",
                        "manual, wait_medium, decision, verify, restore or probe"}),
    KB_KEY(struct kb_step, role, KB_STR, .gloss = {"担当", "who does it"}),
    KB_KEY(struct kb_step, expect, KB_DURATION, ANY_TIME,
           .gloss = {"計画上の所要時間", "how long it is declared to take"}),
    KB_KEY(struct kb_step, text, KB_TEXT_HERE, .gloss = {"作業の説明", "what to do, in words"}),
    KB_KEY(struct kb_step, threats, KB_STRS, .ref = "threats",
           .gloss = {"この想定のときだけ行う", "only when one of these threats is assumed"}),
    KB_KEY(struct kb_step, media, KB_STRS, .ref = "media", .gloss = {"待つ媒体", "media that are waited for"}),
    KB_KEY(struct kb_step, probes, KB_LIST, .of = &kb_probe_shape,
           .gloss = {"復元したものが使えるかの確認", "checks that what was restored is usable"}),
    KB_KEY(struct kb_step, done, KB_TEXT, .gloss = {"完了の証拠（例: 確認者の署名）", "what shows that it is done"}),
};
static const struct kb_shape step_shape = KB_SHAPE(struct kb_step, "step", step_keys);

static const struct kb_key procedure_keys[] = {
    KB_KEY(struct kb_procedure, title, KB_TEXT, .gloss = {"手順の名前", "name of the procedure"}),
    KB_KEY(struct kb_procedure, steps, KB_LIST, .of = &step_shape, .flags = KB_REQUIRED | KB_NONEMPTY,
           .gloss = {"工程", "its steps in order"}),
};
static const struct kb_shape procedure_shape = KB_SHAPE(struct kb_procedure, "procedure", procedure_keys);

static const struct kb_key add_keys[] = {
    KB_KEY(struct kb_add, step, KB_TEXT, .flags = KB_REQUIRED,
           .gloss = {"この想定で増える作業", "work that this threat adds"}),
    KB_KEY(struct kb_add, takes, KB_DURATION, .flags = KB_REQUIRED, ANY_TIME,
           .gloss = {"かかる時間", "how long it takes"}),
    KB_KEY(struct kb_add, per, KB_ENUM, .values = pers, .flags = KB_HAS_DEFAULT, .def = KB_PER_ONCE,
           .gloss = {"1回だけか、機器ごとか", "once, or for each host"}),
    KB_KEY(struct kb_add, role, KB_STR, .gloss = {"担当", "who does it"}),
};
static const struct kb_shape add_shape = KB_SHAPE(struct kb_add, "add", add_keys);

static const struct kb_key threat_keys[] = {
    KB_KEY(struct kb_threat, title, KB_TEXT, .gloss = {"想定する脅威の名前", "name of the threat"}),
    KB_KEY(struct kb_threat, detect, KB_DURATION, ANY_TIME,
           .gloss = {"発生から気づくまでの時間", "time until it is noticed"}),
    KB_KEY(struct kb_threat, adds, KB_LIST, .of = &add_shape, .gloss = {"この想定で増える作業", "work that it adds"}),
};
static const struct kb_shape threat_shape = KB_SHAPE(struct kb_threat, "threat", threat_keys);

static const struct kb_key drill_keys[] = {
    KB_KEY(struct kb_drill, title, KB_TEXT, .gloss = {"訓練の名前", "name of the drill"}),
    KB_KEY(struct kb_drill, threat, KB_STR, .ref = "threats", .gloss = {"想定する脅威", "threat that is assumed"}),
    KB_KEY(struct kb_drill, systems, KB_STRS, .ref = "systems", .flags = KB_REQUIRED | KB_NONEMPTY,
           .gloss = {"対象のシステム", "systems that are drilled"}),
    KB_KEY(struct kb_drill, media, KB_STRS, .ref = "media",
           .gloss = {"使う媒体（なければすべて）", "only these media are used; without it, all"}),
    KB_KEY(struct kb_drill, restore, KB_ENUM, .values = amounts, .flags = KB_HAS_DEFAULT, .def = KB_RESTORE_FULL,
           .gloss = {"復元する量: full（全部）・none（検証のみ）", "full, or none (verify only)"}),
    KB_KEY(struct kb_drill, generation, KB_ENUM, .values = choices, .flags = KB_HAS_DEFAULT,
           .def = KB_GENERATION_NEWEST,
           .gloss = {"使う世代: newest（最新）・oldest（最古）", "newest or oldest generation"}),
    KB_KEY(struct kb_drill, max_duration, KB_DURATION, .flags = KB_HAS_DEFAULT, .def = 4 * 3600, .min = 1,
           .max = 30 * 86400, .gloss = {"1つの検査を打ち切るまでの時間", "one unit of work is stopped after this"}),
};
static const struct kb_shape drill_shape = KB_SHAPE(struct kb_drill, "drill", drill_keys);

static const struct kb_key evidence_keys[] = {
    KB_KEY(struct kb_evidence, key, KB_STR, .form = &fingerprint,
           .gloss = {"記録に署名する鍵の指紋（koboshi keygen が表示）", "fingerprint of the key that signs records"}),
};
static const struct kb_shape evidence_shape = KB_SHAPE(struct kb_evidence, "evidence", evidence_keys);

static const struct kb_key plan_keys[] = {
    KB_KEY(struct kb_plan, koboshi, KB_INT, .flags = KB_REQUIRED, .min = 1, .max = INT32_MAX,
           .gloss = {"計画の書式の版（1）", "version of the plan format, 1"}),
    KB_KEY(struct kb_plan, plan, KB_INLINE, .flags = KB_REQUIRED, .of = &head_shape,
           .gloss = {"計画そのものについて", "about the plan itself"}),
    KB_KEY(struct kb_plan, functions, KB_MAP, .of = &function_shape, .gloss = {"業務", "business functions"}),
    KB_KEY(struct kb_plan, systems, KB_MAP, .of = &system_shape, .flags = KB_REQUIRED | KB_NONEMPTY,
           .gloss = {"情報システム", "IT systems"}),
    KB_KEY(struct kb_plan, hosts, KB_MAP, .of = &host_shape, .gloss = {"機器", "machines"}),
    KB_KEY(struct kb_plan, media, KB_MAP, .of = &medium_shape, .flags = KB_REQUIRED | KB_NONEMPTY,
           .gloss = {"バックアップ媒体", "media that hold the backups"}),
    KB_KEY(struct kb_plan, backup_sets, KB_MAP, .of = &set_shape, .flags = KB_REQUIRED | KB_NONEMPTY,
           .gloss = {"バックアップ", "what is backed up"}),
    KB_KEY(struct kb_plan, procedures, KB_MAP, .of = &procedure_shape, .gloss = {"復旧手順", "recovery procedures"}),
    KB_KEY(struct kb_plan, threats, KB_MAP, .of = &threat_shape, .gloss = {"想定する脅威", "threats"}),
    KB_KEY(struct kb_plan, drills, KB_MAP, .of = &drill_shape, .gloss = {"訓練", "drills"}),
    KB_KEY(struct kb_plan, evidence, KB_OBJECT, .of = &evidence_shape, .gloss = {"証跡", "evidence"}),
};
const struct kb_shape kb_plan_shape = KB_SHAPE(struct kb_plan, "koboshi-plan", plan_keys);
