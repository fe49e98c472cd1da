/* SPDX-License-Identifier: Apache-2.0 */
/* A record in one line of the ledger. */
#include "summary.h"

#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/limits.h"
#include "koboshi/sample.h"

#include "chain.h"

/* Over several sets: lacking in one is lacking, else reached in one is reached. */
static int both(int a, int b)
{
    if (a == KB_NOT_REACHED || b == KB_NOT_REACHED)
        return KB_NOT_REACHED;
    return a == KB_REACHED || b == KB_REACHED ? KB_REACHED : KB_NOT_APPLICABLE;
}

static void merge_proof(struct kb_proof *proof, const struct kb_proof *other)
{
    proof->exists = both(proof->exists, other->exists);
    proof->read = both(proof->read, other->read);
    proof->hash = both(proof->hash, other->hash);
    proof->structure = both(proof->structure, other->structure);
    proof->restored = both(proof->restored, other->restored);
    proof->opened = both(proof->opened, other->opened);
    proof->accepted = both(proof->accepted, other->accepted);
}

static bool is_worse(int status, int than)
{
    static const int badness[] = {[KB_UNIT_GOOD] = 0,     [KB_UNIT_CONDITIONAL] = 1, [KB_UNIT_PARTIAL] = 2,
                                  [KB_UNIT_CANCELED] = 3, [KB_UNIT_NOT_RUN] = 4,     [KB_UNIT_FAILED] = 5};
    return badness[status] > badness[than];
}

/* What a sample left to do. */
static int64_t rest_ns(const struct kb_set_result *result)
{
    int64_t rest = kb_result_sample(result) ? kb_sample_rest_ns(result->sample) : 0;
    return rest == KB_ABSENT ? 0 : rest;
}

static struct kb_system_summary summarize(const struct kb_record *record, const char *system, struct kb_arena *arena)
{
    struct kb_system_summary sum = {.system = system, .restore_s = KB_ABSENT, .point_in_time = KB_ABSENT};
    struct kb_proof proof = {0};
    int64_t ns = 0, sample = 0;
    for (size_t i = 0; i < record->units.n; i++) {
        const struct kb_record_unit *unit = &record->units.v[i];
        if (strcmp(unit->system ? unit->system : "", system) != 0)
            continue;
        if (is_worse(unit->status, sum.status))
            sum.status = unit->status;
        const struct kb_set_result *result = &unit->result;
        merge_proof(&proof, &result->proof);
        int64_t part = kb_result_sample(result);
        sample = part > 0 && (!sample || part < sample) ? part : sample;
        sum.files += part ? result->sample->files : result->files_restored ? result->files_restored : result->files;
        sum.bytes += part                     ? result->sample->bytes
                     : result->files_restored ? result->bytes_restored
                                              : result->bytes_read;
        ns += result->read_ns + result->reread_ns + rest_ns(result);
        sum.estimated |= part > 0;
        if (unit->point_in_time != KB_ABSENT &&
            (sum.point_in_time == KB_ABSENT || unit->point_in_time < sum.point_in_time))
            sum.point_in_time = unit->point_in_time;
    }
    sum.proof = kb_proof_show(arena, &proof, sample);
    if (ns)
        sum.restore_s = (ns + KB_NS_PER_S - 1) / KB_NS_PER_S;
    return sum;
}

/* Units of one system need not stand together. */
static bool is_seen(const struct kb_line *entry, const char *system)
{
    for (size_t i = 0; i < entry->systems.n; i++)
        if (!strcmp(entry->systems.v[i].system, system))
            return true;
    return false;
}

static const char *fs_uuid_of(const struct kb_record *record, const char *medium)
{
    for (size_t i = 0; i < record->media.n; i++)
        if (record->media.v[i].state.medium && !strcmp(record->media.v[i].state.medium, medium))
            return record->media.v[i].state.fs_uuid;
    return NULL;
}

/* What was read from media, as the register of media wants it. */
static void list_reads(const struct kb_record *record, struct kb_arena *arena, struct kb_line *entry)
{
    entry->reads.v = kb_alloc(arena, record->units.n, sizeof *entry->reads.v);
    for (size_t i = 0; i < record->units.n; i++) {
        const struct kb_record_unit *unit = &record->units.v[i];
        if (!unit->medium || !unit->file || unit->result.bytes_read <= 0)
            continue;
        entry->reads.v[entry->reads.n++] = (struct kb_line_read){
            .set = unit->set,
            .medium = unit->medium,
            .file = unit->file,
            .point_in_time = unit->point_in_time,
            .bytes = unit->result.bytes_read,
            .ms = unit->result.read_ns / 1000000,
            .proof = unit->proof,
            .status = unit->status,
            .fs_uuid = fs_uuid_of(record, unit->medium),
            .list = unit->list,
            .detected = unit->result.detected,
            .content = unit->result.bytes_unpacked,
            .judged = unit->result.files_judged,
            .odd = unit->result.files_odd,
            .named = unit->result.files_named,
            .freshness = unit->result.freshness,
        };
    }
}

/* Cuts a tenth of the longest of the lists; false when there is nothing left to cut. */
static bool cut(struct kb_line *entry)
{
    struct {
        size_t *n;
        int64_t *left_out;
    } lists[] = {{&entry->generations.n, &entry->generations_left_out},
                 {&entry->reads.n, &entry->reads_left_out},
                 {&entry->systems.n, &entry->systems_left_out}},
      *longest = &lists[0];
    for (size_t i = 1; i < sizeof lists / sizeof *lists; i++)
        if (*lists[i].n > *longest->n)
            longest = &lists[i];
    size_t less = (*longest->n + 9) / 10;
    *longest->n -= less;
    if (less)
        *longest->left_out = (*longest->left_out == KB_ABSENT ? 0 : *longest->left_out) + (int64_t)less;
    return less > 0;
}

/* The line in the ledger must never be the reason that a drill cannot be recorded. */
void kb_line_fit(struct kb_line *entry)
{
    enum { ROOM = 256 }; /* for seq, prev, time and SHA256SUMS, which are not filled yet */
    for (size_t n;;) {
        KB_SCOPED_ARENA arena = kb_arena_new();
        (void)kb_line_bytes(entry, arena, &n);
        if (n + ROOM <= KB_LEDGER_LINE_MAX || !cut(entry))
            return;
    }
}

void kb_line_of_record(enum kb_line_kind kind, const struct kb_record *record, struct kb_arena *arena,
                       struct kb_line *ret_entry)
{
    kb_line_init(ret_entry, kind);
    ret_entry->agent_version = record->agent_version;
    ret_entry->plan = record->plan.id;
    ret_entry->plan_version = record->plan.version;
    ret_entry->plan_sha256 = record->plan.sha256;
    ret_entry->name = record->drill;
    ret_entry->operator_ = record->operator_;
    ret_entry->disrupted_at = record->disrupted_at;
    ret_entry->status = kb_record_status_names[record->status];
    ret_entry->verdict = &record->verdict;
    ret_entry->systems.v = kb_alloc(arena, record->units.n, sizeof *ret_entry->systems.v);
    for (size_t i = 0; i < record->units.n; i++) {
        const char *system = record->units.v[i].system ? record->units.v[i].system : "";
        if (!is_seen(ret_entry, system))
            ret_entry->systems.v[ret_entry->systems.n++] = summarize(record, system, arena);
    }
    list_reads(record, arena, ret_entry);
    kb_line_fit(ret_entry);
}
