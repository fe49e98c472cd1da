/* SPDX-License-Identifier: Apache-2.0 */
/* koboshi status: when each system was last drilled, and how it went. */
#include <string.h>

#include "cli.h"
#include "koboshi/arena.h"
#include "koboshi/ledger.h"

struct last {
    const struct kb_line *line;
    const struct kb_system_summary *system;
};

static const struct last *find(const struct last *lasts, size_t n, const char *system)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(lasts[i].system->system, system))
            return &lasts[i];
    return NULL;
}

/* The last word on each system, newest line first. */
static size_t collect(struct kb_cli *cli, const struct kb_lines *lines, struct last **ret_lasts)
{
    struct last *lasts = NULL;
    size_t n = 0;
    for (size_t i = lines->n; i-- > 0;) {
        const struct kb_line *line = &lines->v[i];
        if (strcmp(line->kind, kb_line_kind_names[KB_LINE_DRILL_FINISHED]) != 0)
            continue;
        for (size_t k = 0; k < line->systems.n; k++) {
            if (find(lasts, n, line->systems.v[k].system))
                continue;
            lasts = kb_grow(cli->arena, lasts, n, sizeof *lasts);
            lasts[n++] = (struct last){.line = line, .system = &line->systems.v[k]};
        }
    }
    *ret_lasts = lasts;
    return n;
}

/* The worst of what the drill said of this system's data and of its own objectives. */
static int mark_of(const struct last *last)
{
    const struct kb_record_verdict *v = last->line->verdict;
    bool missed = v &&
                  (v->restore == KB_VERDICT_MISSED || v->time == KB_VERDICT_MISSED || v->data == KB_VERDICT_MISSED);
    return last->system->status == KB_UNIT_GOOD && missed ? KB_UNIT_FAILED : last->system->status;
}

static json_t *as_json(struct kb_cli *cli, const struct last *lasts, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(
            list, json_pack("{s:s, s:I, s:s, s:s, s:s*}", "system", lasts[i].system->system, "drill",
                            (json_int_t)lasts[i].line->drill, "time", kb_time_rfc3339(cli->arena, lasts[i].line->time),
                            "status", kb_unit_status_names[mark_of(&lasts[i])], "proof", lasts[i].system->proof));
    return list;
}

/* Drills that were started and neither finished nor declared interrupted: one runs now, or the machine stopped. */
static void show_open(struct kb_cli *cli, const struct kb_lines *lines)
{
    for (size_t i = 0; i < lines->n; i++) {
        const struct kb_line *line = &lines->v[i];
        bool open = !strcmp(line->kind, kb_line_kind_names[KB_LINE_DRILL_STARTED]);
        for (size_t k = i + 1; open && k < lines->n; k++)
            open = lines->v[k].drill != line->drill;
        if (open)
            kb_print(stdout, cli->lang, "drill %lld started %s and has not finished\n",
                     "訓練 %lld は %s に開始され、まだ終わっていません\n", (long long)line->drill,
                     kb_time_show(cli->arena, line->time));
    }
}

/* An exchange that is overdue is not well. */
static json_t *turns_json(struct kb_cli *cli, const struct kb_plan *plan, const struct kb_lines *lines, int *worst)
{
    json_t *list = json_array();
    for (size_t i = 0; plan && i < plan->rotations.n; i++) {
        struct kb_turn turn;
        kb_register_turn(plan, &plan->rotations.v[i], lines, kb_wall_s(), &turn);
        *worst |= turn.days < 0;
        (void)json_array_append_new(list, kb_turn_json(cli, &turn));
    }
    return list;
}

static void show_turns(struct kb_cli *cli, const struct kb_plan *plan, const struct kb_lines *lines)
{
    for (size_t i = 0; plan && i < plan->rotations.n; i++) {
        struct kb_turn turn;
        kb_register_turn(plan, &plan->rotations.v[i], lines, kb_wall_s(), &turn);
        kb_show_turn(cli, plan, &turn);
    }
}

static int status(struct kb_cli *cli, struct kb_err *err)
{
    struct kb_lines lines = {0};
    const struct kb_plan *plan = NULL;
    if (cli->n_args && kb_cli_plan(cli, cli->args[0], &plan, err))
        return err->code;
    if (kb_cli_lines(cli, &lines, err))
        return err->code;
    struct last *lasts = NULL;
    size_t n = collect(cli, &lines, &lasts);
    int worst = 0;
    for (size_t i = 0; i < n; i++)
        worst |= mark_of(&lasts[i]) != KB_UNIT_GOOD;
    json_t *turns = turns_json(cli, plan, &lines, &worst);
    if (cli->json) {
        kb_show_json("status", worst, json_pack("{s:o, s:o}", "systems", as_json(cli, lasts, n), "rotations", turns));
        return worst;
    }
    json_decref(turns);
    show_open(cli, &lines);
    if (!n)
        kb_print(stdout, cli->lang, "no drill has finished yet (ledger %s)\n",
                 "完了した訓練はまだありません（台帳 %s）\n", cli->ledger);
    for (size_t i = 0; i < n; i++) {
        int64_t days = (kb_wall_s() - lasts[i].line->time) / 86400;
        kb_print(stdout, cli->lang, "%s  %s  drill %lld, %s (%lld days ago)  %s\n",
                 "%s  %s  訓練 %lld、%s（%lld日前）  %s\n", kb_show_mark(cli, mark_of(&lasts[i])),
                 lasts[i].system->system, (long long)lasts[i].line->drill,
                 kb_time_show(cli->arena, lasts[i].line->time), (long long)days,
                 lasts[i].system->proof ? lasts[i].system->proof : "–");
    }
    show_turns(cli, plan, &lines);
    return worst;
}

const struct kb_cmd kb_cmd_status = {
    .name = "status",
    .arguments = "[PLAN]",
    .summary = {"システムごとの最後の訓練と、計画を指定すればディスクの交換日を示す",
                "show each system's last drill, and with a plan which disks are due for exchange"},
    .options = KB_OPTS_ALWAYS,
    .max_args = 1,
    .run = status,
};
