/* SPDX-License-Identifier: Apache-2.0 */
/* Names as the target file system sees them. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <utf8proc.h>

#include "koboshi/limits.h"
#include "koboshi/text.h"

#include "items.h"

/* NTFS and exFAT compare upper-cased code units one by one (exFAT specification §7.2), without normalising. */
static char *upper(const char *path)
{
    size_t n = strlen(path), at = 0;
    char *key = malloc(3 * n + 1); /* upper case needs at most 3 bytes where lower case had 1 */
    if (!key)
        abort();
    for (size_t i = 0; i < n;) {
        utf8proc_int32_t point = -1;
        utf8proc_ssize_t len = utf8proc_iterate((const unsigned char *)path + i, (utf8proc_ssize_t)(n - i), &point);
        utf8proc_ssize_t made = 0;
        if (len > 0)
            made = utf8proc_encode_char(utf8proc_toupper(point), (unsigned char *)key + at);
        else
            key[at++] = path[i]; /* not UTF-8: compared as bytes */
        at += (size_t)made;
        i += len > 0 ? (size_t)len : 1;
    }
    key[at] = '\0';
    return key;
}

char *kb_name_key(const char *path, bool compose, bool fold)
{
    char *composed = compose ? (char *)utf8proc_NFC((const unsigned char *)path) : NULL;
    if (!composed)
        composed = strdup(path); /* also for what is not UTF-8 */
    if (!composed)
        abort();
    if (!fold)
        return composed;
    char *key = upper(composed);
    free(composed);
    return key;
}

size_t kb_name_utf16(const char *name, size_t n)
{
    size_t units = 0;
    for (size_t i = 0; i < n;) {
        utf8proc_int32_t point = -1;
        utf8proc_ssize_t len = utf8proc_iterate((const unsigned char *)name + i, (utf8proc_ssize_t)(n - i), &point);
        if (len <= 0)
            return 0;
        units += point > 0xffff ? 2 : 1;
        i += (size_t)len;
    }
    return units;
}

static const struct {
    const char *fs;
    int64_t largest_file;
} windows_targets[] = {
    {"ntfs", INT64_MAX},  {"ntfs3", INT64_MAX},  {"ntfs-3g", INT64_MAX}, {"refs", INT64_MAX}, {"exfat", INT64_MAX},
    {"vfat", UINT32_MAX}, {"fat32", UINT32_MAX}, {"msdos", UINT32_MAX},  {"cifs", INT64_MAX}, {"smb", INT64_MAX},
};

bool kb_windows_target(const char *fs)
{
    for (size_t i = 0; fs && i < sizeof windows_targets / sizeof *windows_targets; i++)
        if (!strcasecmp(fs, windows_targets[i].fs))
            return true;
    return false;
}

int64_t kb_file_size_limit(const char *fs)
{
    for (size_t i = 0; fs && i < sizeof windows_targets / sizeof *windows_targets; i++)
        if (!strcasecmp(fs, windows_targets[i].fs))
            return windows_targets[i].largest_file;
    return INT64_MAX;
}

/* Microsoft, "Naming Files, Paths, and Namespaces": with or without an extension. */
static bool is_device(const char *name, size_t n)
{
    static const char *const devices[] = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"};
    const char *dot = memchr(name, '.', n);
    size_t stem = dot ? (size_t)(dot - name) : n;
    while (stem && name[stem - 1] == ' ')
        stem--;
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++)
        if (strlen(devices[i]) == stem && !strncasecmp(name, devices[i], stem))
            return true;
    if (stem < 4 || (strncasecmp(name, "COM", 3) && strncasecmp(name, "LPT", 3)))
        return false;
    static const char *const superscripts[] = {"¹", "²", "³"};
    for (size_t i = 0; i < 3; i++)
        if (stem == 3 + strlen(superscripts[i]) && !memcmp(name + 3, superscripts[i], stem - 3))
            return true;
    return stem == 4 && name[3] >= '0' && name[3] <= '9';
}

static struct kb_text name_fault(const char *name, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)name[i] < 0x20 || strchr("<>:\"|?*\\", name[i]))
            return (struct kb_text){"Windows で使えない文字（< > : \" | ? * \\ 制御文字）を含みます",
                                    "it holds a character that Windows does not allow (< > : \" | ? * \\ or control)"};
    if (name[n - 1] == '.' || name[n - 1] == ' ')
        return (struct kb_text){"末尾が点か空白です（Windows は取り除きます）",
                                "it ends with a dot or space, which Windows drops"};
    if (is_device(name, n))
        return (struct kb_text){"Windows の予約名（CON、NUL など）です",
                                "it is a reserved name of Windows (CON, NUL …)"};
    size_t units = kb_name_utf16(name, n);
    if (!units)
        return (struct kb_text){"文字コードが判別できず、UTF-16 で表せません",
                                "its bytes are in no known encoding, so it has no UTF-16 form"};
    if (units > KB_NAME_BYTES_MAX)
        return (struct kb_text){"255文字（UTF-16）を超えます", "it is longer than 255 UTF-16 units"};
    return (struct kb_text){NULL, NULL};
}

struct kb_text kb_windows_fault(const char *path)
{
    for (const char *name = path; *name;) {
        size_t n = strcspn(name, "/");
        struct kb_text fault = n ? name_fault(name, n) : (struct kb_text){NULL, NULL};
        if (fault.en)
            return fault;
        name += n + (name[n] == '/');
    }
    return (struct kb_text){NULL, NULL};
}
