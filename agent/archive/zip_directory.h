/* SPDX-License-Identifier: Apache-2.0 */
/* The directory at the end of a zip: found, walked, put into the order of the file, cut into slices for libarchive. */
#pragma once

#include "koboshi/extents.h"
#include "zip_header.h"

struct kb_reader;

/* One line of the directory. The sizes are the directory's, UINT32_MAX if they are more. */
struct kb_zip_place {
    int64_t local; /* where its local header begins in the file */
    int64_t at;    /* where the line itself begins */
    uint32_t packed, size;
};

/* Not changed once it is loaded: several readers share it. */
struct kb_zip {
    const struct kb_extents *extents;
    int64_t base;  /* byte of the file that the zip counts as its first: what stands before is not part of it */
    int64_t start; /* of the directory in the file */
    int64_t end;   /* of its last line */
    size_t n;
    struct kb_zip_place *v; /* by `local` */
    size_t n_slices;
    size_t *slices; /* index of the first entry of each, and n behind the last */
};

/*
 * What libarchive is given to read: the file as it is up to the directory, then a directory of this slice alone. So its
 * memory does not grow with the archive, and several readers share the work without each walking all entries.
 */
struct kb_zip_view {
    size_t at, end;     /* index of the slice; behind the last one that this reader is to read */
    size_t first;       /* index of the first entry in tail: that of the slice, or behind one that is damaged */
    size_t behind;      /* index behind the last entry in tail: the slice may have more */
    size_t record;      /* index of the entry that is read */
    unsigned lost;      /* entries of this slice that could not be opened */
    bool closed;        /* libarchive is to be put on `record` */
    bool apart;         /* content of `record` is inflated here, not by libarchive */
    bool nothing;       /* so is this, which is an LZMA stream without content: */
    int64_t nothing_at; /* its place, packed size and CRC-32 */
    size_t nothing_n;
    uint32_t nothing_crc;
    bool inside;   /* it was handed on */
    uint8_t *tail; /* the directory of the slice and its end records */
    size_t n_tail, room;
    size_t *lines;              /* where each entry's line begins in tail, then where the end records begin */
    int64_t content_end;        /* of the current entry, -1: its local header could not be read */
    struct kb_zip_header local; /* of the current entry; its name is gone */
    uint8_t *window;            /* a piece of the file around what was asked for last */
    int64_t window_at;
    size_t n_window;
    int64_t read_at; /* what libarchive read last: n_read bytes of the file from here on are in the reader's buffer */
    int64_t n_read;
    int64_t reached; /* byte of the file up to which content was read */
};

/* kb_zip_load(reader): NULL: there is none that can be read, which is told; so is all that is wrong with it. */
struct kb_zip *kb_zip_load(struct kb_reader *reader);
void kb_zip_free(struct kb_zip *zip);
/* kb_zip_is_there(extents): it ends like a zip whose directory is where it should be, whatever it begins with. */
bool kb_zip_is_there(const struct kb_extents *extents);

/* kb_zip_peek(reader, at, want, ret_n): bytes of the file at this place, valid until the next call: `want` of them,
 * less only where it ends or cannot be read, then errno says why. */
const uint8_t *kb_zip_peek(struct kb_reader *reader, int64_t at, size_t want, size_t *ret_n);
enum { KB_ZIP_LINE_MAX = KB_ZIP_CENTRAL_BYTES + 3 * KB_ZIP_FIELD_MAX };
/* kb_zip_line(reader, place, ret_header): a line of the directory out of the file; false: it cannot be read any more.
 */
bool kb_zip_line(struct kb_reader *reader, const struct kb_zip_place *place, struct kb_zip_header *ret_header);

/* kb_zip_turn(reader, at, end): slices [at, end) are read next. kb_zip_next(reader): as kb_reader_next. What is
 * damaged is told and passed over. */
void kb_zip_turn(struct kb_reader *reader, size_t at, size_t end);
int kb_zip_next(struct kb_reader *reader);

/* kb_zip_nothing_begin(reader, line, content): the content of reader->entry is none, packed by LZMA at this byte of the
 * file; false: it is not. kb_zip_nothing_block(reader): 0, -1 it is damaged (told). */
bool kb_zip_nothing_begin(struct kb_reader *reader, const struct kb_zip_header *line, int64_t content);
int kb_zip_nothing_block(struct kb_reader *reader);

/* kb_zip_block(reader, …): content of an entry that libarchive does not give, as kb_reader_block. */
int kb_zip_block(struct kb_reader *reader, const void **ret_bytes, size_t *ret_n, int64_t *ret_offset);

/* kb_zip_open_view(reader): makes the view from view.record to the end of its slice, or as far as there is room; false:
 * the directory cannot be read any more (told). */
bool kb_zip_open_view(struct kb_reader *reader);
/* The view as bytes, from position on: > 0 how many, 0 the end, -1 errno says why they could not be read. */
ssize_t kb_zip_view_read(struct kb_reader *reader, int64_t position, const void **ret_bytes);
int64_t kb_zip_view_size(const struct kb_reader *reader);

/* kb_zip_entry(reader, ret_utf8): raw name of the entry whose local header was just read by libarchive, into
 * reader->entry. kb_zip_name(reader): of one whose local header it could not use, by the directory. */
bool kb_zip_entry(struct kb_reader *reader, bool *ret_utf8);
void kb_zip_name(struct kb_reader *reader);
/* kb_zip_judge(reader): once it is filled: local header against directory. false: nothing of it may be read (told). */
bool kb_zip_judge(struct kb_reader *reader);
/* kb_zip_leave(reader): looks at what stands between the entry that was handed on and the next one, and goes there.
 * kb_zip_front(reader): at what stands before the first. */
void kb_zip_leave(struct kb_reader *reader);
void kb_zip_front(struct kb_reader *reader);
