/* SPDX-License-Identifier: Apache-2.0 */
/* Ending a session: process groups come and go in it, the session stays. */
#include "session.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Field 6 of /proc/PID/stat; the name in field 2 may hold anything, also parentheses. */
static pid_t session_of(pid_t pid)
{
    char path[64], text[1024] = "";
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    size_t n = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file)
        (void)fclose(file);
    text[n] = '\0';
    const char *name_end = strrchr(text, ')');
    int session = -1;
    return name_end && sscanf(name_end + 1, " %*c %*d %*d %d", &session) == 1 ? session : -1;
}

void kb_session_end(pid_t leader)
{
    DIR *dir = leader > 0 ? opendir("/proc") : NULL;
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid > 0 && session_of(pid) == leader)
            (void)kill(pid, SIGKILL); /* gone already is as good */
    }
    if (dir)
        (void)closedir(dir);
}
