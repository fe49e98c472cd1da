/* SPDX-License-Identifier: Apache-2.0 */
/* Signs of ransomware in the files of a generation: counted, a few of them named. */
#pragma once

#include "gauge.h"

struct kb_signs;
struct kb_tally;

struct kb_signs *kb_signs_new(void);
void kb_signs_free(struct kb_signs *signs);
/* kb_signs_take(tally, content): the content of tally->entry, read whole. Of a chain each archive's files count. */
void kb_signs_take(struct kb_tally *tally, const struct kb_content *content);
/* kb_signs_close(tally): tells what was seen, one finding per rule. */
void kb_signs_close(struct kb_tally *tally);
