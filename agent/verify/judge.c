/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of a folder told to the tally: limits first, then what their content came to. */
#include "judge.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"

static void tell_unread(struct kb_judge *judge, const struct kb_entry *entry, int cause)
{
    judge->lost = true;
    KB_SCOPED_ARENA arena = kb_arena_new();
    kb_tally_tell(judge->tally, KB_RULE_READ_FAILED, entry,
                  (struct kb_text){.en = "it can be opened and read", .ja = "開いて読めること"},
                  kb_text_new(arena, "%s", "%s", strerror(cause)));
}

static void tell_elsewhere(struct kb_judge *judge, const struct kb_entry *entry)
{
    kb_tally_tell(judge->tally, KB_RULE_ENTRY_KIND, entry,
                  (struct kb_text){.en = "a folder of the same file system", .ja = "同じファイルシステムのフォルダ"},
                  (struct kb_text){.en = "another file system is mounted here; it was not entered",
                                   .ja = "別のファイルシステムがマウントされているため、中を見ていません"});
}

/* True: it was not read to its end. */
static bool tell_short(struct kb_judge *judge, const struct kb_reading *reading, int64_t came, int64_t size)
{
    struct kb_tally *tally = judge->tally;
    bool lost = reading && kb_tally_tell_reading(tally, reading, &tally->entry);
    if (!lost && !tally->stopped && came != size) {
        KB_SCOPED_ARENA arena = kb_arena_new();
        kb_tally_tell(tally, KB_RULE_READ_FAILED, &tally->entry,
                      kb_text_new(arena, "%" PRId64 " bytes", "%" PRId64 " バイト", size),
                      kb_text_new(arena, "%" PRId64 " bytes came", "%" PRId64 " バイトでした", came));
        lost = true;
    }
    judge->lost |= lost;
    return lost;
}

static int end_unread(struct kb_judge *judge, struct kb_err *err)
{
    judge->measurer->content.whole = false;
    return kb_tally_end(judge->tally, &judge->measurer->content, err);
}

/* Read only now: it is handed on piece by piece, or its turn had to come before its limit could be judged. */
static int read_now(struct kb_judge *judge, struct kb_walked *walked, const struct kb_measured *measured,
                    struct kb_err *err)
{
    struct kb_tally *tally = judge->tally;
    struct kb_measurer *m = judge->measurer;
    int cause;
    KB_SCOPED_FD fd = kb_measure_open(m->rules, walked, &cause);
    if (fd < 0) {
        tell_unread(judge, &tally->entry, cause);
        return end_unread(judge, err);
    }
    struct kb_reading reading = {.fd = fd};
    if (measured->reading)
        reading.failed = measured->reading->failed;
    ssize_t n;
    kb_gauge_begin(m->gauge);
    while (!tally->stopped && (n = kb_reading_next(&reading, m->buffer, KB_MEASURE_BYTES)) > 0) {
        int r = kb_tally_data(tally, reading.offset - n, m->buffer, (size_t)n, err);
        if (r)
            return r;
        if (!tally->stopped)
            kb_gauge_data(m->gauge, reading.offset - n, m->buffer, (size_t)n);
        tally->result->bytes_read += n;
        kb_measure_came(m->rules, walked, (size_t)n);
    }
    bool lost = tell_short(judge, &reading, reading.offset, walked->size);
    kb_gauge_end(m->gauge, !lost, &m->content);
    return kb_tally_end(tally, &m->content, err);
}

/* It was read, but what came is neither kept here nor with the sink, which wants it. */
static bool is_wanted_again(const struct kb_judge *judge, const struct kb_measured *measured)
{
    const struct kb_sink *sink = judge->tally->sink;
    return sink && !judge->tally->apart && !measured->cause && !measured->bytes &&
           !(sink->has && sink->has(sink->owner, judge->file));
}

static int judge_file(struct kb_judge *judge, struct kb_walked *walked, struct kb_measured *measured,
                      struct kb_err *err)
{
    struct kb_tally *tally = judge->tally;
    if (measured->state == KB_MEASURED_LATER) { /* not read, which is no finding: the result says how many */
        judge->left++;
        tally->left_bytes += walked->size;
        tally->later = true;
        int r = end_unread(judge, err);
        tally->later = false;
        return r;
    }
    if (measured->state == KB_MEASURED_NOT && !judge->measurer->rules->keep)
        kb_measure(judge->measurer, walked, measured); /* the way through the disk could not read it */
    if (measured->state != KB_MEASURED_READ || is_wanted_again(judge, measured))
        return read_now(judge, walked, measured, err);
    if (measured->cause) {
        tell_unread(judge, &tally->entry, measured->cause);
        return end_unread(judge, err);
    }
    tally->result->bytes_read += measured->came;
    int r = measured->bytes && measured->came <= walked->size
                ? kb_tally_data(tally, 0, measured->bytes, (size_t)measured->came, err)
                : kb_tally_data(tally, measured->came, NULL, 0, err);
    if (r)
        return r;
    bool lost = tell_short(judge, measured->reading, measured->came, walked->size);
    struct kb_content *content = &judge->measurer->content;
    kb_measured_unpack(measured, content);
    content->whole = !lost;
    return kb_tally_end(tally, content, err);
}

int kb_judge_next(struct kb_judge *judge, struct kb_walked *walked, struct kb_measured *measured, struct kb_err *err)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_tally *tally = judge->tally;
    struct kb_entry e = {.raw = walked->path,
                         .raw_n = walked->path_n,
                         .shown = kb_escape(arena, walked->path, walked->path_n),
                         .kind = (enum kb_entry_kind)walked->kind,
                         .fault = (enum kb_path_fault)walked->fault,
                         .target = walked->target,
                         .size = walked->size,
                         .mode = walked->mode,
                         .mtime_ns = walked->mtime_ns};
    if (walked->event == KB_WALKED_UNREAD)
        tell_unread(judge, &e, walked->cause);
    else if (walked->event == KB_WALKED_ELSEWHERE)
        tell_elsewhere(judge, &e);
    if (walked->event != KB_WALKED_ENTRY)
        return 0;
    if (e.fault == KB_PATH_SAFE)
        e.path = walked->path;
    else if (e.fault == KB_PATH_NAME_TOO_LONG)
        e.long_path = walked->path;
    (void)atomic_fetch_add(&judge->measurer->rules->entries, 1);
    int wanted = kb_tally_entry(tally, &e, err);
    kb_tally_progress(tally, atomic_load(&judge->measurer->rules->came), KB_ABSENT);
    return wanted > 0 ? judge_file(judge, walked, measured, err) : wanted;
}
