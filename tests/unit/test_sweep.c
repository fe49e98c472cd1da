/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: wherever pieces lie, each file's content is given in its order and whole, the disk is gone over in the order of
 * addresses, and what waits stays within its bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../agent/verify/sweep.h"

enum { FILES = 4096 };

/* What a sweep did. */
struct log {
    int64_t size[FILES], next[FILES]; /* bytes taken so far */
    bool ended[FILES], dropped[FILES], failed[FILES];
    size_t n_reads;
    struct {
        uint32_t file;
        int64_t offset;
    } reads[3 * FILES];
    size_t budget; /* pieces until the time is over; 0: never */
    size_t bad_file;
};

static uint8_t byte_of(uint32_t file, int64_t offset)
{
    return (uint8_t)((uint64_t)offset * 31 + file * 7 + (uint64_t)(offset >> 12));
}

static size_t read_some(void *owner, uint32_t file, int64_t offset, uint8_t *bytes, size_t n)
{
    struct log *log = owner;
    assert_true(log->n_reads < sizeof log->reads / sizeof *log->reads);
    log->reads[log->n_reads].file = file;
    log->reads[log->n_reads++].offset = offset;
    if (file == log->bad_file)
        return n / 2;
    for (size_t i = 0; i < n; i++)
        bytes[i] = byte_of(file, offset + (int64_t)i);
    return n;
}

static void take(void *owner, uint32_t file, int64_t offset, const uint8_t *bytes, size_t n)
{
    struct log *log = owner;
    assert_int_equal(offset, log->next[file]);
    for (size_t i = 0; i < n; i += 97)
        assert_int_equal(bytes[i], byte_of(file, offset + (int64_t)i));
    log->next[file] += (int64_t)n;
}

static void end(void *owner, uint32_t file)
{
    struct log *log = owner;
    assert_false(log->ended[file]);
    assert_int_equal(log->next[file], log->size[file]);
    log->ended[file] = true;
}

static void drop(void *owner, uint32_t file, bool failed)
{
    struct log *log = owner;
    assert_false(log->ended[file] || log->dropped[file]);
    log->dropped[file] = true;
    log->failed[file] = failed;
}

static bool over(void *owner)
{
    struct log *log = owner;
    return log->budget && !--log->budget;
}

static struct log *log_new(void)
{
    struct log *log = calloc(1, sizeof *log);
    assert_non_null(log);
    log->bad_file = SIZE_MAX;
    return log;
}

static void add(struct kb_placement *placement, struct log *log, uint32_t file, int64_t size,
                const struct kb_placed *extents, size_t n)
{
    log->size[file] = size;
    kb_placement_add(placement, file, size, extents, n);
}

static struct kb_sweep_stats sweep(struct kb_placement *placement, uint32_t files, struct log *log)
{
    const struct kb_sweep_ops ops = {
        .owner = log, .read = read_some, .take = take, .end = end, .drop = drop, .over = over};
    struct kb_sweep_stats stats = {0};
    kb_sweep_run(placement, files, &ops, &stats);
    kb_placement_free(placement);
    return stats;
}

static void all_ended(const struct log *log, uint32_t files)
{
    for (uint32_t i = 0; i < files; i++)
        assert_true(log->ended[i]);
}

/* What file systems tell, and what damaged ones do. */
static void test_placement(void **state)
{
    (void)state;
    struct kb_placement p = {0};
    const struct kb_placed out_of_order[] = {{8192, 1000000, 4096, false}, {0, 500000, 8192, false}};
    kb_placement_add(&p, 0, 12288, out_of_order, 2);
    assert_int_equal(p.n, 2);
    assert_int_equal(p.v[0].at, 500000);
    assert_int_equal(p.v[0].end, 8192);
    assert_int_equal(p.v[1].at, 1000000);
    assert_int_equal(p.v[1].end, 12288);
    kb_placement_free(&p);

    const struct kb_placed neighbours[] = {{0, 4096, 4096, false}, {4096, 8192, 4096, false}};
    kb_placement_add(&p, 0, 8192, neighbours, 2);
    assert_int_equal(p.n, 1);
    kb_placement_free(&p);

    /* a hole, an extent that was never written, then data: neither has a piece of its own */
    const struct kb_placed holes[] = {
        {4096, 70000, 4096, false}, {8192, 10, 4096, true}, {16384, 30000, 100, false}, {20000, 1, 0, false}};
    kb_placement_add(&p, 7, 40000, holes, 4);
    assert_int_equal(p.n, 2);
    assert_int_equal(p.v[0].offset, 0);
    assert_int_equal(p.v[0].at, 70000);
    assert_int_equal(p.v[0].end, 16384);
    assert_int_equal(p.v[1].end, 40000);
    assert_int_equal(p.v[1].file, 7);
    kb_placement_free(&p);

    /* extents that overlap, repeat themselves, lie behind the end, reach past it and past everything */
    const struct kb_placed lies[] = {
        {0, 900, 8192, false},     {4096, 100, 4096, false},         {4096, 5, 4096, false},
        {1 << 20, 1, 4096, false}, {UINT64_MAX - 5, 3, 4096, false}, {6000, UINT64_MAX - 1, UINT64_MAX, false}};
    kb_placement_add(&p, 0, 10000, lies, 6);
    int64_t at = 0;
    for (size_t i = 0; i < p.n; i++) {
        assert_int_equal(p.v[i].offset, at);
        assert_true(p.v[i].end > at);
        at = p.v[i].end;
    }
    assert_int_equal(at, 10000);
    kb_placement_free(&p);

    kb_placement_add(&p, 0, 0, NULL, 0);    /* empty */
    kb_placement_add(&p, 1, 5, NULL, 0);    /* inline data: no extent at all */
    kb_placement_add(&p, 2, 500, holes, 1); /* only behind its end */
    assert_int_equal(p.n, 3);
    assert_int_equal(p.v[1].end, 5);
    assert_int_equal(p.v[2].end, 500);
    kb_placement_free(&p);
}

/* Whole files in the reverse order of their names: each is read once, by address. */
static void test_order(void **state)
{
    (void)state;
    struct kb_placement p = {0};
    struct log *log = log_new();
    for (uint32_t i = 0; i < 1000; i++) {
        const struct kb_placed e = {0, (uint64_t)(1000 - i) << 20, 5000, false};
        add(&p, log, i, 5000, &e, 1);
    }
    const struct kb_sweep_stats stats = sweep(&p, 1000, log);
    all_ended(log, 1000);
    assert_int_equal(stats.sweeps, 1);
    assert_int_equal(stats.buffered + stats.left, 0);
    assert_int_equal(log->n_reads, 1000);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(log->reads[i].file, 999 - i);
    free(log);
}

/* Files in pieces that lie in the reverse order: one sweep, all but the first kept until it comes. */
static void test_fragmented(void **state)
{
    (void)state;
    struct kb_placement p = {0};
    struct log *log = log_new();
    for (uint32_t i = 0; i < 100; i++) {
        struct kb_placed e[8];
        for (uint64_t k = 0; k < 8; k++)
            e[k] = (struct kb_placed){k * 4096, (8 - k) * (1 << 24) + i * 4096, 4096, false};
        add(&p, log, i, 8 * 4096, e, 8);
    }
    const struct kb_sweep_stats stats = sweep(&p, 100, log);
    all_ended(log, 100);
    assert_int_equal(stats.sweeps, 1);
    assert_int_equal(stats.buffered, 700);
    assert_int_equal(log->n_reads, 800);
    free(log);
}

/* More than may be kept: what does not fit waits for the next sweep, and every sweep brings something. */
static void test_bound(void **state)
{
    (void)state;
    struct kb_placement p = {0};
    struct log *log = log_new();
    enum { PIECE = 3 << 20, PIECES = 20 };
    struct kb_placed e[PIECES];
    for (uint64_t k = 0; k < PIECES; k++)
        e[k] = (struct kb_placed){k * PIECE, (PIECES - k) << 30, PIECE, false};
    add(&p, log, 0, (int64_t)PIECES * PIECE, e, PIECES);
    const struct kb_placed large[] = {{0, 99, 1, false},
                                      {1, 5, 60 << 20, false}}; /* larger than all that may be kept */
    add(&p, log, 1, (60 << 20) + 1, large, 2);
    const struct kb_sweep_stats stats = sweep(&p, 2, log);
    all_ended(log, 2);
    assert_int_equal(stats.sweeps, 2); /* what was kept are those that are needed first */
    assert_true(stats.left >= PIECES - 1 - KB_SWEEP_BYTES / PIECE);
    free(log);
}

/* One large piece that waits long does not take the room of many that are needed soon. */
static void test_small_first(void **state)
{
    (void)state;
    struct kb_placement p = {0};
    struct log *log = log_new();
    enum { LARGE = KB_SWEEP_BYTES - 1000, SMALL = 4096, FILES_IN_TWO = 500 };
    const struct kb_placed e[] = {{0, 1 << 30, SMALL, false}, {SMALL, 0, LARGE, false}};
    add(&p, log, 0, SMALL + LARGE, e, 2);
    for (uint32_t i = 1; i <= FILES_IN_TWO; i++) {
        const uint64_t at = (1 << 26) + i * (1 << 16);
        const struct kb_placed two[] = {{0, at + 8192, SMALL, false}, {SMALL, at, SMALL, false}};
        add(&p, log, i, 2 * SMALL, two, 2);
    }
    const struct kb_sweep_stats stats = sweep(&p, FILES_IN_TWO + 1, log);
    all_ended(log, FILES_IN_TWO + 1);
    assert_int_equal(stats.left, 1);
    assert_int_equal(stats.sweeps, 2);
    free(log);
}

/* More files in pieces than may be begun at a time. */
static void test_many_open(void **state)
{
    (void)state;
    struct kb_placement p = {0};
    struct log *log = log_new();
    for (uint32_t i = 0; i < 3000; i++) {
        const struct kb_placed e[] = {{0, i * 10, 5, false}, {5, 1000000 + i * 10, 5, false}};
        add(&p, log, i, 10, e, 2);
    }
    const struct kb_sweep_stats stats = sweep(&p, 3000, log);
    all_ended(log, 3000);
    assert_int_equal(stats.sweeps, 2);
    assert_int_equal(log->n_reads, 6000);
    free(log);
}

/* Shared extents (reflinks), the same address for all, and a file that cannot be read: the others do not suffer. */
static void test_shared_and_bad(void **state)
{
    (void)state;
    struct kb_placement p = {0};
    struct log *log = log_new();
    for (uint32_t i = 0; i < 50; i++) {
        const struct kb_placed e[] = {{0, 4096, 100, false}, {100, 50, 100, false}, {200, 4096, 100, false}};
        add(&p, log, i, 300, e, 3);
    }
    log->bad_file = 17;
    (void)sweep(&p, 50, log);
    for (uint32_t i = 0; i < 50; i++) {
        assert_int_equal(log->ended[i], i != 17);
        assert_int_equal(log->failed[i], i == 17);
    }
    free(log);
}

static void test_time(void **state)
{
    (void)state;
    struct kb_placement p = {0};
    struct log *log = log_new();
    for (uint32_t i = 0; i < 100; i++) {
        const struct kb_placed e = {0, i, 10, false};
        add(&p, log, i, 10, &e, 1);
    }
    log->budget = 40;
    (void)sweep(&p, 100, log);
    for (uint32_t i = 0; i < 100; i++) {
        assert_int_equal(log->ended[i], i < 40);
        assert_int_equal(log->dropped[i], i >= 40);
        assert_false(log->failed[i]);
    }
    free(log);
}

/* Anything goes: random pieces, random lies. */
static void test_random(void **state)
{
    (void)state;
    srand(7);
    for (int round = 0; round < 30; round++) {
        struct kb_placement p = {0};
        struct log *log = log_new();
        uint32_t files = 1 + (uint32_t)rand() % 60;
        for (uint32_t i = 0; i < files; i++) {
            struct kb_placed e[12];
            size_t n = (size_t)rand() % 12;
            for (size_t k = 0; k < n; k++)
                e[k] = (struct kb_placed){(uint64_t)(rand() % 20000), (uint64_t)rand(), (uint64_t)(rand() % 9000),
                                          rand() % 5 == 0};
            add(&p, log, i, rand() % 20000, e, n);
        }
        (void)sweep(&p, files, log);
        all_ended(log, files);
        free(log);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_placement),      cmocka_unit_test(test_order),       cmocka_unit_test(test_fragmented),
        cmocka_unit_test(test_bound),          cmocka_unit_test(test_small_first), cmocka_unit_test(test_many_open),
        cmocka_unit_test(test_shared_and_bad), cmocka_unit_test(test_time),        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
