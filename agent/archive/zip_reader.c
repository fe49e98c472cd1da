/* SPDX-License-Identifier: Apache-2.0 */
/* Entry after entry of a zip, slice after slice, and readers beside one another. */
#include <stdlib.h>

#include "koboshi/arena.h"
#include "reader_state.h"

/* Entries of one slice that cannot be opened before the rest of it is given up. */
enum { LOST_MAX = 100 };

void kb_zip_turn(struct kb_reader *reader, size_t at, size_t end)
{
    struct kb_zip_view *view = &reader->view;
    view->at = at;
    view->end = end;
    view->record = reader->zip->slices[at];
    view->lost = 0;
    view->closed = true;
    view->inside = false;
}

static int stop(struct kb_reader *reader)
{
    reader->mode = KB_READER_STOPPED;
    return -1;
}

/* An entry that libarchive cannot open, though the directory lists it. Those after it can be whole all the same. */
static void lose(struct kb_reader *reader, int r)
{
    struct kb_zip_view *view = &reader->view;
    kb_zip_name(reader);
    reader->lost = &reader->entry;
    kb_reader_blame(reader, false);
    reader->lost = NULL;
    view->closed = r == ARCHIVE_EOF || r <= ARCHIVE_FATAL;
    view->record = ++view->lost < LOST_MAX ? view->record + 1 : reader->zip->slices[view->at + 1];
}

int kb_zip_next(struct kb_reader *reader)
{
    struct kb_zip_view *view = &reader->view;
    if (reader->feed->failed) /* behind the last entry */
        return stop(reader);
    for (;;) {
        if (view->record == reader->zip->slices[view->at + 1]) {
            if (view->at + 1 == view->end)
                return 0;
            kb_zip_turn(reader, view->at + 1, view->end);
        }
        view->closed |= view->record >= view->behind;
        if (view->closed && (!kb_zip_open_view(reader) || !kb_reader_open_archive(reader)))
            return stop(reader);
        view->closed = view->apart = false;
        int r = kb_reader_header(reader);
        if (r == ARCHIVE_OK && kb_zip_judge(reader)) {
            view->inside = true;
            return 1;
        }
        if (r == ARCHIVE_OK)
            view->record++;
        else if (reader->feed->failed)
            return stop(reader);
        else
            lose(reader, r);
    }
}

int kb_zip_block(struct kb_reader *reader, const void **ret_bytes, size_t *ret_n, int64_t *ret_offset)
{
    if (reader->view.closed)
        return -1;
    int r = reader->view.nothing ? kb_zip_nothing_block(reader)
                                 : kb_zip_inflate_block(reader, ret_bytes, ret_n, ret_offset);
    if (r < 0 && reader->feed->failed)
        return stop(reader);
    return r;
}

size_t kb_reader_slices(const struct kb_reader *reader)
{
    return reader->zip && reader->mode == KB_READER_SEEK ? reader->zip->n_slices : 0;
}

struct kb_reader *kb_reader_open_beside(const struct kb_reader *first, void *owner,
                                        void (*flaw)(void *owner, const struct kb_reader_flaw *flaw))
{
    struct kb_reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        abort();
    reader->params = first->params;
    reader->params.owner = owner;
    reader->params.flaw = flaw;
    reader->mode = KB_READER_SEEK;
    reader->container = first->container;
    reader->zip = first->zip;
    reader->borrowed = true;
    reader->feed = &reader->outer;
    reader->arena = kb_arena_new();
    reader->whole = true;
    return reader;
}

void kb_reader_turn(struct kb_reader *reader, size_t slice)
{
    if (reader->mode == KB_READER_STOPPED)
        return;
    kb_zip_leave(reader);
    kb_zip_turn(reader, slice, slice + 1);
}

int64_t kb_reader_place(const struct kb_reader *reader)
{
    const struct kb_zip_view *view = &reader->view;
    const int64_t slice = reader->zip->v[reader->zip->slices[view->at]].local;
    return view->reached > slice ? view->reached : slice;
}
