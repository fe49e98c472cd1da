/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of a plan as one table of small functions. */
#include "checks.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "koboshi/arena.h"
#include "koboshi/limits.h"

enum { FORMAT = 1 };

/* The value is there and can be judged. */
#define GOOD(c, field) kb_mark_good((c)->l, (field))
/* The key is there, right or wrong. */
#define WRITTEN(c, field) (kb_mark_of((c)->l, (field)) != NULL)

static void check_format(struct kb_checker *c)
{
    if (!GOOD(c, &c->plan->koboshi) || c->plan->koboshi <= FORMAT)
        return;
    kb_complaints_only(c->l->c); /* everything else may be right in that format */
    KB_WRONG(c, &c->plan->koboshi, NULL,
             "this plan is written in format %" PRId64 ", this koboshi reads format %d; a newer koboshi is needed",
             "この計画の書式は %" PRId64 " ですが、この koboshi が読める書式は %d です。新しい版の koboshi が必要です",
             c->plan->koboshi, FORMAT);
}

static void check_timezone(struct kb_checker *c)
{
    const char *const *zone = &c->plan->plan.timezone;
    if (GOOD(c, zone) && !kb_zone_exists(*zone))
        KB_WRONG(c, zone, NULL, "`timezone`: there is no time zone `%s` on this machine; write one such as Asia/Tokyo",
                 "`timezone`: タイムゾーン「%s」はこの機器にありません。Asia/Tokyo のように書いてください",
                 kb_shown(c, *zone));
}

static bool is_file_name(const char *text)
{
    if (!strcmp(text, ".") || !strcmp(text, "..") || strlen(text) > KB_NAME_BYTES_MAX)
        return false;
    return !text[strcspn(text, "/\\\n\t")];
}

static void check_sets(struct kb_checker *c)
{
    for (size_t i = 0; i < c->plan->backup_sets.n; i++) {
        const struct kb_set *set = &c->plan->backup_sets.v[i];
        if (set->format < 0)
            KB_WRONG(c, &set->format, set, "`format` is missing here: %s does not say it",
                     "`format` がありません（tool: %s からは決まりません）", kb_tool_names[set->tool]);
        bool other = GOOD(c, &set->format) && set->format != KB_FORMAT_FILE;
        if (other && GOOD(c, &set->unpack) && set->unpack)
            KB_WRONG(c, &set->unpack, set, "`unpack` is for `format: file`; %s is unpacked in any case",
                     "`unpack` は format: file のときだけ使います（%s は常に展開・検査されます）",
                     kb_format_names[set->format]);
        if (other && WRITTEN(c, &set->as))
            KB_WRONG(c, &set->as, set, "`as` is for `format: file`; names inside %s are kept as they are",
                     "`as` は format: file のときだけ使います（%s の中の名前はそのまま使われます）",
                     kb_format_names[set->format]);
        if (GOOD(c, &set->as) && !is_file_name(set->as))
            KB_WRONG(c, &set->as, set, "`as` should be one file name without a folder, not `%s`",
                     "`as` にはフォルダを含まないファイル名を1つ書いてください（「%s」になっています）",
                     kb_shown(c, set->as));
        if (GOOD(c, &set->format) && GOOD(c, &set->name_encoding) && set->format != KB_FORMAT_ARCHIVE &&
            set->name_encoding != KB_NAMES_AUTO)
            KB_WRONG(c, &set->name_encoding, set, "`name_encoding` is for `format: archive`",
                     "`name_encoding` は format: archive のときだけ使います");
    }
}

/* A drill of systems that have no backups would run nothing and say nothing. */
static void check_drills(struct kb_checker *c)
{
    for (size_t i = 0; i < c->plan->drills.n; i++) {
        const struct kb_drill *drill = &c->plan->drills.v[i];
        bool empty = GOOD(c, &drill->systems);
        for (size_t s = 0; s < drill->systems.n; s++) {
            const struct kb_system *system = kb_plan_system(c->plan, drill->systems.v[s]);
            empty = empty && system && !system->backup_sets.n &&
                    (!WRITTEN(c, &system->backup_sets) || GOOD(c, &system->backup_sets));
        }
        if (empty)
            KB_WRONG(c, &drill->systems, drill,
                     "none of these systems has `backup_sets`: the drill would check nothing",
                     "どのシステムにも backup_sets がないため、この訓練では何も確認できません");
    }
}

void kb_plan_check(struct kb_checker *c)
{
    static void (*const checks[])(struct kb_checker *) = {
        check_timezone,  kb_check_media, check_sets,    kb_check_rotations, kb_check_contents,
        kb_check_copies, kb_check_steps, kb_check_adds, kb_check_schedules, kb_check_company,
        kb_check_probes, check_drills,   check_format, /* the last one may take all others back */
    };
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        checks[i](c);
}
