/* SPDX-License-Identifier: Apache-2.0 */
/* Names as archives and disks store them: decoded, judged, made safe to show. */
#include "fuzz.h"

#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/archive.h"
#include "koboshi/limits.h"
#include "koboshi/text.h"

static struct kb_names *names[3];

void fuzz_begin(void)
{
    names[0] = kb_names_new(KB_NAMES_AUTO);
    names[1] = kb_names_new(KB_NAMES_UTF8);
    names[2] = kb_names_new(KB_NAMES_CP932);
}

/* What is judged safe stays below the folder it is created in, on Linux and on Windows, and is so again when judged
 * once more. */
static enum fuzz_verdict judge(const void *bytes, size_t n, struct kb_arena *arena)
{
    const char *path = NULL, *again = NULL;
    enum kb_path_fault fault = kb_path_judge(bytes, n, arena, &path);
    REQUIRE(!path == (fault != KB_PATH_SAFE && fault != KB_PATH_NAME_TOO_LONG));
    if (!path)
        return FUZZ_REFUSED;
    REQUIRE(*path && *path != '/' && *path != '\\' && strlen(path) < KB_PATH_BYTES_MAX && strlen(path) <= n);
    REQUIRE(!(path[1] == ':' && ((path[0] | 0x20) >= 'a' && (path[0] | 0x20) <= 'z')));
    size_t depth = 0, longest = 0;
    for (const char *at = path; at;) {
        size_t len = strcspn(at, "/");
        REQUIRE(len && !(len == 1 && *at == '.'));
        longest = len > longest ? len : longest;
        at = at[len] ? at + len + 1 : NULL;
        depth++;
    }
    for (const char *at = path; at;) {
        size_t len = strcspn(at, "/\\");
        REQUIRE(!(len == 2 && at[0] == '.' && at[1] == '.'));
        at = at[len] ? at + len + 1 : NULL;
    }
    REQUIRE(depth <= KB_PATH_DEPTH_MAX && (longest > KB_NAME_BYTES_MAX) == (fault == KB_PATH_NAME_TOO_LONG));
    REQUIRE(kb_path_judge(path, strlen(path), arena, &again) == fault && !strcmp(path, again));
    return fault == KB_PATH_SAFE ? FUZZ_SOUND : FUZZ_REFUSED;
}

/* kb_escape loses nothing: %XX read back are the bytes. */
static void show(const uint8_t *bytes, size_t n, struct kb_arena *arena)
{
    const char *shown = kb_escape(arena, bytes, n);
    fuzz_require_safe(shown);
    REQUIRE(kb_is_utf8(shown, strlen(shown)));
    size_t at = 0;
    for (const char *s = shown; *s; s++, at++) {
        unsigned value = (unsigned char)*s;
        if (*s == '%') {
            REQUIRE(sscanf(s + 1, "%2X", &value) == 1);
            s += 2;
        }
        REQUIRE(at < n && value == bytes[at]);
    }
    REQUIRE(at == n);
    for (size_t columns = 8; columns < 90; columns += 29) {
        const char *rest = shown;
        size_t line;
        while (*rest) {
            const char *before = rest, *text = kb_next_line(&rest, columns, &line);
            REQUIRE(rest > before && text >= before && text + line <= rest);
            REQUIRE(kb_is_utf8(text, line));
        }
        const char *brief = kb_brief(arena, shown, columns);
        REQUIRE(kb_is_utf8(brief, strlen(brief)));
        REQUIRE(kb_width(brief) <= columns + 1); /* the mark at its end may be one more than what fits */
    }
    size_t fits = kb_fit(shown, strlen(shown) / 2);
    REQUIRE(fits <= strlen(shown) / 2 && kb_is_utf8(shown, fits));
}

enum fuzz_verdict fuzz_one(const uint8_t *bytes, size_t n)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    if (n > 8192)
        return FUZZ_REFUSED;
    enum fuzz_verdict verdict = judge(bytes, n, arena);
    show(bytes, n, arena);
    char *text = kb_strndup(arena, bytes, n);
    const char *safe = kb_printable(arena, text);
    fuzz_require_safe(safe);
    REQUIRE(kb_json_bytes(safe) >= strlen(safe));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (int flagged = 0; flagged < 2; flagged++) {
            const char *name = kb_names_decode(names[i], bytes, n, flagged, arena);
            REQUIRE(name);
            if (kb_is_utf8(bytes, n) && i < 2)
                REQUIRE(strlen(name) == n && !memcmp(name, bytes, n));
            (void)judge(name, strlen(name), arena);
        }
    return verdict;
}
