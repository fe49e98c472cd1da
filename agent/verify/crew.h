/* SPDX-License-Identifier: Apache-2.0 */
/* Files measured by several threads, in batches that are taken back in the order in which they were given. */
#pragma once

#include "measure.h"

enum {
    KB_BATCH_ENTRIES = 128,
    KB_BATCH_FOLDERS = 16, /* that it may hold open */
    KB_BATCHES = 32,       /* on their way at most */
    KB_CREW_THREADS = 64,  /* more gain nothing on one disk */
};

struct kb_batch {
    struct kb_arena *arena; /* of the texts */
    size_t n, n_folders;
    struct kb_walked walked[KB_BATCH_ENTRIES];
    struct kb_measured measured[KB_BATCH_ENTRIES];
    struct kb_batch *next; /* of the crew */
    size_t claimed, finished;
};
struct kb_batch *kb_batch_new(void);
/* kb_batch_fill(batch, walk): as much as it takes; false: the walk is at its end. */
bool kb_batch_fill(struct kb_batch *batch, struct kb_walk *walk);
/* kb_batch_free(batch): lets go of its folders, on the thread of the walk. */
void kb_batch_free(struct kb_batch *batch);

struct kb_crew;
/* kb_crew_new(rules, threads): so many threads measure, the caller's among them. */
struct kb_crew *kb_crew_new(struct kb_measure_rules *rules, size_t threads);
/* kb_crew_free(crew): the threads end, what was not taken back is dropped. */
void kb_crew_free(struct kb_crew *crew);
/* kb_crew_has_room(crew) for one more batch; kb_crew_give(crew, batch): it is the crew's now. */
bool kb_crew_has_room(struct kb_crew *crew);
void kb_crew_give(struct kb_crew *crew, struct kb_batch *batch);
/* kb_crew_take(crew, wait): the batch that was given first, once it is done; wait: measures meanwhile. NULL: there is
 * none, or it is not done yet. */
struct kb_batch *kb_crew_take(struct kb_crew *crew, bool wait);
/* kb_crew_measurer(crew): the caller's own. */
struct kb_measurer *kb_crew_measurer(struct kb_crew *crew);
