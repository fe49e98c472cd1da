/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of the plan as a paper: title, version, scope, where its copies are, who approved it, what changed. */
#include "keys.h"

const char *const kb_plan_status_names[] = {"draft", "in_review", "approved", "retired", NULL};

static const struct kb_key organization_keys[] = {
    KB_KEY(struct kb_organization, name, KB_TEXT, .flags = KB_REQUIRED,
           .gloss = {"会社・組織の名前", "name of the company"}),
    KB_KEY(struct kb_organization, industry, KB_TEXT, .gloss = {"業種", "line of business"}),
    KB_KEY(struct kb_organization, employees, KB_INT, .min = 1, .max = 10000000,
           .gloss = {"従業員数", "number of employees"}),
};
static const struct kb_shape organization_shape = KB_SHAPE_OR_SCALAR(struct kb_organization, "organization",
                                                                     organization_keys, "name");

static const struct kb_key plan_copy_keys[] = {
    KB_KEY(struct kb_plan_copy, kind, KB_ENUM, .values = kb_key_place_names, .flags = KB_REQUIRED,
           .gloss = {"paper（紙）・offline（切り離した媒体）・system（システムの中）", "paper, offline or system"}),
    KB_KEY(struct kb_plan_copy, place, KB_TEXT, .gloss = {"保管場所", "where it is kept"}),
    KB_KEY(struct kb_plan_copy, system, KB_STR, .ref = "systems",
           .gloss = {"system: 入っているシステム（止まると読めなくなる）",
                     "system: the system that holds it and takes it along when it stops"}),
    KB_KEY(struct kb_plan_copy, onsite, KB_ANSWER,
           .gloss = {"社内にある（書かなければ社内）", "on site; true unless written"}),
    KB_KEY(struct kb_plan_copy, verified_on, KB_DATE,
           .gloss = {"そこにあることを最後に確かめた日", "date on which somebody last saw it there"}),
};
static const struct kb_shape plan_copy_shape = KB_SHAPE(struct kb_plan_copy, "plan_copy", plan_copy_keys);

static const struct kb_key approved_keys[] = {
    KB_KEY(struct kb_approved, role, KB_STR, .flags = KB_REQUIRED | KB_REF_OR_NAME, .ref = "roles",
           .gloss = {"承認者の役割", "role of the person who approved it"}),
    KB_KEY(struct kb_approved, by, KB_STR, .flags = KB_REQUIRED, .gloss = {"承認者の氏名・職名", "who approved it"}),
    KB_KEY(struct kb_approved, date, KB_DATE, .flags = KB_REQUIRED, .gloss = {"承認した日", "date of the approval"}),
    KB_KEY(struct kb_approved, material_sha256, KB_STR, .flags = KB_REQUIRED, .form = &kb_form_sha256,
           .gloss = {"承認した内容のハッシュ（koboshi approve が書く）",
                     "hash of what was approved, written by koboshi approve"}),
};
static const struct kb_shape approved_shape = KB_SHAPE(struct kb_approved, "approved", approved_keys);

static const struct kb_key approval_keys[] = {
    KB_KEY(struct kb_approval, approved, KB_OBJECT, .of = &approved_shape, .flags = KB_REQUIRED,
           .gloss = {"承認（誰が、いつ、どの内容を）", "the approval: who, when, and of what"}),
};
static const struct kb_shape approval_shape = KB_SHAPE(struct kb_approval, "approval", approval_keys);

static const struct kb_key revision_keys[] = {
    KB_KEY(struct kb_revision, version, KB_STR, .flags = KB_REQUIRED, .gloss = {"版", "the version"}),
    KB_KEY(struct kb_revision, date, KB_DATE, .flags = KB_REQUIRED, .gloss = {"改訂日", "its date"}),
    KB_KEY(struct kb_revision, by, KB_TEXT, .ref = "roles", .flags = KB_REF_OR_NAME,
           .gloss = {"改訂した人（役割の識別名か名前）", "who made it: a role's id, or a name"}),
    KB_KEY(struct kb_revision, change, KB_TEXT, .flags = KB_REQUIRED, .gloss = {"変えた内容", "what changed"}),
};
static const struct kb_shape revision_shape = KB_SHAPE(struct kb_revision, "revision", revision_keys);

static const struct kb_key head_keys[] = {
    KB_KEY(struct kb_plan_head, id, KB_STR, .flags = KB_REQUIRED, .form = &kb_form_id,
           .gloss = {"計画の識別名", "id of the plan"}),
    KB_KEY(struct kb_plan_head, title, KB_TEXT, .flags = KB_REQUIRED, .gloss = {"計画の表題", "title of the plan"}),
    KB_KEY(struct kb_plan_head, organization, KB_OBJECT, .of = &organization_shape,
           .gloss = {"会社・組織", "the company"}),
    KB_KEY(struct kb_plan_head, version, KB_STR, .flags = KB_REQUIRED,
           .gloss = {"計画の版（例: \"1.3\"）", "version of the plan, such as \"1.3\""}),
    KB_KEY(struct kb_plan_head, status, KB_ENUM, .values = kb_plan_status_names, KB_NO_DEFAULT,
           .gloss = {"draft（作成中）・in_review（確認中）・approved（承認済み）・retired（廃止）",
                     "draft, in_review, approved or retired"}),
    KB_KEY(struct kb_plan_head, language, KB_ENUM, .values = kb_lang_names, .flags = KB_HAS_DEFAULT, .def = KB_JA,
           .gloss = {"画面と報告書の言語", "language of output and reports"}),
    KB_KEY(struct kb_plan_head, timezone, KB_STR, .def_text = "Asia/Tokyo",
           .gloss = {"時刻の基準となるタイムゾーン", "time zone of all times, as Asia/Tokyo"}),
    KB_KEY(
        struct kb_plan_head, rto_from, KB_ENUM, .values = kb_rto_from_names, .flags = KB_HAS_DEFAULT,
        .def = KB_FROM_DISRUPTION,
        .gloss = {"RTOをいつから数えるか: disruption（止まった時）・detection（気づいた時）・activation（発動した時）",
                  "when the RTO starts to count: at disruption, detection or activation"}),
    KB_KEY(struct kb_plan_head, reviewed_on, KB_DATE, .gloss = {"最後に見直した日", "date of the last review"}),
    KB_KEY(struct kb_plan_head, review_interval, KB_DURATION, .min = KB_DAY, .max = 10 * KB_YEAR,
           .gloss = {"見直しの間隔（例: 365d = 年1回）", "how often it is reviewed, as 365d"}),
    KB_KEY(struct kb_plan_head, scope, KB_TEXT, .gloss = {"計画の対象範囲", "what the plan covers"}),
    KB_KEY(struct kb_plan_head, assumptions, KB_TEXTS,
           .gloss = {"前提条件（これが崩れると計画が成り立たない）",
                     "what is taken for granted; without it the plan does not hold"}),
    KB_KEY(struct kb_plan_head, plan_copies, KB_LIST, .of = &plan_copy_shape,
           .gloss = {"この計画書の控えの置き場所（システムが止まっても読めるように）",
                     "where copies of this plan are, to be read when the systems are down"}),
    KB_KEY(struct kb_plan_head, approval, KB_OBJECT, .of = &approval_shape,
           .gloss = {"承認の記録（koboshi approve が書く）", "the approval, written by koboshi approve"}),
    KB_KEY(struct kb_plan_head, revisions, KB_LIST, .of = &revision_shape,
           .gloss = {"改訂履歴", "what changed, by version"}),
};
const struct kb_shape kb_plan_head_shape = KB_SHAPE(struct kb_plan_head, "plan", head_keys);
