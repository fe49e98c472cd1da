/* SPDX-License-Identifier: Apache-2.0 */
/* koboshi check: is the plan valid? */
#include "check_notes.h"
#include "cli.h"
#include "koboshi/arena.h"
#include "matrix.h"

static json_t *counts(const struct kb_plan *plan)
{
    return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i}", "functions", (int)plan->functions.n, "systems",
                     (int)plan->systems.n, "media", (int)plan->media.n, "backup_sets", (int)plan->backup_sets.n,
                     "procedures", (int)plan->procedures.n, "drills", (int)plan->drills.n);
}

static json_t *notes_json(struct kb_cli *cli, const struct kb_plan *plan)
{
    const struct kb_text *notes;
    size_t n = kb_check_notes(plan, cli->arena, &notes);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(list, json_pack("{s:s, s:s}", "ja", notes[i].ja, "en", notes[i].en));
    return list;
}

static void show_notes(struct kb_cli *cli, const struct kb_plan *plan)
{
    const struct kb_text *notes;
    size_t n = kb_check_notes(plan, cli->arena, &notes);
    for (size_t i = 0; i < n; i++)
        kb_print(stdout, cli->lang, "warning: %s%.0s\n", "%.0s注意: %s\n", notes[i].en, notes[i].ja);
}

static int check(struct kb_cli *cli, struct kb_err *err)
{
    const struct kb_plan *plan = NULL;
    if (cli->json) {
        const struct kb_diags *diags = NULL;
        int code = kb_plan_load(cli->args[0], cli->arena, &plan, &diags, err);
        if (code && code != KB_EPLAN)
            return code;
        if (plan && kb_zone_use(plan->plan.timezone, err))
            return err->code;
        json_t *survival = NULL;
        if (plan) {
            struct kb_matrix matrix = kb_matrix_of(cli, plan);
            survival = kb_matrix_json(&matrix);
        }
        kb_show_json("check", -code,
                     json_pack("{s:o, s:i, s:o*, s:o*, s:o*, s:o*}", "mistakes", kb_cli_mistakes(diags), "more",
                               diags ? (int)diags->n_more : 0, "counts", plan ? counts(plan) : NULL, "approval",
                               plan ? kb_approval_json(cli, plan) : NULL, "survival", survival, "warnings",
                               plan ? notes_json(cli, plan) : NULL));
        return -code;
    }
    int code = kb_cli_plan(cli, cli->args[0], &plan, err);
    if (code)
        return code;
    kb_print(stdout, cli->lang,
             "%s: valid. %s %s, functions %zu, systems %zu, media %zu, backup sets %zu, procedures %zu, drills %zu\n",
             "%s: 形式に誤りはありません。%s %s、業務 %zu、システム %zu、媒体 %zu、バックアップセット %zu、手順 "
             "%zu、訓練 %zu\n",
             kb_printable(cli->arena, cli->args[0]), kb_pick(plan->plan.title, cli->lang), plan->plan.version,
             plan->functions.n, plan->systems.n, plan->media.n, plan->backup_sets.n, plan->procedures.n,
             plan->drills.n);
    kb_show_approval(cli, plan);
    show_notes(cli, plan);
    struct kb_matrix matrix = kb_matrix_of(cli, plan);
    kb_matrix_show(cli, &matrix);
    return 0;
}

const struct kb_cmd kb_cmd_check = {
    .name = "check",
    .arguments = "PLAN",
    .summary = {"計画の誤りを行と桁で示し、脅威ごとに残る控えを一覧にする",
                "show every mistake in a plan, and which copy survives which threat"},
    .detail = {"PLAN  計画ファイル（YAML）\n誤りがあれば終了コード "
               "3。控えの残らない脅威は知らせるだけで、誤りには数えません。\n",
               "PLAN  the plan, a YAML file\nExit status 3 if it holds a mistake. A threat that no copy survives is "
               "told, not counted as one.\n"},
    .options = KB_OPTS_ALWAYS,
    .min_args = 1,
    .max_args = 1,
    .run = check,
};
