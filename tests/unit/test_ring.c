/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: every reader of the ring sees every block in order, and one that leaves early holds nobody up. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "koboshi/ring.h"

struct feeder {
    struct kb_ring *ring;
    size_t blocks;
};

static void *feed(void *owner)
{
    struct feeder *f = owner;
    struct kb_block *room;
    for (size_t i = 0; i < f->blocks && (room = kb_ring_room(f->ring)); i++) {
        room->bytes[0] = (uint8_t)i;
        kb_ring_put(f->ring, i + 1);
    }
    kb_ring_finish(f->ring, 0);
    return NULL;
}

static void test_ring(void **state)
{
    (void)state;
    for (int leaver = 0; leaver < 3; leaver++) { /* nobody, one, or both leave early */
        struct feeder f = {.ring = kb_ring_new(2, KB_RING_SLOTS), .blocks = 100};
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, feed, &f), 0);
        struct kb_block *block;
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(kb_ring_take(f.ring, 1, &block), (ssize_t)i + 1);
            assert_int_equal(*block->bytes, i);
        }
        if (leaver)
            kb_ring_leave(f.ring, 1);
        for (size_t i = 0; i < (leaver == 2 ? 2 : 100); i++) {
            assert_int_equal(kb_ring_take(f.ring, 0, &block), (ssize_t)i + 1);
            assert_int_equal(*block->bytes, i);
            if (!leaver && i >= 3)
                assert_int_equal(kb_ring_take(f.ring, 1, &block), (ssize_t)i + 1);
        }
        if (leaver == 2)
            kb_ring_leave(f.ring, 0);
        else
            assert_int_equal(kb_ring_take(f.ring, 0, &block), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        kb_ring_free(f.ring);
    }
}

/* A block that is kept is not filled again, and lives longer than the ring. */
static void test_kept(void **state)
{
    (void)state;
    struct feeder f = {.ring = kb_ring_new(1, 3), .blocks = 50};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, feed, &f), 0);
    struct kb_block *block, *first, *last = NULL;
    assert_int_equal(kb_ring_take(f.ring, 0, &first), 1);
    kb_block_keep(first);
    for (size_t i = 1; i < 50; i++) {
        assert_int_equal(kb_ring_take(f.ring, 0, &block), (ssize_t)i + 1);
        assert_ptr_not_equal(block, first);
        assert_int_equal(*block->bytes, i);
        last = block;
    }
    kb_block_keep(last);
    assert_int_equal(kb_ring_take(f.ring, 0, &block), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    kb_ring_free(f.ring);
    assert_int_equal(*first->bytes, 0);
    kb_block_drop(first);
    assert_int_equal(*last->bytes, 49);
    kb_block_drop(last);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ring),
        cmocka_unit_test(test_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
