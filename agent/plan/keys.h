/* SPDX-License-Identifier: Apache-2.0 */
/* The shapes that make up a plan, by noun. */
#pragma once

#include "koboshi/plan.h"

#define KB_DAY      INT64_C(86400)
#define KB_YEAR     (365 * KB_DAY)
#define KB_ANY_TIME .min = 0, .max = 100 * KB_YEAR
/* An enum that is -1 where it is not written. */
#define KB_NO_DEFAULT .flags = KB_HAS_DEFAULT, .def = -1

extern const struct kb_shape kb_plan_head_shape, kb_plan_function_shape, kb_plan_system_shape, kb_plan_host_shape;
extern const struct kb_shape kb_plan_medium_shape, kb_plan_rotation_shape, kb_plan_secret_shape,
    kb_plan_encryption_shape;
extern const struct kb_shape kb_plan_set_shape;
extern const struct kb_shape kb_plan_procedure_shape, kb_plan_threat_shape, kb_plan_drill_shape;
extern const struct kb_shape kb_plan_calendar_shape, kb_plan_role_shape, kb_plan_contact_shape;
extern const struct kb_shape kb_plan_activation_shape, kb_plan_deactivation_shape, kb_plan_notice_shape;
extern const struct kb_shape kb_plan_policy_shape, kb_plan_improvement_shape, kb_plan_waiver_shape,
    kb_plan_blackout_shape;

#define KB_DAYS_PATTERN  "(mon|tue|wed|thu|fri|sat|sun)(-(mon|tue|wed|thu|fri|sat|sun))?"
#define KB_CLOCK_PATTERN "(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)"
#define KB_SHIFT_PATTERN KB_DAYS_PATTERN " " KB_CLOCK_PATTERN "-" KB_CLOCK_PATTERN
#define KB_HOURS_PATTERN KB_SHIFT_PATTERN "(, " KB_SHIFT_PATTERN ")*"
/* "mon-fri 08:30-17:30, sat 09:00-12:00" or "always" */
extern const struct kb_form kb_form_hours;
