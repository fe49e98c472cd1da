/* SPDX-License-Identifier: Apache-2.0 */
/* Where the content of files lies on the disk. It orders reads and nothing else: what is said here may be wrong. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A stretch of one file, [offset, end); those of a file follow one another from 0 to its size, so that holes, extents
 * that were never written, and whatever the file system does not tell belong to the stretch before them. */
struct kb_piece_placed {
    uint64_t at; /* physical, bytes */
    int64_t offset, end;
    uint8_t *bytes; /* of the sweep: read before its turn. malloc'd */
    uint32_t file;
    bool done; /* of the sweep */
};

struct kb_placement {
    struct kb_piece_placed *v; /* malloc'd */
    size_t n, room;
};
void kb_placement_free(struct kb_placement *placement);
/* kb_placement_room(n): bytes that n pieces take while they wait. */
size_t kb_placement_room(size_t n);

/* One extent as a file system tells it (linux/fiemap.h), in bytes. */
struct kb_placed {
    uint64_t logical, physical, length;
    bool no_data; /* never written: reading it costs nothing */
};
/* kb_placement_add(placement, file, size, extents, n): extents in any order, which may overlap, lie behind the end of
 * the file or nowhere; at least one piece, also of an empty file. Neighbours are joined. */
void kb_placement_add(struct kb_placement *placement, uint32_t file, int64_t size, const struct kb_placed *extents,
                      size_t n);

enum { KB_PLACED_MAX = 65536 }; /* extents asked of one file: 8 GiB in pieces of 128 KiB */
/* kb_placement_ask(fd, ret_extents): how many, malloc'd; -1: this file system does not tell. Nothing is flushed for it
 * (no FIEMAP_FLAG_SYNC): what we mount ourselves is read-only. */
long kb_placement_ask(int fd, struct kb_placed **ret_extents);
