/* SPDX-License-Identifier: Apache-2.0 */
/* Formats and filters by their first bytes and suffixes, as tables. */
#include "detect.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#define ENCRYPTED_WHY                                                                                                  \
    {                                                                                                                  \
        .en = "its content cannot be seen without the key", .ja = "鍵がないと中身を確認できません"      \
    }
#define DISK_WHY                                                                                                                          \
    {                                                                                                                                     \
        .en = "a disk image is not an archive of files; verify it with format: file",                                                     \
        .ja = "ディスクイメージはファイルのアーカイブではありません。format: file で検証してください" \
    }
#define RARE_WHY                                                                                                       \
    {                                                                                                                  \
        .en = "its reader is not safe or not complete enough for a proof",                                             \
        .ja = "証明に使えるほど安全・完全な読み取り手段がありません"                         \
    }
#define LIST_WHY                                                                                                       \
    {                                                                                                                  \
        .en = "it is not a backup of files", .ja = "ファイルのバックアップではありません"            \
    }
#define FILTER_WHY                                                                                                     \
    {                                                                                                                  \
        .en = "this compression is not read; use gzip, bzip2, xz, zstd or lz4",                                        \
        .ja = "この圧縮には対応していません。gzip・bzip2・xz・zstd・lz4 を使ってください"   \
    }

#define OLD_WHY                                                                                                                                                  \
    {                                                                                                                                                            \
        .en = "an old form without checksums that other programs stop reading; pack it anew with the current one",                                               \
        .ja = "チェックサムのない古い形式で、読めないプログラムが増えています。現在の形式で圧縮し直してください" \
    }

#define VOLUMES_WHY                                                                                                               \
    {                                                                                                                             \
        .en = "one of several volumes (.z01, .z02 …, .zip); join them with `zip -s 0 NAME.zip --out WHOLE.zip` "                \
              "and verify that, or have them split by `split` or 7-Zip",                                                          \
        .ja = "複数のボリューム（.z01・.z02・…・.zip）の1つです。zip -s 0 名前.zip --out 結合後.zip で" \
              "結合したものを検証するか、split や 7-Zip で分割してください"                                \
    }

static const struct kb_unread unread[] = {
    {0, 6, "Rar!\x1a\x07", "RAR", KB_RULE_FORMAT_REFUSED, RARE_WHY},
    {0, 4, "xar!", "XAR", KB_RULE_FORMAT_REFUSED, RARE_WHY},
    {0, 4, "MSCF", "CAB", KB_RULE_FORMAT_REFUSED, RARE_WHY},
    {2, 3, "-lh", "LHA", KB_RULE_FORMAT_REFUSED, RARE_WHY},
    {2, 3, "-lz", "LHA", KB_RULE_FORMAT_REFUSED, RARE_WHY},
    {0, 6, "#mtree", "mtree", KB_RULE_FORMAT_REFUSED, LIST_WHY},
    {0, 8, "!<arch>\n", "ar / deb", KB_RULE_FORMAT_REFUSED, LIST_WHY},
    {0, 5, "WARC/", "WARC", KB_RULE_FORMAT_REFUSED, LIST_WHY},
    {0, 4, "\xed\xab\xee\xdb", "RPM", KB_RULE_FORMAT_REFUSED, LIST_WHY},
    {0, 2, "\x60\xea", "ARJ", KB_RULE_FORMAT_REFUSED, RARE_WHY},
    {7, 7, "**ACE**", "ACE", KB_RULE_FORMAT_REFUSED, RARE_WHY},
    {0, 5, "MSWIM", "WIM", KB_RULE_FORMAT_REFUSED, DISK_WHY},
    {32769, 5, "CD001", "ISO 9660", KB_RULE_FORMAT_REFUSED, DISK_WHY},
    {0, 8, "vhdxfile", "VHDX", KB_RULE_FORMAT_REFUSED, DISK_WHY},
    {0, 8, "conectix", "VHD", KB_RULE_FORMAT_REFUSED, DISK_WHY},
    {0, 4, "QFI\xfb", "QCOW2", KB_RULE_FORMAT_REFUSED, DISK_WHY},
    {0, 4, "KDMV", "VMDK", KB_RULE_FORMAT_REFUSED, DISK_WHY},
    {0, 4, "hsqs", "SquashFS", KB_RULE_FORMAT_REFUSED, DISK_WHY},
    {0, 2, "\x1f\x9d", "compress (.Z)", KB_RULE_FORMAT_REFUSED, FILTER_WHY},
    {0, 4, "\x89LZO", "lzop", KB_RULE_FORMAT_REFUSED, FILTER_WHY},
    {0, 4, "LRZI", "lrzip", KB_RULE_FORMAT_REFUSED, FILTER_WHY},
    {0, 4, "LZIP", "lzip", KB_RULE_FORMAT_REFUSED, FILTER_WHY},
    {0, 7, "GRZipII", "grzip", KB_RULE_FORMAT_REFUSED, FILTER_WHY},
    {0, 6, "begin ", "uuencode", KB_RULE_FORMAT_REFUSED, FILTER_WHY},
    {0, 13, "begin-base64 ", "uuencode", KB_RULE_FORMAT_REFUSED, FILTER_WHY},
    {0, 4, "\x02\x21\x4c\x18", "lz4 legacy (lz4 -l)", KB_RULE_FORMAT_REFUSED, OLD_WHY},
    {0, 4, "\xfd\x2f\xb5\x1e", "zstd 0.1", KB_RULE_FORMAT_REFUSED, OLD_WHY},
    {0, 4, "\x22\xb5\x2f\xfd", "zstd 0.2", KB_RULE_FORMAT_REFUSED, OLD_WHY},
    {0, 4, "\x23\xb5\x2f\xfd", "zstd 0.3", KB_RULE_FORMAT_REFUSED, OLD_WHY},
    {0, 4, "\x24\xb5\x2f\xfd", "zstd 0.4", KB_RULE_FORMAT_REFUSED, OLD_WHY},
    {0, 4, "\x25\xb5\x2f\xfd", "zstd 0.5", KB_RULE_FORMAT_REFUSED, OLD_WHY},
    {0, 4, "\x26\xb5\x2f\xfd", "zstd 0.6", KB_RULE_FORMAT_REFUSED, OLD_WHY},
    {0, 4, "\x27\xb5\x2f\xfd", "zstd 0.7", KB_RULE_FORMAT_REFUSED, OLD_WHY},
    {0,
     2,
     "MZ",
     "self-extracting .exe",
     KB_RULE_FORMAT_REFUSED,
     {.en = "a program cannot be a backup format; write a plain zip or 7z",
      .ja = "実行形式はバックアップ形式として受け付けません。通常の zip か 7z で作成してください"}},
    {0,
     6,
     "PK00PK",
     "split zip",
     KB_RULE_FORMAT_REFUSED,
     {.en = "join its parts first", .ja = "先に分割を結合してください"}},
    {0, 4, "PK\x07\x08", "split zip", KB_RULE_FORMAT_REFUSED, VOLUMES_WHY},
    {0, 8, "Salted__", "OpenSSL enc", KB_RULE_ENCRYPTED, ENCRYPTED_WHY},
    {0, 18, "age-encryption.org", "age", KB_RULE_ENCRYPTED, ENCRYPTED_WHY},
    {0, 27, "-----BEGIN PGP MESSAGE-----", "OpenPGP", KB_RULE_ENCRYPTED, ENCRYPTED_WHY},
    {0, 6, "LUKS\xba\xbe", "LUKS", KB_RULE_ENCRYPTED, ENCRYPTED_WHY},
};

static const struct kb_codec *const codecs[] = {&kb_codec_gzip, &kb_codec_bzip2, &kb_codec_xz, &kb_codec_zstd,
                                                &kb_codec_lz4};

static const struct {
    const char *suffix;
    bool keeps_name; /* .tgz: the stem would lose its meaning */
    const struct kb_codec *codec;
} suffixes[] = {
    {".gz", false, &kb_codec_gzip},  {".tgz", true, &kb_codec_gzip},   {".bz2", false, &kb_codec_bzip2},
    {".tbz", true, &kb_codec_bzip2}, {".tbz2", true, &kb_codec_bzip2}, {".xz", false, &kb_codec_xz},
    {".txz", true, &kb_codec_xz},    {".lzma", false, &kb_codec_lzma}, {".zst", false, &kb_codec_zstd},
    {".tzst", true, &kb_codec_zstd}, {".lz4", false, &kb_codec_lz4},
};

const struct kb_codec *kb_suffix_codec(const char *name, size_t *ret_stem)
{
    size_t n = strlen(name);
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        size_t len = strlen(suffixes[i].suffix);
        if (n > len && !strcasecmp(name + n - len, suffixes[i].suffix)) {
            *ret_stem = suffixes[i].keeps_name ? n : n - len;
            return suffixes[i].codec;
        }
    }
    *ret_stem = n;
    return NULL;
}

static uint64_t little_endian(const uint8_t *s, size_t n)
{
    uint64_t value = 0;
    for (size_t i = n; i--;)
        value = value << 8 | s[i];
    return value;
}

/* The header that xz-utils' lzma_alone_decoder takes: properties, a window of 2^n or 2^n + 2^(n-1), a size that is
 * unknown or below 256 GiB. */
static bool is_lzma(const uint8_t *s, size_t n)
{
    if (n < 13 || s[0] >= 9 * 5 * 5)
        return false;
    uint64_t window = little_endian(s + 1, 4), size = little_endian(s + 5, 8);
    bool power = false;
    for (unsigned i = 12; i < 32 && !power; i++)
        power = window == UINT64_C(1) << i || window == (UINT64_C(1) << i) + (UINT64_C(1) << (i - 1));
    return (power || window == UINT32_MAX) && (size == UINT64_MAX || size < UINT64_C(1) << 38);
}

bool kb_detect_skippable(const void *bytes, size_t n)
{
    const uint8_t *s = bytes;
    return n >= 4 && (s[0] & 0xf0) == 0x50 && s[1] == 0x2a && s[2] == 0x4d && s[3] == 0x18;
}

/* zstd and lz4 share the magic of skippable frames; the first frame behind them tells which of the two it is. */
static const uint8_t *behind_skippable(const uint8_t *s, size_t *n)
{
    while (*n >= 12 && kb_detect_skippable(s, *n)) {
        uint64_t skip = 8 + little_endian(s + 4, 4);
        if (skip > *n)
            return s;
        s += skip;
        *n -= (size_t)skip;
    }
    return s;
}

const struct kb_codec *kb_detect_codec(const void *bytes, size_t n, const char *name)
{
    size_t stem;
    if (kb_suffix_codec(name, &stem) == &kb_codec_lzma && is_lzma(bytes, n))
        return &kb_codec_lzma;
    const uint8_t *s = behind_skippable(bytes, &n);
    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++) {
        if (n >= codecs[i]->n_magic && !memcmp(s, codecs[i]->magic, codecs[i]->n_magic))
            return codecs[i];
    }
    return NULL;
}

/* A tar header's own checksum (ustar §: sum of all bytes, the field itself taken as spaces) makes old tars
 * recognisable. */
static bool is_tar_header(const uint8_t *s)
{
    uint64_t stored = 0;
    int64_t sum = 0, signed_sum = 0;
    size_t i = 148;
    while (i < 156 && s[i] == ' ')
        i++;
    for (; i < 156 && s[i] >= '0' && s[i] <= '7'; i++)
        stored = stored * 8 + (uint64_t)(s[i] - '0');
    for (size_t k = 0; k < 512; k++) {
        uint8_t byte = k >= 148 && k < 156 ? ' ' : s[k];
        sum += byte;
        signed_sum += (int8_t)byte;
    }
    return stored && ((int64_t)stored == sum || (int64_t)stored == signed_sum);
}

static bool is_zero(const uint8_t *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (s[i])
            return false;
    }
    return true;
}

enum kb_container kb_detect_container(const void *bytes, size_t n)
{
    static const struct {
        size_t n;
        const char *magic;
        enum kb_container container;
    } magics[] = {
        {4, "PK\x03\x04", KB_CONTAINER_ZIP},
        {4, "PK\x05\x06", KB_CONTAINER_ZIP},
        {6, "7z\xbc\xaf\x27\x1c", KB_CONTAINER_7Z},
        {5, "07070", KB_CONTAINER_CPIO}, /* odc, newc, crc and libarchive's variants of odc */
        {2, "\xc7\x71", KB_CONTAINER_CPIO},
        {2, "\x71\xc7", KB_CONTAINER_CPIO},
    };
    const uint8_t *s = bytes;
    /* an empty tar begins with zeros, and so does a disc */
    if (n >= 512 && (is_tar_header(s) || (is_zero(s, 512) && !kb_detect_unread(s, n))))
        return KB_CONTAINER_TAR;
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
        if (n >= magics[i].n && !memcmp(s, magics[i].magic, magics[i].n))
            return magics[i].container;
    }
    /* a header whose checksum is wrong is still a tar: a damaged one */
    if (n >= 263 && !memcmp(s + 257, "ustar", 5))
        return KB_CONTAINER_TAR;
    return KB_CONTAINER_NONE;
}

const struct kb_unread *kb_detect_unread(const void *bytes, size_t n)
{
    for (size_t i = 0; i < sizeof unread / sizeof *unread; i++) {
        if (n >= unread[i].offset + unread[i].n &&
            !memcmp((const char *)bytes + unread[i].offset, unread[i].magic, unread[i].n))
            return &unread[i];
    }
    return NULL;
}
