/* SPDX-License-Identifier: Apache-2.0 */
/* Writing values so that nothing reads them otherwise. */
#include "lines.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <utf8proc.h>

#include "koboshi/arena.h"

static void append(struct kb_yaml *yaml, const char *text)
{
    size_t n = strlen(text);
    if (yaml->n + n + 1 > yaml->room) {
        size_t room = 2 * (yaml->n + n + 1024);
        char *grown = kb_alloc(yaml->arena, room, 1);
        if (yaml->n)
            memcpy(grown, yaml->text, yaml->n);
        yaml->text = grown;
        yaml->room = room;
    }
    memcpy(yaml->text + yaml->n, text, n + 1);
    yaml->n += n;
}

static const char *formatted(struct kb_arena *arena, const char *format, va_list args)
{
    char *text = NULL;
    if (vasprintf(&text, format, args) < 0)
        abort();
    const char *kept = kb_strdup(arena, text);
    free(text);
    return kept;
}

void kb_yaml_put(struct kb_yaml *yaml, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    append(yaml, formatted(yaml->arena, format, args));
    va_end(args);
}

/* What may stand in a comment: YAML has no escapes there, and takes neither U+FEFF nor noncharacters. */
static const char *comment(struct kb_arena *arena, const char *text)
{
    char *out = kb_strdup(arena, kb_printable(arena, text));
    static const char *const never[] = {"\xef\xbb\xbf", "\xef\xbf\xbe", "\xef\xbf\xbf"};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        for (char *at; (at = strstr(out, never[i]));)
            memcpy(at, "???", 3);
    return out;
}

void kb_yaml_say(struct kb_yaml *yaml, int indent, const char *en, const char *ja, ...)
{
    va_list args;
    va_start(args, ja);
    const char *text = formatted(yaml->arena, yaml->lang == KB_JA ? ja : en, args);
    va_end(args);
    kb_yaml_put(yaml, "%*s# %s\n", indent, "", comment(yaml->arena, text));
}

void kb_yaml_note(struct kb_yaml *yaml, struct kb_text why)
{
    const char *text = comment(yaml->arena, kb_pick(why, yaml->lang));
    if (*text)
        kb_yaml_put(yaml, "  # %s%s\n", yaml->lang == KB_JA ? "推定：" : "inferred: ", text);
    else
        kb_yaml_put(yaml, "\n");
}

/* Letters, and marks that mean nothing in YAML wherever they stand. */
static bool is_plain_point(utf8proc_int32_t c, bool first)
{
    if (c < 0x80)
        return isalpha((int)c) || (!first && (isdigit((int)c) || strchr("_./-", (int)c)));
    utf8proc_category_t category = utf8proc_category(c);
    bool letter = category == UTF8PROC_CATEGORY_LO || category == UTF8PROC_CATEGORY_LL ||
                  category == UTF8PROC_CATEGORY_LU || (!first && category == UTF8PROC_CATEGORY_LM);
    /* full-width letters and digits look like their ASCII namesakes */
    return letter && !(c >= 0xff01 && c <= 0xff5e);
}

static bool is_plain(const char *text)
{
    static const char *const words[] = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", NULL};
    for (size_t i = 0; words[i]; i++)
        if (!strcasecmp(text, words[i]))
            return false;
    size_t n = strlen(text);
    for (size_t i = 0; i < n;) {
        utf8proc_int32_t c = -1;
        utf8proc_ssize_t step = utf8proc_iterate((const utf8proc_uint8_t *)text + i, (utf8proc_ssize_t)(n - i), &c);
        if (step <= 0 || !is_plain_point(c, i == 0))
            return false;
        i += (size_t)step;
    }
    return n > 0;
}

const char *kb_yaml_value(struct kb_arena *arena, const char *text)
{
    if (is_plain(text))
        return text;
    size_t n = strlen(text);
    char *out = kb_alloc(arena, 10 * n + 3, 1), *to = out;
    *to++ = '"';
    for (size_t i = 0; i < n;) {
        utf8proc_int32_t c = -1;
        utf8proc_ssize_t step = utf8proc_iterate((const utf8proc_uint8_t *)text + i, (utf8proc_ssize_t)(n - i), &c);
        if (step <= 0) { /* no UTF-8: no plan can hold it */
            step = 1;
            c = 0xfffd;
        }
        char shown[8] = "";
        memcpy(shown, text + i, (size_t)step);
        i += (size_t)step;
        /* YAML 1.1, 5.1: what is not printable is written as its number; so are those that end a line */
        bool hidden = c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0xfeff || c >= 0xfffd;
        if (c == '"' || c == '\\')
            to += sprintf(to, "\\%c", (int)c);
        else if (hidden || strcmp(kb_printable(arena, shown), shown) != 0)
            to += sprintf(to, c > 0xffff ? "\\U%08X" : "\\u%04X", (unsigned)c);
        else
            to += sprintf(to, "%s", shown);
    }
    *to++ = '"';
    *to = '\0';
    return out;
}

const char *kb_yaml_duration(struct kb_arena *arena, int64_t seconds)
{
    static const struct {
        int64_t seconds;
        char unit;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    if (seconds == KB_BUSINESS_DAY)
        return "business_day";
    if (seconds == 86400)
        return "24h";
    size_t i = 0;
    while (seconds % units[i].seconds)
        i++;
    return kb_sprintf(arena, "%" PRId64 "%c", seconds / units[i].seconds, units[i].unit);
}

const char *kb_yaml_size(struct kb_arena *arena, int64_t bytes)
{
    static const char *const units[] = {"B", "KB", "MB", "GB", "TB"};
    size_t i = 0;
    while (bytes >= 10000 && i + 1 < sizeof units / sizeof *units) {
        bytes /= 1000;
        i++;
    }
    return kb_sprintf(arena, "%" PRId64 "%s", bytes, units[i]);
}
