/* SPDX-License-Identifier: Apache-2.0 */
/* The pass over a generation that is one file. */
#pragma once

#include <sys/stat.h>

#include "tally.h"

struct kb_stream_params {
    int fd;
    struct stat st;
    const char *name; /* base name */
    struct kb_names *names;
};

/* kb_stream_run(params, tally, ret_digest, err): 1 the file was read whole and *ret_digest is its SHA-256, 0 it was not
 * (told), < 0 a fault. Fills detected, bytes_read, proof.structure and the caveats about what the format cannot show.
 */
int kb_stream_run(const struct kb_stream_params *params, struct kb_tally *tally, struct kb_sha256 *ret_digest,
                  struct kb_err *err);
