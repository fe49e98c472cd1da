/* SPDX-License-Identifier: Apache-2.0 */
/* events.jsonl of a record: what happened when, one JSON object a line. */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* Zero-initialised. */
struct kb_events {
    char *bytes;
    size_t n, room;
};

/* kb_event(events, ns, name, details): appends {"ns", "time", "event", …details}; takes over details (may be NULL). */
void kb_event(struct kb_events *events, int64_t ns, const char *name, json_t *details);
/* kb_events_put(events, lines): whole lines that were written before. */
void kb_events_put(struct kb_events *events, const char *lines);
void kb_events_done(struct kb_events *events);
