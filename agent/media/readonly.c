/* SPDX-License-Identifier: Apache-2.0 */
/* BLKROSET and back. */
#include "readonly.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <linux/fs.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"

enum { NOTE_MAX = 4200 }; /* a path and three numbers */

static int open_device(const char *device)
{
    return open(device, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

/* A number that no other disk gets until the next boot, also under the same name; 0 before Linux 5.15. */
static uint64_t disk_sequence(int fd)
{
    uint64_t sequence = 0;
    return ioctl(fd, BLKGETDISKSEQ, &sequence) ? 0 : sequence;
}

int kb_readonly_begin(const char *device, const char *mount_at, struct kb_arena *arena, struct kb_err *err)
{
    KB_SCOPED_FD fd = open_device(device);
    struct stat st;
    int is_readonly = 0;
    if (fd < 0 || fstat(fd, &st) || ioctl(fd, BLKROGET, &is_readonly))
        return kb_fail(err, kb_code_of_errno(errno), "%s cannot be opened: %s", "%s を開けません: %s", device,
                       strerror(errno));
    if (is_readonly)
        return 0;
    const char *note = kb_sprintf(arena, "%u:%u %" PRIu64 " %s\n", major(st.st_rdev), minor(st.st_rdev),
                                  disk_sequence(fd), device);
    const char *slash = strrchr(mount_at, '/');
    if (!slash)
        return kb_fail(err, KB_EIO, "%s is not an absolute path", "%s は絶対パスではありません", mount_at);
    KB_SCOPED_FD folder = open(kb_sprintf(arena, "%.*s/", (int)(slash - mount_at), mount_at),
                               O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const char *name = kb_sprintf(arena, "%s%s", slash + 1, KB_READONLY_SUFFIX);
    int rc = kb_file_publish(folder, name, note, strlen(note), 0600, err);
    if (rc)
        return rc;
    int on = 1;
    if (ioctl(fd, BLKROSET, &on))
        return kb_fail(err, kb_code_of_errno(errno), "%s cannot be made read-only: %s",
                       "%s を読み取り専用にできません: %s", device, strerror(errno));
    return 0;
}

int kb_readonly_end(const char *note, struct kb_arena *arena, struct kb_err *err)
{
    struct stat st;
    if (lstat(note, &st) && errno == ENOENT)
        return 0;
    char *text;
    size_t n;
    unsigned major_no, minor_no;
    uint64_t sequence;
    int at = 0;
    int rc = kb_file_read(AT_FDCWD, note, NOTE_MAX, arena, &text, &n, err);
    if (rc)
        return rc;
    if (sscanf(text, "%u:%u %" SCNu64 " %n", &major_no, &minor_no, &sequence, &at) != 3 || !at || !text[at])
        return kb_fail(err, KB_EIO, "%s does not name a device; remove it by hand",
                       "%s にデバイス名がありません。手作業で削除してください", note);
    text[strcspn(text, "\n")] = '\0';
    KB_SCOPED_FD fd = open_device(text + at);
    bool same = fd >= 0 && !fstat(fd, &st) && S_ISBLK(st.st_mode) && st.st_rdev == makedev(major_no, minor_no) &&
                disk_sequence(fd) == sequence;
    int off = 0;
    if (same && ioctl(fd, BLKROSET, &off)) /* unplugged or replaced: nothing left to undo */
        return kb_fail(err, kb_code_of_errno(errno), "%s cannot be made writable again: %s",
                       "%s を書き込み可能に戻せません: %s", text + at, strerror(errno));
    if (unlink(note))
        return kb_fail(err, kb_code_of_errno(errno), "%s could not be removed: %s", "%s を削除できませんでした: %s",
                       note, strerror(errno));
    return 0;
}
