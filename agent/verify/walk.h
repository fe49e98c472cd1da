/* SPDX-License-Identifier: Apache-2.0 */
/* What lies in a folder, named one after the other: in the order of the names' bytes, folders before what is in them,
 * without following links and without leaving the file system. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "koboshi/archive.h"

struct kb_arena;

/* A folder that was listed, open as long as somebody holds it. Held and let go of by one thread. */
struct kb_folder {
    int fd;
    unsigned held;
};
void kb_folder_hold(struct kb_folder *folder);
void kb_folder_let_go(struct kb_folder *folder); /* NULL does nothing */

enum kb_walk_event {
    KB_WALKED_ENTRY,
    KB_WALKED_UNREAD,    /* it cannot be looked at, entered or listed to its end: `cause` */
    KB_WALKED_ELSEWHERE, /* the folder named before belongs to another file system and is not entered */
};

struct kb_walked {
    struct kb_folder *folder; /* that it lies in; NULL: it is the top itself */
    const char *path;         /* below the top, raw */
    const char *target;       /* of a symbolic link, raw */
    int64_t size, mtime_ns;   /* size KB_ABSENT unless a file */
    uint64_t inode;
    uint32_t path_n, name_at; /* the name is path + name_at */
    uint32_t seen;            /* its place among all in the order in which folders gave them */
    int cause;                /* errno */
    uint16_t mode;            /* permission bits */
    uint8_t event;            /* enum kb_walk_event */
    uint8_t kind;             /* enum kb_entry_kind */
    uint8_t fault;            /* enum kb_path_fault */
    bool looked_at;           /* size, mode, time and inode are known; a file may come without: its folder said what it
                                 is, and who opens it sees the rest */
};

/* kb_walked_wanted(walked): a file whose content is read. */
bool kb_walked_wanted(const struct kb_walked *walked);
/* kb_walked_look(walked, st) */
void kb_walked_look(struct kb_walked *walked, const struct stat *st);

struct kb_walk;

/* kb_walk_new(fd, device, look): below fd, which stays the caller's; look: files too are looked at. */
struct kb_walk *kb_walk_new(int fd, dev_t device, bool look);
void kb_walk_free(struct kb_walk *walk);
/* kb_walk_next(walk, arena, ret_walked): 1, 0 at the end. Texts are in the arena; the folder is held for the caller.
 * Ends past KB_ENTRIES_MAX entries. */
int kb_walk_next(struct kb_walk *walk, struct kb_arena *arena, struct kb_walked *ret_walked);
