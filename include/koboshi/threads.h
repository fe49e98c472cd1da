/* SPDX-License-Identifier: Apache-2.0 */
/* core: how many threads work on one thing. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* kb_threads(wanted): so many, KB_THREADS_MAX at the most; 0 or less: one per processor that this process may use. */
size_t kb_threads(int64_t wanted);

/* kb_thread_yields(): the calling thread leaves the processor to those before it in the way of the data
 * (setpriority(2), which on Linux is of one thread). For threads that work on what others make, and could do so later:
 * if they get their equal share, they take it while there is a stock, and then wait for the slowest with a processor
 * idle. */
void kb_thread_yields(void);
