/* SPDX-License-Identifier: Apache-2.0 */
/* report: one record as people read it: terminal text, JSON, HTML on A4. A derived view, made from the record alone. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "koboshi/record.h"
#include "koboshi/text.h"

struct kb_arena;
struct kb_err;

/* version of the JSON object around the record; rises on an incompatible change */
enum { KB_REPORT_FORMAT = 1 };

/* How far the tie between this record and the ledger's signed checkpoint was established when the report was made. */
enum kb_seal_state {
    KB_SEAL_NONE,     /* not in a ledger, or its checkpoint carries no signature */
    KB_SEAL_SIGNED,   /* signed with this key; not checked for this report */
    KB_SEAL_VERIFIED, /* signature, chain and hashes checked for this report, and good */
    KB_SEAL_BROKEN,   /* checked for this report, and not good */
};

/* The checkpoint a report was made from; it is printed so that paper can stand as an outside witness. */
struct kb_report_seal {
    const char *ledger; /* uuid; NULL if the record is in no ledger */
    int64_t size;       /* lines of the ledger under the checkpoint; KB_ABSENT if there is none */
    const char *head;   /* SHA-256 of the last line, hexadecimal; NULL if there is none */
    const char *key;    /* fingerprint "SHA256:…"; NULL if there is none */
    const char *signer; /* principal in allowed_signers; NULL: agent@host */
    int state;          /* enum kb_seal_state */
};

/* What to show and how. Strings of record and seal may be hostile: each output makes them harmless for its own medium.
 */
struct kb_report {
    const struct kb_record *record;
    const struct kb_report_seal *seal; /* NULL: KB_SEAL_NONE */
    int lang;                          /* enum kb_lang */
    bool color;                        /* ANSI colors; terminal outputs only */
    size_t columns;                    /* of the terminal; 0: it is none */
    const char *record_file;           /* kb_report_lines names these two at its end; NULL leaves one out */
    const char *report_file;
};

/*
 * All outputs make record->zone the local time zone of this process (kb_zone_use) if the record names one; KB_ECONFIG
 * when it is not installed. KB_EIO when `out` cannot take it all. A number the record does not hold is shown as "–" or
 * as 未取得 (not obtained), never as 0; a unit that read no file is never shown as good.
 */

/* kb_report_lines(report, out, err): the result block at the end of a drill: one line per backup set and business
 * function, each red one followed by what was expected and found and what to do, then the verdict. At most a few
 * findings per set; notes about the restore are counted only, notes on time and data say why a verdict is held back.
 * Texts are 100 columns wide or as the terminal; tables have the room they need, but on a terminal no more than it has:
 * there they become label and value. */
int kb_report_lines(const struct kb_report *report, FILE *out, struct kb_err *err);

/* kb_report_text(report, out, err): the whole record, 100 columns wide where texts can be wrapped, less on a
 * narrower terminal. */
int kb_report_text(const struct kb_report *report, FILE *out, struct kb_err *err);

/* kb_report_json(report, out, err): {"koboshi_report": 1, "seal": {…}, "record": {…}} and a newline. */
int kb_report_json(const struct kb_report *report, FILE *out, struct kb_err *err);

/* kb_report_html(report, arena, ret_bytes, ret_n, err): one self-contained page for A4: no script, nothing loaded from
 * elsewhere. It is HTML5 and well-formed XML at the same time; the bytes belong to arena and end in a NUL not counted.
 */
int kb_report_html(const struct kb_report *report, struct kb_arena *arena, char **ret_bytes, size_t *ret_n,
                   struct kb_err *err);
