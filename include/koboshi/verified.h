/* SPDX-License-Identifier: Apache-2.0 */
/* core: which files of a generation were verified when, so that the next run can begin with the oldest. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A file of the state folder: KB_VERIFIED_HEAD_BYTES of head (KB_VERIFIED_MAGIC, then the SHA-256 of the manifest that
 * was compared with, zeros for none), then records of KB_VERIFIED_BYTES in any order. It may be deleted at any time and
 * is no evidence: what is missing from it is verified again. Numbers are little endian.
 */
#define KB_VERIFIED_MAGIC "KBSEEN1\n"
enum { KB_VERIFIED_HEAD_BYTES = 40, KB_VERIFIED_BYTES = 48, KB_VERIFIED_PRINT = 16 };

/* One file as it was when it was read whole, and equal to its line of the manifest if it has one. */
struct kb_verified {
    uint8_t print[KB_VERIFIED_PRINT]; /* first half of the SHA-256 of its path */
    int64_t size, mtime_ns;
    uint64_t inode;
    int64_t when; /* UTC seconds. KB_VERIFIED_ALL: not a file: all that was there has been told, the rest is gone */
};
enum { KB_VERIFIED_ALL = -1 };

void kb_verified_write(const struct kb_verified *verified, uint8_t ret_bytes[KB_VERIFIED_BYTES]);
void kb_verified_read(const uint8_t bytes[KB_VERIFIED_BYTES], struct kb_verified *ret_verified);
/* kb_verified_order(a, b): for qsort: by print; of one print the one verified last is first. */
int kb_verified_order(const void *a, const void *b);
/* kb_verified_sort(v, n): sorted, each print once; how many are left. What is from after `now` or before 0 is dropped.
 */
size_t kb_verified_sort(struct kb_verified *v, size_t n, int64_t now);
