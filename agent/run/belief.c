/* SPDX-License-Identifier: Apache-2.0 */
/* Claims of workers: what may be said when, and figures that cannot be. */
#include "belief.h"

#include <string.h>

#include "koboshi/clock.h"
#include "koboshi/limits.h"

#define BYTES_MAX  (INT64_MAX >> 10)
#define SAYS(kind) (1U << KB_REPLY_##kind)

/* What each stage has to say; hello, fault and end are common to all. */
static const unsigned says[KB_STAGE_COUNT] = {
    [KB_STAGE_MEDIA_OPEN] = SAYS(MEDIUM) | SAYS(GENERATION) | SAYS(FINDING),
    [KB_STAGE_VERIFY] = SAYS(CONFINED) | SAYS(PROGRESS) | SAYS(FINDING) | SAYS(RESULT),
    [KB_STAGE_RESTORE] = SAYS(CONFINED) | SAYS(PROGRESS) | SAYS(FINDING) | SAYS(RESULT),
    [KB_STAGE_PROBE] = SAYS(CONFINED) | SAYS(PROGRESS) | SAYS(FINDING) | SAYS(RESULT),
    [KB_STAGE_MEDIA_LOOK] = SAYS(MEDIUM) | SAYS(HEALTH),
    [KB_STAGE_MEDIA_DISKS] = SAYS(DISK),
    [KB_STAGE_SCAN] = SAYS(CONFINED) | SAYS(MEDIUM) | SAYS(SEEN) | SAYS(SCANNED),
};

/* What is said only once hostile bytes can do no harm. */
static const unsigned confined_only = SAYS(RESULT) | SAYS(SEEN) | SAYS(SCANNED) | SAYS(PROGRESS);

static bool is_confined_as_asked(const struct kb_job *job, const struct kb_confinement *reached)
{
    bool switched = !job->user || (reached->user && !strcmp(reached->user, job->user) && reached->uid > 0);
    return job->sandbox != KB_SANDBOX_REQUIRED ||
           (reached->complete && reached->no_new_privs && reached->landlock_abi > 0 && switched);
}

/* A path below a folder: the agent hands it on to be opened. */
static bool is_below(const char *path)
{
    for (const char *part = path;; part++) {
        size_t n = strcspn(part, "/");
        if (!n || (n <= 2 && !strncmp(part, "..", n)))
            return false;
        part += n;
        if (!*part)
            return strlen(path) < KB_PATH_BYTES_MAX;
    }
}

/* No file and no disk is larger than sums over a thousand of them can be counted. */
static bool is_size(int64_t bytes)
{
    return (bytes >= 0 && bytes <= BYTES_MAX) || bytes == KB_ABSENT;
}

static bool is_asked_for(const struct kb_job *job, const struct kb_generation *generation)
{
    bool asked = false;
    for (size_t i = 0; i < job->copies.n; i++)
        asked |= job->copies.v[i].index == generation->copy && !strcmp(job->copies.v[i].set, generation->set);
    bool possible = is_below(generation->path) && (!generation->manifest || is_below(generation->manifest)) &&
                    is_size(generation->bytes) && generation->segments.n <= KB_SEGMENTS_MAX;
    for (size_t i = 0; possible && i < generation->segments.n; i++) {
        const struct kb_segment *segment = &generation->segments.v[i];
        possible = is_below(segment->path) && (!segment->manifest || is_below(segment->manifest)) &&
                   is_size(segment->bytes);
    }
    return asked && possible;
}

/* What is only looked at is not mounted, and has no root. */
static bool is_medium(const struct kb_job *job, const struct kb_medium_state *state)
{
    bool needs_root = state->status == KB_MEDIUM_READY && job->stage != KB_STAGE_MEDIA_LOOK;
    return is_size(state->bytes) && (state->root ? state->root[0] == '/' : !needs_root);
}

static bool is_known_rule(const struct kb_finding *finding, struct kb_heard *heard)
{
    for (int id = 0; id < KB_RULE_COUNT; id++) {
        const struct kb_rule *rule = kb_rule((enum kb_rule_id)id);
        if (strcmp(rule->name, finding->rule) != 0)
            continue;
        heard->found_bad |= rule->severity == KB_BAD;
        return finding->severity == (int)rule->severity && finding->axis == (int)rule->axis && finding->count > 0 &&
               ++heard->findings[id] <= KB_FINDINGS_PER_RULE_MAX + 1;
    }
    return false;
}

static bool is_sha256(const char *hex)
{
    return !hex || (strlen(hex) == 64 && strspn(hex, "0123456789abcdef") == 64);
}

static bool are_sha256(const struct kb_set_result *r)
{
    bool all = is_sha256(r->sha256) && is_sha256(r->manifest_sha256);
    for (size_t i = 0; i < r->segments.n; i++)
        all &= is_sha256(r->segments.v[i].sha256) && is_sha256(r->segments.v[i].manifest_sha256);
    return all;
}

/* Figures that no generation, however large, can have. */
static bool are_figures(const struct kb_set_result *r)
{
    const int64_t entries[] = {r->files,          r->folders,      r->links,        r->skipped,      r->files_compared,
                               r->files_restored, r->files_reread, r->files_judged, r->files_sealed, r->files_named};
    const int64_t bytes[] = {r->bytes_read, r->bytes_unpacked, r->bytes_restored, r->bytes_reread};
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
        if (entries[i] > (int64_t)KB_SEGMENTS_MAX * KB_ENTRIES_MAX)
            return false;
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++)
        if (bytes[i] > BYTES_MAX)
            return false;
    return r->files_matched <= r->files_compared && r->files_reread <= r->files_restored &&
           r->bytes_reread <= r->bytes_restored && r->files_decrypted <= r->files && r->files_odd <= r->files_judged &&
           r->files_noisy <= r->files_odd + r->files_named && r->probes_good <= r->probes &&
           r->canaries_good <= r->canaries;
}

/* What a stage cannot have done, and what nobody but a person can say. */
static bool is_of_stage(const struct kb_job *job, const struct kb_set_result *r)
{
    const struct kb_proof *proof = &r->proof;
    bool restored = r->files_restored || r->bytes_restored || r->sample || r->coverage != KB_COVERAGE_NONE ||
                    proof->restored == KB_REACHED;
    if (proof->accepted == KB_REACHED || r->segments.n > job->set->segments.n + 1)
        return false;
    if (job->stage == KB_STAGE_PROBE)
        return !restored && !r->files && !r->bytes_read && r->probes == (int64_t)job->set->probes.n &&
               (proof->opened != KB_REACHED || (r->probes > 0 && r->probes_good == r->probes));
    if (r->probes || proof->opened == KB_REACHED || r->canaries > (int64_t)job->set->canary.n ||
        (r->freshness && !job->set->verified))
        return false;
    if (job->stage == KB_STAGE_VERIFY)
        return !restored;
    if (r->sample && (r->sample->percent != job->set->sample || r->sample->seed != job->set->seed))
        return false;
    return proof->restored != KB_REACHED ||
           (r->files_restored > 0 && r->files_reread == r->files_restored && r->coverage != KB_COVERAGE_NONE);
}

static bool is_possible(const struct kb_job *job, const struct kb_set_result *r, int64_t elapsed_ns)
{
    return are_figures(r) && are_sha256(r) && is_of_stage(job, r) && r->read_ns <= elapsed_ns &&
           r->reread_ns <= elapsed_ns - r->read_ns;
}

bool kb_is_believable(const struct kb_job *job, const struct kb_reply *reply, int64_t elapsed_ns,
                      struct kb_heard *heard)
{
    unsigned kind = 1U << reply->kind;
    if (!(says[job->stage] & kind) || ((confined_only & kind) && !heard->confined) || heard->has_result)
        return false;
    switch (reply->kind) {
    case KB_REPLY_CONFINED:
        if (heard->confined || !is_confined_as_asked(job, reply->confinement))
            return false;
        heard->confined = true;
        return true;
    case KB_REPLY_FINDING:
        return is_known_rule(reply->finding, heard);
    case KB_REPLY_MEDIUM:
        return is_medium(job, reply->medium);
    case KB_REPLY_GENERATION:
        return is_asked_for(job, reply->generation);
    case KB_REPLY_RESULT:
        heard->has_result = true;
        heard->result = *reply->result;
        return is_possible(job, reply->result, elapsed_ns);
    default:
        return true;
    }
}

/* Good is only what says so of everything that the plan asked for; of a tree that is resumed the rest comes later. */
static bool fulfils(const struct kb_job *job, const struct kb_set_result *r)
{
    const struct kb_job_set *set = job->set;
    if (job->stage == KB_STAGE_PROBE)
        return r->probes_good == r->probes;
    bool own_lists = set->format == KB_FORMAT_CHAIN; /* each file of it may have one beside it */
    bool listed = !set->manifest || ((r->manifest_sha256 || own_lists) && r->proof.hash != KB_NOT_APPLICABLE);
    bool compared = r->proof.hash != KB_REACHED || r->files_compared == r->files_matched;
    bool enough = r->files >= set->min_files && r->bytes_unpacked >= set->min_bytes;
    return r->proof.exists == KB_REACHED && (r->freshness || enough) && (r->freshness || r->proof.read == KB_REACHED) &&
           listed && compared && r->canaries_good == r->canaries &&
           (r->freshness || r->canaries == (int64_t)set->canary.n);
}

bool kb_is_settled(const struct kb_job *job, const struct kb_heard *heard)
{
    if (!(says[job->stage] & SAYS(RESULT)))
        return true;
    return heard->has_result && (heard->found_bad || fulfils(job, &heard->result));
}
