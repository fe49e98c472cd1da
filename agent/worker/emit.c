/* SPDX-License-Identifier: Apache-2.0 */
/* Framed replies. */
#include "emit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"

enum { PROGRESS_INTERVAL_NS = 250000000 };

struct kb_emitter {
    int fd;
    pthread_mutex_t lock;
    int64_t last_progress_ns;
    int64_t seen[KB_RULE_COUNT];
};

struct kb_emitter *kb_emitter_new(int fd)
{
    struct kb_emitter *emitter = calloc(1, sizeof *emitter);
    if (!emitter || pthread_mutex_init(&emitter->lock, NULL))
        abort();
    emitter->fd = fd;
    return emitter;
}

void kb_emitter_free(struct kb_emitter *emitter)
{
    if (!emitter)
        return;
    (void)pthread_mutex_destroy(&emitter->lock);
    free(emitter);
}

static void write_frame(struct kb_emitter *emitter, const char *text, size_t n)
{
    unsigned char head[4] = {(unsigned char)(n >> 24), (unsigned char)(n >> 16), (unsigned char)(n >> 8),
                             (unsigned char)n};
    (void)pthread_mutex_lock(&emitter->lock);
    if (kb_write_all(emitter->fd, head, sizeof head) || kb_write_all(emitter->fd, text, n))
        _exit(-KB_EWORKER);
    (void)pthread_mutex_unlock(&emitter->lock);
}

void kb_emit(struct kb_emitter *emitter, const struct kb_reply *reply)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    KB_SCOPED_JSON json = kb_shape_write(&kb_reply_shape, reply);
    size_t n = 0;
    const char *text = kb_json_dump(arena, json, JSON_COMPACT, &n);
    if (n > KB_FRAME_MAX) /* the limits on paths and output keep every message well below */
        abort();
    write_frame(emitter, text, n);
}

static enum kb_rule_id rule_of(const char *name)
{
    int id = 0;
    while (id < KB_RULE_COUNT && strcmp(kb_rule((enum kb_rule_id)id)->name, name))
        id++;
    if (id == KB_RULE_COUNT)
        abort(); /* findings are made from the table */
    return (enum kb_rule_id)id;
}

static void report_finding(void *owner, const struct kb_finding *finding)
{
    struct kb_emitter *emitter = owner;
    (void)pthread_mutex_lock(&emitter->lock);
    int64_t seen = ++emitter->seen[rule_of(finding->rule)];
    (void)pthread_mutex_unlock(&emitter->lock);
    if (seen <= KB_FINDINGS_PER_RULE_MAX)
        kb_emit(emitter, &(struct kb_reply){.kind = KB_REPLY_FINDING, .peak_bytes = KB_ABSENT, .finding = finding});
}

static void report_progress(void *owner, const struct kb_progress *progress)
{
    struct kb_emitter *emitter = owner;
    int64_t now = kb_boot_ns();
    (void)pthread_mutex_lock(&emitter->lock);
    bool due = now - emitter->last_progress_ns >= PROGRESS_INTERVAL_NS;
    if (due)
        emitter->last_progress_ns = now;
    (void)pthread_mutex_unlock(&emitter->lock);
    if (due)
        kb_emit(emitter, &(struct kb_reply){.kind = KB_REPLY_PROGRESS, .peak_bytes = KB_ABSENT, .progress = progress});
}

struct kb_reporter kb_emitter_reporter(struct kb_emitter *emitter)
{
    return (struct kb_reporter){.owner = emitter, .finding = report_finding, .progress = report_progress};
}

void kb_emit_rest(struct kb_emitter *emitter)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    for (int id = 0; id < KB_RULE_COUNT; id++) {
        int64_t more = emitter->seen[id] - KB_FINDINGS_PER_RULE_MAX;
        if (more <= 0)
            continue;
        struct kb_finding *rest = kb_finding_make(arena, (enum kb_rule_id)id);
        rest->count = more;
        rest->found = kb_text_new(arena, "%s more of the same kind", "同じ種類がほかに%s件",
                                  kb_show_count(arena, more));
        kb_emit(emitter, &(struct kb_reply){.kind = KB_REPLY_FINDING, .peak_bytes = KB_ABSENT, .finding = rest});
    }
}
