/* SPDX-License-Identifier: Apache-2.0 */
/* An LZMA stream of no content, which libarchive cannot read: it gives liblzma no room for output, and that is an error
 * there. */
#include <inttypes.h>
#include <string.h>

#include <lzma.h>

#include "koboshi/arena.h"
#include "koboshi/text.h"
#include "reader_state.h"

/* FLAG_END_MARK: APPNOTE 4.4.4; PREFIX: 5.8.8, version, size of the properties, properties. */
enum { METHOD_LZMA = 14, FLAG_END_MARK = 1 << 1, PREFIX = 9, RANGE_CODER_BYTES = 5, PACKED_MAX = 64 };
/* The header of a .lzma: properties, window, size. */
enum { ALONE_BYTES = 13, WINDOW_MIN = 4096, MEMORY_MAX = 1 << 20 };

bool kb_zip_nothing_begin(struct kb_reader *reader, const struct kb_zip_header *line, int64_t content)
{
    const uint16_t locks = KB_ZIP_ENCRYPTED | KB_ZIP_STRONG | KB_ZIP_MASKED;
    const struct kb_zip_header *local = &reader->view.local;
    reader->view.nothing = line->method == METHOD_LZMA && local->method == METHOD_LZMA && !line->size &&
                           !((line->flags | local->flags) & locks) && line->packed >= PREFIX + RANGE_CODER_BYTES &&
                           line->packed <= PACKED_MAX;
    reader->view.nothing_at = content;
    reader->view.nothing_n = (size_t)line->packed;
    reader->view.nothing_crc = line->crc;
    return reader->view.nothing;
}

/* The window does not matter: nothing is in it. */
static bool is_empty(const uint8_t *packed, size_t n, bool end_mark)
{
    uint8_t all[ALONE_BYTES + PACKED_MAX] = {packed[4], WINDOW_MIN & 0xff, WINDOW_MIN >> 8}, out[1];
    if (kb_le16(packed + 2) != 5)
        return false;
    memset(all + 5, end_mark ? 0xff : 0, 8);
    memcpy(all + ALONE_BYTES, packed + PREFIX, n - PREFIX);
    lzma_stream stream = LZMA_STREAM_INIT;
    if (lzma_alone_decoder(&stream, MEMORY_MAX) != LZMA_OK)
        return false;
    stream.next_in = all;
    stream.avail_in = ALONE_BYTES + n - PREFIX;
    stream.next_out = out;
    stream.avail_out = sizeof out;
    const bool empty = lzma_code(&stream, LZMA_FINISH) == LZMA_STREAM_END && !stream.total_out && !stream.avail_in;
    lzma_end(&stream);
    return empty;
}

int kb_zip_nothing_block(struct kb_reader *reader)
{
    const struct kb_zip_view *view = &reader->view;
    size_t n = 0;
    const uint8_t *packed = kb_zip_peek(reader, view->nothing_at, view->nothing_n, &n);
    if (n < view->nothing_n) {
        kb_reader_tell_unreadable(reader, view->nothing_at);
        return -1;
    }
    if (!view->nothing_crc && is_empty(packed, n, view->local.flags & FLAG_END_MARK))
        return 0;
    KB_SCOPED_ARENA arena = kb_arena_new();
    kb_reader_tell(reader, true, KB_RULE_ARCHIVE_BROKEN,
                   kb_text_new(arena, "a %s without contradictions", "%s に矛盾がないこと", "zip"),
                   kb_text_new(arena,
                               "damaged near byte %" PRId64 ": what is packed there is not the empty file that the "
                               "directory lists",
                               "%" PRId64 " バイト目付近が壊れています。目次にある空のファイルではありません",
                               view->nothing_at));
    return -1;
}
