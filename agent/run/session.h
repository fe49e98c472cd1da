/* SPDX-License-Identifier: Apache-2.0 */
/* The processes that a worker started. */
#pragma once

#include <sys/types.h>

/* kb_session_end(leader): SIGKILL to every process of the session that `leader` leads, itself included (proc(5), stat).
 * What a check command of a killed worker left running ends with it. */
void kb_session_end(pid_t leader);
