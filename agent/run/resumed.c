/* SPDX-License-Identifier: Apache-2.0 */
/* The state of verifications that go on another day: a file per medium, set and generation. */
#include "resumed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "book.h"
#include "drill.h"
#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"
#include "koboshi/verified.h"
#include "medium.h"

static const char *file_of(const struct unit_run *unit)
{
    struct kb_arena *arena = unit->drill->arena;
    const char *key = kb_sprintf(arena, "%s\n%s\n%s", kb_medium_lock_id(arena, unit->medium->plan), unit->set->id,
                                 unit->generation->path);
    char hex[KB_SHA256_HEX_SIZE];
    kb_sha256_hex(kb_sha256_of(key, strlen(key)), hex);
    return kb_strdup(arena, hex);
}

/* Seconds until the run is to be over. */
static int64_t time_left(const struct drill *drill)
{
    return drill->params->max_duration - kb_drill_now(drill) / KB_NS_PER_S;
}

/* What is left of the time, less what the others are to have. */
static int64_t share(const struct unit_run *unit)
{
    const struct drill *drill = unit->drill;
    int64_t waiting = 0, left = time_left(drill);
    for (size_t i = 0; i < drill->n_units; i++)
        waiting += !drill->units[i].ended;
    int64_t mine = left / (waiting ? waiting : 1);
    return mine < 1 ? 1 : mine;
}

static void cannot(struct unit_run *unit, int cause)
{
    struct kb_err err = {0};
    (void)kb_fail(&err, kb_code_of_errno(cause),
                  "what was verified of %s cannot be kept in %s: %s; the next run would begin anew",
                  "%s の検証済みファイルの記録を %s に保存できません: %s（次回は最初からになります）", unit->set->id,
                  unit->drill->params->place->verified, strerror(cause));
    kb_drill_fault(unit->drill, &err);
}

int kb_resumed_begin(struct unit_run *unit)
{
    struct drill *drill = unit->drill;
    const char *folder = drill->params->place->verified;
    struct kb_err err = {0};
    if (drill->params->kind != KB_RECORD_VERIFY || unit->set->format != KB_FORMAT_TREE || !folder)
        return -1;
    const char *name = file_of(unit), *path = kb_sprintf(drill->arena, "%s/%s", folder, name);
    if (!drill->params->max_duration && access(path, F_OK)) /* nobody verifies it in parts */
        return -1;
    unit->verified_fd = -1;
    if (!kb_mkdir_p(folder, 0700, &err))
        unit->verified_fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (unit->verified_fd < 0 && !err.code) /* a file system without O_TMPFILE */
        unit->verified_fd = open("/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (err.code || unit->verified_fd < 0) {
        cannot(unit, err.code ? EACCES : errno);
        return -1;
    }
    unit->verified = name;
    unit->job_set.verified = path;
    unit->job_set.seconds = drill->params->max_duration ? share(unit) : KB_ABSENT;
    return unit->verified_fd;
}

struct records {
    uint8_t head[KB_VERIFIED_HEAD_BYTES];
    struct kb_verified *v; /* malloc'd */
    size_t n;
    bool all; /* nothing else is there */
};

/* Whatever does not look as it must is left out: then it is verified again. False: nothing of it can be used. */
static bool read_records(int fd, struct records *r)
{
    struct stat st;
    if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size > KB_VERIFIED_FILE_MAX ||
        lseek(fd, 0, SEEK_SET) != 0 || kb_read_full(fd, r->head, sizeof r->head) != sizeof r->head ||
        memcmp(r->head, KB_VERIFIED_MAGIC, sizeof KB_VERIFIED_MAGIC - 1) != 0)
        return false;
    size_t n = (size_t)(st.st_size - KB_VERIFIED_HEAD_BYTES) / KB_VERIFIED_BYTES;
    uint8_t *bytes = calloc(n + 1, KB_VERIFIED_BYTES);
    r->v = calloc(n + 1, sizeof *r->v);
    if (!bytes || !r->v)
        abort();
    ssize_t got = kb_read_full(fd, bytes, n * KB_VERIFIED_BYTES);
    for (size_t i = 0; got > 0 && i < (size_t)got / KB_VERIFIED_BYTES; i++) {
        kb_verified_read(bytes + i * KB_VERIFIED_BYTES, &r->v[r->n]);
        r->all |= r->v[r->n++].when == KB_VERIFIED_ALL;
    }
    free(bytes);
    return true;
}

/* Earlier records stay, unless this run was compared with another manifest or says that it told all there is. */
static void join(struct records *now, const struct records *before)
{
    if (now->all || !before->n || memcmp(now->head, before->head, sizeof now->head) != 0)
        return;
    now->v = reallocarray(now->v, now->n + before->n, sizeof *now->v);
    if (!now->v)
        abort();
    memcpy(now->v + now->n, before->v, before->n * sizeof *now->v);
    now->n += before->n;
}

static int publish(int folder, const char *name, struct records *r, struct kb_err *err)
{
    size_t n = kb_verified_sort(r->v, r->n, kb_wall_s());
    uint8_t *bytes = malloc(sizeof r->head + n * KB_VERIFIED_BYTES);
    if (!bytes)
        abort();
    memcpy(bytes, r->head, sizeof r->head);
    for (size_t i = 0; i < n; i++)
        kb_verified_write(&r->v[i], bytes + sizeof r->head + i * KB_VERIFIED_BYTES);
    int code = kb_file_publish(folder, name, bytes, sizeof r->head + n * KB_VERIFIED_BYTES, 0600, err);
    free(bytes);
    return code;
}

static void keep(struct unit_run *unit)
{
    struct records now = {0}, before = {0};
    struct kb_err err = {0};
    KB_SCOPED_FD folder = open(unit->drill->params->place->verified, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    KB_SCOPED_FD old = openat(folder, unit->verified, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (folder < 0) {
        cannot(unit, errno);
        return;
    }
    if (read_records(unit->verified_fd, &now)) { /* else the worker came to nothing */
        if (read_records(old, &before))
            join(&now, &before);
        if (publish(folder, unit->verified, &now, &err))
            kb_drill_fault(unit->drill, &err);
    }
    free(now.v);
    free(before.v);
}

/* "48,211 of 60,000 files were verified within 7 days (9,000 by this run), 1,000 before that, the rest never." */
static struct kb_text show(const struct kb_freshness *c, struct kb_arena *arena)
{
    const int days = KB_FRESHNESS_RECENT_S / (24 * 3600);
    const char *recent = kb_show_count(arena, c->now + c->recent), *files = kb_show_count(arena, c->files);
    const char *now = kb_show_count(arena, c->now), *older = kb_show_count(arena, c->older);
    const char *since = c->oldest == KB_ABSENT ? "-" : kb_time_show(arena, c->oldest);
    return (struct kb_text){
        .en = kb_sprintf(arena, "%s of %s files were verified within %d days (%s by this run)%s%s.", recent, files,
                         days, now,
                         c->older ? kb_sprintf(arena, ", %s before that (the oldest on %s)", older, since) : "",
                         c->never ? ", the rest never" : ""),
        .ja = kb_sprintf(
            arena, "%s ファイルのうち %s ファイルを%d日以内に検証しました（うち今回 %s）%s%s。", files, recent, days,
            now, c->older ? kb_sprintf(arena, "。%s ファイルはそれより前（最も古いものは %s）", older, since) : "",
            c->never ? "。残りは未検証です" : "")};
}

static void tell(struct unit_run *unit, struct kb_text text)
{
    struct kb_set_result *result = &unit->record->result;
    result->caveats.v = kb_grow(unit->drill->arena, result->caveats.v, result->caveats.n, sizeof *result->caveats.v);
    result->caveats.v[result->caveats.n++] = text;
    if (!unit->record->reason.ja)
        unit->record->reason = text;
}

void kb_resumed_end(struct unit_run *unit)
{
    const struct kb_freshness *c = unit->record->result.freshness;
    if (!unit->verified)
        return;
    keep(unit);
    (void)close(unit->verified_fd);
    unit->verified = NULL;
    if (c && c->now < c->files && unit->drill->params->max_duration)
        tell(unit, show(c, unit->drill->arena));
}

bool kb_resumed_is_late(const struct unit_run *unit)
{
    return unit->drill->params->max_duration && time_left(unit->drill) <= 0;
}

void kb_resumed_tell_late(struct unit_run *unit)
{
    unit->late = true;
    tell(unit, (struct kb_text){.en = "Not verified: the time of this run was over before its turn came.",
                                .ja = "順番が来る前に今回の時間が終わったため、検証していません。"});
}

int kb_resumed_status(const struct unit_run *unit, int status)
{
    const struct kb_freshness *c = unit->record->result.freshness;
    if (unit->late)
        return KB_UNIT_PARTIAL;
    if (!c || c->now == c->files || !unit->drill->params->max_duration)
        return status;
    return c->now + c->recent == c->files ? KB_UNIT_CONDITIONAL : KB_UNIT_PARTIAL;
}
