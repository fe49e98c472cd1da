/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a pass, for kb_seal. */
#pragma once

#include <sys/stat.h>

#include "koboshi/verify.h"

struct kb_pass {
    const struct kb_job_set *set;
    int fd, manifest_fd;
    int cause, manifest_cause; /* errno of what could not be opened */
    struct stat st;
    const char *name; /* base name of the generation */
    const char *skip; /* tree: path that is left out */
    struct kb_names *names;
};
