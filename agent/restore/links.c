/* SPDX-License-Identifier: Apache-2.0 */
/* After the last file: links that stay inside, modes and times of folders, and all of it to the disk. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/err.h"

#include "scratch.h"

/* Links to links: no tool writes more than one step. */
enum { HOPS_MAX = 16 };

/*
 * Inside, whatever other links do: `..` stands only at the start and climbs real folders (a link's own folder was
 * opened without following any), then names lead down, each of which is itself inside.
 */
static bool stays_inside(const char *path, const char *target)
{
    size_t depth = 0;
    bool leading = true;
    for (const char *at = path; (at = strchr(at, '/')); at++)
        depth++;
    if (!*target || *target == '/')
        return false;
    for (const char *name = target; *name;) {
        size_t n = strcspn(name, "/");
        bool up = n == 2 && !memcmp(name, "..", 2);
        if (up && (!leading || !depth--))
            return false;
        leading = leading && (up || n == 0 || (n == 1 && *name == '.'));
        name += n + (name[n] == '/');
    }
    return true;
}

static void refuse_link(struct kb_scratch *s, struct kb_item *item, const char *en, const char *ja)
{
    s->skipped++;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_finding *finding = kb_scratch_finding(s, arena, KB_RULE_ENTRY_KIND, item->path);
    finding->expected = kb_text_new(arena, "a link that stays inside what is restored", "復元したものの中を指すリンク");
    finding->found = kb_text_new(arena, "%s%.0s: %s", "%.0s%s: %s", en, ja,
                                 kb_escape(arena, item->target, strlen(item->target)));
    kb_scratch_report(s, finding);
    item->flags |= KB_ITEM_DROPPED;
}

static void set_times(int parent, const char *name, int64_t mtime_ns)
{
    if (mtime_ns == KB_ABSENT)
        return;
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
                                {.tv_sec = mtime_ns / KB_NS_PER_S - (mtime_ns % KB_NS_PER_S < 0)}};
    times[1].tv_nsec = mtime_ns - times[1].tv_sec * KB_NS_PER_S;
    (void)utimensat(parent, name, times, AT_SYMLINK_NOFOLLOW); /* a time is no content; the re-read compares content */
}

static void make_symlink(struct kb_scratch *s, struct kb_item *item)
{
    const char *name;
    if (item->flags & KB_ITEM_WRITTEN) /* with an earlier archive of a chain */
        return;
    if (!stays_inside(item->path, item->target)) {
        refuse_link(s, item, "a symbolic link that leads or may lead outside",
                    "外を指す（可能性のある）シンボリックリンクです");
        return;
    }
    int parent = kb_scratch_parent(s, item->path, &name);
    if (parent < 0 || symlinkat(item->target, parent, name)) {
        kb_scratch_skip(s, item->path, errno);
        item->flags |= KB_ITEM_DROPPED;
        return;
    }
    set_times(parent, name, item->mtime_ns);
    item->flags |= KB_ITEM_WRITTEN;
}

/* The restored file a hard link means, NULL if there is none. */
static const struct kb_item *linked_file(const struct kb_scratch *s, const struct kb_item *item)
{
    const struct kb_item *at = item;
    for (int hop = 0; at && at->kind == KB_ENTRY_HARDLINK && hop < HOPS_MAX; hop++)
        at = kb_items_find(&s->items, at->target);
    return at && at->kind == KB_ENTRY_FILE && (at->flags & KB_ITEM_WRITTEN) ? at : NULL;
}

static void make_hardlink(struct kb_scratch *s, struct kb_item *item)
{
    const struct kb_item *file = linked_file(s, item);
    const char *name, *file_name;
    if (!file) {
        refuse_link(s, item, "a hard link to a file that was not restored",
                    "復元されていないファイルへのハードリンクです");
        return;
    }
    int parent = kb_scratch_parent(s, file->path, &file_name);
    int from = parent < 0 ? -1 : fcntl(parent, F_DUPFD_CLOEXEC, 3); /* the next call may close it */
    int to = from < 0 ? -1 : kb_scratch_parent(s, item->path, &name);
    int result = to < 0 ? -1 : linkat(from, file_name, to, name, 0);
    int cause = errno;
    if (from >= 0)
        (void)close(from);
    if (result) {
        kb_scratch_skip(s, item->path, cause);
        item->flags |= KB_ITEM_DROPPED;
        return;
    }
    item->kind = KB_ENTRY_FILE; /* from here on a file like any other */
    item->size = file->size;
    item->digest = file->digest;
    item->flags = file->flags | KB_ITEM_LINKED;
}

static void each_item(struct kb_scratch *s, enum kb_entry_kind kind,
                      void (*make)(struct kb_scratch *, struct kb_item *))
{
    for (size_t i = 0; i < s->items.n; i++) {
        struct kb_item *item = kb_items_at(&s->items, i);
        if (item->kind == kind && !(item->flags & KB_ITEM_DROPPED))
            make(s, item);
    }
}

void kb_scratch_links(struct kb_scratch *s)
{
    each_item(s, KB_ENTRY_HARDLINK, make_hardlink);
    each_item(s, KB_ENTRY_SYMLINK, make_symlink);
}

static void finish_folder(struct kb_scratch *s, struct kb_item *item)
{
    const char *name;
    int parent = kb_scratch_parent(s, item->path, &name);
    if (parent < 0 || fchmodat(parent, name, item->mode | 0700, 0)) {
        kb_scratch_skip(s, item->path, errno);
        return;
    }
    set_times(parent, name, item->mtime_ns);
}

static void report_lost(struct kb_scratch *s)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_finding *finding = kb_scratch_finding(s, arena, KB_RULE_SPACE, NULL);
    finding->expected = kb_text_new(arena, "every entry restored", "すべての項目が復元されること");
    finding->found = kb_text_new(arena, "%s entries were not restored for want of space",
                                 "空き容量不足により %s 項目を復元していません",
                                 kb_show_count(arena, s->lost_to_space));
    kb_scratch_report(s, finding);
}

int kb_scratch_finish(struct kb_scratch *s, struct kb_err *err)
{
    if (s->open_item) {
        kb_scratch_drop_file(s);
        s->skipped++;
    }
    kb_writers_settle(s->writers);
    kb_writers_free(s->writers);
    s->writers = NULL;
    kb_shelf_free(s->shelf);
    s->shelf = NULL;
    kb_scratch_links(s);
    kb_sample_judge_links(s->sample);
    each_item(s, KB_ENTRY_FOLDER, finish_folder);
    kb_scratch_forget_parent(s);
    if (s->lost_to_space)
        report_lost(s);
    int64_t began = kb_boot_ns();
    int synced = syncfs(s->root);
    kb_sample_spent(s->sample, 0, kb_boot_ns() - began);
    if (synced)
        return kb_fail(err, KB_EIO, "the restored files could not be flushed to the disk: %s",
                       "復元したファイルをディスクに書き出せませんでした: %s", strerror(errno));
    return 0;
}
