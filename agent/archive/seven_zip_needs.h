/* SPDX-License-Identifier: Apache-2.0 */
/* How much memory a 7z takes to unpack, told from its header before anything is unpacked. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "koboshi/extents.h"

struct kb_seven_zip_needs {
    uint64_t window;    /* bytes of all windows (LZMA, LZMA2) and models (PPMd) of the folder that needs most */
    bool ppmd_filtered; /* a folder has PPMd and another coder: 7-Zip adds BCJ for programs on its own. libarchive
                         * (3.6.2) calls that damaged */
};

/* kb_seven_zip_needs(extents): as the coders' properties have it (7zFormat.txt, Methods.txt, lzma-specification.txt);
 * those of a packed header count too. All 0: nothing is known: the header is encrypted, packed in a way that is not
 * read here, larger than KB_SEVEN_ZIP_HEADER_MAX or makes no sense, which whoever reads the archive will say. */
struct kb_seven_zip_needs kb_seven_zip_needs(const struct kb_extents *extents);
