/* SPDX-License-Identifier: Apache-2.0 */
/* One compression filter: a stream decoder that tells how it ended. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "koboshi/reader.h"

enum kb_codec_state {
    KB_CODEC_MORE,      /* goes on */
    KB_CODEC_MEMBER,    /* one member ended well; another may follow */
    KB_CODEC_BROKEN,    /* the data contradicts itself; why in `detail` */
    KB_CODEC_TOO_LARGE, /* needs a larger window than it may have: `needs` bytes */
    KB_CODEC_STRANGE,   /* a variant that is not decoded */
};

/* One step: in is consumed from, out filled; both are moved on. */
struct kb_codec_io {
    const uint8_t *in;
    size_t n_in;
    uint8_t *out;
    size_t n_out;
    bool last;                     /* no input follows */
    const char *detail;            /* the decoder's own words, static; NULL if it has none */
    const struct kb_text *variant; /* STRANGE: what it is, static; NULL if that is not known */
    uint64_t needs;
    bool unchecked; /* set when this member carries no checksum of its content */
};

/* What a codec may use. */
struct kb_codec_means {
    size_t threads;  /* that decode at a time, 1 at least */
    uint64_t window; /* bytes of memory for the window of each */
    uint64_t memory; /* bytes that the whole process may have */
};

struct kb_codec {
    const char *name;
    const char *magic;
    size_t n_magic;
    bool skippable;   /* skippable frames (magic 0x184D2A5?) may stand between members and first */
    bool padded;      /* zero bytes may follow the last member (tape blocks) */
    bool members;     /* members may follow one another */
    bool takes_ahead; /* takes input long before it is decoded: places are told in what came out */
    /* start: the threads are started by step and joined by stop; fewer where there are not so many to be had. Aborts
     * when out of memory. */
    void *(*start)(struct kb_codec_means means);
    enum kb_codec_state (*step)(void *state, struct kb_codec_io *io);
    void (*next_member)(void *state);
    void (*stop)(void *state);
};

extern const struct kb_codec kb_codec_gzip, kb_codec_bzip2, kb_codec_xz, kb_codec_lzma, kb_codec_zstd, kb_codec_lz4;

/* A decoder over a source; itself a source of decoded bytes. */
struct kb_decoder;

typedef void kb_decoder_flaw_fn(void *owner, enum kb_rule_id rule, struct kb_text expected, struct kb_text found);

struct kb_decoder_params {
    const struct kb_codec *codec;
    struct kb_source source;
    const struct kb_budgets *budgets; /* NULL: the usual ones */
    size_t threads; /* that may decode at a time; 0: as many as there are processors, KB_DECODER_THREADS_MAX at most.
                       What comes out and what is told does not depend on it */
    void *owner;
    kb_decoder_flaw_fn *flaw;
};

/* kb_decoder_new(params): copies params. */
struct kb_decoder *kb_decoder_new(const struct kb_decoder_params *params);
void kb_decoder_free(struct kb_decoder *decoder);
/* kb_decoder_tell_to(decoder, owner, flaw): who is told from now on. */
void kb_decoder_tell_to(struct kb_decoder *decoder, void *owner, kb_decoder_flaw_fn *flaw);
/* kb_decoder_consumed(decoder): bytes taken from the source so far; of a codec that takes ahead more than what came out
 * was made of. */
int64_t kb_decoder_consumed(const struct kb_decoder *decoder);
/* kb_decoder_next(decoder, ret_bytes): as kb_source.next; -1 also after a flaw. */
ssize_t kb_decoder_next(void *decoder, const void **ret_bytes);
/* kb_decoder_fill(decoder, out): the same into room of KB_DECODER_OUT_BYTES that is the caller's. */
enum { KB_DECODER_OUT_BYTES = 512 << 10 };
ssize_t kb_decoder_fill(struct kb_decoder *decoder, void *out);
/* kb_decoder_unchecked(decoder): a member without checksum was seen. */
bool kb_decoder_unchecked(const struct kb_decoder *decoder);
