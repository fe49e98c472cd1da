/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns with `*`, `?` and `**` against paths. */
#include "koboshi/glob.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

static size_t char_bytes(const char *s)
{
    size_t n = 1;
    while (((unsigned char)s[n] & 0xc0) == 0x80) /* `?` is one character, not one byte of it */
        n++;
    return n;
}

/* One name against one component of the pattern; goes back to the last star only, so time is bounded by the product. */
static bool name_matches(const char *pattern, size_t pattern_n, const char *name, size_t name_n)
{
    size_t p = 0, n = 0, star = SIZE_MAX, star_n = 0;
    while (n < name_n) {
        if (p < pattern_n && pattern[p] == '*') {
            star = p++;
            star_n = n;
        } else if (p < pattern_n && pattern[p] == '?') {
            p++;
            n += char_bytes(name + n);
        } else if (p < pattern_n && pattern[p] == name[n]) {
            p++;
            n++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            n = ++star_n;
        } else {
            return false;
        }
    }
    while (p < pattern_n && pattern[p] == '*')
        p++;
    return p == pattern_n && n == name_n;
}

static const char *after(const char *part, size_t n)
{
    return part + n + (part[n] == '/');
}

static bool path_matches(const char *pattern, const char *path)
{
    const char *stars = NULL, *stars_path = NULL;
    while (*path) {
        size_t pattern_n = strcspn(pattern, "/"), path_n = strcspn(path, "/");
        if (pattern_n == 2 && !memcmp(pattern, "**", 2)) {
            stars = after(pattern, 2);
            stars_path = path;
            pattern = stars;
            if (!*pattern)
                return true;
        } else if (*pattern && name_matches(pattern, pattern_n, path, path_n)) {
            pattern = after(pattern, pattern_n);
            path = after(path, path_n);
        } else if (stars) {
            stars_path = after(stars_path, strcspn(stars_path, "/"));
            pattern = stars;
            path = stars_path;
        } else {
            return false;
        }
    }
    return !*pattern;
}

bool kb_glob_matches(const char *pattern, const char *path)
{
    if (path_matches(pattern, path))
        return true;
    char *pattern_nfc = (char *)utf8proc_NFC((const unsigned char *)pattern);
    char *path_nfc = (char *)utf8proc_NFC((const unsigned char *)path);
    bool matches = pattern_nfc && path_nfc && path_matches(pattern_nfc, path_nfc);
    free(pattern_nfc);
    free(path_nfc);
    return matches;
}
