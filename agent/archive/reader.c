/* SPDX-License-Identifier: Apache-2.0 */
/* Entry after entry, block after block, and the end of the archive. */
#include "koboshi/reader.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/limits.h"
#include "koboshi/clock.h"
#include "koboshi/ring.h"
#include "koboshi/text.h"
#include "reader_state.h"
#include "seven_zip.h"

/* An entry arena serves this many entries: making one costs more than most entries take. */
enum { ENTRIES_PER_ARENA = 256 };
/* Headers that cannot be used before the reader gives up on an archive. */
enum { SKIPPED_MAX = 100 };
/* Blocks without a byte before the reader takes it for a loop. */
enum { EMPTY_MAX = 1000 };
/* POSIX pax, ustar: the end mark is two blocks of zeros. */
enum { TAR_END_BYTES = 1024 };

struct kb_reader *kb_reader_open(const struct kb_reader_params *params)
{
    struct kb_reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        abort();
    reader->params = *params;
    if (!params->budgets)
        reader->params.budgets = &kb_budgets_usual;
    reader->outer.source = params->source;
    reader->arena = kb_arena_new();
    reader->whole = true;
    kb_reader_begin(reader);
    if (!kb_reader_is_sequential(reader))
        kb_ahead_stop(reader->ahead); /* from now on nobody asks the source */
    return reader;
}

void kb_reader_close(struct kb_reader *reader)
{
    if (!reader)
        return;
    (void)archive_read_free(reader->archive);
    if (!reader->borrowed)
        kb_zip_free(reader->zip);
    kb_zip_inflate_free(reader->inflate);
    free(reader->view.tail);
    free(reader->view.lines);
    free(reader->view.window);
    kb_seven_zip_free(reader->program);
    kb_ahead_free(reader->ahead);
    kb_decoder_free(reader->decoder);
    kb_feed_done(&reader->outer);
    kb_feed_done(&reader->inner);
    kb_arena_free(reader->arena);
    free(reader->buffer);
    free(reader->listing);
    free(reader);
}

bool kb_reader_is_sequential(const struct kb_reader *reader)
{
    return reader->mode == KB_READER_STREAM || reader->mode == KB_READER_SINGLE;
}

static int single(struct kb_reader *reader)
{
    const struct kb_reader_params *p = &reader->params;
    size_t stem = strlen(p->name);
    if (p->unpack)
        (void)kb_suffix_codec(p->name, &stem);
    const char *name = p->as ? p->as : kb_strndup(reader->arena, p->name, stem);
    struct kb_entry *e = &reader->entry;
    *e = (struct kb_entry){
        .kind = KB_ENTRY_FILE, .mode = 0600, .mtime_ns = p->mtime_ns, .raw = name, .raw_n = strlen(name)};
    e->size = p->unpack ? KB_ABSENT : p->source.extents->size;
    e->fault = kb_path_judge(name, strlen(name), reader->arena, &e->path);
    e->shown = kb_escape(reader->arena, name, strlen(name));
    return 1;
}

/* Reads what is left, so that the filter checks its end too, and looks for data behind the end mark. */
static int drain(struct kb_reader *reader, int64_t end)
{
    const void *bytes;
    ssize_t n;
    while ((n = kb_reader_pull(reader, &bytes)) > 0)
        ;
    if (n < 0) {
        reader->whole = false;
        reader->mode = KB_READER_STOPPED;
        return -1;
    }
    if (reader->feed->nonzero_end > end) {
        KB_SCOPED_ARENA arena = kb_arena_new();
        kb_reader_tell(reader, false, KB_RULE_TRAILING_DATA,
                       kb_text_new(arena, "only zeros after the end mark", "終端の後にはゼロだけがあること"),
                       kb_text_new(arena, "other data between byte %" PRId64 " and %" PRId64 " of the unpacked archive",
                                   "展開後の %" PRId64 " バイト目から %" PRId64 " バイト目の間に別のデータがあります",
                                   end, reader->feed->nonzero_end));
    }
    return 0;
}

static int at_end(struct kb_reader *reader)
{
    if (reader->mode == KB_READER_SEEK)
        return 0;
    int64_t end = archive_filter_bytes(reader->archive, -1), mark = end - archive_read_header_position(reader->archive);
    if (reader->container == KB_CONTAINER_TAR && mark < TAR_END_BYTES) {
        KB_SCOPED_ARENA arena = kb_arena_new();
        kb_reader_tell(reader, false, KB_RULE_NO_END_OF_ARCHIVE,
                       kb_text_new(arena, "%d bytes of zeros after the last entry",
                                   "最後のエントリの後に %d バイトのゼロがあること", TAR_END_BYTES),
                       kb_text_new(arena, "%" PRId64 " bytes of zeros, then the end (%" PRId64 " entries read)",
                                   "ゼロが %" PRId64 " バイトで終わっています（%" PRId64 " 項目まで読みました）", mark,
                                   reader->entries));
    }
    return drain(reader, end);
}

/* SVR4 cpio keeps the content of linked files with the last link only: the ones before it look like empty files. */
static void judge_cpio_link(struct kb_reader *reader)
{
    int format = archive_format(reader->archive);
    struct kb_entry *e = &reader->entry;
    if (e->kind != KB_ENTRY_HARDLINK || e->size <= 0 ||
        (format != ARCHIVE_FORMAT_CPIO_SVR4_NOCRC && format != ARCHIVE_FORMAT_CPIO_SVR4_CRC))
        return;
    e->kind = KB_ENTRY_FILE;
    KB_SCOPED_ARENA arena = kb_arena_new();
    kb_reader_tell(reader, false, KB_RULE_FORMAT_REFUSED,
                   (struct kb_text){.en = "a cpio without hard links; use tar for them",
                                    .ja = "ハードリンクのない cpio（ある場合は tar を使用）"},
                   kb_text_new(arena, "%s holds the content of an entry before it, which is read as empty",
                               "%s が前の項目の中身を持っており、前の項目は空として読まれます", e->shown));
}

/* How far the next header may lie at the most: behind what is left of this entry. */
static int64_t header_limit(const struct kb_reader *reader)
{
    int64_t left = reader->entries && reader->entry.size > 0 ? reader->entry.size : 0;
    return reader->feed->total > INT64_MAX - KB_ENTRY_HEADER_MAX - left
               ? INT64_MAX
               : reader->feed->total + left + KB_ENTRY_HEADER_MAX;
}

int kb_reader_header(struct kb_reader *reader)
{
    struct archive_entry *from = NULL;
    locale_t before = uselocale(reader->locale);
    reader->feed->limit = reader->container == KB_CONTAINER_CPIO ? header_limit(reader) : 0;
    int r = archive_read_next_header(reader->archive, &from);
    reader->feed->limit = 0;
    const char *words = r == ARCHIVE_WARN ? archive_error_string(reader->archive) : NULL;
    if (r == ARCHIVE_OK || r == ARCHIVE_WARN)
        kb_entry_fill(reader, from, words && strstr(words, "from UTF-8"));
    (void)uselocale(before);
    return r == ARCHIVE_WARN ? ARCHIVE_OK : r;
}

static int next_of_archive(struct kb_reader *reader)
{
    for (;;) {
        int r = kb_reader_header(reader);
        if (r == ARCHIVE_OK) {
            judge_cpio_link(reader);
            return kb_dumpdir_fill(reader) ? -1 : 1;
        }
        if (r == ARCHIVE_EOF)
            return at_end(reader);
        kb_reader_blame(reader, false);
        if (r <= ARCHIVE_FATAL || ++reader->skipped > SKIPPED_MAX) {
            reader->mode = KB_READER_STOPPED;
            return -1;
        }
    }
}

int kb_reader_next(struct kb_reader *reader, const struct kb_entry **ret_entry)
{
    if (reader->mode == KB_READER_STOPPED)
        return -1;
    if (reader->mode == KB_READER_SINGLE) {
        if (reader->entries++)
            return reader->whole ? 0 : -1;
        *ret_entry = &reader->entry;
        return single(reader);
    }
    if (reader->zip)
        kb_zip_leave(reader);
    if (reader->entries % ENTRIES_PER_ARENA == 0 || reader->crowded) {
        reader->crowded = false;
        kb_arena_free(reader->arena);
        reader->arena = kb_arena_new();
    }
    int r = reader->mode == KB_READER_PROGRAM ? kb_seven_zip_entry(reader)
            : reader->zip                     ? kb_zip_next(reader)
                                              : next_of_archive(reader);
    if (r == 1) {
        reader->entries++;
        *ret_entry = &reader->entry;
    }
    return r;
}

static int block_of_single(struct kb_reader *reader, const void **ret_bytes, size_t *ret_n, int64_t *ret_offset)
{
    ssize_t n = kb_feed_next(reader->feed, ret_bytes);
    if (n < 0)
        reader->whole = false;
    if (n <= 0)
        return (int)n;
    *ret_n = (size_t)n;
    *ret_offset = reader->offset;
    reader->offset += n;
    return 1;
}

int kb_reader_block(struct kb_reader *reader, const void **ret_bytes, size_t *ret_n, int64_t *ret_offset)
{
    if (reader->mode == KB_READER_STOPPED)
        return -1;
    if (reader->mode == KB_READER_SINGLE)
        return block_of_single(reader, ret_bytes, ret_n, ret_offset);
    if (reader->mode == KB_READER_PROGRAM)
        return kb_seven_zip_block(reader, ret_bytes, ret_n, ret_offset);
    if (reader->entry.encrypted)
        return 0; /* told by whoever asked for the entry; there is nothing to read */
    if (reader->zip && (reader->view.closed || reader->view.apart))
        return kb_zip_block(reader, ret_bytes, ret_n, ret_offset);
    la_int64_t offset = 0;
    int r, empty = 0;
    do {
        r = archive_read_data_block(reader->archive, ret_bytes, ret_n, &offset);
    } while (r == ARCHIVE_OK && !*ret_n && ++empty < EMPTY_MAX);
    if (r == ARCHIVE_OK && *ret_n) {
        *ret_offset = offset;
        return 1;
    }
    if (r == ARCHIVE_EOF)
        return 0;
    /* also ARCHIVE_WARN: a checksum of zip or 7z that does not fit is only a warning to libarchive */
    kb_reader_blame(reader, true);
    if (r <= ARCHIVE_FATAL && reader->zip && !reader->feed->failed)
        reader->view.closed = true; /* what comes after this entry stands for itself */
    else if (r <= ARCHIVE_FATAL)
        reader->mode = KB_READER_STOPPED;
    return -1;
}

struct kb_block *kb_reader_lies_in(const struct kb_reader *reader, const void *bytes, size_t n)
{
    const struct kb_source *source = &reader->feed->source;
    struct kb_block *block = source->block && reader->mode != KB_READER_SEEK && reader->mode != KB_READER_PROGRAM
                                 ? source->block(source->owner)
                                 : NULL;
    const uint8_t *from = bytes;
    return block && from >= block->bytes && n <= block->n && (size_t)(from - block->bytes) <= block->n - n ? block
                                                                                                           : NULL;
}
