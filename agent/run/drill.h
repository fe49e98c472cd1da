/* SPDX-License-Identifier: Apache-2.0 */
/* The state of one drill while it runs; everything here ends in the record. */
#pragma once

#include <uv.h>

#include "child.h"
#include "child.h"
#include "events.h"
#include "koboshi/err.h"
#include "koboshi/run.h"
#include "koboshi/survival.h"

struct drill;

/* One medium of the drill: opened by a worker before the units start, closed by a worker after they have ended. */
struct medium_run {
    struct drill *drill;
    const struct kb_medium *plan;
    struct kb_job_medium job;
    struct kb_job open_job, close_job;
    struct kb_medium_state state;
    bool asked;  /* it was looked for: an answer has come, or it is known why none did */
    bool stuck;  /* a worker that held it could not be ended */
    bool in_use; /* one reader per medium */
    /* Attended drills look for media when they are needed and let them go in between. */
    bool open;                   /* it can be read now */
    bool awaited;                /* people have been asked to bring it: that it is absent is no finding */
    bool told;                   /* its own findings are in the record */
    struct kb_medium_state seen; /* as it was when it was last let go; .medium NULL: never */
    KB_LIST_OF(struct kb_generation) seen_generations; /* with it */
    bool was_listed;                                   /* in this process, and let go */
    const struct unit_run *looked_by;
    struct kb_arena *look_arena; /* of the last look, until it is known that nothing of it is kept; NULL: none */
    KB_LIST_OF(struct kb_generation) generations;
    struct kb_child *child;
};

/* (system, backup set) on its way through the steps of its procedure. */
struct unit_run {
    struct drill *drill;
    const struct kb_system *system; /* NULL for a verify of a set that no system names */
    const struct kb_set *set;
    struct kb_record_unit *record;
    const struct kb_step *const *plan_steps; /* as many as record->steps.n */
    size_t at;                               /* the step that runs or comes next */
    struct medium_run *medium;               /* NULL: no usable copy */
    const struct kb_generation *generation;
    struct kb_job_set job_set;
    struct kb_job job;
    struct kb_child *child;
    int64_t used_ns;                             /* of max_duration */
    int64_t moved_ns, moved_wall_s, moved_bytes; /* when its worker last got further, and to where */
    bool started, ended, failed, got_result;     /* got_result: of the step that runs, or ran last */
    bool canceled;                               /* before its last step was through */
    struct kb_progress reached;                  /* of the step that runs, numbers alone, while it reads the medium */
    char entry[512];                             /* and the entry it was at, as far as it fits; "": none */
    bool chosen;                                 /* attended: its copy has been looked for */
    int list_fd;
    const char *verified; /* of a tree that is verified: name of its state while a worker adds to it; NULL: none */
    int verified_fd;
    bool late; /* the time of the run was over before it could begin */
};

enum drill_phase { PHASE_SWEEP, PHASE_MEDIA, PHASE_UNITS, PHASE_CLEANUP, PHASE_DONE };

struct kb_attend_run;

struct drill {
    const struct kb_run_params *params;
    struct kb_attend_run *attend; /* NULL: nobody is asked */
    struct kb_arena *arena;
    uv_loop_t loop;
    uv_signal_t signals[3]; /* SIGINT, SIGTERM, SIGHUP */
    uv_timer_t second;      /* each second, for what is told of units that stand still */
    enum drill_phase phase;
    bool canceled;
    bool scratch_left; /* what cleaning could not remove */
    int running;       /* children */
    int64_t start_ns, start_wall_ns;
    const char *name; /* of the folders it makes: "<ledger>-000042" */
    struct kb_events events;
    struct kb_record *record;
    const struct kb_threat *threat;
    struct kb_record_threat *record_threat; /* what the record says of it; NULL without one */
    const struct kb_lines *history;         /* of the ledger before this drill ended; NULL: not read yet */
    struct kb_media_log media_log;          /* what was attached when; read only with a threat */
    struct medium_run *media;
    size_t n_media;
    struct unit_run *units;
    size_t n_units;
    size_t n_findings;
    struct kb_child *cleaner;
    struct kb_job cleanup_job;
    KB_LIST_OF(const char *) stale_scratch, stale_mounts; /* what drills that never finished may have left */
    KB_LIST_OF(int) locks;
    struct kb_drill_run *booked; /* its place in the ledger; NULL for a verification */
    struct kb_err fault;         /* the first fault of the agent itself; code 0 if none */
};

/* drill.c */
int64_t kb_drill_now(const struct drill *drill);          /* ns since its start */
int64_t kb_drill_max_duration(const struct drill *drill); /* seconds, of each unit */
void kb_drill_finding(struct drill *drill, const struct kb_finding *finding);
void kb_drill_fault(struct drill *drill, const struct kb_err *err);
void kb_drill_pump(struct drill *drill);
void kb_drill_cancel(struct drill *drill);
/* kb_drill_child(drill, params, ret_child, err): starts a worker for the drill; a failure is kept as the drill's fault
 * as well. */
int kb_drill_child(struct drill *drill, const struct kb_child_params *params, struct kb_child **ret_child,
                   struct kb_err *err);

/* media.c */
void kb_drill_media_plan(struct drill *drill);  /* which media the units may need */
void kb_drill_media_open(struct drill *drill);  /* PHASE_MEDIA */
void kb_drill_media_judge(struct drill *drill); /* what only all of them together show; after PHASE_MEDIA */
void kb_drill_media_close(struct drill *drill); /* part of PHASE_CLEANUP */
void kb_drill_media_cancel(struct drill *drill);
/* kb_medium_open(medium, awaited): looks for it, again if need be; its child ends, then it is open or its state says
 * why not. kb_medium_close(medium): unmounts it while the drill goes on. */
void kb_medium_open(struct medium_run *medium, bool awaited);
void kb_medium_close(struct medium_run *medium);
/* kb_medium_folder(drill, medium): the folder below which the drill mounts it; swept if a crash left it behind. */
const char *kb_medium_folder(const struct drill *drill, const struct kb_medium *medium);

/* threat.c: nothing to do and nothing lost without a threat */
int kb_threat_begin(struct drill *drill, struct kb_err *err); /* reads the log of media */
void kb_threat_judge(struct unit_run *unit); /* which of its copies survive, once their media are listed */
bool kb_threat_leaves(const struct unit_run *unit, size_t copy);
bool kb_threat_leaves_generation(const struct unit_run *unit, size_t copy, const struct kb_generation *generation);
/* kb_threat_why_lost(unit, copy): one sentence without full stop about a copy that does not survive. */
struct kb_text kb_threat_why_lost(const struct unit_run *unit, size_t copy);
void kb_threat_no_survivor(struct unit_run *unit); /* the unit fails with its finding */
void kb_threat_deviations(struct drill *drill);
struct kb_text kb_threat_hosts(const struct drill *drill); /* of the limits; empty unless several machines fail */

/* choose.c */
void kb_choose_generations(struct drill *drill);
void kb_choose_for(struct unit_run *unit); /* one alone, when its media are known */

/* sample.c: what a drill that restores a sample asks of its workers and says of their results. */
/* kb_drill_sample(drill): percent, KB_ABSENT if it restores everything or nothing. */
int64_t kb_drill_sample(const struct drill *drill);
void kb_unit_sample(struct unit_run *unit); /* fills its job */
/* kb_sample_judge(unit): a result of a restore proves nothing if it is not of the sample that was asked for. */
void kb_sample_judge(struct unit_run *unit);
/* kb_sample_time(step, result): the time of a restore that brought a sample, projected to everything. */
void kb_sample_time(struct kb_record_step *step, const struct kb_set_result *result);
void kb_sample_limits(struct drill *drill); /* what its record does not prove */

/* units.c */
int kb_units_plan(struct drill *drill, struct kb_err *err);
void kb_units_pump(struct drill *drill);
bool kb_units_ended(const struct drill *drill);
void kb_units_cancel(struct drill *drill);
/* kb_units_tell_stalled(drill): tells the watch of each unit whose medium has not given a byte for a while. */
void kb_units_tell_stalled(struct drill *drill);
/* kb_unit_start(unit): its copy is chosen and its medium open: the job of its workers. */
void kb_unit_start(struct unit_run *unit);
/* kb_unit_settle(unit): how it stands after its last step, in its record. */
void kb_unit_settle(struct unit_run *unit);
/* kb_unit_scratch(unit): the folder it restores into, NULL for a verification. */
const char *kb_unit_scratch(const struct unit_run *unit);

/* steps.c */
bool kb_step_is_automatic(int act); /* enum kb_step_do: done by a worker, not by people */
/* kb_step_next(unit): runs or accounts for the steps from unit->at on until one is running, must wait, or all are
 * through. */
void kb_step_next(struct unit_run *unit);
void kb_step_skip_rest(struct unit_run *unit, enum kb_unit_status status);
/* kb_unit_finding(unit, finding): one of the agent's own about this unit; a bad one fails it. */
void kb_unit_finding(struct unit_run *unit, struct kb_finding *finding);

/* overrun.c: units whose worker met a limit. */
enum { KB_STALLED_S = 2 }; /* without a byte, where progress is told four times a second: its medium stands still */
int64_t kb_unit_max_duration(const struct unit_run *unit); /* seconds: that of the drill, or of the set's budget */
void kb_unit_timed_out(struct unit_run *unit, const struct kb_child_outcome *outcome, bool reads_medium);
void kb_unit_over(struct unit_run *unit, const struct kb_child_outcome *outcome);

/* history.c */
/* kb_unit_history(unit): what its pass listed against earlier lists of the set in the ledger, into its record and
 * findings. A list of a million lines takes seconds, in which the loop stands still. */
void kb_unit_history(struct unit_run *unit);

/* closed_network.c: the network of this machine, into the record and findings. */
void kb_network_account(struct drill *drill);

/* account.c */
void kb_not_proven(struct drill *drill, struct kb_text text); /* one sentence more */
void kb_account_begin(struct drill *drill);
void kb_account_end(struct drill *drill);
int kb_account_exit(const struct drill *drill);
