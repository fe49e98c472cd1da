/* SPDX-License-Identifier: Apache-2.0 */
/* Finds out what a generation is, and opens libarchive for exactly that. */
#include <errno.h>
#include <iconv.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/limits.h"
#include "koboshi/text.h"
#include "reader_state.h"
#include "seven_zip_needs.h"

enum { SEEK_READ_BYTES = 256 << 10, SEEK_RETRY_BYTES = 4096 };

static const struct {
    const char *name;
    int (*support)(struct archive *);
    bool utf8_locale;
} containers[] = {
    [KB_CONTAINER_NONE] = {NULL, NULL, false},
    /* In the C locale libarchive cannot convert the UTF-8 names of pax, and so hands out their bytes unchanged; in any
     * UTF-8 locale it makes them NFC, and two files whose names differ only in that become one. */
    [KB_CONTAINER_TAR] = {"tar", archive_read_support_format_tar, false},
    [KB_CONTAINER_CPIO] = {"cpio", archive_read_support_format_cpio, false},
    [KB_CONTAINER_ZIP] = {"zip", archive_read_support_format_zip_seekable, true},
    [KB_CONTAINER_7Z] = {"7z", archive_read_support_format_7zip, true},
};

static locale_t c_locale, utf8_locale; /* made once: C.UTF-8 is read from files */

bool kb_reader_prepare(void)
{
    static const char *const from[] = {"CP932", "UTF-8", "UTF-16LE"}, *const to[] = {"UTF-8", "ANSI_X3.4-1968",
                                                                                     "UTF-8"};
    for (size_t i = 0; i < 3; i++) { /* loads the modules */
        iconv_t converter = iconv_open(to[i], from[i]);
        if (converter != (iconv_t)-1)
            (void)iconv_close(converter);
    }
    if (c_locale == (locale_t)0)
        c_locale = newlocale(LC_CTYPE_MASK, "C", (locale_t)0);
    if (utf8_locale == (locale_t)0)
        utf8_locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    return c_locale != (locale_t)0 && utf8_locale != (locale_t)0;
}

static bool is_unchecked(const struct kb_reader *reader)
{
    return reader->ahead ? kb_ahead_note(reader->ahead).unchecked
                         : !reader->decoder || kb_decoder_unchecked(reader->decoder);
}

struct kb_reader_facts kb_reader_facts(const struct kb_reader *reader)
{
    bool own_checksums = reader->container == KB_CONTAINER_ZIP || reader->container == KB_CONTAINER_7Z;
    return (struct kb_reader_facts){
        .format = containers[reader->container].name,
        .filter = reader->codec ? reader->codec->name : NULL,
        .whole = reader->whole && reader->mode != KB_READER_STOPPED,
        .content_checked = own_checksums || (reader->codec && !is_unchecked(reader)),
        .members = reader->codec && reader->codec->members,
    };
}

void kb_reader_tell(struct kb_reader *reader, bool in_entry, enum kb_rule_id rule, struct kb_text expected,
                    struct kb_text found)
{
    if (kb_rule(rule)->severity == KB_BAD)
        reader->whole = false;
    const struct kb_reader_flaw flaw = {
        .rule = rule, .expected = expected, .found = found, .in_entry = in_entry, .entry = reader->lost};
    reader->params.flaw(reader->params.owner, &flaw);
}

void kb_reader_tell_of(struct kb_reader *reader, const struct kb_entry *entry, enum kb_rule_id rule,
                       struct kb_text expected, struct kb_text found)
{
    if (kb_rule(rule)->severity == KB_BAD)
        reader->whole = false;
    const struct kb_reader_flaw flaw = {.rule = rule, .expected = expected, .found = found, .entry = entry};
    reader->params.flaw(reader->params.owner, &flaw);
}

static void decoder_flaw(void *owner, enum kb_rule_id rule, struct kb_text expected, struct kb_text found)
{
    kb_reader_tell(owner, false, rule, expected, found);
}

static const char *const encrypted_words[] = {"ncrypted", "assphrase", "Crypto", NULL};
static const char *const strange_words[] = {"nsupported", "not supported", "Unexpected codec", "can't be decoded",
                                            NULL};
static const char *const truncated_words[] = {"runcated", "remature end", NULL};

static bool has_word(const char *text, const char *const *words)
{
    for (; *words; words++) {
        if (strstr(text, *words))
            return true;
    }
    return false;
}

/* libarchive has no decryption for 7z at all, and the program that has it reads one file only: a split one comes here.
 */
static void tell_encrypted(struct kb_reader *reader, bool in_entry)
{
    static const struct kb_text wrong = {"指定した鍵では開けません", "encrypted; the key given does not open it"},
                                unknown = {"暗号化されています（鍵がありません）",
                                           "encrypted; the key is not known here"},
                                closed = {
                                    "分割された暗号化 7z です。先に結合してください（例: cat 名前.7z.* > 名前.7z）",
                                    "an encrypted 7z in several files: join them first, such as "
                                    "`cat NAME.7z.* > NAME.7z`"};
    kb_reader_tell(reader, in_entry, KB_RULE_ENCRYPTED,
                   (struct kb_text){.en = "readable content", .ja = "中身を読めること"},
                   !reader->params.passphrase             ? unknown
                   : reader->container == KB_CONTAINER_7Z ? closed
                                                          : wrong);
}

/* Byte of the file at which libarchive believes it to begin. */
static int64_t base_of(const struct kb_reader *reader)
{
    return reader->zip ? reader->zip->base : 0;
}

void kb_reader_blame(struct kb_reader *reader, bool in_entry)
{
    if (reader->feed->failed) {
        reader->whole = false;
        return; /* the source or the decoder has said why */
    }
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *words = archive_error_string(reader->archive), *name = containers[reader->container].name;
    words = words ? kb_escape(arena, words, strlen(words)) : "-";
    if (reader->feed->over)
        kb_reader_tell(reader, in_entry, KB_RULE_ARCHIVE_BROKEN,
                       kb_text_new(arena, "headers of at most %s", "項目の見出しが %s 以下であること",
                                   kb_show_bytes(arena, KB_ENTRY_HEADER_MAX)),
                       kb_text_new(arena, "the next one is longer, or none follows, before byte %" PRId64,
                                   "%" PRId64 " バイト目までに次の見出しが終わらないか、ありません",
                                   reader->feed->total));
    else if (has_word(words, encrypted_words))
        tell_encrypted(reader, in_entry);
    else if (has_word(words, strange_words))
        kb_reader_tell(reader, in_entry, KB_RULE_FORMAT_REFUSED,
                       kb_text_new(arena, "a %s variant that can be read", "読み取れる種類の %s であること", name),
                       kb_text_new(arena, "this one cannot (%s)", "対応していない種類です（%s）", words));
    else if ((reader->mode == KB_READER_STREAM && reader->feed->ended) || has_word(words, truncated_words))
        kb_reader_tell(
            reader, in_entry, KB_RULE_ARCHIVE_TRUNCATED,
            kb_text_new(arena, "the %s goes on to its end", "%s が終わりまで続くこと", name),
            kb_text_new(arena, "it stops in the middle, after %" PRId64 " bytes of %s data",
                        "%" PRId64 " バイトの %s データの後、途中で終わっています",
                        reader->mode == KB_READER_STREAM ? reader->feed->total : reader->params.source.extents->size,
                        name));
    else
        kb_reader_tell(reader, in_entry, KB_RULE_ARCHIVE_BROKEN,
                       kb_text_new(arena, "a %s without contradictions", "%s に矛盾がないこと", name),
                       kb_text_new(arena, "damaged near byte %" PRId64 " of the %s data (%s)",
                                   "%2$s データの %1$" PRId64 " バイト目付近が壊れています（%3$s）",
                                   (int64_t)archive_filter_bytes(reader->archive, -1) + base_of(reader), name, words));
}

static void refuse(struct kb_reader *reader, struct kb_text found)
{
    kb_reader_tell(reader, false, KB_RULE_FORMAT_REFUSED,
                   (struct kb_text){.en = "tar, cpio (plain or in gzip, bzip2, xz, lzma, zstd, lz4), zip or 7z",
                                    .ja = "tar・cpio（gzip・bzip2・xz・lzma・zstd・lz4 圧縮も可）、zip、7z のいずれか"},
                   found);
}

/* What the content so far was made of. Of a decoder that runs ahead that is known of the whole file alone. */
static int64_t packed_bytes(const struct kb_reader *reader)
{
    if (reader->codec && reader->codec->takes_ahead)
        return reader->params.source.extents->size;
    return reader->ahead     ? kb_ahead_note(reader->ahead).consumed
           : reader->decoder ? kb_decoder_consumed(reader->decoder)
                             : 0;
}

ssize_t kb_reader_pull(struct kb_reader *reader, const void **ret_bytes)
{
    ssize_t n = kb_feed_next(reader->feed, ret_bytes);
    int64_t from = packed_bytes(reader);
    int64_t most = reader->params.budgets->ratio;
    if (n <= 0 || !from || reader->feed->total <= KB_RATIO_FLOOR || reader->feed->total / most <= from)
        return n;
    KB_SCOPED_ARENA arena = kb_arena_new();
    kb_reader_tell(reader, false, KB_RULE_BUDGET,
                   kb_budget_limit(arena,
                                   kb_text_new(arena, "unpacked at most %s times its size",
                                               "展開後の大きさが %s 倍以下であること", kb_show_count(arena, most)),
                                   "ratio"),
                   kb_text_new(arena, "%s out of %s so far", "これまでに %s（元は %s）",
                               kb_show_bytes(arena, reader->feed->total), kb_show_bytes(arena, from)));
    reader->feed->failed = true;
    return -1;
}

static la_ssize_t feed_read(struct archive *archive, void *owner, const void **ret_bytes)
{
    ssize_t n = kb_reader_pull(owner, ret_bytes);
    if (n >= 0)
        return n;
    archive_set_error(archive, EIO, "source failed");
    return ARCHIVE_FATAL;
}

static ssize_t read_at(const struct kb_reader *reader)
{
    const struct kb_extents *extents = reader->params.source.extents;
    ssize_t n = kb_extents_read(extents, reader->buffer, SEEK_READ_BYTES, reader->position);
    if (n < 0) /* a disk fails a large request for one bad sector; whoever reads in sequence reports the place */
        n = kb_extents_read(extents, reader->buffer, SEEK_RETRY_BYTES, reader->position);
    return n;
}

void kb_reader_tell_unreadable(struct kb_reader *reader, int64_t at)
{
    int cause = errno;
    KB_SCOPED_ARENA arena = kb_arena_new();
    kb_reader_tell(reader, false, KB_RULE_READ_FAILED, (struct kb_text){.en = "it can be read", .ja = "読み取れること"},
                   kb_text_new(arena, "byte %" PRId64 ": %s", "%" PRId64 " バイト目: %s", at, strerror(cause)));
    reader->feed->failed = true;
}

static la_ssize_t seek_read(struct archive *archive, void *owner, const void **ret_bytes)
{
    struct kb_reader *reader = owner;
    *ret_bytes = reader->buffer;
    ssize_t n = reader->zip ? kb_zip_view_read(reader, reader->position, ret_bytes) : read_at(reader);
    if (n < 0) {
        int cause = errno;
        kb_reader_tell_unreadable(reader, reader->position + base_of(reader));
        archive_set_error(archive, cause, "source failed");
        return ARCHIVE_FATAL;
    }
    reader->position += n;
    return n;
}

static int64_t size_of(const struct kb_reader *reader)
{
    return reader->zip ? kb_zip_view_size(reader) : reader->params.source.extents->size;
}

static la_int64_t seek_to(struct archive *archive, void *owner, la_int64_t offset, int whence)
{
    struct kb_reader *reader = owner;
    int64_t base = whence == SEEK_END ? size_of(reader) : whence == SEEK_CUR ? reader->position : 0, to;
    if (__builtin_add_overflow(base, (int64_t)offset, &to) || to < 0) {
        archive_set_error(archive, EINVAL, "seek outside of the file");
        return ARCHIVE_FATAL;
    }
    return reader->position = to;
}

static la_int64_t skip_by(struct archive *archive, void *owner, la_int64_t n)
{
    (void)archive;
    struct kb_reader *reader = owner;
    int64_t left = size_of(reader) - reader->position;
    n = n > left ? (left > 0 ? left : 0) : n;
    reader->position += n;
    return n;
}

static void tell_unopened(struct kb_reader *reader, bool seek)
{
    const char *words = archive_error_string(reader->archive);
    bool unknown = seek && words && strstr(words, "Unrecognized");
    if (unknown) /* the head of a 7z without the directory at its end */
        kb_reader_tell(
            reader, false, KB_RULE_ARCHIVE_TRUNCATED,
            (struct kb_text){.en = "a directory at the end of the file", .ja = "ファイルの末尾に目次があること"},
            (struct kb_text){.en = "it begins like one of these, but there is no directory at its end",
                             .ja = "先頭は正しいですが、末尾に目次がありません"});
    else
        kb_reader_blame(reader, false);
}

bool kb_reader_open_archive(struct kb_reader *reader)
{
    bool seek = reader->mode == KB_READER_SEEK;
    reader->locale = containers[reader->container].utf8_locale ? utf8_locale : c_locale;
    (void)archive_read_free(reader->archive); /* of the slice before */
    reader->archive = archive_read_new();
    reader->position = 0;
    if (!reader->archive || reader->locale == (locale_t)0)
        abort();
    if (seek && !reader->buffer && !(reader->buffer = malloc(SEEK_READ_BYTES)))
        abort();
    int r = containers[reader->container].support(reader->archive);
    if (r == ARCHIVE_OK && reader->params.passphrase)
        r = archive_read_add_passphrase(reader->archive, reader->params.passphrase);
    if (r == ARCHIVE_OK)
        r = archive_read_set_read_callback(reader->archive, seek ? seek_read : feed_read);
    if (r == ARCHIVE_OK && seek)
        r = archive_read_set_seek_callback(reader->archive, seek_to);
    if (r == ARCHIVE_OK && seek)
        r = archive_read_set_skip_callback(reader->archive, skip_by);
    if (r == ARCHIVE_OK)
        r = archive_read_set_callback_data(reader->archive, reader);
    if (r == ARCHIVE_OK)
        r = archive_read_open1(reader->archive);
    if (r == ARCHIVE_OK)
        return true;
    tell_unopened(reader, seek);
    reader->mode = KB_READER_STOPPED;
    return false;
}

/* A zip's directory is judged before libarchive sees the zip. */
static void open_zip(struct kb_reader *reader)
{
    reader->zip = kb_zip_load(reader);
    if (!reader->zip) {
        reader->mode = KB_READER_STOPPED;
        return;
    }
    kb_zip_front(reader);
    kb_zip_turn(reader, 0, reader->zip->n_slices);
}

/* 7zFormat.txt, SignatureHeader: where the directory at the end lies. libarchive says nothing when the file is shorter.
 */
static bool seven_zip_ends_well(struct kb_reader *reader, const uint8_t *head, size_t n)
{
    if (n < 32)
        return true; /* libarchive will say so */
    uint64_t offset = 0, size = 0, end;
    for (size_t i = 8; i--;) {
        offset = offset << 8 | head[12 + i];
        size = size << 8 | head[20 + i];
    }
    if (__builtin_add_overflow(offset, size, &end) || __builtin_add_overflow(end, UINT64_C(32), &end))
        end = UINT64_MAX;
    uint64_t have = (uint64_t)reader->params.source.extents->size;
    if (end == have)
        return true;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_text expected = kb_text_new(arena, "%" PRIu64 " bytes, as its header says",
                                          "ヘッダーのとおり %" PRIu64 " バイト", end);
    kb_reader_tell(reader, false, end > have ? KB_RULE_ARCHIVE_TRUNCATED : KB_RULE_TRAILING_DATA, expected,
                   kb_text_new(arena, "%" PRIu64 " bytes", "%" PRIu64 " バイト", have));
    return end < have;
}

/* libarchive takes what the coders ask for, up to 4 GiB each, and calls damaged what it does not know. */
static bool seven_zip_is_readable(struct kb_reader *reader)
{
    int64_t most = kb_budgets_window(reader->params.budgets, KB_SEVEN_ZIP_WINDOW_MAX);
    struct kb_seven_zip_needs needs = kb_seven_zip_needs(reader->params.source.extents);
    if (needs.window <= (uint64_t)most && needs.ppmd_filtered && !reader->params.passphrase) {
        kb_reader_tell(
            reader, false, KB_RULE_FORMAT_REFUSED,
            (struct kb_text){.en = "a 7z variant that can be read", .ja = "読み取れる種類の 7z であること"},
            (struct kb_text){.en = "PPMd with a filter for programs; pack it with -mf=off, or by LZMA2",
                             .ja = "PPMd とプログラム用フィルターの組み合わせです。-mf=off を付けるか LZMA2 で"
                                   "圧縮してください"});
        return false;
    }
    if (needs.window <= (uint64_t)most)
        return true;
    KB_SCOPED_ARENA arena = kb_arena_new();
    kb_reader_tell(
        reader, false, KB_RULE_BUDGET,
        kb_budget_limit(arena,
                        kb_text_new(arena, "unpacking 7z takes windows of at most %" PRId64 " MiB",
                                    "7z の展開に必要なメモリが %" PRId64 " MiB 以下であること", most >> 20),
                        "window"),
        kb_text_new(
            arena, "it needs %" PRIu64 " MiB; the data itself may be good. Have it packed with a smaller dictionary",
            "%" PRIu64 " MiB が必要です（データ自体は正常かもしれません）。辞書サイズを小さくして圧縮してください",
            (needs.window + (1 << 20) - 1) >> 20));
    return false;
}

/* APPNOTE 4.3.16: the end record names the volume it stands on, 0 if there is only one. The last of several does not
 * begin like a zip. */
static const struct kb_unread *last_volume(const struct kb_reader *reader)
{
    enum { END_BYTES = 22 };
    const struct kb_extents *extents = reader->params.source.extents;
    uint8_t end[END_BYTES];
    bool is_end = extents->size >= END_BYTES &&
                  kb_extents_read(extents, end, sizeof end, extents->size - END_BYTES) == END_BYTES &&
                  !memcmp(end, "PK\5\6", 4);
    return is_end && (end[4] || end[5]) ? kb_detect_unread("PK\7\x08", 4) : NULL;
}

static void tell_unread(struct kb_reader *reader, const struct kb_unread *unread)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    kb_reader_tell(
        reader, false, unread->rule,
        (struct kb_text){.en = "tar, cpio, zip or 7z that can be read", .ja = "読み取れる tar・cpio・zip・7z"},
        (struct kb_text){.en = kb_sprintf(arena, "%s: %s", unread->name, unread->why.en),
                         .ja = kb_sprintf(arena, "%s: %s", unread->name, unread->why.ja)});
}

/* What lies inside: a container, a second compression, or something refused by name. */
static void begin_container(struct kb_reader *reader, const void *head, size_t n)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    reader->container = kb_detect_container(head, n);
    const struct kb_unread *unread = reader->container ? NULL : kb_detect_unread(head, n);
    /* a program that unpacks itself is read as the zip it carries */
    bool carrier = !reader->container && !reader->codec && (!unread || !memcmp(unread->magic, "MZ", 3));
    if (carrier && kb_zip_is_there(reader->params.source.extents)) {
        reader->container = KB_CONTAINER_ZIP;
        unread = NULL;
    }
    bool seek = reader->container == KB_CONTAINER_ZIP || reader->container == KB_CONTAINER_7Z;
    if (!unread && !reader->codec && !reader->container)
        unread = last_volume(reader);
    const struct kb_codec *twice = reader->container ? NULL : kb_detect_codec(head, n, "");
    if (seek && reader->codec) {
        refuse(reader, kb_text_new(arena, "%s inside %s: it packs on its own, leave the outer one away",
                                   "%2$s の中の %1$s です。%1$s 自体が圧縮するので、外側の圧縮をやめてください",
                                   containers[reader->container].name, reader->codec->name));
        reader->container = KB_CONTAINER_NONE;
    } else if (unread) {
        reader->container = KB_CONTAINER_NONE;
        tell_unread(reader, unread);
    } else if (twice && reader->codec) {
        refuse(reader, kb_text_new(arena, "compressed twice: %s inside %s",
                                   "二重に圧縮されています（%2$s の中に %1$s）", twice->name, reader->codec->name));
    } else if (!reader->container) {
        refuse(reader, n ? kb_text_new(arena, "none of these (it begins with %s)", "どれでもありません（先頭 %s）",
                                       kb_hex(arena, head, n < 8 ? n : 8))
                         : kb_text_new(arena, "nothing: there is no data", "データがありません"));
    } else {
        reader->mode = seek ? KB_READER_SEEK : KB_READER_STREAM;
        if (reader->container == KB_CONTAINER_7Z &&
            (!seven_zip_ends_well(reader, head, n) || !seven_zip_is_readable(reader)))
            reader->mode = KB_READER_STOPPED;
        else if (reader->container == KB_CONTAINER_7Z && reader->params.passphrase &&
                 reader->params.source.extents->n == 1) /* the program reads one file */
            kb_seven_zip_begin(reader);
        else if (reader->container == KB_CONTAINER_ZIP)
            open_zip(reader);
        else
            (void)kb_reader_open_archive(reader);
    }
}

static bool filter_is_as_named(struct kb_reader *reader, const void *head, size_t n)
{
    size_t stem;
    const struct kb_codec *promised = kb_suffix_codec(reader->params.name, &stem);
    bool needed = promised || (reader->params.format == KB_FORMAT_FILE && reader->params.unpack);
    if (!needed || (reader->codec && (!promised || promised == reader->codec)))
        return true;
    const struct kb_unread *unread = reader->codec ? NULL : kb_detect_unread(head, n);
    if (unread) {
        tell_unread(reader, unread);
        return false;
    }
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *found = reader->codec ? reader->codec->name : NULL;
    kb_reader_tell(
        reader, false, KB_RULE_FORMAT_REFUSED,
        promised ? kb_text_new(arena, "data compressed by %s, as the name says", "名前のとおり %s で圧縮されたデータ",
                               promised->name)
                 : kb_text_new(arena, "data compressed by one of %s", "%s のいずれかで圧縮されたデータ",
                               "gzip, bzip2, xz, lzma, zstd, lz4"),
        found ? kb_text_new(arena, "it is %s", "%s のデータです", found)
              : kb_text_new(arena, "no such compression shows in the data", "そのような圧縮データではありません"));
    return false;
}

static void begin_decoding(struct kb_reader *reader)
{
    struct kb_decoder *decoder = kb_decoder_new(
        &(struct kb_decoder_params){.codec = reader->codec,
                                    .source = {.owner = &reader->outer, .next = kb_feed_next},
                                    .budgets = reader->params.budgets,
                                    .threads = reader->params.threads,
                                    .owner = reader,
                                    .flaw = decoder_flaw});
    if (reader->params.ahead)
        reader->ahead = kb_ahead_new(decoder, reader->params.ahead, reader, decoder_flaw);
    if (!reader->ahead)
        reader->decoder = decoder;
    reader->inner.source = reader->ahead ? kb_ahead_source(reader->ahead)
                                         : (struct kb_source){.owner = decoder, .next = kb_decoder_next};
    reader->feed = &reader->inner;
}

void kb_reader_begin(struct kb_reader *reader)
{
    const void *head = NULL;
    reader->feed = &reader->outer;
    if (reader->params.format == KB_FORMAT_FILE && !reader->params.unpack) {
        reader->mode = KB_READER_SINGLE;
        return;
    }
    ssize_t n = kb_feed_peek(&reader->outer, KB_DETECT_BYTES, &head);
    if (n < 0)
        return;
    if (n == 0) {
        kb_reader_tell(reader, false, KB_RULE_ARCHIVE_TRUNCATED,
                       (struct kb_text){.en = "an archive", .ja = "アーカイブ"},
                       (struct kb_text){.en = "the file is empty (0 bytes)", .ja = "ファイルが空です（0 バイト）"});
        return;
    }
    if (kb_detect_container(head, (size_t)n) == KB_CONTAINER_NONE || reader->params.format == KB_FORMAT_FILE)
        reader->codec = kb_detect_codec(head, (size_t)n, reader->params.name);
    if (!filter_is_as_named(reader, head, (size_t)n))
        return;
    if (reader->codec == &kb_codec_lz4 && kb_detect_skippable(head, (size_t)n))
        kb_reader_tell(reader, false, KB_RULE_SKIPPABLE_FIRST,
                       (struct kb_text){.en = "an lz4 frame at the start", .ja = "先頭が lz4 のフレームであること"},
                       (struct kb_text){.en = "a skippable frame, which zstd has as well",
                                        .ja = "zstd にも共通の読み飛ばし用フレームで始まっています"});
    if (reader->codec)
        begin_decoding(reader);
    if (reader->params.format == KB_FORMAT_FILE) {
        reader->mode = KB_READER_SINGLE;
        return;
    }
    if (reader->codec && (n = kb_feed_peek(reader->feed, KB_DETECT_BYTES, &head)) < 0)
        return;
    begin_container(reader, head, (size_t)n);
}
