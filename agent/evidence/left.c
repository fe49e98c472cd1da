/* SPDX-License-Identifier: Apache-2.0 */
/* Half-written files of processes that are gone. */
#include "left.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "koboshi/file.h"

static bool is_left(const char *name, const char *before, const char *after)
{
    size_t n = strlen(before);
    char *end;
    if (strncmp(name, before, n) != 0 || name[n] < '1' || name[n] > '9')
        return false;
    errno = 0;
    long pid = strtol(name + n, &end, 10);
    return !errno && pid == (pid_t)pid && !strcmp(end, after) && kill((pid_t)pid, 0) && errno == ESRCH;
}

void kb_left_remove(int dirfd, const char *before, const char *after)
{
    DIR *dir = kb_dir_list(dirfd);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (is_left(entry->d_name, before, after))
            (void)kb_remove_tree(dirfd, entry->d_name, NULL);
    if (dir)
        (void)closedir(dir);
}
