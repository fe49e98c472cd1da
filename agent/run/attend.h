/* SPDX-License-Identifier: Apache-2.0 */
/* Leading people through a drill: whose turn it is, what is asked, what is kept for a restart. */
#pragma once

#include "drill.h"
#include "koboshi/ledger.h"
#include "koboshi/limits.h"
#include "koboshi/shape.h"

/* Lines of a descriptor as they come, one for each time one is wanted. */
struct kb_lines_in {
    uv_loop_t *loop;
    int fd;
    bool is_file, wanted, ended;
    uv_poll_t poll;
    uv_idle_t idle;
    char bytes[KB_ANSWER_MAX + 1];
    size_t n;
    void *owner;
    void (*line)(void *owner, char *line); /* NULL at the end */
};

/* input.c. kb_lines_in_open: owner and line are set by the caller. */
int kb_lines_in_open(struct kb_lines_in *in, uv_loop_t *loop, int fd, struct kb_err *err);
void kb_lines_in_want(struct kb_lines_in *in, bool wanted);
void kb_lines_in_drop(struct kb_lines_in *in); /* what was typed on a terminal, for a question that is gone */
void kb_lines_in_close(struct kb_lines_in *in);

/* A unit as it is kept besides its record. */
struct kb_kept_unit {
    int64_t at, used_ns;
    bool ended, failed, chosen;
    const char *medium;
    const struct kb_generation *generation;
};

/* Everything a restart needs, as it is written to the state folder: <uuid of the ledger>-<number>.json. */
struct kb_kept {
    int64_t format;
    const char *ledger; /* uuid */
    int64_t drill;
    const char *plan, *plan_sha256, *name; /* name: of the drill in the plan, NULL if ad hoc */
    KB_LIST_OF(const char *) systems;
    const char *generation, *host;
    bool keep;
    int64_t start_ns, start_wall_ns; /* boot clock and wall clock */
    int64_t saved;                   /* wall seconds; the file's mtime is the last sign of life */
    bool asked;                      /* stopped on request */
    bool clock_asked, clock_asked_end;
    int64_t unit; /* whose turn it is; KB_ABSENT: nobody's */
    bool running; /* its step was started */
    int64_t paused_since, paused_ns;
    int64_t done_ns, done_wall;
    const char *last_by;
    KB_LIST_OF(const char *) roles, people, arrived;
    const char *events;
    KB_LIST_OF(struct kb_kept_unit) units;
    KB_LIST_OF(struct kb_medium_state) media;
    const struct kb_record *record;
    bool is_signed; /* by the ledger's key, as it is; not a key of it */
};

/* kb_record_step.entered_later of a step that is to be entered at the end of the drill; never in a finished record */
enum { KB_TO_BE_ENTERED = 0 };

struct kb_attend_run {
    struct drill *drill;
    const struct kb_run_attend *face;
    struct kb_lines_in input;
    uv_timer_t tick;
    struct kb_attend_question question;
    struct kb_attend_question asked_before; /* what Ctrl-C pushed aside */
    struct kb_record_attended *seen;        /* of the record */
    bool clock_asked, clock_asked_end;
    bool stopped; /* for later */
    bool frozen;  /* its state is not written any more */
    bool unkept;  /* and could not be written when it was tried last */
    /* the open step */
    struct unit_run *unit;      /* whose turn it is */
    bool shown;                 /* its step has been told */
    bool running;               /* and started */
    int64_t paused_since;       /* ns of the drill; KB_ABSENT: not paused */
    int64_t paused_ns;          /* of this step so far */
    int64_t done_ns, done_wall; /* when it ended, before anybody was named; KB_ABSENT: it has not */
    int64_t from, until;        /* being entered from paper; KB_ABSENT: it is not */
    struct unit_run *paper;     /* unit and step that are entered after the units have ended; NULL: none */
    size_t paper_at;
    /* people, by the role they did a step of */
    KB_LIST_OF(const char *) roles, people;
    const char *last_by;
    /* media */
    bool waiting; /* for a medium */
    bool looking; /* for number look_at of those wanted */
    bool looked;  /* for all of them once */
    size_t look_at;
    struct medium_run *looking_for;   /* that one */
    const char *told;                 /* what was said about them last */
    KB_LIST_OF(const char *) arrived; /* media that came while they were waited for */
    /* state */
    int state_dir;        /* -1: none */
    const char *file;     /* in it; NULL: nothing was written yet */
    struct kb_kept *kept; /* what was read on resume; NULL: a new drill */
    bool gap_open;        /* it is not known whether the open step went on meanwhile */
};

/* attend.c; all of these do nothing in a drill that nobody attends. */
int kb_attend_begin(struct drill *drill, struct kb_err *err); /* once the loop is there */
void kb_attend_end(struct drill *drill);                      /* closes its handles */
bool kb_attend_turn(struct unit_run *unit);                   /* units are led through one at a time */
bool kb_attend_done(struct drill *drill);                     /* all units have ended: is there nothing left to ask? */
void kb_attend_signal(struct drill *drill, int number);
void kb_attend_cancel(struct drill *drill);
bool kb_attend_is_stopped(const struct drill *drill);
/* the others are for attended drills only */
void kb_attend_step(struct unit_run *unit); /* its next step is one of people */
/* attend_ask.c: the step that is open, whether or not its turn came from paper; news and questions about it. */
struct kb_record_step *kb_attend_open_step(const struct kb_attend_run *a);
const struct kb_step *kb_attend_open_plan(const struct kb_attend_run *a);
struct unit_run *kb_attend_open_unit(const struct kb_attend_run *a);
void kb_attend_say(struct kb_attend_run *a, const char *en, const char *ja);
void kb_attend_show(struct kb_attend_run *a, const struct kb_attend_question *question); /* once more */
void kb_attend_ask(struct kb_attend_run *a, enum kb_attend_asks asks, unsigned acts);
void kb_attend_ask_act(struct kb_attend_run *a);
bool kb_attend_is_silent(const struct kb_attend_run *a); /* nothing is asked, nor pushed aside by Ctrl-C */
void kb_attend_withdraw(struct kb_attend_run *a);
void kb_attend_tell(struct kb_attend_run *a, enum kb_attend_news_kind kind, const struct kb_medium *medium,
                    struct kb_text detail);
/* kb_attend_mark_done(a): the open step ends now; kb_attend_measured(a, by, source): and is closed with that time.
 * source DECLARED: what was measured does not replace what is declared. */
void kb_attend_mark_done(struct kb_attend_run *a);
void kb_attend_measured(struct kb_attend_run *a, const char *by, enum kb_time_source source);

/* attend_people.c. kb_attend_who: the name to offer, NULL if one must be given. */
const char *kb_attend_who(const struct kb_attend_run *a, const struct kb_step *plan);
void kb_attend_remember(struct kb_attend_run *a, const struct kb_step *plan, const char *by);
/* kb_attend_is_too_early(a): at a->from there was nothing yet that this acceptance could be of, which is told. */
bool kb_attend_is_too_early(struct kb_attend_run *a);
/* kb_attend_doubt_times(a): says what is odd about a->from and a->until. */
void kb_attend_doubt_times(struct kb_attend_run *a);

/* attend_medium.c. kb_attend_medium(unit, reads): the unit has its copy, and it can be read if `reads`; where not, that
 * is seen to, and it is asked again. true in a drill that nobody attends. */
bool kb_attend_medium(struct unit_run *unit, bool reads);
/* kb_attend_wants(a): the first medium of this drill that the open step waits for; NULL: none */
const struct medium_run *kb_attend_wants(const struct kb_attend_run *a);
void kb_attend_look(struct kb_attend_run *a);       /* for what the open step waits for */
void kb_attend_looked(struct kb_attend_run *a);     /* one look may have ended */
void kb_attend_leave_out(struct kb_attend_run *a);  /* what the threat destroys is not waited for, which is told */
void kb_attend_detached(struct medium_run *medium); /* it was closed */

/* attend_state.c. kb_attend_file(drill, number): its name in the state folder. */
const char *kb_attend_file(struct drill *drill, int64_t number);
int kb_attend_find(struct drill *drill, struct kb_err *err); /* first of all: resume and discard */
void kb_attend_waiting(struct drill *drill, struct kb_drill_numbers *ret_numbers);
bool kb_attend_is_resumed(const struct drill *drill);
int64_t kb_attend_number(const struct drill *drill); /* of the drill that is resumed */
bool kb_attend_save(struct drill *drill);            /* false: it could not be written, which was told */
void kb_attend_alive(struct drill *drill);           /* a sign of life */
void kb_attend_forget(struct drill *drill);

/* attend_resume.c */
int kb_attend_restore(struct drill *drill, struct kb_err *err); /* units and record as they were */
