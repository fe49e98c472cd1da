/* SPDX-License-Identifier: Apache-2.0 */
/* Processors counted. */
#include "koboshi/threads.h"

#include <sched.h>

#include "koboshi/limits.h"

size_t kb_threads(int64_t wanted)
{
    cpu_set_t set;
    if (wanted <= 0) /* not sysconf(3): that reads a file, which a confined worker may not */
        wanted = sched_getaffinity(0, sizeof set, &set) ? 1 : CPU_COUNT(&set);
    if (wanted < 1)
        wanted = 1;
    return wanted < KB_THREADS_MAX ? (size_t)wanted : KB_THREADS_MAX;
}
