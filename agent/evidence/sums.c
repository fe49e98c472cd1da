/* SPDX-License-Identifier: Apache-2.0 */
/* SHA256SUMS: its lines, and the hashes of the files they name. */
#include "sums.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "koboshi/arena.h"
#include "koboshi/file.h"

const char *kb_drill_folder(struct kb_arena *arena, long long drill)
{
    return kb_sprintf(arena, "%06lld", drill);
}

/* Nothing else is opened, so that a forged list cannot make a check read elsewhere. */
static bool is_record_file(struct kb_arena *arena, const struct kb_sum *sum)
{
    static const char *const names[] = {"record.json", "plan.yaml", "events.jsonl"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(sum->name, names[i]))
            return true;
    return !strcmp(sum->name, kb_sprintf(arena, "../../objects/%s.zst", sum->hex));
}

int kb_sums_next(const char **at, const char *end, struct kb_arena *arena, struct kb_sum *ret_sum)
{
    if (*at == end)
        return 0;
    const char *newline = memchr(*at, '\n', (size_t)(end - *at));
    struct kb_sum sum;
    struct kb_sha256 digest;
    if (!newline || memchr(*at, '\0', (size_t)(newline - *at)) || newline - *at < 67 || newline - *at > 200 ||
        kb_sha256_parse(*at, 64, &digest) || (*at)[64] != ' ' || (*at)[65] != ' ')
        return -1;
    kb_sha256_hex(digest, sum.hex);
    sum.name = kb_strndup(arena, *at + 66, (size_t)(newline - *at - 66));
    if (memcmp(sum.hex, *at, 64) != 0 || !is_record_file(arena, &sum))
        return -1;
    *at = newline + 1;
    *ret_sum = sum;
    return 1;
}

int kb_file_sha256(int dirfd, const char *name, struct kb_sha256 *ret_digest)
{
    KB_SCOPED_FD fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st))
        return -1;
    if (!S_ISREG(st.st_mode)) {
        errno = EINVAL;
        return -1;
    }
    char buffer[64 << 10];
    struct kb_hasher *hasher = kb_hasher_new();
    kb_hasher_begin(hasher);
    ssize_t got;
    while ((got = kb_read_full(fd, buffer, sizeof buffer)) > 0)
        kb_hasher_add(hasher, buffer, (size_t)got);
    int cause = errno;
    struct kb_sha256 digest = kb_hasher_end(hasher);
    kb_hasher_free(hasher);
    errno = cause;
    if (got < 0)
        return -1;
    *ret_digest = digest;
    return 0;
}
