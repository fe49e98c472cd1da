/* SPDX-License-Identifier: Apache-2.0 */
/* --order: in which order the files of a folder are read. */
#include <string.h>

#include "cli.h"

int kb_cli_order(const struct kb_cli *cli, enum kb_order *ret_order, struct kb_err *err)
{
    const char *given = cli->option[KB_OPTION_ORDER];
    *ret_order = KB_ORDER_AUTO;
    for (int i = 0; given && kb_order_names[i]; i++)
        if (!strcmp(given, kb_order_names[i])) {
            *ret_order = (enum kb_order)i;
            return 0;
        }
    return given ? kb_fail(err, KB_EUSAGE, "--order takes auto, physical or names, not `%s`",
                           "--order は auto・physical・names のどれかです（`%s` は指定できません）",
                           kb_escape(cli->arena, given, strlen(given)))
                 : 0;
}
