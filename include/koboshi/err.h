/* SPDX-License-Identifier: Apache-2.0 */
/* core: faults of the agent itself, told in Japanese and English, innermost cause first. */
#pragma once

#include <stddef.h>

/*
 * A fault means that the agent could not do its work. What is wrong with a backup or a plan is a finding
 * (finding.h) or a diagnostic (plan.h), never a fault. The negated code is the exit status of the program.
 */
enum kb_code {
    KB_OK = 0,
    KB_EUSAGE = -2,      /* the command line cannot be understood */
    KB_EPLAN = -3,       /* the plan is not valid */
    KB_EIO = -10,        /* reading, writing or memory failed */
    KB_EPERM = -11,      /* a right is missing */
    KB_ELEDGER = -12,    /* the ledger cannot be trusted or written */
    KB_ESANDBOX = -13,   /* a worker could not be confined */
    KB_EWORKER = -14,    /* a worker broke the protocol or died */
    KB_ECONFIG = -15,    /* something this installation needs is missing */
    KB_EAGAIN = -75,     /* nothing can run now, and that is expected (medium absent, lock held) */
    KB_ECANCELED = -130, /* the user stopped it */
};

enum {
    KB_ERR_FRAMES = 4,     /* root cause plus three layers of "what was being done" */
    KB_ERR_TEXT_MAX = 640, /* bytes per frame and language: a 255-byte name escaped twice still fits */
};

/* Caller's memory, zero-initialised: `struct kb_err err = {0};`. frame[0] is the root cause. */
struct kb_err {
    int code; /* enum kb_code */
    size_t n_frames;
    struct kb_err_frame {
        char en[KB_ERR_TEXT_MAX];
        char ja[KB_ERR_TEXT_MAX];
    } frame[KB_ERR_FRAMES];
};

/*
 * kb_fail(err, code, en, ja, ...): start a fault at its root. Both texts are printf formats over the same
 * arguments; the compiler checks both. Returns code. err may be NULL.
 */
__attribute__((format(printf, 3, 5), format(printf, 4, 5))) int kb_fail(struct kb_err *err, int code, const char *en,
                                                                        const char *ja, ...);

/* kb_wrap(err, en, ja, ...): add what was being done when the fault came up. Returns the code already in err. */
__attribute__((format(printf, 2, 4), format(printf, 3, 4))) int kb_wrap(struct kb_err *err, const char *en,
                                                                        const char *ja, ...);

/* kb_err_add(err, code, en, ja): append one finished frame (a fault that crossed a process border). */
void kb_err_add(struct kb_err *err, int code, const char *en, const char *ja);

/* The catalogue code for an errno value: EACCES and EPERM are KB_EPERM, all else KB_EIO. */
int kb_code_of_errno(int errnum);
