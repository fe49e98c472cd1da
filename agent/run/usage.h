/* SPDX-License-Identifier: Apache-2.0 */
/* What a process uses of the machine, as the kernel counts it: a worker's own word for it is not asked. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct kb_err;

/* kb_usage_open(pid, ret_fd, err): to be called before the process gives its account up. kb_usage_close(fd) takes -1.
 */
int kb_usage_open(pid_t pid, int *ret_fd, struct kb_err *err);
void kb_usage_close(int fd);
/* kb_usage_memory(fd): bytes in memory that no file backs (proc_pid_statm(5)); 0 once the process has ended. */
int64_t kb_usage_memory(int fd);
/* kb_usage_possible(seconds, cpu): so many seconds of processor time can have been used in that many of the clock. */
bool kb_usage_possible(int64_t seconds, int64_t cpu);
