/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the medium of the plan, by its kind. */
#include "kind.h"

#include <string.h>
#include <sys/statvfs.h>

#include "koboshi/arena.h"

#include "device.h"

static const struct kb_media_kind kinds[] = {
    [KB_MEDIUM_HDD] = {kb_disk_locate, kb_disk_describe, KB_RULE_MEDIUM_WRITABLE},
    [KB_MEDIUM_RDX] = {kb_disk_locate, kb_disk_describe, KB_RULE_MEDIUM_WRITABLE},
    [KB_MEDIUM_NAS] = {kb_share_locate,
                       kb_share_describe,
                       KB_RULE_SHARE_WRITABLE,
                       {.en = "Mount the share that the plan names, or correct `source` and `fs` in the plan.",
                        .ja = "計画にある共有をマウントするか、計画の source と fs を訂正してください。"}},
    [KB_MEDIUM_FOLDER] = {kb_folder_locate, kb_folder_describe, KB_RULE_MEDIUM_WRITABLE},
    [KB_MEDIUM_SNAPSHOT] = {kb_folder_locate, kb_folder_describe, KB_RULE_MEDIUM_WRITABLE},
    [KB_MEDIUM_CLOUD_EXPORT] = {kb_folder_locate, kb_folder_describe, KB_RULE_MEDIUM_WRITABLE},
};

const struct kb_media_kind *kb_media_kind(int kind)
{
    return &kinds[kind];
}

const char *kb_shown(struct kb_arena *arena, const char *text)
{
    return text ? kb_escape(arena, text, strlen(text)) : NULL;
}

void kb_state_fill_mount(struct kb_medium_state *state, struct kb_arena *arena, const struct kb_mount *mount)
{
    struct statvfs fs;
    state->root = mount->target;
    state->options = kb_shown(arena, mount->options);
    state->driver = kb_shown(arena, mount->fs_type);
    state->source = kb_shown(arena, mount->source);
    if (!statvfs(mount->target, &fs))
        state->bytes = (int64_t)(fs.f_blocks * fs.f_frsize);
}

int kb_media_locate(const struct kb_job_medium *medium, struct kb_arena *arena, struct kb_medium_state *ret_state,
                    struct kb_err *err)
{
    struct kb_medium_state state = {.medium = medium->id, .bytes = KB_ABSENT};
    int rc = kb_media_kind(medium->kind)->locate(medium, arena, &state, err);
    if (rc)
        return rc;
    if (state.root && !kb_is_utf8(state.root, strlen(state.root))) {
        state.status = KB_MEDIUM_UNREADABLE;
        state.detail = kb_text_new(arena, "the mount point %s has a name that is not UTF-8; mount it elsewhere",
                                   "マウントポイント %s の名前がUTF-8ではありません。別の場所にマウントしてください",
                                   kb_shown(arena, state.root));
        state.root = NULL;
    }
    *ret_state = state;
    return 0;
}
