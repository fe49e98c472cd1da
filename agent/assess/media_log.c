/* SPDX-License-Identifier: Apache-2.0 */
/* When media were attached, as the lines of the ledger tell it. */
#include "presence.h"

#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/limits.h"

/* Lines of one look at all media are written one after the other; two disks of a rotation in them are both there. */
enum { ONE_LOOK_S = 300 };

/* A clock that is set back by less than this only blurs the order of what happened. */
enum { CLOCK_SLACK_S = 3600 };

enum turn { BROUGHT_IN, SEEN, CAME_FOR_DRILL, LEFT, TAKEN_OUT };

struct event {
    int64_t time;
    size_t medium; /* of the plan */
    enum turn turn;
};

/* One medium while the events go by. */
struct state {
    bool open;     /* its last span has no end yet */
    bool seen;     /* in that span, by somebody who would also have seen it leave */
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

/* The verification machine sees what is plugged into itself. A disk whose place is another machine is there on a visit,
 * and neither its coming nor its leaving tells whether it was in its place. */
bool kb_medium_is_elsewhere(const struct kb_plan *plan, const struct kb_medium *medium)
{
    static const char verification[] = "verification";
    const struct kb_rotation *rotation = kb_plan_rotation_of(plan, medium->id);
    const struct kb_host *place = kb_plan_host(plan, rotation && rotation->at ? rotation->at : medium->on);
    bool other = place && (!place->kind || strcmp(place->kind, verification) != 0);
    for (size_t i = 0; other && i < plan->hosts.n; i++)
        if (plan->hosts.v[i].kind && !strcmp(plan->hosts.v[i].kind, verification))
            return true;
    return false;
}

/* An id may have been given to a new disk since. */
static bool is_this_disk(const struct kb_medium *medium, const struct kb_line *line)
{
    return !line->fs_uuid || !medium->fs_uuid || kb_same_uuid(line->fs_uuid, medium->fs_uuid);
}

static void add_event(struct reading *r, const struct kb_line *line, size_t medium, enum turn turn)
{
    if (medium == r->plan->media.n)
        return;
    r->events = kb_grow(r->arena, r->events, r->n_events, sizeof *r->events);
    r->events[r->n_events++] = (struct event){line->time, medium, turn};
}

static void add_seen(struct reading *r, const struct kb_line *line)
{
    size_t index = kb_medium_index(r->plan, line->medium);
    const struct kb_medium *medium = index < r->plan->media.n ? &r->plan->media.v[index] : NULL;
    if (!medium || !line->presence || !is_this_disk(medium, line) || kb_medium_is_elsewhere(r->plan, medium))
        return;
    bool left = !strcmp(line->presence, "left"), came = !strcmp(line->presence, "arrived");
    if (!left && line->for_drill)
        add_event(r, line, index, CAME_FOR_DRILL);
    else if (left ? !line->for_drill : came || !strcmp(line->presence, "present"))
        add_event(r, line, index, left ? LEFT : SEEN);
}

/* Read backwards: what came is added before what left. */
static void add_swapped(struct reading *r, const struct kb_line *line)
{
    const struct kb_rotation *rotation = line->medium ? kb_plan_rotation_of(r->plan, line->medium) : NULL;
    size_t out = kb_medium_index(r->plan, line->medium);
    const char *in = line->medium_in;
    if (!in && rotation)
        in = rotation->disks.v[(kb_rotation_place(rotation, line->medium) + 1) % rotation->disks.n];
    add_event(r, line, kb_medium_index(r->plan, in), BROUGHT_IN);
    if (out < r->plan->media.n && is_this_disk(&r->plan->media.v[out], line))
        add_event(r, line, out, TAKEN_OUT);
}

/* From the newest line back, to where the clock was set back: times before that cannot be compared with those after.
 * Returns the newest time before it that can be true; nothing up to then is known. */
static int64_t collect(struct reading *r, const struct kb_lines *lines)
{
    int64_t earliest = INT64_MAX, lost = INT64_MIN;
    size_t i = lines->n;
    for (; i > 0 && r->n_events < KB_PRESENCE_LINES_MAX; i--) {
        const struct kb_line *line = &lines->v[i - 1];
        if (line->time > kb_seconds_add(earliest, CLOCK_SLACK_S))
            break;
        earliest = line->time < earliest ? line->time : earliest;
        if (line->plan && r->plan->plan.id && strcmp(line->plan, r->plan->plan.id) != 0)
            continue;
        if (!strcmp(line->kind, kb_line_kind_names[KB_LINE_MEDIUM_SEEN]))
            add_seen(r, line);
        else if (!strcmp(line->kind, kb_line_kind_names[KB_LINE_MEDIUM_SWAPPED]))
            add_swapped(r, line);
    }
    bool full = r->n_events >= KB_PRESENCE_LINES_MAX;
    for (; !full && i-- > 0;)
        if (lines->v[i].time > lost && lines->v[i].time <= lines->v[lines->n - 1].time)
            lost = lines->v[i].time;
    return lost;
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
    /* one that was seen is there until it is seen to leave: two disks may be attached at once */
    const struct state *state = &r->states[sibling];
    if (state->open && !state->seen && kb_seconds_between(state->last, e->time) > ONE_LOOK_S)
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
    if (!state->open) {
        open_span(r, e->medium, e->time, INT64_MAX);
        state->seen = false;
    }
    if (e->turn == SEEN) {
        state->seen = true;
        log->seen.v = kb_grow(r->arena, log->seen.v, log->seen.n, sizeof *log->seen.v);
        log->seen.v[log->seen.n++] = e->time;
    }
    state->visiting = false;
    state->last = e->time;
    know_from(r, e->medium, e->time);
    for_siblings(r, e, replaced);
}

/* What leaves without having been seen to come was there before: for its turn, or, if an exchange was not written down,
 * perhaps ever since it left the last time. */
static void was_there_before(struct reading *r, const struct event *e)
{
    const struct kb_medium_log *log = &r->log.v[e->medium];
    bool unknown = log->known_from == INT64_MAX;
    int64_t from = unknown        ? kb_seconds_add(e->time, -KB_TURN_S)
                   : log->spans.n ? log->spans.v[log->spans.n - 1].to
                                  : log->known_from;
    if (from < e->time)
        open_span(r, e->medium, from, e->time);
    know_from(r, e->medium, from);
    if (unknown)
        for_siblings(r, e, away_before);
}

/* One that visited goes back to where it was. */
static void left(struct reading *r, const struct event *e)
{
    struct state *state = &r->states[e->medium];
    bool visited = e->turn == LEFT && state->visiting;
    if (!visited && state->open)
        close_span(r, e->medium, e->time);
    else if (!visited)
        was_there_before(r, e);
    state->visiting = false;
}

static void happen(struct reading *r, const struct event *e)
{
    struct state *state = &r->states[e->medium];
    const struct kb_rotation *rotation = kb_plan_rotation_of(r->plan, r->plan->media.v[e->medium].id);
    if (e->turn == CAME_FOR_DRILL)
        state->visiting = !(state->open && state->seen);
    else if (e->turn == LEFT || e->turn == TAKEN_OUT)
        left(r, e);
    else
        came(r, e);
    for (size_t i = 0; e->turn != CAME_FOR_DRILL && i < r->plan->media.n; i++)
        if (i == e->medium || (rotation && kb_plan_rotation_of(r->plan, r->plan->media.v[i].id) == rotation))
            r->log.v[i].last = e->time;
}

struct kb_media_log kb_media_log_of(const struct kb_plan *plan, const struct kb_lines *lines, struct kb_arena *arena)
{
    size_t n = plan->media.n;
    struct reading r = {.plan = plan, .arena = arena, .states = kb_alloc(arena, n, sizeof *r.states)};
    r.log = (struct kb_media_log){n, kb_alloc(arena, n, sizeof *r.log.v)};
    for (size_t i = 0; i < n; i++)
        r.log.v[i] = (struct kb_medium_log){.known_from = INT64_MAX, .last = KB_ABSENT};
    int64_t latest = collect(&r, lines);
    for (size_t i = r.n_events; i-- > 0;) {
        struct event *e = &r.events[i];
        if (e->time < latest && kb_seconds_between(e->time, latest) > CLOCK_SLACK_S)
            continue; /* the clock had not been set right again */
        latest = e->time > latest ? e->time : latest;
        e->time = latest;
        happen(&r, e);
    }
    return r.log;
}
