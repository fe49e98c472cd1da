/* SPDX-License-Identifier: Apache-2.0 */
/* evidence: the append-only, signed chain of all drills. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "koboshi/digest.h"
#include "koboshi/key.h"
#include "koboshi/record.h"
#include "koboshi/shape.h"

struct kb_arena;
struct kb_err;

/*
 * A ledger is a folder:
 * - ledger.jsonl: one JSON object per line, append-only; each names the SHA-256 of the line before it, with its newline
 * - checkpoint: three lines: "koboshi <uuid>", number of lines, SHA-256 of the last line
 * - checkpoint.sig: SSHSIG of checkpoint, namespace koboshi-ledger
 * - allowed_signers, agent.pub.pem: the public key for ssh-keygen and openssl
 * - objects/<sha256>.zst: long lists, named by the hash of the stored bytes
 * - drills/NNNNNN/: record.json plan.yaml events.jsonl SHA256SUMS (report.html is derived and not covered)
 * - drills/NNNNNN.running: held (flock) while that drill runs; also its reserve of space
 *
 * Order of one append: line, fdatasync, checkpoint.sig, checkpoint, acknowledged. The signature goes first because it
 * speaks only of lines that are already durable: after a crash between the two renames it fits the checkpoint of all
 * lines there are, and that is written when the ledger is next opened. On a settled ledger the stock command is
 *   ssh-keygen -Y verify -f allowed_signers -I agent@HOST -n koboshi-ledger -s checkpoint.sig < checkpoint
 */
#define KB_LEDGER_NAMESPACE "koboshi-ledger"
enum { KB_LEDGER_FORMAT = 1 };

#define KB_LINE_KINDS(X)                                                                                               \
    X(LEDGER_CREATED, "ledger_created")                                                                                \
    X(DRILL_STARTED, "drill_started")                                                                                  \
    X(DRILL_FINISHED, "drill_finished")                                                                                \
    X(DRILL_INTERRUPTED, "drill_interrupted") /* started, the process is gone, never finished */                       \
    X(VERIFIED, "verified")                   /* a planned verification without restore */                             \
    X(NOT_RUN, "not_run")                     /* due, but nothing could run */                                         \
    X(APPROVAL, "approval")                   /* a person approved a plan */                                           \
    X(MEDIUM_SEEN, "medium_seen")             /* a medium of the plan came or went */                                  \
    X(MEDIUM_SWAPPED, "medium_swapped")       /* one disk of a rotation was exchanged for another */                   \
    X(RECOVERED, "recovered")                 /* what was found and done when the ledger was opened after a crash */

enum kb_line_kind {
#define KB_LINE_ENUM(id, name) KB_LINE_##id,
    KB_LINE_KINDS(KB_LINE_ENUM)
#undef KB_LINE_ENUM
        KB_LINE_COUNT,
};
extern const char *const kb_line_kind_names[]; /* NULL-terminated, in enum order */

/* One system in one line of the ledger, at most 256 bytes: what assessment needs without opening a record. */
struct kb_system_summary {
    const char *system;
    int status;            /* enum kb_unit_status, the worst of its sets */
    const char *proof;     /* what holds for all its sets */
    int64_t files, bytes;  /* restored, or seen when nothing was restored; of a sample: what it was drawn from */
    int64_t restore_s;     /* seconds of reading and re-reading, KB_ABSENT if nothing was read */
    bool estimated;        /* a sample was restored; restore_s is what everything would take */
    int64_t point_in_time; /* the oldest of its sets; KB_ABSENT if none is known */
};

/* One pass over one generation, in the line that ends its drill or verification: what the register of media needs. */
struct kb_line_read {
    const char *set, *medium, *file;      /* ids; path below the medium's root, escaped */
    int64_t point_in_time;                /* of the generation */
    int64_t bytes, ms;                    /* read from the medium, and how long that took */
    const char *proof;                    /* kb_proof_show */
    int status;                           /* enum kb_unit_status */
    const char *fs_uuid;                  /* of the medium; NULL: it has none */
    const char *list;                     /* the object that lists every entry read; NULL: none */
    const char *detected;                 /* what it was read as: `detected` of the result */
    int64_t content;                      /* bytes of the files' content */
    int64_t judged, odd, named;           /* signs: files_judged, files_odd, files_named of the result */
    const struct kb_freshness *freshness; /* of a tree verified over several runs; NULL: none */
};

/* One generation as it lay on a medium when that left. */
struct kb_line_generation {
    const char *set, *path; /* path below the medium's root, escaped */
    int64_t point_in_time, bytes;
};

/* One line. The first five fields are filled by the ledger; the others as the kind has them, absent otherwise. All
 * texts are UTF-8, names from media or people escaped (kb_escape). */
struct kb_line {
    int64_t seq;
    const char *prev; /* 64 digits; zeros in the first line */
    int64_t format;
    const char *kind;                  /* one of kb_line_kind_names; a line of a newer koboshi may hold another */
    int64_t time;                      /* UTC seconds */
    int64_t drill;                     /* number in this ledger */
    const char *sha256sums;            /* of drills/NNNNNN/SHA256SUMS */
    const char *ledger, *signer, *key; /* uuid, "agent@host", fingerprint: ledger_created */
    const char *agent_version;
    const char *plan, *plan_version, *plan_sha256; /* id, version and hash of the plan */
    const char *name;                              /* of the drill in the plan */
    const char *operator_;
    int64_t disrupted_at;
    const char *status; /* one of kb_record_status_names */
    const struct kb_record_verdict *verdict;
    KB_LIST_OF(struct kb_system_summary) systems;
    int64_t systems_left_out; /* how many did not fit into the line */
    int64_t adopted;          /* recovered: number of the unsigned line that was kept */
    const char *adopted_sha256;
    int64_t cut_bytes; /* recovered: bytes after the last whole line that were cut off */
    const char *cut_sha256;
    const char *role, *by, *material_sha256; /* approval: role id, name, hash of the material parts of the plan */
    const char *medium;                      /* medium_seen; medium_swapped: the one that leaves */
    const char *medium_in;                   /* medium_swapped: the one that takes its place; NULL: not known yet */
    const char *presence;                    /* medium_seen: "present", "arrived", "left" */
    bool for_drill; /* medium_seen: it was attached for a drill or a check of its own, not for backups */
    const char *fs_uuid, *serial, *label; /* of the medium, as read from it */
    struct kb_text reason;
    KB_LIST_OF(struct kb_line_read) reads;             /* drill_finished, verified: what was read from media */
    int64_t reads_left_out;                            /* how many did not fit into the line */
    const char *rotation;                              /* medium_swapped: its id in the plan */
    KB_LIST_OF(struct kb_line_generation) generations; /* medium_swapped: newest first */
    int64_t generations_left_out;                      /* the oldest, which did not fit into the line */
};
extern const struct kb_shape kb_line_shape;

/* kb_line_init(entry, kind): everything absent but the kind. */
void kb_line_init(struct kb_line *entry, enum kb_line_kind kind);
/* kb_line_fit(entry): cuts summaries, reads and generations, last ones first, to what fits into one line, and counts
 * what was cut. */
void kb_line_fit(struct kb_line *entry);

struct kb_lines {
    size_t n;
    const struct kb_line *v;
};
/* kb_ledger_lines(dir, arena, ret_entries, err): the signed lines in their order, for lists and overviews. It reads,
 * it does not check: that is kb_ledger_verify. Lines of kinds it does not know have only the first five fields. */
int kb_ledger_lines(const char *dir, struct kb_arena *arena, struct kb_lines *ret_entries, struct kb_err *err);

/* kb_ledger_exists(dir): there is a ledger in this folder. */
bool kb_ledger_exists(const char *dir);
/* kb_ledger_create(dir, key_path, err): a new ledger with its first line, whole or not at all. The key must exist. The
 * signer is fixed here for ever: agent@<host name>. KB_ELEDGER if dir holds anything. */
int kb_ledger_create(const char *dir, const char *key_path, struct kb_err *err);

/* A ledger open for appending, on the heap. Several processes may hold one at a time; each append locks it. Not for
 * several threads. */
struct kb_ledger;

/*
 * kb_ledger_open(dir, key_path, ret_ledger, err): checks the whole chain and the signature, then recovers from a crash:
 * a line torn beyond the checkpoint is cut, one unsigned whole line is adopted, both named in a `recovered` line.
 * KB_ELEDGER, and nothing is signed, if lines were changed, more than one is unsigned, or the key is not the signer's.
 */
int kb_ledger_open(const char *dir, const char *key_path, struct kb_ledger **ret_ledger, struct kb_err *err);
void kb_ledger_free(struct kb_ledger *ledger);
const char *kb_ledger_uuid(const struct kb_ledger *ledger);

/* kb_ledger_append(ledger, entry, err): durable and signed when it returns 0. A failed fsync is the fault "not
 * durable"; it is never retried, and this handle refuses all further work. */
int kb_ledger_append(struct kb_ledger *ledger, const struct kb_line *entry, struct kb_err *err);
/* kb_ledger_sign(ledger, namespace_, message, n, arena, ret_armored, err): SSHSIG with the ledger's key, for what is
 * kept beside the ledger. kb_ledger_has_signed(ledger, signature, message, n): it was made so. */
int kb_ledger_sign(const struct kb_ledger *ledger, const char *namespace_, const void *message, size_t n,
                   struct kb_arena *arena, const char **ret_armored, struct kb_err *err);
struct kb_sshsig;
bool kb_ledger_has_signed(const struct kb_ledger *ledger, const struct kb_sshsig *signature, const void *message,
                          size_t n);
/* kb_ledger_verified(ledger, record, err): the `verified` line of a verification without restore; no record folder. */
int kb_ledger_verified(struct kb_ledger *ledger, const struct kb_record *record, struct kb_err *err);

/* Drills by their number in the ledger. */
struct kb_drill_numbers {
    size_t n;
    const int64_t *v;
};
/* kb_ledger_interrupted(ledger, waiting, ret_n, err): one `drill_interrupted` line for each drill that was started, has
 * not finished, and whose process is gone. Those in `waiting` (NULL: none) can be taken up again and stay open. ret_n:
 * how many lines were written. */
int kb_ledger_interrupted(struct kb_ledger *ledger, const struct kb_drill_numbers *waiting, size_t *ret_n,
                          struct kb_err *err);

/* A running drill: its number, its lock and its reserve of KB_LEDGER_RESERVE bytes. */
struct kb_drill_run;

/*
 * kb_drill_begin(ledger, entry, ret_drill, err): reserves the space for the closing lines, takes the next number,
 * writes `drill_started` with the plan, name and operator of entry. The ledger must outlive the drill.
 */
int kb_drill_begin(struct kb_ledger *ledger, const struct kb_line *entry, struct kb_drill_run **ret_drill,
                   struct kb_err *err);
/* kb_drill_resume(ledger, number, ret_drill, err): takes up a drill that was begun and has no end in the ledger: its
 * number stays, and no line is written. KB_EAGAIN while its process lives, KB_EUSAGE if it is not open. */
int kb_drill_resume(struct kb_ledger *ledger, int64_t number, struct kb_drill_run **ret_drill, struct kb_err *err);
int64_t kb_drill_number(const struct kb_drill_run *drill);
/* kb_drill_free(drill): ends the hold. A drill that was not finished stays visible as interrupted. */
void kb_drill_free(struct kb_drill_run *drill);

/* kb_ledger_object(ledger, fd, ret_name, err): everything from fd (from where it stands) compressed into objects/;
 * ret_name: SHA-256 of the stored bytes, to be named in struct kb_record_unit.list. */
int kb_ledger_object(struct kb_ledger *ledger, int fd, char ret_name[KB_SHA256_HEX_SIZE], struct kb_err *err);
/* kb_ledger_object_open(ledger, name, ret_fd, err): the object in plain, in a temporary file without a name that stands
 * at its start; at most KB_LIST_BYTES_MAX. KB_ELEDGER if it is missing or its bytes are not those of its name. */
int kb_ledger_object_open(const struct kb_ledger *ledger, const char *name, int *ret_fd, struct kb_err *err);

/* The files of a record folder besides record.json. */
struct kb_drill_files {
    const void *plan;
    size_t plan_n;
    const void *events; /* JSON lines */
    size_t events_n;
};
/* kb_drill_finish(drill, record, files, err): the record folder, durable, then the `drill_finished` line with its hash,
 * verdict and summaries. record->id must be the drill's number. */
int kb_drill_finish(struct kb_drill_run *drill, const struct kb_record *record, const struct kb_drill_files *files,
                    struct kb_err *err);

/* What a check of a ledger or pack can find. X(id, name, bad, en, ja); bad = false is said and changes nothing. */
#define KB_FLAWS(X)                                                                                                    \
    X(LINE_UNREADABLE, "line-unreadable", true, "The line is not a ledger line", "台帳の行として読めません")           \
    X(LINE_NUMBER, "line-number", true, "The line has another number: lines were dropped, swapped or doubled",         \
      "行番号が違います（行の削除・入れ替え・重複）")                                                                  \
    X(LINE_CHANGED, "line-changed", true, "The line was changed after it was written",                                 \
      "行が書き込み後に変更されています")                                                                              \
    X(TRUNCATED, "truncated", true, "Lines are missing at the end", "末尾の行が失われています")                        \
    X(UNSIGNED_TAIL, "unsigned-tail", true, "Lines follow that were never signed",                                     \
      "署名されていない行が末尾にあります")                                                                            \
    X(UNSETTLED, "unsettled", true,                                                                                    \
      "The signature is one step ahead of the checkpoint; the next run of koboshi settles it",                         \
      "署名がチェックポイントより一歩先に進んでいます。次に koboshi を実行すると整います")                             \
    X(CHECKPOINT_BAD, "checkpoint-bad", true, "The checkpoint is missing or damaged",                                  \
      "チェックポイントがないか、壊れています")                                                                        \
    X(SIGNATURE_BAD, "signature-bad", true, "The signature does not fit the checkpoint",                               \
      "署名がチェックポイントと合いません")                                                                            \
    X(SIGNER_OTHER, "signer-other", true, "Signed by another key", "別の鍵で署名されています")                         \
    X(SIGNER_FILES, "signer-files", true, "A public key file does not belong to the signer",                           \
      "公開鍵のファイルが署名者のものではありません")                                                                  \
    X(ROLLED_BACK, "rolled-back", true, "This ledger is not a continuation of the older checkpoint",                   \
      "以前のチェックポイントの続きではありません（巻き戻しまたは書き換え）")                                          \
    X(FOLDER_MISSING, "folder-missing", true, "The record folder is missing", "記録フォルダがありません")              \
    X(FOLDER_UNKNOWN, "folder-unknown", true, "A record folder that the ledger does not know",                         \
      "台帳にない記録フォルダがあります")                                                                              \
    X(SUMS_CHANGED, "sums-changed", true, "SHA256SUMS is not the one in the ledger",                                   \
      "SHA256SUMS が台帳の記載と違います")                                                                             \
    X(SUMS_STRANGE, "sums-strange", true, "SHA256SUMS names a file that does not belong there",                        \
      "SHA256SUMS に含まれるはずのないファイルがあります")                                                             \
    X(FILE_MISSING, "file-missing", true, "A file of the record is missing", "記録のファイルがありません")             \
    X(FILE_CHANGED, "file-changed", true, "A file of the record was changed", "記録のファイルが変更されています")      \
    X(NOT_COVERED, "not-covered", false, "A file that the signature does not cover", "署名の対象外のファイルです")     \
    X(UNFINISHED, "unfinished", false, "A drill was started and has no end", "開始され、終了の記録がない訓練です")

enum kb_flaw_id {
#define KB_FLAW_ENUM(id, ...) KB_FLAW_##id,
    KB_FLAWS(KB_FLAW_ENUM)
#undef KB_FLAW_ENUM
        KB_FLAW_COUNT,
};

struct kb_flaw {
    const char *name; /* stable */
    bool bad;
    int64_t line;     /* of ledger.jsonl; KB_ABSENT if none is meant */
    int64_t drill;    /* KB_ABSENT if none is meant */
    const char *file; /* below the ledger's folder, escaped; NULL if none is meant */
    struct kb_text what, expected, found;
};

struct kb_ledger_check {
    const char *ledger; /* uuid; NULL if not known */
    const char *signer; /* "agent@host" of the first line */
    const char *key;    /* fingerprint of the key that signed; NULL without a good signature */
    bool established;   /* that key is the one asked for */
    int64_t lines, signed_lines;
    const char *head;                           /* 64 digits, of the last signed line */
    int64_t drills;                             /* finished ones in the ledger */
    int64_t drills_checked, drills_not_carried; /* record folders read; absent, and not listed by this pack */
    int64_t files_checked;
    int64_t bad;                      /* flaws that are bad; 0 = the ledger is what was signed */
    KB_LIST_OF(struct kb_flaw) flaws; /* in order of checking; the first bad one leads */
};
extern const struct kb_shape kb_ledger_check_shape;

struct kb_ledger_check_params {
    const char *dir;   /* a ledger or an exported pack */
    const char *since; /* path of an older checkpoint kept elsewhere; NULL: not compared */
    const char *key;   /* fingerprint the signer must have; NULL: who signed is not established */
    bool whole;        /* every record folder must be there, also if a pack says otherwise */
};
/* kb_ledger_verify(params, arena, ret_check, err): needs no private key and writes nothing. What is wrong is in the
 * check, a fault means that there is no ledger to read (KB_ELEDGER, KB_EIO). */
int kb_ledger_verify(const struct kb_ledger_check_params *params, struct kb_arena *arena,
                     const struct kb_ledger_check **ret_check, struct kb_err *err);
