/* SPDX-License-Identifier: Apache-2.0 */
/* What an approval covers, whether it still holds, and its place in the text of the plan. */
#include "node.h"

#include <string.h>
#include <strings.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"

const char *const kb_approval_names[] = {"never", "current", "changed", NULL};

/* The parts that an approval is about. */
static const char *const material[] = {"plan",        "calendar",   "roles",        "hosts", "threats",   "functions",
                                       "systems",     "activation", "deactivation", "media", "rotations", "keys",
                                       "backup_sets", "procedures", "drills",       "policy"};

/* What within them may change without a new approval; `*` is any id or any item of a list. */
static const char *const passing[] = {"plan/status",           "plan/reviewed_on",     "plan/plan_copies",
                                      "plan/approval",         "plan/revisions",       "roles/*/verified_on",
                                      "roles/*/primary/phone", "roles/*/primary/mail", "roles/*/deputy/phone",
                                      "roles/*/deputy/mail",   "keys/*/rotated_on",    "procedures/*/steps/*/attested"};

static bool is_material(const char *name)
{
    for (size_t i = 0; i < sizeof material / sizeof *material; i++)
        if (!strcmp(material[i], name))
            return true;
    return false;
}

/* Where a node stands: its names from the top, `*` for an id or an item. */
struct path {
    const struct path *above;
    const char *name;
};

static bool fits(const struct path *path, const char *pattern, size_t n)
{
    if (!path)
        return !n;
    size_t start = n;
    while (start && pattern[start - 1] != '/')
        start--;
    bool same = (n - start == 1 && pattern[start] == '*') ||
                (strlen(path->name) == n - start && !memcmp(path->name, pattern + start, n - start));
    return same && (start ? fits(path->above, pattern, start - 1) : !path->above);
}

static bool is_passing(const struct path *path)
{
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
        if (fits(path, passing[i], strlen(passing[i])))
            return true;
    return false;
}

/* As deep as the plan, which KB_PLAN_DEPTH_MAX bounds. */
static json_t *to_json(const struct kb_node *node, const struct path *path)
{
    if (node->kind == KB_NODE_SCALAR)
        return json_stringn(node->text, strlen(node->text));
    json_t *json = node->kind == KB_NODE_LIST ? json_array() : json_object();
    for (size_t i = 0; node->kind == KB_NODE_LIST && i < node->n; i++)
        (void)json_array_append_new(json, to_json(node->v[i], &(struct path){path, "*"}));
    for (size_t i = 0; node->kind == KB_NODE_MAP && i < node->n; i += 2) {
        const struct path here = {path, node->v[i]->text};
        if ((!path && !is_material(here.name)) || is_passing(&here))
            continue;
        (void)json_object_set_new(json, here.name, to_json(node->v[i + 1], &here));
    }
    return json;
}

static const struct kb_node *read_nodes(const char *source, size_t n, struct kb_arena *arena)
{
    struct kb_complaints ignored = {.arena = arena};
    return kb_node_parse(source, n, arena, &ignored);
}

const char *kb_plan_material(const struct kb_plan *plan, struct kb_arena *arena, size_t *ret_n)
{
    const struct kb_node *root = read_nodes(plan->source, plan->source_n, arena);
    KB_SCOPED_JSON json = root ? to_json(root, NULL) : json_object(); /* it has been read before, so there is a root */
    return kb_json_dump(arena, json, JSON_COMPACT | JSON_SORT_KEYS, ret_n);
}

struct kb_sha256 kb_plan_material_sha256(const struct kb_plan *plan)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    size_t n = 0;
    const char *text = kb_plan_material(plan, arena, &n);
    return kb_sha256_of(text, n);
}

enum kb_approval_state kb_plan_approval(const struct kb_plan *plan)
{
    if (!plan->plan.approval)
        return KB_APPROVAL_NEVER;
    char now[KB_SHA256_HEX_SIZE];
    kb_sha256_hex(kb_plan_material_sha256(plan), now);
    return strcasecmp(now, plan->plan.approval->approved->material_sha256) ? KB_APPROVAL_CHANGED : KB_APPROVAL_CURRENT;
}

static const struct kb_node *value_of(const struct kb_node *map, const char *name)
{
    for (size_t i = 0; map && map->kind == KB_NODE_MAP && i < map->n; i += 2)
        if (!strcmp(map->v[i]->text, name))
            return map->v[i + 1];
    return NULL;
}

/* Text that becomes another, by places in the old one, from front to back. */
struct edit {
    const char *source;
    size_t n, at; /* copied up to here */
    char *out;
    size_t n_out;
};

static void copy_to(struct edit *e, size_t to)
{
    memcpy(e->out + e->n_out, e->source + e->at, to - e->at);
    e->n_out += to - e->at;
    e->at = to;
}

static void put(struct edit *e, const char *text)
{
    memcpy(e->out + e->n_out, text, strlen(text));
    e->n_out += strlen(text);
}

/* Quoted in any case, so that no name can be taken for something else. */
static const char *quoted(struct kb_arena *arena, const char *text)
{
    char *out = kb_alloc(arena, 2 * strlen(text) + 3, 1), *at = out;
    *at++ = '"';
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            *at++ = '\\';
        *at++ = *text;
    }
    *at++ = '"';
    *at = '\0';
    return out;
}

static const char *line_break(const struct kb_plan *plan)
{
    const char *first = memchr(plan->source, '\n', plan->source_n);
    return first && first > plan->source && first[-1] == '\r' ? "\r\n" : "\n";
}

/* Only the values change; a block of text ends with its line, so does what takes its place. */
static void replace(struct edit *e, const struct kb_node *value, const char *text, const char *eol)
{
    copy_to(e, value->start);
    put(e, text);
    bool whole_line = value->end > value->start && strchr("\r\n", e->source[value->end - 1]);
    if (whole_line)
        put(e, eol);
    e->at = value->end;
}

static int by_place(const struct kb_node *const *v, size_t n, size_t wanted)
{
    int rank = 0;
    for (size_t i = 0; i < n; i++)
        rank += v[i]->start < v[wanted]->start;
    return rank;
}

static bool replace_all(struct edit *e, const struct kb_node *approved, const char *const texts[4], const char *eol)
{
    static const char *const names[] = {"role", "by", "date", "material_sha256"};
    const struct kb_node *values[4];
    for (size_t i = 0; i < 4; i++) {
        values[i] = value_of(approved, names[i]);
        if (!values[i] || values[i]->kind != KB_NODE_SCALAR)
            return false;
    }
    for (int rank = 0; rank < 4; rank++)
        for (size_t i = 0; i < 4; i++)
            if (by_place(values, 4, i) == rank)
                replace(e, values[i], texts[i], eol);
    return true;
}

/* Behind `version`, which every plan has: in a block on a line of its own, in braces with a comma. */
static bool insert(struct edit *e, const struct kb_node *head, const char *text, const char *eol)
{
    const struct kb_node *name = NULL, *version = NULL;
    for (size_t i = 0; head && head->kind == KB_NODE_MAP && i < head->n; i += 2)
        if (!strcmp(head->v[i]->text, "version")) {
            name = head->v[i];
            version = head->v[i + 1];
        }
    if (!version || version->kind != KB_NODE_SCALAR)
        return false;
    size_t end = version->end;
    if (head->flow) {
        copy_to(e, end);
        put(e, ", ");
        put(e, text);
        return true;
    }
    bool ended = strchr("\r\n", e->source[end - 1]);
    while (!ended && end < e->n && !strchr("\r\n", e->source[end]))
        end++;
    bool last = end == e->n;
    if (!ended && !last)
        end += e->source[end] == '\r' && end + 1 < e->n && e->source[end + 1] == '\n' ? 2 : 1;
    copy_to(e, end);
    if (last && !ended)
        put(e, eol);
    for (int i = 1; i < name->at.column; i++)
        put(e, " ");
    put(e, text);
    put(e, eol);
    return true;
}

/* One line of text for a report. */
static bool is_name(const char *text)
{
    enum { NAME_MAX_BYTES = 200 };
    struct kb_complaints c = {.arena = NULL, .slips_only = true}; /* nothing is kept of what it says */
    size_t n = strlen(text);
    return n && n <= NAME_MAX_BYTES && !text[strcspn(text, "\r\n\t")] && kb_encoding_check(text, n, &c);
}

static int check_role(const struct kb_plan *plan, const char *role, struct kb_arena *arena, struct kb_err *err)
{
    if (!plan->roles.n || kb_plan_role(plan, role))
        return 0;
    struct kb_nearest nearest = {.wanted = role};
    const char *all = "";
    for (size_t i = 0; i < plan->roles.n; i++) {
        kb_nearest_offer(&nearest, plan->roles.v[i].id);
        all = kb_sprintf(arena, "%s%s%s", all, *all ? ", " : "", plan->roles.v[i].id);
    }
    const char *shown = kb_quote(arena, role);
    return nearest.name
               ? kb_fail(err, KB_EUSAGE, "the plan has no role `%s`; did you mean `%s`?",
                         "計画に「%s」という役割はありません。`%s` の誤りではありませんか", shown, nearest.name)
               : kb_fail(err, KB_EUSAGE, "the plan has no role `%s`; its roles: %s",
                         "計画に「%s」という役割はありません。計画の役割: %s", shown, all);
}

int kb_plan_approve(const struct kb_plan *plan, const struct kb_approved *approved, struct kb_arena *arena,
                    const char **ret_text, size_t *ret_n, struct kb_err *err)
{
    int code = check_role(plan, approved->role, arena, err);
    if (code)
        return code;
    if (!is_name(approved->by) || !is_name(approved->role))
        return kb_fail(err, KB_EUSAGE, "write role and name in one line of at most 200 bytes",
                       "役割と氏名は、改行のない200バイトまでの文字列で指定してください");
    const struct kb_node *root = read_nodes(plan->source, plan->source_n, arena), *head = value_of(root, "plan");
    const char *eol = line_break(plan), *sha256 = quoted(arena, approved->material_sha256);
    const char *const texts[] = {quoted(arena, approved->role), quoted(arena, approved->by), approved->date, sha256};
    const char *whole = kb_sprintf(arena, "approval: {approved: {role: %s, by: %s, date: %s, material_sha256: %s}}",
                                   texts[0], texts[1], texts[2], texts[3]);
    struct edit e = {.source = plan->source, .n = plan->source_n};
    e.out = kb_alloc(arena, 2 * plan->source_n + strlen(whole) + 64, 1); /* an indentation is part of the source */
    const struct kb_node *old = value_of(value_of(head, "approval"), "approved");
    bool done = old ? replace_all(&e, old, texts, eol) : insert(&e, head, whole, eol);
    if (done)
        copy_to(&e, e.n);
    /* what is written must read as what was meant; anything else is a plan that this cannot edit */
    const struct kb_plan *again = NULL;
    const struct kb_diags *diags = NULL;
    struct kb_err ignored = {0};
    if (!done || kb_plan_parse(plan->file, e.out, e.n_out, arena, &again, &diags, &ignored) ||
        kb_plan_approval(again) != KB_APPROVAL_CURRENT || strcmp(again->plan.approval->approved->by, approved->by) != 0)
        return kb_fail(
            err, KB_EPLAN,
            "the approval cannot be written into this file; write `approval: {approved: {role: %s, by: %s, date: "
            "%s, material_sha256: %s}}` below `plan` yourself",
            "承認をこのファイルに書き込めません。`plan` の下に `approval: {approved: {role: %s, by: %s, date: %s, "
            "material_sha256: %s}}` と書いてください",
            approved->role, approved->by, approved->date, approved->material_sha256);
    *ret_text = e.out;
    *ret_n = e.n_out;
    return 0;
}
