/* SPDX-License-Identifier: Apache-2.0 */
/* The blocks of the plan; the loader, the schema and the messages work from these rows and those they name alone. */
#include "keys.h"

static const struct kb_form fingerprint = {
    "^SHA256:[0-9A-Za-z+/]{43}$",
    {"koboshi keygen が表示する SHA256: と43文字", "SHA256: and 43 characters, as koboshi keygen shows it"}};

static const struct kb_key evidence_keys[] = {
    KB_KEY(struct kb_evidence, key, KB_STR, .form = &fingerprint,
           .gloss = {"記録に署名する鍵の指紋（koboshi keygen が表示）", "fingerprint of the key that signs records"}),
};
static const struct kb_shape evidence_shape = KB_SHAPE(struct kb_evidence, "evidence", evidence_keys);

static const struct kb_key network_keys[] = {
    KB_KEY(struct kb_network, closed, KB_BOOL,
           .gloss = {"閉域網である（既定経路や名前解決の設定があれば指摘する）",
                     "a closed network; a default route or a resolver is a finding"}),
    KB_KEY(struct kb_network, directory, KB_TEXT,
           .gloss = {"ディレクトリサービス（AD など）。なければ none", "directory service such as AD; none"}),
    KB_KEY(
        struct kb_network, allow, KB_STRS,
        .gloss = {"使ってよいアドレス範囲（例: 192.0.2.0/24）", "address ranges that may be in use, as 192.0.2.0/24"}),
};
static const struct kb_shape network_shape = KB_SHAPE(struct kb_network, "network", network_keys);

static const struct kb_key plan_keys[] = {
    KB_KEY(struct kb_plan, koboshi, KB_INT, .flags = KB_REQUIRED, .min = 1, .max = INT32_MAX,
           .gloss = {"計画の書式の版（1）", "version of the plan format, 1"}),
    KB_KEY(struct kb_plan, plan, KB_INLINE, .flags = KB_REQUIRED, .of = &kb_plan_head_shape,
           .gloss = {"計画そのものについて", "about the plan itself"}),
    KB_KEY(struct kb_plan, calendar, KB_OBJECT, .of = &kb_plan_calendar_shape,
           .gloss = {"営業日・休日・締め日", "business days, holidays, closing days"}),
    KB_KEY(struct kb_plan, roles, KB_MAP, .of = &kb_plan_role_shape,
           .gloss = {"役割と担当者・代行者", "roles, who holds them, and who stands in"}),
    KB_KEY(struct kb_plan, external_contacts, KB_LIST, .of = &kb_plan_contact_shape,
           .gloss = {"社外の連絡先（保守会社・警察など）", "contacts outside the company"}),
    KB_KEY(struct kb_plan, activation, KB_OBJECT, .of = &kb_plan_activation_shape,
           .gloss = {"発動: 誰が、どうなったら、この計画を始めるか", "when the plan is started, and by whom"}),
    KB_KEY(struct kb_plan, deactivation, KB_OBJECT, .of = &kb_plan_deactivation_shape,
           .gloss = {"解除: 誰が、どうなったら、復旧を終えるか", "when recovery is over, and who says so"}),
    KB_KEY(struct kb_plan, communication, KB_LIST, .of = &kb_plan_notice_shape,
           .gloss = {"社内外への連絡（誰に、いつまでに、どうやって）", "who is told, by when and by which means"}),
    KB_KEY(struct kb_plan, functions, KB_MAP, .of = &kb_plan_function_shape, .gloss = {"業務", "business functions"}),
    KB_KEY(struct kb_plan, systems, KB_MAP, .of = &kb_plan_system_shape, .flags = KB_REQUIRED | KB_NONEMPTY,
           .gloss = {"情報システム", "IT systems"}),
    KB_KEY(struct kb_plan, hosts, KB_MAP, .of = &kb_plan_host_shape, .gloss = {"機器", "machines"}),
    KB_KEY(struct kb_plan, media, KB_MAP, .of = &kb_plan_medium_shape, .flags = KB_REQUIRED | KB_NONEMPTY,
           .gloss = {"バックアップ媒体", "media that hold the backups"}),
    KB_KEY(struct kb_plan, rotations, KB_MAP, .of = &kb_plan_rotation_shape,
           .gloss = {"交代で使うディスクの組", "disks that take turns"}),
    KB_KEY(struct kb_plan, keys, KB_MAP, .of = &kb_plan_secret_shape,
           .gloss = {"鍵・パスフレーズの保管（鍵そのものは書かない）",
                     "where keys and passphrases are kept; never what they are"}),
    KB_KEY(struct kb_plan, backup_sets, KB_MAP, .of = &kb_plan_set_shape, .flags = KB_REQUIRED | KB_NONEMPTY,
           .gloss = {"バックアップ", "what is backed up"}),
    KB_KEY(struct kb_plan, procedures, KB_MAP, .of = &kb_plan_procedure_shape,
           .gloss = {"復旧手順", "recovery procedures"}),
    KB_KEY(struct kb_plan, threats, KB_MAP, .of = &kb_plan_threat_shape, .gloss = {"想定する脅威", "threats"}),
    KB_KEY(struct kb_plan, drills, KB_MAP, .of = &kb_plan_drill_shape, .gloss = {"訓練", "drills"}),
    KB_KEY(struct kb_plan, evidence, KB_OBJECT, .of = &evidence_shape, .gloss = {"証跡", "evidence"}),
    KB_KEY(struct kb_plan, network, KB_OBJECT, .of = &network_shape,
           .gloss = {"検証機のネットワークがどうなっているべきか",
                     "what the network of the verification machine must be like"}),
    KB_KEY(struct kb_plan, blackout, KB_LIST, .of = &kb_plan_blackout_shape,
           .gloss = {"予定した訓練を始めない時間・期間", "when no scheduled drill begins"}),
    KB_KEY(struct kb_plan, policy, KB_OBJECT, .of = &kb_plan_policy_shape,
           .gloss = {"訓練・点検の間隔と記録の扱い",
                     "how often things are drilled and checked, and how records are kept"}),
    KB_KEY(struct kb_plan, improvements, KB_LIST, .of = &kb_plan_improvement_shape,
           .gloss = {"訓練・演習の指摘と改善", "what drills and exercises showed, and what is done about it"}),
    KB_KEY(struct kb_plan, waivers, KB_LIST, .of = &kb_plan_waiver_shape,
           .gloss = {"期限付きで適用しない規則（理由と承認者が必要）",
                     "rules that do not apply for a while, with reason and approval"}),
};
const struct kb_shape kb_plan_shape = KB_SHAPE(struct kb_plan, "koboshi-plan", plan_keys);
