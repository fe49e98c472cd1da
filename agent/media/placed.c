/* SPDX-License-Identifier: Apache-2.0 */
/* Extents by FS_IOC_FIEMAP. */
#include "koboshi/placed.h"

#include <linux/fiemap.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

enum { AT_ONCE = 256 };

long kb_placed_ask(int fd, struct kb_placed **ret_extents)
{
    struct {
        struct fiemap map;
        struct fiemap_extent extents[AT_ONCE];
    } ask;
    struct kb_placed *extents = NULL;
    size_t n = 0;
    uint64_t from = 0;
    bool last = false;
    while (!last && n < KB_PLACED_MAX) {
        memset(&ask.map, 0, sizeof ask.map);
        ask.map.fm_start = from;
        ask.map.fm_length = FIEMAP_MAX_OFFSET - from;
        ask.map.fm_extent_count = AT_ONCE;
        if (ioctl(fd, FS_IOC_FIEMAP, &ask.map)) {
            free(extents);
            return -1;
        }
        uint32_t got = ask.map.fm_mapped_extents < AT_ONCE ? ask.map.fm_mapped_extents : AT_ONCE;
        last = got < AT_ONCE;
        extents = got ? reallocarray(extents, n + got, sizeof *extents) : extents;
        if (got && !extents)
            abort();
        for (uint32_t i = 0; i < got; i++) {
            const struct fiemap_extent *e = &ask.extents[i];
            extents[n++] = (struct kb_placed){.logical = e->fe_logical,
                                              .physical = e->fe_physical,
                                              .length = e->fe_length,
                                              .no_data = e->fe_flags & FIEMAP_EXTENT_UNWRITTEN};
            last |= e->fe_flags & FIEMAP_EXTENT_LAST;
        }
        uint64_t end = got ? extents[n - 1].logical + extents[n - 1].length : 0;
        last |= end <= from; /* a file system that goes in circles */
        from = end;
    }
    *ret_extents = extents;
    return (long)n;
}
