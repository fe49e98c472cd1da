/* SPDX-License-Identifier: Apache-2.0 */
/* xz and the older .lzma by liblzma, within KB_DECODER_WINDOW_MAX. */
#include "codec.h"

#include <stdlib.h>

#include <lzma.h>

#include "koboshi/limits.h"

/* Besides its window the decoder holds its tables. */
enum { TABLES_BYTES = 1 << 20 };

struct lzma_state {
    lzma_stream stream;
    bool alone;
};

static void begin(struct lzma_state *s)
{
    uint64_t limit = (uint64_t)KB_DECODER_WINDOW_MAX + TABLES_BYTES;
    lzma_ret r = s->alone ? lzma_alone_decoder(&s->stream, limit)
                          : lzma_stream_decoder(&s->stream, limit, LZMA_TELL_NO_CHECK | LZMA_TELL_UNSUPPORTED_CHECK);
    if (r != LZMA_OK)
        abort();
}

static void *start(bool alone)
{
    struct lzma_state *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    s->stream = (lzma_stream)LZMA_STREAM_INIT;
    s->alone = alone;
    begin(s);
    return s;
}

static void *xz_start(void)
{
    return start(false);
}

static void *lzma_start(void)
{
    return start(true);
}

static enum kb_codec_state lzma_step(void *state, struct kb_codec_io *io)
{
    struct lzma_state *s = state;
    s->stream.next_in = io->in;
    s->stream.avail_in = io->n_in;
    s->stream.next_out = io->out;
    s->stream.avail_out = io->n_out;
    lzma_ret r = lzma_code(&s->stream, io->last ? LZMA_FINISH : LZMA_RUN);
    io->in = s->stream.next_in;
    io->n_in = s->stream.avail_in;
    io->out = s->stream.next_out;
    io->n_out = s->stream.avail_out;
    if (s->alone)
        io->unchecked = true;
    switch (r) {
    case LZMA_NO_CHECK:
    case LZMA_UNSUPPORTED_CHECK:
        io->unchecked = true;
        return KB_CODEC_MORE;
    case LZMA_OK:
    case LZMA_BUF_ERROR:
    case LZMA_GET_CHECK:
        return KB_CODEC_MORE;
    case LZMA_STREAM_END:
        return KB_CODEC_MEMBER;
    case LZMA_MEMLIMIT_ERROR:
        io->needs = lzma_memusage(&s->stream);
        return KB_CODEC_TOO_LARGE;
    case LZMA_OPTIONS_ERROR:
        return KB_CODEC_STRANGE;
    case LZMA_MEM_ERROR:
    case LZMA_PROG_ERROR:
        abort();
    default:
        io->detail = r == LZMA_FORMAT_ERROR ? "not this format" : "data integrity error";
        return KB_CODEC_BROKEN;
    }
}

static void lzma_next_member(void *state)
{
    begin(state);
}

static void lzma_stop(void *state)
{
    struct lzma_state *s = state;
    lzma_end(&s->stream);
    free(s);
}

const struct kb_codec kb_codec_xz = {
    .name = "xz",
    .magic = "\xfd"
             "7zXZ\0",
    .n_magic = 6,
    .padded = true,
    .members = true,
    .start = xz_start,
    .step = lzma_step,
    .next_member = lzma_next_member,
    .stop = lzma_stop,
};

const struct kb_codec kb_codec_lzma = {
    .name = "lzma",
    .start = lzma_start,
    .step = lzma_step,
    .next_member = lzma_next_member,
    .stop = lzma_stop,
};
