/* SPDX-License-Identifier: Apache-2.0 */
/* What processes that were killed leave beside a ledger. */
#pragma once

/* kb_left_remove(dirfd, before, after): removes the files and folders named BEFORE, the id of a process that is gone,
 * AFTER. What cannot be removed stays, and harms nobody. */
void kb_left_remove(int dirfd, const char *before, const char *after);
