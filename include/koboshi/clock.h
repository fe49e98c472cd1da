/* SPDX-License-Identifier: Apache-2.0 */
/* core: what time it is, on which clock, and how it is written. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct kb_arena;
struct kb_err;

#define KB_NS_PER_S INT64_C(1000000000)
/* "not known", for every integer of a plan, job or record that may be missing */
#define KB_ABSENT INT64_MIN

/* kb_boot_ns: CLOCK_BOOTTIME in ns: goes on during suspend, never jumps. Compare only within one boot id. */
int64_t kb_boot_ns(void);
/* kb_wall_s: CLOCK_REALTIME in whole UTC seconds. */
int64_t kb_wall_s(void);
int64_t kb_wall_ns(void);

enum { KB_BOOT_ID_SIZE = 37 }; /* 36 characters of a UUID plus NUL (proc(5): /proc/sys/kernel/random/boot_id) */
/* kb_boot_id(ret_id): the kernel's boot id. */
int kb_boot_id(char ret_id[KB_BOOT_ID_SIZE], struct kb_err *err);

/* kb_zone_use(name, err): makes an IANA zone the local one of this process (TZ, tzset). KB_ECONFIG if it is not
 * installed. */
int kb_zone_use(const char *name, struct kb_err *err);
/* kb_zone_exists(name): the zone is in the system's tz database. */
bool kb_zone_exists(const char *name);

/* kb_time_rfc3339(arena, utc_s): RFC 3339 in the process' zone: 2026-12-05T09:00:00+09:00. "" for KB_ABSENT. Before
 * the year 1 and after 9999: the first and last day that it can say. */
const char *kb_time_rfc3339(struct kb_arena *arena, int64_t utc_s);
/* kb_time_parse(text, ret_utc_s): RFC 3339 of the years 1 to 9999, with `Z` or offset, `T` or one space between date
 * and time. false if it is not one. */
bool kb_time_parse(const char *text, int64_t *ret_utc_s);
/* kb_time_show(arena, utc_s): for people, in the process' zone: "2026-12-05 09:00 JST". */
const char *kb_time_show(struct kb_arena *arena, int64_t utc_s);
/* kb_time_local(y, mo, d, h, mi, s, ret_utc_s): a local civil time of the process' zone; false if the date does not
 * exist (31 February). A nonexistent local time moves forward, as RFC 5545 has it. */
bool kb_time_local(int year, int month, int day, int hour, int minute, int second, int64_t *ret_utc_s);
