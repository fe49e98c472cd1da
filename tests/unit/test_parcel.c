/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: parcels come out in the order of the archive, each content measured right, with any number of threads and
 * lanes; nobody waits for ever when it is stopped. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../agent/verify/lanes.h"
#include "koboshi/err.h"
#include "koboshi/limits.h"

enum { ENTRIES = 400 };

static uint8_t noise[3 << 20];

/* Empty, small, spanning parcels, larger than several. */
static size_t size_of_entry(size_t i)
{
    static const size_t sizes[] = {0, 1, 700, 65536, 262144, 262145, 3000, 1500000, 12, 3 << 20};
    return i % 17 == 5 ? sizes[9] : sizes[i % 9];
}

struct filler {
    struct kb_lanes *lanes;
    size_t lane, lanes_n;
    bool in_blocks;
    struct kb_ring *ring;
};

static bool give(struct filler *f, struct kb_lane *lane, size_t i)
{
    size_t n = size_of_entry(i), step = i % 3 ? KB_RING_SLOT_BYTES : 50001;
    bool wanted = true;
    for (size_t at = 0; at < n && wanted; at += step) {
        size_t part = n - at < step ? n - at : step;
        struct kb_block *block = NULL;
        const uint8_t *bytes = noise + at;
        if (f->in_blocks) {
            struct kb_block *room = kb_ring_room(f->ring);
            memcpy(room->bytes, bytes, part);
            kb_ring_put(f->ring, part);
            assert_int_equal(kb_ring_take(f->ring, 0, &block), part);
            bytes = block->bytes;
        }
        wanted = kb_lane_data(lane, (int64_t)at, bytes, part, block);
    }
    kb_lane_end(lane, wanted);
    return wanted;
}

/* Every lanes_n-th entry, five at a time. */
static void *fill(void *owner)
{
    struct filler *f = owner;
    struct kb_lane *lane = kb_lanes_at(f->lanes, f->lane);
    if (f->in_blocks)
        f->ring = kb_ring_new(1, 4);
    bool wanted = true;
    for (size_t i = 0; i < ENTRIES && wanted; i++) {
        if (i / 5 % f->lanes_n == f->lane) {
            char name[32];
            int n = snprintf(name, sizeof name, "f%zu", i);
            const struct kb_entry e = {.kind = KB_ENTRY_FILE,
                                       .path = name,
                                       .shown = name,
                                       .raw = name,
                                       .raw_n = (size_t)n,
                                       .size = i % 2 ? (int64_t)size_of_entry(i) : KB_ABSENT};
            wanted = kb_lane_entry(lane, &e) > 0 && give(f, lane, i);
        }
        if (wanted && f->lanes_n > 1 && i % 5 == 4 && i / 5 % f->lanes_n == f->lane)
            kb_lane_turn(lane);
    }
    kb_lane_finish(lane);
    kb_ring_free(f->ring);
    return NULL;
}

/* Takes `take` contents; each must be the one whose turn it is. */
static void take_all(struct kb_lanes *lanes, size_t take)
{
    struct kb_hasher *hasher = kb_hasher_new();
    const struct kb_parcel *parcel;
    size_t named = 0, ended = 0;
    while (ended < take && (parcel = kb_lanes_next(lanes))) {
        for (size_t i = 0; i < parcel->n; i++) {
            const struct kb_piece *piece = &parcel->pieces[i];
            char name[32];
            (void)snprintf(name, sizeof name, "f%zu", named);
            if (piece->kind == KB_PIECE_ENTRY) {
                assert_string_equal(piece->entry->path, name);
                named++;
            } else if (piece->kind == KB_PIECE_END) {
                kb_hasher_begin(hasher);
                kb_hasher_add(hasher, noise, size_of_entry(ended));
                struct kb_sha256 digest = kb_hasher_end(hasher);
                assert_int_equal(piece->content->size, size_of_entry(ended));
                assert_memory_equal(&piece->content->digests.sha256, &digest, sizeof digest);
                ended++;
            } else {
                assert_memory_equal(piece->data.bytes, noise + piece->data.offset, piece->data.n);
            }
        }
    }
    if (take == ENTRIES) {
        assert_int_equal(ended, ENTRIES);
        assert_null(kb_lanes_next(lanes));
    }
    kb_hasher_free(hasher);
}

static void trial(size_t lanes_n, size_t threads, bool in_blocks, size_t take)
{
    struct kb_err err = {0};
    struct kb_lanes *lanes;
    const struct kb_meter meter = {.budgets = &kb_budgets_usual, .packed = KB_ABSENT};
    assert_int_equal(
        kb_lanes_new(&(struct kb_lanes_params){.lanes = lanes_n, .threads = threads, .meter = &meter}, &lanes, &err),
        0);
    struct filler fillers[4];
    pthread_t thread[4];
    for (size_t i = 0; i < lanes_n; i++) {
        fillers[i] = (struct filler){.lanes = lanes, .lane = i, .lanes_n = lanes_n, .in_blocks = in_blocks};
        assert_int_equal(pthread_create(&thread[i], NULL, fill, &fillers[i]), 0);
    }
    take_all(lanes, take);
    kb_lanes_stop(lanes);
    for (size_t i = 0; i < lanes_n; i++)
        assert_int_equal(pthread_join(thread[i], NULL), 0);
    kb_lanes_free(lanes);
}

static void test_order(void **state)
{
    (void)state;
    for (size_t threads = 1; threads <= 4; threads *= 2) {
        trial(1, threads, false, ENTRIES);
        trial(1, threads, true, ENTRIES);
        trial(3, threads, false, ENTRIES);
    }
}

/* Whoever judges goes away in the middle: those who fill and measure end. */
static void test_stop(void **state)
{
    (void)state;
    for (size_t take = 0; take < 60; take += 7) {
        trial(1, 2, take % 2, take);
        trial(4, 3, take % 2, take);
    }
}

/* What reaches a limit is handed on to be told, and never measured. */
static void test_limit(void **state)
{
    (void)state;
    struct kb_err err = {0};
    struct kb_lanes *lanes;
    const struct kb_meter meter = {.budgets = &kb_budgets_usual, .packed = 1000};
    assert_int_equal(kb_lanes_new(&(struct kb_lanes_params){.lanes = 1, .threads = 2, .meter = &meter}, &lanes, &err),
                     0);
    struct kb_lane *lane = kb_lanes_at(lanes, 0);
    const struct kb_entry e = {
        .kind = KB_ENTRY_FILE, .path = "bomb", .shown = "bomb", .raw = "bomb", .raw_n = 4, .size = INT64_C(1) << 50};
    assert_int_equal(kb_lane_entry(lane, &e), 1);
    assert_true(kb_lane_data(lane, 0, noise, 10, NULL));
    assert_false(kb_lane_data(lane, INT64_C(1) << 44, noise, 10, NULL));
    kb_lane_end(lane, true);
    assert_int_equal(kb_lane_entry(lane, &e), -1);
    kb_lane_finish(lane);
    const struct kb_parcel *parcel = NULL;
    bool beyond = false, whole = true;
    while ((parcel = kb_lanes_next(lanes)))
        for (size_t i = 0; i < parcel->n; i++) {
            beyond |= parcel->pieces[i].kind == KB_PIECE_DATA && parcel->pieces[i].beyond;
            whole &= parcel->pieces[i].kind != KB_PIECE_END || parcel->pieces[i].content->whole;
            assert_true(parcel->pieces[i].kind != KB_PIECE_END || parcel->pieces[i].content->size == 10);
        }
    assert_true(beyond);
    assert_false(whole);
    kb_lanes_free(lanes);
}

/* A hostile zip has a hundred thousand bytes of words for each of its entries: they count like names. */
static void test_words(void **state)
{
    (void)state;
    static char long_words[100 << 10];
    memset(long_words, 'a', sizeof long_words - 1);
    const struct kb_reader_flaw flaw = {
        .rule = KB_RULE_ZIP_DIFFERS, .expected = {.ja = long_words, .en = long_words}, .found = {.ja = "b", .en = "b"}};
    struct kb_parcel *parcel = kb_parcel_new();
    size_t n = 0;
    for (; kb_parcel_has_room(parcel); n++)
        kb_parcel_add_flaw(parcel, &flaw);
    assert_int_equal(n, 1);
    kb_parcel_free(parcel);
}

int main(void)
{
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)(i * 2654435761u >> 13);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
