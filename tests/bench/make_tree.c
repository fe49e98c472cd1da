// SPDX-License-Identifier: Apache-2.0
// A share of an office: make_tree FOLDER FILES MEAN-BYTES. The same call makes the same names, contents and times.
// One file in 100 is a hard link to one before it, every fourth folder holds a symbolic link.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "office.h"

static void make(int root, uint64_t number, uint64_t mean)
{
    struct office_dice dice = {.state = number};
    struct timespec times[2] = {{.tv_sec = 1700000000 + (time_t)office_below(&dice, 90000000)}};
    char path[OFFICE_PATH_MAX], target[OFFICE_PATH_MAX], link[OFFICE_PATH_MAX + 8];

    times[1] = times[0];
    size_t folder = office_path(number, path);
    if (number % OFFICE_FILES_PER_FOLDER == 0 && office_folders(root, path)) {
        goto failed;
    }
    if (number % 100 == 99) {
        office_path(number - 1, target);
        if (linkat(root, target, root, path, 0)) {
            goto failed;
        }
        return;
    }
    int fd = openat(root, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, number % 7 ? 0644 : 0600);
    if (fd < 0 || office_write(fd, number, office_size(&dice, mean)) || futimens(fd, times) || close(fd)) {
        goto failed;
    }
    if (number % (4 * OFFICE_FILES_PER_FOLDER) == 0) {
        snprintf(link, sizeof link, "%.*s/latest", (int)folder, path);
        if (symlinkat(path + folder + 1, root, link)) {
            goto failed;
        }
    }
    return;
failed:
    fprintf(stderr, "make_tree: %s: %s\n", path, strerror(errno));
    exit(1);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: make_tree FOLDER FILES MEAN-BYTES\n");
        return 2;
    }
    uint64_t files = strtoull(argv[2], NULL, 10), mean = strtoull(argv[3], NULL, 10);
    int root = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0 || files == 0 || mean == 0) {
        fprintf(stderr, "make_tree: %s: %s\n", argv[1], strerror(errno));
        return 1;
    }
    for (uint64_t number = 0; number < files; number++) {
        make(root, number, mean);
    }
    return 0;
}
