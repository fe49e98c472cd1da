/* SPDX-License-Identifier: Apache-2.0 */
/* The media log: the kernel says that something changed, workers say what, the ledger is told what lasted. */
#include <string.h>
#include <unistd.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/lock.h"
#include "koboshi/media.h"
#include "line.h"
#include "look.h"
#include "medium.h"
#include "sighting.h"
#include "stop.h"

/* Two seconds between looks at the kernel's lists: a disk stays longer than that. A full look every ten minutes finds
 * what they do not show. */
enum { POLL_MS = 2000, FULL_LOOK_S = 600 };

struct watched {
    const struct kb_medium *medium;
    struct kb_sighting sighting;
    struct kb_arena *arena;       /* of state */
    struct kb_medium_state state; /* as last seen here */
    bool started;                 /* its first look is over */
    int64_t last;                 /* wall time of the last line about it before that; KB_ABSENT: none */
};

struct watch {
    const struct kb_watch_params *params;
    struct kb_arena *arena;
    uv_loop_t loop;
    uv_timer_t timer;
    uv_poll_t uevents;
    int uevents_fd;
    struct kb_stop stop;
    struct watched *media;
    size_t n;
    struct kb_sha256 scene;
    int64_t looked; /* seconds; when the last look began */
    bool stirred;   /* a look is wanted */
    struct kb_looking *looking;
    struct kb_arena *look_arena;
    struct kb_err err;
};

static int64_t now_s(void)
{
    return kb_boot_ns() / KB_NS_PER_S;
}

static void finish(struct watch *watch)
{
    if (watch->looking)
        kb_look_cancel(watch->looking);
    (void)uv_timer_stop(&watch->timer);
    if (watch->uevents_fd >= 0)
        (void)uv_poll_stop(&watch->uevents);
}

static void fail(struct watch *watch, const struct kb_err *err)
{
    if (!watch->err.code)
        watch->err = *err;
    finish(watch);
}

static bool is_in_a_drill(const struct watch *watch, const struct kb_medium *medium)
{
    const struct kb_lock lock = {.dir = watch->params->place->locks,
                                 .kind = KB_LOCK_MEDIUM,
                                 .id = kb_medium_lock_id(watch->arena, medium),
                                 .drill = KB_ABSENT};
    return kb_lock_is_held(&lock);
}

static void tell(struct watch *watch, struct watched *watched, const char *presence, struct kb_text reason)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_line line;
    struct kb_err err = {0};
    kb_line_of_plan(watch->params->plan, KB_LINE_MEDIUM_SEEN, arena, &line);
    kb_line_name_medium(&line, watched->medium, &watched->state);
    line.presence = presence;
    line.reason = reason;
    bool came = !strcmp(presence, "arrived"), left = !strcmp(presence, "left");
    line.for_drill = !left && (watch->params->for_drill || (came && is_in_a_drill(watch, watched->medium)));
    if (kb_ledger_append(watch->params->ledger, &line, &err)) {
        fail(watch, &err);
        return;
    }
    line.time = kb_wall_s();
    watch->params->told(watch->params->owner, &line);
}

/* The first look tells what is here; what the ledger believes here and is not has left while nobody watched. */
static void begin(struct watch *watch, struct watched *watched, bool here)
{
    static const struct kb_text unwatched = {.ja = "監視していない間に外されていました",
                                             .en = "it left while nobody watched"};
    bool believed = watched->sighting.told;
    watched->started = true;
    watched->sighting = (struct kb_sighting){.told = here, .here = here, .since = now_s()};
    int64_t now = kb_wall_s(), last = watched->last;
    bool just_told = last != KB_ABSENT && last <= now && last > now - KB_WATCH_CALM_S;
    if (here && believed && just_told && !watch->params->for_drill)
        return; /* said a moment ago: a watch that is started over and over does not fill the ledger */
    if (here)
        tell(watch, watched, "present", (struct kb_text){0});
    else if (believed)
        tell(watch, watched, "left", unwatched);
}

static void keep_state(struct watched *watched, const struct kb_medium_state *state)
{
    kb_arena_free(watched->arena);
    watched->arena = kb_arena_new();
    KB_SCOPED_JSON json = kb_shape_write(&kb_medium_state_shape, state);
    struct kb_err unasked = {0};
    (void)kb_shape_read(&kb_medium_state_shape, json, watched->arena, &watched->state, &unasked);
}

static void tell_due(struct watch *watch)
{
    for (size_t i = 0; i < watch->n && !watch->stop.asked && !watch->err.code; i++) {
        struct watched *watched = &watch->media[i];
        if (!watched->started || kb_sighting_due(&watched->sighting, now_s()) != 0)
            continue;
        const char *presence = watched->sighting.here ? "arrived" : "left";
        int64_t unsaid = kb_sighting_told(&watched->sighting, now_s());
        KB_SCOPED_ARENA arena = kb_arena_new();
        struct kb_text reason = {0};
        if (unsaid)
            reason = kb_text_new(arena, "it came and went %lld times before that",
                                 "その前に %lld 回、接続と切断を繰り返しました", (long long)unsaid);
        tell(watch, watched, presence, reason);
    }
}

static void on_looked(void *owner, const struct kb_look *look)
{
    struct watch *watch = owner;
    watch->looking = NULL;
    for (size_t i = 0; i < look->media.n && !watch->stop.asked && !watch->err.code; i++) {
        struct watched *watched = &watch->media[i];
        const struct kb_look_medium *at = &look->media.v[i];
        bool here = kb_medium_is_here(at->medium, &at->state);
        bool may_be = at->state.status == KB_MEDIUM_UNREADABLE || at->state.status == KB_MEDIUM_LOCKED;
        if (at->fault || (may_be && !here))
            continue; /* nothing is known of it: the next look will tell */
        if (here)
            keep_state(watched, &at->state);
        if (!watched->started)
            begin(watch, watched, here);
        else
            kb_sighting_see(&watched->sighting, here, now_s());
    }
    tell_due(watch);
    kb_arena_free(watch->look_arena);
    watch->look_arena = NULL;
}

static void look(struct watch *watch)
{
    struct kb_err err = {0};
    watch->stirred = false;
    watch->looked = now_s();
    watch->look_arena = kb_arena_new();
    const struct kb_look_params params = {.plan = watch->params->plan,
                                          .place = watch->params->place,
                                          .disks_only = true,
                                          .arena = watch->look_arena,
                                          .owner = watch,
                                          .done = on_looked};
    if (kb_look_start(&watch->loop, &params, &watch->looking, &err))
        fail(watch, &err);
}

static void turn(struct watch *watch)
{
    struct kb_sha256 scene;
    struct kb_err err = {0};
    if (kb_media_scene("/sys", "/proc/self/mountinfo", &scene, &err)) {
        fail(watch, &err);
        return;
    }
    watch->stirred |= memcmp(&scene, &watch->scene, sizeof scene) != 0 || now_s() - watch->looked >= FULL_LOOK_S;
    watch->scene = scene;
    if (watch->stirred && !watch->looking)
        look(watch);
    else
        tell_due(watch);
}

static void on_timer(uv_timer_t *timer)
{
    turn(timer->data);
}

static void on_uevent(uv_poll_t *poll, int status, int events)
{
    struct watch *watch = poll->data;
    (void)events;
    if (status < 0)
        (void)uv_poll_stop(poll); /* the timer goes on without it */
    else if (kb_uevents_drain(watch->uevents_fd))
        watch->stirred = true; /* the timer looks, so that a storm of events is one look in two seconds */
}

static void on_stopped(void *owner)
{
    finish(owner);
}

/* What the ledger believes before the first look. */
static int remember(struct watch *watch, struct kb_err *err)
{
    const struct kb_plan *plan = watch->params->plan;
    struct kb_lines lines = {0};
    int code = kb_ledger_lines(watch->params->place->ledger, watch->arena, &lines, err);
    watch->media = kb_alloc(watch->arena, plan->media.n, sizeof *watch->media);
    for (size_t i = 0; !code && i < plan->media.n; i++) {
        struct kb_medium_history history;
        if (!kb_medium_is_disk(plan->media.v[i].kind))
            continue;
        kb_register_history(&lines, plan->plan.id, plan->media.v[i].id, &history);
        watch->media[watch->n++] = (struct watched){.medium = &plan->media.v[i],
                                                    .last = history.last,
                                                    .sighting = {.told = history.here && history.since != KB_ABSENT}};
    }
    if (!code && !watch->n)
        code = kb_fail(err, KB_EUSAGE, "the plan has no disk that could come or go (kind hdd or rdx)",
                       "計画に、着脱するディスク（kind: hdd・rdx）がありません");
    return code;
}

static int run(struct watch *watch, struct kb_err *err)
{
    if (uv_loop_init(&watch->loop))
        return kb_fail(err, KB_EIO, "the event loop cannot be made", "イベントループを作成できません");
    int code = kb_stop_begin(&watch->stop, &watch->loop, on_stopped, watch, err);
    (void)uv_timer_init(&watch->loop, &watch->timer);
    watch->timer.data = watch->uevents.data = watch;
    watch->uevents_fd = code ? -1 : kb_uevents_open();
    bool polled = watch->uevents_fd >= 0 && !uv_poll_init(&watch->loop, &watch->uevents, watch->uevents_fd);
    if (polled)
        (void)uv_poll_start(&watch->uevents, UV_READABLE, on_uevent);
    if (!code) {
        watch->stirred = true;
        (void)uv_timer_start(&watch->timer, on_timer, 0, POLL_MS);
        (void)uv_run(&watch->loop, UV_RUN_DEFAULT);
    }
    uv_close((uv_handle_t *)&watch->timer, NULL);
    if (polled)
        uv_close((uv_handle_t *)&watch->uevents, NULL);
    kb_stop_end(&watch->stop);
    (void)uv_run(&watch->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&watch->loop);
    if (watch->uevents_fd >= 0)
        (void)close(watch->uevents_fd);
    if (!code && watch->err.code) {
        *err = watch->err;
        code = err->code;
    }
    return code;
}

int kb_run_watch(const struct kb_watch_params *params, struct kb_arena *arena, struct kb_err *err)
{
    struct watch *watch = kb_alloc(arena, 1, sizeof *watch); /* an abandoned worker is still of its loop */
    *watch = (struct watch){.params = params, .arena = arena, .uevents_fd = -1};
    int code = remember(watch, err);
    if (!code)
        code = run(watch, err);
    for (size_t i = 0; i < watch->n; i++)
        kb_arena_free(watch->media[i].arena);
    return code;
}
