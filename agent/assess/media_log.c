/* SPDX-License-Identifier: Apache-2.0 */
/* When media were attached, as the lines of the ledger tell it. */
#include "presence.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "koboshi/arena.h"
#include "koboshi/limits.h"

/* Lines of one look at all media are written one after the other; two disks of a rotation in them are both there. */
enum { ONE_LOOK_S = 300 };

enum turn { CAME, SEEN, CAME_FOR_DRILL, LEFT };

struct event {
    int64_t time, seq;
    size_t medium; /* of the plan */
    enum turn turn;
};

/* One medium while the events go by. */
struct state {
    bool open;     /* its last span has no end yet */
    bool visiting; /* it is here for a drill */
    int64_t last;  /* when it was last known to be attached */
};

struct reading {
    const struct kb_plan *plan;
    struct kb_arena *arena;
    size_t n_events;
    struct event *events;
    struct state *states;
    struct kb_media_log log;
};

size_t kb_medium_index(const struct kb_plan *plan, const char *id)
{
    size_t i = 0;
    while (i < plan->media.n && (!id || strcmp(plan->media.v[i].id, id) != 0))
        i++;
    return i;
}

size_t kb_rotation_place(const struct kb_rotation *rotation, const char *medium)
{
    size_t i = 0;
    while (i < rotation->disks.n && strcmp(rotation->disks.v[i], medium) != 0)
        i++;
    return i;
}

/* An id may have been given to a new disk since. */
static bool is_this_disk(const struct kb_medium *medium, const struct kb_line *line)
{
    return !line->fs_uuid || !medium->fs_uuid || !strcasecmp(line->fs_uuid, medium->fs_uuid);
}

static void add_event(struct reading *r, const struct kb_line *line, size_t medium, enum turn turn)
{
    if (medium == r->plan->media.n)
        return;
    r->events = kb_grow(r->arena, r->events, r->n_events, sizeof *r->events);
    r->events[r->n_events++] = (struct event){line->time, line->seq, medium, turn};
}

static void add_seen(struct reading *r, const struct kb_line *line)
{
    size_t medium = kb_medium_index(r->plan, line->medium);
    if (medium == r->plan->media.n || !line->presence || !is_this_disk(&r->plan->media.v[medium], line))
        return;
    bool left = !strcmp(line->presence, "left"), came = !strcmp(line->presence, "arrived");
    if (!left && line->for_drill)
        add_event(r, line, medium, CAME_FOR_DRILL);
    else if (left ? !line->for_drill : came || !strcmp(line->presence, "present"))
        add_event(r, line, medium, left ? LEFT : SEEN);
}

static void add_swapped(struct reading *r, const struct kb_line *line)
{
    const struct kb_rotation *rotation = line->medium ? kb_plan_rotation_of(r->plan, line->medium) : NULL;
    const char *in = line->medium_in;
    if (!in && rotation)
        in = rotation->disks.v[(kb_rotation_place(rotation, line->medium) + 1) % rotation->disks.n];
    add_event(r, line, kb_medium_index(r->plan, line->medium), LEFT);
    add_event(r, line, kb_medium_index(r->plan, in), CAME);
}

static int by_time(const void *a_, const void *b_)
{
    const struct event *a = a_, *b = b_;
    if (a->time != b->time)
        return a->time < b->time ? -1 : 1;
    if (a->seq != b->seq)
        return a->seq < b->seq ? -1 : 1;
    return (a->turn != LEFT) - (b->turn != LEFT); /* one line: first the one that leaves */
}

static void collect(struct reading *r, const struct kb_lines *lines)
{
    for (size_t i = lines->n; i-- > 0 && r->n_events < KB_PRESENCE_LINES_MAX;) {
        const struct kb_line *line = &lines->v[i];
        if (line->plan && r->plan->plan.id && strcmp(line->plan, r->plan->plan.id) != 0)
            continue;
        if (!strcmp(line->kind, kb_line_kind_names[KB_LINE_MEDIUM_SEEN]))
            add_seen(r, line);
        else if (!strcmp(line->kind, kb_line_kind_names[KB_LINE_MEDIUM_SWAPPED]))
            add_swapped(r, line);
    }
    if (r->n_events)
        qsort(r->events, r->n_events, sizeof *r->events, by_time);
}

static void close_span(struct reading *r, size_t medium, int64_t at)
{
    struct kb_medium_log *log = &r->log.v[medium];
    log->spans.v[log->spans.n - 1].to = at;
    r->states[medium].open = false;
}

static void open_span(struct reading *r, size_t medium, int64_t from, int64_t to)
{
    struct kb_medium_log *log = &r->log.v[medium];
    log->spans.v = kb_grow(r->arena, log->spans.v, log->spans.n, sizeof *log->spans.v);
    log->spans.v[log->spans.n++] = (struct kb_attached_span){from, to};
    r->states[medium].open = to == INT64_MAX;
}

static void know_from(struct reading *r, size_t medium, int64_t from)
{
    if (r->log.v[medium].known_from == INT64_MAX)
        r->log.v[medium].known_from = from;
}

/* The others of the rotation, which has one place; NULL: no rotation. */
static void for_siblings(struct reading *r, const struct event *e,
                         void (*each)(struct reading *r, size_t sibling, const struct event *e))
{
    const struct kb_rotation *rotation = kb_plan_rotation_of(r->plan, r->plan->media.v[e->medium].id);
    for (size_t i = 0; rotation && i < rotation->disks.n; i++) {
        size_t sibling = kb_medium_index(r->plan, rotation->disks.v[i]);
        if (sibling != e->medium && sibling < r->plan->media.n)
            each(r, sibling, e);
    }
}

static void replaced(struct reading *r, size_t sibling, const struct event *e)
{
    if (r->states[sibling].open && kb_seconds_between(r->states[sibling].last, e->time) > ONE_LOOK_S)
        close_span(r, sibling, e->time);
    know_from(r, sibling, e->time);
}

static void away_before(struct reading *r, size_t sibling, const struct event *e)
{
    know_from(r, sibling, kb_seconds_add(e->time, -KB_TURN_S));
}

static void came(struct reading *r, const struct event *e)
{
    struct kb_medium_log *log = &r->log.v[e->medium];
    struct state *state = &r->states[e->medium];
    if (!state->open)
        open_span(r, e->medium, e->time, INT64_MAX);
    if (e->turn == SEEN) {
        log->seen.v = kb_grow(r->arena, log->seen.v, log->seen.n, sizeof *log->seen.v);
        log->seen.v[log->seen.n++] = e->time;
    }
    state->visiting = false;
    state->last = e->time;
    know_from(r, e->medium, e->time);
    for_siblings(r, e, replaced);
}

/* What leaves without having been seen to come was there before, for its turn. */
static void left(struct reading *r, const struct event *e)
{
    struct kb_medium_log *log = &r->log.v[e->medium];
    struct state *state = &r->states[e->medium];
    if (state->open) {
        close_span(r, e->medium, e->time);
    } else if (!state->visiting && log->known_from == INT64_MAX) {
        int64_t from = kb_seconds_add(e->time, -KB_TURN_S);
        open_span(r, e->medium, from, e->time);
        know_from(r, e->medium, from);
        for_siblings(r, e, away_before);
    }
    state->visiting = false;
}

struct kb_media_log kb_media_log_of(const struct kb_plan *plan, const struct kb_lines *lines, struct kb_arena *arena)
{
    size_t n = plan->media.n;
    struct reading r = {.plan = plan, .arena = arena, .states = kb_alloc(arena, n, sizeof *r.states)};
    r.log = (struct kb_media_log){n, kb_alloc(arena, n, sizeof *r.log.v)};
    for (size_t i = 0; i < n; i++)
        r.log.v[i].known_from = INT64_MAX;
    collect(&r, lines);
    for (size_t i = 0; i < r.n_events; i++) {
        const struct event *e = &r.events[i];
        if (e->turn == CAME_FOR_DRILL)
            r.states[e->medium].visiting = !r.states[e->medium].open;
        else if (e->turn == LEFT)
            left(&r, e);
        else
            came(&r, e);
    }
    return r.log;
}
