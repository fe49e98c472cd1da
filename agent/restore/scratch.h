/* SPDX-License-Identifier: Apache-2.0 */
/* The scratch folder while it is filled and read back. */
#pragma once

#include <sys/types.h>

#include "koboshi/file.h"
#include "koboshi/finding.h"
#include "koboshi/limits.h"
#include "koboshi/restore.h"

#include "items.h"
#include "sample.h"
#include "shelf.h"
#include "writers.h"

enum {
    KB_GATHER_BYTES = 256 << 10, /* small files reach the disk as one write */
    KB_FILE_OVERHEAD = 4096,     /* a file costs at least this beside its content: blocks not full, its name */
};

struct kb_scratch {
    const struct kb_job_set *set;
    const struct kb_reporter *reporter;
    struct kb_arena *arena;
    struct kb_items items;
    int root;
    mode_t umask;                    /* of this process */
    bool windows;                    /* names are judged for a target of Windows */
    int64_t bytes_left, inodes_left; /* what may still be used */
    bool full;                       /* said once; all that follows is skipped */
    int64_t skipped;                 /* entries that are not in the scratch folder as the generation has them */
    int64_t lost_to_space;           /* of these, for want of space */
    uint16_t layer;                  /* archive of a chain that is being written, 0 the first */
    struct kb_sample *sample;        /* NULL: everything is restored */
    int64_t superseded;              /* files that a later archive of the chain deleted, moved or replaced */

    struct kb_writers *writers; /* NULL: all is written at once */
    struct kb_item *open_item;  /* the file being written, NULL if none */
    bool small;                 /* its content is on its way to the writers; there is no fd */
    struct kb_shelf *shelf;     /* contents that came before their entries; NULL: none do */
    bool moved;                 /* the file being written came whole from there; there is no fd */
    int fd;
    int64_t size;      /* as its entry says; KB_ABSENT if it does not */
    int64_t high;      /* end of the last byte received */
    int64_t gather_at; /* offset of gather[0] in the file */
    size_t gathered;
    unsigned char *gather;

    int parent; /* the folder last written to, its path, -1 if none */
    char parent_path[KB_PATH_BYTES_MAX + 1];
};

/* kb_scratch_parent(s, path, ret_name): a borrowed descriptor of the folder that holds path, made if absent; -1 with
 * errno. */
int kb_scratch_parent(struct kb_scratch *s, const char *path, const char **ret_name);
void kb_scratch_forget_parent(struct kb_scratch *s);

/* kb_scratch_finding(s, arena, rule, path): a finding of this set about a path inside, for the caller to complete. */
struct kb_finding *kb_scratch_finding(const struct kb_scratch *s, struct kb_arena *arena, enum kb_rule_id rule,
                                      const char *path);
void kb_scratch_report(const struct kb_scratch *s, const struct kb_finding *finding);
/* kb_scratch_skip(s, path, errnum): says why this path could not be written, and counts it. */
void kb_scratch_skip(struct kb_scratch *s, const char *path, int errnum);
/* kb_scratch_out_of_space(s, path): finding `space` with figures, once; counts the entry as skipped. */
void kb_scratch_out_of_space(struct kb_scratch *s, const char *path);
/* kb_scratch_links(s): makes the links that are not made yet. */
void kb_scratch_links(struct kb_scratch *s);
/* kb_scratch_layer, kb_scratch_keep: as kb_sink.layer and .keep. */
int kb_scratch_layer(void *owner, struct kb_err *err);
int kb_scratch_keep(void *owner, const char *folder, const struct kb_dumped *dumped, size_t n, struct kb_err *err);
/* kb_scratch_supersede(s, item): what an earlier archive of the chain put there makes room, with all below it; -1 with
 * errno. */
int kb_scratch_supersede(struct kb_scratch *s, struct kb_item *item);

/* kb_scratch_write_at(fd, bytes, n, offset): all of it; -1 with errno. */
int kb_scratch_write_at(int fd, const void *bytes, size_t n, int64_t offset);
/* kb_scratch_complete(s, fd, item): its mode and time; -1 with errno. By any thread. */
int kb_scratch_complete(const struct kb_scratch *s, int fd, const struct kb_item *item);
/* kb_scratch_drop_file(s): gives up the file being written, if any. */
void kb_scratch_drop_file(struct kb_scratch *s);
