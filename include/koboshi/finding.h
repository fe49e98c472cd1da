/* SPDX-License-Identifier: Apache-2.0 */
/* core: what can be wrong with a backup, as one table, and one finding of it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "koboshi/shape.h"
#include "koboshi/text.h"

enum kb_severity {
    KB_NOTE, /* said, changes no verdict */
    KB_WARN, /* makes the verdict conditional (条件付き達成) */
    KB_BAD,  /* the unit has failed (未達) */
};

/* What a rule is about: 復元 (can data be restored), 時間 (in time), データ (fresh enough). */
enum kb_axis { KB_AXIS_RESTORE, KB_AXIS_TIME, KB_AXIS_DATA };

/* id, name, severity, axis, title en, title ja, what to do next en, what to do next ja */
#define KB_RULES(X)                                                                                                    \
    KB_RULES_MEDIUM(X)                                                                                                 \
    KB_RULES_GENERATION(X)                                                                                             \
    KB_RULES_DISK(X)                                                                                                   \
    KB_RULES_ARCHIVE(X)                                                                                                \
    KB_RULES_ZIP(X)                                                                                                    \
    KB_RULES_MANIFEST(X)                                                                                               \
    KB_RULES_BAG(X)                                                                                                    \
    KB_RULES_SHAPE(X)                                                                                                  \
    KB_RULES_RESTORE(X)                                                                                                \
    KB_RULES_PROBE(X)                                                                                                  \
    KB_RULES_NETWORK(X)                                                                                                \
    KB_RULES_OBJECTIVE(X)                                                                                              \
    KB_RULES_ATTEND(X)                                                                                                 \
    KB_RULES_UNIT(X)                                                                                                   \
    KB_RULES_THREAT(X)                                                                                                 \
    KB_RULES_SAMPLE(X)                                                                                                 \
    KB_RULES_REGISTER(X)                                                                                               \
    KB_RULES_SIGNS(X)

#include "koboshi/rules.h"

enum kb_rule_id {
#define KB_RULE_ENUM(id, ...) KB_RULE_##id,
    KB_RULES(KB_RULE_ENUM)
#undef KB_RULE_ENUM
        KB_RULE_COUNT,
};

struct kb_rule {
    const char *name; /* stable, in records: "entry-differs" */
    enum kb_severity severity;
    enum kb_axis axis;
    struct kb_text title;
    struct kb_text next;
};

/* kb_rule(id): the row of a rule. */
const struct kb_rule *kb_rule(enum kb_rule_id id);

/*
 * One finding. Texts are complete sentences in both languages so that a record stays readable without this program.
 * All names in it are escaped (kb_escape). In arena memory of whoever made it.
 */
struct kb_finding {
    const char *rule;      /* kb_rule.name */
    int severity;          /* enum kb_severity */
    int axis;              /* enum kb_axis */
    const char *set;       /* backup set id, NULL if it concerns none */
    const char *medium;    /* medium id, NULL if not known */
    const char *file;      /* generation: path on the medium, escaped, NULL if not known */
    const char *entry;     /* path inside the generation, escaped, NULL if the whole generation is meant */
    const char *entry_hex; /* the raw bytes, only when they differ from the text of `entry` */
    struct kb_text title;
    struct kb_text expected;
    struct kb_text found;
    struct kb_text next;
    int64_t count; /* 1, or how many more of this rule were not listed one by one */
};

extern const struct kb_shape kb_finding_shape;

/* kb_finding_make(arena, id): title, next, severity, axis and count = 1 filled from the table; the rest is the
 * caller's. */
struct kb_finding *kb_finding_make(struct kb_arena *arena, enum kb_rule_id id);
