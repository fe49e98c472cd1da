/* SPDX-License-Identifier: Apache-2.0 */
/* The sections of the page, in the order in which they stand on it. */
#pragma once

#include "view.h"

void kb_html_head(const struct kb_view *view);
void kb_html_verdict(const struct kb_view *view);
void kb_html_functions(const struct kb_view *view);
void kb_html_timelines(const struct kb_view *view);
