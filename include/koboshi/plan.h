/* SPDX-License-Identifier: Apache-2.0 */
/* plan: one YAML file turned into an immutable struct, with every mistake told at its line and column. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "koboshi/budgets.h"
#include "koboshi/company.h"
#include "koboshi/digest.h"
#include "koboshi/job.h"
#include "koboshi/shape.h"
#include "koboshi/terms.h"
#include "koboshi/text.h"

struct kb_arena;
struct kb_err;

/* Durations are seconds, sizes bytes, rates bytes per second. KB_ABSENT and NULL mean: not written in the plan. */

enum kb_restore_amount { KB_RESTORE_FULL, KB_RESTORE_NONE };
enum kb_generation_choice { KB_GENERATION_NEWEST, KB_GENERATION_RANDOM, KB_GENERATION_OLDEST };
enum kb_per { KB_PER_ONCE, KB_PER_HOST, KB_PER_PC };
enum kb_weekday { KB_MON, KB_TUE, KB_WED, KB_THU, KB_FRI, KB_SAT, KB_SUN };
enum kb_connected { KB_CONNECTED_ALWAYS, KB_CONNECTED_DURING_BACKUP };
/* What a threat does away with, as bits of kb_threat.destroys. */
#define KB_DESTROYS(X)                                                                                                 \
    X(ONLINE, "online")                                                                                                \
    X(ATTACHED, "attached")                                                                                            \
    X(WRITABLE_BY_ADMIN, "writable_by_admin")                                                                          \
    X(SAME_HOST, "same_host") X(ONSITE, "onsite") X(MIRROR, "mirror") X(PROVIDER_HOSTED, "provider_hosted")
#define KB_DESTROYS_ENUM(id, spelling) KB_DESTROYS_##id,
enum kb_destroys { KB_DESTROYS(KB_DESTROYS_ENUM) KB_DESTROYS_COUNT };
#undef KB_DESTROYS_ENUM
extern const char *const kb_destroys_names[]; /* NULL-terminated, in enum order */
/* The words that `interval` and `before` take beside a duration. */
#define KB_BUSINESS_DAY KB_WORD(0)
#define KB_BEFORE_DWELL KB_WORD(0)

struct kb_plan_head {
    const char *id;
    struct kb_text title;
    const struct kb_organization *organization;
    const char *version;
    int language;         /* enum kb_lang */
    const char *timezone; /* IANA, default Asia/Tokyo */
    int rto_from;         /* enum kb_rto_from */
    struct kb_text scope;
    int status; /* enum kb_plan_status, -1: not written */
    const char *reviewed_on;
    int64_t review_interval;
    KB_LIST_OF(struct kb_text) assumptions;
    KB_LIST_OF(struct kb_plan_copy) plan_copies;
    const struct kb_approval *approval;
    KB_LIST_OF(struct kb_revision) revisions;
};

struct kb_rlo {
    struct kb_text text; /* keys ja/en inline: `rlo: {ja: …, percent: 60}` */
    int64_t percent;
};

enum kb_impact_level { KB_IMPACT_SMALL, KB_IMPACT_MEDIUM, KB_IMPACT_LARGE };
/* What it costs to be without the function for this long. */
struct kb_impact {
    int64_t after;
    int level; /* enum kb_impact_level */
    struct kb_text why;
};

/* How the work goes on by hand. */
struct kb_alternate {
    struct kb_text text; /* keys ja/en inline */
    struct kb_text kit;  /* what must lie ready */
    int64_t lasts;
};

/* Work of entering afterwards what was done by hand. */
struct kb_reentry {
    struct kb_text text; /* keys ja/en inline */
    int64_t per_lost_day;
};

struct kb_function {
    const char *id;
    struct kb_text title;
    struct kb_text owner; /* a role id or a name, as the company writes it */
    int64_t priority;
    bool critical;
    int64_t mtpd, rto, rpo;
    const struct kb_rlo *rlo;
    KB_LIST_OF(const char *) needs; /* system ids */
    KB_LIST_OF(struct kb_impact) impact;
    const struct kb_alternate *alternate;
    const struct kb_reentry *reentry;
};

/* The machine that would be restored to for real; projects the measured restore time onto production. */
struct kb_restore_to {
    const char *os;
    const char *fs;      /* names are judged against it: ext4 xfs btrfs ntfs exfat */
    int64_t write, link; /* bytes per second */
};

struct kb_spare {
    struct kb_text what;
    int64_t ready_in;
};

/* What a system needs beside its data to run again, and where that is kept: "paper", "offline", "set", "system",
 * "vendor", "none"; NULL: not said. */
struct kb_rebuild {
    const char *config, *installer, *licence;
};

struct kb_system {
    const char *id;
    struct kb_text title;
    const char *kind;
    const char *on; /* host id */
    int64_t rto, rpo;
    KB_LIST_OF(const char *) depends_on;  /* system ids, acyclic */
    KB_LIST_OF(const char *) backup_sets; /* set ids */
    const struct kb_restore_to *restore_to;
    struct kb_text vendor; /* id in external_contacts, or a name */
    int personal_data;     /* enum kb_yes_no */
    int provider_hosted;   /* enum kb_yes_no */
    const struct kb_spare *spare;
    const struct kb_rebuild *rebuild;
};

struct kb_host {
    const char *id;
    struct kb_text title;
    const char *kind;
    const char *os;
};

/* A second site: far enough, and not hit by the same flood or quake. `offsite: true` and `false` are `away` alone; a
 * medium whose `away` is false has none. */
struct kb_offsite {
    bool away;
    int64_t km;
    int same_hazard_zone; /* enum kb_yes_no */
};

struct kb_encryption {
    int kind;        /* enum kb_encryption_kind */
    const char *key; /* id in `keys`; the secret itself is never in a plan */
};

struct kb_medium {
    const char *id;
    struct kb_text title;
    int kind; /* enum kb_medium_kind */
    const char *label;
    const char *fs_uuid;   /* hdd, rdx: of the (inner) file system */
    const char *luks_uuid; /* hdd, rdx: of the encrypted container around it */
    const char *serial;
    const char *mount;  /* the other kinds: an absolute path, or one relative to the plan file */
    const char *source; /* nas: what must be mounted there */
    const char *fs;     /* nas: type of that mount */
    const char *on;     /* host id */
    struct kb_text home;
    const struct kb_offsite *offsite; /* NULL: on the same site */
    int64_t retrieval;
    const char *purchased; /* date */
    const struct kb_encryption *encryption;
    /* enum kb_yes_no; absent: as the kind has it (kb_medium_is) */
    int online, writable_by_admin, same_host, provider_hosted;
    bool media_rated; /* its safe protects disks, not only paper */
};

/* Disks that take turns: each is attached one week in `disks.n`. `interval` of a copy on one of them is how often one
 * is made while it is attached, so at most 7 days, or exactly the whole round, once each time it comes; anything else
 * would fall due while the disk is away, and is a mistake of the plan. */
struct kb_rotation {
    const char *id;
    struct kb_text title;
    KB_LIST_OF(const char *) disks; /* medium ids, in turn */
    int swap;                       /* enum kb_weekday */
    int connected;                  /* enum kb_connected */
    const char *at;                 /* host id */
};

struct kb_key_copy {
    struct kb_text place;
    int kind;           /* enum kb_key_place */
    const char *system; /* system id, for kind system */
    int onsite;         /* enum kb_yes_no; absent: yes */
};

/* A passphrase or key file: where its copies are, never what it is. */
struct kb_secret {
    const char *id;
    struct kb_text title;
    const char *custodian, *deputy; /* role ids */
    KB_LIST_OF(struct kb_key_copy) stored;
    const char *rotated_on; /* date */
};

struct kb_copy {
    const char *medium;
    const char *path;     /* pattern below the medium's root, see pattern.h; of a chain: the folder it lies in */
    const char *manifest; /* pattern with the same parts, filled from the generation chosen */
    int64_t interval;     /* seconds, or KB_BUSINESS_DAY: a new generation is due this often */
    const struct kb_encryption *encryption;
    int64_t immutable_for; /* nobody can change or delete it for this long after it was written */
};

struct kb_expect {
    int64_t min_files;
    int64_t min_bytes;
    int64_t max_change; /* percent of files changed since the last good drill */
    KB_LIST_OF(struct kb_canary) canary;
};

struct kb_retention {
    int64_t daily, weekly, monthly, yearly; /* generations that are kept */
};

struct kb_set {
    const char *id;
    struct kb_text title;
    bool important;
    const char *source; /* where the data is in production, as the company writes it */
    int tool;           /* enum kb_tool_id */
    int method;         /* enum kb_method; from the tool where not written */
    int format;         /* enum kb_format; from the tool where not written */
    const struct kb_retention *retention;
    const struct kb_set_chain *chain;             /* format chain only */
    const struct kb_point_in_time *point_in_time; /* NULL: as the tool has it */
    bool unpack;
    const char *as;
    const char *recovery; /* procedure id; NULL: restore, then nothing */
    KB_LIST_OF(struct kb_copy) copies;
    const struct kb_expect *expect;
    int name_encoding;                /* enum kb_name_encoding */
    const struct kb_budgets *budgets; /* NULL: the usual ones */
};

struct kb_step {
    const char *id;
    int act; /* key `do`, enum kb_step_do */
    const char *role;
    int64_t expect;                   /* declared duration */
    struct kb_text text;              /* keys ja/en inline */
    KB_LIST_OF(const char *) threats; /* only in drills with one of these; empty: always */
    KB_LIST_OF(const char *) media;
    KB_LIST_OF(struct kb_probe) probes;
    struct kb_text done;
    KB_LIST_OF(const char *) covers;  /* what readiness rules may count on */
    const char *parallel_with;        /* id of another step of this procedure */
    const char *level;                /* proof that its completion gives: "L5", "L6" */
    const char *attested;             /* date on which somebody showed that it works */
    KB_LIST_OF(const char *) command; /* do: command: argv; `probes` then holds a check by it */
};

struct kb_procedure {
    const char *id;
    struct kb_text title;
    KB_LIST_OF(struct kb_step) steps;
};

struct kb_add {
    struct kb_text step;
    int64_t takes;
    int per; /* enum kb_per */
    const char *role;
    const char *before; /* id of a step, or a word of `do`, it comes before; absent: restore */
    const char *unless; /* not needed where the system has this: "spare" */
};

struct kb_threat {
    const char *id;
    struct kb_text title;
    KB_LIST_OF(const char *) destroys; /* kb_destroys_names; of the built-in ones unless the plan writes its own */
    int64_t detect;
    int64_t dwell; /* how long it may have been at work before it showed */
    KB_LIST_OF(struct kb_add) adds;
};

/* `restore: full | none | {sample: 10%}` */
struct kb_drill_restore {
    int amount;     /* enum kb_restore_amount */
    int64_t sample; /* percent; KB_ABSENT: all */
};

/* `generation: newest | random | oldest | {before: dwell}` */
struct kb_drill_generation {
    int choice;     /* enum kb_generation_choice */
    int64_t before; /* at least this old at disrupted_at: seconds, or KB_BEFORE_DWELL: the threat's dwell; KB_ABSENT */
};

struct kb_drill {
    const char *id;
    struct kb_text title;
    const char *schedule; /* RFC 5545 RRULE */
    const char *from;     /* date of its DTSTART */
    const char *threat;
    KB_LIST_OF(const char *) systems;
    KB_LIST_OF(const char *) media; /* only these are used; empty: all */
    struct kb_drill_restore restore;
    struct kb_drill_generation generation;
    int64_t max_duration; /* per unit; default 4h */
};

/* What the network of the verification machine must be like. */
struct kb_network {
    bool closed;                    /* no default route, no resolver */
    struct kb_text directory;       /* directory service (AD), "none" */
    KB_LIST_OF(const char *) allow; /* address ranges, CIDR */
};

struct kb_evidence {
    const char *key; /* "SHA256:…", the fingerprint records must be signed with */
};

struct kb_plan {
    int64_t koboshi; /* format version, 1 */
    struct kb_plan_head plan;
    KB_LIST_OF(struct kb_function) functions;
    KB_LIST_OF(struct kb_system) systems;
    KB_LIST_OF(struct kb_host) hosts;
    KB_LIST_OF(struct kb_rotation) rotations;
    KB_LIST_OF(struct kb_medium) media;
    KB_LIST_OF(struct kb_secret) keys;
    KB_LIST_OF(struct kb_set) backup_sets;
    KB_LIST_OF(struct kb_procedure) procedures;
    KB_LIST_OF(struct kb_threat) threats;
    KB_LIST_OF(struct kb_drill) drills;
    const struct kb_evidence *evidence;
    const struct kb_network *network;
    const struct kb_calendar *calendar;
    KB_LIST_OF(struct kb_role) roles;
    KB_LIST_OF(struct kb_contact) external_contacts;
    const struct kb_activation *activation;
    const struct kb_deactivation *deactivation;
    KB_LIST_OF(struct kb_notice) communication;
    KB_LIST_OF(struct kb_blackout) blackout;
    const struct kb_policy *policy;
    KB_LIST_OF(struct kb_improvement) improvements;
    KB_LIST_OF(struct kb_waiver) waivers;

    /* not keys: */
    const char *file;   /* as given */
    const char *folder; /* absolute folder of the file; relative probe commands and folder media start here */
    const char *source; /* the bytes that were read, kept in the evidence */
    size_t source_n;
    struct kb_sha256 sha256; /* of source */
};

/* Everything wrong with a plan; each with line and column (1-based; column counts characters). */
struct kb_diag {
    int line, column;
    struct kb_text text; /* what is wrong, what was expected, did you mean */
};
struct kb_diags {
    KB_LIST_OF(struct kb_diag) list; /* in file order, at most KB_DIAG_MAX */
    size_t n_more;
    const char *source; /* what was read, for kb_diags_print; NULL if nothing was */
    size_t source_n;
};

/* The six threats that come with the product are in `threats` even where the plan does not write them (`detect`
 * absent): ransomware destroys what is online, writable_by_admin or attached; hardware what is on the same_host;
 * site_loss what is onsite; operator_error a mirror; theft what is onsite or attached; saas_outage what is
 * provider_hosted. */

/*
 * kb_plan_load(path, arena, ret_plan, ret_diags, err): read, check and freeze. KB_EPLAN when there are diagnostics
 * (then *ret_diags says which and err carries a one-line summary), KB_EIO when the file cannot be read. All memory is
 * arena's. *ret_diags is set in every case and holds the source for kb_diags_print. `folder` is that of the file a link
 * points at. Text may be a plain number (`version: 2`, `label: 1.10`): it is kept as written. Words that YAML 1.1 reads
 * as something else (no, 4:00, 012, 1_000, 0x1F, ~) are refused without quotes.
 */
int kb_plan_load(const char *path, struct kb_arena *arena, const struct kb_plan **ret_plan,
                 const struct kb_diags **ret_diags, struct kb_err *err);
/* kb_plan_parse: the same for bytes in memory; `path` is only shown. source must outlive the plan. */
int kb_plan_parse(const char *path, const char *source, size_t n, struct kb_arena *arena,
                  const struct kb_plan **ret_plan, const struct kb_diags **ret_diags, struct kb_err *err);

/*
 * The material parts of a plan are what an approval covers: the blocks plan, calendar, roles, hosts, threats,
 * functions, systems, activation, deactivation, media, rotations, keys, backup_sets, procedures, drills and policy, as
 * far as they are written, without plan: status, reviewed_on, plan_copies, approval, revisions roles.ID: verified_on,
 * and phone and mail of primary and deputy keys.ID: rotated_on procedures.ID.steps[]: attested Every value is the text
 * that is written in the plan, without quotes (4h is "4h", true is "true"; a key with nothing behind it is ""); nothing
 * is filled in, so that the hash does not change with the version of koboshi.
 *
 * kb_plan_material(plan, arena, ret_n): these as JSON in the canonical form of RFC 8785, which for texts, lists and
 * objects is: keys sorted, no blanks, UTF-8, only what JSON must escape is escaped. To compute it elsewhere:
 *   python3: yaml.load(text, yaml.BaseLoader), drop what is named above,
 *   json.dumps(…, sort_keys=True, separators=(",", ":"), ensure_ascii=False), SHA-256 of its UTF-8
 */
const char *kb_plan_material(const struct kb_plan *plan, struct kb_arena *arena, size_t *ret_n);
struct kb_sha256 kb_plan_material_sha256(const struct kb_plan *plan);

enum kb_approval_state { KB_APPROVAL_NEVER, KB_APPROVAL_CURRENT, KB_APPROVAL_CHANGED };
extern const char *const kb_approval_names[]; /* "never", "current", "changed" */
/* kb_plan_approval(plan): whether `plan.approval.approved` is there, and is of the material parts as they are now. */
enum kb_approval_state kb_plan_approval(const struct kb_plan *plan);

/* kb_plan_approve(plan, approved, arena, ret_text, ret_n, err): the text of the plan with this approval in it, and
 * nothing else changed: comments, order, line ends. An approval that is there gets new values, else a line or key is
 * put behind `version`. KB_EUSAGE for a role that is not in `roles` (where the plan has them) and a name that is not
 * one line of text, KB_EPLAN if the plan is written in a way that this cannot edit. */
int kb_plan_approve(const struct kb_plan *plan, const struct kb_approved *approved, struct kb_arena *arena,
                    const char **ret_text, size_t *ret_n, struct kb_err *err);

/* A disk to be written into a plan, as kind hdd. */
struct kb_new_medium {
    const char *id, *label, *fs_uuid, *luks_uuid, *serial; /* NULL: not written */
};
/*
 * kb_plan_with_medium(plan, medium, arena, ret_text, err): the source of the plan with one more entry at the end of
 * `media`, every other byte as it was. The text loads, else KB_EPLAN with the entry to be written by hand; KB_EUSAGE if
 * the id is taken. Source bytes are those of a plan, that is, without NUL.
 */
int kb_plan_with_medium(const struct kb_plan *plan, const struct kb_new_medium *medium, struct kb_arena *arena,
                        const char **ret_text, struct kb_err *err);

/* kb_diags_print(out, diags, path, source, n, lang, color): `plan.yaml:42:7: …`, the line, a caret under the column. */
void kb_diags_print(FILE *out, const struct kb_diags *diags, const char *path, const char *source, size_t n,
                    enum kb_lang lang, bool color);

/* kb_plan_schema(): JSON Schema draft-07 of the plan, made from the same table. Caller owns. */
json_t *kb_plan_schema(enum kb_lang lang);
extern const struct kb_shape kb_plan_shape;

/* Lookups by id; NULL if there is none (after a successful load a written reference always resolves). */
const struct kb_system *kb_plan_system(const struct kb_plan *plan, const char *id);
const struct kb_set *kb_plan_set(const struct kb_plan *plan, const char *id);
const struct kb_medium *kb_plan_medium(const struct kb_plan *plan, const char *id);
const struct kb_procedure *kb_plan_procedure(const struct kb_plan *plan, const char *id);
const struct kb_threat *kb_plan_threat(const struct kb_plan *plan, const char *id);
const struct kb_host *kb_plan_host(const struct kb_plan *plan, const char *id);
const struct kb_rotation *kb_plan_rotation_of(const struct kb_plan *plan, const char *medium);
const struct kb_secret *kb_plan_key(const struct kb_plan *plan, const char *id);
const struct kb_drill *kb_plan_drill(const struct kb_plan *plan, const char *id);
const struct kb_role *kb_plan_role(const struct kb_plan *plan, const char *id);

/* kb_near_name(wanted, names, n): the one that was probably meant, NULL if none is near. */
const char *kb_near_name(const char *wanted, const char *const *names, size_t n);

/* kb_medium_is(medium, attribute): the attribute as written, else as its kind has it: hdd and rdx are offline while not
 * attached, nas and snapshot are online and writable by an administrator, snapshot is on the same host, cloud_export is
 * provider-hosted. attribute: ONLINE, WRITABLE_BY_ADMIN, SAME_HOST, ONSITE (not `offsite`), PROVIDER_HOSTED. */
bool kb_medium_is(const struct kb_medium *medium, enum kb_destroys attribute);

/* Value spellings, shared with command-line options. Return false when the text is not one. */
bool kb_duration_parse(const char *text, int64_t *ret_seconds); /* 30s 90m 4h 1h30m 7d 2w 5y 4時間 2日 30分 5年; a year
                                                                   is 365 days */
bool kb_size_parse(const char *text, int64_t *ret_bytes);       /* 512KiB 20GB */
bool kb_rate_parse(const char *text, int64_t *ret_bytes_per_s); /* 60MB/s 1Gbps */
