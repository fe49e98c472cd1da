/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a plan as it is written: values that every YAML reader takes alike, and comments. */
#pragma once

#include <stdint.h>

#include "koboshi/plan.h"

struct kb_arena;

/* A growing text. Start with {.arena, .lang}. */
struct kb_yaml {
    struct kb_arena *arena;
    enum kb_lang lang;
    char *text;
    size_t n, room;
};

/* kb_yaml_put(yaml, format, …): as it is; indentation and line breaks are the caller's. */
__attribute__((format(printf, 2, 3))) void kb_yaml_put(struct kb_yaml *yaml, const char *format, ...);

/* kb_yaml_say(yaml, indent, en, ja, …): a comment line of its own in the language of the plan. */
__attribute__((format(printf, 3, 5), format(printf, 4, 5))) void kb_yaml_say(struct kb_yaml *yaml, int indent,
                                                                             const char *en, const char *ja, ...);
/* kb_yaml_note(yaml, why): `  # inferred: …` up to the end of the line. */
void kb_yaml_note(struct kb_yaml *yaml, struct kb_text why);

/* kb_yaml_value(arena, text): text as a scalar: plain where YAML 1.1 and 1.2 read a plain one as this very text also
 * within [] and {}, else in double quotes with escapes. text is UTF-8. */
const char *kb_yaml_value(struct kb_arena *arena, const char *text);
/* kb_yaml_duration(arena, seconds): 90m, 24h, 7d, business_day: as the plan's loader takes it. */
const char *kb_yaml_duration(struct kb_arena *arena, int64_t seconds);
/* kb_yaml_size(arena, bytes): two figures or more, rounded down: 98MB. */
const char *kb_yaml_size(struct kb_arena *arena, int64_t bytes);
