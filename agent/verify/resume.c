/* SPDX-License-Identifier: Apache-2.0 */
/* Records read, looked up and written. */
#include "resume.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"

enum { GATHER = 64 << 10 };

struct kb_resume {
    int in, out;
    int64_t until_ns; /* CLOCK_BOOTTIME; 0: as long as it takes */
    int64_t flushed_ns;
    int64_t now; /* UTC seconds, the same for all of this run */
    struct kb_verified *v;
    size_t n;
    struct kb_hasher *hasher;
    uint8_t gather[GATHER];
    size_t gathered;
    struct kb_freshness freshness;
};

struct kb_resume *kb_resume_new(const char *path, int out, int64_t seconds)
{
    struct kb_resume *resume = calloc(1, sizeof *resume);
    if (!resume)
        abort();
    resume->in = path ? open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : -1;
    resume->out = out;
    if (seconds != KB_ABSENT && seconds < KB_WORKER_CPU_MAX)
        resume->until_ns = kb_boot_ns() + seconds * KB_NS_PER_S;
    resume->now = kb_wall_s();
    resume->hasher = kb_hasher_new();
    return resume;
}

void kb_resume_free(struct kb_resume *resume)
{
    if (!resume)
        return;
    kb_close_p(&resume->in);
    kb_hasher_free(resume->hasher);
    free(resume->v);
    free(resume);
}

static void flush(struct kb_resume *resume)
{
    if (resume->out >= 0 && resume->gathered && kb_write_all(resume->out, resume->gather, resume->gathered))
        resume->out = -1; /* the next run verifies again what this one could not tell */
    resume->gathered = 0;
    resume->flushed_ns = kb_boot_ns();
}

static void put(struct kb_resume *resume, const void *bytes, size_t n)
{
    if (n > GATHER - resume->gathered)
        flush(resume);
    memcpy(resume->gather + resume->gathered, bytes, n);
    resume->gathered += n;
}

/* How many records follow a head that is the one wanted; 0: nothing that counts. */
static size_t count(const struct kb_resume *resume, const uint8_t *wanted)
{
    struct stat st;
    uint8_t head[KB_VERIFIED_HEAD_BYTES];
    if (resume->in < 0 || fstat(resume->in, &st) || !S_ISREG(st.st_mode) || st.st_size > KB_VERIFIED_FILE_MAX ||
        kb_read_full(resume->in, head, sizeof head) != sizeof head || memcmp(head, wanted, sizeof head) != 0)
        return 0;
    return (size_t)(st.st_size - KB_VERIFIED_HEAD_BYTES) / KB_VERIFIED_BYTES;
}

void kb_resume_begin(struct kb_resume *resume, const struct kb_sha256 *manifest)
{
    uint8_t head[KB_VERIFIED_HEAD_BYTES] = KB_VERIFIED_MAGIC, record[KB_VERIFIED_BYTES];
    if (manifest)
        memcpy(head + sizeof KB_VERIFIED_MAGIC - 1, manifest->bytes, sizeof manifest->bytes);
    size_t n = count(resume, head);
    resume->v = calloc(n ? n : 1, sizeof *resume->v);
    if (!resume->v)
        abort();
    FILE *in = n ? fdopen(dup(resume->in), "re") : NULL;
    while (in && resume->n < n && fread(record, sizeof record, 1, in) == 1)
        kb_verified_read(record, &resume->v[resume->n++]);
    if (in)
        (void)fclose(in);
    resume->n = kb_verified_sort(resume->v, resume->n, resume->now);
    put(resume, head, sizeof head);
}

int64_t kb_resume_until(const struct kb_resume *resume)
{
    return resume->until_ns;
}

static struct kb_verified record_of(struct kb_resume *resume, const struct kb_walked *walked, int64_t when)
{
    struct kb_verified verified = {
        .size = walked->size, .mtime_ns = walked->mtime_ns, .inode = walked->inode, .when = when};
    kb_hasher_begin(resume->hasher);
    kb_hasher_add(resume->hasher, walked->path, walked->path_n);
    const struct kb_sha256 digest = kb_hasher_end(resume->hasher);
    memcpy(verified.print, digest.bytes, sizeof verified.print);
    return verified;
}

static int by_print(const void *a, const void *b)
{
    const struct kb_verified *x = a, *y = b;
    return memcmp(x->print, y->print, sizeof x->print);
}

int64_t kb_resume_when(struct kb_resume *resume, const struct kb_walked *walked)
{
    const struct kb_verified now = record_of(resume, walked, 0);
    const struct kb_verified *before = bsearch(&now, resume->v, resume->n, sizeof now, by_print);
    bool same = before && before->size == now.size && before->mtime_ns == now.mtime_ns && before->inode == now.inode;
    return same ? before->when : 0;
}

static void write_record(struct kb_resume *resume, const struct kb_walked *walked, int64_t when)
{
    uint8_t record[KB_VERIFIED_BYTES];
    const struct kb_verified verified = record_of(resume, walked, when);
    kb_verified_write(&verified, record);
    put(resume, record, sizeof record);
}

void kb_resume_note(struct kb_resume *resume, const struct kb_walked *walked)
{
    struct kb_freshness *c = &resume->freshness;
    c->files++;
    c->now++;
    write_record(resume, walked, resume->now);
    if (kb_boot_ns() - resume->flushed_ns >= KB_NS_PER_S) /* whatever becomes of this process */
        flush(resume);
}

void kb_resume_carry(struct kb_resume *resume, const struct kb_walked *walked, int64_t when)
{
    struct kb_freshness *c = &resume->freshness;
    c->files++;
    if (!when) {
        c->never++;
        return;
    }
    write_record(resume, walked, when);
    if (resume->now - when <= KB_FRESHNESS_RECENT_S)
        c->recent++;
    else
        c->older++;
    if (!c->oldest || when < c->oldest)
        c->oldest = when;
}

const struct kb_freshness *kb_resume_end(struct kb_resume *resume, bool all, struct kb_arena *arena)
{
    static const struct kb_verified end = {.when = KB_VERIFIED_ALL};
    uint8_t record[KB_VERIFIED_BYTES];
    kb_verified_write(&end, record);
    if (all)
        put(resume, record, sizeof record);
    flush(resume);
    struct kb_freshness *freshness = kb_alloc(arena, 1, sizeof *freshness);
    *freshness = resume->freshness;
    if (!freshness->oldest)
        freshness->oldest = freshness->now ? resume->now : KB_ABSENT;
    return freshness;
}
