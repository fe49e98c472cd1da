/* SPDX-License-Identifier: Apache-2.0 */
/* What was walked over and measured, told to the tally one after the other. */
#pragma once

#include "measure.h"
#include "tally.h"

struct kb_judge {
    struct kb_tally *tally;
    struct kb_measurer *measurer; /* of this thread, for what is read only now */
    bool lost;                    /* something could not be read */
    int64_t left;                 /* files that a later run is to verify */
    uint32_t file;                /* the number of the one at hand, for a sink to which contents went ahead */
};

/* kb_judge_next(judge, walked, measured, err): 0, < 0 a fault. Nothing more is to be told once the tally stopped. */
int kb_judge_next(struct kb_judge *judge, struct kb_walked *walked, struct kb_measured *measured, struct kb_err *err);
