/* SPDX-License-Identifier: Apache-2.0 */
/* Many files that wait together, so that they can be measured in another order than that in which they are judged. */
#pragma once

#include "crew.h"

struct kb_stock {
    struct kb_arena *arena; /* of the texts */
    struct kb_walked *walked;
    struct kb_measured *measured;
    size_t n, room;
    size_t bytes; /* that it takes, about */
};
void kb_stock_init(struct kb_stock *stock);
void kb_stock_done(struct kb_stock *stock);
/* kb_stock_add(stock, walk): the next one, its folder not held; false: the walk is at its end. */
bool kb_stock_add(struct kb_stock *stock, struct kb_walk *walk);

/* Which of a stock are measured, and until when. */
struct kb_stock_part {
    struct kb_stock *stock;
    const uint32_t *files; /* indices of wanted ones, ascending */
    size_t n;
    bool (*over)(void *owner);                    /* NULL: never. What was not reached becomes LATER */
    void (*measured)(void *owner, uint32_t file); /* NULL: nobody asks. On the caller's thread, in any order */
    const struct kb_sink *sink;                   /* of a sweep: takes the content of those that go `ahead` */
    void *owner;
};
/* kb_stock_by_crew(part, crew): several threads, in the order of the stock. */
void kb_stock_by_crew(const struct kb_stock_part *part, struct kb_crew *crew);
/* kb_stock_by_sweep(part, measurer): as they lie on the disk, where the file system tells; else ntfs-3g (no extents,
 * and inodes in the order of its table) by inode, FAT and exFAT in the order of their folders. FIBMAP would tell of
 * ntfs-3g, to a process with CAP_SYS_RAWIO alone: no reader of a medium has that right. */
void kb_stock_by_sweep(const struct kb_stock_part *part, struct kb_measurer *measurer);
