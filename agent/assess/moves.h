/* SPDX-License-Identifier: Apache-2.0 */
/* assess, internal: files that one of two lists has and the other has not: which of them only have another name now. */
#pragma once

#include "koboshi/change.h"

struct kb_moves;

struct kb_moves *kb_moves_new(void);
void kb_moves_free(struct kb_moves *moves);
/* kb_moves_gone(moves, line), kb_moves_came(moves, line): only the earlier, only the later list has it. They wait in
 * temporary files; a fault is told by kb_moves_settle. */
void kb_moves_gone(struct kb_moves *moves, const struct kb_sorted_line *line);
void kb_moves_came(struct kb_moves *moves, const struct kb_sorted_line *line);
/* kb_moves_settle(moves, arena, change, err): one that is gone and one that came, of equal digest, are one that moved;
 * each counts once. Takes them from change->vanished and change->added, and of their lists too. */
int kb_moves_settle(struct kb_moves *moves, struct kb_arena *arena, struct kb_change *change, struct kb_err *err);
