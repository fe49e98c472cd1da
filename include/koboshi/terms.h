/* SPDX-License-Identifier: Apache-2.0 */
/* core: the words that plan, jobs and records share, with their spelling in YAML and JSON. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "koboshi/shape.h"

/* X(enumerator, spelling): one table per word, so that plan, job and record cannot spell it differently. */
/* clang-format off */
#define KB_MEDIUM_KINDS(X)                                                                                             \
    X(KB_MEDIUM_HDD, "hdd") X(KB_MEDIUM_RDX, "rdx") X(KB_MEDIUM_NAS, "nas") X(KB_MEDIUM_FOLDER, "folder")              \
    X(KB_MEDIUM_SNAPSHOT, "snapshot") X(KB_MEDIUM_CLOUD_EXPORT, "cloud_export")
#define KB_FORMATS(X)                                                                                                  \
    X(KB_FORMAT_ARCHIVE, "archive") X(KB_FORMAT_TREE, "tree") X(KB_FORMAT_FILE, "file") X(KB_FORMAT_CHAIN, "chain")
/* What writes the backup; its preset is in tool.h. */
#define KB_TOOLS(X)                                                                                                    \
    X(KB_TOOL_TAR, "tar") X(KB_TOOL_RSYNC, "rsync") X(KB_TOOL_ROBOCOPY, "robocopy") X(KB_TOOL_WSB, "wsb")              \
    X(KB_TOOL_HYPERBACKUP, "hyperbackup") X(KB_TOOL_MSSQL, "mssql") X(KB_TOOL_YAYOI, "yayoi") X(KB_TOOL_OBC, "obc")    \
    X(KB_TOOL_SNAPSHOT, "snapshot") X(KB_TOOL_EXPORT, "export") X(KB_TOOL_OTHER, "other")
#define KB_METHODS(X)                                                                                                  \
    X(KB_METHOD_FULL, "full") X(KB_METHOD_MIRROR, "mirror") X(KB_METHOD_CHAIN, "chain")                                \
    X(KB_METHOD_SNAPSHOT, "snapshot") X(KB_METHOD_EXPORT, "export")
/* How the parts of a chain hang together: each on the one before it, or each on the full backup alone. */
#define KB_CHAIN_KINDS(X) X(KB_CHAIN_INCREMENTAL, "incremental") X(KB_CHAIN_DIFFERENTIAL, "differential")
/* Where the point in time of a generation is to be taken from. */
#define KB_PIT_FROMS(X)                                                                                                \
    X(KB_PIT_FROM_NAME, "name") X(KB_PIT_FROM_NEWEST_FILE, "newest_file") X(KB_PIT_FROM_MTIME, "mtime")                \
    X(KB_PIT_FROM_STAMP_FILE, "stamp_file")
#define KB_ENCRYPTIONS(X)                                                                                              \
    X(KB_ENCRYPTION_BITLOCKER, "bitlocker") X(KB_ENCRYPTION_LUKS, "luks") X(KB_ENCRYPTION_VERACRYPT, "veracrypt")      \
    X(KB_ENCRYPTION_ZIP_AES, "zip-aes") X(KB_ENCRYPTION_7Z, "7z") X(KB_ENCRYPTION_USB_HARDWARE, "usb_hardware")        \
    X(KB_ENCRYPTION_APP, "app")
#define KB_STEP_DOS(X)                                                                                                 \
    X(KB_DO_MANUAL, "manual") X(KB_DO_WAIT_MEDIUM, "wait_medium") X(KB_DO_DECISION, "decision")                        \
    X(KB_DO_VERIFY, "verify") X(KB_DO_RESTORE, "restore") X(KB_DO_PROBE, "probe") X(KB_DO_COMMAND, "command")
#define KB_NAME_ENCODINGS(X) X(KB_NAMES_AUTO, "auto") X(KB_NAMES_UTF8, "utf-8") X(KB_NAMES_CP932, "cp932")
#define KB_RTO_FROMS(X)                                                                                                \
    X(KB_FROM_DISRUPTION, "disruption") X(KB_FROM_DETECTION, "detection") X(KB_FROM_ACTIVATION, "activation")
/* clang-format on */

#define KB_TERM_ENUM(id, spelling) id,
enum kb_medium_kind { KB_MEDIUM_KINDS(KB_TERM_ENUM) };
enum kb_format { KB_FORMATS(KB_TERM_ENUM) };
enum kb_tool_id { KB_TOOLS(KB_TERM_ENUM) };
enum kb_method { KB_METHODS(KB_TERM_ENUM) };
enum kb_chain_kind { KB_CHAIN_KINDS(KB_TERM_ENUM) };
enum kb_pit_from { KB_PIT_FROMS(KB_TERM_ENUM) };
enum kb_encryption_kind { KB_ENCRYPTIONS(KB_TERM_ENUM) };
enum kb_step_do { KB_STEP_DOS(KB_TERM_ENUM) };
enum kb_name_encoding { KB_NAME_ENCODINGS(KB_TERM_ENUM) };
enum kb_rto_from { KB_RTO_FROMS(KB_TERM_ENUM) };

/* NULL-terminated spellings in enum order, for `.values` of a key. */
extern const char *const kb_medium_kind_names[], *const kb_format_names[], *const kb_step_do_names[];
/* kb_medium_is_disk(kind): hdd or rdx: found by its file-system UUID and mounted by the agent; the others are folders
 * that somebody else makes available. */
bool kb_medium_is_disk(int kind);

extern const char *const kb_tool_names[], *const kb_method_names[], *const kb_chain_kind_names[];
extern const char *const kb_pit_from_names[], *const kb_encryption_names[];
extern const char *const kb_name_encoding_names[], *const kb_rto_from_names[], *const kb_lang_names[];

/* Is the restored thing usable? Exactly one of files, sha256, opens, sqlite, csv, command is set, as the plan checks.
 */
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
    const char *csv;                  /* path; its first row is the header */
    int encoding;                     /* enum kb_name_encoding */
    const char *rows;                 /* as `expect`, of the rows below the header; NULL: > 0 */
    KB_LIST_OF(const char *) header;  /* names of columns that must be there */
    KB_LIST_OF(const char *) command; /* argv; argv[0] absolute or relative to the plan file's folder */
    int64_t timeout;                  /* default 60 s */
    int64_t exit;                     /* expected status, default 0 */
};

/* Forms that more than one layer's keys have. */
extern const struct kb_form kb_form_id, kb_form_sha256;

/* The keys of a probe, in plan and job alike. */
extern const struct kb_shape kb_probe_shape;
