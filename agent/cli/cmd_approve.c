/* SPDX-License-Identifier: Apache-2.0 */
/* koboshi approve: who approved which contents of a plan, written into the plan and into the ledger. */
#include <string.h>

#include "cli.h"
#include "koboshi/arena.h"
#include "koboshi/ledger.h"
#include "plan_write.h"

static int note(struct kb_ledger *ledger, struct kb_cli *cli, const struct kb_plan *plan, struct kb_err *err)
{
    const struct kb_approved *approved = plan->plan.approval->approved;
    char sha256[KB_SHA256_HEX_SIZE];
    kb_sha256_hex(plan->sha256, sha256);
    struct kb_line line;
    kb_line_init(&line, KB_LINE_APPROVAL);
    line.plan = plan->plan.id;
    line.plan_version = plan->plan.version;
    line.plan_sha256 = sha256;
    line.role = approved->role;
    line.by = approved->by;
    line.material_sha256 = approved->material_sha256;
    line.operator_ = kb_operator_name(cli->arena);
    line.agent_version = kb_version();
    return kb_ledger_append(ledger, &line, err)
               ? kb_wrap(err, "the approval stands in the plan, but not in the ledger; approve again",
                         "承認は計画に書き込みましたが、台帳に記録できませんでした。もう一度実行してください")
               : 0;
}

static void tell(struct kb_cli *cli, const struct kb_plan *plan)
{
    if (cli->json) {
        kb_show_json("approve", 0,
                     json_pack("{s:s, s:s, s:s, s:o}", "plan", plan->plan.id, "plan_version", plan->plan.version,
                               "file", plan->file, "approval", kb_approval_json(cli, plan)));
        return;
    }
    kb_print(stdout, cli->lang, "%s, version %s\n", "%s 第%s版\n", kb_pick(plan->plan.title, cli->lang),
             plan->plan.version);
    kb_show_approval(cli, plan);
    kb_print(stdout, cli->lang, "material parts: SHA-256 %s\n", "承認の対象となる内容の SHA-256: %s\n",
             plan->plan.approval->approved->material_sha256);
    if (plan->plan.status >= 0 && plan->plan.status != KB_PLAN_APPROVED)
        kb_print(
            stdout, cli->lang, "`status` still says %s; change it to approved when the paper is signed\n",
            "`status` は %s のままです。紙の承認が済んだら approved に変えてください（変えても再承認は不要です）\n",
            kb_plan_status_names[plan->plan.status]);
}

static int write_approval(struct kb_cli *cli, const struct kb_plan *plan, const struct kb_plan_target *target,
                          const struct kb_plan **ret_plan, struct kb_err *err)
{
    char sha256[KB_SHA256_HEX_SIZE];
    kb_sha256_hex(kb_plan_material_sha256(plan), sha256);
    const struct kb_approved approved = {.role = cli->option[KB_OPTION_ROLE],
                                         .by = cli->option[KB_OPTION_BY],
                                         .date = kb_strndup(cli->arena, kb_time_rfc3339(cli->arena, kb_wall_s()), 10),
                                         .material_sha256 = sha256};
    const char *text = NULL;
    size_t n = 0;
    int code = kb_plan_approve(plan, &approved, cli->arena, &text, &n, err);
    if (code)
        return code;
    struct kb_ledger *ledger = NULL;
    code = kb_place_ledger(cli, plan, &ledger, err); /* what cannot be noted is not written either */
    if (!code)
        code = kb_plan_write(cli, plan, target, text, n, err);
    if (!code)
        code = kb_cli_plan(cli, cli->args[0], ret_plan, err);
    if (!code)
        code = note(ledger, cli, *ret_plan, err);
    kb_ledger_free(ledger);
    return code;
}

static int approve(struct kb_cli *cli, struct kb_err *err)
{
    if (!cli->option[KB_OPTION_ROLE] || !cli->option[KB_OPTION_BY])
        return kb_fail(err, KB_EUSAGE, "say who approves: --role ROLE --by NAME",
                       "誰が承認したかを --role 役割 --by 氏名 で指定してください");
    const struct kb_plan *plan = NULL, *approved = NULL;
    struct kb_plan_target target = {.folder = NULL};
    int code = kb_cli_plan(cli, cli->args[0], &plan, err);
    if (!code)
        code = kb_plan_target(cli, cli->args[0], &target, err);
    if (!code)
        code = kb_place_refuse_media(cli, plan, target.folder, err);
    if (!code)
        code = write_approval(cli, plan, &target, &approved, err);
    if (!code)
        tell(cli, approved);
    return code;
}

const struct kb_cmd kb_cmd_approve = {
    .name = "approve",
    .arguments = "PLAN",
    .summary = {"計画の承認を、承認した内容のハッシュとともに計画と台帳に記録する",
                "record the approval of a plan, with the hash of what was approved"},
    .detail = {"PLAN  計画ファイル（YAML）。承認を書き込みます\n例: koboshi approve plan.yaml --role boss --by 山田\n",
               "PLAN  the plan, a YAML file; it gets the approval written into it\nExample: koboshi approve plan.yaml "
               "--role boss --by Yamada\n"},
    .options = KB_OPTS_ALWAYS | KB_OPT(ROLE) | KB_OPT(BY),
    .min_args = 1,
    .max_args = 1,
    .run = approve,
};
