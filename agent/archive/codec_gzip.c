/* SPDX-License-Identifier: Apache-2.0 */
/* gzip (RFC 1952): header and trailer here, deflate by ISA-L. */
#include "codec.h"

#include <stdlib.h>
#include <string.h>

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

enum { HEAD_BYTES = 10, TRAILER_BYTES = 8, DISTANCE_MAX = 32 << 10 };
enum { FLAG_HEADER_CRC = 2, FLAG_EXTRA = 4, FLAG_NAME = 8, FLAG_COMMENT = 16, FLAGS_RESERVED = 0xe0 };
/* ISA-L counts what came out in 32 bits, and some of its variants hold distances against that: the count is taken back
 * before it turns. */
enum { COUNT_MAX = 1 << 30 };

/* RFC 1952 2.3: the parts of a member in their order. */
enum part { HEAD, EXTRA_SIZE, EXTRA, NAME, COMMENT, HEADER_CRC, DATA, TRAILER };

struct gzip_state {
    struct inflate_state deflate;
    enum part part;
    uint8_t bytes[HEAD_BYTES]; /* of the part, gathered over the border of blocks */
    size_t n;
    uint8_t flags;
    size_t extra_left;
    uint32_t header_crc, crc, size;
};

static void begin(struct gzip_state *s)
{
    isal_inflate_reset(&s->deflate);
    s->part = HEAD;
    s->n = 0;
    s->header_crc = s->crc = s->size = 0;
}

static void *gzip_start(struct kb_codec_means means)
{
    (void)means; /* one member cannot be divided */
    struct gzip_state *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    isal_inflate_init(&s->deflate);
    s->deflate.crc_flag = ISAL_DEFLATE;
    begin(s);
    return s;
}

static uint32_t le32(const uint8_t *s)
{
    return s[0] | (uint32_t)s[1] << 8 | (uint32_t)s[2] << 16 | (uint32_t)s[3] << 24;
}

static void take(struct gzip_state *s, struct kb_codec_io *io, size_t n)
{
    if (s->part < HEADER_CRC)
        s->header_crc = crc32_gzip_refl(s->header_crc, io->in, n);
    io->in += n;
    io->n_in -= n;
}

/* True once the part has all its n bytes. */
static bool gather(struct gzip_state *s, struct kb_codec_io *io, size_t n)
{
    size_t more = n - s->n < io->n_in ? n - s->n : io->n_in;
    if (more)
        memcpy(s->bytes + s->n, io->in, more);
    s->n += more;
    take(s, io, more);
    return s->n == n;
}

/* True once the zero that ends a name was passed. */
static bool skip_text(struct gzip_state *s, struct kb_codec_io *io)
{
    const uint8_t *end = io->n_in ? memchr(io->in, 0, io->n_in) : NULL;
    take(s, io, end ? (size_t)(end - io->in) + 1 : io->n_in);
    return end != NULL;
}

static bool skip_extra(struct gzip_state *s, struct kb_codec_io *io)
{
    size_t n = s->extra_left < io->n_in ? s->extra_left : io->n_in;
    take(s, io, n);
    s->extra_left -= n;
    return !s->extra_left;
}

static enum kb_codec_state broken(struct kb_codec_io *io, const char *detail)
{
    io->detail = detail;
    return KB_CODEC_BROKEN;
}

static void next_part(struct gzip_state *s)
{
    static const uint8_t needs[] = {
        [EXTRA_SIZE] = FLAG_EXTRA, [EXTRA] = FLAG_EXTRA,           [NAME] = FLAG_NAME,
        [COMMENT] = FLAG_COMMENT,  [HEADER_CRC] = FLAG_HEADER_CRC,
    };
    do
        s->part++;
    while (s->part < DATA && !(s->flags & needs[s->part]));
    s->n = 0;
}

/* One part of the header; MEMBER: it is complete. */
static enum kb_codec_state header_part(struct gzip_state *s, struct kb_codec_io *io)
{
    bool done = false;
    switch (s->part) {
    case HEAD:
        if ((done = gather(s, io, HEAD_BYTES)))
            s->flags = s->bytes[3];
        if (done && (s->flags & FLAGS_RESERVED))
            return broken(io, "unknown header flags");
        break;
    case EXTRA_SIZE:
        if ((done = gather(s, io, 2)))
            s->extra_left = s->bytes[0] | (size_t)s->bytes[1] << 8;
        break;
    case EXTRA:
        done = skip_extra(s, io);
        break;
    case NAME:
    case COMMENT:
        done = skip_text(s, io);
        break;
    default:
        if ((done = gather(s, io, 2)) &&
            (le32((uint8_t[]){s->bytes[0], s->bytes[1], 0, 0}) != (s->header_crc & 0xffff)))
            return broken(io, "CRC of the header");
    }
    return done ? KB_CODEC_MEMBER : KB_CODEC_MORE;
}

static const char *words_of(int code)
{
    return code == ISAL_INVALID_BLOCK      ? "invalid deflate block"
           : code == ISAL_INVALID_SYMBOL   ? "invalid deflate symbol"
           : code == ISAL_INVALID_LOOKBACK ? "invalid distance"
                                           : "invalid deflate data";
}

/* What ISA-L has read beyond the end of the deflate data, less than a trailer, stands in its bit buffer. */
static void begin_trailer(struct gzip_state *s)
{
    struct inflate_state *d = &s->deflate;
    s->part = TRAILER;
    uint64_t bits = d->read_in >> (d->read_in_length % 8);
    for (s->n = 0; s->n < (size_t)d->read_in_length / 8 && s->n < TRAILER_BYTES; s->n++, bits >>= 8)
        s->bytes[s->n] = (uint8_t)bits;
}

static enum kb_codec_state data(struct gzip_state *s, struct kb_codec_io *io)
{
    struct inflate_state *d = &s->deflate;
    uint32_t n_in = io->n_in > INT32_MAX ? INT32_MAX : (uint32_t)io->n_in;
    uint32_t n_out = io->n_out > INT32_MAX ? INT32_MAX : (uint32_t)io->n_out;
    d->next_in = (uint8_t *)(uintptr_t)io->in; /* ISA-L takes no const and does not write there */
    d->avail_in = n_in;
    d->next_out = io->out;
    d->avail_out = n_out;
    int r = isal_inflate(d);
    uint32_t made = n_out - d->avail_out;
    s->crc = crc32_gzip_refl(s->crc, io->out, made);
    s->size += made;
    io->in += n_in - d->avail_in;
    io->n_in -= n_in - d->avail_in;
    io->out += made;
    io->n_out -= made;
    if (d->total_out > COUNT_MAX)
        d->total_out = DISTANCE_MAX;
    if (r < 0)
        return broken(io, words_of(r));
    if (d->block_state == ISAL_BLOCK_FINISH)
        begin_trailer(s);
    return KB_CODEC_MORE;
}

static enum kb_codec_state gzip_step(void *state, struct kb_codec_io *io)
{
    struct gzip_state *s = state;
    enum kb_codec_state r = KB_CODEC_MEMBER;
    while (s->part < DATA && (r = header_part(s, io)) == KB_CODEC_MEMBER)
        next_part(s);
    if (r != KB_CODEC_MEMBER)
        return r;
    if (s->part == DATA && (r = data(s, io)) != KB_CODEC_MORE)
        return r;
    if (s->part == DATA || !gather(s, io, TRAILER_BYTES))
        return KB_CODEC_MORE;
    if (le32(s->bytes) != s->crc)
        return broken(io, "CRC-32 of the content");
    if (le32(s->bytes + 4) != s->size)
        return broken(io, "length of the content");
    return KB_CODEC_MEMBER;
}

static void gzip_next_member(void *state)
{
    begin(state);
}

static void gzip_stop(void *state)
{
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
