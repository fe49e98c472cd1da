/* SPDX-License-Identifier: Apache-2.0 */
/* The bags of one generation: where they lie, and which of them vouches for which file. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bag.h"

struct kb_content;
struct kb_entry;
struct kb_extents;

/*
 * A bag is looked for at the top of a folder or archive and in the folders that lie directly in the top, not deeper: so
 * a folder may hold many, side by side, and what is part of a bag is never a bag of its own. An archive holds one bag
 * in one folder (RFC 8493 section 4); anything else is judged all the same and told as bag-unusual.
 *
 * Of a folder the tag files are read first, and each file is compared when it is judged. In an archive they stand
 * anywhere, so that all is noted down (path, size, digests; tag files whole) and compared at the end. This is done only
 * where the first KB_BAG_HEAD_BYTES of the archive show a bag: a name of BagIt's own, or a folder data/ with nothing
 * beside it. If payload manifests are among them, their kinds of digests are computed; else sha512, sha1 and md5 are if
 * there is a name of BagIt's own or the folder has the name of the archive, and only SHA-256 if not.
 */
struct kb_bags;

/* What the head of an archive is read by. */
struct kb_bags_head {
    const struct kb_extents *extents;
    const char *name; /* base name */
    struct kb_names *names;
};

/* kb_bags_of_tree(fd, names, tally): those of a folder, loaded; what is wrong with tag files is told. NULL: none.
 * kb_bags_of_archive(head, names, tally): ready to note down; NULL: nothing shows one. names: decode manifests. */
struct kb_bags *kb_bags_of_tree(int fd, struct kb_names *names, struct kb_tally *tally);
struct kb_bags *kb_bags_of_archive(const struct kb_bags_head *head, struct kb_names *names, struct kb_tally *tally);
void kb_bags_free(struct kb_bags *bags);

size_t kb_bags_count(const struct kb_bags *bags);
/* kb_bags_name(bags, arena): "BagIt 1.0", of several "BagIt 1.0 ×3"; NULL: there is none. */
const char *kb_bags_name(const struct kb_bags *bags, struct kb_arena *arena);
/* kb_bags_kinds(bags): bits of the digests that are to be computed. */
unsigned kb_bags_kinds(const struct kb_bags *bags);
struct kb_bag *kb_bags_at(const struct kb_bags *bags, size_t i);
/* kb_bags_of(bags, path): that in which it lies; NULL: in none. */
struct kb_bag *kb_bags_of(const struct kb_bags *bags, const char *path);

/* The notes of an archive. kb_bags_note_*: what the tally was just given: the current entry begins, its content in
 * order, its end (content NULL: not read whole; also of links). No-ops where nothing is noted down. */
bool kb_bags_noting(const struct kb_bags *bags);
void kb_bags_note_entry(struct kb_bags *bags, const struct kb_entry *entry);
void kb_bags_note_data(struct kb_bags *bags, int64_t offset, const void *bytes, size_t n);
void kb_bags_note_end(struct kb_bags *bags, const struct kb_entry *entry, const struct kb_content *content);
/* kb_bags_settle(bags): all entries were seen: the bags among the notes are loaded and every note is compared, by
 * compare.h, in the order of the archive. */
void kb_bags_settle(struct kb_bags *bags);
