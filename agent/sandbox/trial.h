/* SPDX-License-Identifier: Apache-2.0 */
/* One thing tried in a confined process, and what came of it as seen from outside. */
#pragma once

#include <sys/types.h>

#include "confine.h"

enum { KB_TRIAL_SECRET = 32 };

/* What a call says is not asked: whether something came of it is seen from outside. */
static inline void kb_tried(int result)
{
    (void)result;
}

/* What an attempt works on. Its working folder holds source/ (to be read), scratch/ (to be filled) and outside/ (not
 * its business), all of which the account may read and write. */
struct kb_trial {
    char secret[KB_TRIAL_SECRET + 1]; /* who gets hold of what must not be had, tells this */
    int told;                         /* takes what the attempt obtained */
    int unix_socket, tcp_socket;      /* made before confinement, not connected */
    uint16_t tcp_port;                /* where somebody listens; the other one is outside/open/listener */
    int program, folder;              /* /bin/echo and the working folder, opened before */
    pid_t target;                     /* another process of the same account */
    char *target_word;                /* where that one keeps the secret; the same address here holds none */
    pid_t self;                       /* of the confined process, for those who look at it from outside */
    uint32_t uid;                     /* it had after confinement */
    bool keeps_account;               /* so it was meant: its uid is that from before */
    uint64_t capabilities;            /* it may have, as bits */
    int unix_listener, tcp_listener;  /* of the onlooker */
    dev_t scratch_dev;                /* of scratch/ before */
};

/* As what a process is confined; programs: such as may run programs, and read what belongs to others. */
enum kb_trial_kind {
    KB_TRIAL_READ,
    KB_TRIAL_READ_PROGRAMS,
    KB_TRIAL_RESTORE,
    KB_TRIAL_RESTORE_PROGRAMS,
    KB_TRIAL_PROBE,
    KB_TRIAL_MEDIA,
    KB_TRIAL_CLEANUP,
    KB_TRIAL_KINDS
};

struct kb_attempt {
    const char *id;
    struct kb_text what;
    void (*attempt)(const struct kb_trial *t);
    /* Seen from outside while the process is still there; NULL: the secret was told, or a tripwire was touched. */
    bool (*happened)(const struct kb_trial *t);
    unsigned possible; /* bits of the kinds for which it must work; for the others it must not */
    unsigned known;    /* kinds for which it may work below ABI `since`: known, and no hole of this confinement */
    int64_t since;
};

/* Attempts on sockets, processes and the kernel, for the table. */
void kb_attempt_socket(const struct kb_trial *t), kb_attempt_connect(const struct kb_trial *t);
void kb_attempt_trace(const struct kb_trial *t), kb_attempt_memory(const struct kb_trial *t);
void kb_attempt_signal(const struct kb_trial *t), kb_attempt_mount(const struct kb_trial *t);
void kb_attempt_root(const struct kb_trial *t), kb_attempt_uring(const struct kb_trial *t);
void kb_attempt_namespace(const struct kb_trial *t), kb_attempt_clone3(const struct kb_trial *t);
void kb_attempt_kernel(const struct kb_trial *t);
bool kb_has_connected(const struct kb_trial *t), kb_is_traced(const struct kb_trial *t);
bool kb_is_ended(const struct kb_trial *t), kb_has_mounted(const struct kb_trial *t);
bool kb_is_root(const struct kb_trial *t);

extern const struct kb_attempt kb_attempts[];
extern const size_t kb_n_attempts;

struct kb_trial_params {
    const struct kb_attempt *attempt;
    enum kb_trial_kind kind;
    int64_t abi;
    unsigned without;
    const char *user;
};

/* What the confined process became. */
struct kb_trial_reached {
    int64_t abi;
    uint32_t uid;
};

/* kb_trial_run(params, arena, ret_possible, ret_reached, err): in a fresh process and a fresh folder below /tmp.
 * KB_ESANDBOX when the process could not be confined. */
int kb_trial_run(const struct kb_trial_params *params, struct kb_arena *arena, bool *ret_possible,
                 struct kb_trial_reached *ret_reached, struct kb_err *err);

/* kb_selftest_without(params, without, err): kb_selftest with parts of the confinement left out (tests). */
int kb_selftest_without(const struct kb_selftest *params, unsigned without, struct kb_err *err);
