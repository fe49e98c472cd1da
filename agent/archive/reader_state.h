/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the reader share. */
#pragma once

#include <locale.h>

#include <archive.h>
#include <archive_entry.h>

#include "ahead.h"
#include "detect.h"
#include "feed.h"
#include "koboshi/reader.h"
#include "zip_directory.h"
#include "zip_inflate.h"

enum kb_reader_mode { KB_READER_STOPPED, KB_READER_SINGLE, KB_READER_STREAM, KB_READER_SEEK, KB_READER_PROGRAM };

struct kb_reader {
    struct kb_reader_params params;
    enum kb_reader_mode mode;
    enum kb_container container;
    const struct kb_codec *codec;
    struct kb_decoder *decoder;  /* NULL: nothing is compressed, or it is ahead's */
    struct kb_ahead *ahead;      /* NULL: nothing is decoded on another thread */
    struct kb_feed outer, inner; /* the file; what the decoder made of it */
    struct kb_feed *feed;        /* the one of the two that holds the content */
    struct archive *archive;
    struct kb_seven_zip *program; /* PROGRAM */
    locale_t locale;              /* how libarchive is to see names */
    int64_t position;             /* SEEK: of the next pread */
    struct kb_zip *zip;           /* its directory; the reader's own unless `borrowed` */
    bool borrowed;
    struct kb_zip_view view;        /* what libarchive sees of a zip */
    struct kb_zip_inflate *inflate; /* of a zip; NULL: not needed yet */
    const struct kb_entry *lost;    /* what is told concerns this one, which cannot be opened; else NULL */
    uint8_t *buffer;                /* SEEK */
    struct kb_arena *arena;         /* of the current entry */
    int64_t entries;
    int64_t offset;   /* SINGLE, PROGRAM: content handed on */
    uint8_t *listing; /* of a folder in an incremental tar */
    bool crowded;     /* the arena holds a long one */
    unsigned skipped; /* entries whose header could not be used */
    bool whole;
    struct kb_entry entry;
};

/* kb_entry_fill(reader, from, utf8): reader->entry out of libarchive's; utf8: the name is known to be UTF-8. */
void kb_entry_fill(struct kb_reader *reader, struct archive_entry *from, bool utf8);

/* kb_reader_tell(reader, in_entry, rule, expected, found): tells a flaw. */
void kb_reader_tell(struct kb_reader *reader, bool in_entry, enum kb_rule_id rule, struct kb_text expected,
                    struct kb_text found);
/* kb_reader_tell_of(reader, entry, …): the same of an entry that is not being read; NULL: of the whole. */
void kb_reader_tell_of(struct kb_reader *reader, const struct kb_entry *entry, enum kb_rule_id rule,
                       struct kb_text expected, struct kb_text found);

/* kb_reader_pull(reader, ret_bytes): the next content bytes, as kb_source.next, within the ratio of limits.h. */
ssize_t kb_reader_pull(struct kb_reader *reader, const void **ret_bytes);
/* kb_reader_begin(reader): finds out what it is and opens libarchive for it; sets the mode. */
void kb_reader_begin(struct kb_reader *reader);
/* kb_reader_header(reader): the next header into reader->entry; ARCHIVE_OK, also where libarchive warns, else its code.
 */
int kb_reader_header(struct kb_reader *reader);
/* kb_reader_open_archive(reader): libarchive on what the mode says; of a zip, its view. false:
 * told, and the mode is STOPPED. */
bool kb_reader_open_archive(struct kb_reader *reader);
/* The reader of encrypted 7z, as kb_reader_begin, kb_reader_next and kb_reader_block use it. */
void kb_seven_zip_begin(struct kb_reader *reader);
int kb_seven_zip_entry(struct kb_reader *reader);
int kb_seven_zip_block(struct kb_reader *reader, const void **ret_bytes, size_t *ret_n, int64_t *ret_offset);
/* kb_dumpdir_fill(reader): what an incremental tar says of the folder that is reader->entry. 0, or -1: its bytes could
 * not be read (told). */
int kb_dumpdir_fill(struct kb_reader *reader);
/* kb_reader_tell_unreadable(reader, at): this byte of the file cannot be read; errno says why. */
void kb_reader_tell_unreadable(struct kb_reader *reader, int64_t at);
/* kb_reader_blame(reader, in_entry): tells the flaw behind libarchive's last error. */
void kb_reader_blame(struct kb_reader *reader, bool in_entry);
