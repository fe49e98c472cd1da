/* SPDX-License-Identifier: Apache-2.0 */
/* archive: compressing what the agent itself keeps. */
#pragma once

#include <stdint.h>

struct kb_err;

/* kb_compress(in, out, err): everything from descriptor `in` (from where it stands to its end) as one zstd frame with
 * checksum (RFC 8878) to `out`; memory does not grow with it. */
int kb_compress(int in, int out, struct kb_err *err);
/* kb_decompress(in, out, max, err): the frames of `in` (from where it stands) to `out`, at most max bytes and windows
 * of 128 MiB (what zstd takes unasked). KB_ELEDGER if they are damaged, cut short, or more. */
int kb_decompress(int in, int out, int64_t max, struct kb_err *err);
