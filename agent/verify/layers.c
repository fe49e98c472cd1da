/* SPDX-License-Identifier: Apache-2.0 */
/* Listings of folders in incremental archives, held against the names that were seen. */
#include "layers.h"

#include <stdio.h>
#include <string.h>

#include "keyed.h"
#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/limits.h"

void kb_tally_layer(struct kb_tally *tally, const char *name)
{
    bool first = !tally->layers.name;
    kb_seen_free(tally->seen);
    tally->seen = kb_seen_new();
    tally->bad = false;
    tally->layers.at += !first;
    tally->layers.name = name;
    tally->layers.absent = 0;
    tally->layers.first_absent = NULL;
}

static bool is_below(const char *path, const char *folder)
{
    size_t n = strlen(folder);
    return !strncmp(path, folder, n) && (path[n] == '/' || !path[n]);
}

bool kb_layer_moved(const struct kb_tally *tally, const char *path)
{
    const struct kb_layers *layers = &tally->layers;
    for (size_t i = 0; i < layers->n_moved; i++)
        if (is_below(path, layers->moved[i]))
            return true;
    return false;
}

static void note_moved(struct kb_tally *tally, const char *path)
{
    struct kb_layers *layers = &tally->layers;
    layers->moved = kb_grow(tally->arena, (void *)(uintptr_t)layers->moved, layers->n_moved, sizeof *layers->moved);
    layers->moved[layers->n_moved++] = kb_strdup(tally->arena, path);
}

/* N: it was there and had not changed, so an earlier archive has it, or has listed it at least: a socket, or what the
 * job leaves out, is listed and in none of them. */
static void look_for(struct kb_tally *tally, const char *folder, const struct kb_dumped *dumped)
{
    char path[KB_PATH_BYTES_MAX + KB_NAME_BYTES_MAX + 2];
    int n = snprintf(path, sizeof path, "%s%s%s", folder, *folder ? "/" : "", dumped->name);
    struct kb_layers *layers = &tally->layers;
    if (n < 0 || (size_t)n >= sizeof path || !kb_seen_add(layers->names, path, (size_t)n) || dumped->code != 'N' ||
        !layers->at || kb_seen_has(tally->all, path, (size_t)n) || kb_layer_moved(tally, path))
        return;
    layers->absent++;
    if (!layers->first_absent)
        layers->first_absent = kb_escape(tally->arena, path, (size_t)n);
}

int kb_layer_listing(struct kb_tally *tally, const struct kb_entry *entry, struct kb_err *err)
{
    if (!entry->dumped || !tally->chain)
        return 0;
    if (!tally->layers.names)
        tally->layers.names = kb_seen_new();
    const char *folder = entry->path ? entry->path : "";
    for (size_t i = 0; i < entry->n_dumped; i++) {
        if (entry->dumped[i].code == 'T')
            note_moved(tally, entry->dumped[i].name);
        else if (strchr("YND", entry->dumped[i].code))
            look_for(tally, folder, &entry->dumped[i]);
    }
    if (tally->layers.at && tally->sink && tally->sink->keep &&
        tally->sink->keep(tally->sink->owner, folder, entry->dumped, entry->n_dumped, err) < 0)
        return kb_wrap(err, "while %s was handed on", "%s を渡すとき", entry->shown);
    return 0;
}

void kb_layer_end(struct kb_tally *tally)
{
    const struct kb_layers *layers = &tally->layers;
    if (!layers->absent)
        return;
    KB_SCOPED_ARENA arena = kb_arena_new();
    kb_tally_tell(tally, KB_RULE_CHAIN_GAP, NULL,
                  (struct kb_text){.en = "what it calls unchanged is in a part before it",
                                   .ja = "「変更なし」とされたファイルが、前の部分にあること"},
                  kb_text_new(arena, "%s files are in none of them, such as %s",
                              "どこにもないファイルが %s 件あります（例: %s）", kb_show_count(arena, layers->absent),
                              layers->first_absent));
}
