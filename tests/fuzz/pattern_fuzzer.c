/* SPDX-License-Identifier: Apache-2.0 */
/* Path patterns, globs and stamps: a pattern on the first line, below it names to be held against it. */
#include "fuzz.h"

#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/err.h"
#include "koboshi/glob.h"
#include "koboshi/job.h"
#include "koboshi/pattern.h"
#include "media/listing.h"

void fuzz_begin(void)
{
}

/* Where a name fits, its time is one that can be said, and the pattern filled from it is the name again. */
static bool match(const struct kb_pattern *pattern, const char *path, struct kb_arena *arena)
{
    struct kb_match match = kb_match_none;
    struct kb_err err = {0};
    const char *at = path;
    for (size_t i = 0; i < pattern->components.n; i++) {
        size_t n = strcspn(at, "/");
        struct kb_name_form form;
        const char *name = kb_name_composed(kb_strndup(arena, at, n), &form);
        name = kb_strdup(arena, name); /* spans point into it */
        if (!n || (i + 1 < pattern->components.n) != (at[n] == '/') ||
            !kb_component_match(&pattern->components.v[i], name, &match))
            return false;
        at += n + (at[n] == '/');
    }
    int source = -1;
    int64_t time = kb_match_time(&match, 1796000000, &source);
    REQUIRE(source >= KB_PIT_NAME && source <= KB_PIT_STAMP_FILE && *kb_time_rfc3339(arena, time));
    (void)kb_match_agrees(&match, 1796000000);
    REQUIRE(match.n_wildcards <= KB_WILDCARDS_MAX);
    for (int i = 0; i < KB_PART_DATES; i++)
        REQUIRE(match.date[i] >= -1 && match.date[i] <= 9999);
    if (!pattern->has[KB_PART_NUMBER] && !pattern->has[KB_PART_FILE] && !kb_pattern_fills(pattern, pattern, &err))
        (void)kb_pattern_fill(pattern, &match, arena);
    return true;
}

static void stamp(const char *bytes, size_t n, struct kb_arena *arena)
{
    int64_t time = 0;
    const char *line = kb_stamp_line(bytes, n, arena);
    REQUIRE(!strpbrk(line, "\r\n"));
    if (kb_stamp_time(line, &time))
        REQUIRE(*kb_time_rfc3339(arena, time));
    if (kb_time_parse(line, &time)) {
        int64_t again = 0;
        REQUIRE(kb_time_parse(kb_time_rfc3339(arena, time), &again));
    }
}

enum fuzz_verdict fuzz_one(const uint8_t *bytes, size_t n)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *at = (const char *)bytes, *end = at + n, *part;
    size_t part_n;
    if (n > 4096)
        return FUZZ_REFUSED;
    stamp(at, n < KB_STAMP_BYTES_MAX ? n : KB_STAMP_BYTES_MAX, arena);
    part = fuzz_part(&at, end, '\n', &part_n);
    const char *text = kb_strndup(arena, part, part_n);
    const struct kb_pattern *pattern = NULL;
    struct kb_err err = {0};
    if (kb_pattern_parse(text, arena, &pattern, &err)) {
        REQUIRE(!pattern && err.code == KB_EPLAN && err.frame[0].ja[0]);
        pattern = NULL;
    } else {
        REQUIRE(pattern->components.n && *text != '/' && pattern->n_wildcards <= KB_WILDCARDS_MAX);
        (void)kb_pattern_dates(pattern, &err);
    }
    bool fits = pattern;
    while ((part = fuzz_part(&at, end, '\n', &part_n))) {
        const char *name = kb_strndup(arena, part, part_n);
        if (!*name)
            continue;
        (void)kb_glob_matches(text, name);
        if (!strpbrk(name, "*?"))
            REQUIRE(kb_glob_matches(name, name) && kb_glob_matches("**", name));
        if (pattern)
            fits &= match(pattern, name, arena);
    }
    return fits ? FUZZ_SOUND : FUZZ_REFUSED;
}
