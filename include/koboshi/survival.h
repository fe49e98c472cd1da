/* SPDX-License-Identifier: Apache-2.0 */
/* assess: what a threat leaves of the copies of a set, and what was attached when it struck. Pure functions. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "koboshi/ledger.h"
#include "koboshi/plan.h"
#include "koboshi/record.h"

struct kb_arena;

/* All times are UTC seconds. A threat is at work from its strike to its detection, both included: a disk that comes at
 * the very instant is lost. One that leaves is away from then on: its line was written when it had gone. Days are those
 * of the process' zone. */

struct kb_attached_span {
    int64_t from; /* one that was only seen to leave: a week before, its turn */
    int64_t to;   /* first second without it; INT64_MAX: it has not left */
};

/* What the ledger says of one medium of the plan. */
struct kb_medium_log {
    KB_LIST_OF(struct kb_attached_span) spans; /* attached for backups, by time */
    KB_LIST_OF(int64_t) seen;                  /* instants at which it was seen attached, by time */
    int64_t known_from;                        /* before this the ledger is silent about it; INT64_MAX: always */
    int64_t last; /* the last line about it or another disk of its rotation; KB_ABSENT: none */
};
struct kb_media_log {
    size_t n;
    struct kb_medium_log *v; /* as the media of the plan */
};

/*
 * kb_media_log_of(plan, lines, arena): from the lines medium_seen and medium_swapped of this plan, the newest
 * KB_PRESENCE_LINES_MAX of them, in the order of the ledger. Those marked for_drill tell of no attachment, nor does
 * medium_seen of a disk whose place (`at` of its rotation, else `on`) is another machine than the plan's host of `kind:
 * verification`, which sees only what is plugged into itself. A disk of a rotation takes the place of the others: when
 * one comes, another one goes that came by a swap and was not seen within the same five minutes; one that was seen is
 * there until it is seen to leave. What leaves without having come may have been there since it left before. A swap
 * that does not name what comes brings the next disk of the rotation. Where the clock was set back by more than an
 * hour, nothing before that counts.
 */
struct kb_media_log kb_media_log_of(const struct kb_plan *plan, const struct kb_lines *lines, struct kb_arena *arena);

/* What was found on one medium of the plan when it was listed. */
struct kb_medium_listed {
    bool listed;                 /* false: it could not be looked at */
    KB_LIST_OF(int64_t) backups; /* points in time of its generations, of any set, in any order */
};

/* All that is known about what was attached when. */
struct kb_presence {
    const struct kb_plan *plan;
    const struct kb_media_log *log;        /* NULL: there is no ledger */
    const struct kb_medium_listed *listed; /* as the media of the plan; NULL: none was looked at */
    int64_t now;                           /* the ledger speaks of the time up to this */
};

struct kb_attached {
    bool attached;
    bool assumed;         /* nothing seen says so: the worst case, or the plan carried out as written */
    int64_t at;           /* when in the span: its beginning, or when the medium came */
    struct kb_text basis; /* one sentence: what this rests on */
};

/*
 * kb_attached_during(presence, medium, from, to, arena): was it attached at any time of this span. In this order:
 * always connected as the plan has it (no: an export that a cloud service keeps); by the log; by a backup that was
 * written to it in the span. Where the log is silent (so is one of a rotation in which two turns
 * passed without a line), the disk of the rotation with the newest generation up to `from`
 * counts as attached, assumed; while another disk of it could not be listed, the one that is due by the swap day (its
 * noon) since that generation. A disk without a rotation counts as attached. After `now` (without a log: after `from`)
 * the rotation goes on as planned: a disk that comes on a swap day that lies in the span from midnight to midnight
 * counts, assumed.
 *
 * Where disks are attached only during_backup (and where one without a rotation is kept at another site), the disk in
 * turn counts if it was seen in the span, if a backup was written to it there, give or take an hour, or if one is due
 * in what of it lies after `now`.
 */
struct kb_attached kb_attached_during(const struct kb_presence *presence, const struct kb_medium *medium, int64_t from,
                                      int64_t to, struct kb_arena *arena);

struct kb_survival_input {
    const struct kb_presence *presence; /* with its plan */
    const struct kb_threat *threat;
    const struct kb_system *system; /* whose data it is; NULL: not known */
    const struct kb_set *set;
    int64_t at; /* when the threat strikes */
};

/*
 * kb_survival_of(input, copy, arena): does this copy survive, and if not, by which word of the threat's `destroys`:
 * - online, writable_by_admin, provider_hosted: the medium is (kb_medium_is)
 * - attached: the medium was attached at any time from the threat to its detection; one that is online always is.
 *   Detection that is not declared: up to now, assumed
 * - same_host: the medium is part of the system's host, lies on it (`on`), or was plugged into it (`rotations.X.at`)
 *   when it struck. A host that the plan does not name is another one, assumed
 * - onsite: the medium is kept on site, in no safe that is rated for media, or was attached on site when it struck
 * - mirror: the set is one, unless the log shows that the medium was not attached until detection
 * - key: every copy of the key of the medium or of this copy is lost with the same threat: paper and offline ones as
 *   `onsite` says, one in a system by online, writable_by_admin, same_host (the system that is lost) or onsite
 * What nobody can change while immutable_for runs (beyond detection) survives online, writable_by_admin, and attached
 * where the medium is online: written_after says which generations those are.
 */
struct kb_survival kb_survival_of(const struct kb_survival_input *input, size_t copy, struct kb_arena *arena);

/* kb_generation_survives(survival, point_in_time): the copy survives, and this generation in it. */
bool kb_generation_survives(const struct kb_survival *survival, int64_t point_in_time);

/* kb_threat_destroys(threat, word): it stands in `destroys`. */
bool kb_threat_destroys(const struct kb_threat *threat, enum kb_destroys word);
