/* SPDX-License-Identifier: Apache-2.0 */
/* core: paths inside a backup that a pattern of the plan names. */
#pragma once

#include <stdbool.h>

/* kb_glob_matches(pattern, path): `*` and `?` within a name, `**` for any number of folders; a `?` is one character,
 * not one byte. Compared as they are, then in NFC: a plan is typed in NFC, names that came from macOS are NFD. */
bool kb_glob_matches(const char *pattern, const char *path);
