/* SPDX-License-Identifier: Apache-2.0 */
/* reader -> ring -> { whole-file digest | parser -> parcels -> entry digests -> judgement, sink }. */
#include "stream.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/ring.h"
#include "koboshi/threads.h"
#include "slices.h"

enum { HASHER, PARSER };
/* Blocks decoded ahead: with few the threads wait for one another; where files are written, what waits to be written
 * takes the room. */
enum { AHEAD = 10, AHEAD_OF_SINK = 5 };

struct stream {
    const struct kb_stream_params *params;
    struct kb_ring *ring;
    struct kb_tally *tally;
    struct kb_lanes *lanes;
    size_t n_lanes;
    struct kb_lane *lane;      /* the first */
    struct kb_reading reading; /* the reader thread's until it is joined */
    unsigned kinds;            /* of digests beside SHA-256 */
    struct kb_digests whole;   /* the hasher's until it is joined */
    bool hashed;
    bool is_content;            /* the file is its one content: no hasher, the digest is that of the content */
    struct kb_digests *digests; /* of each extent, NULL: not wanted; the hasher's until it is joined */
    int64_t total;
    int64_t before; /* bytes of the generation that were read before these */
    /* the parser's until it is joined */
    struct kb_block *block; /* the last one taken */
    bool entries;
    struct kb_reader_facts facts;
};

static void *read_medium(void *owner)
{
    struct stream *s = owner;
    struct kb_block *room;
    ssize_t n = 0;
    while ((room = kb_ring_room(s->ring)) && (n = kb_reading_next(&s->reading, room->bytes, KB_RING_SLOT_BYTES)) > 0)
        kb_ring_put(s->ring, (size_t)n);
    kb_ring_finish(s->ring, n < 0);
    return NULL;
}

/* The digest of each extent beside that of all. */
struct extent_hasher {
    const struct kb_extents *extents;
    struct kb_digests *digests;
    struct kb_digester *digester; /* NULL: not wanted */
    size_t at;
    int64_t position;
};

static void hash_extents(struct extent_hasher *h, const uint8_t *bytes, size_t n)
{
    while (h->digester && h->at < h->extents->n) {
        const struct kb_extent *extent = &h->extents->v[h->at];
        int64_t left = extent->start + extent->size - h->position;
        size_t part = (int64_t)n > left ? (size_t)left : n;
        kb_digester_add(h->digester, bytes, part);
        bytes += part;
        n -= part;
        h->position += (int64_t)part;
        if ((int64_t)part < left)
            return;
        kb_digester_end(h->digester, &h->digests[h->at++]);
        kb_digester_begin(h->digester);
    }
}

static void *hash_whole(void *owner)
{
    struct stream *s = owner;
    struct kb_digester *digester = kb_digester_new(s->kinds);
    struct extent_hasher extents = {.extents = s->reading.extents, .digests = s->digests};
    struct kb_block *block;
    ssize_t n;
    kb_thread_yields();
    kb_digester_begin(digester);
    if (s->digests)
        kb_digester_begin(extents.digester = kb_digester_new(s->kinds));
    while ((n = kb_ring_take(s->ring, HASHER, &block)) > 0) {
        kb_digester_add(digester, block->bytes, (size_t)n);
        hash_extents(&extents, block->bytes, (size_t)n);
    }
    hash_extents(&extents, (const uint8_t *)"", 0); /* empty ones at the end */
    kb_digester_end(digester, &s->whole);
    s->hashed = n == 0;
    kb_ring_leave(s->ring, HASHER);
    kb_digester_free(digester);
    kb_digester_free(extents.digester);
    return NULL;
}

static ssize_t next_block(void *owner, const void **ret_bytes)
{
    struct stream *s = owner;
    ssize_t n = kb_ring_take(s->ring, PARSER, &s->block);
    if (n > 0)
        *ret_bytes = s->block->bytes;
    return n;
}

static struct kb_block *last_block(void *owner)
{
    const struct stream *s = owner;
    return s->block;
}

static void take_flaw(void *owner, const struct kb_reader_flaw *flaw)
{
    struct stream *s = owner;
    kb_lane_flaw(s->lane, flaw);
}

/* Whether all entries were seen. The read in sequence does not wait for a reader that goes its own ways. */
static bool take_entries(struct stream *s, struct kb_reader *reader)
{
    bool all, whole = true;
    if (kb_reader_slices(reader)) {
        all = kb_slices_run(
            &(struct kb_slices_params){
                .first = reader, .lanes = s->lanes, .n = s->n_lanes, .ring = s->ring, .consumer = PARSER},
            &whole);
    } else {
        for (size_t i = 1; i < s->n_lanes; i++)
            kb_lane_finish(kb_lanes_at(s->lanes, i));
        if (!kb_reader_is_sequential(reader)) /* or the hasher would wait for us for ever */
            kb_ring_leave(s->ring, PARSER);
        all = kb_lane_read(s->lane, reader, NULL, NULL);
    }
    s->facts = kb_reader_facts(reader);
    s->facts.whole = s->facts.whole && whole;
    return all;
}

static void *parse(void *owner)
{
    struct stream *s = owner;
    const struct kb_job_set *set = s->tally->set;
    struct kb_reader *reader = kb_reader_open(&(struct kb_reader_params){
        .source = {.owner = s, .next = next_block, .block = last_block, .extents = s->params->extents},
        .name = s->params->name,
        .format = set->format == KB_FORMAT_CHAIN ? KB_FORMAT_ARCHIVE : (enum kb_format)set->format,
        .unpack = set->unpack,
        .as = set->as,
        .mtime_ns = s->params->mtime_ns,
        .passphrase = set->passphrase,
        .budgets = set->budgets,
        .ahead = s->tally->sink ? AHEAD_OF_SINK : AHEAD,
        .threads = kb_tally_threads(s->tally),
        .dumpdirs = set->format == KB_FORMAT_CHAIN,
        .names = s->params->names,
        .owner = s,
        .flaw = take_flaw,
    });
    s->entries = take_entries(s, reader);
    kb_reader_close(reader);
    kb_ring_leave(s->ring, PARSER);
    kb_lane_finish(s->lane);
    return NULL;
}

static void take_digest(struct stream *s, const struct kb_parcel *parcel)
{
    for (size_t i = 0; i < parcel->n; i++) {
        if (parcel->pieces[i].kind != KB_PIECE_END || !parcel->pieces[i].content->whole)
            continue;
        s->whole = parcel->pieces[i].content->digests;
        s->hashed = true;
    }
}

/* After a fault nobody asks for the digest. Before the lanes are stopped: readers of a zip that have nothing more to
 * fill go along with the read in sequence to its end. */
static void end_reading(struct stream *s)
{
    kb_ring_dismiss(s->ring, HASHER);
    kb_ring_dismiss(s->ring, PARSER);
}

static int judge(struct stream *s, struct kb_err *err)
{
    struct kb_tally *tally = s->tally;
    const struct kb_parcel *parcel;
    bool in_entry = false;
    int r = 0;
    while (!r && !tally->stopped && (parcel = kb_lanes_next(s->lanes))) {
        if (s->is_content)
            take_digest(s, parcel);
        r = kb_parcel_judge(parcel, &in_entry, tally, err);
        kb_tally_progress(tally, s->before + kb_ring_written(s->ring), tally->packed);
    }
    if (r)
        end_reading(s);
    kb_lanes_stop(s->lanes);
    return r;
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

/* Those that could be started are joined, whatever happens. */
static int run_threads(struct stream *s, struct kb_err *err)
{
    /* the parser last: it may go on with fewer threads of its own, those before it may not */
    void *(*const runs[])(void *) = {read_medium, s->is_content ? parse : hash_whole, parse};
    size_t n = 0, wanted = s->is_content ? 2 : 3;
    pthread_t threads[3];
    int r = 0;
    if (s->is_content)
        kb_ring_leave(s->ring, HASHER);
    while (n < wanted && !(r = start(&threads[n], runs[n], s, err)))
        n++;
    if (r) {
        end_reading(s);
        kb_ring_finish(s->ring, 1);
        kb_lanes_stop(s->lanes);
    } else {
        kb_lanes_grow(s->lanes);
        /* also after a broken archive: the record names the file by its hash */
        r = judge(s, err);
    }
    while (n)
        (void)pthread_join(threads[--n], NULL);
    return r;
}

/* One opaque file, whose name will not keep it from being read as content. */
static bool is_content(const struct kb_stream_params *params, const struct kb_job_set *set)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *name = set->as ? set->as : params->name, *path;
    return set->format == KB_FORMAT_FILE && !set->unpack && !params->ret_digests &&
           kb_path_judge(name, strlen(name), arena, &path) == KB_PATH_SAFE;
}

int kb_stream_run(const struct kb_stream_params *params, struct kb_tally *tally, struct kb_stream_result *ret_result,
                  struct kb_err *err)
{
    struct kb_lanes *lanes;
    bool one = is_content(params, tally->set);
    unsigned digests = kb_tally_digests(tally) | (one ? params->digests : 0);
    const size_t threads = kb_tally_threads(tally),
                 n_lanes = threads < KB_SLICES_LANES_MAX ? threads : KB_SLICES_LANES_MAX;
    *ret_result = (struct kb_stream_result){0};
    int r = kb_lanes_new(
        &(struct kb_lanes_params){.lanes = n_lanes, .threads = threads, .digests = digests, .meter = &tally->meter},
        &lanes, err);
    if (r)
        return r;
    struct stream *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    *s = (struct stream){.params = params,
                         .ring = kb_ring_new(KB_RING_CONSUMERS, KB_RING_SLOTS),
                         .lanes = lanes,
                         .n_lanes = n_lanes,
                         .lane = kb_lanes_at(lanes, 0),
                         .tally = tally,
                         .reading = {.extents = params->extents},
                         .is_content = one,
                         .kinds = params->digests,
                         .digests = params->ret_digests,
                         .total = params->extents->size,
                         .before = tally->result->bytes_read};
    for (size_t i = 0; i < params->extents->n; i++)
        (void)posix_fadvise(params->extents->v[i].fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    r = run_threads(s, err);
    if (!r) {
        tally->result->bytes_read += s->reading.offset;
        bool lost = kb_tally_tell_reading(tally, &s->reading, NULL) || !s->hashed;
        if (!lost && s->reading.offset != s->total) {
            tell_size(s);
            lost = true;
        }
        kb_tally_let_go(tally, lost);
        *ret_result = (struct kb_stream_result){
            .read = !lost, .digests = s->whole, .entries = s->entries && !tally->stopped, .facts = s->facts};
    }
    kb_lanes_free(lanes);
    kb_ring_free(s->ring);
    free(s);
    return r;
}
