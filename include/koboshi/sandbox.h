/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox: confinement by purpose, and what was reached of it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "koboshi/job.h"

struct kb_arena;
struct kb_err;

struct kb_confine {
    enum kb_confine_level level;
    enum kb_sandbox_mode mode;
    const char *user; /* account to switch to when started as root; NULL: stay */
    /* Absolute files and folders that may be read (PROBE: and executed; CLEANUP: below which may be removed, and
     * nothing read), NULL-terminated; may be NULL. One that is not there or is a symbolic link is left out. */
    const char *const *read;
    /* Absolute folders that may be written below, NULL-terminated; may be NULL; must be there. */
    const char *const *write;
    bool read_any_owner; /* keep CAP_DAC_READ_SEARCH (a tree whose files belong to others) */
    bool programs;       /* system programs may be run, with that capability where it is kept (7zz); MEDIA: smartctl
                            may send commands to disks */
    bool removes_later;  /* MEDIA: CLEANUP follows in the same process, and what it needs is kept for it */
    /* rlimits; 0 = leave (memory is never limited in sanitized builds) */
    int64_t open_files, cpu_seconds, memory_bytes;
};

/*
 * kb_confine(params, arena, ret_confinement, err): in this order: the rules are made while their paths can still be
 * opened, all descriptors above 2 are marked to close on exec (those open stay usable here), no core dumps, rlimits,
 * uid and gid switch, capabilities, no_new_privs, not dumpable, Landlock (floor ABI 2, higher rights where the kernel
 * has them), seccomp: READ and RESTORE may make the system calls of a list (all else is ENOSYS; programs adds what
 * running one needs), PROBE those that no list forbids (EPERM); another architecture's calls end the process.
 *
 * Two levels keep the account, since they do what root alone may, but few of its capabilities. MEDIA (CAP_SYS_ADMIN,
 * CAP_DAC_READ_SEARCH, and CAP_FOWNER for O_NOATIME) mounts, and a process under Landlock may not (landlock(7)): what
 * it may open is not restricted, and landlock_abi is 0; it and the drivers it starts (ntfs-3g, exfat-fuse) have the
 * list of PROBE but for mounting, and make no device nodes. CLEANUP (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER)
 * has the list of READ and those calls that remove, opens no file at all and lists only what it may remove.
 *
 * Then
 * outcomes are tried: the root folder cannot be listed, a device cannot be written (both but for MEDIA), uid 0 does not
 * come back, there is no socket, no clone3 and no loading of kernel modules. A parent-death signal set before is kept
 * (the kernel drops it at the uid switch). For the whole process: call it before any thread exists; close what was
 * inherited before (close_range from 5 on). KB_ESANDBOX when something is not reached and mode is required; with best
 * effort ret_confinement says what lacks.
 */
int kb_confine(const struct kb_confine *params, struct kb_arena *arena, struct kb_confinement *ret_confinement,
               struct kb_err *err);

/* kb_keep_out_of_dumps(err): this process leaves no core dump and cannot be read by others of its account: it is about
 * to hold a passphrase (prctl(2) PR_SET_DUMPABLE, RLIMIT_CORE). */
int kb_keep_out_of_dumps(struct kb_err *err);

/* kb_die_with_parent(): PR_SET_PDEATHSIG SIGKILL; fails if the parent went away meanwhile. One that was gone before the
 * call cannot be seen here: the worker's job pipe tells that. */
int kb_die_with_parent(struct kb_err *err);
/* kb_adopt_orphans(): descendants whose parent ends become children of this process (PR_SET_CHILD_SUBREAPER). */
int kb_adopt_orphans(struct kb_err *err);
/* kb_account_ids(name, ret_uid, ret_gid): the account is in the user database; and its ids. */
bool kb_account_ids(const char *name, uint32_t *ret_uid, uint32_t *ret_gid);

/*
 * The self-test: everything that must be impossible, and that must work, at each level, tried in a process of its own
 * and judged by what came of it: what the process got hold of, what changed outside of it, what the kernel says of it.
 */
enum kb_expected {
    KB_MUST_NOT,
    KB_MUST_WORK,
    KB_MAY_WORK, /* known: neither Landlock of this ABI nor a filter of system calls can tell it from honest work */
};
struct kb_selftest_row {
    const char *id; /* "read-key" */
    struct kb_text what;
    enum kb_confine_level level;
    bool programs; /* the level of a worker that runs a system program (7zz), and reads what belongs to others */
    enum kb_expected expected;
    bool possible, good;
    int64_t landlock_abi; /* in force in that process */
    uint32_t uid;         /* of that process */
};
struct kb_selftest {
    int64_t landlock_abi; /* the kernel is taken for one of at most this ABI; 0: as it is */
    const char *user;     /* account to switch to when started as root */
    void (*told)(void *owner, const struct kb_selftest_row *row);
    void *owner;
};
/* kb_selftest(params, err): all rows, those of one attempt together, levels in order. In folders of its own below /tmp,
 * which it removes; changes the working folder meanwhile. KB_ESANDBOX when confinement itself cannot be had. */
int kb_selftest(const struct kb_selftest *params, struct kb_err *err);
