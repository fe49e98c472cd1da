/* SPDX-License-Identifier: Apache-2.0 */
/* Debouncing what comes and goes. */
#include "sighting.h"

enum { HOUR_S = 3600 };

void kb_sighting_see(struct kb_sighting *sighting, bool here, int64_t now)
{
    if (sighting->here == here)
        return;
    sighting->here = here;
    sighting->since = now;
    sighting->flips++;
}

int64_t kb_sighting_due(const struct kb_sighting *sighting, int64_t now)
{
    if (sighting->here == sighting->told)
        return -1; /* also when it went and came back in between: nothing of it lasted */
    int64_t oldest = sighting->told_at[sighting->n_told % KB_WATCH_LINES];
    bool busy = sighting->n_told >= KB_WATCH_LINES && now - oldest < HOUR_S;
    int64_t due = sighting->since + (busy ? KB_WATCH_CALM_S : KB_WATCH_SETTLE_S);
    return due > now ? due - now : 0;
}

int64_t kb_sighting_told(struct kb_sighting *sighting, int64_t now)
{
    int64_t unsaid = sighting->flips > 1 ? sighting->flips / 2 : 0;
    sighting->told = sighting->here;
    sighting->flips = 0;
    sighting->told_at[sighting->n_told++ % KB_WATCH_LINES] = now;
    return unsaid;
}
