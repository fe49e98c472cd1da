// SPDX-License-Identifier: Apache-2.0
// Office-like test data: what lies where, how long, and with what in it, all of it told by a seed alone.
#pragma once
#include <stddef.h>
#include <stdint.h>

// A stream of numbers; the same seed gives the same numbers on every machine.
struct office_dice {
    uint64_t state;
};

// office_draw(dice): the next 64 bits (splitmix64).
uint64_t office_draw(struct office_dice *dice);

// office_below(dice, bound): a number in [0, bound); bound > 0.
uint64_t office_below(struct office_dice *dice, uint64_t bound);

// office_size(dice, mean): the length of a file in bytes: log-normal (sigma 1.75, as file servers of offices have it)
// about the given mean, at most 32 MiB or 64 times the mean, whichever is more; about one file in 200 is empty.
uint64_t office_size(struct office_dice *dice, uint64_t mean);

// What one folder of a project holds at most.
enum { OFFICE_FILES_PER_FOLDER = 24, OFFICE_PATH_MAX = 160 };

// office_path(number, path): the path of file `number` below the share, without a leading slash:
// department/year/project/file, Japanese and not; files of one folder have numbers that follow each other. Returns the
// length of its folder's part.
size_t office_path(uint64_t number, char path[OFFICE_PATH_MAX]);

// office_fill(seed, offset, buffer, n): the content of the file number `seed` at `offset`, a multiple of 4,096; it
// begins as its name says. Two files in five do not compress (photographs, zipped office documents), the others do by
// about three to one, as text and tables do.
void office_fill(uint64_t seed, uint64_t offset, unsigned char *buffer, size_t n);

// office_folders(root, path): makes the folders of `path` below the open folder `root`. 0, or -1 with errno.
int office_folders(int root, const char *path);

// office_write(fd, seed, size): writes the whole content from offset 0. 0, or -1 with errno.
int office_write(int fd, uint64_t seed, uint64_t size);
