/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a changed plan back into its file. */
#pragma once

#include <limits.h>
#include <sys/stat.h>

#include "cli.h"

/* The file itself, where a link leads to it. */
struct kb_plan_target {
    char path[PATH_MAX];
    const char *folder, *name;
    struct stat st;
};

/* kb_plan_target(cli, given, target, err): KB_EPERM for a plan that is read-only. */
int kb_plan_target(struct kb_cli *cli, const char *given, struct kb_plan_target *target, struct kb_err *err);

/* kb_plan_write(cli, plan, target, text, n, err): these bytes in place of those that were loaded, with the same mode
 * and owner. KB_EIO if somebody else has changed the file since. */
int kb_plan_write(struct kb_cli *cli, const struct kb_plan *plan, const struct kb_plan_target *target, const char *text,
                  size_t n, struct kb_err *err);
