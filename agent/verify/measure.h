/* SPDX-License-Identifier: Apache-2.0 */
/* One file of a folder opened, read and measured; what was found out is small enough to wait for its turn. */
#pragma once

#include <stdatomic.h>

#include "gauge.h"
#include "koboshi/job.h"
#include "reading.h"
#include "signs.h"
#include "walk.h"

enum kb_measured_state {
    KB_MEASURED_NOT,  /* nothing is known yet */
    KB_MEASURED_LEFT, /* put off: larger than what may be read ahead of its turn */
    KB_MEASURED_READ, /* as far as it could be */
    KB_MEASURED_LATER /* not in this run: its time was over */
};

struct kb_measured {
    struct kb_sha256 sha256;
    int64_t came;               /* bytes read */
    struct kb_reading *reading; /* with the places that failed; NULL: none did. Of a file that is yet to be read: the
                                   place that failed when it was tried before. malloc'd */
    uint8_t *more;              /* malloc'd: the lead (n_lead bytes), then struct kb_digests if others were asked for */
    uint8_t *bytes;             /* malloc'd: the content, `came` bytes, where it is kept; else NULL */
    struct kb_gauge *gauge;     /* of a sweep that is not through with it; else NULL */
    int cause;                  /* errno: it could not be opened, or is not what its folder said */
    uint16_t n_lead;
    uint8_t state; /* enum kb_measured_state */
    bool whole, blank;
    bool noted;  /* of a tree that is resumed: the next run knows of it */
    bool ahead;  /* its content goes to the sink while it is read */
    bool others; /* `more` ends with digests */
    struct kb_sign sign;
};
void kb_measured_done(struct kb_measured *measured);
/* kb_measured_pack(measured, path, content, lead), kb_measured_unpack: without the lead the content has none (n_lead
 * 0), but its sign. The content unpacked holds pointers into measured. */
void kb_measured_pack(struct kb_measured *measured, const char *path, const struct kb_content *content, bool lead);
void kb_measured_unpack(const struct kb_measured *measured, struct kb_content *ret_content);

/* What all that measure for one tree share. */
struct kb_measure_rules {
    int root;        /* the top */
    uid_t user;      /* that reads */
    unsigned others; /* digests beside SHA-256 */
    bool lead;       /* first bytes are wanted */
    bool keep;       /* content is, of files up to KB_KEPT_FILE_BYTES, KB_KEPT_BYTES together */
    const struct kb_reporter *reporter;
    atomic_bool foreign;  /* a file was met that belongs to another account: reading it changes its access time */
    int64_t until_ns;     /* CLOCK_BOOTTIME: files that are not begun by then are LATER; 0: all are */
    int64_t most;         /* bytes of all files (budgets.h) */
    atomic_llong ahead;   /* bytes of files that were begun, at most `most` a thread too many */
    atomic_llong kept;    /* bytes */
    atomic_llong came;    /* bytes read, of all files */
    atomic_llong entries; /* judged */
};
enum { KB_KEPT_FILE_BYTES = 1 << 20, KB_KEPT_BYTES = 8 << 20, KB_MEASURE_BYTES = 256 << 10 };

/* One per thread. */
struct kb_measurer {
    struct kb_measure_rules *rules;
    struct kb_gauge *gauge;
    uint8_t *buffer; /* KB_MEASURE_BYTES */
    struct kb_content content;
};
void kb_measurer_init(struct kb_measurer *measurer, struct kb_measure_rules *rules);
void kb_measurer_done(struct kb_measurer *measurer);

/* kb_measure(measurer, walked, ret_measured): opens it in its folder (without one by its path), looks at it if nobody
 * did, and reads it. A file that cannot even be looked at becomes an event UNREAD. */
void kb_measure(struct kb_measurer *measurer, struct kb_walked *walked, struct kb_measured *ret_measured);

/* kb_measure_ahead(rules, size): one more file of this size may be read ahead of its turn. Limits are the tally's: once
 * all together would pass them the rest waits for its turn unread. */
bool kb_measure_ahead(struct kb_measure_rules *rules, int64_t size);

/* kb_measure_came(rules, walked, n): n more bytes were read; tells of it now and then. */
void kb_measure_came(struct kb_measure_rules *rules, const struct kb_walked *walked, size_t n);

/* kb_measure_open(measurer, walked, ret_cause): a descriptor, not followed and not changed by being read, of the file
 * that was looked at; -1. Looks at it if nobody did. */
int kb_measure_open(struct kb_measure_rules *rules, struct kb_walked *walked, int *ret_cause);
