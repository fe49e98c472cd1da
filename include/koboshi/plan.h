/* SPDX-License-Identifier: Apache-2.0 */
/* plan: one YAML file turned into an immutable struct, with every mistake told at its line and column. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "koboshi/digest.h"
#include "koboshi/shape.h"
#include "koboshi/terms.h"
#include "koboshi/text.h"

struct kb_arena;
struct kb_err;

/* Durations are seconds, sizes bytes, rates bytes per second. KB_ABSENT and NULL mean: not written in the plan. */

enum kb_restore_amount { KB_RESTORE_FULL, KB_RESTORE_NONE };
enum kb_generation_choice { KB_GENERATION_NEWEST, KB_GENERATION_OLDEST };
enum kb_per { KB_PER_ONCE, KB_PER_HOST };

struct kb_organization {
    struct kb_text name;
    struct kb_text industry;
    int64_t employees;
};

struct kb_plan_head {
    const char *id;
    struct kb_text title;
    const struct kb_organization *organization;
    const char *version;
    int language;         /* enum kb_lang */
    const char *timezone; /* IANA, default Asia/Tokyo */
    int rto_from;         /* enum kb_rto_from */
    struct kb_text scope;
};

struct kb_rlo {
    struct kb_text text; /* keys ja/en inline: `rlo: {ja: …, percent: 60}` */
    int64_t percent;
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
};

/* The machine that would be restored to for real; projects the measured restore time onto production. */
struct kb_restore_to {
    const char *os;
    const char *fs;      /* names are judged against it: ext4 xfs btrfs ntfs exfat */
    int64_t write, link; /* bytes per second */
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
};

struct kb_host {
    const char *id;
    struct kb_text title;
    const char *kind;
    const char *os;
};

struct kb_medium {
    const char *id;
    struct kb_text title;
    int kind; /* enum kb_medium_kind */
    const char *label;
    const char *fs_uuid;
    const char *serial;
    const char *mount; /* folder: an absolute path, or one relative to the plan file */
    const char *on;    /* host id */
    struct kb_text home;
    int64_t retrieval;
};

struct kb_copy {
    const char *medium;
    const char *path;     /* pattern below the medium's root: strftime parts and * ? per component */
    const char *manifest; /* pattern with the same parts, filled from the generation chosen */
};

struct kb_expect {
    int64_t min_files;
    int64_t min_bytes;
};

struct kb_set {
    const char *id;
    struct kb_text title;
    bool important;
    int format; /* enum kb_format */
    bool unpack;
    const char *as;
    const char *recovery; /* procedure id; NULL: restore, then nothing */
    KB_LIST_OF(struct kb_copy) copies;
    const struct kb_expect *expect;
    int name_encoding; /* enum kb_name_encoding */
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
};

struct kb_threat {
    const char *id;
    struct kb_text title;
    int64_t detect;
    KB_LIST_OF(struct kb_add) adds;
};

struct kb_drill {
    const char *id;
    struct kb_text title;
    const char *threat;
    KB_LIST_OF(const char *) systems;
    KB_LIST_OF(const char *) media; /* only these are used; empty: all */
    int restore;                    /* enum kb_restore_amount */
    int generation;                 /* enum kb_generation_choice */
    int64_t max_duration;           /* per unit; default 4h */
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
    KB_LIST_OF(struct kb_medium) media;
    KB_LIST_OF(struct kb_set) backup_sets;
    KB_LIST_OF(struct kb_procedure) procedures;
    KB_LIST_OF(struct kb_threat) threats;
    KB_LIST_OF(struct kb_drill) drills;
    const struct kb_evidence *evidence;

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
 * absent). */

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
const struct kb_drill *kb_plan_drill(const struct kb_plan *plan, const char *id);

/* Value spellings, shared with command-line options. Return false when the text is not one. */
bool kb_duration_parse(const char *text, int64_t *ret_seconds); /* 30s 90m 4h 1h30m 7d 2w 4時間 2日 30分 */
bool kb_size_parse(const char *text, int64_t *ret_bytes);       /* 512KiB 20GB */
bool kb_rate_parse(const char *text, int64_t *ret_bytes_per_s); /* 60MB/s 1Gbps */
