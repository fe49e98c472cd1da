/* SPDX-License-Identifier: Apache-2.0 */
/* Which bytes a plan may consist of, and where its lines begin. */
#include "node.h"

#include <string.h>

#include <utf8proc.h>

/* Bytes of the line break at s, 0 if there is none. NEL, LS and PS end a line for libyaml, so they do here. */
static size_t break_at(const unsigned char *s, size_t n)
{
    if (s[0] == '\n')
        return 1;
    if (s[0] == '\r')
        return n > 1 && s[1] == '\n' ? 2 : 1;
    if (n > 1 && s[0] == 0xc2 && s[1] == 0x85)
        return 2;
    return n > 2 && s[0] == 0xe2 && s[1] == 0x80 && (s[2] == 0xa8 || s[2] == 0xa9) ? 3 : 0;
}

static size_t bom_length(const char *source, size_t n)
{
    return n >= 3 && !memcmp(source, "\xef\xbb\xbf", 3) ? 3 : 0;
}

const char *kb_source_line(const char *source, size_t n, int line, size_t *ret_n)
{
    size_t start = bom_length(source, n);
    for (int at = 1;; at++) {
        size_t end = start, step = 0;
        while (end < n && !(step = break_at((const unsigned char *)source + end, n - end)))
            end++;
        if (at == line) {
            *ret_n = end - start;
            return source + start;
        }
        if (end >= n)
            return NULL;
        start = end + step;
    }
}

/* Shift_JIS as Windows writes it (CP932): are all bytes outside ASCII half-width kana or pairs of lead and trail byte?
 */
static bool looks_like_cp932(const unsigned char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (s[i] < 0x80 || (s[i] >= 0xa1 && s[i] <= 0xdf))
            continue;
        bool lead = (s[i] >= 0x81 && s[i] <= 0x9f) || (s[i] >= 0xe0 && s[i] <= 0xfc);
        if (!lead || i + 1 >= n || s[i + 1] < 0x40 || s[i + 1] == 0x7f || s[i + 1] > 0xfc)
            return false;
        i++;
    }
    return true;
}

static bool looks_like_utf16(const unsigned char *s, size_t n)
{
    if (n < 2)
        return false;
    if ((s[0] == 0xff && s[1] == 0xfe) || (s[0] == 0xfe && s[1] == 0xff))
        return true;
    return !s[0] != !s[1]; /* without a mark: ASCII and NUL in turn */
}

static void complain_not_utf8(const char *source, size_t n, struct kb_at at, struct kb_complaints *c)
{
    if (looks_like_cp932((const unsigned char *)source, n))
        KB_COMPLAIN(c, at, "the file is written in Shift_JIS (CP932); save it as UTF-8",
                    "ファイルの文字コードが Shift_JIS（CP932）です。UTF-8 "
                    "で保存し直してください（メモ帳では「名前を付けて保存」の"
                    "「エンコード」で選べます）");
    else
        KB_COMPLAIN(c, at, "these bytes are not UTF-8; save the file as UTF-8",
                    "UTF-8 として読めない文字があります。ファイルを UTF-8 で保存し直してください");
}

bool kb_encoding_check(const char *source, size_t n, struct kb_complaints *c)
{
    const unsigned char *s = (const unsigned char *)source;
    if (looks_like_utf16(s, n)) {
        KB_COMPLAIN(c, ((struct kb_at){1, 1}), "the file is written in UTF-16; save it as UTF-8",
                    "ファイルの文字コードが UTF-16 です。UTF-8 で保存し直してください");
        return false;
    }
    struct kb_at at = {1, 1};
    for (size_t i = bom_length(source, n); i < n;) {
        size_t step = break_at(s + i, n - i);
        if (step) {
            at = (struct kb_at){at.line + 1, 1};
            i += step;
            continue;
        }
        utf8proc_int32_t point = -1;
        utf8proc_ssize_t length = utf8proc_iterate(s + i, n - i > 4 ? 4 : (utf8proc_ssize_t)(n - i), &point);
        if (length <= 0) {
            complain_not_utf8(source, n, at, c);
            return false;
        }
        if ((kb_is_deceptive(point) && point != '\t') || point == 0xfeff) {
            KB_COMPLAIN(c, at, "invisible character U+%04X; delete it",
                        "見えない文字（U+%04X）があります。削除してください", (unsigned)point);
            return false;
        }
        i += (size_t)length;
        at.column++;
    }
    return true;
}
