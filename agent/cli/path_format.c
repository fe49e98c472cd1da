/* SPDX-License-Identifier: Apache-2.0 */
/* What a plain path is taken for. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"
#include "koboshi/arena.h"

enum { NOT_GIVEN = -1 };

int kb_cli_format_given(const struct kb_cli *cli, int *ret_format, struct kb_err *err)
{
    const char *given = cli->option[KB_OPTION_FORMAT];
    *ret_format = NOT_GIVEN;
    for (int i = 0; given && kb_format_names[i]; i++)
        if (!strcmp(kb_format_names[i], given))
            *ret_format = i;
    return given && *ret_format == NOT_GIVEN ? kb_fail(err, KB_EUSAGE, "--format takes archive, tree or file, not `%s`",
                                                       "--format は archive・tree・file です（`%s` は指定できません）",
                                                       kb_escape(cli->arena, given, strlen(given)))
                                             : 0;
}

int kb_cli_format(const struct kb_cli *cli, const char *path, enum kb_format *ret_format, struct kb_err *err)
{
    int given = NOT_GIVEN, code = kb_cli_format_given(cli, &given, err);
    const char *shown = kb_escape(cli->arena, path, strlen(path));
    struct stat st;
    if (code)
        return code;
    if (stat(path, &st))
        return kb_fail(err, kb_code_of_errno(errno), "%s: %s", "%s: %s", shown, strerror(errno));
    bool folder = S_ISDIR(st.st_mode);
    if (given != NOT_GIVEN && folder != (given == KB_FORMAT_TREE))
        return kb_fail(err, KB_EUSAGE, "%s is a %s, which --format %s does not fit",
                       "%1$s に --format %3$s は使えません（%2$s）", shown, folder ? "folder" : "file",
                       kb_format_names[given]);
    *ret_format = given != NOT_GIVEN ? (enum kb_format)given : folder ? KB_FORMAT_TREE : KB_FORMAT_ARCHIVE;
    return 0;
}
