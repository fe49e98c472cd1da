/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as file systems lay them down, read from the device itself. */
#pragma once

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

/* kb_disk_read(fd, offset, data, n): all n bytes or false. */
static inline bool kb_disk_read(int fd, uint64_t offset, void *data, size_t n)
{
    size_t have = 0;
    while (offset <= INT64_MAX - n && have < n) {
        ssize_t got = pread(fd, (char *)data + have, n - have, (off_t)(offset + have));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        have += (size_t)got;
    }
    return have == n;
}

static inline uint16_t le16(const uint8_t *at)
{
    uint16_t v;
    memcpy(&v, at, sizeof v);
    return le16toh(v);
}

static inline uint32_t le32(const uint8_t *at)
{
    uint32_t v;
    memcpy(&v, at, sizeof v);
    return le32toh(v);
}

static inline uint64_t le64(const uint8_t *at)
{
    uint64_t v;
    memcpy(&v, at, sizeof v);
    return le64toh(v);
}

static inline uint32_t be32(const uint8_t *at)
{
    uint32_t v;
    memcpy(&v, at, sizeof v);
    return be32toh(v);
}
