/* SPDX-License-Identifier: Apache-2.0 */
/* The ring, by one lock: a megabyte at a time it is taken some thousand times a second. */
#include "ring.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct kb_ring {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    uint64_t written; /* slots handed on so far */
    int64_t bytes;
    size_t sizes[KB_RING_SLOTS];
    uint8_t *slots[KB_RING_SLOTS];
    size_t n_consumers;
    struct {
        uint64_t next; /* slot it takes next */
        bool holds;    /* it still uses slot next - 1 */
        bool gone;
    } consumers[KB_RING_CONSUMERS];
    bool finished;
    int failed;
};

struct kb_ring *kb_ring_new(size_t consumers)
{
    struct kb_ring *ring = calloc(1, sizeof *ring);
    if (!ring || consumers > KB_RING_CONSUMERS || pthread_mutex_init(&ring->lock, NULL) ||
        pthread_cond_init(&ring->moved, NULL))
        abort();
    ring->n_consumers = consumers;
    for (size_t i = 0; i < KB_RING_SLOTS; i++) {
        ring->slots[i] = aligned_alloc(4096, KB_RING_SLOT_BYTES);
        if (!ring->slots[i])
            abort();
    }
    return ring;
}

void kb_ring_free(struct kb_ring *ring)
{
    if (!ring)
        return;
    for (size_t i = 0; i < KB_RING_SLOTS; i++)
        free(ring->slots[i]);
    (void)pthread_cond_destroy(&ring->moved);
    (void)pthread_mutex_destroy(&ring->lock);
    free(ring);
}

/* 1 there is room, 0 not yet, -1 nobody listens. */
static int room_state(const struct kb_ring *ring)
{
    bool anybody = false;
    for (size_t i = 0; i < ring->n_consumers; i++) {
        if (ring->consumers[i].gone)
            continue;
        anybody = true;
        uint64_t done = ring->consumers[i].next - ring->consumers[i].holds;
        if (ring->written - done >= KB_RING_SLOTS)
            return 0;
    }
    return anybody ? 1 : -1;
}

void *kb_ring_room(struct kb_ring *ring)
{
    (void)pthread_mutex_lock(&ring->lock);
    int state;
    while ((state = room_state(ring)) == 0)
        (void)pthread_cond_wait(&ring->moved, &ring->lock);
    void *slot = state > 0 ? ring->slots[ring->written % KB_RING_SLOTS] : NULL;
    (void)pthread_mutex_unlock(&ring->lock);
    return slot;
}

void kb_ring_put(struct kb_ring *ring, size_t n)
{
    (void)pthread_mutex_lock(&ring->lock);
    ring->sizes[ring->written++ % KB_RING_SLOTS] = n;
    ring->bytes += (int64_t)n;
    (void)pthread_cond_broadcast(&ring->moved);
    (void)pthread_mutex_unlock(&ring->lock);
}

void kb_ring_finish(struct kb_ring *ring, int failed)
{
    (void)pthread_mutex_lock(&ring->lock);
    ring->finished = true;
    ring->failed = failed;
    (void)pthread_cond_broadcast(&ring->moved);
    (void)pthread_mutex_unlock(&ring->lock);
}

ssize_t kb_ring_take(struct kb_ring *ring, size_t consumer, const void **ret_bytes)
{
    (void)pthread_mutex_lock(&ring->lock);
    if (ring->consumers[consumer].holds) {
        ring->consumers[consumer].holds = false;
        (void)pthread_cond_broadcast(&ring->moved);
    }
    while (ring->consumers[consumer].next == ring->written && !ring->finished)
        (void)pthread_cond_wait(&ring->moved, &ring->lock);
    ssize_t n = ring->failed ? -1 : 0;
    if (ring->consumers[consumer].next < ring->written) {
        size_t slot = ring->consumers[consumer].next++ % KB_RING_SLOTS;
        ring->consumers[consumer].holds = true;
        *ret_bytes = ring->slots[slot];
        n = (ssize_t)ring->sizes[slot];
    }
    (void)pthread_mutex_unlock(&ring->lock);
    return n;
}

void kb_ring_leave(struct kb_ring *ring, size_t consumer)
{
    (void)pthread_mutex_lock(&ring->lock);
    ring->consumers[consumer].gone = true;
    ring->consumers[consumer].holds = false;
    (void)pthread_cond_broadcast(&ring->moved);
    (void)pthread_mutex_unlock(&ring->lock);
}

int64_t kb_ring_written(struct kb_ring *ring)
{
    (void)pthread_mutex_lock(&ring->lock);
    int64_t bytes = ring->bytes;
    (void)pthread_mutex_unlock(&ring->lock);
    return bytes;
}
