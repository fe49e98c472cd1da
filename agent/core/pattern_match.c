/* SPDX-License-Identifier: Apache-2.0 */
/* Does a name fit a component of a pattern, and what does it give for each element? */
#include <string.h>

#include <utf8proc.h>

#include "elements.h"

const struct kb_match kb_match_none = {.date = {-1, -1, -1, -1, -1, -1},
                                       .era = -1,
                                       .fy = -1,
                                       .fy_month = 4,
                                       .fy_day = 1,
                                       /* 財政法 11条, and most companies */ .weekday = -1,
                                       .number = -1};

static const char *in_form(const char *name, struct kb_name_form *buffer, utf8proc_option_t form)
{
    size_t n = 0, ascii = 0;
    for (; name[n]; n++)
        ascii += (unsigned char)name[n] < 0x80;
    if (n == ascii)
        return name;
    const utf8proc_ssize_t room = KB_NAME_FORM_SIZE / 4 - 1; /* and the NUL */
    const utf8proc_option_t options = form | UTF8PROC_STABLE;
    utf8proc_ssize_t points = utf8proc_decompose((const utf8proc_uint8_t *)name, (utf8proc_ssize_t)n, buffer->points,
                                                 room, options);
    if (points < 0 || points > room || utf8proc_reencode(buffer->points, points, options) < 0)
        return name;
    return (const char *)buffer->points;
}

const char *kb_name_composed(const char *name, struct kb_name_form *buffer)
{
    return in_form(name, buffer, UTF8PROC_COMPOSE);
}

const char *kb_name_decomposed(const char *name, struct kb_name_form *buffer)
{
    return in_form(name, buffer, UTF8PROC_DECOMPOSE);
}

/* One character; a full-width form (U+FF01–FF5E) as its ASCII one, a byte that is not UTF-8 as -1. */
static int character(const char *s, size_t *ret_n)
{
    utf8proc_int32_t c = -1;
    utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)strnlen(s, 4), &c);
    *ret_n = n > 0 ? (size_t)n : *s ? 1 : 0;
    if (n <= 0)
        return *s ? -1 : 0;
    return c >= 0xff01 && c <= 0xff5e ? c - 0xff01 + '!' : c;
}

/* Bytes of exactly this many digits at s, 0 if there are not as many. */
static size_t digits(const char *s, int count, int *ret_value)
{
    size_t used = 0;
    int value = 0;
    for (int i = 0; i < count; i++) {
        size_t n;
        int c = character(s + used, &n);
        if (c < '0' || c > '9')
            return 0;
        value = value * 10 + (c - '0');
        used += n;
    }
    *ret_value = value;
    return used;
}

static size_t text(const char *s, const char *wanted)
{
    size_t n = strlen(wanted);
    return strncmp(s, wanted, n) ? 0 : n;
}

/* Compared character by character, full-width as ASCII. */
static size_t word(const char *s, const char *wanted)
{
    size_t used = 0, a, b;
    for (; *wanted; wanted += b, used += a)
        if (character(s + used, &a) != character(wanted, &b) || !a)
            return 0;
    return used;
}

/* Every taker: bytes of s that the element takes in its reading number `reading`, 0 if it does not fit so, -1 if there
 * are no more readings. */
#define NO_MORE (-1)

static long take_fixed(const struct kb_piece *piece, const char *s, int reading, struct kb_match *match)
{
    const struct kb_element *element = &kb_elements[piece->part];
    int part = piece->part == KB_PART_SHORT_YEAR ? KB_PART_YEAR : piece->part, value = 0;
    if (reading)
        return NO_MORE;
    size_t n = digits(s, element->digits, &value);
    value += element->base;
    if (!n || value < element->min || value > element->max || (match->date[part] >= 0 && match->date[part] != value))
        return 0;
    match->date[part] = value;
    return (long)n;
}

enum { ERA_READINGS = 4 };

/* Readings: two digits or 元 before one digit, with what may follow before without. */
static long read_era(const char *s, int reading, const char *suffix, int *ret_era, int *ret_year)
{
    for (int i = 0; i < KB_ERA_COUNT; i++) {
        const struct kb_era *era = &kb_eras[i];
        size_t letter_n, n = text(s, era->name), year_n, suffix_n;
        int c = character(s, &letter_n), year = 1;
        if (!n && (c == era->letter || c == era->letter + ('a' - 'A')))
            n = letter_n;
        if (!n)
            continue;
        bool two = reading < ERA_READINGS / 2;
        year_n = two ? text(s + n, "元") : 0;
        if (!year_n)
            year_n = digits(s + n, two ? 2 : 1, &year);
        suffix_n = reading % 2 ? 0 : text(s + n + year_n, suffix);
        if (!year_n || year < 1 || year > era->years || (reading % 2 == 0 && !suffix_n))
            return 0;
        *ret_era = i;
        *ret_year = era->year + year - 1;
        return (long)(n + year_n + suffix_n);
    }
    return 0;
}

static long take_era(const struct kb_piece *piece, const char *s, int reading, struct kb_match *match)
{
    (void)piece;
    int year = 0;
    long n = reading < ERA_READINGS ? read_era(s, reading, "年", &match->era, &year) : NO_MORE;
    if (n <= 0 || (match->date[KB_PART_YEAR] >= 0 && match->date[KB_PART_YEAR] != year))
        return n < 0 ? n : 0;
    match->date[KB_PART_YEAR] = year;
    return n;
}

static long take_fy(const struct kb_piece *piece, const char *s, int reading, struct kb_match *match)
{
    (void)piece;
    static const char suffix[] = "年度";
    const struct kb_element *year = &kb_elements[KB_PART_YEAR];
    int fy = 0, unused;
    long n = 0;
    if (reading >= ERA_READINGS + 2)
        return NO_MORE;
    if (reading >= 2) {
        n = read_era(s, reading - 2, suffix, &unused, &fy);
    } else {
        size_t year_n = digits(s, year->digits, &fy), suffix_n = reading ? 0 : text(s + year_n, suffix);
        if (year_n && fy >= year->min && fy < year->max && (reading || suffix_n))
            n = (long)(year_n + suffix_n);
    }
    if (n <= 0 || (match->fy >= 0 && match->fy != fy))
        return 0;
    match->fy = fy;
    return n;
}

static long take_weekday(const struct kb_piece *piece, const char *s, int reading, struct kb_match *match)
{
    if ((size_t)reading >= piece->words.n)
        return NO_MORE;
    size_t n = word(s, piece->words.v[reading]);
    if (!n || (match->weekday >= 0 && match->weekday != reading))
        return 0;
    match->weekday = reading;
    return (long)n;
}

enum { NUMBER_WIDTH_MAX = 9 };

/*
 * The place of a suffix in its order. split(1) widens a suffix whose first character has run out: after yz comes zaaa,
 * after 89 comes 9000, so that names still sort; k last characters in front of k + 2 others tell that. (A suffix that
 * looks so and was meant plainly would be number 9,000 or 439,400: more parts than are taken.)
 */
static int64_t ordinal(const int *values, int n, int base)
{
    int64_t before = 0, group = base - 1, value = 0;
    int from = 0, widened = n / 2 - 1;
    while (n % 2 == 0 && from < widened && values[from] == base - 1)
        from++;
    if (n % 2 || from != widened || values[from] == base - 1)
        from = 0;
    for (int i = 0; i < from; i++) {
        group *= base;
        before += group;
    }
    for (int i = from; i < n; i++)
        value = value * base + values[i];
    return before + value;
}

/* Readings: the longest run of digits, or of small letters, first. */
static long take_number(const struct kb_piece *piece, const char *s, int reading, struct kb_match *match)
{
    (void)piece;
    int values[NUMBER_WIDTH_MAX], n = 0;
    size_t ends[NUMBER_WIDTH_MAX + 1] = {0};
    bool letters = false;
    for (; n < NUMBER_WIDTH_MAX; n++) {
        size_t bytes;
        int c = character(s + ends[n], &bytes);
        bool letter = c >= 'a' && c <= 'z', digit = c >= '0' && c <= '9';
        if (!n)
            letters = letter;
        if (letters ? !letter : !digit)
            break;
        values[n] = c - (letters ? 'a' : '0');
        ends[n + 1] = ends[n] + bytes;
    }
    int take = n - reading;
    if (take <= 0)
        return NO_MORE;
    match->number = ordinal(values, take, letters ? 26 : 10);
    match->letters = letters;
    return (long)ends[take];
}

static long (*const takers[KB_PART_ELEMENTS])(const struct kb_piece *, const char *, int, struct kb_match *) = {
    [KB_PART_YEAR] = take_fixed,       [KB_PART_MONTH] = take_fixed,   [KB_PART_DAY] = take_fixed,
    [KB_PART_HOUR] = take_fixed,       [KB_PART_MINUTE] = take_fixed,  [KB_PART_SECOND] = take_fixed,
    [KB_PART_SHORT_YEAR] = take_fixed, [KB_PART_ERA] = take_era,       [KB_PART_FY] = take_fy,
    [KB_PART_WEEKDAY] = take_weekday,  [KB_PART_NUMBER] = take_number,
};

static void add_wildcard(struct kb_match *match, const char *s, size_t n)
{
    match->wildcards[match->n_wildcards++] = (struct kb_span){s, n};
}

static long take(const struct kb_piece *piece, const char *s, int reading, struct kb_match *match)
{
    if (piece->part < KB_PART_ELEMENTS) {
        long n = takers[piece->part](piece, s, reading, match);
        if (n <= 0)
            return n;
        match->spans[piece->part] = (struct kb_span){s, (size_t)n};
        return kb_match_exists(match) ? n : 0;
    }
    if (reading)
        return NO_MORE;
    if (piece->part == KB_PART_TEXT)
        return strncmp(s, piece->text, piece->n) ? 0 : (long)piece->n;
    size_t n;
    (void)character(s, &n);
    if (n)
        add_wildcard(match, s, n);
    return (long)n;
}

/* n pieces without a star, from s on; to_end: and nothing may follow. What each element can be read as is few, and each
 * that varies stands once in a name: going through all of it ends soon. */
static bool fits(const struct kb_piece *piece, size_t n, const char *s, bool to_end, const char **ret_end,
                 struct kb_match *match)
{
    if (!n) {
        *ret_end = s;
        return !to_end || !*s;
    }
    for (int reading = 0;; reading++) {
        struct kb_match now = *match;
        long taken = take(piece, s, reading, &now);
        if (taken < 0)
            return false;
        if (taken && fits(piece + 1, n - 1, s + taken, to_end, ret_end, &now)) {
            *match = now;
            return true;
        }
    }
}

/* %{file} is any name where it is looked for instead of filled in. */
static bool is_star(const struct kb_piece *piece)
{
    return piece->part == KB_PART_ANY || piece->part == KB_PART_FILE;
}

static size_t until_star(const struct kb_component *component, size_t from)
{
    size_t n = 0;
    while (from + n < component->pieces.n && !is_star(&component->pieces.v[from + n]))
        n++;
    return n;
}

bool kb_component_match(const struct kb_component *component, const char *name, struct kb_match *match)
{
    const struct kb_piece *pieces = component->pieces.v;
    if (*name == '.' && pieces[0].part != KB_PART_TEXT)
        return false;
    struct kb_match now = *match;
    const char *at = name;
    size_t i = until_star(component, 0);
    if (!fits(pieces, i, at, i == component->pieces.n, &at, &now))
        return false;
    /* Once what stands between two stars is found, going back behind it cannot help: the next star takes any rest. */
    while (i < component->pieces.n) {
        size_t n = until_star(component, i + 1), bytes;
        const char *next = NULL;
        for (const char *end = at; !next; end += bytes) {
            struct kb_match tried = now;
            const char *found;
            if (pieces[i].part == KB_PART_ANY)
                add_wildcard(&tried, at, (size_t)(end - at));
            if (fits(pieces + i + 1, n, end, i + 1 + n == component->pieces.n, &found, &tried)) {
                now = tried;
                next = found;
            }
            (void)character(end, &bytes);
            if (!next && !bytes)
                return false;
        }
        at = next;
        i += 1 + n;
    }
    *match = now;
    return true;
}
