/* SPDX-License-Identifier: Apache-2.0 */
/* draft: a first plan: what backups lie at the places that were scanned, what people answered, and its text. */
#pragma once

#include "koboshi/plan.h"
#include "koboshi/run.h"

struct kb_arena;

/* Where each thing comes from is said in both languages (`why`); the plan carries it as comments. All names shown in
 * them are escaped. Paths are raw bytes below the place's root. */

struct kb_draft_medium {
    const char *id;
    int kind; /* enum kb_medium_kind: HDD, NAS or FOLDER */
    const char *label, *fs_uuid, *luks_uuid, *serial;
    const char *encryption; /* as the plan spells it; NULL: none that shows */
    const char *mount, *source, *fs;
    const char *root; /* where it was scanned, absolute */
    struct kb_text why;
};

struct kb_draft_copy {
    size_t medium;        /* index in media */
    const char *path;     /* pattern */
    const char *manifest; /* pattern; NULL: none found */
    int64_t n;            /* generations */
    int64_t interval;     /* seconds, KB_BUSINESS_DAY or KB_ABSENT */
    int64_t newest_time;  /* UTC seconds */
    int64_t oldest_time;  /* UTC seconds */
    bool workdays;        /* one a day, several of them, none on a Saturday or Sunday */
    int64_t newest_bytes; /* of file or, as far as scanned, folder */
    const char *newest;   /* the newest generation that does not lie in the future */
    const char *newest_manifest;
    struct kb_text why, manifest_why;
};

struct kb_draft_set {
    const char *id, *title;
    int format, tool, method; /* method -1: as the format has it */
    bool unpack;
    const char *as;
    const char *sqlite; /* name of the restored database; NULL: it is none */
    struct kb_text format_why;
    const struct kb_set_chain *chain;
    KB_LIST_OF(struct kb_draft_copy) copies; /* newest first */
    struct kb_retention retention;           /* what is not known is KB_ABSENT */
    /* Filled in by whoever reads the newest generation whole; KB_ABSENT until then. */
    int64_t min_files, min_bytes;
    struct kb_text expect_why;
};

/* Seen and not understood: n things of one kind, the first of them. */
struct kb_draft_unknown {
    const char *place, *first; /* escaped */
    struct kb_text why;
    int64_t n;
};

struct kb_draft {
    KB_LIST_OF(struct kb_draft_medium) media;
    KB_LIST_OF(struct kb_draft_set) sets;
    KB_LIST_OF(struct kb_draft_unknown) unknown;
};

/* What people said; NULL and KB_ABSENT: not said. Durations are seconds. */
struct kb_draft_answers {
    const char *company, *industry, *function, *owner, *leader, *phone, *deputy, *home;
    int64_t rto, mtpd, rpo, retrieval;
};

struct kb_draft_text {
    enum kb_lang lang;
    const char *zone;        /* IANA */
    const char *fingerprint; /* of the key that will sign; NULL: leave it out */
    const struct kb_draft_answers *answers;
    int64_t now; /* UTC seconds */
};

/*
 * kb_draft_infer(scanned, n, now, arena): backup sets are what carries dates, weekdays or parts in its names and what
 * is an archive, a database or a tool's own file by its content; a folder of ordinary files is a mirror. The same set
 * at several places is one set with several copies. Only what the plan's own loader takes is proposed; the rest is in
 * `unknown`. Names are read in the process' zone (kb_zone_use). Pure: touches no medium.
 */
struct kb_draft *kb_draft_infer(const struct kb_scanned *scanned, size_t n, int64_t now, struct kb_arena *arena);

/* kb_draft_count(set, copy, result, arena): thresholds from the newest generation as it was just read: four fifths of
 * what it holds. A list of hashes that says nothing of its files is taken back. */
void kb_draft_count(struct kb_draft_set *set, struct kb_draft_copy *copy, const struct kb_path_result *result,
                    struct kb_arena *arena);

/* kb_draft_plan(draft, text, arena): the plan as YAML with comments. draft NULL or without sets: a starter plan with
 * example values. It loads without mistakes. */
const char *kb_draft_plan(const struct kb_draft *draft, const struct kb_draft_text *text, struct kb_arena *arena);
