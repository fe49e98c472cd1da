/* SPDX-License-Identifier: Apache-2.0 */
/* The measure of one file's content: size, digests, its first bytes. Taken by whoever has the bytes, on any thread;
 * what it means is judged elsewhere (tally.h). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "koboshi/digest.h"

/* First bytes that are kept: formats say what they are within 300 bytes (ustar at 257), and of a thousand it can be
 * told whether they are text or noise. */
enum { KB_LEAD_BYTES = 1024 };

struct kb_sign;

struct kb_content {
    bool whole;   /* read to its end; if not, nothing of what follows holds */
    bool blank;   /* not one byte that is not zero */
    int64_t size; /* holes included */
    struct kb_digests digests;
    const struct kb_sign *sign; /* what its name and lead said where the lead is not kept; NULL: the lead is here */
    size_t n_lead;              /* min(size, KB_LEAD_BYTES) */
    uint8_t lead[KB_LEAD_BYTES];
};

/* One at a time per gauge; not shared between threads. */
struct kb_gauge;

/* kb_gauge_new(others): others: bits of further digests (digest.h). */
struct kb_gauge *kb_gauge_new(unsigned others);
void kb_gauge_free(struct kb_gauge *gauge);
/* kb_gauge_begin … kb_gauge_data … kb_gauge_end. data: bytes at this offset, never before what was given; what lies in
 * between are holes and reads as zeros; n = 0 only moves the end. The time for a hole is the caller's to limit. */
void kb_gauge_begin(struct kb_gauge *gauge);
void kb_gauge_data(struct kb_gauge *gauge, int64_t offset, const void *bytes, size_t n);
void kb_gauge_end(struct kb_gauge *gauge, bool whole, struct kb_content *ret_content);
/* kb_gauge_position(gauge): size so far. */
int64_t kb_gauge_position(const struct kb_gauge *gauge);
