/* SPDX-License-Identifier: Apache-2.0 */
/* A decoder, its thread and a ring of what it made. */
#include "ahead.h"

#include <pthread.h>
#include <stdlib.h>

#include "koboshi/arena.h"
#include "koboshi/ring.h"

_Static_assert((int)KB_DECODER_OUT_BYTES == (int)KB_RING_SLOT_BYTES, "a block takes what the decoder makes at once");

struct flaw {
    struct flaw *next;
    uint64_t block; /* told before this one */
    enum kb_rule_id rule;
    struct kb_text expected, found;
};

struct kb_ahead {
    struct kb_decoder *decoder;
    struct kb_ring *ring;
    pthread_t thread;
    bool stopped;
    uint64_t made;               /* blocks; the thread's */
    size_t blocks;               /* of the ring */
    struct kb_ahead_note *notes; /* of each block, and of the end */
    pthread_mutex_t lock;
    struct kb_arena *arena; /* of flaws */
    struct flaw *flaws, **last;
    /* of who reads */
    void *owner;
    kb_decoder_flaw_fn *flaw;
    uint64_t taken;
    struct kb_block *block;
    struct kb_ahead_note note;
};

static void keep_flaw(void *owner, enum kb_rule_id rule, struct kb_text expected, struct kb_text found)
{
    struct kb_ahead *ahead = owner;
    struct flaw *flaw = kb_alloc(ahead->arena, 1, sizeof *flaw);
    *flaw = (struct flaw){.block = ahead->made,
                          .rule = rule,
                          .expected = kb_text_new(ahead->arena, "%s%.0s", "%.0s%s", expected.en, expected.ja),
                          .found = kb_text_new(ahead->arena, "%s%.0s", "%.0s%s", found.en, found.ja)};
    (void)pthread_mutex_lock(&ahead->lock);
    *ahead->last = flaw;
    ahead->last = &flaw->next;
    (void)pthread_mutex_unlock(&ahead->lock);
}

static struct kb_ahead_note note_of(const struct kb_ahead *ahead)
{
    return (struct kb_ahead_note){.consumed = kb_decoder_consumed(ahead->decoder),
                                  .unchecked = kb_decoder_unchecked(ahead->decoder)};
}

static void *decode(void *owner)
{
    struct kb_ahead *ahead = owner;
    struct kb_block *room;
    ssize_t n = 0;
    while ((room = kb_ring_room(ahead->ring)) && (n = kb_decoder_fill(ahead->decoder, room->bytes)) > 0) {
        ahead->notes[room->index] = note_of(ahead);
        ahead->made++;
        kb_ring_put(ahead->ring, (size_t)n);
    }
    ahead->notes[ahead->blocks] = note_of(ahead);
    kb_ring_finish(ahead->ring, n < 0);
    return NULL;
}

struct kb_ahead *kb_ahead_new(struct kb_decoder *decoder, size_t blocks, void *owner, kb_decoder_flaw_fn *flaw)
{
    struct kb_ahead *ahead = calloc(1, sizeof *ahead);
    if (!ahead || !(ahead->notes = calloc(blocks + 1, sizeof *ahead->notes)) || pthread_mutex_init(&ahead->lock, NULL))
        abort();
    ahead->decoder = decoder;
    ahead->blocks = blocks;
    ahead->ring = kb_ring_new(1, blocks);
    ahead->arena = kb_arena_new();
    ahead->last = &ahead->flaws;
    ahead->owner = owner;
    ahead->flaw = flaw;
    kb_decoder_tell_to(decoder, ahead, keep_flaw);
    if (!pthread_create(&ahead->thread, NULL, decode, ahead))
        return ahead;
    kb_decoder_tell_to(decoder, owner, flaw);
    ahead->decoder = NULL;
    ahead->stopped = true;
    kb_ahead_free(ahead);
    return NULL;
}

void kb_ahead_stop(struct kb_ahead *ahead)
{
    if (!ahead || ahead->stopped)
        return;
    ahead->stopped = true;
    kb_ring_leave(ahead->ring, 0);
    (void)pthread_join(ahead->thread, NULL);
}

void kb_ahead_free(struct kb_ahead *ahead)
{
    if (!ahead)
        return;
    kb_ahead_stop(ahead);
    kb_ring_free(ahead->ring);
    kb_decoder_free(ahead->decoder);
    kb_arena_free(ahead->arena);
    (void)pthread_mutex_destroy(&ahead->lock);
    free(ahead->notes);
    free(ahead);
}

/* Those that the decoder had when it made the block that is handed on now, or at the end. */
static void tell_flaws(struct kb_ahead *ahead)
{
    for (;;) {
        (void)pthread_mutex_lock(&ahead->lock);
        struct flaw *flaw = ahead->flaws;
        bool due = flaw && flaw->block < ahead->taken;
        if (due && !(ahead->flaws = flaw->next))
            ahead->last = &ahead->flaws;
        (void)pthread_mutex_unlock(&ahead->lock);
        if (!due)
            return;
        ahead->flaw(ahead->owner, flaw->rule, flaw->expected, flaw->found);
    }
}

static ssize_t next(void *owner, const void **ret_bytes)
{
    struct kb_ahead *ahead = owner;
    if (ahead->stopped)
        return -1;
    ssize_t n = kb_ring_take(ahead->ring, 0, &ahead->block);
    ahead->taken++;
    ahead->note = ahead->notes[n > 0 ? ahead->block->index : ahead->blocks];
    tell_flaws(ahead);
    if (n > 0)
        *ret_bytes = ahead->block->bytes;
    return n;
}

static struct kb_block *block(void *owner)
{
    const struct kb_ahead *ahead = owner;
    return ahead->block;
}

struct kb_source kb_ahead_source(struct kb_ahead *ahead)
{
    return (struct kb_source){.owner = ahead, .next = next, .block = block};
}

struct kb_ahead_note kb_ahead_note(const struct kb_ahead *ahead)
{
    return ahead->note;
}
