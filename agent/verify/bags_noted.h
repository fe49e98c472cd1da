/* SPDX-License-Identifier: Apache-2.0 */
/* The bags of a generation and, of an archive, what was noted down for them. */
#pragma once

#include "bags.h"
#include "koboshi/archive.h"
#include "koboshi/arena.h"

/* One entry of an archive that may hold a bag. */
struct kb_note {
    struct kb_entry entry; /* names in kb_bags.arena */
    int64_t size;          /* of the content */
    bool whole;
    const uint8_t *digests; /* SHA-256, and those of kb_bags.kinds in the order of their kinds */
};

/* A tag file of an archive. */
struct kb_kept {
    const char *path; /* NULL: none is being kept */
    uint8_t *bytes;
    size_t n, room;
    size_t order; /* among those kept */
    bool cut;     /* not as it is in the archive: with holes, or not whole */
};

struct kb_bags {
    struct kb_tally *tally;
    struct kb_names *names; /* that decode manifests */
    size_t n;
    struct kb_bag **v; /* by prefix; none lies in another */
    unsigned kinds;
    /* of an archive */
    bool noting, full;
    struct kb_arena *arena;
    struct kb_note *notes;
    size_t n_notes, notes_room;
    struct kb_kept *kept;
    size_t n_kept, kept_room, kept_bytes;
    struct kb_kept keeping;
};

/* kb_bags_new(names, tally): none yet. */
struct kb_bags *kb_bags_new(struct kb_names *names, struct kb_tally *tally);
/* kb_bags_add(bags, source, base): one more, if it is a bag; in the order of their names. */
void kb_bags_add(struct kb_bags *bags, const struct kb_bag_source *source, const char *base);
