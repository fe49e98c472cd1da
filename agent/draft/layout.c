/* SPDX-License-Identifier: Apache-2.0 */
/* Folders that a tool has laid out as it always does. */
#include "layout.h"

#include <fnmatch.h>
#include <string.h>
#include <strings.h>

#include "koboshi/terms.h"

/* A file anywhere below whose name fits. */
static bool holds_name(const struct kb_thing *folder, const char *glob)
{
    for (size_t i = 0; i < folder->below.n; i++) {
        const struct kb_thing *thing = folder->below.v[i];
        if (thing->seen->kind == KB_SEEN_FOLDER ? holds_name(thing, glob) : !fnmatch(glob, thing->name, FNM_CASEFOLD))
            return true;
    }
    return false;
}

/* The pattern of a layout: a name; `**` and a name of any depth; a folder with something in it. */
static bool holds(const struct kb_thing *folder, const char *pattern)
{
    if (!strncmp(pattern, "**/", 3))
        return holds_name(folder, pattern + 3);
    size_t n = strcspn(pattern, "/");
    for (size_t i = 0; i < folder->below.n; i++) {
        const struct kb_thing *thing = folder->below.v[i];
        if (strlen(thing->name) == n && !strncasecmp(thing->name, pattern, n))
            return !pattern[n] || thing->below.n;
    }
    return false;
}

static bool is_laid_out(const struct kb_thing *folder, const struct kb_tool *tool)
{
    bool all = tool->n_layout > 0;
    for (size_t i = 0; all && i < tool->n_layout; i++)
        all = holds(folder, tool->layout[i].pattern);
    return all;
}

int kb_layout_tool(const struct kb_thing *folder)
{
    for (int id = 0; kb_tool_names[id]; id++) {
        const struct kb_tool *tool = kb_tool_of((enum kb_tool_id)id);
        bool here = is_laid_out(folder, tool);
        for (size_t i = 0; here && i < folder->below.n; i++) /* the innermost one is the backup */
            here = folder->below.v[i]->seen->kind != KB_SEEN_FOLDER || !is_laid_out(folder->below.v[i], tool);
        if (here)
            return id;
    }
    return KB_TOOL_OTHER;
}
