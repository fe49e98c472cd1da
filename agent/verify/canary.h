/* SPDX-License-Identifier: Apache-2.0 */
/* The files of which the plan says that they never change. Every function is a no-op where it names none. */
#pragma once

#include <stdbool.h>

struct kb_canaries;
struct kb_job_set;
struct kb_sha256;
struct kb_tally;

/* kb_canaries_new(set): NULL if the plan names none. */
struct kb_canaries *kb_canaries_new(const struct kb_job_set *set);
void kb_canaries_free(struct kb_canaries *canaries);
/* kb_canaries_take(tally, digest): tally->entry was gone by; digest of its content, NULL if it was not read whole or is
 * no file. Of a chain what came last counts. */
void kb_canaries_take(struct kb_tally *tally, const struct kb_sha256 *digest);
/* kb_canaries_have(canaries, path): it is one of them. */
bool kb_canaries_have(const struct kb_canaries *canaries, const char *path);
/* kb_canaries_close(tally, whole): counts them and tells which are not as they should be; whole: all entries were
 * seen. */
void kb_canaries_close(struct kb_tally *tally, bool whole);
