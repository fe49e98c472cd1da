/* SPDX-License-Identifier: Apache-2.0 */
/* restore: which files a sampled drill restores, so that a stranger can draw the same sample again. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct kb_sample_seen;

/*
 * The lot of a file: the first 8 bytes, as a big-endian number, of
 *
 *     SHA-256(seed in decimal digits, LF, bytes of its path)
 *
 * where the path is that of the list of entries (without `./`), unescaped. It is drawn if lot * 100 < percent * 2^64.
 * In Python: int.from_bytes(sha256(b"%d\n" % seed + path).digest()[:8], "big") * 100 < percent << 64
 *
 * The lot goes by the path alone: the same for every format, order of reading and part of a chain. With one rate for
 * all sizes the expected share of the bytes is the percent asked for. What is taken without being drawn:
 *  - of each size class (kb_sample_class) the first file with content, in the order of the generation, while none of
 *    its class was taken: so the rare large files are not missed, and the smallest backup restores one file at least;
 *  - what checks and canaries name: `always` of the job;
 *  - a file of a later part of a chain whose path was restored from an earlier one.
 * The record names these (sample.also_taken). A path of a chain that was once left out stays out, unless something lies
 * in its place. A hard link is taken if the file it links to is; folders and symbolic links always are.
 *
 * Every file's lot is drawn as it comes by, also where a folder or a zip could be listed first: one rule for all, which
 * needs no sizes to be drawn again, and no second walk over the disk.
 */
uint64_t kb_sample_lot(int64_t seed, const char *path);
bool kb_sample_is_drawn(uint64_t lot, int64_t percent);

/* Up to 64 KiB, 1 MiB, 16 MiB, 256 MiB, larger, not known before it is read. */
enum { KB_SAMPLE_CLASSES = 6, KB_SAMPLE_ALSO_MAX = 100 };
/* kb_sample_class(size): 0 … KB_SAMPLE_CLASSES - 1; size KB_ABSENT: not known. */
int kb_sample_class(int64_t size);

/*
 * kb_sample_rest_ns(sample): how much longer the restore of everything would take, by what the files taken cost:
 *
 *     (files - files_taken) * file_ns / files_taken  +  (bytes - bytes_taken) * byte_ns / bytes_taken
 *
 * file_ns: making, closing and finding files again; byte_ns: writing and flushing content. Reading back is part of the
 * one of them that gives the longer rest. KB_ABSENT if nothing with content was taken. An estimate, rather too long
 * than too short: writing is counted as if it never went on beside reading.
 */
int64_t kb_sample_rest_ns(const struct kb_sample_seen *sample);
