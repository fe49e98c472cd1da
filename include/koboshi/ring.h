/* SPDX-License-Identifier: Apache-2.0 */
/* core: large blocks between the one thread that fills them and those that use what is in them. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Half a megabyte: taken some thousand times a second, and with all that is on its way within what a worker may hold
 * (tests/bench/run, rows memory). */
enum { KB_RING_SLOTS = 6, KB_RING_SLOT_BYTES = 512 << 10, KB_RING_CONSUMERS = 2 };

struct kb_ring;

/* One block; whoever holds it may read it, on any thread, also when the ring is freed. */
struct kb_block {
    uint8_t *bytes;
    size_t n;     /* filled */
    size_t index; /* of all blocks of this ring, from 0 */
    struct kb_ring *ring;
    unsigned held; /* the ring's lock guards it */
};

/* kb_ring_new(consumers, blocks): KB_RING_SLOT_BYTES each. Every consumer sees every block; it is free again when all
 * that still listen have passed it and nobody keeps it. */
struct kb_ring *kb_ring_new(size_t consumers, size_t blocks);
/* kb_ring_free(ring): once no thread uses the ring any more; what is kept lives on until it is dropped. */
void kb_ring_free(struct kb_ring *ring);

/* The producer: kb_ring_room waits for a block; NULL: nobody listens any more. kb_ring_put hands it on with its first n
 * > 0 bytes. kb_ring_finish: no more; failed: the rest could not be read. A room that was not put is the next one
 * again. */
struct kb_block *kb_ring_room(struct kb_ring *ring);
void kb_ring_put(struct kb_ring *ring, size_t n);
void kb_ring_finish(struct kb_ring *ring, int failed);

/* A consumer: kb_ring_take gives back the last block and waits for the next: > 0 its size, 0 the end, -1 failed. */
ssize_t kb_ring_take(struct kb_ring *ring, size_t consumer, struct kb_block **ret_block);
/* kb_ring_leave(ring, consumer): wants nothing more; the others are not held up. As often as liked. */
void kb_ring_leave(struct kb_ring *ring, size_t consumer);
/* kb_ring_dismiss(ring, consumer): the same by another thread: its next kb_ring_take gives -1. */
void kb_ring_dismiss(struct kb_ring *ring, size_t consumer);
/* kb_ring_written(ring): bytes handed on so far. */
int64_t kb_ring_written(struct kb_ring *ring);

/* kb_block_keep(block): one that was taken stays until kb_block_drop, on any thread. Who keeps blocks while it waits
 * for more must leave some to the ring. */
void kb_block_keep(struct kb_block *block);
void kb_block_drop(struct kb_block *block);
