/* SPDX-License-Identifier: Apache-2.0 */
/* Large buffers between the one thread that reads a medium and those that use what it read. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { KB_RING_SLOTS = 8, KB_RING_SLOT_BYTES = 1 << 20, KB_RING_CONSUMERS = 2 };

struct kb_ring;

/* kb_ring_new(consumers): every consumer sees every byte; a slot is free again when all that still listen have passed
 * it. */
struct kb_ring *kb_ring_new(size_t consumers);
void kb_ring_free(struct kb_ring *ring);

/* The producer: kb_ring_room waits for a buffer of KB_RING_SLOT_BYTES; NULL: nobody listens any more. kb_ring_put hands
 * on its first n > 0 bytes. kb_ring_finish: no more; failed: the rest could not be read. */
void *kb_ring_room(struct kb_ring *ring);
void kb_ring_put(struct kb_ring *ring, size_t n);
void kb_ring_finish(struct kb_ring *ring, int failed);

/* A consumer: kb_ring_take gives back the last block and waits for the next: > 0 its size, 0 the end, -1 failed. */
ssize_t kb_ring_take(struct kb_ring *ring, size_t consumer, const void **ret_bytes);
/* kb_ring_leave(ring, consumer): wants nothing more; the others are not held up. */
void kb_ring_leave(struct kb_ring *ring, size_t consumer);
/* kb_ring_written(ring): bytes handed on so far. */
int64_t kb_ring_written(struct kb_ring *ring);
