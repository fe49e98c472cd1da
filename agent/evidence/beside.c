/* SPDX-License-Identifier: Apache-2.0 */
/* Built beside, then renamed. */
#include "beside.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "koboshi/arena.h"
#include "koboshi/file.h"

#include "left.h"

int kb_beside_begin(const char *path, struct kb_arena *arena, struct kb_beside *ret_beside, struct kb_err *err)
{
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/')
        n--;
    struct kb_beside beside = {.path = kb_strndup(arena, path, n)};
    const char *slash = strrchr(beside.path, '/'), *name = slash ? slash + 1 : beside.path;
    beside.parent = !slash                 ? "."
                    : slash == beside.path ? "/"
                                           : kb_strndup(arena, beside.path, (size_t)(slash - beside.path));
    beside.temp = kb_sprintf(arena, "%s.new-%ld", beside.path, (long)getpid());
    int code = kb_mkdir_p(beside.parent, 0755, err);
    if (code)
        return code;
    KB_SCOPED_FD parent = open(beside.parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent >= 0)
        kb_left_remove(parent, kb_sprintf(arena, "%s.new-", name), "");
    if ((code = kb_remove_tree(AT_FDCWD, beside.temp, err)))
        return code;
    *ret_beside = beside;
    return 0;
}

int kb_beside_place(const struct kb_beside *beside)
{
    KB_SCOPED_FD parent = open(beside->parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return parent < 0 || rename(beside->temp, beside->path) || fsync(parent) ? -1 : 0;
}

void kb_beside_drop(const struct kb_beside *beside)
{
    (void)kb_remove_tree(AT_FDCWD, beside->temp, NULL);
}
