/* SPDX-License-Identifier: Apache-2.0 */
/* bzip2 by libbz2, which checks the CRC-32 of each block and of the whole. */
#include "codec.h"

#include <stdlib.h>

#include <bzlib.h>

static void begin(bz_stream *bz)
{
    *bz = (bz_stream){0};
    if (BZ2_bzDecompressInit(bz, 0, 0) != BZ_OK)
        abort();
}

static void *bzip2_start(struct kb_codec_means means)
{
    (void)means; /* its members are decoded one after another */
    bz_stream *bz = calloc(1, sizeof *bz);
    if (!bz)
        abort();
    begin(bz);
    return bz;
}

static enum kb_codec_state bzip2_step(void *state, struct kb_codec_io *io)
{
    bz_stream *bz = state;
    unsigned n_in = io->n_in > UINT32_MAX / 2 ? UINT32_MAX / 2 : (unsigned)io->n_in;
    unsigned n_out = io->n_out > UINT32_MAX / 2 ? UINT32_MAX / 2 : (unsigned)io->n_out;
    bz->next_in = (char *)(uintptr_t)io->in; /* libbz2 takes no const and does not write there */
    bz->avail_in = n_in;
    bz->next_out = (char *)io->out;
    bz->avail_out = n_out;
    int r = BZ2_bzDecompress(bz);
    io->in += n_in - bz->avail_in;
    io->n_in -= n_in - bz->avail_in;
    io->out += n_out - bz->avail_out;
    io->n_out -= n_out - bz->avail_out;
    if (r == BZ_OK)
        return KB_CODEC_MORE;
    if (r == BZ_STREAM_END)
        return KB_CODEC_MEMBER;
    if (r == BZ_MEM_ERROR)
        abort();
    io->detail = r == BZ_DATA_ERROR_MAGIC ? "not a bzip2 block" : "data integrity (CRC) error";
    return KB_CODEC_BROKEN;
}

static void bzip2_next_member(void *state)
{
    (void)BZ2_bzDecompressEnd(state);
    begin(state);
}

static void bzip2_stop(void *state)
{
    (void)BZ2_bzDecompressEnd(state);
    free(state);
}

const struct kb_codec kb_codec_bzip2 = {
    .name = "bzip2",
    .magic = "BZh",
    .n_magic = 3,
    .padded = true,
    .members = true,
    .start = bzip2_start,
    .step = bzip2_step,
    .next_member = bzip2_next_member,
    .stop = bzip2_stop,
};
