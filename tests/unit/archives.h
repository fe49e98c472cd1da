/* SPDX-License-Identifier: Apache-2.0 */
/* For unit tests: one archive per format, filter and way of writing it, made by the real tools. */
#pragma once

#include "tools.h"

/* src/: three files, one of them large, Japanese names, a link; src.sha256 lists them. */
static inline void make_source(void)
{
    SHELL("rm -rf src && mkdir -p src/総務 src/empty");
    put_text("src/総務/見積.txt", "みつもり\n");
    put_noise("src/big.bin", 300000, 1);
    put_noise("src/mid.bin", 70000, 2);
    SHELL("ln -s big.bin src/link");
    SHELL("cd src && find . -type f -print0 | sort -z | xargs -0 sha256sum > ../src.sha256");
}

static const struct {
    const char *name, *make, *detected;
    bool self_checked; /* a flipped byte shows without a manifest */
} kinds[] = {
    {"a.tar", "tar -C src -cf a.tar .", "tar", false},
    {"a.v7.tar", "tar --format=v7 -C src -cf a.v7.tar .", "tar", false},
    {"a.ustar.tar", "tar --format=ustar -C src -cf a.ustar.tar .", "tar", false},
    {"a.pax.tar", "tar --format=pax -C src -cf a.pax.tar .", "tar", false},
    {"a.gnu.tar", "tar --format=gnu -C src -cf a.gnu.tar .", "tar", false},
    {"a.bsd.tar", "bsdtar -C src -cf a.bsd.tar .", "tar", false},
    {"a.tar.gz", "tar -C src -czf a.tar.gz .", "tar + gzip", true},
    {"a.tar.bz2", "tar -C src -cjf a.tar.bz2 .", "tar + bzip2", true},
    {"a.tar.xz", "tar -C src -cJf a.tar.xz .", "tar + xz", true},
    {"a.blocks.tar.xz", "tar -C src -cf - . | xz -T2 --block-size=65536 > a.blocks.tar.xz", "tar + xz", true},
    {"a.tar.lzma", "tar -C src -cf - . | xz --format=lzma > a.tar.lzma", "tar + lzma", false},
    {"a.tar.zst", "tar -C src --zstd -cf a.tar.zst .", "tar + zstd", true},
    {"a.long.tar.zst", "tar -C src -cf - . | zstd -q --long=27 > a.long.tar.zst", "tar + zstd", true},
    {"a.tar.lz4", "tar -C src -cf - . | lz4 -q > a.tar.lz4", "tar + lz4", true},
    {"a.tgz", "tar -C src -czf a.tgz .", "tar + gzip", true},
    {"a.multi.tar.gz",
     "tar -C src -cf t . && head -c 100000 t | gzip > a.multi.tar.gz && tail -c +100001 t | gzip >> a.multi.tar.gz",
     "tar + gzip", true},
    {"a.multi.tar.bz2",
     "tar -C src -cf t . && head -c 100000 t | bzip2 > a.multi.tar.bz2 && tail -c +100001 t | bzip2 >> a.multi.tar.bz2",
     "tar + bzip2", true},
    {"a.multi.tar.xz",
     "tar -C src -cf t . && head -c 100000 t | xz > a.multi.tar.xz && tail -c +100001 t | xz >> a.multi.tar.xz",
     "tar + xz", true},
    {"a.multi.tar.lz4",
     "tar -C src -cf t . && head -c 100000 t | lz4 -q > a.multi.tar.lz4 && tail -c +100001 t | lz4 -q >> "
     "a.multi.tar.lz4",
     "tar + lz4", true},
    {"a.multi.tar.zst",
     "tar -C src -cf t . && head -c 100000 t | zstd -q > a.multi.tar.zst && tail -c +100001 t | zstd -q >> "
     "a.multi.tar.zst",
     "tar + zstd", true},
    {"a.newc.cpio", "cd src && find . | cpio -o -H newc > ../a.newc.cpio", "cpio", false},
    {"a.odc.cpio", "cd src && find . | cpio -o -H odc > ../a.odc.cpio", "cpio", false},
    {"a.crc.cpio.zst", "cd src && find . | cpio -o -H crc | zstd -q > ../a.crc.cpio.zst", "cpio + zstd", true},
    {"a.odc.cpio.gz", "cd src && find . | cpio -o -H odc | gzip > ../a.odc.cpio.gz", "cpio + gzip", true},
    {"a.zip", "rm -f a.zip && cd src && zip -qry ../a.zip .", "zip", true},
    {"a.stored.zip", "rm -f a.stored.zip && cd src && zip -0qry ../a.stored.zip .", "zip", true},
    /* zip 3.0-13 cannot write a link to a pipe; 3.0-13+deb12u1 can */
    {"a.piped.zip", "cd src && zip -qry - . -x link | cat > ../a.piped.zip", "zip", true},
    {"a.zip64.zip", "rm -f a.zip64.zip && cd src && zip -fz -qry ../a.zip64.zip .", "zip", true},
    {"a.bsd.zip", "bsdtar -C src --format zip -cf a.bsd.zip .", "zip", true},
    {"a.7z.zip", "rm -f a.7z.zip && cd src && 7z a -tzip -bd -y -snl ../a.7z.zip . >/dev/null", "zip", true},
    {"a.bzip2.7z", "rm -f a.bzip2.7z && cd src && 7z a -bd -y -snl -m0=bzip2 ../a.bzip2.7z . >/dev/null", "7z", true},
    {"a.7z", "rm -f a.7z && cd src && 7z a -bd -y -snl ../a.7z . >/dev/null", "7z", true},
};
enum { N_KINDS = sizeof kinds / sizeof *kinds };
