/* SPDX-License-Identifier: Apache-2.0 */
/* Events in memory until the record is written. */
#include "events.h"

#include <stdlib.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/shape.h"

void kb_event(struct kb_events *events, int64_t ns, const char *name, json_t *details)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    KB_SCOPED_JSON event = json_object();
    (void)json_object_set_new(event, "ns", json_integer(ns));
    (void)json_object_set_new(event, "time", json_string(kb_time_rfc3339(arena, kb_wall_s())));
    (void)json_object_set_new(event, "event", json_string(name));
    if (details)
        (void)json_object_update(event, details);
    json_decref(details);
    size_t n = 0;
    kb_events_put(events, kb_sprintf(arena, "%s\n", kb_json_dump(arena, event, JSON_COMPACT, &n)));
}

void kb_events_put(struct kb_events *events, const char *lines)
{
    size_t n = strlen(lines);
    if (events->n + n > events->room) {
        events->room = (events->n + n) * 2;
        events->bytes = realloc(events->bytes, events->room);
        if (!events->bytes)
            abort();
    }
    memcpy(events->bytes + events->n, lines, n);
    events->n += n;
}

void kb_events_done(struct kb_events *events)
{
    free(events->bytes);
    *events = (struct kb_events){0};
}
