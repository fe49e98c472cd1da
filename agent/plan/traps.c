/* SPDX-License-Identifier: Apache-2.0 */
/* Values that YAML 1.1 takes for something else, and guesses at what was meant. */
#include "loader.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "koboshi/arena.h"
#include "koboshi/limits.h"

#define DIGITS "0123456789"

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (!strcmp(text, *words))
            return true;
    return false;
}

static bool is_null(const char *text)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL", NULL};
    return is_one_of(text, words);
}

bool kb_bool_word(const char *text, bool *ret_value)
{
    static const char *const yes[] = {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON", NULL};
    static const char *const no[] = {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF", NULL};
    if (is_one_of(text, yes))
        *ret_value = true;
    else if (is_one_of(text, no))
        *ret_value = false;
    else
        return false;
    return true;
}

static bool is_bool(const char *text)
{
    bool ignored;
    return kb_bool_word(text, &ignored);
}

static const char *unsigned_part(const char *text)
{
    return text + (*text == '-' || *text == '+');
}

/* YAML 1.1: [-+]?[1-9][0-9_]*(:[0-5]?[0-9])+ is a number to the base of 60 */
static bool is_sexagesimal(const char *text)
{
    const char *at = unsigned_part(text);
    size_t n = strspn(at, DIGITS "_"), parts = 0;
    if (!n)
        return false;
    for (at += n; *at == ':'; at += 1 + n, parts++) {
        n = strspn(at + 1, DIGITS);
        if (n < 1 || n > 2 || (n == 2 && at[1] > '5'))
            return false;
    }
    return parts && !*at;
}

/* `012` is ten in YAML 1.1 and twelve in 1.2; 0o12 the other way round; 0x1F and 0b11 likewise. */
static bool is_other_base(const char *text)
{
    const char *at = unsigned_part(text);
    if (at[0] != '0' || !at[1])
        return false;
    if (at[1] == 'x' || at[1] == 'o' || at[1] == 'b')
        return at[2] && !at[2 + strspn(at + 2, DIGITS "abcdefABCDEF_")];
    return !at[strspn(at, "01234567_")];
}

static bool is_underscored(const char *text)
{
    const char *at = unsigned_part(text);
    return isdigit((unsigned char)*at) && strchr(at, '_') && !at[strspn(at, DIGITS "_.")];
}

static const struct trap {
    bool (*matches)(const char *text);
    struct kb_text means;
} traps[] = {
    {is_bool, {"「はい／いいえ」（true/false）と読まれます", "is read as true or false"}},
    {is_sexagesimal, {"60進数（時刻ではなく数）と読まれます", "is read as a number to the base of 60"}},
    {is_other_base, {"8進数や16進数と読まれることがあります", "may be read as an octal or hexadecimal number"}},
    {is_underscored, {"区切りのない数と読まれます", "is read as a number without the underscores"}},
};

bool kb_trap_is_null(const struct kb_node *node)
{
    return node->kind == KB_NODE_SCALAR && node->plain && is_null(node->text);
}

static void complain_null(struct kb_loader *l, const struct kb_key *key, const struct kb_node *node)
{
    if (*node->text)
        KB_COMPLAIN(l->c, node->at,
                    "`%s`: plain `%s` means \"no value\"; write a value, or \"%s\" in quotes if that is the text",
                    "`%s`: 引用符のない `%s` は「値なし」の意味です。値を書くか、その文字そのものなら \"%s\" "
                    "と引用符で囲んでください",
                    key->name, node->text, node->text);
    else if (key->flags & KB_REQUIRED)
        KB_COMPLAIN(l->c, node->at, "`%s` has no value; it needs one", "`%s` に値がありません。必ず書いてください",
                    key->name);
    else
        KB_COMPLAIN(l->c, node->at, "`%s` has no value; write one, or leave the key out",
                    "`%s` に値がありません。値を書くか、キーごと省いてください", key->name);
}

bool kb_trap_complain(struct kb_loader *l, const struct kb_key *key, const struct kb_node *node)
{
    if (!node->plain)
        return false;
    if (is_null(node->text)) {
        complain_null(l, key, node);
        return true;
    }
    for (size_t i = 0; i < sizeof traps / sizeof *traps; i++) {
        if (!traps[i].matches(node->text))
            continue;
        const char *shown = kb_quote(l->work, node->text);
        KB_COMPLAIN(l->c, node->at, "`%s`: without quotes `%s` %s%.0s; write \"%s\"",
                    "`%s`: 引用符のない `%s` は%.0s%s。\"%s\" と引用符で囲んでください", key->name, shown,
                    traps[i].means.en, traps[i].means.ja, shown);
        return true;
    }
    return false;
}

bool kb_is_wide(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    for (; *s; s++) {
        if (s[0] == 0xef && s[1] && s[2] && ((s[1] == 0xbc && s[2] >= 0x81) || (s[1] == 0xbd && s[2] <= 0x9e)))
            return true;
        if (s[0] == 0xe3 && s[1] == 0x80 && s[2] == 0x80)
            return true;
    }
    return false;
}

/* U+FF01-FF5E to ASCII, spaces of either width away, capitals to small letters if asked. */
static char *narrowed(struct kb_arena *arena, const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    char *out = kb_alloc(arena, strlen(text) + 1, 1), *at = out;
    for (; *s; s++) {
        if (s[0] == 0xef && s[1] && s[2] && ((s[1] == 0xbc && s[2] >= 0x81) || (s[1] == 0xbd && s[2] <= 0x9e))) {
            *at++ = (char)((s[1] == 0xbc ? s[2] - 0x81 : s[2] - 0x80 + 0x3f) + '!');
            s += 2;
        } else if (s[0] == 0xe3 && s[1] == 0x80 && s[2] == 0x80) {
            s += 2;
        } else if (*s != ' ') {
            *at++ = (char)*s;
        }
    }
    *at = '\0';
    return out;
}

static const char *guess_int(struct kb_arena *arena, const char *text)
{
    char *out = kb_alloc(arena, strlen(text) + 1, 1), *at = out;
    for (const char *s = text; *s; s++) {
        if (isdigit((unsigned char)*s))
            *at++ = *s;
        else if (*s != '_' && *s != ',')
            return NULL;
    }
    *at = '\0';
    while (out[0] == '0' && out[1])
        out++;
    return *out && strlen(out) <= 18 ? out : NULL;
}

static const char *guess_clock(struct kb_arena *arena, const char *text)
{
    const char *colon = strchr(text, ':');
    if (!is_sexagesimal(text) || colon - text > 4 || strchr(colon + 1, ':') || !isdigit((unsigned char)*text))
        return NULL;
    const char *minutes = colon + 1 + (colon[1] == '0' && colon[2]);
    const char *hours = text + (*text == '0' && text[1] != ':');
    if (!strcmp(minutes, "0"))
        return kb_sprintf(arena, "%.*sh", (int)(colon - hours), hours);
    return kb_sprintf(arena, "%.*sh%sm", (int)(colon - hours), hours, minutes);
}

/* Units as people write them → as they are written here; longest first. */
struct spelling {
    const char *seen, *right;
};

static char *respelt(struct kb_arena *arena, const char *text, const struct spelling *words, size_t n)
{
    char *out = kb_alloc(arena, 4 * strlen(text) + 1, 1), *at = out;
    while (*text) {
        size_t i = 0;
        while (i < n && strncasecmp(text, words[i].seen, strlen(words[i].seen)) != 0)
            i++;
        if (i == n) {
            *at++ = *text++;
            continue;
        }
        memcpy(at, words[i].right, strlen(words[i].right));
        at += strlen(words[i].right);
        text += strlen(words[i].seen);
    }
    *at = '\0';
    return out;
}

static const char *guess_duration(struct kb_arena *arena, const char *text)
{
    static const struct spelling words[] = {
        {"時間", "時間"}, {"週間", "週間"}, {"分間", "分"}, {"秒間", "秒"},   {"日間", "日"},  {"週", "週間"},
        {"時", "時間"},   {"hours", "h"},   {"hour", "h"},  {"hrs", "h"},     {"hr", "h"},     {"minutes", "m"},
        {"minute", "m"},  {"mins", "m"},    {"min", "m"},   {"seconds", "s"}, {"second", "s"}, {"secs", "s"},
        {"sec", "s"},     {"days", "d"},    {"day", "d"},   {"weeks", "w"},   {"week", "w"},   {"h", "h"},
        {"m", "m"},       {"s", "s"},       {"d", "d"},     {"w", "w"}};
    const char *clock = guess_clock(arena, text);
    if (clock)
        return clock;
    if (!strcmp(text, "0"))
        return "0s";
    return respelt(arena, text, words, sizeof words / sizeof *words);
}

static const char *guess_amount(struct kb_arena *arena, const char *text)
{
    static const struct spelling words[] = {
        {"kib", "KiB"},   {"mib", "MiB"}, {"gib", "GiB"}, {"tib", "TiB"}, {"kbps", "kbps"}, {"mbps", "Mbps"},
        {"gbps", "Gbps"}, {"kb", "KB"},   {"mb", "MB"},   {"gb", "GB"},   {"tb", "TB"},     {"/s", "/s"},
        {"b", "B"},       {"k", "KB"},    {"m", "MB"},    {"g", "GB"},    {"t", "TB"}};
    const char *plain = guess_int(arena, text);
    return plain ? kb_sprintf(arena, "%sB", plain) : respelt(arena, text, words, sizeof words / sizeof *words);
}

static const char *guess_percent(struct kb_arena *arena, const char *text)
{
    size_t n = strspn(text, DIGITS);
    return n && n < 4 ? kb_sprintf(arena, "%.*s%%", (int)n, text) : NULL;
}

static const char *guess_date(struct kb_arena *arena, const char *text)
{
    int part[3];
    for (size_t i = 0; i < 3; i++) {
        size_t n = strspn(text, DIGITS);
        if (!n || n > 4)
            return NULL;
        part[i] = 0;
        for (size_t k = 0; k < n; k++)
            part[i] = part[i] * 10 + (text[k] - '0');
        text += n;
        text += strcspn(text, DIGITS);
    }
    return *text ? NULL : kb_sprintf(arena, "%04d-%02d-%02d", part[0], part[1], part[2]);
}

const char *kb_guess(struct kb_arena *arena, enum kb_kind kind, const char *text)
{
    static const char *(*const guess[])(struct kb_arena *, const char *) = {
        [KB_INT] = guess_int,     [KB_DURATION] = guess_duration, [KB_SIZE] = guess_amount,
        [KB_RATE] = guess_amount, [KB_PERCENT] = guess_percent,   [KB_DATE] = guess_date,
    };
    if ((size_t)kind >= sizeof guess / sizeof *guess || !guess[kind] || strlen(text) > 4 * KB_ID_MAX)
        return NULL;
    return guess[kind](arena, narrowed(arena, text));
}
