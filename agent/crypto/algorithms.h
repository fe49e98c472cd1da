/* SPDX-License-Identifier: Apache-2.0 */
/* The algorithms of libcrypto, fetched once per process. */
#pragma once

#include <openssl/evp.h>

/* NULL if libcrypto does not offer it. Fetched on first use, by whichever thread comes first. */
const EVP_MD *kb_md_sha256(void);
const EVP_MD *kb_md_sha512(void);
