/* SPDX-License-Identifier: Apache-2.0 */
/* plan: what a plan says of the company itself: its papers, people, calendar, policy and what it left to be done. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "koboshi/shape.h"
#include "koboshi/text.h"

/* Durations are seconds. "Who" is the id of a role, or a name as the company writes it: a text that looks like an id
 * must be one of `roles` where the plan has that block. */

enum kb_plan_status { KB_PLAN_DRAFT, KB_PLAN_IN_REVIEW, KB_PLAN_APPROVED, KB_PLAN_RETIRED };
enum kb_key_place { KB_KEY_ON_PAPER, KB_KEY_OFFLINE, KB_KEY_IN_SYSTEM };
extern const char *const kb_plan_status_names[], *const kb_key_place_names[], *const kb_contact_kind_names[];

/* What a step, a first action or a message takes care of; the only thing rules count on. NULL-terminated. */
extern const char *const kb_covers_names[];

struct kb_organization {
    struct kb_text name;
    struct kb_text industry;
    int64_t employees;
};

struct kb_plan_copy {
    int kind; /* enum kb_key_place: on paper, on something detached, in a system of the plan */
    struct kb_text place;
    const char *system; /* system id, for kind system */
    int onsite;         /* answer; absent: yes */
    const char *verified_on;
};

struct kb_approved {
    const char *role; /* id in `roles`; any text in a plan without that block */
    const char *by;
    const char *date;
    const char *material_sha256; /* kb_plan_material */
};

struct kb_approval {
    const struct kb_approved *approved;
};

struct kb_revision {
    const char *version;
    const char *date;
    struct kb_text by; /* who */
    struct kb_text change;
};

/* `day` of each month, or `date` of each year: exactly one. */
struct kb_critical_date {
    struct kb_text title;
    int64_t day;      /* 1 to 31, KB_LAST_DAY */
    const char *date; /* "03-31" */
};
#define KB_LAST_DAY KB_WORD(0)

/* Hours are written "mon-fri 08:30-17:30, sat 09:00-12:00" or "always"; an end before the start is on the next day. */
struct kb_calendar {
    const char *work;                  /* hours */
    KB_LIST_OF(const char *) holidays; /* tables of public holidays: "jp" */
    KB_LIST_OF(const char *) closed;   /* "12-29..01-03" each year, "2026-08-13..2026-08-15", or one day */
    KB_LIST_OF(struct kb_critical_date) critical_dates;
};

struct kb_person {
    struct kb_text who;
    const char *phone, *mail;
};

struct kb_role {
    const char *id;
    struct kb_text title;
    const struct kb_person *primary, *deputy;
    const char *available; /* hours; NULL: at any time */
    const char *verified_on;
};

struct kb_contact {
    const char *id;
    int kind; /* index into kb_contact_kind_names */
    struct kb_text name;
    const char *phone, *mail;
    const char *hours; /* NULL: at any time */
    int64_t response;  /* how long until somebody comes or calls back */
    const char *contract;
    const char *verified_on;
};

struct kb_criterion {
    const char *id; /* NULL if it has none */
    struct kb_text text;
};

struct kb_first_action {
    struct kb_text text;
    const char *role;
    KB_LIST_OF(const char *) covers;
};

struct kb_activation {
    KB_LIST_OF(struct kb_criterion) criteria;
    const char *authority; /* who */
    int64_t decision_limit;
    KB_LIST_OF(struct kb_first_action) first_actions;
};

struct kb_deactivation {
    KB_LIST_OF(struct kb_criterion) criteria;
    const char *authority; /* who */
};

/* One message that must go out: to whom, by when, by which means. */
struct kb_notice {
    struct kb_text to;
    const char *contact; /* id in external_contacts; NULL: only `to` says who */
    const char *role;
    int64_t within; /* of activation */
    struct kb_text how;
    struct kb_text sample; /* key `template`: where its wording is */
    KB_LIST_OF(const char *) covers;
};

struct kb_restore_drill_policy {
    int64_t critical, other, every_medium;
};

/* How old something may be before it is a finding; absent: as the rule has it. */
struct kb_policy {
    const struct kb_restore_drill_policy *restore_drill;
    int64_t verify, tabletop, contact_check, evidence_retention;
    KB_LIST_OF(const char *) controls; /* catalogues that reports refer to */
    bool era_dates;
    const char *fiscal_year_start; /* "04-01" */
};

struct kb_improvement {
    const char *id;
    const char *from; /* the drill or exercise that showed it */
    struct kb_text text;
    struct kb_text action;
    const char *owner;
    const char *due, *closed_on;
};

struct kb_waiver {
    const char *rule;
    const char *where; /* id of what it is about; NULL: everywhere */
    struct kb_text reason;
    const char *approved_by;
    const char *until;
};

/* No scheduled drill begins then. */
struct kb_blackout {
    struct kb_text title;
    const char *when; /* hours, or days as in calendar.closed */
};
