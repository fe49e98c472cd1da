/* SPDX-License-Identifier: Apache-2.0 */
/* koboshi status: when each system was last drilled, and how it went. */
#include <string.h>

#include "cli.h"
#include "koboshi/arena.h"
#include "koboshi/ledger.h"
#include "koboshi/record.h"

struct last {
    const struct kb_line *line;
    const struct kb_system_summary *system;
    const struct kb_line *later; /* a drill after it in which nothing of this system ran; NULL: none */
};

static bool has_run(int status)
{
    return status != KB_UNIT_NOT_RUN && status != KB_UNIT_CANCELED;
}

static struct last *find(struct last *lasts, size_t n, const char *system)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(lasts[i].system->system, system))
            return &lasts[i];
    return NULL;
}

/* The last word on each system, newest line first; with a plan, on its own ones. A drill that never came to it does not
 * hide what one before found. */
static size_t collect(struct kb_cli *cli, const struct kb_plan *plan, const struct kb_lines *lines,
                      struct last **ret_lasts)
{
    struct last *lasts = NULL;
    size_t n = 0;
    for (size_t i = lines->n; i-- > 0;) {
        const struct kb_line *line = &lines->v[i];
        if (strcmp(line->kind, kb_line_kind_names[KB_LINE_DRILL_FINISHED]) != 0 ||
            (plan && line->plan && strcmp(line->plan, plan->plan.id) != 0))
            continue;
        for (size_t k = 0; k < line->systems.n; k++) {
            const struct kb_system_summary *system = &line->systems.v[k];
            if (plan && !kb_plan_system(plan, system->system))
                continue;
            struct last *known = find(lasts, n, system->system);
            if (known && !has_run(known->system->status) && has_run(system->status)) {
                *known = (struct last){line, system, known->line};
            } else if (!known) {
                lasts = kb_grow(cli->arena, lasts, n, sizeof *lasts);
                lasts[n++] = (struct last){.line = line, .system = system};
            }
        }
    }
    *ret_lasts = lasts;
    return n;
}

/* Of whom nobody knows whether it can be restored. */
static bool is_never_drilled(const struct kb_system *system, struct last *lasts, size_t n)
{
    return system->backup_sets.n && !find(lasts, n, system->id);
}

/* The objectives that its drill as a whole missed, "" if none. */
static const char *missed_of(struct kb_cli *cli, const struct last *last)
{
    const struct kb_record_verdict *v = last->line->verdict;
    if (!v)
        return "";
    const struct {
        int verdict;
        struct kb_text axis;
    } axes[] = {{v->restore, {"復元", "restore"}}, {v->time, {"時間", "time"}}, {v->data, {"データ", "data"}}};
    const char *missed = "";
    for (size_t i = 0; i < sizeof axes / sizeof *axes; i++)
        if (axes[i].verdict == KB_VERDICT_MISSED)
            missed = kb_sprintf(cli->arena, "%s%s%s", missed, *missed ? (cli->lang == KB_JA ? "・" : ", ") : "",
                                kb_pick(axes[i].axis, cli->lang));
    return missed;
}

static bool is_well(struct kb_cli *cli, const struct last *last)
{
    return last->system->status == KB_UNIT_GOOD && !last->later && !*missed_of(cli, last);
}

static json_t *as_json(struct kb_cli *cli, const struct last *lasts, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(
            list, json_pack("{s:s, s:I, s:s, s:s, s:s*, s:b, s:b}", "system", lasts[i].system->system, "drill",
                            (json_int_t)lasts[i].line->drill, "time", kb_time_rfc3339(cli->arena, lasts[i].line->time),
                            "status", kb_unit_status_names[lasts[i].system->status], "proof", lasts[i].system->proof,
                            "sampled", lasts[i].system->estimated, "objectives_met", !*missed_of(cli, &lasts[i])));
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
        /* due dates that nobody ever kept are not well, only not known to be missed */
        int mark = turn.days < 0 ? KB_UNIT_FAILED : turn.swapped == KB_ABSENT ? KB_UNIT_NOT_RUN : KB_UNIT_GOOD;
        (void)printf("%s  ", kb_show_mark(cli, mark));
        kb_show_turn(cli, plan, &turn);
    }
}

static const char *name_of(struct kb_cli *cli, const struct kb_plan *plan, const char *id)
{
    const struct kb_system *system = plan ? kb_plan_system(plan, id) : NULL;
    const char *title = system ? kb_pick(system->title, cli->lang) : "";
    return *title && strcmp(title, id) != 0 ? kb_sprintf(cli->arena, "%s (%s)", kb_printable(cli->arena, title), id)
                                            : id;
}

static const char *days_ago(struct kb_cli *cli, int64_t days)
{
    if (days <= 0)
        return kb_pick((struct kb_text){"24時間以内", "within 24 hours"}, cli->lang);
    return kb_sprintf(cli->arena, cli->lang == KB_JA ? "%lld日前" : "%lld days ago", (long long)days);
}

static void show_last(struct kb_cli *cli, const struct kb_plan *plan, const struct last *last)
{
    const char *missed = missed_of(cli, last);
    const char *proof = last->system->proof ? kb_proof_told(cli->arena, last->system->proof, cli->lang) : "–";
    kb_print(stdout, cli->lang, "%s  %s  drill %lld, %s (%s)  %s%s%s", "%s  %s  訓練 %lld、%s（%s）  %s%s%s",
             kb_show_mark(cli, last->system->status), name_of(cli, plan, last->system->system),
             (long long)last->line->drill, kb_time_show(cli->arena, last->line->time),
             days_ago(cli, (kb_wall_s() - last->line->time) / 86400), proof,
             !*missed             ? ""
             : cli->lang == KB_JA ? "  この訓練で未達: "
                                  : "  missed in this drill: ",
             missed);
    if (last->later)
        kb_print(stdout, cli->lang, "  not run since: drill %lld, %s", "  その後の訓練 %lld（%s）では未実施",
                 (long long)last->later->drill, kb_time_show(cli->arena, last->later->time));
    (void)putchar('\n');
}

/* What the plan has and no drill in the ledger ever touched. */
static void show_undrilled(struct kb_cli *cli, const struct kb_plan *plan, struct last *lasts, size_t n)
{
    for (size_t i = 0; plan && i < plan->systems.n; i++)
        if (is_never_drilled(&plan->systems.v[i], lasts, n))
            kb_print(stdout, cli->lang, "%s  %s  never drilled\n", "%s  %s  訓練の記録がありません\n",
                     kb_show_mark(cli, KB_UNIT_NOT_RUN), name_of(cli, plan, plan->systems.v[i].id));
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
    size_t n = collect(cli, plan, &lines, &lasts);
    int worst = 0;
    for (size_t i = 0; i < n; i++)
        worst |= !is_well(cli, &lasts[i]);
    json_t *turns = turns_json(cli, plan, &lines, &worst);
    if (cli->json) {
        json_t *never = json_array();
        for (size_t i = 0; plan && i < plan->systems.n; i++)
            if (is_never_drilled(&plan->systems.v[i], lasts, n))
                (void)json_array_append_new(never, json_string(plan->systems.v[i].id));
        kb_show_json("status", worst,
                     json_pack("{s:o, s:o, s:o}", "systems", as_json(cli, lasts, n), "never_drilled", never,
                               "rotations", turns));
        return worst;
    }
    json_decref(turns);
    show_open(cli, &lines);
    if (!n)
        kb_print(stdout, cli->lang, "no drill has finished yet (ledger %s)\n",
                 "完了した訓練はまだありません（台帳 %s）\n", cli->ledger);
    for (size_t i = 0; i < n; i++)
        show_last(cli, plan, &lasts[i]);
    show_undrilled(cli, plan, lasts, n);
    show_turns(cli, plan, &lines);
    return worst;
}

const struct kb_cmd kb_cmd_status = {
    .name = "status",
    .arguments = "[PLAN]",
    .summary = {"システムごとの最後の訓練と、計画を指定すればディスクの交換日を示す",
                "show each system's last drill, and with a plan which disks are due for exchange"},
    .detail = {"PLAN  "
               "計画ファイル（YAML）。システムの名前とディスクの交換日も示します\n最後の訓練に問題があるか、交換日を過"
               "ぎていれば終了コード 1。\n",
               "PLAN  the plan, a YAML file: names its systems, adds when its disks are due\nExit status 1 if a last "
               "drill failed or an exchange is overdue.\n"},
    .options = KB_OPTS_ALWAYS,
    .max_args = 1,
    .run = status,
};
