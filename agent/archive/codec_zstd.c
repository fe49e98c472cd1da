/* SPDX-License-Identifier: Apache-2.0 */
/* zstd (RFC 8878) by libzstd. */
#include "codec.h"

#include <stdlib.h>
#include <string.h>

#include <zstd.h>
#include <zstd_errors.h>

#include "koboshi/limits.h"

enum { HEADER_MAX = 14 }; /* magic, descriptor, window, 4 bytes of dictionary id, … before the first block */

struct zstd_state {
    ZSTD_DCtx *ctx;
    uint8_t header[HEADER_MAX];
    size_t n_header;
};

static const struct kb_text dictionary = {.en = "zstd with a dictionary, which the file alone does not hold",
                                          .ja = "辞書を使った zstd です。ファイルだけでは展開できません"};

static int log_of(uint64_t window)
{
    int log = 0;
    while (window >>= 1)
        log++;
    return log;
}

static void *zstd_start(struct kb_codec_means means)
{
    struct zstd_state *s = calloc(1, sizeof *s);
    if (!s || !(s->ctx = ZSTD_createDCtx()))
        abort();
    (void)ZSTD_DCtx_setParameter(s->ctx, ZSTD_d_windowLogMax, log_of(means.window));
    return s;
}

/* RFC 8878 §3.1.1.1.2: what the window descriptor asks for; 0 where the frame has none (then its content size counts).
 */
static uint64_t window_bytes(const struct zstd_state *s)
{
    if (s->n_header < 6)
        return 0;
    if (s->header[4] & 0x20) { /* single segment: the window is the content */
        size_t at = 5 + (size_t[]){0, 1, 2, 4}[s->header[4] & 3], n = (size_t[]){1, 2, 4, 8}[s->header[4] >> 6];
        uint64_t size = n == 2 ? 256 : 0;
        for (size_t i = 0; i < n && at + i < s->n_header; i++)
            size += (uint64_t)s->header[at + i] << (8 * i);
        return size;
    }
    uint64_t base = UINT64_C(1) << (10 + (s->header[5] >> 3));
    return base + base / 8 * (s->header[5] & 7);
}

static enum kb_codec_state zstd_step(void *state, struct kb_codec_io *io)
{
    struct zstd_state *s = state;
    size_t take = HEADER_MAX - s->n_header < io->n_in ? HEADER_MAX - s->n_header : io->n_in;
    if (take)
        memcpy(s->header + s->n_header, io->in, take);
    s->n_header += take;
    ZSTD_inBuffer in = {io->in, io->n_in, 0};
    ZSTD_outBuffer out = {io->out, io->n_out, 0};
    size_t r = ZSTD_decompressStream(s->ctx, &out, &in);
    io->in += in.pos;
    io->n_in -= in.pos;
    io->out += out.pos;
    io->n_out -= out.pos;
    bool skippable = s->n_header >= 4 && s->header[1] == 0x2a;
    if (s->n_header > 4 && !skippable && !(s->header[4] & 4))
        io->unchecked = true;
    if (!ZSTD_isError(r))
        return r ? KB_CODEC_MORE : KB_CODEC_MEMBER;
    ZSTD_ErrorCode code = ZSTD_getErrorCode(r);
    if (code == ZSTD_error_memory_allocation)
        abort();
    if (code == ZSTD_error_frameParameter_windowTooLarge) {
        io->needs = window_bytes(s);
        return KB_CODEC_TOO_LARGE;
    }
    if (code == ZSTD_error_dictionary_wrong)
        io->variant = &dictionary;
    if (code == ZSTD_error_dictionary_wrong || code == ZSTD_error_frameParameter_unsupported ||
        code == ZSTD_error_version_unsupported)
        return KB_CODEC_STRANGE;
    io->detail = ZSTD_getErrorName(r);
    return KB_CODEC_BROKEN;
}

static void zstd_next_member(void *state)
{
    struct zstd_state *s = state;
    (void)ZSTD_DCtx_reset(s->ctx, ZSTD_reset_session_only);
    s->n_header = 0;
}

static void zstd_stop(void *state)
{
    struct zstd_state *s = state;
    (void)ZSTD_freeDCtx(s->ctx);
    free(s);
}

const struct kb_codec kb_codec_zstd = {
    .name = "zstd",
    .magic = "\x28\xb5\x2f\xfd",
    .n_magic = 4,
    .skippable = true,
    .members = true,
    .start = zstd_start,
    .step = zstd_step,
    .next_member = zstd_next_member,
    .stop = zstd_stop,
};
