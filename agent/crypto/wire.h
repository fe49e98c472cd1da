/* SPDX-License-Identifier: Apache-2.0 */
/* SSH wire strings (RFC 4251 5) in a fixed buffer, and base64 (RFC 4648 4). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "koboshi/key.h"

struct kb_arena;

/* All blobs here are made of short strings; the longest, a whole SSHSIG, is 184 bytes with our namespace. */
enum { KB_WIRE_MAX = 1024 };

struct kb_wire {
    uint8_t bytes[KB_WIRE_MAX];
    size_t n, at; /* written; read so far */
};

/* Writing more than KB_WIRE_MAX aborts: only our own short strings are written. */
void kb_wire_put(struct kb_wire *wire, const void *data, size_t n);
void kb_wire_put_string(struct kb_wire *wire, const void *data, size_t n);
void kb_wire_put_key(struct kb_wire *wire, struct kb_pubkey key);

/* kb_wire_take(wire, n): the next n bytes, NULL if there are not so many. */
const uint8_t *kb_wire_take(struct kb_wire *wire, size_t n);
/* kb_wire_take_string(wire, ret_n): the next string, NULL if it does not fit into what is left. */
const uint8_t *kb_wire_take_string(struct kb_wire *wire, size_t *ret_n);
/* kb_wire_take_exactly(wire, text): the next string is this text. */
bool kb_wire_take_exactly(struct kb_wire *wire, const char *text);

/* kb_base64(arena, data, n): padded, without line breaks. */
char *kb_base64(struct kb_arena *arena, const void *data, size_t n);
/* kb_base64_parse(text, n, ret_wire): canonical base64 only: length a multiple of four, padding at
 * the end alone, unused bits zero. false otherwise. */
bool kb_base64_parse(const char *text, size_t n, struct kb_wire *ret_wire);
