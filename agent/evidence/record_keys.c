/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of record.json, in the order they are written. */
#include "koboshi/record.h"

static const char *const kinds[] = {"drill", "verify", NULL};
const char *const kb_unit_status_names[] = {"good", "conditional", "failed", "not-run", "cancelled", "partial", NULL};
static const char *const time_sources[] = {"attended", "measured", "estimated", "declared", "undeclared", NULL};
const char *const kb_record_status_names[] = {"completed", "cancelled", "fault", NULL};
const char *const kb_verdict_names[] = {"none", "met", "conditional", "missed", NULL};

#define PLAN(field, kind, ...) KB_KEY(struct kb_record_plan, field, kind, __VA_ARGS__)
static const struct kb_key plan_keys[] = {
    PLAN(id, KB_STR),       PLAN(version, KB_STR),       PLAN(sha256, KB_STR),
    PLAN(title, KB_TEXT),   PLAN(organization, KB_TEXT), PLAN(material_sha256, KB_STR),
    PLAN(approval, KB_STR), PLAN(approved_by, KB_STR),   PLAN(approved_on, KB_STR),
};
static const struct kb_shape plan_shape = KB_SHAPE(struct kb_record_plan, "plan", plan_keys);

#define HOST(field, kind, ...) KB_KEY(struct kb_record_host, field, kind, __VA_ARGS__)
static const struct kb_key host_keys[] = {
    HOST(name, KB_STR),
    HOST(os, KB_STR),
    HOST(kernel, KB_STR),
    HOST(machine, KB_STR),
    HOST(default_route_v4, KB_BOOL),
    HOST(default_route_v6, KB_BOOL),
};
static const struct kb_shape host_shape = KB_SHAPE(struct kb_record_host, "host", host_keys);

#define NETWORK(field, kind, ...) KB_KEY(struct kb_record_network, field, kind, __VA_ARGS__)
static const struct kb_key network_keys[] = {
    NETWORK(closed, KB_BOOL),
    NETWORK(routes, KB_STRS, .flags = KB_WRITTEN_EMPTY),
    NETWORK(addresses, KB_STRS, .flags = KB_WRITTEN_EMPTY),
    NETWORK(resolvers, KB_STRS, .flags = KB_WRITTEN_EMPTY),
};
static const struct kb_shape network_shape = KB_SHAPE(struct kb_record_network, "network", network_keys);

#define CLOCK(field, kind, ...) KB_KEY(struct kb_record_clock, field, kind, __VA_ARGS__)
static const struct kb_key clock_keys[] = {
    CLOCK(source, KB_STR),
    CLOCK(synchronized, KB_BOOL),
    CLOCK(boot_id, KB_STR),
    CLOCK(boot_changed, KB_BOOL),
    CLOCK(jump_ns, KB_INT),
    CLOCK(operator_offset_s, KB_INT),
    CLOCK(operator_offset_end_s, KB_INT),
};
static const struct kb_shape clock_shape = KB_SHAPE(struct kb_record_clock, "clock", clock_keys);

#define THREAT(field, kind, ...) KB_KEY(struct kb_record_threat, field, kind, __VA_ARGS__)
static const struct kb_key threat_keys[] = {THREAT(id, KB_STR), THREAT(title, KB_TEXT), THREAT(detect, KB_INT),
                                            THREAT(hosts, KB_STRS)};
static const struct kb_shape threat_shape = KB_SHAPE(struct kb_record_threat, "threat", threat_keys);

#define MEDIUM(field, kind, ...) KB_KEY(struct kb_record_medium, field, kind, __VA_ARGS__)
static const struct kb_key medium_keys[] = {
    MEDIUM(state, KB_INLINE, .of = &kb_medium_state_shape, .flags = KB_REQUIRED),
    MEDIUM(home, KB_TEXT),
    MEDIUM(retrieval, KB_INT),
    MEDIUM(wanted_label, KB_STR),
    MEDIUM(wanted_fs_uuid, KB_STR),
    MEDIUM(kind, KB_STR),
    MEDIUM(key_used, KB_STR),
};
static const struct kb_shape medium_shape = KB_SHAPE(struct kb_record_medium, "medium", medium_keys);

#define STEP(field, kind, ...) KB_KEY(struct kb_record_step, field, kind, __VA_ARGS__)
static const struct kb_key step_keys[] = {
    STEP(id, KB_STR),
    KB_KEY_AS(struct kb_record_step, act, "do", KB_ENUM, .values = kb_step_do_names),
    STEP(status, KB_ENUM, .values = kb_unit_status_names),
    STEP(who, KB_STR),
    STEP(text, KB_TEXT),
    STEP(started, KB_TIME),
    STEP(start_ns, KB_INT),
    STEP(ns, KB_INT),
    STEP(estimated_ns, KB_INT),
    STEP(source, KB_ENUM, .values = time_sources),
    STEP(declared, KB_INT),
    STEP(ended, KB_TIME),
    STEP(paused_ns, KB_INT),
    STEP(by, KB_STR),
    STEP(note, KB_STR),
    STEP(skipped, KB_STR),
    STEP(entered_later, KB_TIME),
};
static const struct kb_shape step_shape = KB_SHAPE(struct kb_record_step, "step", step_keys);

#define SURVIVAL(field, kind, ...) KB_KEY(struct kb_survival, field, kind, __VA_ARGS__)
static const struct kb_key survival_keys[] = {
    SURVIVAL(copy, KB_INT),    SURVIVAL(medium, KB_STR), SURVIVAL(survives, KB_BOOL), SURVIVAL(assumed, KB_BOOL),
    SURVIVAL(by, KB_STR),      SURVIVAL(why, KB_TEXT),   SURVIVAL(basis, KB_TEXT),    SURVIVAL(written_after, KB_TIME),
    SURVIVAL(newest, KB_TIME),
};
const struct kb_shape kb_survival_shape = KB_SHAPE(struct kb_survival, "survival", survival_keys);

#define GAP(field, kind, ...) KB_KEY(struct kb_record_interruption, field, kind, __VA_ARGS__)
static const struct kb_key interruption_keys[] = {
    GAP(from, KB_TIME),      GAP(until, KB_TIME), GAP(ns, KB_INT),   GAP(asked, KB_BOOL),   GAP(rebooted, KB_BOOL),
    GAP(resumed_by, KB_STR), GAP(set, KB_STR),    GAP(step, KB_STR), GAP(counted, KB_BOOL),
};
static const struct kb_shape interruption_shape = KB_SHAPE(struct kb_record_interruption, "interruption",
                                                           interruption_keys);

static const struct kb_key attended_keys[] = {
    KB_KEY(struct kb_record_attended, by, KB_STRS, .flags = KB_WRITTEN_EMPTY),
    KB_KEY(struct kb_record_attended, scripted, KB_BOOL),
    KB_KEY(struct kb_record_attended, interruptions, KB_LIST, .flags = KB_WRITTEN_EMPTY, .of = &interruption_shape),
};
static const struct kb_shape attended_shape = KB_SHAPE(struct kb_record_attended, "attended", attended_keys);

#define SEGMENT(field, kind, ...) KB_KEY(struct kb_record_segment, field, kind, __VA_ARGS__)
static const struct kb_key segment_keys[] = {
    SEGMENT(file, KB_STR, .flags = KB_REQUIRED),
    SEGMENT(sha256, KB_STR),
    SEGMENT(bytes, KB_INT),
    SEGMENT(mtime, KB_TIME),
    SEGMENT(point_in_time, KB_TIME),
    SEGMENT(manifest, KB_STR),
    SEGMENT(manifest_sha256, KB_STR),
};
static const struct kb_shape segment_shape = KB_SHAPE(struct kb_record_segment, "segment", segment_keys);

#define EARLIER(field, kind, ...) KB_KEY(struct kb_record_earlier, field, kind, __VA_ARGS__)
static const struct kb_key earlier_keys[] = {
    EARLIER(drill, KB_INT),  EARLIER(time, KB_TIME), EARLIER(list, KB_STR, .flags = KB_REQUIRED),
    EARLIER(medium, KB_STR), EARLIER(file, KB_STR),  EARLIER(point_in_time, KB_TIME),
};
static const struct kb_shape earlier_shape = KB_SHAPE(struct kb_record_earlier, "earlier", earlier_keys);

#define CHANGE(field, kind, ...) KB_KEY(struct kb_record_change, field, kind, __VA_ARGS__)
static const struct kb_key change_keys[] = {
    KB_KEY_AS(struct kb_record_change, with, "with", KB_INLINE, .of = &earlier_shape),
    CHANGE(before, KB_INT),
    CHANGE(now, KB_INT),
    CHANGE(changed, KB_INT),
    CHANGE(vanished, KB_INT),
    CHANGE(added, KB_INT),
    CHANGE(moved, KB_INT),
    CHANGE(renamed, KB_INT),
    CHANGE(unreadable, KB_INT),
    CHANGE(ending, KB_STR),
    CHANGE(ending_files, KB_INT),
    CHANGE(bytes_before, KB_INT),
    CHANGE(bytes_now, KB_INT),
    CHANGE(judged_before, KB_INT),
    CHANGE(odd_before, KB_INT),
    CHANGE(named_before, KB_INT),
    CHANGE(partial, KB_BOOL),
    CHANGE(changed_list, KB_STR),
    CHANGE(vanished_list, KB_STR),
    CHANGE(added_list, KB_STR),
    CHANGE(renamed_list, KB_STR),
    CHANGE(moved_list, KB_STR),
    CHANGE(unreadable_list, KB_STR),
};
static const struct kb_shape change_shape = KB_SHAPE(struct kb_record_change, "change", change_keys);

#define BASELINE(field, kind, ...) KB_KEY(struct kb_record_baseline, field, kind, __VA_ARGS__)
static const struct kb_key baseline_keys[] = {
    KB_KEY_AS(struct kb_record_baseline, with, "with", KB_INLINE, .of = &earlier_shape),
    BASELINE(before, KB_INT),
    BASELINE(changed, KB_INT),
    BASELINE(vanished, KB_INT),
    BASELINE(added, KB_INT),
    BASELINE(moved, KB_INT),
};
static const struct kb_shape baseline_shape = KB_SHAPE(struct kb_record_baseline, "baseline", baseline_keys);

#define UNIT(field, kind, ...) KB_KEY(struct kb_record_unit, field, kind, __VA_ARGS__)
static const struct kb_key unit_keys[] = {
    UNIT(system, KB_STR),
    UNIT(system_title, KB_TEXT),
    UNIT(set, KB_STR),
    UNIT(title, KB_TEXT),
    UNIT(status, KB_ENUM, .values = kb_unit_status_names, .flags = KB_REQUIRED),
    UNIT(reason, KB_TEXT),
    UNIT(medium, KB_STR),
    UNIT(key_used, KB_STR),
    UNIT(copy, KB_INT),
    UNIT(file, KB_STR),
    UNIT(manifest, KB_STR),
    UNIT(segments, KB_LIST, .of = &segment_shape),
    UNIT(choice, KB_TEXT),
    UNIT(survival, KB_LIST, .of = &kb_survival_shape),
    UNIT(point_in_time, KB_TIME),
    UNIT(pit_source, KB_ENUM, .values = kb_pit_source_names),
    UNIT(age_s, KB_INT),
    UNIT(proof, KB_STR),
    UNIT(result, KB_INLINE, .of = &kb_set_result_shape),
    UNIT(list, KB_STR),
    UNIT(change, KB_OBJECT, .of = &change_shape),
    UNIT(baseline, KB_OBJECT, .of = &baseline_shape),
    UNIT(confinement, KB_OBJECT, .of = &kb_confinement_shape),
    UNIT(fault, KB_OBJECT, .of = &kb_fault_shape),
    UNIT(steps, KB_LIST, .of = &step_shape),
};
static const struct kb_shape unit_shape = KB_SHAPE(struct kb_record_unit, "unit", unit_keys);

#define PART(field, kind, ...) KB_KEY(struct kb_record_part, field, kind, __VA_ARGS__)
static const struct kb_key part_keys[] = {
    PART(system, KB_STR),  PART(set, KB_STR),      PART(step, KB_STR),
    PART(role, KB_STR),    PART(text, KB_TEXT),    PART(source, KB_ENUM, .values = time_sources),
    PART(start_s, KB_INT), PART(length_s, KB_INT), PART(critical, KB_BOOL),
};
static const struct kb_shape part_shape = KB_SHAPE(struct kb_record_part, "part", part_keys);

#define FUNCTION(field, kind, ...) KB_KEY(struct kb_record_function, field, kind, __VA_ARGS__)
static const struct kb_key function_keys[] = {
    FUNCTION(id, KB_STR),
    FUNCTION(title, KB_TEXT),
    FUNCTION(owner, KB_TEXT),
    FUNCTION(rlo, KB_TEXT),
    FUNCTION(critical, KB_BOOL),
    FUNCTION(priority, KB_INT),
    FUNCTION(mtpd, KB_INT),
    FUNCTION(rto, KB_INT),
    FUNCTION(rpo, KB_INT),
    FUNCTION(recovery_s, KB_INT),
    FUNCTION(detect_s, KB_INT),
    FUNCTION(counts_detection, KB_BOOL),
    FUNCTION(lower_bound, KB_BOOL),
    FUNCTION(projected_s, KB_INT),
    FUNCTION(time, KB_ENUM, .values = kb_verdict_names),
    FUNCTION(age_s, KB_INT),
    FUNCTION(data, KB_ENUM, .values = kb_verdict_names),
    FUNCTION(parts, KB_LIST, .of = &part_shape),
};
static const struct kb_shape function_shape = KB_SHAPE(struct kb_record_function, "function", function_keys);

#define VERDICT(field)                                                                                                 \
    KB_KEY(struct kb_record_verdict, field, KB_ENUM, .values = kb_verdict_names, .flags = KB_REQUIRED)
static const struct kb_key verdict_keys[] = {VERDICT(restore), VERDICT(time), VERDICT(data)};
const struct kb_shape kb_record_verdict_shape = KB_SHAPE(struct kb_record_verdict, "verdict", verdict_keys);

#define RECORD(field, kind, ...) KB_KEY(struct kb_record, field, kind, __VA_ARGS__)
static const struct kb_key record_keys[] = {
    RECORD(format, KB_INT, .flags = KB_REQUIRED),
    RECORD(kind, KB_ENUM, .values = kinds, .flags = KB_REQUIRED),
    RECORD(id, KB_INT),
    RECORD(ledger, KB_STR),
    RECORD(agent_version, KB_STR),
    RECORD(status, KB_ENUM, .values = kb_record_status_names, .flags = KB_REQUIRED),
    RECORD(verdict, KB_INLINE, .of = &kb_record_verdict_shape, .flags = KB_REQUIRED),
    RECORD(language, KB_ENUM, .values = kb_lang_names),
    RECORD(zone, KB_STR),
    RECORD(fiscal_year_start, KB_STR),
    RECORD(drill, KB_STR),
    RECORD(title, KB_TEXT),
    RECORD(rto_from, KB_STR),
    RECORD(plan, KB_INLINE, .of = &plan_shape),
    KB_KEY_AS(struct kb_record, operator_, "operator", KB_STR),
    RECORD(host, KB_INLINE, .of = &host_shape),
    RECORD(network, KB_OBJECT, .of = &network_shape),
    RECORD(clock, KB_INLINE, .of = &clock_shape),
    RECORD(started, KB_TIME),
    RECORD(finished, KB_TIME),
    RECORD(ns, KB_INT),
    RECORD(disrupted_at, KB_TIME),
    RECORD(disrupted_at_given, KB_BOOL),
    RECORD(threat, KB_OBJECT, .of = &threat_shape),
    RECORD(seed, KB_INT),
    RECORD(attended, KB_OBJECT, .of = &attended_shape),
    RECORD(scratch, KB_STR),
    RECORD(scratch_kept, KB_BOOL),
    RECORD(media, KB_LIST, .flags = KB_WRITTEN_EMPTY, .of = &medium_shape),
    RECORD(units, KB_LIST, .flags = KB_WRITTEN_EMPTY, .of = &unit_shape),
    RECORD(functions, KB_LIST, .flags = KB_WRITTEN_EMPTY, .of = &function_shape),
    RECORD(findings, KB_LIST, .flags = KB_WRITTEN_EMPTY, .of = &kb_finding_shape),
    RECORD(deviations, KB_TEXTS, .flags = KB_WRITTEN_EMPTY),
    RECORD(not_proven, KB_TEXTS, .flags = KB_WRITTEN_EMPTY),
    RECORD(fault, KB_OBJECT, .of = &kb_fault_shape),
};
const struct kb_shape kb_record_shape = KB_SHAPE(struct kb_record, "record", record_keys);
