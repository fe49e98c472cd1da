/* SPDX-License-Identifier: Apache-2.0 */
/* What the archives of a chain say of those before them. */
#pragma once

#include "tally.h"

/* kb_layer_listing(tally, entry, err): the folder's listing, if it has one: files that ought to be in earlier archives
 * are looked for, what is gone is handed on to the sink. 0, < 0 a fault. */
int kb_layer_listing(struct kb_tally *tally, const struct kb_entry *entry, struct kb_err *err);
/* kb_layer_moved(tally, path): it is below a folder that got its name in one of the archives. */
bool kb_layer_moved(const struct kb_tally *tally, const char *path);
/* kb_layer_end(tally): tells what this archive's listings name and no archive holds. */
void kb_layer_end(struct kb_tally *tally);
