/* SPDX-License-Identifier: Apache-2.0 */
/* The probes of one set, and what each kind of probe answers. */
#pragma once

#include "koboshi/digest.h"
#include "koboshi/finding.h"
#include "koboshi/probe.h"

/* A command's program: opened before confinement, so that what was hashed is what runs. */
struct kb_program {
    int fd; /* -1: not to be had, errnum says why */
    int errnum;
    bool in_scratch; /* refused: a backup must not bring its own check */
    bool script;     /* starts with #! */
    struct kb_sha256 digest;
    const char *path; /* real path, NULL if not opened */
};

struct kb_probes {
    const struct kb_job_set *set;
    struct kb_arena *arena;
    int root;                    /* the scratch folder, O_PATH */
    const char *path;            /* its real path */
    struct kb_program *programs; /* one per probe; of no meaning where it is no command */
    const char **program_paths;
    struct kb_names *names; /* of column names */
};

/* How a probe ended. Good: rule is KB_RULE_COUNT. Texts in the arena given. */
struct kb_answer {
    enum kb_rule_id rule;
    const char *entry; /* raw path below the scratch folder, NULL: none */
    struct kb_text expected, found;
};

/* All of these: 0 with *ret_answer filled (initialised to good), or a fault. */
int kb_probe_files(struct kb_probes *p, size_t i, struct kb_arena *arena, struct kb_answer *ret_answer,
                   struct kb_err *err);
int kb_probe_sha256(struct kb_probes *p, size_t i, struct kb_arena *arena, struct kb_answer *ret_answer,
                    struct kb_err *err);
int kb_probe_opens(struct kb_probes *p, size_t i, struct kb_arena *arena, struct kb_answer *ret_answer,
                   struct kb_err *err);
int kb_probe_sqlite(struct kb_probes *p, size_t i, struct kb_arena *arena, struct kb_answer *ret_answer,
                    struct kb_err *err);
int kb_probe_csv(struct kb_probes *p, size_t i, struct kb_arena *arena, struct kb_answer *ret_answer,
                 struct kb_err *err);
int kb_probe_command(struct kb_probes *p, size_t i, struct kb_arena *arena, struct kb_answer *ret_answer,
                     struct kb_err *err);

/* kb_probe_open_file(p, path, ret_why): a regular file below the scratch folder, never outside; -1 and a sentence. */
int kb_probe_open_file(const struct kb_probes *p, const char *path, struct kb_arena *arena, struct kb_text *ret_why);

/* kb_opens_archive(fd, name, arena, ret_why): reads every entry of a zip, tar, 7z … or a single compressed file to its
 * end; false and what is wrong. */
bool kb_opens_archive(int fd, const char *name, struct kb_arena *arena, struct kb_text *ret_why);
/* kb_sqlite_judge(fd, probe, arena, ret_answer): integrity and query of an opened database file. */
void kb_sqlite_judge(int fd, const struct kb_probe *probe, struct kb_arena *arena, struct kb_answer *ret_answer);
