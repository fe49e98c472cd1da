/* SPDX-License-Identifier: Apache-2.0 */
/* core: presets: what the backups of each tool look like, and what can be shown of them without the tool itself. */
#pragma once

#include <stddef.h>

#include "koboshi/job.h"
#include "koboshi/terms.h"

/* Bytes that a file of the tool has; the source of each is in tool.c. */
struct kb_magic {
    size_t offset, n;
    const char *bytes;
    const char *name; /* "VHDX", "Microsoft Tape Format" */
    int64_t least;    /* bytes: no such file is shorter; 0: not known */
};

/* A file that a folder of the tool must hold; at least one match each. */
struct kb_layout {
    const char *pattern; /* path below the folder, or with a leading or trailing `**` at any depth; case ignored */
    struct kb_text what; /* "a disk image" */
    size_t n_magic;      /* of each match, any one of these; 0: not looked at */
    const struct kb_magic *magic;
    bool content; /* at least one of them is not empty */
    bool newest;  /* several are usual: which is the newest is said */
};

struct kb_tool {
    struct kb_text title; /* "Windows Server バックアップ" */
    int format;           /* enum kb_format; -1: the plan must say it */
    int method;           /* enum kb_method */
    const char *tz;       /* zone of the times in its names; NULL: the plan's */
    int pit_from;         /* enum kb_pit_from */
    size_t n_magic;       /* file: any one of these; 0: not looked at */
    const struct kb_magic *magic;
    size_t n_layout; /* tree: all of these; 0: any folder */
    const struct kb_layout *layout;
    bool opaque; /* as files and folders they are only hashed: nothing looks inside (structure is never reached) */
    struct kb_text caveat; /* what only the tool itself can show; empty if nothing */
};

/* kb_tool_of(id): the preset; never NULL. */
const struct kb_tool *kb_tool_of(enum kb_tool_id id);
/* kb_tool_hides(set): what this set consists of can only be opened by its own tool: bytes are compared, and that is all
 * that is known of it. */
bool kb_tool_hides(const struct kb_job_set *set);
