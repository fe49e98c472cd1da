/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the first bytes of a file are of what its name says, and names that ransomware leaves. Tables, no state. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kb_ending_verdict {
    KB_ENDING_UNKNOWN, /* nothing is known of this ending, or there is too little to judge by */
    KB_ENDING_FITS,
    KB_ENDING_SEALED, /* an Office document behind a password (OLE2 with EncryptedPackage, [MS-OFFCRYPTO] 2.3) */
    KB_ENDING_ODD,
};

/* kb_ending_judge(name, lead, n): name: the last component of a path; lead: its first n bytes. Lock files of Office
 * (`~$…`) and what macOS leaves (`._…`) are not judged. */
enum kb_ending_verdict kb_ending_judge(const char *name, const uint8_t *lead, size_t n);
/* kb_ending_sorted(): the table is in the order in which it is searched. */
bool kb_ending_sorted(void);

/* kb_is_noise(lead, n): at least 512 bytes, nearly as even as random ones: that two of them are equal is less than half
 * again as likely as 1 in 256 (collision entropy above 7.4 bits). Encrypted data is, and so is compressed data: it
 * proves nothing alone. */
bool kb_is_noise(const uint8_t *lead, size_t n);

enum kb_ransom_kind {
    KB_RANSOM_NONE,
    KB_RANSOM_ENDING, /* one family's own */
    KB_RANSOM_COMMON, /* an ending that honest programs use too: counts only with noise behind it */
    KB_RANSOM_NOTE,   /* name of a note that demands payment */
};
/* kb_ransom_name(name): name: the last component of a path. */
enum kb_ransom_kind kb_ransom_name(const char *name);
/* kb_ransom_names_sorted(): the tables are in the order in which they are searched. */
bool kb_ransom_names_sorted(void);
/* kb_ransom_names_dated(): the day of the tables, "2026-11-23". */
const char *kb_ransom_names_dated(void);
