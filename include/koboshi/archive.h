/* SPDX-License-Identifier: Apache-2.0 */
/* archive: one entry after the other out of tar, cpio, zip, 7z or a compressed file, names decoded and judged. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "koboshi/finding.h"
#include "koboshi/terms.h"

struct kb_arena;
struct kb_err;

enum kb_entry_kind { KB_ENTRY_FILE, KB_ENTRY_FOLDER, KB_ENTRY_SYMLINK, KB_ENTRY_HARDLINK, KB_ENTRY_OTHER };

/* What is wrong with a path, as a table word; KB_PATH_SAFE may be used. Set by kb_path_judge. */
enum kb_path_fault {
    KB_PATH_SAFE,
    KB_PATH_EMPTY,
    KB_PATH_ABSOLUTE,
    KB_PATH_PARENT,
    KB_PATH_TOO_LONG,
    KB_PATH_TOO_DEEP,
    KB_PATH_NAME_TOO_LONG,
    KB_PATH_NUL,
    KB_PATH_WINDOWS
};

/*
 * One name that an incremental tar lists of a folder (GNU tar manual, "Dumpdir"): Y it is in this archive, N it was
 * there and is not in this one, D it is a folder; R and T, paths from the top: what was R is now called T; X: a step of
 * a renaming that cannot be repeated.
 */
struct kb_dumped {
    char code;
    const char *name; /* decoded */
};

/* One entry, valid until the next one is asked for. */
struct kb_entry {
    enum kb_entry_kind kind;
    const char *path; /* decoded (or raw where it cannot be), relative, without `./` and trailing `/`; NULL if unsafe */
    enum kb_path_fault fault; /* why path is NULL */
    const char *long_path; /* KB_PATH_NAME_TOO_LONG: the path all the same, to compare by, not to create; else NULL */
    const char *shown;     /* escaped for people; never NULL */
    const void *raw;       /* the bytes as stored, raw_n of them */
    size_t raw_n;
    const char *target; /* SYMLINK: its text, raw; HARDLINK: decoded path of the entry it names, NULL if unsafe */
    int64_t size;       /* as the header says; KB_ABSENT if it does not */
    uint32_t mode;      /* permission bits, without setuid, setgid and sticky */
    int64_t mtime_ns;   /* UTC; KB_ABSENT if not stored */
    bool encrypted;     /* the key to it is not known */
    bool decrypted;     /* it is opened by the key given */
    const struct kb_dumped *dumped; /* FOLDER: all that it held when an incremental tar was made; NULL: not known */
    size_t n_dumped;
    const char *kept; /* of the pass: the same path in memory that stays until kb_pass_close; NULL: there is none */
};

/*
 * kb_path_judge(bytes, n, arena, ret_path): the one place where a stored name becomes a path we may create: drops `./`,
 * repeated and trailing slashes; refuses absolute paths, drive letters, `..`, NUL, and what exceeds limits.h. Of
 * KB_PATH_NAME_TOO_LONG, when nothing else is wrong with it, ret_path is set too: it may be compared, never created.
 */
enum kb_path_fault kb_path_judge(const void *bytes, size_t n, struct kb_arena *arena, const char **ret_path);

/* A decoder of names; opens its converters when made (before the process is confined). Any thread may use it. */
struct kb_names;
struct kb_names *kb_names_new(enum kb_name_encoding encoding);
void kb_names_free(struct kb_names *names);
/* kb_names_decode(names, bytes, n, utf8_flagged, arena): per name: flagged (zip bit 11) or valid UTF-8 as it is; else
 * CP932 (iconv "CP932"); else the raw bytes. Never normalised. */
const char *kb_names_decode(struct kb_names *names, const void *bytes, size_t n, bool utf8_flagged,
                            struct kb_arena *arena);
