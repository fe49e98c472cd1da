/* SPDX-License-Identifier: Apache-2.0 */
/* How the approval of a plan is told. */
#include "cli.h"
#include "koboshi/arena.h"
#include "koboshi/ledger.h"
#include "koboshi/register.h"

static bool is_in_ledger(struct kb_cli *cli, const struct kb_plan *plan)
{
    struct kb_lines lines = {0};
    struct kb_err err = {0};
    return kb_ledger_exists(cli->ledger) && !kb_ledger_lines(cli->ledger, cli->arena, &lines, &err) &&
           kb_register_approved(&lines, plan);
}

json_t *kb_approval_json(struct kb_cli *cli, const struct kb_plan *plan)
{
    char now[KB_SHA256_HEX_SIZE];
    kb_sha256_hex(kb_plan_material_sha256(plan), now);
    const struct kb_approved *approved = plan->plan.approval ? plan->plan.approval->approved : NULL;
    json_t *json = json_pack("{s:s, s:s}", "state", kb_approval_names[kb_plan_approval(plan)], "material_sha256", now);
    if (approved)
        (void)json_object_set_new(json, "in_ledger", json_boolean(is_in_ledger(cli, plan)));
    if (approved)
        (void)json_object_set_new(json, "approved",
                                  json_pack("{s:s, s:s, s:s, s:s}", "role", approved->role, "by", approved->by, "date",
                                            approved->date, "material_sha256", approved->material_sha256));
    return json;
}

void kb_show_approval(struct kb_cli *cli, const struct kb_plan *plan)
{
    const struct kb_approved *approved = plan->plan.approval ? plan->plan.approval->approved : NULL;
    const struct kb_role *role = approved ? kb_plan_role(plan, approved->role) : NULL;
    const char *title = role && (role->title.ja || role->title.en) ? kb_pick(role->title, cli->lang)
                        : approved                                 ? approved->role
                                                                   : NULL;
    switch (kb_plan_approval(plan)) {
    case KB_APPROVAL_NEVER:
        kb_print(stdout, cli->lang, "never approved; koboshi approve %s --role … --by …\n",
                 "未承認の計画です。koboshi approve %s --role 役割 --by 氏名 で承認を記録します\n",
                 kb_printable(cli->arena, cli->args[0]));
        break;
    case KB_APPROVAL_CURRENT:
        kb_print(stdout, cli->lang, "approved on %s by %s (%s); objectives and procedures are as approved\n",
                 "承認済み: %s %s（%s）。目標・手順は承認時のままです\n", approved->date, approved->by, title);
        if (!is_in_ledger(cli, plan))
            kb_print(stdout, cli->lang, "  · this ledger has no line of that approval; koboshi approve writes one\n",
                     "  · この台帳には、その承認の記録がありません（koboshi approve で記録します）\n");
        break;
    case KB_APPROVAL_CHANGED:
        kb_print(stdout, cli->lang,
                 "changed since approval: what %s (%s) approved on %s is not what the plan says now; have it approved "
                 "again\n",
                 "承認後に変更あり: %s（%s）が %s "
                 "に承認した内容と、今の計画の目標・手順が違います。再度承認を受けてください\n",
                 approved->by, title, approved->date);
        break;
    }
}
