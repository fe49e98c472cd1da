/* SPDX-License-Identifier: Apache-2.0 */
/* The shapes that make up a plan, by noun. */
#pragma once

#include "koboshi/plan.h"

#define KB_YEAR     INT64_C(31536000)
#define KB_ANY_TIME .min = 0, .max = 100 * KB_YEAR

extern const struct kb_shape kb_plan_head_shape, kb_plan_function_shape, kb_plan_system_shape, kb_plan_host_shape;
extern const struct kb_shape kb_plan_medium_shape, kb_plan_rotation_shape, kb_plan_secret_shape,
    kb_plan_encryption_shape;
extern const struct kb_shape kb_plan_set_shape;
extern const struct kb_shape kb_plan_procedure_shape, kb_plan_threat_shape, kb_plan_drill_shape;
