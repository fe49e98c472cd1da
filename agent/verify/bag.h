/* SPDX-License-Identifier: Apache-2.0 */
/* A folder that is a bag, or one in an archive: its tag files say what it holds and who vouches for it. */
#pragma once

#include "manifest.h"

struct kb_tally;
struct kb_bag;

/*
 * BagIt: 1.0 is RFC 8493; 0.93 to 0.97 are draft-kunze-bagit-00 to -14.
 *
 *   rule                                                       source                     told as
 *   bagit.txt: version and encoding, in UTF-8 without BOM      RFC 8493 2.1.1             bag-broken
 *   tag files in the encoding that it names                    RFC 8493 2.1.1, 2.3        bag-broken
 *   data/, and at least one manifest-ALGORITHM.txt             RFC 8493 2.1.2, 2.1.3      bag-broken
 *   lines end by LF, CR or CR LF                               RFC 8493 2.1.3, 2.2       -
 *   paths of a payload manifest lie below data/, those of a    RFC 8493 2.1.3, 2.2.1, 5.1 bag-broken
 *     tag manifest do not; none leaves the bag
 *   %0A and %0D are line ends; since 1.0 %25 is a %            RFC 8493 2.1.3             -
 *   one path with two digests                                  RFC 8493 2.1.3             bag-broken
 *   one path twice; `*` before it; `./` before it              RFC 8493 6.1.3 (of `*`),   bag-unusual
 *                                                              conformance suite, warning
 *   every payload file in at least one manifest, since 1.0     RFC 8493 2.1.3, 3          bag-unlisted, bag-broken
 *     in each
 *   every listed file is there and has its digests             RFC 8493 3                 entry-missing, entry-differs
 *   … unless it lies under a name that differs only in case    RFC 8493 6.1.1,            bag-unusual
 *     or composition (and has these digests), or it is a file  conformance suite, warning
 *     that systems make by themselves (.DS_Store, Thumbs.db)
 *   Payload-Oxum is the sum of bytes and number of files       RFC 8493 2.2.2             bag-broken
 *   fetch.txt: URL, length, path; paths are listed             RFC 8493 2.2.3             bag-broken
 *   … and fetched: a backup that must be fetched is none       ours                       bag-hole
 *   at least one file of the payload was compared              ours                       zero-files
 * Other tag files may lie beside them, listed or not.
 */

/* A tag file as it was kept while an archive was read. */
struct kb_bag_tag {
    const char *name;
    const uint8_t *bytes; /* NULL: it could not be read whole */
    size_t n;
};

/* What a bag is read from: its folder, or what was kept of it. */
struct kb_bag_source {
    int fd; /* of the folder; -1: what follows counts */
    const struct kb_bag_tag *tags;
    size_t n_tags;
    bool has_payload;  /* something lies below data/ */
    unsigned measured; /* bits of the digests that are computed */
};

/* kb_bag_is_tag(name): a name that BagIt gives to tag files. */
bool kb_bag_is_tag(const char *name);
/* kb_bag_kind(name): what "manifest-md5.txt" is made with, -1: another file, or not known. */
int kb_bag_kind(const char *name);

/* kb_bag_load(source, base, names, tally): a bag, or what was one before its bagit.txt got lost; NULL: it is none.
 * base: the folder in which it lies, "" is the top. What is wrong with its tag files is told. */
struct kb_bag *kb_bag_load(const struct kb_bag_source *source, const char *base, struct kb_names *names,
                           struct kb_tally *tally);
void kb_bag_free(struct kb_bag *bag);

/* kb_bag_base(bag): its folder, escaped; NULL: the top. kb_bag_prefix(bag): what its paths begin with: "", "name/". */
const char *kb_bag_base(const struct kb_bag *bag);
const char *kb_bag_prefix(const struct kb_bag *bag);
struct kb_manifest *kb_bag_manifest(const struct kb_bag *bag);
/* kb_bag_has_list(bag): a payload file that it does not list is extra. */
bool kb_bag_has_list(const struct kb_bag *bag);
/* kb_bag_name(bag, arena): "BagIt 0.97". kb_bag_file(bag, file): the name of the manifest with kb_listed.file. */
const char *kb_bag_name(const struct kb_bag *bag, struct kb_arena *arena);
const char *kb_bag_file(const struct kb_bag *bag, uint8_t file);
bool kb_bag_is_payload(const char *path);
/* kb_bag_saw(bag, path, size): a file that was read whole. */
void kb_bag_saw(struct kb_bag *bag, const char *path, int64_t size);
/* kb_bag_saw_link(bag, path): a hard link to a file of the bag: unpacked it is a file of the same size. */
void kb_bag_saw_link(struct kb_bag *bag, const char *path);
/* kb_bag_excuses(tally, listed): it is not there, and that was told in another way than as missing. */
bool kb_bag_excuses(struct kb_tally *tally, const struct kb_listed *listed);
/* kb_bag_close(tally, whole): once all files were seen; false: the bag is not valid. */
bool kb_bag_close(struct kb_tally *tally, bool whole);
