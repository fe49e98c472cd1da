/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the files of a generation look like those of its tool: first bytes, and what a folder must hold. Every
 * function is a no-op where nothing is known of them. */
#pragma once

#include "gauge.h"

struct kb_job_set;
struct kb_marks;
struct kb_tally;

/* kb_marks_new(set): NULL if nothing is asked of its files. */
struct kb_marks *kb_marks_new(const struct kb_job_set *set);
void kb_marks_free(struct kb_marks *marks);
/* kb_marks_take(tally, content): the content of tally->entry, read whole. */
void kb_marks_take(struct kb_tally *tally, const struct kb_content *content);
/* kb_marks_agree(tally, path, content): of a folder: it is what its place in the layout asks for, or nothing is.
 * Changes nothing. */
bool kb_marks_agree(const struct kb_tally *tally, const char *path, const struct kb_content *content);
/* kb_marks_list(tally): tally->entry is there, and its content is left for a later run. */
void kb_marks_list(struct kb_tally *tally);
/* kb_marks_close(tally): all files were seen: tells what the folder lacks. */
void kb_marks_close(struct kb_tally *tally);
