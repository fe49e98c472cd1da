/* SPDX-License-Identifier: Apache-2.0 */
/* The consumer of the pass: entries become files and folders as they come by. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"

#include "scratch.h"

int kb_scratch_write_at(int fd, const void *bytes, size_t n, int64_t offset)
{
    const char *at = bytes;
    while (n) {
        ssize_t done = pwrite(fd, at, n, offset);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return -1;
        at += done;
        offset += done;
        n -= (size_t)done;
    }
    return 0;
}

static int flush_gathered(struct kb_scratch *s)
{
    int result = s->gathered ? kb_scratch_write_at(s->fd, s->gather, s->gathered, s->gather_at) : 0;
    s->gathered = 0;
    return result;
}

/* Half a file must not be probed as if it were whole. */
void kb_scratch_drop_file(struct kb_scratch *s)
{
    struct kb_item *item = s->open_item;
    if (!item)
        return;
    s->open_item = NULL;
    item->flags |= KB_ITEM_DROPPED;
    if (s->small) { /* it never came to the disk */
        s->small = false;
        return;
    }
    const char *name;
    int parent = kb_scratch_parent(s, item->path, &name);
    if (parent >= 0)
        (void)unlinkat(parent, name, 0);
    kb_close_p(&s->fd);
    s->fd = -1;
    s->moved = false;
    s->gathered = 0;
}

static void lose_file(struct kb_scratch *s, int errnum)
{
    const char *path = s->open_item->path;
    kb_scratch_drop_file(s);
    kb_scratch_skip(s, path, errnum);
}

static struct kb_item *claim(struct kb_scratch *s, const struct kb_entry *entry)
{
    struct kb_item *item = kb_items_add(&s->items, entry->path, entry->kept);
    item->kind = (uint8_t)entry->kind;
    item->mode = (uint16_t)(entry->mode & 0777);
    item->mtime_ns = entry->mtime_ns;
    item->layer = s->layer;
    s->inodes_left--;
    return item;
}

static int open_new(int parent, const char *name, unsigned mode)
{
    return kb_open_below(parent, name, O_WRONLY | O_CREAT | O_EXCL, (mode & 0777) | 0600);
}

static void write_file(struct kb_scratch *s, const struct kb_entry *entry)
{
    const char *name;
    int parent = kb_scratch_parent(s, entry->path, &name);
    bool small = parent >= 0 && s->writers && entry->size >= 0 && entry->size <= KB_SMALL_FILE_BYTES;
    int fd = parent < 0 || small ? -1 : open_new(parent, name, entry->mode);
    if (fd < 0 && !small) {
        kb_scratch_skip(s, entry->path, errno);
        return;
    }
    if (small)
        kb_writers_reserve(s->writers, parent, entry->size);
    s->open_item = claim(s, entry);
    s->small = small;
    s->fd = fd;
    s->high = s->gather_at = 0;
    s->gathered = 0;
    s->size = entry->size;
    s->bytes_left -= KB_FILE_OVERHEAD;
}

static void write_folder(struct kb_scratch *s, const struct kb_entry *entry)
{
    const char *name;
    int parent = kb_scratch_parent(s, entry->path, &name);
    if (parent < 0 || mkdirat(parent, name, 0700)) {
        kb_scratch_skip(s, entry->path, errno);
        return;
    }
    claim(s, entry)->flags = KB_ITEM_WRITTEN;
}

/* Links wait until every file is complete: nothing can be written through them. */
static void keep_link(struct kb_scratch *s, const struct kb_entry *entry)
{
    if (!entry->target) {
        s->skipped++; /* that it leads outside is the pass' finding */
        return;
    }
    claim(s, entry)->target = kb_strdup(s->arena, entry->target);
}

/* Devices and the like are the pass' finding too. */
static void refuse_kind(struct kb_scratch *s, const struct kb_entry *entry)
{
    (void)entry;
    s->skipped++;
}

static void report_meeting(struct kb_scratch *s, enum kb_rule_id rule, const char *path, const struct kb_item *other)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_finding *finding = kb_scratch_finding(s, arena, rule, path);
    finding->expected = kb_text_new(arena, "names that stay apart on %s", "%s で区別できる名前",
                                    s->set->target_fs ? s->set->target_fs : "Linux");
    finding->found = kb_text_new(arena, "meets %s", "%s と重なります",
                                 kb_escape(arena, other->path, strlen(other->path)));
    kb_scratch_report(s, finding);
}

/* True when the entry may be written; a folder named again only gets its mode and time. */
static bool name_is_free(struct kb_scratch *s, const struct kb_entry *entry)
{
    const struct kb_item *other = NULL;
    enum kb_likeness likeness = kb_items_twin(&s->items, entry->path, &other);
    if (likeness != KB_UNLIKE) { /* what becomes of the other decides */
        kb_writers_settle(s->writers);
        other = NULL;
        likeness = kb_items_twin(&s->items, entry->path, &other);
    }
    bool folders = other && other->kind == KB_ENTRY_FOLDER && entry->kind == KB_ENTRY_FOLDER;
    if (likeness == KB_SAME && folders) {
        struct kb_item *item = kb_items_find(&s->items, entry->path);
        item->mode = (uint16_t)(entry->mode & 0777);
        item->mtime_ns = entry->mtime_ns;
        item->flags &= (uint8_t)~KB_ITEM_IMPLIED;
        item->layer = s->layer;
        return false;
    }
    if (likeness == KB_SAME && other->layer < s->layer) {
        struct kb_item *item = kb_items_find(&s->items, entry->path);
        bool same_file = item->kind == KB_ENTRY_FILE && entry->kind == KB_ENTRY_FILE;
        int64_t superseded = s->superseded;
        if (kb_scratch_supersede(s, item)) {
            kb_scratch_skip(s, entry->path, errno);
            return false;
        }
        if (same_file)
            s->superseded = superseded; /* it is there, in a newer state */
        return true;
    }
    if (likeness == KB_SAME || (likeness == KB_SAME_ON_WINDOWS && s->windows && !folders)) {
        s->skipped++;
        report_meeting(s, KB_RULE_NAMES_COLLIDE, entry->path, other);
        return false;
    }
    if (likeness == KB_LOOKS_ALIKE)
        report_meeting(s, KB_RULE_NAMES_ALIKE, entry->path, other);
    return true;
}

static void judge_for_target(struct kb_scratch *s, const char *path)
{
    struct kb_text fault = kb_windows_fault(path);
    if (!fault.en)
        return;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_finding *finding = kb_scratch_finding(s, arena, KB_RULE_NOT_REPRESENTABLE, path);
    finding->expected = kb_text_new(arena, "a name that %s can hold", "%s で使える名前", s->set->target_fs);
    finding->found = fault;
    kb_scratch_report(s, finding);
}

static int sink_entry(void *owner, const struct kb_entry *entry, struct kb_err *err)
{
    static void (*const write_kind[])(struct kb_scratch *, const struct kb_entry *) = {
        [KB_ENTRY_FILE] = write_file,    [KB_ENTRY_FOLDER] = write_folder, [KB_ENTRY_SYMLINK] = keep_link,
        [KB_ENTRY_HARDLINK] = keep_link, [KB_ENTRY_OTHER] = refuse_kind,
    };
    struct kb_scratch *s = owner;
    if (s->open_item) { /* an entry without its end was not read whole */
        kb_scratch_drop_file(s);
        s->skipped++;
    }
    if (!entry->path) { /* the pass' finding */
        s->skipped++;
        return 0;
    }
    if (strlen(entry->path) > KB_PATH_BYTES_MAX || entry->path[0] == '/' || (unsigned)entry->kind > KB_ENTRY_OTHER)
        return kb_fail(err, KB_EWORKER, "an entry with an unjudged name reached the writer",
                       "未検査の名前が書き込み段階に渡りました");
    if (s->windows)
        judge_for_target(s, entry->path);
    if (!name_is_free(s, entry))
        return 0;
    if (s->full || s->inodes_left < 1 || s->bytes_left < KB_FILE_OVERHEAD)
        kb_scratch_out_of_space(s, entry->path);
    else
        write_kind[entry->kind](s, entry);
    return 0;
}

/* It is not as small, or not as plain, as its entry said: written here. -1 with errno; then the file is given up. */
static int take_over(struct kb_scratch *s)
{
    const void *bytes;
    size_t n;
    const char *name;
    kb_writers_take_back(s->writers, &bytes, &n);
    int parent = kb_scratch_parent(s, s->open_item->path, &name);
    int fd = parent < 0 ? -1 : open_new(parent, name, s->open_item->mode);
    if (fd < 0)
        return -1;
    s->small = false;
    s->fd = fd;
    return kb_scratch_write_at(fd, bytes, n, 0);
}

static int put(struct kb_scratch *s, int64_t offset, const void *bytes, size_t n)
{
    if (s->small && kb_writers_add(s->writers, offset, bytes, n))
        return 0;
    if (s->small && take_over(s))
        return -1;
    bool follows = s->gathered && offset == s->gather_at + (int64_t)s->gathered;
    if (!follows || n > KB_GATHER_BYTES - s->gathered) {
        if (flush_gathered(s))
            return -1;
        s->gather_at = offset;
    }
    if (n >= KB_GATHER_BYTES || (!s->gathered && offset + (int64_t)n == s->size)) /* nothing more will come */
        return kb_scratch_write_at(s->fd, bytes, n, offset);
    memcpy(s->gather + s->gathered, bytes, n);
    s->gathered += n;
    return 0;
}

static int sink_data(void *owner, int64_t offset, const void *bytes, size_t n, struct kb_err *err)
{
    struct kb_scratch *s = owner;
    int64_t end;
    if (offset < 0 || n > INT64_MAX || __builtin_add_overflow(offset, (int64_t)n, &end))
        return kb_fail(err, KB_EWORKER, "content at an impossible place reached the writer",
                       "不正な位置のデータが書き込み段階に渡りました");
    if (!s->open_item || !n)
        return 0;
    if ((int64_t)n > s->bytes_left - kb_shelf_room(s->shelf)) /* what came in its turn goes before what waits */
        kb_shelf_give_up(s->shelf);
    if ((int64_t)n > s->bytes_left || put(s, offset, bytes, n)) {
        lose_file(s, (int64_t)n > s->bytes_left ? ENOSPC : errno);
        return 0;
    }
    s->bytes_left -= (int64_t)n;
    if (end > s->high)
        s->high = end;
    return 0;
}

static void judge_size(struct kb_scratch *s, const struct kb_item *item)
{
    int64_t limit = kb_file_size_limit(s->set->target_fs);
    if (item->size <= limit)
        return;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_finding *finding = kb_scratch_finding(s, arena, KB_RULE_NOT_REPRESENTABLE, item->path);
    finding->expected = kb_text_new(arena, "at most %s, as %s has it", "%s 以内（%s の上限）",
                                    kb_show_bytes(arena, limit), s->set->target_fs);
    finding->found = kb_text_new(arena, "%s", "%s", kb_show_bytes(arena, item->size));
    kb_scratch_report(s, finding);
}

int kb_scratch_complete(const struct kb_scratch *s, int fd, const struct kb_item *item)
{
    bool masked = ((item->mode | 0600) & s->umask) != 0; /* else it was made with this mode */
    if (masked && fchmod(fd, item->mode | 0600))
        return -1;
    if (item->mtime_ns == KB_ABSENT)
        return 0;
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
                                {.tv_sec = item->mtime_ns / KB_NS_PER_S - (item->mtime_ns % KB_NS_PER_S < 0)}};
    times[1].tv_nsec = item->mtime_ns - times[1].tv_sec * KB_NS_PER_S;
    return futimens(fd, times);
}

/* What was gathered, and the size with its last hole; 0 or errno. */
static int close_file(struct kb_scratch *s, const struct kb_item *item, int64_t size)
{
    if (flush_gathered(s) || (size != s->high && ftruncate(s->fd, size)) || kb_scratch_complete(s, s->fd, item))
        return errno;
    int fd = s->fd;
    s->fd = -1;
    return close(fd) ? errno : 0;
}

static void hand_over(struct kb_scratch *s, struct kb_item *item, uint8_t flags)
{
    if (s->small)
        kb_writers_hand(s->writers, item, flags);
    else
        item->flags = flags;
    s->small = false;
}

static int sink_end(void *owner, int64_t size, const struct kb_sha256 *digest, const struct kb_sha256 *expected,
                    struct kb_err *err)
{
    struct kb_scratch *s = owner;
    struct kb_item *item = s->open_item;
    if (!item)
        return 0;
    if (!digest) {
        kb_scratch_drop_file(s);
        s->skipped++; /* why it could not be read is the pass' finding */
        return 0;
    }
    if (size < s->high)
        return kb_fail(err, KB_EWORKER, "a file reached the writer with more content than its size",
                       "サイズより長い内容が書き込み段階に渡りました");
    int cause = s->small && size != s->high && take_over(s) ? errno : 0;
    if (!cause && !s->small && !s->moved)
        cause = close_file(s, item, size);
    if (cause) {
        lose_file(s, cause);
        return 0;
    }
    item->size = size;
    item->digest = *digest;
    uint8_t flags = KB_ITEM_WRITTEN;
    if (expected && memcmp(expected, digest, sizeof *digest))
        flags |= KB_ITEM_NOT_LISTED;
    s->open_item = NULL;
    s->moved = false;
    hand_over(s, item, flags);
    judge_size(s, item);
    return 0;
}

static bool sink_expects(void *owner, uint32_t file, const struct kb_entry *entry)
{
    struct kb_scratch *s = owner;
    if (!s->shelf)
        s->shelf = kb_shelf_new(s);
    return kb_shelf_expect(s->shelf, file, entry);
}

static void sink_ahead(void *owner, uint32_t file, int64_t offset, const void *bytes, size_t n)
{
    struct kb_scratch *s = owner;
    kb_shelf_add(s->shelf, file, offset, bytes, n);
}

static void sink_ahead_end(void *owner, uint32_t file, bool whole)
{
    struct kb_scratch *s = owner;
    kb_shelf_end(s->shelf, file, whole);
}

/* To the place that its entry made for it. Whatever hinders it is found, and told, when the content comes in its turn.
 */
static bool sink_has(void *owner, uint32_t file)
{
    struct kb_scratch *s = owner;
    int64_t size;
    const char *name;
    if (!s->open_item) /* it was refused */
        return true;
    if (!kb_shelf_has(s->shelf, file, &size) || size > s->bytes_left)
        return false;
    int parent = kb_scratch_parent(s, s->open_item->path, &name);
    if (parent < 0 || !kb_shelf_move(s->shelf, file, parent, name, !s->small))
        return false;
    kb_close_p(&s->fd);
    s->fd = -1;
    s->small = false; /* the room at the writers' is not wanted any more */
    s->moved = true;
    s->high = size;
    s->bytes_left -= size;
    return true;
}

struct kb_sink kb_scratch_sink(struct kb_scratch *scratch)
{
    const struct kb_sink sink = {.owner = scratch,
                                 .entry = sink_entry,
                                 .data = sink_data,
                                 .end = sink_end,
                                 .layer = kb_scratch_layer,
                                 .keep = kb_scratch_keep,
                                 .expects = sink_expects,
                                 .ahead = sink_ahead,
                                 .ahead_end = sink_ahead_end,
                                 .has = sink_has};
    return scratch->sample ? kb_sample_sink(scratch->sample, sink) : sink;
}
