/* SPDX-License-Identifier: Apache-2.0 */
/* The labels of a report as arrays. */
#include "words.h"

#include "koboshi/record.h"
#include "koboshi/report.h"

/* An empty label is a missing one. */
#define HAS_BOTH(id, en_, ja_) _Static_assert(sizeof(en_) > 1 && sizeof(ja_) > 1, #id);
KB_WORDS(HAS_BOTH)
#define TABLE_HAS_BOTH(id) KB_NAMES_OF_##id(HAS_BOTH)
KB_NAME_TABLES(TABLE_HAS_BOTH)
#undef TABLE_HAS_BOTH
#undef HAS_BOTH

#define ROW(id, en_, ja_) [KB_W_##id] = {.ja = (ja_), .en = (en_)},
static const struct kb_text words[] = {KB_WORDS(ROW)};
#undef ROW

#define ROW(value, en_, ja_) [value] = {.ja = (ja_), .en = (en_)},
#define ARRAY(id)            static const struct kb_text names_##id[] = {KB_NAMES_OF_##id(ROW)};
KB_NAME_TABLES(ARRAY)
#undef ARRAY
#undef ROW

#define TABLE(id) [KB_T_##id] = {names_##id, sizeof names_##id / sizeof *names_##id},
static const struct {
    const struct kb_text *names;
    size_t n;
} tables[] = {KB_NAME_TABLES(TABLE)};
#undef TABLE

struct kb_text kb_word(enum kb_word word)
{
    return words[word];
}

struct kb_text kb_name(enum kb_name_table table, int value)
{
    if (value < 0 || (size_t)value >= tables[table].n)
        return (struct kb_text){.ja = "?", .en = "?"};
    return tables[table].names[value];
}
