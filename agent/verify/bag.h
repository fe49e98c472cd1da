/* SPDX-License-Identifier: Apache-2.0 */
/* A folder that is a bag: its tag files say what it holds and who vouches for it. */
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

/* kb_bag_load(fd, names, tally, ret_good): sets tally->bag if the folder is a bag, or was one whose bagit.txt is gone:
 * what its manifests list, together; NULL: it is none. ret_good: nothing was told of its tag files. */
struct kb_manifest *kb_bag_load(int fd, struct kb_names *names, struct kb_tally *tally, bool *ret_good);
void kb_bag_free(struct kb_bag *bag);

/* kb_bag_name(bag, arena): "BagIt 0.97". kb_bag_file(bag, file): the name of the manifest with kb_listed.file. */
const char *kb_bag_name(const struct kb_bag *bag, struct kb_arena *arena);
const char *kb_bag_file(const struct kb_bag *bag, uint8_t file);
bool kb_bag_is_payload(const char *path);
/* kb_bag_saw(bag, path, size): a file that was read whole. */
void kb_bag_saw(struct kb_bag *bag, const char *path, int64_t size);
/* kb_bag_excuses(tally, listed): it is not there, and that was told in another way than as missing. */
bool kb_bag_excuses(struct kb_tally *tally, const struct kb_listed *listed);
/* kb_bag_close(tally, whole): once all files were seen; false: the bag is not valid. */
bool kb_bag_close(struct kb_tally *tally, bool whole);
