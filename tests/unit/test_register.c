/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: what the lines of a ledger say of a medium, whose turn it is, and until when a generation is fresh, also over
 * week-ends and into summer time; a loose cable costs few lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../agent/run/sighting.h"
#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/register.h"

static int64_t at(const char *text)
{
    int64_t s = 0;
    assert_true(kb_time_parse(text, &s));
    return s;
}

static struct kb_line line(enum kb_line_kind kind, const char *time, const char *medium, const char *presence)
{
    struct kb_line made;
    kb_line_init(&made, kind);
    made.time = at(time);
    made.plan = "energy";
    made.medium = medium;
    made.presence = presence;
    return made;
}

static struct kb_line read_line(const char *time, struct kb_line_read *read)
{
    struct kb_line made = line(KB_LINE_VERIFIED, time, NULL, NULL);
    made.reads.v = read;
    made.reads.n = 1;
    return made;
}

static void test_history(void **state)
{
    (void)state;
    struct kb_line_read slow = {"share", "a", "s-1.tar", 0, 100 << 20, 2000, "L3", KB_UNIT_GOOD},
                        fast = {"share", "a", "s-2.tar", 0, 100 << 20, 1000, "L3", KB_UNIT_GOOD},
                        short_ = {"share", "a", "s-3.tar", 0, 100, 1, "L3", KB_UNIT_CONDITIONAL},
                        broken = {"share", "a", "s-3.tar", 0, 100 << 20, 4000, "L1", KB_UNIT_FAILED};
    struct kb_line v[] = {
        line(KB_LINE_MEDIUM_SEEN, "2026-11-06T08:00:00+09:00", "a", "present"),
        read_line("2026-11-06T09:00:00+09:00", &fast),
        line(KB_LINE_MEDIUM_SEEN, "2026-11-07T08:00:00+09:00", "a", "present"),
        line(KB_LINE_MEDIUM_SEEN, "2026-11-08T08:00:00+09:00", "b", "left"),
        line(KB_LINE_MEDIUM_SWAPPED, "2026-11-13T17:00:00+09:00", "a", NULL),
        line(KB_LINE_MEDIUM_SEEN, "2026-11-13T17:01:00+09:00", "a", "left"),
        read_line("2026-11-14T09:00:00+09:00", &slow),
        read_line("2026-11-15T09:00:00+09:00", &short_),
        read_line("2026-11-16T09:00:00+09:00", &broken),
        line(KB_LINE_MEDIUM_SEEN, "2026-11-20T09:00:00+09:00", "a", "arrived"),
    };
    v[9].plan = "another";
    const struct kb_lines lines = {sizeof v / sizeof *v, v};
    struct kb_medium_history h;
    kb_register_history(&lines, "energy", "a", &h);
    assert_false(h.here);
    assert_int_equal(h.since, v[4].time); /* the cable followed a minute later */
    assert_ptr_equal(h.left, &v[4]);
    assert_int_equal(h.verified, v[7].time);
    assert_string_equal(h.verified_file, "s-3.tar");
    assert_int_equal(h.n_reads, 3);
    assert_int_equal(h.last_rate, 25 << 20);
    assert_int_equal(h.best_rate, 100 << 20);
    assert_int_equal(kb_register_verified(&lines, "energy", "a", "share", "s-2.tar"), v[1].time);
    assert_int_equal(kb_register_verified(&lines, "energy", "a", "share", "s-3.tar"), KB_ABSENT); /* the last was bad */
    assert_int_equal(kb_register_verified(&lines, "energy", "b", "share", "s-2.tar"), KB_ABSENT);
    /* a run that did only a part takes nothing back; one that completed the parts counts from its day on */
    struct kb_line_read part = {"share", "a", "s-2.tar", 0, 100, 1, "L0", KB_UNIT_PARTIAL};
    v[9] = read_line("2026-11-21T09:00:00+09:00", &part);
    assert_int_equal(kb_register_verified(&lines, "energy", "a", "share", "s-2.tar"), v[1].time);
    part.status = KB_UNIT_CONDITIONAL;
    assert_int_equal(kb_register_verified(&lines, "energy", "a", "share", "s-2.tar"), v[9].time);
    const struct kb_lines until_swap = {3, v};
    kb_register_history(&until_swap, "energy", "a", &h);
    assert_true(h.here);
    assert_int_equal(h.since, v[0].time);
    kb_register_history(&until_swap, "energy", "nobody", &h);
    assert_int_equal(h.since, KB_ABSENT);
    assert_int_equal(h.verified, KB_ABSENT);
}

static void test_turn(void **state)
{
    (void)state;
    const char *disks[] = {"a", "b", "c"};
    const struct kb_rotation weekly = {.id = "weekly", .swap = KB_FRI, .disks = {.n = 3, .v = disks}};
    const struct kb_plan plan = {.plan.id = "energy"};
    struct kb_line v[] = {line(KB_LINE_MEDIUM_SWAPPED, "2026-11-12T17:00:00+09:00", "a", NULL)}; /* a Thursday */
    v[0].medium_in = "b";
    const struct kb_lines none = {0, NULL}, lines = {1, v};
    struct kb_turn turn;
    kb_register_turn(&plan, &weekly, &none, at("2026-11-23T10:00:00+09:00"), &turn); /* a Monday */
    assert_null(turn.out);
    assert_int_equal(turn.due, at("2026-11-27T00:00:00+09:00"));
    assert_int_equal(turn.days, 4);
    kb_register_turn(&plan, &weekly, &lines, at("2026-11-16T10:00:00+09:00"), &turn);
    assert_string_equal(turn.out, "b");
    assert_string_equal(turn.in, "c");
    assert_int_equal(turn.due, at("2026-11-20T00:00:00+09:00")); /* not Friday the 13th: that was done a day early */
    assert_int_equal(turn.days, 4);
    kb_register_turn(&plan, &weekly, &lines, at("2026-11-20T23:59:59+09:00"), &turn);
    assert_int_equal(turn.days, 0);
    kb_register_turn(&plan, &weekly, &lines, at("2026-11-23T00:00:00+09:00"), &turn);
    assert_int_equal(turn.days, -3);
    assert_string_equal(kb_rotation_next(&weekly, "c"), "a");
    assert_null(kb_rotation_next(&weekly, "d"));
    const struct kb_rotation alone = {.id = "one", .disks = {.n = 1, .v = disks}};
    assert_null(kb_rotation_next(&alone, "a"));
}

static void test_fresh(void **state)
{
    (void)state;
    int64_t friday = at("2026-11-20T22:00:00+09:00");
    assert_int_equal(kb_fresh_until(friday, 86400), at("2026-11-21T22:00:00+09:00"));
    assert_int_equal(kb_fresh_until(friday, KB_BUSINESS_DAY), at("2026-11-23T23:59:59+09:00"));
    assert_int_equal(kb_fresh_until(at("2026-11-21T22:00:00+09:00"), KB_BUSINESS_DAY), at("2026-11-23T23:59:59+09:00"));
    assert_int_equal(kb_fresh_until(at("2026-11-22T00:00:00+09:00"), KB_BUSINESS_DAY), at("2026-11-23T23:59:59+09:00"));
    assert_int_equal(kb_fresh_until(at("2026-11-23T00:00:00+09:00"), KB_BUSINESS_DAY), at("2026-11-24T23:59:59+09:00"));
    assert_int_equal(kb_fresh_until(friday, KB_ABSENT), KB_ABSENT);
    assert_int_equal(kb_fresh_until(KB_ABSENT, 86400), KB_ABSENT);
    assert_int_equal(kb_fresh_until(friday, INT64_MAX), KB_ABSENT);
    struct kb_err err = {0};
    assert_int_equal(kb_zone_use("Europe/Berlin", &err), 0); /* 2026-03-29 has 23 hours */
    assert_int_equal(kb_fresh_until(at("2026-03-27T22:00:00+01:00"), KB_BUSINESS_DAY), at("2026-03-30T23:59:59+02:00"));
    const char *disks[] = {"a", "b"};
    const struct kb_rotation weekly = {.id = "weekly", .swap = KB_MON, .disks = {.n = 2, .v = disks}};
    const struct kb_plan plan = {.plan.id = "energy"};
    const struct kb_lines none = {0, NULL};
    struct kb_turn turn;
    kb_register_turn(&plan, &weekly, &none, at("2026-03-28T10:00:00+01:00"), &turn);
    assert_int_equal(turn.days, 2);
    assert_int_equal(kb_zone_use("Asia/Tokyo", &err), 0);
}

/* Seen every second; returns how many lines that cost. */
static int64_t flap(struct kb_sighting *sighting, int64_t from, int64_t seconds, int64_t period)
{
    int64_t lines = sighting->n_told;
    for (int64_t now = from; now < from + seconds; now++) {
        kb_sighting_see(sighting, period ? now / period % 2 == 0 : true, now);
        if (kb_sighting_due(sighting, now) == 0)
            (void)kb_sighting_told(sighting, now);
    }
    return sighting->n_told - lines;
}

static void test_debounce(void **state)
{
    (void)state;
    struct kb_sighting sighting = {.told = false};
    kb_sighting_see(&sighting, true, 100);
    assert_int_equal(kb_sighting_due(&sighting, 100), KB_WATCH_SETTLE_S);
    assert_int_equal(kb_sighting_due(&sighting, 102), 1);
    kb_sighting_see(&sighting, false, 102); /* gone before it counted */
    assert_true(kb_sighting_due(&sighting, 1000) < 0);
    kb_sighting_see(&sighting, true, 1000);
    assert_int_equal(kb_sighting_due(&sighting, 1003), 0);
    assert_int_equal(kb_sighting_told(&sighting, 1003), 1); /* once before */
    assert_true(kb_sighting_due(&sighting, 1003) < 0);
    /* a cable that drops out each 2 seconds: none; each 10 seconds: few in an hour; each 11 minutes: each is told */
    sighting = (struct kb_sighting){.told = false};
    assert_int_equal(flap(&sighting, 0, 3600, 2), 0);
    sighting = (struct kb_sighting){.told = false};
    assert_int_equal(flap(&sighting, 0, 3600, 10), KB_WATCH_LINES);
    int64_t per_day = flap(&sighting, 3600, 23 * 3600, 10);
    assert_true(per_day <= 23 * KB_WATCH_LINES);
    /* when it holds at last, the last line is right */
    (void)flap(&sighting, 86400, 3600, 0);
    assert_true(sighting.told);
    sighting = (struct kb_sighting){.told = false};
    assert_in_range(flap(&sighting, 0, 36000, 660), 50, 55);
}

int main(void)
{
    struct kb_err err = {0};
    if (kb_zone_use("Asia/Tokyo", &err))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_history),
        cmocka_unit_test(test_turn),
        cmocka_unit_test(test_fresh),
        cmocka_unit_test(test_debounce),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
