/* SPDX-License-Identifier: Apache-2.0 */
/* Judges stored names: which of them may become a path below a folder of ours. */
#include "koboshi/archive.h"

#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/limits.h"

static bool is_letter(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_separator(unsigned char c)
{
    return c == '/' || c == '\\';
}

/* What Windows would read as a way out; on Linux these are ordinary characters, so nothing here is split at them. */
static bool leads_out_on_windows(const unsigned char *s, size_t n)
{
    if (n && s[0] == '\\')
        return true;
    if (n >= 2 && is_letter(s[0]) && s[1] == ':')
        return true;
    for (size_t i = 0; i < n;) {
        size_t end = i;
        while (end < n && !is_separator(s[end]))
            end++;
        if (end - i == 2 && s[i] == '.' && s[i + 1] == '.')
            return true;
        i = end + 1;
    }
    return false;
}

enum kb_path_fault kb_path_judge(const void *bytes, size_t n, struct kb_arena *arena, const char **ret_path)
{
    const unsigned char *s = bytes;
    if (n > KB_PATH_BYTES_MAX)
        return KB_PATH_TOO_LONG;
    if (n && memchr(s, 0, n))
        return KB_PATH_NUL;
    if (n && s[0] == '/')
        return KB_PATH_ABSOLUTE;
    char *path = kb_alloc(arena, n + 1, 1);
    size_t used = 0, depth = 0;
    bool long_name = false;
    for (size_t i = 0; i < n;) {
        size_t end = i;
        while (end < n && s[end] != '/')
            end++;
        size_t len = end - i;
        if (len == 2 && s[i] == '.' && s[i + 1] == '.')
            return KB_PATH_PARENT;
        long_name |= len > KB_NAME_BYTES_MAX;
        if (len && !(len == 1 && s[i] == '.')) {
            if (++depth > KB_PATH_DEPTH_MAX)
                return KB_PATH_TOO_DEEP;
            if (used)
                path[used++] = '/';
            memcpy(path + used, s + i, len);
            used += len;
        }
        i = end + 1;
    }
    if (!used)
        return KB_PATH_EMPTY;
    if (used >= KB_PATH_BYTES_MAX)
        return KB_PATH_TOO_LONG;
    if (leads_out_on_windows((const unsigned char *)path, used))
        return KB_PATH_WINDOWS;
    *ret_path = path;
    return long_name ? KB_PATH_NAME_TOO_LONG : KB_PATH_SAFE;
}
