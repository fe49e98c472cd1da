/* SPDX-License-Identifier: Apache-2.0 */
/* reader -> ring -> { hasher | decoder, entry digests, sink }. */
#include "stream.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "ring.h"

enum { HASHER, DECODER };

struct stream {
    struct kb_ring *ring;
    struct kb_tally *tally;
    struct kb_reading reading; /* the reader thread's until it is joined */
    struct kb_sha256 digest;   /* the hasher's until it is joined */
    bool hashed;
    struct kb_sha256 *digests; /* of each extent, NULL: not wanted; the hasher's until it is joined */
    int64_t total;
    int64_t before; /* bytes of the generation that were read before these */
    bool in_entry;
    struct kb_gauge *gauge;
    struct kb_content content;
};

static void *read_medium(void *owner)
{
    struct stream *s = owner;
    void *room;
    ssize_t n = 0;
    while ((room = kb_ring_room(s->ring)) && (n = kb_reading_next(&s->reading, room, KB_RING_SLOT_BYTES)) > 0)
        kb_ring_put(s->ring, (size_t)n);
    kb_ring_finish(s->ring, n < 0);
    return NULL;
}

/* The digest of each extent beside that of all. */
struct extent_hasher {
    const struct kb_extents *extents;
    struct kb_sha256 *digests;
    struct kb_hasher *hasher; /* NULL: not wanted */
    size_t at;
    int64_t position;
};

static void hash_extents(struct extent_hasher *h, const uint8_t *bytes, size_t n)
{
    while (h->hasher && h->at < h->extents->n) {
        const struct kb_extent *extent = &h->extents->v[h->at];
        int64_t left = extent->start + extent->size - h->position;
        size_t part = (int64_t)n > left ? (size_t)left : n;
        kb_hasher_add(h->hasher, bytes, part);
        bytes += part;
        n -= part;
        h->position += (int64_t)part;
        if ((int64_t)part < left)
            return;
        h->digests[h->at++] = kb_hasher_end(h->hasher);
        kb_hasher_begin(h->hasher);
    }
}

static void *hash_whole(void *owner)
{
    struct stream *s = owner;
    struct kb_hasher *hasher = kb_hasher_new();
    struct extent_hasher extents = {.extents = s->reading.extents, .digests = s->digests};
    const void *bytes;
    ssize_t n;
    kb_hasher_begin(hasher);
    if (s->digests)
        kb_hasher_begin(extents.hasher = kb_hasher_new());
    while ((n = kb_ring_take(s->ring, HASHER, &bytes)) > 0) {
        kb_hasher_add(hasher, bytes, (size_t)n);
        hash_extents(&extents, bytes, (size_t)n);
    }
    hash_extents(&extents, (const uint8_t *)"", 0); /* empty ones at the end */
    s->digest = kb_hasher_end(hasher);
    s->hashed = n == 0;
    kb_ring_leave(s->ring, HASHER);
    kb_hasher_free(hasher);
    kb_hasher_free(extents.hasher);
    return NULL;
}

static ssize_t next_block(void *owner, const void **ret_bytes)
{
    struct stream *s = owner;
    kb_tally_progress(s->tally, s->before + kb_ring_written(s->ring), s->tally->packed);
    return kb_ring_take(s->ring, DECODER, ret_bytes);
}

static void take_flaw(void *owner, const struct kb_reader_flaw *flaw)
{
    struct stream *s = owner;
    kb_tally_tell(s->tally, flaw->rule, flaw->in_entry && s->in_entry ? &s->tally->entry : NULL, flaw->expected,
                  flaw->found);
}

static int take_block(struct stream *s, int64_t offset, const void *bytes, size_t n, struct kb_err *err)
{
    int r = kb_tally_data(s->tally, offset, bytes, n, err);
    if (!r && !s->tally->stopped)
        kb_gauge_data(s->gauge, offset, bytes, n);
    return r;
}

static int take_content(struct stream *s, struct kb_reader *reader, struct kb_err *err)
{
    const void *bytes;
    size_t n;
    int64_t offset;
    int more = -1, r = 0;
    s->in_entry = true;
    kb_gauge_begin(s->gauge);
    while (!s->tally->stopped && (more = kb_reader_block(reader, &bytes, &n, &offset)) > 0)
        if (n && (r = take_block(s, offset, bytes, n, err)))
            return r;
    if (!more && s->tally->entry.size > kb_gauge_position(s->gauge)) /* what is left is a hole */
        r = take_block(s, s->tally->entry.size, "", 0, err);
    kb_gauge_end(s->gauge, !s->tally->stopped && more == 0, &s->content);
    r = r ? r : kb_tally_end(s->tally, &s->content, err);
    s->in_entry = false;
    return r;
}

/* 1 all entries were seen, 0 not, < 0 a fault. */
static int take_entries(struct stream *s, struct kb_reader *reader, struct kb_err *err)
{
    const struct kb_entry *entry;
    int r = -1;
    while (!s->tally->stopped && (r = kb_reader_next(reader, &entry)) > 0) {
        int wanted = kb_tally_entry(s->tally, entry, err);
        if (wanted > 0)
            wanted = take_content(s, reader, err);
        if (wanted < 0)
            return wanted;
        kb_tally_progress(s->tally, s->before + kb_ring_written(s->ring), s->tally->packed);
    }
    return !s->tally->stopped && r == 0;
}

static int decode(struct stream *s, const struct kb_stream_params *params, struct kb_stream_result *ret_result,
                  struct kb_err *err)
{
    struct kb_tally *tally = s->tally;
    int format = tally->set->format;
    struct kb_reader *reader = kb_reader_open(&(struct kb_reader_params){
        .source = {.owner = s, .next = next_block, .extents = params->extents},
        .name = params->name,
        .format = format == KB_FORMAT_CHAIN ? KB_FORMAT_ARCHIVE : (enum kb_format)format,
        .unpack = tally->set->unpack,
        .as = tally->set->as,
        .mtime_ns = params->mtime_ns,
        .passphrase = tally->set->passphrase,
        .dumpdirs = format == KB_FORMAT_CHAIN,
        .names = params->names,
        .owner = s,
        .flaw = take_flaw,
    });
    if (!kb_reader_is_sequential(reader)) /* or the hasher would wait for us for ever */
        kb_ring_leave(s->ring, DECODER);
    int r = take_entries(s, reader, err);
    ret_result->entries = r > 0;
    ret_result->facts = kb_reader_facts(reader);
    kb_reader_close(reader);
    kb_ring_leave(s->ring, DECODER);
    return r < 0 ? r : 0;
}

static void tell_size(struct stream *s)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    kb_tally_tell(
        s->tally, KB_RULE_READ_FAILED, NULL, kb_text_new(arena, "%" PRId64 " bytes", "%" PRId64 " バイト", s->total),
        kb_text_new(arena, "%" PRId64 " bytes came; the file changed while it was read, or the file system is damaged",
                    "%" PRId64 " バイトでした。読み取り中に変わったか、ファイルシステムが壊れています",
                    s->reading.offset));
}

static int start(pthread_t *thread, void *(*run)(void *), struct stream *s, struct kb_err *err)
{
    int cause = pthread_create(thread, NULL, run, s);
    return cause ? kb_fail(err, KB_EIO, "a thread could not be started: %s", "スレッドを開始できませんでした: %s",
                           strerror(cause))
                 : 0;
}

int kb_stream_run(const struct kb_stream_params *params, struct kb_tally *tally, struct kb_stream_result *ret_result,
                  struct kb_err *err)
{
    struct stream *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    *s = (struct stream){.ring = kb_ring_new(KB_RING_CONSUMERS),
                         .tally = tally,
                         .reading = {.extents = params->extents},
                         .digests = params->ret_digests,
                         .total = params->extents->size,
                         .gauge = kb_gauge_new(kb_tally_digests(tally)),
                         .before = tally->result->bytes_read};
    for (size_t i = 0; i < params->extents->n; i++)
        (void)posix_fadvise(params->extents->v[i].fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    *ret_result = (struct kb_stream_result){0};
    pthread_t reader, hasher;
    int r = start(&hasher, hash_whole, s, err);
    if (!r && (r = start(&reader, read_medium, s, err))) {
        kb_ring_finish(s->ring, 1);
        (void)pthread_join(hasher, NULL);
    } else if (!r) {
        /* also after a broken archive: the record names the file by its hash. After a fault nobody asks for it. */
        if ((r = decode(s, params, ret_result, err)) < 0)
            kb_ring_leave(s->ring, HASHER);
        (void)pthread_join(hasher, NULL);
        (void)pthread_join(reader, NULL);
    }
    if (r >= 0) {
        tally->result->bytes_read += s->reading.offset;
        bool lost = kb_tally_tell_reading(tally, &s->reading, NULL) || !s->hashed;
        if (!lost && s->reading.offset != s->total) {
            tell_size(s);
            lost = true;
        }
        ret_result->read = !lost;
        ret_result->digest = s->digest;
    }
    kb_gauge_free(s->gauge);
    kb_ring_free(s->ring);
    free(s);
    return r;
}
