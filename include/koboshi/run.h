/* SPDX-License-Identifier: Apache-2.0 */
/* run: a drill from plan to record: workers, clocks, cancellation. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "koboshi/ledger.h"
#include "koboshi/plan.h"
#include "koboshi/record.h"
#include "koboshi/register.h"

struct kb_arena;
struct kb_err;

/* Where things are and how strict to be; absolute paths. */
struct kb_run_place {
    const char *worker;  /* koboshi-worker */
    const char *ledger;  /* folder of the ledger */
    const char *scratch; /* folder below which drills make theirs */
    const char *mounts;  /* folder below which disks are mounted; used as root only */
    const char *locks;   /* folder of the medium and system locks */
    const char
        *verified; /* folder in which verifications of trees keep which files they verified when; NULL: nowhere */
    const char *attended; /* folder in which attended drills keep how far they are */
    enum kb_sandbox_mode sandbox;
    const char *user; /* account for workers when root, NULL otherwise */
};

/* A medium that has not given a byte for a while. */
struct kb_stall {
    int64_t since; /* UTC seconds */
    int64_t ns;    /* so long */
    int64_t bytes; /* were read before */
};

/* Told while it runs, on the loop's thread. Every text is safe to show. */
struct kb_run_watch {
    void *owner;
    void (*unit_started)(void *owner, const struct kb_record_unit *unit, const struct kb_record_step *step);
    void (*unit_progress)(void *owner, const struct kb_record_unit *unit, const struct kb_progress *progress);
    /* each second while a unit is stalled, from two seconds on */
    void (*unit_stalled)(void *owner, const struct kb_record_unit *unit, const struct kb_stall *stall);
    void (*unit_ended)(void *owner, const struct kb_record_unit *unit);
};

/* Where the keys of encrypted backups come from; the run itself never sees one. */
struct kb_run_keys {
    void *owner;
    /* open(owner, key, ret_fd, err): a descriptor that gives the key of this id (NULL: the plan names none), which the
     * caller closes; 0 if it is not known. */
    int (*open)(void *owner, const char *key, int *ret_fd, struct kb_err *err);
};

/* What a person may do at a step. */
enum kb_attend_act {
    KB_ACT_START,
    KB_ACT_DONE,
    KB_ACT_LOOK,   /* wait_medium: look for it now */
    KB_ACT_PAUSE,  /* time stands still */
    KB_ACT_RESUME, /* and goes on */
    KB_ACT_NOTE,
    KB_ACT_SKIP,
    KB_ACT_TIMES, /* it was done already: start and end from paper */
    KB_ACT_LATER, /* it is done now and entered from paper at the end of the drill */
    KB_ACT_LIST,
    KB_ACT_STOP, /* the drill waits until it is resumed */
    KB_ACT_COUNT,
};

/* What is asked, and what the answer holds. */
enum kb_attend_asks {
    KB_ASK_NOTHING,
    KB_ASK_CLOCK,     /* number: seconds by which the person's own clock is ahead; KB_ABSENT: not compared */
    KB_ASK_ACT,       /* act, one of `acts` */
    KB_ASK_WHO,       /* text: the name; NULL: the one offered in `fallback` */
    KB_ASK_NOTE,      /* text; NULL: none after all */
    KB_ASK_REASON,    /* text: why it is skipped; NULL: not skipped after all */
    KB_ASK_FROM,      /* number: UTC seconds; KB_ABSENT: not entered after all */
    KB_ASK_UNTIL,     /* the same */
    KB_ASK_SURE,      /* yes: start, end and name of the step are right */
    KB_ASK_WENT_ON,   /* yes: the work went on while the program was away */
    KB_ASK_INTERRUPT, /* act: STOP, or DONE: cancel the drill, or RESUME: neither */
};

struct kb_attend_question {
    enum kb_attend_asks asks;
    unsigned acts;                     /* bits 1 << enum kb_attend_act */
    const struct kb_record_unit *unit; /* NULL for CLOCK and INTERRUPT */
    const struct kb_record_step *step; /* the same */
    const struct kb_step *plan;        /* the same; what it is called, who, done, how long */
    const char *fallback;              /* WHO: the name offered; NULL: one must be given */
    int64_t from, until;               /* SURE: UTC seconds. WENT_ON: when the program was away */
};
struct kb_attend_answer {
    int act; /* enum kb_attend_act */
    bool yes;
    int64_t number;
    const char *text; /* in the run's arena or static; printable */
};

/* What happened meanwhile; texts are sentences of their own, safe to show. */
enum kb_attend_news_kind {
    KB_NEWS_STEP,    /* the turn of this step has come, or it is open again */
    KB_NEWS_WAITING, /* `medium` is waited for; detail: what is there instead of it, if anything */
    KB_NEWS_HERE,    /* `medium` has come */
    KB_NEWS_DETACH,  /* `medium` is not in use any more and may be detached */
    KB_NEWS_LIST,    /* show all steps, the open one marked */
    KB_NEWS_SAID,    /* detail: why the answer cannot be taken, or what is odd about it */
    KB_NEWS_GAP,     /* taken up again; gap */
    KB_NEWS_STOPPED, /* it waits now */
};
struct kb_attend_news {
    enum kb_attend_news_kind kind;
    const struct kb_record *record;
    const struct kb_record_unit *unit;
    const struct kb_record_step *step;
    const struct kb_step *plan;
    const struct kb_role *role; /* whose step it is, where the plan has its roles */
    const struct kb_medium *medium;
    bool alternative; /* WAITING: this one will do instead of the one told before */
    struct kb_text detail;
    const struct kb_record_interruption *gap;
};

/*
 * Leads people through their steps. Answers are lines of `input`, read on the loop; its end, SIGTERM and SIGHUP stop
 * the drill for later, SIGINT asks. All functions are called on the loop's thread.
 */
struct kb_run_attend {
    void *owner;
    int input;    /* a terminal, pipe or file to read answers from, line by line */
    bool resume;  /* take up the drill of this plan and name that was stopped */
    bool discard; /* give that one up first: the ledger says that it was interrupted */
    void (*tell)(void *owner, const struct kb_attend_news *news);
    void (*ask)(void *owner, const struct kb_attend_question *question);
    /* A line typed, valid UTF-8 without its end: true and *ret_answer, or false after saying what is wrong with it. */
    bool (*answer)(void *owner, const struct kb_attend_question *question, const char *line, struct kb_arena *arena,
                   struct kb_attend_answer *ret_answer);
    /* The question is not open any more, without an answer. */
    void (*withdraw)(void *owner);
};

struct kb_run_params {
    const struct kb_plan *plan;
    const struct kb_drill *drill; /* NULL: all systems, restore in full, newest */
    enum kb_record_kind kind;     /* DRILL, or VERIFY: the pass alone over `sets` (none: all) */
    const char *const *systems;   /* only these, n_systems of them; 0: all of the drill */
    size_t n_systems;
    const char *const *sets;
    size_t n_sets;
    const char *host;               /* only systems on this host, the one that fails; NULL: all */
    bool threat_given;              /* `threat` instead of the drill's */
    const struct kb_threat *threat; /* NULL: none */
    int64_t disrupted_at;           /* UTC seconds; KB_ABSENT: now */
    const char *generation; /* "newest", "oldest", "random", or part of a generation's name; NULL: as the drill says */
    int64_t seed;           /* of a generation chosen at random and of a sample; KB_ABSENT: a new one */
    enum kb_order order;    /* in which the files of trees are read */
    int64_t max_duration;   /* VERIFY: seconds after which nothing more is begun; 0: none. A tree goes on another day */
    bool keep;              /* leave the scratch */
    const struct kb_run_keys *keys; /* NULL: no key is known */
    const struct kb_run_place *place;
    const struct kb_run_watch *watch;
    const struct kb_run_attend *attend; /* NULL: nobody is asked; a step of people counts as declared */
    struct kb_ledger *ledger;           /* open for appending */
};

/*
 * kb_run_drill(params, arena, ret_record, ret_exit, err): runs it, writes record and ledger, cleans up. SIGINT and
 * SIGTERM cancel it while it runs. Returns 0 whenever a record was written (ret_exit then holds the exit status: fault
 * > 1 > 75 > 0, 130 if cancelled), else a fault before or beside the record (ledger, locks). An attended drill that
 * was stopped for later has no record yet: 0, *ret_record NULL, exit 75. It keeps its number and stays open in the
 * ledger until it is resumed or discarded; a drill that died in any other way is kept the same way.
 */
int kb_run_drill(const struct kb_run_params *params, struct kb_arena *arena, const struct kb_record **ret_record,
                 int *ret_exit, struct kb_err *err);

/* kb_operator_name(arena): the login name, and who it acts for (sudo). */
const char *kb_operator_name(struct kb_arena *arena);

/* One path without a plan: the pass over a file or folder, writing nothing. */
struct kb_run_path {
    const char *path;          /* absolute */
    size_t n_pieces;           /* 0: one file or folder */
    const char *const *pieces; /* absolute: files that are read as one instead of `path` */
    const char *manifest;      /* absolute, or NULL */
    enum kb_format format;
    enum kb_order order; /* of the files of a tree */
    int key_fd;          /* gives the key to it; 0 for none; stays the caller's */
    int list_fd;         /* receives the entries read as GNU checksum lines; -1 for none */
};
struct kb_path_result {
    enum kb_unit_status status;
    struct kb_set_result result;
    const char *proof;
    const struct kb_fault *fault;
    const struct kb_confinement *confinement;
    KB_LIST_OF(struct kb_finding) findings;
};
/* kb_run_verify_path(path, place, watch_progress, arena, ret_result, err): in a worker of its own. KB_ECANCELED on
 * SIGINT. */
int kb_run_verify_path(const struct kb_run_path *path, const struct kb_run_place *place,
                       void (*progress)(void *owner, const struct kb_progress *progress), void *owner,
                       struct kb_arena *arena, struct kb_path_result *ret_result, struct kb_err *err);

/* One medium of the plan as it is now. */
struct kb_look_medium {
    const struct kb_medium *medium;
    struct kb_medium_state state;   /* WRONG only where the disk claims to be this one: its UUID, or its label */
    const struct kb_health *health; /* NULL: a folder, or not here */
    const struct kb_fault *fault;   /* the agent could not look */
};
struct kb_look {
    KB_LIST_OF(struct kb_look_medium) media; /* in the order of the plan */
    KB_LIST_OF(struct kb_disk) disks;        /* attached and not of the plan */
    const struct kb_fault *fault;            /* the agent could not list the attached disks */
};

/* kb_run_look(plan, place, disks_only, arena, ret_look, err): every medium of the plan (a NAS that does not answer
 * takes its time: disks_only leaves folders out), and what else is attached; nothing is mounted. KB_ECANCELED on a
 * signal. */
int kb_run_look(const struct kb_plan *plan, const struct kb_run_place *place, bool disks_only, struct kb_arena *arena,
                const struct kb_look **ret_look, struct kb_err *err);
/* kb_medium_is_here(medium, state): this very medium is attached, though perhaps locked or not readable; a disk
 * that only may be it does not count. */
bool kb_medium_is_here(const struct kb_medium *medium, const struct kb_medium_state *state);
/* kb_look_findings(plan, look, arena, ret_n): what is wrong: wrong and doubled disks, empty mounts, what cannot be
 * read, failing and wearing disks, two disks of one rotation at once. */
const struct kb_finding *kb_look_findings(const struct kb_plan *plan, const struct kb_look *look,
                                          struct kb_arena *arena, size_t *ret_n);

/*
 * The media log: a line `medium_seen` whenever a disk of the plan comes or goes. A change is told when it has held for
 * KB_WATCH_SETTLE_S; once KB_WATCH_LINES lines were told of a medium within an hour, only when it has held for
 * KB_WATCH_CALM_S, with the number of times it came and went in between: a loose cable costs ten lines an hour.
 */
enum { KB_WATCH_SETTLE_S = 3, KB_WATCH_CALM_S = 600, KB_WATCH_LINES = 4 };
struct kb_watch_params {
    const struct kb_plan *plan;
    const struct kb_run_place *place;
    struct kb_ledger *ledger;
    bool for_drill; /* what comes was not attached for backups; else only what comes while a drill holds its lock */
    void *owner;
    void (*told)(void *owner, const struct kb_line *line); /* after it is in the ledger */
};
/* kb_run_watch(params, arena, err): until a signal ends it, which is success. At its start it tells what is present,
 * and what left while nobody watched. */
int kb_run_watch(const struct kb_watch_params *params, struct kb_arena *arena, struct kb_err *err);

/* One backup set on the disk that is to leave. */
struct kb_swap_set {
    const struct kb_set *set;
    size_t copy;                                   /* index in its copies */
    const struct kb_generation *newest, *previous; /* NULL: there is none */
    int64_t n;                                     /* generations on the disk */
    int64_t fresh_until;                           /* of the newest; without an interval in the plan: a week */
    int64_t verified;                              /* when the newest was, on this disk; KB_ABSENT: never */
    int manifest;                                  /* enum kb_answer: there; ABSENT: the plan names none */
    bool compared;                                 /* with the last time the disk left */
    int64_t n_new, n_vanished, n_rewritten;
};

/* May the disk of the week be exchanged? */
struct kb_swap {
    struct kb_turn turn;
    const struct kb_medium *out, *in;  /* in NULL: not known */
    const struct kb_look_medium *look; /* of the one that leaves */
    struct kb_medium_state state;      /* as it was opened */
    const struct kb_line *last;        /* its last exchange; NULL: none */
    KB_LIST_OF(struct kb_swap_set) sets;
    KB_LIST_OF(struct kb_generation) generations; /* all, as listed */
    KB_LIST_OF(struct kb_finding) findings;
    bool good; /* no finding is bad */
};
struct kb_swap_params {
    const struct kb_plan *plan;
    const struct kb_rotation *rotation;
    const struct kb_medium *to; /* the one that comes; NULL: whose turn it is */
    bool verify;                /* the pass over the newest generation of each set, first */
    const struct kb_run_place *place;
    const struct kb_run_watch *watch; /* of that pass; NULL: nobody */
    struct kb_ledger *ledger;
};
/*
 * kb_run_swap(params, arena, ret_swap, err): looks at the disk that is here, mounts it without writing a bit, lists it,
 * releases it, and judges. Writes nothing but the `verified` line. KB_EAGAIN: no disk of the rotation is here, or it is
 * in use; KB_ECANCELED on a signal.
 */
int kb_run_swap(const struct kb_swap_params *params, struct kb_arena *arena, const struct kb_swap **ret_swap,
                struct kb_err *err);
/* kb_run_swap_log(params, swap, arena, err): the `medium_swapped` line, with the generations that leave, and with what
 * speaks against it if anything does. */
int kb_run_swap_log(const struct kb_swap_params *params, const struct kb_swap *swap, struct kb_arena *arena,
                    struct kb_err *err);
/* What was seen at one place of which no plan knows yet. */
struct kb_scanned {
    const char *path;                    /* as asked for, absolute */
    const struct kb_medium_state *state; /* as kb_media_identify tells it */
    const struct kb_scan_end *end;
    KB_LIST_OF(struct kb_seen) seen; /* upper levels first */
};
/* kb_run_scan(path, place, progress, owner, arena, ret_scanned, err): in a worker of its own, within the KB_SCAN_*
 * limits; nothing is written to the place. KB_ECANCELED on SIGINT. */
int kb_run_scan(const char *path, const struct kb_run_place *place, void (*progress)(void *owner, int64_t seen),
                void *owner, struct kb_arena *arena, struct kb_scanned *ret_scanned, struct kb_err *err);
