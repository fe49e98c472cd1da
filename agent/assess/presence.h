/* SPDX-License-Identifier: Apache-2.0 */
/* What both readings of the ledger share: the order of media, and how long a disk's turn is. */
#pragma once

#include "koboshi/survival.h"
#include "timeline.h"

/* A rotation names one day of the week: a disk's turn is a week. */
enum { KB_TURN_S = 7 * 86400 };

/* kb_medium_index(plan, id): media.n if there is none. */
size_t kb_medium_index(const struct kb_plan *plan, const char *id);
/* kb_rotation_place(rotation, medium): disks.n if it is not one of them. */
size_t kb_rotation_place(const struct kb_rotation *rotation, const char *medium);
/* kb_medium_is_elsewhere(plan, medium): its place (`at` of its rotation, else `on`) is another machine than the
 * verification machine (`kind: verification`) on which media are seen. */
bool kb_medium_is_elsewhere(const struct kb_plan *plan, const struct kb_medium *medium);
