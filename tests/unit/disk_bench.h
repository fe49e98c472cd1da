/* SPDX-License-Identifier: Apache-2.0 */
/* For tests that need disks: file systems made by the real tools on loop devices, in a mount namespace of the process.
 */
#pragma once

#include "media_bench.h"

#include <poll.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

enum { DISKS_MAX = 4, UUID_SIZE = 37, MIB = 1 << 20 };
static const uint32_t shutdown_without_log = 2;
#define SHUTDOWN _IOR('X', 125, uint32_t) /* FS_IOC_SHUTDOWN: power lost */

struct disk {
    int image, loop; /* descriptors; the loop device detaches itself when both are closed */
    char path[64], device[32];
};

static struct {
    char mount_at[64], uuid[UUID_SIZE], other_uuid[UUID_SIZE], label[17];
    struct disk disks[DISKS_MAX];
    size_t n_disks;
} d;

/* Runs a program to its end; its output is thrown away. */
static inline void run(const char *const *argv)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (!pid) {
        int null = open("/dev/null", O_RDWR);
        (void)dup2(null, 1);
        (void)dup2(null, 2);
        (void)execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (status)
        print_message("%s failed: %d\n", argv[0], status);
    assert_int_equal(status, 0);
}
#define RUN(...) run((const char *const[]){__VA_ARGS__, NULL})

static inline void make_uuid(char uuid[UUID_SIZE])
{
    int fd = open("/proc/sys/kernel/random/uuid", O_RDONLY | O_CLOEXEC);
    assert_int_equal(kb_read_full(fd, uuid, UUID_SIZE - 1), UUID_SIZE - 1);
    (void)close(fd);
}

static inline struct disk *attach(const char *image)
{
    struct disk *disk = &d.disks[d.n_disks++];
    assert_true(d.n_disks <= DISKS_MAX);
    *disk = (struct disk){.image = open(image, O_RDWR | O_CLOEXEC), .loop = -1};
    (void)snprintf(disk->path, sizeof disk->path, "%s", image);
    assert_true(disk->image >= 0);
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    for (int tries = 0; disk->loop < 0 && tries < 100; tries++) { /* others take loop devices too */
        int number = ioctl(control, LOOP_CTL_GET_FREE);
        assert_true(number >= 0);
        (void)snprintf(disk->device, sizeof disk->device, "/dev/loop%d", number);
        disk->loop = open(disk->device, O_RDWR | O_CLOEXEC);
        const struct loop_config config = {.fd = (uint32_t)disk->image, .info.lo_flags = LO_FLAGS_AUTOCLEAR};
        if (disk->loop >= 0 && ioctl(disk->loop, LOOP_CONFIGURE, &config)) {
            (void)close(disk->loop);
            disk->loop = -1;
        }
    }
    (void)close(control);
    assert_true(disk->loop >= 0);
    int off = 0; /* whoever had it before may have left it read-only */
    assert_int_equal(ioctl(disk->loop, BLKROSET, &off), 0);
    return disk;
}

/* The first line that a program prints. */
static inline const char *output_of(const char *const *argv)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (!pid) {
        (void)dup2(ends[1], 1);
        (void)execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    (void)close(ends[1]);
    char *text = kb_alloc(t.arena, 4096, 1);
    assert_true(kb_read_full(ends[0], text, 4095) >= 0);
    (void)close(ends[0]);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    text[strcspn(text, "\n")] = '\0';
    return text;
}
#define OUTPUT_OF(...) output_of((const char *const[]){__VA_ARGS__, NULL})

/* How each is made, and by what the machine that writes backups mounts it: NULL, its kernel. What cannot be told its
 * UUID has one of its own. */
static const struct maker {
    const char *fs_type, *program, *package, *uuid_option, *writer;
    int mib;
    const char *options[4];
} makers[] = {
    {"ext2", "/sbin/mkfs.ext2", "e2fsprogs", "-U", NULL, 16, {"-q"}},
    {"ext3", "/sbin/mkfs.ext3", "e2fsprogs", "-U", NULL, 16, {"-q"}},
    {"ext4", "/sbin/mkfs.ext4", "e2fsprogs", "-U", NULL, 16, {"-q"}},
    {"xfs", "/sbin/mkfs.xfs", "xfsprogs", "-m", NULL, 320, {"-q"}}, /* it wants 300 MiB */
    {"btrfs", "/sbin/mkfs.btrfs", "btrfs-progs", "-U", NULL, 128, {"-q"}},
    {"ntfs", "/sbin/mkntfs", "ntfs-3g", NULL, "/usr/bin/ntfs-3g", 16, {"-Q", "-F", "-q"}},
    {"exfat", "/sbin/mkfs.exfat", "exfatprogs", NULL, "/usr/sbin/mount.exfat-fuse", 16, {NULL}},
    {"vfat", "/sbin/mkfs.vfat", "dosfstools", NULL, NULL, 64, {"-F", "32"}},
};

static inline const struct maker *maker_of(const char *fs_type)
{
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++)
        if (!strcmp(makers[i].fs_type, fs_type))
            return &makers[i];
    fail_msg("nothing makes %s", fs_type);
    return NULL;
}

/* Skips the test where its tools are missing. */
static inline void needs_file_system(const char *fs_type)
{
    const struct maker *maker = maker_of(fs_type);
    NEEDS_ROOT();
    if (access(maker->program, X_OK) || (maker->writer && access(maker->writer, X_OK))) {
        print_message("skipped: %s is not installed (package %s)\n", maker->program, maker->package);
        skip();
    }
}

static inline const char *uuid_of(const char *image)
{
    return OUTPUT_OF("/sbin/blkid", "-p", "-s", "UUID", "-o", "value", image);
}

static inline void format(const char *image, const char *fs_type, const char *uuid)
{
    const struct maker *maker = maker_of(fs_type);
    const char *argv[12] = {"env", "LC_ALL=C.UTF-8", maker->program};
    size_t n = 3;
    for (size_t i = 0; i < 4 && maker->options[i]; i++)
        argv[n++] = maker->options[i];
    if (maker->uuid_option) {
        argv[n++] = maker->uuid_option;
        argv[n++] = !strcmp(fs_type, "xfs") ? kb_sprintf(t.arena, "uuid=%s", uuid) : uuid;
    }
    if (strcmp(fs_type, "vfat") != 0) {
        argv[n++] = "-L";
        argv[n++] = d.label;
    }
    argv[n] = image;
    run(argv);
}

static inline struct disk *make_disk(const char *name, const char *fs_type, const char *uuid)
{
    const char *image = below(t.dir, name);
    int fd = open(image, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(ftruncate(fd, (off_t)maker_of(fs_type)->mib * MIB), 0);
    (void)close(fd);
    format(image, fs_type, uuid);
    if (!maker_of(fs_type)->uuid_option)
        (void)snprintf(d.uuid, sizeof d.uuid, "%s", uuid_of(image));
    return attach(image);
}

static inline const char *mount_writable(const struct disk *disk, const char *fs_type)
{
    const char *at = below(t.dir, "writer"), *writer = maker_of(fs_type)->writer;
    make_folder(at);
    if (writer)
        RUN("env", "LC_ALL=C.UTF-8", writer, disk->device, at);
    else
        assert_int_equal(mount(disk->device, at, fs_type, 0, NULL), 0);
    return at;
}

static inline void unmount_writable(const struct disk *disk, const char *at)
{
    assert_int_equal(umount2(at, 0), 0);
    assert_int_equal(rmdir(at), 0);
    for (int tries = 0; tries < 500; tries++) { /* a FUSE program closes the device a moment later */
        int fd = open(disk->device, O_RDONLY | O_EXCL | O_CLOEXEC);
        if (fd >= 0) {
            (void)close(fd);
            return;
        }
        (void)poll(NULL, 0, 10);
    }
    fail_msg("%s is still in use", disk->device);
}

/* What the machine that writes the backups does. Unclean: its power fails. */
static inline void write_backups(const struct disk *disk, const char *fs_type, bool unclean)
{
    const char *at = mount_writable(disk, fs_type);
    fill(at);
    if (unclean) {
        int fd = open(at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_int_equal(fsync(fd), 0);
        assert_int_equal(ioctl(fd, SHUTDOWN, &shutdown_without_log), 0);
        (void)close(fd);
    }
    unmount_writable(disk, at);
}

static inline const char *sha256(const char *path)
{
    const char *line = OUTPUT_OF("sha256sum", path);
    assert_true(strlen(line) > 64);
    return kb_strndup(t.arena, line, 64);
}

static inline const char *disk_sha256(const struct disk *disk)
{
    (void)fsync(disk->loop);
    return sha256(disk->path);
}

static inline int is_readonly(const struct disk *disk)
{
    int readonly = -1;
    assert_int_equal(ioctl(disk->loop, BLKROGET, &readonly), 0);
    return readonly;
}

static inline struct kb_job_medium hdd(void)
{
    return (struct kb_job_medium){
        .id = "hdd-a", .kind = KB_MEDIUM_HDD, .label = d.label, .fs_uuid = d.uuid, .mount_at = d.mount_at};
}

static inline void assert_gone(const char *path)
{
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(errno, ENOENT);
}

static inline void assert_nothing_left(void)
{
    assert_gone(d.mount_at);
    assert_gone(kb_sprintf(t.arena, "%s.read-only", d.mount_at));
}

static inline int set_up(void **state)
{
    (void)state;
    d.n_disks = 0;
    if (bench_set_up())
        return -1;
    (void)snprintf(d.mount_at, sizeof d.mount_at, "%s/mnt/1/hdd-a", t.dir);
    (void)snprintf(d.label, sizeof d.label, "月次%d", (int)getpid() % 1000000);
    make_uuid(d.uuid);
    make_uuid(d.other_uuid);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    struct kb_err err = {0};
    int off = 0, rc = seteuid(getuid());
    if (!rc)
        rc = kb_media_sweep(t.dir, &err);
    for (size_t i = 0; i < d.n_disks; i++) {
        (void)ioctl(d.disks[i].loop, BLKROSET, &off);
        (void)close(d.disks[i].loop);
        (void)close(d.disks[i].image);
    }
    return bench_tear_down() ? -1 : rc;
}
