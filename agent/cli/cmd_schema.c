/* SPDX-License-Identifier: Apache-2.0 */
/* koboshi schema: the plan's JSON Schema, for editors. */
#include "cli.h"
#include "koboshi/arena.h"

static int schema(struct kb_cli *cli, struct kb_err *err)
{
    (void)err;
    KB_SCOPED_JSON json = kb_plan_schema(cli->lang);
    size_t n = 0;
    (void)puts(kb_json_dump(cli->arena, json, JSON_INDENT(2), &n));
    return 0;
}

const struct kb_cmd kb_cmd_schema = {
    .name = "schema",
    .arguments = "",
    .summary = {"計画のJSON Schema（エディタの補完用）を表示する", "print the plan's JSON Schema, for editors"},
    .detail = {"例: koboshi schema > koboshi-plan.schema.json\n",
               "Example: koboshi schema > koboshi-plan.schema.json\n"},
    .options = KB_OPTS_ALWAYS,
    .run = schema,
};
