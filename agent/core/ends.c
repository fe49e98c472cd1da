/* SPDX-License-Identifier: Apache-2.0 */
/* Signals that end a process, held back for a while. */
#include "koboshi/ends.h"

#include <pthread.h>
#include <stddef.h>

static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

void kb_ends_hold(struct kb_ends *ends)
{
    sigset_t set;
    (void)sigemptyset(&set);
    for (int i = 0; i < NUMBERS; i++) {
        struct sigaction now; /* Linux keeps what is blocked waiting even if it is ignored */
        if (!sigaction(numbers[i], NULL, &now) && now.sa_handler != SIG_IGN)
            (void)sigaddset(&set, numbers[i]);
    }
    (void)pthread_sigmask(SIG_BLOCK, &set, &ends->before);
}

bool kb_ends_asked(void)
{
    sigset_t waiting;
    if (sigpending(&waiting))
        return false;
    for (int i = 0; i < NUMBERS; i++)
        if (sigismember(&waiting, numbers[i]) == 1)
            return true;
    return false;
}

void kb_ends_release(const struct kb_ends *ends)
{
    (void)pthread_sigmask(SIG_SETMASK, &ends->before, NULL);
}
