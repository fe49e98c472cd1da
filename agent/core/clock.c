/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks and the spelling of times. */
#include "koboshi/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"

static int64_t read_clock(clockid_t id)
{
    struct timespec ts;
    if (clock_gettime(id, &ts))
        abort(); /* both clocks exist on every Linux */
    return (int64_t)ts.tv_sec * KB_NS_PER_S + ts.tv_nsec;
}

int64_t kb_boot_ns(void)
{
    return read_clock(CLOCK_BOOTTIME);
}

int64_t kb_wall_ns(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t kb_wall_s(void)
{
    return kb_wall_ns() / KB_NS_PER_S;
}

int kb_boot_id(char ret_id[KB_BOOT_ID_SIZE], struct kb_err *err)
{
    static const char path[] = "/proc/sys/kernel/random/boot_id";
    char id[KB_BOOT_ID_SIZE] = "";
    KB_SCOPED_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || kb_read_full(fd, id, KB_BOOT_ID_SIZE - 1) != KB_BOOT_ID_SIZE - 1)
        return kb_fail(err, KB_ECONFIG, "%s cannot be read; /proc must be mounted",
                       "%s を読めません。/proc をマウントしてください", path);
    memcpy(ret_id, id, KB_BOOT_ID_SIZE);
    return 0;
}

bool kb_zone_exists(const char *name)
{
    if (!*name || *name == '/' || strstr(name, "..") || strlen(name) > 64)
        return false;
    char path[128];
    (void)snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    KB_SCOPED_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    char magic[4];
    return fd >= 0 && kb_read_full(fd, magic, 4) == 4 && !memcmp(magic, "TZif", 4); /* tzfile(5) */
}

int kb_zone_use(const char *name, struct kb_err *err)
{
    if (!kb_zone_exists(name))
        return kb_fail(err, KB_ECONFIG, "time zone %s is not installed; install the package tzdata",
                       "タイムゾーン %s がありません。tzdata パッケージを入れてください", name);
    if (setenv("TZ", name, 1))
        abort();
    tzset();
    return 0;
}

/* 0001-01-02 and 9999-12-30 in UTC, so that every zone has four digits of year. */
#define FIRST_S INT64_C(-62135510400)
#define LAST_S  INT64_C(253402214399)

const char *kb_time_rfc3339(struct kb_arena *arena, int64_t utc_s)
{
    if (utc_s == KB_ABSENT)
        return "";
    /* what stands in a file system may lie outside the years that this format can say */
    time_t t = utc_s < FIRST_S ? FIRST_S : utc_s > LAST_S ? LAST_S : (time_t)utc_s;
    struct tm tm;
    if (!localtime_r(&t, &tm))
        return "";
    long offset = tm.tm_gmtoff / 60;
    /* local mean times of the 19th century are off by seconds too, which this format cannot say */
    time_t shifted = t + offset * 60;
    if (tm.tm_gmtoff % 60 && !gmtime_r(&shifted, &tm))
        return "";
    return kb_sprintf(arena, "%04d-%02d-%02dT%02d:%02d:%02d%c%02ld:%02ld", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                      tm.tm_hour, tm.tm_min, tm.tm_sec, offset < 0 ? '-' : '+', labs(offset) / 60, labs(offset) % 60);
}

const char *kb_time_show(struct kb_arena *arena, int64_t utc_s)
{
    if (utc_s == KB_ABSENT)
        return "–";
    time_t t = (time_t)utc_s;
    struct tm tm;
    char text[64];
    if (!localtime_r(&t, &tm) || !strftime(text, sizeof text, "%Y-%m-%d %H:%M %Z", &tm))
        return "–";
    return kb_strdup(arena, text);
}

static bool is_date(int first_year, int year, int month, int day)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < first_year || year > 9999 || month < 1 || month > 12 || day < 1)
        return false;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return day <= days[month - 1] + (month == 2 && leap);
}

bool kb_time_parse(const char *text, int64_t *ret_utc_s)
{
    int y, mo, d, h, mi, s, n = 0, oh = 0, om = 0;
    char sep, zone = '\0';
    if (sscanf(text, "%4d-%2d-%2d%c%2d:%2d:%2d%n", &y, &mo, &d, &sep, &h, &mi, &s, &n) != 7 || n != 19 ||
        (sep != 'T' && sep != ' ') || !is_date(1, y, mo, d) || h > 23 || mi > 59 || s > 59)
        return false;
    const char *rest = text + n;
    if (*rest == '.') /* fractions are allowed by RFC 3339 and not kept */
        rest += 1 + strspn(rest + 1, "0123456789");
    zone = *rest++;
    if (zone == '+' || zone == '-') {
        int used = 0;
        if (sscanf(rest, "%2d:%2d%n", &oh, &om, &used) != 2 || used != 5 || rest[5] || oh > 23 || om > 59)
            return false;
    } else if (zone != 'Z' || *rest) {
        return false;
    }
    struct tm tm = {.tm_year = y - 1900, .tm_mon = mo - 1, .tm_mday = d, .tm_hour = h, .tm_min = mi, .tm_sec = s};
    int64_t offset = (int64_t)(oh * 60 + om) * 60;
    *ret_utc_s = (int64_t)timegm(&tm) - (zone == '-' ? -offset : offset);
    return true;
}

bool kb_time_local(int year, int month, int day, int hour, int minute, int second, int64_t *ret_utc_s)
{
    if (!is_date(1970, year, month, day) || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
        second > 59)
        return false;
    struct tm tm = {.tm_year = year - 1900,
                    .tm_mon = month - 1,
                    .tm_mday = day,
                    .tm_hour = hour,
                    .tm_min = minute,
                    .tm_sec = second,
                    .tm_isdst = -1};
    *ret_utc_s = (int64_t)mktime(&tm);
    return true;
}
