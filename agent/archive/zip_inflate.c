/* SPDX-License-Identifier: Apache-2.0 */
/* Raw deflate, checked by the directory's sizes and CRC-32. */
#include "zip_inflate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

#include "koboshi/arena.h"
#include "koboshi/text.h"
#include "reader_state.h"

enum { METHOD_DEFLATE = 8, BLOCK_BYTES = 256 << 10, RETRY_BYTES = 4096, DISTANCE_MAX = 32 << 10 };
/* ISA-L counts what came out in 32 bits, and some of its variants hold distances against that: the count is taken back
 * before it turns. */
enum { COUNT_MAX = 1 << 30 };

struct kb_zip_inflate {
    struct inflate_state state;
    int64_t at;          /* byte of the file that is fed next */
    uint64_t left;       /* of the packed bytes */
    uint64_t made, size; /* of the content */
    uint32_t made_crc, crc;
    uint8_t in[BLOCK_BYTES], out[BLOCK_BYTES];
};

void kb_zip_inflate_free(struct kb_zip_inflate *inflate)
{
    free(inflate);
}

bool kb_zip_inflate_begin(struct kb_reader *reader, const struct kb_zip_header *line, int64_t content)
{
    const uint16_t locks = KB_ZIP_ENCRYPTED | KB_ZIP_STRONG | KB_ZIP_MASKED;
    const struct kb_zip_header *local = &reader->view.local;
    if (line->method != METHOD_DEFLATE || local->method != METHOD_DEFLATE || (line->flags | local->flags) & locks)
        return false;
    if (!reader->inflate) {
        if (!(reader->inflate = malloc(sizeof *reader->inflate)))
            abort();
        isal_inflate_init(&reader->inflate->state);
    }
    struct kb_zip_inflate *f = reader->inflate;
    isal_inflate_reset(&f->state);
    f->state.crc_flag = ISAL_DEFLATE;
    f->state.avail_in = 0;
    f->at = content;
    f->left = line->packed;
    f->made = 0;
    f->size = line->size;
    f->made_crc = 0;
    f->crc = line->crc;
    return true;
}

/* What libarchive has read already, else from the file. false: told. */
static bool feed(struct kb_reader *reader, struct kb_zip_inflate *f)
{
    const struct kb_zip_view *view = &reader->view;
    const int64_t skip = f->at - view->read_at;
    size_t want = f->left < BLOCK_BYTES ? (size_t)f->left : BLOCK_BYTES;
    if (skip >= 0 && skip < view->n_read) {
        const size_t have = (size_t)(view->n_read - skip);
        want = want < have ? want : have;
        f->state.next_in = reader->buffer + skip;
    } else {
        ssize_t n = kb_extents_read(reader->zip->extents, f->in, want, f->at);
        if (n < 0) /* a disk fails a large request for one bad sector */
            n = kb_extents_read(reader->zip->extents, f->in, want < RETRY_BYTES ? want : RETRY_BYTES, f->at);
        if (n == 0) /* the file has become shorter */
            errno = ENODATA;
        if (n <= 0) {
            kb_reader_tell_unreadable(reader, f->at);
            return false;
        }
        want = (size_t)n;
        f->state.next_in = f->in;
    }
    f->state.avail_in = (uint32_t)want;
    f->at += (int64_t)want;
    f->left -= want;
    reader->view.reached = f->at;
    return true;
}

static int broken(struct kb_reader *reader, const struct kb_zip_inflate *f, const char *words)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    kb_reader_tell(reader, true, KB_RULE_ARCHIVE_BROKEN,
                   kb_text_new(arena, "a %s without contradictions", "%s に矛盾がないこと", "zip"),
                   kb_text_new(arena, "damaged near byte %" PRId64 " of the %s data (%s)",
                               "%2$s データの %1$" PRId64 " バイト目付近が壊れています（%3$s）",
                               f->at - (int64_t)f->state.avail_in, "zip", words));
    return -1;
}

/* ISA-L holds up to eight bytes that it has read beyond the end. */
static int finish(struct kb_reader *reader, const struct kb_zip_inflate *f)
{
    const uint64_t unused = f->left + f->state.avail_in + (uint64_t)(f->state.read_in_length / 8);
    if (f->made != f->size)
        return broken(reader, f, "wrong size of the content");
    if (unused)
        return broken(reader, f, "packed data ends too early");
    return f->made_crc == f->crc ? 0 : broken(reader, f, "wrong CRC-32 of the content");
}

int kb_zip_inflate_block(struct kb_reader *reader, const void **ret_bytes, size_t *ret_n, int64_t *ret_offset)
{
    struct kb_zip_inflate *f = reader->inflate;
    struct inflate_state *state = &f->state;
    for (;;) {
        if (state->block_state == ISAL_BLOCK_FINISH)
            return finish(reader, f);
        if (!state->avail_in && f->left && !feed(reader, f))
            return -1;
        const uint32_t had = state->avail_in;
        state->next_out = f->out;
        state->avail_out = BLOCK_BYTES;
        int r = isal_inflate(state);
        const uint32_t made = BLOCK_BYTES - state->avail_out;
        if (state->total_out > COUNT_MAX)
            state->total_out = DISTANCE_MAX;
        if (r < 0)
            return broken(reader, f, "no valid deflate data");
        if (made > f->size - f->made)
            return broken(reader, f, "wrong size of the content");
        if (made) {
            f->made_crc = crc32_gzip_refl(f->made_crc, f->out, made);
            *ret_bytes = f->out;
            *ret_n = made;
            *ret_offset = (int64_t)f->made;
            f->made += made;
            return 1;
        }
        if (state->block_state != ISAL_BLOCK_FINISH && !f->left && state->avail_in == had)
            return broken(reader, f, "packed data ends too early");
    }
}
