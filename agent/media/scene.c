/* SPDX-License-Identifier: Apache-2.0 */
/* Has something come or gone? Asked of the kernel's lists alone. */
#include "koboshi/media.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include <linux/netlink.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"

enum {
    ATTRIBUTE_MAX = 64,
    UEVENT_MAX = 8192,   /* the kernel's own limit is 2 KiB (UEVENT_BUFFER_SIZE) */
    UEVENTS_MAX = 10000, /* taken at once: more is a storm, and the next turn goes on */
};

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *attribute(struct kb_arena *arena, int folder, const char *device, const char *name)
{
    char text[ATTRIBUTE_MAX];
    KB_SCOPED_FD fd = openat(folder, kb_sprintf(arena, "%s/%s", device, name), O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : kb_read_full(fd, text, sizeof text);
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == ' '))
        n--;
    return n > 0 ? kb_strndup(arena, text, (size_t)n) : "-";
}

/* One line per device, sorted: the order of a folder means nothing. */
static int list_devices(const char *sysfs, struct kb_arena *arena, struct kb_hasher *sum, struct kb_err *err)
{
    const char *path = kb_sprintf(arena, "%s/class/block", sysfs);
    DIR *dir = opendir(path);
    if (!dir)
        return kb_fail(err, KB_ECONFIG, "%s cannot be read (%s); /sys must be mounted",
                       "%s を読めません（%s）。/sys をマウントしてください", path, strerror(errno));
    const char **lines = NULL;
    size_t n = 0;
    for (struct dirent *e; n < KB_BLOCK_DEVICES_MAX && (e = readdir(dir));) {
        if (e->d_name[0] == '.')
            continue;
        const char *size = attribute(arena, dirfd(dir), e->d_name, "size");
        if (!strcmp(size, "0")) /* an empty slot: loop devices are there before they hold anything */
            continue;
        lines = kb_grow(arena, (void *)(uintptr_t)lines, n, sizeof *lines);
        lines[n++] = kb_sprintf(arena, "%s %s %s %s\n", e->d_name, attribute(arena, dirfd(dir), e->d_name, "dev"), size,
                                attribute(arena, dirfd(dir), e->d_name, "diskseq"));
    }
    (void)closedir(dir);
    if (n)
        qsort((void *)(uintptr_t)lines, n, sizeof *lines, by_text);
    for (size_t i = 0; i < n; i++)
        kb_hasher_add(sum, lines[i], strlen(lines[i]));
    return 0;
}

static int add_mounts(const char *mountinfo, struct kb_arena *arena, struct kb_hasher *sum, struct kb_err *err)
{
    char *text = kb_alloc(arena, KB_MOUNTINFO_BYTES_MAX, 1);
    KB_SCOPED_FD fd = open(mountinfo, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : kb_read_full(fd, text, KB_MOUNTINFO_BYTES_MAX);
    if (n < 0)
        return kb_fail(err, KB_ECONFIG, "%s cannot be read (%s); /proc must be mounted",
                       "%s を読めません（%s）。/proc をマウントしてください", mountinfo, strerror(errno));
    kb_hasher_add(sum, text, (size_t)n);
    return 0;
}

int kb_media_scene(const char *sysfs, const char *mountinfo, struct kb_sha256 *ret_scene, struct kb_err *err)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_hasher *sum = kb_hasher_new();
    kb_hasher_begin(sum);
    int code = list_devices(sysfs, arena, sum, err);
    if (!code)
        code = add_mounts(mountinfo, arena, sum, err);
    struct kb_sha256 scene = kb_hasher_end(sum);
    kb_hasher_free(sum);
    if (!code)
        *ret_scene = scene;
    return code;
}

int kb_uevents_open(void)
{
    KB_SCOPED_FD fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
    const struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = 1};
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address))
        return -1;
    return kb_steal(&fd);
}

/* "add@/devices/…" NUL "ACTION=add" NUL "SUBSYSTEM=block" NUL … */
static bool is_of_block(const char *text, size_t n)
{
    static const char wanted[] = "SUBSYSTEM=block";
    for (size_t at = 0; at < n; at += strnlen(text + at, n - at) + 1)
        if (n - at >= sizeof wanted && !memcmp(text + at, wanted, sizeof wanted))
            return true;
    return false;
}

bool kb_uevents_drain(int fd)
{
    char text[UEVENT_MAX];
    bool found = false;
    for (int i = 0; i < UEVENTS_MAX; i++) {
        struct sockaddr_nl from = {0};
        socklen_t size = sizeof from;
        ssize_t n = recvfrom(fd, text, sizeof text, 0, (struct sockaddr *)&from, &size);
        if (n < 0 && errno == ENOBUFS)
            found = true; /* some were lost: look anyway */
        else if (n < 0)
            break;
        else if (size == sizeof from && from.nl_pid == 0) /* of the kernel, not of another program */
            found |= is_of_block(text, (size_t)n);
    }
    return found;
}
