/* SPDX-License-Identifier: Apache-2.0 */
/* The finding table and the making of one. */
#include "koboshi/finding.h"

#include "koboshi/arena.h"

static const struct kb_rule rules[KB_RULE_COUNT] = {
#define KB_RULE_ROW(id, name_, severity_, axis_, ten, tja, nen, nja)                                                   \
    [KB_RULE_##id] = {.name = name_, .severity = severity_, .axis = axis_, .title = {tja, ten}, .next = {nja, nen}},
    KB_RULES(KB_RULE_ROW)
#undef KB_RULE_ROW
};

const struct kb_rule *kb_rule(enum kb_rule_id id)
{
    return &rules[id];
}

static const char *const severities[] = {"note", "warning", "bad", NULL};
static const char *const axes[] = {"restore", "time", "data", NULL};

static const struct kb_key finding_keys[] = {
    KB_KEY(struct kb_finding, rule, KB_STR, .flags = KB_REQUIRED),
    KB_KEY(struct kb_finding, severity, KB_ENUM, .values = severities, .flags = KB_REQUIRED),
    KB_KEY(struct kb_finding, axis, KB_ENUM, .values = axes, .flags = KB_REQUIRED),
    KB_KEY(struct kb_finding, set, KB_STR),
    KB_KEY(struct kb_finding, medium, KB_STR),
    KB_KEY(struct kb_finding, file, KB_STR),
    KB_KEY(struct kb_finding, entry, KB_STR),
    KB_KEY(struct kb_finding, entry_hex, KB_STR),
    KB_KEY(struct kb_finding, title, KB_TEXT),
    KB_KEY(struct kb_finding, expected, KB_TEXT),
    KB_KEY(struct kb_finding, found, KB_TEXT),
    KB_KEY(struct kb_finding, next, KB_TEXT),
    KB_KEY(struct kb_finding, count, KB_INT, .flags = KB_HAS_DEFAULT, .def = 1),
};
const struct kb_shape kb_finding_shape = KB_SHAPE(struct kb_finding, "finding", finding_keys);

struct kb_finding *kb_finding_make(struct kb_arena *arena, enum kb_rule_id id)
{
    struct kb_finding *finding = kb_alloc(arena, 1, sizeof *finding);
    *finding = (struct kb_finding){
        .rule = rules[id].name,
        .severity = rules[id].severity,
        .axis = rules[id].axis,
        .title = rules[id].title,
        .next = rules[id].next,
        .count = 1,
    };
    return finding;
}
