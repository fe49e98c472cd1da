/* SPDX-License-Identifier: Apache-2.0 */
/* Puts tasks in time: dependencies, one pair of hands per role, one reader per medium. */
#include "timeline.h"

#include "koboshi/arena.h"

/* How far a chain has come. */
struct progress {
    bool open, done;
    size_t next;     /* task in the chain */
    int64_t ready_s; /* when that one could start if it needed nobody */
    size_t cause;    /* task that set ready_s */
};

struct run {
    const struct kb_work *work;
    bool projected;
    struct kb_slot *slots;
    struct progress *chains;
    size_t *holder; /* task that held each person or reader last */
    size_t *order;  /* nobody becomes able to start before the one just placed, so placing order is order of start */
    size_t n_placed;
};

static void wait_for(struct progress *chain, int64_t finish_s, size_t task)
{
    if (task != KB_NO_TASK && finish_s >= chain->ready_s) {
        chain->ready_s = finish_s;
        chain->cause = task;
    }
}

/* Opens a chain whose dependencies are finished and passes over tasks that are placed; true if it moved. */
static bool settle(struct run *run, size_t c)
{
    const struct kb_chain *chain = &run->work->chains[c];
    struct progress *at = &run->chains[c];
    if (at->done)
        return false;
    for (size_t i = 0; !at->open && i < chain->n_after; i++)
        if (!run->chains[chain->after[i]].done)
            return false;
    bool moved = !at->open;
    for (size_t i = 0; !at->open && i < chain->n_after; i++)
        wait_for(at, run->chains[chain->after[i]].ready_s, run->chains[chain->after[i]].cause);
    at->open = true;
    for (; at->next < chain->n_tasks && run->slots[chain->tasks[at->next]].placed; at->next++, moved = true)
        wait_for(at, run->slots[chain->tasks[at->next]].finish_s, chain->tasks[at->next]);
    at->done = at->next == chain->n_tasks;
    return moved || at->done;
}

static void settle_all(struct run *run)
{
    bool moved;
    do {
        moved = false;
        for (size_t c = 0; c < run->work->n_chains; c++)
            moved |= settle(run, c);
    } while (moved);
}

static struct kb_slot earliest(const struct run *run, size_t c)
{
    const struct progress *at = &run->chains[c];
    const struct kb_task *task = &run->work->tasks[run->work->chains[c].tasks[at->next]];
    struct kb_slot slot = {.placed = true, .start_s = at->ready_s, .cause = at->cause};
    for (size_t i = 0; i < task->n_holds; i++) {
        size_t before = run->holder[task->holds[i]];
        if (before != KB_NO_TASK && run->slots[before].finish_s > slot.start_s) {
            slot.start_s = run->slots[before].finish_s;
            slot.cause = before;
        }
    }
    int64_t length_s = task->part.length_s == KB_ABSENT ? 0 : task->part.length_s;
    if (run->projected && task->projected_s != KB_ABSENT)
        length_s = task->projected_s;
    slot.finish_s = kb_seconds_add(slot.start_s, length_s);
    return slot;
}

/* Places the task that can start first; false when all are placed. */
static bool place_next(struct run *run)
{
    size_t best = KB_NO_TASK;
    struct kb_slot chosen = {0};
    settle_all(run);
    for (size_t c = 0; c < run->work->n_chains; c++) {
        if (!run->chains[c].open || run->chains[c].done)
            continue;
        struct kb_slot slot = earliest(run, c);
        if (best == KB_NO_TASK || slot.start_s < chosen.start_s) {
            best = run->work->chains[c].tasks[run->chains[c].next];
            chosen = slot;
        }
    }
    if (best == KB_NO_TASK)
        return false;
    const struct kb_task *task = &run->work->tasks[best];
    run->slots[best] = chosen;
    run->order[run->n_placed++] = best;
    for (size_t i = 0; i < task->n_holds; i++)
        run->holder[task->holds[i]] = best;
    return true;
}

struct kb_schedule kb_work_schedule(const struct kb_work *work, bool projected, struct kb_arena *arena)
{
    struct run run = {
        .work = work,
        .projected = projected,
        .slots = kb_alloc(arena, work->n_tasks, sizeof(struct kb_slot)),
        .chains = kb_alloc(arena, work->n_chains, sizeof(struct progress)),
        .holder = kb_alloc(arena, work->n_holds, sizeof(size_t)),
        .order = kb_alloc(arena, work->n_tasks, sizeof(size_t)),
    };
    for (size_t c = 0; c < work->n_chains; c++)
        run.chains[c].cause = KB_NO_TASK;
    for (size_t i = 0; i < work->n_holds; i++)
        run.holder[i] = KB_NO_TASK;
    while (place_next(&run))
        ;
    struct kb_schedule schedule = {
        .slots = run.slots, .order = run.order, .n_placed = run.n_placed, .last = KB_NO_TASK};
    for (size_t c = 0; c < work->n_chains; c++) {
        const struct progress *at = &run.chains[c];
        if (at->cause != KB_NO_TASK && (schedule.last == KB_NO_TASK || at->ready_s > schedule.finish_s)) {
            schedule.finish_s = at->ready_s;
            schedule.last = at->cause;
        }
    }
    return schedule;
}
