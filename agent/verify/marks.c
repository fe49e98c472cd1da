/* SPDX-License-Identifier: Apache-2.0 */
/* The preset of a tool held against what is there. */
#include "marks.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/tool.h"
#include "tally.h"

enum { LAYOUTS_MAX = 8, SHOWN_BYTES = 16 };

struct kb_marks {
    const struct kb_tool *tool;
    bool tree;
    struct found {
        size_t n;
        int64_t bytes;    /* of the largest */
        int64_t mtime_ns; /* of the newest */
        char *newest;     /* its path, escaped; NULL if n is 0 */
    } found[LAYOUTS_MAX];
};

struct kb_marks *kb_marks_new(const struct kb_job_set *set)
{
    const struct kb_tool *tool = kb_tool_of((enum kb_tool_id)set->tool);
    bool tree = set->format == KB_FORMAT_TREE, file = set->format == KB_FORMAT_FILE;
    if (!(tree && tool->n_layout) && !(file && (tool->n_magic || tool->opaque)))
        return NULL;
    struct kb_marks *marks = calloc(1, sizeof *marks);
    if (!marks || tool->n_layout > LAYOUTS_MAX)
        abort();
    marks->tool = tool;
    marks->tree = tree;
    return marks;
}

void kb_marks_free(struct kb_marks *marks)
{
    for (size_t i = 0; marks && i < LAYOUTS_MAX; i++)
        free(marks->found[i].newest);
    free(marks);
}

static bool bears(const struct kb_content *content, const struct kb_magic *magic)
{
    return magic->offset + magic->n <= content->n_lead &&
           !memcmp(content->lead + magic->offset, magic->bytes, magic->n);
}

static const struct kb_magic *find_magic(const struct kb_content *content, const struct kb_magic *magics, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bears(content, &magics[i]))
            return &magics[i];
    return NULL;
}

/* "VHDX (vhdxfile) or VHD (conectix)" */
static const char *show_magics(const struct kb_magic *magics, size_t n, const char * or, struct kb_arena *arena)
{
    const char *shown = "";
    for (size_t i = 0; i < n; i++)
        shown = kb_sprintf(arena, "%s%s%s (%s)", shown, i ? or : "", magics[i].name,
                           kb_escape(arena, magics[i].bytes, magics[i].n));
    return shown;
}

static void tell_short(struct kb_tally *tally, const struct kb_magic *magic, int64_t size)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    kb_tally_tell(
        tally, KB_RULE_TOOL_MAGIC, &tally->entry,
        kb_text_new(arena, "at least %s bytes, as every %s has", "%s バイト以上（%s の最小の大きさ）",
                    kb_show_count(arena, magic->least), magic->name),
        kb_text_new(arena, "%s bytes: it was cut short", "%s バイトで途切れています", kb_show_count(arena, size)));
}

static void judge(struct kb_tally *tally, const struct kb_content *content, const struct kb_magic *magics, size_t n)
{
    const struct kb_marks *marks = tally->marks;
    const struct kb_magic *is = find_magic(content, magics, n);
    if (is && content->size < is->least)
        tell_short(tally, is, content->size);
    if (is || !n)
        return;
    KB_SCOPED_ARENA arena = kb_arena_new();
    size_t from = magics[0].offset, left = content->n_lead > from ? content->n_lead - from : 0;
    const struct kb_text expected = {.en = kb_sprintf(arena, "%s at its start, as %s writes it",
                                                      show_magics(magics, n, " or ", arena), marks->tool->title.en),
                                     .ja = kb_sprintf(arena, "先頭が %s であること（%s の形式）",
                                                      show_magics(magics, n, " か ", arena), marks->tool->title.ja)};
    struct kb_text found = {.en = "nothing: the file is empty (0 bytes)", .ja = "空のファイルです（0 バイト）"};
    if (content->n_lead)
        found = kb_text_new(arena, "it begins with %s", "先頭は %s です",
                            kb_escape(arena, content->lead + from, left < SHOWN_BYTES ? left : SHOWN_BYTES));
    kb_tally_tell(tally, KB_RULE_TOOL_MAGIC, &tally->entry, expected, found);
}

/* A file that was given its length and never its content: what a power cut leaves on NTFS. */
static void judge_blank(struct kb_tally *tally, const struct kb_content *content)
{
    if (!content->blank || !content->size)
        return;
    KB_SCOPED_ARENA arena = kb_arena_new();
    kb_tally_tell(tally, KB_RULE_TOOL_MAGIC, &tally->entry,
                  kb_text_new(arena, "content that %s%.0s wrote", "%.0s%s が書いた内容", tally->marks->tool->title.en,
                              tally->marks->tool->title.ja),
                  kb_text_new(arena, "%s bytes, all of them zero", "%s バイトすべてがゼロです",
                              kb_show_count(arena, content->size)));
}

/* `**` at the start or the end of a pattern stands for any folders. What other systems leave beside a file (`._x`) is
 * not the tool's. */
static bool fits(const char *pattern, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    if (!strncmp(name, "._", 2))
        return false;
    if (!strncmp(pattern, "**/", 3))
        return !fnmatch(pattern + 3, name, FNM_CASEFOLD);
    size_t n = strlen(pattern);
    if (n > 3 && !strcmp(pattern + n - 3, "/**"))
        return !strncasecmp(pattern, path, n - 2) && path[n - 2];
    return !fnmatch(pattern, path, FNM_CASEFOLD | FNM_PATHNAME);
}

static void note(struct found *found, const struct kb_entry *entry)
{
    if (!found->n++ || entry->mtime_ns > found->mtime_ns) {
        free(found->newest);
        found->newest = strdup(entry->shown);
        if (!found->newest)
            abort();
        found->mtime_ns = entry->mtime_ns;
    }
}

/* Whether it is what this piece of the layout asks for; notes it. */
static bool is_of(struct kb_marks *marks, size_t i, const struct kb_entry *entry, int64_t size)
{
    struct found *found = &marks->found[i];
    if (!fits(marks->tool->layout[i].pattern, entry->path))
        return false;
    note(found, entry);
    if (size > found->bytes)
        found->bytes = size;
    return true;
}

void kb_marks_take(struct kb_tally *tally, const struct kb_content *content)
{
    struct kb_marks *marks = tally->marks;
    if (!marks)
        return;
    if (!marks->tree) {
        judge(tally, content, marks->tool->magic, marks->tool->n_magic);
        if (!marks->tool->n_magic)
            judge_blank(tally, content);
        return;
    }
    for (size_t i = 0; i < marks->tool->n_layout; i++)
        if (is_of(marks, i, &tally->entry, content->size))
            judge(tally, content, marks->tool->layout[i].magic, marks->tool->layout[i].n_magic);
}

bool kb_marks_agree(const struct kb_tally *tally, const char *path, const struct kb_content *content)
{
    const struct kb_marks *marks = tally->marks;
    for (size_t i = 0; marks && marks->tree && i < marks->tool->n_layout; i++) {
        const struct kb_layout *layout = &marks->tool->layout[i];
        if (!layout->n_magic || !fits(layout->pattern, path))
            continue;
        const struct kb_magic *is = find_magic(content, layout->magic, layout->n_magic);
        if (!is || content->size < is->least)
            return false;
    }
    return true;
}

void kb_marks_list(struct kb_tally *tally)
{
    struct kb_marks *marks = tally->marks;
    for (size_t i = 0; marks && marks->tree && i < marks->tool->n_layout; i++)
        (void)is_of(marks, i, &tally->entry, tally->entry.size);
}

static void tell_newest(struct kb_tally *tally, const struct kb_layout *layout, const struct found *found)
{
    struct kb_arena *arena = tally->arena;
    const char *when = found->mtime_ns == KB_ABSENT ? "-" : kb_time_show(arena, found->mtime_ns / KB_NS_PER_S);
    kb_tally_caveat(tally,
                    (struct kb_text){.en = kb_sprintf(arena, "There are %zu files that are %s; the newest is %s (%s).",
                                                      found->n, layout->what.en, found->newest, when),
                                     .ja = kb_sprintf(arena, "%sが%zu個あります。最も新しいものは %s（%s）です。",
                                                      layout->what.ja, found->n, found->newest, when)});
}

void kb_marks_close(struct kb_tally *tally)
{
    const struct kb_marks *marks = tally->marks;
    for (size_t i = 0; marks && marks->tree && i < marks->tool->n_layout; i++) {
        const struct kb_layout *layout = &marks->tool->layout[i];
        bool hollow = layout->content && marks->found[i].n && !marks->found[i].bytes;
        if (marks->found[i].n && !hollow) {
            if (layout->newest && marks->found[i].n > 1)
                tell_newest(tally, layout, &marks->found[i]);
            continue;
        }
        KB_SCOPED_ARENA arena = kb_arena_new();
        const char *pattern = strncmp(layout->pattern, "**/", 3) ? layout->pattern : layout->pattern + 3;
        const struct kb_text expected = {
            .en = kb_sprintf(arena, "%s (%s), as %s writes it", layout->what.en, pattern, marks->tool->title.en),
            .ja = kb_sprintf(arena, "%s（%s）。%s が作成します", layout->what.ja, pattern, marks->tool->title.ja)};
        kb_tally_tell(tally, KB_RULE_TOOL_LAYOUT, NULL, expected,
                      hollow ? (struct kb_text){.en = "only empty files (0 bytes)",
                                                .ja = "空のファイル（0 バイト）しかありません"}
                             : (struct kb_text){.en = "not there", .ja = "ありません"});
    }
}
