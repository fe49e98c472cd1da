/* SPDX-License-Identifier: Apache-2.0 */
/* core: the words that plan, jobs and records share, with their spelling in YAML and JSON. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "koboshi/shape.h"

/* X(enumerator, spelling): one table per word, so that plan, job and record cannot spell it differently. */
/* clang-format off */
#define KB_MEDIUM_KINDS(X) X(KB_MEDIUM_HDD, "hdd") X(KB_MEDIUM_FOLDER, "folder")
#define KB_FORMATS(X) X(KB_FORMAT_ARCHIVE, "archive") X(KB_FORMAT_TREE, "tree") X(KB_FORMAT_FILE, "file")
#define KB_STEP_DOS(X)                                                                                                 \
    X(KB_DO_MANUAL, "manual") X(KB_DO_WAIT_MEDIUM, "wait_medium") X(KB_DO_DECISION, "decision")                        \
    X(KB_DO_VERIFY, "verify") X(KB_DO_RESTORE, "restore") X(KB_DO_PROBE, "probe")
#define KB_NAME_ENCODINGS(X) X(KB_NAMES_AUTO, "auto") X(KB_NAMES_UTF8, "utf-8") X(KB_NAMES_CP932, "cp932")
#define KB_RTO_FROMS(X)                                                                                                \
    X(KB_FROM_DISRUPTION, "disruption") X(KB_FROM_DETECTION, "detection") X(KB_FROM_ACTIVATION, "activation")
/* clang-format on */

#define KB_TERM_ENUM(id, spelling) id,
enum kb_medium_kind { KB_MEDIUM_KINDS(KB_TERM_ENUM) };
enum kb_format { KB_FORMATS(KB_TERM_ENUM) };
enum kb_step_do { KB_STEP_DOS(KB_TERM_ENUM) };
enum kb_name_encoding { KB_NAME_ENCODINGS(KB_TERM_ENUM) };
enum kb_rto_from { KB_RTO_FROMS(KB_TERM_ENUM) };

/* NULL-terminated spellings in enum order, for `.values` of a key. */
extern const char *const kb_medium_kind_names[], *const kb_format_names[], *const kb_step_do_names[];
extern const char *const kb_name_encoding_names[], *const kb_rto_from_names[], *const kb_lang_names[];

/* Is the restored thing usable? Exactly one of files, sha256, opens, sqlite, command is set, as the plan checks. */
struct kb_probe {
    const char *files; /* glob with ** below the restored root */
    int64_t at_least;
    const char *sha256; /* path, compared with `is` */
    const char *is;
    const char *opens;  /* path: zip/office, tar, gzip …, SQLite, PDF by content */
    const char *sqlite; /* path */
    bool integrity;
    const char *query;
    const char *expect;               /* "> N" ">= N" "== V" "contains \"…\"" "age < 24h" */
    KB_LIST_OF(const char *) command; /* argv; argv[0] absolute or relative to the plan file's folder */
    int64_t timeout;                  /* default 60 s */
    int64_t exit;                     /* expected status, default 0 */
};

/* Forms that more than one layer's keys have. */
extern const struct kb_form kb_form_id, kb_form_sha256;

/* The keys of a probe, in plan and job alike. */
extern const struct kb_shape kb_probe_shape;
