/* SPDX-License-Identifier: Apache-2.0 */
/* The comparison of entries with the manifest. Every function is a no-op where there is none. */
#pragma once

#include "tally.h"

/* kb_compare_file(tally, content): the current file was read whole. What its SHA-256 ought to be: that of the content
 * if all that is listed of it agrees, else another; NULL: it is not listed. */
const struct kb_sha256 *kb_compare_file(struct kb_tally *tally, const struct kb_content *content);
/* kb_compare_settle(tally): of an archive that may hold bags, all entries were seen. */
void kb_compare_settle(struct kb_tally *tally);
/* kb_compare_agrees(tally, path, content): what is listed of it says the same; where it is not, it need
 * not be. Changes nothing. */
bool kb_compare_agrees(const struct kb_tally *tally, const char *path, const struct kb_content *content);
/* kb_compare_link(tally, entry): a hard link stands for the file it names; a symbolic link for nothing. */
void kb_compare_link(struct kb_tally *tally, const struct kb_entry *entry);
/* kb_compare_unread(tally, path): it is there, but its content was not seen; another finding says why, or a later run
 * is to see it. */
void kb_compare_unread(struct kb_tally *tally, const char *path);
/* kb_compare_layer(tally, whole): the manifest of one part of a chain against that part, over what the manifest of the
 * part before says; what it names and nobody saw is told. true: all is there and equal. */
bool kb_compare_layer(struct kb_tally *tally, bool whole);
/* kb_compare_close(tally, whole): what the manifest names and nobody saw; sets proof.hash, which is
 * reached only if every file that is there is listed and every listed one is there and equal, now or to an earlier run
 * (tally->carried). */
void kb_compare_close(struct kb_tally *tally, bool whole);
