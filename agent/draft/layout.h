/* SPDX-License-Identifier: Apache-2.0 */
/* Which tool made a folder, by what lies in it. */
#pragma once

#include "koboshi/tool.h"
#include "things.h"

/* kb_layout_tool(folder): the tool all of whose layout is there, and in no folder within it; KB_TOOL_OTHER: none. */
int kb_layout_tool(const struct kb_thing *folder);
