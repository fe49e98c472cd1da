/* SPDX-License-Identifier: Apache-2.0 */
/* Are the lists that verifications left what their lines say? */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/file.h"

#include "sums.h"

static void check_list(struct kb_checking *c, int objects, size_t line, const char *name, bool all)
{
    struct kb_sha256 expected, found;
    const char *file = kb_sprintf(c->arena, "%s.zst", name);
    bool named = !kb_sha256_parse(name, strlen(name), &expected);
    int failed = named ? kb_file_sha256(objects, file, &found) : -1;
    if (failed && named && !all && errno == ENOENT)
        return; /* a pack of one drill carries its own lists only */
    c->check->files_checked++;
    if (!failed && kb_same(&found, &expected))
        return;
    struct kb_flaw *flaw = kb_flaw_add(c, failed ? KB_FLAW_FILE_MISSING : KB_FLAW_FILE_CHANGED);
    flaw->line = (int64_t)line;
    flaw->file = kb_sprintf(c->arena, "objects/%s", kb_escape(c->arena, file, strlen(file)));
    if (failed)
        return;
    flaw->expected = kb_text_new(c->arena, "SHA-256 %s", "SHA-256 は %s", name);
    flaw->found = kb_text_new(c->arena, "SHA-256 %s", "SHA-256 は %s",
                              kb_hex(c->arena, found.bytes, sizeof found.bytes));
}

void kb_check_lists(struct kb_checking *c, bool all)
{
    KB_SCOPED_FD objects = openat(c->dirfd, "objects", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    for (size_t line = 1; line <= c->chain.n_lines; line++) {
        KB_SCOPED_ARENA scratch = kb_arena_new();
        struct kb_line entry;
        if (kb_line_entry(&c->chain, line, scratch, &entry, NULL) ||
            strcmp(entry.kind, kb_line_kind_names[KB_LINE_VERIFIED]) != 0)
            continue;
        for (size_t i = 0; i < entry.reads.n; i++)
            if (entry.reads.v[i].list)
                check_list(c, objects, line, entry.reads.v[i].list, all);
    }
}
