/* SPDX-License-Identifier: Apache-2.0 */
/* What a worker says on fd 3: one message as JSON, or a stream of them with their lengths in front. */
#include "fuzz.h"

#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/job.h"
#include "koboshi/text.h"
#include "run/reply.h"

void fuzz_begin(void)
{
}

static void require_safe(const json_t *json)
{
    const char *name;
    json_t *value;
    size_t i;
    if (json_is_string(json))
        fuzz_require_safe(json_string_value(json));
    json_object_foreach((json_t *)(uintptr_t)json, name, value) require_safe(value);
    json_array_foreach(json, i, value) require_safe(value);
}

struct taken {
    size_t n, good;
};

static bool take(void *owner, const char *text, size_t n)
{
    struct taken *taken = owner;
    KB_SCOPED_ARENA arena = kb_arena_new();
    taken->n++;
    const struct kb_reply *reply = kb_reply_decode(text, n, arena);
    if (!reply)
        return false;
    taken->good++;
    KB_SCOPED_JSON json = kb_shape_write(&kb_reply_shape, reply);
    require_safe(json);
    fuzz_require_round_trip(&kb_reply_shape, reply, arena);
    if (reply->kind == KB_REPLY_FAULT) {
        struct kb_err err = {0};
        kb_fault_to_err(reply->fault, &err);
        REQUIRE(err.code < 0 && err.n_frames <= KB_ERR_FRAMES);
        for (size_t i = 0; i < err.n_frames; i++) {
            fuzz_require_safe(err.frame[i].en);
            fuzz_require_safe(err.frame[i].ja);
        }
    }
    return true;
}

enum fuzz_verdict fuzz_one(const uint8_t *bytes, size_t n)
{
    const char *text = (const char *)bytes;
    struct taken taken = {0};
    if (n && (*text == '{' || *text == ' ')) {
        (void)take(&taken, text, n);
        return taken.good ? FUZZ_SOUND : FUZZ_REFUSED;
    }
    struct kb_frames whole = {0}, pieces = {0};
    struct taken also = {0};
    bool ok = kb_frames_add(&whole, text, n, take, &taken), in_pieces = true;
    for (size_t at = 0; at < n && in_pieces; at += 7)
        in_pieces = kb_frames_add(&pieces, text + at, n - at < 7 ? n - at : 7, take, &also);
    /* how the pipe cuts it makes no difference */
    REQUIRE(ok == in_pieces && taken.n == also.n && taken.good == also.good);
    REQUIRE(!ok || whole.n == pieces.n);
    enum fuzz_verdict verdict = ok && !whole.n && taken.good ? FUZZ_SOUND : FUZZ_REFUSED;
    kb_frames_done(&whole);
    kb_frames_done(&pieces);
    return verdict;
}
