/* SPDX-License-Identifier: Apache-2.0 */
/* Two languages side by side, and names from media made safe to show. */
#include "koboshi/text.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "koboshi/arena.h"

const char *kb_pick(struct kb_text text, enum kb_lang lang)
{
    const char *wanted = lang == KB_JA ? text.ja : text.en;
    const char *other = lang == KB_JA ? text.en : text.ja;
    return wanted ? wanted : other ? other : "";
}

bool kb_lang_parse(const char *name, enum kb_lang *ret_lang)
{
    if (!name)
        return false;
    size_t n = strcspn(name, "_.@-");
    if (n == 2 && !memcmp(name, "ja", 2))
        *ret_lang = KB_JA;
    else if (n == 2 && !memcmp(name, "en", 2))
        *ret_lang = KB_EN;
    else
        return false;
    return true;
}

__attribute__((format(printf, 2, 0))) static char *vformat(struct kb_arena *arena, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (n < 0)
        abort();
    char *text = kb_alloc(arena, (size_t)n + 1, 1);
    (void)vsnprintf(text, (size_t)n + 1, fmt, args);
    return text;
}

/* The cause where a message puts it: first or after a colon, and last in its sentence. */
static const char *find_cause(const char *ja, const char *cause)
{
    static const char *const ends[] = {"。", "、", "）", "(", "\n"};
    size_t n = strlen(cause);
    for (const char *at = ja; (at = strstr(at, cause)); at += n) {
        bool begins = at == ja || (at - ja >= 2 && !memcmp(at - 2, ": ", 2)), last = !at[n];
        for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
            last |= !strncmp(at + n, ends[i], strlen(ends[i]));
        if (begins && last)
            return at;
    }
    return NULL;
}

const char *kb_causes_in_japanese(struct kb_arena *arena, const char *ja)
{
    static const struct {
        int cause;
        const char *ja;
    } causes[] = {{ENOENT, "ファイルまたはフォルダがありません"},
                  {EACCES, "権限がありません"},
                  {EPERM, "許可されていない操作です"},
                  {EIO, "入出力エラー（機器が読み書きに失敗しました）"},
                  {ENOSPC, "空き容量がありません"},
                  {EDQUOT, "割り当てられた容量を使い切りました"},
                  {EROFS, "読み取り専用です"},
                  {EISDIR, "フォルダです"},
                  {ENOTDIR, "フォルダではありません"},
                  {EEXIST, "すでにあります"},
                  {ENOTEMPTY, "フォルダが空ではありません"},
                  {EBUSY, "使用中です"},
                  {ENODEV, "機器がありません"},
                  {ENXIO, "機器がありません"},
                  {ENAMETOOLONG, "名前が長すぎます"},
                  {ELOOP, "シンボリックリンクが循環しているか、使えません"},
                  {EMFILE, "開いているファイルが多すぎます"},
                  {EPIPE, "出力先が先に閉じられました"},
                  {ETIMEDOUT, "時間切れです"},
                  {ESTALE, "共有フォルダの接続が古くなっています"},
                  {ENOTCONN, "接続されていません"}};
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++) {
        const char *cause = strerror(causes[i].cause), *at = find_cause(ja, cause);
        if (at)
            ja = kb_sprintf(arena, "%.*s%s%s", (int)(at - ja), ja, causes[i].ja, at + strlen(cause));
    }
    return ja;
}

struct kb_text kb_text_new(struct kb_arena *arena, const char *en, const char *ja, ...)
{
    va_list args, again;
    va_start(args, ja);
    va_copy(again, args);
    struct kb_text text = {.ja = kb_causes_in_japanese(arena, vformat(arena, ja, again)),
                           .en = vformat(arena, en, args)};
    va_end(again);
    va_end(args);
    return text;
}

void kb_print(FILE *out, enum kb_lang lang, const char *en, const char *ja, ...)
{
    va_list args;
    va_start(args, ja);
    (void)vfprintf(out, lang == KB_JA ? ja : en, args);
    va_end(args);
}

/* One code point at s, or -1 if the bytes there are not UTF-8. */
static utf8proc_ssize_t point_at(const unsigned char *s, size_t n, utf8proc_int32_t *ret_point)
{
    return utf8proc_iterate(s, n > 4 ? 4 : (utf8proc_ssize_t)n, ret_point);
}

bool kb_is_deceptive(int32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x61c || (c >= 0x200e && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/* How many of the first bytes are ASCII that can be seen and stands for nothing else: nearly all of nearly all names.
 * A chunk is looked at as a whole, which compilers turn into a few instructions. */
static size_t plain_run(const unsigned char *s, size_t n)
{
    enum { CHUNK = 16 };
    size_t i = 0;
    for (; n - i >= CHUNK; i += CHUNK) {
        unsigned char odd = 0;
        for (size_t k = 0; k < CHUNK; k++)
            odd |= (unsigned char)(s[i + k] - 0x20) >= 0x7f - 0x20 || s[i + k] == '%';
        if (odd)
            break;
    }
    while (i < n && s[i] >= 0x20 && s[i] < 0x7f && s[i] != '%')
        i++;
    return i;
}

static const char *escape(struct kb_arena *arena, const void *bytes, size_t n, bool percent)
{
    static const char digits[] = "0123456789ABCDEF";
    const unsigned char *s = bytes;
    size_t run = plain_run(s, n);
    if (run == n)
        return kb_strndup(arena, bytes, n);
    char *out = kb_alloc(arena, 3 * n + 1, 1), *at = (char *)memcpy(out, s, run) + run;
    for (size_t i = run; i < n;) {
        utf8proc_int32_t c = -1;
        utf8proc_ssize_t len = point_at(s + i, n - i, &c);
        bool unsafe = len <= 0 || kb_is_deceptive(c) || (percent && c == '%');
        size_t step = len <= 0 ? 1 : (size_t)len;
        for (size_t k = 0; k < step; k++) {
            if (unsafe) {
                *at++ = '%';
                *at++ = digits[s[i + k] >> 4];
                *at++ = digits[s[i + k] & 15];
            } else {
                *at++ = (char)s[i + k];
            }
        }
        i += step;
    }
    *at = '\0';
    return out;
}

const char *kb_escape(struct kb_arena *arena, const void *bytes, size_t n)
{
    return escape(arena, bytes, n, true);
}

const char *kb_printable(struct kb_arena *arena, const char *text)
{
    return text ? escape(arena, text, strlen(text), false) : NULL;
}

/* In JSON the deceptive ones beyond ASCII, and DEL, are allowed as they are. */
static size_t json_bytes_at(const char *s, size_t n, size_t *ret_step)
{
    utf8proc_int32_t c = -1;
    utf8proc_ssize_t len = (unsigned char)*s < 0x7f ? 1 : point_at((const unsigned char *)s, n, &c);
    *ret_step = len <= 0 ? 1 : (size_t)len;
    return len > 0 && c >= 0x7f && kb_is_deceptive(c) ? sizeof "\\u0000" - 1 : *ret_step;
}

size_t kb_json_bytes(const char *text)
{
    size_t bytes = 0, step;
    for (size_t i = 0, n = text ? strlen(text) : 0; i < n; i += step) {
        size_t plain = json_bytes_at(text + i, n - i, &step);
        bytes += (unsigned char)text[i] < 0x20 ? 6 : text[i] == '"' || text[i] == '\\' ? 2 : plain;
    }
    return bytes;
}

char *kb_json_printable(struct kb_arena *arena, char *json, size_t *n)
{
    size_t bytes = 0, step;
    for (size_t i = 0; i < *n; i += step)
        bytes += json_bytes_at(json + i, *n - i, &step);
    if (bytes == *n)
        return json;
    char *out = kb_alloc(arena, bytes + 1, 1), *at = out;
    for (size_t i = 0; i < *n; i += step) {
        utf8proc_int32_t c = -1;
        if (json_bytes_at(json + i, *n - i, &step) == step) {
            memcpy(at, json + i, step);
            at += step;
            continue;
        }
        (void)point_at((const unsigned char *)json + i, *n - i, &c);
        at += sprintf(at, "\\u%04x", (unsigned)c);
    }
    *n = bytes;
    return out;
}

const char *kb_hex(struct kb_arena *arena, const void *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *s = bytes;
    char *out = kb_alloc(arena, 2 * n + 1, 1);
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[s[i] >> 4];
        out[2 * i + 1] = digits[s[i] & 15];
    }
    return out;
}

bool kb_same_uuid(const char *a, const char *b)
{
    while (a && b) {
        a += *a == '-';
        b += *b == '-';
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return false;
        if (!*a)
            return true;
        a++;
        b++;
    }
    return false;
}

size_t kb_width(const char *utf8)
{
    size_t width = 0, n = strlen(utf8);
    for (size_t i = 0; i < n;) {
        utf8proc_int32_t c = -1;
        utf8proc_ssize_t len = point_at((const unsigned char *)utf8 + i, n - i, &c);
        width += len <= 0 ? 1 : (size_t)utf8proc_charwidth(c);
        i += len <= 0 ? 1 : (size_t)len;
    }
    return width;
}

/* Never before what ends a phrase, nor after what begins one. */
static bool may_break(utf8proc_int32_t before, utf8proc_int32_t after)
{
    static const utf8proc_int32_t closing[] = {0x3001, 0x3002, 0xff09, 0x300d, 0x300f, 0x30fb, 0xff01, 0xff1f, 0xff0c,
                                               0xff0e, 0xff1a, 0x30fc, 0x3063, 0x3083, 0x3085, 0x3087, ')',    ','};
    static const utf8proc_int32_t opening[] = {0xff08, 0x300c, 0x300e, '('};
    for (size_t i = 0; i < sizeof closing / sizeof *closing; i++)
        if (after == closing[i])
            return false;
    for (size_t i = 0; i < sizeof opening / sizeof *opening; i++)
        if (before == opening[i])
            return false;
    return before == ' ' || utf8proc_charwidth(before) == 2 || utf8proc_charwidth(after) == 2;
}

size_t kb_fit_line(const char *utf8, size_t columns)
{
    size_t width = 0, n = strlen(utf8), at = 0, good = 0;
    utf8proc_int32_t before = 0;
    while (at < n && utf8[at] != '\n') {
        utf8proc_int32_t c = -1;
        utf8proc_ssize_t len = point_at((const unsigned char *)utf8 + at, n - at, &c);
        c = len > 0 ? c : '?';
        if (at && may_break(before, c))
            good = at;
        width += (size_t)utf8proc_charwidth(c);
        if (width > columns && at)
            return good ? good : at;
        before = c;
        at += len > 0 ? (size_t)len : 1;
    }
    return at;
}

const char *kb_next_line(const char **at, size_t columns, size_t *ret_n)
{
    const char *line = *at;
    size_t n = kb_fit_line(line, columns);
    *at += n;
    *at += **at == '\n' ? 1 : strspn(*at, " ");
    while (n && line[n - 1] == ' ')
        n--;
    *ret_n = n;
    return line;
}

const char *kb_brief(struct kb_arena *arena, const char *utf8, size_t columns)
{
    if (kb_width(utf8) <= columns)
        return utf8;
    size_t n = kb_fit_line(utf8, columns - 1), half = n / 2;
    for (size_t at = n; at > half; at--)
        if (utf8[at - 1] == ',' && utf8[at] == ' ')
            return kb_sprintf(arena, "%.*s …", (int)at, utf8);
    return kb_sprintf(arena, "%.*s…", (int)n, utf8);
}

size_t kb_fit(const char *utf8, size_t max)
{
    size_t n = strnlen(utf8, max + 1);
    if (n <= max)
        return n;
    for (n = max; n && ((unsigned char)utf8[n] & 0xc0) == 0x80;)
        n--;
    return n;
}

bool kb_is_utf8(const void *bytes, size_t n)
{
    const unsigned char *s = bytes;
    for (size_t i = 0; i < n;) {
        utf8proc_int32_t c = -1;
        size_t run = s[i] < 0x80 ? plain_run(s + i, n - i) : 0;
        utf8proc_ssize_t len = run ? (utf8proc_ssize_t)run : point_at(s + i, n - i, &c);
        if (len <= 0 || c == 0)
            return false;
        i += (size_t)len;
    }
    return true;
}

const char *kb_show_bytes(struct kb_arena *arena, int64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 1024 && unit + 1 < sizeof units / sizeof *units) {
        value /= 1024;
        unit++;
    }
    return kb_sprintf(arena, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

const char *kb_show_rate(struct kb_arena *arena, int64_t bytes, int64_t ns)
{
    if (ns <= 0)
        return "–";
    double per_second = (double)bytes * 1e9 / (double)ns;
    if (per_second >= 1024.0 * 1024)
        return kb_sprintf(arena, "%.0f MiB/s", per_second / (1024 * 1024));
    return kb_sprintf(arena, "%.0f KiB/s", per_second / 1024);
}

const char *kb_show_count(struct kb_arena *arena, int64_t count)
{
    char digits[24], out[32];
    (void)snprintf(digits, sizeof digits, "%" PRId64, count < 0 ? -count : count);
    size_t n = strlen(digits), at = 0;
    if (count < 0)
        out[at++] = '-';
    for (size_t i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    return kb_strndup(arena, out, at);
}

const char *kb_show_ns(struct kb_arena *arena, int64_t ns, enum kb_lang lang)
{
    bool ja = lang == KB_JA;
    if (ns < 0)
        return kb_sprintf(arena, "-%s", kb_show_ns(arena, -ns, lang));
    if (ns < INT64_C(60000000000))
        return kb_sprintf(arena, ja ? "%.1f秒" : "%.1f s", (double)ns / 1e9);
    int64_t s = (ns + INT64_C(500000000)) / INT64_C(1000000000);
    int64_t d = s / 86400, h = s / 3600 % 24, m = s / 60 % 60;
    if (d && h)
        return kb_sprintf(arena, ja ? "%" PRId64 "日%" PRId64 "時間" : "%" PRId64 "d%" PRId64 "h", d, h);
    if (d)
        return kb_sprintf(arena, ja ? "%" PRId64 "日" : "%" PRId64 "d", d);
    if (h && m)
        return kb_sprintf(arena, ja ? "%" PRId64 "時間%" PRId64 "分" : "%" PRId64 "h%" PRId64 "m", h, m);
    if (h)
        return kb_sprintf(arena, ja ? "%" PRId64 "時間" : "%" PRId64 "h", h);
    if (s % 60)
        return kb_sprintf(arena, ja ? "%" PRId64 "分%" PRId64 "秒" : "%" PRId64 "m%" PRId64 "s", m, s % 60);
    return kb_sprintf(arena, ja ? "%" PRId64 "分" : "%" PRId64 "m", m);
}
