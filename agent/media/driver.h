/* SPDX-License-Identifier: Apache-2.0 */
/* Which driver reads which file system, and how it is told not to write one bit. */
#pragma once

#include <stddef.h>

#include "koboshi/text.h"

struct kb_driver {
    const char *fs_type; /* as libblkid spells it */
    const char *name;    /* for the kernel and for the record: "ntfs3", "ntfs-3g" */
    const char *options;
    const char *program;           /* a FUSE program, absolute path; NULL: the kernel mounts it */
    const char *stay[3];           /* its options for not going into the background, NULL-terminated */
    const char *package;           /* of Debian, that brings the driver; NULL: every kernel of Debian has it */
    const struct kb_text *reasons; /* what its exit statuses mean, from first_reason on; NULL: nothing */
    size_t n_reasons;
    int first_reason;
};

/* kb_driver_next(fs_type, after): the drivers of a file system in the order in which they are tried; after = NULL
 * begins. NULL at the end. */
const struct kb_driver *kb_driver_next(const char *fs_type, const struct kb_driver *after);
