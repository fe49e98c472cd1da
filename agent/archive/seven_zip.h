/* SPDX-License-Identifier: Apache-2.0 */
/* Encrypted 7z archives, which libarchive cannot decrypt: read through the 7zz program of Debian's package 7zip. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct kb_arena;

/* One line block of `7zz l -slt`. */
struct kb_seven_zip_entry {
    const char *path; /* UTF-8 as the program prints it */
    int64_t size;
    uint32_t crc; /* of the content, where has_crc */
    int64_t mtime_ns;
    bool folder, other, has_crc, encrypted; /* other: a link, whose content is its target */
};

enum kb_seven_zip_state {
    KB_SEVEN_ZIP_GOOD,
    KB_SEVEN_ZIP_ABSENT,     /* no such program here, or it may not be run */
    KB_SEVEN_ZIP_WRONG_KEY,  /* the passphrase does not open it */
    KB_SEVEN_ZIP_UNREADABLE, /* this account may not open the file by its path */
    KB_SEVEN_ZIP_BROKEN,     /* the program found it damaged */
};

struct kb_seven_zip;

/*
 * kb_seven_zip_open(fd, passphrase, ret_tool): lists the archive behind fd and starts unpacking it into a pipe, file
 * after file as listed. The program gets the passphrase on its standard input, never as an argument; it reads the
 * archive through /proc/self/fd. Its listing is bounded (KB_SEVEN_ZIP_LIST_MAX). Files are told apart by the sizes
 * listed; their CRC-32 is the caller's to compare with what came.
 */
enum kb_seven_zip_state kb_seven_zip_open(int fd, const char *passphrase, struct kb_seven_zip **ret_tool);
/* kb_seven_zip_next(tool, ret_entry): 1 the next entry (what was not read of the one before is passed over), 0 the end,
 * -1 a listing that makes no sense. */
int kb_seven_zip_next(struct kb_seven_zip *tool, const struct kb_seven_zip_entry **ret_entry);
/* kb_seven_zip_read(tool, ret_bytes): bytes of the current entry, > 0 how many, 0 its end, -1 they did not come or do
 * not fit its CRC; then kb_seven_zip_close tells why. */
ssize_t kb_seven_zip_read(struct kb_seven_zip *tool, const void **ret_bytes);
/* kb_seven_zip_end(tool): waits for the program: GOOD if it had nothing to complain about. */
enum kb_seven_zip_state kb_seven_zip_end(struct kb_seven_zip *tool);
void kb_seven_zip_free(struct kb_seven_zip *tool);
