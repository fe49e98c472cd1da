/* SPDX-License-Identifier: Apache-2.0 */
/* One small record per file that waits; its name on the shelf is its number. */
#include "shelf.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "koboshi/file.h"

#include "scratch.h"

enum state { AWAY, EXPECTED, BEGUN, WHOLE };

struct shelved {
    int64_t size, mtime_ns;
    uint16_t mode;
    uint8_t state;
};

struct kb_shelf {
    const struct kb_scratch *scratch;
    struct shelved *files;
    size_t n; /* there is room for */
    int64_t room;
    bool over;     /* nothing more is expected */
    int folder;    /* -1: not made yet */
    char name[32]; /* of the folder */
    uint32_t open; /* file of fd */
    int fd;
};

enum { NUMBER = 12 };

static const char *numbered(uint32_t file, char *name)
{
    (void)snprintf(name, NUMBER, "%" PRIu32, file);
    return name;
}

struct kb_shelf *kb_shelf_new(const struct kb_scratch *scratch)
{
    struct kb_shelf *shelf = calloc(1, sizeof *shelf);
    if (!shelf)
        abort();
    shelf->scratch = scratch;
    shelf->folder = shelf->fd = -1;
    return shelf;
}

static void close_open(struct kb_shelf *shelf)
{
    kb_close_p(&shelf->fd);
    shelf->fd = -1;
}

static void forget(struct kb_shelf *shelf, uint32_t file)
{
    char name[NUMBER];
    struct shelved *it = &shelf->files[file];
    if (it->state == AWAY)
        return;
    if (it->state >= BEGUN && shelf->open == file)
        close_open(shelf);
    if (it->state >= BEGUN)
        (void)unlinkat(shelf->folder, numbered(file, name), 0);
    shelf->room -= it->size + KB_FILE_OVERHEAD;
    it->state = AWAY;
}

void kb_shelf_give_up(struct kb_shelf *shelf)
{
    if (!shelf || (shelf->over && !shelf->room))
        return;
    shelf->over = true;
    for (size_t i = 0; i < shelf->n; i++)
        forget(shelf, (uint32_t)i);
}

void kb_shelf_free(struct kb_shelf *shelf)
{
    if (!shelf)
        return;
    kb_shelf_give_up(shelf);
    kb_close_p(&shelf->folder);
    if (shelf->folder >= 0) /* should it not go, the re-read finds something that nobody wrote */
        (void)unlinkat(shelf->scratch->root, shelf->name, AT_REMOVEDIR);
    free(shelf->files);
    free(shelf);
}

static void grow(struct kb_shelf *shelf, uint32_t file)
{
    size_t n = shelf->n ? shelf->n : 1024;
    while (n <= file)
        n *= 2;
    shelf->files = reallocarray(shelf->files, n, sizeof *shelf->files);
    if (!shelf->files)
        abort();
    for (; shelf->n < n; shelf->n++)
        shelf->files[shelf->n] = (struct shelved){0};
}

bool kb_shelf_expect(struct kb_shelf *shelf, uint32_t file, const struct kb_entry *entry)
{
    if (file >= shelf->n)
        grow(shelf, file);
    if (shelf->over || shelf->files[file].state != AWAY || entry->size < 0)
        return false;
    int64_t left = shelf->scratch->bytes_left - shelf->room - KB_FILE_OVERHEAD;
    if (shelf->scratch->full || entry->size > left) {
        shelf->over = true;
        return false;
    }
    shelf->room += entry->size + KB_FILE_OVERHEAD;
    shelf->files[file] = (struct shelved){
        .size = entry->size, .mtime_ns = entry->mtime_ns, .mode = (uint16_t)(entry->mode & 0777), .state = EXPECTED};
    return true;
}

/* Under a name that no backup can foresee. */
static int make_folder(struct kb_shelf *shelf)
{
    uint64_t number;
    if (getrandom(&number, sizeof number, 0) != sizeof number)
        return -1;
    (void)snprintf(shelf->name, sizeof shelf->name, ".shelf-%016" PRIx64, number);
    if (mkdirat(shelf->scratch->root, shelf->name, 0700))
        return -1;
    shelf->folder = kb_open_below(shelf->scratch->root, shelf->name, O_PATH | O_DIRECTORY, 0);
    return shelf->folder;
}

static int open_file(struct kb_shelf *shelf, uint32_t file)
{
    char name[NUMBER];
    struct shelved *it = &shelf->files[file];
    if (shelf->fd >= 0 && shelf->open == file)
        return shelf->fd;
    close_open(shelf);
    if (shelf->folder < 0 && make_folder(shelf) < 0)
        return -1;
    if (it->state == EXPECTED)
        shelf->fd = kb_open_below(shelf->folder, numbered(file, name), O_WRONLY | O_CREAT | O_EXCL, it->mode | 0600);
    else
        shelf->fd = kb_open_below(shelf->folder, numbered(file, name), O_WRONLY, 0);
    shelf->open = file;
    if (shelf->fd >= 0)
        it->state = BEGUN;
    return shelf->fd;
}

void kb_shelf_add(struct kb_shelf *shelf, uint32_t file, int64_t offset, const void *bytes, size_t n)
{
    struct shelved *it = file < shelf->n ? &shelf->files[file] : NULL;
    if (!it || it->state == AWAY)
        return;
    bool within = it->state < WHOLE && offset >= 0 && offset <= it->size && (int64_t)n <= it->size - offset;
    if (!within) /* more than room was kept for */
        forget(shelf, file);
    else if (open_file(shelf, file) < 0 || kb_scratch_write_at(shelf->fd, bytes, n, offset))
        kb_shelf_give_up(shelf);
}

void kb_shelf_end(struct kb_shelf *shelf, uint32_t file, bool whole)
{
    struct shelved *it = file < shelf->n ? &shelf->files[file] : NULL;
    if (!it || it->state == AWAY)
        return;
    const struct kb_item item = {.mode = it->mode, .mtime_ns = it->mtime_ns};
    if (!whole || it->state != BEGUN) {
        forget(shelf, file);
        return;
    }
    if (open_file(shelf, file) < 0 || kb_scratch_complete(shelf->scratch, shelf->fd, &item)) {
        kb_shelf_give_up(shelf);
        return;
    }
    it->state = WHOLE;
    close_open(shelf);
}

bool kb_shelf_has(const struct kb_shelf *shelf, uint32_t file, int64_t *ret_size)
{
    if (!shelf || file >= shelf->n || shelf->files[file].state != WHOLE)
        return false;
    *ret_size = shelf->files[file].size;
    return true;
}

bool kb_shelf_move(struct kb_shelf *shelf, uint32_t file, int parent, const char *name, bool over)
{
    char number[NUMBER];
    struct shelved *it = &shelf->files[file];
    if (renameat2(shelf->folder, numbered(file, number), parent, name, over ? 0 : RENAME_NOREPLACE))
        return false;
    shelf->room -= it->size + KB_FILE_OVERHEAD;
    it->state = AWAY;
    return true;
}

int64_t kb_shelf_room(const struct kb_shelf *shelf)
{
    return shelf ? shelf->room : 0;
}
