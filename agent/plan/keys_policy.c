/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of the calendar, of what the company demands of itself, and of what is still open. */
#include "keys.h"

#define MONTH_DAY "(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
#define DAY       "(20[0-9][0-9]-)?" MONTH_DAY
static const struct kb_form month_day = {"^" MONTH_DAY "$",
                                         {"月-日（例: \"04-01\"）", "month and day such as \"04-01\""}};
#define SPAN DAY "([.][.]" DAY ")?"
static const struct kb_form hours_or_days = {
    "^(" SPAN "|" KB_HOURS_PATTERN ")$",
    {"曜日と時刻（例: \"mon-fri 08:30-17:30\"）か日付・期間（例: \"03-25..04-05\"）",
     "hours such as \"mon-fri 08:30-17:30\", or a day or span such as \"03-25..04-05\""}};
static const struct kb_form days = {
    "^" SPAN "$",
    {"日付か期間（例: \"12-29..01-03\"・\"2026-08-13..2026-08-15\"・\"10-01\"）",
     "a day or a span such as \"12-29..01-03\", \"2026-08-13..2026-08-15\" or \"10-01\""}};
static const struct kb_form rule_id = {"^[A-Z]{3}-[0-9]{2}$",
                                       {"規則の番号（例: BAK-05）", "the number of a rule such as BAK-05"}};

static const char *const holiday_tables[] = {"jp", NULL};
static const char *const last_day[] = {"last", NULL};
static const char *const catalogues[] = {"scs3",     "scs4",     "csf2", "cis8",      "sp800-53", "sp800-171",
                                         "iso22301", "iso27001", "pci",  "meti-cmg3", "mhlw-bcp", NULL};

static const struct kb_key critical_date_keys[] = {
    KB_KEY(struct kb_critical_date, title, KB_TEXT, .flags = KB_REQUIRED,
           .gloss = {"何の日か（例: 検針締め）", "what falls on it"}),
    KB_KEY(struct kb_critical_date, day, KB_INT, .min = 1, .max = 31, .values = last_day,
           .gloss = {"毎月の日（1〜31、last = 月末）", "day of each month, 1 to 31, or last"}),
    KB_KEY(struct kb_critical_date, date, KB_STR, .form = &month_day,
           .gloss = {"毎年の月日（例: \"03-31\"）", "day of each year, as \"03-31\""}),
};
static const struct kb_shape critical_date_shape = KB_SHAPE(struct kb_critical_date, "critical_date",
                                                            critical_date_keys);

static const struct kb_key calendar_keys[] = {
    KB_KEY(struct kb_calendar, work, KB_STR, .form = &kb_form_hours,
           .gloss = {"営業日と営業時間（例: \"mon-fri 08:30-17:30\"）",
                     "business days and hours, as \"mon-fri 08:30-17:30\""}),
    KB_KEY(struct kb_calendar, holidays, KB_STRS, .values = holiday_tables,
           .gloss = {"休業とする祝日の表（jp = 日本の祝日）", "tables of public holidays: jp"}),
    KB_KEY(struct kb_calendar, closed, KB_STRS, .form = &days,
           .gloss = {"そのほかの休業日（例: 毎年なら \"12-29..01-03\"）",
                     "other days off, each year as \"12-29..01-03\""}),
    KB_KEY(struct kb_calendar, critical_dates, KB_LIST, .of = &critical_date_shape,
           .gloss = {"特に止められない日（締め日・決算など）", "days on which a stop hurts most"}),
};
const struct kb_shape kb_plan_calendar_shape = KB_SHAPE(struct kb_calendar, "calendar", calendar_keys);

#define EVERY(T, field, ja_, en_)                                                                                      \
    KB_KEY(T, field, KB_DURATION, .min = KB_DAY, .max = 100 * KB_YEAR, .gloss = {ja_, en_})
static const struct kb_key restore_drill_keys[] = {
    EVERY(struct kb_restore_drill_policy, critical, "重要業務のシステムを復元訓練する間隔",
          "how often systems of critical functions are drilled"),
    EVERY(struct kb_restore_drill_policy, other, "そのほかのシステムを復元訓練する間隔",
          "how often the other systems are drilled"),
    EVERY(struct kb_restore_drill_policy, every_medium, "すべての媒体から一度は復元してみる間隔",
          "how often every medium is restored from"),
};
static const struct kb_shape restore_drill_shape = KB_SHAPE(struct kb_restore_drill_policy, "restore_drill",
                                                            restore_drill_keys);

static const struct kb_key policy_keys[] = {
    KB_KEY(struct kb_policy, restore_drill, KB_OBJECT, .of = &restore_drill_shape,
           .gloss = {"復元訓練の間隔", "how often restoring is drilled"}),
    EVERY(struct kb_policy, verify, "バックアップを検証する間隔", "how often backups are verified"),
    EVERY(struct kb_policy, tabletop, "机上演習の間隔", "how often a tabletop exercise is held"),
    EVERY(struct kb_policy, contact_check, "連絡先を確かめ直す間隔", "how often the contacts are tried"),
    EVERY(struct kb_policy, evidence_retention, "訓練の記録を残す期間（例: 5y）", "how long records are kept, as 5y"),
    KB_KEY(struct kb_policy, controls, KB_STRS, .values = catalogues,
           .gloss = {"報告書で対応を示す基準（例: scs3・csf2）", "catalogues that reports refer to, as scs3, csf2"}),
    KB_KEY(struct kb_policy, era_dates, KB_BOOL,
           .gloss = {"報告書の日付に和暦を併記する", "show Japanese era years in reports"}),
    KB_KEY(struct kb_policy, fiscal_year_start, KB_STR, .form = &month_day,
           .gloss = {"年度の始まり（例: \"04-01\"）", "first day of the fiscal year, as \"04-01\""}),
};
const struct kb_shape kb_plan_policy_shape = KB_SHAPE(struct kb_policy, "policy", policy_keys);

static const struct kb_key improvement_keys[] = {
    KB_KEY(struct kb_improvement, id, KB_STR, .flags = KB_REQUIRED,
           .gloss = {"指摘の番号（例: F-03）", "its number, as F-03"}),
    KB_KEY(struct kb_improvement, from, KB_STR,
           .gloss = {"見つかった訓練・演習", "the drill or exercise that showed it"}),
    KB_KEY(struct kb_improvement, text, KB_TEXT_HERE, .flags = KB_REQUIRED, .gloss = {"指摘の内容", "what was found"}),
    KB_KEY(struct kb_improvement, action, KB_TEXT, .gloss = {"改善すること", "what is done about it"}),
    KB_KEY(struct kb_improvement, owner, KB_STR, .ref = "roles", .flags = KB_REF_OR_NAME,
           .gloss = {"担当（役割の識別名か名前）", "who does it: a role's id, or a name"}),
    KB_KEY(struct kb_improvement, due, KB_DATE, .gloss = {"期限", "due date"}),
    KB_KEY(struct kb_improvement, closed_on, KB_DATE, .gloss = {"完了した日", "date on which it was done"}),
};
const struct kb_shape kb_plan_improvement_shape = KB_SHAPE(struct kb_improvement, "improvement", improvement_keys);

static const struct kb_key waiver_keys[] = {
    KB_KEY(struct kb_waiver, rule, KB_STR, .flags = KB_REQUIRED, .form = &rule_id,
           .gloss = {"適用しない規則の番号（例: BAK-05）", "number of the rule that is waived, as BAK-05"}),
    KB_KEY(struct kb_waiver, where, KB_STR,
           .gloss = {"対象（システム・媒体などの識別名。なければ全体）",
                     "id of what it is about; without it, everything"}),
    KB_KEY(struct kb_waiver, reason, KB_TEXT, .flags = KB_REQUIRED,
           .gloss = {"理由（リスクを受け入れる根拠）", "why the risk is taken"}),
    KB_KEY(struct kb_waiver, approved_by, KB_STR, .flags = KB_REQUIRED | KB_REF_OR_NAME, .ref = "roles",
           .gloss = {"認めた人（役割の識別名か名前）", "who agreed: a role's id, or a name"}),
    KB_KEY(struct kb_waiver, until, KB_DATE, .flags = KB_REQUIRED, .gloss = {"いつまで", "date on which it ends"}),
};
const struct kb_shape kb_plan_waiver_shape = KB_SHAPE(struct kb_waiver, "waiver", waiver_keys);

static const struct kb_key blackout_keys[] = {
    KB_KEY(struct kb_blackout, title, KB_TEXT, .gloss = {"理由（例: 決算期）", "why"}),
    KB_KEY(struct kb_blackout, when, KB_STR, .flags = KB_REQUIRED, .form = &hours_or_days,
           .gloss = {"曜日と時刻（例: \"mon-fri 08:30-17:30\"）か日付（例: \"03-25..04-05\"）",
                     "hours such as \"mon-fri 08:30-17:30\", or days such as \"03-25..04-05\""}),
};
const struct kb_shape kb_plan_blackout_shape = KB_SHAPE(struct kb_blackout, "blackout", blackout_keys);
