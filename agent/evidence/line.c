/* SPDX-License-Identifier: Apache-2.0 */
/* One line of the ledger as a struct, and back. */
#include "chain.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"

#include "checkpoint.h"

#define NAME(id, name) name,
const char *const kb_line_kind_names[] = {KB_LINE_KINDS(NAME) NULL};

#define SUMMARY(field, kind, ...) KB_KEY(struct kb_system_summary, field, kind, __VA_ARGS__)
static const struct kb_key summary_keys[] = {
    SUMMARY(system, KB_STR, .flags = KB_REQUIRED),
    SUMMARY(status, KB_ENUM, .values = kb_unit_status_names, .flags = KB_REQUIRED),
    SUMMARY(proof, KB_STR),
    SUMMARY(files, KB_INT),
    SUMMARY(bytes, KB_INT),
    SUMMARY(restore_s, KB_INT),
    SUMMARY(estimated, KB_BOOL),
    SUMMARY(point_in_time, KB_TIME),
};
static const struct kb_shape summary_shape = KB_SHAPE(struct kb_system_summary, "system", summary_keys);

#define READ(field, kind, ...) KB_KEY(struct kb_line_read, field, kind, __VA_ARGS__)
static const struct kb_key read_keys[] = {
    READ(set, KB_STR, .flags = KB_REQUIRED),
    READ(medium, KB_STR, .flags = KB_REQUIRED),
    READ(file, KB_STR, .flags = KB_REQUIRED),
    READ(point_in_time, KB_TIME),
    READ(bytes, KB_INT),
    READ(ms, KB_INT),
    READ(proof, KB_STR),
    READ(status, KB_ENUM, .values = kb_unit_status_names, .flags = KB_REQUIRED),
    READ(fs_uuid, KB_STR),
    READ(list, KB_STR),
    READ(detected, KB_STR),
    READ(content, KB_INT),
    READ(judged, KB_INT),
    READ(odd, KB_INT),
    READ(named, KB_INT),
    READ(freshness, KB_OBJECT, .of = &kb_freshness_shape),
};
static const struct kb_shape read_shape = KB_SHAPE(struct kb_line_read, "read", read_keys);

#define LEFT(field, kind, ...) KB_KEY(struct kb_line_generation, field, kind, __VA_ARGS__)
static const struct kb_key generation_keys[] = {
    LEFT(set, KB_STR, .flags = KB_REQUIRED),
    LEFT(path, KB_STR, .flags = KB_REQUIRED),
    LEFT(point_in_time, KB_TIME),
    LEFT(bytes, KB_INT),
};
static const struct kb_shape generation_shape = KB_SHAPE(struct kb_line_generation, "generation", generation_keys);

/* verify.sh reads the fields up to sha256sums by their place in the line: their order is part of the format. */
#define ENTRY(field, kind, ...) KB_KEY(struct kb_line, field, kind, __VA_ARGS__)
static const struct kb_key entry_keys[] = {
    ENTRY(seq, KB_INT, .flags = KB_REQUIRED),
    ENTRY(prev, KB_STR, .flags = KB_REQUIRED),
    ENTRY(format, KB_INT, .flags = KB_REQUIRED),
    KB_KEY_AS(struct kb_line, kind, "kind", KB_STR, .flags = KB_REQUIRED),
    ENTRY(time, KB_TIME, .flags = KB_REQUIRED),
    ENTRY(drill, KB_INT),
    ENTRY(sha256sums, KB_STR),
    ENTRY(ledger, KB_STR),
    ENTRY(signer, KB_STR),
    ENTRY(key, KB_STR),
    ENTRY(agent_version, KB_STR),
    ENTRY(plan, KB_STR),
    ENTRY(plan_version, KB_STR),
    ENTRY(plan_sha256, KB_STR),
    ENTRY(name, KB_STR),
    KB_KEY_AS(struct kb_line, operator_, "operator", KB_STR),
    ENTRY(disrupted_at, KB_TIME),
    ENTRY(status, KB_STR),
    ENTRY(verdict, KB_OBJECT, .of = &kb_record_verdict_shape),
    ENTRY(systems, KB_LIST, .of = &summary_shape),
    ENTRY(systems_left_out, KB_INT),
    ENTRY(adopted, KB_INT),
    ENTRY(adopted_sha256, KB_STR),
    ENTRY(cut_bytes, KB_INT),
    ENTRY(cut_sha256, KB_STR),
    ENTRY(role, KB_STR),
    ENTRY(by, KB_STR),
    ENTRY(material_sha256, KB_STR),
    ENTRY(medium, KB_STR),
    ENTRY(medium_in, KB_STR),
    ENTRY(presence, KB_STR),
    ENTRY(for_drill, KB_BOOL),
    ENTRY(fs_uuid, KB_STR),
    ENTRY(serial, KB_STR),
    ENTRY(label, KB_STR),
    ENTRY(reason, KB_TEXT),
    ENTRY(reads, KB_LIST, .of = &read_shape),
    ENTRY(reads_left_out, KB_INT),
    ENTRY(rotation, KB_STR),
    ENTRY(generations, KB_LIST, .of = &generation_shape),
    ENTRY(generations_left_out, KB_INT),
};
const struct kb_shape kb_line_shape = KB_SHAPE(struct kb_line, "ledger line", entry_keys);

static const struct kb_shape head_shape = {
    .name = "ledger line", .size = sizeof(struct kb_line), .n_keys = 5, .keys = entry_keys};

void kb_line_init(struct kb_line *entry, enum kb_line_kind kind)
{
    kb_shape_init(&kb_line_shape, entry);
    entry->kind = kb_line_kind_names[kind];
}

char *kb_line_bytes(const struct kb_line *entry, struct kb_arena *arena, size_t *ret_n)
{
    KB_SCOPED_JSON json = kb_shape_write(&kb_line_shape, entry);
    size_t n;
    char *line = kb_json_dump(arena, json, JSON_COMPACT, &n);
    line[n] = '\n'; /* in the place of the NUL */
    *ret_n = n + 1;
    return line;
}

static bool is_known(const char *kind)
{
    for (size_t i = 0; kind && i < KB_LINE_COUNT; i++)
        if (!strcmp(kind, kb_line_kind_names[i]))
            return true;
    return false;
}

/* What a newer koboshi wrote is part of the chain, though only its head is understood here. */
static void keep_head_alone(json_t *json)
{
    const char *name;
    json_t *value;
    void *next;
    json_object_foreach_safe(json, next, name, value)
    {
        bool head = false;
        for (size_t i = 0; i < head_shape.n_keys; i++)
            head = head || !strcmp(name, head_shape.keys[i].name);
        if (!head)
            (void)json_object_del(json, name);
    }
}

/* Our own lines hold names escaped; a line that a stranger signed may hold anything, and it is shown as ours are. Text
 * with a NUL stays as it is, to be refused. */
static void make_printable(json_t *json, struct kb_arena *arena)
{
    const char *name, *text = json_string_value(json);
    json_t *value;
    size_t i;
    if (text && strlen(text) == json_string_length(json))
        (void)json_string_set(json, kb_printable(arena, text));
    json_object_foreach(json, name, value) make_printable(value, arena);
    json_array_foreach(json, i, value) make_printable(value, arena);
}

int kb_line_entry(const struct kb_chain *chain, size_t line, struct kb_arena *arena, struct kb_line *ret_entry,
                  struct kb_err *err)
{
    struct kb_err unasked = {0};
    err = err ? err : &unasked; /* a caller that only asks whether the line can be read */
    const char *text = chain->bytes + chain->end[line - 1];
    KB_SCOPED_JSON json = NULL;
    int code = kb_json_parse(text, chain->end[line] - 1 - chain->end[line - 1], &json, err);
    if (!code && !is_known(json_string_value(json_object_get(json, "kind"))))
        keep_head_alone(json);
    KB_SCOPED_ARENA shown = kb_arena_new();
    if (!code)
        make_printable(json, shown);
    if (!code)
        code = kb_shape_read(&kb_line_shape, json, arena, ret_entry, err);
    if (code)
        err->code = KB_ELEDGER; /* however it came to be so: what stands there is no line of a ledger */
    return code ? kb_wrap(err, "line %zu of the ledger", "台帳の %zu 行目", line) : 0;
}

static int read_signed_lines(int dirfd, struct kb_arena *arena, struct kb_lines *ret_entries, struct kb_err *err)
{
    struct kb_chain chain;
    struct kb_trust trust;
    int code = kb_chain_read(dirfd, arena, &chain, err);
    if (code)
        return code;
    kb_trust_read(dirfd, &chain, arena, &trust);
    if (trust.state != KB_TRUST_SETTLED && trust.state != KB_TRUST_AHEAD)
        return kb_fail(err, KB_ELEDGER, "the ledger's signature does not hold; `koboshi evidence verify` says why",
                       "台帳の署名を確認できません。理由は koboshi evidence verify で分かります");
    size_t n = (size_t)trust.checkpoint.size < chain.n_lines ? (size_t)trust.checkpoint.size : chain.n_lines;
    struct kb_line *entries = kb_alloc(arena, n, sizeof *entries);
    for (size_t i = 0; i < n; i++)
        if ((code = kb_line_entry(&chain, i + 1, arena, &entries[i], err)))
            return code;
    *ret_entries = (struct kb_lines){n, entries};
    return 0;
}

int kb_ledger_lines(const char *dir, struct kb_arena *arena, struct kb_lines *ret_entries, struct kb_err *err)
{
    KB_SCOPED_FD dirfd = -1;
    KB_SCOPED_FD fd = -1;
    int code = kb_ledger_open_shared(dir, &dirfd, &fd, err);
    return code ? code : read_signed_lines(dirfd, arena, ret_entries, err);
}
