/* SPDX-License-Identifier: Apache-2.0 */
/* What a key pair consists of. */
#pragma once

#include <openssl/evp.h>

#include "koboshi/key.h"

struct kb_keypair {
    EVP_PKEY *pkey;
    struct kb_pubkey public_half;
};
