/* SPDX-License-Identifier: Apache-2.0 */
/* A ring of files and a ring of their bytes under one lock, which is taken once per some files. */
#include "writers.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "koboshi/threads.h"

#include "scratch.h"

enum { FILES = 256, BATCH = 16, CLAIM = 4, THREADS_MAX = 4 };

/* One file; that the last of a folder brings its descriptor along keeps it open for those before. */
struct small {
    struct kb_item *item;
    int parent, closes; /* closes: -1 none */
    size_t from, n, room;
    uint8_t flags; /* what the item becomes */
    bool written;  /* under the lock */
    int cause;     /* errno */
};

struct kb_writers {
    struct kb_scratch *scratch;
    uint8_t *bytes; /* KB_WRITERS_BYTES */
    /* counted from the first file on, each up to FILES after the one before it */
    size_t judged, next; /* the caller's own */
    size_t taken, ready; /* under the lock */
    struct small files[FILES];
    bool over, waited_for;
    size_t idle;
    pthread_mutex_t lock;
    pthread_cond_t to_write, written;
    size_t n_threads;
    bool started;
    pthread_t threads[THREADS_MAX];
};

static struct small *at(struct kb_writers *w, size_t i)
{
    return &w->files[i % FILES];
}

/* 0 or errno. A file that could not be written whole is not there. */
static int write_file(const struct kb_writers *w, const struct small *small)
{
    const char *slash = strrchr(small->item->path, '/');
    const char *name = slash ? slash + 1 : small->item->path;
    int fd = kb_open_below(small->parent, name, O_WRONLY | O_CREAT | O_EXCL, small->item->mode | 0600);
    if (fd < 0)
        return errno;
    int cause = kb_scratch_write_at(fd, w->bytes + small->from, small->n, 0) ||
                        kb_scratch_complete(w->scratch, fd, small->item)
                    ? errno
                    : 0;
    if (close(fd) && !cause)
        cause = errno;
    if (cause)
        (void)unlinkat(small->parent, name, 0);
    return cause;
}

/* Some of those that nobody has taken, without the lock meanwhile; false: there are none. */
static bool work(struct kb_writers *w)
{
    size_t from = w->taken, to = w->ready - from > CLAIM ? from + CLAIM : w->ready;
    if (from == to)
        return false;
    w->taken = to;
    (void)pthread_mutex_unlock(&w->lock);
    for (size_t i = from; i < to; i++)
        at(w, i)->cause = write_file(w, at(w, i));
    (void)pthread_mutex_lock(&w->lock);
    for (size_t i = from; i < to; i++)
        at(w, i)->written = true;
    if (w->waited_for)
        (void)pthread_cond_signal(&w->written);
    return true;
}

static void *run_thread(void *owner)
{
    struct kb_writers *w = owner;
    (void)pthread_mutex_lock(&w->lock);
    while (!w->over) {
        if (work(w))
            continue;
        w->idle++;
        (void)pthread_cond_wait(&w->to_write, &w->lock);
        w->idle--;
    }
    (void)pthread_mutex_unlock(&w->lock);
    return NULL;
}

struct kb_writers *kb_writers_new(struct kb_scratch *scratch)
{
    struct kb_writers *w = calloc(1, sizeof *w);
    if (!w || !(w->bytes = malloc(KB_WRITERS_BYTES)) || pthread_mutex_init(&w->lock, NULL) ||
        pthread_cond_init(&w->to_write, NULL) || pthread_cond_init(&w->written, NULL))
        abort();
    w->scratch = scratch;
    return w;
}

/* The caller writes too, while it waits. */
static void start_threads(struct kb_writers *w)
{
    size_t wanted = kb_threads(w->scratch->set->threads) - 1;
    if (wanted > THREADS_MAX)
        wanted = THREADS_MAX;
    w->started = true;
    while (w->n_threads < wanted && !pthread_create(&w->threads[w->n_threads], NULL, run_thread, w))
        w->n_threads++; /* with fewer it takes longer, no more */
}

void kb_writers_free(struct kb_writers *w)
{
    if (!w)
        return;
    (void)pthread_mutex_lock(&w->lock);
    w->over = true;
    (void)pthread_cond_broadcast(&w->to_write);
    (void)pthread_mutex_unlock(&w->lock);
    for (size_t i = 0; i < w->n_threads; i++)
        (void)pthread_join(w->threads[i], NULL);
    for (; w->judged < w->next; w->judged++)
        if (at(w, w->judged)->closes >= 0)
            (void)close(at(w, w->judged)->closes);
    (void)pthread_cond_destroy(&w->to_write);
    (void)pthread_cond_destroy(&w->written);
    (void)pthread_mutex_destroy(&w->lock);
    free(w->bytes);
    free(w);
}

static void publish(struct kb_writers *w)
{
    if (!w->started)
        start_threads(w);
    (void)pthread_mutex_lock(&w->lock);
    w->ready = w->next;
    if (w->idle)
        (void)pthread_cond_signal(&w->to_write);
    (void)pthread_mutex_unlock(&w->lock);
}

static void judge_oldest(struct kb_writers *w)
{
    struct small *small = at(w, w->judged);
    if (w->ready == w->judged) /* changed by this thread alone */
        publish(w);
    (void)pthread_mutex_lock(&w->lock);
    while (!small->written) {
        if (work(w))
            continue;
        w->waited_for = true;
        (void)pthread_cond_wait(&w->written, &w->lock);
        w->waited_for = false;
    }
    (void)pthread_mutex_unlock(&w->lock);
    w->judged++;
    small->item->flags = small->cause ? KB_ITEM_DROPPED : small->flags;
    if (small->cause)
        kb_scratch_skip(w->scratch, small->item->path, small->cause);
    if (small->closes >= 0)
        (void)close(small->closes);
}

/* Whether so many bytes in a row are free; where. */
static bool room_for(struct kb_writers *w, size_t n, size_t *ret_from)
{
    *ret_from = 0;
    if (w->judged == w->next)
        return true;
    const struct small *last = at(w, w->next - 1);
    size_t tail = at(w, w->judged)->from, head = last->from + last->room;
    *ret_from = head;
    if (last->from < tail) /* around the end */
        return head + n <= tail;
    if (head + n <= KB_WRITERS_BYTES)
        return true;
    *ret_from = 0;
    return n < tail;
}

void kb_writers_reserve(struct kb_writers *w, int parent, int64_t size)
{
    size_t n = size ? (size_t)size : 1, from; /* empty ones too lie one after the other */
    while (w->next - w->judged == FILES || !room_for(w, n, &from))
        judge_oldest(w);
    *at(w, w->next) = (struct small){.parent = parent, .from = from, .room = n, .closes = -1};
}

bool kb_writers_add(struct kb_writers *w, int64_t offset, const void *bytes, size_t n)
{
    struct small *small = at(w, w->next);
    if (offset != (int64_t)small->n || n > small->room - small->n)
        return false;
    memcpy(w->bytes + small->from + small->n, bytes, n);
    small->n += n;
    return true;
}

void kb_writers_take_back(struct kb_writers *w, const void **ret_bytes, size_t *ret_n)
{
    const struct small *small = at(w, w->next);
    *ret_bytes = w->bytes + small->from;
    *ret_n = small->n;
}

void kb_writers_hand(struct kb_writers *w, struct kb_item *item, uint8_t flags)
{
    struct small *small = at(w, w->next++);
    small->item = item;
    small->flags = flags;
    if (w->next - w->ready >= BATCH)
        publish(w);
}

void kb_writers_settle(struct kb_writers *w)
{
    while (w && w->judged < w->next)
        judge_oldest(w);
}

void kb_writers_close(struct kb_writers *w, int parent)
{
    for (size_t i = w ? w->next : 0; w && i > w->judged; i--)
        if (at(w, i - 1)->parent == parent) {
            at(w, i - 1)->closes = parent;
            return;
        }
    (void)close(parent);
}
