/* SPDX-License-Identifier: Apache-2.0 */
/* People, papers, calendar and network: what goes together, days that exist, addresses that are ranges. */
#include "checks.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "koboshi/arena.h"

#define GOOD(c, field)    kb_mark_good((c)->l, (field))
#define WRITTEN(c, field) (kb_mark_of((c)->l, (field)) != NULL)

/* Something kept in a system names it, so that rules see what is lost with it. */
static void check_keeping(struct kb_checker *c, const int *kind, const char *const *system, const void *object)
{
    if (!GOOD(c, kind))
        return;
    if (*kind == KB_KEY_IN_SYSTEM && !WRITTEN(c, system))
        KB_WRONG(c, system, object, "`kind: system` needs `system`: in which one it is kept",
                 "`kind: system` には `system`（どのシステムの中か）が必要です");
    if (*kind != KB_KEY_IN_SYSTEM && WRITTEN(c, system))
        KB_WRONG(c, system, object, "`system` is for `kind: system`, here it is %s",
                 "`system` は kind: system のときだけ使います（ここでは %s）", kb_key_place_names[*kind]);
}

static void check_papers(struct kb_checker *c)
{
    for (size_t i = 0; i < c->plan->plan.plan_copies.n; i++) {
        const struct kb_plan_copy *copy = &c->plan->plan.plan_copies.v[i];
        check_keeping(c, &copy->kind, &copy->system, copy);
    }
    for (size_t k = 0; k < c->plan->keys.n; k++) {
        for (size_t i = 0; i < c->plan->keys.v[k].stored.n; i++) {
            const struct kb_key_copy *copy = &c->plan->keys.v[k].stored.v[i];
            check_keeping(c, &copy->kind, &copy->system, copy);
        }
    }
}

/* "02-30", "2026-02-29": the form has seen to two digits each. */
static bool is_day(const char *text, size_t n)
{
    static const int lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const char *end = text + n;
    int month = atoi(end - 5), day = atoi(end - 2), year = n == 10 ? atoi(text) : 2024;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= lengths[month - 1] - (month == 2 && !leap);
}

/* One day or two: each exists, both with or both without a year, and a span with years does not run backwards. */
static void check_days(struct kb_checker *c, const char *name, const char *const *field)
{
    if (!GOOD(c, field) || !strchr("0123456789", **field))
        return;
    size_t n = strcspn(*field, ".");
    const char *to = (*field)[n] ? *field + n + 2 : *field;
    if (!is_day(*field, n) || !is_day(to, strlen(to)))
        KB_WRONG(c, field, NULL, "`%s`: there is no such day: `%s`", "`%s`: 「%s」という日付はありません", name,
                 *field);
    else if (strlen(to) != n)
        KB_WRONG(c, field, NULL, "`%s`: `%s` has a year on one side only", "`%s`: 「%s」は片方だけに年があります", name,
                 *field);
    else if (n == 10 && strcmp(*field, to) > 0)
        KB_WRONG(c, field, NULL, "`%s`: `%s` ends before it begins", "`%s`: 「%s」は終わりが始まりより前です", name,
                 *field);
}

static void check_calendar(struct kb_checker *c)
{
    const struct kb_calendar *calendar = c->plan->calendar;
    for (size_t i = 0; calendar && i < calendar->closed.n; i++)
        check_days(c, "closed", (const char *const *)&calendar->closed.v[i]);
    for (size_t i = 0; calendar && i < calendar->critical_dates.n; i++) {
        const struct kb_critical_date *date = &calendar->critical_dates.v[i];
        if (WRITTEN(c, &date->day) == WRITTEN(c, &date->date))
            KB_WRONG(c, NULL, date, "a critical date has either `day` (of each month) or `date` (of each year)",
                     "`day`（毎月の日）か `date`（毎年の月日）のどちらか1つを書いてください");
        check_days(c, "date", &date->date);
    }
    if (c->plan->policy)
        check_days(c, "fiscal_year_start", &c->plan->policy->fiscal_year_start);
    for (size_t i = 0; i < c->plan->blackout.n; i++)
        check_days(c, "when", &c->plan->blackout.v[i].when);
}

/* Same number in the first `bits` bits, zero behind: "192.0.2.0" of "192.0.2.5/24". NULL if it is no address. */
static const char *network_of(struct kb_checker *c, const char *address, int family, long bits)
{
    unsigned char bytes[16];
    char text[INET6_ADDRSTRLEN];
    size_t n = family == AF_INET ? 4 : 16;
    if (inet_pton(family, address, bytes) != 1)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        long left = bits - 8 * (long)i;
        bytes[i] &= left >= 8 ? 0xff : left <= 0 ? 0 : (unsigned char)(0xff << (8 - left));
    }
    return kb_strdup(c->l->work, inet_ntop(family, bytes, text, sizeof text));
}

static void check_range(struct kb_checker *c, const char *const *field)
{
    if (!GOOD(c, field))
        return;
    const char *text = *field, *slash = strchr(text, '/');
    const char *address = slash ? kb_strndup(c->l->work, text, (size_t)(slash - text)) : text;
    int family = strchr(address, ':') ? AF_INET6 : AF_INET;
    long most = family == AF_INET ? 32 : 128, bits = most;
    size_t n = slash ? strspn(slash + 1, "0123456789") : 0;
    if (slash)
        bits = n && n <= 3 && !slash[1 + n] ? atol(slash + 1) : -1;
    const char *network = bits >= 0 && bits <= most ? network_of(c, address, family, bits) : NULL;
    const char *shown = kb_shown(c, text);
    if (!network)
        KB_WRONG(c, field, NULL, "`allow`: `%s` is no address range; write one such as 192.0.2.0/24",
                 "`allow`: 「%s」はアドレス範囲ではありません。192.0.2.0/24 のように書いてください", shown);
    else if (!slash)
        KB_WRONG(c, field, NULL, "`allow`: `%s` has no length; write %s/%ld for this address alone",
                 "`allow`: 「%s」に範囲の長さがありません。このアドレスだけなら %s/%ld と書いてください", shown,
                 network, most);
    else if (!bits)
        KB_WRONG(c, field, NULL, "`allow`: `%s` allows every address",
                 "`allow`: 「%s」ではすべてのアドレスを許すことになります", shown);
    else if (strcmp(network, network_of(c, address, family, most)) != 0)
        KB_WRONG(c, field, NULL, "`allow`: `%s` is one address within its range; write %s/%ld",
                 "`allow`: 「%s」は範囲の途中のアドレスです。%s/%ld と書いてください", shown, network, bits);
}

void kb_check_company(struct kb_checker *c)
{
    check_papers(c);
    check_calendar(c);
    for (size_t i = 0; c->plan->network && i < c->plan->network->allow.n; i++)
        check_range(c, (const char *const *)&c->plan->network->allow.v[i]);
}
