/* SPDX-License-Identifier: Apache-2.0 */
/* Contents that come before their turn: each a file in a folder of its own inside the scratch folder, until its name
 * was judged and it is moved there, or dropped. One is open at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kb_entry;
struct kb_scratch;
struct kb_shelf;

struct kb_shelf *kb_shelf_new(const struct kb_scratch *scratch);
/* kb_shelf_free(shelf): what waits is dropped, the folder goes. NULL does nothing. */
void kb_shelf_free(struct kb_shelf *shelf);

/* kb_shelf_expect, _add, _end: as kb_sink.expects, .ahead, .ahead_end. Room is kept for what is expected, in the order
 * in which it is asked; from the first that does not fit on nothing is expected. If the scratch folder does not take
 * something, all is given up: then it comes in its turn, and fails there. */
bool kb_shelf_expect(struct kb_shelf *shelf, uint32_t file, const struct kb_entry *entry);
void kb_shelf_add(struct kb_shelf *shelf, uint32_t file, int64_t offset, const void *bytes, size_t n);
void kb_shelf_end(struct kb_shelf *shelf, uint32_t file, bool whole);
/* kb_shelf_has(shelf, file, ret_size): whether all of its content is here. */
bool kb_shelf_has(const struct kb_shelf *shelf, uint32_t file, int64_t *ret_size);
/* kb_shelf_move(shelf, file, parent, name, over): to its place, over an empty file that is there or where nothing is;
 * false: it stays. */
bool kb_shelf_move(struct kb_shelf *shelf, uint32_t file, int parent, const char *name, bool over);
/* kb_shelf_room(shelf): bytes kept for what waits or is expected. kb_shelf_give_up(shelf): all of that, and what is yet
 * to come. NULL: there is nothing. */
int64_t kb_shelf_room(const struct kb_shelf *shelf);
void kb_shelf_give_up(struct kb_shelf *shelf);
