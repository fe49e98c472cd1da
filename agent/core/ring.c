/* SPDX-License-Identifier: Apache-2.0 */
/* The ring, by one lock: a megabyte at a time it is taken some thousand times a second. */
#include "koboshi/ring.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct kb_ring {
    pthread_mutex_t lock;
    pthread_cond_t filled, freed; /* for consumers, for the producer */
    size_t n_blocks;
    struct kb_block *blocks, **order; /* order: block number i of the stream stands at i % n_blocks */
    struct kb_block *room;            /* the producer's */
    uint64_t written;                 /* blocks handed on so far */
    int64_t bytes;
    size_t n_consumers;
    struct {
        uint64_t next;          /* block it takes next */
        struct kb_block *holds; /* block next - 1, while it uses it */
        bool gone;
    } consumers[KB_RING_CONSUMERS];
    bool finished, orphan;
    int failed;
};

struct kb_ring *kb_ring_new(size_t consumers, size_t blocks)
{
    struct kb_ring *ring = calloc(1, sizeof *ring);
    if (!ring || consumers > KB_RING_CONSUMERS || pthread_mutex_init(&ring->lock, NULL) ||
        pthread_cond_init(&ring->filled, NULL) || pthread_cond_init(&ring->freed, NULL))
        abort();
    ring->n_consumers = consumers;
    ring->n_blocks = blocks;
    ring->blocks = calloc(blocks, sizeof *ring->blocks);
    ring->order = calloc(blocks, sizeof *ring->order);
    if (!ring->blocks || !ring->order)
        abort();
    for (size_t i = 0; i < blocks; i++) {
        uint8_t *bytes = aligned_alloc(4096, KB_RING_SLOT_BYTES);
        if (!bytes)
            abort();
        ring->blocks[i] = (struct kb_block){.bytes = bytes, .index = i, .ring = ring};
    }
    return ring;
}

static void destroy(struct kb_ring *ring)
{
    for (size_t i = 0; i < ring->n_blocks; i++)
        free(ring->blocks[i].bytes);
    free(ring->blocks);
    free(ring->order);
    (void)pthread_cond_destroy(&ring->filled);
    (void)pthread_cond_destroy(&ring->freed);
    (void)pthread_mutex_destroy(&ring->lock);
    free(ring);
}

static bool any_held(const struct kb_ring *ring)
{
    for (size_t i = 0; i < ring->n_blocks; i++)
        if (ring->blocks[i].held)
            return true;
    return false;
}

static void drop(struct kb_block *block)
{
    if (!--block->held)
        (void)pthread_cond_signal(&block->ring->freed);
}

/* What it has not taken yet. */
static void dismiss(struct kb_ring *ring, size_t consumer)
{
    if (ring->consumers[consumer].gone)
        return;
    ring->consumers[consumer].gone = true;
    for (uint64_t i = ring->consumers[consumer].next; i < ring->written; i++)
        drop(ring->order[i % ring->n_blocks]);
    (void)pthread_cond_broadcast(&ring->filled);
    (void)pthread_cond_signal(&ring->freed);
}

static void give_back(struct kb_ring *ring, size_t consumer)
{
    if (ring->consumers[consumer].holds)
        drop(ring->consumers[consumer].holds);
    ring->consumers[consumer].holds = NULL;
}

static void leave(struct kb_ring *ring, size_t consumer)
{
    dismiss(ring, consumer);
    give_back(ring, consumer);
}

void kb_ring_free(struct kb_ring *ring)
{
    if (!ring)
        return;
    (void)pthread_mutex_lock(&ring->lock);
    for (size_t i = 0; i < ring->n_consumers; i++)
        leave(ring, i);
    bool kept = ring->orphan = any_held(ring);
    (void)pthread_mutex_unlock(&ring->lock);
    if (!kept)
        destroy(ring);
}

static bool anybody(const struct kb_ring *ring)
{
    for (size_t i = 0; i < ring->n_consumers; i++)
        if (!ring->consumers[i].gone)
            return true;
    return false;
}

/* Of the free ones that which was used last: it is still in the cache of the processor. */
static struct kb_block *free_block(struct kb_ring *ring)
{
    for (size_t i = 0; i < ring->n_blocks; i++)
        if (!ring->blocks[i].held)
            return &ring->blocks[i];
    return NULL;
}

struct kb_block *kb_ring_room(struct kb_ring *ring)
{
    (void)pthread_mutex_lock(&ring->lock);
    bool listens;
    while ((listens = anybody(ring)) && !(ring->room = free_block(ring)))
        (void)pthread_cond_wait(&ring->freed, &ring->lock);
    struct kb_block *room = listens ? ring->room : NULL;
    (void)pthread_mutex_unlock(&ring->lock);
    return room;
}

void kb_ring_put(struct kb_ring *ring, size_t n)
{
    (void)pthread_mutex_lock(&ring->lock);
    struct kb_block *block = ring->room;
    block->n = n;
    for (size_t i = 0; i < ring->n_consumers; i++)
        block->held += !ring->consumers[i].gone;
    ring->order[ring->written++ % ring->n_blocks] = block;
    ring->bytes += (int64_t)n;
    (void)pthread_cond_broadcast(&ring->filled);
    (void)pthread_mutex_unlock(&ring->lock);
}

void kb_ring_finish(struct kb_ring *ring, int failed)
{
    (void)pthread_mutex_lock(&ring->lock);
    ring->finished = true;
    ring->failed = failed;
    (void)pthread_cond_broadcast(&ring->filled);
    (void)pthread_mutex_unlock(&ring->lock);
}

ssize_t kb_ring_take(struct kb_ring *ring, size_t consumer, struct kb_block **ret_block)
{
    (void)pthread_mutex_lock(&ring->lock);
    give_back(ring, consumer);
    while (!ring->consumers[consumer].gone && ring->consumers[consumer].next == ring->written && !ring->finished)
        (void)pthread_cond_wait(&ring->filled, &ring->lock);
    ssize_t n = ring->failed || ring->consumers[consumer].gone ? -1 : 0;
    if (!ring->consumers[consumer].gone && ring->consumers[consumer].next < ring->written) {
        struct kb_block *block = ring->order[ring->consumers[consumer].next++ % ring->n_blocks];
        ring->consumers[consumer].holds = block;
        *ret_block = block;
        n = (ssize_t)block->n;
    }
    (void)pthread_mutex_unlock(&ring->lock);
    return n;
}

void kb_ring_leave(struct kb_ring *ring, size_t consumer)
{
    (void)pthread_mutex_lock(&ring->lock);
    leave(ring, consumer);
    (void)pthread_mutex_unlock(&ring->lock);
}

void kb_ring_dismiss(struct kb_ring *ring, size_t consumer)
{
    (void)pthread_mutex_lock(&ring->lock);
    dismiss(ring, consumer);
    (void)pthread_mutex_unlock(&ring->lock);
}

int64_t kb_ring_written(struct kb_ring *ring)
{
    (void)pthread_mutex_lock(&ring->lock);
    int64_t bytes = ring->bytes;
    (void)pthread_mutex_unlock(&ring->lock);
    return bytes;
}

void kb_block_keep(struct kb_block *block)
{
    (void)pthread_mutex_lock(&block->ring->lock);
    block->held++;
    (void)pthread_mutex_unlock(&block->ring->lock);
}

void kb_block_drop(struct kb_block *block)
{
    struct kb_ring *ring = block->ring;
    (void)pthread_mutex_lock(&ring->lock);
    drop(block);
    bool last = ring->orphan && !any_held(ring);
    (void)pthread_mutex_unlock(&ring->lock);
    if (last)
        destroy(ring);
}
