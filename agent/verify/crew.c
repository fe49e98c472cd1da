/* SPDX-License-Identifier: Apache-2.0 */
/* One queue under one lock: it is taken once per some files. */
#include "crew.h"

#include <pthread.h>
#include <stdlib.h>

#include "koboshi/arena.h"

enum { CLAIM = 8 }; /* files taken at a time */

struct kb_crew {
    struct kb_measure_rules *rules;
    pthread_mutex_t lock;
    pthread_cond_t moved;
    struct kb_batch *first, **end; /* in order */
    size_t n;
    bool over;
    struct kb_measurer own;
    size_t n_threads;
    pthread_t threads[KB_CREW_THREADS];
};

struct kb_batch *kb_batch_new(void)
{
    struct kb_batch *batch = calloc(1, sizeof *batch);
    if (!batch)
        abort();
    batch->arena = kb_arena_new();
    return batch;
}

bool kb_batch_fill(struct kb_batch *batch, struct kb_walk *walk)
{
    const struct kb_folder *last = NULL;
    while (batch->n < KB_BATCH_ENTRIES && batch->n_folders < KB_BATCH_FOLDERS) {
        struct kb_walked *walked = &batch->walked[batch->n];
        if (!kb_walk_next(walk, batch->arena, walked))
            return false;
        batch->n_folders += walked->folder && walked->folder != last;
        last = walked->folder ? walked->folder : last;
        batch->n++;
    }
    return true;
}

void kb_batch_free(struct kb_batch *batch)
{
    if (!batch)
        return;
    for (size_t i = 0; i < batch->n; i++) {
        kb_folder_let_go(batch->walked[i].folder);
        kb_measured_done(&batch->measured[i]);
    }
    kb_arena_free(batch->arena);
    free(batch);
}

/* Some entries of the first batch that has any left; held lock. False: there are none. */
static bool claim(struct kb_crew *crew, struct kb_batch **ret_batch, size_t *ret_from, size_t *ret_to)
{
    struct kb_batch *batch = crew->first;
    while (batch && batch->claimed == batch->n)
        batch = batch->next;
    if (!batch)
        return false;
    *ret_batch = batch;
    *ret_from = batch->claimed;
    *ret_to = batch->n - batch->claimed < CLAIM ? batch->n : batch->claimed + CLAIM;
    batch->claimed = *ret_to;
    return true;
}

/* Without the lock meanwhile. */
static void work(struct kb_crew *crew, struct kb_measurer *measurer, struct kb_batch *batch, size_t from, size_t to)
{
    (void)pthread_mutex_unlock(&crew->lock);
    for (size_t i = from; i < to; i++)
        if (kb_walked_wanted(&batch->walked[i]))
            kb_measure(measurer, &batch->walked[i], &batch->measured[i]);
    (void)pthread_mutex_lock(&crew->lock);
    batch->finished += to - from;
    if (batch->finished == batch->n && batch == crew->first)
        (void)pthread_cond_broadcast(&crew->moved);
}

static void *run_thread(void *owner)
{
    struct kb_crew *crew = owner;
    struct kb_measurer measurer;
    kb_measurer_init(&measurer, crew->rules);
    (void)pthread_mutex_lock(&crew->lock);
    while (!crew->over) {
        struct kb_batch *batch;
        size_t from, to;
        if (claim(crew, &batch, &from, &to))
            work(crew, &measurer, batch, from, to);
        else
            (void)pthread_cond_wait(&crew->moved, &crew->lock);
    }
    (void)pthread_mutex_unlock(&crew->lock);
    kb_measurer_done(&measurer);
    return NULL;
}

struct kb_crew *kb_crew_new(struct kb_measure_rules *rules, size_t threads)
{
    struct kb_crew *crew = calloc(1, sizeof *crew);
    if (!crew || pthread_mutex_init(&crew->lock, NULL) || pthread_cond_init(&crew->moved, NULL))
        abort();
    crew->rules = rules;
    crew->end = &crew->first;
    kb_measurer_init(&crew->own, rules);
    while (crew->n_threads + 1 < threads && crew->n_threads < KB_CREW_THREADS &&
           !pthread_create(&crew->threads[crew->n_threads], NULL, run_thread, crew))
        crew->n_threads++; /* with fewer it takes longer, no more */
    return crew;
}

void kb_crew_free(struct kb_crew *crew)
{
    if (!crew)
        return;
    (void)pthread_mutex_lock(&crew->lock);
    crew->over = true;
    (void)pthread_cond_broadcast(&crew->moved);
    (void)pthread_mutex_unlock(&crew->lock);
    for (size_t i = 0; i < crew->n_threads; i++)
        (void)pthread_join(crew->threads[i], NULL);
    for (struct kb_batch *batch = crew->first, *next; batch; batch = next) {
        next = batch->next;
        kb_batch_free(batch);
    }
    kb_measurer_done(&crew->own);
    (void)pthread_cond_destroy(&crew->moved);
    (void)pthread_mutex_destroy(&crew->lock);
    free(crew);
}

bool kb_crew_has_room(struct kb_crew *crew)
{
    return crew->n < KB_BATCHES; /* changed by the caller's thread alone */
}

void kb_crew_give(struct kb_crew *crew, struct kb_batch *batch)
{
    (void)pthread_mutex_lock(&crew->lock);
    *crew->end = batch;
    crew->end = &batch->next;
    crew->n++;
    (void)pthread_cond_broadcast(&crew->moved);
    (void)pthread_mutex_unlock(&crew->lock);
}

struct kb_batch *kb_crew_take(struct kb_crew *crew, bool wait)
{
    (void)pthread_mutex_lock(&crew->lock);
    struct kb_batch *batch;
    while (wait && crew->first && crew->first->finished < crew->first->n) {
        size_t from, to;
        if (claim(crew, &batch, &from, &to))
            work(crew, &crew->own, batch, from, to);
        else
            (void)pthread_cond_wait(&crew->moved, &crew->lock);
    }
    batch = crew->first && crew->first->finished == crew->first->n ? crew->first : NULL;
    if (batch) {
        crew->first = batch->next;
        if (!crew->first)
            crew->end = &crew->first;
        crew->n--;
    }
    (void)pthread_mutex_unlock(&crew->lock);
    return batch;
}

struct kb_measurer *kb_crew_measurer(struct kb_crew *crew)
{
    return &crew->own;
}
