/* SPDX-License-Identifier: Apache-2.0 */
/* Loading the plan a verb was given, and showing what is wrong with it. */
#include "cli.h"
#include "koboshi/arena.h"

json_t *kb_cli_mistakes(const struct kb_diags *diags)
{
    json_t *list = json_array();
    for (size_t i = 0; diags && i < diags->list.n; i++) {
        const struct kb_diag *diag = &diags->list.v[i];
        (void)json_array_append_new(list,
                                    json_pack("{s:i, s:i, s:s, s:s}", "line", diag->line, "column", diag->column, "ja",
                                              kb_pick(diag->text, KB_JA), "en", kb_pick(diag->text, KB_EN)));
    }
    return list;
}

int kb_cli_plan(struct kb_cli *cli, const char *path, const struct kb_plan **ret_plan, struct kb_err *err)
{
    const struct kb_diags *diags = NULL;
    int code = kb_plan_load(path, cli->arena, ret_plan, &diags, err);
    cli->diags = diags;
    if (code == KB_EPLAN && diags)
        kb_diags_print(stderr, diags, path, diags->source, diags->source_n, cli->lang,
                       cli->terminal && !cli->option[KB_OPTION_NO_COLOR]);
    if (code)
        return code;
    if (!cli->lang_given)
        cli->lang = (enum kb_lang)(*ret_plan)->plan.language;
    return kb_zone_use((*ret_plan)->plan.timezone, err);
}
