/* SPDX-License-Identifier: Apache-2.0 */
/* Between the pass and the scratch writer: hands on what belongs to the sample, and counts the rest. */
#pragma once

#include "koboshi/sample.h"
#include "koboshi/verify.h"

struct kb_scratch;
struct kb_sample;

/* kb_sample_new(scratch): NULL if the job asks for everything. */
struct kb_sample *kb_sample_new(struct kb_scratch *scratch);
void kb_sample_free(struct kb_sample *sample);
/* kb_sample_sink(sample, to): `to` sees files of the sample alone. */
struct kb_sink kb_sample_sink(struct kb_sample *sample, struct kb_sink to);
/* kb_sample_spent(sample, file_ns, byte_ns): more time that the files taken cost. sample may be NULL. */
void kb_sample_spent(struct kb_sample *sample, int64_t file_ns, int64_t byte_ns);
/* kb_sample_reread(sample, ns): time of reading files back. Counted per file or per byte, as gives the longer rest. */
void kb_sample_reread(struct kb_sample *sample, int64_t ns);
/* kb_sample_judge_links(sample): links are made: tells of those that checks name and that lead to a file left out. */
void kb_sample_judge_links(const struct kb_sample *sample);
/* kb_sample_left_out(sample): files that were not handed on; 0 for NULL. */
int64_t kb_sample_left_out(const struct kb_sample *sample);
/* kb_sample_seen(sample, arena): for the result. */
const struct kb_sample_seen *kb_sample_seen(const struct kb_sample *sample, struct kb_arena *arena);
