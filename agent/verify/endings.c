/* SPDX-License-Identifier: Apache-2.0 */
/* What the first bytes of a file must be, by the ending of its name. */
#include "endings.h"

#include <string.h>
#include <strings.h>

#include "koboshi/text.h"

/*
 * Signatures as of 2026-11-23, from the formats' own documents where they are public ([MS-CFB] 2.2, [MS-XLS] 2.4.21,
 * APPNOTE.TXT 4.3, ISO 32000 7.5.2, PNG 5.2, sqlite.org/fileformat2), else from the tables of file(1).
 */
enum {
    ZIP = 1 << 0,
    OLE2 = 1 << 1,
    BIFF = 1 << 2,  /* Excel before 5.0 */
    PDF = 1 << 3,   /* within the first KiB (ISO 32000, annex of Acrobat) */
    IMAGE = 1 << 4, /* phones and browsers save one kind of picture under the ending of another */
    JET = 1 << 5,
    SQLITE = 1 << 6,
    DWG = 1 << 7,
    PACKED = 1 << 8, /* gzip, bzip2, xz, zstd, lz4 */
    SEVEN = 1 << 9,
    RAR = 1 << 10,
    LZH = 1 << 11,
    VIDEO = 1 << 12,
    SOUND = 1 << 13,
    RTF = 1 << 14,
    MZ = 1 << 15,
    PSD = 1 << 16,
    POSTSCRIPT = 1 << 17,
    VHDX = 1 << 18,
    PST = 1 << 19,
    JWW = 1 << 20,
    DXF = 1 << 21,
    CAB = 1 << 22,
    TEXT = 1 << 23, /* UTF-8, UTF-16, CP932, EUC-JP, ISO-2022-JP, ISO 8859 */
    MAY_BE_SEALED = 1 << 24,
};

static const struct {
    unsigned kind;
    size_t at, n;
    const char *bytes;
} signatures[] = {
    {ZIP, 0, 4, "PK\3\4"},
    {ZIP, 0, 4, "PK\5\6"},
    {ZIP, 0, 4, "PK\7\10"},
    {OLE2, 0, 8, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"},
    {BIFF, 0, 4, "\x09\x00\x04\x00"},
    {BIFF, 0, 4, "\x09\x02\x06\x00"},
    {BIFF, 0, 4, "\x09\x04\x06\x00"},
    {IMAGE, 0, 3, "\xff\xd8\xff"},
    {IMAGE, 0, 8, "\x89PNG\r\n\x1a\n"},
    {IMAGE, 0, 4, "GIF8"},
    {IMAGE, 0, 2, "BM"},
    {IMAGE, 0, 4, "II*\0"},
    {IMAGE, 0, 4, "MM\0*"},
    {IMAGE, 0, 4, "II+\0"},
    {IMAGE, 0, 4, "MM\0+"},
    {IMAGE, 4, 4, "ftyp"},
    {IMAGE, 8, 4, "WEBP"},
    {JET, 4, 15, "Standard Jet DB"},
    {JET, 4, 15, "Standard ACE DB"},
    {SQLITE, 0, 16, "SQLite format 3\0"},
    {DWG, 0, 2, "AC"},
    {PACKED, 0, 2, "\x1f\x8b"},
    {PACKED, 0, 3, "BZh"},
    {PACKED, 0, 6,
     "\xfd"
     "7zXZ\0"},
    {PACKED, 0, 4, "\x28\xb5\x2f\xfd"},
    {PACKED, 0, 4, "\x04\x22\x4d\x18"},
    {SEVEN, 0, 6, "7z\xbc\xaf\x27\x1c"},
    {RAR, 0, 6, "Rar!\x1a\x07"},
    {LZH, 2, 3, "-lh"},
    {VIDEO, 4, 4, "ftyp"},
    {VIDEO, 4, 4, "moov"},
    {VIDEO, 4, 4, "mdat"},
    {VIDEO, 4, 4, "wide"},
    {VIDEO, 4, 4, "free"},
    {VIDEO, 4, 4, "skip"},
    {VIDEO, 0, 4, "RIFF"},
    {VIDEO, 0, 4, "\x30\x26\xb2\x75"},
    {SOUND, 0, 4, "RIFF"},
    {SOUND, 0, 3, "ID3"},
    {SOUND, 0, 2, "\xff\xfb"},
    {SOUND, 0, 2, "\xff\xfa"},
    {SOUND, 0, 2, "\xff\xf3"},
    {SOUND, 0, 2, "\xff\xf2"},
    {SOUND, 0, 4, "\x30\x26\xb2\x75"},
    {SOUND, 4, 4, "ftyp"},
    {RTF, 0, 5, "{\\rtf"},
    {MZ, 0, 2, "MZ"},
    {PSD, 0, 4, "8BPS"},
    {POSTSCRIPT, 0, 4, "%!PS"},
    {POSTSCRIPT, 0, 4, "\xc5\xd0\xd3\xc6"},
    {VHDX, 0, 8, "vhdxfile"},
    {PST, 0, 4, "!BDN"},
    {JWW, 0, 8, "JwwData."},
    {DXF, 0, 18, "AutoCAD Binary DXF"},
    {CAB, 0, 4, "MSCF"},
};

/* In the order of strcmp(3). Old Excel and Word files of business programs are often HTML or CSV under their ending. */
static const struct ending {
    const char *ending;
    unsigned kinds;
} endings[] = {
    {"7z", SEVEN},
    {"accdb", JET},
    {"ai", PDF | POSTSCRIPT},
    {"avi", VIDEO},
    {"bat", TEXT},
    {"bmp", IMAGE},
    {"bz2", PACKED},
    {"cab", CAB},
    {"csv", TEXT},
    {"doc", OLE2 | RTF | ZIP | TEXT},
    {"docm", ZIP | OLE2 | MAY_BE_SEALED},
    {"docx", ZIP | OLE2 | MAY_BE_SEALED},
    {"dwg", DWG},
    {"dxf", DXF | TEXT},
    {"eml", TEXT},
    {"eps", POSTSCRIPT},
    {"exe", MZ},
    {"gif", IMAGE},
    {"gz", PACKED},
    {"heic", IMAGE},
    {"htm", TEXT},
    {"html", TEXT},
    {"ics", TEXT},
    {"ini", TEXT},
    {"jpeg", IMAGE},
    {"jpg", IMAGE},
    {"json", TEXT},
    {"jtd", OLE2 | ZIP},
    {"jww", JWW},
    {"lzh", LZH},
    {"m4a", SOUND},
    {"md", TEXT},
    {"mdb", JET},
    {"mov", VIDEO},
    {"mp3", SOUND},
    {"mp4", VIDEO},
    {"msg", OLE2},
    {"odp", ZIP},
    {"ods", ZIP},
    {"odt", ZIP},
    {"p21", TEXT},
    {"pdf", PDF},
    {"png", IMAGE},
    {"ppt", OLE2 | ZIP},
    {"pptm", ZIP | OLE2 | MAY_BE_SEALED},
    {"pptx", ZIP | OLE2 | MAY_BE_SEALED},
    {"psd", PSD},
    {"pst", PST},
    {"rar", RAR},
    {"rtf", RTF},
    {"sfc", TEXT},
    {"sql", TEXT},
    {"sqlite", SQLITE},
    {"sqlite3", SQLITE},
    {"tif", IMAGE},
    {"tiff", IMAGE},
    {"tsv", TEXT},
    {"txt", TEXT},
    {"vhdx", VHDX},
    {"vsd", OLE2},
    {"vsdx", ZIP | OLE2 | MAY_BE_SEALED},
    {"wav", SOUND},
    {"wma", SOUND},
    {"wmv", VIDEO},
    {"xls", OLE2 | BIFF | ZIP | TEXT},
    {"xlsb", ZIP | OLE2 | MAY_BE_SEALED},
    {"xlsm", ZIP | OLE2 | MAY_BE_SEALED},
    {"xlsx", ZIP | OLE2 | MAY_BE_SEALED},
    {"xml", TEXT},
    {"xz", PACKED},
    {"yaml", TEXT},
    {"zip", ZIP},
    {"zst", PACKED},
};
enum { ENDINGS = sizeof endings / sizeof *endings, ENDING_MAX = 8, TEXT_LEAST = 32 };

bool kb_ending_sorted(void)
{
    for (size_t i = 1; i < ENDINGS; i++)
        if (strcmp(endings[i - 1].ending, endings[i].ending) >= 0)
            return false;
    return true;
}

static unsigned kinds_of(const char *name)
{
    const char *dot = strrchr(name, '.');
    if (!dot || dot == name || strlen(dot + 1) > ENDING_MAX || !strncmp(name, "~$", 2) || !strncmp(name, "._", 2))
        return 0;
    size_t low = 0, high = ENDINGS;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcasecmp(dot + 1, endings[middle].ending);
        if (!order)
            return endings[middle].kinds;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return 0;
}

/* Which of these kinds it begins as; 0: none. */
static unsigned begins_as(unsigned kinds, const uint8_t *lead, size_t n)
{
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++)
        if (kinds & signatures[i].kind && signatures[i].at + signatures[i].n <= n &&
            !memcmp(lead + signatures[i].at, signatures[i].bytes, signatures[i].n))
            return signatures[i].kind;
    if (kinds & PDF && memmem(lead, n, "%PDF-", 5))
        return PDF;
    return 0;
}

/* One zero beside each letter: UTF-16 without its mark. */
static bool is_utf16(const uint8_t *lead, size_t n)
{
    size_t zeros[2] = {0};
    for (size_t i = 0; i < n; i++)
        zeros[i & 1] += !lead[i];
    size_t most = zeros[0] > zeros[1] ? zeros[0] : zeros[1], least = zeros[0] + zeros[1] - most;
    return most * 4 > n && least * 32 < n;
}

/* Double-byte text: each byte from 0x81 on that begins a character is followed by one that ends it. Of random bytes one
 * pair in four is none. A few wrong ones are forgiven: other encodings, a lead that ends within a character. */
static bool is_double_byte(const uint8_t *lead, size_t n)
{
    size_t wrong = 0, pairs = 0;
    for (size_t i = 0; i + 1 < n; i++) {
        if (lead[i] < 0x81 || (lead[i] >= 0xa0 && lead[i] <= 0xdf && lead[i + 1] < 0x80))
            continue; /* ASCII, or a half-width kana */
        pairs++;
        wrong += lead[i + 1] < 0x40 || lead[i + 1] == 0x7f || lead[i + 1] == 0xff || lead[i] == 0xff;
        i++;
    }
    return wrong * 16 <= pairs + 16;
}

/* n without the character at its end that the lead may have cut in two. */
static size_t whole_characters(const uint8_t *lead, size_t n)
{
    size_t tail = 1;
    while (tail < 4 && tail < n && (lead[n - tail] & 0xc0) == 0x80)
        tail++;
    return tail < n && lead[n - tail] >= 0xc0 ? n - tail : n;
}

/* Control characters that no text holds: all but white space, escape and the DOS end mark. Of
 * random bytes every ninth is one. */
static bool is_text(const uint8_t *lead, size_t n)
{
    static const uint32_t fine = 1u << '\t' | 1u << '\n' | 1u << '\v' | 1u << '\f' | 1u << '\r' | 1u << 0x1a |
                                 1u << 0x1b;
    size_t controls = 0, high = 0;
    for (size_t i = 0; i < n; i++) {
        controls += lead[i] < 0x20 && !(fine >> lead[i] & 1);
        high += lead[i] >> 7;
    }
    if (n >= 2 && (!memcmp(lead, "\xff\xfe", 2) || !memcmp(lead, "\xfe\xff", 2)))
        return true;
    if (controls * 32 > n)
        return is_utf16(lead, n);
    bool is_latin = high * 4 < n; /* letters with accents among others; of random bytes every second is high */
    return is_latin || kb_is_utf8(lead, whole_characters(lead, n)) || is_double_byte(lead, n);
}

enum kb_ending_verdict kb_ending_judge(const char *name, const uint8_t *lead, size_t n)
{
    unsigned kinds = kinds_of(name);
    if (!kinds || !n)
        return KB_ENDING_UNKNOWN;
    unsigned is = begins_as(kinds, lead, n);
    if (is == OLE2 && kinds & MAY_BE_SEALED)
        return KB_ENDING_SEALED;
    if (is)
        return KB_ENDING_FITS;
    if (!(kinds & TEXT))
        return KB_ENDING_ODD;
    if (n < TEXT_LEAST)
        return KB_ENDING_UNKNOWN;
    return is_text(lead, n) ? KB_ENDING_FITS : KB_ENDING_ODD;
}

bool kb_is_noise(const uint8_t *lead, size_t n)
{
    enum { LEAST = 512 };
    size_t counts[256] = {0}, pairs = 0;
    for (size_t i = 0; i < n; i++)
        pairs += 2 * counts[lead[i]]++ + 1; /* the sum of the squares */
    return n >= LEAST && 256 * pairs < n * (256 + n + n / 2);
}
