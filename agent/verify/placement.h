/* SPDX-License-Identifier: Apache-2.0 */
/* The content of files as it lies on the disk (koboshi/placed.h). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "koboshi/placed.h"

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

/* kb_placement_add(placement, file, size, extents, n): extents in any order, which may overlap, lie behind the end of
 * the file or nowhere; at least one piece, also of an empty file. Neighbours are joined. */
void kb_placement_add(struct kb_placement *placement, uint32_t file, int64_t size, const struct kb_placed *extents,
                      size_t n);
