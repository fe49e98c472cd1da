/* SPDX-License-Identifier: Apache-2.0 */
/* A FUSE program that reads a file system for as long as it is mounted, remembered in a file beside the mount point. */
#pragma once

#include <stdbool.h>

#include "koboshi/text.h"

struct kb_arena;
struct kb_driver;
struct kb_err;

#define KB_FUSE_SUFFIX ".driver"

/* kb_fuse_is_there(driver): its program is installed. */
bool kb_fuse_is_there(const struct kb_driver *driver);
/*
 * kb_fuse_begin(driver, device, mount_at, arena, ret_refusal, err): 1 when it is mounted on mount_at, a path without
 * links; 0 when the program refused or did not mount within its time, ret_refusal says why. It runs without a shell,
 * with a fixed argv and environment, no descriptor but /dev/null, in a session of its own; `<mount_at>.driver` names
 * the process before it runs.
 */
int kb_fuse_begin(const struct kb_driver *driver, const char *device, const char *mount_at, struct kb_arena *arena,
                  struct kb_text *ret_refusal, struct kb_err *err);
/* kb_fuse_end(note, arena, err): the process named in this file is ended and gone, if it is still the same one; the
 * file is removed. Its mount stays, dead, for umount(2). No such file is success. */
int kb_fuse_end(const char *note, struct kb_arena *arena, struct kb_err *err);
