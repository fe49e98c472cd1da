/* SPDX-License-Identifier: Apache-2.0 */
/* When drills are due: a rule that can be read, and that will come true one day. */
#include "checks.h"
#include "rrule.h"

#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"

/* A Monday, so that a rule without a weekday begins with the week. */
static const char default_start[] = "2024-01-01";

static int64_t day_number(struct kb_checker *c, const char *date)
{
    int64_t noon = 0;
    (void)kb_time_parse(kb_sprintf(c->l->work, "%sT12:00:00Z", date), &noon); /* the loader has read it as a date */
    return noon / 86400;
}

void kb_check_schedules(struct kb_checker *c)
{
    for (size_t i = 0; i < c->plan->drills.n; i++) {
        const struct kb_drill *drill = &c->plan->drills.v[i];
        if (kb_mark_of(c->l, &drill->from) && !kb_mark_of(c->l, &drill->schedule))
            KB_WRONG(c, &drill->from, drill, "`from` is where a `schedule` begins; there is none here",
                     "`from` は schedule の起点です（ここには schedule がありません）");
        if (!kb_mark_good(c->l, &drill->schedule))
            continue;
        struct kb_rrule rule;
        const struct kb_text *fault = kb_rrule_parse(drill->schedule, &rule);
        const char *from = kb_mark_good(c->l, &drill->from) ? drill->from : default_start;
        if (fault)
            KB_WRONG(c, &drill->schedule, drill, "`schedule`: `%s` cannot be used: %s%.0s",
                     "`schedule`: 「%s」は使えません。%.0s%s", kb_shown(c, drill->schedule), fault->en, fault->ja);
        else if (!kb_rrule_fires(&rule, day_number(c, from)))
            KB_WRONG(c, &drill->schedule, drill,
                     "`schedule`: `%s` never comes true: there is no such day in the hundred years from %s",
                     "`schedule`: 「%s」に当てはまる日がありません（%s から100年間）", kb_shown(c, drill->schedule),
                     from);
    }
}
