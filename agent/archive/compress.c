/* SPDX-License-Identifier: Apache-2.0 */
/* One descriptor compressed into another with zstd, and back. */
#include "koboshi/compress.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"

static int compress_with(ZSTD_CCtx *ctx, int in, int out, struct kb_err *err)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    size_t in_room = ZSTD_CStreamInSize(), out_room = ZSTD_CStreamOutSize();
    char *plain = kb_alloc(arena, in_room, 1), *packed = kb_alloc(arena, out_room, 1);
    for (;;) {
        ssize_t got = kb_read_full(in, plain, in_room);
        if (got < 0)
            return kb_fail(err, KB_EIO, "the list to keep could not be read: %s", "保存する一覧を読めませんでした: %s",
                           strerror(errno));
        bool last = (size_t)got < in_room;
        ZSTD_inBuffer from = {plain, (size_t)got, 0};
        size_t left;
        do {
            ZSTD_outBuffer to = {packed, out_room, 0};
            left = ZSTD_compressStream2(ctx, &to, &from, last ? ZSTD_e_end : ZSTD_e_continue);
            if (ZSTD_isError(left))
                return kb_fail(err, KB_EIO, "zstd could not compress: %s", "zstd で圧縮できませんでした: %s",
                               ZSTD_getErrorName(left));
            if (kb_write_all(out, packed, to.pos))
                return kb_fail(err, kb_code_of_errno(errno), "the compressed list could not be written: %s",
                               "圧縮した一覧を書き込めませんでした: %s", strerror(errno));
        } while (last ? left != 0 : from.pos < from.size);
        if (last)
            return 0;
    }
}

int kb_compress(int in, int out, struct kb_err *err)
{
    ZSTD_CCtx *ctx = ZSTD_createCCtx();
    if (!ctx)
        abort();
    size_t set = ZSTD_CCtx_setParameter(ctx, ZSTD_c_checksumFlag, 1);
    int code = ZSTD_isError(set) ? kb_fail(err, KB_EIO, "zstd takes no checksum: %s",
                                           "zstd のチェックサムを使えません: %s", ZSTD_getErrorName(set))
                                 : compress_with(ctx, in, out, err);
    ZSTD_freeCCtx(ctx);
    return code;
}

static int damaged(struct kb_err *err, const char *why)
{
    return kb_fail(err, KB_ELEDGER, "the compressed list is damaged: %s", "圧縮した一覧が壊れています: %s", why);
}

static int decompress_with(ZSTD_DCtx *ctx, int in, int out, int64_t max, struct kb_err *err)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    size_t in_room = ZSTD_DStreamInSize(), out_room = ZSTD_DStreamOutSize();
    char *packed = kb_alloc(arena, in_room, 1), *plain = kb_alloc(arena, out_room, 1);
    size_t left = 0; /* 0: at the border of a frame */
    int64_t written = 0;
    ssize_t got;
    while ((got = kb_read_full(in, packed, in_room)) > 0) {
        ZSTD_inBuffer from = {packed, (size_t)got, 0};
        bool full = false;
        while (from.pos < from.size || full) {
            ZSTD_outBuffer to = {plain, out_room, 0};
            left = ZSTD_decompressStream(ctx, &to, &from);
            if (ZSTD_isError(left))
                return damaged(err, ZSTD_getErrorName(left));
            written += (int64_t)to.pos;
            if (written > max)
                return damaged(err, "too long");
            if (kb_write_all(out, plain, to.pos))
                return kb_fail(err, kb_code_of_errno(errno), "the list could not be written: %s",
                               "一覧を書き込めませんでした: %s", strerror(errno));
            full = to.pos == to.size && left;
        }
    }
    if (got < 0)
        return kb_fail(err, KB_EIO, "the compressed list could not be read: %s", "圧縮した一覧を読めませんでした: %s",
                       strerror(errno));
    return left ? damaged(err, "cut short") : 0;
}

int kb_decompress(int in, int out, int64_t max, struct kb_err *err)
{
    ZSTD_DCtx *ctx = ZSTD_createDCtx();
    if (!ctx)
        abort();
    int code = decompress_with(ctx, in, out, max, err);
    ZSTD_freeDCtx(ctx);
    return code;
}
