/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of people: roles, contacts, who starts and ends the plan, and who is told. */
#include "keys.h"

const char *const kb_contact_kind_names[] = {"vendor", "police",  "ipa",      "ppc",     "authority", "insurer",
                                             "expert", "partner", "customer", "telecom", "other",     NULL};
const char *const kb_covers_names[] = {"isolate",  "detach_backup", "preserve_evidence", "malware_check",  "accept",
                                       "failback", "reentry",       "ppc_report",        "partner_notice", NULL};

const struct kb_form kb_form_hours = {"^(always|" KB_HOURS_PATTERN ")$",
                                      {"曜日と時刻（例: \"mon-fri 08:30-17:30, sat 09:00-12:00\"）か always",
                                       "days and hours such as \"mon-fri 08:30-17:30, sat 09:00-12:00\", or always"}};

#define ROLE(T, field, ja_, en_) KB_KEY(T, field, KB_STR, .ref = "roles", .flags = KB_REF_OR_NAME, .gloss = {ja_, en_})
#define COVERS(T)                                                                                                                       \
    KB_KEY(                                                                                                                             \
        T, covers, KB_STRS, .values = kb_covers_names,                                                                                  \
        .gloss = {"これで済む対応: "                                                                                             \
                  "isolate（切り離し）・detach_backup（バックアップを外す）・preserve_evidence（証拠保全）・" \
                  "ppc_report（個人情報保護委員会への報告）・partner_notice（取引先への連絡）など",                                     \
                  "what it takes care of: isolate, detach_backup, preserve_evidence, ppc_report, partner_notice …"})

static const struct kb_key person_keys[] = {
    KB_KEY(struct kb_person, who, KB_TEXT, .flags = KB_REQUIRED, .gloss = {"氏名・職名", "name or post"}),
    KB_KEY(struct kb_person, phone, KB_STR,
           .gloss = {"電話番号（メールが止まっても通じるもの。引用符で囲む）",
                     "telephone that works when mail does not; in quotes"}),
    KB_KEY(struct kb_person, mail, KB_STR, .gloss = {"メールアドレス", "mail address"}),
};
static const struct kb_shape person_shape = KB_SHAPE_OR_SCALAR(struct kb_person, "person", person_keys, "who");

static const struct kb_key role_keys[] = {
    KB_KEY(struct kb_role, title, KB_TEXT, .gloss = {"役割の名前（例: 復旧責任者）", "name of the role"}),
    KB_KEY(struct kb_role, primary, KB_OBJECT, .of = &person_shape, .gloss = {"担当者", "who holds it"}),
    KB_KEY(struct kb_role, deputy, KB_OBJECT, .of = &person_shape,
           .gloss = {"代行者（担当者と連絡がつかないとき）", "who acts when that person cannot be reached"}),
    KB_KEY(struct kb_role, available, KB_STR, .form = &kb_form_hours,
           .gloss = {"連絡がつく曜日・時刻（例: \"mon-sat 08:00-20:00\"）",
                     "when they can be reached, as \"mon-sat 08:00-20:00\""}),
    KB_KEY(struct kb_role, verified_on, KB_DATE,
           .gloss = {"連絡先が正しいことを最後に確かめた日", "date on which the numbers were last tried"}),
};
const struct kb_shape kb_plan_role_shape = KB_SHAPE(struct kb_role, "role", role_keys);

static const struct kb_key contact_keys[] = {
    KB_KEY(struct kb_contact, id, KB_STR, .flags = KB_REQUIRED, .form = &kb_form_id,
           .gloss = {"連絡先の識別名", "id of the contact"}),
    KB_KEY(
        struct kb_contact, kind, KB_ENUM, .values = kb_contact_kind_names, .flags = KB_REQUIRED,
        .gloss =
            {"種類: vendor（保守会社）・police（警察）・ipa・ppc（個人情報保護委員会）・authority（その他の官公庁）・"
             "insurer（保険会社）・expert（専門家）・partner（取引先）・customer（顧客）・telecom（通信会社）・other",
             "vendor, police, ipa, ppc (privacy commission), authority, insurer, expert, partner, customer, "
             "telecom or other"}),
    KB_KEY(struct kb_contact, name, KB_TEXT, .flags = KB_REQUIRED, .gloss = {"名称", "name"}),
    KB_KEY(struct kb_contact, phone, KB_STR, .gloss = {"電話番号（引用符で囲む）", "telephone, in quotes"}),
    KB_KEY(struct kb_contact, mail, KB_STR, .gloss = {"メールアドレス", "mail address"}),
    KB_KEY(struct kb_contact, hours, KB_STR, .form = &kb_form_hours,
           .gloss = {"受付時間（例: \"mon-fri 09:00-18:00\"）", "when they answer, as \"mon-fri 09:00-18:00\""}),
    KB_KEY(struct kb_contact, response, KB_DURATION, KB_ANY_TIME,
           .gloss = {"連絡してから対応が始まるまでの時間", "how long until they act"}),
    KB_KEY(struct kb_contact, contract, KB_STR, .gloss = {"契約番号・顧客番号", "number of the contract"}),
    KB_KEY(struct kb_contact, verified_on, KB_DATE,
           .gloss = {"連絡先が正しいことを最後に確かめた日", "date on which the number was last tried"}),
};
const struct kb_shape kb_plan_contact_shape = KB_SHAPE(struct kb_contact, "external_contact", contact_keys);

static const struct kb_key criterion_keys[] = {
    KB_KEY(struct kb_criterion, id, KB_STR, .form = &kb_form_id, .gloss = {"基準の識別名", "id of the criterion"}),
    KB_KEY(struct kb_criterion, text, KB_TEXT_HERE, .flags = KB_REQUIRED, .gloss = {"基準の内容", "the criterion"}),
};
static const struct kb_shape criterion_shape = KB_SHAPE_OR_SCALAR(struct kb_criterion, "criterion", criterion_keys,
                                                                  "text");

static const struct kb_key first_action_keys[] = {
    KB_KEY(struct kb_first_action, text, KB_TEXT_HERE, .flags = KB_REQUIRED, .gloss = {"すること", "what to do"}),
    ROLE(struct kb_first_action, role, "担当（役割の識別名か名前）", "who does it: a role's id, or a name"),
    COVERS(struct kb_first_action),
};
static const struct kb_shape first_action_shape = KB_SHAPE_OR_SCALAR(struct kb_first_action, "first_action",
                                                                     first_action_keys, "text");

static const struct kb_key activation_keys[] = {
    KB_KEY(struct kb_activation, criteria, KB_LIST, .of = &criterion_shape,
           .gloss = {"発動基準: どうなったらこの計画を始めるか", "what must have happened for the plan to be started"}),
    ROLE(struct kb_activation, authority, "発動を決める人（役割の識別名か名前）",
         "who decides it: a role's id, or a name"),
    KB_KEY(struct kb_activation, decision_limit, KB_DURATION, KB_ANY_TIME,
           .gloss = {"発動を判断するまでの制限時間（RTOに含まれる）",
                     "how long the decision may take; counts against the RTO"}),
    KB_KEY(struct kb_activation, first_actions, KB_LIST, .of = &first_action_shape,
           .gloss = {"初動: 気づいたらすぐ行うこと", "what is done at once, before anything is decided"}),
};
const struct kb_shape kb_plan_activation_shape = KB_SHAPE(struct kb_activation, "activation", activation_keys);

static const struct kb_key deactivation_keys[] = {
    KB_KEY(struct kb_deactivation, criteria, KB_LIST, .of = &criterion_shape,
           .gloss = {"解除基準: どうなったら復旧を終えるか", "what must hold for recovery to be over"}),
    ROLE(struct kb_deactivation, authority, "解除を決める人（役割の識別名か名前）",
         "who decides it: a role's id, or a name"),
};
const struct kb_shape kb_plan_deactivation_shape = KB_SHAPE(struct kb_deactivation, "deactivation", deactivation_keys);

static const struct kb_key notice_keys[] = {
    KB_KEY(struct kb_notice, to, KB_TEXT, .flags = KB_REQUIRED, .gloss = {"連絡する相手", "who is told"}),
    KB_KEY(struct kb_notice, contact, KB_STR, .ref = "external_contacts",
           .gloss = {"相手の連絡先（external_contacts の識別名）", "their entry in external_contacts"}),
    ROLE(struct kb_notice, role, "連絡する人（役割の識別名か名前）", "who tells them: a role's id, or a name"),
    KB_KEY(struct kb_notice, within, KB_DURATION, KB_ANY_TIME,
           .gloss = {"発動からいつまでに", "how soon after activation"}),
    KB_KEY(struct kb_notice, how, KB_TEXT, .gloss = {"手段（例: 電話、後日書面）", "by which means"}),
    KB_KEY_AS(struct kb_notice, sample, "template", KB_TEXT, .gloss = {"文例の場所", "where its wording is kept"}),
    COVERS(struct kb_notice),
};
const struct kb_shape kb_plan_notice_shape = KB_SHAPE(struct kb_notice, "notice", notice_keys);
