/* SPDX-License-Identifier: Apache-2.0 */
/* Member after member of a compressed file, and what is wrong with it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "koboshi/arena.h"
#include "koboshi/limits.h"
#include "koboshi/text.h"
#include "koboshi/threads.h"

enum { OUT_BYTES = KB_DECODER_OUT_BYTES, MAGIC_MAX = 8 };

enum phase { BETWEEN, WITHIN, ENDED, FAILED };

struct kb_decoder {
    const struct kb_codec *codec;
    int64_t window; /* bytes that it may ask for */
    void *state;
    struct kb_source source;
    void *owner;
    kb_decoder_flaw_fn *flaw;
    enum phase phase;
    const uint8_t *in; /* not yet consumed of the source's block */
    size_t n_in;
    bool source_ended;
    uint8_t magic[MAGIC_MAX];            /* start of a member, gathered over the border of blocks */
    int64_t consumed, members, produced; /* produced: before this call of kb_decoder_next */
    size_t n_magic, fed;                 /* gathered, and given to the codec */
    bool unchecked;
    uint8_t out[OUT_BYTES];
};

struct kb_decoder *kb_decoder_new(const struct kb_decoder_params *params)
{
    struct kb_decoder *d = calloc(1, sizeof *d);
    if (!d)
        abort();
    d->codec = params->codec;
    d->source = params->source;
    d->owner = params->owner;
    d->flaw = params->flaw;
    const struct kb_budgets *budgets = params->budgets ? params->budgets : &kb_budgets_usual;
    d->window = kb_budgets_window(budgets, KB_DECODER_WINDOW_MAX);
    size_t threads = kb_threads((int64_t)params->threads);
    d->state = d->codec->start(
        (struct kb_codec_means){.threads = threads < KB_DECODER_THREADS_MAX ? threads : KB_DECODER_THREADS_MAX,
                                .window = (uint64_t)d->window,
                                .memory = (uint64_t)budgets->memory});
    return d;
}

void kb_decoder_free(struct kb_decoder *decoder)
{
    if (!decoder)
        return;
    decoder->codec->stop(decoder->state);
    free(decoder);
}

void kb_decoder_tell_to(struct kb_decoder *decoder, void *owner, kb_decoder_flaw_fn *flaw)
{
    decoder->owner = owner;
    decoder->flaw = flaw;
}

bool kb_decoder_unchecked(const struct kb_decoder *decoder)
{
    return decoder->unchecked;
}

int64_t kb_decoder_consumed(const struct kb_decoder *decoder)
{
    return decoder->consumed;
}

/* n bytes of a magic or, where it is cut, less. */
static bool begins_like(const struct kb_codec *codec, const uint8_t *s, size_t n)
{
    if (!memcmp(s, codec->magic, n))
        return true;
    return codec->skippable && (s[0] & 0xf0) == 0x50 && !memcmp(s + 1, "\x2a\x4d\x18", n - 1);
}

static ssize_t failed(struct kb_decoder *d, enum kb_rule_id rule, struct kb_text expected, struct kb_text found)
{
    d->phase = FAILED;
    d->flaw(d->owner, rule, expected, found);
    return -1;
}

static ssize_t truncated(struct kb_decoder *d)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    return failed(d, KB_RULE_ARCHIVE_TRUNCATED,
                  kb_text_new(arena, "the %s data goes on to its end", "%s データが終わりまで続くこと", d->codec->name),
                  kb_text_new(arena, "the file stops at byte %" PRId64 ", in the middle of the data",
                              "ファイルが %" PRId64 " バイト目、データの途中で終わっています", d->consumed));
}

static ssize_t too_large(struct kb_decoder *d, uint64_t needs)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *name = d->codec->name;
    return failed(
        d, KB_RULE_BUDGET,
        kb_budget_limit(arena,
                        kb_text_new(arena, "unpacking %s takes a window of at most %" PRId64 " MiB",
                                    "%s の展開に必要なメモリが %" PRId64 " MiB 以下であること", name, d->window >> 20),
                        "window"),
        kb_text_new(
            arena, "it needs %" PRIu64 " MiB; the data itself may be good. Have it packed with a smaller window",
            "%" PRIu64 " MiB が必要です（データ自体は正常かもしれません）。ウィンドウを小さくして圧縮してください",
            (needs + (1 << 20) - 1) >> 20));
}

/* Where it happened is told so that it does not depend on how far ahead input was taken. */
static ssize_t broken(struct kb_decoder *d, enum kb_codec_state state, const struct kb_codec_io *io)
{
    if (state == KB_CODEC_TOO_LARGE)
        return too_large(d, io->needs);
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *name = d->codec->name;
    bool ahead = d->codec->takes_ahead;
    int64_t place = ahead ? d->produced + (int64_t)(OUT_BYTES - io->n_out) : d->consumed;
    if (state == KB_CODEC_STRANGE)
        return failed(d, KB_RULE_FORMAT_REFUSED, kb_text_new(arena, "plain %s", "通常の %s 形式であること", name),
                      io->variant ? *io->variant
                                  : kb_text_new(arena, "a variant of %s that is not read here (byte %" PRId64 ")",
                                                "対応していない %s の変種です（%" PRId64 " バイト目）", name, place));
    return failed(d, KB_RULE_ARCHIVE_BROKEN,
                  kb_text_new(arena, "the %s data is consistent", "%s データに矛盾がないこと", name),
                  kb_text_new(arena,
                              ahead ? "damaged near byte %" PRId64 " of the unpacked data (%s)"
                                    : "damaged near byte %" PRId64 " of the file (%s)",
                              ahead ? "展開後の %" PRId64 " バイト目付近が壊れています（%s）"
                                    : "ファイルの %" PRId64 " バイト目付近が壊れています（%s）",
                              place, io->detail ? io->detail : "-"));
}

/* More input if the last block is used up. -1 when the source failed. */
static int fill(struct kb_decoder *d)
{
    while (!d->n_in && !d->source_ended) {
        const void *bytes = NULL;
        ssize_t n = d->source.next(d->source.owner, &bytes);
        if (n < 0) {
            d->phase = FAILED;
            return -1;
        }
        d->source_ended = n == 0;
        d->in = bytes;
        d->n_in = (size_t)n;
    }
    return 0;
}

static ssize_t trailing(struct kb_decoder *d)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    d->flaw(d->owner, KB_RULE_TRAILING_DATA,
            kb_text_new(arena, "nothing after the end of the %s data", "%s データの終わりの後に何もないこと",
                        d->codec->name),
            kb_text_new(arena, "other data from byte %" PRId64 " on", "%" PRId64 " バイト目以降に別のデータがあります",
                        d->consumed - (int64_t)d->n_magic));
    d->phase = ENDED;
    return 0;
}

/* Gathers the start of the next member. 1 it is one, 0 the end, -1 failed. */
static int begin_member(struct kb_decoder *d)
{
    d->n_magic = d->fed = 0;
    bool first = d->members == 0;
    while (d->n_magic < (first || d->codec->members ? d->codec->n_magic : 1)) {
        if (fill(d))
            return -1;
        if (!d->n_in)
            break;
        uint8_t byte = *d->in++;
        d->n_in--;
        d->consumed++;
        if (!first && !d->n_magic && d->codec->padded && byte == 0)
            continue;
        d->magic[d->n_magic++] = byte;
    }
    if (!first && !d->n_magic) {
        d->phase = ENDED;
        return 0;
    }
    if (!first && (!d->codec->members || !begins_like(d->codec, d->magic, d->n_magic)))
        return (int)trailing(d);
    if (d->n_magic < d->codec->n_magic)
        return (int)truncated(d);
    if (!first)
        d->codec->next_member(d->state);
    d->members++;
    d->phase = WITHIN;
    return 1;
}

/* One step of the codec, fed from the gathered magic first. */
static enum kb_codec_state step(struct kb_decoder *d, struct kb_codec_io *io)
{
    bool from_magic = d->fed < d->n_magic;
    io->in = from_magic ? d->magic + d->fed : d->in;
    io->n_in = from_magic ? d->n_magic - d->fed : d->n_in;
    io->last = !from_magic && d->source_ended;
    size_t before = io->n_in;
    enum kb_codec_state state = d->codec->step(d->state, io);
    size_t used = before - io->n_in;
    if (from_magic) {
        d->fed += used;
    } else {
        d->in += used;
        d->n_in -= used;
        d->consumed += (int64_t)used;
    }
    return state;
}

ssize_t kb_decoder_fill(struct kb_decoder *d, void *out)
{
    struct kb_codec_io io = {.out = out, .n_out = OUT_BYTES};
    while (io.n_out) {
        if (d->phase == BETWEEN && begin_member(d) < 0)
            break;
        if (d->phase != WITHIN)
            break;
        if (d->fed == d->n_magic && fill(d))
            break;
        size_t room = io.n_out;
        bool starved = d->fed == d->n_magic && !d->n_in;
        enum kb_codec_state state = step(d, &io);
        d->unchecked |= io.unchecked;
        if (state == KB_CODEC_MEMBER)
            d->phase = BETWEEN;
        else if (state != KB_CODEC_MORE)
            (void)broken(d, state, &io);
        else if (starved && io.n_out == room)
            (void)truncated(d);
    }
    size_t n = OUT_BYTES - io.n_out;
    d->produced += (int64_t)n;
    if (n)
        return (ssize_t)n; /* what came out before a flaw is good as far as it goes */
    return d->phase == FAILED ? -1 : 0;
}

ssize_t kb_decoder_next(void *decoder, const void **ret_bytes)
{
    struct kb_decoder *d = decoder;
    *ret_bytes = d->out;
    return kb_decoder_fill(d, d->out);
}
