/* SPDX-License-Identifier: Apache-2.0 */
/* A parcel: some entries, or a stretch of one large content, on their way from who reads them to who judges them. */
#pragma once

#include "koboshi/arena.h"
#include "koboshi/reader.h"
#include "koboshi/ring.h"
#include "tally.h"

enum {
    KB_PARCEL_BYTES = 512 << 10, /* of content, from which on it is closed */
    KB_PARCEL_COPY = 256 << 10,  /* room for content that lies in no block */
    KB_PARCEL_PIECES = 512,
    KB_PARCEL_FILES = 128,       /* each takes a struct kb_content */
    KB_PARCEL_NAMES = 128 << 10, /* bytes of names and words, from which on it is closed */
    KB_PARCEL_BLOCKS = 2,        /* of a ring, kept until it was judged */
    KB_PARCEL_LARGE = 256 << 10, /* a content of this size has parcels of its own: two large ones do not wait */
};

enum kb_piece_kind { KB_PIECE_ENTRY, KB_PIECE_DATA, KB_PIECE_END, KB_PIECE_FLAW };

/* Content, as kb_tally_data takes it. */
struct kb_piece_data {
    int64_t offset;
    const uint8_t *bytes;
    size_t n;
};

struct kb_piece {
    enum kb_piece_kind kind;
    bool beyond; /* DATA: it reaches a limit: it is judged, but nothing is done with its bytes */
    union {
        const struct kb_entry *entry;
        struct kb_piece_data data;
        struct kb_content *content; /* END: measured by kb_parcel_measure, but `whole` */
        const struct kb_reader_flaw *flaw;
    };
};

/* Filled by one thread, measured by another, judged by a third. */
struct kb_parcel {
    size_t n, n_files, names, bytes, n_blocks, copied;
    bool continues; /* it begins within a content; the gauge comes from the parcel before */
    bool open;      /* it ends within a content */
    bool turn_ends; /* the next parcel in order comes from another lane (lanes.h) */
    struct kb_piece pieces[KB_PARCEL_PIECES];
    struct kb_block *blocks[KB_PARCEL_BLOCKS];
    struct kb_arena *arena;
    uint8_t *copy;               /* KB_PARCEL_COPY bytes once they are needed */
    struct kb_content *contents; /* KB_PARCEL_FILES, the same */
    /* of whoever carries it (lanes.c) */
    struct kb_parcel *next;
    struct kb_gauge *gauge;
    int state;
};

struct kb_parcel *kb_parcel_new(void);
void kb_parcel_free(struct kb_parcel *parcel);
/* kb_parcel_clear(parcel): empty again, its blocks given back. */
void kb_parcel_clear(struct kb_parcel *parcel);

/* What is added is copied, content too unless it lies in a block. kb_parcel_has_room(parcel): for a flaw, an entry and
 * its end. kb_parcel_has_room_for(parcel, block): for content of this block, NULL: of none. */
bool kb_parcel_has_room(const struct kb_parcel *parcel);
bool kb_parcel_has_room_for(const struct kb_parcel *parcel, const struct kb_block *block);
void kb_parcel_add_entry(struct kb_parcel *parcel, const struct kb_entry *entry);
/* kb_parcel_add_data(parcel, data, block, beyond): how many of its bytes were taken: all of a block's, else as many as
 * fit. */
size_t kb_parcel_add_data(struct kb_parcel *parcel, const struct kb_piece_data *data, struct kb_block *block,
                          bool beyond);
void kb_parcel_add_end(struct kb_parcel *parcel, bool whole);
void kb_parcel_add_flaw(struct kb_parcel *parcel, const struct kb_reader_flaw *flaw);

/* kb_parcel_measure(parcel, gauge): all contents in it. The gauge is that of the parcel before if it continues one,
 * and within a content afterwards if it is open. */
void kb_parcel_measure(struct kb_parcel *parcel, struct kb_gauge *gauge);
/* kb_parcel_judge(parcel, in_entry, tally, err): hands its pieces to the tally, until that stops. in_entry: kept
 * between parcels by the caller, at first false. 0, < 0 a fault. */
int kb_parcel_judge(const struct kb_parcel *parcel, bool *in_entry, struct kb_tally *tally, struct kb_err *err);
