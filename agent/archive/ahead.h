/* SPDX-License-Identifier: Apache-2.0 */
/* Decoding on a thread of its own, some blocks ahead of who reads them; what is told comes with the block it belongs
 * to.
 */
#pragma once

#include "codec.h"

struct kb_ahead;

/* What its decoder said of itself when the last block was made (kb_decoder_consumed, kb_decoder_unchecked). */
struct kb_ahead_note {
    int64_t consumed;
    bool unchecked;
};

/* kb_ahead_new(decoder, blocks, owner, flaw): takes the decoder and starts the thread; blocks: how many of a ring it
 * may be ahead, at least 1. NULL: there is no thread to be had, and the decoder is as it was. flaw is called by
 * kb_source.next, never by the thread. */
struct kb_ahead *kb_ahead_new(struct kb_decoder *decoder, size_t blocks, void *owner, kb_decoder_flaw_fn *flaw);
/* kb_ahead_stop(ahead): waits for its thread; the source is not asked any more. NULL is allowed. */
void kb_ahead_stop(struct kb_ahead *ahead);
void kb_ahead_free(struct kb_ahead *ahead);
/* kb_ahead_source(ahead): what comes out of it, in blocks of a ring. */
struct kb_source kb_ahead_source(struct kb_ahead *ahead);
struct kb_ahead_note kb_ahead_note(const struct kb_ahead *ahead);
