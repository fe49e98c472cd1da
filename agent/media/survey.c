/* SPDX-License-Identifier: Apache-2.0 */
/* A walk through an unknown folder, level by level, within its limits. */
#include "koboshi/survey.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/openat2.h>
#include <sys/stat.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"
#include "koboshi/sniff.h"
#include "koboshi/text.h"

enum { KEYS_BYTES = 200 }; /* of one entry told, but for its path */

struct kb_survey {
    int root, held; /* held: the mount cannot be taken away meanwhile */
};

/* One name of the folder that is being listed. */
struct found {
    const char *name, *path, *shape; /* path: raw, below the root; shape: the name with each run of digits as one # */
    struct stat st;
};

struct queued {
    const char *path; /* "" for the root */
    int depth;
};

struct walk {
    struct kb_survey *survey;
    struct kb_arena *arena;
    void (*seen)(void *owner, const struct kb_seen *seen);
    void *owner;
    struct kb_scan_end end;
    int64_t deadline_ns, told, told_bytes, looks;
    struct queued *queue;
    size_t n_queue, at;
    struct found *items; /* of the current folder */
    size_t n_items;
};

bool kb_survey_is_litter(const char *name)
{
    /* Windows, macOS, Synology and QNAP, Linux, office programs */
    static const char *const litter[] = {"System Volume Information",
                                         "$RECYCLE.BIN",
                                         "RECYCLER",
                                         "Thumbs.db",
                                         "desktop.ini",
                                         "pagefile.sys",
                                         "hiberfil.sys",
                                         ".DS_Store",
                                         "._*",
                                         ".Spotlight-V100",
                                         ".Trashes",
                                         ".fseventsd",
                                         ".TemporaryItems",
                                         ".DocumentRevisions-V100",
                                         "@eaDir",
                                         "#recycle",
                                         "#snapshot",
                                         "@Recycle",
                                         "lost+found",
                                         ".Trash-*",
                                         ".directory",
                                         "~$*",
                                         ".~lock.*#",
                                         ".nfs*",
                                         ".fuse_hidden*",
                                         NULL};
    for (size_t i = 0; litter[i]; i++)
        if (!fnmatch(litter[i], name, FNM_CASEFOLD | FNM_NOESCAPE))
            return true;
    return false;
}

int kb_survey_open(const char *root, struct kb_survey **ret_survey, struct kb_err *err)
{
    int fd = kb_view_open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return kb_fail(err, kb_code_of_errno(errno), "%s cannot be opened: %s", "%s を開けません: %s", root,
                       strerror(errno));
    struct kb_survey *survey = calloc(1, sizeof *survey);
    if (!survey)
        abort();
    survey->root = fd;
    survey->held = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    *ret_survey = survey;
    return 0;
}

void kb_survey_free(struct kb_survey *survey)
{
    if (!survey)
        return;
    (void)close(survey->root);
    if (survey->held >= 0)
        (void)close(survey->held);
    free(survey);
}

static int open_below(const struct walk *w, const char *path, int flags)
{
    const uint64_t resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS;
    const char *name = *path ? path : ".";
    const int as = O_RDONLY | O_NONBLOCK | O_NOCTTY | flags;
    int fd = kb_open_beneath(w->survey->root, name, as | O_NOATIME, 0, resolve);
    return fd < 0 && errno == EPERM ? kb_open_beneath(w->survey->root, name, as, 0, resolve) : fd; /* owners alone */
}

static void unreadable(struct walk *w, const char *path)
{
    if (!w->end.unreadable++)
        w->end.first = kb_escape(w->arena, path, strlen(path));
}

static bool is_over(struct walk *w)
{
    if (w->end.stopped == KB_SCAN_ENTRIES || w->end.stopped == KB_SCAN_TIME)
        return true;
    if (w->told >= KB_SCAN_ENTRIES_MAX || w->told_bytes >= KB_SCAN_TOLD_BYTES_MAX)
        w->end.stopped = KB_SCAN_ENTRIES;
    else if (kb_boot_ns() > w->deadline_ns)
        w->end.stopped = KB_SCAN_TIME;
    else
        return false;
    return true;
}

static const char *shape_of(struct kb_arena *arena, const char *name)
{
    char *shape = kb_alloc(arena, strlen(name) + 1, 1), *to = shape;
    for (const char *at = name; *at; at++) {
        if (!isdigit((unsigned char)*at))
            *to++ = *at;
        else if (to == shape || to[-1] != '#')
            *to++ = '#';
    }
    return shape;
}

static void add_item(struct walk *w, int folder, const struct queued *in, const char *name)
{
    struct stat st;
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW)) {
        if (errno != ENOENT) /* gone since it was listed */
            unreadable(w, kb_sprintf(w->arena, "%s%s%s", in->path, *in->path ? "/" : "", name));
        return;
    }
    w->items = kb_grow(w->arena, w->items, w->n_items, sizeof *w->items);
    struct found *item = &w->items[w->n_items++];
    item->path = kb_sprintf(w->arena, "%s%s%s", in->path, *in->path ? "/" : "", name);
    item->name = item->path + strlen(item->path) - strlen(name);
    item->shape = shape_of(w->arena, name);
    item->st = st;
}

/* Files of one shape together, the newest first; folders as their names go. */
static int by_shape(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    int order = strcmp(x->shape, y->shape);
    if (!order && x->st.st_mtim.tv_sec != y->st.st_mtim.tv_sec)
        order = x->st.st_mtim.tv_sec < y->st.st_mtim.tv_sec ? 1 : -1;
    return order ? order : -strcmp(x->name, y->name);
}

static void look_into(struct walk *w, const struct found *item, struct kb_seen *seen)
{
    KB_SCOPED_FD fd = open_below(w, item->path, 0);
    struct stat now;
    if (fd < 0)
        unreadable(w, item->path);
    if (fd < 0 || fstat(fd, &now) || !S_ISREG(now.st_mode))
        return;
    w->looks++;
    const struct kb_sniff sniff = kb_sniff(fd, item->name);
    seen->looked_into = true;
    seen->container = sniff.container;
    seen->filter = sniff.filter;
    seen->known = sniff.known;
    seen->encrypted = sniff.encrypted;
    seen->tool = sniff.tool;
}

static void tell(struct walk *w, const struct queued *in, const struct found *item, bool look)
{
    struct kb_seen seen = {.path = kb_escape(w->arena, item->path, strlen(item->path)),
                           .kind = KB_SEEN_OTHER,
                           .bytes = KB_ABSENT,
                           .mtime = (int64_t)item->st.st_mtim.tv_sec,
                           .tool = KB_TOOL_OTHER};
    if (S_ISDIR(item->st.st_mode)) {
        seen.kind = KB_SEEN_FOLDER;
        w->end.folders++;
        if (in->depth + 1 > KB_SCAN_DEPTH_MAX) {
            w->end.stopped = w->end.stopped ? w->end.stopped : KB_SCAN_DEPTH;
        } else {
            w->queue = kb_grow(w->arena, w->queue, w->n_queue, sizeof *w->queue);
            w->queue[w->n_queue++] = (struct queued){.path = item->path, .depth = in->depth + 1};
        }
    } else if (S_ISREG(item->st.st_mode)) {
        seen.kind = KB_SEEN_FILE;
        seen.bytes = (int64_t)item->st.st_size;
        w->end.files++;
        if (look && w->looks < KB_SCAN_LOOKS_MAX)
            look_into(w, item, &seen);
    }
    w->told++;
    w->told_bytes += KEYS_BYTES + (int64_t)kb_json_bytes(seen.path);
    w->seen(w->owner, &seen);
}

/* The first part of a split file tells what the whole is. */
static bool is_first_part(const char *name)
{
    size_t n = strlen(name);
    return n > 4 && !strcmp(name + n - 4, ".001");
}

static void list_folder(struct walk *w, const struct queued *in)
{
    KB_SCOPED_FD folder = open_below(w, in->path, O_DIRECTORY);
    int own = folder < 0 ? -1 : fcntl(folder, F_DUPFD_CLOEXEC, 0);
    DIR *dir = own < 0 ? NULL : fdopendir(own);
    if (!dir) {
        if (own >= 0)
            (void)close(own);
        unreadable(w, in->path);
        return;
    }
    w->n_items = 0;
    errno = 0;
    for (struct dirent *e; (errno = 0, e = readdir(dir));) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") || kb_survey_is_litter(e->d_name))
            continue;
        if (w->told + (int64_t)w->n_items >= KB_SCAN_ENTRIES_MAX || kb_boot_ns() > w->deadline_ns)
            break;
        add_item(w, folder, in, e->d_name);
    }
    if (errno)
        unreadable(w, in->path);
    (void)closedir(dir);
    if (w->n_items)
        qsort(w->items, w->n_items, sizeof *w->items, by_shape);
    for (size_t i = 0; i < w->n_items && !is_over(w); i++)
        tell(w, in, &w->items[i],
             !i || strcmp(w->items[i].shape, w->items[i - 1].shape) != 0 || is_first_part(w->items[i].name));
}

void kb_survey_run(struct kb_survey *survey, void (*seen)(void *owner, const struct kb_seen *seen), void *owner,
                   struct kb_arena *arena, struct kb_scan_end *ret_end)
{
    struct walk w = {.survey = survey,
                     .arena = arena,
                     .seen = seen,
                     .owner = owner,
                     .deadline_ns = kb_boot_ns() + KB_SCAN_SECONDS_MAX * KB_NS_PER_S};
    w.queue = kb_grow(arena, NULL, 0, sizeof *w.queue);
    w.queue[w.n_queue++] = (struct queued){.path = ""};
    while (w.at < w.n_queue && !is_over(&w)) {
        struct queued in = w.queue[w.at++]; /* the queue moves as it grows */
        list_folder(&w, &in);
    }
    *ret_end = w.end;
}
