/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes that libarchive sees of a zip: those of the file, then a directory of one slice. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "koboshi/arena.h"
#include "reader_state.h"

enum {
    READ_BYTES = 256 << 10,
    RETRY_BYTES = 4096,
    LINES_BYTES = 1 << 20, /* of the directory: a line may take 196 kB, and of a slice there are 256 */
    END_BYTES = KB_ZIP_END64_BYTES + KB_ZIP_LOCATOR_BYTES + KB_ZIP_END_BYTES
};

static void put(uint8_t *s, size_t n, uint64_t value)
{
    for (size_t i = 0; i < n; i++)
        s[i] = (uint8_t)(value >> 8 * i);
}

/* Always with zip64 records: they hold every place, and there is one way only. */
static void put_ends(uint8_t *s, size_t n, size_t n_lines, int64_t start)
{
    static const uint8_t ends[END_BYTES] = {'P',  'K',  6,        6,          44,   [14] = 45, [56] = 'P', 'K',
                                            6,    7,    [72] = 1, [76] = 'P', 'K',  5,         6,          [88] = 0xff,
                                            0xff, 0xff, 0xff,     0xff,       0xff, 0xff,      0xff};
    memcpy(s, ends, sizeof ends);
    put(s + 24, 8, n);
    put(s + 32, 8, n);
    put(s + 40, 8, n_lines);
    put(s + 48, 8, (uint64_t)start);
    put(s + 64, 8, (uint64_t)start + n_lines);
    put(s + 84, 2, n);
    put(s + 86, 2, n);
}

static void tell_unreadable(struct kb_reader *reader)
{
    kb_reader_tell(reader, false, KB_RULE_READ_FAILED, (struct kb_text){.en = "it can be read", .ja = "読み取れること"},
                   (struct kb_text){.en = "the directory of the zip could be read at first, and not any more",
                                    .ja = "zip の目次が、途中から読めなくなりました"});
}

bool kb_zip_open_view(struct kb_reader *reader)
{
    const struct kb_zip *zip = reader->zip;
    struct kb_zip_view *view = &reader->view;
    const size_t first = view->record, most = zip->slices[view->at + 1] - first;
    size_t room = view->room, used = 0, n = 0;
    if (!(view->lines = reallocarray(view->lines, most + 1, sizeof *view->lines)))
        abort();
    for (; n < most && used < LINES_BYTES; n++) {
        struct kb_zip_header line;
        if (!kb_zip_line(reader, &zip->v[first + n], &line)) {
            tell_unreadable(reader);
            return false;
        }
        if (used + line.bytes + END_BYTES > room) {
            room = 2 * (used + line.bytes) + END_BYTES;
            if (!(view->tail = realloc(view->tail, room)))
                abort();
        }
        view->lines[n] = used;
        memcpy(view->tail + used, line.name - KB_ZIP_CENTRAL_BYTES, line.bytes);
        used += line.bytes;
    }
    view->lines[n] = used;
    put_ends(view->tail + used, n, used, zip->start - zip->base);
    view->n_tail = used + END_BYTES;
    view->room = room;
    view->first = first;
    view->behind = first + n;
    view->content_end = -1;
    return true;
}

int64_t kb_zip_view_size(const struct kb_reader *reader)
{
    return reader->zip->start - reader->zip->base + (int64_t)reader->view.n_tail;
}

ssize_t kb_zip_view_read(struct kb_reader *reader, int64_t position, const void **ret_bytes)
{
    const struct kb_zip *zip = reader->zip;
    const struct kb_zip_view *view = &reader->view;
    const int64_t from = position + zip->base;
    if (from >= zip->start) {
        const int64_t at = from - zip->start;
        const size_t left = at < (int64_t)view->n_tail ? view->n_tail - (size_t)at : 0;
        *ret_bytes = view->tail + (view->n_tail - left);
        return (ssize_t)left;
    }
    /* not beyond this slice: what is there is read by whoever reads the next one */
    const size_t behind = zip->slices[view->at + 1];
    const int64_t next = behind < zip->n ? zip->v[behind].local : zip->start,
                  left = (from < next ? next : zip->start) - from;
    const size_t want = left < READ_BYTES ? (size_t)left : READ_BYTES;
    ssize_t n = kb_extents_read(zip->extents, reader->buffer, want, from);
    if (n < 0) /* a disk fails a large request for one bad sector; whoever reads in sequence reports the place */
        n = kb_extents_read(zip->extents, reader->buffer, want < RETRY_BYTES ? want : RETRY_BYTES, from);
    reader->view.read_at = from;
    reader->view.n_read = n;
    reader->view.reached = from + n;
    *ret_bytes = reader->buffer;
    return n;
}
