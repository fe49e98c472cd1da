/* SPDX-License-Identifier: Apache-2.0 */
/* One entry of a zip: what its local header, the directory and the data descriptor say of it, and what lies behind. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/limits.h"
#include "koboshi/text.h"
#include "reader_state.h"

enum { METHOD_AES = 99, FIELD_AES = 0x9901 };

/* The directory's line of the current entry. */
static bool line_of(const struct kb_reader *reader, struct kb_zip_header *ret_line)
{
    const struct kb_zip_view *view = &reader->view;
    size_t i = view->record - view->first;
    return kb_zip_central(view->tail + view->lines[i], view->lines[i + 1] - view->lines[i], ret_line);
}

static int64_t next_place(const struct kb_reader *reader)
{
    const struct kb_zip *zip = reader->zip;
    return reader->view.record + 1 < zip->n ? zip->v[reader->view.record + 1].local : zip->start;
}

bool kb_zip_entry(struct kb_reader *reader, bool *ret_utf8)
{
    const int64_t at = reader->zip->v[reader->view.record].local;
    struct kb_zip_header h;
    size_t n = 0, whole = 0;
    const uint8_t *s = kb_zip_peek(reader, at, KB_ZIP_LOCAL_BYTES, &n);
    reader->view.content_end = -1;
    if (n == KB_ZIP_LOCAL_BYTES) {
        whole = KB_ZIP_LOCAL_BYTES + (size_t)kb_le16(s + 26) + kb_le16(s + 28);
        s = kb_zip_peek(reader, at, whole, &n);
    }
    /* libarchive stands where the content begins: both read the same header */
    if (!whole || !kb_zip_local(s, n, &h) ||
        at + (int64_t)h.bytes != archive_filter_bytes(reader->archive, -1) + reader->zip->base)
        return false;
    uint8_t *bytes = kb_alloc(reader->arena, h.n_name + h.n_fields + 1, 1);
    memcpy(bytes, h.name, h.n_name + h.n_fields);
    h.name = bytes;
    h.fields = bytes + h.n_name;
    size_t n_unicode = 0;
    const uint8_t *unicode = kb_zip_unicode(&h, &n_unicode);
    reader->entry.raw = unicode ? unicode : h.name;
    reader->entry.raw_n = unicode ? n_unicode : h.n_name;
    *ret_utf8 = unicode || h.flags & KB_ZIP_UTF8;
    reader->view.local = h;
    reader->view.content_end = at + (int64_t)h.bytes;
    return true;
}

void kb_zip_name(struct kb_reader *reader)
{
    struct kb_zip_header line;
    reader->entry = (struct kb_entry){.kind = KB_ENTRY_OTHER, .raw = "", .shown = "-", .size = KB_ABSENT};
    if (!line_of(reader, &line))
        return;
    size_t n = line.n_name;
    const uint8_t *name = kb_zip_unicode(&line, &n);
    reader->entry.raw = kb_strndup(reader->arena, name ? name : line.name, n);
    reader->entry.raw_n = n;
    const char *text = kb_names_decode(reader->params.names, reader->entry.raw, n, name || line.flags & KB_ZIP_UTF8,
                                       reader->arena);
    reader->entry.shown = kb_escape(reader->arena, text, strlen(text));
}

static void tell(struct kb_reader *reader, enum kb_rule_id rule, struct kb_text expected, struct kb_text found)
{
    kb_reader_tell_of(reader, &reader->entry, rule, expected, found);
}

static const char *shown(struct kb_reader *reader, const struct kb_zip_header *h, struct kb_arena *arena)
{
    size_t n = h->n_name;
    const uint8_t *name = kb_zip_unicode(h, &n);
    const char *text = kb_names_decode(reader->params.names, name ? name : h->name, n, name || h->flags & KB_ZIP_UTF8,
                                       arena);
    return kb_escape(arena, text, strlen(text));
}

static bool is_ascii(const uint8_t *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (s[i] >= 0x80)
            return false;
    }
    return true;
}

/* Some tools show the plain name, others that of the Unicode Path field: of one that needs no other letters both must
 * be the same. */
static bool says_one_name(const struct kb_zip_header *h)
{
    size_t n;
    const uint8_t *name = kb_zip_unicode(h, &n);
    return !name || !is_ascii(h->name, h->n_name) || (n == h->n_name && !memcmp(name, h->name, n));
}

static bool same_names(const struct kb_zip_header *line, const struct kb_zip_header *local)
{
    if (line->n_name != local->n_name || memcmp(line->name, local->name, line->n_name))
        return false;
    if (!is_ascii(line->name, line->n_name) && (line->flags ^ local->flags) & KB_ZIP_UTF8)
        return false;
    size_t n, m;
    const uint8_t *a = kb_zip_unicode(line, &n), *b = kb_zip_unicode(local, &m);
    return (!a || !b || (n == m && !memcmp(a, b, n))) && says_one_name(line) && says_one_name(local);
}

/* The name, and its stored bytes where they are not what is shown. */
static struct kb_text stored_as(const struct kb_zip_header *h, const char *shown, struct kb_arena *arena)
{
    const char *plain = kb_escape(arena, h->name, h->n_name);
    if (!strcmp(plain, shown))
        return (struct kb_text){.en = shown, .ja = shown};
    return kb_text_new(arena, "%s (stored as %s)", "%s（格納されている文字列は %s）", shown, plain);
}

static void judge_names(struct kb_reader *reader, const struct kb_zip_header *line, const struct kb_zip_header *local)
{
    if (same_names(line, local))
        return;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_text listed = stored_as(line, shown(reader, line, arena), arena);
    struct kb_text at_content = stored_as(local, shown(reader, local, arena), arena);
    tell(
        reader, KB_RULE_ZIP_DIFFERS,
        kb_text_new(arena, "the name %s, as the directory says%.0s", "%.0s目次のとおりの名前 %s", listed.en, listed.ja),
        kb_text_new(arena, "at its content it is called %s%.0s", "%.0s中身の側での名前は %s", at_content.en,
                    at_content.ja));
}

static bool same_method(const struct kb_zip_header *line, const struct kb_zip_header *local)
{
    enum { LOCKS = KB_ZIP_ENCRYPTED | KB_ZIP_STRONG };
    size_t n, m;
    if (line->method != local->method || (line->flags ^ local->flags) & LOCKS)
        return false;
    if (line->method != METHOD_AES)
        return true;
    const uint8_t *a = kb_zip_field(line, FIELD_AES, &n), *b = kb_zip_field(local, FIELD_AES, &m);
    return a && b && n == m && !memcmp(a, b, n);
}

static void judge_method(struct kb_reader *reader, const struct kb_zip_header *line, const struct kb_zip_header *local)
{
    if (same_method(line, local))
        return;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct kb_text secret = {.en = ", encrypted", .ja = "、暗号化あり"};
    const bool a = line->flags & KB_ZIP_ENCRYPTED, b = local->flags & KB_ZIP_ENCRYPTED;
    tell(reader, KB_RULE_ZIP_DIFFERS,
         (struct kb_text){
             .en = kb_sprintf(arena, "method %u%s, as the directory says", line->method, a ? secret.en : ""),
             .ja = kb_sprintf(arena, "目次のとおりの圧縮方式 %u%s", line->method, a ? secret.ja : "")},
         (struct kb_text){
             .en = kb_sprintf(arena, "at its content it says method %u%s", local->method, b ? secret.en : ""),
             .ja = kb_sprintf(arena, "中身の側では方式 %u%s です", local->method, b ? secret.ja : "")});
}

/* 4.4.4: where a data descriptor follows, the local header may leave it open: zeros, or all ones for zip64. */
static bool fits(uint64_t line, uint64_t local, bool behind)
{
    return line == local || (behind && (!local || local == UINT32_MAX));
}

static void judge_sizes(struct kb_reader *reader, const struct kb_zip_header *line, const struct kb_zip_header *local)
{
    const bool behind = local->flags & KB_ZIP_SIZES_BEHIND;
    if (fits(line->crc, local->crc, behind) && fits(line->packed, local->packed, behind) &&
        fits(line->size, local->size, behind))
        return;
    KB_SCOPED_ARENA arena = kb_arena_new();
    tell(reader, KB_RULE_ZIP_DIFFERS,
         kb_text_new(arena, "%" PRIu64 " bytes, packed %" PRIu64 ", CRC %08" PRIx32 ", as the directory says",
                     "目次のとおり %" PRIu64 " バイト（圧縮後 %" PRIu64 "）、CRC %08" PRIx32, line->size, line->packed,
                     line->crc),
         kb_text_new(arena, "at its content it says %" PRIu64 " bytes, packed %" PRIu64 ", CRC %08" PRIx32,
                     "中身の側では %" PRIu64 " バイト（圧縮後 %" PRIu64 "）、CRC %08" PRIx32 " です", local->size,
                     local->packed, local->crc));
}

static void judge_time(struct kb_reader *reader, const struct kb_zip_header *line, const struct kb_zip_header *local)
{
    if (line->time == local->time)
        return;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const uint32_t times[] = {line->time, local->time};
    const char *texts[2];
    for (size_t i = 0; i < 2; i++) {
        const unsigned t = times[i];
        texts[i] = kb_sprintf(arena, "%04u-%02u-%02u %02u:%02u:%02u", (t >> 25) + 1980, t >> 21 & 15, t >> 16 & 31,
                              t >> 11 & 31, t >> 5 & 63, (t & 31) * 2);
    }
    tell(reader, KB_RULE_ZIP_DETAIL,
         kb_text_new(arena, "last changed %s, as the directory says", "目次のとおりの更新日時 %s", texts[0]),
         kb_text_new(arena, "at its content it says %s", "中身の側では %s です", texts[1]));
}

bool kb_zip_judge(struct kb_reader *reader)
{
    struct kb_zip_header line;
    const struct kb_zip_header *local = &reader->view.local;
    if (reader->view.content_end < 0 || !line_of(reader, &line))
        return true; /* libarchive has found no header either, and says so */
    judge_names(reader, &line, local);
    judge_method(reader, &line, local);
    judge_sizes(reader, &line, local);
    judge_time(reader, &line, local);
    const int64_t start = reader->view.content_end, next = next_place(reader);
    if (next - start >= 0 && line.packed <= (uint64_t)(next - start)) {
        reader->view.content_end += (int64_t)line.packed;
        reader->view.apart = reader->entry.kind == KB_ENTRY_FILE &&
                             (kb_zip_nothing_begin(reader, &line, start) || kb_zip_inflate_begin(reader, &line, start));
        return true;
    }
    KB_SCOPED_ARENA arena = kb_arena_new();
    tell(reader, KB_RULE_ZIP_OVERLAP,
         kb_text_new(arena, "content of %" PRIu64 " bytes before byte %" PRId64 ", where the next begins",
                     "次の項目が始まる %2$" PRId64 " バイト目までに %1$" PRIu64 " バイトの中身があること", line.packed,
                     next),
         kb_text_new(arena, "it begins at byte %" PRId64 "; it was not unpacked",
                     "中身は %" PRId64 " バイト目から始まります。展開していません", start));
    return false;
}

/* 4.3.9: with or without its signature, sizes of 32 or 64 bits. Its length, 0: what is there is none of this entry. */
static size_t descriptor(const uint8_t *s, size_t n, const struct kb_zip_header *line)
{
    static const struct {
        size_t at, bytes;
    } shapes[] = {{4, 4}, {4, 8}, {0, 4}, {0, 8}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const size_t at = shapes[i].at, bytes = shapes[i].bytes, whole = at + 4 + 2 * bytes;
        if (n < whole || (at && !kb_zip_is(s, "\7\x08")))
            continue;
        const uint8_t *sizes = s + at + 4;
        const uint64_t packed = bytes == 4 ? kb_le32(sizes) : kb_le64(sizes),
                       size = bytes == 4 ? kb_le32(sizes + 4) : kb_le64(sizes + 8);
        const uint64_t mask = bytes == 4 ? UINT32_MAX : UINT64_MAX;
        const bool crc = kb_le32(s + at) == line->crc || (line->method == METHOD_AES && !line->crc);
        if (crc && packed == (line->packed & mask) && size == (line->size & mask))
            return whole;
    }
    return 0;
}

static const char *hidden_name(struct kb_reader *reader, int64_t at, struct kb_arena *arena)
{
    size_t n;
    const uint8_t *s = kb_zip_peek(reader, at, KB_ZIP_LOCAL_BYTES, &n);
    if (n < KB_ZIP_LOCAL_BYTES || !kb_zip_is(s, "\3\4"))
        return "-";
    size_t name = kb_le16(s + 26) < KB_NAME_BYTES_MAX ? kb_le16(s + 26) : KB_NAME_BYTES_MAX;
    s = kb_zip_peek(reader, at + KB_ZIP_LOCAL_BYTES, name, &n);
    const char *text = kb_names_decode(reader->params.names, s, n, false, arena);
    return kb_escape(arena, text, strlen(text));
}

/* Bytes [from, to) belong to no entry. Zeros align; records of entries are something that others may show. */
static void judge_gap(struct kb_reader *reader, int64_t from, int64_t to)
{
    const int64_t end = to - from > KB_ZIP_GAP_MAX ? from + KB_ZIP_GAP_MAX : to;
    bool blank = true;
    int64_t hidden = -1;
    size_t n = 0;
    for (int64_t at = from; at < end && hidden<0; at += n> 3 && at + (int64_t)n < end ? (int64_t)n - 3 : (int64_t)n) {
        const uint8_t *s = kb_zip_peek(reader, at, end - at < 4096 ? (size_t)(end - at) : 4096, &n);
        if (!n)
            break;
        for (size_t i = 0; i < n && hidden < 0; i++) {
            blank = blank && !s[i];
            if (i + 4 <= n && (kb_zip_is(s + i, "\3\4") || kb_zip_is(s + i, "\1\2")))
                hidden = at + (int64_t)i;
        }
    }
    if (blank)
        return;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_text expected = {.en = "nothing between the entries of the directory",
                               .ja = "目次にある項目の間に何もないこと"};
    if (hidden >= 0)
        kb_reader_tell(reader, false, KB_RULE_ZIP_HIDDEN, expected,
                       kb_text_new(arena, "bytes %" PRId64 " to %" PRId64 " hold an entry, %s, at byte %" PRId64,
                                   "%" PRId64 "〜%" PRId64 " バイト目に、項目 %s（%" PRId64 " バイト目）があります",
                                   from, to - 1, hidden_name(reader, hidden, arena), hidden));
    else
        kb_reader_tell(reader, false, KB_RULE_ZIP_DETAIL, expected,
                       kb_text_new(arena, "bytes %" PRId64 " to %" PRId64 " belong to no entry",
                                   "%" PRId64 "〜%" PRId64 " バイト目はどの項目にも属しません", from, to - 1));
}

void kb_zip_front(struct kb_reader *reader)
{
    const int64_t first = reader->zip->v[0].local;
    size_t n;
    if (!first)
        return;
    const uint8_t *s = kb_zip_peek(reader, 0, 4, &n);
    KB_SCOPED_ARENA arena = kb_arena_new();
    if (n == 4 && kb_zip_is(s, "\3\4"))
        judge_gap(reader, 0, first);
    else
        kb_reader_tell(reader, false, KB_RULE_ZIP_DETAIL,
                       (struct kb_text){.en = "the first entry at byte 0", .ja = "最初の項目が先頭にあること"},
                       kb_text_new(arena, "%" PRId64 " bytes before it, such as a program that unpacks it; not checked",
                                   "その前に %" PRId64 " バイトあります（自己展開プログラムなど）。確認の対象外です",
                                   first));
}

static void look_behind(struct kb_reader *reader)
{
    struct kb_zip_view *view = &reader->view;
    struct kb_zip_header line;
    int64_t from = view->content_end;
    const int64_t next = next_place(reader);
    view->content_end = -1;
    if (from < 0 || !line_of(reader, &line))
        return;
    if (view->local.flags & KB_ZIP_SIZES_BEHIND) {
        size_t room = next - from < KB_ZIP_DESCRIPTOR_BYTES ? (size_t)(next - from) : KB_ZIP_DESCRIPTOR_BYTES, n = 0;
        const uint8_t *s = kb_zip_peek(reader, from, room, &n);
        if (n < room) {
            kb_reader_tell_unreadable(reader, from + (int64_t)n);
            return;
        }
        size_t whole = descriptor(s, n, &line);
        KB_SCOPED_ARENA arena = kb_arena_new();
        if (!whole && room)
            tell(reader, KB_RULE_ZIP_DIFFERS,
                 kb_text_new(arena, "%" PRIu64 " bytes, packed %" PRIu64 ", CRC %08" PRIx32 ", as the directory says",
                             "目次のとおり %" PRIu64 " バイト（圧縮後 %" PRIu64 "）、CRC %08" PRIx32, line.size,
                             line.packed, line.crc),
                 kb_text_new(arena, "the descriptor behind its content says something else (%s)",
                             "中身の直後の記載（データ記述子）と一致しません（%s）", kb_hex(arena, s, n)));
        else if (!whole)
            tell(reader, KB_RULE_ZIP_DETAIL,
                 (struct kb_text){.en = "a data descriptor behind its content",
                                  .ja = "中身の直後にデータ記述子があること"},
                 (struct kb_text){.en = "there is none", .ja = "ありません"});
        else
            from += (int64_t)whole;
        if (!whole)
            return;
    }
    if (from < next)
        judge_gap(reader, from, next);
}

void kb_zip_leave(struct kb_reader *reader)
{
    if (!reader->view.inside)
        return;
    look_behind(reader);
    reader->view.inside = false;
    reader->view.record++;
}
