/* SPDX-License-Identifier: Apache-2.0 */
/* evidence: folders that are built beside their place and then renamed: they are whole or not there. */
#pragma once

struct kb_arena;
struct kb_err;

struct kb_beside {
    const char *path, *parent; /* the place, without slashes at its end; the folder that it is in */
    const char *temp;          /* what is built: PATH.new-ID, of this process; not there yet */
};

/* kb_beside_begin(path, arena, ret_beside, err): makes missing parents and removes what processes that are gone left of
 * the same place. */
int kb_beside_begin(const char *path, struct kb_arena *arena, struct kb_beside *ret_beside, struct kb_err *err);

/* kb_beside_place(beside): temp gets its name, for good; an empty folder of that name is replaced. 0, or -1 with errno.
 */
int kb_beside_place(const struct kb_beside *beside);

/* kb_beside_drop(beside): what was built until now is gone. */
void kb_beside_drop(const struct kb_beside *beside);
