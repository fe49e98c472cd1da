/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a generation: opened before anything is read, judged by their names, joined. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "counted.h"
#include "koboshi/arena.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"
#include "pass.h"

int kb_part_open(const char *path, int more_flags, int *ret_cause)
{
    int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | more_flags;
    int fd = kb_view_open(path, flags);
    *ret_cause = fd < 0 ? errno : 0;
    return fd;
}

static const char *base_name(const char *path, struct kb_arena *arena)
{
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/')
        n--;
    char *name = kb_strndup(arena, path, n), *slash = strrchr(name, '/');
    return slash && slash[1] ? slash + 1 : name;
}

static const char **names_of(const struct kb_pass *pass, struct kb_arena *arena)
{
    const char **names = kb_alloc(arena, pass->n, sizeof *names);
    for (size_t i = 0; i < pass->n; i++)
        names[i] = pass->parts[i].name;
    return names;
}

void kb_parts_open(struct kb_pass *pass, struct kb_arena *arena)
{
    const struct kb_job_set *set = pass->set;
    size_t n = set->segments.n ? set->segments.n : 1;
    pass->left_out = n > KB_SEGMENTS_MAX ? n - KB_SEGMENTS_MAX : 0;
    pass->n = n - pass->left_out;
    pass->parts = kb_alloc(arena, pass->n, sizeof *pass->parts);
    for (size_t i = 0; i < pass->n; i++) {
        const struct kb_segment *segment = set->segments.n ? &set->segments.v[i] : NULL;
        struct kb_part *part = &pass->parts[i];
        part->path = segment ? segment->path : set->source;
        part->name = base_name(part->path, arena);
        part->point_in_time = segment ? segment->point_in_time : KB_ABSENT;
        part->fd = kb_part_open(part->path, set->format == KB_FORMAT_TREE ? O_DIRECTORY : 0, &part->cause);
        if (part->fd >= 0 && fstat(part->fd, &part->st))
            part->cause = errno;
        part->manifest = kb_manifest_open(segment && set->format == KB_FORMAT_CHAIN ? segment->manifest : NULL);
        pass->own_manifests |= part->manifest.path != NULL;
    }
    pass->held = open(pass->parts[0].path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    pass->name = pass->parts[0].name;
    if (!set->segments.n || set->format == KB_FORMAT_CHAIN)
        return;
    const char **names = names_of(pass, arena);
    pass->name = kb_counted_stem(names[0], kb_counted_of(names, pass->n), arena);
}

void kb_parts_close(struct kb_pass *pass)
{
    for (size_t i = 0; i < pass->n; i++) {
        if (pass->parts[i].fd >= 0)
            (void)close(pass->parts[i].fd);
        pass->parts[i].fd = -1;
        kb_manifest_close(&pass->parts[i].manifest);
    }
    if (pass->held >= 0)
        (void)close(pass->held);
    pass->held = -1;
}

/* In findings one of several is called by its name. */
static struct kb_text named(const struct kb_pass *pass, const struct kb_part *part, struct kb_text found,
                            struct kb_arena *arena)
{
    if (pass->n == 1)
        return found;
    const char *name = kb_escape(arena, part->name, strlen(part->name));
    return (struct kb_text){.en = kb_sprintf(arena, "%s: %s", name, found.en),
                            .ja = kb_sprintf(arena, "%s: %s", name, found.ja)};
}

bool kb_part_is_there(const struct kb_pass *pass, const struct kb_part *part, struct kb_tally *tally)
{
    bool tree = pass->set->format == KB_FORMAT_TREE;
    int cause = part->cause;
    if (!cause && !(tree ? S_ISDIR(part->st.st_mode) : S_ISREG(part->st.st_mode)))
        cause = tree ? ENOTDIR : EINVAL;
    if (!cause)
        return true;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_text expected = tree ? (struct kb_text){.en = "a folder that can be read", .ja = "読めるフォルダ"}
                                   : (struct kb_text){.en = "a file that can be read", .ja = "読めるファイル"};
    struct kb_text found = cause == ELOOP ? (struct kb_text){.en = "a symbolic link, which is not followed",
                                                             .ja = "シンボリックリンクのため開きません"}
                           : cause == EINVAL
                               ? (struct kb_text){.en = "not a regular file", .ja = "通常のファイルではありません"}
                               : kb_text_new(arena, "%s", "%s", strerror(cause));
    kb_tally_tell(tally, cause == ENOENT ? KB_RULE_GENERATION_MISSING : KB_RULE_READ_FAILED, NULL, expected,
                  named(pass, part, found, arena));
    return false;
}

bool kb_parts_in_order(const struct kb_pass *pass, struct kb_tally *tally)
{
    if (!pass->set->segments.n)
        return true;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char **names = names_of(pass, arena);
    size_t gap = kb_counted_gap(names, pass->n, kb_counted_of(names, pass->n));
    if (gap == pass->n)
        return true;
    const char *name = kb_escape(arena, names[gap], strlen(names[gap]));
    if (!gap) {
        kb_tally_tell(tally, KB_RULE_SEGMENT_MISSING, NULL,
                      (struct kb_text){.en = "the first part of the split file", .ja = "分割ファイルの先頭があること"},
                      kb_text_new(arena, "it begins with %s", "%s から始まっています", name));
        return false;
    }
    const char *before = kb_escape(arena, names[gap - 1], strlen(names[gap - 1]));
    kb_tally_tell(tally, KB_RULE_SEGMENT_MISSING, NULL,
                  kb_text_new(arena, "the part that follows %s", "%s の次の部分があること", before),
                  kb_text_new(arena, "%s comes next", "次は %s です", name));
    return false;
}

void kb_parts_judge_end(const struct kb_pass *pass, struct kb_tally *tally, const struct kb_reader_facts *facts)
{
    const struct kb_proof *proof = &tally->result->proof;
    /* a format has an end of its own; a filter alone may go on with another member */
    bool ends = proof->structure == KB_REACHED && (facts->format || !facts->members);
    bool even = pass->n > 1 && pass->set->segments.n && !tally->chain;
    for (size_t i = 1; i < pass->n; i++)
        even &= pass->parts[i].st.st_size == pass->parts[0].st.st_size;
    if (!even || ends || proof->hash == KB_REACHED || tally->bad)
        return;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct kb_part *last = &pass->parts[pass->n - 1];
    kb_tally_tell(tally, KB_RULE_PARTS_UNEVEN, NULL,
                  kb_text_new(arena, "a last file of another size than the %s bytes of the others",
                              "最後のファイルは、他（%s バイト）と違う大きさになるのが普通です",
                              kb_show_count(arena, pass->parts[0].st.st_size)),
                  kb_text_new(arena, "%s has the same size: another may be missing after it",
                              "%s も同じ大きさです。この後のファイルが欠けている可能性があります",
                              kb_escape(arena, last->name, strlen(last->name))));
}

struct kb_extents kb_parts_extents(const struct kb_pass *pass, size_t first, size_t n, struct kb_arena *arena)
{
    struct kb_extent *extents = kb_alloc(arena, n, sizeof *extents);
    int64_t size = 0;
    for (size_t i = 0; i < n; i++) {
        const struct kb_part *part = &pass->parts[first + i];
        extents[i] = (struct kb_extent){.fd = part->fd, .start = size, .size = part->st.st_size};
        if (__builtin_add_overflow(size, (int64_t)part->st.st_size, &size))
            size = INT64_MAX; /* no such disk: the read will end before and say so */
    }
    return (struct kb_extents){.n = n, .v = extents, .size = size};
}

int64_t kb_mtime_ns(const struct stat *st)
{
    int64_t mtime;
    if (__builtin_mul_overflow((int64_t)st->st_mtim.tv_sec, KB_NS_PER_S, &mtime) ||
        __builtin_add_overflow(mtime, (int64_t)st->st_mtim.tv_nsec, &mtime))
        return KB_ABSENT;
    return mtime;
}
