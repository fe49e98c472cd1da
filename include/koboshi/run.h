/* SPDX-License-Identifier: Apache-2.0 */
/* run: a drill from plan to record: workers, clocks, cancellation. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "koboshi/plan.h"
#include "koboshi/record.h"

struct kb_arena;
struct kb_err;
struct kb_ledger;

/* Where things are and how strict to be; absolute paths. */
struct kb_run_place {
    const char *worker;  /* koboshi-worker */
    const char *ledger;  /* folder of the ledger */
    const char *scratch; /* folder below which drills make theirs */
    const char *mounts;  /* folder below which disks are mounted; used as root only */
    const char *locks;   /* folder of the medium and system locks */
    enum kb_sandbox_mode sandbox;
    const char *user; /* account for workers when root, NULL otherwise */
};

/* Told while it runs, on the loop's thread. Every text is safe to show. */
struct kb_run_watch {
    void *owner;
    void (*unit_started)(void *owner, const struct kb_record_unit *unit, const struct kb_record_step *step);
    void (*unit_progress)(void *owner, const struct kb_record_unit *unit, const struct kb_progress *progress);
    void (*unit_ended)(void *owner, const struct kb_record_unit *unit);
};

/* Where the keys of encrypted backups come from; the run itself never sees one. */
struct kb_run_keys {
    void *owner;
    /* open(owner, key, ret_fd, err): a descriptor that gives the key of this id (NULL: the plan names none), which the
     * caller closes; 0 if it is not known. */
    int (*open)(void *owner, const char *key, int *ret_fd, struct kb_err *err);
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
    int64_t seed;           /* of a generation chosen at random; KB_ABSENT: a new one */
    bool keep;              /* leave the scratch */
    const struct kb_run_keys *keys; /* NULL: no key is known */
    const struct kb_run_place *place;
    const struct kb_run_watch *watch;
    struct kb_ledger *ledger; /* open for appending */
};

/*
 * kb_run_drill(params, arena, ret_record, ret_exit, err): runs it, writes record and ledger, cleans up. SIGINT and
 * SIGTERM cancel it while it runs. Returns 0 whenever a record was written (ret_exit then holds the exit status: fault
 * > 1 > 75 > 0, 130 if cancelled), else a fault before or beside the record (ledger, locks).
 */
int kb_run_drill(const struct kb_run_params *params, struct kb_arena *arena, const struct kb_record **ret_record,
                 int *ret_exit, struct kb_err *err);

/* kb_operator_name(arena): the login name, and who it acts for (sudo). */
const char *kb_operator_name(struct kb_arena *arena);

/* One path without a plan: the pass over a file or folder, writing nothing. */
struct kb_run_path {
    const char *path;     /* absolute */
    const char *manifest; /* absolute, or NULL */
    enum kb_format format;
    int key_fd;  /* gives the key to it; 0 for none; stays the caller's */
    int list_fd; /* receives the entries read as GNU checksum lines; -1 for none */
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
