/* SPDX-License-Identifier: Apache-2.0 */
/* Whose turn it is in a rotation, in one line. */
#include <time.h>

#include "cli.h"
#include "koboshi/arena.h"

const char *kb_medium_name(struct kb_arena *arena, const struct kb_medium *medium)
{
    return kb_printable(arena, medium->label ? medium->label : medium->id);
}

const char *kb_show_day(struct kb_arena *arena, int64_t utc_s)
{
    char text[16];
    time_t at = (time_t)utc_s;
    struct tm tm;
    if (utc_s == KB_ABSENT || !localtime_r(&at, &tm) || !strftime(text, sizeof text, "%Y-%m-%d", &tm))
        return "–";
    return kb_strdup(arena, text);
}

static const char *name_of(struct kb_arena *arena, const struct kb_plan *plan, const char *id)
{
    const struct kb_medium *medium = id ? kb_plan_medium(plan, id) : NULL;
    return medium ? kb_medium_name(arena, medium) : "–";
}

void kb_show_turn(struct kb_cli *cli, const struct kb_plan *plan, const struct kb_turn *turn)
{
    static const struct kb_text weekdays[] = {{"月", "Mon"}, {"火", "Tue"}, {"水", "Wed"}, {"木", "Thu"},
                                              {"金", "Fri"}, {"土", "Sat"}, {"日", "Sun"}};
    struct kb_arena *arena = cli->arena;
    struct kb_text when = turn->days == 0 ? (struct kb_text){"今日が交換日", "due today"}
                          : turn->days > 0
                              ? kb_text_new(arena, "in %lld days", "あと%lld日", (long long)turn->days)
                              : kb_text_new(arena, "overdue by %lld days", "%lld日超過", (long long)-turn->days);
    const char *disks =
        turn->out || turn->in
            ? kb_sprintf(arena, "%s → %s", name_of(arena, plan, turn->out), name_of(arena, plan, turn->in))
            : kb_pick((struct kb_text){"使用中のディスクは未記録", "no disk is known to be in use"}, cli->lang);
    kb_print(stdout, cli->lang, "exchange %s: %s  %s (%s, %s); last %s\n", "交換 %s: %s  %s（%s、%s）、前回 %s\n",
             turn->rotation->id, disks, kb_show_day(arena, turn->due),
             kb_pick(weekdays[turn->rotation->swap], cli->lang), kb_pick(when, cli->lang),
             turn->swapped == KB_ABSENT ? kb_pick((struct kb_text){"記録なし", "not logged"}, cli->lang)
                                        : kb_show_day(arena, turn->swapped));
}

json_t *kb_turn_json(struct kb_cli *cli, const struct kb_turn *turn)
{
    const char *swapped = turn->swapped == KB_ABSENT ? NULL : kb_time_rfc3339(cli->arena, turn->swapped);
    return json_pack("{s:s, s:s*, s:s*, s:s, s:I, s:s*}", "rotation", turn->rotation->id, "out", turn->out, "in",
                     turn->in, "due", kb_show_day(cli->arena, turn->due), "days", (json_int_t)turn->days, "swapped",
                     swapped);
}
