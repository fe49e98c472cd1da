/* SPDX-License-Identifier: Apache-2.0 */
/* A file that says who holds it while it is locked. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct kb_arena;

/* kb_holder_lock(dirfd, name, fd): locks fd, which is the file of that name: 0, or -1 with errno; EWOULDBLOCK: somebody
 * holds it. While the process that the file names is gone, tries for a second. */
int kb_holder_lock(int dirfd, const char *name, int fd);

/* kb_holder_take(dirfd, name, drill, ret_fd): 0, or -1 with errno; EWOULDBLOCK: somebody holds it. Closing ret_fd
 * releases it. */
int kb_holder_take(int dirfd, const char *name, int64_t drill, int *ret_fd);
enum { KB_HOLDER_BYTES = 256 }; /* longest text in such a file */

struct kb_holder {
    int64_t pid, drill, since; /* KB_ABSENT when not known */
};
/* kb_holder_read(dirfd, name): who holds it, as far as the file says. */
struct kb_holder kb_holder_read(int dirfd, const char *name);
