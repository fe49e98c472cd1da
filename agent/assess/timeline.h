/* SPDX-License-Identifier: Apache-2.0 */
/* What one business function needs, the tasks that bring it back, and when each of them can be done. */
#pragma once

#include "koboshi/assess.h"

#define KB_NO_TASK SIZE_MAX

/* The systems a function needs, with all they depend on, in plan order. */
struct kb_needs {
    size_t n;
    const struct kb_system **v;
};

/* What the drill saw of the data behind a function. Each pointer is the first of its kind in plan order, NULL if none.
 */
struct kb_facts {
    bool has_units;
    const struct kb_record_unit *lost;    /* failed, not run or canceled: the function does not come back */
    const struct kb_record_unit *oldest;  /* of those that came back */
    const struct kb_record_unit *later;   /* point in time after the disruption */
    const struct kb_record_unit *undated; /* came back, point in time not known */
    const struct kb_set *undrilled;       /* needed, but not part of this drill */
    int64_t age_s;                        /* of `oldest`; KB_ABSENT without one */
};

/* One part of the timeline before it has a place in time. */
struct kb_task {
    struct kb_record_part part;
    int64_t projected_s;      /* its length on the production machine; KB_ABSENT: as in part */
    size_t holds[2], n_holds; /* people and readers nobody else has meanwhile; index below kb_work.n_holds */
    const struct kb_add *add; /* shared by all systems of `host` (NULL: of the whole drill) */
    const char *host;
};

/* What is done for one system, in order. A task may stand in several chains: it is done once and all wait for it. */
struct kb_chain {
    const struct kb_system *system;
    size_t n_tasks, n_after;
    size_t *tasks;
    size_t *after; /* chains that must be finished first */
};

struct kb_work {
    size_t n_tasks, n_chains, n_holds;
    struct kb_task *tasks;
    struct kb_chain *chains;
};

struct kb_slot {
    bool placed;
    int64_t start_s, finish_s;
    size_t cause; /* the task whose end set this start, KB_NO_TASK at the very beginning */
};

struct kb_schedule {
    struct kb_slot *slots; /* one per task */
    size_t *order;         /* tasks by start */
    size_t n_placed;       /* all of them */
    int64_t finish_s;
    size_t last; /* task that finishes last, KB_NO_TASK if there is none */
};

/* kb_seconds_add(a, b), kb_seconds_between(from, to): saturating; times from a medium may be anything. */
int64_t kb_seconds_add(int64_t a, int64_t b);
int64_t kb_seconds_between(int64_t from, int64_t to);

/* kb_titled(title, id): both languages filled, with the id where the plan gives no title. */
struct kb_text kb_titled(struct kb_text title, const char *id);

struct kb_needs kb_needs_of(const struct kb_plan *plan, const struct kb_function *function, struct kb_arena *arena);
/* kb_unit_of(input, system, set): NULL if this set was not part of the drill. */
const struct kb_record_unit *kb_unit_of(const struct kb_assess_input *input, const char *system, const char *set);
/* kb_unit_came_back(unit): good or conditional. */
bool kb_unit_came_back(const struct kb_record_unit *unit);
struct kb_facts kb_facts_of(const struct kb_assess_input *input, const struct kb_needs *needs);

/* kb_work_lay(input, needs, arena): tasks with length and source, chained per system. */
struct kb_work kb_work_lay(const struct kb_assess_input *input, const struct kb_needs *needs, struct kb_arena *arena);

/*
 * kb_work_schedule(work, projected, arena): the earliest time for each task. A chain begins when those it comes after
 * are finished; whoever could start first does, then plan order decides. An undeclared length counts 0.
 */
struct kb_schedule kb_work_schedule(const struct kb_work *work, bool projected, struct kb_arena *arena);

/* Verdicts of one function (enum kb_verdict), from its figures and facts. */
int kb_judge_time(const struct kb_record_function *row, const struct kb_facts *facts);
int kb_judge_data(const struct kb_record_function *row, const struct kb_facts *facts);
/* kb_compared_s(row): what is held against the RTO: recovery, with detection where it counts and is declared. */
int64_t kb_compared_s(const struct kb_record_function *row);
