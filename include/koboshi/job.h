/* SPDX-License-Identifier: Apache-2.0 */
/* core: what a worker is told (a job) and what it answers (replies). Workers never see the plan. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "koboshi/budgets.h"
#include "koboshi/finding.h"
#include "koboshi/shape.h"
#include "koboshi/terms.h"

struct kb_arena;
struct kb_err;

enum kb_stage {
    KB_STAGE_MEDIA_OPEN,  /* locate, mount without writing a bit, list generations; parses no archive */
    KB_STAGE_MEDIA_CLOSE, /* unmount what open mounted */
    KB_STAGE_VERIFY,      /* the pass */
    KB_STAGE_RESTORE,     /* the pass with the scratch writer, then the re-read */
    KB_STAGE_PROBE,
    KB_STAGE_CLEANUP,     /* remove scratch folders */
    KB_STAGE_MEDIA_LOOK,  /* locate without mounting, and how the disk itself feels */
    KB_STAGE_MEDIA_DISKS, /* every attached disk that could be a medium */
    KB_STAGE_SCAN,        /* what is this folder, and what lies below it; for a plan that is yet to be written */
    KB_STAGE_COUNT,
};

enum kb_sandbox_mode { KB_SANDBOX_REQUIRED, KB_SANDBOX_BEST_EFFORT };

/* What a confined stage may still do. */
enum kb_confine_level {
    KB_CONFINE_READ,    /* read the sources */
    KB_CONFINE_RESTORE, /* plus write below the scratch folders */
    KB_CONFINE_PROBE,   /* scratch read and write, system programs and libraries read and execute */
    /* Levels that the stage takes by itself, and no job names: */
    KB_CONFINE_MEDIA,   /* find, mount and unmount disks */
    KB_CONFINE_CLEANUP, /* remove below the folders of the drill */
};

struct kb_job_medium {
    const char *id;
    int kind; /* enum kb_medium_kind */
    const char *label, *fs_uuid, *serial;
    const char *luks_uuid; /* of the encrypted container that holds the file system */
    const char *mount;     /* nas, folder, snapshot, cloud_export: absolute path */
    const char *source;    /* nas: what must be mounted there ("//nas.local/backup"), NULL: anything */
    const char *fs;        /* nas: type of that mount ("cifs", "nfs", "fuse.sshfs"), NULL: any */
    const char *mount_at;  /* hdd: absolute path of the folder to mount on, made if absent (as root only) */
};

/* Where the point in time of a generation comes from, in plan and job alike. */
struct kb_point_in_time {
    int from;         /* enum kb_pit_from */
    const char *tz;   /* zone of the times in names and stamp files; NULL: the process' zone */
    const char *file; /* stamp_file: path below the generation's folder (a tree), or beside its file */
};

/* A backup in several archives: the full one, then parts that hang on it. Patterns below the folder that `path` of the
 * copy names; a part belongs to the newest full one that is not newer than itself. */
struct kb_set_chain {
    const char *full, *part;
    int64_t max_parts; /* more parts than this on one full backup is a finding */
    int kind;          /* enum kb_chain_kind */
};
extern const struct kb_shape kb_point_in_time_shape, kb_chain_shape;

/* Which generations to list on the medium, one per copy of a set. */
struct kb_job_copy {
    const char *set;
    int64_t index; /* position in the set's copies */
    int format;    /* enum kb_format; a tree's generation is a folder, a chain's a full backup with its parts */
    int tool;      /* enum kb_tool_id */
    int method;    /* enum kb_method; a mirror has one generation, which needs no date in its name */
    const char *path, *manifest;
    const struct kb_point_in_time *point_in_time; /* NULL: as the name says, else the time of the last change */
    const struct kb_set_chain *chain;
};

/* One file of a generation that is more than one file: a segment of a split file, or a link of a chain. */
struct kb_segment {
    const char *path;     /* in a generation: below the medium's root; in a set to be worked on: absolute */
    const char *file;     /* in a set to be worked on: path below the medium's root, for messages */
    const char *manifest; /* of a chain, where each file has its own; as path. NULL: none, or that of the generation */
    int64_t bytes;        /* KB_ABSENT if not known */
    int64_t mtime;        /* UTC seconds */
    int64_t point_in_time;
};
extern const struct kb_shape kb_segment_shape;

/* What a pass saw of a segment. */
struct kb_segment_seen {
    const char *sha256; /* of the file; NULL: it could not be read whole */
    const char *manifest_sha256;
};

/* Files that a sample must hold: checks look at them. */
struct kb_job_always {
    const char *path; /* as checks name it; with at_least a pattern (glob.h) */
    int64_t at_least; /* as many of those that match, the first that come; KB_ABSENT: the one file of this path */
};
/* In which order the files of a tree are read: as its disk asks for (by its names unless the disk turns), as they lie
 * on the disk, by their names. */
enum kb_order { KB_ORDER_AUTO, KB_ORDER_PHYSICAL, KB_ORDER_NAMES };
extern const char *const kb_order_names[]; /* NULL-terminated spellings in enum order */

/* A file that never changes, in plan and job alike. */
struct kb_canary {
    const char *path; /* within the generation */
    const char *sha256;
};
extern const struct kb_shape kb_canary_shape;

struct kb_job_set {
    const char *set;
    int format;                             /* enum kb_format */
    int tool;                               /* enum kb_tool_id: what its files must look like */
    int chain_kind;                         /* enum kb_chain_kind, of a chain */
    KB_LIST_OF(struct kb_segment) segments; /* in order; empty: `source` alone. A chain's first is the full backup */
    bool unpack;
    const char *as;
    int name_encoding;
    const char *medium;
    const char *file;     /* generation: path below the medium's root, raw bytes, for messages escape it */
    const char *source;   /* absolute path of the generation */
    const char *manifest; /* absolute path of its manifest, NULL if the plan names none */
    const char *scratch;  /* absolute path of the folder to restore into, fresh; NULL for verify */
    const char *temp; /* absolute path of a folder for the temporary files of check commands; NULL if there are none */
    const char *target_fs; /* names are judged against it; NULL: the scratch file system */
    int64_t min_files, min_bytes;
    const struct kb_budgets *budgets; /* NULL: the usual ones */
    KB_LIST_OF(struct kb_canary) canary;
    int order;            /* enum kb_order, of a tree */
    const char *verified; /* of a tree that is resumed: absolute path of what earlier runs verified, which need not be
                             there; its records of this run go to fd 6. NULL: everything is verified */
    int64_t seconds;      /* with it: how long files may be begun; KB_ABSENT: until all are verified */
    int64_t threads;      /* that work on content at once; 0 or KB_ABSENT: one per processor */
    int64_t sample;       /* percent of the files that are restored (sample.h), 1 to 99; else all of them */
    int64_t seed;         /* of the sample */
    KB_LIST_OF(struct kb_job_always) always; /* of the sample */
    KB_LIST_OF(struct kb_probe) probes;      /* command[0] made absolute by the parent */
    const char *passphrase; /* no key of the job: it comes by a descriptor of its own; NULL: none is known */
};

struct kb_job {
    int stage; /* enum kb_stage */
    const char *zone;
    int sandbox; /* enum kb_sandbox_mode */
    int confine; /* enum kb_confine_level: verify, restore, probe, scan; the others have a level of their own */
    const char *fiscal_year_start; /* media-open: "04-01", month and day; NULL: that */
    const char *user;              /* account to switch to when started as root; NULL: stay */
    const struct kb_job_medium *medium;
    KB_LIST_OF(struct kb_job_copy) copies; /* media-open */
    const struct kb_job_set *set;          /* verify, restore, probe: a worker that is lost takes one set with it */
    KB_LIST_OF(const char *) remove;       /* cleanup: absolute paths of scratch folders */
    KB_LIST_OF(const char *) sweep;        /* cleanup: folders below which nothing may stay mounted */
};

/* kb_job_budgets(job): those of its set, the usual ones without a set or where its plan says nothing. */
const struct kb_budgets *kb_job_budgets(const struct kb_job *job);

/* What confinement was reached; part of the signed record. */
struct kb_confinement {
    int64_t landlock_abi;        /* in force, 0 = none */
    const char *landlock_rights; /* what of it is restricted: "files, refer, truncate"; NULL: none, or not recorded */
    const char *seccomp;         /* "allow-list", "deny-list", "none"; NULL: not recorded */
    bool no_new_privs;
    int64_t uid;              /* running as */
    const char *user;         /* the account that was switched to; NULL: none was */
    const char *capabilities; /* "none" or cap_to_text(3) form */
    bool complete;            /* all that was asked for */
    struct kb_text lacking;   /* what was not reached, for best effort */
};

enum kb_medium_status {
    KB_MEDIUM_READY,
    KB_MEDIUM_ABSENT,     /* expected sometimes: exit 75 when nothing else could run */
    KB_MEDIUM_WRONG,      /* another file system where this one was expected */
    KB_MEDIUM_EMPTY,      /* mount point without a mount */
    KB_MEDIUM_TWICE,      /* two devices with one UUID */
    KB_MEDIUM_UNREADABLE, /* found, but cannot be mounted or listed */
    KB_MEDIUM_LOCKED,     /* its encrypted container is here and has not been opened */
};

struct kb_medium_state {
    const char *medium;
    int status; /* enum kb_medium_status */
    const char *device, *fs_type, *fs_uuid, *label, *serial;
    const char *luks_uuid, *container; /* of the encrypted container: its UUID; "luks", "bitlocker" */
    const char *model;
    const char *driver;  /* what reads the file system: "ext4", "ntfs3", "ntfs-3g", "exfat", "exfat-fuse", "cifs" … */
    const char *source;  /* what is mounted there, as the mount table says */
    const char *root;    /* where it can be read; absolute */
    const char *options; /* mount options in force */
    bool mounted_by_us, unclean, writable_elsewhere;
    int64_t bytes;         /* size of the file system */
    struct kb_text detail; /* one sentence: what was found */
};

/* A file system that is attached to this machine, of the plan or not. All text is escaped. */
struct kb_disk {
    const char *device; /* "/dev/sdb1" */
    const char *disk;   /* the whole disk it lies on: "/dev/sdb" */
    const char *fs_type, *fs_uuid, *label, *serial, *model;
    const char *luks_uuid, *container; /* of the encrypted container; only these while it is locked */
    const char *mounted_at;            /* NULL: nowhere */
    int64_t bytes;
    bool external; /* removable or on USB */
};

/* What the disk says of itself (SMART), as smartctl reports it. KB_ABSENT: it does not say. */
struct kb_health {
    const char *medium;
    int verdict; /* enum kb_health_verdict */
    const char *model, *serial;
    int64_t power_on_hours, celsius;
    int64_t reallocated, pending; /* sectors: replaced; waiting to be read again */
    int64_t media_errors;         /* NVMe */
    int64_t worn_percent;         /* NVMe: of its rated endurance, may pass 100 */
    struct kb_text reason;        /* why it was not asked or did not answer */
};
enum kb_health_verdict { KB_HEALTH_UNKNOWN, KB_HEALTH_PASSED, KB_HEALTH_FAILED };

enum kb_pit_source {
    KB_PIT_NAME,
    KB_PIT_NAME_AND_MTIME,
    KB_PIT_NAME_DAY_START,
    KB_PIT_MTIME,
    KB_PIT_NEWEST_FILE, /* the newest file within the folder */
    KB_PIT_STAMP_FILE,  /* what the backup job wrote into a file of its own */
};
extern const char *const kb_pit_source_names[]; /* NULL-terminated spellings in enum order */

struct kb_generation {
    const char *set;
    int64_t copy;          /* index in the set's copies */
    const char *path;      /* below the medium's root; of a split file the first, of a chain the last of its segments */
    const char *manifest;  /* below the medium's root; NULL: none named in the plan. Of a chain that of the last file */
    int64_t point_in_time; /* UTC seconds */
    int pit_source;        /* enum kb_pit_source */
    int64_t bytes;         /* size of the file or of all segments; KB_ABSENT for a tree */
    int64_t mtime;
    KB_LIST_OF(struct kb_segment) segments; /* of a split file or a chain, in order; empty: one file or folder */
};

/* Something that a scan came across. What it holds is said of some files of a folder only: the newest of each shape of
 * name. */
enum kb_seen_kind { KB_SEEN_FILE, KB_SEEN_FOLDER, KB_SEEN_OTHER };
struct kb_seen {
    const char *path; /* below the scanned folder, by kb_escape: any bytes come through unchanged */
    int kind;         /* enum kb_seen_kind; links and devices are OTHER, and never followed or opened */
    int64_t bytes;    /* KB_ABSENT unless a file */
    int64_t mtime;    /* UTC seconds */
    bool looked_into;
    const char *container; /* "tar", "cpio", "zip", "7z"; NULL: no archive */
    const char *filter;    /* "gzip" …; NULL: none */
    const char *known;     /* another format by its name: "SQLite", "VHDX"; NULL: none */
    bool encrypted;
    int tool; /* enum kb_tool_id; OTHER: no tool's own format */
};

/* How a scan ended: what was not looked at is missing from what it told. */
enum kb_scan_stop { KB_SCAN_WHOLE, KB_SCAN_ENTRIES, KB_SCAN_DEPTH, KB_SCAN_TIME };
struct kb_scan_end {
    int64_t folders, files;
    int stopped;        /* enum kb_scan_stop */
    int64_t unreadable; /* folders that could not be listed */
    const char *first;  /* of those, escaped */
};
extern const struct kb_shape kb_seen_shape, kb_scan_end_shape;

enum kb_fact { KB_NOT_APPLICABLE, KB_NOT_REACHED, KB_REACHED };

/* Architecture §1: proof is a set of facts. Stages fill what they can tell; the parent merges (reached once is reached,
 * not reached wins over not applicable). */
struct kb_proof {
    int exists, read, hash, structure, restored, opened, accepted; /* L0 … L6, enum kb_fact */
};

/* How much of what was read was restored. */
enum kb_coverage { KB_COVERAGE_NONE, KB_COVERAGE_FULL, KB_COVERAGE_SAMPLE };

/* A sample (sample.h) and what it was drawn from. */
struct kb_sample_seen {
    int64_t percent, seed;
    int64_t files,
        files_taken; /* those the generation lists as files, hard links not counted; of a chain each name once */
    int64_t bytes, bytes_taken; /* their content; of a chain that of every part */
    int64_t file_ns, byte_ns;   /* time spent on the files taken: per file and per byte, see kb_sample_rest_ns */
    int64_t also;               /* files taken for another reason than their lot */
    KB_LIST_OF(const char *) also_taken; /* the first KB_SAMPLE_ALSO_MAX of them, escaped */
};
/* How much of a tree was verified how recently, by this run and earlier ones; each file counts once. */
struct kb_freshness {
    int64_t files;
    int64_t now;           /* by this run, and found good */
    int64_t recent, older; /* by an earlier run: at most KB_FRESHNESS_RECENT_S ago, before that */
    int64_t never;         /* or not as it is now, or it was not good */
    int64_t oldest;        /* UTC seconds: of those that were; KB_ABSENT: none was */
};
extern const struct kb_shape kb_freshness_shape;

struct kb_set_result {
    int64_t files, folders, links, skipped; /* entries seen in the generation */
    int64_t bytes_read;                     /* from the medium */
    int64_t bytes_unpacked;                 /* content of files */
    int64_t files_decrypted;                /* of the files: how many the key opened */
    int64_t files_compared, files_matched;  /* against the manifest */
    int64_t files_restored, bytes_restored, files_reread, bytes_reread;
    int64_t probes, probes_good;
    int64_t canaries, canaries_good; /* asked for, and as the plan has them */
    /* Signs (KB_RULES_SIGNS). judged: files of a known ending that were not empty; odd: of these, those whose first
     * bytes are not of what the ending says; sealed: Office files behind a password, which are not odd. named: files
     * with the ending or name that ransomware leaves; noisy: of the odd and named ones, those that begin with noise */
    int64_t files_judged, files_odd, files_sealed, files_named, files_noisy;
    int64_t read_ns, reread_ns;  /* worker's CLOCK_BOOTTIME; the parent measures step borders itself */
    const char *sha256;          /* of the generation's file; NULL for a tree */
    const char *manifest_sha256; /* of the manifest file */
    const char *manifest_kind;   /* its dialect: "GNU", "BSD", "hashdeep", "mtree", "BagIt 0.97" … */
    KB_LIST_OF(const char *)
    manifest_digests; /* what was compared by: "SHA-256", "MD5"; what is weak, kb_digest_names says */
    KB_LIST_OF(struct kb_segment_seen) segments; /* of the generation, in their order; empty: one file or folder */
    const char *detected;                        /* "tar + zstd", "zip", "gzip", "folder", "opaque" */
    const struct kb_freshness *freshness;        /* of a tree that is resumed; NULL: none */
    struct kb_proof proof;
    int coverage; /* enum kb_coverage: what proof.restored speaks of */
    const struct kb_sample_seen
        *sample; /* NULL: none was drawn. One that turned out to be everything is KB_COVERAGE_FULL */
    KB_LIST_OF(struct kb_text) caveats; /* what the proof does not say */
};

enum kb_reply_kind {
    KB_REPLY_HELLO,
    KB_REPLY_CONFINED,
    KB_REPLY_PROGRESS,
    KB_REPLY_FINDING,
    KB_REPLY_MEDIUM,
    KB_REPLY_GENERATION,
    KB_REPLY_RESULT,
    KB_REPLY_SEEN,
    KB_REPLY_SCANNED,
    KB_REPLY_FAULT,
    KB_REPLY_END,
    KB_REPLY_DISK,
    KB_REPLY_HEALTH,
};

/* A fault as it crosses the process border: code and frames, innermost first. */
struct kb_fault {
    int64_t code; /* enum kb_code */
    KB_LIST_OF(struct kb_text) frames;
};

struct kb_progress {
    int64_t bytes, bytes_total; /* of the medium read (or of scratch re-read); total KB_ABSENT if not known */
    int64_t entries;
    const char *entry; /* escaped */
    const char *phase; /* "read", "reread", "probe" */
};

/*
 * The job on fd 0 and each message on fd 3 is a u32 big-endian length, then JSON. fd 0 stays open while the worker may
 * live: its end is the order to die. fd 4 takes the list of entries, fd 6 what was verified of a tree that is resumed.
 * Exactly the member named by `kind` is set.
 */
struct kb_reply {
    int kind;                                 /* enum kb_reply_kind */
    const char *build_id;                     /* hello */
    const struct kb_confinement *confinement; /* confined: said before any byte is read; media stages never say it */
    const struct kb_progress *progress;
    const struct kb_finding *finding;
    const struct kb_medium_state *medium;
    const struct kb_generation *generation;
    const struct kb_set_result *result;
    const struct kb_disk *disk;
    const struct kb_health *health;
    const struct kb_seen *seen;
    const struct kb_scan_end *scanned;
    const struct kb_fault *fault; /* the worker could not do its work */
    int64_t peak_bytes;           /* end: the worker's peak resident memory, as it says itself */
};

extern const struct kb_shape kb_job_shape, kb_reply_shape;
extern const struct kb_shape kb_medium_state_shape, kb_set_result_shape, kb_confinement_shape, kb_generation_shape,
    kb_fault_shape, kb_proof_shape, kb_disk_shape, kb_health_shape;

/* kb_version(): "0.1.0" */
const char *kb_version(void);
/* kb_build_id(): version and git-independent hash of the sources both programs were built from; equal in both. */
const char *kb_build_id(void);

/* kb_fault_of(arena, err): the fault that err tells. kb_fault_to_err: back again. */
struct kb_fault *kb_fault_of(struct kb_arena *arena, const struct kb_err *err);
void kb_fault_to_err(const struct kb_fault *fault, struct kb_err *err);

/*
 * What a stage reports to while it works; a worker turns it into replies, a unit test collects it.
 * All functions may be called from any thread of the worker. Findings past KB_FINDINGS_PER_RULE_MAX per rule and set
 * are counted and sent as one with `count` at the end of the set.
 */
struct kb_reporter {
    void *owner;
    void (*finding)(void *owner, const struct kb_finding *finding);
    void (*progress)(void *owner, const struct kb_progress *progress); /* rate limited by the receiver */
};
