/* SPDX-License-Identifier: Apache-2.0 */
/* gzip (RFC 1952) by zlib, which checks CRC-32 and length of each member. */
#include "codec.h"

#include <stdlib.h>

#define ZLIB_CONST
#include <zlib.h>

static void *gzip_start(size_t threads)
{
    (void)threads; /* one member cannot be divided */
    z_stream *z = calloc(1, sizeof *z);
    if (!z || inflateInit2(z, 16 + MAX_WBITS) != Z_OK)
        abort();
    return z;
}

static enum kb_codec_state gzip_step(void *state, struct kb_codec_io *io)
{
    z_stream *z = state;
    uInt n_in = io->n_in > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uInt)io->n_in;
    uInt n_out = io->n_out > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uInt)io->n_out;
    z->next_in = io->in;
    z->avail_in = n_in;
    z->next_out = io->out;
    z->avail_out = n_out;
    int r = inflate(z, Z_NO_FLUSH);
    io->in += n_in - z->avail_in;
    io->n_in -= n_in - z->avail_in;
    io->out += n_out - z->avail_out;
    io->n_out -= n_out - z->avail_out;
    if (r == Z_OK || r == Z_BUF_ERROR)
        return KB_CODEC_MORE;
    if (r == Z_STREAM_END)
        return KB_CODEC_MEMBER;
    if (r == Z_MEM_ERROR)
        abort();
    io->detail = z->msg;
    return KB_CODEC_BROKEN;
}

static void gzip_next_member(void *state)
{
    if (inflateReset(state) != Z_OK)
        abort();
}

static void gzip_stop(void *state)
{
    (void)inflateEnd(state);
    free(state);
}

const struct kb_codec kb_codec_gzip = {
    .name = "gzip",
    .magic = "\x1f\x8b\x08",
    .n_magic = 3,
    .padded = true,
    .members = true,
    .start = gzip_start,
    .step = gzip_step,
    .next_member = gzip_next_member,
    .stop = gzip_stop,
};
