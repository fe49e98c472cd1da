/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the disk below a file system turns, by sysfs. */
#include "koboshi/media.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "device.h"
#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"

enum { DEPTH = 8 }; /* mappings one upon another */

/* One attribute of a device, without its newline; NULL: it is not there. */
static const char *attribute(struct kb_arena *arena, const char *folder, const char *name)
{
    char text[PATH_MAX];
    KB_SCOPED_FD fd = open(kb_sprintf(arena, "%s/%s", folder, name), O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : kb_read_full(fd, text, sizeof text);
    while (n > 0 && text[n - 1] == '\n')
        n--;
    return n > 0 ? kb_strndup(arena, text, (size_t)n) : NULL;
}

/* The first device that this one is mapped upon; NULL: it is none. */
static const char *below(struct kb_arena *arena, const char *folder)
{
    const char *name = NULL;
    DIR *dir = opendir(kb_sprintf(arena, "%s/slaves", folder));
    for (struct dirent *e; dir && !name && (e = readdir(dir));)
        if (e->d_name[0] != '.')
            name = kb_strdup(arena, e->d_name);
    if (dir)
        (void)closedir(dir);
    return name ? kb_sprintf(arena, "%s/slaves/%s", folder, name) : NULL;
}

/* What is mounted with this number, for file systems over several devices. */
static dev_t source_of(struct kb_arena *arena, dev_t device)
{
    struct kb_mounts mounts;
    struct kb_err err = {0};
    struct stat st;
    if (kb_mounts_read(arena, &mounts, &err))
        return 0;
    for (size_t i = 0; i < mounts.n; i++)
        if (mounts.v[i].devno == device && !strncmp(mounts.v[i].source, "/dev/", 5) && !stat(mounts.v[i].source, &st) &&
            S_ISBLK(st.st_mode))
            return st.st_rdev;
    return 0;
}

/* A virtual disk tells where its blocks are as little as whether anything turns below. */
static bool is_virtual(const char *real)
{
    return strstr(real, "/virtio") || strstr(real, "/vbd-");
}

static bool says_so(struct kb_arena *arena, const char *real)
{
    const char *rotational = attribute(arena, real, "queue/rotational");
    return rotational && !strcmp(rotational, "1");
}

bool kb_media_spins(const char *sysfs, dev_t device)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    char real[PATH_MAX];
    const char *folder = NULL;
    for (int depth = 0; depth < DEPTH; depth++) {
        if (!folder && !major(device))
            device = source_of(arena, device);
        if (!folder)
            folder = kb_sprintf(arena, "%s/dev/block/%u:%u", sysfs, major(device), minor(device));
        if (!realpath(folder, real) || is_virtual(real))
            return false;
        if (attribute(arena, real, "partition"))
            *strrchr(real, '/') = '\0';
        const char *file = attribute(arena, real, "loop/backing_file");
        struct stat st;
        if (file && stat(file, &st))
            return false;
        if (file && !major(st.st_dev))
            st.st_dev = source_of(arena, st.st_dev);
        folder = file ? NULL : below(arena, real);
        if (file && st.st_dev)
            device = st.st_dev;
        else if (!folder) /* a file that lies on no disk: what was said of the loop device itself counts */
            return says_so(arena, real);
    }
    return false;
}
