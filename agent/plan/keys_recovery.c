/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of procedures, threats and drills. */
#include "keys.h"

static const char *const amounts[] = {"full", "none", NULL};
static const char *const choices[] = {"newest", "random", "oldest", NULL};
static const char *const befores[] = {"dwell", NULL};
static const char *const pers[] = {"once", "host", "pc", NULL};
static const char *const levels[] = {"L5", "L6", NULL};
static const char *const exemptions[] = {"spare", NULL};

#define DESTROYS_NAME(id, spelling) spelling,
const char *const kb_destroys_names[] = {KB_DESTROYS(DESTROYS_NAME) NULL};

static const struct kb_key step_keys[] = {
    KB_KEY(struct kb_step, id, KB_STR, .flags = KB_REQUIRED, .form = &kb_form_id,
           .gloss = {"工程の識別名", "id of the step"}),
    KB_KEY_AS(struct kb_step, act, "do", KB_ENUM, .values = kb_step_do_names, .flags = KB_REQUIRED,
              .gloss = {"すること: "
                        "manual（手作業）・wait_"
                        "medium（媒体待ち）・decision（判断）・verify（検証）・restore（復元）・probe（確認）・command"
                        "（コマンド）",
                        "manual, wait_medium, decision, verify, restore, probe or command"}),
    KB_KEY(struct kb_step, role, KB_STR, .ref = "roles", .flags = KB_REF_OR_NAME,
           .gloss = {"担当（役割の識別名か名前）", "who does it: a role's id, or a name"}),
    KB_KEY(struct kb_step, expect, KB_DURATION, KB_ANY_TIME,
           .gloss = {"計画上の所要時間", "how long it is declared to take"}),
    KB_KEY(struct kb_step, text, KB_TEXT_HERE, .gloss = {"作業の説明", "what to do, in words"}),
    KB_KEY(struct kb_step, threats, KB_STRS, .ref = "threats",
           .gloss = {"この想定のときだけ行う", "only when one of these threats is assumed"}),
    KB_KEY(struct kb_step, media, KB_STRS, .ref = "media", .gloss = {"待つ媒体", "media that are waited for"}),
    KB_KEY(struct kb_step, probes, KB_LIST, .of = &kb_probe_shape,
           .gloss = {"復元したものが使えるかの確認", "checks that what was restored is usable"}),
    KB_KEY(struct kb_step, done, KB_TEXT, .gloss = {"完了の証拠（例: 確認者の署名）", "what shows that it is done"}),
    KB_KEY(struct kb_step, covers, KB_STRS, .values = kb_covers_names,
           .gloss =
               {"この工程で済む対応: "
                "isolate（切り離し）・malware_check（ウイルス確認）・accept（受入確認）・reentry（後入力）など。"
                "規則はここだけを見る（文章は読まない）",
                "what this step takes care of: isolate, malware_check, accept, reentry …; rules look at nothing else"}),
    KB_KEY(struct kb_step, parallel_with, KB_STR,
           .gloss = {"同時に進められる工程（同じ手順の識別名）",
                     "step of this procedure that can go on at the same time"}),
    KB_KEY(struct kb_step, level, KB_STR, .values = levels,
           .gloss = {"完了すると示せること: L5（業務の画面で開けた）・L6（業務担当が受け入れた）",
                     "what its completion shows: L5 (it opens in use), L6 (accepted by a person)"}),
    KB_KEY(struct kb_step, attested, KB_DATE,
           .gloss = {"できることを確かめた日", "date on which it was shown to work"}),
    KB_KEY(struct kb_step, command, KB_STRS, .gloss = {"do: command: コマンドと引数", "do: command: argv"}),
};
static const struct kb_shape step_shape = KB_SHAPE(struct kb_step, "step", step_keys);

static const struct kb_key procedure_keys[] = {
    KB_KEY(struct kb_procedure, title, KB_TEXT, .gloss = {"手順の名前", "name of the procedure"}),
    KB_KEY(struct kb_procedure, steps, KB_LIST, .of = &step_shape, .flags = KB_REQUIRED | KB_NONEMPTY,
           .gloss = {"工程", "its steps in order"}),
};
const struct kb_shape kb_plan_procedure_shape = KB_SHAPE(struct kb_procedure, "procedure", procedure_keys);

static const struct kb_key add_keys[] = {
    KB_KEY(struct kb_add, step, KB_TEXT, .flags = KB_REQUIRED,
           .gloss = {"この想定で増える作業", "work that this threat adds"}),
    KB_KEY(struct kb_add, takes, KB_DURATION, .flags = KB_REQUIRED, KB_ANY_TIME,
           .gloss = {"かかる時間", "how long it takes"}),
    KB_KEY(struct kb_add, per, KB_ENUM, .values = pers, .flags = KB_HAS_DEFAULT, .def = KB_PER_ONCE,
           .gloss = {"1回だけか、機器ごと・PCごとか", "once, or for each host or PC"}),
    KB_KEY(struct kb_add, role, KB_STR, .ref = "roles", .flags = KB_REF_OR_NAME,
           .gloss = {"担当（役割の識別名か名前）", "who does it: a role's id, or a name"}),
    KB_KEY(struct kb_add, before, KB_STR,
           .gloss = {"この工程の前に行う（工程の識別名か restore など）",
                     "comes before this step: its id, or a word such as restore"}),
    KB_KEY(struct kb_add, unless, KB_STR, .values = exemptions,
           .gloss = {"これがあれば不要（例: spare）", "not needed where the system has this, as spare"}),
};
static const struct kb_shape add_shape = KB_SHAPE(struct kb_add, "add", add_keys);

static const struct kb_key threat_keys[] = {
    KB_KEY(struct kb_threat, title, KB_TEXT, .gloss = {"想定する脅威の名前", "name of the threat"}),
    KB_KEY(struct kb_threat, destroys, KB_STRS, .values = kb_destroys_names,
           .gloss =
               {"失われる控え: "
                "online（常時接続）・attached（その時つないであった）・writable_by_admin（管理者権限で消せる）・"
                "same_host（同じ機器の中）・onsite（社内）・mirror（同期の写し）・provider_hosted（クラウド側）",
                "which copies it takes: online, attached (at that time), writable_by_admin, same_host, onsite, mirror, "
                "provider_hosted"}),
    KB_KEY(struct kb_threat, dwell, KB_DURATION, KB_ANY_TIME,
           .gloss = {"気づかれずに潜伏しうる期間", "how long it may be at work before it shows"}),
    KB_KEY(struct kb_threat, detect, KB_DURATION, KB_ANY_TIME,
           .gloss = {"発生から気づくまでの時間", "time until it is noticed"}),
    KB_KEY(struct kb_threat, adds, KB_LIST, .of = &add_shape, .gloss = {"この想定で増える作業", "work that it adds"}),
};
const struct kb_shape kb_plan_threat_shape = KB_SHAPE(struct kb_threat, "threat", threat_keys);

static const struct kb_key drill_restore_keys[] = {
    KB_KEY(struct kb_drill_restore, amount, KB_ENUM, .values = amounts, .flags = KB_HAS_DEFAULT, .def = KB_RESTORE_FULL,
           .gloss = {"full（全部）か none（検証のみ）", "full, or none (verify only)"}),
    KB_KEY(struct kb_drill_restore, sample, KB_PERCENT, .min = 1, .max = 100,
           .gloss = {"抜き取って復元する割合", "share that is restored"}),
};
static const struct kb_shape drill_restore_shape = KB_SHAPE_OR_SCALAR(struct kb_drill_restore, "restore",
                                                                      drill_restore_keys, "amount");

static const struct kb_key drill_generation_keys[] = {
    KB_KEY(struct kb_drill_generation, choice, KB_ENUM, .values = choices, .flags = KB_HAS_DEFAULT,
           .def = KB_GENERATION_NEWEST,
           .gloss = {"newest（最新）・random（無作為）・oldest（最古）", "newest, random or oldest"}),
    KB_KEY(struct kb_drill_generation, before, KB_DURATION, .values = befores, KB_ANY_TIME,
           .gloss = {"発生時刻よりこれだけ前までの世代（dwell = 想定の潜伏期間）",
                     "at least this old when disaster strikes; dwell: that of the threat"}),
};
static const struct kb_shape drill_generation_shape = KB_SHAPE_OR_SCALAR(struct kb_drill_generation, "generation",
                                                                         drill_generation_keys, "choice");

static const struct kb_key drill_keys[] = {
    KB_KEY(struct kb_drill, title, KB_TEXT, .gloss = {"訓練の名前", "name of the drill"}),
    KB_KEY(struct kb_drill, threat, KB_STR, .ref = "threats", .gloss = {"想定する脅威", "threat that is assumed"}),
    KB_KEY(struct kb_drill, systems, KB_STRS, .ref = "systems", .flags = KB_REQUIRED | KB_NONEMPTY,
           .gloss = {"対象のシステム", "systems that are drilled"}),
    KB_KEY(struct kb_drill, media, KB_STRS, .ref = "media",
           .gloss = {"使う媒体（なければすべて）", "only these media are used; without it, all"}),
    KB_KEY(struct kb_drill, restore, KB_INLINE, .of = &drill_restore_shape,
           .gloss = {"復元する量: full（全部）・none（検証のみ）・{sample: 10%}（抜き取り）",
                     "full, none (verify only) or {sample: 10%}"}),
    KB_KEY(struct kb_drill, generation, KB_INLINE, .of = &drill_generation_shape,
           .gloss = {"使う世代: newest（最新）・random（無作為）・oldest（最古）・{before: dwell}（潜伏期間より前）",
                     "newest, random or oldest generation, or {before: dwell}"}),
    KB_KEY(struct kb_drill, schedule, KB_STR,
           .gloss = {"実施する日時の規則（RFC 5545）", "when it is due, as an RFC 5545 rule"}),
    KB_KEY(struct kb_drill, from, KB_DATE, .gloss = {"規則の起点となる日", "date from which the rule counts"}),
    KB_KEY(struct kb_drill, max_duration, KB_DURATION, .flags = KB_HAS_DEFAULT, .def = 4 * 3600, .min = 1,
           .max = 30 * 86400, .gloss = {"1つの検査を打ち切るまでの時間", "one unit of work is stopped after this"}),
};
const struct kb_shape kb_plan_drill_shape = KB_SHAPE(struct kb_drill, "drill", drill_keys);
