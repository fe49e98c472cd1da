/* SPDX-License-Identifier: Apache-2.0 */
/* core: SIGINT, SIGTERM and SIGHUP held back, so that who is told to end leaves nothing half made. */
#pragma once

#include <signal.h>
#include <stdbool.h>

struct kb_ends {
    sigset_t before;
};

/* kb_ends_hold(ends): until kb_ends_release they wait, but those that are ignored (nohup(1)) stay ignored. Pairs may be
 * nested. Of the calling thread: others must not exist, or hold them too, or handle them. */
void kb_ends_hold(struct kb_ends *ends);

/* kb_ends_asked(): one of them waits; work that takes long looks, and gives up. */
bool kb_ends_asked(void);

/* kb_ends_release(ends): what waited comes now, and ends the process if nothing handles it. */
void kb_ends_release(const struct kb_ends *ends);
