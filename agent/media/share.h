/* SPDX-License-Identifier: Apache-2.0 */
/* Folders that lie on another machine: is the right share mounted there? */
#pragma once

#include <stdbool.h>

struct kb_arena;
struct kb_job_medium;
struct kb_medium_state;
struct kb_mount;

/*
 * kb_share_judge(medium, mount, path, arena, state): path (absolute, no links) is on `mount` (NULL: not known). Sets
 * state->status and detail where this is not the share that medium->source and medium->fs name: empty if nothing is
 * mounted there, wrong if something else is. Sources are compared as mount(8) shows them; `\` counts as `/`, an ending
 * `/` as nothing, and host names and cifs shares without regard to case.
 */
void kb_share_judge(const struct kb_job_medium *medium, const struct kb_mount *mount, const char *path,
                    struct kb_arena *arena, struct kb_medium_state *state);

/* kb_share_source(mount, arena): what is mounted, as its source says; of a part of it (mount --bind), which the source
 * does not tell, with the path of the part. cifs tells the folder of the share in both. */
const char *kb_share_source(const struct kb_mount *mount, struct kb_arena *arena);

/* kb_share_type_is(wanted, type): "nfs" is nfs and nfs4, "cifs" and "smb" are cifs and smb3, "sshfs" is fuse.sshfs,
 * "fuse" any of that kind; else the very type. */
bool kb_share_type_is(const char *wanted, const char *type);
/* kb_share_source_is(wanted, mounted, below): `mounted` is that source, or it is with the path `below` ("/a/b" or "")
 * added: a share mounted higher up holds the one that is meant. */
bool kb_share_source_is(const char *wanted, const char *mounted, const char *below, struct kb_arena *arena);
