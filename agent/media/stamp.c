/* SPDX-License-Identifier: Apache-2.0 */
/* The time that a backup job wrote into a file of its own, as scripts on Windows, NAS and Linux print it. */
#include <stdlib.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/text.h"

#include "listing.h"

/* The bytes of one UTF-16 unit; what is no character by itself becomes U+FFFD, which no time holds. */
static size_t put_utf8(unsigned unit, char *out)
{
    if (unit >= 0xd800 && unit < 0xe000)
        unit = 0xfffd;
    if (unit < 0x80) {
        out[0] = (char)unit;
        return 1;
    }
    if (unit < 0x800) {
        out[0] = (char)(0xc0 | unit >> 6);
        out[1] = (char)(0x80 | (unit & 0x3f));
        return 2;
    }
    out[0] = (char)(0xe0 | unit >> 12);
    out[1] = (char)(0x80 | (unit >> 6 & 0x3f));
    out[2] = (char)(0x80 | (unit & 0x3f));
    return 3;
}

const char *kb_stamp_line(const char *bytes, size_t n, struct kb_arena *arena)
{
    const unsigned char *s = (const unsigned char *)bytes;
    char *text = kb_alloc(arena, 2 * n + 1, 1);
    size_t at = 0;
    bool little = n >= 2 && s[0] == 0xff && s[1] == 0xfe, big = n >= 2 && s[0] == 0xfe && s[1] == 0xff;
    if (little || big) {
        for (size_t i = 2; i + 1 < n; i += 2)
            at += put_utf8(little ? s[i] | (unsigned)s[i + 1] << 8 : (unsigned)s[i] << 8 | s[i + 1], text + at);
    } else {
        size_t mark = n >= 3 && !memcmp(s, "\xef\xbb\xbf", 3) ? 3 : 0;
        memcpy(text, bytes + mark, n - mark);
        at = n - mark;
    }
    text[at] = '\0';
    char *line = text + strspn(text, " \t\r\n");
    line[strcspn(line, "\r\n")] = '\0';
    for (size_t end = strlen(line); end && (line[end - 1] == ' ' || line[end - 1] == '\t');)
        line[--end] = '\0';
    return line;
}

static bool eat(const char **at, const char *text)
{
    size_t n = strlen(text);
    if (strncmp(*at, text, n) != 0)
        return false;
    *at += n;
    return true;
}

/* A number of `fewest` to `most` digits. */
static bool number(const char **at, size_t fewest, size_t most, int *ret_value)
{
    size_t n = strspn(*at, "0123456789");
    if (n < fewest || n > most)
        return false;
    *ret_value = 0;
    for (size_t i = 0; i < n; i++)
        *ret_value = *ret_value * 10 + ((*at)[i] - '0');
    *at += n;
    return true;
}

/* "(月)", as Windows prints it where the short date has it */
static void pass_weekday(const char **at)
{
    const char *s = *at + strspn(*at, " ");
    if (*s != '(')
        return;
    const char *end = strchr(s, ')');
    if (end && end - s <= 12)
        *at = end + 1;
}

static bool date(const char **at, int *y, int *mo, int *d)
{
    static const struct {
        const char *after_year, *after_month, *after_day;
    } forms[] = {{"-", "-", ""}, {"/", "/", ""}, {"年", "月", "日"}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        const char *s = *at;
        if (!number(&s, 4, 4, y) || !eat(&s, forms[i].after_year) || !number(&s, 1, 2, mo) ||
            !eat(&s, forms[i].after_month) || !number(&s, 1, 2, d) || !eat(&s, forms[i].after_day))
            continue;
        *at = s;
        return true;
    }
    return false;
}

static bool time_of_day(const char **at, int *h, int *mi, int *s)
{
    *s = 0;
    if (!number(at, 1, 2, h))
        return false;
    if (eat(at, "時")) {
        if (!number(at, 1, 2, mi) || !eat(at, "分"))
            return false;
        return !number(at, 1, 2, s) || eat(at, "秒");
    }
    if (!eat(at, ":") || !number(at, 2, 2, mi))
        return false;
    if (eat(at, ":") && !number(at, 2, 2, s))
        return false;
    if (eat(at, "."))
        *at += strspn(*at, "0123456789");
    return true;
}

bool kb_stamp_time(const char *text, int64_t *ret_time)
{
    int y, mo, d, h, mi, s;
    const char *at = text;
    if (kb_time_parse(text, ret_time))
        return true;
    if (!date(&at, &y, &mo, &d))
        return false;
    pass_weekday(&at);
    size_t gap = *at == 'T' ? 1 : strspn(at, " ");
    at += gap;
    return gap && time_of_day(&at, &h, &mi, &s) && !*at && kb_time_local(y, mo, d, h, mi, s, ret_time);
}
