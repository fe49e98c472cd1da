/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: every reader of the ring sees every block in order, and one that leaves early holds nobody up. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../agent/verify/ring.h"

struct feeder {
    struct kb_ring *ring;
    size_t blocks;
};

static void *feed(void *owner)
{
    struct feeder *f = owner;
    uint8_t *room;
    for (size_t i = 0; i < f->blocks && (room = kb_ring_room(f->ring)); i++) {
        room[0] = (uint8_t)i;
        kb_ring_put(f->ring, i + 1);
    }
    kb_ring_finish(f->ring, 0);
    return NULL;
}

static void test_ring(void **state)
{
    (void)state;
    for (int leaver = 0; leaver < 3; leaver++) { /* nobody, one, or both leave early */
        struct feeder f = {.ring = kb_ring_new(2), .blocks = 100};
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, feed, &f), 0);
        const void *bytes;
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(kb_ring_take(f.ring, 1, &bytes), (ssize_t)i + 1);
            assert_int_equal(*(const uint8_t *)bytes, i);
        }
        if (leaver)
            kb_ring_leave(f.ring, 1);
        for (size_t i = 0; i < (leaver == 2 ? 2 : 100); i++) {
            assert_int_equal(kb_ring_take(f.ring, 0, &bytes), (ssize_t)i + 1);
            assert_int_equal(*(const uint8_t *)bytes, i);
            if (!leaver && i >= 3)
                assert_int_equal(kb_ring_take(f.ring, 1, &bytes), (ssize_t)i + 1);
        }
        if (leaver == 2)
            kb_ring_leave(f.ring, 0);
        else
            assert_int_equal(kb_ring_take(f.ring, 0, &bytes), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        kb_ring_free(f.ring);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ring),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
