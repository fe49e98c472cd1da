/* SPDX-License-Identifier: Apache-2.0 */
/* archive: reads one generation as entries: formats and filters from explicit lists, all else refused by name. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "koboshi/archive.h"
#include "koboshi/budgets.h"
#include "koboshi/extents.h"

struct kb_arena;
struct kb_block;

/*
 * Accepted: tar (v7, ustar, pax, GNU), cpio, zip (by its central directory), 7z; around tar and cpio one of gzip,
 * bzip2, xz, lzma, zstd, lz4. A single file (format: file) is opaque, or one filter is removed from it.
 *
 * The filters are decoded here, not by libarchive: its gzip reader never looks at the CRC-32 and length of a member
 * (3.6.2: a flipped byte in a .tar.gz reads without error), and what follows the last member is dropped silently.
 * libarchive gets the decoded bytes and only parses formats.
 *
 * The end of a tar: libarchive takes the end of the input for the end of the archive. The reader compares where the
 * last header was looked for (archive_read_header_position) with where libarchive stopped (archive_filter_bytes): less
 * than two blocks of 512 zero bytes in between is no end mark (POSIX pax, "ustar Interchange Format"). All that follows
 * is read on, so that the filter's own check is made to its end; bytes other than zero there are trailing data.
 *
 * A zip says everything twice, in its directory and at each entry (PKWARE APPNOTE 6.3.9), and programs differ in what
 * they follow. The fixed records are compared: names, sizes, CRC-32, method, encryption, places, counts; what lies
 * between entries is looked through. libarchive is given the directory in slices of some neighbouring entries. Content
 * is libarchive's too, but deflate that is not encrypted: that is ISA-L's, held against sizes and CRC-32 of the
 * directory.
 *
 * zip and 7z need their directory at the end of the file, so they are read by pread(2) from the same descriptors while
 * the sequential read goes to the whole-file digest.
 */

/* Where the bytes come from. */
struct kb_source {
    void *owner;
    /* next: the following bytes in order, valid until the next call: > 0 how many, 0 the end, -1 they could not be read
     * (the owner reports why). */
    ssize_t (*next)(void *owner, const void **ret_bytes);
    /* block: which holds what `next` gave last; NULL: none, or it is not known */
    struct kb_block *(*block)(void *owner);
    const struct kb_extents *extents; /* the same bytes, for zip and 7z; only pread(2) is used */
};

/* What is wrong with the archive; becomes a finding. Texts live as long as the call of the flaw function. */
struct kb_reader_flaw {
    enum kb_rule_id rule;
    struct kb_text expected, found;
    bool in_entry;                /* it concerns the entry that is being read, not the whole */
    const struct kb_entry *entry; /* it concerns this one, which is not being read (yet, or any more); NULL: none */
};

struct kb_reader_params {
    struct kb_source source;
    const char *name;       /* base name of the generation: its suffix promises a filter */
    enum kb_format format;  /* KB_FORMAT_ARCHIVE or KB_FORMAT_FILE */
    bool unpack;            /* FILE: remove the one filter */
    const char *as;         /* FILE: name of the entry; NULL: name, without the filter's suffix when unpacking */
    int64_t mtime_ns;       /* FILE: of the generation */
    const char *passphrase; /* opens encrypted entries of a zip; NULL: they stay closed */
    size_t ahead; /* blocks of KB_RING_SLOT_BYTES that may be decoded ahead, on a thread of its own, which calls
                   * source.next; 0: no such thread. What is told is the same */
    const struct kb_budgets *budgets; /* must live as long; NULL: the usual ones */
    size_t threads; /* that may decode at a time; 0: as many as there are processors. Findings are the same */
    bool dumpdirs;  /* fill `dumped` of the folders in an incremental tar */
    struct kb_names *names;
    void *owner;
    void (*flaw)(void *owner, const struct kb_reader_flaw *flaw);
};

struct kb_reader;

/* kb_reader_open(params): copies params; never fails: what is wrong is told by the first kb_reader_next. */
struct kb_reader *kb_reader_open(const struct kb_reader_params *params);
void kb_reader_close(struct kb_reader *reader);

/* kb_reader_is_sequential(reader): false: nothing more is asked of source.next (zip and 7z are read by pread, and a
 * refused file not at all). */
bool kb_reader_is_sequential(const struct kb_reader *reader);

/* kb_reader_next(reader, ret_entry): 1 entry, 0 the end was reached, -1 stopped: a flaw or the source has said why.
 * Content that was not asked for is skipped. */
int kb_reader_next(struct kb_reader *reader, const struct kb_entry **ret_entry);

/* kb_reader_block(reader, …): 1 a block of this entry's content at this offset (what lies between blocks are holes), 0
 * its end, -1 it could not be read whole (a flaw was told); kb_reader_next may still be asked. */
int kb_reader_block(struct kb_reader *reader, const void **ret_bytes, size_t *ret_n, int64_t *ret_offset);

/*
 * A zip can be read by several readers, each on its own thread: its directory is cut into slices, some neighbouring
 * entries each, in the order of the file. kb_reader_slices(reader): how many; 0: it cannot be read so. What concerns
 * the whole was told when `first` was opened.
 */
size_t kb_reader_slices(const struct kb_reader *reader);
/* kb_reader_open_beside(first, owner, flaw): a further reader of the same zip; first must live longer. */
struct kb_reader *kb_reader_open_beside(const struct kb_reader *first, void *owner,
                                        void (*flaw)(void *owner, const struct kb_reader_flaw *flaw));
/* kb_reader_turn(reader, slice): kb_reader_next gives the entries of this slice, then 0. The slice before was read to
 * its end, or the rest of it is not wanted. */
void kb_reader_turn(struct kb_reader *reader, size_t slice);
/* kb_reader_place(reader): byte of the file up to which it has read in this slice. */
int64_t kb_reader_place(const struct kb_reader *reader);

/* kb_reader_lies_in(reader, bytes, n): the block that holds what kb_reader_block gave last, until the next call unless
 * it is kept (ring.h); NULL: it lies in none and is gone with the next call. */
struct kb_block *kb_reader_lies_in(const struct kb_reader *reader, const void *bytes, size_t n);

/* What was found out about the whole; complete once kb_reader_next has given 0 or -1. */
struct kb_reader_facts {
    const char *format;   /* "tar", "cpio", "zip", "7z"; NULL: none (a single file) or not recognised */
    const char *filter;   /* "gzip" …; NULL: none */
    bool whole;           /* read to its proper end, nothing in it was broken */
    bool content_checked; /* every content byte is covered by a checksum of format or filter */
    bool members;         /* the filter allows members one after another: a cut between two cannot be seen */
};
struct kb_reader_facts kb_reader_facts(const struct kb_reader *reader);

/* kb_reader_prepare(): loads what libarchive and iconv read from files, before the process is confined and has threads;
 * false: the locale C.UTF-8 is missing. Before the first kb_reader_open. */
bool kb_reader_prepare(void);
