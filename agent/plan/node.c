/* SPDX-License-Identifier: Apache-2.0 */
/* libyaml's events to a tree; what YAML can do and a plan must not is refused here. */
#include "node.h"

#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>
#include <yaml.h>

#include "koboshi/arena.h"
#include "koboshi/limits.h"

struct builder {
    yaml_parser_t parser;
    const char *source;
    size_t n;
    struct kb_arena *arena;
    struct kb_complaints *c;
    struct kb_node *root;
    struct kb_node *open[KB_PLAN_DEPTH_MAX];
    size_t depth;
    int documents;
    size_t characters, bytes; /* two names of one place in the source, for offset_of */
};

static struct kb_at place(yaml_mark_t mark)
{
    return (struct kb_at){.line = (int)mark.line + 1, .column = (int)mark.column + 1};
}

/* libyaml counts characters from behind the BOM; asked for places that never go back. */
static size_t offset_of(struct builder *b, yaml_mark_t mark)
{
    while (b->characters < mark.index && b->bytes < b->n) {
        b->bytes++;
        while (b->bytes < b->n && ((unsigned char)b->source[b->bytes] & 0xc0) == 0x80)
            b->bytes++;
        b->characters++;
    }
    return b->bytes;
}

/* A key that nobody may look at keeps the pairs in step. */
static bool is_key_position(const struct builder *b)
{
    return b->depth && b->open[b->depth - 1]->kind == KB_NODE_MAP && b->open[b->depth - 1]->n % 2 == 0;
}

static int attach(struct builder *b, struct kb_node *node)
{
    if (!b->depth) {
        b->root = node;
        return 0;
    }
    struct kb_node *parent = b->open[b->depth - 1];
    size_t items = parent->kind == KB_NODE_MAP ? parent->n / 2 : parent->n;
    if (items >= KB_PLAN_ITEMS_MAX) {
        kb_complaints_only(b->c);
        KB_COMPLAIN(b->c, node->at, "more than %d entries in one block; split the plan",
                    "1つのブロックの項目が %d 件を超えました。計画を分割してください", KB_PLAN_ITEMS_MAX);
        return -1;
    }
    parent->v = kb_grow(b->arena, parent->v, parent->n, sizeof(struct kb_node *));
    parent->v[parent->n++] = node;
    return 0;
}

static struct kb_node *new_node(struct builder *b, enum kb_node_kind kind, yaml_mark_t mark)
{
    struct kb_node *node = kb_alloc(b->arena, 1, sizeof *node);
    node->kind = kind;
    node->at = place(mark);
    return node;
}

static void refuse_properties(struct builder *b, const yaml_char_t *anchor, const yaml_char_t *tag, struct kb_at at)
{
    if (anchor)
        KB_COMPLAIN(b->c, at, "anchors (&%s) are not allowed in a plan; write the value out each time",
                    "計画ではアンカー（&%s）は使えません。値をそのつど書いてください",
                    kb_quote(b->c->arena, (const char *)anchor));
    if (tag)
        KB_COMPLAIN(b->c, at, "tags (%s) are not allowed in a plan; quote the value if it begins with !",
                    "計画ではタグ（%s）は使えません。! で始まる値なら引用符で囲んでください",
                    kb_quote(b->c->arena, (const char *)tag));
}

/* As \x1b and the like too, which only show once they are undone. */
static bool has_control(const yaml_char_t *text, size_t n)
{
    utf8proc_ssize_t step;
    for (size_t i = 0; i<n; i += step> 0 ? (size_t)step : 1) {
        utf8proc_int32_t point = -1;
        step = utf8proc_iterate(text + i, n - i > 4 ? 4 : (utf8proc_ssize_t)(n - i), &point);
        if (step <= 0 || point == 0xfeff || (kb_is_deceptive(point) && point != '\n' && point != '\t'))
            return true;
    }
    return false;
}

static int on_scalar(struct builder *b, const yaml_event_t *event)
{
    struct kb_node *node = new_node(b, KB_NODE_SCALAR, event->start_mark);
    bool key = is_key_position(b);
    refuse_properties(b, event->data.scalar.anchor, event->data.scalar.tag, node->at);
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    node->start = offset_of(b, event->start_mark);
    node->end = offset_of(b, event->end_mark);
    node->text = kb_strndup(b->arena, event->data.scalar.value, event->data.scalar.length);
    if (has_control(event->data.scalar.value, event->data.scalar.length)) {
        KB_COMPLAIN(b->c, node->at, "control characters are not allowed in a plan", "計画に制御文字は使えません");
        node->text = "";
        node->kind = KB_NODE_REFUSED;
    }
    if (key && node->plain && !strcmp(node->text, "<<")) {
        KB_COMPLAIN(b->c, node->at, "merge keys (<<) are not allowed in a plan; write the keys out",
                    "計画ではマージキー（<<）は使えません。キーをそのつど書いてください");
        node->kind = KB_NODE_REFUSED;
    }
    return attach(b, node);
}

static int on_alias(struct builder *b, const yaml_event_t *event)
{
    struct kb_node *node = new_node(b, KB_NODE_REFUSED, event->start_mark);
    node->text = "";
    const char *name = kb_quote(b->c->arena, (const char *)event->data.alias.anchor);
    KB_COMPLAIN(
        b->c, node->at, "aliases (*%s) are not allowed in a plan; write the value out, or quote it if it begins with *",
        "計画ではエイリアス（*%s）は使えません。値をそのまま書くか、* で始まる値なら引用符で囲んでください", name);
    return attach(b, node);
}

static int on_start(struct builder *b, enum kb_node_kind kind, const yaml_char_t *anchor, const yaml_char_t *tag,
                    const yaml_event_t *event)
{
    struct kb_node *node = new_node(b, kind, event->start_mark);
    node->flow = kind == KB_NODE_MAP ? event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
                                     : event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
    refuse_properties(b, anchor, tag, node->at);
    if (is_key_position(b)) {
        kb_complaints_only(b->c); /* nothing after this can be understood */
        KB_COMPLAIN(
            b->c, node->at, "a key must be one word, not a list or a block; quote it if it begins with [ or {",
            "キーには1つの語を書きます（リストやブロックは使えません）。[ や { で始まるなら引用符で囲んでください");
        return -1;
    }
    if (b->depth == KB_PLAN_DEPTH_MAX) {
        kb_complaints_only(b->c);
        KB_COMPLAIN(b->c, node->at, "nested more than %d levels deep", "入れ子が深すぎます（上限 %d 段）",
                    KB_PLAN_DEPTH_MAX);
        return -1;
    }
    if (attach(b, node))
        return -1;
    b->open[b->depth++] = node;
    return 0;
}

static int by_text(const void *a, const void *b)
{
    const struct kb_node *const *x = a, *const *y = b;
    int order = strcmp((*x)->text, (*y)->text);
    if (order)
        return order;
    return (*x)->at.line != (*y)->at.line ? (*x)->at.line - (*y)->at.line : (*x)->at.column - (*y)->at.column;
}

static void refuse_duplicates(struct builder *b, const struct kb_node *map)
{
    size_t n = map->n / 2;
    const struct kb_node **keys = kb_alloc(b->arena, n, sizeof *keys);
    for (size_t i = 0; i < n; i++)
        keys[i] = map->v[2 * i];
    if (n)
        qsort(keys, n, sizeof *keys, by_text);
    for (size_t i = 1, first = 0; i < n; i++) {
        if (strcmp(keys[i]->text, keys[first]->text))
            first = i;
        else if (keys[i]->kind == KB_NODE_SCALAR)
            KB_COMPLAIN(b->c, keys[i]->at, "`%s` is written twice; the first is on line %d",
                        "`%s` が2回書かれています（最初は %d 行目）", kb_quote(b->c->arena, keys[i]->text),
                        keys[first]->at.line);
    }
}

static int on_end(struct builder *b)
{
    struct kb_node *node = b->open[--b->depth];
    if (node->kind == KB_NODE_MAP)
        refuse_duplicates(b, node);
    return 0;
}

static int on_document(struct builder *b, const yaml_event_t *event)
{
    if (event->data.document_start.tag_directives.start != event->data.document_start.tag_directives.end)
        KB_COMPLAIN(b->c, place(event->start_mark), "%%TAG directives are not allowed in a plan",
                    "計画では %%TAG は使えません");
    if (b->documents++ == 0)
        return 0;
    KB_COMPLAIN(b->c, place(event->start_mark), "a second document begins here (---); a plan is one document",
                "ここから2つ目の文書（---）が始まっています。計画は1つの文書にしてください");
    return -1;
}

static int on_event(struct builder *b, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return on_document(b, event);
    case YAML_SCALAR_EVENT:
        return on_scalar(b, event);
    case YAML_ALIAS_EVENT:
        return on_alias(b, event);
    case YAML_SEQUENCE_START_EVENT:
        return on_start(b, KB_NODE_LIST, event->data.sequence_start.anchor, event->data.sequence_start.tag, event);
    case YAML_MAPPING_START_EVENT:
        return on_start(b, KB_NODE_MAP, event->data.mapping_start.anchor, event->data.mapping_start.tag, event);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return on_end(b);
    default:
        return 0;
    }
}

static void explain(struct builder *b)
{
    kb_complaints_only(b->c); /* what was found before may come from the same slip */
    const struct kb_yaml_fault fault = {
        .problem = b->parser.problem ? b->parser.problem : "?",
        .at = place(b->parser.problem_mark),
        .context = b->parser.context ? place(b->parser.context_mark) : place(b->parser.problem_mark),
    };
    kb_syntax_explain(b->source, b->n, &fault, b->c);
}

static int build(struct builder *b)
{
    for (bool more = true; more;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&b->parser, &event)) {
            if (b->parser.error == YAML_MEMORY_ERROR)
                abort();
            explain(b);
            return -1;
        }
        more = event.type != YAML_STREAM_END_EVENT;
        int bad = on_event(b, &event);
        yaml_event_delete(&event);
        if (bad)
            return -1;
    }
    return 0;
}

struct kb_node *kb_node_parse(const char *source, size_t n, struct kb_arena *arena, struct kb_complaints *c)
{
    if (!kb_encoding_check(source, n, c))
        return NULL;
    struct builder b = {.source = source, .n = n, .arena = arena, .c = c};
    if (!yaml_parser_initialize(&b.parser))
        abort();
    yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
    size_t bom = n >= 3 && !memcmp(source, "\xef\xbb\xbf", 3) ? 3 : 0; /* with a given encoding libyaml does not look */
    b.bytes = bom;
    yaml_parser_set_input_string(&b.parser, (const unsigned char *)source + bom, n - bom);
    int bad = build(&b);
    yaml_parser_delete(&b.parser);
    if (bad)
        return NULL;
    if (!b.root || (b.root->kind == KB_NODE_SCALAR && b.root->plain && !*b.root->text)) {
        KB_COMPLAIN(c, ((struct kb_at){1, 1}), "the plan is empty", "計画が空です");
        return NULL;
    }
    return b.root;
}
