/* SPDX-License-Identifier: Apache-2.0 */
/* Four system calls a small file: open, look, read, close. */
#include "measure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"

void kb_measured_done(struct kb_measured *measured)
{
    free(measured->reading);
    free(measured->more);
    free(measured->bytes);
    measured->reading = NULL;
    measured->more = measured->bytes = NULL;
}

void kb_measured_pack(struct kb_measured *measured, const char *path, const struct kb_content *content, bool lead)
{
    measured->sign = kb_sign_of(path, content);
    measured->whole = content->whole;
    measured->blank = content->blank;
    measured->sha256 = content->digests.sha256;
    measured->n_lead = lead ? (uint16_t)content->n_lead : 0;
    measured->others = content->digests.others;
    size_t more = measured->n_lead + (measured->others ? sizeof content->digests : 0);
    if (!more)
        return;
    measured->more = malloc(more);
    if (!measured->more)
        abort();
    memcpy(measured->more, content->lead, measured->n_lead);
    if (measured->others)
        memcpy(measured->more + measured->n_lead, &content->digests, sizeof content->digests);
}

void kb_measured_unpack(const struct kb_measured *measured, struct kb_content *ret_content)
{
    ret_content->whole = measured->whole;
    ret_content->blank = measured->blank;
    ret_content->size = measured->came;
    ret_content->sign = &measured->sign;
    ret_content->n_lead = measured->n_lead;
    ret_content->digests.sha256 = measured->sha256;
    ret_content->digests.others = 0;
    if (measured->n_lead)
        memcpy(ret_content->lead, measured->more, measured->n_lead);
    if (measured->others)
        memcpy(&ret_content->digests, measured->more + measured->n_lead, sizeof ret_content->digests);
}

void kb_measurer_init(struct kb_measurer *measurer, struct kb_measure_rules *rules)
{
    measurer->rules = rules;
    measurer->gauge = kb_gauge_new(rules->others);
    measurer->buffer = aligned_alloc(4096, KB_MEASURE_BYTES);
    if (!measurer->buffer)
        abort();
}

void kb_measurer_done(struct kb_measurer *measurer)
{
    kb_gauge_free(measurer->gauge);
    free(measurer->buffer);
}

enum { FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC };

static int open_with(const struct kb_measure_rules *rules, const struct kb_walked *walked, int flags)
{
    return walked->folder ? openat(walked->folder->fd, walked->path + walked->name_at, flags)
                          : kb_open_below(rules->root, walked->path, flags, 0);
}

/* Only the folder says what it is: then what it cannot be opened for may be that it cannot even be looked at. */
static int not_opened(struct kb_walked *walked, int cause)
{
    struct stat st;
    if (walked->looked_at || !walked->folder)
        return cause;
    if (fstatat(walked->folder->fd, walked->path + walked->name_at, &st, AT_SYMLINK_NOFOLLOW)) {
        walked->event = KB_WALKED_UNREAD;
        walked->cause = errno;
        return errno;
    }
    kb_walked_look(walked, &st);
    walked->kind = KB_ENTRY_FILE;
    return S_ISREG(st.st_mode) ? cause : ESTALE;
}

/* Not even the access time changes, where that is allowed: it is asked for when opening until it was refused once, as
 * it is for all files of a tree as a rule; from then on only for those of this account, once they are open. */
static int open_quietly(struct kb_measure_rules *rules, const struct kb_walked *walked, struct stat *ret_now)
{
    bool foreign = atomic_load(&rules->foreign);
    KB_SCOPED_FD fd = open_with(rules, walked, foreign ? FLAGS : FLAGS | O_NOATIME);
    if (fd < 0 && errno == EPERM && !foreign) {
        atomic_store(&rules->foreign, true);
        fd = open_with(rules, walked, FLAGS);
    }
    if (fd < 0 || fstat(fd, ret_now))
        return -1;
    if (foreign && ret_now->st_uid == rules->user)
        (void)fcntl(fd, F_SETFL, O_NONBLOCK | O_NOATIME);
    return kb_steal(&fd);
}

int kb_measure_open(struct kb_measure_rules *rules, struct kb_walked *walked, int *ret_cause)
{
    *ret_cause = 0;
    struct stat now;
    KB_SCOPED_FD fd = open_quietly(rules, walked, &now);
    if (fd < 0) {
        *ret_cause = not_opened(walked, errno);
        return -1;
    }
    if (!S_ISREG(now.st_mode) || (walked->looked_at && now.st_ino != walked->inode)) {
        *ret_cause = not_opened(walked, ESTALE);
        return -1;
    }
    kb_walked_look(walked, &now);
    return kb_steal(&fd);
}

/* Content that is handed on waits in memory, as far as there is room. */
static uint8_t *room_for(struct kb_measure_rules *rules, int64_t size)
{
    if (!rules->keep || size > KB_KEPT_FILE_BYTES)
        return NULL;
    if (atomic_fetch_add(&rules->kept, size) + size > KB_KEPT_BYTES) {
        (void)atomic_fetch_sub(&rules->kept, size);
        return NULL;
    }
    uint8_t *bytes = malloc(size ? (size_t)size : 1);
    if (!bytes)
        abort();
    return bytes;
}

void kb_measure_came(struct kb_measure_rules *rules, const struct kb_walked *walked, size_t n)
{
    int64_t came = atomic_fetch_add(&rules->came, (long long)n) + (int64_t)n;
    if (n < KB_MEASURE_BYTES || !rules->reporter->progress) /* small files are told when they are judged */
        return;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct kb_progress progress = {.bytes = came,
                                         .bytes_total = KB_ABSENT,
                                         .entries = atomic_load(&rules->entries),
                                         .entry = kb_escape(arena, walked->path, walked->path_n),
                                         .phase = "read"};
    rules->reporter->progress(rules->reporter->owner, &progress);
}

static void note_reading(struct kb_measured *measured, const struct kb_reading *reading)
{
    free(measured->reading);
    measured->reading = NULL;
    if (!reading->n_bad)
        return;
    measured->reading = malloc(sizeof *reading);
    if (!measured->reading)
        abort();
    *measured->reading = *reading;
}

bool kb_measure_ahead(struct kb_measure_rules *rules, int64_t size)
{
    if (size <= rules->most && atomic_load(&rules->ahead) <= rules->most - size) {
        (void)atomic_fetch_add(&rules->ahead, (long long)size);
        return true;
    }
    atomic_store(&rules->ahead, rules->most);
    return false;
}

/* Bytes past the size that the file had when it was opened are counted, and not kept. */
static void read_all(struct kb_measurer *m, int fd, const struct kb_walked *walked, struct kb_measured *measured)
{
    int64_t size = walked->size;
    struct kb_reading reading = {.fd = fd};
    if (measured->reading)
        reading.failed = measured->reading->failed;
    ssize_t n;
    kb_gauge_begin(m->gauge);
    while ((n = kb_reading_next(&reading, m->buffer, KB_MEASURE_BYTES)) > 0) {
        kb_gauge_data(m->gauge, reading.offset - n, m->buffer, (size_t)n);
        kb_measure_came(m->rules, walked, (size_t)n);
        if (measured->bytes && reading.offset <= size)
            memcpy(measured->bytes + (reading.offset - n), m->buffer, (size_t)n);
        if (n < KB_MEASURE_BYTES && reading.offset == size) { /* less came than was asked for: it was the end */
            n = 0;
            break;
        }
    }
    measured->came = reading.offset;
    note_reading(measured, &reading);
    kb_gauge_end(m->gauge, n == 0 && reading.offset == size, &m->content);
}

void kb_measure(struct kb_measurer *measurer, struct kb_walked *walked, struct kb_measured *ret_measured)
{
    struct kb_measure_rules *rules = measurer->rules;
    if (rules->until_ns && kb_boot_ns() >= rules->until_ns) {
        ret_measured->state = KB_MEASURED_LATER;
        return;
    }
    KB_SCOPED_FD fd = kb_measure_open(rules, walked, &ret_measured->cause);
    if (fd < 0) {
        ret_measured->state = KB_MEASURED_READ;
        return;
    }
    if (!kb_measure_ahead(rules, walked->size) ||
        (rules->keep && !(ret_measured->bytes = room_for(rules, walked->size)))) {
        ret_measured->state = KB_MEASURED_LEFT;
        return;
    }
    read_all(measurer, fd, walked, ret_measured);
    kb_measured_pack(ret_measured, walked->path, &measurer->content, rules->lead);
    ret_measured->state = KB_MEASURED_READ;
}
