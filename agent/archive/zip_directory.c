/* SPDX-License-Identifier: Apache-2.0 */
/* The directory walked once, judged as a whole and put into order. */
#include "zip_directory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/limits.h"
#include "koboshi/text.h"
#include "reader_state.h"
#include "zip_end.h"

/* A slice is large beside what it costs to open one (some ten microseconds) and small beside what may be held in memory
 * between two threads. */
enum {
    SLICE_ENTRIES = 256,
    SLICE_PACKED = 1 << 20,
    SLICE_BYTES = 2 << 20,
    WINDOW_BYTES = 256 << 10,
    CONTENT_BYTES = 512,
    RETRY_BYTES = 4096
};

const uint8_t *kb_zip_peek(struct kb_reader *reader, int64_t at, size_t want, size_t *ret_n)
{
    struct kb_zip_view *view = &reader->view;
    if (!view->window && !(view->window = malloc(WINDOW_BYTES)))
        abort();
    int64_t ahead = at - view->window_at;
    const int64_t read_ahead = at - view->read_at; /* libarchive has nearly always just been there */
    if (read_ahead >= 0 && read_ahead + (int64_t)want <= view->n_read) {
        *ret_n = want;
        return reader->buffer + read_ahead;
    }
    if (ahead < 0 || ahead > (int64_t)view->n_window || view->n_window - (size_t)ahead < want) {
        /* the directory is read in one go, of content only what is asked for */
        const bool content = reader->zip && at < reader->zip->start;
        const size_t more = content && want < CONTENT_BYTES ? CONTENT_BYTES : content ? want : WINDOW_BYTES;
        ssize_t n = at < 0 ? -1 : kb_extents_read(reader->params.source.extents, view->window, more, at);
        if (n < 0 && at >= 0) /* a disk fails a large request for one bad sector */
            n = kb_extents_read(reader->params.source.extents, view->window, want < RETRY_BYTES ? want : RETRY_BYTES,
                                at);
        if (n >= 0 && (size_t)n < want)
            errno = ENODATA; /* the file ends */
        view->window_at = at;
        view->n_window = n < 0 ? 0 : (size_t)n;
        ahead = 0;
    }
    size_t have = view->n_window - (size_t)ahead;
    *ret_n = have < want ? have : want;
    return view->window + ahead;
}

/* Nearly all lines are short: the window is read anew only where one does not end in it. */
static bool line_at(struct kb_reader *reader, int64_t at, int64_t end, struct kb_zip_header *ret_header)
{
    size_t most = end - at < KB_ZIP_LINE_MAX ? (size_t)(end - at) : KB_ZIP_LINE_MAX, n = 0;
    const uint8_t *s = kb_zip_peek(reader, at, most < KB_ZIP_CENTRAL_BYTES ? most : KB_ZIP_CENTRAL_BYTES, &n);
    if (n < KB_ZIP_CENTRAL_BYTES)
        return false;
    size_t whole = KB_ZIP_CENTRAL_BYTES + (size_t)kb_le16(s + 28) + kb_le16(s + 30) + kb_le16(s + 32);
    s = kb_zip_peek(reader, at, whole < most ? whole : most, &n);
    return kb_zip_central(s, n, ret_header);
}

bool kb_zip_line(struct kb_reader *reader, const struct kb_zip_place *place, struct kb_zip_header *ret_header)
{
    return line_at(reader, place->at, reader->zip->end, ret_header);
}

static uint32_t capped(uint64_t value)
{
    return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

static void tell_inconsistent(struct kb_reader *reader, struct kb_text expected, struct kb_text found)
{
    kb_reader_tell(reader, false, KB_RULE_ZIP_DIRECTORY, expected, found);
}

static void tell_outside(struct kb_reader *reader, const struct kb_zip_header *line)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    tell_inconsistent(
        reader,
        (struct kb_text){.en = "every entry lies before the directory", .ja = "すべての項目が目次より前にあること"},
        kb_text_new(arena, "%s is said to begin at byte %" PRIu64, "%s の位置が %" PRIu64 " バイト目とされています",
                    kb_escape(arena, line->name, line->n_name), line->local));
}

/* 1 taken, 0 nothing more can be taken, -1 the zip may not be read (told). */
static int take_line(struct kb_reader *reader, struct kb_zip *zip, const struct kb_zip_header *line, int64_t at,
                     size_t *room)
{
    if (line->volume || line->flags & KB_ZIP_MASKED) {
        kb_zip_refuse(reader, line->volume ? KB_ZIP_VOLUMES : KB_ZIP_CLOSED);
        return -1;
    }
    if (line->local > (uint64_t)(zip->start - zip->base) ||
        zip->start - zip->base - (int64_t)line->local < KB_ZIP_LOCAL_BYTES) {
        tell_outside(reader, line);
        return -1;
    }
    if ((int64_t)zip->n == reader->params.budgets->entries) {
        KB_SCOPED_ARENA arena = kb_arena_new();
        const char *most = kb_show_count(arena, reader->params.budgets->entries);
        kb_reader_tell(reader, false, KB_RULE_BUDGET,
                       kb_budget_limit(arena, kb_text_new(arena, "at most %s entries", "%s 項目以下", most), "entries"),
                       kb_text_new(arena, "its directory lists more", "目次にそれより多くあります"));
        return -1;
    }
    if (zip->n == *room) {
        *room = *room ? *room * 2 : 1024;
        if (!(zip->v = reallocarray(zip->v, *room, sizeof *zip->v)))
            abort();
    }
    zip->v[zip->n++] = (struct kb_zip_place){.local = zip->base + (int64_t)line->local,
                                             .at = at,
                                             .packed = capped(line->packed),
                                             .size = capped(line->size)};
    return 1;
}

/* 4.3.13: a signature may follow the last line. */
static bool is_signature(struct kb_reader *reader, int64_t at, int64_t end)
{
    size_t n;
    const uint8_t *s = kb_zip_peek(reader, at, 6, &n);
    return n == 6 && kb_zip_is(s, "\5\5") && at + 6 + kb_le16(s + 4) == end;
}

static bool walk(struct kb_reader *reader, struct kb_zip *zip, const struct kb_zip_end *end)
{
    size_t room = 0;
    int64_t at = zip->start;
    struct kb_zip_header line;
    while (at < end->directory_end && line_at(reader, at, end->directory_end, &line)) {
        if (take_line(reader, zip, &line, at, &room) < 0)
            return false;
        at += (int64_t)line.bytes;
    }
    zip->end = at;
    KB_SCOPED_ARENA arena = kb_arena_new();
    if (at != end->directory_end && !is_signature(reader, at, end->directory_end))
        tell_inconsistent(reader,
                          kb_text_new(arena, "entries up to byte %" PRId64 ", where the directory ends",
                                      "目次の終わり（%" PRId64 " バイト目）まで項目が続くこと", end->directory_end),
                          kb_text_new(arena, "after %s entries something else at byte %" PRId64,
                                      "%s 項目の後、%" PRId64 " バイト目から別のデータがあります",
                                      kb_show_count(arena, (int64_t)zip->n), at));
    if (zip->n == end->entries)
        return true;
    const struct kb_text expected = kb_text_new(arena, "%" PRIu64 " entries, as the end record says",
                                                "終端レコードのとおり %" PRIu64 " 項目", end->entries);
    const struct kb_text found = kb_text_new(arena, "%zu entries", "%zu 項目", zip->n);
    /* the count has two bytes: macOS' Archive Utility and old versions of Java go on without zip64 */
    if (!end->wide && (zip->n & UINT16_MAX) == end->entries)
        kb_reader_tell(reader, false, KB_RULE_ZIP_DETAIL, expected, found);
    else
        tell_inconsistent(reader, expected, found);
    return true;
}

static int by_place(const void *a, const void *b)
{
    const struct kb_zip_place *x = a, *y = b;
    return x->local != y->local ? (x->local < y->local ? -1 : 1) : (x->at > y->at) - (x->at < y->at);
}

static void sort(struct kb_zip *zip)
{
    for (size_t i = 1; i < zip->n; i++) {
        if (zip->v[i].local < zip->v[i - 1].local) { /* rare: most tools write it in this order */
            qsort(zip->v, zip->n, sizeof *zip->v, by_place);
            return;
        }
    }
}

static int64_t least_end(const struct kb_zip_place *place)
{
    return place->local + KB_ZIP_LOCAL_BYTES + place->packed;
}

static const char *shown_line(struct kb_reader *reader, const struct kb_zip_place *place, struct kb_arena *arena)
{
    struct kb_zip_header line;
    return kb_zip_line(reader, place, &line) ? kb_escape(arena, line.name, line.n_name) : "-";
}

/* Known before one byte of content is unpacked: a bomb of 42 kB that says 5 GB is made of nothing else. */
static bool lies_apart(struct kb_reader *reader, const struct kb_zip *zip)
{
    size_t n = 0, first = 0;
    for (size_t i = 0; i < zip->n; i++) {
        int64_t end = i + 1 < zip->n ? zip->v[i + 1].local : zip->start;
        if (zip->v[i].packed != UINT32_MAX && least_end(&zip->v[i]) > end && !n++)
            first = i;
    }
    if (!n)
        return true;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct kb_zip_place *place = &zip->v[first];
    const char *name = shown_line(reader, place, arena),
               *other = first + 1 < zip->n ? shown_line(reader, place + 1, arena) : NULL;
    kb_reader_tell(
        reader, false, KB_RULE_ZIP_OVERLAP,
        (struct kb_text){.en = "every entry has bytes of its own", .ja = "項目ごとに別のデータがあること"},
        other ? kb_text_new(arena,
                            "%s (%" PRIu32 " bytes from byte %" PRId64 ") and %s (from %" PRId64
                            "); %zu in all; nothing was unpacked",
                            "%s（%" PRIu32 " バイト、%" PRId64 " バイト目から）と %s（%" PRId64
                            " から）など %zu 件。展開していません",
                            name, place->packed, place->local, other, place[1].local, n)
              : kb_text_new(
                    arena, "%s (%" PRIu32 " bytes from byte %" PRId64 ") runs into the directory; nothing was unpacked",
                    "%s（%" PRIu32 " バイト、%" PRId64 " バイト目から）が目次に重なっています。展開していません", name,
                    place->packed, place->local));
    return false;
}

static void cut(struct kb_zip *zip)
{
    uint64_t packed = 0, size = 0;
    size_t n = 0, room = zip->n / 8 + 2;
    if (!(zip->slices = reallocarray(NULL, room, sizeof *zip->slices)))
        abort();
    for (size_t i = 0; i < zip->n; i++) {
        if (!n || packed >= SLICE_PACKED || size >= SLICE_BYTES || i - zip->slices[n - 1] == SLICE_ENTRIES) {
            if (n + 1 >= room && !(zip->slices = reallocarray(zip->slices, room *= 2, sizeof *zip->slices)))
                abort();
            zip->slices[n++] = i;
            packed = size = 0;
        }
        packed += zip->v[i].packed;
        size += zip->v[i].size;
    }
    zip->slices[n] = zip->n;
    zip->n_slices = n;
}

struct kb_zip *kb_zip_load(struct kb_reader *reader)
{
    struct kb_zip_end end;
    if (!kb_zip_find_end(reader, &end))
        return NULL;
    struct kb_zip *zip = calloc(1, sizeof *zip);
    if (!zip)
        abort();
    zip->extents = reader->params.source.extents;
    zip->start = end.directory;
    zip->base = end.base;
    bool good = walk(reader, zip, &end);
    if (good && !zip->n) {
        kb_reader_tell(reader, false, KB_RULE_ZERO_FILES,
                       (struct kb_text){.en = "at least one file", .ja = "1つ以上のファイル"},
                       (struct kb_text){.en = "a zip that holds nothing", .ja = "中身のない zip です"});
        good = false;
    }
    sort(zip);
    reader->zip = zip; /* for the names of lines */
    good = good && lies_apart(reader, zip);
    reader->zip = NULL;
    if (!good) {
        kb_zip_free(zip);
        return NULL;
    }
    cut(zip);
    return zip;
}

void kb_zip_free(struct kb_zip *zip)
{
    if (!zip)
        return;
    free(zip->v);
    free(zip->slices);
    free(zip);
}
