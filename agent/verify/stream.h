/* SPDX-License-Identifier: Apache-2.0 */
/* The pass over one stream: a file, or the segments of one. */
#pragma once

#include "koboshi/reader.h"
#include "tally.h"

struct kb_stream_params {
    const struct kb_extents *extents;
    int64_t mtime_ns;
    const char *name; /* base name */
    struct kb_names *names;
    unsigned digests;               /* bits of further digests (digest.h), of all bytes and of each extent */
    struct kb_digests *ret_digests; /* one per extent, for those who ask; NULL: not wanted */
};

struct kb_stream_result {
    bool read;                 /* every byte came; the digests are theirs */
    bool entries;              /* every entry was seen, and the archive is sound as far as it goes */
    struct kb_digests digests; /* of all bytes */
    struct kb_reader_facts facts;
};

/* kb_stream_run(params, tally, ret_result, err): 0, < 0 a fault; what is wrong is told. Adds to bytes_read of the
 * tally's result. */
int kb_stream_run(const struct kb_stream_params *params, struct kb_tally *tally, struct kb_stream_result *ret_result,
                  struct kb_err *err);
