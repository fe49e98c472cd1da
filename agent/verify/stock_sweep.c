/* SPDX-License-Identifier: Apache-2.0 */
/* What waits, read in the order of the disk. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "koboshi/file.h"
#include "koboshi/limits.h"
#include "koboshi/verify.h"
#include "stock.h"
#include "sweep.h"

struct course {
    const struct kb_stock_part *part;
    struct kb_measurer *measurer;
    struct kb_placement placement;
    bool no_map;        /* this file system does not tell */
    bool folders_order; /* then its inodes say nothing either */
    bool *scattered;    /* of each file: it lies in pieces */
    uint32_t open;      /* file of fd */
    int fd;
    struct kb_gauge **free_gauges; /* at hand */
    size_t n_free;
};

static struct kb_walked *walked_of(const struct course *c, uint32_t file)
{
    return &c->part->stock->walked[c->part->files[file]];
}

static struct kb_measured *measured_of(const struct course *c, uint32_t file)
{
    return &c->part->stock->measured[c->part->files[file]];
}

/* Linux' own drivers number inodes as they come across them there. */
static bool numbers_mean_nothing(int root)
{
    struct statfs fs;
    static const unsigned long kinds[] = {MSDOS_SUPER_MAGIC, EXFAT_SUPER_MAGIC};
    bool found = false;
    for (size_t i = 0; !fstatfs(root, &fs) && i < sizeof kinds / sizeof *kinds; i++)
        found |= (unsigned long)fs.f_type == kinds[i];
    return found;
}

static void told(const struct course *c, uint32_t file)
{
    if (c->part->measured)
        c->part->measured(c->part->owner, c->part->files[file]);
}

/* What the file system says of it; false: nothing. */
static bool ask(struct course *c, uint32_t file, struct kb_placed **ret_extents, long *ret_n)
{
    int cause;
    *ret_n = 0;
    KB_SCOPED_FD fd = c->no_map ? -1 : kb_measure_open(c->measurer->rules, walked_of(c, file), &cause);
    if (fd < 0)
        return false; /* why not is found out when it is read */
    *ret_n = kb_placed_ask(fd, ret_extents);
    c->no_map = *ret_n < 0;
    return *ret_n > 0;
}

static void place(struct course *c, uint32_t file)
{
    struct kb_walked *walked = walked_of(c, file);
    struct kb_placed *extents = NULL;
    size_t before = c->placement.n;
    long n;
    if (ask(c, file, &extents, &n)) {
        kb_placement_add(&c->placement, file, walked->size, extents, (size_t)n);
    } else {
        const struct kb_placed all = {.physical = c->folders_order ? walked->seen : walked->inode,
                                      .length = (uint64_t)walked->size};
        kb_placement_add(&c->placement, file, walked->size, &all, c->no_map ? 1 : 0);
    }
    free(extents);
    c->scattered[file] = c->placement.n - before > 1;
}

static int open_file(struct course *c, uint32_t file)
{
    int cause;
    struct kb_walked now = *walked_of(c, file);
    if (c->fd >= 0 && c->open == file)
        return c->fd;
    kb_close_p(&c->fd);
    c->fd = kb_measure_open(c->measurer->rules, &now, &cause);
    c->open = file;
    if (c->fd >= 0 && c->scattered[file]) /* what follows in the file lies elsewhere: nothing is read ahead */
        (void)posix_fadvise(c->fd, 0, 0, POSIX_FADV_RANDOM);
    if (c->fd >= 0 && now.size != walked_of(c, file)->size) /* it changes while it is read */
        kb_close_p(&c->fd), c->fd = -1;
    return c->fd;
}

/* The place is told when the file is read from its start, as any other. */
static void note_failure(struct kb_measured *measured, int64_t offset, size_t n, int cause)
{
    measured->reading = calloc(1, sizeof *measured->reading);
    if (!measured->reading)
        abort();
    measured->reading->failed = (struct kb_bad_range){.from = offset, .to = offset + (int64_t)n, .cause = cause};
}

static size_t read_piece(void *owner, uint32_t file, int64_t offset, uint8_t *bytes, size_t n)
{
    struct course *c = owner;
    int fd = open_file(c, file);
    size_t have = 0;
    while (fd >= 0 && have < n) {
        ssize_t got = pread(fd, bytes + have, n - have, offset + (int64_t)have);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            note_failure(measured_of(c, file), offset + (int64_t)have, n - have, errno);
        if (got <= 0)
            break;
        have += (size_t)got;
    }
    kb_measure_came(c->measurer->rules, walked_of(c, file), have);
    return have;
}

static struct kb_gauge *gauge_new(struct course *c)
{
    struct kb_gauge *gauge = c->n_free ? c->free_gauges[--c->n_free] : kb_gauge_new(c->measurer->rules->others);
    kb_gauge_begin(gauge);
    return gauge;
}

static void gauge_back(struct course *c, struct kb_measured *measured)
{
    if (measured->gauge)
        c->free_gauges[c->n_free++] = measured->gauge;
    measured->gauge = NULL;
}

static void take_piece(void *owner, uint32_t file, int64_t offset, const uint8_t *bytes, size_t n)
{
    struct course *c = owner;
    struct kb_measured *measured = measured_of(c, file);
    if (!measured->gauge)
        measured->gauge = gauge_new(c);
    kb_gauge_data(measured->gauge, offset, bytes, n);
    if (measured->ahead)
        c->part->sink->ahead(c->part->sink->owner, c->part->files[file], offset, bytes, n);
}

static void end_file(void *owner, uint32_t file)
{
    struct course *c = owner;
    struct kb_measured *measured = measured_of(c, file);
    struct kb_content *content = &c->measurer->content;
    kb_gauge_end(measured->gauge, true, content);
    gauge_back(c, measured);
    measured->came = content->size;
    kb_measured_pack(measured, walked_of(c, file)->path, content, c->measurer->rules->lead);
    measured->state = KB_MEASURED_READ;
    if (measured->ahead)
        c->part->sink->ahead_end(c->part->sink->owner, c->part->files[file], true);
    told(c, file);
}

static void drop_file(void *owner, uint32_t file, bool failed)
{
    struct course *c = owner;
    struct kb_measured *measured = measured_of(c, file);
    gauge_back(c, measured);
    if (measured->ahead)
        c->part->sink->ahead_end(c->part->sink->owner, c->part->files[file], false);
    if (!failed)
        measured->state = KB_MEASURED_LATER;
}

static bool is_over(void *owner)
{
    const struct course *c = owner;
    return c->part->over && c->part->over(c->part->owner);
}

/* Nothing of these lies where it could be swept up: empty files, and what may not be read ahead of its turn. */
static bool apart(struct course *c, uint32_t file)
{
    struct kb_walked *walked = walked_of(c, file);
    if (!kb_measure_ahead(c->measurer->rules, walked->size))
        return true; /* is read when it is judged */
    if (walked->size)
        return false;
    kb_measure(c->measurer, walked, measured_of(c, file));
    told(c, file);
    return true;
}

void kb_stock_by_sweep(const struct kb_stock_part *part, struct kb_measurer *measurer)
{
    struct course c = {.part = part, .measurer = measurer, .fd = -1};
    c.folders_order = numbers_mean_nothing(measurer->rules->root);
    c.free_gauges = calloc(KB_SWEEP_OPEN + 2, sizeof(struct kb_gauge *));
    c.scattered = calloc(part->n ? part->n : 1, sizeof *c.scattered);
    if (!c.free_gauges || !c.scattered)
        abort();
    for (uint32_t i = 0; i < part->n; i++) {
        if (is_over(&c))
            measured_of(&c, i)->state = KB_MEASURED_LATER;
        else if (!apart(&c, i))
            place(&c, i);
    }
    const struct kb_sweep_ops ops = {
        .owner = &c, .read = read_piece, .take = take_piece, .end = end_file, .drop = drop_file, .over = is_over};
    kb_sweep_run(&c.placement, (uint32_t)part->n, &ops, NULL);
    for (size_t i = 0; i < c.n_free; i++)
        kb_gauge_free(c.free_gauges[i]);
    free(c.free_gauges);
    free(c.scattered);
    kb_close_p(&c.fd);
    kb_placement_free(&c.placement);
}
