/* SPDX-License-Identifier: Apache-2.0 */
/* evidence: the account of one drill, as it is signed, kept and reported from. */
#pragma once

#include "koboshi/finding.h"
#include "koboshi/job.h"
#include "koboshi/shape.h"
#include "koboshi/terms.h"

/* Times are UTC seconds (RFC 3339 in JSON), offsets and durations integer ns from the start of the drill on
 * CLOCK_BOOTTIME. */

enum { KB_RECORD_FORMAT = 1 };

enum kb_record_kind { KB_RECORD_DRILL, KB_RECORD_VERIFY };
enum kb_record_status { KB_RECORD_COMPLETED, KB_RECORD_CANCELED, KB_RECORD_FAULT };
/* per axis: 達成 / 条件付き達成 / 未達 / 判定なし */
enum kb_verdict { KB_VERDICT_NONE, KB_VERDICT_MET, KB_VERDICT_CONDITIONAL, KB_VERDICT_MISSED };
enum kb_unit_status {
    KB_UNIT_GOOD,
    KB_UNIT_CONDITIONAL,
    KB_UNIT_FAILED,
    KB_UNIT_NOT_RUN,
    KB_UNIT_CANCELED,
    KB_UNIT_PARTIAL
};
/* where a duration comes from, strongest first (architecture §4) */
enum kb_time_source { KB_TIME_ATTENDED, KB_TIME_MEASURED, KB_TIME_ESTIMATED, KB_TIME_DECLARED, KB_TIME_UNDECLARED };

struct kb_record_plan {
    const char *id, *version, *sha256;
    struct kb_text title, organization;
    const char *material_sha256; /* of what an approval covers */
    const char *approval;        /* "never", "current", "changed" since then; NULL in older records */
    const char *approved_by, *approved_on;
};

struct kb_record_host {
    const char *name, *os, *kernel, *machine;
    bool default_route_v4, default_route_v6;
};

/* The network of that machine while the drill ran; NULL where it could not be looked at. */
struct kb_record_network {
    bool closed;                        /* the plan says that it is */
    KB_LIST_OF(const char *) routes;    /* to everywhere: "0.0.0.0/0 via 192.0.2.1 dev eth0" */
    KB_LIST_OF(const char *) addresses; /* "192.0.2.7 (eth0)", without local ones */
    KB_LIST_OF(const char *) resolvers;
};

struct kb_record_clock {
    const char *source; /* "system" */
    bool synchronized;  /* adjtimex(2): STA_UNSYNC not set */
    const char *boot_id;
    bool boot_changed;
    int64_t jump_ns; /* wall minus boot clock over the drill; |jump| < 1 s is 0 */
    /* attended: seconds by which the operator's own clock (radio clock, time signal) was ahead of this machine's at the
     * start and at the end; KB_ABSENT if it was not compared */
    int64_t operator_offset_s, operator_offset_end_s;
};

struct kb_record_threat {
    const char *id;
    struct kb_text title;
    int64_t detect;                 /* seconds, KB_ABSENT = not declared */
    KB_LIST_OF(const char *) hosts; /* a threat to single machines: those that fail, each by itself; else empty */
};

/* One copy of a set under the threat of the drill. */
struct kb_survival {
    int64_t copy; /* index in the set's copies */
    const char *medium;
    bool survives;
    bool assumed;          /* it rests on something nobody saw: basis says on what */
    const char *by;        /* what destroys it: one of kb_destroys_names, "key"; NULL: nothing */
    struct kb_text why;    /* a clause without full stop: "HDD-A was attached when it struck" */
    struct kb_text basis;  /* what `why` rests on; empty: on the plan alone */
    int64_t written_after; /* only generations written after this survive; KB_ABSENT: all */
    int64_t newest;        /* point in time of the newest that lies there, up to the strike; KB_ABSENT: not known */
};

struct kb_record_medium {
    struct kb_medium_state state;
    struct kb_text home;
    int64_t retrieval; /* seconds */
    const char *wanted_label, *wanted_fs_uuid, *kind;
    const char *key_used; /* id of the key with which people opened its container (LUKS, BitLocker) */
};

struct kb_record_step {
    const char *id;
    int act;         /* key `do`, enum kb_step_do */
    int status;      /* enum kb_unit_status */
    const char *who; /* role or "koboshi" */
    struct kb_text text;
    int64_t started; /* wall; KB_ABSENT when it did not run */
    int64_t start_ns, ns;
    int64_t estimated_ns; /* of a sample: how long the restore of everything would take, by ns and what the files taken
                             cost (sample.h); KB_ABSENT: it was everything */
    int source;           /* enum kb_time_source of its duration */
    int64_t declared;     /* seconds, KB_ABSENT if not in the plan */
    /* attended steps of people; absent otherwise */
    int64_t ended;         /* wall */
    int64_t paused_ns;     /* between start and end, not counted in ns */
    const char *by;        /* who did it, as that person's name was given */
    const char *note;      /* what was noted, a line each */
    const char *skipped;   /* why it was not done */
    int64_t entered_later; /* wall time at which start and end were entered from paper; they were not measured */
};

/* The program was away while an attended drill was open. */
struct kb_record_interruption {
    int64_t from, until;    /* wall; `from` of a stop that nobody asked for is the last sign of life */
    int64_t ns;             /* wall difference */
    bool asked;             /* somebody stopped the drill for later */
    bool rebooted;          /* the boot id changed: times across it are wall differences */
    const char *resumed_by; /* login name, as `operator` of the record */
    const char *set, *step; /* the step that was open */
    bool counted;           /* its work went on meanwhile, and the time counts */
};

/* A drill in which people were led through their steps. */
struct kb_record_attended {
    KB_LIST_OF(const char *) by; /* everybody who did a step, as named */
    bool scripted;               /* answers were read, at least in part, from something else than a terminal */
    KB_LIST_OF(struct kb_record_interruption) interruptions;
};

/* One file of a generation that is several, in order: the pieces of a split file, a full backup and its parts. */
struct kb_record_segment {
    const char *file;                       /* path below the medium's root, escaped */
    const char *sha256;                     /* NULL: it could not be read whole */
    const char *manifest, *manifest_sha256; /* its own, of a chain; NULL: none */
    int64_t bytes, mtime, point_in_time;
};

/* The reading in the ledger that one was compared with. */
struct kb_record_earlier {
    int64_t drill; /* its number; KB_ABSENT: a verification without restore */
    int64_t time;
    const char *list;          /* the object that lists its entries */
    const char *medium, *file; /* where it lay then */
    int64_t point_in_time;
};

/* What has changed since an earlier reading of the set (change.h). */
struct kb_record_change {
    struct kb_record_earlier with;
    int64_t before, now, changed, vanished, added, renamed, unreadable; /* files */
    int64_t moved; /* files; KB_ABSENT: not looked for, they count as vanished and added */
    const char *ending;
    int64_t ending_files;
    int64_t bytes_before, bytes_now; /* of content; bytes_before KB_ABSENT if not known */
    int64_t judged_before, odd_before, named_before;
    bool partial; /* this time not everything could be read: what is not listed need not be gone */
    const char *changed_list, *vanished_list, *added_list, *renamed_list, *moved_list,
        *unreadable_list; /* some of them */
};

/* The same generation, read before. */
struct kb_record_baseline {
    struct kb_record_earlier with; /* the first time */
    int64_t before, changed, vanished, added;
    int64_t moved; /* as in kb_record_change */
};

/* (system, backup set): what happened to it */
struct kb_record_unit {
    const char *system, *set, *medium, *file, *manifest;
    struct kb_text system_title, title;
    const char *key_used; /* id of the key that opened it; NULL if it was not encrypted or stayed closed */
    int64_t copy;
    struct kb_text choice;                         /* why this copy and generation, one sentence */
    KB_LIST_OF(struct kb_survival) survival;       /* every copy of the set, in a drill with a threat; else empty */
    KB_LIST_OF(struct kb_record_segment) segments; /* empty: one file or folder */
    int64_t point_in_time;
    int pit_source;
    int64_t age_s;         /* disrupted_at − point_in_time */
    int status;            /* enum kb_unit_status */
    struct kb_text reason; /* when not good: the first reason */
    struct kb_set_result result;
    const char *proof; /* kb_proof_show of result.proof */
    const char *list;  /* kb_ledger_object: 64 digits, the object that lists every entry read; NULL if none */
    const struct kb_record_change *change;     /* NULL: there was nothing to compare with, or it was not possible */
    const struct kb_record_baseline *baseline; /* NULL: this generation was not read before, or has a manifest */
    const struct kb_confinement *confinement;
    const struct kb_fault *fault; /* when the agent itself could not do it */
    KB_LIST_OF(struct kb_record_step) steps;
};

/* One part of a function's timeline; start and length in seconds from disruption (+ detection where it counts). */
struct kb_record_part {
    const char *system, *set, *step, *role;
    struct kb_text text;
    int source;
    int64_t start_s, length_s; /* length KB_ABSENT when not declared */
    bool critical;             /* lies on the longest path */
};

struct kb_record_function {
    const char *id;
    struct kb_text title, owner, rlo;
    bool critical;
    int64_t priority, mtpd, rto, rpo; /* seconds */
    int64_t recovery_s;               /* detection not included; sum along the longest path */
    int64_t detect_s;                 /* KB_ABSENT: not declared */
    bool counts_detection;            /* rto_from: disruption */
    bool lower_bound;                 /* a part is not declared: at least this long */
    int64_t projected_s; /* the same with restore parts projected to production; KB_ABSENT without restore_to */
    int time;            /* enum kb_verdict */
    int64_t age_s;       /* oldest data it would come back with */
    int data;            /* enum kb_verdict */
    KB_LIST_OF(struct kb_record_part) parts; /* by start */
};

struct kb_record_verdict {
    int restore, time, data; /* enum kb_verdict */
};

struct kb_record {
    int64_t format;
    int kind;           /* enum kb_record_kind */
    int64_t id;         /* number of the drill in its ledger */
    const char *ledger; /* uuid */
    const char *agent_version;
    int status;   /* enum kb_record_status */
    int language; /* enum kb_lang */
    const char *zone;
    const char *fiscal_year_start; /* "10-01", as the plan has it; NULL: 1 April */
    const char *drill;             /* id in the plan, NULL if ad hoc */
    struct kb_text title;
    const char *rto_from;
    struct kb_record_plan plan;
    const char *operator_; /* key `operator`: login name, and who it acts for (sudo) */
    struct kb_record_host host;
    const struct kb_record_network *network;
    struct kb_record_clock clock;
    int64_t started, finished, ns;
    int64_t disrupted_at;
    bool disrupted_at_given;
    const struct kb_record_threat *threat;
    int64_t seed; /* of a generation chosen at random, and of a sample; KB_ABSENT: none was */
    const struct kb_record_attended *attended; /* NULL: nobody was asked anything */
    const char *scratch;
    bool scratch_kept;
    KB_LIST_OF(struct kb_record_medium) media;
    KB_LIST_OF(struct kb_record_unit) units;
    KB_LIST_OF(struct kb_record_function) functions;
    KB_LIST_OF(struct kb_finding) findings; /* worst first */
    struct kb_record_verdict verdict;
    KB_LIST_OF(struct kb_text) deviations;
    KB_LIST_OF(struct kb_text) not_proven;
    const struct kb_fault *fault;
};

extern const struct kb_shape kb_record_shape, kb_record_verdict_shape, kb_survival_shape;
/* NULL-terminated spellings in enum order */
extern const char *const kb_record_status_names[], *const kb_verdict_names[], *const kb_unit_status_names[];

/* kb_record_read(json bytes, …): strict for this format, in arena memory. A newer format number is refused by name. */
int kb_record_read(const char *text, size_t n, struct kb_arena *arena, const struct kb_record **ret_record,
                   struct kb_err *err);
/* kb_record_write(record, arena, ret_n): the bytes of record.json: indented, keys in table order, final newline. */
char *kb_record_write(const struct kb_record *record, struct kb_arena *arena, size_t *ret_n);

/*
 * kb_proof_show(arena, proof, sample): the highest level of L0 … L4 up to which none is "not reached" ("not applicable"
 * does not break the run), then what else was reached, then what is lacking below that: "L4 +L5", "L1 +L3 +L5 (no L2)",
 * "–" when it does not exist. L5 and L6 speak of some files and are always extras. The reason behind "no L2" is a
 * caveat of the result. sample: percent of the files of which L4 speaks, > 0 if not of all: "L4 (sample 10%) +L5".
 */
const char *kb_proof_show(struct kb_arena *arena, const struct kb_proof *proof, int64_t sample);
/* kb_result_sample(result): percent of the sample that was restored, 0 if none was or it was everything. */
int64_t kb_result_sample(const struct kb_set_result *result);
/* kb_proof_told(arena, proof, lang): what kb_proof_show wrote, as people of that language read it: "L1 +L3（L2なし）",
 * "L4（抜き取り 10%）".
 */
const char *kb_proof_told(struct kb_arena *arena, const char *proof, enum kb_lang lang);
