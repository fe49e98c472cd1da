/* SPDX-License-Identifier: Apache-2.0 */
/* A disk that dies: shows one image file whose reads fail, lie, take long or never end, from the block device upwards.
 *
 *   failing_disk IMAGE FOLDER
 *
 * FOLDER/disk is the image, read-only, to be attached with losetup. What is written into FOLDER/faults says how it
 * fails from now on:
 *
 *   good             as a new one; requests that hang are answered
 *   eio FROM TO      each request that touches these bytes fails as a whole
 *   flip AT          one bit of this byte is another
 *   slow MS          each request takes that much longer
 *   hang FROM TO     each request that touches these bytes gets no answer
 *   gone             the cable is pulled: every request fails
 *
 * Reading FOLDER/faults says what was asked of it: "requests 10 failed 2 hanging 1". */
#define FUSE_USE_VERSION 31
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int image_fd = -1;
static int64_t image_size;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static struct {
    int64_t eio_from, eio_to, hang_from, hang_to, flip_at, slow_ms;
} now = {.flip_at = -1};
static uint64_t requests, failed, hanging;

static int disk_getattr(const char *path, struct stat *st, struct fuse_file_info *file)
{
    (void)file;
    *st = (struct stat){.st_nlink = 1, .st_mode = S_IFREG | 0444, .st_size = 4096};
    if (strcmp(path, "/") == 0)
        st->st_mode = S_IFDIR | 0755;
    else if (strcmp(path, "/disk") == 0)
        st->st_size = image_size;
    else if (strcmp(path, "/faults") == 0)
        st->st_mode |= 0200;
    else
        return -ENOENT;
    return 0;
}

/* The kernel keeps no page of these files: every read of the loop device comes here as it is. */
static int disk_open(const char *path, struct fuse_file_info *file)
{
    file->direct_io = 1;
    return strcmp(path, "/disk") == 0 && (file->flags & O_ACCMODE) != O_RDONLY ? -EROFS : 0;
}

static int tell(char *buffer, size_t n, off_t offset)
{
    char text[128];
    int length = snprintf(text, sizeof text, "requests %" PRIu64 " failed %" PRIu64 " hanging %" PRIu64 "\n", requests,
                          failed, hanging);
    if (offset >= length)
        return 0;
    size_t part = (size_t)(length - offset) < n ? (size_t)(length - offset) : n;
    memcpy(buffer, text + offset, part);
    return (int)part;
}

static int touches(int64_t from, int64_t to, off_t offset, size_t n)
{
    return offset < to && offset + (int64_t)n > from;
}

static int disk_read(const char *path, char *buffer, size_t n, off_t offset, struct fuse_file_info *file)
{
    (void)file;
    (void)pthread_mutex_lock(&lock);
    if (strcmp(path, "/faults") == 0) {
        int told = tell(buffer, n, offset);
        (void)pthread_mutex_unlock(&lock);
        return told;
    }
    requests++;
    hanging++;
    while (touches(now.hang_from, now.hang_to, offset, n))
        (void)pthread_cond_wait(&changed, &lock);
    hanging--;
    int fails = touches(now.eio_from, now.eio_to, offset, n);
    failed += (uint64_t)fails;
    int64_t slow_ms = now.slow_ms, flip_at = now.flip_at;
    (void)pthread_mutex_unlock(&lock);
    if (slow_ms)
        (void)usleep((useconds_t)slow_ms * 1000);
    ssize_t got = fails ? -1 : pread(image_fd, buffer, n, offset);
    if (got < 0)
        return -EIO;
    if (flip_at >= offset && flip_at < offset + got)
        buffer[flip_at - offset] = (char)(buffer[flip_at - offset] ^ 1);
    return (int)got;
}

static int disk_write(const char *path, const char *buffer, size_t n, off_t offset, struct fuse_file_info *file)
{
    (void)file;
    (void)offset;
    char text[128];
    int64_t from = 0, to = 0;
    if (strcmp(path, "/faults") != 0)
        return -EROFS;
    if (n >= sizeof text)
        return -EINVAL;
    memcpy(text, buffer, n);
    text[n] = '\0';
    (void)pthread_mutex_lock(&lock);
    int known = 1;
    if (strncmp(text, "good", 4) == 0) {
        memset(&now, 0, sizeof now);
        now.flip_at = -1;
    } else if (sscanf(text, "eio %" SCNd64 " %" SCNd64, &from, &to) == 2) {
        now.eio_from = from;
        now.eio_to = to;
    } else if (sscanf(text, "hang %" SCNd64 " %" SCNd64, &from, &to) == 2) {
        now.hang_from = from;
        now.hang_to = to;
    } else if (sscanf(text, "flip %" SCNd64, &from) == 1) {
        now.flip_at = from;
    } else if (sscanf(text, "slow %" SCNd64, &from) == 1) {
        now.slow_ms = from;
    } else if (strncmp(text, "gone", 4) == 0) {
        now.eio_to = image_size;
    } else {
        known = 0;
    }
    (void)pthread_cond_broadcast(&changed);
    (void)pthread_mutex_unlock(&lock);
    return known ? (int)n : -EINVAL;
}

static int disk_truncate(const char *path, off_t size, struct fuse_file_info *file)
{
    (void)size;
    (void)file;
    return strcmp(path, "/faults") == 0 ? 0 : -EROFS;
}

static const struct fuse_operations operations = {
    .getattr = disk_getattr, .open = disk_open, .read = disk_read, .write = disk_write, .truncate = disk_truncate};

int main(int argc, char **argv)
{
    struct stat st;
    if (argc != 3) {
        (void)fprintf(stderr, "usage: failing_disk IMAGE FOLDER\n");
        return 2;
    }
    image_fd = open(argv[1], O_RDONLY | O_CLOEXEC);
    if (image_fd < 0 || fstat(image_fd, &st)) {
        (void)fprintf(stderr, "failing_disk: %s: %s\n", argv[1], strerror(errno));
        return 1;
    }
    image_size = st.st_size;
    char option[] = "-o", value[] = "fsname=failing_disk";
    char *fuse_argv[] = {argv[0], option, value, argv[2], NULL};
    return fuse_main(4, fuse_argv, &operations, NULL);
}
