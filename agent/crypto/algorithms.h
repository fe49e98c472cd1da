/* SPDX-License-Identifier: Apache-2.0 */
/* The algorithms of libcrypto, fetched once per process. */
#pragma once

#include <openssl/evp.h>

#include "koboshi/digest.h"

/* kb_md(kind): NULL if libcrypto does not offer it. Fetched on first use, by whichever thread comes first. */
const EVP_MD *kb_md(enum kb_digest_kind kind);
/* kb_crypto_must(done): 1, or the process ends: a digest that libcrypto cannot compute must never look like one. */
void kb_crypto_must(int done);
