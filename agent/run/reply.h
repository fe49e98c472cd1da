/* SPDX-License-Identifier: Apache-2.0 */
/* What a worker says, taken apart without believing it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "koboshi/job.h"

struct kb_arena;

/* Bytes of fd 3 on their way to whole messages. Zero-initialised. */
struct kb_frames {
    char *bytes;
    size_t n, room, total;
};

/* kb_frames_add(frames, bytes, n, take, owner): hands every complete message to take. false when a message or the sum
 * of all is over its limit (KB_FRAME_MAX, KB_REPLIES_BYTES_MAX) or take says false; nothing more may be added then. */
bool kb_frames_add(struct kb_frames *frames, const char *bytes, size_t n,
                   bool (*take)(void *owner, const char *text, size_t n), void *owner);
void kb_frames_done(struct kb_frames *frames);

/* kb_frame_head(head, n): the four bytes in front of a message of n bytes. */
void kb_frame_head(unsigned char head[4], size_t n);

/* kb_reply_decode(text, n, arena): a reply whose named member is there and all of whose text is printable; NULL if it
 * is none. */
const struct kb_reply *kb_reply_decode(const char *text, size_t n, struct kb_arena *arena);
