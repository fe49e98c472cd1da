/* SPDX-License-Identifier: Apache-2.0 */
/* What is done with each entry, whether it comes from an archive, a folder or is the file itself: judge its name,
 * compare the measure of its content, list, hand on, count, stop at limits. */
#pragma once

#include "canary.h"
#include "gauge.h"
#include "koboshi/verify.h"
#include "marks.h"
#include "manifest.h"
#include "meter.h"
#include "reading.h"
#include "signs.h"

/* The archives of a chain, as far as they were read. */
struct kb_layers {
    size_t at;             /* 0: the full backup */
    const char *name;      /* of the current archive, escaped; NULL: findings are about the whole */
    struct kb_seen *names; /* that folders were said to hold; NULL: none says it */
    size_t n_moved;        /* folders that got another name: what is below them was not seen under it */
    const char **moved;    /* in the tally's arena */
    int64_t absent;        /* files of this archive's listings that no archive holds */
    const char *first_absent;
};

struct kb_bag;
struct kb_bags;

struct kb_reader_flaw;

struct kb_tally {
    /* set by the owner */
    const struct kb_job_set *set;
    const struct kb_sink *sink; /* may be NULL */
    const struct kb_reporter *reporter;
    struct kb_arena *arena; /* of the result */
    struct kb_set_result *result;
    struct kb_manifest *manifest;            /* per entry; NULL if there is none or it is for the whole file */
    bool manifest_good;                      /* every line could be read: what is not listed is really extra */
    const struct kb_sha256 *manifest_digest; /* of its file; NULL: there are several, of a bag */
    bool seeks_bags;                         /* no manifest was named: bags say what they hold */
    struct kb_bags *bags;                    /* NULL: there is none */
    struct kb_bag *bag;                      /* the one that is being looked at; its manifest is `manifest` */
    struct kb_manifest *beside;          /* it lists this file and others beside it, nothing that is in it; or NULL */
    struct kb_manifest *manifest_before; /* a chain's with a manifest per part: of the part before, compared; or NULL */
    bool last_counts; /* the manifest tells of the last state of a chain: what comes before is not compared */
    int list_fd;
    int64_t packed;                  /* bytes of the generation's files; KB_ABSENT: no ratio to keep */
    bool chain;                      /* several archives, later ones over earlier ones */
    const char *const *extent_names; /* escaped, of what is read as one; NULL: one file */

    /* kept by the tally */
    struct kb_seen *seen;         /* names of this archive; of no chain: those that the manifest does not list */
    struct kb_seen *all;          /* a chain's: of every archive so far; NULL: there is one only */
    struct kb_layers layers;      /* a chain's */
    struct kb_canaries *canaries; /* files that never change; NULL: the plan names none */
    struct kb_signs *signs;
    struct kb_marks *marks; /* what the tool's files must look like; NULL: nothing is asked */
    struct kb_arena *entry_arena;
    struct kb_entry entry;    /* the current one; names in entry_arena */
    struct kb_listed *listed; /* of its name; NULL: the manifest does not list it, or it is of a chain */
    struct kb_meter meter;    /* of all entries so far */
    int64_t listed_bytes, differing;
    int64_t extra;        /* files that the manifest does not list, itself excepted */
    int64_t weak;         /* files that equal a listed MD5 or SHA-1, and nothing better is listed */
    int64_t named_beside; /* files in it with a name that `beside` lists */
    int64_t files;        /* entries that are files; a chain may hold several of one name */
    int64_t checked;      /* of these, whose content was read whole */
    int64_t outside;      /* files for which nothing is listed and nothing could be */
    int64_t bags_deep;    /* bagit.txt where no bag is looked for */
    const char *bag_deep; /* the first of them, escaped */
    bool known;           /* the current entry's name was in an earlier archive of the chain */
    bool apart;           /* the current entry is read and compared, but not handed on: its name is too long */
    char *list;           /* lines not yet written */
    size_t n_list;
    bool refused; /* nothing is known of its content but what it is: another format, or locked */
    bool bad;     /* a finding of severity bad was told (of a chain: about this archive) */
    bool later;   /* the current entry is left for a later run: of it no more is known than what the folder lists */
    int64_t left, left_bytes; /* of such files */
    bool carried;             /* earlier runs verified all of them, not long ago, and they have not changed since */
    const struct kb_finding *unread; /* kb_tally_hold; NULL: none */
    bool stopped;                    /* a limit was reached: nothing more is read */
    bool list_full;
};

void kb_tally_init(struct kb_tally *tally);
void kb_tally_done(struct kb_tally *tally);

/* kb_tally_layer(tally, name): the next archive of a chain begins: names may come again. name: escaped. */
void kb_tally_layer(struct kb_tally *tally, const char *name);

/* kb_tally_tell(tally, rule, entry, expected, found): a finding; entry NULL: the whole generation. */
void kb_tally_tell(struct kb_tally *tally, enum kb_rule_id rule, const struct kb_entry *entry, struct kb_text expected,
                   struct kb_text found);
/* kb_tally_tell_reading(tally, reading, entry): the places that could not be read at once; true if one never came. */
bool kb_tally_tell_reading(struct kb_tally *tally, const struct kb_reading *reading, const struct kb_entry *entry);

/* kb_tally_entry(tally, entry, err): 1 its content is wanted, 0 not, < 0 a fault. Then data…, end for wanted ones. */
int kb_tally_entry(struct kb_tally *tally, const struct kb_entry *entry, struct kb_err *err);
/* kb_tally_wants(entry): whether kb_tally_entry will want its content, unless a limit is reached; for those who read
 * ahead of it. */
bool kb_tally_wants(const struct kb_entry *entry);
/* kb_tally_data(tally, offset, bytes, n, err): content in its order, counted and handed on; n = 0: a hole up to offset.
 * Once tally->stopped the caller does nothing more with it. */
int kb_tally_data(struct kb_tally *tally, int64_t offset, const void *bytes, size_t n, struct kb_err *err);
/* kb_tally_end(tally, content, err): the measure of what the calls of kb_tally_data gave; with whole = false it was not
 * read to its end, and another finding says why. */
int kb_tally_end(struct kb_tally *tally, const struct kb_content *content, struct kb_err *err);
/* kb_tally_digests(tally): bits of the digests that are compared, for kb_gauge_new. */
unsigned kb_tally_digests(const struct kb_tally *tally);
/* kb_tally_threads(tally): how many measure: as the job says, else one per processor. */
size_t kb_tally_threads(const struct kb_tally *tally);
/* kb_tally_wants_lead(tally): first bytes of contents are looked at; else kb_tally_end may be given none (n_lead 0). */
bool kb_tally_wants_lead(const struct kb_tally *tally);
/* kb_tally_close(tally, whole, err): what can only be said when all entries were seen; whole: they were. */
int kb_tally_close(struct kb_tally *tally, bool whole, struct kb_err *err);

/* kb_tally_progress(tally, bytes, total) */
void kb_tally_progress(struct kb_tally *tally, int64_t bytes, int64_t total);
/* kb_tally_hold(tally, flaw): a reader that goes its own ways could not read a place: kept, since the read in sequence
 * comes by there too and says more of it. kb_tally_let_go(tally, told): told: it did; else the flaw is told now. */
void kb_tally_hold(struct kb_tally *tally, const struct kb_reader_flaw *flaw);
void kb_tally_let_go(struct kb_tally *tally, bool told);

void kb_tally_caveat(struct kb_tally *tally, struct kb_text text);
/* kb_mtime_ns(st): nanoseconds, KB_ABSENT if it cannot be said in them: NTFS counts further than they reach (2262). */
struct stat;
int64_t kb_mtime_ns(const struct stat *st);
