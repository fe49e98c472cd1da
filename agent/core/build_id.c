/* SPDX-License-Identifier: Apache-2.0 */
/* What both programs were built from. */
#include "koboshi/job.h"

#include "build_id.h" /* made by CMake from the contents of all sources */

const char *kb_version(void)
{
    return KB_VERSION;
}

const char *kb_build_id(void)
{
    return KB_BUILD_ID;
}
