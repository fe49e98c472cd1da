/* SPDX-License-Identifier: Apache-2.0 */
/* The pass over a generation that is a folder. */
#pragma once

#include "tally.h"

/* kb_tree_run(fd, tally, err): walks the folder in the order of the names' bytes, folders before what is in them,
 * without following links and without leaving the file system. 1 every file was read whole, 0 not (told), < 0 a fault.
 */
int kb_tree_run(int fd, struct kb_tally *tally, struct kb_err *err);
