/* SPDX-License-Identifier: Apache-2.0 */
/* reader -> ring -> { hasher | decoder, entry digests, sink }. */
#include "stream.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/err.h"
#include "koboshi/reader.h"
#include "ring.h"

enum { HASHER, DECODER };

struct stream {
    struct kb_ring *ring;
    struct kb_tally *tally;
    struct kb_reading reading; /* the reader thread's until it is joined */
    struct kb_sha256 digest;   /* the hasher's until it is joined */
    bool hashed;
    int64_t total;
    int64_t shown; /* progress */
    bool in_entry;
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

static void *hash_whole(void *owner)
{
    struct stream *s = owner;
    struct kb_hasher *hasher = kb_hasher_new();
    const void *bytes;
    ssize_t n;
    kb_hasher_begin(hasher);
    while ((n = kb_ring_take(s->ring, HASHER, &bytes)) > 0)
        kb_hasher_add(hasher, bytes, (size_t)n);
    s->digest = kb_hasher_end(hasher);
    s->hashed = n == 0;
    kb_ring_leave(s->ring, HASHER);
    kb_hasher_free(hasher);
    return NULL;
}

static ssize_t next_block(void *owner, const void **ret_bytes)
{
    struct stream *s = owner;
    kb_tally_progress(s->tally, kb_ring_written(s->ring), s->total);
    return kb_ring_take(s->ring, DECODER, ret_bytes);
}

static void take_flaw(void *owner, const struct kb_reader_flaw *flaw)
{
    struct stream *s = owner;
    kb_tally_tell(s->tally, flaw->rule, flaw->in_entry && s->in_entry ? &s->tally->entry : NULL, flaw->expected,
                  flaw->found);
}

static int take_content(struct stream *s, struct kb_reader *reader, struct kb_err *err)
{
    const void *bytes;
    size_t n;
    int64_t offset;
    int more = -1;
    s->in_entry = true;
    while (!s->tally->stopped && (more = kb_reader_block(reader, &bytes, &n, &offset)) > 0) {
        int r = n ? kb_tally_data(s->tally, offset, bytes, n, err) : 0;
        if (r)
            return r;
    }
    int r = kb_tally_end(s->tally, !s->tally->stopped && more == 0, err);
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
        kb_tally_progress(s->tally, kb_ring_written(s->ring), s->total);
    }
    return !s->tally->stopped && r == 0;
}

/* What this kind of file cannot show, even when nothing is wrong. */
static void add_caveats(struct kb_tally *tally, const struct kb_reader_facts *facts, bool whole_listed)
{
    bool listed = tally->manifest || whole_listed;
    if (!facts->format && !facts->filter)
        kb_tally_caveat(
            tally, (struct kb_text){.en = "The file is opaque: that it can be read says nothing about its content.",
                                    .ja = "中身を調べない形式です。読めることは、内容が正しいことを意味しません。"});
    if (listed)
        return;
    if ((facts->format || facts->filter) && !facts->content_checked)
        kb_tally_caveat(
            tally, (struct kb_text){.en = "This format has no checksum of its content: without a manifest a changed "
                                          "byte inside a file is not noticed.",
                                    .ja = "この形式は内容のチェックサムを持ちません。ハッシュ一覧がないため、"
                                          "ファイルの中の1バイトの変化は検出できません。"});
    if (!facts->format && facts->members)
        kb_tally_caveat(
            tally, (struct kb_text){.en = "Compressed data that was cut exactly between two members is not noticed "
                                          "without a manifest or a known size.",
                                    .ja = "圧縮データがちょうど区切りの位置で切れていても、"
                                          "ハッシュ一覧か元の大きさがなければ検出できません。"});
}

static void conclude(struct kb_tally *tally, const struct kb_reader_facts *facts, bool whole, bool whole_listed)
{
    struct kb_set_result *r = tally->result;
    r->detected = facts->format && facts->filter ? kb_sprintf(tally->arena, "%s + %s", facts->format, facts->filter)
                  : facts->format                ? facts->format
                  : facts->filter                ? facts->filter
                  : tally->set->format == KB_FORMAT_ARCHIVE ? "unknown"
                                                            : "opaque";
    bool opaque = tally->set->format == KB_FORMAT_FILE && !tally->set->unpack;
    bool sound = whole && facts->whole && r->bytes_unpacked > 0 && tally->checked == r->files;
    r->proof.structure = opaque ? KB_NOT_APPLICABLE : sound ? KB_REACHED : KB_NOT_REACHED;
    add_caveats(tally, facts, whole_listed);
}

static int decode(struct stream *s, const struct kb_stream_params *params, struct kb_err *err)
{
    struct kb_tally *tally = s->tally;
    int64_t mtime;
    if (__builtin_mul_overflow((int64_t)params->st.st_mtim.tv_sec, KB_NS_PER_S, &mtime) ||
        __builtin_add_overflow(mtime, (int64_t)params->st.st_mtim.tv_nsec, &mtime))
        mtime = KB_ABSENT;
    struct kb_reader *reader = kb_reader_open(&(struct kb_reader_params){
        .source = {.owner = s, .next = next_block, .fd = params->fd, .size = s->total},
        .name = params->name,
        .format = tally->set->format,
        .unpack = tally->set->unpack,
        .as = tally->set->as,
        .mtime_ns = mtime,
        .passphrase = tally->set->passphrase,
        .names = params->names,
        .owner = s,
        .flaw = take_flaw,
    });
    if (!kb_reader_is_sequential(reader)) /* or the hasher would wait for us for ever */
        kb_ring_leave(s->ring, DECODER);
    int r = take_entries(s, reader, err);
    struct kb_reader_facts facts = kb_reader_facts(reader);
    kb_reader_close(reader);
    kb_ring_leave(s->ring, DECODER);
    if (r >= 0)
        conclude(tally, &facts, r > 0, tally->manifest_digest && !tally->manifest);
    int closed = r < 0 ? 0 : kb_tally_close(tally, r > 0, err);
    return closed ? closed : r;
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

/* Every way to a structure that is not good tells its reason; should one be forgotten, the result is not green even so.
 */
static void tell_if_untold(struct kb_tally *tally)
{
    if (tally->result->proof.structure == KB_NOT_REACHED && !tally->bad)
        kb_tally_tell(tally, KB_RULE_ARCHIVE_BROKEN, NULL,
                      (struct kb_text){.en = "it can be read to its end", .ja = "終わりまで読めること"},
                      (struct kb_text){.en = "it could not, for a reason that was not found out",
                                       .ja = "読めませんでした（原因は分かりません）"});
}

static int start(pthread_t *thread, void *(*run)(void *), struct stream *s, struct kb_err *err)
{
    int cause = pthread_create(thread, NULL, run, s);
    return cause ? kb_fail(err, KB_EIO, "a thread could not be started: %s", "スレッドを開始できませんでした: %s",
                           strerror(cause))
                 : 0;
}

int kb_stream_run(const struct kb_stream_params *params, struct kb_tally *tally, struct kb_sha256 *ret_digest,
                  struct kb_err *err)
{
    struct stream *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    s->ring = kb_ring_new(KB_RING_CONSUMERS);
    s->tally = tally;
    s->reading.fd = params->fd;
    s->total = params->st.st_size;
    (void)posix_fadvise(params->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    pthread_t reader, hasher;
    int r = start(&hasher, hash_whole, s, err);
    if (!r && (r = start(&reader, read_medium, s, err))) {
        kb_ring_finish(s->ring, 1);
        (void)pthread_join(hasher, NULL);
    } else if (!r) {
        /* also after a broken archive: the record names the file by its hash. After a fault nobody asks for it. */
        if ((r = decode(s, params, err)) < 0)
            kb_ring_leave(s->ring, HASHER);
        (void)pthread_join(hasher, NULL);
        (void)pthread_join(reader, NULL);
    }
    if (r >= 0) {
        tally->result->bytes_read = s->reading.offset;
        bool lost = kb_tally_tell_reading(tally, &s->reading, NULL) || !s->hashed;
        if (!lost && s->reading.offset != s->total) {
            tell_size(s);
            lost = true;
        }
        tell_if_untold(tally);
        r = !lost;
        if (!lost)
            *ret_digest = s->digest;
    }
    kb_ring_free(s->ring);
    free(s);
    return r;
}
