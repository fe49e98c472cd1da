/* SPDX-License-Identifier: Apache-2.0 */
/* SHA256SUMS of a record folder (GNU coreutils format: 64 digits, two spaces, name, newline). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "koboshi/digest.h"

struct kb_arena;
struct kb_err;

/* "000042" */
const char *kb_drill_folder(struct kb_arena *arena, long long drill);

struct kb_sum {
    char hex[KB_SHA256_HEX_SIZE];
    const char *name; /* record.json, plan.yaml, events.jsonl, or ../../objects/<hex>.zst */
};
/* kb_sums_next(at, end, arena, ret_sum): one line from *at on. 1 item, 0 end, -1: a line that does not belong into a
 * record. */
int kb_sums_next(const char **at, const char *end, struct kb_arena *arena, struct kb_sum *ret_sum);

/* kb_file_sha256(dirfd, name, ret_digest): 0, or -1 with errno (ENOENT: missing). Follows no final symlink, reads only
 * regular files. */
int kb_file_sha256(int dirfd, const char *name, struct kb_sha256 *ret_digest);
