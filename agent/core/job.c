/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of jobs and replies. */
#include "koboshi/job.h"

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/limits.h"

static const char *const stages[] = {"media-open", "media-close", "verify",      "restore", "probe",
                                     "cleanup",    "media-look",  "media-disks", "scan",    NULL};
static const char *const sandbox_modes[] = {"required", "best-effort", NULL};
static const char *const confine_levels[] = {"read", "restore", "probe", NULL};
static const char *const medium_statuses[] = {"ready", "absent",     "wrong",  "empty",
                                              "twice", "unreadable", "locked", NULL};
const char *const kb_pit_source_names[] = {"name",       "name+mtime", "name-day-start", "mtime", "newest-file",
                                           "stamp-file", NULL};
const char *const kb_order_names[] = {"auto", "physical", "names", NULL};
static const char *const facts[] = {"not-applicable", "not-reached", "reached", NULL};
static const char *const reply_kinds[] = {"hello", "confined", "progress", "finding", "medium", "generation", "result",
                                          "seen",  "scanned",  "fault",    "end",     "disk",   "health",     NULL};
static const char *const seen_kinds[] = {"file", "folder", "other", NULL};
static const char *const scan_stops[] = {"whole", "entries", "depth", "time", NULL};

static const struct kb_key job_medium_keys[] = {
    KB_KEY(struct kb_job_medium, id, KB_STR, .flags = KB_REQUIRED),
    KB_KEY(struct kb_job_medium, kind, KB_ENUM, .values = kb_medium_kind_names, .flags = KB_REQUIRED),
    KB_KEY(struct kb_job_medium, label, KB_STR),
    KB_KEY(struct kb_job_medium, fs_uuid, KB_STR),
    KB_KEY(struct kb_job_medium, serial, KB_STR),
    KB_KEY(struct kb_job_medium, luks_uuid, KB_STR),
    KB_KEY(struct kb_job_medium, mount, KB_STR),
    KB_KEY(struct kb_job_medium, source, KB_STR),
    KB_KEY(struct kb_job_medium, fs, KB_STR),
    KB_KEY(struct kb_job_medium, mount_at, KB_STR),
};
static const struct kb_shape job_medium_shape = KB_SHAPE(struct kb_job_medium, "medium", job_medium_keys);

static const struct kb_key segment_keys[] = {
    KB_KEY(struct kb_segment, path, KB_STR, .flags = KB_REQUIRED),
    KB_KEY(struct kb_segment, file, KB_STR),
    KB_KEY(struct kb_segment, manifest, KB_STR),
    KB_KEY(struct kb_segment, bytes, KB_INT),
    KB_KEY(struct kb_segment, mtime, KB_TIME),
    KB_KEY(struct kb_segment, point_in_time, KB_TIME),
};
const struct kb_shape kb_segment_shape = KB_SHAPE(struct kb_segment, "segment", segment_keys);

static const struct kb_key segment_seen_keys[] = {
    KB_KEY(struct kb_segment_seen, sha256, KB_STR),
    KB_KEY(struct kb_segment_seen, manifest_sha256, KB_STR),
};
static const struct kb_shape segment_seen_shape = KB_SHAPE(struct kb_segment_seen, "segment", segment_seen_keys);

static const struct kb_key job_copy_keys[] = {
    KB_KEY(struct kb_job_copy, set, KB_STR, .flags = KB_REQUIRED),
    KB_KEY(struct kb_job_copy, index, KB_INT, .flags = KB_REQUIRED),
    KB_KEY(struct kb_job_copy, format, KB_ENUM, .values = kb_format_names, .flags = KB_REQUIRED),
    KB_KEY(struct kb_job_copy, tool, KB_ENUM, .values = kb_tool_names, .flags = KB_HAS_DEFAULT, .def = KB_TOOL_OTHER),
    KB_KEY(struct kb_job_copy, method, KB_ENUM, .values = kb_method_names),
    KB_KEY(struct kb_job_copy, path, KB_STR, .flags = KB_REQUIRED),
    KB_KEY(struct kb_job_copy, manifest, KB_STR),
    KB_KEY(struct kb_job_copy, point_in_time, KB_OBJECT, .of = &kb_point_in_time_shape),
    KB_KEY(struct kb_job_copy, chain, KB_OBJECT, .of = &kb_chain_shape),
};
static const struct kb_shape job_copy_shape = KB_SHAPE(struct kb_job_copy, "copy", job_copy_keys);

static const struct kb_key job_always_keys[] = {
    KB_KEY(struct kb_job_always, path, KB_STR, .flags = KB_REQUIRED),
    KB_KEY(struct kb_job_always, at_least, KB_INT),
};
static const struct kb_shape job_always_shape = KB_SHAPE(struct kb_job_always, "always", job_always_keys);

static const struct kb_key job_set_keys[] = {
    KB_KEY(struct kb_job_set, set, KB_STR, .flags = KB_REQUIRED),
    KB_KEY(struct kb_job_set, format, KB_ENUM, .values = kb_format_names, .flags = KB_REQUIRED),
    KB_KEY(struct kb_job_set, tool, KB_ENUM, .values = kb_tool_names, .flags = KB_HAS_DEFAULT, .def = KB_TOOL_OTHER),
    KB_KEY(struct kb_job_set, chain_kind, KB_ENUM, .values = kb_chain_kind_names),
    KB_KEY(struct kb_job_set, segments, KB_LIST, .of = &kb_segment_shape),
    KB_KEY(struct kb_job_set, unpack, KB_BOOL),
    KB_KEY_AS(struct kb_job_set, as, "as", KB_STR),
    KB_KEY(struct kb_job_set, name_encoding, KB_ENUM, .values = kb_name_encoding_names),
    KB_KEY(struct kb_job_set, medium, KB_STR),
    KB_KEY(struct kb_job_set, file, KB_STR),
    KB_KEY(struct kb_job_set, source, KB_STR),
    KB_KEY(struct kb_job_set, manifest, KB_STR),
    KB_KEY(struct kb_job_set, scratch, KB_STR),
    KB_KEY(struct kb_job_set, temp, KB_STR),
    KB_KEY(struct kb_job_set, target_fs, KB_STR),
    KB_KEY(struct kb_job_set, min_files, KB_INT),
    KB_KEY(struct kb_job_set, min_bytes, KB_INT),
    KB_KEY(struct kb_job_set, budgets, KB_OBJECT, .of = &kb_budgets_shape),
    KB_KEY(struct kb_job_set, threads, KB_INT, .min = 0, .max = KB_THREADS_MAX),
    KB_KEY(struct kb_job_set, sample, KB_INT),
    KB_KEY(struct kb_job_set, seed, KB_INT),
    KB_KEY(struct kb_job_set, always, KB_LIST, .of = &job_always_shape),
    KB_KEY(struct kb_job_set, canary, KB_LIST, .of = &kb_canary_shape),
    KB_KEY(struct kb_job_set, order, KB_ENUM, .values = kb_order_names),
    KB_KEY(struct kb_job_set, verified, KB_STR),
    KB_KEY(struct kb_job_set, seconds, KB_INT),
    KB_KEY(struct kb_job_set, probes, KB_LIST, .of = &kb_probe_shape),
};
static const struct kb_shape job_set_shape = KB_SHAPE(struct kb_job_set, "set", job_set_keys);

static const struct kb_key job_keys[] = {
    KB_KEY(struct kb_job, stage, KB_ENUM, .values = stages, .flags = KB_REQUIRED),
    KB_KEY(struct kb_job, zone, KB_STR, .flags = KB_REQUIRED),
    KB_KEY(struct kb_job, sandbox, KB_ENUM, .values = sandbox_modes),
    KB_KEY(struct kb_job, confine, KB_ENUM, .values = confine_levels),
    KB_KEY(struct kb_job, fiscal_year_start, KB_STR),
    KB_KEY(struct kb_job, user, KB_STR),
    KB_KEY(struct kb_job, medium, KB_OBJECT, .of = &job_medium_shape),
    KB_KEY(struct kb_job, copies, KB_LIST, .of = &job_copy_shape),
    KB_KEY(struct kb_job, set, KB_OBJECT, .of = &job_set_shape),
    KB_KEY(struct kb_job, remove, KB_STRS),
    KB_KEY(struct kb_job, sweep, KB_STRS),
};
const struct kb_shape kb_job_shape = KB_SHAPE(struct kb_job, "job", job_keys);

static const struct kb_key confinement_keys[] = {
    KB_KEY(struct kb_confinement, landlock_abi, KB_INT, .flags = KB_REQUIRED),
    KB_KEY(struct kb_confinement, landlock_rights, KB_STR),
    KB_KEY(struct kb_confinement, seccomp, KB_STR),
    KB_KEY(struct kb_confinement, no_new_privs, KB_BOOL, .flags = KB_REQUIRED),
    KB_KEY(struct kb_confinement, uid, KB_INT, .flags = KB_REQUIRED),
    KB_KEY(struct kb_confinement, user, KB_STR),
    KB_KEY(struct kb_confinement, capabilities, KB_STR, .flags = KB_REQUIRED),
    KB_KEY(struct kb_confinement, complete, KB_BOOL, .flags = KB_REQUIRED),
    KB_KEY(struct kb_confinement, lacking, KB_TEXT),
};
const struct kb_shape kb_confinement_shape = KB_SHAPE(struct kb_confinement, "confinement", confinement_keys);

static const struct kb_key medium_state_keys[] = {
    KB_KEY(struct kb_medium_state, medium, KB_STR, .flags = KB_REQUIRED),
    KB_KEY(struct kb_medium_state, status, KB_ENUM, .values = medium_statuses, .flags = KB_REQUIRED),
    KB_KEY(struct kb_medium_state, device, KB_STR),
    KB_KEY(struct kb_medium_state, fs_type, KB_STR),
    KB_KEY(struct kb_medium_state, fs_uuid, KB_STR),
    KB_KEY(struct kb_medium_state, label, KB_STR),
    KB_KEY(struct kb_medium_state, serial, KB_STR),
    KB_KEY(struct kb_medium_state, luks_uuid, KB_STR),
    KB_KEY(struct kb_medium_state, container, KB_STR),
    KB_KEY(struct kb_medium_state, model, KB_STR),
    KB_KEY(struct kb_medium_state, driver, KB_STR),
    KB_KEY(struct kb_medium_state, source, KB_STR),
    KB_KEY(struct kb_medium_state, root, KB_STR),
    KB_KEY(struct kb_medium_state, options, KB_STR),
    KB_KEY(struct kb_medium_state, mounted_by_us, KB_BOOL),
    KB_KEY(struct kb_medium_state, unclean, KB_BOOL),
    KB_KEY(struct kb_medium_state, writable_elsewhere, KB_BOOL),
    KB_KEY(struct kb_medium_state, bytes, KB_INT),
    KB_KEY(struct kb_medium_state, detail, KB_TEXT),
};
const struct kb_shape kb_medium_state_shape = KB_SHAPE(struct kb_medium_state, "medium", medium_state_keys);

static const struct kb_key generation_keys[] = {
    KB_KEY(struct kb_generation, set, KB_STR, .flags = KB_REQUIRED),
    KB_KEY(struct kb_generation, copy, KB_INT, .flags = KB_REQUIRED),
    KB_KEY(struct kb_generation, path, KB_STR, .flags = KB_REQUIRED),
    KB_KEY(struct kb_generation, manifest, KB_STR),
    KB_KEY(struct kb_generation, point_in_time, KB_TIME, .flags = KB_REQUIRED),
    KB_KEY(struct kb_generation, pit_source, KB_ENUM, .values = kb_pit_source_names, .flags = KB_REQUIRED),
    KB_KEY(struct kb_generation, bytes, KB_INT),
    KB_KEY(struct kb_generation, mtime, KB_TIME),
    KB_KEY(struct kb_generation, segments, KB_LIST, .of = &kb_segment_shape),
};
const struct kb_shape kb_generation_shape = KB_SHAPE(struct kb_generation, "generation", generation_keys);

static const struct kb_key seen_keys[] = {
    KB_KEY(struct kb_seen, path, KB_STR, .flags = KB_REQUIRED),
    KB_KEY(struct kb_seen, kind, KB_ENUM, .values = seen_kinds, .flags = KB_REQUIRED),
    KB_KEY(struct kb_seen, bytes, KB_INT),
    KB_KEY(struct kb_seen, mtime, KB_TIME, .flags = KB_REQUIRED),
    KB_KEY(struct kb_seen, looked_into, KB_BOOL),
    KB_KEY(struct kb_seen, container, KB_STR),
    KB_KEY(struct kb_seen, filter, KB_STR),
    KB_KEY(struct kb_seen, known, KB_STR),
    KB_KEY(struct kb_seen, encrypted, KB_BOOL),
    KB_KEY(struct kb_seen, tool, KB_ENUM, .values = kb_tool_names, .flags = KB_HAS_DEFAULT, .def = KB_TOOL_OTHER),
};
const struct kb_shape kb_seen_shape = KB_SHAPE(struct kb_seen, "seen", seen_keys);

static const struct kb_key scan_end_keys[] = {
    KB_KEY(struct kb_scan_end, folders, KB_INT, .flags = KB_REQUIRED),
    KB_KEY(struct kb_scan_end, files, KB_INT, .flags = KB_REQUIRED),
    KB_KEY(struct kb_scan_end, stopped, KB_ENUM, .values = scan_stops, .flags = KB_REQUIRED),
    KB_KEY(struct kb_scan_end, unreadable, KB_INT, .flags = KB_REQUIRED),
    KB_KEY(struct kb_scan_end, first, KB_STR),
};
const struct kb_shape kb_scan_end_shape = KB_SHAPE(struct kb_scan_end, "scanned", scan_end_keys);

#define FACT_KEY(name) KB_KEY(struct kb_proof, name, KB_ENUM, .values = facts)
static const struct kb_key proof_keys[] = {
    FACT_KEY(exists),   FACT_KEY(read),   FACT_KEY(hash),     FACT_KEY(structure),
    FACT_KEY(restored), FACT_KEY(opened), FACT_KEY(accepted),
};
const struct kb_shape kb_proof_shape = KB_SHAPE(struct kb_proof, "proof", proof_keys);

#define SAMPLE_KEY(name) KB_KEY(struct kb_sample_seen, name, KB_INT, .flags = KB_REQUIRED, .min = 0, .max = INT64_MAX)
static const char *const coverages[] = {"none", "full", "sample", NULL};
static const struct kb_key sample_keys[] = {
    SAMPLE_KEY(percent), SAMPLE_KEY(seed),
    SAMPLE_KEY(files),   SAMPLE_KEY(files_taken),
    SAMPLE_KEY(bytes),   SAMPLE_KEY(bytes_taken),
    SAMPLE_KEY(file_ns), SAMPLE_KEY(byte_ns),
    SAMPLE_KEY(also),    KB_KEY(struct kb_sample_seen, also_taken, KB_STRS),
};
static const struct kb_shape sample_shape = KB_SHAPE(struct kb_sample_seen, "sample", sample_keys);
#define FRESH(name)                                                                                                    \
    KB_KEY(struct kb_freshness, name, KB_INT, .flags = KB_REQUIRED, .min = 0, .max = 2LL * KB_ENTRIES_MAX)
static const struct kb_key freshness_keys[] = {
    FRESH(files), FRESH(now), FRESH(recent), FRESH(older), FRESH(never), KB_KEY(struct kb_freshness, oldest, KB_TIME),
};
const struct kb_shape kb_freshness_shape = KB_SHAPE(struct kb_freshness, "freshness", freshness_keys);

#define COUNT_KEY(name)                                                                                                \
    KB_KEY(struct kb_set_result, name, KB_INT, .flags = KB_HAS_DEFAULT, .def = 0, .min = 0, .max = INT64_MAX)
static const struct kb_key set_result_keys[] = {
    COUNT_KEY(files),
    COUNT_KEY(folders),
    COUNT_KEY(links),
    COUNT_KEY(skipped),
    COUNT_KEY(bytes_read),
    COUNT_KEY(bytes_unpacked),
    COUNT_KEY(files_decrypted),
    COUNT_KEY(files_compared),
    COUNT_KEY(files_matched),
    COUNT_KEY(files_restored),
    COUNT_KEY(bytes_restored),
    COUNT_KEY(files_reread),
    COUNT_KEY(bytes_reread),
    COUNT_KEY(probes),
    COUNT_KEY(probes_good),
    COUNT_KEY(canaries),
    COUNT_KEY(canaries_good),
    COUNT_KEY(files_judged),
    COUNT_KEY(files_odd),
    COUNT_KEY(files_sealed),
    COUNT_KEY(files_named),
    COUNT_KEY(files_noisy),
    COUNT_KEY(read_ns),
    COUNT_KEY(reread_ns),
    KB_KEY(struct kb_set_result, sha256, KB_STR),
    KB_KEY(struct kb_set_result, manifest_sha256, KB_STR),
    KB_KEY(struct kb_set_result, manifest_kind, KB_STR),
    KB_KEY(struct kb_set_result, manifest_digests, KB_STRS),
    KB_KEY(struct kb_set_result, segments, KB_LIST, .of = &segment_seen_shape),
    KB_KEY(struct kb_set_result, detected, KB_STR),
    KB_KEY(struct kb_set_result, coverage, KB_ENUM, .values = coverages),
    KB_KEY(struct kb_set_result, sample, KB_OBJECT, .of = &sample_shape),
    KB_KEY(struct kb_set_result, freshness, KB_OBJECT, .of = &kb_freshness_shape),
    KB_KEY(struct kb_set_result, proof, KB_INLINE, .of = &kb_proof_shape),
    KB_KEY(struct kb_set_result, caveats, KB_TEXTS),
};
const struct kb_shape kb_set_result_shape = KB_SHAPE(struct kb_set_result, "result", set_result_keys);

static const struct kb_key fault_keys[] = {
    KB_KEY(struct kb_fault, code, KB_INT, .flags = KB_REQUIRED, .min = -255, .max = -1),
    KB_KEY(struct kb_fault, frames, KB_TEXTS),
};
const struct kb_shape kb_fault_shape = KB_SHAPE(struct kb_fault, "fault", fault_keys);

static const struct kb_key progress_keys[] = {
    KB_KEY(struct kb_progress, bytes, KB_INT),   KB_KEY(struct kb_progress, bytes_total, KB_INT),
    KB_KEY(struct kb_progress, entries, KB_INT), KB_KEY(struct kb_progress, entry, KB_STR),
    KB_KEY(struct kb_progress, phase, KB_STR),
};
static const struct kb_shape progress_shape = KB_SHAPE(struct kb_progress, "progress", progress_keys);

#define DISK_KEY(name, kind) KB_KEY(struct kb_disk, name, kind)
static const struct kb_key disk_keys[] = {
    KB_KEY(struct kb_disk, device, KB_STR, .flags = KB_REQUIRED),
    DISK_KEY(disk, KB_STR),
    DISK_KEY(fs_type, KB_STR),
    DISK_KEY(fs_uuid, KB_STR),
    DISK_KEY(label, KB_STR),
    DISK_KEY(serial, KB_STR),
    DISK_KEY(model, KB_STR),
    DISK_KEY(luks_uuid, KB_STR),
    DISK_KEY(container, KB_STR),
    DISK_KEY(mounted_at, KB_STR),
    DISK_KEY(bytes, KB_INT),
    DISK_KEY(external, KB_BOOL),
};
const struct kb_shape kb_disk_shape = KB_SHAPE(struct kb_disk, "disk", disk_keys);

static const char *const health_verdicts[] = {"unknown", "passed", "failed", NULL};
#define HEALTH_KEY(name, kind) KB_KEY(struct kb_health, name, kind)
static const struct kb_key health_keys[] = {
    KB_KEY(struct kb_health, medium, KB_STR, .flags = KB_REQUIRED),
    KB_KEY(struct kb_health, verdict, KB_ENUM, .values = health_verdicts, .flags = KB_REQUIRED),
    HEALTH_KEY(model, KB_STR),
    HEALTH_KEY(serial, KB_STR),
    HEALTH_KEY(power_on_hours, KB_INT),
    HEALTH_KEY(celsius, KB_INT),
    HEALTH_KEY(reallocated, KB_INT),
    HEALTH_KEY(pending, KB_INT),
    HEALTH_KEY(media_errors, KB_INT),
    HEALTH_KEY(worn_percent, KB_INT),
    HEALTH_KEY(reason, KB_TEXT),
};
const struct kb_shape kb_health_shape = KB_SHAPE(struct kb_health, "health", health_keys);

static const struct kb_key reply_keys[] = {
    KB_KEY(struct kb_reply, kind, KB_ENUM, .values = reply_kinds, .flags = KB_REQUIRED),
    KB_KEY(struct kb_reply, build_id, KB_STR),
    KB_KEY(struct kb_reply, confinement, KB_OBJECT, .of = &kb_confinement_shape),
    KB_KEY(struct kb_reply, progress, KB_OBJECT, .of = &progress_shape),
    KB_KEY(struct kb_reply, finding, KB_OBJECT, .of = &kb_finding_shape),
    KB_KEY(struct kb_reply, medium, KB_OBJECT, .of = &kb_medium_state_shape),
    KB_KEY(struct kb_reply, generation, KB_OBJECT, .of = &kb_generation_shape),
    KB_KEY(struct kb_reply, result, KB_OBJECT, .of = &kb_set_result_shape),
    KB_KEY(struct kb_reply, disk, KB_OBJECT, .of = &kb_disk_shape),
    KB_KEY(struct kb_reply, health, KB_OBJECT, .of = &kb_health_shape),
    KB_KEY(struct kb_reply, seen, KB_OBJECT, .of = &kb_seen_shape),
    KB_KEY(struct kb_reply, scanned, KB_OBJECT, .of = &kb_scan_end_shape),
    KB_KEY(struct kb_reply, fault, KB_OBJECT, .of = &kb_fault_shape),
    KB_KEY(struct kb_reply, peak_bytes, KB_INT),
};
const struct kb_shape kb_reply_shape = KB_SHAPE(struct kb_reply, "reply", reply_keys);

const struct kb_budgets *kb_job_budgets(const struct kb_job *job)
{
    return job->set && job->set->budgets ? job->set->budgets : &kb_budgets_usual;
}

struct kb_fault *kb_fault_of(struct kb_arena *arena, const struct kb_err *err)
{
    struct kb_fault *fault = kb_alloc(arena, 1, sizeof *fault);
    fault->code = err->code ? err->code : KB_EIO;
    fault->frames.v = kb_alloc(arena, err->n_frames, sizeof *fault->frames.v);
    for (size_t i = 0; i < err->n_frames; i++)
        fault->frames.v[fault->frames.n++] = (struct kb_text){.ja = kb_strdup(arena, err->frame[i].ja),
                                                              .en = kb_strdup(arena, err->frame[i].en)};
    return fault;
}

void kb_fault_to_err(const struct kb_fault *fault, struct kb_err *err)
{
    err->n_frames = 0;
    if (!fault->frames.n)
        kb_err_add(err, (int)fault->code, "no reason given", "理由は示されませんでした");
    for (size_t i = 0; i < fault->frames.n; i++)
        kb_err_add(err, (int)fault->code, kb_pick(fault->frames.v[i], KB_EN), kb_pick(fault->frames.v[i], KB_JA));
}
