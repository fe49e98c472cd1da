/* SPDX-License-Identifier: Apache-2.0 */
/* What koboshi-worker would be if no name were checked: linked in place of the judge of names and of the scratch
 * writer (ld --wrap), so that only the confinement is left between an archive and the rest of the machine. NAIVE_FREE:
 * that is left out as well, to see that the suite notices. For tests alone, never installed. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "koboshi/archive.h"
#include "koboshi/arena.h"
#include "koboshi/file.h"
#include "koboshi/restore.h"
#include "koboshi/sandbox.h"
#include "scratch.h"

enum kb_path_fault __wrap_kb_path_judge(const void *bytes, size_t n, struct kb_arena *arena, const char **ret_path);
struct kb_sink __wrap_kb_scratch_sink(struct kb_scratch *scratch);

enum kb_path_fault __wrap_kb_path_judge(const void *bytes, size_t n, struct kb_arena *arena, const char **ret_path)
{
    if (!n || !*(const char *)bytes)
        return KB_PATH_EMPTY;
    *ret_path = kb_strndup(arena, bytes, n);
    return KB_PATH_SAFE;
}

static struct naive {
    int root, fd;
} naive = {-1, -1};

static void write_file(const struct kb_entry *e)
{
    naive.fd = openat(naive.root, e->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (naive.fd < 0)
        return;
    if (fchmod(naive.fd, 06777)) /* it need not succeed */
        errno = 0;
}

static void write_folder(const struct kb_entry *e)
{
    if (mkdirat(naive.root, e->path, 0777))
        errno = 0;
}

static void write_symlink(const struct kb_entry *e)
{
    if (unlinkat(naive.root, e->path, 0) && unlinkat(naive.root, e->path, AT_REMOVEDIR))
        errno = 0;
    if (!e->target || symlinkat(e->target, naive.root, e->path))
        errno = 0;
}

static void write_hardlink(const struct kb_entry *e)
{
    if (!e->target || linkat(naive.root, e->target, naive.root, e->path, 0))
        errno = 0;
}

static void write_node(const struct kb_entry *e)
{
    if (mknodat(naive.root, e->path, S_IFCHR | 0666, makedev(1, 3)) && mknodat(naive.root, e->path, S_IFIFO | 0666, 0))
        errno = 0;
}

/* The folders above, as every tool makes them; false: deeper than what can be removed again. */
static bool make_parents(const char *path)
{
    char part[KB_PATH_BYTES_MAX];
    int depth = 0;
    for (const char *slash = strchr(path + 1, '/'); slash && slash - path < KB_PATH_BYTES_MAX;
         slash = strchr(slash + 1, '/')) {
        if (++depth >= KB_PATH_DEPTH_MAX)
            return false;
        memcpy(part, path, (size_t)(slash - path));
        part[slash - path] = '\0';
        if (mkdirat(naive.root, part, 0777))
            errno = 0;
    }
    return true;
}

static int naive_entry(void *owner, const struct kb_entry *e, struct kb_err *err)
{
    static void (*const write_kind[])(const struct kb_entry *) = {
        [KB_ENTRY_FILE] = write_file,         [KB_ENTRY_FOLDER] = write_folder, [KB_ENTRY_SYMLINK] = write_symlink,
        [KB_ENTRY_HARDLINK] = write_hardlink, [KB_ENTRY_OTHER] = write_node,
    };
    (void)owner, (void)err;
    if (naive.fd >= 0)
        (void)close(naive.fd);
    naive.fd = -1;
    if (!e->path)
        return 0;
    if (make_parents(e->path))
        write_kind[e->kind](e);
    return 0;
}

static int naive_data(void *owner, int64_t offset, const void *bytes, size_t n, struct kb_err *err)
{
    (void)owner, (void)err;
    if (naive.fd >= 0 && kb_scratch_write_at(naive.fd, bytes, n, offset))
        errno = 0;
    return 0;
}

static int naive_end(void *owner, int64_t size, const struct kb_sha256 *digest, const struct kb_sha256 *expected,
                     struct kb_err *err)
{
    (void)owner, (void)size, (void)digest, (void)expected, (void)err;
    if (naive.fd >= 0)
        (void)close(naive.fd);
    naive.fd = -1;
    return 0;
}

struct kb_sink __wrap_kb_scratch_sink(struct kb_scratch *scratch)
{
    naive.root = scratch->root;
    return (struct kb_sink){.owner = &naive, .entry = naive_entry, .data = naive_data, .end = naive_end};
}

#ifdef NAIVE_FREE
int __wrap_kb_confine(const struct kb_confine *params, struct kb_arena *arena, struct kb_confinement *ret_confinement,
                      struct kb_err *err);

int __wrap_kb_confine(const struct kb_confine *params, struct kb_arena *arena, struct kb_confinement *ret_confinement,
                      struct kb_err *err)
{
    (void)params, (void)arena, (void)err;
    *ret_confinement = (struct kb_confinement){.uid = geteuid(), .capabilities = "unknown", .seccomp = "none"};
    return 0;
}
#endif
