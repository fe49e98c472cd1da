/* SPDX-License-Identifier: Apache-2.0 */
/* archive: compressing what the agent itself keeps. */
#pragma once

struct kb_err;

/* kb_compress(in, out, err): everything from descriptor `in` (from where it stands to its end) as one zstd frame with
 * checksum (RFC 8878) to `out`; memory does not grow with it. */
int kb_compress(int in, int out, struct kb_err *err);
