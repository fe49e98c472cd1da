/* SPDX-License-Identifier: Apache-2.0 */
/* The tables and lists of facts a report is made of, one function each. */
#pragma once

#include "grid.h"

struct kb_grid *kb_content_drill(const struct kb_view *view);
/* kb_attended_text(view): who did the steps of an attended drill. */
const char *kb_attended_text(const struct kb_view *view);
struct kb_grid *kb_content_functions(const struct kb_view *view);
struct kb_grid *kb_content_function(const struct kb_view *view, const struct kb_record_function *f);
struct kb_grid *kb_content_parts(const struct kb_view *view, const struct kb_record_function *f);
struct kb_grid *kb_content_units(const struct kb_view *view);
struct kb_grid *kb_content_unit(const struct kb_view *view, const struct kb_record_unit *unit);
/* kb_content_history(view, grid, unit): rows on what has changed since earlier drills, and on signs of ransomware. */
void kb_content_history(const struct kb_view *view, struct kb_grid *grid, const struct kb_record_unit *unit);
struct kb_grid *kb_content_proof(const struct kb_view *view, const struct kb_record_unit *unit);
struct kb_grid *kb_content_steps(const struct kb_view *view, const struct kb_record_unit *unit);
struct kb_grid *kb_content_medium(const struct kb_view *view, const struct kb_record_medium *medium);
struct kb_grid *kb_content_place(const struct kb_view *view);
struct kb_grid *kb_content_seal(const struct kb_view *view);
/* The two commands of stock tools that check ledger and record, each below the folder it runs in. */
const char *kb_content_check_ledger(const struct kb_view *view);
const char *kb_content_check_files(const struct kb_view *view);
const char *kb_content_record_folder(const struct kb_view *view);
/* kb_content_fault(view, fault): its frames, outermost first, one per line, and its code. */
const char *kb_content_fault(const struct kb_view *view, const struct kb_fault *fault);

/* Findings of one rule about one generation, in the order of the record. */
struct kb_group {
    const struct kb_finding *first;
    const char *title;    /* "✗ Failure: …" without the mark */
    const char *about;    /* backup, medium, generation */
    struct kb_grid *grid; /* where, expected, found */
};
const struct kb_group *kb_content_findings(const struct kb_view *view, size_t *ret_n);
