/* SPDX-License-Identifier: Apache-2.0 */
/* Counts at the end of file names, in digits or letters. */
#include "counted.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "koboshi/arena.h"

static const char word[] = "part";
enum { COUNT_DIGITS_MAX = 9, WORD_BYTES = sizeof word - 1 };

static bool all_of(const char *s, bool letters)
{
    if (!*s || (!letters && strlen(s) > COUNT_DIGITS_MAX))
        return false;
    for (; *s; s++)
        if (letters ? *s < 'a' || *s > 'z' : !isdigit((unsigned char)*s))
            return false;
    return true;
}

static bool is_separator(char c)
{
    return c == '.' || c == '-' || c == '_';
}

static size_t common_start(const char *const *names, size_t n)
{
    size_t at = strlen(names[0]);
    for (size_t i = 1; i < n; i++) {
        size_t same = 0;
        while (same < at && names[i][same] == names[0][same])
            same++;
        at = same;
    }
    return at;
}

/* One file alone says little: only what is surely a count is taken for one. */
static struct kb_counted of_one(const char *name)
{
    const char *dot = strrchr(name, '.');
    size_t n = dot ? strlen(dot + 1) : 0;
    bool letters = n >= 2 && strspn(dot + 1, "a") == n;
    if (n < 2 || dot == name || !(letters || all_of(dot + 1, false)))
        return (struct kb_counted){.at = strlen(name)};
    return (struct kb_counted){.at = (size_t)(dot + 1 - name), .counts = true};
}

/* split(1) writes letters of one width, at least two, and begins wider ones with z. */
static bool is_wide(const char *count, size_t width)
{
    return width > 1 && (strlen(count) == width || *count == 'z');
}

struct kb_counted kb_counted_of(const char *const *names, size_t n)
{
    if (n == 1)
        return of_one(names[0]);
    size_t at = common_start(names, n);
    bool letters = !isdigit((unsigned char)names[0][at]);
    /* what all counts begin with belongs to them */
    while (at && (letters ? names[0][at - 1] == 'a' : isdigit((unsigned char)names[0][at - 1])))
        at--;
    size_t width = strlen(names[0] + at);
    for (size_t i = 0; i < n; i++)
        if (!at || !all_of(names[i] + at, letters) || (letters && !is_wide(names[i] + at, width)))
            return (struct kb_counted){.at = at};
    return (struct kb_counted){.at = at, .counts = true};
}

/* x.part1: the word belongs to the count. */
static bool ends_in_word(const char *name, size_t n)
{
    return n > WORD_BYTES + 1 && !memcmp(name + n - WORD_BYTES, word, WORD_BYTES) &&
           is_separator(name[n - WORD_BYTES - 1]);
}

const char *kb_counted_stem(const char *first, struct kb_counted counted, struct kb_arena *arena)
{
    size_t n = counted.at;
    if (ends_in_word(first, n))
        n -= WORD_BYTES;
    if (n > 1 && n < strlen(first) && is_separator(first[n - 1]))
        n--;
    return n ? kb_strndup(arena, first, n) : first;
}

static bool is_first(const char *name, size_t at)
{
    const char *count = name + at;
    if (!isdigit((unsigned char)*count))
        return strspn(count, "a") == strlen(count);
    bool sure = at && (is_separator(name[at - 1]) || ends_in_word(name, at));
    return atol(count) <= 1 || !sure; /* digits right behind other characters may be those of a date as well */
}

/* split(1) goes on with zaaa after yz, with zzaaaa after zyzz; with 9000 after 89. */
static bool widened(const char *a, const char *b, const char *first, char before_last, const char *last)
{
    size_t n = strlen(a), z = strspn(b, last);
    return strlen(b) == n + 2 && z && strspn(b + z, first) == n + 2 - z && strspn(a, last) == z - 1 &&
           a[z - 1] == before_last && strspn(a + z, last) == n - z;
}

static bool follows(const char *a, const char *b)
{
    if (isdigit((unsigned char)*a))
        return atol(b) == atol(a) + 1 || widened(a, b, "0", '8', "9");
    size_t n = strlen(a);
    if (strlen(b) != n)
        return widened(a, b, "a", 'y', "z");
    size_t at = n;
    while (at && a[at - 1] == 'z' && b[at - 1] == 'a')
        at--;
    return at && b[at - 1] == a[at - 1] + 1 && !memcmp(a, b, at - 1);
}

size_t kb_counted_gap(const char *const *names, size_t n, struct kb_counted counted)
{
    if (!counted.counts)
        return n;
    if (!is_first(names[0], counted.at))
        return 0;
    size_t i = 1;
    while (i < n && follows(names[i - 1] + counted.at, names[i] + counted.at))
        i++;
    return i;
}
