// SPDX-License-Identifier: Apache-2.0
// Fills a mounted file system with a share and lives with it for years: a mirror that a nightly job keeps.
//
//   age_disk FOLDER FILES MEAN-BYTES DAYS
//
// DAYS 0: the files written once, in the order of their paths, as a fresh copy is. Else it starts with three files in
// five and grows to all of them in the first third of the days. Each day one file in 200 changes, four changes in five
// among the fifth of the files that people work on: mostly written anew beside the old one and renamed over it,
// sometimes longer at its end; every fifth day whole folders go, one file in 50, and others come. Space is allocated at
// once and written at the very end, so years cost minutes; where it lies is the file system's choice all the same. All
// of it is told by fixed seeds; run it on one CPU. Ends with one line: files, bytes, extents per file and the share of
// files in more than one.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "office.h"

// How full it may become, and how much of a file is laid down at once.
static const double FULL = 0.93;
static const uint64_t PIECE = 512 << 10;

struct file {
    uint64_t number, size;
    char path[OFFICE_PATH_MAX];
};

static struct {
    int root;
    uint64_t mean;
    struct file *files;
    size_t count, capacity;
    uint64_t next; // number of the next new file
    struct office_dice dice;
} disk;

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "age_disk: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int open_new(const char *name)
{
    int fd = openat(disk.root, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0) {
        give_up(name);
    }
    return fd;
}

static void allocate(int fd, uint64_t from, uint64_t to)
{
    if (to > from && fallocate(fd, 0, (off_t)from, (off_t)(to - from))) {
        give_up("fallocate");
    }
}

static void close_written(int fd)
{
    if (close(fd)) {
        give_up("close");
    }
}

static void create(const struct file *file)
{
    int fd = open_new(file->path);
    allocate(fd, 0, file->size);
    close_written(fd);
}

static struct file *draw_new(void)
{
    if (disk.count == disk.capacity) {
        disk.capacity = disk.capacity ? 2 * disk.capacity : 1024;
        disk.files = realloc(disk.files, disk.capacity * sizeof *disk.files);
        if (!disk.files) {
            give_up("the list of files");
        }
    }
    struct file *file = &disk.files[disk.count++];
    file->number = disk.next++;
    file->size = office_size(&disk.dice, disk.mean);
    office_path(file->number, file->path);
    return file;
}

static void add(void)
{
    const struct file *file = draw_new();
    if (office_folders(disk.root, file->path)) {
        give_up(file->path);
    }
    create(file);
}

// Those worked on are the last fifth of the list, where the new ones are.
static struct file *draw_busy(void)
{
    size_t fifth = disk.count / 5 + 1;
    return &disk.files[office_below(&disk.dice, 5) ? disk.count - 1 - office_below(&disk.dice, fifth)
                                                   : office_below(&disk.dice, disk.count)];
}

// Two at a time, piece by piece in turn, as a server writes for two of its clients; each is renamed over the old one.
static void write_anew(void)
{
    struct file *files[2] = {draw_busy(), draw_busy()};
    const char *names[2] = {"left.part", "right.part"};
    int fds[2];

    for (int i = 0; i < 2; i++) {
        files[i]->size = files[i]->size * (90 + office_below(&disk.dice, 21)) / 100 + 1;
        fds[i] = open_new(names[i]);
    }
    for (uint64_t at = 0; at < files[0]->size || at < files[1]->size; at += PIECE) {
        for (int i = 0; i < 2; i++) {
            allocate(fds[i], at, files[i]->size < at + PIECE ? files[i]->size : at + PIECE);
        }
    }
    for (int i = 0; i < 2; i++) {
        close_written(fds[i]);
        if (renameat(disk.root, names[i], disk.root, files[i]->path)) {
            give_up(files[i]->path);
        }
    }
}

static void lengthen(void)
{
    struct file *file = draw_busy();
    uint64_t to = file->size + file->size * office_below(&disk.dice, 10) / 100 + 1;
    int fd = openat(disk.root, file->path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        give_up(file->path);
    }
    allocate(fd, file->size, to);
    close_written(fd);
    file->size = to;
}

// The files of the folder that a drawn one lies in go with it.
static void remove_folder(void)
{
    size_t at = office_below(&disk.dice, disk.count), kept;
    uint64_t folder = disk.files[at].number / OFFICE_FILES_PER_FOLDER;

    while (at > 0 && disk.files[at - 1].number / OFFICE_FILES_PER_FOLDER == folder) {
        at--;
    }
    for (kept = at; at < disk.count && disk.files[at].number / OFFICE_FILES_PER_FOLDER == folder; at++) {
        if (unlinkat(disk.root, disk.files[at].path, 0)) {
            give_up(disk.files[at].path);
        }
    }
    memmove(&disk.files[kept], &disk.files[at], (disk.count - at) * sizeof *disk.files);
    disk.count -= at - kept;
}

// What was freed can be used again when the journal holds it: without the sync that would be a matter of the machine's
// speed.
static void end_day(void)
{
    if (syncfs(disk.root)) {
        give_up("syncfs");
    }
}

static double fullness(void)
{
    struct statvfs st;
    if (fstatvfs(disk.root, &st)) {
        give_up("statvfs");
    }
    return 1 - (double)st.f_bavail / (double)st.f_blocks;
}

static void live(uint64_t files, unsigned days)
{
    for (unsigned day = 1; day <= days; day++) {
        uint64_t grown = 3 * day < days ? 3 * day : days;
        uint64_t wanted = files * 3 / 5 + files * 2 / 5 * grown / days;
        for (size_t n = disk.count / 300 + 1; n > 0; n--) {
            (office_below(&disk.dice, 3) ? write_anew : lengthen)();
        }
        if (day % 5 == 0) {
            size_t most = disk.count - disk.count / 50;
            while (disk.count > most) {
                remove_folder();
            }
        }
        end_day();
        while (day % 5 == 1 && disk.count < wanted && fullness() < FULL) {
            add();
        }
        while (fullness() > FULL) {
            remove_folder();
            end_day();
        }
    }
}

static int by_path(const void *a, const void *b)
{
    const struct file *left = a, *right = b;
    return strcmp(left->path, right->path);
}

static void fill_in_order(uint64_t files)
{
    for (uint64_t i = 0; i < files; i++) {
        draw_new();
    }
    qsort(disk.files, disk.count, sizeof *disk.files, by_path);
    for (size_t i = 0; i < disk.count; i++) {
        if (office_folders(disk.root, disk.files[i].path)) {
            give_up(disk.files[i].path);
        }
        create(&disk.files[i]);
    }
}

static int by_number(const void *a, const void *b)
{
    const struct file *left = a, *right = b;
    return left->number < right->number ? -1 : left->number > right->number;
}

static unsigned extents(int fd)
{
    struct fiemap map = {.fm_length = FIEMAP_MAX_OFFSET, .fm_flags = FIEMAP_FLAG_SYNC};
    return ioctl(fd, FS_IOC_FIEMAP, &map) ? 0 : map.fm_mapped_extents;
}

static void write_contents(void)
{
    uint64_t bytes = 0, pieces = 0, broken = 0, counted = 0;

    for (size_t i = 0; i < disk.count; i++) {
        const struct file *file = &disk.files[i];
        int fd = openat(disk.root, file->path, O_WRONLY | O_CLOEXEC);
        if (fd < 0 || office_write(fd, file->number, file->size) || close(fd)) {
            give_up(file->path);
        }
        bytes += file->size;
    }
    end_day();
    for (size_t i = 0; i < disk.count; i++) {
        int fd = openat(disk.root, disk.files[i].path, O_RDONLY | O_CLOEXEC);
        if (fd < 0) {
            give_up(disk.files[i].path);
        }
        unsigned n = disk.files[i].size ? extents(fd) : 0;
        close(fd);
        counted += n > 0;
        pieces += n;
        broken += n > 1;
    }
    printf("files %zu bytes %" PRIu64 " extents-per-file %.2f in-more-than-one %.1f%%\n", disk.count, bytes,
           counted ? (double)pieces / (double)counted : 0, counted ? 100.0 * (double)broken / (double)counted : 0);
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: age_disk FOLDER FILES MEAN-BYTES DAYS\n");
        return 2;
    }
    uint64_t files = strtoull(argv[2], NULL, 10);
    unsigned days = (unsigned)strtoul(argv[4], NULL, 10);
    disk.root = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    disk.mean = strtoull(argv[3], NULL, 10);
    if (disk.root < 0 || files == 0 || disk.mean == 0) {
        give_up(argv[1]);
    }
    fill_in_order(days ? files * 3 / 5 : files);
    if (days) {
        qsort(disk.files, disk.count, sizeof *disk.files, by_number);
        live(files, days);
    }
    write_contents();
    free(disk.files);
    return 0;
}
