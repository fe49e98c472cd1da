/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of another machine (cifs, nfs, sshfs …), told from a folder of this one and from another share. */
#include "share.h"

#include <string.h>
#include <strings.h>

#include "device.h"
#include "kind.h"
#include "koboshi/arena.h"
#include "koboshi/job.h"
#include "koboshi/text.h"

bool kb_share_type_is(const char *wanted, const char *type)
{
    static const char *const same[][2] = {
        {"nfs", "nfs4"}, {"cifs", "smb3"}, {"smb", "cifs"}, {"smb", "smb3"}, {"smb3", "cifs"}, {"sshfs", "fuse.sshfs"},
    };
    if (!strcasecmp(wanted, type) || (!strcasecmp(wanted, "fuse") && !strncmp(type, "fuse.", 5)))
        return true;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (!strcasecmp(wanted, same[i][0]) && !strcmp(type, same[i][1]))
            return true;
    return false;
}

/* One spelling for comparing: slashes, no ending ones. */
static char *plain(struct kb_arena *arena, const char *source)
{
    char *copy = kb_strdup(arena, source);
    for (char *c = copy; *c; c++)
        if (*c == '\\')
            *c = '/';
    for (size_t n = strlen(copy); n > 1 && copy[n - 1] == '/'; n--)
        copy[n - 1] = '\0';
    return copy;
}

/* Where the case counts: behind the host of nfs ("host:/path") and ssh ("user@host:path"); nowhere for cifs. */
static bool same_source(const char *a, const char *b)
{
    size_t host = strcspn(a, ":");
    if (!strncmp(a, "//", 2) || !a[host])
        return !strcasecmp(a, b);
    return !strncasecmp(a, b, host) && !strcmp(a + host, b + host);
}

/* A folder of a source: "host:" and "/a" are "host:a". */
static const char *joined(struct kb_arena *arena, const char *source, const char *below)
{
    size_t n = strlen(source);
    return kb_sprintf(arena, "%s%s", source, n && source[n - 1] == ':' && *below == '/' ? below + 1 : below);
}

bool kb_share_source_is(const char *wanted, const char *mounted, const char *below, struct kb_arena *arena)
{
    const char *want = plain(arena, wanted), *have = plain(arena, mounted);
    return same_source(want, have) || (*below && same_source(want, plain(arena, joined(arena, have, below))));
}

/* What of the path lies below the mount point, "" or "/a/b". */
static const char *below_mount(const struct kb_mount *mount, const char *path)
{
    size_t n = strlen(mount->target);
    if (n == 1)
        return strcmp(path, "/") ? path : "";
    return !strncmp(path, mount->target, n) ? path + n : "";
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), n_end = strlen(end);
    return n >= n_end && !strcmp(text + n - n_end, end);
}

const char *kb_share_source(const struct kb_mount *mount, struct kb_arena *arena)
{
    bool whole = !mount->root || !strcmp(mount->root, "/") || ends_with(mount->source, mount->root);
    return whole ? mount->source : joined(arena, mount->source, mount->root);
}

/* Where a FUSE program has its data from, its name does not say for sure. */
static bool may_be_remote(const struct kb_mount *mount)
{
    return kb_mount_is_remote(mount) || !strncmp(mount->fs_type, "fuse.", 5) || !strcmp(mount->fs_type, "fuse");
}

void kb_share_judge(const struct kb_job_medium *medium, const struct kb_mount *mount, const char *path,
                    struct kb_arena *arena, struct kb_medium_state *state)
{
    const char *place = kb_shown(arena, path), *type = mount ? kb_shown(arena, mount->fs_type) : "?";
    const char *whole = mount ? kb_share_source(mount, arena) : "?", *source = kb_shown(arena, whole);
    bool type_fits = mount && (medium->fs ? kb_share_type_is(medium->fs, mount->fs_type) : may_be_remote(mount));
    bool source_fits = mount &&
                       (!medium->source || kb_share_source_is(medium->source, whole, below_mount(mount, path), arena));
    if (type_fits && source_fits)
        return;
    state->root = NULL;
    if (!mount || (!type_fits && !may_be_remote(mount))) {
        state->status = KB_MEDIUM_EMPTY;
        state->detail = kb_text_new(arena, "no share is mounted: %s lies on this machine's own %s (%s)",
                                    "共有がマウントされていません。%s はこの機器自身の %s（%s）の上にあります", place,
                                    type, source);
        return;
    }
    state->status = KB_MEDIUM_WRONG;
    state->detail = kb_text_new(arena, "%s is mounted on %s (type %s)", "%s が %s にマウントされています（種類 %s）",
                                source, place, type);
}

int kb_share_locate(const struct kb_job_medium *medium, struct kb_arena *arena, struct kb_medium_state *state,
                    struct kb_err *err)
{
    const struct kb_mount *mount = NULL;
    int rc = kb_folder_look(medium, arena, state, &mount, err);
    if (rc || !state->root)
        return rc;
    state->writable_elsewhere = mount && mount->writable;
    kb_share_judge(medium, mount, state->root, arena, state);
    return 0;
}

struct kb_text kb_share_describe(const struct kb_job_medium *medium, struct kb_arena *arena)
{
    return kb_text_new(arena, "the share %s mounted on %s (type %s)", "共有 %s が %s にマウントされている（種類 %s）",
                       medium->source ? kb_shown(arena, medium->source) : "-", kb_shown(arena, medium->mount),
                       medium->fs ? medium->fs : "-");
}
