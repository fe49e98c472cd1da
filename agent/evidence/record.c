/* SPDX-License-Identifier: Apache-2.0 */
/* record.json: read, written, and its proof in one line. */
#include "koboshi/record.h"

#include <inttypes.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"

int kb_record_read(const char *text, size_t n, struct kb_arena *arena, const struct kb_record **ret_record,
                   struct kb_err *err)
{
    KB_SCOPED_JSON json = NULL;
    int code = kb_json_parse(text, n, &json, err);
    if (code)
        return code;
    const json_t *format = json_object_get(json, "format");
    if (!json_is_integer(format))
        return kb_fail(err, KB_EIO, "this is not a record: `format` is missing",
                       "記録ではありません: `format` がありません");
    if (json_integer_value(format) != KB_RECORD_FORMAT)
        return kb_fail(err, KB_EIO,
                       "the record has format %" PRId64 ", this koboshi reads up to %d; use a newer koboshi",
                       "記録の形式は %" PRId64 " です（この koboshi は %d まで）。新しい koboshi を使ってください",
                       (int64_t)json_integer_value(format), KB_RECORD_FORMAT);
    struct kb_record *record = kb_alloc(arena, 1, sizeof *record);
    if (kb_shape_read(&kb_record_shape, json, arena, record, err))
        return kb_wrap(err, "the record cannot be read", "記録を読めません");
    *ret_record = record;
    return 0;
}

char *kb_record_write(const struct kb_record *record, struct kb_arena *arena, size_t *ret_n)
{
    KB_SCOPED_JSON json = kb_shape_write(&kb_record_shape, record);
    size_t n;
    char *text = kb_json_dump(arena, json, JSON_INDENT(2), &n);
    text[n] = '\n'; /* in the place of the NUL, which the copy below puts back */
    *ret_n = n + 1;
    return kb_strndup(arena, text, n + 1);
}

const char *kb_proof_told(struct kb_arena *arena, const char *proof, enum kb_lang lang)
{
    static const struct {
        const char *mark, *before, *after;
    } words[] = {{" (sample ", "（抜き取り ", "）"}, {" (no ", "（", "なし）"}};
    for (size_t i = 0; lang == KB_JA && i < sizeof words / sizeof *words; i++) {
        const char *at = strstr(proof, words[i].mark), *what = at ? at + strlen(words[i].mark) : NULL;
        const char *end = what ? strchr(what, ')') : NULL;
        if (end)
            proof = kb_sprintf(arena, "%.*s%s%.*s%s%s", (int)(at - proof), proof, words[i].before, (int)(end - what),
                               what, words[i].after, end + 1);
    }
    return proof;
}

int64_t kb_result_sample(const struct kb_set_result *result)
{
    return result->coverage == KB_COVERAGE_SAMPLE && result->sample ? result->sample->percent : 0;
}

const char *kb_proof_show(struct kb_arena *arena, const struct kb_proof *proof, int64_t sample)
{
    const int facts[] = {proof->exists,   proof->read,   proof->hash,    proof->structure,
                         proof->restored, proof->opened, proof->accepted};
    enum { LEVELS = sizeof facts / sizeof *facts, RESTORED = 4, FIRST_EXTRA = 5 };
    if (proof->exists != KB_REACHED)
        return "–";
    int unbroken = 0, highest = 0, broken = 0;
    for (int i = 0; i < LEVELS; i++) {
        if (facts[i] == KB_REACHED)
            highest = i;
        /* what probes and people looked at is some files, so L5 and L6 never raise the level that holds for all */
        if (facts[i] == KB_NOT_REACHED || i >= FIRST_EXTRA)
            broken = 1;
        else if (facts[i] == KB_REACHED && !broken)
            unbroken = i;
    }
    const char *of = sample > 0 ? kb_sprintf(arena, " (sample %" PRId64 "%%)", sample) : "", *missing = "";
    const char *shown = kb_sprintf(arena, "L%d%s", unbroken, unbroken == RESTORED ? of : "");
    for (int i = unbroken + 1; i <= highest; i++) {
        if (facts[i] == KB_REACHED)
            shown = kb_sprintf(arena, "%s +L%d%s", shown, i, i == RESTORED ? of : "");
        else if (facts[i] == KB_NOT_REACHED)
            missing = kb_sprintf(arena, "%s%sL%d", missing, *missing ? ", " : "no ", i);
    }
    return *missing ? kb_sprintf(arena, "%s (%s)", shown, missing) : shown;
}
