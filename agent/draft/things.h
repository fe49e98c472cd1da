/* SPDX-License-Identifier: Apache-2.0 */
/* What a scan told as a tree, and the groups of its names that are generations of one thing. */
#pragma once

#include "koboshi/draft.h"
#include "koboshi/pattern.h"
#include "name.h"

struct kb_thing {
    const char *name, *path; /* raw; path below the root */
    const struct kb_seen *seen;
    struct kb_thing *parent;
    KB_LIST_OF(struct kb_thing *) below;
    int64_t files, bytes, newest; /* in it, of all depths; newest: last change of a file, 0 if there is none */
};

/* kb_things_of(scanned, arena): the root, which has no name and no parent. What does not hang together is left out. */
struct kb_thing *kb_things_of(const struct kb_scanned *scanned, struct kb_arena *arena);

/* One thing in the place where its group saw it. */
struct kb_member {
    struct kb_thing *thing;
    struct kb_name name;
    const char *pattern;     /* of its name, as the group takes it */
    int date[KB_PART_DATES]; /* of its whole path */
    int64_t time;            /* point in time, UTC seconds */
    int part;                /* of a split file, 0: none */
};

struct kb_members {
    size_t n;
    struct kb_member *v;
};

struct kb_group {
    const char *pattern; /* of the name */
    bool folder, dated, varies, weekdays, parts;
    struct kb_members members;    /* newest first; of a split file the parts in order */
    const struct kb_seen *looked; /* the newest one of which it is known what it holds; NULL: none */
};

struct kb_groups {
    KB_LIST_OF(struct kb_group) list;
    struct kb_members manifests, strays, others; /* others: links, devices, names that are not UTF-8 */
};

/* kb_groups_of(folders, arena, ret_groups): everything in these folders (a single one, or generations of one thing) by
 * its name, files before folders. */
void kb_groups_of(const struct kb_members *folders, struct kb_arena *arena, struct kb_groups *ret_groups);
