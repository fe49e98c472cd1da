/* SPDX-License-Identifier: Apache-2.0 */
/* What a query or a command is expected to answer. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "koboshi/clock.h"
#include "koboshi/probe.h"

enum { FUTURE_SECONDS = 86400 }; /* clocks and zones of two machines differ; a day is neither */

static const char *skip_blanks(const char *s)
{
    return s + strspn(s, " \t\r\n");
}

/* A whole decimal number, blanks around it allowed. */
static bool number_of(const char *text, long double *ret_number)
{
    char *end;
    text = skip_blanks(text);
    if (!*text || strspn(text, "0123456789.+-eE \t\r\n") != strlen(text))
        return false;
    errno = 0;
    long double number = strtold(text, &end);
    if (end == text || *skip_blanks(end) || errno == ERANGE || !isfinite(number))
        return false;
    *ret_number = number;
    return true;
}

static bool seconds_of(const char *text, int64_t *ret_seconds)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
    int64_t total = 0;
    bool any = false;
    for (text = skip_blanks(text); *text && *text != ' '; any = true) {
        int64_t count = 0, part = 0;
        size_t digits = strspn(text, "0123456789");
        if (!digits || digits > 9)
            return false;
        for (size_t i = 0; i < digits; i++)
            count = count * 10 + (text[i] - '0');
        for (size_t i = 0; i < sizeof units / sizeof *units; i++)
            if (text[digits] == units[i].unit)
                part = units[i].seconds;
        if (!part)
            return false;
        total += count * part;
        text += digits + 1;
    }
    *ret_seconds = total;
    return any && !*skip_blanks(text);
}

static bool time_of(const char *text, int64_t *ret_time)
{
    int y, mo, d, h, mi, s, n = 0;
    char trimmed[64];
    text = skip_blanks(text);
    size_t length = strlen(text);
    while (length && strchr(" \t\r\n", text[length - 1]))
        length--;
    if (length >= sizeof trimmed)
        return false;
    memcpy(trimmed, text, length);
    trimmed[length] = '\0';
    if (kb_time_parse(trimmed, ret_time))
        return true;
    if (sscanf(trimmed, "%4d-%2d-%2d%*1[ T]%2d:%2d:%2d%n", &y, &mo, &d, &h, &mi, &s, &n) < 6 || !n)
        return false;
    if (trimmed[n] == '.') /* fractions of a second are dropped */
        n += 1 + (int)strspn(trimmed + n + 1, "0123456789");
    return !trimmed[n] && kb_time_local(y, mo, d, h, mi, s, ret_time);
}

enum relation { ABOVE, AT_LEAST, BELOW, AT_MOST, EQUAL, CONTAINS, AGE, RELATIONS };

/* The longer spelling stands before its own beginning. */
static const struct {
    const char *word;
    enum relation relation;
} words[] = {{">=", AT_LEAST}, {">", ABOVE},           {"<=", AT_MOST}, {"<", BELOW},
             {"==", EQUAL},    {"contains", CONTAINS}, {"age", AGE}};

static bool holds_number(enum relation relation, const char *operand, const char *value)
{
    long double wanted, found;
    if (!number_of(operand, &wanted) || !number_of(value, &found))
        return false;
    bool holds[RELATIONS] = {
        [ABOVE] = found > wanted, [AT_LEAST] = found >= wanted, [BELOW] = found < wanted, [AT_MOST] = found <= wanted};
    return holds[relation];
}

/* An operand may stand in double quotes; the text between them is meant then. */
static void unquoted(const char *operand, const char **ret_text, size_t *ret_n)
{
    size_t n = strlen(operand);
    while (n && strchr(" \t\r\n", operand[n - 1]))
        n--;
    bool quoted = n >= 2 && operand[0] == '"' && operand[n - 1] == '"';
    *ret_text = operand + quoted;
    *ret_n = n - 2 * (size_t)quoted;
}

static bool holds_equal(const char *operand, const char *value)
{
    const char *text;
    size_t n, value_n;
    long double a, b;
    unquoted(operand, &text, &n);
    value = skip_blanks(value);
    value_n = strlen(value);
    while (value_n && strchr(" \t\r\n", value[value_n - 1]))
        value_n--;
    if (n == value_n && !memcmp(text, value, n))
        return true;
    return *operand != '"' && number_of(operand, &a) && number_of(value, &b) && a >= b && a <= b;
}

static bool holds_age(const char *operand, const char *value, int64_t now)
{
    int64_t limit, then;
    operand = skip_blanks(operand);
    if (*operand != '<' || !seconds_of(operand + 1, &limit) || !time_of(value, &then))
        return false;
    return now - then < limit && then - now < FUTURE_SECONDS;
}

static bool split(const char *text, enum relation *ret_relation, const char **ret_operand)
{
    text = skip_blanks(text);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t n = strlen(words[i].word);
        if (strncmp(text, words[i].word, n))
            continue;
        *ret_relation = words[i].relation;
        *ret_operand = skip_blanks(text + n);
        return **ret_operand != '\0';
    }
    return false;
}

bool kb_expect_is_valid(const char *text)
{
    enum relation relation;
    const char *operand, *quoted;
    size_t n;
    long double number;
    int64_t seconds;
    if (!split(text, &relation, &operand))
        return false;
    if (relation == AGE)
        return *operand == '<' && seconds_of(operand + 1, &seconds);
    unquoted(operand, &quoted, &n);
    if (relation == CONTAINS)
        return quoted != operand && n > 0; /* what is looked for stands in quotes, and everything contains nothing */
    return relation == EQUAL || number_of(operand, &number);
}

bool kb_expect_holds(const char *text, const char *value, int64_t now)
{
    enum relation relation;
    const char *operand, *quoted;
    size_t n;
    if (!kb_expect_is_valid(text) || !split(text, &relation, &operand))
        return false;
    if (relation == AGE)
        return holds_age(operand, value, now);
    if (relation == EQUAL)
        return holds_equal(operand, value);
    if (relation != CONTAINS)
        return holds_number(relation, operand, value);
    unquoted(operand, &quoted, &n);
    return memmem(value, strlen(value), quoted, n) != NULL;
}
