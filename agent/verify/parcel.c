/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces put in, measured, judged. */
#include "parcel.h"

#include <stdlib.h>
#include <string.h>

struct kb_parcel *kb_parcel_new(void)
{
    struct kb_parcel *parcel = calloc(1, sizeof *parcel);
    if (!parcel)
        abort();
    return parcel;
}

void kb_parcel_clear(struct kb_parcel *parcel)
{
    for (size_t i = 0; i < parcel->n_blocks; i++)
        kb_block_drop(parcel->blocks[i]);
    kb_arena_free(parcel->arena);
    parcel->arena = NULL;
    parcel->n = parcel->n_files = parcel->names = parcel->bytes = parcel->n_blocks = parcel->copied = 0;
    parcel->continues = parcel->open = parcel->turn_ends = false;
}

void kb_parcel_free(struct kb_parcel *parcel)
{
    if (!parcel)
        return;
    kb_parcel_clear(parcel);
    free(parcel->copy);
    free(parcel->contents);
    free(parcel);
}

bool kb_parcel_has_room(const struct kb_parcel *parcel)
{
    return parcel->n + 3 <= KB_PARCEL_PIECES && parcel->n_files < KB_PARCEL_FILES && parcel->names < KB_PARCEL_NAMES;
}

static struct kb_piece *add(struct kb_parcel *parcel, enum kb_piece_kind kind)
{
    if (!parcel->arena)
        parcel->arena = kb_arena_new();
    struct kb_piece *piece = &parcel->pieces[parcel->n++];
    *piece = (struct kb_piece){.kind = kind};
    return piece;
}

static const char *name_in(struct kb_parcel *parcel, const char *name)
{
    if (!name)
        return NULL;
    size_t n = strlen(name);
    parcel->names += n;
    return kb_strndup(parcel->arena, name, n);
}

static const struct kb_dumped *dumped_in(struct kb_parcel *parcel, const struct kb_entry *entry)
{
    if (!entry->dumped)
        return NULL;
    struct kb_dumped *dumped = kb_alloc(parcel->arena, entry->n_dumped, sizeof *dumped);
    parcel->names += entry->n_dumped * sizeof *dumped;
    for (size_t i = 0; i < entry->n_dumped; i++)
        dumped[i] = (struct kb_dumped){.code = entry->dumped[i].code, .name = name_in(parcel, entry->dumped[i].name)};
    return dumped;
}

static const struct kb_entry *entry_in(struct kb_parcel *parcel, const struct kb_entry *entry)
{
    struct kb_entry *e = kb_alloc(parcel->arena, 1, sizeof *e);
    *e = *entry;
    e->path = name_in(parcel, entry->path);
    e->long_path = name_in(parcel, entry->long_path);
    e->shown = name_in(parcel, entry->shown);
    e->raw = kb_strndup(parcel->arena, entry->raw, entry->raw_n);
    e->target = name_in(parcel, entry->target);
    e->dumped = dumped_in(parcel, entry);
    parcel->names += entry->raw_n;
    return e;
}

void kb_parcel_add_entry(struct kb_parcel *parcel, const struct kb_entry *entry)
{
    struct kb_piece *piece = add(parcel, KB_PIECE_ENTRY);
    piece->entry = entry_in(parcel, entry);
}

static bool has_block(const struct kb_parcel *parcel, const struct kb_block *block)
{
    for (size_t i = parcel->n_blocks; i--;)
        if (parcel->blocks[i] == block)
            return true;
    return false;
}

bool kb_parcel_has_room_for(const struct kb_parcel *parcel, const struct kb_block *block)
{
    bool room = block ? parcel->n_blocks < KB_PARCEL_BLOCKS || has_block(parcel, block)
                      : parcel->copied < KB_PARCEL_COPY;
    return room && parcel->n + 2 <= KB_PARCEL_PIECES;
}

static const uint8_t *copy_in(struct kb_parcel *parcel, const uint8_t *bytes, size_t n)
{
    if (!parcel->copy && !(parcel->copy = malloc(KB_PARCEL_COPY)))
        abort();
    uint8_t *to = parcel->copy + parcel->copied;
    if (n)
        memcpy(to, bytes, n);
    parcel->copied += n;
    return to;
}

size_t kb_parcel_add_data(struct kb_parcel *parcel, const struct kb_piece_data *data, struct kb_block *block,
                          bool beyond)
{
    struct kb_piece *piece = add(parcel, KB_PIECE_DATA);
    piece->beyond = beyond;
    piece->data = *data;
    if (beyond) {
        piece->data.bytes = NULL;
    } else if (!block) {
        size_t room = KB_PARCEL_COPY - parcel->copied;
        piece->data.n = data->n < room ? data->n : room;
        piece->data.bytes = copy_in(parcel, data->bytes, piece->data.n);
    } else if (!has_block(parcel, block)) {
        kb_block_keep(block);
        parcel->blocks[parcel->n_blocks++] = block;
    }
    parcel->bytes += piece->data.n;
    return piece->data.n;
}

void kb_parcel_add_end(struct kb_parcel *parcel, bool whole)
{
    if (!parcel->contents && !(parcel->contents = calloc(KB_PARCEL_FILES, sizeof *parcel->contents)))
        abort();
    struct kb_piece *piece = add(parcel, KB_PIECE_END);
    piece->content = &parcel->contents[parcel->n_files++];
    piece->content->whole = whole;
}

static struct kb_text text_in(struct kb_parcel *parcel, struct kb_text text)
{
    return (struct kb_text){.ja = name_in(parcel, text.ja), .en = name_in(parcel, text.en)};
}

void kb_parcel_add_flaw(struct kb_parcel *parcel, const struct kb_reader_flaw *flaw)
{
    struct kb_piece *piece = add(parcel, KB_PIECE_FLAW);
    struct kb_reader_flaw *f = kb_alloc(parcel->arena, 1, sizeof *f);
    *f = *flaw;
    f->expected = text_in(parcel, flaw->expected);
    f->found = text_in(parcel, flaw->found);
    f->entry = flaw->entry ? entry_in(parcel, flaw->entry) : NULL;
    piece->flaw = f;
}

void kb_parcel_measure(struct kb_parcel *parcel, struct kb_gauge *gauge)
{
    bool within = parcel->continues;
    for (size_t i = 0; i < parcel->n; i++) {
        const struct kb_piece *piece = &parcel->pieces[i];
        bool content = piece->kind == KB_PIECE_DATA || piece->kind == KB_PIECE_END;
        if (content && !within) {
            kb_gauge_begin(gauge);
            within = true;
        }
        if (piece->kind == KB_PIECE_DATA && !piece->beyond) {
            kb_gauge_data(gauge, piece->data.offset, piece->data.bytes, piece->data.n);
        } else if (piece->kind == KB_PIECE_END) {
            kb_gauge_end(gauge, piece->content->whole, piece->content);
            within = false;
        }
    }
}

int kb_parcel_judge(const struct kb_parcel *parcel, bool *in_entry, struct kb_tally *tally, struct kb_err *err)
{
    int r = 0;
    for (size_t i = 0; i < parcel->n && r >= 0; i++) {
        const struct kb_piece *piece = &parcel->pieces[i];
        const struct kb_reader_flaw *flaw = piece->flaw;
        if (tally->stopped && piece->kind != KB_PIECE_END)
            break;
        switch (piece->kind) {
        case KB_PIECE_ENTRY:
            r = kb_tally_entry(tally, piece->entry, err);
            *in_entry = r > 0;
            break;
        case KB_PIECE_DATA:
            if (*in_entry)
                r = kb_tally_data(tally, piece->data.offset, piece->data.bytes, piece->data.n, err);
            break;
        case KB_PIECE_END:
            r = *in_entry ? kb_tally_end(tally, piece->content, err) : 0;
            *in_entry = false;
            break;
        case KB_PIECE_FLAW:
            if (flaw->rule == KB_RULE_READ_FAILED)
                kb_tally_hold(tally, flaw);
            else
                kb_tally_tell(tally, flaw->rule, flaw->in_entry && *in_entry ? &tally->entry : flaw->entry,
                              flaw->expected, flaw->found);
            break;
        }
    }
    return r < 0 ? r : 0;
}
