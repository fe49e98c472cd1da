// SPDX-License-Identifier: Apache-2.0
// A hard disk that nobody owns: shows one image file whose reads are counted in milliseconds of a model.
//
//   disk_model [--look-ahead KIB] [--seek MIN,MAX] [--rpm N] [--rate OUTER,INNER] [--command MS] [--full BYTES] IMAGE
//   FOLDER
//
// FOLDER/disk is the image, read-only; nothing is slowed down. FOLDER/clock says what its reads would have cost since
// the last write into FOLDER/clock: "model_ms 1234.567 reads 10 seeks 3 bytes 40960 passed 8192 cached 0". One read of
// n bytes at offset o, the head standing at h (the end of what it read last), size of the drive s:
//
//   command                      0.15 ms, each read: the way over USB, one command at a time
//   o in the drive's cache       n / 250 MB/s
//   h <= o <= h + look-ahead     (o + n - h) / rate: the gap passes under the head; when that is cheaper than a seek
//   else                         seek + half a turn + n / rate
//     seek                       2 ms + 16 ms * sqrt(|o - h| / s), so 18 ms from end to end
//     half a turn                30,000 ms / rpm = 5.56 ms at 5,400 rpm, always the mean: no luck with the angle
//     rate                       115 MB/s at offset 0, falling linearly to 60 MB/s at s
//   The drive's cache is the last 16 stretches it read, at most 512 KiB of each.
//
// What it leaves out: the angle of the platter (a short skip may cost less or more than half a turn), reading ahead
// while the host computes (free in truth, here it costs its time), queues of more than one command, remapped sectors,
// the time of the host itself. Look-ahead 0 is the most pessimistic for whoever skips: each gap costs a seek. --full
// tells the size s of a drive of which the image is only the beginning: seeks get shorter then. Without it the image is
// the whole drive, which is full. So a ratio of two figures is a modelled one, of no drive that anybody measured.
#define FUSE_USE_VERSION 31
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STRETCHES = 16, STRETCH_BYTES = 512 << 10, READ_BYTES = 1 << 20 };

struct stretch {
    uint64_t from, to;
};

static struct {
    double look_ahead_kib, seek_min, seek_max, rpm, rate_outer, rate_inner, command, full;
} drive = {.look_ahead_kib = 256,
           .seek_min = 2,
           .seek_max = 18,
           .rpm = 5400,
           .rate_outer = 115,
           .rate_inner = 60,
           .command = 0.15};

static struct {
    uint64_t head; // the end of what the head read last
    struct stretch cache[STRETCHES];
    size_t newest;
    double ms;
    uint64_t reads, seeks, bytes, passed, cached;
} now;

static int image_fd = -1;
static uint64_t image_size;

// MB/s are bytes per microsecond, so bytes / rate / 1000 are milliseconds.
static double transfer(uint64_t offset, uint64_t n)
{
    double rate = drive.rate_outer - (drive.rate_outer - drive.rate_inner) * ((double)offset / drive.full);
    return (double)n / rate / 1000;
}

static double seek(uint64_t offset)
{
    double distance = fabs((double)offset - (double)now.head) / drive.full;
    return drive.seek_min + (drive.seek_max - drive.seek_min) * sqrt(distance) + 30000 / drive.rpm;
}

// How many of the n bytes at offset the drive's cache gives, from the first one on.
static uint64_t from_cache(uint64_t offset, uint64_t n)
{
    for (size_t i = 0; i < STRETCHES; i++) {
        const struct stretch *stretch = &now.cache[i];
        if (offset >= stretch->from && offset < stretch->to) {
            return stretch->to - offset < n ? stretch->to - offset : n;
        }
    }
    return 0;
}

static void remember(uint64_t from, uint64_t to, int goes_on)
{
    if (!goes_on) {
        now.newest = (now.newest + 1) % STRETCHES;
        now.cache[now.newest].from = from;
    }
    struct stretch *stretch = &now.cache[now.newest];
    stretch->to = to;
    if (to - stretch->from > STRETCH_BYTES) {
        stretch->from = to - STRETCH_BYTES;
    }
    now.head = to;
}

static void count(uint64_t offset, uint64_t n)
{
    now.reads++;
    now.bytes += n;
    now.ms += drive.command;

    uint64_t cached = from_cache(offset, n);
    now.cached += cached;
    now.ms += (double)cached / 250 / 1000;
    offset += cached;
    n -= cached;
    if (n == 0) {
        return;
    }
    uint64_t gap = offset - now.head;
    int goes_on = offset >= now.head && (double)gap <= drive.look_ahead_kib * 1024 &&
                  (gap == 0 || transfer(offset, gap) < seek(offset));
    if (goes_on) {
        now.passed += gap;
        now.ms += transfer(offset, gap);
    } else {
        now.seeks++;
        now.ms += seek(offset);
    }
    now.ms += transfer(offset, n);
    remember(offset, offset + n, goes_on);
}

static int model_getattr(const char *path, struct stat *st, struct fuse_file_info *file)
{
    (void)file;
    *st = (struct stat){.st_nlink = 1, .st_mode = S_IFREG | 0444, .st_size = 4096};
    if (strcmp(path, "/") == 0) {
        st->st_mode = S_IFDIR | 0755;
    } else if (strcmp(path, "/disk") == 0) {
        st->st_size = (off_t)image_size;
    } else if (strcmp(path, "/clock") == 0) {
        st->st_mode |= 0200;
    } else {
        return -ENOENT;
    }
    return 0;
}

static int model_readdir(const char *path, void *list, fuse_fill_dir_t fill, off_t offset, struct fuse_file_info *file,
                         enum fuse_readdir_flags flags)
{
    static const char *const names[] = {".", "..", "disk", "clock"};

    (void)path, (void)offset, (void)file, (void)flags;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        fill(list, names[i], NULL, 0, 0);
    }
    return 0;
}

// direct_io: the kernel keeps no page of these files, so that every read of the loop device comes here as it is.
static int model_open(const char *path, struct fuse_file_info *file)
{
    file->direct_io = 1;
    return strcmp(path, "/disk") == 0 && (file->flags & O_ACCMODE) != O_RDONLY ? -EROFS : 0;
}

static int read_clock(char *buffer, size_t n, off_t offset)
{
    char text[256];
    int length = snprintf(text, sizeof text,
                          "model_ms %.3f reads %" PRIu64 " seeks %" PRIu64 " bytes %" PRIu64 " passed %" PRIu64
                          " cached %" PRIu64 "\n",
                          now.ms, now.reads, now.seeks, now.bytes, now.passed, now.cached);
    if (offset >= length) {
        return 0;
    }
    size_t part = (size_t)(length - offset) < n ? (size_t)(length - offset) : n;
    memcpy(buffer, text + offset, part);
    return (int)part;
}

static int model_read(const char *path, char *buffer, size_t n, off_t offset, struct fuse_file_info *file)
{
    (void)file;
    if (strcmp(path, "/clock") == 0) {
        return read_clock(buffer, n, offset);
    }
    ssize_t got = pread(image_fd, buffer, n, offset);
    if (got < 0) {
        return -errno;
    }
    count((uint64_t)offset, (uint64_t)got);
    return (int)got;
}

static int model_write(const char *path, const char *buffer, size_t n, off_t offset, struct fuse_file_info *file)
{
    (void)buffer, (void)offset, (void)file;
    if (strcmp(path, "/clock") != 0) {
        return -EROFS;
    }
    memset(&now, 0, sizeof now);
    return (int)n;
}

static int model_truncate(const char *path, off_t size, struct fuse_file_info *file)
{
    (void)size, (void)file;
    return strcmp(path, "/clock") == 0 ? 0 : -EROFS;
}

static void *model_init(struct fuse_conn_info *connection, struct fuse_config *config)
{
    (void)config;
    connection->max_readahead = 0;
    connection->max_read = READ_BYTES;
    return NULL;
}

static const struct fuse_operations operations = {.init = model_init,
                                                  .getattr = model_getattr,
                                                  .readdir = model_readdir,
                                                  .open = model_open,
                                                  .read = model_read,
                                                  .write = model_write,
                                                  .truncate = model_truncate};

static const struct {
    const char *name;
    double *first, *second;
} parameters[] = {{"look-ahead", &drive.look_ahead_kib, NULL},
                  {"seek", &drive.seek_min, &drive.seek_max},
                  {"rpm", &drive.rpm, NULL},
                  {"rate", &drive.rate_outer, &drive.rate_inner},
                  {"command", &drive.command, NULL},
                  {"full", &drive.full, NULL}};

enum { PARAMETERS = sizeof parameters / sizeof parameters[0] };

static int read_parameter(int i, const char *text)
{
    char *end;
    *parameters[i].first = strtod(text, &end);
    if (parameters[i].second && *end == ',') {
        *parameters[i].second = strtod(end + 1, &end);
    }
    return *text != '\0' && *end == '\0' && *parameters[i].first >= 0 ? 0 : -1;
}

int main(int argc, char **argv)
{
    struct option options[PARAMETERS + 1] = {0};
    int chosen, i;

    for (i = 0; i < PARAMETERS; i++) {
        options[i] = (struct option){.name = parameters[i].name, .has_arg = required_argument, .val = 'a'};
    }
    while ((chosen = getopt_long(argc, argv, "", options, &i)) == 'a') {
        if (read_parameter(i, optarg)) {
            fprintf(stderr, "disk_model: --%s: %s is no number\n", parameters[i].name, optarg);
            return 2;
        }
    }
    if (chosen != -1 || argc - optind != 2) {
        fprintf(stderr,
                "usage: disk_model [--look-ahead KIB] [--seek MIN,MAX] [--rpm N] [--rate OUTER,INNER] [--command MS] "
                "[--full BYTES] IMAGE FOLDER\n");
        return 2;
    }
    const char *image = argv[optind];
    struct stat st;
    image_fd = open(image, O_RDONLY | O_CLOEXEC);
    if (image_fd < 0 || fstat(image_fd, &st)) {
        fprintf(stderr, "disk_model: %s: %s\n", image, strerror(errno));
        return 1;
    }
    image_size = (uint64_t)st.st_size;
    if (drive.full < (double)image_size) {
        drive.full = (double)image_size;
    }
    // single-threaded: one head, one command at a time
    char single[] = "-s", option[] = "-o", value[64];
    snprintf(value, sizeof value, "fsname=disk_model,max_read=%d", READ_BYTES);
    char *fuse_argv[] = {argv[0], single, option, value, argv[optind + 1], NULL};
    return fuse_main(5, fuse_argv, &operations, NULL);
}
