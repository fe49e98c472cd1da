/* SPDX-License-Identifier: Apache-2.0 */
/* A device switched to read-only for as long as we have it mounted, remembered in a file beside the mount point. */
#pragma once

struct kb_arena;
struct kb_err;

#define KB_READONLY_SUFFIX ".read-only"

/* kb_readonly_begin(device, mount_at, arena, err): the device refuses writes from now on; `<mount_at>.read-only` tells
 * so before it happens. A device that was read-only before is left alone and not noted. */
int kb_readonly_begin(const char *device, const char *mount_at, struct kb_arena *arena, struct kb_err *err);
/* kb_readonly_end(note, arena, err): makes the device named in this file writable again, if it is still the same disk,
 * and removes the file. No such file is success. */
int kb_readonly_end(const char *note, struct kb_arena *arena, struct kb_err *err);
