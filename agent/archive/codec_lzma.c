/* SPDX-License-Identifier: Apache-2.0 */
/* xz, block beside block where its headers tell their sizes, and the older .lzma by liblzma. */
#include "codec.h"

#include <stdlib.h>

#include <lzma.h>
#include <pthread.h>

#include "koboshi/limits.h"

/* Besides its window the decoder holds its tables. */
enum { TABLES_BYTES = 1 << 20 };

struct lzma_state {
    lzma_stream stream;
    bool alone;
    lzma_mt options; /* of xz */
};

static void begin(struct lzma_state *s)
{
    const lzma_mt *o = &s->options;
    lzma_ret r = s->alone         ? lzma_alone_decoder(&s->stream, o->memlimit_stop)
                 : o->threads > 1 ? lzma_stream_decoder_mt(&s->stream, o)
                                  : lzma_stream_decoder(&s->stream, o->memlimit_stop, o->flags);
    if (r != LZMA_OK)
        abort();
}

static void *wait_for_lock(void *lock)
{
    (void)pthread_mutex_lock(lock);
    (void)pthread_mutex_unlock(lock);
    return NULL;
}

/* How many threads there are to be had now, at most `most`: liblzma gives up, as without memory, when it may not start
 * one of those it was promised. */
static size_t to_be_had(size_t most)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_t threads[KB_DECODER_THREADS_MAX + 1];
    size_t n = 0;
    (void)pthread_mutex_lock(&lock);
    while (n < most && !pthread_create(&threads[n], NULL, wait_for_lock, &lock))
        n++;
    (void)pthread_mutex_unlock(&lock);
    for (size_t i = 0; i < n; i++)
        (void)pthread_join(threads[i], NULL);
    return n;
}

/* A block whose packed and unpacked bytes do not fit beside its window is decoded as it comes, by one thread. */
static void *start(bool alone, struct kb_codec_means means)
{
    uint64_t all = means.threads * means.window;
    struct lzma_state *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    s->stream = (lzma_stream)LZMA_STREAM_INIT;
    s->alone = alone;
    s->options = (lzma_mt){.flags = LZMA_TELL_NO_CHECK | LZMA_TELL_UNSUPPORTED_CHECK,
                           .threads = (uint32_t)means.threads,
                           .memlimit_threading = all < means.memory / 2 ? all : means.memory / 2,
                           .memlimit_stop = means.window + TABLES_BYTES};
    begin(s);
    return s;
}

/* One is left for who decodes ahead. */
static void *xz_start(struct kb_codec_means means)
{
    size_t n = means.threads > 1 ? to_be_had(means.threads + 1) : 1;
    if (n <= means.threads)
        means.threads = n > 2 ? n - 1 : 1;
    return start(false, means);
}

static void *lzma_start(struct kb_codec_means means)
{
    return start(true, means);
}

/* The decoder with threads does not tell what the block it stands before needs: asked with one MiB more at a time, each
 * a comparison, until it would begin. LZMA takes dictionaries of 4 GiB at the most. */
static uint64_t needed(struct lzma_state *s)
{
    enum { MIB = 1 << 20, TRIES_MAX = 4200 };
    if (s->alone || s->options.threads == 1)
        return lzma_memusage(&s->stream);
    uint64_t limit = s->options.memlimit_stop;
    lzma_ret r = LZMA_MEMLIMIT_ERROR;
    for (int i = 0; i < TRIES_MAX && r == LZMA_MEMLIMIT_ERROR; i++) {
        limit += MIB;
        s->stream.avail_in = s->stream.avail_out = 0;
        if (lzma_memlimit_set(&s->stream, limit) != LZMA_OK)
            break;
        r = lzma_code(&s->stream, LZMA_RUN);
    }
    return limit;
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
        io->needs = needed(s);
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
    .takes_ahead = true,
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
