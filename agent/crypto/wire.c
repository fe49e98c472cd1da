/* SPDX-License-Identifier: Apache-2.0 */
/* SSH wire strings and base64. */
#include "wire.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "koboshi/arena.h"

static const char key_type[] = "ssh-ed25519";

void kb_wire_put(struct kb_wire *wire, const void *data, size_t n)
{
    if (n > sizeof wire->bytes - wire->n)
        abort();
    if (n)
        memcpy(wire->bytes + wire->n, data, n);
    wire->n += n;
}

void kb_wire_put_string(struct kb_wire *wire, const void *data, size_t n)
{
    const uint8_t length[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
    kb_wire_put(wire, length, sizeof length);
    kb_wire_put(wire, data, n);
}

void kb_wire_put_key(struct kb_wire *wire, struct kb_pubkey key)
{
    kb_wire_put_string(wire, key_type, strlen(key_type));
    kb_wire_put_string(wire, key.bytes, sizeof key.bytes);
}

const uint8_t *kb_wire_take(struct kb_wire *wire, size_t n)
{
    if (n > wire->n - wire->at)
        return NULL;
    const uint8_t *data = wire->bytes + wire->at;
    wire->at += n;
    return data;
}

const uint8_t *kb_wire_take_string(struct kb_wire *wire, size_t *ret_n)
{
    const uint8_t *length = kb_wire_take(wire, 4);
    if (!length)
        return NULL;
    size_t n = (size_t)length[0] << 24 | (size_t)length[1] << 16 | (size_t)length[2] << 8 | length[3];
    const uint8_t *data = kb_wire_take(wire, n);
    if (data)
        *ret_n = n;
    return data;
}

bool kb_wire_take_exactly(struct kb_wire *wire, const char *text)
{
    size_t n;
    const uint8_t *data = kb_wire_take_string(wire, &n);
    return data && n == strlen(text) && !memcmp(data, text, n);
}

char *kb_base64(struct kb_arena *arena, const void *data, size_t n)
{
    char *text = kb_alloc(arena, (n + 2) / 3 * 4 + 1, 1);
    (void)EVP_EncodeBlock((unsigned char *)text, data, (int)n);
    return text;
}

static int digit_value(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

bool kb_base64_parse(const char *text, size_t n, struct kb_wire *ret_wire)
{
    struct kb_wire wire = {.n = 0};
    if (!n || n % 4 || n / 4 * 3 > sizeof wire.bytes)
        return false;
    for (size_t i = 0; i < n; i += 4) {
        size_t pad = i + 4 < n || text[i + 3] != '=' ? 0 : text[i + 2] == '=' ? 2 : 1;
        uint32_t bits = 0;
        for (size_t k = 0; k < 4; k++) {
            int value = k < 4 - pad ? digit_value(text[i + k]) : 0;
            if (value < 0)
                return false;
            bits = bits << 6 | (uint32_t)value;
        }
        const uint8_t three[3] = {(uint8_t)(bits >> 16), (uint8_t)(bits >> 8), (uint8_t)bits};
        if ((pad >= 1 && three[2]) || (pad == 2 && three[1]))
            return false;
        kb_wire_put(&wire, three, 3 - pad);
    }
    *ret_wire = wire;
    return true;
}
