/* SPDX-License-Identifier: Apache-2.0 */
/* lz4 (frame format 1.6) by liblz4. */
#include "codec.h"

#include <stdlib.h>
#include <string.h>

#include <lz4frame.h>

/* lz4 frame format 1.6, "Frame Descriptor" */
enum { FLAG_DICTIONARY = 1, FLAG_CONTENT_CHECKSUM = 4, FLAG_BLOCK_CHECKSUM = 16 };

static const struct kb_text dictionary = {.en = "lz4 with a dictionary, which the file alone does not hold",
                                          .ja = "辞書を使った lz4 です。ファイルだけでは展開できません"};

struct lz4_state {
    LZ4F_dctx *ctx;
    uint8_t header[5];
    size_t n_header;
};

static void *lz4_start(struct kb_codec_means means)
{
    (void)means; /* its members are decoded one after another */
    struct lz4_state *s = calloc(1, sizeof *s);
    if (!s || LZ4F_isError(LZ4F_createDecompressionContext(&s->ctx, LZ4F_VERSION)))
        abort();
    return s;
}

static enum kb_codec_state lz4_step(void *state, struct kb_codec_io *io)
{
    struct lz4_state *s = state;
    size_t take = sizeof s->header - s->n_header < io->n_in ? sizeof s->header - s->n_header : io->n_in;
    if (take)
        memcpy(s->header + s->n_header, io->in, take);
    s->n_header += take;
    size_t n_in = io->n_in, n_out = io->n_out;
    size_t r = LZ4F_decompress(s->ctx, io->out, &n_out, io->in, &n_in, NULL);
    io->in += n_in;
    io->n_in -= n_in;
    io->out += n_out;
    io->n_out -= n_out;
    bool known = s->n_header > 4 && s->header[1] != 0x2a; /* the flags of a frame that is not skippable */
    if (known && !(s->header[4] & (FLAG_BLOCK_CHECKSUM | FLAG_CONTENT_CHECKSUM)))
        io->unchecked = true;
    if (known && s->header[4] & FLAG_DICTIONARY) {
        io->variant = &dictionary;
        return KB_CODEC_STRANGE;
    }
    if (!LZ4F_isError(r))
        return r ? KB_CODEC_MORE : KB_CODEC_MEMBER;
    io->detail = LZ4F_getErrorName(r);
    return KB_CODEC_BROKEN;
}

static void lz4_next_member(void *state)
{
    struct lz4_state *s = state;
    LZ4F_resetDecompressionContext(s->ctx);
    s->n_header = 0;
}

static void lz4_stop(void *state)
{
    struct lz4_state *s = state;
    (void)LZ4F_freeDecompressionContext(s->ctx);
    free(s);
}

const struct kb_codec kb_codec_lz4 = {
    .name = "lz4",
    .magic = "\x04\x22\x4d\x18",
    .n_magic = 4,
    .skippable = true,
    .members = true,
    .start = lz4_start,
    .step = lz4_step,
    .next_member = lz4_next_member,
    .stop = lz4_stop,
};
