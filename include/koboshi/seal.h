/* SPDX-License-Identifier: Apache-2.0 */
/* verify: writes the manifest that a later pass compares with. */
#pragma once

#include "koboshi/job.h"

struct kb_arena;
struct kb_err;

struct kb_seal {
    const char *path; /* absolute: a folder or a file */
    const char *skip; /* path below the folder that is left out: the manifest itself, and its older edition; NULL: none */
    int out_fd;
};

/*
 * kb_seal(params, reporter, arena, ret_result, err): one GNU checksum line per file, in the order of the names' bytes, paths
 * relative to the folder (for a file: its base name); `sha256sum -c` reads them there. Symbolic links are not followed and not
 * listed. Anything that could not be read, and nothing at all, is a fault: half a manifest is worse than none. Findings (names
 * with control characters and the like) go to the reporter as well.
 */
int kb_seal(const struct kb_seal *params, const struct kb_reporter *reporter, struct kb_arena *arena,
            struct kb_set_result *ret_result, struct kb_err *err);
