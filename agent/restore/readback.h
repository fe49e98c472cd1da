/* SPDX-License-Identifier: Apache-2.0 */
/* Restored files read from the disk and compared, by several threads. */
#pragma once

#include <stddef.h>

#include "items.h"

/* One that is not as it was written. */
struct kb_reread_wrong {
    size_t index; /* in files */
    int cause;    /* errno: it could not be read; 0: what follows */
    int64_t size;
    struct kb_sha256 digest;
};

struct kb_readback {
    int root; /* the scratch folder */
    struct kb_item *const *files;
    size_t n, threads;
    void *owner;
    /* progress: from one thread at a time */
    void (*progress)(void *owner, const char *path, int64_t files, int64_t bytes);
    /* what comes of it */
    int64_t read, bytes;           /* files read to their end, their bytes */
    int64_t unlisted;              /* of these, equal to what was written but not to the manifest */
    struct kb_reread_wrong *wrong; /* by index; the caller frees */
    size_t n_wrong;
};

/* kb_readback_run(back): reads them all, every byte, page cache dropped where possible. */
void kb_readback_run(struct kb_readback *back);
