// SPDX-License-Identifier: Apache-2.0
// Office-like test data from a seed.
#include "office.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 4096, CHUNK = 256 << 10 };

static const char *const departments[] = {"営業部", "総務部", "経理",  "設計",     "製造",   "品質保証",
                                          "人事",   "購買部", "sales", "projects", "public", "役員"};
static const char *const stems[] = {"見積書", "請求書", "議事録", "図面", "写真", "契約書",
                                    "report", "data",   "IMG",    "scan", "週報", "在庫一覧"};
// How a name ends, and how its content begins. Of each four: what is packed, then what is not.
static const struct {
    const char *suffix, *head;
} kinds[2][4] = {{{"xlsx", "PK\3\4"}, {"docx", "PK\3\4"}, {"pdf", "%PDF-1.7\n"}, {"jpg", "\xff\xd8\xff\xe0"}},
                 {{"txt", ""}, {"csv", ""}, {"pdf", "%PDF-1.4\n"}, {"dwg", "AC1032"}}};
static const char *const words[] = {"株式会社", "見積",   "数量",  "単価",   "合計", "2026-11-", "消費税", "納品",
                                    "ご確認",   "total,", "item ", "00000,", "\r\n", "担当者",   "東京都", "    "};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

uint64_t office_draw(struct office_dice *dice)
{
    uint64_t z = dice->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t office_below(struct office_dice *dice, uint64_t bound)
{
    return office_draw(dice) % bound;
}

static bool is_plain(uint64_t number)
{
    return number % 5 >= 2;
}

static size_t kind_of(uint64_t number)
{
    struct office_dice file = {.state = ~number};
    return office_below(&file, COUNT(kinds[0]));
}

static double unit(struct office_dice *dice)
{
    return ((double)(office_draw(dice) >> 11) + 0.5) / 9007199254740992.0;
}

uint64_t office_size(struct office_dice *dice, uint64_t mean)
{
    const double sigma = 1.75;
    double normal = sqrt(-2 * log(unit(dice))) * cos(2 * 3.14159265358979323846 * unit(dice));
    double size = (double)mean * exp(sigma * normal - sigma * sigma / 2);
    double most = fmax(32.0 * (1 << 20), 64.0 * (double)mean);

    if (office_below(dice, 200) == 0) {
        return 0;
    }
    return (uint64_t)fmin(size, most) + 1;
}

size_t office_path(uint64_t number, char path[OFFICE_PATH_MAX])
{
    struct office_dice folder = {.state = number / OFFICE_FILES_PER_FOLDER};
    struct office_dice file = {.state = ~number - 1};
    const char *department = departments[office_below(&folder, COUNT(departments))];
    unsigned year = 2015 + (unsigned)office_below(&folder, 12);
    int length = snprintf(path, OFFICE_PATH_MAX, "%s/%u年度/%s%05u", department, year,
                          office_below(&folder, 3) ? "案件" : "project-", (unsigned)(number / OFFICE_FILES_PER_FOLDER));

    const char *stem = stems[office_below(&file, COUNT(stems))];
    const char *suffix = kinds[is_plain(number)][kind_of(number)].suffix;
    snprintf(path + length, OFFICE_PATH_MAX - (size_t)length, "/%s_%02u.%s", stem,
             (unsigned)(number % OFFICE_FILES_PER_FOLDER), suffix);
    return (size_t)length;
}

static void fill_noise(struct office_dice *dice, unsigned char *at, size_t n)
{
    while (n > 0) {
        uint64_t bits = office_draw(dice);
        size_t part = n < sizeof bits ? n : sizeof bits;
        memcpy(at, &bits, part);
        at += part;
        n -= part;
    }
}

static void fill_text(struct office_dice *dice, unsigned char *at, size_t n)
{
    while (n > 0) {
        uint64_t bits = office_draw(dice);
        for (unsigned i = 0; i < 12 && n > 0; i++, bits >>= 5) {
            char digit[2] = {(char)('0' + (bits & 15) % 10), 0};
            const char *word = bits & 16 ? digit : words[bits & 15];
            size_t length = strlen(word);
            size_t part = n < length ? n : length;
            memcpy(at, word, part);
            at += part;
            n -= part;
        }
    }
}

void office_fill(uint64_t seed, uint64_t offset, unsigned char *buffer, size_t n)
{
    for (size_t done = 0; done < n; done += BLOCK) {
        size_t part = n - done < BLOCK ? n - done : BLOCK;
        struct office_dice dice = {.state = (seed + 1) * UINT64_C(0xd6e8feb86659fd93) + (offset + done) / BLOCK};
        (is_plain(seed) ? fill_text : fill_noise)(&dice, buffer + done, part);
    }
    const char *head = kinds[is_plain(seed)][kind_of(seed)].head;
    if (offset == 0) {
        memcpy(buffer, head, strlen(head) < n ? strlen(head) : n);
    }
}

int office_folders(int root, const char *path)
{
    char part[OFFICE_PATH_MAX];

    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
        if (mkdirat(root, part, 0755) && errno != EEXIST) {
            return -1;
        }
    }
    return 0;
}

int office_write(int fd, uint64_t seed, uint64_t size)
{
    static unsigned char buffer[CHUNK];

    for (uint64_t done = 0; done < size;) {
        size_t part = size - done < CHUNK ? (size_t)(size - done) : CHUNK;
        office_fill(seed, done, buffer, part);
        ssize_t n = pwrite(fd, buffer, part, (off_t)done);
        if (n != (ssize_t)part) {
            errno = n < 0 ? errno : ENOSPC;
            return -1;
        }
        done += part;
    }
    return 0;
}
