/* SPDX-License-Identifier: Apache-2.0 */
/* Looks for the end record from behind, as Explorer, unzip and 7-Zip do. */
#include "zip_end.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/text.h"
#include "reader_state.h"
#include "zip_directory.h"

/* Everything that may stand behind the directory: zip64 records, end record, its comment. */
enum { TAIL_BYTES = KB_ZIP_END_BYTES + KB_ZIP_FIELD_MAX, END64_MAX = 16 << 10 };
/* 4.4.3.2: the version that can encrypt the directory; 4.3.14: its record is longer. */
enum { ENCRYPTS_DIRECTORY = 62 };

struct tail {
    uint8_t bytes[TAIL_BYTES];
    size_t n;
    int64_t at;   /* of its first byte in the file */
    size_t end;   /* index of the end record */
    int64_t size; /* of the file */
};

void kb_zip_refuse(struct kb_reader *reader, enum kb_zip_refusal why)
{
    static const struct kb_text closed = {
        .en = "zip with an encrypted directory (PKWARE): encrypt the files only, or put the zip into an encrypted one",
        .ja = "目次まで暗号化された zip（PKWARE）です。ファイルだけの暗号化に変えるか、zip を暗号化 zip "
              "に入れてください"};
    const struct kb_unread *volumes = kb_detect_unread("PK\7\x08", 4);
    KB_SCOPED_ARENA arena = kb_arena_new();
    kb_reader_tell(
        reader, false, KB_RULE_FORMAT_REFUSED, (struct kb_text){.en = "a zip that can be read", .ja = "読み取れる zip"},
        why == KB_ZIP_CLOSED ? closed : kb_text_new(arena, "%s%.0s", "%.0s%s", volumes->why.en, volumes->why.ja));
}

static bool read_tail(const struct kb_extents *extents, struct tail *t)
{
    t->size = extents->size;
    t->n = t->size < TAIL_BYTES ? (size_t)t->size : TAIL_BYTES;
    t->at = t->size - (int64_t)t->n;
    return kb_extents_read(extents, t->bytes, t->n, t->at) == (ssize_t)t->n;
}

/* The last one whose comment ends with the file; else the last one at all. */
static bool find(struct tail *t)
{
    bool any = false;
    for (size_t i = t->n < KB_ZIP_END_BYTES ? 0 : t->n - KB_ZIP_END_BYTES + 1; i--;) {
        if (!kb_zip_is(t->bytes + i, "\5\6"))
            continue;
        bool fits = i + KB_ZIP_END_BYTES + kb_le16(t->bytes + i + 20) == t->n;
        if (!any || fits)
            t->end = i;
        any = true;
        if (fits)
            return true;
    }
    return any;
}

/* The zip64 record that the locator before the end record leads to; false: there is no locator. */
static bool find_wide(struct kb_reader *reader, const struct tail *t, int64_t *ret_at, const uint8_t **ret_record)
{
    const uint8_t *locator = t->end >= KB_ZIP_LOCATOR_BYTES ? t->bytes + t->end - KB_ZIP_LOCATOR_BYTES : NULL;
    if (!locator || !kb_zip_is(locator, "\6\7"))
        return false;
    const int64_t behind = t->at + (int64_t)t->end - KB_ZIP_LOCATOR_BYTES;
    const uint64_t said = kb_le64(locator + 8);
    /* as said, or straight before the locator, when something was put before the zip */
    const int64_t places[] = {said < (uint64_t)behind ? (int64_t)said : -1, behind - KB_ZIP_END64_BYTES};
    *ret_record = NULL;
    for (size_t i = 0; i < 2 && !*ret_record; i++) {
        size_t n = 0;
        const uint8_t *s = places[i] < 0 ? NULL : kb_zip_peek(reader, places[i], KB_ZIP_END64_BYTES, &n);
        if (n < KB_ZIP_END64_BYTES || !kb_zip_is(s, "\6\6") || kb_le64(s + 4) > END64_MAX ||
            places[i] + 12 + (int64_t)kb_le64(s + 4) > behind)
            continue;
        *ret_record = s;
        *ret_at = places[i];
    }
    return true;
}

static void tell(struct kb_reader *reader, struct kb_text expected, struct kb_text found)
{
    kb_reader_tell(reader, false, KB_RULE_ZIP_DIRECTORY, expected, found);
}

/* A field of the end record is full, or says the same. */
static bool agrees(uint64_t narrow, uint64_t full, uint64_t wide)
{
    return narrow == full || narrow == wide;
}

/* What end record and zip64 record say together. false: told. */
static bool read_records(struct kb_reader *reader, const struct tail *t, struct kb_zip_end *end, uint64_t *ret_size,
                         uint64_t *ret_offset)
{
    const uint8_t *s = t->bytes + t->end, *w = NULL;
    uint64_t entries = kb_le16(s + 10), size = kb_le32(s + 12), offset = kb_le32(s + 16);
    uint32_t volumes = (uint32_t)kb_le16(s + 4) | kb_le16(s + 6);
    end->directory_end = t->at + (int64_t)t->end;
    bool located = find_wide(reader, t, &end->directory_end, &w);
    if (located && !w) {
        tell(reader, (struct kb_text){.en = "a zip64 end record", .ja = "zip64 の終端レコード"},
             (struct kb_text){.en = "its locator leads to none", .ja = "記載された位置にありません"});
        return false;
    }
    if (w && kb_le64(w + 4) + 12 > KB_ZIP_END64_BYTES && kb_le16(w + 14) >= ENCRYPTS_DIRECTORY) {
        kb_zip_refuse(reader, KB_ZIP_CLOSED);
        return false;
    }
    if (w) {
        volumes = (volumes == UINT16_MAX ? 0 : volumes) | kb_le32(w + 16) | kb_le32(w + 20);
        if (!agrees(entries, UINT16_MAX, kb_le64(w + 32)) || !agrees(size, UINT32_MAX, kb_le64(w + 40)) ||
            !agrees(offset, UINT32_MAX, kb_le64(w + 48))) {
            KB_SCOPED_ARENA arena = kb_arena_new();
            tell(reader,
                 kb_text_new(arena, "%" PRIu64 " entries in %" PRIu64 " bytes from %" PRIu64 " (end record)",
                             "終端レコード: %" PRIu64 " 項目、%" PRIu64 " バイト、%" PRIu64 " バイト目から", entries,
                             size, offset),
                 kb_text_new(arena, "%" PRIu64 " entries in %" PRIu64 " bytes from %" PRIu64 " (zip64 end record)",
                             "zip64 の終端レコード: %" PRIu64 " 項目、%" PRIu64 " バイト、%" PRIu64 " バイト目から",
                             kb_le64(w + 32), kb_le64(w + 40), kb_le64(w + 48)));
        }
        entries = kb_le64(w + 32);
        size = kb_le64(w + 40);
        offset = kb_le64(w + 48);
        end->wide = true;
    }
    if (volumes) {
        kb_zip_refuse(reader, KB_ZIP_VOLUMES);
        return false;
    }
    end->entries = entries;
    *ret_size = size;
    *ret_offset = offset;
    return true;
}

static bool is_line(struct kb_reader *reader, int64_t at)
{
    size_t n;
    const uint8_t *s = kb_zip_peek(reader, at, 4, &n);
    return n == 4 && kb_zip_is(s, "\1\2");
}

static void tell_place(struct kb_reader *reader, const struct kb_zip_end *end, uint64_t size, uint64_t offset)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    tell(reader,
         kb_text_new(arena, "a directory of %" PRIu64 " bytes from byte %" PRIu64 ", as the end record says",
                     "終端レコードのとおり、%2$" PRIu64 " バイト目から %1$" PRIu64 " バイトの目次", size, offset),
         kb_text_new(arena, "the end record stands at byte %" PRId64, "終端レコードは %" PRId64 " バイト目にあります",
                     end->directory_end));
}

/* Where the directory lies: straight before the end records; else where they say. false: told. */
static bool place(struct kb_reader *reader, struct kb_zip_end *end, uint64_t size, uint64_t offset)
{
    const int64_t limit = end->directory_end;
    if (size > (uint64_t)limit || offset > (uint64_t)limit) {
        tell_place(reader, end, size, offset);
        return false;
    }
    const int64_t before = limit - (int64_t)size, said = (int64_t)offset;
    end->directory = before;
    end->base = before - said;
    if (end->base && (before == limit || !is_line(reader, before)) && is_line(reader, said)) {
        end->directory = said; /* its size is wrong, or something stands behind it */
        end->base = 0;
        tell_place(reader, end, size, offset);
        return true;
    }
    /* before macOS 10.15 Archive Utility wrote the lower half of offsets beyond 4 GiB and no zip64 records */
    if (end->base < 0 || (end->base && end->base % (INT64_C(1) << 32) == 0 && !end->wide)) {
        tell_place(reader, end, size, offset);
        return false;
    }
    if (size && !is_line(reader, before)) {
        tell_place(reader, end, size, offset);
        return false;
    }
    return true;
}

static void tell_surroundings(struct kb_reader *reader, const struct tail *t, const struct kb_zip_end *end)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    const int64_t comment = kb_le16(t->bytes + t->end + 20), behind = t->at + (int64_t)t->end + KB_ZIP_END_BYTES;
    if (behind + comment > t->size)
        kb_reader_tell(
            reader, false, KB_RULE_ARCHIVE_TRUNCATED,
            kb_text_new(arena, "a comment of %" PRId64 " bytes at the end",
                        "末尾に %" PRId64 " バイトのコメントがあること", comment),
            kb_text_new(arena, "%" PRId64 " bytes of it", "%" PRId64 " バイトしかありません", t->size - behind));
    /* zeros fill the last block of a tape or pipe: bsdtar writes them */
    size_t used = t->n;
    while (used && !t->bytes[used - 1])
        used--;
    if (behind + comment < t->at + (int64_t)used)
        kb_reader_tell(reader, false, KB_RULE_TRAILING_DATA,
                       kb_text_new(arena, "the file ends at byte %" PRId64 ", where the zip ends",
                                   "zip の終わり（%" PRId64 " バイト目）でファイルが終わること", behind + comment),
                       kb_text_new(arena, "%" PRId64 " bytes more", "さらに %" PRId64 " バイトあります",
                                   t->at + (int64_t)used - behind - comment));
    for (size_t i = 0; i + KB_ZIP_END_BYTES <= t->n; i++) {
        const bool within = end->directory < end->directory_end && t->at + (int64_t)i < end->directory_end;
        if (within || i == t->end || !kb_zip_is(t->bytes + i, "\5\6"))
            continue;
        tell(reader,
             kb_text_new(arena, "one end record, at byte %" PRId64,
                         "終端レコードが %" PRId64 " バイト目に1つだけあること", t->at + (int64_t)t->end),
             kb_text_new(arena, "another one at byte %" PRId64 ": tools differ in which of them they follow",
                         "%" PRId64 " バイト目にもあります。どちらに従うかはツールにより異なります",
                         t->at + (int64_t)i));
        return;
    }
}

bool kb_zip_find_end(struct kb_reader *reader, struct kb_zip_end *ret_end)
{
    struct tail *t = malloc(sizeof *t);
    if (!t)
        abort();
    uint64_t size, offset;
    bool good = false;
    *ret_end = (struct kb_zip_end){0};
    if (!read_tail(reader->params.source.extents, t))
        kb_reader_tell(
            reader, false, KB_RULE_READ_FAILED, (struct kb_text){.en = "it can be read", .ja = "読み取れること"},
            (struct kb_text){.en = "the end of the file cannot be read", .ja = "ファイルの末尾を読めません"});
    else if (!find(t))
        kb_reader_tell(
            reader, false, KB_RULE_ARCHIVE_TRUNCATED,
            (struct kb_text){.en = "a directory at the end of the file", .ja = "ファイルの末尾に目次があること"},
            (struct kb_text){.en = "it begins like a zip, but there is no directory at its end",
                             .ja = "先頭は zip として正しいですが、末尾に目次がありません"});
    else if (read_records(reader, t, ret_end, &size, &offset) && place(reader, ret_end, size, offset)) {
        tell_surroundings(reader, t, ret_end);
        good = true;
    }
    free(t);
    return good;
}

bool kb_zip_is_there(const struct kb_extents *extents)
{
    struct tail *t = malloc(sizeof *t);
    if (!t)
        abort();
    bool there = false;
    if (read_tail(extents, t) && find(t)) {
        const int64_t size = kb_le32(t->bytes + t->end + 12), at = t->at + (int64_t)t->end - size;
        uint8_t line[4];
        there = size && at >= 0 && kb_extents_read(extents, line, 4, at) == 4 && kb_zip_is(line, "\1\2");
    }
    free(t);
    return there;
}
