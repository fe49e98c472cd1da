/* SPDX-License-Identifier: Apache-2.0 */
/* One more medium in the text of a plan, all else byte for byte as it was. */
#include "koboshi/plan.h"

#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"

/* Where the block `media` lies; indexes count characters, as libyaml does. */
struct place {
    bool found, flow, empty;
    size_t column;   /* of its first key */
    size_t last_end; /* after its last scalar or closing bracket */
    size_t end;      /* flow: after its closing brace */
};

struct walk {
    struct place place;
    int depth;  /* of open mappings and sequences */
    bool value; /* in the root: a value comes next */
    bool named; /* the last key of the root was `media` */
};

static void open_block(struct walk *walk, const yaml_event_t *event)
{
    bool root_value = walk->depth == 1 && walk->value;
    if (root_value && walk->named && event->type == YAML_MAPPING_START_EVENT) {
        walk->place.found = walk->place.empty = true;
        walk->place.flow = event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
    }
    walk->depth++;
}

static bool is_within(const struct walk *walk)
{
    return walk->depth >= 2 && walk->named && walk->place.found;
}

static void close_block(struct walk *walk, const yaml_event_t *event)
{
    if (is_within(walk)) {
        if (walk->depth == 2)
            walk->place.end = event->end_mark.index;
        else if (event->end_mark.index > event->start_mark.index) /* a bracket: a block ends without a character */
            walk->place.last_end = event->end_mark.index;
    }
    if (--walk->depth == 1) {
        walk->value = false;
        walk->named = false;
    }
}

static void see_scalar(struct walk *walk, const yaml_event_t *event)
{
    if (is_within(walk)) {
        if (walk->place.empty)
            walk->place.column = event->start_mark.column;
        walk->place.empty = false;
        if (event->end_mark.index > event->start_mark.index)
            walk->place.last_end = event->end_mark.index;
    }
    if (walk->depth != 1)
        return;
    walk->named = !walk->value && !strcmp((const char *)event->data.scalar.value, "media");
    walk->value = !walk->value;
}

static bool find(const char *source, size_t n, struct place *ret_place)
{
    yaml_parser_t parser;
    struct walk walk = {0};
    bool done = false, good = true;
    if (!yaml_parser_initialize(&parser))
        abort();
    yaml_parser_set_input_string(&parser, (const unsigned char *)source, n);
    while (!done && good) {
        yaml_event_t event;
        good = yaml_parser_parse(&parser, &event);
        if (!good)
            break;
        if (event.type == YAML_MAPPING_START_EVENT || event.type == YAML_SEQUENCE_START_EVENT)
            open_block(&walk, &event);
        else if (event.type == YAML_MAPPING_END_EVENT || event.type == YAML_SEQUENCE_END_EVENT)
            close_block(&walk, &event);
        else if (event.type == YAML_SCALAR_EVENT)
            see_scalar(&walk, &event);
        done = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    *ret_place = walk.place;
    return good && walk.place.found;
}

/* Byte of character number `index`; libyaml does not count the byte order mark. */
static size_t byte_of(const char *source, size_t n, size_t index)
{
    size_t at = n >= 3 && !memcmp(source, "\xef\xbb\xbf", 3) ? 3 : 0;
    for (; at < n && index; index--)
        do
            at++;
        while (at < n && ((unsigned char)source[at] & 0xc0) == 0x80);
    return at;
}

/* In double quotes, so that nothing in it is YAML. */
static const char *quoted(struct kb_arena *arena, const char *text)
{
    char *to = kb_alloc(arena, 2 * strlen(text) + 3, 1), *at = to;
    *at++ = '"';
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            *at++ = '\\';
        *at++ = *text;
    }
    *at = '"';
    return to;
}

static const char *entry(const struct kb_new_medium *medium, struct kb_arena *arena)
{
    const struct {
        const char *key, *value;
    } parts[] = {{"label", medium->label},
                 {"fs_uuid", medium->fs_uuid},
                 {"luks_uuid", medium->luks_uuid},
                 {"serial", medium->serial}};
    const char *text = kb_sprintf(arena, "%s: {kind: hdd", medium->id);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].value && *parts[i].value)
            text = kb_sprintf(arena, "%s, %s: %s", text, parts[i].key, quoted(arena, parts[i].value));
    return kb_sprintf(arena, "%s}", text);
}

static const char *with(const char *source, size_t n, const struct place *place, const char *text,
                        struct kb_arena *arena)
{
    if (place->flow) {
        size_t at = byte_of(source, n, place->empty ? place->end - 1 /* before the brace */ : place->last_end);
        return kb_sprintf(arena, "%.*s%s%s%s", (int)at, source, place->empty ? "" : ", ", text, source + at);
    }
    size_t at = byte_of(source, n, place->last_end);
    while (at < n && source[at] != '\n' && at > 0 && source[at - 1] != '\n') /* past a comment behind it */
        at++;
    const char *newline = at > 0 && source[at - 1] == '\r' ? "\r\n" : "\n";
    bool begins = at > 0 && source[at - 1] == '\n';
    if (*newline == '\r')
        at--;
    return begins ? kb_sprintf(arena, "%.*s%*s%s\n%s", (int)at, source, (int)place->column, "", text, source + at)
                  : kb_sprintf(arena, "%.*s%s%*s%s%s", (int)at, source, newline, (int)place->column, "", text,
                               source + at);
}

int kb_plan_with_medium(const struct kb_plan *plan, const struct kb_new_medium *medium, struct kb_arena *arena,
                        const char **ret_text, struct kb_err *err)
{
    struct place place;
    if (kb_plan_medium(plan, medium->id))
        return kb_fail(err, KB_EUSAGE, "the plan has a medium `%s` already; choose another --id",
                       "媒体 `%s` は計画にもうあります。別の --id を指定してください", medium->id);
    if (!find(plan->source, plan->source_n, &place) || (!place.flow && place.empty))
        return kb_fail(err, KB_EPLAN, "the block `media` was not found in %s", "%s に media のブロックが見つかりません",
                       plan->file);
    const char *source = kb_strndup(arena, plan->source, plan->source_n); /* with a NUL behind it */
    const char *text = with(source, plan->source_n, &place, entry(medium, arena), arena);
    const struct kb_plan *changed = NULL;
    const struct kb_diags *diags = NULL;
    struct kb_err why = {0};
    const struct kb_medium *added = NULL;
    if (!kb_plan_parse(plan->file, text, strlen(text), arena, &changed, &diags, &why))
        added = kb_plan_medium(changed, medium->id);
    if (!added || changed->media.n != plan->media.n + 1)
        return kb_fail(err, KB_EPLAN, "the entry could not be put into %s (%s); write it by hand: %s",
                       "%s に項目を追加できませんでした（%s）。手で書き加えてください: %s", plan->file,
                       diags && diags->list.n ? kb_pick(diags->list.v[0].text, KB_EN) : "-", entry(medium, arena));
    *ret_text = text;
    return 0;
}
