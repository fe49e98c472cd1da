/* SPDX-License-Identifier: Apache-2.0 */
/* What can be read off a record without judging anew: totals, worst rows, tones and the words for them. */
#pragma once

#include "view.h"

/* kb_unit_was_read(unit): at least something of the generation was read; if not, its numbers mean nothing. */
bool kb_unit_was_read(const struct kb_record_unit *unit);
/* kb_unit_shown_status(unit): its status; a unit that is good without one file is shown as failed. */
int kb_unit_shown_status(const struct kb_record_unit *unit);
enum kb_tone kb_unit_tone(const struct kb_record_unit *unit);
enum kb_tone kb_verdict_tone(int verdict);
/* kb_status_text: mark and word of a unit. */
const char *kb_unit_status_text(const struct kb_view *view, const struct kb_record_unit *unit);

/* kb_function_total(f): seconds to hold against the RTO: recovery, with detection where it counts and is declared. */
int64_t kb_function_total(const struct kb_record_function *f);
/* kb_function_is_estimated(f): a part of the longest path was projected from a sample. */
bool kb_function_is_estimated(const struct kb_record_function *f);
/* "18h42m", "at least 18h42m", "18h42m, partly estimated" */
const char *kb_function_total_text(const struct kb_view *view, const struct kb_record_function *f);
/* kb_function_detail_text: how detection stands to the total; never silently left out. */
const char *kb_function_detail_text(const struct kb_view *view, const struct kb_record_function *f);
/* kb_function_sources_text: the longest path by source: "measured 1m + planned 6h40m". */
const char *kb_function_sources_text(const struct kb_view *view, const struct kb_record_function *f);
/* kb_function_is_lost(f, data): missed on this axis although its figure is within the limit: its data did not come
 * back. */
bool kb_function_is_lost(const struct kb_record_function *f, bool data);
/* kb_function_parts: its parts counted from where the RTO is counted from, detection first where that counts. */
const struct kb_record_part *kb_function_parts(const struct kb_view *view, const struct kb_record_function *f,
                                               size_t *ret_n);
const char *kb_function_time_text(const struct kb_view *view, const struct kb_record_function *f);
const char *kb_function_data_text(const struct kb_view *view, const struct kb_record_function *f);

/* The three axes over the whole drill. */
struct kb_axis_shown {
    enum kb_word name, asks;
    enum kb_tone tone;
    const char *verdict; /* 達成, 達成見込み … */
    const char *note;    /* the figures it rests on */
};
enum { KB_AXES = 3 };
void kb_axes_of(const struct kb_view *view, struct kb_axis_shown ret_axes[KB_AXES]);
/* kb_is_on_track(record): met, but with parts that were not measured. */
bool kb_is_on_track(const struct kb_record *record);

/* kb_findings_text: "3 findings (failures 1, warnings 2)"; counts those not listed one by one too. */
const char *kb_findings_text(const struct kb_view *view);
enum kb_tone kb_finding_tone(const struct kb_finding *finding);
/* kb_finding_is_of(finding, unit): it concerns this unit's backup set. */
bool kb_finding_is_of(const struct kb_finding *finding, const struct kb_record_unit *unit);

const char *kb_unit_title(const struct kb_view *view, const struct kb_record_unit *unit);
/* kb_system_title(view, id): as the units of the record call it; else the id. */
const char *kb_system_title(const struct kb_view *view, const char *id);
/* kb_medium_title(view, id): "BK-B (hdd-b)"; the id alone when no label was found or wanted. */
const char *kb_medium_title(const struct kb_view *view, const char *id);
