/* SPDX-License-Identifier: Apache-2.0 */
/* One descriptor compressed into another with zstd. */
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
