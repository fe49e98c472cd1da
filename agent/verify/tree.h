/* SPDX-License-Identifier: Apache-2.0 */
/* The pass over a generation that is a folder. */
#pragma once

#include "resume.h"
#include "tally.h"

struct kb_tree_params {
    int fd;                   /* the top */
    size_t threads;           /* at least 1 */
    bool physical;            /* files are read in the order in which they lie on the disk, by one reader */
    struct kb_resume *resume; /* what earlier runs verified, and until when this one may; NULL: all is verified */
};

struct kb_tree_result {
    bool whole;   /* every file was read whole, or left for a later run */
    int64_t left; /* files that were, since the time of this run was over */
};

/*
 * kb_tree_run(params, tally, ret_result, err): all files, judged in the order of walk.h whatever the order in which,
 * and the number of threads by which, they are read. What waits for its turn takes about its path and 150 bytes a file,
 * and 1 KiB where first bytes are wanted. A sink is told of entries and ends in the order of the walk, since which of
 * two names that collide is kept depends on it; in the order of the disk it is given contents before, as far as it
 * takes them (kb_sink.expects). 0, < 0 a fault.
 */
int kb_tree_run(const struct kb_tree_params *params, struct kb_tally *tally, struct kb_tree_result *ret_result,
                struct kb_err *err);
