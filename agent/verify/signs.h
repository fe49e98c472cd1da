/* SPDX-License-Identifier: Apache-2.0 */
/* Signs of ransomware in the files of a generation: counted, a few of them named. */
#pragma once

#include "gauge.h"

struct kb_signs;
struct kb_tally;

enum { KB_SIGN_BYTES = 8 };

/* What the name and the first bytes of one file say, without them. */
struct kb_sign {
    uint8_t verdict, ransom; /* enum kb_ending_verdict, enum kb_ransom_kind (endings.h) */
    bool noise;              /* looked at where one of them asks for it */
    uint8_t n;
    uint8_t bytes[KB_SIGN_BYTES]; /* to be shown */
};
/* kb_sign_of(path, content): from its lead. Any thread. */
struct kb_sign kb_sign_of(const char *path, const struct kb_content *content);

struct kb_signs *kb_signs_new(void);
void kb_signs_free(struct kb_signs *signs);
/* kb_signs_take(tally, content): the content of tally->entry, read whole. Of a chain each archive's files count. */
void kb_signs_take(struct kb_tally *tally, const struct kb_content *content);
/* kb_signs_list(tally): tally->entry is there, and its content is left for a later run: its name alone. */
void kb_signs_list(struct kb_tally *tally);
/* kb_signs_close(tally): tells what was seen, one finding per rule. */
void kb_signs_close(struct kb_tally *tally);
