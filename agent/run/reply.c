/* SPDX-License-Identifier: Apache-2.0 */
/* Frames and replies of a worker that may lie in every field. */
#include "reply.h"

#include <stdlib.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/limits.h"

void kb_frame_head(unsigned char head[4], size_t n)
{
    for (int i = 0; i < 4; i++)
        head[i] = (unsigned char)(n >> (24 - 8 * i));
}

static bool keep(struct kb_frames *frames, const char *bytes, size_t n)
{
    if (!n) /* there may be no memory yet, and not even an offset of 0 may be added to none */
        return true;
    if (frames->n + n > frames->room) {
        size_t room = frames->n + n + 4096;
        char *grown = realloc(frames->bytes, room);
        if (!grown)
            return false;
        frames->bytes = grown;
        frames->room = room;
    }
    memcpy(frames->bytes + frames->n, bytes, n);
    frames->n += n;
    return true;
}

bool kb_frames_add(struct kb_frames *frames, const char *bytes, size_t n,
                   bool (*take)(void *owner, const char *text, size_t n), void *owner)
{
    frames->total += n;
    if (frames->total > KB_REPLIES_BYTES_MAX || !keep(frames, bytes, n))
        return false;
    size_t at = 0;
    while (frames->n - at >= 4) {
        const unsigned char *head = (const unsigned char *)frames->bytes + at;
        size_t length = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
        if (length > KB_FRAME_MAX)
            return false;
        if (frames->n - at - 4 < length)
            break;
        if (!take(owner, frames->bytes + at + 4, length))
            return false;
        at += 4 + length;
    }
    if (at)
        memmove(frames->bytes, frames->bytes + at, frames->n - at);
    frames->n -= at;
    return true;
}

void kb_frames_done(struct kb_frames *frames)
{
    free(frames->bytes);
    *frames = (struct kb_frames){0};
}

/* Every string below the reply, whatever its place: escape sequences of a lying worker never reach a terminal. */
static json_t *printable(const json_t *json, struct kb_arena *arena)
{
    if (json_is_string(json)) {
        const char *clean = kb_printable(arena, json_string_value(json));
        return json_string(clean);
    }
    const char *name;
    json_t *value, *copy;
    size_t i;
    if (json_is_object(json)) {
        copy = json_object();
        json_object_foreach((json_t *)(uintptr_t)json, name, value)(void)
            json_object_set_new(copy, name, printable(value, arena));
        return copy;
    }
    if (json_is_array(json)) {
        copy = json_array();
        json_array_foreach(json, i, value)(void) json_array_append_new(copy, printable(value, arena));
        return copy;
    }
    return json_deep_copy(json);
}

/* A worker knows nothing of busy locks, of Ctrl-C or of what counts as good. */
static bool is_fault_of_a_worker(const struct kb_fault *fault)
{
    static const int codes[] = {KB_EUSAGE, KB_EPLAN, KB_EIO, KB_EPERM, KB_ELEDGER, KB_ESANDBOX, KB_EWORKER, KB_ECONFIG};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (fault->code == codes[i])
            return true;
    return false;
}

/* Figures that contradict what is said to be restored. */
static bool is_consistent(const struct kb_set_result *result)
{
    const struct kb_sample_seen *sample = result->sample;
    if (!sample)
        return result->coverage != KB_COVERAGE_SAMPLE;
    bool all = sample->files_taken == sample->files;
    return sample->percent >= 1 && sample->percent <= 99 && sample->files_taken <= sample->files &&
           sample->bytes_taken <= sample->bytes && (result->coverage == KB_COVERAGE_FULL) == all;
}

static bool is_complete(const struct kb_reply *reply)
{
    const void *needed[] = {
        [KB_REPLY_HELLO] = reply->build_id,    [KB_REPLY_CONFINED] = reply->confinement,
        [KB_REPLY_PROGRESS] = reply->progress, [KB_REPLY_FINDING] = reply->finding,
        [KB_REPLY_MEDIUM] = reply->medium,     [KB_REPLY_GENERATION] = reply->generation,
        [KB_REPLY_RESULT] = reply->result,     [KB_REPLY_SEEN] = reply->seen,
        [KB_REPLY_SCANNED] = reply->scanned,   [KB_REPLY_FAULT] = reply->fault,
        [KB_REPLY_DISK] = reply->disk,         [KB_REPLY_HEALTH] = reply->health,
    };
    if (reply->kind == KB_REPLY_RESULT && reply->result && !is_consistent(reply->result))
        return false;
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (needed[i] ? (int)i != reply->kind : (int)i == reply->kind && reply->kind != KB_REPLY_END)
            return false;
    return reply->kind != KB_REPLY_FAULT || is_fault_of_a_worker(reply->fault);
}

const struct kb_reply *kb_reply_decode(const char *text, size_t n, struct kb_arena *arena)
{
    struct kb_err err = {0}; /* why it is none concerns nobody: the worker is ended either way */
    json_t *json = NULL;
    if (kb_json_parse(text, n, &json, &err))
        return NULL;
    KB_SCOPED_ARENA passing = kb_arena_new();
    json_t *clean = printable(json, passing);
    json_decref(json);
    struct kb_reply *reply = kb_alloc(arena, 1, sizeof *reply);
    int code = kb_shape_read(&kb_reply_shape, clean, arena, reply, &err);
    json_decref(clean);
    return code || !is_complete(reply) ? NULL : reply;
}
