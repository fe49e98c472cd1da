/* SPDX-License-Identifier: Apache-2.0 */
/* Processors counted and shared. */
#include "koboshi/threads.h"

#include <sched.h>
#include <sys/resource.h>

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

void kb_thread_yields(void)
{
    enum { LOWER = 10 };                       /* a tenth of the share of the others */
    (void)setpriority(PRIO_PROCESS, 0, LOWER); /* without it the same is done, only later */
}
