/* SPDX-License-Identifier: Apache-2.0 */
/* Batches of files over threads. */
#include "readback.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "koboshi/file.h"
#include "koboshi/limits.h"
#include "scratch.h"

enum { READ_BYTES = 256 << 10, BATCH_FILES = 32, PROGRESS_BYTES = 16 << 20 };

struct readers {
    struct kb_readback *back;
    pthread_mutex_t lock;
    size_t next; /* the file that nobody has taken yet */
    size_t room; /* of back->wrong */
};

/* One thread's. */
struct reader {
    struct readers *all;
    struct kb_hasher *hasher;
    unsigned char *buffer;
    int parent; /* the folder of the last file, -1 if none */
    size_t parent_n;
    char parent_path[KB_PATH_BYTES_MAX + 1];
    int64_t read, bytes, unlisted; /* not yet told to back */
};

/* The folder that holds path, borrowed; -1 with errno. */
static int parent_of(struct reader *r, const char *path, const char **ret_name)
{
    const char *slash = strrchr(path, '/');
    *ret_name = slash ? slash + 1 : path;
    if (!slash)
        return r->all->back->root;
    size_t n = (size_t)(slash - path);
    if (r->parent >= 0 && n == r->parent_n && !memcmp(path, r->parent_path, n))
        return r->parent;
    if (r->parent >= 0)
        (void)close(r->parent);
    memcpy(r->parent_path, path, n);
    r->parent_path[n] = '\0';
    r->parent_n = n;
    return r->parent = kb_open_below(r->all->back->root, r->parent_path, O_PATH | O_DIRECTORY, 0);
}

/* Within a large file. */
static void say_bytes(struct reader *r, const char *path, int64_t bytes)
{
    struct kb_readback *back = r->all->back;
    (void)pthread_mutex_lock(&r->all->lock);
    back->progress(back->owner, path, back->read, back->bytes + bytes);
    (void)pthread_mutex_unlock(&r->all->lock);
}

/* Size and digest as the disk gives them; -1 with errno. */
static int read_to_end(struct reader *r, int fd, const char *path, int64_t *ret_size, struct kb_sha256 *ret_digest)
{
    struct stat st;
    if (fstat(fd, &st))
        return -1;
    if (!S_ISREG(st.st_mode)) {
        errno = ESTALE; /* it was a file when the folder was listed */
        return -1;
    }
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED); /* best effort: not every file system drops its cache */
    if (st.st_size > READ_BYTES)
        (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    kb_hasher_begin(r->hasher);
    int64_t size = 0;
    ssize_t n;
    while ((n = read(fd, r->buffer, READ_BYTES)) > 0 || (n < 0 && errno == EINTR)) {
        if (n < 0)
            continue;
        kb_hasher_add(r->hasher, r->buffer, (size_t)n);
        size += n;
        if (size % PROGRESS_BYTES == 0)
            say_bytes(r, path, size);
        if (n < READ_BYTES && size == st.st_size) /* a short read at the very end: another would give nothing */
            break;
    }
    *ret_digest = kb_hasher_end(r->hasher);
    *ret_size = size;
    return n < 0 ? -1 : 0;
}

static void tell_wrong(struct readers *all, const struct kb_reread_wrong *wrong)
{
    struct kb_readback *back = all->back;
    (void)pthread_mutex_lock(&all->lock);
    if (back->n_wrong == all->room) {
        all->room = all->room ? all->room * 2 : 16;
        back->wrong = reallocarray(back->wrong, all->room, sizeof *back->wrong);
        if (!back->wrong)
            abort();
    }
    back->wrong[back->n_wrong++] = *wrong;
    (void)pthread_mutex_unlock(&all->lock);
}

static void compare_file(struct reader *r, size_t index)
{
    const struct kb_item *item = r->all->back->files[index];
    struct kb_reread_wrong seen = {.index = index};
    const char *name;
    int parent = parent_of(r, item->path, &name);
    KB_SCOPED_FD fd = parent < 0 ? -1 : kb_open_below(parent, name, O_RDONLY | O_NONBLOCK, 0);
    if (fd < 0 || read_to_end(r, fd, item->path, &seen.size, &seen.digest)) {
        seen.cause = errno;
        tell_wrong(r->all, &seen);
        return;
    }
    r->read++;
    r->bytes += seen.size;
    if (seen.size != item->size || memcmp(&seen.digest, &item->digest, sizeof seen.digest))
        tell_wrong(r->all, &seen);
    else
        r->unlisted += (item->flags & KB_ITEM_NOT_LISTED) != 0;
}

/* Tells what was done, and takes the next batch: false, there is none. */
static bool next_batch(struct reader *r, size_t *ret_from, size_t *ret_to)
{
    struct kb_readback *back = r->all->back;
    (void)pthread_mutex_lock(&r->all->lock);
    back->read += r->read;
    back->bytes += r->bytes;
    back->unlisted += r->unlisted;
    r->read = r->bytes = r->unlisted = 0;
    *ret_from = r->all->next;
    *ret_to = back->n - *ret_from > BATCH_FILES ? *ret_from + BATCH_FILES : back->n;
    r->all->next = *ret_to;
    if (*ret_from < back->n)
        back->progress(back->owner, back->files[*ret_from]->path, back->read, back->bytes);
    (void)pthread_mutex_unlock(&r->all->lock);
    return *ret_from < *ret_to;
}

static void *read_batches(void *owner)
{
    struct reader *r = calloc(1, sizeof *r);
    if (!r || !(r->buffer = malloc(READ_BYTES)))
        abort();
    r->all = owner;
    r->parent = -1;
    r->hasher = kb_hasher_new();
    size_t from, to;
    while (next_batch(r, &from, &to))
        for (size_t i = from; i < to; i++)
            compare_file(r, i);
    if (r->parent >= 0)
        (void)close(r->parent);
    kb_hasher_free(r->hasher);
    free(r->buffer);
    free(r);
    return NULL;
}

static int by_index(const void *a, const void *b)
{
    const struct kb_reread_wrong *one = a, *other = b;
    return (one->index > other->index) - (one->index < other->index);
}

void kb_readback_run(struct kb_readback *back)
{
    struct readers all = {.back = back};
    pthread_t threads[KB_THREADS_MAX];
    size_t n = 0;
    if (pthread_mutex_init(&all.lock, NULL))
        abort();
    while (n + 1 < back->threads && !pthread_create(&threads[n], NULL, read_batches, &all))
        n++;                  /* with fewer it takes longer, no more */
    (void)read_batches(&all); /* this thread is one of them */
    while (n)
        (void)pthread_join(threads[--n], NULL);
    (void)pthread_mutex_destroy(&all.lock);
    if (back->n_wrong)
        qsort(back->wrong, back->n_wrong, sizeof *back->wrong, by_index);
}
