/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/PID/statm. */
#include "usage.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "koboshi/err.h"

int kb_usage_open(pid_t pid, int *ret_fd, struct kb_err *err)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    *ret_fd = open(path, O_RDONLY | O_CLOEXEC);
    return *ret_fd < 0 ? kb_fail(err, KB_EWORKER, "the memory of the checking process cannot be watched: %s: %s",
                                 "検査プロセスのメモリを監視できません: %s: %s", path, strerror(errno))
                       : 0;
}

void kb_usage_close(int fd)
{
    if (fd >= 0)
        (void)close(fd);
}

int64_t kb_usage_memory(int fd)
{
    char text[128];
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    int64_t resident = 0, shared = 0;
    if (sscanf(text, "%*s %" SCNd64 " %" SCNd64, &resident, &shared) != 2 || resident < shared)
        return 0;
    return (resident - shared) * sysconf(_SC_PAGESIZE);
}

bool kb_usage_possible(int64_t seconds, int64_t cpu)
{
    return cpu / sysconf(_SC_NPROCESSORS_ONLN) <= seconds;
}
