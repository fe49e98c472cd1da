/* SPDX-License-Identifier: Apache-2.0 */
/* Small files written to the scratch folder by several threads. What came of each is judged in order, and at a place
 * that depends on the entries alone: with any number of threads the findings are the same. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kb_item;
struct kb_scratch;
struct kb_writers;

enum {
    KB_SMALL_FILE_BYTES = 256 << 10, /* larger ones are few */
    KB_WRITERS_BYTES = 2 << 20,      /* content that waits */
};

/* kb_writers_new(scratch): threads are started with the first files, after confinement. */
struct kb_writers *kb_writers_new(struct kb_scratch *scratch);
/* kb_writers_free(writers): without judging what nobody settled. NULL does nothing. */
void kb_writers_free(struct kb_writers *writers);

/* kb_writers_reserve(writers, parent, size): room for the content of the next file of the open folder `parent`, after
 * the oldest ones were judged if there is none. Up to KB_SMALL_FILE_BYTES. */
void kb_writers_reserve(struct kb_writers *writers, int parent, int64_t size);
/* kb_writers_add(writers, offset, bytes, n): false: it is not what follows, or more than was reserved. */
bool kb_writers_add(struct kb_writers *writers, int64_t offset, const void *bytes, size_t n);
/* kb_writers_take_back(writers, ret_bytes, ret_n): the room is not wanted any more; what is in it is valid until the
 * next is reserved. */
void kb_writers_take_back(struct kb_writers *writers, const void **ret_bytes, size_t *ret_n);
/* kb_writers_hand(writers, item, flags): the content reserved last is to become this file. Once judged it has these
 * flags, or was skipped and dropped. */
void kb_writers_hand(struct kb_writers *writers, struct kb_item *item, uint8_t flags);
/* kb_writers_settle(writers): all are written and judged. */
void kb_writers_settle(struct kb_writers *writers);
/* kb_writers_close(writers, parent): closes the folder once no file waits for it. */
void kb_writers_close(struct kb_writers *writers, int parent);
